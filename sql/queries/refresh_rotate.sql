-- refresh_rotate: exchanges a refresh token for its successor, or replays the answer
-- $1 text   client_id                       $2 text  client authentication method as it came
-- $3 bytea  SHA-256 of the client secret    $4 bytea SHA-256 of the refresh token
-- $5 text   version its claims are of       $6 bytea SHA-256 of what is asked
-- $7 text[] scope, null if not sent         $8 text  resource, null if not sent
-- $9 bytea  SHA-256 of the successor        $10 bytea the sealed answer
-- $11 bigint the successor's life, seconds  $12 bigint grace, seconds   $13 jsonb the request
SELECT outcome, detail, grant_id, user_id, username, sallyport.tier_within(tier, $1) AS tier, scope, resource, auth_time, version, refresh, answer
  FROM sallyport.refresh_rotate($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
