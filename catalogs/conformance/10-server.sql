-- conformance: what the official MCP conformance suite asks a server for.
--
-- It serves /mcp/conformance with tools, resources and prompts that each show
-- one thing of the protocol; docs/conformance.md says how the suite is run.
-- Nothing here is more than the author of any catalog can write, so that these
-- files are also an example for each.  They may be applied again at any time.

INSERT INTO sallyport.resource (name, title, instructions)
VALUES ('conformance', 'Conformance', 'Fixtures of the MCP conformance suite. Nothing here is of use otherwise.')
ON CONFLICT (name) DO UPDATE SET title = excluded.title, instructions = excluded.instructions;

CREATE SCHEMA IF NOT EXISTS conformance;
COMMENT ON SCHEMA conformance IS 'What the fixtures of the MCP conformance suite share';

-- A picture of one white pixel, and a millisecond of silence.
CREATE OR REPLACE FUNCTION conformance.pixel()
RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT '\x89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a4944415478da63f80f00010101001cb08c990000000049454e44ae426082'::bytea
$$;
CREATE OR REPLACE FUNCTION conformance.silence()
RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT '\x524946462c00000057415645666d74201000000001000100401f0000401f00000100080064617461080000008080808080808080'::bytea
$$;

-- The schema of a form: {"properties": ..., "required": all of them}.
CREATE OR REPLACE FUNCTION conformance.form(properties jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT jsonb_build_object('type', 'object', 'properties', properties,
	    'required', (SELECT jsonb_agg(p.key) FROM jsonb_each(properties) p))
$$;

-- A request of mcp.ask(), and the parameters of mcp.sample().
CREATE OR REPLACE FUNCTION conformance.elicitation(message text, properties jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT jsonb_build_object('method', 'elicitation/create', 'params', jsonb_build_object('mode', 'form',
	    'message', message, 'requestedSchema', conformance.form(properties)))
$$;
CREATE OR REPLACE FUNCTION conformance.prompt(prompt text)
RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT jsonb_build_object('messages', jsonb_build_array(jsonb_build_object('role', 'user',
	    'content', mcp.text(prompt))), 'maxTokens', 100)
$$;

-- A result that is one text.
CREATE OR REPLACE FUNCTION conformance.says(text text)
RETURNS mcp.result LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT mcp.result(ARRAY[mcp.text(text)])
$$;

GRANT USAGE ON SCHEMA conformance, tools TO sallyport_tool;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA conformance FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA conformance TO sallyport_tool;
