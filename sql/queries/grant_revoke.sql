-- grant_revoke: ends a grant; false: there was nothing to end   $1 uuid grant_id   $2 text why   $3 jsonb the request
SELECT sallyport.grant_revoke($1, $2, $3) AS revoked
