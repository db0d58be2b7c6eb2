-- breaker_enter: whether something may be called that has failed
-- $1 text kind, $2 text name, $3 bigint milliseconds for which nobody else tries it
SELECT may, failures, left_ms FROM sallyport.breaker_enter($1, $2, $3)
