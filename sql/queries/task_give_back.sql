-- task_give_back: as if it had not been claimed   $1 bytea SHA-256 of the id   $2 integer run
SELECT sallyport.task_give_back($1, $2)
