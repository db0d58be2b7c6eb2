-- user_add: a new user; no row: the name is taken
-- $1 text username   $2 text display name   $3 text email   $4 text tier   $5 text password hash   $6 jsonb the request
SELECT user_id FROM sallyport.user_add($1, $2, $3, $4, $5, $6)
