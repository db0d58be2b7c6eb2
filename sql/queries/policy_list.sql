-- policy_list: lists of tools, rates and addresses, of clients, people and tiers
SELECT CASE WHEN p.rule ~ '^user-' THEN 'user ' || u.username WHEN p.rule ~ '^tier-' THEN 'tier ' || p.subject
            ELSE 'client ' || p.subject END AS who,
       p.rule, CASE p.server WHEN '*' THEN '*' WHEN '' THEN '/mcp' ELSE '/mcp/' || p.server END AS server,
       p.value, p.rate
  FROM sallyport.policy() p LEFT JOIN sallyport.users u ON p.rule ~ '^user-' AND u.user_id::text = p.subject
 WHERE p.rule <> 'implies' ORDER BY who, p.rule, p.server, p.value
