-- mcp_session_stream: the stream of a session that belongs to no request   $1 bytea session
SELECT s AS stream_id FROM sallyport.mcp_session_stream($1) s
