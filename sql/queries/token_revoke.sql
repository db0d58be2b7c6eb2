-- token_revoke: RFC 7009
-- $1 text client_id   $2 text method   $3 bytea SHA-256 of the secret   $4 bytea SHA-256 of the token
-- $5 text jti of a verified access token, or null   $6 text its client_id   $7 jsonb the request
SELECT outcome, detail FROM sallyport.token_revoke($1, $2, $3, $4, $5, $6, $7)
