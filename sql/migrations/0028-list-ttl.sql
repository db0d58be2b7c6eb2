-- How long clients may keep the lists of a server.

ALTER TABLE sallyport.resource
	ADD list_ttl_ms integer NOT NULL DEFAULT 60000 CHECK (list_ttl_ms >= 0);

DROP FUNCTION sallyport.catalog(text, text, text);

-- As in 0021-policy.sql, with how long a list may be kept.
CREATE FUNCTION sallyport.catalog(p_server text, p_list text, p_name text)
RETURNS TABLE (version bigint, server text, server_title text, server_info text, instructions text, offers text, list text, entry_id integer,
    name text, title text, description text, kind text, input_schema text, output_schema text, annotations text,
    listing text, scopes text, tier text, timeout_ms integer, max_rows integer, max_bytes integer, read_only boolean, spec text,
    options text, toolset text, list_ttl_ms integer)
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
	       e.listing, e.scopes, e.tier, e.timeout_ms, e.max_rows, e.max_bytes, e.read_only, e.spec, e.options, e.toolset, r.list_ttl_ms
	  FROM sallyport.version v
	 CROSS JOIN sallyport.resource r
	  LEFT JOIN LATERAL (
	    SELECT 'tool' AS list, t.position, t.tool_id AS entry_id, t.name, t.title, t.description, t.kind,
	           t.input_schema::text, t.output_schema::text, t.annotations::text,
	           sallyport.tool_listing(t)::text AS listing,
	           array_to_string(t.scopes, ' ') AS scopes, t.tier, t.timeout_ms, t.max_rows, t.max_bytes, t.read_only,
	           CASE t.kind WHEN 'function' THEN sallyport.catalog_call(t) ELSE sallyport.catalog_spec(t.spec) END::text AS spec,
	           t.options::text AS options, t.toolset
	      FROM sallyport.tool t
	     WHERE t.resource = r.name AND (p_list IS NULL OR p_list = 'tool') AND (p_name IS NULL OR t.name = p_name) AND
	           sallyport.tool_is_on(t)
	    UNION ALL
	    SELECT l.list, m.position, m.mcp_resource_id, m.uri, m.title, m.description, m.kind, NULL, NULL, NULL,
	           sallyport.mcp_resource_listing(m)::text, array_to_string(m.scopes, ' '), m.tier, m.timeout_ms, 1000,
	           m.max_bytes, m.read_only,
	           (CASE m.kind WHEN 'function' THEN sallyport.catalog_content_call('resource', m.spec, m.max_bytes, m.mime_type, m.meta)
	                ELSE sallyport.catalog_spec(m.spec) || jsonb_build_object('id', m.mcp_resource_id, 'mime_type', m.mime_type, 'meta', m.meta) END ||
	            jsonb_build_object('ttl_ms', m.ttl_ms, 'completions', sallyport.catalog_completion_calls(m.completions)))::text, NULL, NULL
	      FROM sallyport.mcp_resource m, LATERAL (SELECT CASE WHEN m.uri ~ '\{' THEN 'template' ELSE 'resource' END AS list) l
	     WHERE m.server = r.name AND m.enabled AND (m.read_only OR NOT sallyport.is_read_only()) AND (p_list IS NULL OR (l.list = p_list AND (p_name IS NULL OR m.uri = p_name)) OR
	           (p_list = 'resource' AND p_name IS NOT NULL AND l.list = 'template'))
	    UNION ALL
	    SELECT 'prompt', p.position, p.prompt_id, p.name, p.title, p.description, p.kind, NULL, NULL, NULL,
	           sallyport.prompt_listing(p)::text, array_to_string(p.scopes, ' '), p.tier, p.timeout_ms, 1000,
	           p.max_bytes, p.read_only,
	           (CASE p.kind WHEN 'function' THEN sallyport.catalog_content_call('prompt', p.spec, p.max_bytes, NULL, NULL)
	                WHEN 'messages' THEN jsonb_build_object('messages', p.messages)
	                ELSE sallyport.catalog_spec(p.spec) END ||
	            jsonb_build_object('description', p.description, 'arguments', p.arguments, 'completions', sallyport.catalog_completion_calls(p.completions)))::text, NULL, NULL
	      FROM sallyport.prompt p
	     WHERE p.server = r.name AND p.enabled AND (p.read_only OR NOT sallyport.is_read_only()) AND (p_list IS NULL OR p_list = 'prompt') AND (p_name IS NULL OR p.name = p_name)
	  ) e ON true
	 WHERE v.name = 'catalog' AND (p_server IS NULL OR r.name = p_server)
	 ORDER BY r.name, e.list, e.position, e.name;
$$;

REVOKE ALL ON FUNCTION sallyport.catalog(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sallyport.catalog(text, text, text) TO sallyport_app;
