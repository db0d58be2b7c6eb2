-- task_get: how a task stands, and a row for each request that has no answer
-- $1 bytea SHA-256 of its id, $2 uuid user or null, $3 text client_id, $4 uuid grant, $5 text server
SELECT tool, status, status_message, created_at, updated_at, ttl_ms, poll_ms, outcome, key, name, request
  FROM sallyport.task_get($1, $2, $3, $4, $5)
