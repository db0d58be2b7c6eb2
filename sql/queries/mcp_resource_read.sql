-- mcp_resource_read: the contents of a resource that is kept in its row (result null: over its max_bytes)
-- $1 integer mcp_resource_id
SELECT result, size FROM sallyport.mcp_resource_read($1)
