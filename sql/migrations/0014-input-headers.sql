-- x-mcp-header in a schema that the author of a tool writes (@input).

-- Why a client would have to reject a tool for the x-mcp-header of its schema, or null
-- (MCP 2026-07-28, server/tools, "x-mcp-header"); lib/tools/param_header.c judges the same
-- when the catalog is loaded.  Only properties of properties are reached.
CREATE FUNCTION sallyport.catalog_header_refusal(p_schema jsonb)
RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	WITH RECURSIVE reached AS (
	    SELECT p_schema AS schema, ''::text AS name
	    UNION ALL
	    SELECT p.value, ltrim(r.name || '.' || p.key, '.')
	      FROM reached r, jsonb_each(CASE jsonb_typeof(r.schema->'properties') WHEN 'object' THEN r.schema->'properties' ELSE '{}' END) p
	), annotated AS (
	    SELECT r.name, r.schema->'x-mcp-header' AS header, r.schema->>'type' AS type,
	           row_number() OVER (PARTITION BY lower(r.schema->>'x-mcp-header') ORDER BY r.name COLLATE "C") AS n
	      FROM reached r WHERE jsonb_typeof(r.schema) = 'object' AND r.schema ? 'x-mcp-header'
	)
	SELECT coalesce((SELECT CASE
	        WHEN a.name = '' THEN 'x-mcp-header belongs to a property'
	        WHEN jsonb_typeof(a.header) <> 'string' OR a.header #>> '{}' !~ '^[A-Za-z0-9-]{1,64}$'
	            THEN format('%s: x-mcp-header is 1 to 64 of A-Z a-z 0-9 -', a.name)
	        WHEN a.type IS NULL OR a.type NOT IN ('string', 'integer', 'boolean')
	            THEN format('%s: x-mcp-header needs a string, an integer or a boolean', a.name)
	        WHEN a.n > 1 THEN format('%s: x-mcp-header %s stands twice', a.name, a.header #>> '{}')
	        END AS refusal FROM annotated a ORDER BY 1 LIMIT 1),
	    CASE WHEN (SELECT count(*) FROM jsonb_path_query(p_schema, 'strict $.**."x-mcp-header"', silent => true)) >
	              (SELECT count(*) FROM annotated)
	        THEN 'x-mcp-header stands where a client cannot find its argument' END)
$$;

-- As in 0006-input-schema.sql; headers may stand in the schema.
CREATE OR REPLACE FUNCTION sallyport.catalog_function_schema(p_function oid, p_tool_role text, OUT tool sallyport.tool, OUT refusal text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	r record;
	c jsonb := sallyport.catalog_comment(obj_description(p_function, 'pg_proc'));
	s jsonb;
BEGIN
	SELECT * INTO STRICT r FROM sallyport.catalog_function_signature(p_function, p_tool_role);
	tool := r.tool;
	refusal := r.refusal;
	IF refusal IS NOT NULL OR NOT c ? 'input' THEN
		RETURN;
	END IF;
	tool.input_schema := (c->>'input')::json;
	s := tool.input_schema;
	refusal := CASE
	WHEN s->>'type' IS DISTINCT FROM 'object' OR jsonb_typeof(s->'properties') IS DISTINCT FROM 'object'
		THEN '@input needs "type": "object" and "properties"'
	WHEN c->'params' <> '{}' THEN '@input says it all: there is no @param beside it'
	ELSE coalesce('@input: ' || sallyport.catalog_header_refusal(s), (SELECT CASE
	        WHEN a.name IS NULL THEN format('@input: %s is not an argument', quote_literal(p.name))
	        WHEN p.name IS NULL THEN format('@input: argument %s is not a property', quote_literal(a.name))
	        ELSE format('@input: %s has no default and must be in "required"', quote_literal(a.name)) END
	        FROM jsonb_object_keys(s->'properties') p (name)
	        FULL JOIN sallyport.catalog_arguments(p_function) a ON a.name = p.name
	       WHERE a.name IS NULL OR p.name IS NULL OR NOT (a.optional OR coalesce(s->'required' ? a.name, false))
	       ORDER BY a.name, p.name LIMIT 1))
	END;
END
$$;

REVOKE ALL ON FUNCTION sallyport.catalog_header_refusal(jsonb) FROM PUBLIC;
