-- task_responses: what the client of a task has answered   $1 bytea SHA-256 of its id
SELECT key, name, response FROM sallyport.task_responses($1)
