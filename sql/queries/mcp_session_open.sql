-- mcp_session_open: a new session
-- $1 bytea SHA-256 of its id, $2 uuid user or null, $3 text client_id, $4 uuid grant, $5 text resource,
-- $6 text protocol version, $7 jsonb the client's capabilities, $8 jsonb its info, $9 bigint seconds to live,
-- $10 jsonb context
SELECT sallyport.mcp_session_open($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
