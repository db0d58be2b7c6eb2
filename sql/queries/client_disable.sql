-- client_disable: disables or enables; no row: no such client   $1 text client_id   $2 boolean disabled   $3 jsonb the request
SELECT client_id, revoked FROM sallyport.client_disable($1, $2, $3)
