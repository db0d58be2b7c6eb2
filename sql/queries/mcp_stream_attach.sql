-- mcp_stream_attach: a connection takes over a stream of its session; no row: there is none
-- $1 bytea session, $2 uuid stream, $3 uuid holder
SELECT listens FROM sallyport.mcp_stream_attach($1, $2, $3)
