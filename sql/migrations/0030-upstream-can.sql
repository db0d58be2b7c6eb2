-- Other MCP servers: what each can, beside its lists, and which arguments of its
-- prompts and templates it may complete.

ALTER TABLE sallyport.upstream_state
	ADD COLUMN can jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(can) = 'object');	-- {"completions", "subscribe", "list_changed"}: true

-- Entries of kind "upstream" name in their spec which of their arguments an upstream
-- could complete: {"completes": ["a", "b"]}.
CREATE FUNCTION sallyport.upstream_completes()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	NEW.completions := coalesce((SELECT jsonb_object_agg(a.name, '{"values": []}'::jsonb)
	  FROM jsonb_array_elements_text(NEW.spec->'completes') a (name)), '{}');
	RETURN NEW;
END
$$;
CREATE TRIGGER upstream_completes BEFORE INSERT OR UPDATE OF spec ON sallyport.mcp_resource FOR EACH ROW
	WHEN (NEW.kind = 'upstream') EXECUTE FUNCTION sallyport.upstream_completes();
CREATE TRIGGER upstream_completes BEFORE INSERT OR UPDATE OF spec ON sallyport.prompt FOR EACH ROW
	WHEN (NEW.kind = 'upstream') EXECUTE FUNCTION sallyport.upstream_completes();

-- It answers, speaks this era (null: as was known), and can this (null: likewise).
DROP FUNCTION sallyport.upstream_works(text, text);
CREATE FUNCTION sallyport.upstream_works(p_upstream text, p_era text, p_can jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	before sallyport.upstream_state;
BEGIN
	INSERT INTO sallyport.upstream_state (upstream)
	SELECT u.name FROM sallyport.upstream u WHERE u.name = p_upstream
	    ON CONFLICT DO NOTHING;
	SELECT * INTO before FROM sallyport.upstream_state x WHERE x.upstream = p_upstream FOR UPDATE;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	UPDATE sallyport.upstream_state x
	   SET failures = 0, down_since = NULL, retry_at = NULL, era = coalesce(p_era, x.era), can = coalesce(p_can, x.can),
	       era_at = CASE WHEN p_era IS NOT NULL THEN now() ELSE x.era_at END
	 WHERE x.upstream = p_upstream;
	IF before.down_since IS NOT NULL THEN
		PERFORM sallyport.audit_write('upstream.up', 'ok', NULL, NULL, NULL, NULL,
		    jsonb_build_object('upstream', p_upstream), '{}');
	END IF;
	IF before.down_since IS NOT NULL OR coalesce(p_era, before.era) IS DISTINCT FROM before.era OR
	    coalesce(p_can, before.can) <> before.can THEN
		PERFORM sallyport.version_bump('catalog');
	END IF;
END
$$;

-- As in 0024-upstream.sql, with what an upstream can.
CREATE OR REPLACE FUNCTION sallyport.catalog_spec(p_spec jsonb)
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
		SELECT jsonb_set(p_spec, '{upstream}', sallyport.catalog_spec(u.spec) || jsonb_build_object('name', u.name, 'state',
		           jsonb_strip_nulls(jsonb_build_object('era', s.era, 'down', s.down_since IS NOT NULL, 'can', s.can)))) INTO found
		  FROM sallyport.upstream u LEFT JOIN sallyport.upstream_state s ON s.upstream = u.name
		 WHERE u.name = p_spec->>'upstream';
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

REVOKE ALL ON FUNCTION sallyport.upstream_completes(), sallyport.upstream_works(text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sallyport.upstream_works(text, text, jsonb) TO sallyport_app;
