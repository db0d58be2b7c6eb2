-- Whole results: what a tool says in MCP's own words, without its author writing
-- JSON-RPC.  Schema mcp has the words (docs/tools.md); a tool that returns
-- mcp.result is recognised by that type and by nothing else.

CREATE SCHEMA mcp;
GRANT USAGE ON SCHEMA mcp TO PUBLIC;

-- ---------------------------------------------------------------- content

-- Whether this is a ContentBlock of MCP with the members that it must have.
CREATE FUNCTION mcp.is_content(c jsonb)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(CASE c->>'type'
	    WHEN 'text' THEN jsonb_typeof(c->'text') = 'string'
	    WHEN 'image' THEN jsonb_typeof(c->'data') = 'string' AND jsonb_typeof(c->'mimeType') = 'string'
	    WHEN 'audio' THEN jsonb_typeof(c->'data') = 'string' AND jsonb_typeof(c->'mimeType') = 'string'
	    WHEN 'resource_link' THEN jsonb_typeof(c->'uri') = 'string' AND jsonb_typeof(c->'name') = 'string'
	    WHEN 'resource' THEN jsonb_typeof(c->'resource'->'uri') = 'string' AND
	        (jsonb_typeof(c->'resource'->'text') = 'string') IS DISTINCT FROM
	        (jsonb_typeof(c->'resource'->'blob') = 'string')
	    END, false)
$$;
CREATE DOMAIN mcp.content AS jsonb CONSTRAINT content_of_mcp CHECK (value IS NULL OR mcp.is_content(value));

CREATE FUNCTION mcp.base64(data bytea)
RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
	SELECT translate(encode(data, 'base64'), E'\n', '')
$$;

-- Null where what it is made of is null: a result leaves it out.
-- annotations: {"audience": ["user", "assistant"], "priority": 0.5, "lastModified": "..."}
CREATE FUNCTION mcp.text(text text, annotations jsonb DEFAULT NULL)
RETURNS mcp.content LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN text IS NOT NULL THEN
	    jsonb_strip_nulls(jsonb_build_object('type', 'text', 'text', text, 'annotations', annotations)) END
$$;
CREATE FUNCTION mcp.image(data bytea, mime_type text, annotations jsonb DEFAULT NULL)
RETURNS mcp.content LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN data IS NOT NULL THEN jsonb_strip_nulls(jsonb_build_object('type', 'image',
	    'data', mcp.base64(data), 'mimeType', mime_type, 'annotations', annotations)) END
$$;
CREATE FUNCTION mcp.audio(data bytea, mime_type text, annotations jsonb DEFAULT NULL)
RETURNS mcp.content LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN data IS NOT NULL THEN jsonb_strip_nulls(jsonb_build_object('type', 'audio',
	    'data', mcp.base64(data), 'mimeType', mime_type, 'annotations', annotations)) END
$$;
-- A resource that the client may read, by its URI.
CREATE FUNCTION mcp.resource_link(uri text, name text, title text DEFAULT NULL, description text DEFAULT NULL,
    mime_type text DEFAULT NULL, size bigint DEFAULT NULL, annotations jsonb DEFAULT NULL)
RETURNS mcp.content LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN uri IS NOT NULL THEN jsonb_strip_nulls(jsonb_build_object('type', 'resource_link',
	    'uri', uri, 'name', name, 'title', title, 'description', description, 'mimeType', mime_type,
	    'size', size, 'annotations', annotations)) END
$$;
-- A resource's contents themselves: text, or bytes.
CREATE FUNCTION mcp.embedded_resource(uri text, text text, mime_type text DEFAULT 'text/plain',
    annotations jsonb DEFAULT NULL)
RETURNS mcp.content LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN text IS NOT NULL THEN jsonb_strip_nulls(jsonb_build_object('type', 'resource',
	    'resource', jsonb_build_object('uri', uri, 'mimeType', mime_type, 'text', text),
	    'annotations', annotations)) END
$$;
CREATE FUNCTION mcp.embedded_resource(uri text, blob bytea, mime_type text DEFAULT 'application/octet-stream',
    annotations jsonb DEFAULT NULL)
RETURNS mcp.content LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN blob IS NOT NULL THEN jsonb_strip_nulls(jsonb_build_object('type', 'resource',
	    'resource', jsonb_build_object('uri', uri, 'mimeType', mime_type, 'blob', mcp.base64(blob)),
	    'annotations', annotations)) END
$$;

-- ---------------------------------------------------------------- results

CREATE TYPE mcp.result AS (
	content		mcp.content[],		-- for the model and the person
	structured	jsonb,			-- structuredContent
	is_error	boolean,		-- the model is told that it failed
	meta		jsonb			-- _meta
);

CREATE FUNCTION mcp.result(content mcp.content[] DEFAULT NULL, structured jsonb DEFAULT NULL,
    is_error boolean DEFAULT false, meta jsonb DEFAULT NULL)
RETURNS mcp.result LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT content, structured, is_error, meta
$$;
-- What went wrong, and what the model might do about it.
CREATE FUNCTION mcp.error(message text)
RETURNS mcp.result LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT mcp.result(ARRAY[mcp.text(message)], is_error => true)
$$;

-- ---------------------------------------------------------------- comments

-- The tags of a comment.  What stands behind one must match `value`.
CREATE TABLE sallyport.catalog_tag (
	tag		text PRIMARY KEY,
	value		text NOT NULL DEFAULT '',
	complaint	text,				-- about anything else
	repeats		boolean NOT NULL DEFAULT false,
	continues	boolean NOT NULL DEFAULT false	-- lines behind it that are no tags belong to it
);
INSERT INTO sallyport.catalog_tag (tag, value, complaint, repeats, continues) VALUES
	('mcp', '', NULL, false, false),
	('scope', '^[!#-\[\]-~]+([ \t]+[!#-\[\]-~]+)*$', '@scope needs scope tokens', true, false),
	('tier', '^(public|developer|admin|service)$', '@tier is one of public, developer, admin, service', false, false),
	('server', '', NULL, false, false),
	('param', '^\S', '@param needs a name', true, true),
	('output', '^\{', '@output needs a JSON Schema', false, true),
	('destructive', '^$', '@destructive stands alone', false, false),
	('idempotent', '^$', '@idempotent stands alone', false, false),
	('openworld', '^$', '@openworld stands alone', false, false);

-- Reads the comment of a function:
--	Title
--	Description, any number of lines.
--	@mcp [name]  @scope a b  @tier t  @server name  @param name [{...}] text
--	@output {...}  @destructive  @idempotent  @openworld
-- A member for each tag; scopes is a list of all tokens, params has an object for
-- each argument, and any other tag that repeats a list of its texts.  "error" is
-- set when the comment cannot be read.
CREATE OR REPLACE FUNCTION sallyport.catalog_comment(p_comment text)
RETURNS jsonb LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	line text;
	name text;
	t sallyport.catalog_tag;
	head text[] := '{}';
	tags text[] := '{}';
	texts text[] := '{}';
	param text;
	value jsonb;
	rest text;
	r jsonb := '{"scopes": [], "params": {}}';
BEGIN
	FOREACH line IN ARRAY regexp_split_to_array(btrim(p_comment, E' \t\r\n'), '\r?\n') LOOP
		line := btrim(line, E' \t\r');
		IF line ~ '^@' THEN
			name := substring(line from '^@(\S*)');
			SELECT * INTO t FROM sallyport.catalog_tag x WHERE x.tag = name;
			IF NOT FOUND THEN
				RETURN r || jsonb_build_object('error', format('unknown tag @%s', name));
			ELSIF NOT t.repeats AND name = ANY (tags) THEN
				RETURN r || jsonb_build_object('error', format('@%s stands twice', name));
			END IF;
			tags := tags || name;
			texts := texts || btrim(substr(line, length(name) + 2), E' \t');
		ELSIF tags = '{}' THEN
			head := head || line;
		ELSIF line <> '' AND t.continues THEN
			texts[cardinality(texts)] := btrim(texts[cardinality(texts)] || ' ' || line);
		ELSIF line <> '' THEN
			RETURN r || jsonb_build_object('error',
			    format('text behind @%s: the description stands before the tags', name));
		END IF;
	END LOOP;
	FOR i IN 1 .. cardinality(tags) LOOP
		SELECT * INTO t FROM sallyport.catalog_tag x WHERE x.tag = tags[i];
		IF texts[i] !~ t.value THEN
			RETURN r || jsonb_build_object('error', t.complaint);
		ELSIF t.tag = 'scope' THEN
			r := jsonb_set(r, '{scopes}', (r->'scopes') || to_jsonb(regexp_split_to_array(texts[i], '[ \t]+')));
		ELSIF t.tag = 'param' THEN
			param := substring(texts[i] from '^\S+');
			IF r->'params' ? param THEN
				RETURN r || jsonb_build_object('error', format('@param %s stands twice', param));
			END IF;
			value := '{}';
			rest := btrim(substr(texts[i], length(param) + 1), E' \t');
			IF rest ~ '^\{' THEN
				SELECT x.value, x.rest INTO value, rest FROM sallyport.catalog_json_prefix(rest) x;
				IF value IS NULL THEN
					RETURN r || jsonb_build_object('error', format('@param %s: not a JSON object', param));
				END IF;
			END IF;
			r := jsonb_set(r, array['params', param], jsonb_build_object('schema', value, 'description', rest));
		ELSIF t.repeats THEN
			r := r || jsonb_build_object(t.tag, coalesce(r->t.tag, '[]') || to_jsonb(texts[i]));
		ELSE
			r := r || jsonb_build_object(t.tag, texts[i]);
		END IF;
	END LOOP;
	IF head[1] IS NULL OR head[1] = '' THEN
		RETURN r || '{"error": "the comment has no title"}';
	END IF;
	RETURN r || jsonb_build_object('title', head[1],
	    'description', coalesce(nullif(btrim(array_to_string(head[2:], E'\n'), E'\n'), ''), head[1]));
END
$$;

-- ---------------------------------------------------------------- tools that return them

ALTER FUNCTION sallyport.catalog_result(oid) RENAME TO catalog_result_type;

-- What a function gives.  Beside what its type says (catalog_result_type):
--	result  an mcp.result, which is the whole answer
-- json, jsonb and mcp.result say nothing of their form: @output does.
CREATE FUNCTION sallyport.catalog_result(p_function oid, OUT returns text, OUT schema json, OUT ok boolean)
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
	IF schema->>'type' IS DISTINCT FROM 'object' THEN
		-- the revisions up to 2025-11-25 know no other
		RAISE data_exception USING MESSAGE = '@output needs "type": "object"';
	END IF;
END
$$;

ALTER FUNCTION sallyport.catalog_call(sallyport.tool) RENAME TO catalog_call_json;

-- The statement of a call, as catalog_call_json(); for an mcp.result with "whole",
-- and the object has the members of CallToolResult.  "checked": the author gave an
-- output schema, and the result must fit it.
CREATE FUNCTION sallyport.catalog_call(t sallyport.tool)
RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT CASE WHEN t.spec->>'returns' <> 'result' THEN sallyport.catalog_call_json(t)
	    ELSE jsonb_build_object('args', t.spec->'args', 'whole', true,
	        'head', format('SELECT CASE WHEN octet_length(q.v) <= %s THEN q.v END AS result, '
	            'octet_length(q.v) AS size, q.n AS rows, q.failed FROM (SELECT '
	            '''{"content":'' || coalesce(array_to_json(array_remove(r.content, NULL))::text, ''[]'') || '
	            'coalesce('',"structuredContent":'' || r.structured::text, '''') || '
	            'coalesce('',"_meta":'' || r.meta::text, '''') || ''}'', NULL::bigint, r.is_error '
	            'FROM (SELECT * FROM ', t.max_bytes) || (t.spec->>'call') || '(',
	        'tail', ')) AS r OFFSET 0) AS q (v, n, failed)') END ||
	    CASE WHEN t.output_schema IS NOT NULL AND t.spec->>'returns' IN ('json', 'result')
	        THEN '{"checked": true}' ELSE '{}'::jsonb END
$$;

-- ---------------------------------------------------------------- rights

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA mcp TO PUBLIC;
