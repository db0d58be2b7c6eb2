-- signin_lookup: what judging a password needs; always one row
-- $1 text username   $2 text address   $3 bigint tries before waiting
SELECT user_id, password_hash, wait_seconds FROM sallyport.signin_lookup($1, $2, $3)
