-- tool_page_missing: tools that name a page (MCP Apps) which no resource of their server is, nor may be of a template
SELECT t.name, t.meta #>> '{ui,resourceUri}' AS uri
  FROM sallyport.tool t
 WHERE t.enabled AND t.meta #>> '{ui,resourceUri}' IS NOT NULL AND NOT EXISTS
       (SELECT FROM sallyport.mcp_resource m
         WHERE m.server = t.resource AND m.enabled AND (m.uri = t.meta #>> '{ui,resourceUri}' OR
               (m.uri ~ '\{' AND starts_with(t.meta #>> '{ui,resourceUri}', split_part(m.uri, '{', 1)))))
 ORDER BY t.resource, t.name
