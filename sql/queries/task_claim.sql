-- task_claim: the next task for a runner   $1 text runner   $2 bigint milliseconds of its lease
SELECT task_sha256, run, lost, was_lost, user_id, client_id, grant_id, server, tool, tier, call, state
  FROM sallyport.task_claim($1, $2)
