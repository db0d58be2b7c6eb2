-- Breakers: which services have failed, for all processes together.
-- lib/tools/breaker.h says what is guaranteed.

-- A service has a row while it fails; one that answers has none.
CREATE TABLE sallyport.breaker (
	kind		text NOT NULL,		-- what the name is of: source, ...
	name		text NOT NULL,
	failures	bigint NOT NULL,	-- in a row
	failed_at	timestamptz NOT NULL,
	failure		text NOT NULL,		-- the last one, for administrators
	open_since	timestamptz,		-- null: calls are made
	retry_at	timestamptz,		-- when the next one may be tried
	PRIMARY KEY (kind, name),
	CHECK ((open_since IS NULL) = (retry_at IS NULL))
) WITH (fillfactor = 50);

-- Milliseconds until a call may be tried; null: it is not open.
CREATE FUNCTION sallyport.breaker_left(b sallyport.breaker)
RETURNS bigint LANGUAGE sql SET search_path = pg_catalog AS $$
	SELECT CASE WHEN b.retry_at IS NOT NULL THEN
	    greatest(0, ceil(extract(epoch FROM b.retry_at - clock_timestamp()) * 1000))::bigint END
$$;

-- Processes are told what they keep in memory.
CREATE FUNCTION sallyport.breaker_tell(b sallyport.breaker)
RETURNS void LANGUAGE sql SET search_path = pg_catalog AS $$
	SELECT pg_notify('sallyport_mcp', format('breaker %s %s %s:%s', b.failures, coalesce(sallyport.breaker_left(b), -1), b.kind, b.name))
$$;

-- Whether a call may be made.  While it is open: one, when the pause is over; the
-- next one not before p_lease_ms, in which that one tells what became of it.
CREATE FUNCTION sallyport.breaker_enter(p_kind text, p_name text, p_lease_ms bigint)
RETURNS TABLE (may boolean, failures bigint, left_ms bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	v sallyport.breaker;
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	UPDATE sallyport.breaker b SET retry_at = clock_timestamp() + p_lease_ms * interval '1 millisecond'
	 WHERE b.kind = p_kind AND b.name = p_name AND b.retry_at <= clock_timestamp()
	RETURNING b.* INTO v;
	may := FOUND;
	IF NOT may THEN
		SELECT b.* INTO v FROM sallyport.breaker b WHERE b.kind = p_kind AND b.name = p_name;
		may := NOT FOUND OR v.open_since IS NULL;
	END IF;
	RETURN QUERY SELECT may, coalesce(v.failures, 0), coalesce(sallyport.breaker_left(v), -1);
END
$$;

-- It has failed.
CREATE FUNCTION sallyport.breaker_failed(p_kind text, p_name text, p_failures bigint, p_pause_ms bigint, p_why text)
RETURNS TABLE (failures bigint, left_ms bigint, opened boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	v_now CONSTANT timestamptz := clock_timestamp();
	v_retry_at CONSTANT timestamptz := v_now + p_pause_ms * interval '1 millisecond';
	v sallyport.breaker;
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	INSERT INTO sallyport.breaker AS b (kind, name, failures, failed_at, failure, open_since, retry_at)
	VALUES (p_kind, p_name, 1, v_now, left(p_why, 500), CASE WHEN p_failures <= 1 THEN v_now END,
	        CASE WHEN p_failures <= 1 THEN v_retry_at END)
	    ON CONFLICT (kind, name) DO UPDATE SET
	       failures = b.failures + 1, failed_at = excluded.failed_at, failure = excluded.failure,
	       open_since = CASE WHEN b.failures + 1 >= p_failures THEN coalesce(b.open_since, v_now) END,
	       retry_at = CASE WHEN b.failures + 1 >= p_failures THEN v_retry_at END
	RETURNING b.* INTO v;
	IF v.failures = 1 OR v.open_since IS NOT NULL THEN
		PERFORM sallyport.breaker_tell(v);
	END IF;
	RETURN QUERY SELECT v.failures, coalesce(sallyport.breaker_left(v), -1), coalesce(v.open_since = v_now, false);
END
$$;

-- It answers.  True: it was open.
CREATE FUNCTION sallyport.breaker_works(p_kind text, p_name text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	v sallyport.breaker;
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	DELETE FROM sallyport.breaker b WHERE b.kind = p_kind AND b.name = p_name RETURNING b.* INTO v;
	IF FOUND THEN
		PERFORM pg_notify('sallyport_mcp', format('breaker 0 -1 %s:%s', p_kind, p_name));
	END IF;
	RETURN v.open_since IS NOT NULL;
END
$$;

-- Who was let through learned nothing: another call may be tried.
CREATE FUNCTION sallyport.breaker_abandon(p_kind text, p_name text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	v sallyport.breaker;
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	UPDATE sallyport.breaker b SET retry_at = clock_timestamp()
	 WHERE b.kind = p_kind AND b.name = p_name AND b.retry_at > clock_timestamp()
	RETURNING b.* INTO v;
	IF FOUND THEN
		PERFORM sallyport.breaker_tell(v);
	END IF;
END
$$;

-- All that fail, for a process that may have missed something, and for administrators.
CREATE FUNCTION sallyport.breakers()
RETURNS TABLE (key text, failures bigint, left_ms bigint, failure text, since text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT b.kind || ':' || b.name, b.failures, coalesce(sallyport.breaker_left(b), -1), b.failure,
	       to_char(b.open_since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
	  FROM sallyport.breaker b ORDER BY b.kind, b.name
$$;

-- Nobody has called it for a day.
CREATE FUNCTION sallyport.breaker_sweep(p_limit bigint)
RETURNS bigint LANGUAGE sql SET search_path = pg_catalog AS $$
	WITH old AS (
	    DELETE FROM sallyport.breaker b WHERE (b.kind, b.name) IN (SELECT x.kind, x.name FROM sallyport.breaker x
	        WHERE x.failed_at < now() - interval '1 day' LIMIT p_limit FOR UPDATE SKIP LOCKED)
	    RETURNING 1)
	SELECT count(*) FROM old
$$;
ALTER FUNCTION sallyport.sweep(bigint, bigint) RENAME TO sweep_before_breaker;
CREATE FUNCTION sallyport.sweep(p_limit bigint, p_grace bigint)
RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT s.n + sallyport.breaker_sweep(p_limit) FROM sallyport.sweep_before_breaker(p_limit, p_grace) AS s (n)
	 WHERE s.n IS NOT NULL
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
	sallyport.sweep(bigint, bigint),
	sallyport.breaker_enter(text, text, bigint),
	sallyport.breaker_failed(text, text, bigint, bigint, text),
	sallyport.breaker_works(text, text),
	sallyport.breaker_abandon(text, text),
	sallyport.breakers()
TO sallyport_app;
