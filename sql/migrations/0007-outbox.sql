-- Streams of the revisions with sessions (2024-11-05 to 2025-11-25): what is sent
-- to a client as an event is a row first, so that a client that comes back gets
-- the rest of its stream from any process, and any process can put something in.
--
-- Rows are short-lived: five minutes after the end of its stream a message is
-- gone, of a stream that never ends (GET) five minutes after it was put in.  A
-- stream keeps 1000 messages and 8 MiB at most (but always its newest message),
-- a session 32 streams.

ALTER TABLE sallyport.mcp_session
	ADD COLUMN log_level text;			-- logging/setLevel; null: as the server likes

CREATE TABLE sallyport.mcp_stream (
	stream_id	uuid PRIMARY KEY,
	session_sha256	bytea NOT NULL REFERENCES sallyport.mcp_session ON DELETE CASCADE,
	request_id	jsonb,				-- which it answers; null: what a GET listens to
	holder		uuid,				-- the connection that forwards it: the newest
	last_event	bigint NOT NULL DEFAULT 0,
	messages	integer NOT NULL DEFAULT 0,	-- that are kept
	bytes		bigint NOT NULL DEFAULT 0,
	ended		boolean NOT NULL DEFAULT false,
	created_at	timestamptz NOT NULL DEFAULT now(),
	-- ended: then it is forgotten; else: then its call has failed
	expires_at	timestamptz NOT NULL
);
CREATE INDEX mcp_stream_session ON sallyport.mcp_stream (session_sha256);
CREATE INDEX mcp_stream_expires ON sallyport.mcp_stream (expires_at);

CREATE TABLE sallyport.mcp_outbox (
	stream_id	uuid NOT NULL REFERENCES sallyport.mcp_stream ON DELETE CASCADE,
	event		bigint NOT NULL,		-- 1, 2, ... without a gap at the end
	message		text NOT NULL,
	created_at	timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (stream_id, event)
);
CREATE INDEX mcp_outbox_created ON sallyport.mcp_outbox (created_at);

-- A call that waits for answers of its client, or (running) has all of them.
CREATE TABLE sallyport.mcp_call (
	stream_id	uuid PRIMARY KEY REFERENCES sallyport.mcp_stream ON DELETE CASCADE,
	sealed		bytea NOT NULL,			-- the message, and what was answered and kept before
	running		boolean NOT NULL
);
CREATE TABLE sallyport.mcp_question (
	question_id	uuid PRIMARY KEY,		-- the id of the request to the client
	stream_id	uuid NOT NULL REFERENCES sallyport.mcp_call ON DELETE CASCADE,
	key		text NOT NULL,			-- by which the tool knows it
	answer		bytea				-- sealed
);
CREATE INDEX mcp_question_stream ON sallyport.mcp_question (stream_id);

CREATE TABLE sallyport.mcp_resource_subscription (
	session_sha256	bytea NOT NULL REFERENCES sallyport.mcp_session ON DELETE CASCADE,
	uri		text NOT NULL,
	PRIMARY KEY (session_sha256, uri)
);

-- ---------------------------------------------------------------- sessions

DROP FUNCTION sallyport.mcp_session_use(bytea, uuid, text, uuid, text, bigint);

-- Uses a session: what there is to know of it, and a later expiry (written when a
-- tenth of its time has passed, so that most uses only read).  Raises, so that it
-- can stand in front of other statements of one transaction: P0S04, there is no
-- such session (for this caller).
CREATE FUNCTION sallyport.mcp_session_use(p_session_sha256 bytea, p_user_id uuid, p_client_id text,
    p_grant_id uuid, p_resource text, p_ttl_seconds bigint)
RETURNS TABLE (protocol_version text, capabilities text, log_level text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	s sallyport.mcp_session;
BEGIN
	SELECT * INTO s FROM sallyport.mcp_session x
	 WHERE x.session_sha256 = p_session_sha256 AND x.expires_at > now()
	   AND x.user_id IS NOT DISTINCT FROM p_user_id AND x.client_id = p_client_id
	   AND x.grant_id = p_grant_id AND x.resource = p_resource;
	IF NOT FOUND THEN
		RAISE EXCEPTION USING ERRCODE = 'P0S04', MESSAGE = 'no such session';
	ELSIF s.expires_at < now() + make_interval(secs => p_ttl_seconds * 0.9) THEN
		UPDATE sallyport.mcp_session x SET expires_at = now() + make_interval(secs => p_ttl_seconds)
		 WHERE x.session_sha256 = p_session_sha256;
	END IF;
	RETURN QUERY SELECT s.protocol_version, s.capabilities::text, s.log_level;
END
$$;

-- From which level on a client wants log messages; processes that remember
-- another one are told.
CREATE FUNCTION sallyport.mcp_session_log_level(p_session_sha256 bytea, p_log_level text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	UPDATE sallyport.mcp_session SET log_level = p_log_level WHERE session_sha256 = p_session_sha256;
	SELECT pg_notify('sallyport_mcp', 'session ' || encode(p_session_sha256, 'hex'));
$$;

-- ---------------------------------------------------------------- streams

-- Whoever holds a stream that is gone hears of it, however it went: with its
-- session, with its grant, for a newer one.
CREATE FUNCTION sallyport.mcp_stream_gone()
RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM pg_notify('sallyport_mcp', 'outbox ' || OLD.stream_id);
	RETURN NULL;
END
$$;
CREATE TRIGGER gone AFTER DELETE ON sallyport.mcp_stream
	FOR EACH ROW WHEN (OLD.holder IS NOT NULL AND NOT OLD.ended) EXECUTE FUNCTION sallyport.mcp_stream_gone();

-- A new stream.  Of those that a GET listens to a session has one, the newest.
-- Raises P0S06 when the session has too many that have not ended.
CREATE FUNCTION sallyport.mcp_stream_open(p_session_sha256 bytea, p_stream_id uuid, p_request_id jsonb,
    p_holder uuid, p_seconds bigint)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	DELETE FROM sallyport.mcp_stream s WHERE s.stream_id IN
	    (SELECT x.stream_id FROM sallyport.mcp_stream x
	      WHERE x.session_sha256 = p_session_sha256 AND x.request_id IS NULL AND p_request_id IS NULL
	        FOR UPDATE);
	DELETE FROM sallyport.mcp_stream s WHERE s.stream_id IN
	    (SELECT x.stream_id FROM sallyport.mcp_stream x WHERE x.session_sha256 = p_session_sha256 AND x.ended
	      ORDER BY x.created_at DESC OFFSET 16 FOR UPDATE SKIP LOCKED);
	IF (SELECT count(*) FROM sallyport.mcp_stream x WHERE x.session_sha256 = p_session_sha256) >= 32 THEN
		RAISE EXCEPTION USING ERRCODE = 'P0S06', MESSAGE = 'the session has too many streams';
	END IF;
	INSERT INTO sallyport.mcp_stream (stream_id, session_sha256, request_id, holder, expires_at)
	VALUES (p_stream_id, p_session_sha256, p_request_id, p_holder, CASE WHEN p_request_id IS NULL
	    THEN 'infinity' ELSE now() + make_interval(secs => p_seconds) END);
END
$$;

-- A client has come back for a stream of this session: from now on this
-- connection forwards it.  False: there is no such stream.
CREATE FUNCTION sallyport.mcp_stream_attach(p_session_sha256 bytea, p_stream_id uuid, p_holder uuid)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	UPDATE sallyport.mcp_stream s SET holder = p_holder
	 WHERE s.stream_id = p_stream_id AND s.session_sha256 = p_session_sha256;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	PERFORM pg_notify('sallyport_mcp', 'outbox ' || p_stream_id);	-- for the holder before
	RETURN true;
END
$$;

-- Puts a message into a stream; p_last: its last one, which may be null.  No row:
-- the stream has ended or is gone.  `held`: p_holder still forwards it, and sends
-- the message itself; whoever else does is told.
CREATE FUNCTION sallyport.mcp_outbox_put(p_session_sha256 bytea, p_stream_id uuid, p_holder uuid,
    p_message text, p_last boolean)
RETURNS TABLE (event bigint, held boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	s sallyport.mcp_stream;
BEGIN
	UPDATE sallyport.mcp_stream x SET last_event = x.last_event + (p_message IS NOT NULL)::integer,
	       messages = x.messages + (p_message IS NOT NULL)::integer,
	       bytes = x.bytes + coalesce(octet_length(p_message), 0), ended = p_last,
	       expires_at = CASE WHEN p_last THEN now() + interval '5 minutes' ELSE x.expires_at END
	 WHERE x.stream_id = p_stream_id AND x.session_sha256 = p_session_sha256 AND NOT x.ended
	RETURNING * INTO s;
	IF NOT FOUND THEN
		RETURN;
	ELSIF p_message IS NOT NULL THEN
		INSERT INTO sallyport.mcp_outbox (stream_id, event, message) VALUES (p_stream_id, s.last_event, p_message);
	END IF;
	IF p_last THEN
		DELETE FROM sallyport.mcp_call c WHERE c.stream_id = p_stream_id;
	END IF;
	IF s.messages > 1000 OR s.bytes > 8388608 THEN
		-- down to the half, so that not every message finds it full
		DELETE FROM sallyport.mcp_outbox o USING
		    (SELECT x.event, row_number() OVER w AS n, sum(octet_length(x.message)) OVER w AS total
		       FROM sallyport.mcp_outbox x WHERE x.stream_id = p_stream_id
		     WINDOW w AS (ORDER BY x.event DESC)) old
		 WHERE o.stream_id = p_stream_id AND o.event = old.event AND old.n > 1
		   AND (old.n > 500 OR old.total > 4194304);
		UPDATE sallyport.mcp_stream x SET (messages, bytes) =
		    (SELECT count(*), coalesce(sum(octet_length(o.message)), 0)
		       FROM sallyport.mcp_outbox o WHERE o.stream_id = p_stream_id)
		 WHERE x.stream_id = p_stream_id;
	END IF;
	IF s.holder IS NOT NULL AND s.holder IS DISTINCT FROM p_holder THEN
		PERFORM pg_notify('sallyport_mcp', 'outbox ' || p_stream_id);
	END IF;
	RETURN QUERY SELECT s.last_event, p_holder IS NOT NULL AND s.holder IS NOT DISTINCT FROM p_holder;
END
$$;

-- What the holders of streams have to forward: the messages behind `after`, in
-- order.  Each stream has a row at least; `over`: nothing will follow, because it
-- has ended, is gone, has another holder, or its caller has no right to it any more.
-- p_held: [{"stream_id", "holder", "after"}].
CREATE FUNCTION sallyport.mcp_outbox_take(p_held jsonb)
RETURNS TABLE (stream_id uuid, holder uuid, event bigint, message text, over boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT w.stream_id, w.holder, o.event, o.message, s.ended IS NOT false
	  FROM jsonb_to_recordset(p_held) AS w (stream_id uuid, holder uuid, after bigint)
	  LEFT JOIN (sallyport.mcp_stream s
	       JOIN sallyport.mcp_session x ON x.session_sha256 = s.session_sha256 AND x.expires_at > now()
	       JOIN sallyport.grants g ON g.grant_id = x.grant_id AND g.revoked_at IS NULL)
	    ON s.stream_id = w.stream_id AND s.holder = w.holder
	  LEFT JOIN sallyport.mcp_outbox o ON o.stream_id = s.stream_id AND o.event > w.after
	 ORDER BY w.stream_id, w.holder, o.event
$$;

-- ---------------------------------------------------------------- questions to the client

-- Writes down a call that has to wait, and asks.  p_questions: [{"question_id",
-- "key", "message"}].  False: its stream has ended or is gone.
CREATE FUNCTION sallyport.mcp_call_ask(p_session_sha256 bytea, p_stream_id uuid, p_holder uuid, p_sealed bytea,
    p_seconds bigint, p_questions jsonb)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	q record;
BEGIN
	UPDATE sallyport.mcp_stream s SET expires_at = now() + make_interval(secs => p_seconds)
	 WHERE s.stream_id = p_stream_id AND s.session_sha256 = p_session_sha256 AND NOT s.ended;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	INSERT INTO sallyport.mcp_call AS c (stream_id, sealed, running) VALUES (p_stream_id, p_sealed, false)
	    ON CONFLICT (stream_id) DO UPDATE SET sealed = p_sealed, running = false;
	DELETE FROM sallyport.mcp_question x WHERE x.stream_id = p_stream_id;
	FOR q IN SELECT * FROM jsonb_to_recordset(p_questions) AS x (question_id uuid, key text, message text) LOOP
		INSERT INTO sallyport.mcp_question (question_id, stream_id, key)
		VALUES (q.question_id, p_stream_id, q.key);
		PERFORM sallyport.mcp_outbox_put(p_session_sha256, p_stream_id, p_holder, q.message, false);
	END LOOP;
	RETURN true;
END
$$;

-- A client has answered.  No row: nobody waits for this answer (any more), or
-- others of the same call are still missing.  Else whoever gets the row, and only
-- he, has to make the call, within p_seconds.
CREATE FUNCTION sallyport.mcp_question_answer(p_session_sha256 bytea, p_question_id uuid, p_answer bytea,
    p_seconds bigint)
RETURNS TABLE (stream_id uuid, sealed bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	v_stream uuid;
BEGIN
	SELECT s.stream_id INTO v_stream FROM sallyport.mcp_stream s JOIN sallyport.mcp_question q USING (stream_id)
	 WHERE q.question_id = p_question_id AND s.session_sha256 = p_session_sha256 AND NOT s.ended
	   FOR UPDATE OF s;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	UPDATE sallyport.mcp_question q SET answer = p_answer WHERE q.question_id = p_question_id AND q.answer IS NULL;
	IF NOT FOUND OR EXISTS (SELECT 1 FROM sallyport.mcp_question q
	    WHERE q.stream_id = v_stream AND q.answer IS NULL) THEN
		RETURN;
	END IF;
	UPDATE sallyport.mcp_stream s SET expires_at = now() + make_interval(secs => p_seconds)
	 WHERE s.stream_id = v_stream;
	RETURN QUERY
	UPDATE sallyport.mcp_call c SET running = true WHERE c.stream_id = v_stream AND NOT c.running
	RETURNING c.stream_id, c.sealed;
END
$$;

-- The answers to a call that is made again.
CREATE FUNCTION sallyport.mcp_call_answers(p_stream_id uuid)
RETURNS TABLE (key text, answer bytea) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT q.key, q.answer FROM sallyport.mcp_question q WHERE q.stream_id = p_stream_id
$$;

-- A client does not want the answer to a request any more: what waits ends here,
-- what runs (anywhere) is told by p_running, the name under which it is known.
CREATE FUNCTION sallyport.mcp_call_cancel(p_session_sha256 bytea, p_request_id jsonb, p_running text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	v_stream uuid;
BEGIN
	FOR v_stream IN SELECT s.stream_id FROM sallyport.mcp_stream s
	    WHERE s.session_sha256 = p_session_sha256 AND s.request_id = p_request_id AND NOT s.ended LOOP
		PERFORM sallyport.mcp_outbox_put(p_session_sha256, v_stream, NULL, NULL, true);
	END LOOP;
	PERFORM pg_notify('sallyport_mcp', 'cancel ' || p_running);
END
$$;

-- ---------------------------------------------------------------- sweeping

-- Ends calls that nobody has answered in time, or whose process is gone, and
-- deletes what has run out.
CREATE FUNCTION sallyport.mcp_sweep(p_limit bigint)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	s sallyport.mcp_stream;
	n bigint;
	total bigint := 0;
BEGIN
	FOR s IN SELECT * FROM sallyport.mcp_stream x WHERE x.expires_at < now() AND NOT x.ended
	    LIMIT p_limit FOR UPDATE SKIP LOCKED LOOP
		PERFORM sallyport.mcp_outbox_put(s.session_sha256, s.stream_id, NULL, jsonb_build_object('jsonrpc', '2.0',
		    'id', s.request_id, 'error', jsonb_build_object('code', -32603, 'message',
		    'the call was given up: no answer came in time'))::text, true);
		total := total + 1;
	END LOOP;
	DELETE FROM sallyport.mcp_stream x WHERE x.stream_id IN
	    (SELECT y.stream_id FROM sallyport.mcp_stream y WHERE y.expires_at < now() AND y.ended
	      LIMIT p_limit FOR UPDATE SKIP LOCKED);
	GET DIAGNOSTICS n = ROW_COUNT; total := total + n;
	WITH gone AS (DELETE FROM sallyport.mcp_outbox o USING
	    (SELECT x.stream_id, x.event FROM sallyport.mcp_outbox x JOIN sallyport.mcp_stream y USING (stream_id)
	      WHERE x.created_at < now() - interval '5 minutes' AND y.request_id IS NULL
	      LIMIT p_limit FOR UPDATE OF y SKIP LOCKED) old
	    WHERE o.stream_id = old.stream_id AND o.event = old.event
	    RETURNING o.stream_id, octet_length(o.message) AS bytes)
	UPDATE sallyport.mcp_stream x SET messages = x.messages - g.messages, bytes = x.bytes - g.bytes
	  FROM (SELECT gone.stream_id, count(*) AS messages, sum(gone.bytes) AS bytes FROM gone GROUP BY 1) g
	 WHERE x.stream_id = g.stream_id;
	GET DIAGNOSTICS n = ROW_COUNT; total := total + n;
	RETURN total;
END
$$;

ALTER FUNCTION sallyport.sweep(bigint, bigint) RENAME TO sweep_before_outbox;
CREATE FUNCTION sallyport.sweep(p_limit bigint, p_grace bigint)
RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT s.n + sallyport.mcp_sweep(p_limit) FROM sallyport.sweep_before_outbox(p_limit, p_grace) AS s (n)
	 WHERE s.n IS NOT NULL		-- else another one is at it
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
	sallyport.sweep(bigint, bigint),
	sallyport.mcp_session_use(bytea, uuid, text, uuid, text, bigint),
	sallyport.mcp_session_log_level(bytea, text),
	sallyport.mcp_stream_open(bytea, uuid, jsonb, uuid, bigint),
	sallyport.mcp_stream_attach(bytea, uuid, uuid),
	sallyport.mcp_outbox_put(bytea, uuid, uuid, text, boolean),
	sallyport.mcp_outbox_take(jsonb),
	sallyport.mcp_call_ask(bytea, uuid, uuid, bytea, bigint, jsonb),
	sallyport.mcp_question_answer(bytea, uuid, bytea, bigint),
	sallyport.mcp_call_answers(uuid),
	sallyport.mcp_call_cancel(bytea, jsonb, text)
TO sallyport_app;
