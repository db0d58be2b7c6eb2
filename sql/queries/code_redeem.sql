-- code_redeem: spends an authorization code, once
-- $1 text   client_id                       $2 text  client authentication method as it came
-- $3 bytea  SHA-256 of the client secret    $4 bytea SHA-256 of the code
-- $5 text   S256 challenge of the verifier  $6 text  redirect_uri, null if not sent
-- $7 text   resource, null if not sent      $8 bytea SHA-256 of the refresh token that would be issued
-- $9 bigint its life in seconds             $10 jsonb the request
SELECT outcome, detail, grant_id, user_id, username, sallyport.tier_within(tier, $1) AS tier, scope, resource, auth_time, version, refresh, answer
  FROM sallyport.code_redeem($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
