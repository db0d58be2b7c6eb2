-- Who may call what: scopes that imply others, the most that a client may have,
-- lists of tools for clients and people, and the operator's switches.  The rules
-- are lib/tools/policy.c's; these are the rows it reads with the catalog, so that
-- a change reaches every worker as a change of the catalog does.

-- ---------------------------------------------------------------- scopes

-- Who has `scope` has `implies`, too, and what that implies.
CREATE TABLE sallyport.scope_implication (
	scope		text NOT NULL CHECK (scope ~ '^[!#-\[\]-~]+$'),	-- RFC 6749 section 3.3
	implies		text NOT NULL CHECK (implies ~ '^[!#-\[\]-~]+$'),
	PRIMARY KEY (scope, implies),
	CHECK (scope <> implies)
);

-- The same with what follows of it; a circle ends where it began.
CREATE FUNCTION sallyport.scope_closure()
RETURNS TABLE (scope text, implies text) LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	WITH RECURSIVE c (scope, implies) AS (
	    SELECT i.scope, i.implies FROM sallyport.scope_implication i
	    UNION
	    SELECT c.scope, i.implies FROM c JOIN sallyport.scope_implication i ON i.scope = c.implies)
	SELECT c.scope, c.implies FROM c WHERE c.scope <> c.implies
$$;

-- What the entries of each server ask for.
CREATE FUNCTION sallyport.needed_scopes()
RETURNS TABLE (server text, scope text) LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT DISTINCT e.server, s.scope
	  FROM (SELECT t.resource, t.scopes FROM sallyport.tool t WHERE t.enabled
	        UNION ALL SELECT m.server, m.scopes FROM sallyport.mcp_resource m WHERE m.enabled
	        UNION ALL SELECT p.server, p.scopes FROM sallyport.prompt p WHERE p.enabled) e (server, scopes),
	       unnest(e.scopes) s (scope)
$$;

-- A change of what a server offers is a change of its scopes, and tells the
-- workers.  Offered is what some entry asks for, and what implies it.
CREATE OR REPLACE FUNCTION sallyport.tool_changed()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	UPDATE sallyport.resource r SET scopes = o.scopes
	  FROM (SELECT x.name, coalesce((SELECT array_agg(DISTINCT s.scope ORDER BY s.scope)
	                  FROM (SELECT n.scope FROM sallyport.needed_scopes() n WHERE n.server = x.name
	                        UNION ALL SELECT c.scope FROM sallyport.needed_scopes() n
	                          JOIN sallyport.scope_closure() c ON c.implies = n.scope WHERE n.server = x.name) s), '{}') AS scopes
	          FROM sallyport.resource x) o
	 WHERE r.name = o.name AND r.scopes <> o.scopes;
	PERFORM sallyport.version_bump('catalog');
	RETURN NULL;
END
$$;
CREATE TRIGGER scope_implication_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sallyport.scope_implication
	FOR EACH STATEMENT EXECUTE FUNCTION sallyport.tool_changed();

-- As in 0001-core.sql.  A request without scope is not given what only implies
-- others; a description says what a scope brings with it.
CREATE OR REPLACE FUNCTION sallyport.resources()
RETURNS TABLE (name text, title text, scopes text, default_scopes text, descriptions text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH closure AS MATERIALIZED (SELECT * FROM sallyport.scope_closure()),
	     needed AS MATERIALIZED (SELECT * FROM sallyport.needed_scopes())
	SELECT r.name, r.title, array_to_string(r.scopes, ' '),
	       array_to_string(coalesce(r.default_scopes, ARRAY(
	           SELECT x.scope FROM unnest(r.scopes) WITH ORDINALITY AS x (scope, n)
	            WHERE NOT EXISTS (SELECT FROM closure c WHERE c.scope = x.scope)
	               OR EXISTS (SELECT FROM needed d WHERE d.server = r.name AND d.scope = x.scope)
	            ORDER BY x.n)), ' '),
	       (SELECT coalesce(jsonb_agg(CASE WHEN i.implied IS NULL THEN coalesce(s.description, '')
	                   ELSE coalesce(s.description, 'Use the tools that need this permission') ||
	                        ' (with all that ' || i.implied || ' allows)' END ORDER BY x.n), '[]')
	          FROM unnest(r.scopes) WITH ORDINALITY AS x (scope, n)
	          LEFT JOIN sallyport.scope s USING (scope)
	          LEFT JOIN LATERAL (SELECT string_agg(c.implies, ', ' ORDER BY c.implies) AS implied
	                               FROM closure c WHERE c.scope = x.scope) i ON true)::text
	  FROM sallyport.resource r ORDER BY r.name;
$$;

-- ---------------------------------------------------------------- people and clients

-- A pattern names entries of a server ("*": of every server): the name of a tool
-- or prompt, the URI of a resource, each with * for any characters, or
-- "toolset:NAME".
CREATE DOMAIN sallyport.tool_pattern AS text CHECK (value ~ '^[!-~]{1,200}$');

-- The only entries that a client may use; without a row: all that its tier and
-- the token's scopes reach.
CREATE TABLE sallyport.client_tool (
	client_id	text NOT NULL REFERENCES sallyport.client ON DELETE CASCADE,
	server		text NOT NULL DEFAULT '',
	pattern		sallyport.tool_pattern NOT NULL,
	PRIMARY KEY (client_id, server, pattern)
);

-- What a person may use beyond the tier, or not use in spite of it.
CREATE TABLE sallyport.user_tool (
	user_id		uuid NOT NULL REFERENCES sallyport.users ON DELETE CASCADE,
	server		text NOT NULL DEFAULT '',
	pattern		sallyport.tool_pattern NOT NULL,
	allowed		boolean NOT NULL,
	PRIMARY KEY (user_id, server, pattern)
);

-- Other rates than those of the tools, for a person or a client.
CREATE TABLE sallyport.quota_override (
	user_id		uuid REFERENCES sallyport.users ON DELETE CASCADE,
	client_id	text REFERENCES sallyport.client ON DELETE CASCADE,
	server		text NOT NULL DEFAULT '',
	pattern		sallyport.tool_pattern NOT NULL,
	rate		text NOT NULL CHECK (rate ~ '^(\d{1,9}/\d{0,8}(s|min|h|day)|unlimited)$'),
	CHECK (num_nonnulls(user_id, client_id) = 1)
);
CREATE UNIQUE INDEX quota_override_one ON sallyport.quota_override
	(coalesce(user_id::text, client_id), (user_id IS NULL), server, pattern);

-- For each row: a statement that finds nothing (a client without a list goes) changes nothing.
CREATE FUNCTION sallyport.policy_changed()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sallyport.version_bump('catalog');
	PERFORM mcp.list_changed('tools');
	PERFORM mcp.list_changed('resources');
	PERFORM mcp.list_changed('prompts');
	RETURN NULL;
END
$$;
CREATE TRIGGER client_tool_changed AFTER INSERT OR UPDATE OR DELETE ON sallyport.client_tool
	FOR EACH ROW EXECUTE FUNCTION sallyport.policy_changed();
CREATE TRIGGER user_tool_changed AFTER INSERT OR UPDATE OR DELETE ON sallyport.user_tool
	FOR EACH ROW EXECUTE FUNCTION sallyport.policy_changed();
CREATE TRIGGER quota_override_changed AFTER INSERT OR UPDATE OR DELETE ON sallyport.quota_override
	FOR EACH ROW EXECUTE FUNCTION sallyport.policy_changed();
CREATE TRIGGER client_tier_changed AFTER UPDATE OF tier ON sallyport.client
	FOR EACH ROW WHEN (OLD.tier <> NEW.tier) EXECUTE FUNCTION sallyport.policy_changed();
CREATE TRIGGER client_tier_given AFTER INSERT ON sallyport.client
	FOR EACH ROW WHEN (NEW.tier <> 'service') EXECUTE FUNCTION sallyport.policy_changed();

-- What a token says: the tier of its user, as far as the client may have it.
CREATE FUNCTION sallyport.tier_within(p_tier text, p_client_id text)
RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT coalesce((SELECT c.tier FROM sallyport.client c, (SELECT '{public,developer,admin,service}'::text[]) t (ranks)
	                  WHERE c.client_id = p_client_id
	                    AND array_position(t.ranks, c.tier) < array_position(t.ranks, p_tier)), p_tier)
$$;

-- ---------------------------------------------------------------- switches

-- A row is a switch that is off (of "read-only": on).  Workers hear of it as of a
-- change of the catalog, and clients of the change of their lists.
CREATE TABLE sallyport.switch (
	kind		text NOT NULL CHECK (kind IN ('read-only', 'tool', 'toolset')),
	server		text NOT NULL DEFAULT '',
	name		text NOT NULL DEFAULT '',
	since		timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (kind, server, name),
	CHECK (kind <> 'read-only' OR (server, name) = ('', ''))
);
CREATE TRIGGER switch_changed AFTER INSERT OR UPDATE OR DELETE ON sallyport.switch
	FOR EACH ROW EXECUTE FUNCTION sallyport.policy_changed();

CREATE FUNCTION sallyport.is_read_only()
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT EXISTS (SELECT FROM sallyport.switch s WHERE s.kind = 'read-only')
$$;

-- Whether the switches leave a tool on.  What a function does its volatility says;
-- what others do, their annotations.
CREATE FUNCTION sallyport.tool_is_on(t sallyport.tool)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT t.enabled AND NOT EXISTS (SELECT FROM sallyport.switch s WHERE CASE s.kind
	    WHEN 'read-only' THEN NOT t.read_only AND
	        (t.kind = 'function' OR (t.annotations->'readOnlyHint') IS DISTINCT FROM 'true')
	    WHEN 'tool' THEN s.server = t.resource AND s.name = t.name
	    WHEN 'toolset' THEN s.server = t.resource AND s.name = t.toolset END)
$$;

-- ---------------------------------------------------------------- what workers read

CREATE FUNCTION sallyport.policy()
RETURNS TABLE (rule text, subject text, server text, value text, rate text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT * FROM (
	    SELECT 'implies', c.scope, NULL, c.implies, NULL FROM sallyport.scope_closure() c
	    UNION ALL SELECT 'client-tier', c.client_id, NULL, c.tier, NULL FROM sallyport.client c
	     WHERE c.tier IN ('public', 'developer')
	    UNION ALL SELECT 'client-tool', l.client_id, l.server, l.pattern, NULL FROM sallyport.client_tool l
	    UNION ALL SELECT CASE WHEN u.allowed THEN 'user-allow' ELSE 'user-deny' END, u.user_id::text, u.server, u.pattern, NULL
	      FROM sallyport.user_tool u
	    UNION ALL SELECT CASE WHEN q.user_id IS NULL THEN 'client-rate' ELSE 'user-rate' END,
	           coalesce(q.user_id::text, q.client_id), q.server, q.pattern, q.rate FROM sallyport.quota_override q
	) r (rule, subject, server, value, rate)
	ORDER BY r.rule COLLATE "C", r.subject COLLATE "C", r.server COLLATE "C", length(r.value) DESC, r.value COLLATE "C";
$$;

DROP FUNCTION sallyport.catalog(text, text, text);

-- As in 0019-catalog-documents.sql, with the toolset of a tool, and without what is
-- switched off; what a server offers is what it has when all is on, so that its
-- capabilities stay.
CREATE FUNCTION sallyport.catalog(p_server text, p_list text, p_name text)
RETURNS TABLE (version bigint, server text, server_title text, server_info text, instructions text, offers text, list text, entry_id integer,
    name text, title text, description text, kind text, input_schema text, output_schema text, annotations text,
    listing text, scopes text, tier text, timeout_ms integer, max_rows integer, max_bytes integer, read_only boolean, spec text,
    options text, toolset text)
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
	       e.listing, e.scopes, e.tier, e.timeout_ms, e.max_rows, e.max_bytes, e.read_only, e.spec, e.options, e.toolset
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

-- ---------------------------------------------------------------- for administrators

-- Each writes what was decided into the audit trail.

-- The switch of a tool or toolset, or (p_kind 'read-only') that of the whole site.
-- False: there is no such tool or toolset.
CREATE FUNCTION sallyport.switch_set(p_kind text, p_server text, p_name text, p_row boolean, ctx jsonb)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	IF p_row AND p_kind <> 'read-only' AND NOT EXISTS (SELECT FROM sallyport.tool t WHERE t.resource = p_server AND
	    p_name = CASE p_kind WHEN 'tool' THEN t.name ELSE t.toolset END) THEN
		RETURN false;
	END IF;
	IF p_row THEN
		INSERT INTO sallyport.switch (kind, server, name) VALUES (p_kind, p_server, p_name) ON CONFLICT DO NOTHING;
	ELSE
		DELETE FROM sallyport.switch s WHERE (s.kind, s.server, s.name) = (p_kind, p_server, p_name);
	END IF;
	PERFORM sallyport.audit_write('switch', 'ok', NULL, NULL, NULL, NULL, jsonb_strip_nulls(jsonb_build_object('kind', p_kind,
	    'server', nullif(p_server, ''), 'name', nullif(p_name, ''), 'off', p_row)), ctx);
	RETURN true;
END
$$;

-- The list of a client; null: none, so that tier and scopes alone decide.  False: no such client.
CREATE FUNCTION sallyport.client_allow_tools(p_client_id text, p_server text, p_patterns text[], ctx jsonb)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	PERFORM FROM sallyport.client c WHERE c.client_id = p_client_id FOR UPDATE;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	DELETE FROM sallyport.client_tool l WHERE l.client_id = p_client_id AND (p_patterns IS NULL OR l.server = p_server);
	INSERT INTO sallyport.client_tool (client_id, server, pattern)
	SELECT DISTINCT p_client_id, p_server, x FROM unnest(p_patterns) x;
	PERFORM sallyport.audit_write('client.tools', 'ok', NULL, p_client_id, NULL, NULL,
	    jsonb_build_object('server', p_server, 'tools', to_jsonb(p_patterns)), ctx);
	RETURN true;
END
$$;

-- What a person may use beyond the tier (p_allowed true), may not use (false), or
-- as the tier says (null).  False: no such user.
CREATE FUNCTION sallyport.user_tools(p_username text, p_server text, p_patterns text[], p_allowed boolean, ctx jsonb)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	v_user_id uuid;
BEGIN
	SELECT u.user_id INTO v_user_id FROM sallyport.users u WHERE lower(u.username) = lower(p_username) FOR UPDATE;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	IF p_allowed IS NULL THEN
		DELETE FROM sallyport.user_tool x WHERE x.user_id = v_user_id AND x.server = p_server AND x.pattern = ANY (p_patterns);
	ELSE
		INSERT INTO sallyport.user_tool (user_id, server, pattern, allowed)
		SELECT DISTINCT v_user_id, p_server, x, p_allowed FROM unnest(p_patterns) x
		ON CONFLICT (user_id, server, pattern) DO UPDATE SET allowed = excluded.allowed;
	END IF;
	PERFORM sallyport.audit_write('user.tools', 'ok', v_user_id, NULL, NULL, NULL, jsonb_build_object('server', p_server,
	    'tools', to_jsonb(p_patterns), 'allowed', p_allowed), ctx);
	RETURN true;
END
$$;

-- Another rate for a person (p_username) or a client; null: that of the tools.  False: nobody of this name.
CREATE FUNCTION sallyport.quota_override_set(p_username text, p_client_id text, p_server text, p_pattern text, p_rate text,
    ctx jsonb)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	v_user_id uuid;
BEGIN
	SELECT u.user_id INTO v_user_id FROM sallyport.users u WHERE lower(u.username) = lower(p_username);
	IF v_user_id IS NULL AND NOT EXISTS (SELECT FROM sallyport.client c WHERE c.client_id = p_client_id) THEN
		RETURN false;
	END IF;
	DELETE FROM sallyport.quota_override q WHERE q.server = p_server AND q.pattern = p_pattern AND
	    (q.user_id = v_user_id OR q.client_id = p_client_id);
	IF p_rate IS NOT NULL THEN
		INSERT INTO sallyport.quota_override (user_id, client_id, server, pattern, rate)
		VALUES (v_user_id, p_client_id, p_server, p_pattern, p_rate);
	END IF;
	PERFORM sallyport.audit_write('quota.override', 'ok', v_user_id, p_client_id, NULL, NULL, jsonb_build_object(
	    'server', p_server, 'tools', p_pattern, 'rate', p_rate), ctx);
	RETURN true;
END
$$;

-- Makes scopes part of another one, or (p_implied false) no longer.
CREATE FUNCTION sallyport.scope_imply(p_scope text, p_implies text[], p_implied boolean, ctx jsonb)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	IF p_implied THEN
		INSERT INTO sallyport.scope_implication (scope, implies)
		SELECT DISTINCT p_scope, x FROM unnest(p_implies) x ON CONFLICT DO NOTHING;
	ELSE
		DELETE FROM sallyport.scope_implication i WHERE i.scope = p_scope AND i.implies = ANY (p_implies);
	END IF;
	PERFORM sallyport.audit_write('scope.imply', 'ok', NULL, NULL, NULL, NULL,
	    jsonb_build_object('scope', p_scope, 'implies', to_jsonb(p_implies), 'implied', p_implied), ctx);
END
$$;

-- ---------------------------------------------------------------- rights

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sallyport.catalog(text, text, text), sallyport.policy(), sallyport.tier_within(text, text)
TO sallyport_app;
