-- Sessions of the MCP revisions that have them (2025-03-26 to 2025-11-25).
--
-- A session is a row, so that any worker can serve it.  It is bound to the
-- grant it was opened under: with another user, client or grant it does not
-- exist.  What has run out is removed by those who open new ones.

CREATE TABLE sallyport.mcp_session (
	session_sha256	bytea PRIMARY KEY,
	user_id		uuid REFERENCES sallyport.users ON DELETE CASCADE,
	client_id	text NOT NULL REFERENCES sallyport.client ON DELETE CASCADE,
	grant_id	uuid NOT NULL REFERENCES sallyport.grants ON DELETE CASCADE,
	resource	text NOT NULL,
	protocol_version text NOT NULL,			-- as negotiated
	capabilities	jsonb NOT NULL,			-- the client's
	client_info	jsonb,
	created_at	timestamptz NOT NULL DEFAULT now(),
	expires_at	timestamptz NOT NULL
);
CREATE INDEX mcp_session_expires ON sallyport.mcp_session (expires_at);
CREATE INDEX mcp_session_grant ON sallyport.mcp_session (grant_id);

CREATE FUNCTION sallyport.mcp_session_open(p_session_sha256 bytea, p_user_id uuid, p_client_id text,
    p_grant_id uuid, p_resource text, p_protocol_version text, p_capabilities jsonb, p_client_info jsonb,
    p_ttl_seconds bigint, ctx jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	DELETE FROM sallyport.mcp_session s WHERE s.session_sha256 IN
	    (SELECT x.session_sha256 FROM sallyport.mcp_session x WHERE x.expires_at <= now()
	      LIMIT 10 FOR UPDATE SKIP LOCKED);
	INSERT INTO sallyport.mcp_session (session_sha256, user_id, client_id, grant_id, resource,
	    protocol_version, capabilities, client_info, expires_at)
	VALUES (p_session_sha256, p_user_id, p_client_id, p_grant_id, p_resource,
	    p_protocol_version, p_capabilities, p_client_info, now() + make_interval(secs => p_ttl_seconds));
	PERFORM sallyport.audit_write('session.open', 'ok', p_user_id, p_client_id, p_grant_id, p_resource,
	    jsonb_build_object('protocol_version', p_protocol_version, 'client_info', p_client_info), ctx);
END
$$;

-- Uses a session: its revision, and a later expiry (written when a tenth of its
-- time has passed, so that most uses only read).  Raises, so that it can stand in
-- front of other statements of one transaction: P0S04, there is no such session
-- (for this caller).
CREATE FUNCTION sallyport.mcp_session_use(p_session_sha256 bytea, p_user_id uuid, p_client_id text,
    p_grant_id uuid, p_resource text, p_ttl_seconds bigint)
RETURNS TABLE (protocol_version text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	s sallyport.mcp_session;
BEGIN
	SELECT * INTO s FROM sallyport.mcp_session x
	 WHERE x.session_sha256 = p_session_sha256 AND x.expires_at > now()
	   AND x.user_id IS NOT DISTINCT FROM p_user_id AND x.client_id = p_client_id
	   AND x.grant_id = p_grant_id AND x.resource = p_resource;
	IF NOT FOUND THEN
		RAISE EXCEPTION USING ERRCODE = 'P0S04', MESSAGE = 'no such session';
	ELSIF s.expires_at < now() + make_interval(secs => p_ttl_seconds * 0.9) THEN
		UPDATE sallyport.mcp_session x SET expires_at = now() + make_interval(secs => p_ttl_seconds)
		 WHERE x.session_sha256 = p_session_sha256;
	END IF;
	RETURN QUERY SELECT s.protocol_version;
END
$$;

-- False: there was no such session (for this caller).
CREATE FUNCTION sallyport.mcp_session_close(p_session_sha256 bytea, p_user_id uuid, p_client_id text,
    p_grant_id uuid, p_resource text, ctx jsonb)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	DELETE FROM sallyport.mcp_session x
	 WHERE x.session_sha256 = p_session_sha256 AND x.expires_at > now()
	   AND x.user_id IS NOT DISTINCT FROM p_user_id AND x.client_id = p_client_id
	   AND x.grant_id = p_grant_id AND x.resource = p_resource;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	PERFORM sallyport.audit_write('session.close', 'ok', p_user_id, p_client_id, p_grant_id, p_resource, NULL, ctx);
	RETURN true;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
	sallyport.mcp_session_open(bytea, uuid, text, uuid, text, text, jsonb, jsonb, bigint, jsonb),
	sallyport.mcp_session_use(bytea, uuid, text, uuid, text, bigint),
	sallyport.mcp_session_close(bytea, uuid, text, uuid, text, jsonb)
TO sallyport_app;
