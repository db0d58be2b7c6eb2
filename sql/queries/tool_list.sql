-- tool_list: all tools
SELECT CASE WHEN resource = '' THEN '/mcp' ELSE '/mcp/' || resource END AS server, name, title, kind, tier,
       array_to_string(scopes, ' ') AS scopes, read_only, enabled
  FROM sallyport.tool ORDER BY resource, position, name
