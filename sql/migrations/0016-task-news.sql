-- Streams hear of tasks: "task SHA256" on channel "sallyport_mcp" (0012-notify.sql),
-- beside what runners are told.

CREATE OR REPLACE FUNCTION sallyport.task_changed()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	IF TG_OP = 'DELETE' THEN
		PERFORM pg_notify('sallyport_task', 'cancelled ' || encode(OLD.task_sha256, 'hex'));
		RETURN NULL;
	END IF;
	PERFORM pg_notify('sallyport_task', CASE WHEN NEW.status = 'working' AND NEW.runner IS NULL THEN 'waiting'
	    ELSE NEW.status END || ' ' || encode(NEW.task_sha256, 'hex'));
	IF TG_OP = 'UPDATE' AND (OLD.status, OLD.status_message) IS DISTINCT FROM (NEW.status, NEW.status_message) THEN
		PERFORM pg_notify('sallyport_mcp', 'task ' || encode(NEW.task_sha256, 'hex'));
	END IF;
	RETURN NULL;
END
$$;

-- task_get() for those who were found to be its callers before: whose it is, it says.
CREATE FUNCTION sallyport.task_news(p_task_sha256 bytea)
RETURNS TABLE (server text, grant_id uuid, tool text, status text, status_message text, created_at text,
    updated_at text, ttl_ms bigint, poll_ms bigint, outcome bytea, key text, name text, request bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT t.server, t.grant_id, g.tool, g.status, g.status_message, g.created_at, g.updated_at, g.ttl_ms, g.poll_ms,
	       g.outcome, g.key, g.name, g.request
	  FROM sallyport.task t, sallyport.task_get(t.task_sha256, t.user_id, t.client_id, t.grant_id, t.server) g
	 WHERE t.task_sha256 = p_task_sha256;
$$;

REVOKE ALL ON FUNCTION sallyport.task_news(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sallyport.task_news(bytea) TO sallyport_app;
