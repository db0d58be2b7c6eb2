-- codesearch: having repositories indexed.  The work is sallyport-index's; a call only
-- asks for it and gives the number of the job.

-- ---- as the owner ----

CREATE OR REPLACE FUNCTION codesearch.put_datasource(p_name text, p_source jsonb, p_description text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = codesearch, pg_temp AS $$
	SELECT codesearch.require_admin();
	INSERT INTO datasource (name, source, description) VALUES (p_name, p_source || '{"by": "tool"}', p_description)
	ON CONFLICT (name) DO UPDATE SET source = excluded.source, description = excluded.description
$$;

-- A repository, what it comes from, and how often.
CREATE OR REPLACE FUNCTION codesearch.put_indexer(p_name text, p_datasource text, p_every interval)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = codesearch, pg_temp AS $$
	SELECT codesearch.require_admin();
	INSERT INTO repository (name, source, datasource, every, due_at)
	SELECT p_name, d.source, d.name, p_every, now() + p_every FROM datasource d WHERE d.name = p_datasource
	ON CONFLICT (name) DO UPDATE SET source = excluded.source, datasource = excluded.datasource,
		every = excluded.every, due_at = excluded.due_at
$$;
CREATE OR REPLACE FUNCTION codesearch.delete_indexer(p_name text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = codesearch, pg_temp AS $$
	SELECT codesearch.require_admin();
	UPDATE repository SET source = NULL, datasource = NULL, every = NULL, due_at = NULL WHERE name = p_name;
	DELETE FROM job WHERE repository = p_name AND state = 'queued'
$$;

-- ---- what callers may name ----

-- A source from what a caller says of it; the error says what is wrong.
CREATE OR REPLACE FUNCTION codesearch.read_source(kind text, connection jsonb, credentials jsonb, OUT source jsonb, OUT error text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	reference constant text := '^\$\{(env|file):[A-Za-z0-9_.-]{1,200}\}$';
	unknown text := (SELECT string_agg(k, ', ') FROM jsonb_object_keys(connection) k
		WHERE k <> ALL (CASE kind WHEN 'tree' THEN '{path,only}'::text[] ELSE '{repo,repository,ref,branch}' END));
BEGIN
	IF kind NOT IN ('tree', 'github') THEN
		error := 'datasource_type must be tree or github; other types need Azure AI Search behind this catalog';
	ELSIF unknown IS NOT NULL THEN
		error := format('connection_info of type %s has no %s', kind, left(unknown, 100));
	ELSIF credentials IS NOT NULL AND (kind <> 'github' OR credentials - 'token' <> '{}' OR coalesce(credentials ->> 'token', '') !~ reference) THEN
		error := 'credentials may only be {"token": "${env:NAME}"} or {"token": "${file:NAME}"} of a github source: secrets are not stored here';
	ELSIF kind = 'tree' THEN
		source := jsonb_build_object('type', 'tree', 'path', btrim(connection ->> 'path'));
		IF coalesce(source ->> 'path', '') = '' OR length(source ->> 'path') > 1024 THEN
			error := 'connection_info needs path, a directory';
		ELSIF connection ? 'only' THEN
			source := source || jsonb_build_object('only', connection -> 'only');
			error := codesearch.patterns_refused(codesearch.strings(connection -> 'only'));
		END IF;
	ELSE
		source := jsonb_strip_nulls(jsonb_build_object('type', 'github', 'repo', btrim(coalesce(connection ->> 'repo', connection ->> 'repository')),
			'ref', coalesce(connection ->> 'ref', connection ->> 'branch'), 'token', credentials ->> 'token'));
		error := codesearch.github_refused(source ->> 'repo', source ->> 'ref');
	END IF;
END
$$;

-- Names as GitHub has them; what they become part of a URL, so nothing else.
CREATE OR REPLACE FUNCTION codesearch.github_refused(repo text, ref text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN coalesce(repo, '') !~ '^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$' OR repo ~ '/\.{1,2}$' THEN 'the repository must be owner/name'
		WHEN ref !~ '^[A-Za-z0-9._/-]{1,200}$' OR ref ~ '(^|/)\.|\.\.|//|/$|^/' THEN 'the branch is no name of a branch, tag or commit' END
$$;

CREATE OR REPLACE FUNCTION codesearch.patterns_refused(patterns text[])
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN cardinality(patterns) > 50 THEN 'more than 50 patterns'
		WHEN EXISTS (SELECT FROM unnest(patterns) p WHERE p IS NULL OR length(p) NOT BETWEEN 1 AND 200) THEN 'a pattern must have 1 to 200 characters' END
$$;

-- ---- index_repository ----

-- Each of these is a tool for the index here, and a function for that of any target (16-targets.sql).
CREATE OR REPLACE FUNCTION codesearch.index_repository(repo_path text, repo_name text, patterns text[], embed_vectors boolean, target text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	name    text := coalesce(nullif(btrim(repo_name), ''), substring(rtrim(btrim(repo_path), '/') from '([^/]+)$'));
	refused text := codesearch.patterns_refused(patterns);
	job     jsonb;
BEGIN
	IF refused IS NOT NULL THEN
		RETURN codesearch.failure(refused);
	ELSIF btrim(repo_path) = '' OR length(repo_path) > 1024 THEN
		RETURN codesearch.failure('repo_path must have 1 to 1024 characters');
	ELSIF repo_path ~ '(^|/)\.\.(/|$)' THEN
		RETURN codesearch.failure('repo_path must not lead upwards');
	ELSIF coalesce(name, '.') !~ '^[A-Za-z0-9._/-]{1,100}$' OR coalesce(name, '.') = '.' THEN
		RETURN codesearch.failure('repo_name must have 1 to 100 of letters, digits and . _ - /');
	ELSIF embed_vectors AND codesearch.provider_refused() IS NOT NULL THEN
		RETURN codesearch.failure('embed_vectors: ' || codesearch.provider_refused());
	END IF;
	job := codesearch.job_add(name, jsonb_strip_nulls(jsonb_build_object('type', 'tree', 'path', btrim(repo_path), 'only', to_jsonb(patterns),
		'embed', nullif(embed_vectors, false))), false, target);
	RETURN codesearch.success(jsonb_build_object('indexed', false, 'repo_path', repo_path, 'repo_name', name, 'patterns', to_jsonb(patterns),
		'embed_vectors', embed_vectors, 'output', codesearch.queued(job)) || job);
END
$$;
CREATE OR REPLACE FUNCTION tools.index_repository(repo_path text DEFAULT '.', repo_name text DEFAULT NULL, patterns text[] DEFAULT NULL,
	embed_vectors boolean DEFAULT false)
RETURNS jsonb LANGUAGE sql AS $$
	SELECT codesearch.index_repository(repo_path, repo_name, patterns, embed_vectors, NULL)
$$;
COMMENT ON FUNCTION tools.index_repository(text, text, text[], boolean) IS $c$Index a repository
Has a directory of the server indexed: what is new or changed is cut and stored, what vanished is removed. The directory
must be below one that the administrator has opened (setting index_roots). The answer names a job; manage_indexer with action
"status" has its result: files, pieces, what was left out.
@mcp
@toolset azure_management
@scope codesearch:admin
@tier admin
@idempotent
@param repo_path the directory: absolute, or relative to the first directory of index_roots
@param repo_name the name of the repository; the last part of the path when absent
@param patterns only files that one of these patterns of gitignore(5) names
@param embed_vectors true: its pieces get embeddings, now and in later runs, by the provider that the administrator has named
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["indexed", "repo_path", "repo_name", "job_id", "state", "output"], "properties": {"indexed": {"type": "boolean"},
	"job_id": {"type": "integer"}, "state": {"type": "string"}, "output": {"type": "string"}}}}}$c$;

-- ---- index_changed_files ----

-- The repository that is meant when none is named: the only one that the index of this target is filled with.
CREATE OR REPLACE FUNCTION codesearch.only_repository(p_target text)
RETURNS text LANGUAGE sql STABLE AS $$
	SELECT min(name) FROM (SELECT r.name FROM codesearch.repository r WHERE r.source IS NOT NULL AND p_target IS NULL
		UNION ALL SELECT t.repository FROM codesearch.target_repository t WHERE t.target = p_target) x HAVING count(*) = 1
$$;
CREATE OR REPLACE FUNCTION codesearch.index_changed_files(files text[], repo_name text, target text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	in_repository text := coalesce(nullif(btrim(repo_name), ''), codesearch.only_repository(target));
	kind text;
	bad  text;
	job  jsonb;
BEGIN
	IF cardinality(files) NOT BETWEEN 1 AND 1000 THEN
		RETURN codesearch.failure('files must be 1 to 1000 paths');
	ELSIF in_repository IS NULL THEN
		RETURN codesearch.failure('repo_name is needed: there is not exactly one repository');
	END IF;
	kind := coalesce(codesearch.known_source(in_repository, target) ->> 'type',
		(SELECT 'uploaded' FROM codesearch.repository r WHERE r.name = in_repository));
	SELECT f INTO bad FROM unnest(files) f WHERE coalesce(length(f), 0) NOT BETWEEN 1 AND 1024 OR f ~ '^/|(^|/)\.{0,2}(/|$)|[[:cntrl:]]' LIMIT 1;
	IF kind IS NULL THEN
		RETURN codesearch.failure(format('there is no repository %s', left(in_repository, 100)));
	ELSIF kind = 'uploaded' THEN
		RETURN codesearch.failure(format('it is not known where repository %s comes from', in_repository));
	ELSIF bad IS NOT NULL THEN
		RETURN codesearch.failure(format('%s is no path within a repository', left(bad, 100)));
	END IF;
	-- a code host gives a whole archive or nothing; of that, too, only what changed is stored
	job := codesearch.job_add(in_repository, CASE kind WHEN 'tree' THEN jsonb_build_object('type', 'files', 'files', to_jsonb(files)) END, false, target);
	RETURN codesearch.success(jsonb_build_object('indexed', false, 'files', to_jsonb(files), 'repo_name', in_repository,
		'output', codesearch.queued(job)) || job);
END
$$;
CREATE OR REPLACE FUNCTION tools.index_changed_files(files text[], repo_name text DEFAULT NULL)
RETURNS jsonb LANGUAGE sql AS $$
	SELECT codesearch.index_changed_files(files, repo_name, NULL)
$$;
COMMENT ON FUNCTION tools.index_changed_files(text[], text) IS $c$Index changed files
Has some files of a repository indexed again, and those of them that no longer exist removed from the index: for the end of a
commit, where a whole run would be too much. The answer names a job; manage_indexer with action "status" has its result.
@mcp
@toolset azure_management
@scope codesearch:admin
@tier admin
@idempotent
@param files {"minItems": 1, "maxItems": 1000, "examples": [["src/user.c", "README.md"]]} paths relative to the top of the repository
@param repo_name the repository; may be absent when there is only one
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["indexed", "files", "repo_name", "job_id", "state", "output"], "properties": {"job_id": {"type": "integer"}}}}}$c$;

-- ---- github_index_repo ----
CREATE OR REPLACE FUNCTION codesearch.github_index_repo(repo text, branch text, mode text, confirm jsonb, target text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	wanted  text := btrim(repo);
	refused text := codesearch.github_refused(wanted, branch);
	answer  jsonb;
	job     jsonb;
BEGIN
	IF refused IS NOT NULL THEN
		RETURN codesearch.failure(refused);
	ELSIF lower(mode) NOT IN ('full', 'incremental') THEN
		RETURN codesearch.failure('mode must be full or incremental');
	END IF;
	answer := codesearch.unconfirmed(confirm, format('This fetches %s at %s from GitHub, and everybody who may search here can read it then.', wanted, branch));
	IF answer IS NOT NULL THEN
		RETURN answer;
	END IF;
	job := codesearch.job_add(wanted, jsonb_build_object('type', 'github', 'repo', wanted, 'ref', branch), lower(mode) = 'full', target);
	RETURN codesearch.success(jsonb_build_object('repository', wanted, 'ref', branch, 'files_processed', NULL, 'chunks_indexed', NULL,
		'errors', '[]'::jsonb, 'output', codesearch.queued(job)) || job);
END
$$;
CREATE OR REPLACE FUNCTION tools.github_index_repo(repo text, branch text DEFAULT 'main', mode text DEFAULT 'full', confirm jsonb DEFAULT 'false')
RETURNS jsonb LANGUAGE sql AS $$
	SELECT codesearch.github_index_repo(repo, branch, mode, confirm, NULL)
$$;
COMMENT ON FUNCTION tools.github_index_repo(text, text, text, jsonb) IS $c$Index a GitHub repository
Has a repository of GitHub indexed, as it is on a branch: one archive is fetched, and stored as a whole or not at all. The
repository has the name owner/name here, too. Asks for a confirmation, because what is indexed can be searched by all. The
answer names a job; manage_indexer with action "status" has its result, with files_processed and chunks_indexed.
@mcp
@toolset admin
@scope codesearch:admin
@tier admin
@idempotent
@openworld
@param repo {"examples": ["postgres/postgres"]} owner/name
@param branch a branch, a tag or a commit
@param mode {"examples": ["full", "incremental"]} full: every file; incremental: files that changed since the last run
@param confirm {"type": ["boolean", "string"]} true to go on
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object"}}}$c$;

-- ---- index_rebuild ----
CREATE OR REPLACE FUNCTION tools.index_rebuild(repository text DEFAULT NULL, confirm jsonb DEFAULT 'false')
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	wanted text := coalesce(nullif(btrim(repository), ''), (SELECT min(r.name) FROM codesearch.repository r WHERE r.source IS NOT NULL HAVING count(*) = 1));
	answer jsonb;
	job    jsonb;
BEGIN
	IF wanted IS NULL THEN
		RETURN codesearch.failure('repository is needed: there is not exactly one');
	ELSIF NOT EXISTS (SELECT FROM codesearch.repository r WHERE r.name = wanted) THEN
		RETURN codesearch.failure(format('there is no repository %s', left(wanted, 100)));
	ELSIF NOT EXISTS (SELECT FROM codesearch.repository r WHERE r.name = wanted AND r.source IS NOT NULL) THEN
		RETURN codesearch.failure(format('it is not known where repository %s comes from', wanted));
	END IF;
	answer := codesearch.unconfirmed(confirm, format('This indexes every file of %s again, also what has not changed.', wanted));
	IF answer IS NOT NULL THEN
		RETURN answer;
	END IF;
	job := codesearch.job_add(wanted, NULL, true);
	RETURN codesearch.success(jsonb_build_object('repository', wanted, 'output', codesearch.queued(job)) || job);
END
$$;
COMMENT ON FUNCTION tools.index_rebuild(text, jsonb) IS $c$Rebuild a repository's index
Has every file of a repository cut and stored again, after a confirmation. Searches go on meanwhile with what is there. The
answer names a job.
@mcp
@toolset admin
@scope codesearch:admin
@tier admin
@destructive
@idempotent
@param repository the repository; may be absent when there is only one
@param confirm {"type": ["boolean", "string"]} true to go on
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object"}}}$c$;

-- ---- manage_indexer ----
CREATE OR REPLACE FUNCTION codesearch.indexer_shown(r codesearch.repository)
RETURNS jsonb LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('name', r.name, 'datasource', r.datasource, 'type', r.source ->> 'type',
		'target_index', 'codesearch', 'schedule', CASE WHEN r.every IS NOT NULL THEN jsonb_build_object('interval', r.every::text, 'next', r.due_at) END,
		'indexed_at', r.indexed_at, 'last_job', (SELECT codesearch.job_shown(j) FROM job j WHERE j.repository = r.name ORDER BY j.job_id DESC LIMIT 1)))
$$;

-- An interval as Azure writes it ("PT2H") or PostgreSQL; null: it is none.
CREATE OR REPLACE FUNCTION codesearch.read_interval(t text)
RETURNS interval LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RETURN left(t, 40)::interval;
EXCEPTION WHEN data_exception THEN
	RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION tools.manage_indexer(action text, indexer_name text DEFAULT NULL, datasource_name text DEFAULT NULL,
	target_index text DEFAULT NULL, schedule jsonb DEFAULT NULL, parameters jsonb DEFAULT NULL, wait boolean DEFAULT false)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	r     codesearch.repository;
	every interval;
	job   jsonb;
	data  jsonb;
BEGIN
	IF lower(action) = 'list' THEN
		RETURN codesearch.success(jsonb_build_object('indexers', coalesce((SELECT jsonb_agg(codesearch.indexer_shown(x) ORDER BY x.name)
			FROM (SELECT * FROM codesearch.repository ORDER BY name LIMIT 500) x), '[]')));
	ELSIF lower(action) NOT IN ('status', 'run', 'reset', 'create', 'delete') THEN
		RETURN codesearch.failure('action must be one of list, status, run, reset, create, delete');
	ELSIF coalesce(btrim(indexer_name), '') = '' THEN
		RETURN codesearch.failure(format('%s needs indexer_name', lower(action)));
	ELSIF codesearch.index_refused(target_index) IS NOT NULL THEN
		RETURN codesearch.failure(codesearch.index_refused(target_index));
	END IF;
	SELECT * INTO r FROM codesearch.repository x WHERE x.name = btrim(indexer_name);
	IF lower(action) = 'create' THEN
		IF btrim(indexer_name) !~ '^[A-Za-z0-9._/-]{1,100}$' THEN
			RETURN codesearch.failure('indexer_name must have 1 to 100 of letters, digits and . _ - /');
		ELSIF NOT EXISTS (SELECT FROM codesearch.datasource d WHERE d.name = datasource_name) THEN
			RETURN codesearch.failure('create needs the datasource_name of a data source; create_datasource makes one');
		ELSIF schedule IS NOT NULL THEN
			every := codesearch.read_interval(schedule ->> 'interval');
			IF every IS NULL OR every < interval '5 minutes' OR every > interval '1 year' THEN
				RETURN codesearch.failure('schedule must be {"interval": "PT2H"}: five minutes or more');
			END IF;
		END IF;
		PERFORM codesearch.put_indexer(btrim(indexer_name), datasource_name, every);
		SELECT * INTO r FROM codesearch.repository x WHERE x.name = btrim(indexer_name);
		RETURN codesearch.success(jsonb_build_object('indexer', r.name, 'created_or_updated', true, 'result', codesearch.indexer_shown(r)));
	ELSIF r.name IS NULL THEN
		-- a job may be there before its repository is
		IF lower(action) = 'status' AND EXISTS (SELECT FROM codesearch.job j WHERE j.repository = btrim(indexer_name)) THEN
			r.name := btrim(indexer_name);
		ELSE
			RETURN codesearch.failure(format('there is no indexer %s', left(indexer_name, 100)));
		END IF;
	END IF;
	CASE lower(action)
	WHEN 'status' THEN
		data := jsonb_build_object('indexer', r.name, 'status', codesearch.indexer_shown(r) || jsonb_build_object('history',
			(SELECT coalesce(jsonb_agg(codesearch.job_shown(j) ORDER BY j.job_id DESC), '[]') FROM
				(SELECT * FROM codesearch.job x WHERE x.repository = r.name ORDER BY x.job_id DESC LIMIT 5) j)));
		RETURN codesearch.success(data);
	WHEN 'run', 'reset' THEN
		IF r.source IS NULL THEN
			RETURN codesearch.failure(format('it is not known where repository %s comes from', r.name));
		END IF;
		job := codesearch.job_add(r.name, NULL, lower(action) = 'reset');
		RETURN codesearch.success(jsonb_build_object('indexer', r.name) ||
			CASE lower(action) WHEN 'run' THEN jsonb_build_object('run_started', true, 'result', job || jsonb_build_object('output', codesearch.queued(job)))
			ELSE jsonb_build_object('reset', true, 'run_result', job || jsonb_build_object('output', codesearch.queued(job))) END ||
			CASE WHEN wait THEN '{"warnings": ["this call cannot wait for the job; ask for its status"]}'::jsonb ELSE '{}' END);
	ELSE
		PERFORM codesearch.delete_indexer(r.name);
		RETURN codesearch.success(jsonb_build_object('deleted', true, 'indexer', r.name));
	END CASE;
END
$$;
COMMENT ON FUNCTION tools.manage_indexer(text, text, text, text, jsonb, jsonb, boolean) IS $c$Manage indexers
An indexer is a repository, where it comes from, and how often it is indexed; its jobs are done by sallyport-index. list: all
of them; status: one, with its last five jobs; run: index what changed; reset: index everything again; create: ties a data
source of create_datasource to a repository; delete: forgets where it comes from, and keeps its pieces.
@mcp
@toolset azure_management
@scope codesearch:admin
@tier admin
@param action {"examples": ["list", "status", "run", "reset", "create", "delete"]} what to do
@param indexer_name the repository
@param datasource_name create: which data source
@param target_index the index; there is one, codesearch
@param schedule {"type": "object", "examples": [{"interval": "PT2H"}]} create: how often it runs by itself; never when absent
@param parameters {"type": "object"} accepted for compatibility
@param wait accepted for compatibility: no call waits for a job
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object"}}}$c$;

-- ---- create_datasource ----
CREATE OR REPLACE FUNCTION tools.create_datasource(name text, datasource_type text, connection_info jsonb, container jsonb DEFAULT NULL,
	credentials jsonb DEFAULT NULL, description text DEFAULT NULL, refresh jsonb DEFAULT NULL, test_connection boolean DEFAULT true,
	update_if_exists boolean DEFAULT true)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	wanted text := btrim(name);
	s      record;
BEGIN
	IF wanted !~ '^[A-Za-z0-9._/-]{1,100}$' THEN
		RETURN codesearch.failure('name must have 1 to 100 of letters, digits and . _ - /');
	ELSIF length(description) > 1000 THEN
		RETURN codesearch.failure('description is longer than 1000 characters');
	ELSIF NOT update_if_exists AND EXISTS (SELECT FROM codesearch.datasource d WHERE d.name = wanted) THEN
		RETURN codesearch.failure(format('there is a data source %s already', wanted));
	END IF;
	SELECT * INTO s FROM codesearch.read_source(lower(btrim(datasource_type)), connection_info, credentials);
	IF s.error IS NOT NULL THEN
		RETURN codesearch.failure(s.error);
	END IF;
	PERFORM codesearch.put_datasource(wanted, s.source, description);
	RETURN codesearch.success(jsonb_build_object('datasource', wanted, 'result', jsonb_strip_nulls(jsonb_build_object('name', wanted,
		'type', s.source ->> 'type', 'connection_info', s.source - '{type,token}'::text[], 'has_credentials', s.source ? 'token',
		'description', description))));
END
$$;
COMMENT ON FUNCTION tools.create_datasource(text, text, jsonb, jsonb, jsonb, text, jsonb, boolean, boolean) IS $c$Create a data source
A place that repositories come from, for manage_indexer. Type tree: a directory of the server below index_roots,
{"path": "/srv/src/shop"}; type github: {"repo": "owner/name", "ref": "main"}. A token is never given here, but named:
credentials {"token": "${env:CREDENTIAL_GITHUB}"}. Other types belong to Azure AI Search.
@mcp
@toolset azure_management
@sensitive connection_info credentials
@scope codesearch:admin
@tier admin
@idempotent
@param name the name of the data source
@param datasource_type {"examples": ["tree", "github"]} what kind of place it is
@param connection_info {"type": "object", "examples": [{"path": "/srv/src/shop"}, {"repo": "owner/name", "ref": "main"}]} where it is
@param container {"type": "object"} for Azure AI Search
@param credentials {"type": "object", "examples": [{"token": "${env:CREDENTIAL_GITHUB}"}]} where the token is
@param description what it is for
@param refresh {"type": "object"} for Azure AI Search
@param test_connection accepted for compatibility; the first run tests it
@param update_if_exists false: an existing one is a failure
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["datasource", "result"], "properties": {"datasource": {"type": "string"}, "result": {"type": "object"}}}}}$c$;

-- ---- create_skillset ----
CREATE OR REPLACE FUNCTION codesearch.put_skillset(p_name text, p_skills jsonb, p_embeds boolean, p_description text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = codesearch, pg_temp AS $$
	SELECT codesearch.require_admin();
	INSERT INTO skillset (name, skills, embeds, description) VALUES (p_name, p_skills, p_embeds, p_description)
	ON CONFLICT (name) DO UPDATE SET skills = excluded.skills, embeds = excluded.embeds, description = excluded.description
$$;

-- Why a skill cannot be had here; null: it can.
CREATE OR REPLACE FUNCTION codesearch.skill_refused(skill jsonb)
RETURNS text LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	SELECT CASE
		WHEN skill ->> '@odata.type' IS NULL THEN 'each skill needs an @odata.type'
		WHEN skill ->> '@odata.type' = '#Microsoft.Skills.Text.SplitSkill' THEN NULL	-- sallyport-index always cuts
		WHEN skill ->> '@odata.type' <> '#Microsoft.Skills.Text.AzureOpenAIEmbeddingSkill'
			THEN format('%s needs Azure AI Search; here there are #Microsoft.Skills.Text.SplitSkill and #Microsoft.Skills.Text.AzureOpenAIEmbeddingSkill',
				left(skill ->> '@odata.type', 100))
		WHEN codesearch.provider_refused() IS NOT NULL THEN codesearch.provider_refused()
		WHEN skill ?| '{resourceUri,apiKey,authIdentity,deploymentId}' THEN 'which service makes embeddings is said in the catalog, not in a skill'
		WHEN skill ->> 'modelName' <> (codesearch.provider()).model THEN format('the model is %s', (codesearch.provider()).model)
		WHEN skill ->> 'dimensions' <> (codesearch.provider()).dimensions::text THEN format('the vectors have %s dimensions', (codesearch.provider()).dimensions)
		END
$$;

CREATE OR REPLACE FUNCTION tools.create_skillset(name text, skills jsonb[], cognitive_services_key text DEFAULT NULL,
	description text DEFAULT NULL, knowledge_store jsonb DEFAULT NULL, encryption_key jsonb DEFAULT NULL, update_if_exists boolean DEFAULT true)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	wanted  text := btrim(name);
	refused text;
	embeds  boolean := EXISTS (SELECT FROM unnest(skills) s WHERE s ->> '@odata.type' = '#Microsoft.Skills.Text.AzureOpenAIEmbeddingSkill');
BEGIN
	SELECT codesearch.skill_refused(s) INTO refused FROM unnest(skills) s WHERE codesearch.skill_refused(s) IS NOT NULL LIMIT 1;
	IF cardinality(skills) NOT BETWEEN 1 AND 20 THEN
		RETURN codesearch.failure('there must be 1 to 20 skills');
	ELSIF refused IS NOT NULL THEN
		RETURN codesearch.failure(refused);
	ELSIF wanted !~ '^[A-Za-z0-9._-]{1,100}$' THEN
		RETURN codesearch.failure('name must have 1 to 100 of letters, digits and . _ -');
	ELSIF cognitive_services_key IS NOT NULL OR knowledge_store IS NOT NULL OR encryption_key IS NOT NULL THEN
		RETURN codesearch.failure('cognitive_services_key, knowledge_store and encryption_key need Azure AI Search');
	ELSIF length(description) > 1000 THEN
		RETURN codesearch.failure('description is longer than 1000 characters');
	ELSIF NOT update_if_exists AND EXISTS (SELECT FROM codesearch.skillset s WHERE s.name = wanted) THEN
		RETURN codesearch.failure(format('there is a skillset %s already', wanted));
	END IF;
	PERFORM codesearch.put_skillset(wanted, to_jsonb(skills), embeds, description);
	RETURN codesearch.success(jsonb_build_object('skillset', wanted, 'result', jsonb_build_object('name', wanted, 'skills', to_jsonb(skills),
		'embeds', embeds, 'message', CASE WHEN embeds THEN 'every run of the indexer embeds its pieces from now on; backfill_embeddings does it for those that are there'
			ELSE 'the indexer cuts files into pieces, as it always does' END)));
END
$$;
COMMENT ON FUNCTION tools.create_skillset(text, jsonb[], text, text, jsonb, jsonb, boolean) IS $c$Create a skillset
What the indexer does with each piece, for all repositories. Two skills exist here: #Microsoft.Skills.Text.SplitSkill (files are
always cut into pieces) and #Microsoft.Skills.Text.AzureOpenAIEmbeddingSkill (pieces get embeddings, by the provider that the
administrator has named). Created again with the same name and other skills, it is replaced: without the second one, nothing is embedded any more.
@mcp
@toolset azure_management
@sensitive cognitive_services_key encryption_key knowledge_store
@scope codesearch:admin
@tier admin
@idempotent
@param name the name of the skillset
@param skills {"maxItems": 20, "examples": [[{"@odata.type": "#Microsoft.Skills.Text.AzureOpenAIEmbeddingSkill"}]]} its steps, each with an @odata.type
@param cognitive_services_key for Azure AI Search
@param description what it is for
@param knowledge_store {"type": "object"} for Azure AI Search
@param encryption_key {"type": "object"} for Azure AI Search
@param update_if_exists false: an existing one is a failure$c$;

-- ---- backfill_embeddings ----
CREATE OR REPLACE FUNCTION tools.backfill_embeddings(index_name text DEFAULT NULL, batch_size integer DEFAULT 200,
	include_context boolean DEFAULT true, max_docs integer DEFAULT NULL, dry_run boolean DEFAULT false)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	refused text := codesearch.index_refused(index_name);
	missing bigint;
	job     jsonb;
BEGIN
	IF refused IS NOT NULL THEN
		RETURN codesearch.failure(refused);
	ELSIF batch_size NOT BETWEEN 1 AND 1000 OR max_docs < 1 THEN
		RETURN codesearch.failure('batch_size must be 1 to 1000, max_docs at least 1');
	ELSIF NOT dry_run AND codesearch.provider_refused() IS NOT NULL THEN
		RETURN codesearch.failure(codesearch.provider_refused());
	END IF;
	SELECT count(*) INTO missing FROM codesearch.chunk c WHERE NOT EXISTS (SELECT FROM codesearch.embedding e WHERE e.id = c.id
		AND (e.model = (codesearch.provider()).model) IS NOT FALSE);
	IF dry_run THEN
		RETURN codesearch.success(jsonb_build_object('backfill_started', false, 'index', 'codesearch', 'processed', least(missing, max_docs),
			'written', 0, 'failed', 0, 'dry_run', true, 'output', format('%s pieces have no vector', missing)));
	END IF;
	job := codesearch.job_add('*', jsonb_strip_nulls(jsonb_build_object('type', 'backfill', 'batch_size', batch_size,
		'include_context', include_context, 'max_docs', max_docs)), false);
	RETURN codesearch.success(jsonb_build_object('backfill_started', true, 'index', 'codesearch', 'processed', 0, 'written', 0, 'failed', 0,
		'missing', missing, 'output', format('%s pieces have no vector; %s', missing, codesearch.queued(job))) || job);
END
$$;
COMMENT ON FUNCTION tools.backfill_embeddings(text, integer, boolean, integer, boolean) IS $c$Backfill embeddings
Gives pieces without a vector theirs, by the embedding provider that the administrator has named; without one it fails. With
dry_run it counts them. The answer names a job; manage_indexer with action "status" and indexer_name "*" has its result:
processed, written, failed.
@mcp
@toolset azure_management
@scope codesearch:admin
@tier admin
@idempotent
@openworld
@param index_name the index; there is one, codesearch
@param batch_size pieces in one request to the provider, which may want fewer
@param include_context put path and names in front of each piece
@param max_docs at most so many pieces
@param dry_run count only
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["processed", "written", "failed"], "properties": {"processed": {"type": "integer"}, "written": {"type": "integer"},
	"failed": {"type": "integer"}}}}}$c$;
