-- Arguments that are embeddings of others (lib/tools/embedding.h), and bound arguments of functions.

-- ---------------------------------------------------------------- sources

-- A source as workers see it; null: there is none.
CREATE FUNCTION sallyport.source_spec(p_name text)
RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT (sallyport.catalog_spec(s.spec) || jsonb_build_object('name', s.name))::text FROM sallyport.source s WHERE s.name = p_name
$$;

-- ---------------------------------------------------------------- comments

INSERT INTO sallyport.catalog_tag (tag, value, complaint, repeats, continues, lists) VALUES
	('bind', '^\S+[ \t]+\{.*\}$', '@bind needs the name of an argument and {"from": ...} or {"value": ...}', true, false, '{tool}');

-- The bound arguments of a comment; null: it has none.
CREATE FUNCTION sallyport.catalog_bound(c jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT jsonb_object_agg(b.part[1], b.part[2]::jsonb)
	  FROM (SELECT regexp_match(x, '^(\S+)[ \t]+(.*)$') FROM jsonb_array_elements_text(c->'bind') x) b (part)
$$;

-- An input schema without some of its properties, in its order.
CREATE FUNCTION sallyport.catalog_input_without(p_schema json, p_names text[])
RETURNS json LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT json_object_agg(e.key, CASE e.key
	    WHEN 'properties' THEN (SELECT coalesce(json_object_agg(p.key, p.value ORDER BY p.n), '{}')
	        FROM json_each(e.value) WITH ORDINALITY AS p (key, value, n) WHERE p.key <> ALL (p_names))
	    WHEN 'required' THEN (SELECT coalesce(json_agg(r.name ORDER BY r.n), '[]')
	        FROM json_array_elements_text(e.value) WITH ORDINALITY AS r (name, n) WHERE r.name <> ALL (p_names))
	    ELSE e.value END ORDER BY e.n)
	  FROM json_each(p_schema) WITH ORDINALITY AS e (key, value, n)
$$;

ALTER FUNCTION sallyport.catalog_function(oid, text) RENAME TO catalog_function_options;

-- A function as a tool, as catalog_function_options() has it, with its bound arguments.
CREATE FUNCTION sallyport.catalog_function(p_function oid, p_tool_role text, OUT tool sallyport.tool, OUT refusal text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	bound jsonb := sallyport.catalog_bound(sallyport.catalog_comment(obj_description(p_function, 'pg_proc')));
	r record;
BEGIN
	SELECT * INTO STRICT r FROM sallyport.catalog_function_options(p_function, p_tool_role);
	tool := r.tool;
	refusal := r.refusal;
	IF refusal IS NOT NULL OR bound IS NULL THEN
		RETURN;
	END IF;
	refusal := (SELECT CASE
	    WHEN NOT (tool.input_schema::jsonb->'properties') ? b.key THEN format('@bind: there is no argument %s', quote_literal(b.key))
	    WHEN b.value->>'from' = 'embedding' AND (NOT coalesce((tool.input_schema::jsonb->'properties') ? (b.value->>'of'), false) OR
	        jsonb_typeof(b.value->'source') IS DISTINCT FROM 'string')
	        THEN format('@bind %s: from embedding needs "of", an argument, and "source", one that makes embeddings', b.key)
	    WHEN (b.value->>'from' = 'embedding' OR b.value->>'from' ~ '^claim\..') IS NOT TRUE AND NOT b.value ? 'value'
	        THEN format('@bind %s needs "from", claim.NAME or embedding, or "value"', b.key)
	    END AS said FROM jsonb_each(bound) b ORDER BY said NULLS LAST LIMIT 1);
	IF refusal IS NOT NULL THEN
		RETURN;
	END IF;
	tool.input_schema := sallyport.catalog_input_without(tool.input_schema, ARRAY(SELECT jsonb_object_keys(bound)));
	tool.options := coalesce(tool.options, '{}') || jsonb_build_object('bind', bound);
END
$$;

REVOKE ALL ON FUNCTION sallyport.source_spec(text), sallyport.catalog_bound(jsonb), sallyport.catalog_input_without(json, text[]),
	sallyport.catalog_function(oid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sallyport.source_spec(text) TO sallyport_app;
