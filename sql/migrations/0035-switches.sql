-- Switches for callers of one tier, and for a whole server with a text for people.

ALTER TABLE sallyport.switch
	ADD tier text NOT NULL DEFAULT '' CHECK (tier IN ('', 'public', 'developer', 'admin', 'service')),	-- '': everybody
	ADD message text,
	DROP CONSTRAINT switch_pkey,
	ADD PRIMARY KEY (kind, server, name, tier),
	DROP CONSTRAINT switch_kind_check,
	ADD CHECK (kind IN ('read-only', 'server', 'tool', 'toolset')),
	ADD CHECK (kind IN ('tool', 'toolset') OR tier = ''),
	ADD CHECK (kind <> 'server' OR name = '');

-- As in 0021-policy.sql; what is off for some only, policy() says.
CREATE OR REPLACE FUNCTION sallyport.tool_is_on(t sallyport.tool)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT t.enabled AND NOT EXISTS (SELECT FROM sallyport.switch s WHERE s.tier = '' AND CASE s.kind
	    WHEN 'read-only' THEN NOT t.read_only AND
	        (t.kind = 'function' OR (t.annotations->'readOnlyHint') IS DISTINCT FROM 'true')
	    WHEN 'tool' THEN s.server = t.resource AND s.name = t.name
	    WHEN 'toolset' THEN s.server = t.resource AND s.name = t.toolset END)
$$;

-- As in 0032-admission.sql, with these.
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
	    UNION ALL SELECT 'server-off', s.server, NULL, coalesce(s.message, 'this server is closed for a while: try again later'), NULL
	      FROM sallyport.switch s WHERE s.kind = 'server'
	    UNION ALL SELECT 'tier-deny', s.tier, s.server, CASE s.kind WHEN 'toolset' THEN 'toolset:' ELSE '' END || s.name, NULL
	      FROM sallyport.switch s WHERE s.tier <> ''
	    UNION ALL SELECT 'tier-rate', t.tier, NULL, NULL, t.rate FROM sallyport.tier_rate t
	    UNION ALL SELECT CASE WHEN u.allowed THEN 'user-allow' ELSE 'user-deny' END, u.user_id::text, u.server, u.pattern, NULL
	      FROM sallyport.user_tool u
	    UNION ALL SELECT CASE WHEN q.user_id IS NULL THEN 'client-rate' ELSE 'user-rate' END,
	           coalesce(q.user_id::text, q.client_id), q.server, q.pattern, q.rate FROM sallyport.quota_override q
	) r (rule, subject, server, value, rate)
	ORDER BY r.rule COLLATE "C", r.subject COLLATE "C", r.server COLLATE "C", length(r.value) DESC, r.value COLLATE "C";
$$;

-- As in 0021-policy.sql; the switch of a server is of kind 'server', with what people are told.
DROP FUNCTION sallyport.switch_set(text, text, text, boolean, jsonb);
CREATE FUNCTION sallyport.switch_set(p_kind text, p_server text, p_name text, p_tier text, p_message text, p_row boolean, ctx jsonb)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	IF p_row AND (CASE p_kind
	    WHEN 'server' THEN NOT EXISTS (SELECT FROM sallyport.resource r WHERE r.name = p_server)
	    WHEN 'tool' THEN NOT EXISTS (SELECT FROM sallyport.tool t WHERE t.resource = p_server AND t.name = p_name)
	    WHEN 'toolset' THEN NOT EXISTS (SELECT FROM sallyport.tool t WHERE t.resource = p_server AND t.toolset = p_name) END) THEN
		RETURN false;
	END IF;
	IF p_row THEN
		INSERT INTO sallyport.switch (kind, server, name, tier, message) VALUES (p_kind, p_server, p_name, p_tier, p_message)
		ON CONFLICT (kind, server, name, tier) DO UPDATE SET message = excluded.message;
	ELSE
		DELETE FROM sallyport.switch s WHERE (s.kind, s.server, s.name, s.tier) = (p_kind, p_server, p_name, p_tier);
	END IF;
	PERFORM sallyport.audit_write('switch', 'ok', NULL, NULL, NULL, NULL, jsonb_strip_nulls(jsonb_build_object('kind', p_kind,
	    'server', nullif(p_server, ''), 'name', nullif(p_name, ''), 'tier', nullif(p_tier, ''), 'message', p_message,
	    'off', p_row)), ctx);
	RETURN true;
END
$$;
REVOKE ALL ON FUNCTION sallyport.switch_set(text, text, text, text, text, boolean, jsonb) FROM PUBLIC;
