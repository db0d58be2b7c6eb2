-- tools that become tasks, for tests/t/056*.t
CREATE SCHEMA IF NOT EXISTS shop;
GRANT USAGE ON SCHEMA shop TO sallyport_tool;
CREATE TABLE shop.gate (word text PRIMARY KEY);
CREATE TABLE shop.trace (word text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE SEQUENCE shop.begun;
GRANT SELECT ON shop.gate TO sallyport_tool;
GRANT SELECT, INSERT ON shop.trace TO sallyport_tool;
GRANT USAGE, SELECT ON SEQUENCE shop.begun TO sallyport_tool;

-- Leaves a trace, then waits until the gate of this word is open.
CREATE FUNCTION shop.wait_at(word text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM nextval('shop.begun');
	INSERT INTO shop.trace (word) VALUES ($1);
	WHILE NOT EXISTS (SELECT FROM shop.gate g WHERE g.word = $1) LOOP
		PERFORM pg_sleep(0.02);
	END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION shop.wait_at(text) TO sallyport_tool;

CREATE FUNCTION tools.plain(name text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'Hello, ' || name || '!' $$;
COMMENT ON FUNCTION tools.plain IS E'Plain\n@mcp\n@scope orders:read';

CREATE FUNCTION tools.work(word text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN PERFORM shop.wait_at(word); RETURN 'done: ' || word; END $$;
COMMENT ON FUNCTION tools.work IS E'Work\n@mcp\n@task optional';

CREATE FUNCTION tools.work_again(word text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN PERFORM shop.wait_at(word); RETURN 'done: ' || word; END $$;
COMMENT ON FUNCTION tools.work_again IS E'Work that may be done again\n@mcp\n@idempotent\n@task required 10min';

CREATE FUNCTION tools.look(seconds integer) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN PERFORM pg_sleep(seconds); RETURN 'looked'; END $$;
COMMENT ON FUNCTION tools.look IS E'Look\n@mcp\n@task required';

CREATE FUNCTION tools.too_long() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN PERFORM pg_sleep(60); RETURN 'never'; END $$;
COMMENT ON FUNCTION tools.too_long IS E'Too long\n@mcp\n@task required 300ms';

CREATE FUNCTION tools.many(n integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN INSERT INTO shop.trace (word) VALUES ('many ' || n); RETURN n; END $$;
COMMENT ON FUNCTION tools.many IS E'Many\n@mcp\n@task required';

CREATE FUNCTION tools.failing() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO shop.trace (word) VALUES ('failing');
	RAISE EXCEPTION 'no paper' USING HINT = 'Put some in.';
END $$;
COMMENT ON FUNCTION tools.failing IS E'Failing\n@mcp\n@task required';

CREATE FUNCTION tools.secret_one() RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'secret' $$;
COMMENT ON FUNCTION tools.secret_one IS E'Secret\n@mcp\n@scope orders:write\n@task required';

-- ---- tasks that ask ----

CREATE FUNCTION tools.confirm(filename text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer jsonb;
BEGIN
	PERFORM mcp.detach(required => true);
	PERFORM nextval('shop.begun');
	PERFORM mcp.progress(1, 2, 'looking for ' || filename);
	answer := mcp.elicit('confirm', 'Delete ' || filename || '?',
	    '{"type": "object", "properties": {"sure": {"type": "boolean"}}, "required": ["sure"]}');
	INSERT INTO shop.trace (word) VALUES ('confirm');
	RETURN CASE WHEN (answer->'content'->'sure')::boolean THEN 'deleted' ELSE 'kept: ' || (answer->>'action') END;
END $$;
COMMENT ON FUNCTION tools.confirm IS E'Confirm\n@mcp';

CREATE FUNCTION tools.ask_two() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
	a jsonb := mcp.ask('{"one": {"method": "elicitation/create", "params": {"message": "One?", "requestedSchema":
	    {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}}},
	    "two": {"method": "elicitation/create", "params": {"message": "Two?", "requestedSchema":
	    {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}}}}', '{"kept": 7}');
BEGIN
	RETURN format('%s + %s, state %s', a #> '{one,content,n}', a #> '{two,content,n}', mcp.state()->'kept');
END $$;
COMMENT ON FUNCTION tools.ask_two IS E'Ask two\n@mcp\n@task required';

CREATE FUNCTION tools.ask_first() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
	name text := mcp.elicit('user_name', 'Who are you?',
	    '{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}') #>> '{content,name}';
BEGIN
	PERFORM mcp.detach(true);
	RETURN 'Hello, ' || name || '!';
END $$;
COMMENT ON FUNCTION tools.ask_first IS E'Ask first\n@mcp';

CREATE FUNCTION tools.may_detach() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN CASE WHEN mcp.detach() THEN 'as a task' ELSE 'at once' END;
END $$;
COMMENT ON FUNCTION tools.may_detach IS E'May detach\n@mcp';

CREATE FUNCTION tools.protocol_error() RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM mcp.detach(true);
	PERFORM mcp.protocol_error(-31000, 'out of cheese', '{"redo": "from start"}');
END $$;
COMMENT ON FUNCTION tools.protocol_error IS E'Protocol error\n@mcp';

CREATE FUNCTION tools.wants_sampling() RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN mcp.sample('s', '{"messages": [{"role": "user", "content": {"type": "text", "text": "x"}}], "maxTokens": 5}');
END $$;
COMMENT ON FUNCTION tools.wants_sampling IS E'Sampling\n@mcp\n@task required';

CREATE FUNCTION tools.says_much(word text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM mcp.progress(3, 10);
	PERFORM shop.wait_at(word);
	PERFORM mcp.progress(4, 10, 'nearly there');
	PERFORM shop.wait_at(word || ' again');
	RETURN 'said';
END $$;
COMMENT ON FUNCTION tools.says_much IS E'Says much\n@mcp\n@task required';

CREATE FUNCTION tools.wrong_output() RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT '{"n": "x"}'::jsonb $$;
COMMENT ON FUNCTION tools.wrong_output IS E'Wrong output\n@mcp\n@task required\n@output {"type": "object", "properties": {"n": {"type": "integer"}}}';
