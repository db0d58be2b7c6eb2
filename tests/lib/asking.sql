-- Tools that speak with their client, for tests of how they are gone on with.
CREATE TABLE shop.heard (n serial, what text);
GRANT SELECT, INSERT ON shop.heard TO sallyport_tool;
GRANT USAGE ON SEQUENCE shop.heard_n_seq TO sallyport_tool;

CREATE FUNCTION tools.greet(greeting text DEFAULT 'Hello') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer jsonb;
BEGIN
	INSERT INTO shop.heard (what) VALUES ('asked');		-- is undone
	answer := mcp.elicit('name', 'What is your name?', '{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}');
	IF answer->>'action' <> 'accept' THEN
		RETURN 'nobody: ' || (answer->>'action');
	END IF;
	INSERT INTO shop.heard (what) VALUES (answer->'content'->>'name');
	RETURN greeting || ', ' || (answer->'content'->>'name');
END $$;
COMMENT ON FUNCTION tools.greet IS E'Greet\n@mcp';

CREATE FUNCTION tools.two_rounds() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	first jsonb := mcp.elicit('first', 'First?', '{"type": "object", "properties": {"v": {"type": "integer"}}, "required": ["v"]}', state => '{"round": 1}');
	second jsonb := mcp.elicit('second', 'Second, after ' || (first->'content'->>'v') || '?', '{"type": "object", "properties": {"v": {"type": "integer"}}, "required": ["v"]}');
BEGIN
	RETURN (first->'content'->>'v') || ' then ' || (second->'content'->>'v');
END $$;
COMMENT ON FUNCTION tools.two_rounds IS E'Two rounds\n@mcp';

CREATE FUNCTION tools.all_kinds() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answers jsonb := mcp.ask('{
		"form": {"method": "elicitation/create", "params": {"mode": "form", "message": "Sure?", "requestedSchema": {"type": "object", "properties": {}}}},
		"model": {"method": "sampling/createMessage", "params": {"messages": [{"role": "user", "content": {"type": "text", "text": "2+2?"}}], "maxTokens": 10}},
		"where": {"method": "roots/list"}}');
BEGIN
	INSERT INTO shop.heard (what) VALUES ('all kinds');
	RETURN concat_ws(' ', answers->'form'->>'action', answers->'model'->'content'->>'text', answers->'where'->'roots'->0->>'uri');
END $$;
COMMENT ON FUNCTION tools.all_kinds IS E'All kinds\n@mcp';

CREATE FUNCTION tools.only_model() RETURNS text LANGUAGE sql AS
$$ SELECT mcp.sample('model', '{"messages": [{"role": "user", "content": {"type": "text", "text": "2+2?"}}], "maxTokens": 10}')->'content'->>'text' $$;
COMMENT ON FUNCTION tools.only_model IS E'Only the model\n@mcp';

CREATE FUNCTION tools.steps(n integer DEFAULT 5, pause double precision DEFAULT 0.02) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. n LOOP
		PERFORM mcp.progress(i, n, 'step ' || i);
		PERFORM pg_sleep(pause);
	END LOOP;
	INSERT INTO shop.heard (what) VALUES ('steps');
	RETURN n || ' steps';
END $$;
COMMENT ON FUNCTION tools.steps IS E'Steps\n@mcp';

CREATE FUNCTION tools.speak() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM mcp.log('debug', 'very quietly'::text), mcp.log('info', 'quietly'::text), mcp.log('error', 'loudly'::text, 'speaker');
	RETURN 'spoken';
END $$;
COMMENT ON FUNCTION tools.speak IS E'Speak\n@mcp';

CREATE FUNCTION tools.sleeps(seconds double precision) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_sleep(seconds);
	INSERT INTO shop.heard (what) VALUES ('slept');
	RETURN 'slept';
END $$;
COMMENT ON FUNCTION tools.sleeps IS E'Sleeps\n@mcp';

CREATE FUNCTION tools.lets_go() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM mcp.close_stream();
	PERFORM pg_sleep(0.3);
	RETURN 'you came back';
END $$;
COMMENT ON FUNCTION tools.lets_go IS E'Lets go\n@mcp';
