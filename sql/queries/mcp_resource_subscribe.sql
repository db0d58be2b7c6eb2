-- mcp_resource_subscribe: a session wants to hear of a resource; raises P0S07 when it has too many
-- $1 bytea session, $2 text URI
SELECT sallyport.mcp_resource_subscribe($1, $2)
