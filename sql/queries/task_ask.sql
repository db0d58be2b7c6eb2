-- task_ask: a run ends with questions; raises P0S06 when it is over already
-- $1 bytea SHA-256 of the id, $2 integer run, $3 jsonb {name: sealed request in Base64} or null,
-- $4 bytea sealed state or null, $5 text message or null
SELECT sallyport.task_ask($1, $2, $3, $4, $5)
