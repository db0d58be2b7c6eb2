-- catalog_sync: makes tools, resources and prompts of the functions that say they are; the difference, and
-- what was refused
-- $1 text[] schemas   $2 text tool role   $3 jsonb the request
SELECT action, 'tool' AS kind, resource AS server, tool AS name, function, reason FROM sallyport.catalog_sync($1, $2, $3)
UNION ALL
SELECT action, kind, server, name, function, reason FROM sallyport.catalog_sync_content($1, $2, $3)
