-- conformance: resources, prompts and completion.

-- ---- resources: rows, and a function for those of a template ----

INSERT INTO sallyport.mcp_resource (server, uri, name, title, description, mime_type, content, blob, tier)
VALUES
	('conformance', 'test://static-text', 'static-text', 'Text', 'A resource that is text.',
		'text/plain', 'This is the content of the static text resource.', NULL, 'public'),
	('conformance', 'test://static-binary', 'static-binary', 'Picture', 'A resource that is a picture.',
		'image/png', NULL, conformance.pixel(), 'public'),
	('conformance', 'test://watched-resource', 'watched-resource', 'Watched', 'A resource to subscribe to.',
		'text/plain', 'This is the content of the watched resource.', NULL, 'public')
ON CONFLICT (server, uri) DO UPDATE SET name = excluded.name, title = excluded.title,
	description = excluded.description, mime_type = excluded.mime_type, content = excluded.content,
	blob = excluded.blob, tier = excluded.tier;

CREATE OR REPLACE FUNCTION tools.test_template(id text)
RETURNS json LANGUAGE sql IMMUTABLE AS $$
	SELECT json_build_object('id', id, 'templateTest', true, 'data', 'Data for ID: ' || id)
$$;
COMMENT ON FUNCTION tools.test_template IS $c$Data by number
Whatever the number is, there are data for it.
@resource test://template/{id}/data
@server conformance
@tier public$c$;

-- ---- prompts ----

CREATE OR REPLACE FUNCTION tools.test_simple_prompt()
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT 'This is a simple prompt for testing.'
$$;
COMMENT ON FUNCTION tools.test_simple_prompt IS $c$Simple prompt
A prompt without arguments.
@prompt
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_words(typed text)
RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
	SELECT word FROM unnest(ARRAY['paris', 'park', 'party']) word WHERE starts_with(word, lower(typed))
$$;
CREATE OR REPLACE FUNCTION tools.test_prompt_with_arguments(arg1 text, arg2 text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT format('Prompt with arguments: arg1=''%s'', arg2=''%s''', arg1, arg2)
$$;
COMMENT ON FUNCTION tools.test_prompt_with_arguments IS $c$Prompt with arguments
A prompt with two arguments.
@prompt
@server conformance
@tier public
@param arg1 the first argument
@param arg2 the second argument
@complete arg1 tools.test_words$c$;

CREATE OR REPLACE FUNCTION tools.test_prompt_with_embedded_resource("resourceUri" text)
RETURNS SETOF mcp.message LANGUAGE sql IMMUTABLE AS $$
	VALUES (mcp.user(mcp.embedded_resource("resourceUri", 'Embedded resource content for testing.'))),
	       (mcp.user('Please process the embedded resource above.'))
$$;
COMMENT ON FUNCTION tools.test_prompt_with_embedded_resource IS $c$Prompt with a resource
A prompt that brings a resource.
@prompt
@server conformance
@tier public
@param resourceUri the URI that the resource shall have$c$;

CREATE OR REPLACE FUNCTION tools.test_prompt_with_image()
RETURNS SETOF mcp.message LANGUAGE sql IMMUTABLE AS $$
	VALUES (mcp.user(mcp.image(conformance.pixel(), 'image/png'))),
	       (mcp.user('Please analyze the image above.'))
$$;
COMMENT ON FUNCTION tools.test_prompt_with_image IS $c$Prompt with an image
A prompt that brings a picture.
@prompt
@server conformance
@tier public$c$;

CREATE OR REPLACE FUNCTION tools.test_input_required_result_prompt()
RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
	answer jsonb := mcp.elicit('user_context', 'What context should the prompt use?',
		conformance.form('{"context": {"type": "string"}}'));
BEGIN
	RETURN format('Use this context: %s', coalesce(answer #>> '{content,context}', 'none'));
END
$$;
COMMENT ON FUNCTION tools.test_input_required_result_prompt IS $c$Prompt that asks
A prompt that needs to know something first.
@prompt
@server conformance
@tier public$c$;

REVOKE ALL ON FUNCTION tools.test_template, tools.test_simple_prompt, tools.test_words,
	tools.test_prompt_with_arguments, tools.test_prompt_with_embedded_resource, tools.test_prompt_with_image,
	tools.test_input_required_result_prompt FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tools.test_template, tools.test_simple_prompt, tools.test_words,
	tools.test_prompt_with_arguments, tools.test_prompt_with_embedded_resource, tools.test_prompt_with_image,
	tools.test_input_required_result_prompt TO sallyport_tool;
