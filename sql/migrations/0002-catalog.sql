-- The catalog: which tools there are, and how a function becomes one.
--
-- Rows are the truth: what stands in sallyport.tool is what is listed and
-- called, and every change of it is told to the workers.  catalog_sync() makes
-- the rows of kind "function" from the functions of the exposed schemas and
-- their comments; docs/tools.md has the grammar.

-- ---------------------------------------------------------------- tools

CREATE TABLE sallyport.tool (
	tool_id		integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	resource	text NOT NULL DEFAULT '' REFERENCES sallyport.resource ON UPDATE CASCADE ON DELETE CASCADE,
	name		text NOT NULL CHECK (name ~ '^[A-Za-z0-9_-]{1,64}$'),
	title		text,
	description	text NOT NULL,
	kind		text NOT NULL CHECK (kind IN ('function')),
	-- json, not jsonb: the order of the arguments is part of the documentation
	input_schema	json NOT NULL CHECK (json_typeof(input_schema) = 'object'),
	output_schema	json CHECK (json_typeof(output_schema) = 'object'),
	annotations	jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(annotations) = 'object'),
	scopes		text[] NOT NULL DEFAULT '{}',	-- the caller's token must have all of them
	tier		text NOT NULL DEFAULT 'admin'
			CHECK (tier IN ('public', 'developer', 'admin', 'service')),
	timeout_ms	integer CHECK (timeout_ms > 0),	-- null: setting tool_timeout
	max_rows	integer NOT NULL DEFAULT 1000 CHECK (max_rows > 0),
	max_bytes	integer NOT NULL DEFAULT 1048576 CHECK (max_bytes > 0),
	read_only	boolean NOT NULL DEFAULT false,	-- the transaction is READ ONLY
	spec		jsonb NOT NULL,			-- what its kind needs for a call
	enabled		boolean NOT NULL DEFAULT true,
	position	integer NOT NULL DEFAULT 0,	-- in tools/list, then by name
	UNIQUE (resource, name)
);

-- A change of the tools is a change of what their server offers; a change of a
-- server tells the workers.
CREATE FUNCTION sallyport.tool_changed()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	UPDATE sallyport.resource r SET scopes = o.scopes
	  FROM (SELECT x.name, coalesce((SELECT array_agg(DISTINCT s.scope ORDER BY s.scope)
	                  FROM sallyport.tool t, unnest(t.scopes) s (scope)
	                 WHERE t.resource = x.name AND t.enabled), '{}') AS scopes
	          FROM sallyport.resource x) o
	 WHERE r.name = o.name AND r.scopes <> o.scopes;
	PERFORM sallyport.version_bump('catalog');
	RETURN NULL;
END
$$;
CREATE TRIGGER tool_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sallyport.tool
	FOR EACH STATEMENT EXECUTE FUNCTION sallyport.tool_changed();

CREATE FUNCTION sallyport.resource_changed()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sallyport.version_bump('catalog');
	RETURN NULL;
END
$$;
CREATE TRIGGER resource_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sallyport.resource
	FOR EACH STATEMENT EXECUTE FUNCTION sallyport.resource_changed();
CREATE TRIGGER scope_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sallyport.scope
	FOR EACH STATEMENT EXECUTE FUNCTION sallyport.resource_changed();

-- ---------------------------------------------------------------- types as JSON Schema

-- The JSON Schema of a PostgreSQL type: as an argument (p_output false) or as
-- to_json() prints it.  Null: the type cannot be used.
CREATE FUNCTION sallyport.catalog_type(p_type oid, p_typmod integer, p_output boolean)
RETURNS jsonb LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	t pg_type;
	s jsonb;
	a record;
	members jsonb := '{}';
	names jsonb := '[]';
BEGIN
	SELECT * INTO STRICT t FROM pg_type WHERE oid = p_type;
	IF t.typtype = 'd' THEN
		RETURN sallyport.catalog_type(t.typbasetype, t.typtypmod, p_output);
	ELSIF t.typtype = 'e' THEN
		RETURN jsonb_build_object('type', 'string', 'enum',
		    (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = p_type));
	ELSIF t.typtype = 'p' THEN
		RETURN NULL;
	ELSIF t.typtype = 'c' THEN
		FOR a IN SELECT * FROM pg_attribute
		          WHERE attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped ORDER BY attnum LOOP
			s := sallyport.catalog_type(a.atttypid, a.atttypmod, p_output);
			IF s IS NULL THEN
				RETURN NULL;
			END IF;
			-- any attribute can be null, whatever its table says: outer joins
			members := members || jsonb_build_object(a.attname, sallyport.catalog_nullable(s));
			names := names || to_jsonb(a.attname::text);
		END LOOP;
		RETURN jsonb_build_object('type', 'object', 'properties', members) ||
		    CASE WHEN p_output THEN jsonb_build_object('required', names)
		         ELSE '{"additionalProperties": false}' END;
	ELSIF t.typcategory = 'A' THEN
		-- another delimiter than a comma (box) would need another literal
		IF t.typelem = 0 OR (SELECT e.typdelim FROM pg_type e WHERE e.oid = t.typelem) <> ',' THEN
			RETURN NULL;
		END IF;
		s := sallyport.catalog_type(t.typelem, p_typmod, p_output);
		RETURN jsonb_build_object('type', 'array', 'items',
		    CASE WHEN p_output THEN sallyport.catalog_nullable(s) ELSE s END);
	END IF;
	CASE t.oid
	WHEN 'boolean'::regtype THEN
		RETURN '{"type": "boolean"}';
	WHEN 'smallint'::regtype THEN
		RETURN '{"type": "integer"}' || CASE WHEN p_output THEN '{}'::jsonb
		    ELSE '{"minimum": -32768, "maximum": 32767}' END;
	WHEN 'integer'::regtype THEN
		RETURN '{"type": "integer"}' || CASE WHEN p_output THEN '{}'::jsonb
		    ELSE '{"minimum": -2147483648, "maximum": 2147483647}' END;
	WHEN 'bigint'::regtype THEN
		RETURN '{"type": "integer"}';
	WHEN 'real'::regtype, 'double precision'::regtype, 'numeric'::regtype THEN
		RETURN '{"type": "number"}';
	WHEN 'character varying'::regtype, 'character'::regtype THEN
		RETURN '{"type": "string"}' || CASE WHEN p_typmod > 4
		    THEN jsonb_build_object('maxLength', p_typmod - 4) ELSE '{}' END;
	WHEN 'uuid'::regtype THEN
		RETURN '{"type": "string", "format": "uuid"}';
	WHEN 'date'::regtype THEN
		RETURN '{"type": "string", "format": "date"}';
	WHEN 'timestamp with time zone'::regtype THEN
		RETURN '{"type": "string", "format": "date-time"}';
	WHEN 'bytea'::regtype THEN
		RETURN '{"type": "string", "pattern": "^\\\\x([0-9a-fA-F]{2})*$"}';
	WHEN 'json'::regtype, 'jsonb'::regtype THEN
		RETURN '{}';
	ELSE
		-- to_json() follows a cast to json that came with an extension (hstore)
		IF p_output AND EXISTS (SELECT FROM pg_cast c WHERE c.castsource = t.oid
		    AND c.casttarget IN ('json'::regtype, 'jsonb'::regtype) AND c.castmethod = 'f') THEN
			RETURN '{}';
		END IF;
		RETURN '{"type": "string"}';
	END CASE;
END
$$;

-- The same schema, and null.
CREATE FUNCTION sallyport.catalog_nullable(p_schema jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT p_schema ||
	    CASE WHEN jsonb_typeof(p_schema->'type') = 'string'
	         THEN jsonb_build_object('type', jsonb_build_array(p_schema->'type', 'null')) ELSE '{}' END ||
	    CASE WHEN p_schema ? 'enum' THEN jsonb_build_object('enum', (p_schema->'enum') || 'null') ELSE '{}' END;
$$;

-- ---------------------------------------------------------------- comments

-- The JSON object that text begins with, and what stands behind it.
CREATE FUNCTION sallyport.catalog_json_prefix(p_text text, OUT value jsonb, OUT rest text)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$
BEGIN
	FOR i IN 1..length(p_text) LOOP
		IF substr(p_text, i, 1) = '}' THEN
			BEGIN
				value := left(p_text, i)::jsonb;
				rest := btrim(substr(p_text, i + 1));
				RETURN;
			EXCEPTION WHEN invalid_text_representation THEN
				NULL;			-- a brace inside it
			END;
		END IF;
	END LOOP;
END
$$;

-- Reads the comment of a function:
--	Title
--	Description, any number of lines.
--	@mcp [name]  @scope a b  @tier t  @server name  @param name [{...}] text
--	@destructive  @idempotent  @openworld
-- A line behind a tag that is not itself a tag continues a @param.
-- "error" is set when the comment cannot be read.
CREATE FUNCTION sallyport.catalog_comment(p_comment text)
RETURNS jsonb LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$
DECLARE
	line text;
	tag text;
	rest text;
	param text;
	head text[] := '{}';
	r jsonb := '{"scopes": [], "params": {}}';
	extra record;
BEGIN
	FOREACH line IN ARRAY regexp_split_to_array(btrim(p_comment, E' \t\r\n'), '\r?\n') LOOP
		line := btrim(line, E' \t\r');
		IF line !~ '^@' THEN
			IF tag IS NULL THEN
				head := head || line;
			ELSIF line <> '' AND tag = 'param' THEN
				r := jsonb_set(r, array['params', param, 'description'],
				    to_jsonb(btrim((r #>> array['params', param, 'description']) || ' ' || line)));
			ELSIF line <> '' THEN
				RETURN r || jsonb_build_object('error', format('text behind @%s: the description stands before the tags', tag));
			END IF;
			CONTINUE;
		END IF;
		tag := substring(line from '^@(\S*)');
		rest := btrim(substr(line, length(tag) + 2), E' \t');
		IF tag IN ('mcp', 'tier', 'server', 'destructive', 'idempotent', 'openworld') AND r ? tag THEN
			RETURN r || jsonb_build_object('error', format('@%s stands twice', tag));
		END IF;
		CASE tag
		WHEN 'mcp' THEN
			r := r || jsonb_build_object('mcp', rest);
		WHEN 'scope' THEN
			IF rest = '' OR rest !~ '^[!#-\[\]-~]+([ \t]+[!#-\[\]-~]+)*$' THEN
				RETURN r || '{"error": "@scope needs scope tokens"}';
			END IF;
			r := jsonb_set(r, '{scopes}', (r->'scopes') || to_jsonb(regexp_split_to_array(rest, '[ \t]+')));
		WHEN 'tier' THEN
			IF rest NOT IN ('public', 'developer', 'admin', 'service') THEN
				RETURN r || '{"error": "@tier is one of public, developer, admin, service"}';
			END IF;
			r := r || jsonb_build_object('tier', rest);
		WHEN 'server' THEN
			r := r || jsonb_build_object('server', rest);
		WHEN 'destructive', 'idempotent', 'openworld' THEN
			IF rest <> '' THEN
				RETURN r || jsonb_build_object('error', format('@%s stands alone', tag));
			END IF;
			r := r || jsonb_build_object(tag, true);
		WHEN 'param' THEN
			param := substring(rest from '^\S+');
			IF param IS NULL THEN
				RETURN r || '{"error": "@param needs a name"}';
			ELSIF r->'params' ? param THEN
				RETURN r || jsonb_build_object('error', format('@param %s stands twice', param));
			END IF;
			rest := btrim(substr(rest, length(param) + 1), E' \t');
			SELECT '{}'::jsonb AS value, rest INTO extra;
			IF rest ~ '^\{' THEN
				SELECT * INTO extra FROM sallyport.catalog_json_prefix(rest);
				IF extra.value IS NULL THEN
					RETURN r || jsonb_build_object('error', format('@param %s: not a JSON object', param));
				END IF;
			END IF;
			r := jsonb_set(r, array['params', param],
			    jsonb_build_object('schema', extra.value, 'description', extra.rest));
		ELSE
			RETURN r || jsonb_build_object('error', format('unknown tag @%s', tag));
		END CASE;
	END LOOP;
	IF head[1] IS NULL OR head[1] = '' THEN
		RETURN r || '{"error": "the comment has no title"}';
	END IF;
	RETURN r || jsonb_build_object('title', head[1],
	    'description', coalesce(nullif(btrim(array_to_string(head[2:], E'\n'), E'\n'), ''), head[1]));
END
$$;

-- ---------------------------------------------------------------- functions as tools

-- The arguments that a caller gives, in order.  `constant` is the default where it is a literal.
CREATE FUNCTION sallyport.catalog_arguments(p_function oid)
RETURNS TABLE (n integer, name text, type oid, is_variadic boolean, optional boolean, constant text)
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT a.n, a.name, a.type, a.mode = 'v', a.n > p.pronargs - p.pronargdefaults,
	       substring(pg_get_function_arg_default(p.oid, a.place)
	           from '^(?:-?\d+(?:\.\d+)?|''(?:[^'']|'''')*''::[\w ."]+(?:\[\])?|true|false)$')
	  FROM pg_proc p,
	       LATERAL (SELECT (row_number() OVER (ORDER BY x.place))::integer AS n, x.place::integer, x.type,
	                       coalesce(p.proargmodes[x.place], 'i') AS mode, nullif(p.proargnames[x.place], '') AS name
	                  FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY AS x (type, place)
	                 WHERE coalesce(p.proargmodes[x.place], 'i') IN ('i', 'b', 'v')) a
	 WHERE p.oid = p_function
	 ORDER BY a.n;
$$;

-- What one function would be as a tool: a row of sallyport.tool (without its
-- number), or the reason why it cannot be one.
CREATE FUNCTION sallyport.catalog_function(p_function oid, p_tool_role text, OUT tool sallyport.tool, OUT refusal text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	p pg_proc;
	c jsonb;
	a record;
	s jsonb;
	element oid;
	extra jsonb;
	headers text[] := '{}';
	properties text[] := '{}';
	required jsonb := '[]';
	args jsonb := '[]';
	v_input text;
	v_before text;
	v_after text;
	v_timeout text;
	columns record;
BEGIN
	SELECT * INTO STRICT p FROM pg_proc WHERE oid = p_function;
	c := sallyport.catalog_comment(obj_description(p.oid, 'pg_proc'));
	tool.kind := 'function';
	tool.resource := coalesce(c->>'server', '');
	tool.name := coalesce(nullif(c->>'mcp', ''), p.proname);
	tool.title := c->>'title';
	tool.description := c->>'description';
	tool.scopes := array(SELECT DISTINCT x FROM jsonb_array_elements_text(c->'scopes') x ORDER BY x);
	-- nothing is open to everybody, or destructive for many, by forgetting a line
	tool.tier := coalesce(c->>'tier', CASE WHEN c ? 'destructive' THEN 'admin' ELSE 'developer' END);
	tool.read_only := p.provolatile <> 'v';

	refusal := CASE
	WHEN c ? 'error' THEN c->>'error'
	WHEN p.prokind <> 'f' THEN 'not a plain function'
	WHEN NOT has_function_privilege(p_tool_role, p.oid, 'EXECUTE')
		THEN format('%s has no EXECUTE on it', p_tool_role)
	WHEN NOT has_schema_privilege(p_tool_role, p.pronamespace, 'USAGE')
		THEN format('%s has no USAGE on its schema', p_tool_role)
	WHEN (SELECT count(*) > 1 FROM pg_proc o WHERE o.pronamespace = p.pronamespace AND o.proname = p.proname)
		THEN 'another function has the same name: a call by argument names could be ambiguous'
	WHEN tool.name !~ '^[A-Za-z0-9_-]{1,64}$'
		THEN format('%s is not a tool name: 1 to 64 of A-Z a-z 0-9 _ -', quote_literal(tool.name))
	WHEN NOT EXISTS (SELECT FROM sallyport.resource r WHERE r.name = tool.resource)
		THEN format('there is no server %s', quote_literal(tool.resource))
	WHEN c ? 'destructive' AND tool.read_only THEN '@destructive, but the function is not VOLATILE'
	END;
	IF refusal IS NOT NULL THEN
		RETURN;
	END IF;

	FOR a IN SELECT * FROM sallyport.catalog_arguments(p.oid) LOOP
		s := sallyport.catalog_type(a.type, -1, false);
		extra := c #> array['params', a.name, 'schema'];
		refusal := CASE
		WHEN a.n > 60 THEN 'more than 60 arguments'
		WHEN a.name IS NULL THEN format('argument %s has no name', a.n)
		WHEN s IS NULL THEN format('argument %s: type %s has no JSON form', a.name, format_type(a.type, NULL))
		END;
		IF refusal IS NOT NULL THEN
			RETURN;
		END IF;
		IF a.constant IS NOT NULL THEN
			EXECUTE format('SELECT jsonb_build_object(''default'', (%s))', a.constant) INTO v_input;
			s := s || v_input::jsonb;
		END IF;
		s := s || coalesce(extra, '{}');
		IF coalesce(c #>> array['params', a.name, 'description'], '') <> '' THEN
			s := s || jsonb_build_object('description', c #> array['params', a.name, 'description']);
		END IF;
		IF extra ? 'x-mcp-header' THEN
			-- MCP 2026-07-28, "x-mcp-header"; no underscore or dot, which web servers drop or confuse
			refusal := CASE
			WHEN jsonb_typeof(extra->'x-mcp-header') <> 'string' OR extra->>'x-mcp-header' !~ '^[A-Za-z0-9-]{1,64}$'
				THEN format('argument %s: x-mcp-header is 1 to 64 of A-Z a-z 0-9 -', a.name)
			WHEN lower(extra->>'x-mcp-header') = ANY (headers)
				THEN format('argument %s: x-mcp-header %s stands twice', a.name, extra->>'x-mcp-header')
			WHEN jsonb_typeof(s->'type') <> 'string' OR s->>'type' NOT IN ('string', 'integer', 'boolean')
				THEN format('argument %s: x-mcp-header needs a string, an integer or a boolean', a.name)
			END;
			headers := headers || lower(extra->>'x-mcp-header');
			IF s->>'type' = 'integer' THEN
				-- what a header says must be an integer for everybody on the way (IEEE 754)
				s := '{"minimum": -9007199254740991, "maximum": 9007199254740991}' || s;
			END IF;
		END IF;
		IF jsonb_path_exists(extra - 'x-mcp-header', '$.**."x-mcp-header"') THEN
			refusal := format('argument %s: x-mcp-header belongs to a whole argument', a.name);
		END IF;
		IF refusal IS NOT NULL THEN
			RETURN;
		END IF;
		properties := properties || format('%s:%s', to_json(a.name), s);
		IF NOT a.optional THEN
			required := required || to_jsonb(a.name);
		END IF;
		-- how the value travels: as PostgreSQL reads the type, save rows, which travel as JSON
		element := coalesce((SELECT t.typelem FROM pg_type t WHERE t.oid = a.type AND t.typcategory = 'A'), 0);
		v_before := CASE WHEN a.is_variadic THEN 'VARIADIC ' ELSE '' END || quote_ident(a.name) || ' => ';
		v_after := '::' || format_type(a.type, NULL);
		v_input := CASE WHEN element IN ('json'::regtype, 'jsonb'::regtype) THEN 'json array'
		                WHEN element <> 0 THEN 'array'
		                WHEN a.type IN ('json'::regtype, 'jsonb'::regtype) THEN 'json' ELSE 'text' END;
		IF EXISTS (SELECT FROM pg_type t WHERE t.oid = a.type AND t.typtype = 'c') THEN
			v_before := v_before || format('jsonb_populate_record(NULL::%s, ', format_type(a.type, NULL));
			v_after := '::jsonb)';
			v_input := 'json';
		ELSIF EXISTS (SELECT FROM pg_type t WHERE t.oid = element AND t.typtype = 'c') THEN
			v_before := v_before || format('ARRAY(SELECT jsonb_populate_record(NULL::%s, e) FROM jsonb_array_elements(',
			    format_type(element, NULL));
			v_after := '::jsonb) AS e)';
			v_input := 'json';
		END IF;
		args := args || jsonb_build_object('name', a.name, 'before', v_before, 'after', v_after,
		    'input', v_input, 'optional', a.optional, 'header', s->'x-mcp-header');
	END LOOP;
	SELECT format('there is no argument %s', quote_literal(k)) INTO refusal
	  FROM jsonb_object_keys(c->'params') k
	 WHERE k NOT IN (SELECT name FROM sallyport.catalog_arguments(p.oid));
	IF refusal IS NOT NULL THEN
		RETURN;
	END IF;
	tool.input_schema := ('{"type":"object"' ||
	    CASE WHEN properties = '{}' THEN '' ELSE ',"properties":{' || array_to_string(properties, ',') || '}' END ||
	    CASE WHEN required = '[]' THEN '' ELSE ',"required":' || required::text END ||
	    ',"additionalProperties":false}')::json;

	SELECT * INTO columns FROM sallyport.catalog_result(p.oid);
	IF columns.returns IS NULL THEN
		refusal := format('type %s of its result has no JSON form', pg_get_function_result(p.oid));
		RETURN;
	END IF;
	tool.output_schema := columns.schema;

	tool.annotations := jsonb_build_object('readOnlyHint', tool.read_only, 'openWorldHint', c ? 'openworld') ||
	    CASE WHEN tool.read_only THEN '{}' ELSE jsonb_build_object(
	        'destructiveHint', c ? 'destructive', 'idempotentHint', c ? 'idempotent') END;
	SELECT substr(x, length('statement_timeout=') + 1) INTO v_timeout
	  FROM unnest(p.proconfig) x WHERE x ~ '^statement_timeout=';
	tool.timeout_ms := nullif(CASE WHEN v_timeout ~ '^\d+$' THEN v_timeout::integer
	    ELSE ceil(extract(epoch FROM v_timeout::interval) * 1000)::integer END, 0);
	tool.spec := jsonb_build_object('function', p.oid::regprocedure::text,
	    'call', (SELECT quote_ident(n.nspname) FROM pg_namespace n WHERE n.oid = p.pronamespace) || '.' || quote_ident(p.proname),
	    'args', args, 'returns', columns.returns, 'ok', columns.ok);
END
$$;

-- What a function gives: how its rows become JSON (`returns`), the schema, and
-- whether the object has a member "ok" that may say false.
--	table   a set of rows with names		{"rows": [{...}, ...]}
--	set     a set of values				{"rows": [..., ...]}
--	object  one row with names			{...}
--	json    one json or jsonb value			itself when it is an object, else {"result": ...}
--	value   one value of another type		{"result": ...}
--	void						{"result": null}
CREATE FUNCTION sallyport.catalog_result(p_function oid, OUT returns text, OUT schema json, OUT ok boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	p pg_proc;
	t pg_type;
	s jsonb;
	c record;
	properties text[] := '{}';
	names jsonb := '[]';
BEGIN
	SELECT * INTO STRICT p FROM pg_proc WHERE oid = p_function;
	SELECT * INTO STRICT t FROM pg_type WHERE oid = p.prorettype;
	ok := false;
	WHILE t.typtype = 'd' LOOP		-- a domain over a row is a row
		SELECT * INTO STRICT t FROM pg_type WHERE oid = t.typbasetype;
	END LOOP;
	FOR c IN
		SELECT p.proargnames[x.place] AS name, x.type, -1 AS typmod
		  FROM unnest(p.proallargtypes) WITH ORDINALITY AS x (type, place)
		 WHERE p.proargmodes[x.place] IN ('o', 'b', 't') AND p.proargnames[x.place] <> ''
		UNION ALL
		SELECT a.attname, a.atttypid, a.atttypmod
		  FROM pg_attribute a
		 WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
	LOOP
		s := sallyport.catalog_type(c.type, c.typmod, true);
		IF s IS NULL THEN
			RETURN;
		END IF;
		properties := properties || format('%s:%s', to_json(c.name), sallyport.catalog_nullable(s));
		names := names || to_jsonb(c.name);
		ok := ok OR (c.name = 'ok' AND c.type = 'boolean'::regtype);
	END LOOP;
	IF properties <> '{}' THEN
		schema := format('{"type":"object","properties":{%s},"required":%s}', array_to_string(properties, ','), names);
		returns := CASE WHEN p.proretset THEN 'table' ELSE 'object' END;
	ELSIF t.oid = 'void'::regtype THEN
		schema := '{"type":"object","properties":{"result":{"type":"null"}},"required":["result"]}';
		returns := 'void';
		RETURN;
	ELSIF t.oid IN ('json'::regtype, 'jsonb'::regtype) AND NOT p.proretset THEN
		ok := true;
		returns := 'json';
		RETURN;
	ELSE
		s := sallyport.catalog_type(p.prorettype, -1, true);
		IF s IS NULL THEN
			RETURN;
		END IF;
		schema := sallyport.catalog_nullable(s)::json;
		returns := CASE WHEN p.proretset THEN 'set' ELSE 'value' END;
	END IF;
	ok := ok AND NOT p.proretset;
	IF p.proretset THEN
		schema := format('{"type":"object","properties":{"rows":{"type":"array","items":%s}},"required":["rows"]}', schema);
	ELSIF returns = 'value' THEN
		schema := format('{"type":"object","properties":{"result":%s},"required":["result"]}', schema);
	END IF;
END
$$;

-- ---------------------------------------------------------------- applying

-- Makes the tools of kind "function" what the functions of these schemas say.
-- The answer is the difference, and the functions that were refused:
--	action added | changed | removed | refused
-- What an administrator decides about a tool (enabled, position, max_rows,
-- max_bytes) is kept.  A dry run is this in a transaction that is rolled back.
CREATE FUNCTION sallyport.catalog_sync(p_schemas text[], p_tool_role text, ctx jsonb DEFAULT '{}')
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
		    annotations, scopes, tier, timeout_ms, read_only, spec)
		SELECT w.resource, w.name, w.title, w.description, w.kind, w.input_schema, w.output_schema,
		       w.annotations, w.scopes, w.tier, w.timeout_ms, w.read_only, w.spec
		  FROM pg_temp.catalog_wanted w JOIN pg_temp.catalog_diff d
		    ON d.action IN ('added', 'changed') AND d.resource = w.resource AND d.tool = w.name
		 ORDER BY w.resource, w.name
		ON CONFLICT (resource, name) DO UPDATE SET title = excluded.title, description = excluded.description,
		    input_schema = excluded.input_schema, output_schema = excluded.output_schema,
		    annotations = excluded.annotations, scopes = excluded.scopes, tier = excluded.tier,
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

-- The statement of a call of a tool of kind "function": head, then of the
-- arguments those that are present (before, "$n", after, with commas between),
-- then tail.  Its one row is
--	result	text	the JSON object; null when it is longer than max_bytes
--	size	integer	its length in bytes
--	rows	bigint	how many rows a set had, at most max_rows; null for one value
--	failed	boolean	the object has "ok": false
CREATE FUNCTION sallyport.catalog_call(t sallyport.tool)
RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT jsonb_build_object('args', t.spec->'args',
	    'head', format('SELECT CASE WHEN octet_length(q.v) <= %s THEN q.v END AS result, '
	        'octet_length(q.v) AS size, q.n AS rows, q.failed FROM (SELECT ', t.max_bytes) || CASE t.spec->>'returns'
	    WHEN 'table' THEN
	        '''{"rows":['' || coalesce(string_agg(row_to_json(r)::text, '',''), '''') || '']}'', '
	        'count(*), NULL::boolean FROM (SELECT * FROM '
	    WHEN 'set' THEN
	        '''{"rows":['' || coalesce(string_agg(coalesce(to_json(r.c)::text, ''null''), '',''), '''') || '']}'', '
	        'count(*), NULL::boolean FROM (SELECT * FROM '
	    WHEN 'object' THEN
	        'row_to_json(r)::text, NULL::bigint, ' ||
	        CASE WHEN (t.spec->'ok')::boolean THEN 'r.ok IS FALSE' ELSE 'NULL::boolean' END || ' FROM (SELECT * FROM '
	    WHEN 'value' THEN
	        '''{"result":'' || coalesce(to_json(r.c)::text, ''null'') || ''}'', NULL::bigint, NULL::boolean FROM '
	    WHEN 'json' THEN
	        'CASE WHEN json_typeof(r.c::json) = ''object'' THEN r.c::text '
	        'ELSE ''{"result":'' || coalesce(r.c::text, ''null'') || ''}'' END, NULL::bigint, '
	        '(r.c->''ok'')::text = ''false'' FROM '
	    WHEN 'void' THEN
	        '''{"result":null}'', NULL::bigint, NULL::boolean FROM '
	    END || (t.spec->>'call') || '(',
	    'tail', CASE t.spec->>'returns'
	    WHEN 'table' THEN format(') LIMIT %s) AS r', t.max_rows)
	    WHEN 'set' THEN format(') AS f (c) LIMIT %s) AS r', t.max_rows)
	    WHEN 'object' THEN ')) AS r OFFSET 0'	-- a fence: the JSON is made once
	    ELSE ') AS r (c) OFFSET 0'
	    END || ') AS q (v, n, failed)');
$$;

-- What the programs know of the servers and their tools: all of them, those of
-- one server, or one tool.  Every server has at least one row (tool_id null when
-- it has no tool), and all rows are of one moment, whose version they carry.
CREATE FUNCTION sallyport.catalog(p_resource text, p_tool text)
RETURNS TABLE (version bigint, resource text, resource_title text, instructions text, tool_id integer, name text,
    title text, description text, kind text, input_schema text, output_schema text, annotations text, scopes text,
    tier text, timeout_ms integer, max_rows integer, max_bytes integer, read_only boolean, spec text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT v.version, r.name, r.title, r.instructions, t.tool_id, t.name,
	       t.title, t.description, t.kind, t.input_schema::text, t.output_schema::text, t.annotations::text,
	       array_to_string(t.scopes, ' '), t.tier, t.timeout_ms, t.max_rows, t.max_bytes, t.read_only,
	       CASE t.kind WHEN 'function' THEN sallyport.catalog_call(t) ELSE t.spec END::text
	  FROM sallyport.version v
	 CROSS JOIN sallyport.resource r
	  LEFT JOIN sallyport.tool t ON t.resource = r.name AND t.enabled AND (p_tool IS NULL OR t.name = p_tool)
	 WHERE v.name = 'catalog' AND (p_resource IS NULL OR r.name = p_resource)
	 ORDER BY r.name, t.position, t.name;
$$;

-- ---------------------------------------------------------------- rights

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sallyport.catalog(text, text) TO sallyport_app;
