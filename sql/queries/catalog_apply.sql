-- catalog_apply: makes the catalog what documents say; the difference
-- $1 json the documents   $2 boolean whether files are given whole   $3 jsonb the request
SELECT action, kind, server, name, reason, was, becomes, was_document FROM sallyport.catalog_apply($1, $2, $3)
