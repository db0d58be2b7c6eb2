-- switch_list: what the operator has switched off
SELECT kind, CASE WHEN kind = 'read-only' THEN '' WHEN server = '' THEN '/mcp' ELSE '/mcp/' || server END AS server, name, tier,
       CASE kind WHEN 'read-only' THEN 'on' ELSE 'off' END AS state, message, since
  FROM sallyport.switch ORDER BY kind, server, name, tier
