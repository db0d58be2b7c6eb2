-- client_document_take: may a document be fetched from this host now?   $1 text host
SELECT sallyport.client_document_take($1) AS wait_seconds
