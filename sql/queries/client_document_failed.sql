-- client_document_failed: a fetch that failed; with metadata, the last good copy serves
-- $1 text client_id   $2 text why   $3 jsonb judged metadata of the copy, or null   $4 bytea SHA-256 of it
-- $5 bigint seconds until an unused client expires   $6 jsonb the request
SELECT sallyport.client_document_failed($1, $2, $3, $4, $5, $6)
