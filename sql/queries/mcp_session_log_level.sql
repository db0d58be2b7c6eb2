-- mcp_session_log_level: from which level on a client wants log messages
-- $1 bytea SHA-256 of the session's id, $2 text level
SELECT sallyport.mcp_session_log_level($1, $2)
