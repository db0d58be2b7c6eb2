-- upstream_rows: the entries that are made of an upstream; true: they are other than before
-- $1 text its name, $2 json {"tool", "resource", "prompt"}
SELECT sallyport.upstream_rows($1, $2) AS changed
