-- client_document_store: a document that was fetched well, or found unchanged
-- $1 text client_id   $2 text the document   $3 text its ETag, or null   $4 bigint seconds it is fresh
-- $5 jsonb judged metadata   $6 bytea SHA-256 of it   $7 bigint seconds until an unused client expires
-- $8 jsonb the request
SELECT sallyport.client_document_store($1, $2, $3, $4, $5, $6, $7, $8)
