-- mcp_session_begin: what a client says of itself, where its session is older than that
-- $1 bytea session, $2 text protocol version, $3 jsonb the client's capabilities, $4 jsonb its info
SELECT sallyport.mcp_session_begin($1, $2, $3, $4)
