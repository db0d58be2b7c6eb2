-- mcp_session_use: what there is to know of a session; raises P0S04 when there is no such session
-- $1 bytea SHA-256 of its id, $2 uuid user or null, $3 text client_id, $4 uuid grant, $5 text resource,
-- $6 bigint seconds to live
SELECT protocol_version, capabilities, log_level FROM sallyport.mcp_session_use($1, $2, $3, $4, $5, $6)
