-- upstream_get: an upstream, or all of them, as workers see them
-- $1 text its name or null
SELECT name, spec, pinned, refreshed FROM sallyport.upstream_get($1)
