-- result_cache_put: keeps a result, unless something has made it old meanwhile
-- $1 bytea HMAC, $2 text server, $3 text tool, $4 bigint epoch that was read before the call, $5 bigint milliseconds
-- that it is good for, $6 text the structured result, $7 text what is said beside it, $8 text a whole result (JSON)
SELECT sallyport.result_cache_put($1, $2, $3, $4, $5, $6, $7, $8)
