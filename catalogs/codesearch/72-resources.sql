-- codesearch: resources.

CREATE OR REPLACE FUNCTION tools.codesearch_repositories()
RETURNS jsonb LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	SELECT jsonb_build_object('repositories', coalesce(jsonb_agg(jsonb_build_object('name', r.name, 'documents', coalesce(c.n, 0)) ORDER BY r.name), '[]'),
		'count', count(*), 'timestamp', now())
	  FROM repository r LEFT JOIN (SELECT repository, count(*) AS n FROM chunk GROUP BY 1) c ON c.repository = r.name
$$;
COMMENT ON FUNCTION tools.codesearch_repositories() IS $c$Repositories
The repositories that are indexed, with their numbers of pieces.
@resource resource://repositories
@scope codesearch:read
@tier public
@ttl 60s$c$;

CREATE OR REPLACE FUNCTION tools.codesearch_statistics()
RETURNS jsonb LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	SELECT jsonb_build_object('index_name', 'codesearch',
		'features', '{"keyword_search": true, "symbol_search": true, "fuzzy_search": true, "exact_terms": true, "vector_search": false,
			"semantic_search": false, "feedback_ranking": true, "dependency_graph": true, "result_cache": true, "github_indexing": true}'::jsonb,
		'total_documents', (SELECT count(*) FROM chunk), 'timestamp', now())
$$;
COMMENT ON FUNCTION tools.codesearch_statistics() IS $c$Statistics
What the search can do, and how many pieces it has.
@resource resource://statistics
@scope codesearch:read
@tier public
@ttl 60s$c$;

CREATE OR REPLACE FUNCTION tools.codesearch_runtime_diagnostics()
RETURNS jsonb LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	SELECT jsonb_build_object('server', jsonb_build_object('name', 'sallyport codesearch', 'backend', 'postgresql',
			'version', current_setting('server_version')),
		'config', jsonb_build_object('index_name', 'codesearch', 'cache_ttl', 10, 'cache_max_entries', NULL,
			'text_search_configuration', 'codesearch.words', 'similarity_threshold', 0.5),
		'features', '{"search": true, "feedback": true, "jobs": true}'::jsonb,
		'libraries', (SELECT jsonb_object_agg(extname, extversion) FROM pg_catalog.pg_extension),
		'jobs', jsonb_build_object('queued', (SELECT count(*) FROM job WHERE state = 'queued'),
			'running', (SELECT count(*) FROM job WHERE state = 'running'),
			'failed', (SELECT count(*) FROM job WHERE state = 'failed'), 'runner_seen_at', (SELECT seen_at FROM job_runner)),
		'cache_stats', codesearch.cache_figures(), 'timestamp', now())
$$;
COMMENT ON FUNCTION tools.codesearch_runtime_diagnostics() IS $c$Runtime diagnostics
Versions, settings and the state of the indexer's jobs.
@resource resource://runtime_diagnostics
@scope codesearch:admin
@tier admin$c$;

CREATE OR REPLACE FUNCTION tools.codesearch_pipeline_status()
RETURNS jsonb LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	SELECT CASE WHEN NOT EXISTS (SELECT FROM chunk) THEN '{"available": false, "reason": "nothing has been indexed"}'::jsonb
		WHEN NOT EXISTS (SELECT FROM word) THEN '{"available": true, "initialized": false, "status": "words have not been counted"}'
		ELSE '{"available": true, "initialized": true, "status": "ready"}' END
$$;
COMMENT ON FUNCTION tools.codesearch_pipeline_status() IS $c$Pipeline status
Whether searches can be answered, and why not.
@resource resource://pipeline_status
@scope codesearch:read
@tier public$c$;
