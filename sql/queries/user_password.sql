-- user_password: sets a password and ends the sessions; no row: no such user
-- $1 text username   $2 text password hash   $3 jsonb the request
SELECT user_id FROM sallyport.user_password($1, $2, $3)
