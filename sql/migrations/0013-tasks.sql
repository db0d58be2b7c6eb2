-- Tasks: calls of tools that go on when their request has its answer (MCP
-- extension io.modelcontextprotocol/tasks).
--
-- A task is a row.  Whoever has its id, under the grant that it was made under,
-- may look at it; a runner (sallyport-runner) that claims it makes the call.
-- Every change of its status is one statement below, whose WHERE is the rule.
-- What the call is given and what it gives is sealed, and gone when it is not
-- needed any more.

CREATE TABLE sallyport.task (
	task_sha256	bytea PRIMARY KEY,		-- of its id, which is the client's alone
	user_id		uuid REFERENCES sallyport.users ON DELETE CASCADE,
	client_id	text NOT NULL REFERENCES sallyport.client ON DELETE CASCADE,
	grant_id	uuid NOT NULL REFERENCES sallyport.grants ON DELETE CASCADE,
	server		text NOT NULL REFERENCES sallyport.resource ON UPDATE CASCADE ON DELETE CASCADE,
	tool		text NOT NULL,
	status		text NOT NULL DEFAULT 'working'
			CHECK (status IN ('working', 'input_required', 'completed', 'failed', 'cancelled')),
	status_message	text,
	call		bytea,				-- sealed: arguments, claims, capabilities, answers before it was a task
	state		bytea,				-- sealed: what the tool keeps from one run to the next
	outcome		bytea,				-- sealed: the result, or the error
	created_at	timestamptz NOT NULL DEFAULT now(),
	updated_at	timestamptz NOT NULL DEFAULT now(),
	expires_at	timestamptz NOT NULL,
	poll_ms		integer NOT NULL,		-- how often its client should ask
	-- who runs it; claim_at is when another one may: at once, or when the lease has run out
	runner		text,
	claim_at	timestamptz NOT NULL DEFAULT now(),
	run		integer NOT NULL DEFAULT 0,	-- which run this is; one that was given up changes nothing
	lost		integer NOT NULL DEFAULT 0,	-- runs whose runner was not heard of again
	CONSTRAINT ends_with_an_outcome CHECK ((status IN ('completed', 'failed')) = (outcome IS NOT NULL)),
	CONSTRAINT is_called_until_it_ends CHECK ((status IN ('working', 'input_required')) = (call IS NOT NULL)),
	CONSTRAINT runs_while_working CHECK (runner IS NULL OR status = 'working')
);
CREATE INDEX task_claim ON sallyport.task (claim_at) WHERE status = 'working';
CREATE INDEX task_grant ON sallyport.task (grant_id);
CREATE INDEX task_expires ON sallyport.task (expires_at);

-- What a task asks of its client, and the answers.  A key is never used twice.
CREATE TABLE sallyport.task_input (
	task_sha256	bytea NOT NULL REFERENCES sallyport.task ON DELETE CASCADE,
	key		text NOT NULL,			-- as the client knows it
	name		text NOT NULL,			-- as the tool knows it, which may ask again
	n		bigint GENERATED ALWAYS AS IDENTITY,
	request		bytea NOT NULL,			-- sealed
	response	bytea,				-- sealed
	PRIMARY KEY (task_sha256, key)
);

-- News for whoever listens, "WHAT HEX": WHAT is the status, or "waiting" when a
-- runner may claim it, and HEX the SHA-256 of the id.
CREATE FUNCTION sallyport.task_changed()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	IF TG_OP = 'DELETE' THEN
		PERFORM pg_notify('sallyport_task', 'cancelled ' || encode(OLD.task_sha256, 'hex'));
	ELSE
		PERFORM pg_notify('sallyport_task', CASE WHEN NEW.status = 'working' AND NEW.runner IS NULL THEN 'waiting'
		    ELSE NEW.status END || ' ' || encode(NEW.task_sha256, 'hex'));
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER task_made AFTER INSERT ON sallyport.task
	FOR EACH ROW EXECUTE FUNCTION sallyport.task_changed();
CREATE TRIGGER task_changed AFTER UPDATE ON sallyport.task FOR EACH ROW
	WHEN (OLD.status <> NEW.status OR OLD.status_message IS DISTINCT FROM NEW.status_message
	    OR (OLD.runner IS NOT NULL AND NEW.runner IS NULL))
	EXECUTE FUNCTION sallyport.task_changed();
CREATE TRIGGER task_gone AFTER DELETE ON sallyport.task FOR EACH ROW WHEN (OLD.runner IS NOT NULL)
	EXECUTE FUNCTION sallyport.task_changed();

-- What is revoked runs no more.
CREATE FUNCTION sallyport.task_revoked()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	UPDATE sallyport.task t SET status = 'cancelled', status_message = 'the grant was revoked',
	    call = NULL, state = NULL, runner = NULL, updated_at = now()
	 WHERE t.grant_id = NEW.grant_id AND t.status IN ('working', 'input_required');
	RETURN NULL;
END
$$;
CREATE TRIGGER grants_revoked AFTER UPDATE OF revoked_at ON sallyport.grants FOR EACH ROW
	WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION sallyport.task_revoked();

-- ---------------------------------------------------------------- for its client

-- ISO 8601.
CREATE FUNCTION sallyport.task_time(p timestamptz)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT to_char(p AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
$$;

-- A new task.  No row: the grant has p_limit of them that have not ended, or was
-- revoked.
CREATE FUNCTION sallyport.task_create(p_task_sha256 bytea, p_user_id uuid, p_client_id text, p_grant_id uuid,
    p_server text, p_tool text, p_call bytea, p_state bytea, p_ttl_seconds bigint, p_poll_ms bigint, p_limit bigint,
    p_resource text, ctx jsonb)
RETURNS TABLE (created_at text, updated_at text, ttl_ms bigint, poll_ms bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	t sallyport.task;
BEGIN
	-- one after the other for each grant, and none for one that is being revoked
	PERFORM 1 FROM sallyport.grants g WHERE g.grant_id = p_grant_id AND g.revoked_at IS NULL FOR NO KEY UPDATE;
	IF NOT FOUND OR p_limit <= (SELECT count(*) FROM sallyport.task x
	    WHERE x.grant_id = p_grant_id AND x.status IN ('working', 'input_required') AND x.expires_at > now()) THEN
		RETURN;
	END IF;
	INSERT INTO sallyport.task (task_sha256, user_id, client_id, grant_id, server, tool, call, state, expires_at, poll_ms)
	VALUES (p_task_sha256, p_user_id, p_client_id, p_grant_id, p_server, p_tool, p_call, p_state,
	    now() + make_interval(secs => p_ttl_seconds), p_poll_ms)
	RETURNING * INTO t;
	PERFORM sallyport.audit_write('task.create', 'ok', p_user_id, p_client_id, p_grant_id, p_resource,
	    jsonb_build_object('tool', p_tool), ctx);
	RETURN QUERY SELECT sallyport.task_time(t.created_at), sallyport.task_time(t.updated_at),
	    p_ttl_seconds * 1000, p_poll_ms;
END
$$;

-- How a task stands; while it waits for input, a row for each request that has no
-- answer.  No row: there is none of this id for this caller.
CREATE FUNCTION sallyport.task_get(p_task_sha256 bytea, p_user_id uuid, p_client_id text, p_grant_id uuid, p_server text)
RETURNS TABLE (tool text, status text, status_message text, created_at text, updated_at text, ttl_ms bigint,
    poll_ms bigint, outcome bytea, key text, name text, request bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT t.tool, t.status, t.status_message, sallyport.task_time(t.created_at), sallyport.task_time(t.updated_at),
	       (extract(epoch FROM t.expires_at - t.created_at) * 1000)::bigint, t.poll_ms::bigint, t.outcome,
	       i.key, i.name, i.request
	  FROM sallyport.task t
	  LEFT JOIN sallyport.task_input i ON i.task_sha256 = t.task_sha256 AND t.status = 'input_required' AND i.response IS NULL
	 WHERE t.task_sha256 = p_task_sha256 AND t.user_id IS NOT DISTINCT FROM p_user_id AND t.client_id = p_client_id
	   AND t.grant_id = p_grant_id AND t.server = p_server AND t.expires_at > now()
	 ORDER BY i.n;
$$;

-- Takes the answers, {key: sealed in Base64}, to what is still to be answered; when
-- nothing is left the task may be claimed.  False: there is none for this caller.
CREATE FUNCTION sallyport.task_update(p_task_sha256 bytea, p_user_id uuid, p_client_id text, p_grant_id uuid,
    p_server text, p_responses jsonb)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	-- two updates at once: the second one sees the answers of the first
	PERFORM 1 FROM sallyport.task t
	  WHERE t.task_sha256 = p_task_sha256 AND t.user_id IS NOT DISTINCT FROM p_user_id AND t.client_id = p_client_id
	    AND t.grant_id = p_grant_id AND t.server = p_server AND t.expires_at > now() FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	UPDATE sallyport.task_input i SET response = decode(r.value, 'base64')
	  FROM jsonb_each_text(p_responses) r
	 WHERE i.task_sha256 = p_task_sha256 AND i.key = r.key AND i.response IS NULL;
	UPDATE sallyport.task t SET status = 'working', claim_at = now(), updated_at = now()
	 WHERE t.task_sha256 = p_task_sha256 AND t.status = 'input_required'
	   AND NOT EXISTS (SELECT FROM sallyport.task_input i WHERE i.task_sha256 = p_task_sha256 AND i.response IS NULL);
	RETURN true;
END
$$;

-- Cancels it if it has not ended.  False: there is none for this caller.
CREATE FUNCTION sallyport.task_cancel(p_task_sha256 bytea, p_user_id uuid, p_client_id text, p_grant_id uuid,
    p_server text, p_resource text, ctx jsonb)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_tool text;
BEGIN
	UPDATE sallyport.task t SET status = 'cancelled', status_message = 'cancelled by the client',
	    call = NULL, state = NULL, runner = NULL, updated_at = now()
	 WHERE t.task_sha256 = p_task_sha256 AND t.user_id IS NOT DISTINCT FROM p_user_id AND t.client_id = p_client_id
	   AND t.grant_id = p_grant_id AND t.server = p_server AND t.expires_at > now()
	   AND t.status IN ('working', 'input_required')
	RETURNING t.tool INTO v_tool;
	IF FOUND THEN
		DELETE FROM sallyport.task_input i WHERE i.task_sha256 = p_task_sha256;
		PERFORM sallyport.audit_write('task.cancel', 'ok', p_user_id, p_client_id, p_grant_id, p_resource,
		    jsonb_build_object('tool', v_tool), ctx);
		RETURN true;
	END IF;
	RETURN EXISTS (SELECT FROM sallyport.task_get(p_task_sha256, p_user_id, p_client_id, p_grant_id, p_server));
END
$$;

-- ---------------------------------------------------------------- for runners

-- The next task, with what its call needs.  was_lost: another runner had it and
-- was not heard of again.  tier and username are the caller's of today.
CREATE FUNCTION sallyport.task_claim(p_runner text, p_lease_ms bigint)
RETURNS TABLE (task_sha256 bytea, run integer, lost integer, was_lost boolean, user_id uuid, client_id text,
    grant_id uuid, server text, tool text, tier text, call bytea, state bytea)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH next AS (
	    SELECT x.task_sha256, x.runner IS NOT NULL AS was_lost FROM sallyport.task x
	     WHERE x.status = 'working' AND x.claim_at <= now() AND x.expires_at > now()
	     ORDER BY x.claim_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
	UPDATE sallyport.task t SET runner = p_runner, run = t.run + 1, lost = t.lost + next.was_lost::integer,
	    claim_at = now() + make_interval(secs => p_lease_ms / 1000.0)
	  FROM next
	 WHERE t.task_sha256 = next.task_sha256
	RETURNING t.task_sha256, t.run, t.lost, next.was_lost, t.user_id, t.client_id, t.grant_id, t.server, t.tool,
	    (SELECT CASE WHEN t.user_id IS NULL THEN c.tier ELSE u.tier END
	       FROM sallyport.client c LEFT JOIN sallyport.users u ON u.user_id = t.user_id AND u.disabled_at IS NULL
	      WHERE c.client_id = t.client_id AND c.disabled_at IS NULL),
	    t.call, t.state;
$$;

-- The answers that its client gave, in the order of the questions.
CREATE FUNCTION sallyport.task_responses(p_task_sha256 bytea)
RETURNS TABLE (key text, name text, response bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT i.key, i.name, i.response FROM sallyport.task_input i
	 WHERE i.task_sha256 = p_task_sha256 AND i.response IS NOT NULL ORDER BY i.n;
$$;

-- A runner lives: the leases of p_runs, {SHA-256 in hex: run}, are longer.  Those
-- that are still its own.
CREATE FUNCTION sallyport.task_renew(p_runs jsonb, p_lease_ms bigint)
RETURNS TABLE (task_sha256 bytea, run integer)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	UPDATE sallyport.task t SET claim_at = now() + make_interval(secs => p_lease_ms / 1000.0)
	  FROM jsonb_each_text(p_runs) r
	 WHERE t.task_sha256 = decode(r.key, 'hex') AND t.run = r.value::integer AND t.runner IS NOT NULL
	   AND t.expires_at > now()
	RETURNING t.task_sha256, t.run;
$$;

-- What its client is told while it runs.
CREATE FUNCTION sallyport.task_progress(p_task_sha256 bytea, p_run integer, p_message text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	UPDATE sallyport.task t SET status_message = p_message, updated_at = now()
	 WHERE t.task_sha256 = p_task_sha256 AND t.run = p_run AND t.runner IS NOT NULL;
$$;

-- The three ways in which a run ends.  They raise P0S06 when the run is not this
-- runner's any more (cancelled, expired, taken over), so that the transaction they
-- stand in, which is the tool's, comes to nothing.
CREATE FUNCTION sallyport.task_over()
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION USING ERRCODE = 'P0S06', MESSAGE = 'the run of this task is over';
END
$$;

-- completed or failed
CREATE FUNCTION sallyport.task_finish(p_task_sha256 bytea, p_run integer, p_status text, p_message text, p_outcome bytea)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	UPDATE sallyport.task t SET status = p_status, status_message = p_message, outcome = p_outcome,
	    call = NULL, state = NULL, runner = NULL, updated_at = now()
	 WHERE t.task_sha256 = p_task_sha256 AND t.run = p_run AND t.runner IS NOT NULL AND t.expires_at > now();
	IF NOT FOUND THEN
		PERFORM sallyport.task_over();
	END IF;
	DELETE FROM sallyport.task_input i WHERE i.task_sha256 = p_task_sha256;
END
$$;

-- It waits for the answers to p_requests, {name: sealed in Base64}; null: for none,
-- and is run again with its new state.
CREATE FUNCTION sallyport.task_ask(p_task_sha256 bytea, p_run integer, p_requests jsonb, p_state bytea, p_message text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	r record;
	v_key text;
	v_n integer;
BEGIN
	UPDATE sallyport.task t SET status = CASE WHEN p_requests IS NULL THEN 'working' ELSE 'input_required' END,
	    status_message = coalesce(p_message, t.status_message), state = p_state, runner = NULL, claim_at = now(), updated_at = now()
	 WHERE t.task_sha256 = p_task_sha256 AND t.run = p_run AND t.runner IS NOT NULL AND t.expires_at > now();
	IF NOT FOUND THEN
		PERFORM sallyport.task_over();
	END IF;
	FOR r IN SELECT e.key AS name, e.value AS request FROM jsonb_each_text(p_requests) e LOOP
		-- asked again (the answer did not fit): under another key
		v_key := r.name;
		v_n := 1;
		WHILE EXISTS (SELECT FROM sallyport.task_input i WHERE i.task_sha256 = p_task_sha256 AND i.key = v_key) LOOP
			v_n := v_n + 1;
			v_key := r.name || '.' || v_n;
		END LOOP;
		INSERT INTO sallyport.task_input (task_sha256, key, name, request)
		VALUES (p_task_sha256, v_key, r.name, decode(r.request, 'base64'));
	END LOOP;
END
$$;

-- Back to the others, as if it had not been claimed.
CREATE FUNCTION sallyport.task_give_back(p_task_sha256 bytea, p_run integer)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	UPDATE sallyport.task t SET runner = NULL, claim_at = now()
	 WHERE t.task_sha256 = p_task_sha256 AND t.run = p_run AND t.runner IS NOT NULL;
$$;

-- Deletes what has expired; what runs among it ends.
CREATE FUNCTION sallyport.task_sweep(p_limit bigint)
RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH gone AS (DELETE FROM sallyport.task t WHERE t.task_sha256 IN
	    (SELECT x.task_sha256 FROM sallyport.task x WHERE x.expires_at <= now() LIMIT p_limit FOR UPDATE SKIP LOCKED)
	    RETURNING 1)
	SELECT count(*) FROM gone;
$$;

-- How many wait for a runner, for how long the first of them, and how many runners
-- are connected.
CREATE FUNCTION sallyport.task_waiting()
RETURNS TABLE (waiting bigint, seconds bigint, runners bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT count(*), coalesce(max(extract(epoch FROM now() - t.claim_at)), 0)::bigint,
	       (SELECT count(DISTINCT a.application_name || a.pid) FROM pg_stat_activity a
	         WHERE a.application_name = 'sallyport-runner' AND a.datname = current_database())
	  FROM sallyport.task t WHERE t.status = 'working' AND t.claim_at <= now() AND t.expires_at > now();
$$;

-- ---------------------------------------------------------------- which tools

-- @task required | optional [TIME]: the tool runs as a task when its client knows
-- tasks; `required` refuses other clients.  TIME is its limit then.
INSERT INTO sallyport.catalog_tag (tag, value, complaint, repeats, continues) VALUES
	('task', '^(required|optional)([ \t]+\d{1,6}(ms|s|min|h|d))?$',
	 '@task is required or optional, and may say how long it may take: 30s, 10min, 2h', false, false);

ALTER FUNCTION sallyport.catalog_function(oid, text) RENAME TO catalog_function_call;

-- A function as a tool, as catalog_function_call() has it, and in its spec what
-- @task says: {"support", "timeout_ms"}.
CREATE FUNCTION sallyport.catalog_function(p_function oid, p_tool_role text, OUT tool sallyport.tool, OUT refusal text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	r record;
	words text[] := regexp_split_to_array(sallyport.catalog_comment(obj_description(p_function, 'pg_proc'))->>'task', '[ \t]+');
BEGIN
	SELECT * INTO STRICT r FROM sallyport.catalog_function_call(p_function, p_tool_role);
	tool := r.tool;
	refusal := r.refusal;
	IF refusal IS NULL AND words IS NOT NULL THEN
		tool.spec := tool.spec || jsonb_build_object('task', jsonb_strip_nulls(jsonb_build_object('support', words[1],
		    'timeout_ms', (extract(epoch FROM words[2]::interval) * 1000)::bigint)));
	END IF;
END
$$;

ALTER FUNCTION sallyport.catalog_call(sallyport.tool) RENAME TO catalog_call_result;

-- The statement of a call; "task" of its row, and "repeatable": a call of which
-- nobody knows whether it was made may be made again.
CREATE FUNCTION sallyport.catalog_call(t sallyport.tool)
RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT sallyport.catalog_call_result(t) || jsonb_strip_nulls(jsonb_build_object('task', t.spec->'task',
	    'repeatable', t.read_only OR coalesce((t.annotations->'idempotentHint')::boolean, false)))
$$;

-- ---------------------------------------------------------------- rights

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
	sallyport.task_create(bytea, uuid, text, uuid, text, text, bytea, bytea, bigint, bigint, bigint, text, jsonb),
	sallyport.task_get(bytea, uuid, text, uuid, text),
	sallyport.task_update(bytea, uuid, text, uuid, text, jsonb),
	sallyport.task_cancel(bytea, uuid, text, uuid, text, text, jsonb),
	sallyport.task_claim(text, bigint),
	sallyport.task_responses(bytea),
	sallyport.task_renew(jsonb, bigint),
	sallyport.task_progress(bytea, integer, text),
	sallyport.task_finish(bytea, integer, text, text, bytea),
	sallyport.task_ask(bytea, integer, jsonb, bytea, text),
	sallyport.task_give_back(bytea, integer),
	sallyport.task_sweep(bigint),
	sallyport.task_waiting()
TO sallyport_app;
