-- user_disable: disables or enables; no row: no such user   $1 text username   $2 boolean disabled   $3 jsonb the request
SELECT user_id, revoked FROM sallyport.user_disable($1, $2, $3)
