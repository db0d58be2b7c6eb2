-- What a tool of any kind may ask for (lib/tools/options.h) as tags of a function's
-- comment, and results that are kept for a while (lib/tools/result_cache.h).

-- ---------------------------------------------------------------- comments

INSERT INTO sallyport.catalog_tag (tag, value, complaint, repeats, continues, lists) VALUES
	('toolset', '^[A-Za-z0-9_.-]{1,64}$', '@toolset needs a name: 1 to 64 of A-Z a-z 0-9 _ . -', false, false, '{tool}'),
	('confirm', '', NULL, false, true, '{tool}'),
	('quota', '^(user|client|tool)[ \t]+\d{1,9}/\d{0,8}(s|min|h|day)([ \t]*,[ \t]*\d{1,9}/\d{0,8}(s|min|h|day)){0,3}$|^concurrent[ \t]+[1-9]\d{0,3}$',
	    '@quota is like: user 60/min; client 600/min, 5000/h; tool 1000/min; concurrent 5', true, false, '{tool}'),
	('cache', '^[1-9]\d{0,8}(ms|s|m|h)([ \t]+(principal|everyone))?$',
	    '@cache needs a time (500ms, 60s, 5m, 1h), and may say for whom: principal or everyone', false, false, '{tool}'),
	('invalidates', '^[A-Za-z0-9_-]{1,64}([ \t]+[A-Za-z0-9_-]{1,64})*$', '@invalidates needs names of tools', true, false, '{tool}'),
	('sensitive', '^\S+([ \t]+\S+)*$', '@sensitive needs names of arguments', true, false, '{tool}');

-- All words of the lines of a tag that repeats.
CREATE FUNCTION sallyport.catalog_words(p_lines jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT jsonb_agg(w.word ORDER BY x.n, w.n)
	  FROM jsonb_array_elements_text(p_lines) WITH ORDINALITY AS x (line, n),
	       regexp_split_to_table(x.line, '[ \t]+') WITH ORDINALITY AS w (word, n)
$$;

-- The options of a comment; null: it has none.
CREATE FUNCTION sallyport.catalog_options(c jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT nullif(jsonb_strip_nulls(jsonb_build_object(
	    'confirm', CASE WHEN c->>'confirm' = '' THEN 'true'::jsonb ELSE c->'confirm' END,
	    'quota', (SELECT jsonb_object_agg(q.part[1], CASE WHEN q.part[1] = 'concurrent' THEN to_jsonb(q.part[2]::integer)
	                         ELSE to_jsonb(q.part[2]) END)
	                FROM (SELECT regexp_match(x, '^(\w+)[ \t]+(.*)$') FROM jsonb_array_elements_text(c->'quota') x) q (part)),
	    'cache', (SELECT jsonb_build_object('ttl', p[1], 'per', p[2]) FROM regexp_split_to_array(c->>'cache', '[ \t]+') p
	               WHERE c ? 'cache'),
	    'invalidates', sallyport.catalog_words(c->'invalidates'),
	    'sensitive', sallyport.catalog_words(c->'sensitive'))), '{}')
$$;

ALTER FUNCTION sallyport.catalog_function(oid, text) RENAME TO catalog_function_task;

-- A function as a tool, as catalog_function_task() has it, with its toolset and options.
CREATE FUNCTION sallyport.catalog_function(p_function oid, p_tool_role text, OUT tool sallyport.tool, OUT refusal text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	c jsonb := sallyport.catalog_comment(obj_description(p_function, 'pg_proc'));
	r record;
BEGIN
	SELECT * INTO STRICT r FROM sallyport.catalog_function_task(p_function, p_tool_role);
	tool := r.tool;
	refusal := r.refusal;
	IF refusal IS NOT NULL THEN
		RETURN;
	END IF;
	tool.toolset := c->>'toolset';
	tool.options := sallyport.catalog_options(c);
	refusal := CASE
	WHEN c ? 'cache' AND NOT tool.read_only THEN '@cache, but the function is VOLATILE'
	ELSE (SELECT format('@sensitive: there is no argument %s', quote_literal(x))
	        FROM jsonb_array_elements_text(tool.options->'sensitive') x
	       WHERE NOT (tool.input_schema::jsonb->'properties') ? x LIMIT 1)
	END;
END
$$;

-- ---------------------------------------------------------------- applying

-- As in 0011-apps.sql, with toolset and options.
CREATE OR REPLACE FUNCTION sallyport.catalog_sync(p_schemas text[], p_tool_role text, ctx jsonb DEFAULT '{}')
RETURNS TABLE (action text, resource text, tool text, function text, reason text)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
	f record;
	n bigint;
BEGIN
	PERFORM 1 FROM sallyport.version v WHERE v.name = 'catalog' FOR UPDATE;	-- one at a time
	CREATE TEMPORARY TABLE catalog_wanted ON COMMIT DROP AS
		SELECT t.*, NULL::text AS function FROM sallyport.tool t WITH NO DATA;
	CREATE TEMPORARY TABLE catalog_diff (action text, resource text, tool text, function text, reason text)
		ON COMMIT DROP;

	INSERT INTO pg_temp.catalog_diff
	SELECT 'refused', '', NULL, NULL, format('there is no schema %s', quote_literal(s))
	  FROM unnest(p_schemas) s WHERE NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = s);
	FOR f IN
		SELECT p.oid, p.oid::regprocedure::text AS function
		  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
		 WHERE n.nspname = ANY (p_schemas) AND obj_description(p.oid, 'pg_proc') ~ '(^|\n)[ \t]*@mcp([ \t\r\n]|$)'
		 ORDER BY p.oid::regprocedure::text
	LOOP
		DECLARE
			r record;
		BEGIN
			BEGIN
				SELECT * INTO r FROM sallyport.catalog_function(f.oid, p_tool_role);
			EXCEPTION WHEN data_exception THEN	-- a default or a setting that does not read
				SELECT NULL::sallyport.tool AS tool, SQLERRM AS refusal INTO r;
			END;
			IF r.refusal IS NULL AND EXISTS (SELECT FROM pg_temp.catalog_wanted w
			    WHERE w.resource = (r.tool).resource AND w.name = (r.tool).name) THEN
				r.refusal := 'another function has this tool name';
			END IF;
			IF r.refusal IS NULL THEN
				INSERT INTO pg_temp.catalog_wanted SELECT (r.tool).*, f.function;
			ELSE
				INSERT INTO pg_temp.catalog_diff
				VALUES ('refused', (r.tool).resource, (r.tool).name, f.function, r.refusal);
			END IF;
		END;
	END LOOP;

	INSERT INTO pg_temp.catalog_diff
	SELECT 'removed', t.resource, t.name, t.spec->>'function', 'no function says so any more'
	  FROM sallyport.tool t
	 WHERE t.kind = 'function' AND NOT EXISTS
	       (SELECT FROM pg_temp.catalog_wanted w WHERE w.resource = t.resource AND w.name = t.name);
	INSERT INTO pg_temp.catalog_diff
	SELECT 'refused', w.resource, w.name, w.function, format('a tool of kind %s has this name', t.kind)
	  FROM pg_temp.catalog_wanted w JOIN sallyport.tool t ON t.resource = w.resource AND t.name = w.name
	 WHERE t.kind <> 'function';
	DELETE FROM pg_temp.catalog_wanted w USING sallyport.tool t
	 WHERE t.resource = w.resource AND t.name = w.name AND t.kind <> 'function';
	INSERT INTO pg_temp.catalog_diff
	SELECT CASE WHEN t.tool_id IS NULL THEN 'added' ELSE 'changed' END, w.resource, w.name, w.function,
	       CASE WHEN t.tool_id IS NULL THEN concat_ws(', ', 'tier ' || w.tier,
	           'scopes ' || nullif(array_to_string(w.scopes, ' '), ''), CASE WHEN w.read_only THEN 'read only' END)
	       ELSE coalesce(d.columns, 'order of the arguments') END
	  FROM pg_temp.catalog_wanted w
	  LEFT JOIN sallyport.tool t ON t.resource = w.resource AND t.name = w.name
	  LEFT JOIN LATERAL (
	       SELECT string_agg(k.key, ', ' ORDER BY k.key) AS columns
	         FROM jsonb_each(to_jsonb(w)) k
	        WHERE k.key NOT IN ('tool_id', 'enabled', 'position', 'max_rows', 'max_bytes', 'function')
	          AND (to_jsonb(t)->k.key) IS DISTINCT FROM k.value) d ON true
	 WHERE t.tool_id IS NULL OR d.columns IS NOT NULL OR t.input_schema::text <> w.input_schema::text
	       OR t.output_schema::text IS DISTINCT FROM w.output_schema::text;

	IF EXISTS (SELECT FROM pg_temp.catalog_diff d WHERE d.action = 'removed') THEN
		DELETE FROM sallyport.tool t USING pg_temp.catalog_diff d
		 WHERE d.action = 'removed' AND t.resource = d.resource AND t.name = d.tool;
	END IF;
	IF EXISTS (SELECT FROM pg_temp.catalog_diff d WHERE d.action IN ('added', 'changed')) THEN
		INSERT INTO sallyport.tool AS t (resource, name, title, description, kind, input_schema, output_schema,
		    annotations, icons, meta, scopes, tier, timeout_ms, read_only, spec, toolset, options)
		SELECT w.resource, w.name, w.title, w.description, w.kind, w.input_schema, w.output_schema,
		       w.annotations, w.icons, w.meta, w.scopes, w.tier, w.timeout_ms, w.read_only, w.spec, w.toolset, w.options
		  FROM pg_temp.catalog_wanted w JOIN pg_temp.catalog_diff d
		    ON d.action IN ('added', 'changed') AND d.resource = w.resource AND d.tool = w.name
		 ORDER BY w.resource, w.name
		ON CONFLICT (resource, name) DO UPDATE SET title = excluded.title, description = excluded.description,
		    input_schema = excluded.input_schema, output_schema = excluded.output_schema,
		    annotations = excluded.annotations, icons = excluded.icons, meta = excluded.meta,
		    scopes = excluded.scopes, tier = excluded.tier,
		    timeout_ms = excluded.timeout_ms, read_only = excluded.read_only, spec = excluded.spec,
		    toolset = excluded.toolset, options = excluded.options;
	END IF;
	SELECT count(*) INTO n FROM pg_temp.catalog_diff d WHERE d.action <> 'refused';
	IF n > 0 THEN
		PERFORM sallyport.audit_write('catalog.apply', 'ok', NULL, NULL, NULL, NULL,
		    (SELECT jsonb_object_agg(x.action, x.tools) || jsonb_build_object('version',
		            (SELECT v.version FROM sallyport.version v WHERE v.name = 'catalog'))
		       FROM (SELECT d.action, jsonb_agg(coalesce(nullif(d.resource, '') || '/', '') || d.tool) AS tools
		               FROM pg_temp.catalog_diff d WHERE d.action <> 'refused' GROUP BY d.action) x), ctx);
	END IF;
	RETURN QUERY SELECT d.action, d.resource, d.tool, d.function, d.reason FROM pg_temp.catalog_diff d
	    ORDER BY array_position(array['added', 'changed', 'removed', 'refused'], d.action), d.resource, d.tool, d.function;
	DROP TABLE pg_temp.catalog_wanted, pg_temp.catalog_diff;
END
$$;

-- ---------------------------------------------------------------- results

CREATE UNLOGGED TABLE sallyport.result_cache (
	key		bytea PRIMARY KEY,	-- an HMAC: says nothing of the arguments
	server		text NOT NULL,
	tool		text NOT NULL,
	expires_at	timestamptz NOT NULL,
	hits		bigint NOT NULL DEFAULT 0,
	json		text,
	text		text,
	whole		text
);
CREATE INDEX result_cache_tool ON sallyport.result_cache (server, tool);
CREATE INDEX result_cache_expires ON sallyport.result_cache (expires_at);

-- Counts on when results of a tool become old.
CREATE UNLOGGED TABLE sallyport.result_cache_epoch (
	server		text NOT NULL,
	tool		text NOT NULL,
	epoch		bigint NOT NULL DEFAULT 1,
	PRIMARY KEY (server, tool)
);

CREATE FUNCTION sallyport.result_cache_get(p_key bytea, p_server text, p_tool text)
RETURNS TABLE (epoch bigint, hit boolean, json text, text text, whole text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
	UPDATE sallyport.result_cache c SET hits = c.hits + 1 WHERE c.key = p_key AND c.expires_at > clock_timestamp()
	RETURNING true, c.json, c.text, c.whole INTO hit, json, text, whole;
	epoch := coalesce((SELECT e.epoch FROM sallyport.result_cache_epoch e WHERE (e.server, e.tool) = (p_server, p_tool)), 0);
	RETURN NEXT;
END
$$;

-- The epoch's row is locked, so that who makes results old at the same time comes
-- before (and nothing is kept) or behind (and deletes it).
CREATE FUNCTION sallyport.result_cache_put(p_key bytea, p_server text, p_tool text, p_epoch bigint, p_ttl_ms bigint,
    p_json text, p_text text, p_whole text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	v_epoch bigint;
BEGIN
	IF p_epoch = 0 THEN
		INSERT INTO sallyport.result_cache_epoch (server, tool, epoch) VALUES (p_server, p_tool, 0) ON CONFLICT DO NOTHING;
	END IF;
	SELECT e.epoch INTO v_epoch FROM sallyport.result_cache_epoch e WHERE (e.server, e.tool) = (p_server, p_tool) FOR SHARE;
	IF v_epoch = p_epoch THEN
		INSERT INTO sallyport.result_cache AS c (key, server, tool, expires_at, json, text, whole)
		VALUES (p_key, p_server, p_tool, clock_timestamp() + p_ttl_ms * interval '1 millisecond', p_json, p_text, p_whole)
		ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at, json = excluded.json, text = excluded.text,
		    whole = excluded.whole;
	END IF;
END
$$;

-- How many results went.
CREATE FUNCTION sallyport.result_cache_forget(p_server text, p_tools text[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	n bigint;
BEGIN
	INSERT INTO sallyport.result_cache_epoch AS e (server, tool)
	SELECT p_server, x.tool FROM (SELECT DISTINCT unnest(p_tools) AS tool ORDER BY 1) x
	ON CONFLICT (server, tool) DO UPDATE SET epoch = e.epoch + 1;
	DELETE FROM sallyport.result_cache c WHERE c.server = p_server AND c.tool = ANY (p_tools);
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN n;
END
$$;

CREATE FUNCTION sallyport.result_cache_stats()
RETURNS TABLE (server text, tool text, total bigint, active bigint, expired bigint, hits bigint, bytes bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT c.server, c.tool, count(*), count(*) FILTER (WHERE c.expires_at > now()), count(*) FILTER (WHERE c.expires_at <= now()),
	       sum(c.hits)::bigint, sum(octet_length(concat(c.json, c.text, c.whole)))::bigint
	  FROM sallyport.result_cache c GROUP BY 1, 2 ORDER BY 1, 2
$$;

-- A pattern in which * stands for any characters, as LIKE has it.
CREATE FUNCTION sallyport.like_pattern(p_pattern text)
RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT replace(regexp_replace(p_pattern, '([\\%_])', '\\\1', 'g'), '*', '%')
$$;

-- For tools: how many results are kept, of the tools whose names fit, * for any
-- characters; and to forget them.
CREATE FUNCTION mcp.cache_stats(pattern text DEFAULT '*', OUT total bigint, OUT active bigint, OUT expired bigint,
    OUT hits bigint, OUT bytes bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT coalesce(sum(s.total), 0)::bigint, coalesce(sum(s.active), 0)::bigint, coalesce(sum(s.expired), 0)::bigint,
	       coalesce(sum(s.hits), 0)::bigint, coalesce(sum(s.bytes), 0)::bigint
	  FROM sallyport.result_cache_stats() s WHERE s.tool LIKE sallyport.like_pattern(pattern)
$$;

CREATE FUNCTION mcp.cache_clear(pattern text DEFAULT '*')
RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT coalesce(sum(sallyport.result_cache_forget(t.server, t.tools)), 0)::bigint
	  FROM (SELECT x.server, array_agg(x.tool) AS tools
	          FROM (SELECT e.server, e.tool FROM sallyport.result_cache_epoch e
	                UNION SELECT t.resource, t.name FROM sallyport.tool t WHERE t.options ? 'cache') x
	         WHERE x.tool LIKE sallyport.like_pattern(pattern)
	         GROUP BY x.server) t
$$;

ALTER FUNCTION sallyport.sweep(bigint, bigint) RENAME TO sweep_before_cache;
CREATE FUNCTION sallyport.result_cache_sweep(p_limit bigint)
RETURNS bigint LANGUAGE sql SET search_path = pg_catalog AS $$
	WITH old AS (
	    DELETE FROM sallyport.result_cache c WHERE c.expires_at < now() AND c.key IN (SELECT x.key FROM sallyport.result_cache x
	        WHERE x.expires_at < now() LIMIT p_limit FOR UPDATE SKIP LOCKED)
	    RETURNING 1)
	SELECT count(*) FROM old
$$;
CREATE FUNCTION sallyport.sweep(p_limit bigint, p_grace bigint)
RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT s.n + sallyport.result_cache_sweep(p_limit) FROM sallyport.sweep_before_cache(p_limit, p_grace) AS s (n)
	 WHERE s.n IS NOT NULL
$$;

-- ---------------------------------------------------------------- rights

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
	sallyport.sweep(bigint, bigint),
	sallyport.result_cache_get(bytea, text, text),
	sallyport.result_cache_put(bytea, text, text, bigint, bigint, text, text, text),
	sallyport.result_cache_forget(text, text[])
TO sallyport_app;
GRANT EXECUTE ON FUNCTION mcp.cache_stats(text), mcp.cache_clear(text) TO PUBLIC;
