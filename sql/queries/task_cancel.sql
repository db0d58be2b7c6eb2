-- task_cancel: cancels a task that has not ended; false: there is no such task for this caller
-- $1 bytea SHA-256 of its id, $2 uuid user or null, $3 text client_id, $4 uuid grant, $5 text server,
-- $6 text resource, $7 jsonb context
SELECT sallyport.task_cancel($1, $2, $3, $4, $5, $6, $7) AS found
