-- policy_list: lists of tools, and rates, of clients and people
SELECT coalesce('user ' || u.username, 'client ' || p.subject) AS who, p.rule, CASE p.server WHEN '*' THEN '*' WHEN '' THEN '/mcp' ELSE '/mcp/' || p.server END AS server,
       p.value AS tools, p.rate
  FROM sallyport.policy() p LEFT JOIN sallyport.users u ON p.rule ~ '^user-' AND u.user_id::text = p.subject
 WHERE p.rule <> 'implies' ORDER BY who, p.rule, p.server, tools
