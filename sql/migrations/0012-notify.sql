-- Changes that clients want to hear of: a list of a server, the contents of a
-- resource.  They go to channel "sallyport_mcp", to which the programs that keep
-- streams open listen, when the transaction that makes them is committed:
--
--	tools /NAME	this list ("tools", "prompts", "resources") of server NAME; "*": of every server
--	updated SHA256 /NAME	the resource of this URI, whose digest is the same length for any of them
--
-- NAME is empty for /mcp.  lib/mcp/news.c reads the same.

-- For functions of tools, and for whoever changes what a resource is made of.
CREATE FUNCTION mcp.resource_updated(uri text, server text DEFAULT NULL)
RETURNS void LANGUAGE sql SET search_path = pg_catalog AS $$
	SELECT pg_notify('sallyport_mcp', 'updated ' || encode(sha256(convert_to(uri, 'UTF8')), 'hex') || ' ' ||
	    coalesce('/' || server, '*')) WHERE uri IS NOT NULL
$$;

CREATE FUNCTION mcp.list_changed(what text, server text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	IF what IS NULL OR what NOT IN ('tools', 'prompts', 'resources') THEN
		RAISE internal_error USING MESSAGE = 'mcp.list_changed: it is ''tools'', ''prompts'' or ''resources''';
	END IF;
	PERFORM pg_notify('sallyport_mcp', what || ' ' || coalesce('/' || server, '*'));
END
$$;

-- ---------------------------------------------------------------- the catalog's own changes

-- The argument is the list.  What no entry of a list shows does not change it.
CREATE FUNCTION sallyport.list_changed()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	unseen CONSTANT text[] := '{timeout_ms,max_rows,max_bytes,spec,content,blob,modified_at,completions,ttl_ms,messages}';
BEGIN
	CASE TG_OP
	WHEN 'TRUNCATE' THEN
		PERFORM mcp.list_changed(TG_ARGV[0]);
	WHEN 'INSERT' THEN
		PERFORM mcp.list_changed(TG_ARGV[0], r.server)
		   FROM (SELECT DISTINCT coalesce(j->>'server', j->>'resource') FROM (SELECT to_jsonb(n) FROM come n) x (j)) r (server);
	WHEN 'DELETE' THEN
		PERFORM mcp.list_changed(TG_ARGV[0], r.server)
		   FROM (SELECT DISTINCT coalesce(j->>'server', j->>'resource') FROM (SELECT to_jsonb(o) FROM gone o) x (j)) r (server);
	WHEN 'UPDATE' THEN
		PERFORM mcp.list_changed(TG_ARGV[0], r.server)
		   FROM (SELECT DISTINCT coalesce(j->>'server', j->>'resource') FROM (
		            (SELECT to_jsonb(n) - unseen FROM come n EXCEPT SELECT to_jsonb(o) - unseen FROM gone o)
		            UNION ALL
		            (SELECT to_jsonb(o) - unseen FROM gone o EXCEPT SELECT to_jsonb(n) - unseen FROM come n)) x (j)) r (server);
	END CASE;
	RETURN NULL;
END
$$;

DO $$
DECLARE
	l record;
BEGIN
	FOR l IN SELECT * FROM (VALUES ('tool', 'tools'), ('mcp_resource', 'resources'), ('prompt', 'prompts')) v (t, list) LOOP
		EXECUTE format('CREATE TRIGGER %1$s_added AFTER INSERT ON sallyport.%1$s REFERENCING NEW TABLE AS come
			FOR EACH STATEMENT EXECUTE FUNCTION sallyport.list_changed(%2$L)', l.t, l.list);
		EXECUTE format('CREATE TRIGGER %1$s_edited AFTER UPDATE ON sallyport.%1$s REFERENCING OLD TABLE AS gone NEW TABLE AS come
			FOR EACH STATEMENT EXECUTE FUNCTION sallyport.list_changed(%2$L)', l.t, l.list);
		EXECUTE format('CREATE TRIGGER %1$s_removed AFTER DELETE ON sallyport.%1$s REFERENCING OLD TABLE AS gone
			FOR EACH STATEMENT EXECUTE FUNCTION sallyport.list_changed(%2$L)', l.t, l.list);
		EXECUTE format('CREATE TRIGGER %1$s_emptied AFTER TRUNCATE ON sallyport.%1$s
			FOR EACH STATEMENT EXECUTE FUNCTION sallyport.list_changed(%2$L)', l.t, l.list);
	END LOOP;
END
$$;

-- What is kept in its row tells of its changes by itself.
CREATE FUNCTION sallyport.mcp_resource_updated()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	PERFORM mcp.resource_updated(NEW.uri, NEW.server);
	RETURN NULL;
END
$$;
CREATE TRIGGER mcp_resource_updated AFTER UPDATE OF content, blob ON sallyport.mcp_resource FOR EACH ROW
	WHEN ((OLD.content, OLD.blob) IS DISTINCT FROM (NEW.content, NEW.blob))
	EXECUTE FUNCTION sallyport.mcp_resource_updated();

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mcp.resource_updated(text, text), mcp.list_changed(text, text) TO PUBLIC;
