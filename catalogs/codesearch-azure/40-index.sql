-- codesearch-azure: the index, and the service that has it.

-- ---- what it is like ----

CREATE OR REPLACE FUNCTION codesearch_azure.megabytes(bytes jsonb)
RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT round((bytes #>> '{}')::numeric / 1048576, 1) $$;

CREATE OR REPLACE FUNCTION codesearch_azure.vector_fields(definition jsonb)
RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT count(*)::integer FROM jsonb_array_elements(definition -> 'fields') f WHERE f ? 'dimensions' AND f -> 'dimensions' <> 'null'
$$;

-- What is wrong with a definition, and how it differs from what is expected, or from what these tools make best use of.
CREATE OR REPLACE FUNCTION codesearch_azure.validated(definition jsonb, expected jsonb)
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('valid', issues = '{}', 'issues', to_jsonb(issues), 'warnings', to_jsonb(warnings),
		'indexName', definition -> 'name', 'fieldCount', jsonb_array_length(definition -> 'fields'))
	  FROM (SELECT codesearch.definition_issues(definition) ||
			CASE WHEN expected IS NULL THEN '{}' ELSE codesearch.azure_differences(definition, expected) END AS issues,
		codesearch.azure_differences(definition, codesearch.azure_definition(definition ->> 'name', NULL)) AS warnings) x
$$;

-- ---- index_status, validate_index_schema, backup_index_schema ----
CREATE OR REPLACE FUNCTION codesearch_azure.index_status(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	state jsonb := coalesce(answer -> 'with', '{}');
	body  jsonb := answer -> 'body';
BEGIN
	IF answer IS NULL THEN
		RETURN codesearch_azure.next('index');
	ELSIF NOT codesearch_azure.is_good(answer) THEN
		RETURN codesearch_azure.refused(answer);
	ELSIF answer ->> 'request' = 'index' THEN
		RETURN codesearch_azure.next('stats', jsonb_build_object('fields', jsonb_array_length(body -> 'fields'),
			'vector', codesearch_azure.vector_fields(body) > 0, 'semantic', coalesce(body -> 'semantic' -> 'configurations', '[]') <> '[]'));
	ELSIF answer ->> 'request' = 'stats' THEN
		RETURN codesearch_azure.next('facets', state || jsonb_build_object('documents', body -> 'documentCount', 'size', body -> 'storageSize'));
	END IF;
	RETURN codesearch.success(jsonb_build_object('index_name', codesearch_azure.index_name(), 'fields', state -> 'fields', 'documents', state -> 'documents',
		'storage_size_mb', codesearch_azure.megabytes(state -> 'size'), 'vector_search', state -> 'vector', 'semantic_search', state -> 'semantic',
		'backend', 'azure', 'repositories', coalesce((SELECT jsonb_agg(jsonb_build_object('name', f -> 'value', 'documents', f -> 'count',
				'indexed_at', (SELECT t.indexed_at FROM codesearch.target_repository t WHERE (t.target, t.repository) = (codesearch_azure.target(), f ->> 'value')))
				ORDER BY f ->> 'value')
			FROM jsonb_array_elements(body -> '@search.facets' -> 'repository') f), '[]')));
END
$$;

CREATE OR REPLACE FUNCTION codesearch_azure.validate_index_schema(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	expected jsonb := nullif(a -> 'expected_schema', 'null');
BEGIN
	IF expected IS NOT NULL AND jsonb_typeof(expected -> 'fields') IS DISTINCT FROM 'array' THEN
		RETURN codesearch.failure('expected_schema: a definition is an object with an array "fields"');
	ELSIF answer IS NULL THEN
		RETURN codesearch_azure.next('index');
	ELSIF NOT codesearch_azure.is_good(answer) THEN
		RETURN codesearch_azure.refused(answer);
	END IF;
	RETURN codesearch.success(codesearch_azure.validated(answer -> 'body', expected));
END
$$;

CREATE OR REPLACE FUNCTION codesearch_azure.backup_index_schema(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF length(a ->> 'output_file') > 255 OR a ->> 'output_file' ~ '[[:cntrl:]]' THEN
		RETURN codesearch.failure('output_file is no name of a file');
	ELSIF answer IS NULL THEN
		RETURN codesearch_azure.next('index');
	ELSIF NOT codesearch_azure.is_good(answer) THEN
		RETURN codesearch_azure.refused(answer);
	END IF;
	RETURN codesearch.success(jsonb_build_object('backed_up', true, 'output_file', a -> 'output_file', 'schema', answer -> 'body',
		'output', 'The definition is in schema. Nothing was written on the server: keep it where you want it.'));
END
$$;

-- ---- health_check: each request that fails is a component that is not well ----
CREATE OR REPLACE FUNCTION codesearch_azure.health_check(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	state      jsonb := coalesce(answer -> 'with', '{}');
	good       boolean := codesearch_azure.is_good(answer);
	components jsonb;
BEGIN
	IF answer IS NULL THEN
		RETURN codesearch_azure.next('search');
	ELSIF answer ->> 'request' = 'search' THEN
		RETURN codesearch_azure.next('index', jsonb_build_object('search', good, 'documents', coalesce((answer -> 'body' ->> '@odata.count')::bigint, 0)));
	ELSIF answer ->> 'request' = 'index' THEN
		RETURN codesearch_azure.next('service', state || jsonb_build_object('context', good AND answer -> 'body' -> 'fields' @> '[{"name": "imports"}]'));
	END IF;
	components := jsonb_build_object('search_client', state -> 'search', 'enhanced_search', state -> 'search', 'context_aware', state -> 'context',
		'feedback_collector', octet_length(codesearch.signature('')) = 12, 'cache_manager', true, 'rest_ops', good,
		'data_automation', (state ->> 'documents')::bigint > 0,
		-- of the indexers of the service nothing is asked: those who fill the index from here are meant
		'index_automation', (state ->> 'documents')::bigint > 0 OR EXISTS (SELECT FROM codesearch.target_repository
			WHERE target = codesearch_azure.target() AND indexed_at IS NOT NULL),
		'indexer_automation', NOT EXISTS (SELECT FROM codesearch.job j
			WHERE j.target = codesearch_azure.target() AND j.state = 'queued' AND j.created_at < now() - interval '1 hour'));
	RETURN codesearch.success(jsonb_build_object('healthy', (SELECT bool_and(value::boolean) FROM jsonb_each(components)),
		'components', components, 'backend', 'azure') || CASE WHEN good THEN jsonb_build_object('counters', answer -> 'body' -> 'counters') ELSE '{}' END);
END
$$;

-- ---- manage_index ----
CREATE OR REPLACE FUNCTION codesearch_azure.manage_index(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	action  text := lower(a ->> 'action');
	wanted  jsonb := nullif(a -> 'index_definition', 'null');
	state   jsonb := coalesce(answer -> 'with', '{}');
	body    jsonb := answer -> 'body';
	request text := answer ->> 'request';
	refused text := codesearch_azure.index_refused(coalesce(a ->> 'index_name', wanted ->> 'name'));
	issues  text[];
	asked   jsonb;
BEGIN
	IF action NOT IN ('create', 'ensure', 'recreate', 'delete', 'optimize', 'validate', 'list') THEN
		RETURN codesearch.failure('action must be one of create, ensure, recreate, delete, optimize, validate, list');
	ELSIF refused IS NOT NULL THEN
		RETURN codesearch.failure(refused);
	ELSIF wanted IS NOT NULL THEN
		issues := codesearch.definition_issues(wanted);
		IF issues <> '{}' THEN
			RETURN codesearch.failure('index_definition: ' || array_to_string(issues, '; '));
		END IF;
		wanted := wanted || jsonb_build_object('name', codesearch_azure.index_name());
	END IF;
	IF answer IS NULL THEN
		IF action IN ('delete', 'recreate') THEN
			IF action = 'delete' AND a ->> 'index_name' IS NULL THEN
				RETURN codesearch.failure('delete needs index_name');
			ELSIF (a ->> 'backup_documents')::boolean THEN
				RETURN codesearch.failure('backup_documents is not possible here: nothing would be saved. Index again');
			END IF;
			asked := codesearch.unconfirmed(a -> 'confirm', format('This removes the index %s and all of its documents.', codesearch_azure.index_name()));
			IF asked IS NOT NULL THEN
				RETURN asked;
			END IF;
		END IF;
		RETURN codesearch_azure.next(CASE WHEN action = 'list' THEN 'list' WHEN action = 'delete' THEN 'delete' ELSE 'index' END);
	ELSIF NOT codesearch_azure.is_good(answer) AND NOT (request = 'index' AND answer ->> 'status' = '404' AND action IN ('create', 'ensure', 'recreate')) THEN
		RETURN codesearch_azure.refused(answer);
	END IF;
	CASE request
	WHEN 'list' THEN
		RETURN codesearch_azure.next('stats_of', jsonb_build_object('indexes', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', i -> 'name',
			'fields', jsonb_array_length(i -> 'fields'))), '[]') FROM jsonb_array_elements(body -> 'value') i), 'at', 0, 'name', body -> 'value' -> 0 -> 'name'));
	WHEN 'stats_of' THEN
		state := jsonb_set(state, ARRAY['indexes', state ->> 'at'], (state -> 'indexes' -> (state ->> 'at')::integer) ||
			jsonb_build_object('documentCount', body -> 'documentCount', 'storageSizeMB', codesearch_azure.megabytes(body -> 'storageSize')));
		IF (state ->> 'at')::integer + 1 < least(jsonb_array_length(state -> 'indexes'), 40) THEN
			RETURN codesearch_azure.next('stats_of', state || jsonb_build_object('at', (state ->> 'at')::integer + 1,
				'name', state -> 'indexes' -> ((state ->> 'at')::integer + 1) -> 'name'));
		END IF;
		RETURN codesearch.success(jsonb_build_object('indexes', state -> 'indexes'));
	WHEN 'index' THEN
		IF action = 'validate' THEN
			RETURN codesearch.success(codesearch_azure.validated(body, NULL));
		ELSIF action = 'optimize' THEN
			RETURN codesearch_azure.next('stats', jsonb_build_object('fields', body -> 'fields', 'vectors', codesearch_azure.vector_fields(body)));
		ELSIF answer ->> 'status' = '404' THEN
			RETURN codesearch_azure.next('put', jsonb_build_object('definition',
				coalesce(wanted, codesearch.azure_definition(codesearch_azure.index_name(), NULL)), 'created', true));
		ELSIF action = 'recreate' THEN
			RETURN codesearch_azure.next('delete', jsonb_build_object('definition', coalesce(wanted,
				(SELECT jsonb_object_agg(key, value) FROM jsonb_each(body) WHERE key !~ '^@')), 'created', true));
		END IF;
		issues := CASE WHEN wanted IS NULL THEN '{}' ELSE codesearch.azure_differences(body, wanted) END;
		IF issues = '{}' OR (action = 'ensure' AND NOT coalesce((a ->> 'update_if_different')::boolean, true)) THEN
			RETURN codesearch.success(jsonb_build_object('created', false, 'updated', false, 'current', body) ||
				CASE WHEN issues <> '{}' THEN jsonb_build_object('differences', to_jsonb(issues)) ELSE '{}' END);
		END IF;
		RETURN codesearch_azure.next('put', jsonb_build_object('definition', wanted, 'created', false));
	WHEN 'delete' THEN
		IF action = 'recreate' THEN
			RETURN codesearch_azure.next('put', state);
		END IF;
		RETURN codesearch.success(jsonb_build_object('deleted', true, 'index', codesearch_azure.index_name()));
	WHEN 'put' THEN
		IF action = 'recreate' THEN
			RETURN codesearch.success('{"deleted": true, "created": true, "documents_backed_up": 0}');
		END IF;
		RETURN codesearch.success(jsonb_build_object('created', state -> 'created', 'updated', NOT (state ->> 'created')::boolean,
			'current', state -> 'definition'));
	ELSE	-- stats
		RETURN codesearch.success(jsonb_build_object('stats', jsonb_build_object('documentCount', body -> 'documentCount',
				'storageSizeGB', round((body ->> 'storageSize')::numeric / 1073741824, 3), 'fieldCount', jsonb_array_length(state -> 'fields'),
				'vectorFieldCount', state -> 'vectors'),
			'recommendations', to_jsonb(array_remove(ARRAY[
				CASE WHEN (body ->> 'documentCount')::bigint = 0 THEN 'Index something: index_repository, or sallyport-index --target.' END,
				CASE WHEN (body ->> 'documentCount')::bigint > 1000000 THEN 'Leave out repositories that nobody searches, or add partitions: there are over a million documents.' END,
				CASE WHEN jsonb_array_length(state -> 'fields') > 1000 THEN 'Leave out fields: there are over 1000.' END,
				CASE WHEN EXISTS (SELECT FROM jsonb_array_elements(state -> 'fields') f WHERE (f ->> 'dimensions')::integer > 3000)
					THEN 'Shorter vectors take less memory: these have over 3000 dimensions.' END], NULL)),
			'warnings', to_jsonb(array_remove(ARRAY[CASE WHEN (body ->> 'storageSize')::numeric > 50 * 1073741824.0 THEN 'The index takes over 50 GB.'
				WHEN (body ->> 'storageSize')::numeric > 10 * 1073741824.0 THEN 'The index takes over 10 GB.' END], NULL))));
	END CASE;
END
$$;

-- ---- manage_documents ----
CREATE OR REPLACE FUNCTION codesearch_azure.manage_documents(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	most    constant integer := 1000;	-- of one call, and of one request of the service
	action  text := lower(a ->> 'action');
	state   jsonb := coalesce(answer -> 'with', '{}');
	body    jsonb := answer -> 'body';
	refused text := codesearch_azure.index_refused(a ->> 'index_name');
	docs    jsonb := coalesce(nullif(a -> 'documents', 'null'), '[]');
	keys    text[] := codesearch.strings(a -> 'document_keys');
	dated   text := a ->> 'date_field';
	began   numeric := extract(epoch FROM clock_timestamp());
	seconds numeric;
	cutoff  timestamptz;
	asked   jsonb;
	gone    bigint;
	failed  bigint;
BEGIN
	IF refused IS NOT NULL THEN
		RETURN codesearch.failure(refused);
	ELSIF answer IS NOT NULL AND NOT codesearch_azure.is_good(answer) THEN
		RETURN codesearch_azure.refused(answer);
	END IF;
	CASE action
	WHEN 'count' THEN
		RETURN CASE WHEN answer IS NULL THEN codesearch_azure.next('count')
			ELSE codesearch.success(jsonb_build_object('count', substring(body #>> '{}' from '\d+')::bigint, 'index', codesearch_azure.index_name())) END;
	WHEN 'upload' THEN
		IF jsonb_array_length(docs) NOT BETWEEN 1 AND most THEN
			RETURN codesearch.failure(format('upload needs 1 to %s documents', most));
		ELSIF answer IS NULL THEN
			-- what is to be done with a document is for the tool to say: an upload removes nothing
			RETURN codesearch_azure.next('write', jsonb_build_object('began', began, 'documents', (SELECT jsonb_agg((SELECT coalesce(jsonb_object_agg(key, value), '{}')
					FROM jsonb_each(d) WHERE key !~ '^@') || jsonb_build_object('@search.action', CASE WHEN (a ->> 'merge')::boolean THEN 'merge' ELSE 'upload' END) ORDER BY o)
				FROM jsonb_array_elements(docs) WITH ORDINALITY AS x (d, o))));
		END IF;
		SELECT count(*) INTO failed FROM jsonb_array_elements(body -> 'value') v WHERE v -> 'status' <> 'true';
		seconds := greatest(began - (state ->> 'began')::numeric, 0.001);
		RETURN codesearch.success(jsonb_build_object('total_processed', jsonb_array_length(docs), 'succeeded', jsonb_array_length(docs) - failed, 'failed', failed,
			'elapsed_seconds', round(seconds, 3), 'documents_per_second', round(jsonb_array_length(docs) / seconds, 1),
			'failed_documents', coalesce((SELECT jsonb_agg(f) FROM (SELECT jsonb_build_object('key', v -> 'key', 'status', v -> 'statusCode', 'error', left(v ->> 'errorMessage', 300)) AS f
				FROM jsonb_array_elements(body -> 'value') v WHERE v -> 'status' <> 'true' LIMIT 100) x), '[]')));
	WHEN 'delete' THEN
		IF cardinality(keys) NOT BETWEEN 1 AND most THEN
			RETURN codesearch.failure(format('delete needs 1 to %s document_keys', most));
		END IF;
	WHEN 'cleanup' THEN
		IF coalesce((a ->> 'days_old')::integer, 0) NOT BETWEEN 1 AND 36500 OR dated IS NULL OR dated NOT IN ('last_modified', 'created_at') THEN
			RETURN codesearch.failure('cleanup needs days_old (1 or more) and date_field (last_modified or created_at)');
		ELSIF answer IS NULL THEN
			cutoff := date_trunc('second', now() - make_interval(days => (a ->> 'days_old')::integer));
			RETURN codesearch_azure.next('hits', jsonb_build_object('cutoff', cutoff, 'search', '*', 'top', most, 'skip', 0, 'select', 'id',
				'filter', format('%s lt %s', dated, to_char(cutoff AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))));
		ELSIF answer ->> 'request' = 'hits' THEN
			state := state || jsonb_build_object('found', body -> '@odata.count');
			keys := ARRAY(SELECT v ->> 'id' FROM jsonb_array_elements(body -> 'value') v);
			IF (a ->> 'dry_run')::boolean OR keys = '{}' THEN
				RETURN codesearch.success(jsonb_build_object('found', state -> 'found', 'deleted', 0, 'dry_run', coalesce((a ->> 'dry_run')::boolean, false),
					'date_field', dated, 'cutoff_date', state -> 'cutoff'));
			END IF;
		END IF;
	WHEN 'verify' THEN
		IF answer IS NULL THEN
			RETURN codesearch_azure.next('hits', jsonb_build_object('search', '*', 'top', 100, 'skip', 0, 'select', codesearch_azure.fields()));
		END IF;
		RETURN codesearch.success(codesearch_azure.verified(body -> 'value', (body ->> '@odata.count')::bigint));
	ELSE
		RETURN codesearch.failure('action must be one of upload, delete, cleanup, count, verify');
	END CASE;
	-- delete and cleanup, which has the keys now
	IF coalesce(answer ->> 'request', 'hits') = 'hits' THEN
		asked := codesearch.unconfirmed(a -> 'confirm', CASE action WHEN 'delete' THEN format('This removes %s documents from the index.', cardinality(keys))
			ELSE format('This removes %s documents whose %s is before %s.', cardinality(keys), dated, left(state ->> 'cutoff', 10)) END);
		RETURN coalesce(asked, codesearch_azure.next('write', state || jsonb_build_object('documents',
			(SELECT jsonb_agg(jsonb_build_object('id', k, '@search.action', 'delete') ORDER BY o) FROM unnest(keys) WITH ORDINALITY AS x (k, o)))));
	END IF;
	SELECT count(*) INTO gone FROM jsonb_array_elements(body -> 'value') v WHERE v -> 'status' = 'true';
	IF action = 'delete' THEN
		RETURN codesearch.success(jsonb_build_object('deleted', gone, 'requested', cardinality(keys), 'index', codesearch_azure.index_name()));
	END IF;
	RETURN codesearch.success(jsonb_build_object('found', state -> 'found', 'deleted', gone, 'dry_run', false, 'date_field', dated, 'cutoff_date', state -> 'cutoff') ||
		CASE WHEN gone < (state ->> 'found')::bigint THEN jsonb_build_object('warnings', jsonb_build_array(format('%s are left; call again', (state ->> 'found')::bigint - gone)))
			ELSE '{}' END);
END
$$;

-- A hundred documents looked at.
CREATE OR REPLACE FUNCTION codesearch_azure.verified(docs jsonb, total bigint)
RETURNS jsonb LANGUAGE sql STABLE AS $$
	WITH sample AS (
		SELECT p.*, codesearch.strings(d -> 'imports') AS imports
		  FROM jsonb_array_elements(docs) d, jsonb_populate_record(NULL::codesearch.chunk, codesearch_azure.piece(d)) p
	), issue AS (
		SELECT id, 'content is empty' AS said FROM sample WHERE btrim(content, E' \t\r\n') = ''
		UNION ALL SELECT id, 'the language is not known' FROM sample WHERE codesearch.language_named(language) IS DISTINCT FROM language
		UNION ALL SELECT id, 'it has no repository' FROM sample WHERE repository = ''
		UNION ALL SELECT id, 'it has no file_path' FROM sample WHERE file_path = ''
		UNION ALL SELECT id, 'it ends before it starts' FROM sample WHERE end_line < start_line
		UNION ALL SELECT id, 'a function without a name' FROM sample WHERE chunk_type = 'function' AND function_name IS NULL
	)
	SELECT jsonb_build_object('total_documents', total, 'sampled_documents', (SELECT count(*) FROM sample),
		'issues', coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'issue', said)) FROM (SELECT * FROM issue ORDER BY id LIMIT 50) i), '[]'),
		'issue_count', (SELECT count(*) FROM issue),
		'field_coverage', (SELECT jsonb_build_object('content', round(avg((content <> '')::integer), 2), 'function_name', round(avg((function_name IS NOT NULL)::integer), 2),
			'class_name', round(avg((class_name IS NOT NULL)::integer), 2), 'signature', round(avg((signature IS NOT NULL)::integer), 2),
			'docstring', round(avg((docstring IS NOT NULL)::integer), 2), 'imports', round(avg((imports <> '{}')::integer), 2),
			'called_functions', round(avg((called_functions <> '{}')::integer), 2)) FROM sample),
		'verification_timestamp', now())
$$;

-- ---- validate_embeddings ----
CREATE OR REPLACE FUNCTION codesearch_azure.validate_embeddings(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	refused  text := codesearch_azure.index_refused(a ->> 'index_name');
	size     integer := (a ->> 'sample_size')::integer;
	most     constant integer := 100;	-- a vector of 3072 numbers is 40 KB in the answer
	expected integer := (a ->> 'expected_dimensions')::integer;
	field    jsonb;
	data     jsonb;
BEGIN
	IF refused IS NOT NULL THEN
		RETURN codesearch.failure(refused);
	ELSIF size NOT BETWEEN 1 AND 10000 THEN
		RETURN codesearch.failure('sample_size must be 1 to 10000');
	ELSIF expected < 1 THEN
		RETURN codesearch.failure('expected_dimensions must be at least 1');
	ELSIF answer IS NULL THEN
		RETURN codesearch_azure.next('index');
	ELSIF NOT codesearch_azure.is_good(answer) THEN
		RETURN codesearch_azure.refused(answer);
	ELSIF answer ->> 'request' = 'index' THEN
		SELECT f INTO field FROM jsonb_array_elements(answer -> 'body' -> 'fields') f WHERE f ->> 'name' = 'content_vector';
		RETURN codesearch_azure.next('hits', jsonb_build_object('search', '*', 'top', least(size, most), 'skip', 0,
			'select', 'id' || CASE WHEN field IS NULL THEN '' ELSE ',content_vector' END, 'dimensions', coalesce(expected, (field ->> 'dimensions')::integer)));
	END IF;
	expected := (answer -> 'with' ->> 'dimensions')::integer;
	WITH judged AS (
		SELECT d -> 'id' AS id, n = 0 AS missing, n > 0 AND n <> coalesce(expected, n) AS misfit, n,
			n > 0 AND NOT EXISTS (SELECT FROM jsonb_array_elements(d -> 'content_vector') v WHERE v <> '0') AS broken
		  FROM jsonb_array_elements(answer -> 'body' -> 'value') d,
			LATERAL (SELECT CASE jsonb_typeof(d -> 'content_vector') WHEN 'array' THEN jsonb_array_length(d -> 'content_vector') ELSE 0 END) AS x (n)
	)
	SELECT jsonb_build_object('documents_checked', count(*), 'valid_embeddings', count(*) FILTER (WHERE NOT missing AND NOT broken AND NOT misfit),
		'invalid_embeddings', count(*) FILTER (WHERE broken OR misfit), 'missing_embeddings', count(*) FILTER (WHERE missing),
		'dimension_issues', coalesce((SELECT jsonb_agg(i) FROM (SELECT jsonb_build_object('id', id, 'dimensions', n) AS i FROM judged WHERE misfit LIMIT 10) x), '[]'),
		'expected_dimensions', expected, 'validation_passed', count(*) > 0 AND bool_and(NOT missing AND NOT broken AND NOT misfit)) INTO data FROM judged;
	RETURN codesearch.success(data || CASE WHEN size > most THEN jsonb_build_object('warnings',
		jsonb_build_array(format('the first %s documents were looked at', most))) ELSE '{}' END);
END
$$;
