-- browser_session_end: signs out   $1 bytea SHA-256 of the session   $2 jsonb the request
SELECT sallyport.browser_session_end($1, $2)
