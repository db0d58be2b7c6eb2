-- client_add: a client made by hand
-- $1 text client_id   $2 jsonb judged metadata   $3 bytea SHA-256 of it   $4 bytea SHA-256 of the secret, or null
-- $5 text the only resource, or null   $6 text tier   $7 jsonb the request
SELECT sallyport.client_add($1, $2, $3, $4, $5, $6, $7)
