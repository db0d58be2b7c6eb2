-- upstream_pins: definitions of an upstream, as they were approved and as they are
-- $1 text its name or null for all, $2 boolean only those that differ
SELECT upstream, list, name, CASE WHEN digest IS NULL THEN 'new' WHEN found_digest IS NULL THEN 'gone'
           WHEN digest <> found_digest THEN 'changed' ELSE 'approved' END AS state,
       to_char(approved_at, 'YYYY-MM-DD"T"HH24:MI:SSOF') AS approved_at, left(digest, 16) AS digest,
       left(found_digest, 16) AS found_digest, definition::text AS definition, found::text AS found
  FROM sallyport.upstream_pin
 WHERE ($1::text IS NULL OR upstream = $1) AND (NOT $2::boolean OR digest IS DISTINCT FROM found_digest)
 ORDER BY upstream, list, name
