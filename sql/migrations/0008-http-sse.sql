-- HTTP+SSE, the transport of 2024-11-05: a session begins with its stream, before
-- its client has said anything.

-- What a client says of itself in `initialize`.
CREATE FUNCTION sallyport.mcp_session_begin(p_session_sha256 bytea, p_protocol_version text, p_capabilities jsonb,
    p_client_info jsonb)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	UPDATE sallyport.mcp_session SET protocol_version = p_protocol_version, capabilities = p_capabilities,
	       client_info = p_client_info WHERE session_sha256 = p_session_sha256;
	SELECT pg_notify('sallyport_mcp', 'session ' || encode(p_session_sha256, 'hex'));
$$;

-- The stream of a session that belongs to no request; no row: there is none.
CREATE FUNCTION sallyport.mcp_session_stream(p_session_sha256 bytea)
RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT s.stream_id FROM sallyport.mcp_stream s WHERE s.session_sha256 = p_session_sha256 AND s.request_id IS NULL
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
	sallyport.mcp_session_begin(bytea, text, jsonb, jsonb),
	sallyport.mcp_session_stream(bytea)
TO sallyport_app;
