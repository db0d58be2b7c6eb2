-- codesearch: the cache of results.

-- Nothing of this catalog is kept beyond its call: a search takes milliseconds, and what
-- was indexed a moment ago is to be found.
CREATE OR REPLACE FUNCTION codesearch.cache_figures()
RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT '{"total_entries": 0, "active_entries": 0, "expired_entries": 0, "max_size": 0, "ttl_seconds": 0}'::jsonb
$$;

CREATE OR REPLACE FUNCTION tools.cache_stats()
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT codesearch.success(jsonb_build_object('cache_stats', codesearch.cache_figures()))
$$;
COMMENT ON FUNCTION tools.cache_stats() IS $c$Cache statistics
How many results of code search are kept for the next who asks the same. On PostgreSQL none are: searching is fast enough,
and an answer is never older than the index.
@mcp
@scope codesearch:read
@tier public
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["cache_stats"], "properties": {"cache_stats": {"type": "object",
	"required": ["total_entries", "active_entries", "expired_entries", "max_size", "ttl_seconds"],
	"additionalProperties": {"type": "integer"}}}}}}$c$;

CREATE OR REPLACE FUNCTION tools.cache_clear(scope text DEFAULT 'all', pattern text DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	IF lower(scope) NOT IN ('all', 'search', 'embeddings', 'results') THEN
		RETURN codesearch.failure('scope must be one of all, search, embeddings, results');
	END IF;
	RETURN codesearch.success(jsonb_build_object('cleared', true, 'deleted', 0, 'cache_stats', codesearch.cache_figures()));
END
$$;
COMMENT ON FUNCTION tools.cache_clear(text, text) IS $c$Clear the cache
Forgets kept results. On PostgreSQL there are none, so that it has nothing to do.
@mcp
@scope codesearch:admin
@tier admin
@idempotent
@param scope {"examples": ["all", "search", "embeddings", "results"]} which results
@param pattern only those whose key is like this pattern
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["cleared", "deleted", "cache_stats"], "properties": {"cleared": {"const": true}, "deleted": {"type": "integer"},
	"cache_stats": {"type": "object"}}}}}$c$;
