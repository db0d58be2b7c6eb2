-- upstream_try: whether this call may try an upstream that was down
-- $1 text its name
SELECT sallyport.upstream_try($1) AS may
