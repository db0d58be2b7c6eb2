-- codesearch-azure: filling the index, by the indexers of the service or by sallyport-index.

-- Names as the service has them for what belongs to it.
CREATE OR REPLACE FUNCTION codesearch_azure.is_name(name text)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT coalesce(name ~ '^[a-z0-9]([a-z0-9-]{0,126}[a-z0-9])?$', false) $$;

-- The jobs of sallyport-index for a repository, or for all of them ("*").
CREATE OR REPLACE FUNCTION codesearch_azure.jobs(in_repository text)
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_agg(codesearch.job_shown(j) ORDER BY j.job_id DESC) FROM (SELECT * FROM codesearch.job x
		WHERE x.repository = in_repository AND x.target = codesearch_azure.target() ORDER BY x.job_id DESC LIMIT 5) j
$$;

-- What the service says of an indexer, without the length that logs can have.
CREATE OR REPLACE FUNCTION codesearch_azure.status_shown(status jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT (SELECT jsonb_object_agg(key, value) FROM jsonb_each(status) WHERE key !~ '^@' AND key <> 'executionHistory') ||
		jsonb_build_object('history', coalesce((SELECT jsonb_agg((h - '{errors,warnings}'::text[]) || jsonb_build_object('errorMessage', left(h ->> 'errorMessage', 1000),
				'errors', (SELECT coalesce(jsonb_agg(left(coalesce(e ->> 'errorMessage', e::text), 1000)), '[]') FROM (
					SELECT e FROM jsonb_array_elements(CASE jsonb_typeof(h -> 'errors') WHEN 'array' THEN h -> 'errors' ELSE '[]' END) e LIMIT 5) x)) ORDER BY o)
			FROM jsonb_array_elements(status -> 'executionHistory') WITH ORDINALITY AS x (h, o) WHERE o <= 5), '[]'))
$$;

-- ---- manage_indexer ----
CREATE OR REPLACE FUNCTION codesearch_azure.manage_indexer(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	action  text := lower(a ->> 'action');
	name    text := btrim(coalesce(a ->> 'indexer_name', ''));
	body    jsonb := answer -> 'body';
	refused text := codesearch_azure.index_refused(a ->> 'target_index');
	wait    jsonb := CASE WHEN (a ->> 'wait')::boolean THEN '{"warnings": ["this call cannot wait for the run; ask for its status"]}'::jsonb ELSE '{}' END;
BEGIN
	IF action NOT IN ('list', 'status', 'run', 'reset', 'create', 'delete') THEN
		RETURN codesearch.failure('action must be one of list, status, run, reset, create, delete');
	ELSIF action <> 'list' AND name = '' THEN
		RETURN codesearch.failure(format('%s needs indexer_name', action));
	ELSIF refused IS NOT NULL THEN
		RETURN codesearch.failure(refused);
	ELSIF answer IS NULL AND action = 'status' AND codesearch_azure.jobs(name) IS NOT NULL THEN
		-- a repository that sallyport-index fills the index with
		RETURN codesearch.success(jsonb_build_object('indexer', name, 'status', jsonb_build_object('name', name,
			'target_index', codesearch_azure.index_name(), 'history', codesearch_azure.jobs(name))));
	ELSIF action <> 'list' AND NOT codesearch_azure.is_name(name) THEN
		RETURN codesearch.failure(format('there is no indexer %s, and no job of a repository with this name', left(name, 100)));
	ELSIF action = 'create' AND NOT codesearch_azure.is_name(a ->> 'datasource_name') THEN
		RETURN codesearch.failure('create needs the datasource_name of a data source; create_datasource makes one');
	ELSIF answer IS NULL THEN
		RETURN codesearch_azure.next(action, jsonb_strip_nulls(jsonb_build_object('name', name, 'schedule', a -> 'schedule',
			'parameters', a -> 'parameters', 'datasource', a -> 'datasource_name')));
	ELSIF NOT codesearch_azure.is_good(answer) THEN
		RETURN codesearch_azure.refused(answer);
	END IF;
	CASE answer ->> 'request'
	WHEN 'list' THEN
		RETURN codesearch.success(jsonb_build_object('indexers', body -> 'value', 'repositories', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', t.repository,
			'indexed_at', t.indexed_at) ORDER BY t.repository), '[]') FROM codesearch.target_repository t WHERE t.target = codesearch_azure.target())));
	WHEN 'status' THEN
		RETURN codesearch.success(jsonb_build_object('indexer', name, 'status', codesearch_azure.status_shown(body)));
	WHEN 'create' THEN
		RETURN codesearch.success(jsonb_build_object('indexer', name, 'created_or_updated', true, 'result',
			CASE WHEN jsonb_typeof(body) = 'object' THEN body ELSE jsonb_build_object('name', name) END));
	WHEN 'delete' THEN
		RETURN codesearch.success(jsonb_build_object('deleted', true, 'indexer', name));
	WHEN 'reset' THEN
		RETURN codesearch_azure.next('run', answer -> 'with');
	ELSE	-- run
		RETURN codesearch.success(jsonb_build_object('indexer', name) || CASE action
			WHEN 'run' THEN jsonb_build_object('run_started', true, 'result', jsonb_build_object('status', answer -> 'status'))
			ELSE jsonb_build_object('reset', true, 'run_result', jsonb_build_object('status', answer -> 'status')) END || wait);
	END CASE;
END
$$;

-- ---- index_rebuild: of a repository that is known here a job, otherwise the indexer of that name ----
CREATE OR REPLACE FUNCTION codesearch_azure.index_rebuild(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	name  text := btrim(coalesce(a ->> 'repository', 'default'));
	job   jsonb;
	asked jsonb;
BEGIN
	IF answer IS NULL THEN
		IF NOT codesearch_azure.is_name(name) AND codesearch.known_source(name, codesearch_azure.target()) IS NULL THEN
			RETURN codesearch.failure(format('there is no indexer %s, and it is not known where a repository of this name comes from', left(name, 100)));
		END IF;
		asked := codesearch.unconfirmed(a -> 'confirm', format('This indexes everything of %s again, which the service charges for.', name));
		IF asked IS NOT NULL THEN
			RETURN asked;
		ELSIF codesearch.known_source(name, codesearch_azure.target()) IS NOT NULL THEN
			job := codesearch.job_add(name, NULL, true, codesearch_azure.target());
			RETURN codesearch.success(jsonb_build_object('repository', name, 'output', codesearch.queued(job)) || job);
		END IF;
		RETURN codesearch_azure.next('reset', jsonb_build_object('name', name));
	ELSIF NOT codesearch_azure.is_good(answer) THEN
		RETURN codesearch_azure.refused(answer);
	ELSIF answer ->> 'request' = 'reset' THEN
		RETURN codesearch_azure.next('run', answer -> 'with');
	END IF;
	RETURN codesearch.success(jsonb_build_object('repository', name, 'state', 'running'));
END
$$;

-- ---- jobs of sallyport-index for the index as a whole ----
CREATE OR REPLACE FUNCTION codesearch_azure.clear_repository_documents(repository_filter text, confirm jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	wanted text := codesearch.repository_meant(repository_filter);
	asked  jsonb;
	job    jsonb;
BEGIN
	IF wanted IS NULL THEN
		RETURN codesearch.failure('repository_filter must be: repository eq ''name'', or the name alone');
	END IF;
	asked := codesearch.unconfirmed(confirm, format('This removes all documents of repository %s from the index %s.', wanted, codesearch_azure.index_name()));
	IF asked IS NOT NULL THEN
		RETURN asked;
	END IF;
	job := codesearch.job_add(wanted, '{"type": "clear"}', false, codesearch_azure.target());
	RETURN codesearch.success(jsonb_build_object('cleared', false, 'filter', repository_filter, 'output', codesearch.queued(job)) || job);
END
$$;

CREATE OR REPLACE FUNCTION codesearch_azure.rebuild_index(confirm jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	warning text := format('The index %s is removed with all that is in it, made anew, and the repositories that sallyport-index filled it with are indexed again. What others have put into it will be gone.',
		codesearch_azure.index_name());
	asked   jsonb := codesearch.unconfirmed(confirm, warning);
	job     jsonb;
BEGIN
	IF asked IS NOT NULL THEN
		RETURN asked;
	END IF;
	job := codesearch.job_add('*', '{"type": "rebuild"}', true, codesearch_azure.target());
	RETURN codesearch.success(jsonb_build_object('rebuilt', false, 'warning', warning, 'output', codesearch.queued(job)) || job);
END
$$;

-- With dry_run the service is asked how many documents there are: which of them have no vector it does not tell.
CREATE OR REPLACE FUNCTION codesearch_azure.backfill_embeddings(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	refused text := codesearch_azure.index_refused(a ->> 'index_name');
	size    integer := (a ->> 'batch_size')::integer;
	most    integer := (a ->> 'max_docs')::integer;
	total   bigint;
	job     jsonb;
BEGIN
	IF refused IS NOT NULL THEN
		RETURN codesearch.failure(refused);
	ELSIF size NOT BETWEEN 1 AND 1000 OR most < 1 THEN
		RETURN codesearch.failure('batch_size must be 1 to 1000, max_docs at least 1');
	ELSIF answer IS NULL THEN
		RETURN codesearch_azure.next('index');
	ELSIF NOT codesearch_azure.is_good(answer) THEN
		RETURN codesearch_azure.refused(answer);
	ELSIF answer ->> 'request' = 'index' THEN
		IF codesearch_azure.vector_fields(answer -> 'body') = 0 THEN
			RETURN codesearch.failure(format('the index %s has no field for vectors; rebuild_index makes one when a provider of embeddings is configured', codesearch_azure.index_name()));
		END IF;
		RETURN codesearch_azure.next('count');
	END IF;
	total := substring(answer #>> '{body}' from '\d+')::bigint;
	IF (a ->> 'dry_run')::boolean THEN
		RETURN codesearch.success(jsonb_build_object('backfill_started', false, 'index', codesearch_azure.index_name(), 'processed', least(total, most), 'written', 0,
			'failed', 0, 'dry_run', true, 'output', format('%s documents would be looked at', least(total, most))));
	END IF;
	job := codesearch.job_add('*', jsonb_strip_nulls(jsonb_build_object('type', 'backfill', 'batch_size', size,
		'include_context', a -> 'include_context', 'max_docs', most)), false, codesearch_azure.target());
	RETURN codesearch.success(jsonb_build_object('backfill_started', true, 'index', codesearch_azure.index_name(), 'processed', 0, 'written', 0, 'failed', 0,
		'output', codesearch.queued(job)) || job);
END
$$;
