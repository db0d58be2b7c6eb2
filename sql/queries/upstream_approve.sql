-- upstream_approve: what an upstream says now is what it is to be
-- $1 text its name, $2 text[] names of definitions or null for all, $3 boolean only when nothing was approved yet, $4 jsonb who asks
SELECT action, list, name FROM sallyport.upstream_approve($1, $2, $3, $4)
