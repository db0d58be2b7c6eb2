-- What a function says to its caller before the result: progress, log messages,
-- questions (docs/tools.md).  It never sees JSON-RPC and need not know how the
-- client is asked.
--
-- The program that calls a function speaks to these by settings of the
-- transaction (sql/queries/tool_call_settings.sql), and they answer with messages
-- of their own SQLSTATE, which it reads while the function runs:
--	MCPRG	progress: {"progress", "total", "message"}
--	MCLOG	a log message: {"level", "logger", "data"}
--	MCASK	an error: what is asked, {"requests", "state", "once"} in DETAIL
--	MCTSK	an error: to be run again as a task
--	MCERR	an error: {"code", "message", "data"} in DETAIL
-- An error undoes what was done so far; after MCASK and MCTSK the function is run
-- again from its beginning.

-- ---------------------------------------------------------------- for the functions below

-- A setting of this call; null when there is none, or no call.
CREATE FUNCTION mcp._setting(name text)
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT nullif(current_setting(name, true), '')
$$;

-- Says that a function of this schema was called in a way in which it cannot work.
CREATE FUNCTION mcp._misuse(what text)
RETURNS void LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = what;
END
$$;

-- ---------------------------------------------------------------- while it runs

-- What part of the work is done: of `total`, if that is known.  It must grow: what
-- does not is not sent.
CREATE FUNCTION mcp.progress(progress double precision, total double precision DEFAULT NULL, message text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	IF progress IS NULL OR progress IN ('NaN', 'Infinity', '-Infinity') THEN
		PERFORM mcp._misuse('mcp.progress: progress must be a finite number');
	ELSIF total IN ('NaN', 'Infinity', '-Infinity') THEN
		PERFORM mcp._misuse('mcp.progress: total must be a finite number');
	ELSIF mcp._setting('mcp.progress') IS NOT NULL THEN
		RAISE INFO USING ERRCODE = 'MCPRG', MESSAGE = jsonb_strip_nulls(jsonb_build_object(
		    'progress', progress, 'total', total, 'message', left(message, 1000)));
	END IF;
END
$$;

-- A log message for the client, if it wants those of this level.
CREATE FUNCTION mcp.log(level text, data jsonb, logger text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	levels constant text[] := '{debug,info,notice,warning,error,critical,alert,emergency}';
BEGIN
	IF array_position(levels, level) IS NULL THEN
		PERFORM mcp._misuse('mcp.log: level must be one of ' || array_to_string(levels, ', '));
	ELSIF array_position(levels, level) >= array_position(levels, mcp._setting('mcp.log_level')) THEN
		RAISE INFO USING ERRCODE = 'MCLOG', MESSAGE =
		    jsonb_build_object('level', level, 'data', data) ||
		    CASE WHEN logger IS NULL THEN '{}' ELSE jsonb_build_object('logger', logger) END;
	END IF;
END
$$;
CREATE FUNCTION mcp.log(level text, message text, logger text DEFAULT NULL)
RETURNS void LANGUAGE sql AS $$
	SELECT mcp.log(level, to_jsonb(message), logger)
$$;

-- ---------------------------------------------------------------- who is asked

-- Whether the client can do this: 'elicitation' (forms), 'elicitation.url',
-- 'sampling', 'sampling.tools', 'sampling.context', 'roots', 'tasks' and
-- 'extensions.NAME'.
CREATE FUNCTION mcp.client_can(capability text)
RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	c jsonb := mcp._setting('mcp.capabilities');
BEGIN
	RETURN coalesce(CASE
	WHEN capability = 'tasks' THEN mcp._setting('mcp.task') IS NOT NULL
	WHEN capability LIKE 'extensions.%' THEN jsonb_typeof(c->'extensions'->substr(capability, 12)) = 'object'
	-- no mode at all means forms
	WHEN capability IN ('elicitation', 'elicitation.form') THEN
		jsonb_typeof(c->'elicitation') = 'object' AND (c->'elicitation' ? 'form' OR NOT c->'elicitation' ? 'url')
	ELSE jsonb_typeof(c #> string_to_array(capability, '.')) = 'object' END, false);
END
$$;

-- ---------------------------------------------------------------- forms

-- Whether this is an array of {"const": text, "title": text}.
CREATE FUNCTION mcp._are_titled(choices jsonb)
RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT CASE WHEN jsonb_typeof(choices) = 'array' THEN NOT EXISTS (
	    SELECT FROM jsonb_array_elements(choices) c
	     WHERE jsonb_typeof(c->'const') IS DISTINCT FROM 'string' OR jsonb_typeof(c->'title') IS DISTINCT FROM 'string')
	    ELSE false END
$$;

-- Why this cannot be a property of a form (MCP, elicitation, "Requested Schema"); null when it can.
CREATE FUNCTION mcp._form_complaint(name text, s jsonb)
RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$
DECLARE
	known text[] := CASE s->>'type'
	    WHEN 'string' THEN '{minLength,maxLength,format,enum,enumNames,oneOf}'::text[]
	    WHEN 'number' THEN '{minimum,maximum}' WHEN 'integer' THEN '{minimum,maximum}'
	    WHEN 'boolean' THEN '{}' WHEN 'array' THEN '{items,minItems,maxItems}' END;
	items jsonb := s->'items';
	extra text;
BEGIN
	IF jsonb_typeof(s) IS DISTINCT FROM 'object' OR known IS NULL THEN
		RETURN format('property %L: a form is flat: its properties are string, number, integer, boolean, or an array of choices', name);
	END IF;
	SELECT k INTO extra FROM jsonb_object_keys(s) k
	 WHERE k <> ALL (known || '{type,title,description,default}'::text[]) ORDER BY k LIMIT 1;
	RETURN CASE
	WHEN extra IS NOT NULL THEN format('property %L: a form has no %s', name, extra)
	WHEN EXISTS (SELECT FROM unnest('{minLength,maxLength,minimum,maximum,minItems,maxItems}'::text[]) k
	             WHERE s ? k AND jsonb_typeof(s->k) <> 'number')
		THEN format('property %L: its limits must be numbers', name)
	WHEN s ? 'format' AND s->>'format' NOT IN ('email', 'uri', 'date', 'date-time')
		THEN format('property %L: format is one of email, uri, date, date-time', name)
	WHEN s ? 'enum' AND jsonb_typeof(s->'enum') <> 'array' THEN format('property %L: enum must be an array', name)
	WHEN s ? 'oneOf' AND NOT coalesce(mcp._are_titled(s->'oneOf'), false)
		THEN format('property %L: oneOf is an array of {"const", "title"}', name)
	WHEN s->>'type' = 'array' AND NOT coalesce(CASE
	    WHEN items ? 'enum' THEN jsonb_typeof(items->'enum') = 'array'
	    ELSE mcp._are_titled(items->'anyOf') END, false)
		THEN format('property %L: the items of an array are {"type": "string", "enum": [...]} or {"anyOf": [{"const", "title"}, ...]}', name)
	END;
END
$$;

-- Whether a text is of one of the formats of forms.
CREATE FUNCTION mcp._has_format(value text, format text)
RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
	CASE format
	WHEN 'email' THEN
		RETURN value ~ '^[^@[:space:]]+@[^@[:space:]]+$';
	WHEN 'uri' THEN
		RETURN value ~ '^[A-Za-z][A-Za-z0-9+.-]*:[^[:space:]]+$';
	WHEN 'date' THEN
		RETURN value ~ '^\d{4}-\d\d-\d\d$' AND value::date IS NOT NULL;
	WHEN 'date-time' THEN
		-- RFC 3339 section 5.6
		RETURN value ~* '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$' AND value::timestamptz IS NOT NULL;
	ELSE
		RETURN true;
	END CASE;
EXCEPTION WHEN data_exception THEN
	RETURN false;			-- 30 February
END
$$;

-- Whether a value that a person entered is one that this property of a form may have.
CREATE FUNCTION mcp._fits(answer jsonb, s jsonb)
RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	t text := answer #>> '{}';
BEGIN
	CASE s->>'type'
	WHEN 'string' THEN
		RETURN jsonb_typeof(answer) = 'string'
		    AND (NOT s ? 'enum' OR s->'enum' @> answer)
		    AND (NOT s ? 'oneOf' OR EXISTS (SELECT FROM jsonb_array_elements(s->'oneOf') c WHERE c->'const' = answer))
		    AND length(t) >= coalesce((s->>'minLength')::numeric, 0)
		    AND (NOT s ? 'maxLength' OR length(t) <= (s->>'maxLength')::numeric)
		    AND (NOT s ? 'format' OR mcp._has_format(t, s->>'format'));
	WHEN 'boolean' THEN
		RETURN jsonb_typeof(answer) = 'boolean';
	WHEN 'array' THEN
		IF jsonb_typeof(answer) <> 'array' THEN
			RETURN false;
		END IF;
		RETURN jsonb_array_length(answer) >= coalesce((s->>'minItems')::numeric, 0)
		    AND (NOT s ? 'maxItems' OR jsonb_array_length(answer) <= (s->>'maxItems')::numeric)
		    AND NOT EXISTS (SELECT FROM jsonb_array_elements(answer) v
		         WHERE NOT CASE WHEN s->'items' ? 'enum' THEN s->'items'->'enum' @> v
		              ELSE EXISTS (SELECT FROM jsonb_array_elements(s->'items'->'anyOf') c WHERE c->'const' = v) END);
	ELSE
		IF jsonb_typeof(answer) <> 'number' THEN
			RETURN false;
		END IF;
		RETURN (s->>'type' = 'number' OR t::numeric = floor(t::numeric))
		    AND (NOT s ? 'minimum' OR t::numeric >= (s->>'minimum')::numeric)
		    AND (NOT s ? 'maximum' OR t::numeric <= (s->>'maximum')::numeric);
	END CASE;
END
$$;

-- ---------------------------------------------------------------- questions

-- Why this cannot be asked; null when it can.
CREATE FUNCTION mcp._complaint(key text, request jsonb)
RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$
DECLARE
	params jsonb := request->'params';
	schema jsonb := params->'requestedSchema';
	what text;
BEGIN
	IF key = '' OR length(key) > 128 THEN
		RETURN 'the key of a question has 1 to 128 characters';
	ELSIF jsonb_typeof(request) <> 'object' OR (request ? 'params' AND jsonb_typeof(params) <> 'object') THEN
		RETURN format('question %L: not {"method", "params"}', key);
	END IF;
	what := CASE request->>'method'
	WHEN 'elicitation/create' THEN CASE
		WHEN coalesce(params->>'message', '') = '' THEN 'it needs a message'
		WHEN params->>'mode' = 'url' THEN
			CASE WHEN params->>'url' ~ '^https?://[^[:space:]]+$' THEN NULL ELSE 'its url must be an http(s) URL' END
		WHEN coalesce(params->>'mode', 'form') <> 'form' THEN 'its mode is form or url'
		WHEN schema->>'type' IS DISTINCT FROM 'object' OR jsonb_typeof(schema->'properties') IS DISTINCT FROM 'object'
			THEN 'its schema needs "type": "object" and "properties"'
		WHEN schema ? 'required' AND (jsonb_typeof(schema->'required') <> 'array' OR NOT (schema->'properties' ?&
		    ARRAY(SELECT jsonb_array_elements_text(schema->'required')))) THEN 'what is required must be a property'
		ELSE (SELECT mcp._form_complaint(p.key, p.value) FROM jsonb_each(schema->'properties') p
		       WHERE mcp._form_complaint(p.key, p.value) IS NOT NULL ORDER BY p.key LIMIT 1) END
	WHEN 'sampling/createMessage' THEN CASE
		WHEN jsonb_typeof(params->'messages') IS DISTINCT FROM 'array' OR params->'messages' = '[]' THEN 'it needs messages'
		WHEN jsonb_typeof(params->'maxTokens') IS DISTINCT FROM 'number' THEN 'it needs maxTokens' END
	WHEN 'roots/list' THEN NULL
	ELSE 'its method is elicitation/create, sampling/createMessage or roots/list' END;
	RETURN format('question %L: ', key) || what;
END
$$;

-- What a response says to a request, without what was not asked; null when it does
-- not say it, so that it must be asked again.
CREATE FUNCTION mcp._answer(request jsonb, response jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	schema jsonb := request->'params'->'requestedSchema';
	content jsonb;
BEGIN
	IF jsonb_typeof(response) IS DISTINCT FROM 'object' THEN
		RETURN NULL;
	END IF;
	CASE request->>'method'
	WHEN 'roots/list' THEN
		RETURN CASE WHEN jsonb_typeof(response->'roots') = 'array' AND NOT EXISTS (
		    SELECT FROM jsonb_array_elements(response->'roots') r WHERE jsonb_typeof(r->'uri') IS DISTINCT FROM 'string')
		    THEN response END;
	WHEN 'sampling/createMessage' THEN
		RETURN CASE WHEN response->>'role' IN ('user', 'assistant') AND jsonb_typeof(response->'model') = 'string'
		    AND jsonb_typeof(response->'content') IN ('object', 'array') THEN response END;
	ELSE
		IF response->>'action' IN ('decline', 'cancel') OR (response->>'action' = 'accept' AND schema IS NULL) THEN
			RETURN jsonb_build_object('action', response->'action');
		ELSIF response->>'action' IS DISTINCT FROM 'accept' THEN
			RETURN NULL;
		END IF;
		content := coalesce(response->'content', '{}');
		IF jsonb_typeof(content) <> 'object' THEN
			RETURN NULL;
		END IF;
		SELECT coalesce(jsonb_object_agg(c.key, c.value), '{}') INTO content FROM jsonb_each(content) c
		 WHERE schema->'properties' ? c.key AND c.value <> 'null';
		IF NOT content ?& ARRAY(SELECT jsonb_array_elements_text(coalesce(schema->'required', '[]')))
		    OR EXISTS (SELECT FROM jsonb_each(content) c WHERE NOT mcp._fits(c.value, schema->'properties'->c.key)) THEN
			RETURN NULL;
		END IF;
		RETURN jsonb_build_object('action', 'accept', 'content', content);
	END CASE;
END
$$;

-- Asks all this at once, {key: {"method", "params"}}, and gives {key: response}
-- when every answer is there and says what was asked.  Until then it raises.
-- `state` is kept for the next round: mcp.state().  With `once` the answers lead
-- to one result at most, however often they are sent.
CREATE FUNCTION mcp.ask(requests jsonb, state jsonb DEFAULT NULL, once boolean DEFAULT false)
RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	responses jsonb := coalesce(mcp._setting('mcp.responses'), '{}');
	answers jsonb := '{}';
	missing jsonb := '{}';
	q record;
	answer jsonb;
BEGIN
	IF jsonb_typeof(requests) IS DISTINCT FROM 'object' OR requests = '{}' THEN
		PERFORM mcp._misuse('mcp.ask: the requests are an object with at least one member: {key: {"method", "params"}}');
	END IF;
	FOR q IN SELECT r.key, r.value FROM jsonb_each(requests) r LOOP
		IF mcp._complaint(q.key, q.value) IS NOT NULL THEN
			PERFORM mcp._misuse(mcp._complaint(q.key, q.value));
		END IF;
		-- answers that came without their state may have led to a result before
		answer := CASE WHEN NOT once OR mcp._setting('mcp.once') IS NOT NULL
		    THEN mcp._answer(q.value, responses->q.key) END;
		IF answer IS NULL THEN
			missing := missing || jsonb_build_object(q.key, q.value);
		ELSE
			answers := answers || jsonb_build_object(q.key, answer);
		END IF;
	END LOOP;
	IF missing <> '{}' THEN
		RAISE EXCEPTION USING ERRCODE = 'MCASK', MESSAGE = 'input is required',
		    DETAIL = jsonb_build_object('requests', missing, 'state', state, 'once', once);
	END IF;
	RETURN answers;
END
$$;

-- Asks a person to fill in a form: {"action": "accept", "content": {...}}, or the
-- action is decline or cancel.
CREATE FUNCTION mcp.elicit(key text, message text, schema jsonb, state jsonb DEFAULT NULL, once boolean DEFAULT false)
RETURNS jsonb LANGUAGE sql AS $$
	SELECT mcp.ask(jsonb_build_object(key, jsonb_build_object('method', 'elicitation/create',
	    'params', jsonb_build_object('message', message, 'requestedSchema', schema))), state, once) -> key
$$;

-- Asks a person to go to a URL: {"action": "accept"} says that they went, and
-- nothing of what they did there.
CREATE FUNCTION mcp.elicit_url(key text, message text, url text, state jsonb DEFAULT NULL, once boolean DEFAULT false)
RETURNS jsonb LANGUAGE sql AS $$
	SELECT mcp.ask(jsonb_build_object(key, jsonb_build_object('method', 'elicitation/create',
	    'params', jsonb_build_object('mode', 'url', 'message', message, 'url', url))), state, once) -> key
$$;

-- Asks the client's model: the params and the result of sampling/createMessage.
CREATE FUNCTION mcp.sample(key text, params jsonb, state jsonb DEFAULT NULL)
RETURNS jsonb LANGUAGE sql AS $$
	SELECT mcp.ask(jsonb_build_object(key, jsonb_build_object('method', 'sampling/createMessage', 'params', params)),
	    state) -> key
$$;

-- {"roots": [{"uri", "name"}, ...]} of the client.
CREATE FUNCTION mcp.roots(key text DEFAULT 'roots', state jsonb DEFAULT NULL)
RETURNS jsonb LANGUAGE sql AS $$
	SELECT mcp.ask(jsonb_build_object(key, '{"method": "roots/list", "params": {}}'::jsonb), state) -> key
$$;

-- One answer as it came, of whatever round; null: there is none.  Only the
-- functions above say whether it fits a question.
CREATE FUNCTION mcp.answer(key text)
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT mcp._setting('mcp.responses')::jsonb -> key
$$;

-- What the round before kept; null in the first one, and when the client did not bring it.
CREATE FUNCTION mcp.state()
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT mcp._setting('mcp.state')::jsonb
$$;

-- ---------------------------------------------------------------- other ends

-- A JSON-RPC error instead of a result.
CREATE FUNCTION mcp.protocol_error(code integer, message text, data jsonb DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	IF coalesce(message, '') = '' OR code IS NULL THEN
		PERFORM mcp._misuse('mcp.protocol_error: it needs a code and a message');
	ELSIF code BETWEEN -32768 AND -32000 AND code NOT IN (-32600, -32602, -32603, -32021) THEN
		PERFORM mcp._misuse(format('mcp.protocol_error: %s is reserved; take -32602, -32603 or one outside -32768..-32000', code));
	END IF;
	RAISE EXCEPTION USING ERRCODE = 'MCERR', MESSAGE = 'a protocol error',
	    DETAIL = jsonb_build_object('code', code, 'message', message, 'data', data);
END
$$;

-- From here on this is a task: true when it runs as one.  False: the client has no
-- tasks; with `required` it is told that it needs them.
CREATE FUNCTION mcp.detach(required boolean DEFAULT false)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	CASE coalesce(mcp._setting('mcp.task'), '')
	WHEN 'running' THEN
		RETURN true;
	WHEN 'may' THEN
		RAISE EXCEPTION USING ERRCODE = 'MCTSK', MESSAGE = 'to be run as a task';
	ELSE
		IF required THEN
			PERFORM mcp.protocol_error(-32021, 'the client lacks a capability that this call needs',
			    '{"requiredCapabilities": {"extensions": {"io.modelcontextprotocol/tasks": {}}}}');
		END IF;
		RETURN false;
	END CASE;
END
$$;

-- ---------------------------------------------------------------- answers that count once

-- The states of `once` that have led to a result, until they would have run out.
CREATE TABLE sallyport.request_state_spent (
	state_id	uuid PRIMARY KEY,
	expires_at	timestamptz NOT NULL
);
CREATE INDEX request_state_spent_expires ON sallyport.request_state_spent (expires_at);

-- Spends a state in the transaction of its call: P0S05, it was spent before.
-- Another call with the same one waits here for the end of the first.
CREATE FUNCTION sallyport.request_state_spend(p_state_id uuid, p_expires_at bigint)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	DELETE FROM sallyport.request_state_spent s WHERE s.state_id IN
	    (SELECT x.state_id FROM sallyport.request_state_spent x WHERE x.expires_at < now()
	      LIMIT 10 FOR UPDATE SKIP LOCKED);
	INSERT INTO sallyport.request_state_spent (state_id, expires_at)
	VALUES (p_state_id, to_timestamp(p_expires_at) + interval '1 minute') ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RAISE EXCEPTION USING ERRCODE = 'P0S05', MESSAGE = 'this requestState was used before';
	END IF;
END
$$;

REVOKE ALL ON FUNCTION sallyport.request_state_spend(uuid, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sallyport.request_state_spend(uuid, bigint) TO sallyport_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA mcp TO PUBLIC;
