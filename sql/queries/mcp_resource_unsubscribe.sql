-- mcp_resource_unsubscribe: a session wants to hear of a resource no longer   $1 bytea session   $2 text URI
SELECT sallyport.mcp_resource_unsubscribe($1, $2)
