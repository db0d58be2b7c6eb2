-- Results that are kept: at most a thousand of each tool, so that who asks for
-- ever new things does not fill the disk.  Those that expire first go first.

CREATE INDEX result_cache_oldest ON sallyport.result_cache (server, tool, expires_at);
DROP INDEX sallyport.result_cache_tool;

CREATE OR REPLACE FUNCTION sallyport.result_cache_put(p_key bytea, p_server text, p_tool text, p_epoch bigint, p_ttl_ms bigint,
    p_json text, p_text text, p_whole text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	most constant integer := 1000;
	v_epoch bigint;
BEGIN
	IF p_epoch = 0 THEN
		INSERT INTO sallyport.result_cache_epoch (server, tool, epoch) VALUES (p_server, p_tool, 0) ON CONFLICT DO NOTHING;
	END IF;
	SELECT e.epoch INTO v_epoch FROM sallyport.result_cache_epoch e WHERE (e.server, e.tool) = (p_server, p_tool) FOR SHARE;
	IF v_epoch = p_epoch THEN
		INSERT INTO sallyport.result_cache AS c (key, server, tool, expires_at, json, text, whole)
		VALUES (p_key, p_server, p_tool, clock_timestamp() + p_ttl_ms * interval '1 millisecond', p_json, p_text, p_whole)
		ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at, json = excluded.json, text = excluded.text,
		    whole = excluded.whole;
		DELETE FROM sallyport.result_cache c WHERE (c.server, c.tool) = (p_server, p_tool) AND c.expires_at <= (
			SELECT o.expires_at FROM sallyport.result_cache o WHERE (o.server, o.tool) = (p_server, p_tool)
			 ORDER BY o.expires_at DESC OFFSET most LIMIT 1);
	END IF;
END
$$;
