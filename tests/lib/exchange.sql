-- functions that speak with their caller: 0531 to 0535
CREATE SCHEMA shop;
GRANT USAGE ON SCHEMA shop TO sallyport_tool;
CREATE TABLE shop.touched (n integer);
GRANT SELECT, INSERT ON shop.touched TO sallyport_tool;
CREATE SEQUENCE shop.attempts;
GRANT USAGE ON SEQUENCE shop.attempts TO sallyport_tool;

-- ---- while it runs ----

CREATE FUNCTION tools.steps() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN
	PERFORM mcp.progress(0, 100);
	PERFORM mcp.progress(50, 100, 'half "way", é');
	PERFORM mcp.log('info', 'at work'), mcp.log('debug', '{"n": 1}'::jsonb, 'shop');
	PERFORM mcp.progress(100, 100);
	RETURN 'done'; END $$;
CREATE FUNCTION tools.odd_steps() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN
	PERFORM mcp.progress(0.1), mcp.progress(2), mcp.progress(2), mcp.progress(1), mcp.progress(1e20), mcp.progress(-5);
	RETURN 'done'; END $$;
CREATE FUNCTION tools.many_steps(n integer) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN
	FOR i IN 1 .. n LOOP PERFORM mcp.progress(i, n); END LOOP;
	RETURN 'done'; END $$;
CREATE FUNCTION tools.many_logs(n integer) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN
	FOR i IN 1 .. n LOOP PERFORM mcp.log('info', to_jsonb(i)); END LOOP;
	RETURN 'done'; END $$;
CREATE FUNCTION tools.long_log() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN
	PERFORM mcp.log('info', repeat('x', 300000)); RETURN 'done'; END $$;
CREATE FUNCTION tools.steps_then_slow() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN
	FOR i IN 1 .. 15 LOOP PERFORM mcp.progress(i); END LOOP;
	PERFORM pg_sleep(2);
	RETURN 'done'; END $$;
CREATE FUNCTION tools.steps_then_fail(how text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
	PERFORM mcp.progress(1);
	INSERT INTO shop.touched VALUES (1);
	CASE how WHEN 'raise' THEN RAISE EXCEPTION 'no such order';
	WHEN 'protocol' THEN PERFORM mcp.protocol_error(-32602, 'not so', '{"why": [1, "é"]}');
	WHEN 'own' THEN PERFORM mcp.protocol_error(4711, 'own code');
	WHEN 'reserved' THEN PERFORM mcp.protocol_error(-32002, 'x');
	WHEN 'empty' THEN PERFORM mcp.protocol_error(4711, '');
	WHEN 'forged' THEN RAISE EXCEPTION 'x' USING ERRCODE = 'MCERR', DETAIL = '{"code": "x"}';
	WHEN 'forged question' THEN RAISE EXCEPTION 'x' USING ERRCODE = 'MCASK', DETAIL = '[]';
	WHEN 'no detail' THEN RAISE EXCEPTION 'x' USING ERRCODE = 'MCASK';
	WHEN 'task' THEN RAISE EXCEPTION 'x' USING ERRCODE = 'MCTSK';
	WHEN 'down' THEN RAISE EXCEPTION 'x' USING ERRCODE = '57P01'; END CASE;
	RETURN 'done'; END $$;
CREATE FUNCTION tools.conflict() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
	PERFORM mcp.progress(1, 3), mcp.progress(2, 3);
	IF nextval('shop.attempts') % 3 <> 0 THEN RAISE EXCEPTION USING ERRCODE = '40001'; END IF;
	PERFORM mcp.progress(3, 3);
	RETURN 'done'; END $$;
CREATE FUNCTION tools.says(level text, data jsonb DEFAULT NULL) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN
	PERFORM mcp.log(level, data); RETURN 'done'; END $$;
CREATE FUNCTION tools.reports(progress text, total text DEFAULT NULL) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN
	PERFORM mcp.progress(progress::double precision, total::double precision); RETURN 'done'; END $$;
CREATE FUNCTION tools.forges() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN
	RAISE INFO 'not JSON' USING ERRCODE = 'MCPRG';
	RAISE INFO '{"progress": "1"}' USING ERRCODE = 'MCPRG';
	RAISE INFO '{"level": "loud", "data": 1}' USING ERRCODE = 'MCLOG';
	RAISE INFO '{"level": "debug", "data": 1}' USING ERRCODE = 'MCLOG';
	RETURN 'done'; END $$;
CREATE FUNCTION tools.settings() RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT jsonb_object_agg(n, current_setting(n, true))
	FROM unnest('{mcp.capabilities,mcp.responses,mcp.state,mcp.once,mcp.task,mcp.progress,mcp.log_level,sallyport.traceparent}'::text[]) n $$;
CREATE FUNCTION tools.leaves_settings() RETURNS text LANGUAGE sql AS $$ SELECT set_config('mcp.responses', '{"name": {"action": "cancel"}}', false) $$;
CREATE FUNCTION tools.slow(seconds double precision DEFAULT 30) RETURNS text LANGUAGE plpgsql STABLE SET statement_timeout = '60s' AS $$ BEGIN
	PERFORM pg_sleep(seconds); RETURN 'slept'; END $$;
CREATE FUNCTION tools.slow_writer(seconds double precision DEFAULT 30) RETURNS text LANGUAGE plpgsql SET statement_timeout = '60s' AS $$ BEGIN
	INSERT INTO shop.touched VALUES (7); PERFORM mcp.progress(1); PERFORM pg_sleep(seconds); RETURN 'slept'; END $$;

-- ---- questions ----

CREATE FUNCTION tools.greet() RETURNS text LANGUAGE plpgsql STABLE AS $$ DECLARE a jsonb := mcp.elicit('user_name', 'What is your name?',
	'{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}'); BEGIN
	RETURN CASE a->>'action' WHEN 'accept' THEN format('Hello, %s!', a->'content'->>'name') ELSE 'Hello, whoever: ' || (a->>'action') END; END $$;
CREATE FUNCTION tools.form(properties jsonb, required jsonb DEFAULT '[]') RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT mcp.elicit('form', 'Fill in', jsonb_build_object('type', 'object', 'properties', properties, 'required', required)) $$;
CREATE FUNCTION tools.asks(requests jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT mcp.ask(requests) $$;
CREATE FUNCTION tools.writes_and_asks() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO shop.touched VALUES (2);
	RETURN mcp.elicit('sure', 'Sure?', '{"type": "object", "properties": {"ok": {"type": "boolean"}}}')->>'action'; END $$;
CREATE FUNCTION tools.three() RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN
	RETURN mcp.ask('{"user_name": {"method": "elicitation/create", "params": {"message": "Name?", "requestedSchema": {"type": "object", "properties": {"name": {"type": "string"}}}}},
		"greeting": {"method": "sampling/createMessage", "params": {"messages": [{"role": "user", "content": {"type": "text", "text": "Hi"}}], "maxTokens": 10}},
		"client_roots": {"method": "roots/list", "params": {}}}', '{"kept": 1}') || jsonb_build_object('state', mcp.state()); END $$;
CREATE FUNCTION tools.rounds() RETURNS text LANGUAGE plpgsql STABLE AS $$ DECLARE one jsonb; two jsonb; BEGIN
	one := mcp.elicit('step1', 'Name?', '{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}', '{"round": 1}');
	two := mcp.elicit('step2', 'Color?', '{"type": "object", "properties": {"color": {"type": "string"}}, "required": ["color"]}', '{"round": 2}');
	RETURN concat_ws(' ', one->'content'->>'name', two->'content'->>'color', mcp.state()->>'round'); END $$;
CREATE FUNCTION tools.samples() RETURNS text LANGUAGE sql STABLE AS $$ SELECT mcp.sample('q',
	'{"messages": [{"role": "user", "content": {"type": "text", "text": "Capital of France?"}}], "maxTokens": 100}')->'content'->>'text' $$;
CREATE FUNCTION tools.samples_with_tools() RETURNS text LANGUAGE sql STABLE AS $$ SELECT mcp.sample('q',
	'{"messages": [{"role": "user", "content": {"type": "text", "text": "?"}}], "maxTokens": 100, "tools": []}')->'content'->>'text' $$;
CREATE FUNCTION tools.roots() RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT mcp.roots()->'roots' $$;
CREATE FUNCTION tools.visits() RETURNS text LANGUAGE sql STABLE AS $$ SELECT mcp.elicit_url('go', 'Go there', 'https://shop.example/pay')->>'action' $$;
CREATE FUNCTION tools.can() RETURNS text LANGUAGE sql STABLE AS $$ SELECT string_agg(c, ' ' ORDER BY o) FROM
	unnest('{elicitation,elicitation.form,elicitation.url,sampling,sampling.tools,roots,tasks,extensions.example.com/x,x}'::text[]) WITH ORDINALITY u (c, o)
	WHERE mcp.client_can(c) $$;
CREATE FUNCTION tools.asks_who_can() RETURNS text LANGUAGE sql STABLE AS $$ SELECT CASE WHEN mcp.client_can('elicitation')
	THEN mcp.elicit('a', 'A?', '{"type": "object", "properties": {}}') ELSE mcp.sample('b', '{"messages": [{"role": "user", "content": {"type": "text", "text": "?"}}], "maxTokens": 1}') END::text $$;
CREATE FUNCTION tools.redeem() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN
	IF mcp.elicit('sure', 'Redeem?', '{"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}', once => true)->>'action' = 'accept' THEN
		INSERT INTO shop.touched VALUES (3); END IF;
	RETURN 1; END $$;
CREATE FUNCTION tools.redeem_in_rounds() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN
	PERFORM mcp.elicit('sure', 'Redeem?', '{"type": "object", "properties": {"ok": {"type": "boolean"}}}', once => true);
	PERFORM mcp.elicit('really', 'Really?', '{"type": "object", "properties": {"ok": {"type": "boolean"}}}');
	INSERT INTO shop.touched VALUES (4);
	RETURN 1; END $$;
CREATE FUNCTION tools.read_once() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN
	PERFORM mcp.elicit('sure', 'Read?', '{"type": "object", "properties": {"ok": {"type": "boolean"}}}', once => true);
	RETURN 'read'; END $$;
CREATE FUNCTION tools.keeps(n integer) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN
	PERFORM mcp.elicit('more', 'More?', '{"type": "object", "properties": {}}', to_jsonb(repeat('x', n)));
	RETURN length(mcp.state() #>> '{}')::text; END $$;
CREATE FUNCTION tools.detaches(required boolean DEFAULT false) RETURNS text LANGUAGE sql STABLE AS $$ SELECT mcp.detach(required)::text $$;

CREATE FUNCTION tools.asking_prompt(topic text) RETURNS SETOF mcp.message LANGUAGE plpgsql STABLE AS $$ BEGIN
	RETURN NEXT mcp.user(topic || ': ' || (mcp.elicit('user_context', 'Context?',
		'{"type": "object", "properties": {"context": {"type": "string"}}, "required": ["context"]}')->'content'->>'context')); END $$;
COMMENT ON FUNCTION tools.asking_prompt IS E'Asking prompt\n@prompt asking';
CREATE FUNCTION tools.asking_resource(id text) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN
	PERFORM mcp.progress(1), mcp.log('notice', 'reading');
	RETURN id || ' ' || (mcp.elicit('code', 'Code?', '{"type": "object", "properties": {"code": {"type": "integer"}}, "required": ["code"]}')->'content'->>'code'); END $$;
COMMENT ON FUNCTION tools.asking_resource IS E'Asking resource\n@resource shop://secret/{id}';
CREATE FUNCTION tools.asking_completion(value text, context jsonb) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$ BEGIN
	PERFORM mcp.elicit('x', 'X?', '{"type": "object", "properties": {}}'); END $$;
CREATE FUNCTION tools.completed_prompt(topic text) RETURNS SETOF mcp.message LANGUAGE sql STABLE AS $$ SELECT * FROM mcp.user(topic) $$;
COMMENT ON FUNCTION tools.completed_prompt IS E'Completed prompt\n@prompt completed\n@complete topic tools.asking_completion';
DO $$ DECLARE f regprocedure; BEGIN
	FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'tools'::regnamespace AND obj_description(oid) IS NULL
	    AND proname <> 'asking_completion' LOOP
		EXECUTE format('COMMENT ON FUNCTION %s IS %L', f, E'Test\n@mcp');
	END LOOP;
END $$;
