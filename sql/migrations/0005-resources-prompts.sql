-- Resources and prompts: what a server offers beside its tools.
--
-- Rows are the truth here, too.  A resource is text or bytes in its row, a
-- function, or the files of a directory; with a URI template it is a family of
-- them.  A prompt is messages in its row, or a function.  catalog_sync_content()
-- makes the rows of kind "function" from comments (docs/tools.md).

-- The variables of a URI template (RFC 6570: {name} and {+name}), none for a plain
-- URI.  Null: it is neither.  lib/tools/uri_template.c reads the same.
CREATE FUNCTION sallyport.uri_variables(p_uri text)
RETURNS text[] LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT CASE WHEN cardinality(v.names) <= 16 AND
	    cardinality(v.names) = (SELECT count(DISTINCT n) FROM unnest(v.names) n) THEN v.names END
	  FROM (SELECT array(SELECT m[1] FROM regexp_matches(p_uri, '\{\+?(\w+)\}', 'g') m) AS names) v
	 WHERE length(p_uri) <= 2048 AND
	       p_uri ~ '^[A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9._~:/?#\[\]@!$&''()*+,;=%-]|\{\+?[A-Za-z_][A-Za-z0-9_]*\}(?!\{))*$';
$$;

CREATE TABLE sallyport.mcp_resource (
	mcp_resource_id	integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	server		text NOT NULL DEFAULT '' REFERENCES sallyport.resource ON UPDATE CASCADE ON DELETE CASCADE,
	uri		text NOT NULL CHECK (sallyport.uri_variables(uri) IS NOT NULL),	-- or a URI template
	name		text NOT NULL CHECK (name <> ''),
	title		text,
	description	text,
	mime_type	text CHECK (mime_type ~ '^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( *; *[A-Za-z0-9!#$&^_.+-]+=[^;]+)*$'),
	kind		text NOT NULL DEFAULT 'content' CHECK (kind IN ('content', 'function', 'directory')),
	content		text,
	blob		bytea,
	modified_at	timestamptz NOT NULL DEFAULT now(),	-- of content or blob
	annotations	jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(annotations) = 'object'),
	icons		jsonb CHECK (jsonb_typeof(icons) = 'array'),
	meta		jsonb CHECK (jsonb_typeof(meta) = 'object'),
	completions	jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(completions) = 'object'),
	ttl_ms		integer NOT NULL DEFAULT 0 CHECK (ttl_ms >= 0),	-- how long a client may keep it
	scopes		text[] NOT NULL DEFAULT '{}',
	tier		text NOT NULL DEFAULT 'admin'
			CHECK (tier IN ('public', 'developer', 'admin', 'service')),
	timeout_ms	integer CHECK (timeout_ms > 0),
	max_bytes	integer NOT NULL DEFAULT 1048576 CHECK (max_bytes > 0),
	read_only	boolean NOT NULL DEFAULT true,
	spec		jsonb NOT NULL DEFAULT '{}',	-- {"directory": NAME} of the setting resource_dirs
	enabled		boolean NOT NULL DEFAULT true,
	position	integer NOT NULL DEFAULT 0,
	UNIQUE (server, uri),
	CONSTRAINT content_is_one CHECK (num_nonnulls(content, blob) = CASE kind WHEN 'content' THEN 1 ELSE 0 END),
	CONSTRAINT content_has_a_uri CHECK (kind <> 'content' OR sallyport.uri_variables(uri) = '{}'),
	CONSTRAINT directory_has_a_path CHECK (kind <> 'directory' OR
		(uri ~ '\{\+\w+\}$' AND cardinality(sallyport.uri_variables(uri)) = 1 AND coalesce(jsonb_typeof(spec->'directory') = 'string', false)))
);

CREATE TABLE sallyport.prompt (
	prompt_id	integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	server		text NOT NULL DEFAULT '' REFERENCES sallyport.resource ON UPDATE CASCADE ON DELETE CASCADE,
	name		text NOT NULL CHECK (name ~ '^[A-Za-z0-9_-]{1,64}$'),
	title		text,
	description	text NOT NULL,
	kind		text NOT NULL DEFAULT 'messages' CHECK (kind IN ('messages', 'function')),
	-- [{"name", "title", "description", "required"}], in the order of the form
	arguments	jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(arguments) = 'array'),
	-- [{"role", "content"}]; {{name}} in a text stands for the argument
	messages	jsonb CHECK (jsonb_typeof(messages) = 'array'),
	icons		jsonb CHECK (jsonb_typeof(icons) = 'array'),
	meta		jsonb CHECK (jsonb_typeof(meta) = 'object'),
	completions	jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(completions) = 'object'),
	scopes		text[] NOT NULL DEFAULT '{}',
	tier		text NOT NULL DEFAULT 'admin'
			CHECK (tier IN ('public', 'developer', 'admin', 'service')),
	timeout_ms	integer CHECK (timeout_ms > 0),
	max_bytes	integer NOT NULL DEFAULT 1048576 CHECK (max_bytes > 0),
	read_only	boolean NOT NULL DEFAULT true,
	spec		jsonb NOT NULL DEFAULT '{}',
	enabled		boolean NOT NULL DEFAULT true,
	position	integer NOT NULL DEFAULT 0,
	UNIQUE (server, name),
	CONSTRAINT messages_are_there CHECK ((kind = 'messages') = (messages IS NOT NULL))
);

CREATE FUNCTION sallyport.mcp_resource_modified()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	NEW.modified_at := now();
	RETURN NEW;
END
$$;
CREATE TRIGGER mcp_resource_modified BEFORE UPDATE OF content, blob ON sallyport.mcp_resource FOR EACH ROW
	WHEN ((OLD.content, OLD.blob) IS DISTINCT FROM (NEW.content, NEW.blob))
	EXECUTE FUNCTION sallyport.mcp_resource_modified();

-- A change of what a server offers is a change of its scopes, and tells the workers.
CREATE OR REPLACE FUNCTION sallyport.tool_changed()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	UPDATE sallyport.resource r SET scopes = o.scopes
	  FROM (SELECT x.name, coalesce((SELECT array_agg(DISTINCT s.scope ORDER BY s.scope)
	                  FROM (SELECT t.resource, t.scopes FROM sallyport.tool t WHERE t.enabled
	                        UNION ALL SELECT m.server, m.scopes FROM sallyport.mcp_resource m WHERE m.enabled
	                        UNION ALL SELECT p.server, p.scopes FROM sallyport.prompt p WHERE p.enabled) e (server, scopes),
	                       unnest(e.scopes) s (scope)
	                 WHERE e.server = x.name), '{}') AS scopes
	          FROM sallyport.resource x) o
	 WHERE r.name = o.name AND r.scopes <> o.scopes;
	PERFORM sallyport.version_bump('catalog');
	RETURN NULL;
END
$$;
CREATE TRIGGER mcp_resource_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sallyport.mcp_resource
	FOR EACH STATEMENT EXECUTE FUNCTION sallyport.tool_changed();
CREATE TRIGGER prompt_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sallyport.prompt
	FOR EACH STATEMENT EXECUTE FUNCTION sallyport.tool_changed();

-- ---------------------------------------------------------------- what functions return

-- The contents of a resource: text or bytes.  Without a uri they are those of the URI that was read.
CREATE TYPE mcp.resource_contents AS (uri text, mime_type text, text text, blob bytea, meta jsonb);

CREATE DOMAIN mcp.role AS text CONSTRAINT role_of_mcp CHECK (value IN ('user', 'assistant'));
CREATE TYPE mcp.message AS (role mcp.role, content mcp.content);
CREATE FUNCTION mcp.user(content mcp.content)
RETURNS mcp.message LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 'user'::mcp.role, content $$;
CREATE FUNCTION mcp.user(text text)
RETURNS mcp.message LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 'user'::mcp.role, mcp.text(text) $$;
CREATE FUNCTION mcp.assistant(content mcp.content)
RETURNS mcp.message LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 'assistant'::mcp.role, content $$;
CREATE FUNCTION mcp.assistant(text text)
RETURNS mcp.message LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 'assistant'::mcp.role, mcp.text(text) $$;

-- Messages as JSON: an array of {role, content}, or it is the author's mistake.
CREATE FUNCTION mcp.messages(messages jsonb)
RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
	IF jsonb_typeof(messages) IS DISTINCT FROM 'array' OR EXISTS (SELECT FROM jsonb_array_elements(messages) m
	    WHERE m->>'role' NOT IN ('user', 'assistant') OR m->>'role' IS NULL OR NOT mcp.is_content(m->'content')) THEN
		RAISE internal_error USING MESSAGE = 'a prompt is an array of {"role", "content"}';
	END IF;
	RETURN messages;
END
$$;
ALTER TABLE sallyport.prompt ADD CONSTRAINT messages_are_messages CHECK (mcp.messages(messages) IS NOT NULL OR messages IS NULL);

-- ---------------------------------------------------------------- comments

INSERT INTO sallyport.catalog_tag (tag, value, complaint, repeats, continues) VALUES
	('resource', '^\S+$', '@resource needs a URI or a URI template', false, false),
	('prompt', '', NULL, false, false),
	('complete', '^\S+[ \t]+\S+$', '@complete needs an argument and a function', true, false),
	('mime', '^\S+/\S+', '@mime needs a media type', false, false),
	('ttl', '^\d+(ms|s|min|h|d)$', '@ttl needs a time: 500ms, 60s, 5min, 1h, 1d', false, false),
	('audience', '^(user|assistant|user[ \t]+assistant|assistant[ \t]+user)$', '@audience is user, assistant, or both', false, false),
	('priority', '^(0(\.\d+)?|1(\.0+)?)$', '@priority is from 0 to 1', false, false),
	('icon', '^(https://|data:)\S+([ \t]+\S+/\S+([ \t]+\S+)?)?$', '@icon needs an https or data URI, then its media type, then its size', true, false),
	('meta', '^\{', '@meta needs a JSON object', false, true);

-- Where a function may not be what its comment says, whatever that is.
CREATE FUNCTION sallyport.catalog_refusal(p pg_proc, c jsonb, p_tool_role text)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT CASE
	WHEN c ? 'error' THEN c->>'error'
	WHEN p.prokind <> 'f' THEN 'not a plain function'
	WHEN NOT has_function_privilege(p_tool_role, p.oid, 'EXECUTE')
		THEN format('%s has no EXECUTE on it', p_tool_role)
	WHEN NOT has_schema_privilege(p_tool_role, p.pronamespace, 'USAGE')
		THEN format('%s has no USAGE on its schema', p_tool_role)
	WHEN (SELECT count(*) > 1 FROM pg_proc o WHERE o.pronamespace = p.pronamespace AND o.proname = p.proname)
		THEN 'another function has the same name: a call by argument names could be ambiguous'
	WHEN NOT EXISTS (SELECT FROM sallyport.resource r WHERE r.name = coalesce(c->>'server', ''))
		THEN format('there is no server %s', quote_literal(c->>'server'))
	END;
$$;

-- The arguments of a prompt, or the variables of a template, travel as strings:
-- as PostgreSQL reads them, whatever their type.  "values": all there are.
CREATE FUNCTION sallyport.catalog_string_arguments(p_function oid, OUT args jsonb, OUT refusal text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	a record;
	t pg_type;
BEGIN
	args := '[]';
	FOR a IN SELECT * FROM sallyport.catalog_arguments(p_function) LOOP
		SELECT * INTO STRICT t FROM pg_type x WHERE x.oid = a.type;
		refusal := CASE
		WHEN a.n > 60 THEN 'more than 60 arguments'
		WHEN a.name IS NULL THEN format('argument %s has no name', a.n)
		WHEN a.is_variadic OR t.typtype IN ('c', 'p') OR t.typcategory = 'A'
			THEN format('argument %s: type %s has no form as a string', a.name, format_type(a.type, NULL))
		END;
		IF refusal IS NOT NULL THEN
			RETURN;
		END IF;
		args := args || jsonb_strip_nulls(jsonb_build_object('name', a.name,
		    'before', quote_ident(a.name) || ' => ', 'after', '::' || format_type(a.type, NULL),
		    'input', 'text', 'optional', a.optional,
		    'values', CASE WHEN t.typtype = 'e' THEN
		        (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)
		        WHEN a.type = 'boolean'::regtype THEN '["true", "false"]' END));
	END LOOP;
END
$$;

-- How the arguments are completed: {NAME: {"values": [...]}}, or
-- {NAME: {"function", "call", "context"}} by a function (text [, jsonb]) that
-- returns a set of text.
CREATE FUNCTION sallyport.catalog_completions(args jsonb, c jsonb, p_tool_role text, OUT completions jsonb, OUT refusal text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	entry text;
	argument text;
	f text;
	p pg_proc;
BEGIN
	SELECT coalesce(jsonb_object_agg(a->>'name', jsonb_build_object('values', a->'values')), '{}') INTO completions
	  FROM jsonb_array_elements(args) a WHERE a ? 'values';
	FOR entry IN SELECT jsonb_array_elements_text(c->'complete') LOOP
		argument := substring(entry from '^\S+');
		f := substring(entry from '\S+$');
		SELECT * INTO p FROM pg_proc x WHERE x.oid = to_regproc(f);
		refusal := CASE
		WHEN NOT EXISTS (SELECT FROM jsonb_array_elements(args) a WHERE a->>'name' = argument)
			THEN format('@complete: there is no argument %s', quote_literal(argument))
		WHEN p.oid IS NULL OR f !~ '\.' THEN format('@complete: there is no one function %s, with its schema', f)
		WHEN NOT p.proretset OR p.prorettype <> 'text'::regtype
			OR p.proargtypes::text NOT IN ('25', format('25 %s', 'jsonb'::regtype::oid))
			THEN format('@complete: %s is not (text [, jsonb]) RETURNS SETOF text', f)
		WHEN p.provolatile = 'v' THEN format('@complete: %s is neither STABLE nor IMMUTABLE', f)
		WHEN NOT has_function_privilege(p_tool_role, p.oid, 'EXECUTE')
			OR NOT has_schema_privilege(p_tool_role, p.pronamespace, 'USAGE')
			THEN format('@complete: %s may not call %s', p_tool_role, f)
		END;
		IF refusal IS NOT NULL THEN
			RETURN;
		END IF;
		completions := completions || jsonb_build_object(argument, jsonb_build_object('function', p.oid::regprocedure::text,
		    'call', (SELECT quote_ident(n.nspname) FROM pg_namespace n WHERE n.oid = p.pronamespace) || '.' || quote_ident(p.proname),
		    'context', p.pronargs = 2));
	END LOOP;
END
$$;

-- What one function would be as a resource or a prompt: the columns of its row,
-- or the reason why it cannot be one.
CREATE FUNCTION sallyport.catalog_content_function(p_function oid, p_list text, p_tool_role text,
    OUT entry jsonb, OUT refusal text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	p pg_proc;
	c jsonb;
	args jsonb;
	completions jsonb;
	variables text[];
	v_returns text;
	v_timeout text;
	v_name text;
BEGIN
	SELECT * INTO STRICT p FROM pg_proc WHERE oid = p_function;
	c := sallyport.catalog_comment(obj_description(p.oid, 'pg_proc'));
	v_name := CASE p_list WHEN 'resource' THEN c->>'resource' ELSE coalesce(nullif(c->>'prompt', ''), p.proname) END;
	entry := jsonb_build_object('server', coalesce(c->>'server', ''), CASE p_list WHEN 'resource' THEN 'uri' ELSE 'name' END, v_name);
	refusal := sallyport.catalog_refusal(p, c, p_tool_role);
	IF refusal IS NOT NULL THEN
		RETURN;
	END IF;
	SELECT x.args, x.refusal INTO args, refusal FROM sallyport.catalog_string_arguments(p_function) x;
	IF refusal IS NOT NULL THEN
		RETURN;
	END IF;
	SELECT x.completions, x.refusal INTO completions, refusal FROM sallyport.catalog_completions(args, c, p_tool_role) x;
	IF refusal IS NOT NULL THEN
		RETURN;
	END IF;
	variables := sallyport.uri_variables(v_name);
	v_returns := CASE
	WHEN p_list = 'resource' AND p.prorettype = 'mcp.resource_contents'::regtype THEN 'contents'
	WHEN p_list = 'prompt' AND p.prorettype = 'mcp.message'::regtype THEN 'messages'
	WHEN p.proretset THEN NULL
	WHEN p.prorettype IN ('text'::regtype, 'character varying'::regtype) THEN 'text'
	WHEN p.prorettype IN ('json'::regtype, 'jsonb'::regtype) THEN 'json'
	WHEN p_list = 'resource' AND p.prorettype = 'bytea'::regtype THEN 'bytea'
	END;
	refusal := CASE
	WHEN p_list = 'resource' AND variables IS NULL THEN format('%s is neither a URI nor a URI template', quote_literal(v_name))
	WHEN p_list = 'prompt' AND v_name !~ '^[A-Za-z0-9_-]{1,64}$'
		THEN format('%s is not a prompt name: 1 to 64 of A-Z a-z 0-9 _ -', quote_literal(v_name))
	WHEN v_returns IS NULL THEN format('type %s of its result is not one of a %s', pg_get_function_result(p.oid), p_list)
	WHEN p_list = 'resource' THEN
		(SELECT format('variable {%s} is not an argument', v) FROM unnest(variables) v
		  WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(args) a WHERE a->>'name' = v) LIMIT 1)
	END;
	refusal := coalesce(refusal,
	    (SELECT format('argument %s is not a variable of the URI', a->>'name') FROM jsonb_array_elements(args) a
	      WHERE p_list = 'resource' AND NOT (a->'optional')::boolean AND a->>'name' <> ALL (variables) LIMIT 1),
	    (SELECT format('there is no argument %s', quote_literal(k)) FROM jsonb_object_keys(c->'params') k
	      WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(args) a WHERE a->>'name' = k) LIMIT 1),
	    (SELECT format('@param %s: only "title" is known here', k.key) FROM jsonb_each(c->'params') k
	      WHERE (k.value->'schema') - 'title' <> '{}' LIMIT 1));
	IF refusal IS NOT NULL THEN
		RETURN;
	END IF;
	SELECT substr(x, length('statement_timeout=') + 1) INTO v_timeout
	  FROM unnest(p.proconfig) x WHERE x ~ '^statement_timeout=';
	entry := entry || jsonb_build_object(
	    'title', c->>'title', 'description', c->>'description', 'kind', 'function',
	    'icons', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('src', i.part[1], 'mimeType', i.part[2],
	            'sizes', CASE WHEN i.part[3] IS NOT NULL THEN jsonb_build_array(i.part[3]) END)) ORDER BY i.n)
	        FROM (SELECT regexp_split_to_array(x.value, '[ \t]+') AS part, x.n
	                FROM jsonb_array_elements_text(c->'icon') WITH ORDINALITY AS x (value, n)) i),
	    'meta', (c->>'meta')::jsonb, 'completions', completions,
	    'scopes', array(SELECT DISTINCT x FROM jsonb_array_elements_text(c->'scopes') x ORDER BY x),
	    'tier', coalesce(c->>'tier', 'developer'), 'read_only', p.provolatile <> 'v',
	    'timeout_ms', nullif(CASE WHEN v_timeout ~ '^\d+$' THEN v_timeout::integer
	        ELSE ceil(extract(epoch FROM v_timeout::interval) * 1000)::integer END, 0),
	    'spec', jsonb_build_object('function', p.oid::regprocedure::text,
	        'call', (SELECT quote_ident(n.nspname) FROM pg_namespace n WHERE n.oid = p.pronamespace) || '.' || quote_ident(p.proname),
	        'args', args, 'returns', v_returns)) ||
	    CASE p_list WHEN 'resource' THEN jsonb_build_object('name', p.proname,
	        'mime_type', coalesce(c->>'mime', CASE v_returns WHEN 'text' THEN 'text/plain'
	            WHEN 'json' THEN 'application/json' WHEN 'bytea' THEN 'application/octet-stream' END),
	        'ttl_ms', (coalesce(extract(epoch FROM (c->>'ttl')::interval), 0) * 1000)::integer,
	        'annotations', jsonb_strip_nulls(jsonb_build_object(
	            'audience', to_jsonb(regexp_split_to_array(c->>'audience', '[ \t]+')), 'priority', (c->>'priority')::numeric)))
	    ELSE jsonb_build_object('arguments', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', a->>'name',
	            'title', c #>> array['params', a->>'name', 'schema', 'title'],
	            'description', nullif(c #>> array['params', a->>'name', 'description'], ''),
	            'required', NOT (a->'optional')::boolean)) ORDER BY n), '[]')
	        FROM jsonb_array_elements(args) WITH ORDINALITY AS x (a, n))) END;
END
$$;

-- ---------------------------------------------------------------- applying

-- Makes the resources and prompts of kind "function" what the functions of these
-- schemas say, as catalog_sync() does for tools.  What an administrator decides
-- (enabled, position, max_bytes) is kept.
CREATE FUNCTION sallyport.catalog_sync_content(p_schemas text[], p_tool_role text, ctx jsonb DEFAULT '{}')
RETURNS TABLE (kind text, action text, server text, name text, function text, reason text)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
	f record;
	r record;
BEGIN
	PERFORM 1 FROM sallyport.version v WHERE v.name = 'catalog' FOR UPDATE;	-- one at a time
	CREATE TEMPORARY TABLE content_wanted (list text, server text, name text, function text, entry jsonb) ON COMMIT DROP;
	CREATE TEMPORARY TABLE content_diff (list text, action text, server text, name text, function text, reason text)
		ON COMMIT DROP;
	FOR f IN
		SELECT p.oid, p.oid::regprocedure::text AS function, l.list
		  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, unnest(array['resource', 'prompt']) l (list)
		 WHERE n.nspname = ANY (p_schemas)
		   AND obj_description(p.oid, 'pg_proc') ~ format('(^|\n)[ \t]*@%s([ \t\r\n]|$)', l.list)
		 ORDER BY 3, 2
	LOOP
		BEGIN
			SELECT * INTO r FROM sallyport.catalog_content_function(f.oid, f.list, p_tool_role);
		EXCEPTION WHEN data_exception THEN	-- a setting or a tag that does not read
			SELECT '{}'::jsonb AS entry, SQLERRM AS refusal INTO r;
		END;
		r.refusal := coalesce(r.refusal,
		    (SELECT format('another function has this %s', CASE f.list WHEN 'resource' THEN 'URI' ELSE 'prompt name' END)
		       FROM pg_temp.content_wanted w WHERE w.list = f.list AND w.server = r.entry->>'server'
		        AND w.name = coalesce(r.entry->>'uri', r.entry->>'name')),
		    (SELECT format('a resource of kind %s has this URI', m.kind) FROM sallyport.mcp_resource m
		      WHERE f.list = 'resource' AND m.server = r.entry->>'server' AND m.uri = r.entry->>'uri' AND m.kind <> 'function'),
		    (SELECT format('a prompt of kind %s has this name', p.kind) FROM sallyport.prompt p
		      WHERE f.list = 'prompt' AND p.server = r.entry->>'server' AND p.name = r.entry->>'name' AND p.kind <> 'function'));
		IF r.refusal IS NULL THEN
			INSERT INTO pg_temp.content_wanted VALUES (f.list, r.entry->>'server',
			    coalesce(r.entry->>'uri', r.entry->>'name'), f.function, r.entry);
		ELSE
			INSERT INTO pg_temp.content_diff VALUES (f.list, 'refused', r.entry->>'server',
			    coalesce(r.entry->>'uri', r.entry->>'name'), f.function, r.refusal);
		END IF;
	END LOOP;

	INSERT INTO pg_temp.content_diff
	SELECT coalesce(w.list, h.list),
	       CASE WHEN w.list IS NULL THEN 'removed' WHEN h.list IS NULL THEN 'added' ELSE 'changed' END,
	       coalesce(w.server, h.server), coalesce(w.name, h.name), coalesce(w.function, h.entry #>> '{spec,function}'),
	       CASE WHEN w.list IS NULL THEN 'no function says so any more'
	            WHEN h.list IS NULL THEN concat_ws(', ', 'tier ' || (w.entry->>'tier'),
	                'scopes ' || nullif((SELECT string_agg(x, ' ') FROM jsonb_array_elements_text(w.entry->'scopes') x), ''),
	                CASE WHEN (w.entry->'read_only')::boolean THEN 'read only' END)
	            ELSE d.columns END
	  FROM pg_temp.content_wanted w
	  FULL JOIN (SELECT 'resource' AS list, m.server, m.uri AS name, to_jsonb(m) AS entry FROM sallyport.mcp_resource m
	              WHERE m.kind = 'function'
	             UNION ALL SELECT 'prompt', p.server, p.name, to_jsonb(p) FROM sallyport.prompt p WHERE p.kind = 'function') h
	    ON h.list = w.list AND h.server = w.server AND h.name = w.name
	  LEFT JOIN LATERAL (SELECT string_agg(k.key, ', ' ORDER BY k.key) AS columns
	                       FROM jsonb_each(w.entry) k WHERE (h.entry->k.key) IS DISTINCT FROM k.value) d ON true
	 WHERE w.list IS NULL OR h.list IS NULL OR d.columns IS NOT NULL;

	-- a statement that changes nothing would still tell the workers
	IF EXISTS (SELECT FROM pg_temp.content_diff d WHERE d.list = 'resource' AND d.action <> 'refused') THEN
		DELETE FROM sallyport.mcp_resource m USING pg_temp.content_diff d
		 WHERE d.list = 'resource' AND d.action = 'removed' AND m.server = d.server AND m.uri = d.name;
		INSERT INTO sallyport.mcp_resource AS m (server, uri, name, title, description, mime_type, kind, annotations, icons,
		    meta, completions, ttl_ms, scopes, tier, timeout_ms, read_only, spec)
		SELECT x.server, x.uri, x.name, x.title, x.description, x.mime_type, x.kind, x.annotations, x.icons,
		       x.meta, x.completions, x.ttl_ms, x.scopes, x.tier, x.timeout_ms, x.read_only, x.spec
		  FROM pg_temp.content_wanted w NATURAL JOIN pg_temp.content_diff d,
		       LATERAL jsonb_populate_record(NULL::sallyport.mcp_resource, w.entry) x
		 WHERE w.list = 'resource' ORDER BY x.server, x.uri
		ON CONFLICT (server, uri) DO UPDATE SET name = excluded.name, title = excluded.title,
		    description = excluded.description, mime_type = excluded.mime_type, annotations = excluded.annotations,
		    icons = excluded.icons, meta = excluded.meta, completions = excluded.completions, ttl_ms = excluded.ttl_ms,
		    scopes = excluded.scopes, tier = excluded.tier, timeout_ms = excluded.timeout_ms,
		    read_only = excluded.read_only, spec = excluded.spec;
	END IF;
	IF EXISTS (SELECT FROM pg_temp.content_diff d WHERE d.list = 'prompt' AND d.action <> 'refused') THEN
		DELETE FROM sallyport.prompt p USING pg_temp.content_diff d
		 WHERE d.list = 'prompt' AND d.action = 'removed' AND p.server = d.server AND p.name = d.name;
		INSERT INTO sallyport.prompt AS p (server, name, title, description, kind, arguments, icons, meta, completions,
		    scopes, tier, timeout_ms, read_only, spec)
		SELECT x.server, x.name, x.title, x.description, x.kind, x.arguments, x.icons, x.meta, x.completions,
		       x.scopes, x.tier, x.timeout_ms, x.read_only, x.spec
		  FROM pg_temp.content_wanted w NATURAL JOIN pg_temp.content_diff d,
		       LATERAL jsonb_populate_record(NULL::sallyport.prompt, w.entry) x
		 WHERE w.list = 'prompt' ORDER BY x.server, x.name
		ON CONFLICT (server, name) DO UPDATE SET title = excluded.title, description = excluded.description,
		    arguments = excluded.arguments, icons = excluded.icons, meta = excluded.meta,
		    completions = excluded.completions, scopes = excluded.scopes, tier = excluded.tier,
		    timeout_ms = excluded.timeout_ms, read_only = excluded.read_only, spec = excluded.spec;
	END IF;
	IF EXISTS (SELECT FROM pg_temp.content_diff d WHERE d.action <> 'refused') THEN
		PERFORM sallyport.audit_write('catalog.apply', 'ok', NULL, NULL, NULL, NULL,
		    (SELECT jsonb_object_agg(x.action, x.entries) || jsonb_build_object('version',
		            (SELECT v.version FROM sallyport.version v WHERE v.name = 'catalog'))
		       FROM (SELECT d.action, jsonb_agg(format('%s %s', d.list, coalesce(nullif(d.server, '') || '/', '') || d.name)) AS entries
		               FROM pg_temp.content_diff d WHERE d.action <> 'refused' GROUP BY d.action) x), ctx);
	END IF;
	RETURN QUERY SELECT CASE WHEN d.list = 'resource' AND d.name ~ '\{' THEN 'template' ELSE d.list END,
	        d.action, d.server, d.name, d.function, d.reason
	   FROM pg_temp.content_diff d
	  ORDER BY array_position(array['added', 'changed', 'removed', 'refused'], d.action), d.list, d.server, d.name, d.function;
	DROP TABLE pg_temp.content_wanted, pg_temp.content_diff;
END
$$;

-- ---------------------------------------------------------------- loading

-- The statement that reads a resource of kind "function" or gets a prompt, as
-- catalog_call_json() has it; $1 of a resource is the URI that was asked for.  Its
-- result is the contents of ReadResourceResult or the messages of GetPromptResult; it
-- is null when there is nothing.
CREATE FUNCTION sallyport.catalog_content_call(p_list text, p_spec jsonb, p_max_bytes integer, p_mime_type text)
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
	            'ELSE '',"text":'' || to_json(r.text)::text END || coalesce('',"_meta":'' || r.meta::text, '''') || ''}'', '','')'
	        ELSE '''{"uri":'' || to_json($1::text)::text || ' || quote_literal(',"mimeType":' || to_json(p_mime_type)::text) ||
	            CASE p_spec->>'returns' WHEN 'bytea' THEN ' || '',"blob":"'' || mcp.base64(r.c) || ''"'''
	                ELSE ' || '',"text":'' || to_json(r.c::text)::text' END || ' || ''}'''
	        END || ' || '']'' FROM ' || CASE WHEN p_spec->>'returns' = 'contents' THEN '(SELECT * FROM ' ELSE '' END
	    END || (p_spec->>'call') || '(',
	    'tail', CASE WHEN p_spec->>'returns' IN ('contents', 'messages') THEN ') LIMIT 1000) AS r' ELSE ') AS r (c) OFFSET 0' END ||
	        ') AS q (v)');
$$;

-- How each argument is completed: its values, or the statement of the function,
-- whose result is a Completion of at most 100 of its values.
CREATE FUNCTION sallyport.catalog_completion_calls(p_completions jsonb)
RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT coalesce(jsonb_object_agg(c.key, CASE WHEN c.value ? 'values' THEN c.value ELSE jsonb_build_object(
	    'head', 'SELECT q.v AS result, octet_length(q.v) AS size, NULL::bigint AS rows, NULL::boolean AS failed FROM ('
	        'SELECT ''{"values":'' || coalesce(json_agg(left(r.c, 1000) ORDER BY r.n) FILTER (WHERE r.n <= 100), ''[]'')::text || '
	        'CASE WHEN count(*) <= 1000 THEN '',"total":'' || count(*) ELSE '''' END || '
	        ''',"hasMore":'' || (count(*) > 100)::text || ''}'' FROM (SELECT f.c, row_number() OVER () AS n FROM ' ||
	        (c.value->>'call') || '(',
	    'tail', ') AS f (c) WHERE f.c IS NOT NULL LIMIT 1001) AS r) AS q (v)',
	    'args', '[{"name": "value", "before": "", "after": "::text", "input": "text", "optional": false}]'::jsonb ||
	        CASE WHEN (c.value->'context')::boolean
	            THEN '[{"name": "context", "before": "", "after": "::jsonb", "input": "json", "optional": false}]'::jsonb
	            ELSE '[]' END) END), '{}')
	  FROM jsonb_each(p_completions) c;
$$;

-- The text or bytes of a resource of kind "content", as the statements above give theirs.
CREATE FUNCTION sallyport.mcp_resource_read(p_mcp_resource_id integer)
RETURNS TABLE (result text, size integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT CASE WHEN octet_length(q.v) <= q.max_bytes THEN q.v END, octet_length(q.v)
	  FROM (SELECT '[{"uri":' || to_json(m.uri)::text ||
	               coalesce(',"mimeType":' || to_json(m.mime_type)::text, '') ||
	               CASE WHEN m.blob IS NOT NULL THEN ',"blob":"' || mcp.base64(m.blob) || '"'
	                    ELSE ',"text":' || to_json(m.content)::text END ||
	               coalesce(',"_meta":' || m.meta::text, '') || '}]' AS v, m.max_bytes
	          FROM sallyport.mcp_resource m WHERE m.mcp_resource_id = p_mcp_resource_id) q;
$$;

-- An entry of resources/list, resources/templates/list or prompts/list.
CREATE FUNCTION sallyport.mcp_resource_listing(m sallyport.mcp_resource)
RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object(CASE WHEN m.uri ~ '\{' THEN 'uriTemplate' ELSE 'uri' END, m.uri,
	    'name', m.name, 'title', m.title, 'description', m.description, 'mimeType', m.mime_type, 'icons', m.icons,
	    'size', coalesce(octet_length(m.content), octet_length(m.blob)),
	    'annotations', nullif(m.annotations || CASE WHEN m.kind = 'content' THEN jsonb_build_object('lastModified',
	        to_char(m.modified_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) ELSE '{}' END, '{}'))) ||
	    CASE WHEN m.meta IS NOT NULL THEN jsonb_build_object('_meta', m.meta) ELSE '{}' END;
$$;
CREATE FUNCTION sallyport.prompt_listing(p sallyport.prompt)
RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('name', p.name, 'title', p.title, 'description', p.description,
	    'arguments', nullif(p.arguments, '[]'), 'icons', p.icons)) ||
	    CASE WHEN p.meta IS NOT NULL THEN jsonb_build_object('_meta', p.meta) ELSE '{}' END;
$$;

-- What the programs know of the servers and what they offer: everything, that of
-- one server, one of its lists (tool, resource, template, prompt), or one entry of
-- it.  One resource comes with all templates, as it may be one of theirs.  Every
-- server has at least one row (entry_id null when there is no entry), and all rows
-- are of one moment, whose version they carry.  `offers` are the lists of the
-- server that have an entry, and "completion".
DROP FUNCTION sallyport.catalog(text, text);
CREATE FUNCTION sallyport.catalog(p_server text, p_list text, p_name text)
RETURNS TABLE (version bigint, server text, server_title text, instructions text, offers text, list text, entry_id integer,
    name text, title text, description text, kind text, input_schema text, output_schema text, annotations text,
    listing text, scopes text, tier text, timeout_ms integer, max_rows integer, max_bytes integer, read_only boolean, spec text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT v.version, r.name, r.title, r.instructions, (SELECT string_agg(o.list, ' ') FROM (
	           SELECT 'tool' WHERE EXISTS (SELECT FROM sallyport.tool t WHERE t.resource = r.name AND t.enabled)
	           UNION ALL SELECT DISTINCT CASE WHEN m.uri ~ '\{' THEN 'template' ELSE 'resource' END
	             FROM sallyport.mcp_resource m WHERE m.server = r.name AND m.enabled
	           UNION ALL SELECT 'prompt' WHERE EXISTS (SELECT FROM sallyport.prompt p WHERE p.server = r.name AND p.enabled)
	           UNION ALL SELECT 'completion' WHERE
	               EXISTS (SELECT FROM sallyport.mcp_resource m WHERE m.server = r.name AND m.enabled AND
	                       (m.completions <> '{}' OR m.kind = 'directory')) OR
	               EXISTS (SELECT FROM sallyport.prompt p WHERE p.server = r.name AND p.enabled AND p.completions <> '{}')) o (list)),
	       e.list, e.entry_id, e.name, e.title, e.description, e.kind, e.input_schema, e.output_schema, e.annotations,
	       e.listing, e.scopes, e.tier, e.timeout_ms, e.max_rows, e.max_bytes, e.read_only, e.spec
	  FROM sallyport.version v
	 CROSS JOIN sallyport.resource r
	  LEFT JOIN LATERAL (
	    SELECT 'tool' AS list, t.position, t.tool_id AS entry_id, t.name, t.title, t.description, t.kind,
	           t.input_schema::text, t.output_schema::text, t.annotations::text, NULL::text AS listing,
	           array_to_string(t.scopes, ' ') AS scopes, t.tier, t.timeout_ms, t.max_rows, t.max_bytes, t.read_only,
	           CASE t.kind WHEN 'function' THEN sallyport.catalog_call(t) ELSE t.spec END::text AS spec
	      FROM sallyport.tool t
	     WHERE t.resource = r.name AND t.enabled AND (p_list IS NULL OR p_list = 'tool') AND (p_name IS NULL OR t.name = p_name)
	    UNION ALL
	    SELECT l.list, m.position, m.mcp_resource_id, m.uri, m.title, m.description, m.kind, NULL, NULL, NULL,
	           sallyport.mcp_resource_listing(m)::text, array_to_string(m.scopes, ' '), m.tier, m.timeout_ms, 1000,
	           m.max_bytes, m.read_only,
	           (CASE m.kind WHEN 'function' THEN sallyport.catalog_content_call('resource', m.spec, m.max_bytes, m.mime_type)
	                ELSE m.spec || jsonb_build_object('id', m.mcp_resource_id, 'mime_type', m.mime_type) END ||
	            jsonb_build_object('ttl_ms', m.ttl_ms, 'completions', sallyport.catalog_completion_calls(m.completions)))::text
	      FROM sallyport.mcp_resource m, LATERAL (SELECT CASE WHEN m.uri ~ '\{' THEN 'template' ELSE 'resource' END AS list) l
	     WHERE m.server = r.name AND m.enabled AND (p_list IS NULL OR (l.list = p_list AND (p_name IS NULL OR m.uri = p_name)) OR
	           (p_list = 'resource' AND p_name IS NOT NULL AND l.list = 'template'))
	    UNION ALL
	    SELECT 'prompt', p.position, p.prompt_id, p.name, p.title, p.description, p.kind, NULL, NULL, NULL,
	           sallyport.prompt_listing(p)::text, array_to_string(p.scopes, ' '), p.tier, p.timeout_ms, 1000,
	           p.max_bytes, p.read_only,
	           (CASE p.kind WHEN 'function' THEN sallyport.catalog_content_call('prompt', p.spec, p.max_bytes, NULL)
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
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA mcp TO PUBLIC;
GRANT EXECUTE ON FUNCTION sallyport.catalog(text, text, text), sallyport.mcp_resource_read(integer) TO sallyport_app;
