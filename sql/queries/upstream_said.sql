-- upstream_said: resources of an upstream have changed, and perhaps its lists
-- $1 text its name, $2 json its URIs, $3 boolean a list has changed
SELECT sallyport.upstream_said($1, $2, $3)
