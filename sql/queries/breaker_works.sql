-- breaker_works: what had failed answers   $1 text kind, $2 text name
SELECT sallyport.breaker_works($1, $2) AS was_open
