-- Budgets: how often something is done in a window of time, and how many at once.
-- lib/tools/quota.h says what is guaranteed.

-- One row for each key that was used; logged, as a crash must not begin a window anew.
CREATE TABLE sallyport.quota (
	key		text PRIMARY KEY,
	window_start	bigint NOT NULL,	-- seconds since 1970
	window_end	bigint NOT NULL,
	taken		bigint NOT NULL,	-- what processes were given in this window
	given		bigint NOT NULL		-- to the last that asked
) WITH (fillfactor = 50);
CREATE INDEX quota_end ON sallyport.quota (window_end);

-- What runs.
CREATE TABLE sallyport.quota_slot (
	slot		uuid PRIMARY KEY,
	key		text NOT NULL,
	expires_at	timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX quota_slot_key ON sallyport.quota_slot (key);

-- The less is left, the less is given at once: what a process does not spend is lost.
CREATE FUNCTION sallyport.quota_block(p_left bigint, p_want bigint)
RETURNS bigint LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT greatest(0, least(p_want, p_left, greatest(1, p_left / 64)))
$$;

CREATE FUNCTION sallyport.quota_take(p_key text, p_limit bigint, p_window_seconds bigint, p_want bigint)
RETURNS TABLE (given bigint, left_ms bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	v_now CONSTANT double precision := extract(epoch FROM clock_timestamp());
	v_start CONSTANT bigint := floor(v_now / p_window_seconds)::bigint * p_window_seconds;
BEGIN
	-- a clock that was set back (another host, after a failover) goes on in the later window
	RETURN QUERY
	INSERT INTO sallyport.quota AS q (key, window_start, window_end, taken, given)
	VALUES (p_key, v_start, v_start + p_window_seconds, sallyport.quota_block(p_limit, p_want),
	        sallyport.quota_block(p_limit, p_want))
	ON CONFLICT (key) DO UPDATE SET
	    window_start = greatest(q.window_start, excluded.window_start),
	    window_end = greatest(q.window_end, excluded.window_end),
	    taken = CASE WHEN q.window_start >= excluded.window_start
	        THEN q.taken + sallyport.quota_block(p_limit - q.taken, p_want) ELSE excluded.taken END,
	    given = CASE WHEN q.window_start >= excluded.window_start
	        THEN sallyport.quota_block(p_limit - q.taken, p_want) ELSE excluded.given END
	RETURNING q.given, greatest(1, ceil((q.window_end - v_now) * 1000))::bigint;
END
$$;

CREATE FUNCTION sallyport.quota_slot_take(p_key text, p_slot uuid, p_limit bigint, p_lease_ms bigint)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	-- a slot that a crash forgets ends with the call that held it
	PERFORM set_config('synchronous_commit', 'off', true);
	PERFORM pg_advisory_xact_lock(hashtextextended('sallyport.quota_slot ' || p_key, 0));
	IF (SELECT count(*) FROM sallyport.quota_slot s WHERE s.key = p_key AND s.expires_at > clock_timestamp()) >= p_limit THEN
		RETURN false;
	END IF;
	INSERT INTO sallyport.quota_slot (slot, key, expires_at)
	VALUES (p_slot, p_key, clock_timestamp() + p_lease_ms * interval '1 millisecond');
	RETURN true;
END
$$;

CREATE FUNCTION sallyport.quota_slot_release(p_slot uuid)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	DELETE FROM sallyport.quota_slot s WHERE s.slot = p_slot;
END
$$;

CREATE FUNCTION sallyport.quota_sweep(p_limit bigint)
RETURNS bigint LANGUAGE sql SET search_path = pg_catalog AS $$
	WITH old AS (
	    DELETE FROM sallyport.quota q WHERE q.key IN (SELECT x.key FROM sallyport.quota x
	        WHERE x.window_end < extract(epoch FROM clock_timestamp()) LIMIT p_limit FOR UPDATE SKIP LOCKED)
	       AND q.window_end < extract(epoch FROM clock_timestamp())
	    RETURNING 1), ended AS (
	    DELETE FROM sallyport.quota_slot s WHERE s.slot IN (SELECT x.slot FROM sallyport.quota_slot x
	        WHERE x.expires_at < clock_timestamp() LIMIT p_limit FOR UPDATE SKIP LOCKED)
	    RETURNING 1)
	SELECT (SELECT count(*) FROM old) + (SELECT count(*) FROM ended)
$$;

ALTER FUNCTION sallyport.sweep(bigint, bigint) RENAME TO sweep_before_quota;
CREATE FUNCTION sallyport.sweep(p_limit bigint, p_grace bigint)
RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT s.n + sallyport.quota_sweep(p_limit) FROM sallyport.sweep_before_quota(p_limit, p_grace) AS s (n)
	 WHERE s.n IS NOT NULL
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
	sallyport.sweep(bigint, bigint),
	sallyport.quota_take(text, bigint, bigint, bigint),
	sallyport.quota_slot_take(text, uuid, bigint, bigint),
	sallyport.quota_slot_release(uuid)
TO sallyport_app;
