-- signin_succeeded: a new session in place of the browser's old one; no row: the user has changed meanwhile
-- $1 uuid user_id   $2 text the hash that was judged   $3 bytea SHA-256 of the new session
-- $4 bytea of the old one, or null   $5 bigint its life in seconds   $6 jsonb the request
SELECT user_id FROM sallyport.signin_succeeded($1, $2, $3, $4, $5, $6)
