-- grant_list: live grants, newest first   $1 text username, or null for all
SELECT g.grant_id, u.username, c.client_name, g.client_id, g.resource, array_to_string(g.scope, ' ') AS scope,
       g.created_at, g.last_used_at
  FROM sallyport.grants g JOIN sallyport.client c USING (client_id) LEFT JOIN sallyport.users u USING (user_id)
 WHERE g.revoked_at IS NULL AND ($1::text IS NULL OR lower(u.username) = lower($1))
 ORDER BY g.created_at DESC
