-- task_finish: a run ends with an outcome; raises P0S06 when it is over already
-- $1 bytea SHA-256 of the id, $2 integer run, $3 text completed or failed, $4 text message or null,
-- $5 bytea sealed result or error
SELECT sallyport.task_finish($1, $2, $3, $4, $5)
