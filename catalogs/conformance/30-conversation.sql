-- conformance: tools that talk while they run.  One that asks is run again from
-- its beginning when the answer is there.

-- ---- progress and log ----

CREATE OR REPLACE FUNCTION tools.test_tool_with_progress()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM mcp.progress(0, 100);
	PERFORM pg_sleep(0.05);
	PERFORM mcp.progress(50, 100);
	PERFORM pg_sleep(0.05);
	PERFORM mcp.progress(100, 100);
	RETURN conformance.says('Progress was reported.');
END
$$;
COMMENT ON FUNCTION tools.test_tool_with_progress IS $c$Progress
Reports how far it is.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_tool_with_logging()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM mcp.log('info', 'Tool execution started'::text);
	PERFORM pg_sleep(0.05);
	PERFORM mcp.log('info', 'Tool processing data'::text);
	PERFORM pg_sleep(0.05);
	PERFORM mcp.log('info', 'Tool execution completed'::text);
	RETURN conformance.says('Three messages were logged.');
END
$$;
COMMENT ON FUNCTION tools.test_tool_with_logging IS $c$Log
Logs what it does.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_logging_tool()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM mcp.log('info', 'This is for those who asked for a log'::text);
	RETURN conformance.says('One message was logged.');
END
$$;
COMMENT ON FUNCTION tools.test_logging_tool IS $c$Log, one message
Logs something that only those shall see who asked for a log.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_reconnection()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM mcp.close_stream();
	PERFORM pg_sleep(1);
	RETURN conformance.says('The client came back for this.');
END
$$;
COMMENT ON FUNCTION tools.test_reconnection IS $c$Reconnection
Takes so long that the client is told to come back.
@mcp
@server conformance
@tier public$c$;

-- ---- one question ----

CREATE OR REPLACE FUNCTION tools.test_sampling(prompt text)
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN conformance.says('LLM response: ' ||
	    coalesce(mcp.sample('response', conformance.prompt(prompt)) #>> '{content,text}', ''));
END
$$;
COMMENT ON FUNCTION tools.test_sampling IS $c$Sampling
Asks the model of the client.
@mcp
@server conformance
@tier public
@param prompt what the model is asked$c$;

CREATE OR REPLACE FUNCTION tools.test_elicitation(message text)
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
DECLARE
	answer jsonb := mcp.elicit('response', message, conformance.form(
		'{"username": {"type": "string", "description": "User''s response"},
		  "email": {"type": "string", "description": "User''s email address"}}'));
BEGIN
	RETURN conformance.says(format('User response: action=%s, content=%s', answer->>'action', answer->'content'));
END
$$;
COMMENT ON FUNCTION tools.test_elicitation IS $c$Elicitation
Asks the person.
@mcp
@server conformance
@tier public
@param message what the person is asked$c$;

-- Nothing is required of this form: what the person leaves as it is has a default.
CREATE OR REPLACE FUNCTION tools.test_elicitation_sep1034_defaults()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
DECLARE
	answer jsonb := mcp.elicit('form', 'Please review these values.', '{"type": "object", "properties": {
		"name": {"type": "string", "description": "User name", "default": "John Doe"},
		"age": {"type": "integer", "description": "User age", "default": 30},
		"score": {"type": "number", "description": "User score", "default": 95.5},
		"status": {"type": "string", "description": "User status", "enum": ["active", "inactive", "pending"], "default": "active"},
		"verified": {"type": "boolean", "description": "Verification status", "default": true}}, "required": []}');
BEGIN
	RETURN conformance.says(format('Elicitation completed: action=%s, content=%s', answer->>'action', answer->'content'));
END
$$;
COMMENT ON FUNCTION tools.test_elicitation_sep1034_defaults IS $c$Elicitation with defaults
Asks the person with a form whose fields have defaults.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_elicitation_sep1330_enums()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
DECLARE
	answer jsonb := mcp.elicit('form', 'Please choose.', '{"type": "object", "properties": {
		"untitledSingle": {"type": "string", "description": "One of them", "enum": ["option1", "option2", "option3"]},
		"titledSingle": {"type": "string", "description": "One of them, with titles",
			"oneOf": [{"const": "value1", "title": "First Option"}, {"const": "value2", "title": "Second Option"},
			          {"const": "value3", "title": "Third Option"}]},
		"legacyEnum": {"type": "string", "description": "One of them, with titles in a list of their own",
			"enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]},
		"untitledMulti": {"type": "array", "description": "Several of them",
			"items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
		"titledMulti": {"type": "array", "description": "Several of them, with titles",
			"items": {"anyOf": [{"const": "value1", "title": "First Choice"}, {"const": "value2", "title": "Second Choice"},
			          {"const": "value3", "title": "Third Choice"}]}}}, "required": []}');
BEGIN
	RETURN conformance.says(format('Elicitation completed: action=%s, content=%s', answer->>'action', answer->'content'));
END
$$;
COMMENT ON FUNCTION tools.test_elicitation_sep1330_enums IS $c$Elicitation with choices
Asks the person with a form of all kinds of choices.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_streaming_elicitation()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
DECLARE
	answer jsonb := mcp.elicit('confirm', 'Go on?', conformance.form('{"ok": {"type": "boolean"}}'));
BEGIN
	RETURN conformance.says(format('The person said: %s', answer->>'action'));
END
$$;
COMMENT ON FUNCTION tools.test_streaming_elicitation IS $c$Elicitation, one question
Asks the person whether to go on.
@mcp
@server conformance
@tier public$c$;

-- Beyond the suite: a page of its own instead of a form.
CREATE OR REPLACE FUNCTION tools.test_elicitation_url()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
DECLARE
	answer jsonb := mcp.elicit_url('visit', 'Please visit this page.', 'https://www.example.org/visit?a=1&b=2');
BEGIN
	RETURN conformance.says(format('The person said: %s', answer->>'action'));
END
$$;
COMMENT ON FUNCTION tools.test_elicitation_url IS $c$Elicitation by URL
Asks the person to visit a page.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_missing_capability()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN conformance.says(mcp.sample('answer', conformance.prompt('Say yes.')) #>> '{content,text}');
END
$$;
COMMENT ON FUNCTION tools.test_missing_capability IS $c$Capability
Needs a client that can sample.
@mcp
@server conformance
@tier public$c$;

-- ---- round trips ----

CREATE OR REPLACE FUNCTION tools.test_input_required_result_elicitation()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
DECLARE
	answer jsonb := mcp.elicit('user_name', 'What is your name?', conformance.form('{"name": {"type": "string"}}'));
BEGIN
	RETURN conformance.says(format('Hello, %s!', coalesce(answer #>> '{content,name}', 'stranger')));
END
$$;
COMMENT ON FUNCTION tools.test_input_required_result_elicitation IS $c$Round trip: elicitation
Asks for a name and greets.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_input_required_result_sampling()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN conformance.says(mcp.sample('capital_question',
	    conformance.prompt('What is the capital of France?')) #>> '{content,text}');
END
$$;
COMMENT ON FUNCTION tools.test_input_required_result_sampling IS $c$Round trip: sampling
Asks the model for a capital.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_input_required_result_list_roots()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
DECLARE
	answer jsonb := mcp.roots('client_roots');
BEGIN
	RETURN conformance.says('Roots: ' || coalesce((SELECT string_agg(root->>'uri', ', ')
	                                                 FROM jsonb_array_elements(answer->'roots') root), 'none'));
END
$$;
COMMENT ON FUNCTION tools.test_input_required_result_list_roots IS $c$Round trip: roots
Asks for the roots.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_input_required_result_request_state()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM mcp.ask(jsonb_build_object('confirm', conformance.elicitation('Please confirm.', '{"ok": {"type": "boolean"}}')),
	    '{"asked": "confirm"}');
	RETURN conformance.says(CASE mcp.state()->>'asked' WHEN 'confirm' THEN 'state-ok' ELSE 'the state is lost' END);
END
$$;
COMMENT ON FUNCTION tools.test_input_required_result_request_state IS $c$Round trip: state
Asks, and keeps something meanwhile.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_input_required_result_multiple_inputs()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
DECLARE
	answers jsonb := mcp.ask(jsonb_build_object(
		'user_name', conformance.elicitation('What is your name?', '{"name": {"type": "string"}}'),
		'greeting', jsonb_build_object('method', 'sampling/createMessage',
			'params', conformance.prompt('Generate a greeting.')),
		'client_roots', '{"method": "roots/list", "params": {}}'::jsonb), '{"round": 1}');
BEGIN
	RETURN conformance.says(format('%s, %s! Roots: %s', answers #>> '{greeting,content,text}',
	    coalesce(answers #>> '{user_name,content,name}', 'stranger'), jsonb_array_length(answers #> '{client_roots,roots}')));
END
$$;
COMMENT ON FUNCTION tools.test_input_required_result_multiple_inputs IS $c$Round trip: several questions
Asks the person, the model and the client at once.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_input_required_result_multi_round()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
DECLARE
	name jsonb := mcp.ask(jsonb_build_object('step1',
		conformance.elicitation('Step 1: What is your name?', '{"name": {"type": "string"}}')), '{"step": 1}');
	color jsonb := mcp.ask(jsonb_build_object('step2',
		conformance.elicitation('Step 2: What is your favorite color?', '{"color": {"type": "string"}}')), '{"step": 2}');
BEGIN
	RETURN conformance.says(format('%s likes %s.', name #>> '{step1,content,name}', color #>> '{step2,content,color}'));
END
$$;
COMMENT ON FUNCTION tools.test_input_required_result_multi_round IS $c$Round trips: two questions
Asks the person twice.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_input_required_result_tampered_state()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM mcp.ask(jsonb_build_object('confirm', conformance.elicitation('Please confirm.', '{"ok": {"type": "boolean"}}')),
	    '{"asked": "confirm"}');
	RETURN conformance.says('The state is as it was given.');
END
$$;
COMMENT ON FUNCTION tools.test_input_required_result_tampered_state IS $c$Round trip: state that is tampered with
Asks with a state that must come back as it was.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_input_required_result_capabilities()
RETURNS mcp.result LANGUAGE plpgsql STABLE AS $$
DECLARE
	wanted jsonb := '{}';
BEGIN
	IF mcp.client_can('elicitation') THEN
		wanted := wanted || jsonb_build_object('user_name',
			conformance.elicitation('What is your name?', '{"name": {"type": "string"}}'));
	END IF;
	IF mcp.client_can('sampling') THEN
		wanted := wanted || jsonb_build_object('greeting', jsonb_build_object('method', 'sampling/createMessage',
			'params', conformance.prompt('Generate a greeting.')));
	END IF;
	IF wanted <> '{}' THEN
		PERFORM mcp.ask(wanted);
	END IF;
	RETURN conformance.says('Nothing was asked that the client cannot do.');
END
$$;
COMMENT ON FUNCTION tools.test_input_required_result_capabilities IS $c$Round trip: capabilities
Asks only what the client can do.
@mcp
@server conformance
@tier public$c$;

REVOKE ALL ON FUNCTION tools.test_tool_with_progress, tools.test_tool_with_logging, tools.test_logging_tool,
	tools.test_reconnection, tools.test_sampling, tools.test_elicitation, tools.test_elicitation_sep1034_defaults,
	tools.test_elicitation_sep1330_enums, tools.test_streaming_elicitation, tools.test_elicitation_url, tools.test_missing_capability,
	tools.test_input_required_result_elicitation, tools.test_input_required_result_sampling,
	tools.test_input_required_result_list_roots, tools.test_input_required_result_request_state,
	tools.test_input_required_result_multiple_inputs, tools.test_input_required_result_multi_round,
	tools.test_input_required_result_tampered_state, tools.test_input_required_result_capabilities FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tools.test_tool_with_progress, tools.test_tool_with_logging, tools.test_logging_tool,
	tools.test_reconnection, tools.test_sampling, tools.test_elicitation, tools.test_elicitation_sep1034_defaults,
	tools.test_elicitation_sep1330_enums, tools.test_streaming_elicitation, tools.test_elicitation_url, tools.test_missing_capability,
	tools.test_input_required_result_elicitation, tools.test_input_required_result_sampling,
	tools.test_input_required_result_list_roots, tools.test_input_required_result_request_state,
	tools.test_input_required_result_multiple_inputs, tools.test_input_required_result_multi_round,
	tools.test_input_required_result_tampered_state, tools.test_input_required_result_capabilities TO sallyport_tool;
