-- catalog_list: what the servers offer
SELECT CASE WHEN server = '' THEN '/mcp' ELSE '/mcp/' || server END AS server, list, name, title, kind, tier,
       array_to_string(scopes, ' ') AS scopes, read_only, enabled
  FROM (SELECT resource AS server, 1 AS n, 'tool' AS list, position, name, title, kind, tier, scopes, read_only, enabled
          FROM sallyport.tool
        UNION ALL
        SELECT server, 2, CASE WHEN uri ~ '\{' THEN 'template' ELSE 'resource' END, position, uri, title, kind, tier,
               scopes, read_only, enabled
          FROM sallyport.mcp_resource
        UNION ALL
        SELECT server, 3, 'prompt', position, name, title, kind, tier, scopes, read_only, enabled
          FROM sallyport.prompt) e
 ORDER BY server, n, list, position, name
