-- client_document_take: may this document be fetched now?
-- $1 text client_id   $2 text host   $3 bigint registrations an hour per address, 0: any   $4 text address
SELECT outcome, wait_seconds FROM sallyport.client_document_take($1, $2, $3, $4)
