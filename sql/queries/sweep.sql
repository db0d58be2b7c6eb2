-- sweep: deletes what has run out, at most $1 bigint rows a table
SELECT sallyport.sweep($1) AS swept
