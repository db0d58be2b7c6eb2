-- Other MCP servers as upstreams: what is known of each, and which of their
-- definitions somebody has approved.
--
-- The rows of kind "upstream" in tool, mcp_resource and prompt are made of what was
-- approved, and never of what the upstream says today.  When it says something
-- else, the entry is held until the difference is approved.

-- ---------------------------------------------------------------- what is known

-- Changes with every failure, so that it does not bump the catalog's version; what
-- workers have to know of it does (era, down_since).
CREATE TABLE sallyport.upstream_state (
	upstream	text PRIMARY KEY REFERENCES sallyport.upstream ON UPDATE CASCADE ON DELETE CASCADE,
	era		text CHECK (era IN ('modern', 'session')),	-- 2026-07-28, or the revisions with sessions
	era_at		timestamptz,				-- when that was found out
	failures	integer NOT NULL DEFAULT 0,		-- in a row
	failed_at	timestamptz,
	failure		text,					-- the last one, for administrators
	down_since	timestamptz,				-- null: calls are made
	retry_at	timestamptz,				-- while it is down: when the next call may try
	refreshed_at	timestamptz				-- when its lists were read
);

CREATE TABLE sallyport.upstream_pin (
	upstream	text NOT NULL REFERENCES sallyport.upstream ON UPDATE CASCADE ON DELETE CASCADE,
	list		text NOT NULL CHECK (list IN ('tool', 'resource', 'template', 'prompt')),
	name		text NOT NULL,		-- the upstream's; of a resource its URI
	digest		text,			-- SHA-256 of what was approved; null: nothing yet
	definition	json,
	approved_at	timestamptz,
	found_digest	text,			-- of what it says now; null: it has it no more
	found		json,
	found_at	timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (upstream, list, name),
	CHECK (digest IS NOT NULL OR found_digest IS NOT NULL),
	CHECK ((digest IS NULL) = (definition IS NULL) AND (found_digest IS NULL) = (found IS NULL))
);

-- Entries of an upstream that is no more.
CREATE FUNCTION sallyport.upstream_removed()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	DELETE FROM sallyport.tool t WHERE t.kind = 'upstream' AND t.spec->>'upstream' = OLD.name;
	DELETE FROM sallyport.mcp_resource m WHERE m.kind = 'upstream' AND m.spec->>'upstream' = OLD.name;
	DELETE FROM sallyport.prompt p WHERE p.kind = 'upstream' AND p.spec->>'upstream' = OLD.name;
	RETURN NULL;
END
$$;
CREATE TRIGGER upstream_removed AFTER DELETE ON sallyport.upstream
	FOR EACH ROW EXECUTE FUNCTION sallyport.upstream_removed();

-- ---------------------------------------------------------------- how it is

-- A call or a refresh did not reach it, or could not make sense of it.  Three in a
-- row within a minute each, and it is down: left out of the lists, and tried
-- again after 10 s, 20 s ... 5 min.
CREATE FUNCTION sallyport.upstream_failed(p_upstream text, p_why text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	s sallyport.upstream_state;
	was_down boolean;
BEGIN
	INSERT INTO sallyport.upstream_state (upstream)
	SELECT u.name FROM sallyport.upstream u WHERE u.name = p_upstream
	    ON CONFLICT DO NOTHING;
	SELECT * INTO s FROM sallyport.upstream_state x WHERE x.upstream = p_upstream FOR UPDATE;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	was_down := s.down_since IS NOT NULL;
	s.failures := CASE WHEN was_down OR s.failed_at > now() - interval '1 minute' THEN s.failures + 1 ELSE 1 END;
	IF was_down OR s.failures >= 3 THEN
		s.down_since := coalesce(s.down_since, now());
		s.retry_at := now() + least(interval '5 minutes', interval '10 seconds' * power(2, least(s.failures - 3, 10)));
	END IF;
	UPDATE sallyport.upstream_state x
	   SET failures = s.failures, failed_at = now(), failure = left(p_why, 500), down_since = s.down_since, retry_at = s.retry_at
	 WHERE x.upstream = p_upstream;
	IF NOT was_down AND s.down_since IS NOT NULL THEN
		PERFORM sallyport.audit_write('upstream.down', 'ok', NULL, NULL, NULL, NULL,
		    jsonb_build_object('upstream', p_upstream, 'why', left(p_why, 500)), '{}');
		PERFORM sallyport.version_bump('catalog');
	END IF;
	RETURN s.down_since IS NOT NULL;
END
$$;

-- Whether this call may try an upstream that is down: one at a time.
CREATE FUNCTION sallyport.upstream_try(p_upstream text)
RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	WITH tried AS (
		UPDATE sallyport.upstream_state s SET retry_at = now() + interval '30 seconds'
		 WHERE s.upstream = p_upstream AND s.retry_at <= now()
		RETURNING 1)
	SELECT EXISTS (SELECT FROM tried) OR NOT EXISTS
	    (SELECT FROM sallyport.upstream_state s WHERE s.upstream = p_upstream AND s.down_since IS NOT NULL);
$$;

-- It answers, and speaks this era (null: as was known).
CREATE FUNCTION sallyport.upstream_works(p_upstream text, p_era text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	before sallyport.upstream_state;
BEGIN
	INSERT INTO sallyport.upstream_state (upstream)
	SELECT u.name FROM sallyport.upstream u WHERE u.name = p_upstream
	    ON CONFLICT DO NOTHING;
	SELECT * INTO before FROM sallyport.upstream_state x WHERE x.upstream = p_upstream FOR UPDATE;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	UPDATE sallyport.upstream_state x
	   SET failures = 0, down_since = NULL, retry_at = NULL, era = coalesce(p_era, x.era),
	       era_at = CASE WHEN p_era IS NOT NULL THEN now() ELSE x.era_at END
	 WHERE x.upstream = p_upstream;
	IF before.down_since IS NOT NULL THEN
		PERFORM sallyport.audit_write('upstream.up', 'ok', NULL, NULL, NULL, NULL,
		    jsonb_build_object('upstream', p_upstream), '{}');
	END IF;
	IF before.down_since IS NOT NULL OR p_era IS DISTINCT FROM coalesce(before.era, p_era) OR
	    (before.era IS NULL AND p_era IS NOT NULL) THEN
		PERFORM sallyport.version_bump('catalog');
	END IF;
END
$$;

-- ---------------------------------------------------------------- pins

-- Why an entry is held; null: it is not.
CREATE FUNCTION sallyport.upstream_held(p_upstream text, p_list text, p_name text)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT CASE WHEN p.found_digest IS NULL THEN 'gone' WHEN p.found_digest <> p.digest THEN 'changed' END
	  FROM sallyport.upstream_pin p
	 WHERE p.upstream = p_upstream AND p.list = p_list AND p.name = p_name;
$$;

-- Marks the entries of an upstream as held or not.  True: something has changed.
CREATE FUNCTION sallyport.upstream_hold(p_upstream text)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	changed boolean := false;
BEGIN
	IF EXISTS (SELECT FROM sallyport.tool t WHERE t.kind = 'upstream' AND t.spec->>'upstream' = p_upstream
	    AND t.spec->>'held' IS DISTINCT FROM sallyport.upstream_held(p_upstream, 'tool', t.spec->>'name')) THEN
		UPDATE sallyport.tool t
		   SET spec = jsonb_strip_nulls(t.spec || jsonb_build_object('held', sallyport.upstream_held(p_upstream, 'tool', t.spec->>'name')))
		 WHERE t.kind = 'upstream' AND t.spec->>'upstream' = p_upstream;
		changed := true;
	END IF;
	IF EXISTS (SELECT FROM sallyport.mcp_resource m WHERE m.kind = 'upstream' AND m.spec->>'upstream' = p_upstream
	    AND m.spec->>'held' IS DISTINCT FROM sallyport.upstream_held(p_upstream, m.spec->>'list', m.spec->>'name')) THEN
		UPDATE sallyport.mcp_resource m
		   SET spec = jsonb_strip_nulls(m.spec || jsonb_build_object('held', sallyport.upstream_held(p_upstream, m.spec->>'list', m.spec->>'name')))
		 WHERE m.kind = 'upstream' AND m.spec->>'upstream' = p_upstream;
		changed := true;
	END IF;
	IF EXISTS (SELECT FROM sallyport.prompt p WHERE p.kind = 'upstream' AND p.spec->>'upstream' = p_upstream
	    AND p.spec->>'held' IS DISTINCT FROM sallyport.upstream_held(p_upstream, 'prompt', p.spec->>'name')) THEN
		UPDATE sallyport.prompt p
		   SET spec = jsonb_strip_nulls(p.spec || jsonb_build_object('held', sallyport.upstream_held(p_upstream, 'prompt', p.spec->>'name')))
		 WHERE p.kind = 'upstream' AND p.spec->>'upstream' = p_upstream;
		changed := true;
	END IF;
	RETURN changed;
END
$$;

-- Takes in what an upstream says it has: [{"list", "name", "digest", "definition"}].
-- What is new waits, what is other than approved is held; nothing becomes visible
-- by it.  Gives what is to be told: new, changed, gone, and back as it was.
CREATE FUNCTION sallyport.upstream_found(p_upstream text, p_found json)
RETURNS TABLE (action text, list text, name text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
	told jsonb;
BEGIN
	PERFORM 1 FROM sallyport.upstream u WHERE u.name = p_upstream FOR UPDATE;	-- one at a time
	IF NOT FOUND THEN
		RETURN;
	END IF;
	WITH now_there AS (
		SELECT f.list, f.name, f.digest, f.definition
		  FROM json_to_recordset(p_found) f (list text, name text, digest text, definition json)
	), both_sides AS (
		SELECT coalesce(f.list, p.list) AS list, coalesce(f.name, p.name) AS name, p.digest, p.found_digest AS before,
		       f.digest AS after
		  FROM now_there f
		  FULL JOIN (SELECT * FROM sallyport.upstream_pin x WHERE x.upstream = p_upstream) p
		    ON p.list = f.list AND p.name = f.name
	)
	SELECT jsonb_agg(jsonb_build_object('list', b.list, 'name', b.name, 'action',
	           CASE WHEN b.digest IS NULL AND b.before IS NULL THEN 'new'
	                WHEN b.after IS NULL THEN 'gone'
	                WHEN b.digest IS NULL THEN 'new'
	                WHEN b.after = b.digest THEN 'back'
	                ELSE 'changed' END) ORDER BY b.list, b.name)
	  INTO told
	  FROM both_sides b
	 WHERE b.before IS DISTINCT FROM b.after;

	INSERT INTO sallyport.upstream_pin AS p (upstream, list, name, found_digest, found)
	SELECT p_upstream, f.list, f.name, f.digest, f.definition
	  FROM json_to_recordset(p_found) f (list text, name text, digest text, definition json)
	    ON CONFLICT (upstream, list, name) DO UPDATE
	   SET found_digest = excluded.found_digest, found = excluded.found, found_at = now()
	 WHERE p.found_digest IS DISTINCT FROM excluded.found_digest;
	DELETE FROM sallyport.upstream_pin p
	 WHERE p.upstream = p_upstream AND p.digest IS NULL AND NOT EXISTS
	       (SELECT FROM json_to_recordset(p_found) f (list text, name text) WHERE f.list = p.list AND f.name = p.name);
	UPDATE sallyport.upstream_pin p SET found_digest = NULL, found = NULL, found_at = now()
	 WHERE p.upstream = p_upstream AND p.found_digest IS NOT NULL AND NOT EXISTS
	       (SELECT FROM json_to_recordset(p_found) f (list text, name text) WHERE f.list = p.list AND f.name = p.name);
	INSERT INTO sallyport.upstream_state (upstream, refreshed_at) VALUES (p_upstream, now())
	    ON CONFLICT (upstream) DO UPDATE SET refreshed_at = now();
	PERFORM sallyport.upstream_hold(p_upstream);
	IF told IS NOT NULL THEN
		PERFORM sallyport.audit_write('upstream.changed', 'ok', NULL, NULL, NULL, NULL,
		    jsonb_build_object('upstream', p_upstream, 'definitions', told), '{}');
	END IF;
	RETURN QUERY SELECT t.action, t.list, t.name
	  FROM jsonb_to_recordset(coalesce(told, '[]')) t (action text, list text, name text);
END
$$;

-- Approves what was found: all, or the definitions of these names (as the upstream
-- has them).  With only_new nothing that was approved before is touched.
CREATE FUNCTION sallyport.upstream_approve(p_upstream text, p_names text[], p_first boolean, ctx jsonb DEFAULT '{}')
RETURNS TABLE (action text, list text, name text)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
	told jsonb;
BEGIN
	PERFORM 1 FROM sallyport.upstream u WHERE u.name = p_upstream FOR UPDATE;
	IF p_first AND EXISTS (SELECT FROM sallyport.upstream_pin p WHERE p.upstream = p_upstream AND p.digest IS NOT NULL) THEN
		RETURN;
	END IF;
	SELECT jsonb_agg(jsonb_build_object('list', p.list, 'name', p.name, 'digest', p.found_digest, 'action',
	           CASE WHEN p.found_digest IS NULL THEN 'removed' WHEN p.digest IS NULL THEN 'added' ELSE 'changed' END)
	           ORDER BY p.list, p.name)
	  INTO told
	  FROM sallyport.upstream_pin p
	 WHERE p.upstream = p_upstream AND p.found_digest IS DISTINCT FROM p.digest
	   AND (p_names IS NULL OR p.name = ANY (p_names));
	IF told IS NULL THEN
		RETURN;
	END IF;
	DELETE FROM sallyport.upstream_pin p
	 WHERE p.upstream = p_upstream AND p.found_digest IS NULL AND (p_names IS NULL OR p.name = ANY (p_names));
	UPDATE sallyport.upstream_pin p SET digest = p.found_digest, definition = p.found, approved_at = now()
	 WHERE p.upstream = p_upstream AND p.found_digest IS DISTINCT FROM p.digest AND (p_names IS NULL OR p.name = ANY (p_names));
	PERFORM sallyport.audit_write('upstream.approve', 'ok', NULL, NULL, NULL, NULL,
	    jsonb_build_object('upstream', p_upstream, 'definitions', told), ctx);
	RETURN QUERY SELECT t.action, t.list, t.name
	  FROM jsonb_to_recordset(told) t (action text, list text, name text);
END
$$;

-- Puts the rows of an upstream in the place of those that are there, if they differ:
-- {"tool": [...], "resource": [...], "prompt": [...]}.  True: something has changed.
CREATE FUNCTION sallyport.upstream_rows(p_upstream text, p_rows json)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	v_origin text := 'upstream ' || p_upstream;
	taken text;
	changed boolean := false;
BEGIN
	PERFORM 1 FROM sallyport.upstream u WHERE u.name = p_upstream FOR UPDATE;

	CREATE TEMPORARY TABLE upstream_tool ON COMMIT DROP AS
		SELECT w.server, w.name, w.title, w.description, w.input_schema, w.output_schema, w.annotations, w.scopes, w.tier,
		       w.timeout_ms, w.max_bytes, w.options, w.position, jsonb_strip_nulls(w.spec || jsonb_build_object('held',
		           sallyport.upstream_held(p_upstream, 'tool', w.spec->>'name'))) AS spec
		  FROM json_to_recordset(p_rows->'tool') w (server text, name text, title text, description text, input_schema json,
		       output_schema json, annotations jsonb, scopes text[], tier text, timeout_ms integer, max_bytes integer,
		       spec jsonb, options jsonb, position integer);
	SELECT t.name INTO taken FROM sallyport.tool t JOIN pg_temp.upstream_tool w ON w.server = t.resource AND w.name = t.name
	 WHERE t.origin IS DISTINCT FROM v_origin LIMIT 1;
	IF FOUND THEN
		RAISE unique_violation USING MESSAGE = format('there is a tool %s already, and it is not of upstream %s', taken, p_upstream);
	END IF;
	IF EXISTS (SELECT FROM pg_temp.upstream_tool w
	             FULL JOIN (SELECT * FROM sallyport.tool x WHERE x.origin = v_origin) t ON t.resource = w.server AND t.name = w.name
	            WHERE w.name IS NULL OR t.name IS NULL OR (w.title, w.description, w.input_schema::text, w.output_schema::text,
	                  w.annotations, w.scopes, w.tier, w.timeout_ms, w.max_bytes, w.spec, w.options, w.position) IS DISTINCT FROM
	                  (t.title, t.description, t.input_schema::text, t.output_schema::text, t.annotations, t.scopes, t.tier,
	                  t.timeout_ms, t.max_bytes, t.spec, t.options, t.position)) THEN
		DELETE FROM sallyport.tool t WHERE t.origin = v_origin AND NOT EXISTS
		    (SELECT FROM pg_temp.upstream_tool w WHERE w.server = t.resource AND w.name = t.name);
		INSERT INTO sallyport.tool AS t (resource, name, title, description, kind, input_schema, output_schema, annotations,
		    scopes, tier, timeout_ms, max_bytes, spec, options, origin, position)
		SELECT w.server, w.name, w.title, w.description, 'upstream', w.input_schema, w.output_schema, w.annotations,
		       w.scopes, w.tier, w.timeout_ms, w.max_bytes, w.spec, w.options, v_origin, w.position
		  FROM pg_temp.upstream_tool w ORDER BY w.server, w.position, w.name
		    ON CONFLICT (resource, name) DO UPDATE SET title = excluded.title, description = excluded.description,
		       input_schema = excluded.input_schema, output_schema = excluded.output_schema,
		       annotations = excluded.annotations, scopes = excluded.scopes, tier = excluded.tier,
		       timeout_ms = excluded.timeout_ms, max_bytes = excluded.max_bytes, spec = excluded.spec,
		       options = excluded.options, position = excluded.position;
		changed := true;
	END IF;

	CREATE TEMPORARY TABLE upstream_resource ON COMMIT DROP AS
		SELECT w.server, w.uri, w.name, w.title, w.description, w.mime_type, w.annotations, w.scopes, w.tier, w.timeout_ms,
		       w.max_bytes, w.position, jsonb_strip_nulls(w.spec || jsonb_build_object('held',
		           sallyport.upstream_held(p_upstream, w.spec->>'list', w.spec->>'name'))) AS spec
		  FROM json_to_recordset(p_rows->'resource') w (server text, uri text, name text, title text, description text,
		       mime_type text, annotations jsonb, scopes text[], tier text, timeout_ms integer, max_bytes integer, spec jsonb,
		       position integer);
	SELECT t.uri INTO taken FROM sallyport.mcp_resource t JOIN pg_temp.upstream_resource w ON w.server = t.server AND w.uri = t.uri
	 WHERE t.origin IS DISTINCT FROM v_origin LIMIT 1;
	IF FOUND THEN
		RAISE unique_violation USING MESSAGE = format('there is a resource %s already, and it is not of upstream %s', taken, p_upstream);
	END IF;
	IF EXISTS (SELECT FROM pg_temp.upstream_resource w
	             FULL JOIN (SELECT * FROM sallyport.mcp_resource x WHERE x.origin = v_origin) t ON t.server = w.server AND t.uri = w.uri
	            WHERE w.uri IS NULL OR t.uri IS NULL OR (w.name, w.title, w.description, w.mime_type, w.annotations, w.scopes, w.tier,
	                  w.timeout_ms, w.max_bytes, w.spec, w.position) IS DISTINCT FROM
	                  (t.name, t.title, t.description, t.mime_type, t.annotations, t.scopes, t.tier, t.timeout_ms, t.max_bytes,
	                  t.spec, t.position)) THEN
		DELETE FROM sallyport.mcp_resource t WHERE t.origin = v_origin AND NOT EXISTS
		    (SELECT FROM pg_temp.upstream_resource w WHERE w.server = t.server AND w.uri = t.uri);
		INSERT INTO sallyport.mcp_resource AS t (server, uri, name, title, description, mime_type, kind, annotations, scopes,
		    tier, timeout_ms, max_bytes, spec, origin, position)
		SELECT w.server, w.uri, w.name, w.title, w.description, w.mime_type, 'upstream', w.annotations, w.scopes,
		       w.tier, w.timeout_ms, w.max_bytes, w.spec, v_origin, w.position
		  FROM pg_temp.upstream_resource w ORDER BY w.server, w.position, w.uri
		    ON CONFLICT (server, uri) DO UPDATE SET name = excluded.name, title = excluded.title,
		       description = excluded.description, mime_type = excluded.mime_type, annotations = excluded.annotations,
		       scopes = excluded.scopes, tier = excluded.tier, timeout_ms = excluded.timeout_ms,
		       max_bytes = excluded.max_bytes, spec = excluded.spec, position = excluded.position;
		changed := true;
	END IF;

	CREATE TEMPORARY TABLE upstream_prompt ON COMMIT DROP AS
		SELECT w.server, w.name, w.title, w.description, w.arguments, w.scopes, w.tier, w.timeout_ms, w.max_bytes, w.position,
		       jsonb_strip_nulls(w.spec || jsonb_build_object('held',
		           sallyport.upstream_held(p_upstream, 'prompt', w.spec->>'name'))) AS spec
		  FROM json_to_recordset(p_rows->'prompt') w (server text, name text, title text, description text, arguments jsonb,
		       scopes text[], tier text, timeout_ms integer, max_bytes integer, spec jsonb, position integer);
	SELECT t.name INTO taken FROM sallyport.prompt t JOIN pg_temp.upstream_prompt w ON w.server = t.server AND w.name = t.name
	 WHERE t.origin IS DISTINCT FROM v_origin LIMIT 1;
	IF FOUND THEN
		RAISE unique_violation USING MESSAGE = format('there is a prompt %s already, and it is not of upstream %s', taken, p_upstream);
	END IF;
	IF EXISTS (SELECT FROM pg_temp.upstream_prompt w
	             FULL JOIN (SELECT * FROM sallyport.prompt x WHERE x.origin = v_origin) t ON t.server = w.server AND t.name = w.name
	            WHERE w.name IS NULL OR t.name IS NULL OR (w.title, w.description, w.arguments, w.scopes, w.tier, w.timeout_ms,
	                  w.max_bytes, w.spec, w.position) IS DISTINCT FROM
	                  (t.title, t.description, t.arguments, t.scopes, t.tier, t.timeout_ms, t.max_bytes, t.spec, t.position)) THEN
		DELETE FROM sallyport.prompt t WHERE t.origin = v_origin AND NOT EXISTS
		    (SELECT FROM pg_temp.upstream_prompt w WHERE w.server = t.server AND w.name = t.name);
		INSERT INTO sallyport.prompt AS t (server, name, title, description, kind, arguments, scopes, tier, timeout_ms,
		    max_bytes, spec, origin, position)
		SELECT w.server, w.name, w.title, w.description, 'upstream', w.arguments, w.scopes, w.tier, w.timeout_ms,
		       w.max_bytes, w.spec, v_origin, w.position
		  FROM pg_temp.upstream_prompt w ORDER BY w.server, w.position, w.name
		    ON CONFLICT (server, name) DO UPDATE SET title = excluded.title, description = excluded.description,
		       arguments = excluded.arguments, scopes = excluded.scopes, tier = excluded.tier,
		       timeout_ms = excluded.timeout_ms, max_bytes = excluded.max_bytes, spec = excluded.spec,
		       position = excluded.position;
		changed := true;
	END IF;
	DROP TABLE pg_temp.upstream_tool, pg_temp.upstream_resource, pg_temp.upstream_prompt;
	RETURN changed;
END
$$;

-- ---------------------------------------------------------------- loading

-- As in 0019-catalog-documents.sql, with what is known of an upstream.
CREATE OR REPLACE FUNCTION sallyport.catalog_spec(p_spec jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	found jsonb;
BEGIN
	IF jsonb_typeof(p_spec->'source') = 'string' THEN
		SELECT jsonb_set(p_spec, '{source}', sallyport.catalog_spec(s.spec) || jsonb_build_object('name', s.name)) INTO found
		  FROM sallyport.source s WHERE s.name = p_spec->>'source';
		p_spec := coalesce(found, p_spec);
	END IF;
	IF jsonb_typeof(p_spec->'upstream') = 'string' THEN
		SELECT jsonb_set(p_spec, '{upstream}', sallyport.catalog_spec(u.spec) || jsonb_build_object('name', u.name, 'state',
		           jsonb_strip_nulls(jsonb_build_object('era', s.era, 'down', s.down_since IS NOT NULL)))) INTO found
		  FROM sallyport.upstream u LEFT JOIN sallyport.upstream_state s ON s.upstream = u.name
		 WHERE u.name = p_spec->>'upstream';
		p_spec := coalesce(found, p_spec);
	END IF;
	IF jsonb_typeof(p_spec->'credential') = 'string' THEN
		SELECT jsonb_set(p_spec, '{credential}', c.spec || jsonb_build_object('name', c.name) ||
		           CASE WHEN c.secret IS NOT NULL THEN
		               jsonb_build_object('sealed', translate(encode(c.secret, 'base64'), E'\n', '')) ELSE '{}' END) INTO found
		  FROM sallyport.credential c WHERE c.name = p_spec->>'credential';
		p_spec := coalesce(found, p_spec);
	END IF;
	RETURN p_spec;
END
$$;

-- For those who read the lists of an upstream: what its row says, as workers see it.
CREATE FUNCTION sallyport.upstream_get(p_upstream text)
RETURNS TABLE (name text, spec text, pinned boolean, refreshed bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT u.name, (sallyport.catalog_spec(jsonb_build_object('upstream', u.name))->'upstream')::text,
	       EXISTS (SELECT FROM sallyport.upstream_pin p WHERE p.upstream = u.name AND p.digest IS NOT NULL),
	       extract(epoch FROM now() - s.refreshed_at)::bigint
	  FROM sallyport.upstream u LEFT JOIN sallyport.upstream_state s ON s.upstream = u.name
	 WHERE p_upstream IS NULL OR u.name = p_upstream
	 ORDER BY u.name;
$$;

-- The next upstream whose lists are to be read again, and is taken: the last time is
-- p_seconds ago, or it is down and may be tried.  Those of which nothing was
-- approved yet are left to an administrator.
CREATE FUNCTION sallyport.upstream_due(p_seconds integer)
RETURNS TABLE (name text, spec text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
	taken text;
BEGIN
	SELECT s.upstream INTO taken FROM sallyport.upstream_state s
	 WHERE EXISTS (SELECT FROM sallyport.upstream_pin p WHERE p.upstream = s.upstream AND p.digest IS NOT NULL)
	   AND (s.retry_at <= now() OR
	        s.retry_at IS NULL AND coalesce(s.refreshed_at, '-infinity') < now() - p_seconds * interval '1 second')
	 ORDER BY s.refreshed_at NULLS FIRST LIMIT 1 FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	UPDATE sallyport.upstream_state s SET refreshed_at = now(),
	       retry_at = CASE WHEN s.retry_at IS NOT NULL THEN now() + interval '1 minute' END
	 WHERE s.upstream = taken;
	RETURN QUERY SELECT g.name, g.spec FROM sallyport.upstream_get(taken) g;
END
$$;

-- ---------------------------------------------------------------- rights

REVOKE ALL ON FUNCTION sallyport.upstream_removed(), sallyport.upstream_failed(text, text), sallyport.upstream_try(text),
	sallyport.upstream_works(text, text), sallyport.upstream_held(text, text, text), sallyport.upstream_hold(text),
	sallyport.upstream_found(text, json), sallyport.upstream_approve(text, text[], boolean, jsonb),
	sallyport.upstream_rows(text, json), sallyport.upstream_get(text), sallyport.upstream_due(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sallyport.upstream_failed(text, text), sallyport.upstream_try(text),
	sallyport.upstream_works(text, text), sallyport.upstream_found(text, json), sallyport.upstream_get(text), sallyport.upstream_due(integer) TO sallyport_app;
