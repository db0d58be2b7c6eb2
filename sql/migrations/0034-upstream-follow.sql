-- What other MCP servers tell without being asked: that a list of theirs has changed,
-- and which of their resources has.  One runner holds a connection to each upstream
-- that tells something (tools/upstream_follow.h), for all processes and clients.

ALTER TABLE sallyport.upstream_state
	ADD COLUMN stale boolean NOT NULL DEFAULT false,	-- it has said that a list of it has changed
	ADD COLUMN in_vain integer NOT NULL DEFAULT 0,		-- so many times in a row that was not so
	ADD COLUMN follower text,				-- the runner that listens to it
	ADD COLUMN follow_until timestamptz;			-- until then that one lives; without one: nobody is to try before

-- Resources, by the upstream's URI, of which some stream of 2026-07-28 wants to hear.
-- Streams end with their token, so that is how long.
CREATE TABLE sallyport.upstream_watch (
	upstream	text NOT NULL REFERENCES sallyport.upstream ON UPDATE CASCADE ON DELETE CASCADE,
	uri		text NOT NULL,
	until		timestamptz NOT NULL,
	PRIMARY KEY (upstream, uri)
);

-- What stands in front of the URIs of an upstream where they are ours (tools/upstream.h).
CREATE FUNCTION sallyport.upstream_scheme(u sallyport.upstream)
RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT translate(coalesce(u.spec->>'prefix', u.name), '_', '-') || '+'
$$;

-- A stream wants to hear of these resources, by our URIs, until then (seconds since 1970).
CREATE FUNCTION sallyport.upstream_watch(p_uris json, p_until bigint)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	INSERT INTO sallyport.upstream_watch AS w (upstream, uri, until)
	SELECT DISTINCT u.name, substr(a.uri, length(sallyport.upstream_scheme(u)) + 1), to_timestamp(p_until)
	  FROM json_array_elements_text(p_uris) a (uri) JOIN sallyport.upstream u ON starts_with(a.uri, sallyport.upstream_scheme(u))
	    ON CONFLICT (upstream, uri) DO UPDATE SET until = excluded.until WHERE w.until < excluded.until;
	IF FOUND THEN
		NOTIFY sallyport_task, 'watch';
	END IF;
END
$$;

-- The resources of an upstream that somebody wants to hear of, in any era.
CREATE FUNCTION sallyport.upstream_wanted(p_upstream text)
RETURNS SETOF text LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT w.uri FROM sallyport.upstream_watch w WHERE w.upstream = p_upstream AND w.until > now()
	UNION
	SELECT substr(r.uri, length(sallyport.upstream_scheme(u)) + 1)
	  FROM sallyport.upstream u
	  JOIN sallyport.mcp_resource_subscription r ON starts_with(r.uri, sallyport.upstream_scheme(u))
	  JOIN sallyport.mcp_session s ON s.session_sha256 = r.session_sha256 AND s.expires_at > now()
	 WHERE u.name = p_upstream
	 ORDER BY 1 LIMIT 1000
$$;

-- The next upstream that tells something and that nobody listens to: from now on this
-- runner does.  One that is a command is listened to while somebody wants to hear of a
-- resource; it would never be idle otherwise.
CREATE FUNCTION sallyport.upstream_follow(p_runner text, p_lease_s integer)
RETURNS TABLE (name text, spec text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
	taken text;
BEGIN
	DELETE FROM sallyport.upstream_watch w WHERE w.until <= now();
	SELECT s.upstream INTO taken FROM sallyport.upstream_state s JOIN sallyport.upstream u ON u.name = s.upstream
	 WHERE (s.follow_until IS NULL OR s.follow_until <= now()) AND s.down_since IS NULL
	   AND EXISTS (SELECT FROM sallyport.upstream_pin p WHERE p.upstream = s.upstream AND p.digest IS NOT NULL)
	   AND (s.can ? 'list_changed' AND u.spec ? 'url' OR
	        s.can ? 'subscribe' AND EXISTS (SELECT FROM sallyport.upstream_wanted(s.upstream)))
	 ORDER BY s.follow_until NULLS FIRST LIMIT 1 FOR UPDATE OF s SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	UPDATE sallyport.upstream_state s SET follower = p_runner, follow_until = now() + p_lease_s * interval '1 second'
	 WHERE s.upstream = taken;
	RETURN QUERY SELECT g.name, g.spec FROM sallyport.upstream_get(taken) g;
END
$$;

-- This runner still listens: what is to be subscribed to, and a digest of the upstream's
-- row.  No row: it is not this runner's to listen to any more.
CREATE FUNCTION sallyport.upstream_followed(p_upstream text, p_runner text, p_lease_s integer)
RETURNS TABLE (wanted text, row_digest text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	UPDATE sallyport.upstream_state s SET follow_until = now() + p_lease_s * interval '1 second'
	 WHERE s.upstream = p_upstream AND s.follower = p_runner;
	IF FOUND THEN
		RETURN QUERY SELECT coalesce((SELECT json_agg(w.uri)::text FROM sallyport.upstream_wanted(p_upstream) w (uri)), '[]'),
		    (SELECT md5(u.spec::text) FROM sallyport.upstream u WHERE u.name = p_upstream);
	END IF;
END
$$;

-- It does not any more, and nobody is to try for so many seconds.
CREATE FUNCTION sallyport.upstream_unfollow(p_upstream text, p_runner text, p_pause_s integer)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	UPDATE sallyport.upstream_state s SET follower = NULL, follow_until = now() + p_pause_s * interval '1 second'
	 WHERE s.upstream = p_upstream AND s.follower = p_runner
$$;

-- What an upstream has said: these resources of its have changed, and perhaps a list.
CREATE FUNCTION sallyport.upstream_said(p_upstream text, p_uris json, p_stale boolean)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT mcp.resource_updated(sallyport.upstream_scheme(u) || a.uri, coalesce(u.spec->>'server', ''))
	  FROM sallyport.upstream u, json_array_elements_text(p_uris) a (uri) WHERE u.name = p_upstream;
	UPDATE sallyport.upstream_state s SET stale = true WHERE s.upstream = p_upstream AND p_stale AND NOT s.stale;
$$;

-- As in 0024-upstream.sql, and also those that have said that a list has changed: 5 s
-- after the last reading, and later each time that nothing had changed, since
-- there are servers that say so to everybody who connects.
CREATE OR REPLACE FUNCTION sallyport.upstream_due(p_seconds integer)
RETURNS TABLE (name text, spec text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
	taken text;
BEGIN
	SELECT s.upstream INTO taken FROM sallyport.upstream_state s
	 WHERE EXISTS (SELECT FROM sallyport.upstream_pin p WHERE p.upstream = s.upstream AND p.digest IS NOT NULL)
	   AND (s.retry_at <= now() OR s.retry_at IS NULL AND coalesce(s.refreshed_at, '-infinity') < now() - least(
	        p_seconds * interval '1 second', CASE WHEN s.stale THEN interval '5 seconds' * power(2, least(s.in_vain, 8)) END))
	 ORDER BY s.refreshed_at NULLS FIRST LIMIT 1 FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	UPDATE sallyport.upstream_state s SET refreshed_at = now(), stale = false,
	       in_vain = CASE WHEN NOT s.stale OR EXISTS (SELECT FROM sallyport.upstream_pin p WHERE p.upstream = taken
	           AND p.found_at >= s.refreshed_at) THEN 0 ELSE s.in_vain + 1 END,
	       retry_at = CASE WHEN s.retry_at IS NOT NULL THEN now() + interval '1 minute' END
	 WHERE s.upstream = taken;
	RETURN QUERY SELECT g.name, g.spec FROM sallyport.upstream_get(taken) g;
END
$$;

REVOKE ALL ON FUNCTION sallyport.upstream_scheme(sallyport.upstream), sallyport.upstream_watch(json, bigint),
	sallyport.upstream_wanted(text), sallyport.upstream_follow(text, integer), sallyport.upstream_followed(text, text, integer),
	sallyport.upstream_unfollow(text, text, integer), sallyport.upstream_said(text, json, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sallyport.upstream_watch(json, bigint), sallyport.upstream_follow(text, integer),
	sallyport.upstream_followed(text, text, integer), sallyport.upstream_unfollow(text, text, integer),
	sallyport.upstream_said(text, json, boolean) TO sallyport_app;

-- ---------------------------------------------------------------- our own lists

-- Clients hear of an entry that is held, or not any more.
CREATE FUNCTION sallyport.upstream_held_changed()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	PERFORM mcp.list_changed(TG_ARGV[0], coalesce(to_jsonb(NEW)->>'server', to_jsonb(NEW)->>'resource'));
	RETURN NULL;
END
$$;
DO $$
DECLARE
	l record;
BEGIN
	FOR l IN SELECT * FROM (VALUES ('tool', 'tools'), ('mcp_resource', 'resources'), ('prompt', 'prompts')) v (t, list) LOOP
		EXECUTE format('CREATE TRIGGER upstream_held_changed AFTER UPDATE OF spec ON sallyport.%I FOR EACH ROW
			WHEN (NEW.kind = ''upstream'' AND OLD.spec->>''held'' IS DISTINCT FROM NEW.spec->>''held'')
			EXECUTE FUNCTION sallyport.upstream_held_changed(%L)', l.t, l.list);
	END LOOP;
END
$$;

-- And of an upstream that is down, or back.
CREATE FUNCTION sallyport.upstream_down_changed()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	PERFORM mcp.list_changed(l.list, coalesce(u.spec->>'server', ''))
	   FROM sallyport.upstream u, (VALUES ('tools'), ('prompts'), ('resources')) l (list)
	  WHERE u.name = NEW.upstream AND (l.list = 'tools' OR (u.spec->l.list)::boolean);
	RETURN NULL;
END
$$;
CREATE TRIGGER upstream_down_changed AFTER UPDATE OF down_since ON sallyport.upstream_state FOR EACH ROW
	WHEN ((OLD.down_since IS NULL) <> (NEW.down_since IS NULL)) EXECUTE FUNCTION sallyport.upstream_down_changed();

REVOKE ALL ON FUNCTION sallyport.upstream_held_changed(), sallyport.upstream_down_changed() FROM PUBLIC;
