-- breaker_failed: something that was called has failed
-- $1 text kind, $2 text name, $3 bigint failures that open it, $4 bigint milliseconds of the pause, $5 text why
SELECT failures, left_ms, opened FROM sallyport.breaker_failed($1, $2, $3, $4, $5)
