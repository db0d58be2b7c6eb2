-- codesearch: the cache of results.

-- Searches are not kept: they take milliseconds, and what was indexed a moment ago is
-- to be found.  What counts the whole index is.
CREATE OR REPLACE FUNCTION codesearch.cached_tools()
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT '{index_status}'::text[] $$;

CREATE OR REPLACE FUNCTION codesearch.cache_figures()
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('total_entries', sum(s.total), 'active_entries', sum(s.active), 'expired_entries', sum(s.expired),
		'max_size', NULL, 'ttl_seconds', 10)
	  FROM unnest(codesearch.cached_tools()) t, mcp.cache_stats(t) s
$$;

CREATE OR REPLACE FUNCTION tools.cache_stats()
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT codesearch.success(jsonb_build_object('cache_stats', codesearch.cache_figures()))
$$;
COMMENT ON FUNCTION tools.cache_stats() IS $c$Cache statistics
How many results of code search are kept for the next who asks the same. On PostgreSQL that is index_status, for ten seconds;
searches are fast enough, and never older than the index. max_size null: there is no limit.
@mcp
@toolset cache
@scope codesearch:read
@tier public
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["cache_stats"], "properties": {"cache_stats": {"type": "object",
	"required": ["total_entries", "active_entries", "expired_entries", "max_size", "ttl_seconds"],
	"additionalProperties": {"type": ["integer", "null"]}}}}}}$c$;

CREATE OR REPLACE FUNCTION tools.cache_clear(scope text DEFAULT 'all', pattern text DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	fits text := '^' || replace(regexp_replace(coalesce(nullif(btrim(pattern), ''), '*'), '([^[:alnum:]_*])', '\\\1', 'g'), '*', '.*') || '$';
	gone bigint;
BEGIN
	IF lower(scope) NOT IN ('all', 'search', 'embeddings', 'results') THEN
		RETURN codesearch.failure('scope must be one of all, search, embeddings, results');
	ELSIF length(pattern) > 200 THEN
		RETURN codesearch.failure('pattern is longer than 200 characters');
	END IF;
	-- nothing that is kept belongs to searches or embeddings
	SELECT coalesce(sum(mcp.cache_clear(t)), 0) INTO gone FROM unnest(codesearch.cached_tools()) t
	 WHERE lower(scope) IN ('all', 'results') AND t ~ fits;
	RETURN codesearch.success(jsonb_build_object('cleared', true, 'deleted', gone, 'cache_stats', codesearch.cache_figures()));
END
$$;
COMMENT ON FUNCTION tools.cache_clear(text, text) IS $c$Clear the cache
Forgets results that are kept for the next who asks the same, and says how many there were.
@mcp
@toolset cache
@invalidates index_status
@scope codesearch:admin
@tier admin
@idempotent
@param scope {"examples": ["all", "search", "embeddings", "results"]} which results
@param pattern only those of tools whose names fit, * for any characters
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["cleared", "deleted", "cache_stats"], "properties": {"cleared": {"const": true}, "deleted": {"type": "integer"},
	"cache_stats": {"type": "object"}}}}}$c$;
