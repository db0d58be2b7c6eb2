-- resources/subscribe, up to 2025-11-25: what a session wants to hear of, on the
-- stream of its GET, whichever process holds that.

-- Whoever holds the stream looks again.
CREATE FUNCTION sallyport.mcp_session_watch(p_session_sha256 bytea)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT pg_notify('sallyport_mcp', 'watch ' || s.stream_id) FROM sallyport.mcp_stream s
	 WHERE s.session_sha256 = p_session_sha256 AND s.request_id IS NULL
$$;

-- Raises P0S07 when the session has a thousand of them.
CREATE FUNCTION sallyport.mcp_resource_subscribe(p_session_sha256 bytea, p_uri text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	INSERT INTO sallyport.mcp_resource_subscription (session_sha256, uri) VALUES (p_session_sha256, p_uri)
	    ON CONFLICT DO NOTHING;
	IF (SELECT count(*) FROM sallyport.mcp_resource_subscription r WHERE r.session_sha256 = p_session_sha256) > 1000 THEN
		RAISE EXCEPTION USING ERRCODE = 'P0S07', MESSAGE = 'the session has too many subscriptions';
	END IF;
	PERFORM sallyport.mcp_session_watch(p_session_sha256);
END
$$;

CREATE FUNCTION sallyport.mcp_resource_unsubscribe(p_session_sha256 bytea, p_uri text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	DELETE FROM sallyport.mcp_resource_subscription r WHERE r.session_sha256 = p_session_sha256 AND r.uri = p_uri;
	SELECT sallyport.mcp_session_watch(p_session_sha256);
$$;

-- Of the session to which a stream belongs.
CREATE FUNCTION sallyport.mcp_resource_subscriptions(p_stream_id uuid)
RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT r.uri FROM sallyport.mcp_stream s JOIN sallyport.mcp_resource_subscription r USING (session_sha256)
	 WHERE s.stream_id = p_stream_id AND s.request_id IS NULL
$$;

DROP FUNCTION sallyport.mcp_stream_attach(bytea, uuid, uuid);

-- A client has come back for a stream of this session: from now on this
-- connection forwards it.  No row: there is no such stream.  `listens`: it is what
-- a GET listens to.
CREATE FUNCTION sallyport.mcp_stream_attach(p_session_sha256 bytea, p_stream_id uuid, p_holder uuid)
RETURNS TABLE (listens boolean) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	UPDATE sallyport.mcp_stream s SET holder = p_holder
	 WHERE s.stream_id = p_stream_id AND s.session_sha256 = p_session_sha256
	RETURNING s.request_id IS NULL INTO listens;
	IF FOUND THEN
		PERFORM pg_notify('sallyport_mcp', 'outbox ' || p_stream_id);	-- for the holder before
		RETURN NEXT;
	END IF;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
	sallyport.mcp_resource_subscribe(bytea, text),
	sallyport.mcp_resource_unsubscribe(bytea, text),
	sallyport.mcp_resource_subscriptions(uuid),
	sallyport.mcp_stream_attach(bytea, uuid, uuid)
TO sallyport_app;
