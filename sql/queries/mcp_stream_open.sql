-- mcp_stream_open: a new stream of a session; raises P0S06 when it has too many
-- $1 bytea session, $2 uuid stream, $3 jsonb id of the request that it answers or null, $4 uuid holder,
-- $5 bigint seconds until its call is given up
SELECT sallyport.mcp_stream_open($1, $2, $3, $4, $5)
