-- quota_override_set: another rate for a person or a client; false: nobody of this name
-- $1 text user name or null, $2 text client_id or null, $3 text server, $4 text pattern, $5 text rate or null, $6 jsonb the request
SELECT sallyport.quota_override_set($1, $2, $3, $4, $5, $6) AS found
