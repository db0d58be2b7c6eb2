-- task_update: takes answers to what a task has asked; false: there is no such task for this caller
-- $1 bytea SHA-256 of its id, $2 uuid user or null, $3 text client_id, $4 uuid grant, $5 text server,
-- $6 jsonb {key: sealed answer in Base64}
SELECT sallyport.task_update($1, $2, $3, $4, $5, $6) AS found
