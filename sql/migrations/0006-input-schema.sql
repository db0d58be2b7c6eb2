-- An input schema that the author of a tool writes: conditions between arguments,
-- definitions, whatever a signature cannot say (@input, docs/tools.md).

INSERT INTO sallyport.catalog_tag (tag, value, complaint, repeats, continues) VALUES
	('input', '^\{', '@input needs a JSON Schema', false, true);

ALTER FUNCTION sallyport.catalog_function(oid, text) RENAME TO catalog_function_signature;

-- What one function would be as a tool: what its signature and comment say
-- (catalog_function_signature), with the schema of @input in place of the one that
-- is made of the signature.  The arguments stay those of the function.
CREATE FUNCTION sallyport.catalog_function(p_function oid, p_tool_role text, OUT tool sallyport.tool, OUT refusal text)
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
	WHEN jsonb_path_exists(s, '$.**."x-mcp-header"') THEN '@input: x-mcp-header belongs to a @param'
	ELSE (SELECT CASE
	        WHEN a.name IS NULL THEN format('@input: %s is not an argument', quote_literal(p.name))
	        WHEN p.name IS NULL THEN format('@input: argument %s is not a property', quote_literal(a.name))
	        ELSE format('@input: %s has no default and must be in "required"', quote_literal(a.name)) END
	        FROM jsonb_object_keys(s->'properties') p (name)
	        FULL JOIN sallyport.catalog_arguments(p_function) a ON a.name = p.name
	       WHERE a.name IS NULL OR p.name IS NULL OR NOT (a.optional OR coalesce(s->'required' ? a.name, false))
	       ORDER BY a.name, p.name LIMIT 1)
	END;
END
$$;

REVOKE ALL ON FUNCTION sallyport.catalog_function(oid, text) FROM PUBLIC;
