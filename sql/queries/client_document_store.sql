-- client_document_store: a document that was fetched well, or found unchanged
-- $1 text client_id   $2 jsonb the document   $3 text its ETag, or null   $4 bigint seconds it is fresh
-- $5 jsonb judged metadata   $6 bytea SHA-256 of it   $7 jsonb the request
SELECT sallyport.client_document_store($1, $2, $3, $4, $5, $6, $7)
