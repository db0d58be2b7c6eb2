-- sweep: deletes what has run out   $1 bigint most rows a table   $2 bigint grace of refresh tokens, seconds
SELECT sallyport.sweep($1, $2) AS swept
