-- scope_list: the scopes of the servers, with what they imply
SELECT s.scope, (SELECT string_agg(CASE WHEN r.name = '' THEN '/mcp' ELSE '/mcp/' || r.name END, ' ' ORDER BY r.name)
                   FROM sallyport.resource r WHERE s.scope = ANY (r.scopes)) AS servers,
       (SELECT string_agg(c.implies, ' ' ORDER BY c.implies) FROM sallyport.scope_closure() c WHERE c.scope = s.scope) AS implies,
       d.description
  FROM (SELECT unnest(r.scopes) FROM sallyport.resource r UNION SELECT x.scope FROM sallyport.scope x) s (scope)
  LEFT JOIN sallyport.scope d ON d.scope = s.scope
 ORDER BY s.scope
