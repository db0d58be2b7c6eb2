-- mcp_session_close: ends a session; false when there was none
-- $1 bytea SHA-256 of its id, $2 uuid user or null, $3 text client_id, $4 uuid grant, $5 text resource, $6 jsonb context
SELECT sallyport.mcp_session_close($1, $2, $3, $4, $5, $6) AS closed
