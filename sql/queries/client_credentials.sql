-- client_credentials: a token for the client itself
-- $1 text client_id   $2 text method   $3 bytea SHA-256 of the secret
-- $4 text[] scope asked for, within the resource's, or null   $5 text[] the resource's default
-- $6 text[] all that the resource offers   $7 text resource   $8 jsonb the request
SELECT outcome, detail, grant_id, user_id, username, tier, scope, resource, auth_time, version, refresh, answer
  FROM sallyport.client_credentials($1, $2, $3, $4, $5, $6, $7, $8)
