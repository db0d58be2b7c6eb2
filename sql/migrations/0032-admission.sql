-- Who may use a server at all, from which addresses, and how often tools of a tier
-- may be called; scopes that imply others as documents have them.

-- ---------------------------------------------------------------- scopes

-- What a scope brings with it stands with the scope, so that a document can say it;
-- one that only implies others needs no description.
ALTER TABLE sallyport.scope
	ALTER description DROP NOT NULL,
	ADD implies text[] NOT NULL DEFAULT '{}'
	    CHECK (scope <> ALL (implies) AND array_to_string(implies, ' ', '"') ~ '^[!#-\[\]-~ ]*$');

INSERT INTO sallyport.scope (scope, implies)
SELECT i.scope, array_agg(i.implies ORDER BY i.implies) FROM sallyport.scope_implication i GROUP BY 1
ON CONFLICT (scope) DO UPDATE SET implies = excluded.implies;

CREATE OR REPLACE FUNCTION sallyport.scope_closure()
RETURNS TABLE (scope text, implies text) LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	WITH RECURSIVE c (scope, implies) AS (
	    SELECT s.scope, i.scope FROM sallyport.scope s, unnest(s.implies) i (scope)
	    UNION
	    SELECT c.scope, i.scope FROM c JOIN sallyport.scope s ON s.scope = c.implies, unnest(s.implies) i (scope))
	SELECT c.scope, c.implies FROM c WHERE c.scope <> c.implies
$$;

CREATE TRIGGER scope_implies_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sallyport.scope
	FOR EACH STATEMENT EXECUTE FUNCTION sallyport.tool_changed();
DROP TABLE sallyport.scope_implication;

-- As in 0021-policy.sql.
CREATE OR REPLACE FUNCTION sallyport.scope_imply(p_scope text, p_implies text[], p_implied boolean, ctx jsonb)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	IF p_implied THEN
		INSERT INTO sallyport.scope AS s (scope, implies) SELECT p_scope, array_agg(DISTINCT x ORDER BY x) FROM unnest(p_implies) x
		ON CONFLICT (scope) DO UPDATE SET implies = ARRAY(SELECT DISTINCT x FROM unnest(s.implies || excluded.implies) x ORDER BY x);
	ELSE
		UPDATE sallyport.scope s SET implies = ARRAY(SELECT x FROM unnest(s.implies) x WHERE x <> ALL (p_implies) ORDER BY x)
		 WHERE s.scope = p_scope AND s.implies && p_implies;
		DELETE FROM sallyport.scope s WHERE s.scope = p_scope AND s.implies = '{}' AND s.description IS NULL;
	END IF;
	PERFORM sallyport.audit_write('scope.imply', 'ok', NULL, NULL, NULL, NULL,
	    jsonb_build_object('scope', p_scope, 'implies', to_jsonb(p_implies), 'implied', p_implied), ctx);
END
$$;

-- ---------------------------------------------------------------- servers

-- {"tool": NAME, "ttl": "5m"}: who may use the server is what this tool of it says.
ALTER TABLE sallyport.resource
	ADD access jsonb CHECK (jsonb_typeof(access->'tool') = 'string');

-- ---------------------------------------------------------------- addresses

-- From where a person or a client may come; without a row: from everywhere.
CREATE TABLE sallyport.address_range (
	user_id		uuid REFERENCES sallyport.users ON DELETE CASCADE,
	client_id	text REFERENCES sallyport.client ON DELETE CASCADE,
	range		cidr NOT NULL,
	CHECK (num_nonnulls(user_id, client_id) = 1)
);
CREATE UNIQUE INDEX address_range_one ON sallyport.address_range
	(coalesce(user_id::text, client_id), (user_id IS NULL), range);
CREATE TRIGGER address_range_changed AFTER INSERT OR UPDATE OR DELETE ON sallyport.address_range
	FOR EACH ROW EXECUTE FUNCTION sallyport.policy_changed();

-- Replaces the ranges of a person (p_username) or a client; none: from everywhere.  False: nobody of this name.
CREATE FUNCTION sallyport.address_ranges_set(p_username text, p_client_id text, p_ranges text[], ctx jsonb)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	v_user_id uuid;
BEGIN
	SELECT u.user_id INTO v_user_id FROM sallyport.users u WHERE lower(u.username) = lower(p_username) FOR UPDATE;
	IF v_user_id IS NULL THEN
		PERFORM FROM sallyport.client c WHERE c.client_id = p_client_id FOR UPDATE;
		IF NOT FOUND THEN
			RETURN false;
		END IF;
	END IF;
	DELETE FROM sallyport.address_range a WHERE a.user_id = v_user_id OR a.client_id = p_client_id;
	INSERT INTO sallyport.address_range (user_id, client_id, range)
	SELECT DISTINCT v_user_id, p_client_id, x::cidr FROM unnest(p_ranges) x;
	PERFORM sallyport.audit_write('addresses', 'ok', v_user_id, p_client_id, NULL, NULL,
	    jsonb_build_object('ranges', to_jsonb(p_ranges)), ctx);
	RETURN true;
END
$$;

-- ---------------------------------------------------------------- rates of tiers

-- How often one person (or client without one) may call tools of a tier, all of them together.
CREATE TABLE sallyport.tier_rate (
	tier		text PRIMARY KEY CHECK (tier IN ('public', 'developer', 'admin', 'service')),
	rate		text NOT NULL CHECK (rate ~ '^\d{1,9}/\d{0,8}(s|min|h|day)(, ?\d{1,9}/\d{0,8}(s|min|h|day)){0,3}$')
);
CREATE TRIGGER tier_rate_changed AFTER INSERT OR UPDATE OR DELETE ON sallyport.tier_rate
	FOR EACH ROW EXECUTE FUNCTION sallyport.policy_changed();

-- null: none.
CREATE FUNCTION sallyport.tier_rate_set(p_tier text, p_rate text, ctx jsonb)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	IF p_rate IS NULL THEN
		DELETE FROM sallyport.tier_rate t WHERE t.tier = p_tier;
	ELSE
		INSERT INTO sallyport.tier_rate (tier, rate) VALUES (p_tier, p_rate) ON CONFLICT (tier) DO UPDATE SET rate = excluded.rate;
	END IF;
	PERFORM sallyport.audit_write('quota.tier', 'ok', NULL, NULL, NULL, NULL, jsonb_build_object('tier', p_tier, 'rate', p_rate), ctx);
	RETURN true;
END
$$;

-- ---------------------------------------------------------------- what workers read

-- As in 0021-policy.sql, with addresses and rates of tiers.
CREATE OR REPLACE FUNCTION sallyport.policy()
RETURNS TABLE (rule text, subject text, server text, value text, rate text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT * FROM (
	    SELECT 'implies', c.scope, NULL, c.implies, NULL FROM sallyport.scope_closure() c
	    UNION ALL SELECT CASE WHEN a.user_id IS NULL THEN 'client-address' ELSE 'user-address' END,
	           coalesce(a.user_id::text, a.client_id), NULL, a.range::text, NULL FROM sallyport.address_range a
	    UNION ALL SELECT 'client-tier', c.client_id, NULL, c.tier, NULL FROM sallyport.client c
	     WHERE c.tier IN ('public', 'developer')
	    UNION ALL SELECT 'client-tool', l.client_id, l.server, l.pattern, NULL FROM sallyport.client_tool l
	    UNION ALL SELECT 'tier-rate', t.tier, NULL, NULL, t.rate FROM sallyport.tier_rate t
	    UNION ALL SELECT CASE WHEN u.allowed THEN 'user-allow' ELSE 'user-deny' END, u.user_id::text, u.server, u.pattern, NULL
	      FROM sallyport.user_tool u
	    UNION ALL SELECT CASE WHEN q.user_id IS NULL THEN 'client-rate' ELSE 'user-rate' END,
	           coalesce(q.user_id::text, q.client_id), q.server, q.pattern, q.rate FROM sallyport.quota_override q
	) r (rule, subject, server, value, rate)
	ORDER BY r.rule COLLATE "C", r.subject COLLATE "C", r.server COLLATE "C", length(r.value) DESC, r.value COLLATE "C";
$$;

DROP FUNCTION sallyport.catalog(text, text, text);

-- As in 0028-list-ttl.sql, with who may use a server at all.
CREATE FUNCTION sallyport.catalog(p_server text, p_list text, p_name text)
RETURNS TABLE (version bigint, server text, server_title text, server_info text, instructions text, offers text, list text, entry_id integer,
    name text, title text, description text, kind text, input_schema text, output_schema text, annotations text,
    listing text, scopes text, tier text, timeout_ms integer, max_rows integer, max_bytes integer, read_only boolean, spec text,
    options text, toolset text, list_ttl_ms integer, access text)
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
	       e.listing, e.scopes, e.tier, e.timeout_ms, e.max_rows, e.max_bytes, e.read_only, e.spec, e.options, e.toolset, r.list_ttl_ms,
	       r.access::text
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

-- ---------------------------------------------------------------- where documents come from

-- Documents are known by the file and its directory, however the path is typed.
UPDATE sallyport.catalog_document SET origin = regexp_replace(origin, '^document .*/([^/]+/[^/]+)$', 'document \1')
 WHERE origin ~ '^document .*/.*/';
UPDATE sallyport.tool SET origin = regexp_replace(origin, '^document .*/([^/]+/[^/]+)$', 'document \1')
 WHERE origin ~ '^document .*/.*/';
UPDATE sallyport.mcp_resource SET origin = regexp_replace(origin, '^document .*/([^/]+/[^/]+)$', 'document \1')
 WHERE origin ~ '^document .*/.*/';
UPDATE sallyport.prompt SET origin = regexp_replace(origin, '^document .*/([^/]+/[^/]+)$', 'document \1')
 WHERE origin ~ '^document .*/.*/';

-- ---------------------------------------------------------------- rights

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sallyport.catalog(text, text, text) TO sallyport_app;
