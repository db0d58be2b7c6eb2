-- client_list: all clients, newest first
SELECT client_id, kind, client_name, grant_types, token_endpoint_auth_method, scope, resource, redirect_uris,
       created_at, last_used_at, expires_at, disabled_at,
       (SELECT count(*) FROM sallyport.grants g WHERE g.client_id = c.client_id AND g.revoked_at IS NULL) AS grants
  FROM sallyport.client c ORDER BY created_at DESC, client_id
