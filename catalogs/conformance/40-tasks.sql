-- conformance: tools that become tasks (extension io.modelcontextprotocol/tasks).

-- From here on the call is a task, or it is refused: -32021 of MCP 2026-07-28.
CREATE OR REPLACE FUNCTION conformance.need_task()
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF NOT mcp.detach() THEN
		PERFORM mcp.protocol_error(-32021, 'this tool runs as a task, and the client has no tasks',
		    '{"requiredCapabilities": {"extensions": {"io.modelcontextprotocol/tasks": {}}}}');
	END IF;
END
$$;
REVOKE ALL ON FUNCTION conformance.need_task FROM PUBLIC;
GRANT EXECUTE ON FUNCTION conformance.need_task TO sallyport_tool;

CREATE OR REPLACE FUNCTION tools.greet(name text)
RETURNS mcp.result LANGUAGE sql IMMUTABLE AS $$
	SELECT conformance.says(format('Hello, %s!', name))
$$;
COMMENT ON FUNCTION tools.greet IS $c$Greet
Answers at once, never as a task.
@mcp
@server conformance
@tier public
@param name who is greeted$c$;

CREATE OR REPLACE FUNCTION tools.slow_compute(seconds double precision, label text DEFAULT 'result')
RETURNS mcp.result LANGUAGE plpgsql STABLE SET statement_timeout = '90s' AS $$
BEGIN
	PERFORM mcp.detach();
	PERFORM pg_sleep(seconds);
	RETURN conformance.says(format('%s: took %s seconds', label, seconds));
END
$$;
COMMENT ON FUNCTION tools.slow_compute IS $c$Slow
Sleeps, as a task if the client has tasks.
@mcp
@server conformance
@tier public
@param seconds {"minimum": 0, "maximum": 60} how long
@param label said with the result$c$;

CREATE OR REPLACE FUNCTION tools.failing_job()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM conformance.need_task();
	PERFORM pg_sleep(1);
	RETURN mcp.error('This job always fails.');
END
$$;
COMMENT ON FUNCTION tools.failing_job IS $c$Task: a tool that fails
Fails after a second, as a task only.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.protocol_error_job()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM conformance.need_task();
	PERFORM mcp.protocol_error(-32603, 'this job cannot be done');
END
$$;
COMMENT ON FUNCTION tools.protocol_error_job IS $c$Task: a protocol error
Ends with a JSON-RPC error, as a task only.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.confirm_delete(filename text)
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
DECLARE
	answer jsonb;
BEGIN
	PERFORM mcp.detach();
	answer := mcp.elicit('confirm', format('Delete %s?', filename), conformance.form('{"confirm": {"type": "boolean"}}'));
	RETURN conformance.says(format(CASE WHEN coalesce((answer #>> '{content,confirm}')::boolean, false)
	    THEN '%s is deleted (not really).' ELSE '%s is kept.' END, filename));
END
$$;
COMMENT ON FUNCTION tools.confirm_delete IS $c$Task: a question
Asks the person while it is a task; nothing is deleted.
@mcp
@server conformance
@tier public
@param filename what would be deleted$c$;

CREATE OR REPLACE FUNCTION tools.multi_input()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
DECLARE
	answers jsonb;
BEGIN
	PERFORM mcp.detach();
	answers := mcp.ask(jsonb_build_object(
		'name', conformance.elicitation('What is your name?', '{"name": {"type": "string"}}'),
		'confirm', conformance.elicitation('Go on?', '{"confirm": {"type": "boolean"}}')));
	RETURN conformance.says(format('%s: %s', answers #>> '{name,content,name}', answers #>> '{confirm,content,confirm}'));
END
$$;
COMMENT ON FUNCTION tools.multi_input IS $c$Task: two questions
Asks the person two questions at once while it is a task.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_tool_with_task()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
DECLARE
	answer jsonb := mcp.elicit('user_name', 'What is your name?', conformance.form('{"name": {"type": "string"}}'));
BEGIN
	PERFORM conformance.need_task();
	RETURN conformance.says(format('Hello, %s! This was a task.', coalesce(answer #>> '{content,name}', 'stranger')));
END
$$;
COMMENT ON FUNCTION tools.test_tool_with_task IS $c$Round trip, then a task
Asks for a name, then becomes a task.
@mcp
@server conformance
@tier public$c$;

REVOKE ALL ON FUNCTION tools.greet, tools.slow_compute, tools.failing_job, tools.protocol_error_job,
	tools.confirm_delete, tools.multi_input, tools.test_tool_with_task FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tools.greet, tools.slow_compute, tools.failing_job, tools.protocol_error_job,
	tools.confirm_delete, tools.multi_input, tools.test_tool_with_task TO sallyport_tool;
