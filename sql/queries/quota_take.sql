-- quota_take: calls of a budget, a block at a time
-- $1 text key, $2 bigint limit, $3 bigint seconds of the window, $4 bigint the most that is wanted
SELECT given, left_ms FROM sallyport.quota_take($1, $2, $3, $4)
