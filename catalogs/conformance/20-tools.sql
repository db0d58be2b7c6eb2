-- conformance: tools that answer at once.

-- First in the list, so that what is called for its headers alone does no harm.
CREATE OR REPLACE FUNCTION tools.about_conformance()
RETURNS mcp.result LANGUAGE sql IMMUTABLE AS $$
	SELECT conformance.says('The tools of this server are fixtures of the MCP conformance suite.')
$$;
COMMENT ON FUNCTION tools.about_conformance IS $c$About this server
Says what the other tools are for.
@mcp about
@server conformance
@tier public$c$;

-- ---- kinds of content ----

CREATE OR REPLACE FUNCTION tools.test_simple_text()
RETURNS mcp.result LANGUAGE sql IMMUTABLE AS $$
	SELECT conformance.says('This is a simple text response for testing.')
$$;
COMMENT ON FUNCTION tools.test_simple_text IS $c$Text
Answers with a text.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_image_content()
RETURNS mcp.result LANGUAGE sql IMMUTABLE AS $$
	SELECT mcp.result(ARRAY[mcp.image(conformance.pixel(), 'image/png')])
$$;
COMMENT ON FUNCTION tools.test_image_content IS $c$Image
Answers with a picture.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_audio_content()
RETURNS mcp.result LANGUAGE sql IMMUTABLE AS $$
	SELECT mcp.result(ARRAY[mcp.audio(conformance.silence(), 'audio/wav')])
$$;
COMMENT ON FUNCTION tools.test_audio_content IS $c$Audio
Answers with a sound.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_embedded_resource()
RETURNS mcp.result LANGUAGE sql IMMUTABLE AS $$
	SELECT mcp.result(ARRAY[mcp.embedded_resource('test://embedded-resource', 'This is an embedded resource content.')])
$$;
COMMENT ON FUNCTION tools.test_embedded_resource IS $c$Embedded resource
Answers with a resource.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_multiple_content_types()
RETURNS mcp.result LANGUAGE sql IMMUTABLE AS $$
	SELECT mcp.result(ARRAY[mcp.text('Multiple content types test:'), mcp.image(conformance.pixel(), 'image/png'),
	    mcp.embedded_resource('test://mixed-content-resource', '{"test":"data","value":123}', 'application/json')])
$$;
COMMENT ON FUNCTION tools.test_multiple_content_types IS $c$Several kinds of content
Answers with a text, a picture and a resource.
@mcp
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_error_handling()
RETURNS mcp.result LANGUAGE sql IMMUTABLE AS $$
	SELECT mcp.error('This tool intentionally returns an error for testing')
$$;
COMMENT ON FUNCTION tools.test_error_handling IS $c$Error
Fails.
@mcp
@server conformance
@tier public$c$;

-- ---- arguments ----

CREATE OR REPLACE FUNCTION tools.test_x_mcp_header(region text, level integer DEFAULT NULL)
RETURNS mcp.result LANGUAGE sql IMMUTABLE AS $$
	SELECT conformance.says(format('region %s, level %s', region, coalesce(level::text, 'not given')))
$$;
COMMENT ON FUNCTION tools.test_x_mcp_header IS $c$Argument and header
Answers with its arguments; a header repeats the first one.
@mcp
@server conformance
@tier public
@param region {"x-mcp-header": "Region"} what the header Mcp-Param-Region says, too
@param level not in any header$c$;

CREATE OR REPLACE FUNCTION tools.json_schema_2020_12_tool(name text DEFAULT NULL, address jsonb DEFAULT NULL,
	"contactMethod" text DEFAULT NULL, phone text DEFAULT NULL, email text DEFAULT NULL)
RETURNS mcp.result LANGUAGE sql IMMUTABLE AS $$
	SELECT conformance.says(format('%s can be reached: %s', coalesce(name, 'Somebody'), coalesce(phone, email)))
$$;
COMMENT ON FUNCTION tools.json_schema_2020_12_tool IS $c$JSON Schema 2020-12
Has an input schema with definitions, anchors and conditions.
@mcp
@server conformance
@tier public
@input {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
	"$defs": {"address": {"$anchor": "addressDef", "type": "object",
		"properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
	"properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"},
		"contactMethod": {"type": "string", "enum": ["phone", "email"]},
		"phone": {"type": "string"}, "email": {"type": "string"}},
	"allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
	"if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
	"then": {"required": ["phone"]}, "else": {"required": ["email"]},
	"additionalProperties": false}$c$;

-- ---- changes of the lists ----

CREATE OR REPLACE FUNCTION tools.test_trigger_tool_change()
RETURNS mcp.result LANGUAGE plpgsql AS $$
BEGIN
	PERFORM mcp.list_changed('tools');
	RETURN conformance.says('The list of tools has changed.');
END
$$;
COMMENT ON FUNCTION tools.test_trigger_tool_change IS $c$Change the tools
Says that the list of tools has changed.
@mcp
@server conformance
@tier public
@idempotent$c$;

CREATE OR REPLACE FUNCTION tools.test_trigger_prompt_change()
RETURNS mcp.result LANGUAGE plpgsql AS $$
BEGIN
	PERFORM mcp.list_changed('prompts');
	RETURN conformance.says('The list of prompts has changed.');
END
$$;
COMMENT ON FUNCTION tools.test_trigger_prompt_change IS $c$Change the prompts
Says that the list of prompts has changed.
@mcp
@server conformance
@tier public
@idempotent$c$;

-- Beyond the suite: what a subscription to test://watched-resource waits for.
CREATE OR REPLACE FUNCTION tools.test_trigger_resource_update(uri text DEFAULT 'test://watched-resource')
RETURNS mcp.result LANGUAGE plpgsql AS $$
BEGIN
	PERFORM mcp.resource_updated(uri);
	RETURN conformance.says(format('%s was updated.', uri));
END
$$;
COMMENT ON FUNCTION tools.test_trigger_resource_update IS $c$Update a resource
Says that a resource was updated.
@mcp
@server conformance
@tier public
@idempotent
@param uri which one$c$;

REVOKE ALL ON FUNCTION tools.about_conformance, tools.test_simple_text, tools.test_image_content,
	tools.test_audio_content, tools.test_embedded_resource, tools.test_multiple_content_types,
	tools.test_error_handling, tools.test_x_mcp_header, tools.json_schema_2020_12_tool,
	tools.test_trigger_tool_change, tools.test_trigger_prompt_change, tools.test_trigger_resource_update FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tools.about_conformance, tools.test_simple_text, tools.test_image_content,
	tools.test_audio_content, tools.test_embedded_resource, tools.test_multiple_content_types,
	tools.test_error_handling, tools.test_x_mcp_header, tools.json_schema_2020_12_tool,
	tools.test_trigger_tool_change, tools.test_trigger_prompt_change, tools.test_trigger_resource_update TO sallyport_tool;
