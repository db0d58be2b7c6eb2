-- client_register: RFC 7591
-- $1 text client_id to use if it is a new one   $2 jsonb judged metadata   $3 bytea SHA-256 of it
-- $4 bytea SHA-256 of the secret, or null       $5 text[] scope it asks for, or null
-- $6 bigint seconds until an unused client expires
-- $7 bigint registrations an hour per address, 0: any   $8 text address   $9 jsonb the request
SELECT client_id, issued_at, scope, wait_seconds
  FROM sallyport.client_register($1, $2, $3, $4, $5, $6, $7, $8, $9)
