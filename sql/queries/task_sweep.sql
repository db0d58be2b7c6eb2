-- task_sweep: deletes tasks that have expired   $1 bigint at most so many
SELECT sallyport.task_sweep($1) AS swept
