-- What documents describe: tools that are no functions, the sources and credentials
-- they use, other MCP servers; and the documents themselves.

-- ---------------------------------------------------------------- what tools use

-- A database or an HTTP service that several tools use.
CREATE TABLE sallyport.source (
	name		text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9_.-]{1,64}$'),
	spec		jsonb NOT NULL CHECK (jsonb_typeof(spec) = 'object')
);

-- What an upstream service knows us by.  The spec has references in the place of
-- secrets (${env:NAME}, ${file:NAME}), or the secret is here, sealed with the name.
CREATE TABLE sallyport.credential (
	name		text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9_.-]{1,64}$'),
	spec		jsonb NOT NULL CHECK (jsonb_typeof(spec) = 'object'),
	secret		bytea
);

-- Another MCP server.
CREATE TABLE sallyport.upstream (
	name		text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9_-]{1,32}$'),
	spec		jsonb NOT NULL CHECK (jsonb_typeof(spec) = 'object')
);

CREATE TRIGGER source_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sallyport.source
	FOR EACH STATEMENT EXECUTE FUNCTION sallyport.resource_changed();
CREATE TRIGGER credential_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sallyport.credential
	FOR EACH STATEMENT EXECUTE FUNCTION sallyport.resource_changed();
CREATE TRIGGER upstream_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sallyport.upstream
	FOR EACH STATEMENT EXECUTE FUNCTION sallyport.resource_changed();

-- ---------------------------------------------------------------- documents

-- Each as it was written, for what is shown and compared; the rows that it made are
-- what workers read.
CREATE TABLE sallyport.catalog_document (
	kind		text NOT NULL CHECK (kind IN ('server', 'source', 'credential', 'tool', 'prompt', 'resource', 'upstream',
			    'openapi', 'group')),
	server		text NOT NULL DEFAULT '' REFERENCES sallyport.resource ON UPDATE CASCADE ON DELETE CASCADE,
	name		text NOT NULL,
	body		json NOT NULL CHECK (json_typeof(body) = 'object'),
	origin		text NOT NULL,				-- the file
	"group"		text,
	applied_at	timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (kind, server, name)
);

-- ---------------------------------------------------------------- entries

ALTER TABLE sallyport.tool DROP CONSTRAINT tool_kind_check,
	ADD CONSTRAINT tool_kind CHECK (kind IN ('function', 'statement', 'http', 'executable', 'upstream')),
	ADD origin text,			-- null: the comment of a function
	ADD toolset text,
	ADD options jsonb CONSTRAINT tool_options CHECK (jsonb_typeof(options) = 'object');	-- what holds for every kind
ALTER TABLE sallyport.mcp_resource DROP CONSTRAINT mcp_resource_kind_check,
	ADD CONSTRAINT mcp_resource_kind CHECK (kind IN ('content', 'function', 'directory', 'upstream')),
	ADD origin text;
ALTER TABLE sallyport.prompt DROP CONSTRAINT prompt_kind_check,
	ADD CONSTRAINT prompt_kind CHECK (kind IN ('messages', 'function', 'upstream')),
	ADD origin text;

-- ---------------------------------------------------------------- loading

-- A spec as workers see it: in the place of the name of a source, a credential or
-- an upstream its row, with the name in it.  What is not there stays a name, and
-- the kind says so.
CREATE FUNCTION sallyport.catalog_spec(p_spec jsonb)
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
		SELECT jsonb_set(p_spec, '{upstream}', sallyport.catalog_spec(u.spec) || jsonb_build_object('name', u.name)) INTO found
		  FROM sallyport.upstream u WHERE u.name = p_spec->>'upstream';
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

DROP FUNCTION sallyport.catalog(text, text, text);

-- As in 0011-apps.sql, with the options of a tool, and specs as workers see them.
CREATE FUNCTION sallyport.catalog(p_server text, p_list text, p_name text)
RETURNS TABLE (version bigint, server text, server_title text, server_info text, instructions text, offers text, list text, entry_id integer,
    name text, title text, description text, kind text, input_schema text, output_schema text, annotations text,
    listing text, scopes text, tier text, timeout_ms integer, max_rows integer, max_bytes integer, read_only boolean, spec text, options text)
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
	       e.listing, e.scopes, e.tier, e.timeout_ms, e.max_rows, e.max_bytes, e.read_only, e.spec, e.options
	  FROM sallyport.version v
	 CROSS JOIN sallyport.resource r
	  LEFT JOIN LATERAL (
	    SELECT 'tool' AS list, t.position, t.tool_id AS entry_id, t.name, t.title, t.description, t.kind,
	           t.input_schema::text, t.output_schema::text, t.annotations::text,
	           sallyport.tool_listing(t)::text AS listing,
	           array_to_string(t.scopes, ' ') AS scopes, t.tier, t.timeout_ms, t.max_rows, t.max_bytes, t.read_only,
	           CASE t.kind WHEN 'function' THEN sallyport.catalog_call(t) ELSE sallyport.catalog_spec(t.spec) END::text AS spec,
	           t.options::text AS options
	      FROM sallyport.tool t
	     WHERE t.resource = r.name AND t.enabled AND (p_list IS NULL OR p_list = 'tool') AND (p_name IS NULL OR t.name = p_name)
	    UNION ALL
	    SELECT l.list, m.position, m.mcp_resource_id, m.uri, m.title, m.description, m.kind, NULL, NULL, NULL,
	           sallyport.mcp_resource_listing(m)::text, array_to_string(m.scopes, ' '), m.tier, m.timeout_ms, 1000,
	           m.max_bytes, m.read_only,
	           (CASE m.kind WHEN 'function' THEN sallyport.catalog_content_call('resource', m.spec, m.max_bytes, m.mime_type, m.meta)
	                ELSE sallyport.catalog_spec(m.spec) || jsonb_build_object('id', m.mcp_resource_id, 'mime_type', m.mime_type, 'meta', m.meta) END ||
	            jsonb_build_object('ttl_ms', m.ttl_ms, 'completions', sallyport.catalog_completion_calls(m.completions)))::text, NULL
	      FROM sallyport.mcp_resource m, LATERAL (SELECT CASE WHEN m.uri ~ '\{' THEN 'template' ELSE 'resource' END AS list) l
	     WHERE m.server = r.name AND m.enabled AND (p_list IS NULL OR (l.list = p_list AND (p_name IS NULL OR m.uri = p_name)) OR
	           (p_list = 'resource' AND p_name IS NOT NULL AND l.list = 'template'))
	    UNION ALL
	    SELECT 'prompt', p.position, p.prompt_id, p.name, p.title, p.description, p.kind, NULL, NULL, NULL,
	           sallyport.prompt_listing(p)::text, array_to_string(p.scopes, ' '), p.tier, p.timeout_ms, 1000,
	           p.max_bytes, p.read_only,
	           (CASE p.kind WHEN 'function' THEN sallyport.catalog_content_call('prompt', p.spec, p.max_bytes, NULL, NULL)
	                WHEN 'messages' THEN jsonb_build_object('messages', p.messages)
	                ELSE sallyport.catalog_spec(p.spec) END ||
	            jsonb_build_object('description', p.description, 'arguments', p.arguments, 'completions', sallyport.catalog_completion_calls(p.completions)))::text, NULL
	      FROM sallyport.prompt p
	     WHERE p.server = r.name AND p.enabled AND (p_list IS NULL OR p_list = 'prompt') AND (p_name IS NULL OR p.name = p_name)
	  ) e ON true
	 WHERE v.name = 'catalog' AND (p_server IS NULL OR r.name = p_server)
	 ORDER BY r.name, e.list, e.position, e.name;
$$;

-- ---------------------------------------------------------------- rights

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sallyport.catalog(text, text, text) TO sallyport_app;
