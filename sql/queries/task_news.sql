-- task_news: how a task stands, whose it is, and a row for each request that has no answer
-- $1 bytea SHA-256 of its id
SELECT server, grant_id, tool, status, status_message, created_at, updated_at, ttl_ms, poll_ms, outcome, key, name, request
  FROM sallyport.task_news($1)
