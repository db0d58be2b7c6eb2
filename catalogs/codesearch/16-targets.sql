-- codesearch: indexes that are not here, but in Azure AI Search.
--
-- A target is a source of the catalog (kind source, type http) whose document says
-- `search_index: {name: codebase}`: whoever may write sources has opened it, and
-- nobody else decides where source code is sent.  sallyport-index --target NAME and
-- jobs with a target fill it.

-- What was indexed there, and from where: null, as sallyport knows the repository here.
CREATE TABLE IF NOT EXISTS codesearch.target_repository (
	target      text NOT NULL,
	repository  text NOT NULL,
	source      jsonb,
	indexed_at  timestamptz,	-- end of the last complete run
	PRIMARY KEY (target, repository)
);

-- Why there is no such target; null: there is, or none is meant.
CREATE OR REPLACE FUNCTION codesearch.target_refused(target text)
RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = codesearch, pg_temp AS $$
	SELECT CASE WHEN target IS NOT NULL AND NOT EXISTS (SELECT FROM sallyport.source s WHERE s.name = target AND s.spec ? 'search_index')
		THEN format('the catalog has no source %s with search_index', left(target, 64)) END
$$;

-- Where a repository comes from, as far as an index knows: what a job without a source goes through.
CREATE OR REPLACE FUNCTION codesearch.known_source(p_repository text, p_target text)
RETURNS jsonb LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	SELECT coalesce((SELECT t.source FROM target_repository t WHERE t.target = p_target AND t.repository = p_repository),
		(SELECT r.source FROM repository r WHERE r.name = p_repository))
$$;

-- The definition of an index as Azure AI Search (api-version 2024-07-01) takes it.  dimensions:
-- of the vectors; null: there are none.  The key and what hits are ordered by are sortable.
CREATE OR REPLACE FUNCTION codesearch.azure_definition(index_name text, dimensions integer)
RETURNS jsonb LANGUAGE sql IMMUTABLE SET search_path = codesearch, pg_temp AS $$
	SELECT jsonb_build_object('name', index_name, 'fields', (
			SELECT jsonb_agg(jsonb_build_object('name', name, 'type', type, 'key', name = 'id',
				'searchable', uses ~ 's', 'filterable', uses ~ 'f', 'sortable', uses ~ 'o', 'facetable', uses ~ 'a',
				'retrievable', true) || CASE WHEN uses ~ 's' THEN jsonb_build_object('analyzer',
				CASE WHEN uses ~ 'w' THEN 'keyword' ELSE 'standard.lucene' END) ELSE '{}' END ORDER BY place)
			  -- uses: searched, filtered, ordered by, added up as a facet; w: its value is one word
			  FROM (VALUES (1, 'id', 'Edm.String', 'fo'), (2, 'content', 'Edm.String', 's'), (3, 'file_path', 'Edm.String', 'sfo'),
				(4, 'function_name', 'Edm.String', 's'), (5, 'class_name', 'Edm.String', 's'), (6, 'repository', 'Edm.String', 'swfa'),
				(7, 'language', 'Edm.String', 'swfoa'), (8, 'tags', 'Collection(Edm.String)', 'swf'),
				(9, 'imports', 'Collection(Edm.String)', 'sf'), (10, 'called_functions', 'Collection(Edm.String)', 'sf'),
				(11, 'start_line', 'Edm.Int32', 'f'), (12, 'end_line', 'Edm.Int32', 'f'), (13, 'parent_context', 'Edm.String', 's'),
				(14, 'docstring', 'Edm.String', 's'), (15, 'context_type', 'Edm.String', 's'), (16, 'chunking_metadata', 'Edm.String', ''),
				(17, 'semantic_context', 'Edm.String', 's'), (18, 'signature', 'Edm.String', 's'), (19, 'chunk_type', 'Edm.String', 'f'),
				(20, 'chunk_id', 'Edm.String', 'f'), (21, 'file_extension', 'Edm.String', 'fa'),
				(22, 'created_at', 'Edm.DateTimeOffset', 'fo'), (23, 'last_modified', 'Edm.DateTimeOffset', 'fo')) AS f (place, name, type, uses))
			|| CASE WHEN dimensions IS NULL THEN '[]' ELSE jsonb_build_array(jsonb_build_object('name', 'content_vector',
				'type', 'Collection(Edm.Single)', 'searchable', true, 'retrievable', true, 'dimensions', dimensions,
				'vectorSearchProfile', 'vector-profile')) END,
		'semantic', '{"configurations": [{"name": "semantic-config", "prioritizedFields": {"titleField": {"fieldName": "function_name"},
			"prioritizedContentFields": [{"fieldName": "content"}, {"fieldName": "docstring"}],
			"prioritizedKeywordsFields": [{"fieldName": "repository"}, {"fieldName": "language"}, {"fieldName": "tags"}]}}]}'::jsonb) ||
		CASE WHEN dimensions IS NULL THEN '{}' ELSE '{"vectorSearch": {"algorithms": [{"name": "hnsw", "kind": "hnsw",
			"hnswParameters": {"m": 4, "efConstruction": 400, "efSearch": 500, "metric": "cosine"}}],
			"profiles": [{"name": "vector-profile", "algorithm": "hnsw"}]}}'::jsonb END
$$;

-- How an index that is there differs from a definition, where fields that it has
-- beyond it are its own; what a definition does not say may be anything.
CREATE OR REPLACE FUNCTION codesearch.azure_differences(there jsonb, wanted jsonb)
RETURNS text[] LANGUAGE sql IMMUTABLE SET search_path = codesearch, pg_temp AS $$
	SELECT ARRAY(
		SELECT DISTINCT CASE WHEN has IS NULL THEN format('field %s is not in the index', f ->> 'name')
			ELSE format('%s of field %s is %s, not %s', d.key, f ->> 'name', coalesce(has ->> d.key, 'not said'), d.value #>> '{}') END
		  FROM jsonb_array_elements(wanted -> 'fields') f
		  LEFT JOIN LATERAL (SELECT o FROM jsonb_array_elements(there -> 'fields') o WHERE o -> 'name' = f -> 'name') AS x (has) ON true
		  LEFT JOIN LATERAL jsonb_each(f) d ON d.key IN ('type', 'key', 'searchable', 'filterable', 'sortable', 'facetable', 'dimensions')
			AND coalesce(has -> d.key, 'false') IS DISTINCT FROM d.value
		 WHERE has IS NULL OR d.key IS NOT NULL
		 ORDER BY 1)
$$;
