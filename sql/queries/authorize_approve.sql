-- authorize_approve: the person's yes: a grant and its code, once per authorization request
-- $1 uuid authorization_id   $2 bytea SHA-256 of the session   $3 text client_id   $4 text redirect_uri
-- $5 boolean redirect_uri was sent   $6 text redirect host   $7 text code_challenge (S256)   $8 text[] scope
-- $9 text resource   $10 bytea SHA-256 of the client's metadata   $11 bytea SHA-256 of the code
-- $12 bigint the code's life in seconds   $13 boolean remember   $14 jsonb the request
SELECT outcome, grant_id
  FROM sallyport.authorize_approve($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
