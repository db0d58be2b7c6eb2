-- catalog_sync: makes tools of the functions that say they are; the difference, and what was refused
-- $1 text[] schemas   $2 text tool role   $3 jsonb the request
SELECT action, resource, tool, function, reason FROM sallyport.catalog_sync($1, $2, $3)
