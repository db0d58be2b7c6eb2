-- upstream_works: an upstream answers
-- $1 text its name, $2 text its era (modern, session) or null for as was known, $3 jsonb what it can, likewise
SELECT sallyport.upstream_works($1, $2, $3)
