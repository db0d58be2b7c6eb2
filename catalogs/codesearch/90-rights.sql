-- codesearch: what the consent page says of its scopes, and the rights of its functions.

INSERT INTO sallyport.scope (scope, description)
VALUES ('codesearch:read', 'Search and read the source code that is indexed here'),
       ('codesearch:work', 'Ask for context and examples of the code, and say which results helped'),
       ('codesearch:admin', 'Change what is indexed here, and how')
ON CONFLICT (scope) DO UPDATE SET description = excluded.description;

-- ---- rights ----
-- Tools run under the role of the tools, which reads what everybody who searches may
-- see.  What changes something is a function of this catalog that runs as its owner and
-- does one thing; nobody else has them.
GRANT USAGE ON SCHEMA codesearch, tools TO sallyport_tool;
REVOKE ALL ON ALL TABLES IN SCHEMA codesearch FROM sallyport_tool;
GRANT SELECT ON codesearch.repository, codesearch.file, codesearch.chunk, codesearch.word, codesearch.embedding,
	codesearch.job, codesearch.job_runner, codesearch.datasource, codesearch.target_repository,
	codesearch.skillset TO sallyport_tool;
GRANT SELECT (vote) ON codesearch.feedback TO sallyport_tool;	-- whether there is any
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA codesearch FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA codesearch TO sallyport_tool;
-- these are the indexer's
REVOKE ALL ON FUNCTION codesearch.refresh_words(), codesearch.job_claim(interval),
	codesearch.job_end(bigint, integer, jsonb, text) FROM sallyport_tool;
DO $do$
DECLARE
	f regprocedure;
BEGIN
	FOR f IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'tools'::regnamespace AND p.proname = ANY ('{search_code,search_code_raw,
		explain_ranking,preview_query_processing,analyze_context,generate_code,submit_feedback,track_search_click,
		track_search_outcome,health_check,index_status,cache_stats,cache_clear,index_rebuild,github_index_repo,manage_index,manage_documents,
		manage_indexer,create_datasource,create_skillset,index_repository,index_changed_files,backfill_embeddings,validate_embeddings,
		validate_index_schema,backup_index_schema,clear_repository_documents,rebuild_index,configure_semantic_search,get_service_info,
		implement_feature,debug_error,understand_codebase,refactor_code,find_dependencies,search_with_context,compare_implementations,
		learn_from_tests,manage_azure_search_index,codesearch_repositories,codesearch_statistics,codesearch_runtime_diagnostics,
		codesearch_pipeline_status}'::text[])
	LOOP
		EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
		EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO sallyport_tool', f);
	END LOOP;
END
$do$;

-- An extension that its owner made himself lost the rights of PUBLIC to his default privileges.
DO $do$
DECLARE
	f regprocedure;
BEGIN
	FOR f IN
		SELECT p.oid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'pg_trgm'
		  JOIN pg_proc p ON p.oid = d.objid
		 WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
		   AND NOT has_function_privilege('sallyport_tool', p.oid, 'EXECUTE')
	LOOP
		EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO sallyport_tool', f);
	END LOOP;
END
$do$;
