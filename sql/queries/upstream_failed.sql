-- upstream_failed: an upstream was not reached, or what it says makes no sense; true: it is down now
-- $1 text its name, $2 text why
SELECT sallyport.upstream_failed($1, $2) AS down
