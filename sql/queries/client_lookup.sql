-- client_lookup: a client and the state of its metadata document   $1 text client_id
SELECT client_id, kind, metadata, metadata_sha256, usable, scope, resource, document, etag, fresh
  FROM sallyport.client_lookup($1)
