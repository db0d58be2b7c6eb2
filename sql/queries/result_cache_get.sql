-- result_cache_get: a result that was kept, and under which epoch another one may be
-- $1 bytea HMAC of what the call depends on, $2 text server, $3 text tool
SELECT epoch, hit, json, text, whole FROM sallyport.result_cache_get($1, $2, $3)
