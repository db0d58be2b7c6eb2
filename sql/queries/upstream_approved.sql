-- upstream_approved: the definitions of an upstream that were approved
-- $1 text its name
SELECT list, name, definition::text AS definition FROM sallyport.upstream_pin
 WHERE upstream = $1 AND digest IS NOT NULL
 ORDER BY list, name
