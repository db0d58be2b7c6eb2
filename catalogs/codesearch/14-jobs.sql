-- codesearch: where repositories come from, and the work that sallyport-index does on demand.

-- A place that trees or code hosts give: {"type": "tree", "path": "/srv/src/shop"} or
-- {"type": "github", "repo": "owner/name", "ref": "main", "token": "${env:CREDENTIAL_GITHUB}"}.
-- "by" says who wrote it: "command" the operator at the command line, whose paths are
-- taken as they are; "tool" somebody else, whose paths must be below index_roots.
CREATE TABLE IF NOT EXISTS codesearch.datasource (
	name        text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9._/-]{1,100}$'),
	source      jsonb NOT NULL,
	description text,
	created_at  timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE codesearch.repository
	ADD COLUMN IF NOT EXISTS source jsonb,		-- null: its pieces were uploaded
	ADD COLUMN IF NOT EXISTS datasource text,	-- by which name manage_indexer was given the source
	ADD COLUMN IF NOT EXISTS every interval CHECK (every >= interval '5 minutes'),
	ADD COLUMN IF NOT EXISTS due_at timestamptz;	-- when the schedule wants the next run

CREATE TABLE IF NOT EXISTS codesearch.job (
	job_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	repository  text NOT NULL,
	-- null: from where the repository comes; else {"type": "tree", "path", "only"},
	-- {"type": "github", ...} or {"type": "files", "files": [...]}; or work of another kind:
	-- {"type": "clear"}, {"type": "rebuild"}, {"type": "backfill", "batch_size", "include_context", "max_docs"},
	-- where the repository '*' is all of them
	source      jsonb,
	complete    boolean NOT NULL DEFAULT false,	-- unchanged files, too
	state       text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
	caller      text NOT NULL,			-- "schedule" when nobody asked
	request_id  text,
	created_at  timestamptz NOT NULL DEFAULT now(),
	started_at  timestamptz,
	finished_at timestamptz,
	lease_until timestamptz,			-- when another process may take it over
	tries       integer NOT NULL DEFAULT 0,
	result      jsonb,				-- the summary of the indexer
	error       text,
	CONSTRAINT ends CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL)),
	CONSTRAINT says_why CHECK ((state = 'failed') = (error IS NOT NULL))
);
ALTER TABLE codesearch.job
	ADD COLUMN IF NOT EXISTS target text;		-- null: the index here; else the source of another one (16-targets.sql)
CREATE INDEX IF NOT EXISTS job_open ON codesearch.job (job_id) WHERE state IN ('queued', 'running');
CREATE INDEX IF NOT EXISTS job_repository ON codesearch.job (repository, job_id);

-- When somebody last worked on jobs: nobody waits for what nobody does.
CREATE TABLE IF NOT EXISTS codesearch.job_runner (
	the_only boolean PRIMARY KEY DEFAULT true CHECK (the_only),
	seen_at  timestamptz NOT NULL
);

-- ---- for the tools ----

-- Asks for a run, and wakes whoever waits for work.  The same work that waits
-- already is not asked for twice.  p_target: which index, as in codesearch.job.
DROP FUNCTION IF EXISTS codesearch.job_add(text, jsonb, boolean);
CREATE OR REPLACE FUNCTION codesearch.job_add(p_repository text, p_source jsonb, p_complete boolean, p_target text DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = codesearch, pg_temp AS $$
DECLARE
	most constant integer := 1000;
	j    job;
BEGIN
	PERFORM codesearch.require_admin();
	IF p_repository !~ '^[A-Za-z0-9._/-]{1,100}$' AND (p_repository <> '*' OR
	    coalesce(p_source ->> 'type', '') NOT IN ('clear', 'rebuild', 'backfill')) THEN
		RAISE EXCEPTION 'a repository''s name has 1 to 100 of letters, digits and . _ - /';
	ELSIF codesearch.target_refused(p_target) IS NOT NULL THEN
		RAISE EXCEPTION '%', codesearch.target_refused(p_target);
	END IF;
	LOCK TABLE job IN SHARE ROW EXCLUSIVE MODE;
	SELECT * INTO j FROM job WHERE repository = p_repository AND source IS NOT DISTINCT FROM p_source
	   AND target IS NOT DISTINCT FROM p_target AND complete = p_complete AND state = 'queued';
	IF NOT FOUND THEN
		IF (SELECT count(*) FROM job WHERE state IN ('queued', 'running')) >= most THEN
			RAISE EXCEPTION '% jobs are waiting already', most;
		END IF;
		INSERT INTO job (repository, source, complete, target, caller, request_id)
		VALUES (p_repository, p_source, p_complete, p_target, codesearch.caller(),
			nullif(current_setting('sallyport.request_id', true), '')) RETURNING * INTO j;
		PERFORM pg_notify('codesearch_job', '');
	END IF;
	RETURN jsonb_build_object('job_id', j.job_id, 'state', j.state);
END
$$;

-- A job as callers see it.
CREATE OR REPLACE FUNCTION codesearch.job_shown(j codesearch.job)
RETURNS jsonb LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('job_id', j.job_id, 'repository', j.repository, 'target', j.target,
		'state', j.state, 'source', coalesce(j.source, '{}') - '{token,files,by}'::text[], 'complete', j.complete, 'created_at', j.created_at,
		'started_at', j.started_at, 'finished_at', j.finished_at, 'tries', j.tries, 'result', j.result ||
			CASE WHEN j.result ? 'commit' OR j.source ->> 'type' = 'github' THEN jsonb_build_object('files_processed', j.result -> 'files',
				'chunks_indexed', j.result -> 'pieces', 'errors', '[]'::jsonb) ELSE '{}' END,
		'error', left(j.error, 1000)))
$$;

-- What callers are told of work that has to wait.
CREATE OR REPLACE FUNCTION codesearch.queued(job jsonb)
RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = codesearch, pg_temp AS $$
	SELECT format('job %s is queued; manage_indexer with action "status" tells how it goes', job ->> 'job_id') ||
		CASE WHEN EXISTS (SELECT FROM job_runner WHERE seen_at > now() - interval '10 minutes') THEN ''
		ELSE '. Nobody has worked on jobs lately: sallyport-index --jobs has to run' END
$$;

-- ---- for sallyport-index, as the owner ----

-- The next job, or none: one that is new, or whose process has not been heard of.
-- A repository has one run at a time in each index, and an index that is made anew no other.
CREATE OR REPLACE FUNCTION codesearch.job_claim(lease interval)
RETURNS SETOF codesearch.job LANGUAGE plpgsql SET search_path = codesearch, pg_temp AS $$
DECLARE
	tries_most constant integer := 3;
	r repository;
BEGIN
	INSERT INTO job_runner (seen_at) VALUES (now()) ON CONFLICT (the_only) DO UPDATE SET seen_at = now();
	FOR r IN SELECT * FROM repository WHERE every IS NOT NULL AND due_at <= now() FOR UPDATE SKIP LOCKED LOOP
		UPDATE repository SET due_at = now() + every WHERE name = r.name;
		INSERT INTO job (repository, caller) SELECT r.name, 'schedule'
		 WHERE NOT EXISTS (SELECT FROM job WHERE repository = r.name AND target IS NULL AND state = 'queued');
	END LOOP;
	UPDATE job SET state = 'failed', finished_at = now(), lease_until = NULL,
		error = format('the indexer ended %s times without saying why', tries)
	 WHERE state = 'running' AND lease_until < now() AND tries >= tries_most;
	RETURN QUERY
	UPDATE job j SET state = 'running', started_at = now(), lease_until = now() + lease, tries = tries + 1
	 WHERE j.job_id = (
		SELECT o.job_id FROM job o
		 WHERE (o.state = 'queued' OR (o.state = 'running' AND o.lease_until < now()))
		   AND NOT EXISTS (SELECT FROM job b WHERE b.target IS NOT DISTINCT FROM o.target AND b.state = 'running' AND b.lease_until >= now()
			AND (b.repository = o.repository OR 'rebuild' IN (b.source ->> 'type', o.source ->> 'type')))
		 ORDER BY o.job_id LIMIT 1 FOR UPDATE SKIP LOCKED)
	RETURNING *;
END
$$;

-- How it ended; false: the job was given to somebody else in the meantime.  Old
-- jobs go, the last hundred of each repository and index stay.
CREATE OR REPLACE FUNCTION codesearch.job_end(p_job_id bigint, p_tries integer, p_result jsonb, p_error text)
RETURNS boolean LANGUAGE plpgsql SET search_path = codesearch, pg_temp AS $$
DECLARE
	ended job;
BEGIN
	UPDATE job SET state = CASE WHEN p_error IS NULL THEN 'done' ELSE 'failed' END, finished_at = now(),
		lease_until = NULL, result = p_result, error = p_error
	 WHERE job_id = p_job_id AND state = 'running' AND tries = p_tries
	RETURNING * INTO ended;
	IF ended.job_id IS NULL THEN
		RETURN false;
	END IF;
	DELETE FROM job WHERE repository = ended.repository AND target IS NOT DISTINCT FROM ended.target
	   AND state IN ('done', 'failed') AND job_id < (
		SELECT min(job_id) FROM (SELECT job_id FROM job WHERE repository = ended.repository
			AND target IS NOT DISTINCT FROM ended.target ORDER BY job_id DESC LIMIT 100) AS last);
	RETURN true;
END
$$;
