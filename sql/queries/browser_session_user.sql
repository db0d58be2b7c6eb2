-- browser_session_user: who is signed in   $1 bytea SHA-256 of the session
SELECT user_id, username, display_name, tier, age FROM sallyport.browser_session_user($1)
