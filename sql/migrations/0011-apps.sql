-- Icons and _meta of tools and servers; MCP Apps (io.modelcontextprotocol/ui): tools
-- that a client shows with a page of its own, which is a resource ui://...

-- Icons of MCP, with the kinds of URI that a client may use.
CREATE FUNCTION sallyport.is_icons(icons jsonb)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
	SELECT CASE WHEN icons IS NULL THEN true WHEN jsonb_typeof(icons) = 'array' THEN (
	    SELECT coalesce(bool_and(coalesce(i->>'src' ~ '^(https://|data:)', false) AND
	           jsonb_typeof(coalesce(i->'mimeType', '""')) = 'string' AND
	           jsonb_typeof(coalesce(i->'sizes', '[]')) = 'array' AND
	           NOT jsonb_path_exists(i, '$.sizes[*] ? (@.type() != "string")') AND
	           coalesce(i->'theme', '"light"') IN ('"light"', '"dark"')), true)
	      FROM jsonb_array_elements(icons) i) ELSE false END
$$;

ALTER TABLE sallyport.tool
	ADD icons jsonb CONSTRAINT tool_icons CHECK (sallyport.is_icons(icons)),
	ADD meta jsonb CONSTRAINT tool_meta CHECK (jsonb_typeof(meta) = 'object');
ALTER TABLE sallyport.resource
	ADD icons jsonb CONSTRAINT resource_icons CHECK (sallyport.is_icons(icons)),
	ADD website_url text CONSTRAINT resource_website_url CHECK (website_url ~ '^https?://');
-- rows that were there before keep what they have
ALTER TABLE sallyport.mcp_resource ADD CONSTRAINT mcp_resource_icons CHECK (sallyport.is_icons(icons)) NOT VALID;
ALTER TABLE sallyport.prompt ADD CONSTRAINT prompt_icons CHECK (sallyport.is_icons(icons)) NOT VALID;

-- ---------------------------------------------------------------- comments

ALTER TABLE sallyport.catalog_tag ADD lists text[] NOT NULL DEFAULT '{tool,resource,prompt}';	-- what it says something of
UPDATE sallyport.catalog_tag SET lists = '{tool}' WHERE tag IN ('input', 'output', 'destructive', 'idempotent', 'openworld');
UPDATE sallyport.catalog_tag SET lists = '{resource}' WHERE tag IN ('mime', 'ttl', 'audience', 'priority');
UPDATE sallyport.catalog_tag SET lists = '{resource,prompt}' WHERE tag = 'complete';
UPDATE sallyport.catalog_tag SET
	value = '^(https://|data:)\S+([ \t]+\S+/\S+([ \t]+(any|\d+x\d+(,\d+x\d+)*)([ \t]+(light|dark))?)?)?$',
	complaint = '@icon needs an https or data URI, then its media type, then its sizes, then light or dark'
 WHERE tag = 'icon';
INSERT INTO sallyport.catalog_tag (tag, value, complaint, lists) VALUES
	('ui', '^ui://\S+([ \t]+(model|app|model[ \t]+app|app[ \t]+model))?$',
	    '@ui needs a URI ui://..., then who may call the tool: model, app, or both', '{tool}');

ALTER FUNCTION sallyport.catalog_comment(text) RENAME TO catalog_comment_tags;

-- Reads the comment of a function (catalog_comment_tags) and sees to it that its tags
-- are those of what it makes of the function.
CREATE FUNCTION sallyport.catalog_comment(p_comment text)
RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT c || coalesce((SELECT jsonb_build_object('error', format('@%s is for a %s', t.tag, array_to_string(t.lists, ' or a ')))
	                        FROM sallyport.catalog_tag t
	                       WHERE NOT c ? 'error' AND c ? t.tag AND NOT EXISTS (SELECT FROM unnest(t.lists) l
	                             WHERE c ? CASE l WHEN 'tool' THEN 'mcp' ELSE l END)
	                       ORDER BY t.tag LIMIT 1), '{}')
	  FROM sallyport.catalog_comment_tags(p_comment) c
$$;

-- The icons of a comment, each "URI TYPE SIZE,SIZE THEME".
CREATE FUNCTION sallyport.catalog_icons(p_lines jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('src', i.part[1], 'mimeType', i.part[2],
	           'sizes', to_jsonb(string_to_array(i.part[3], ',')), 'theme', i.part[4])) ORDER BY i.n)
	  FROM (SELECT regexp_split_to_array(x.value, '[ \t]+') AS part, x.n
	          FROM jsonb_array_elements_text(p_lines) WITH ORDINALITY AS x (value, n)) i
$$;

ALTER FUNCTION sallyport.catalog_function(oid, text) RENAME TO catalog_function_schema;

-- A function as a tool, as catalog_function_schema() has it, with its icons and _meta.
CREATE FUNCTION sallyport.catalog_function(p_function oid, p_tool_role text, OUT tool sallyport.tool, OUT refusal text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	c jsonb := sallyport.catalog_comment(obj_description(p_function, 'pg_proc'));
	words text[] := regexp_split_to_array(c->>'ui', '[ \t]+');
	r record;
BEGIN
	SELECT * INTO STRICT r FROM sallyport.catalog_function_schema(p_function, p_tool_role);
	tool := r.tool;
	refusal := r.refusal;
	IF refusal IS NOT NULL THEN
		RETURN;
	END IF;
	tool.icons := sallyport.catalog_icons(c->'icon');
	tool.meta := (c->>'meta')::jsonb;
	IF c ? 'ui' THEN
		tool.meta := coalesce(tool.meta, '{}') || jsonb_build_object('ui', jsonb_build_object('resourceUri', words[1]) ||
		    CASE WHEN cardinality(words) > 1 THEN jsonb_build_object('visibility', words[2:]) ELSE '{}' END);
	END IF;
	refusal := CASE
	WHEN tool.meta #>> '{ui,resourceUri}' !~ '^ui://.' THEN '@meta: ui.resourceUri is a URI ui://...'
	WHEN NOT tool.meta #> '{ui,visibility}' <@ '["model", "app"]' THEN '@meta: ui.visibility has "model", "app" or both'
	END;
END
$$;

ALTER FUNCTION sallyport.catalog_content_function(oid, text, text) RENAME TO catalog_content_signature;

-- A function as a resource or a prompt, as catalog_content_signature() has it, with its
-- icons; a page of MCP Apps has their media type.
CREATE FUNCTION sallyport.catalog_content_function(p_function oid, p_list text, p_tool_role text,
    OUT entry jsonb, OUT refusal text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	c jsonb := sallyport.catalog_comment(obj_description(p_function, 'pg_proc'));
BEGIN
	SELECT x.entry, x.refusal INTO entry, refusal FROM sallyport.catalog_content_signature(p_function, p_list, p_tool_role) x;
	IF refusal IS NULL THEN
		entry := entry || jsonb_build_object('icons', sallyport.catalog_icons(c->'icon')) ||
		    CASE WHEN entry->>'uri' ~ '^ui:' AND NOT c ? 'mime' AND entry #>> '{spec,returns}' IN ('text', 'contents')
		        THEN '{"mime_type": "text/html;profile=mcp-app"}' ELSE '{}'::jsonb END;
	END IF;
END
$$;

-- What a function gives, as in 0004-results.sql; but an mcp.result may have structured
-- content of any type, as 2026-07-28 has it.  Older clients are not shown its schema.
CREATE OR REPLACE FUNCTION sallyport.catalog_result(p_function oid, OUT returns text, OUT schema json, OUT ok boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	p pg_proc;
	given text := sallyport.catalog_comment(obj_description(p_function, 'pg_proc'))->>'output';
BEGIN
	SELECT * INTO STRICT p FROM pg_proc WHERE oid = p_function;
	IF p.prorettype = 'mcp.result'::regtype THEN
		IF p.proretset THEN
			RETURN;
		END IF;
		returns := 'result';
		ok := false;
	ELSE
		SELECT x.returns, x.schema, x.ok INTO returns, schema, ok FROM sallyport.catalog_result_type(p_function) x;
	END IF;
	IF given IS NULL THEN
		RETURN;
	ELSIF returns NOT IN ('json', 'result') THEN
		RAISE data_exception USING MESSAGE = '@output: the type of the result says it already';
	END IF;
	schema := given;
	IF returns = 'json' AND schema->>'type' IS DISTINCT FROM 'object' THEN
		-- what is no object becomes {"result": ...}
		RAISE data_exception USING MESSAGE = '@output needs "type": "object"';
	END IF;
END
$$;

-- ---------------------------------------------------------------- applying

-- As in 0002-catalog.sql, with icons and _meta.
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
		    annotations, icons, meta, scopes, tier, timeout_ms, read_only, spec)
		SELECT w.resource, w.name, w.title, w.description, w.kind, w.input_schema, w.output_schema,
		       w.annotations, w.icons, w.meta, w.scopes, w.tier, w.timeout_ms, w.read_only, w.spec
		  FROM pg_temp.catalog_wanted w JOIN pg_temp.catalog_diff d
		    ON d.action IN ('added', 'changed') AND d.resource = w.resource AND d.tool = w.name
		 ORDER BY w.resource, w.name
		ON CONFLICT (resource, name) DO UPDATE SET title = excluded.title, description = excluded.description,
		    input_schema = excluded.input_schema, output_schema = excluded.output_schema,
		    annotations = excluded.annotations, icons = excluded.icons, meta = excluded.meta,
		    scopes = excluded.scopes, tier = excluded.tier,
		    timeout_ms = excluded.timeout_ms, read_only = excluded.read_only, spec = excluded.spec;
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

-- ---------------------------------------------------------------- loading

DROP FUNCTION sallyport.catalog(text, text, text);
DROP FUNCTION sallyport.catalog_content_call(text, jsonb, integer, text);

-- As in 0005-resources-prompts.sql; the _meta of a resource is that of its contents,
-- too, which is where clients look for what a page may do.
CREATE FUNCTION sallyport.catalog_content_call(p_list text, p_spec jsonb, p_max_bytes integer, p_mime_type text, p_meta jsonb)
RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT jsonb_build_object('args', p_spec->'args', 'takes_name', p_list = 'resource',
	    'head', format('SELECT CASE WHEN octet_length(q.v) <= %s THEN q.v END AS result, octet_length(q.v) AS size, '
	        'NULL::bigint AS rows, NULL::boolean AS failed FROM (SELECT ', p_max_bytes) ||
	    CASE WHEN p_list = 'prompt' THEN CASE p_spec->>'returns'
	        WHEN 'text' THEN '''[{"role":"user","content":{"type":"text","text":'' || '
	            'to_json(coalesce(r.c, ''''))::text || ''}}]'' FROM '
	        WHEN 'json' THEN 'coalesce(mcp.messages(r.c::jsonb)::text, ''[]'') FROM '
	        WHEN 'messages' THEN '''['' || coalesce(string_agg(''{"role":'' || to_json(r.role::text)::text || '
	            ''',"content":'' || r.content::text || ''}'', '',''), '''') || '']'' FROM (SELECT * FROM '
	        END
	    ELSE '''['' || ' || CASE p_spec->>'returns'
	        WHEN 'contents' THEN 'string_agg(''{"uri":'' || to_json(coalesce(r.uri, $1::text))::text || '
	            || format('coalesce('',"mimeType":'' || to_json(coalesce(r.mime_type, %L))::text, '''') || ', p_mime_type) ||
	            'CASE WHEN r.blob IS NOT NULL THEN '',"blob":"'' || mcp.base64(r.blob) || ''"'' '
	            'ELSE '',"text":'' || to_json(r.text)::text END || coalesce('',"_meta":'' || '
	            || format('coalesce(r.meta, CASE WHEN r.uri IS NULL THEN %s::jsonb END)::text, '''') || ''}'', '','')', quote_nullable(p_meta::text))
	        ELSE '''{"uri":'' || to_json($1::text)::text || ' || quote_literal(',"mimeType":' || to_json(p_mime_type)::text) ||
	            CASE p_spec->>'returns' WHEN 'bytea' THEN ' || '',"blob":"'' || mcp.base64(r.c) || ''"'''
	                ELSE ' || '',"text":'' || to_json(r.c::text)::text' END ||
	            coalesce(' || ' || quote_literal(',"_meta":' || p_meta::text), '') || ' || ''}'''
	        END || ' || '']'' FROM ' || CASE WHEN p_spec->>'returns' = 'contents' THEN '(SELECT * FROM ' ELSE '' END
	    END || (p_spec->>'call') || '(',
	    'tail', CASE WHEN p_spec->>'returns' IN ('contents', 'messages') THEN ') LIMIT 1000) AS r' ELSE ') AS r (c) OFFSET 0' END ||
	        ') AS q (v)');
$$;

-- What the columns of a tool do not say of its entry in tools/list; null: nothing.
CREATE FUNCTION sallyport.tool_listing(t sallyport.tool)
RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT nullif(CASE WHEN t.icons IS NOT NULL THEN jsonb_build_object('icons', t.icons) ELSE '{}' END ||
	    CASE WHEN t.meta IS NOT NULL THEN jsonb_build_object('_meta', t.meta) ELSE '{}' END, '{}')
$$;

-- As in 0005-resources-prompts.sql, with more of the server (members of Implementation)
-- and "app" among what it offers.
CREATE FUNCTION sallyport.catalog(p_server text, p_list text, p_name text)
RETURNS TABLE (version bigint, server text, server_title text, server_info text, instructions text, offers text, list text, entry_id integer,
    name text, title text, description text, kind text, input_schema text, output_schema text, annotations text,
    listing text, scopes text, tier text, timeout_ms integer, max_rows integer, max_bytes integer, read_only boolean, spec text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT v.version, r.name, r.title,
	       jsonb_strip_nulls(jsonb_build_object('description', r.description, 'websiteUrl', r.website_url, 'icons', r.icons))::text,
	       r.instructions, (SELECT string_agg(o.list, ' ') FROM (
	           SELECT 'tool' WHERE EXISTS (SELECT FROM sallyport.tool t WHERE t.resource = r.name AND t.enabled)
	           UNION ALL SELECT DISTINCT CASE WHEN m.uri ~ '\{' THEN 'template' ELSE 'resource' END
	             FROM sallyport.mcp_resource m WHERE m.server = r.name AND m.enabled
	           UNION ALL SELECT 'prompt' WHERE EXISTS (SELECT FROM sallyport.prompt p WHERE p.server = r.name AND p.enabled)
	           UNION ALL SELECT 'completion' WHERE
	               EXISTS (SELECT FROM sallyport.mcp_resource m WHERE m.server = r.name AND m.enabled AND
	                       (m.completions <> '{}' OR m.kind = 'directory')) OR
	               EXISTS (SELECT FROM sallyport.prompt p WHERE p.server = r.name AND p.enabled AND p.completions <> '{}')
	           UNION ALL SELECT 'app' WHERE
	               EXISTS (SELECT FROM sallyport.mcp_resource m WHERE m.server = r.name AND m.enabled AND m.uri ~ '^ui:') OR
	               EXISTS (SELECT FROM sallyport.tool t WHERE t.resource = r.name AND t.enabled AND t.meta ? 'ui')) o (list)),
	       e.list, e.entry_id, e.name, e.title, e.description, e.kind, e.input_schema, e.output_schema, e.annotations,
	       e.listing, e.scopes, e.tier, e.timeout_ms, e.max_rows, e.max_bytes, e.read_only, e.spec
	  FROM sallyport.version v
	 CROSS JOIN sallyport.resource r
	  LEFT JOIN LATERAL (
	    SELECT 'tool' AS list, t.position, t.tool_id AS entry_id, t.name, t.title, t.description, t.kind,
	           t.input_schema::text, t.output_schema::text, t.annotations::text,
	           sallyport.tool_listing(t)::text AS listing,
	           array_to_string(t.scopes, ' ') AS scopes, t.tier, t.timeout_ms, t.max_rows, t.max_bytes, t.read_only,
	           CASE t.kind WHEN 'function' THEN sallyport.catalog_call(t) ELSE t.spec END::text AS spec
	      FROM sallyport.tool t
	     WHERE t.resource = r.name AND t.enabled AND (p_list IS NULL OR p_list = 'tool') AND (p_name IS NULL OR t.name = p_name)
	    UNION ALL
	    SELECT l.list, m.position, m.mcp_resource_id, m.uri, m.title, m.description, m.kind, NULL, NULL, NULL,
	           sallyport.mcp_resource_listing(m)::text, array_to_string(m.scopes, ' '), m.tier, m.timeout_ms, 1000,
	           m.max_bytes, m.read_only,
	           (CASE m.kind WHEN 'function' THEN sallyport.catalog_content_call('resource', m.spec, m.max_bytes, m.mime_type, m.meta)
	                ELSE m.spec || jsonb_build_object('id', m.mcp_resource_id, 'mime_type', m.mime_type, 'meta', m.meta) END ||
	            jsonb_build_object('ttl_ms', m.ttl_ms, 'completions', sallyport.catalog_completion_calls(m.completions)))::text
	      FROM sallyport.mcp_resource m, LATERAL (SELECT CASE WHEN m.uri ~ '\{' THEN 'template' ELSE 'resource' END AS list) l
	     WHERE m.server = r.name AND m.enabled AND (p_list IS NULL OR (l.list = p_list AND (p_name IS NULL OR m.uri = p_name)) OR
	           (p_list = 'resource' AND p_name IS NOT NULL AND l.list = 'template'))
	    UNION ALL
	    SELECT 'prompt', p.position, p.prompt_id, p.name, p.title, p.description, p.kind, NULL, NULL, NULL,
	           sallyport.prompt_listing(p)::text, array_to_string(p.scopes, ' '), p.tier, p.timeout_ms, 1000,
	           p.max_bytes, p.read_only,
	           (CASE p.kind WHEN 'function' THEN sallyport.catalog_content_call('prompt', p.spec, p.max_bytes, NULL, NULL)
	                ELSE jsonb_build_object('messages', p.messages) END ||
	            jsonb_build_object('description', p.description, 'arguments', p.arguments, 'completions', sallyport.catalog_completion_calls(p.completions)))::text
	      FROM sallyport.prompt p
	     WHERE p.server = r.name AND p.enabled AND (p_list IS NULL OR p_list = 'prompt') AND (p_name IS NULL OR p.name = p_name)
	  ) e ON true
	 WHERE v.name = 'catalog' AND (p_server IS NULL OR r.name = p_server)
	 ORDER BY r.name, e.list, e.position, e.name;
$$;

-- ---------------------------------------------------------------- rights

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sallyport.catalog(text, text, text) TO sallyport_app;
