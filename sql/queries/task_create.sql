-- task_create: a new task; no row: the grant has too many, or is revoked
-- $1 bytea SHA-256 of its id, $2 uuid user or null, $3 text client_id, $4 uuid grant, $5 text server, $6 text tool,
-- $7 bytea sealed call, $8 bytea sealed state or null, $9 bigint seconds to live, $10 bigint milliseconds between
-- polls, $11 bigint most unfinished tasks of the grant, $12 text resource, $13 jsonb context
SELECT created_at, updated_at, ttl_ms, poll_ms
  FROM sallyport.task_create($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
