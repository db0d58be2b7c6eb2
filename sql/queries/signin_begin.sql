-- signin_begin: counts a try and gives what judging a password needs; always one row
-- $1 text username   $2 text address   $3 bigint tries before waiting
-- $4 bytea SHA-256 of the browser's session, or null   $5 jsonb the request
SELECT user_id, password_hash, wait_seconds FROM sallyport.signin_begin($1, $2, $3, $4, $5)
