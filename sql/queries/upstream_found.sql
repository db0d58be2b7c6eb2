-- upstream_found: what an upstream says it has; gives what is other than before
-- $1 text its name, $2 json [{"list", "name", "digest", "definition"}]
SELECT action, list, name FROM sallyport.upstream_found($1, $2)
