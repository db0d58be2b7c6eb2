-- task_progress: what the client of a task is told meanwhile   $1 bytea SHA-256 of its id   $2 integer run   $3 text
SELECT sallyport.task_progress($1, $2, $3)
