-- mcp_stream_attach: a connection takes over a stream of its session, if there is one
-- $1 bytea session, $2 uuid stream, $3 uuid holder
SELECT sallyport.mcp_stream_attach($1, $2, $3) AS attached
