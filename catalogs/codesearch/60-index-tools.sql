-- codesearch: the index as a whole.

-- ---- what the index is ----

-- There is one index in a database; null and its name are it.
CREATE OR REPLACE FUNCTION codesearch.index_refused(index_name text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN index_name <> 'codesearch' THEN format('there is no index %s; the index is codesearch', left(index_name, 100)) END
$$;

-- Its fields in the words of Azure AI Search, which the tools of the original speak.
CREATE OR REPLACE FUNCTION codesearch.definition()
RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT jsonb_build_object('name', 'codesearch', 'fields', jsonb_agg(jsonb_build_object('name', name,
			'type', CASE type WHEN 'text' THEN 'Edm.String' WHEN 'integer' THEN 'Edm.Int32' WHEN 'text[]' THEN 'Collection(Edm.String)'
				WHEN 'timestamp with time zone' THEN 'Edm.DateTimeOffset' WHEN 'real[]' THEN 'Collection(Edm.Single)' END,
			'key', name = 'id',
			'searchable', name IN ('content', 'file_path', 'function_name', 'class_name', 'signature', 'docstring', 'defines'),
			'filterable', name IN ('id', 'repository', 'language'), 'sortable', name IN ('file_path', 'language', 'last_modified'),
			'facetable', name IN ('repository', 'language')) ORDER BY place))
	  FROM (SELECT attname::text AS name, format_type(atttypid, NULL) AS type, attnum::integer AS place FROM pg_attribute
	         WHERE attrelid = 'codesearch.chunk'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
	        UNION ALL SELECT attname, format_type(atttypid, NULL), 1000 + attnum FROM pg_attribute
	         WHERE attrelid = 'codesearch.file'::regclass AND attname IN ('imports', 'last_modified')
	        UNION ALL SELECT 'content_vector', 'real[]', 2000) f
$$;

-- What is wrong with a definition in itself.
CREATE OR REPLACE FUNCTION codesearch.definition_issues(definition jsonb)
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN jsonb_typeof(definition) <> 'object' OR jsonb_typeof(definition -> 'fields') IS DISTINCT FROM 'array'
		THEN ARRAY['a definition is an object with an array "fields"']
	ELSE ARRAY(
		SELECT format('there are %s keys, there must be one', n) FROM (SELECT count(*) AS n FROM jsonb_array_elements(definition -> 'fields') f
			WHERE f -> 'key' = 'true') k WHERE n <> 1
		UNION ALL
		SELECT format('field %s has no name or no type', o) FROM jsonb_array_elements(definition -> 'fields') WITH ORDINALITY AS x (f, o)
		 WHERE f ->> 'name' IS NULL OR f ->> 'type' IS NULL
		UNION ALL
		SELECT format('field %s stands twice', f ->> 'name') FROM jsonb_array_elements(definition -> 'fields') f GROUP BY f ->> 'name' HAVING count(*) > 1
		UNION ALL
		SELECT format('field %s is searchable but no string', f ->> 'name') FROM jsonb_array_elements(definition -> 'fields') f
		 WHERE f -> 'searchable' = 'true' AND f ->> 'type' NOT IN ('Edm.String', 'Collection(Edm.String)', 'Collection(Edm.Single)'))
	END
$$;

-- How a definition differs from ours, in what it says: what it leaves out may be anything.
CREATE OR REPLACE FUNCTION codesearch.definition_differences(definition jsonb)
RETURNS text[] LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	SELECT ARRAY(
		SELECT CASE WHEN ours IS NULL THEN format('field %s is not in the index', f ->> 'name')
			ELSE format('%s of field %s is %s, not %s', d.key, f ->> 'name', ours ->> d.key, d.value #>> '{}') END
		  FROM jsonb_array_elements(definition -> 'fields') f
		  LEFT JOIN LATERAL (SELECT o FROM jsonb_array_elements(codesearch.definition() -> 'fields') o WHERE o -> 'name' = f -> 'name') AS x (ours) ON true
		  LEFT JOIN LATERAL jsonb_each(f) d ON d.key IN ('type', 'key', 'searchable', 'filterable', 'sortable', 'facetable')
			AND ours -> d.key IS DISTINCT FROM d.value
		 WHERE ours IS NULL OR d.key IS NOT NULL
		 GROUP BY 1 ORDER BY 1)
$$;

-- What a migration that was left out, or somebody's hand, has done to the tables.
CREATE OR REPLACE FUNCTION codesearch.table_issues()
RETURNS text[] LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT ARRAY(
		SELECT format('%s has no column %s of type %s', w.table_name, w.name, w.type)
		  FROM (VALUES ('codesearch.chunk', 'id', 'text'), ('codesearch.chunk', 'repository', 'text'), ('codesearch.chunk', 'file_path', 'text'),
			('codesearch.chunk', 'number', 'integer'), ('codesearch.chunk', 'language', 'text'), ('codesearch.chunk', 'chunk_type', 'text'),
			('codesearch.chunk', 'function_name', 'text'), ('codesearch.chunk', 'class_name', 'text'), ('codesearch.chunk', 'signature', 'text'),
			('codesearch.chunk', 'docstring', 'text'), ('codesearch.chunk', 'defines', 'text[]'), ('codesearch.chunk', 'called_functions', 'text[]'),
			('codesearch.chunk', 'start_line', 'integer'), ('codesearch.chunk', 'end_line', 'integer'), ('codesearch.chunk', 'content', 'text'),
			('codesearch.chunk', 'head', 'tsvector'), ('codesearch.chunk', 'body', 'tsvector'), ('codesearch.chunk', 'names', 'text'),
			('codesearch.file', 'imports', 'text[]'), ('codesearch.file', 'import_stems', 'text[]'), ('codesearch.file', 'last_modified', 'timestamp with time zone')
			) AS w (table_name, name, type)
		 WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass(w.table_name) AND a.attname = w.name
			AND format_type(a.atttypid, NULL) = w.type AND NOT a.attisdropped)
		UNION ALL
		SELECT format('there is no index %s', i) FROM unnest('{chunk_file,chunk_function,chunk_class,chunk_names,chunk_head,chunk_body,file_stem,file_imports}'::text[]) i
		 WHERE NOT EXISTS (SELECT FROM pg_index x WHERE x.indexrelid = to_regclass('codesearch.' || i) AND x.indisvalid))
$$;

-- Figures of the index as the administrative tools give them.
CREATE OR REPLACE FUNCTION codesearch.figures()
RETURNS jsonb LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	SELECT jsonb_build_object('documentCount', (SELECT count(*) FROM chunk),
		'storageSizeGB', round((pg_total_relation_size('codesearch.chunk') + pg_total_relation_size('codesearch.file')) / 1073741824.0, 3),
		'fieldCount', jsonb_array_length(codesearch.definition() -> 'fields'), 'vectorFieldCount', 1)
$$;

-- ---- for those who change it: as the owner, each for one purpose ----

-- Removes the pieces of one repository, or of all; the repositories stay known, and with
-- them where they come from.  Gives how many pieces went.
CREATE OR REPLACE FUNCTION codesearch.clear(only_repository text)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = codesearch, pg_temp AS $$
DECLARE
	gone bigint := (SELECT count(*) FROM chunk WHERE only_repository IS NULL OR repository = only_repository);
BEGIN
	PERFORM codesearch.require_admin();
	DELETE FROM file WHERE only_repository IS NULL OR repository = only_repository;
	UPDATE repository SET indexed_at = NULL WHERE only_repository IS NULL OR name = only_repository;
	RETURN gone;
END
$$;

CREATE OR REPLACE FUNCTION codesearch.renew_statistics()
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = codesearch, pg_temp AS $$
BEGIN
	PERFORM codesearch.require_admin();
	PERFORM codesearch.refresh_words();
	ANALYZE codesearch.chunk, codesearch.file, codesearch.word, codesearch.feedback;
END
$$;

-- ---- questions before what cannot be undone ----

-- Null: it is confirmed.  Otherwise the answer to give, in the envelope.
CREATE OR REPLACE FUNCTION codesearch.unconfirmed(confirm jsonb, question text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	agreed boolean := mcp.confirm(question, confirm);
BEGIN
	RETURN CASE WHEN agreed THEN NULL
		WHEN NOT agreed THEN codesearch.failure('it was not confirmed, and nothing was done')
		ELSE codesearch.success(mcp.confirmation(question)) END;
END
$$;

-- ---- manage_index ----
CREATE OR REPLACE FUNCTION tools.manage_index(action text, index_definition jsonb DEFAULT NULL, index_name text DEFAULT NULL,
	update_if_different boolean DEFAULT true, backup_documents boolean DEFAULT false, confirm jsonb DEFAULT 'false')
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	refused  text := codesearch.index_refused(coalesce(index_name, index_definition ->> 'name'));
	issues   text[];
	differs  text[];
	answer   jsonb;
	figures  jsonb := codesearch.figures();
BEGIN
	IF refused IS NOT NULL THEN
		RETURN codesearch.failure(refused);
	END IF;
	CASE lower(action)
	WHEN 'list' THEN
		RETURN codesearch.success(jsonb_build_object('indexes', jsonb_build_array(jsonb_build_object('name', 'codesearch',
			'fields', figures -> 'fieldCount', 'documentCount', figures -> 'documentCount',
			'storageSizeMB', round((figures ->> 'storageSizeGB')::numeric * 1024, 1)))));
	WHEN 'create', 'ensure' THEN
		IF index_definition IS NOT NULL THEN
			issues := codesearch.definition_issues(index_definition);
			IF issues <> '{}' THEN
				RETURN codesearch.failure('index_definition: ' || array_to_string(issues, '; '));
			END IF;
			differs := codesearch.definition_differences(index_definition);
			IF differs <> '{}' AND (lower(action) = 'create' OR update_if_different) THEN
				RETURN codesearch.failure('the index is made by the catalog and cannot become another: ' || array_to_string(differs, '; '));
			END IF;
		END IF;
		RETURN codesearch.success(jsonb_build_object('created', false, 'updated', false, 'current', codesearch.definition()) ||
			CASE WHEN differs <> '{}' THEN jsonb_build_object('differences', to_jsonb(differs)) ELSE '{}' END);
	WHEN 'validate' THEN
		RETURN codesearch.success(codesearch.validated(NULL));
	WHEN 'optimize' THEN
		PERFORM codesearch.renew_statistics();
		RETURN codesearch.success(jsonb_build_object('stats', figures, 'recommendations', to_jsonb(array_remove(ARRAY[
				CASE WHEN (figures ->> 'documentCount')::bigint = 0 THEN 'Index something: sallyport-index DIRECTORY.' END,
				CASE WHEN (figures ->> 'documentCount')::bigint > 1000000 THEN 'Leave out repositories that nobody searches: over a million pieces take more memory to search quickly.' END], NULL)),
			'warnings', to_jsonb(array_remove(ARRAY[
				CASE WHEN (figures ->> 'storageSizeGB')::numeric > 50 THEN 'The index takes over 50 GB.'
					WHEN (figures ->> 'storageSizeGB')::numeric > 10 THEN 'The index takes over 10 GB.' END], NULL))));
	WHEN 'delete', 'recreate' THEN
		IF lower(action) = 'delete' AND index_name IS NULL THEN
			RETURN codesearch.failure('delete needs index_name');
		ELSIF backup_documents THEN
			RETURN codesearch.failure('backup_documents is not possible here: nothing would be saved. Use pg_dump, or index again');
		END IF;
		answer := codesearch.unconfirmed(confirm, format('This removes all %s pieces from the index.', figures ->> 'documentCount'));
		IF answer IS NOT NULL THEN
			RETURN answer;
		END IF;
		PERFORM codesearch.clear(NULL);
		RETURN codesearch.success(CASE lower(action)
			WHEN 'delete' THEN '{"deleted": true, "index": "codesearch"}'::jsonb
			ELSE '{"deleted": true, "created": true, "documents_backed_up": 0}' END);
	ELSE
		RETURN codesearch.failure('action must be one of create, ensure, recreate, delete, optimize, validate, list');
	END CASE;
END
$$;
COMMENT ON FUNCTION tools.manage_index(text, jsonb, text, boolean, boolean, jsonb) IS $c$Manage the index
Looks after the search index itself. list: the index with its size; validate: whether its tables are as they must be;
optimize: renews its statistics and says what to mind; create, ensure: checks that it is there, and compares a definition
with it; delete, recreate: removes all pieces, after a confirmation. Its fields are those of the catalog and cannot be changed.
@mcp
@toolset azure_management
@invalidates index_status
@scope codesearch:admin
@tier admin
@destructive
@param action {"examples": ["create", "ensure", "recreate", "delete", "optimize", "validate", "list"]} what to do
@param index_definition {"type": "object"} create, ensure: fields to compare with those of the index
@param index_name the index; there is one, codesearch
@param update_if_different ensure: differences are a failure; false only tells them
@param backup_documents recreate: refused here when true, because nothing would be saved
@param confirm {"type": ["boolean", "string"]} delete, recreate: true to go on
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object"}}}$c$;

-- ---- validate_index_schema ----
CREATE OR REPLACE FUNCTION codesearch.validated(expected jsonb)
RETURNS jsonb LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	SELECT jsonb_build_object('valid', issues = '{}', 'issues', to_jsonb(issues), 'warnings', to_jsonb(warnings), 'indexName', 'codesearch',
		'fieldCount', jsonb_array_length(codesearch.definition() -> 'fields'))
	  FROM (SELECT codesearch.table_issues() || codesearch.definition_issues(codesearch.definition()) ||
			CASE WHEN expected IS NULL THEN '{}' ELSE codesearch.definition_differences(expected) END AS issues,
		ARRAY(SELECT format('repository %s was never indexed completely', name) FROM repository WHERE indexed_at IS NULL AND source IS NOT NULL ORDER BY name) AS warnings) x
$$;
CREATE OR REPLACE FUNCTION tools.validate_index_schema(expected_schema jsonb DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	issues text[] := '{}';
BEGIN
	IF expected_schema IS NOT NULL THEN
		issues := codesearch.definition_issues(CASE WHEN expected_schema -> 'fields' @> '[{"key": true}]' OR jsonb_typeof(expected_schema -> 'fields') <> 'array'
			THEN expected_schema
			-- an excerpt need not have the key
			ELSE jsonb_set(expected_schema, '{fields}', expected_schema -> 'fields' || '[{"name": " ", "type": "Edm.String", "key": true}]') END);
		IF issues <> '{}' THEN
			RETURN codesearch.failure('expected_schema: ' || array_to_string(issues, '; '));
		END IF;
	END IF;
	RETURN codesearch.success(codesearch.validated(expected_schema));
END
$$;
COMMENT ON FUNCTION tools.validate_index_schema(jsonb) IS $c$Validate the index schema
Whether the tables and indexes behind code search are as they must be, and whether the fields that you expect are there.
@mcp
@toolset azure_management
@scope codesearch:admin
@tier admin
@param expected_schema {"type": "object", "examples": [{"fields": [{"name": "content", "type": "Edm.String", "searchable": true}]}]} fields that should be there, with as much of each as matters
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["valid", "issues", "warnings", "indexName", "fieldCount"], "properties": {"valid": {"type": "boolean"},
	"issues": {"type": "array", "items": {"type": "string"}}, "warnings": {"type": "array", "items": {"type": "string"}},
	"indexName": {"type": "string"}, "fieldCount": {"type": "integer"}}}}}$c$;

-- ---- backup_index_schema ----
CREATE OR REPLACE FUNCTION tools.backup_index_schema(output_file text DEFAULT 'schema_backup.json')
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF length(output_file) > 255 OR output_file ~ '[[:cntrl:]]' THEN
		RETURN codesearch.failure('output_file is no name of a file');
	END IF;
	RETURN codesearch.success(jsonb_build_object('backed_up', true, 'output_file', output_file, 'schema', codesearch.definition(),
		'output', 'The definition is in schema. Nothing was written on the server: keep it where you want it.'));
END
$$;
COMMENT ON FUNCTION tools.backup_index_schema(text) IS $c$Back up the index schema
Gives the definition of the index. It writes no file on the server: output_file is only repeated.
@mcp
@toolset azure_management
@scope codesearch:admin
@tier admin
@param output_file a name for what you make of it
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["backed_up", "output_file", "schema"], "properties": {"backed_up": {"const": true}, "output_file": {"type": ["string", "null"]},
	"schema": {"type": "object", "required": ["name", "fields"]}, "output": {"type": "string"}}}}}$c$;

-- ---- clear_repository_documents ----

-- The repository that a filter means: the one expression that is understood, or a bare name.
CREATE OR REPLACE FUNCTION codesearch.repository_meant(repository_filter text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(replace(substring(btrim(repository_filter) from '^repository\s+eq\s+''((?:[^'']|'''')+)''$'), '''''', ''''),
		substring(btrim(repository_filter) from '^[A-Za-z0-9._/-]{1,100}$'))
$$;
CREATE OR REPLACE FUNCTION tools.clear_repository_documents(repository_filter text, confirm jsonb DEFAULT 'false')
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	wanted text := codesearch.repository_meant(repository_filter);
	answer jsonb;
	gone   bigint;
BEGIN
	IF wanted IS NULL THEN
		RETURN codesearch.failure('repository_filter must be: repository eq ''name'', or the name alone');
	ELSIF NOT EXISTS (SELECT FROM codesearch.repository r WHERE r.name = wanted) THEN
		RETURN codesearch.failure(format('there is no repository %s', left(wanted, 100)));
	END IF;
	answer := codesearch.unconfirmed(confirm, format('This removes the %s pieces of repository %s from the index.',
		(SELECT count(*) FROM codesearch.chunk c WHERE c.repository = wanted), wanted));
	IF answer IS NOT NULL THEN
		RETURN answer;
	END IF;
	gone := codesearch.clear(wanted);
	RETURN codesearch.success(jsonb_build_object('cleared', true, 'filter', repository_filter, 'deleted', gone,
		'output', format('%s pieces of %s were removed', gone, wanted)));
END
$$;
COMMENT ON FUNCTION tools.clear_repository_documents(text, jsonb) IS $c$Clear a repository
Removes all pieces of one repository from the index, after a confirmation. Where it comes from stays known, so that it can
be indexed again.
@mcp
@toolset azure_management
@invalidates index_status
@scope codesearch:admin
@tier admin
@destructive
@idempotent
@param repository_filter {"minLength": 1, "examples": ["repository eq 'old-repo'", "old-repo"]} which repository
@param confirm {"type": ["boolean", "string"]} true to go on
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object"}}}$c$;

-- ---- rebuild_index ----
CREATE OR REPLACE FUNCTION tools.rebuild_index(confirm jsonb DEFAULT 'false')
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	answer jsonb;
	gone   bigint;
	jobs   jsonb;
	lost   text[] := ARRAY(SELECT r.name FROM codesearch.repository r WHERE r.source IS NULL ORDER BY r.name);
	warning text := 'All pieces are removed and indexed again from where they came.' || CASE WHEN lost <> '{}' THEN
		format(' Of these it is not known, and they will be gone: %s.', array_to_string(lost[:20], ', ')) ELSE '' END;
BEGIN
	answer := codesearch.unconfirmed(confirm, warning);
	IF answer IS NOT NULL THEN
		RETURN answer;
	END IF;
	gone := codesearch.clear(NULL);
	SELECT coalesce(jsonb_agg(codesearch.job_add(r.name, NULL, true) ORDER BY r.name), '[]') INTO jobs
	  FROM codesearch.repository r WHERE r.source IS NOT NULL;
	RETURN codesearch.success(jsonb_build_object('rebuilt', true, 'warning', warning, 'deleted', gone, 'jobs', jobs,
		'output', format('%s pieces were removed, %s repositories are to be indexed again', gone, jsonb_array_length(jobs))));
END
$$;
COMMENT ON FUNCTION tools.rebuild_index(jsonb) IS $c$Rebuild the index
Removes everything from the index and has every repository indexed again from where it came, after a confirmation. Until
the jobs are done, searches find little. index_rebuild does it for one repository without a gap.
@mcp
@toolset azure_management
@invalidates index_status
@scope codesearch:admin
@tier admin
@destructive
@param confirm {"type": ["boolean", "string"]} true to go on
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object"}}}$c$;

-- ---- configure_semantic_search, get_service_info, create_skillset: what Azure AI Search has and a database has not ----
CREATE OR REPLACE FUNCTION tools.configure_semantic_search(action text DEFAULT 'status', plan text DEFAULT 'free',
	resource_group text DEFAULT NULL, search_service_name text DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF plan NOT IN ('free', 'standard') THEN
		RETURN codesearch.failure('plan must be free or standard');
	END IF;
	CASE lower(action)
	WHEN 'status' THEN
		RETURN codesearch.success('{"semantic_search": "disabled", "backend": "postgresql", "message": "Search ranks by words and names, without a model."}');
	WHEN 'disable' THEN
		RETURN codesearch.success('{"semantic_search": "disabled", "changed": false, "backend": "postgresql"}');
	WHEN 'enable' THEN
		RETURN codesearch.failure('semantic search needs Azure AI Search behind this catalog; here it is PostgreSQL');
	ELSE
		RETURN codesearch.failure('action must be one of status, enable, disable');
	END CASE;
END
$$;
COMMENT ON FUNCTION tools.configure_semantic_search(text, text, text, text) IS $c$Configure semantic search
The plan for semantic ranking of a search service in the cloud. On PostgreSQL there is none: status says so, and enable fails.
@mcp
@toolset service_management
@scope codesearch:admin
@tier admin
@param action {"examples": ["status", "enable", "disable"]} what to do
@param plan {"examples": ["free", "standard"]} enable: which plan
@param resource_group for the cloud service
@param search_service_name for the cloud service
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["semantic_search"], "properties": {"semantic_search": {"type": "string"}}}}}$c$;

CREATE OR REPLACE FUNCTION tools.get_service_info(resource_group text DEFAULT NULL, search_service_name text DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF search_service_name <> 'codesearch' THEN
		RETURN codesearch.failure(format('there is no search service %s; it is codesearch', left(search_service_name, 100)));
	END IF;
	RETURN codesearch.success(jsonb_build_object('service_name', 'codesearch', 'backend', 'postgresql',
		'sku', jsonb_build_object('name', 'postgresql', 'tier', 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1)),
		'status', 'running', 'provisioning_state', 'succeeded', 'replica_count', 1, 'partition_count', 1, 'semantic_search', 'disabled',
		'resource_group', NULL, 'subscription_id', NULL, 'location', NULL, 'hosting_mode', 'default', 'public_network_access', 'disabled'));
END
$$;
COMMENT ON FUNCTION tools.get_service_info(text, text) IS $c$Service information
What stands behind code search: the kind and version of the search service and its state.
@mcp
@toolset service_management
@scope codesearch:admin
@tier admin
@param resource_group for a service in the cloud
@param search_service_name the service; here it is codesearch
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["service_name", "sku", "status"], "properties": {"service_name": {"type": "string"}, "sku": {"type": "object"},
	"status": {"type": "string"}}}}}$c$;
