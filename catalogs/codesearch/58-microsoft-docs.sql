-- codesearch: search_microsoft_docs, by the vendor's public MCP server.
--
-- The tool is a document (58-microsoft-docs.yaml), whose argument `allowed` nobody can
-- send: there an administrator says that queries may leave this site.

-- What the server said to a request: the JSON itself, or the last event of a stream
-- that is a response (MCP 2025-06-18, Streamable HTTP).
CREATE OR REPLACE FUNCTION codesearch.mcp_message(body jsonb)
RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	event text;
	found jsonb;
BEGIN
	IF jsonb_typeof(body) <> 'string' THEN
		RETURN body;
	END IF;
	FOR event IN SELECT m[1] FROM regexp_matches(body #>> '{}', '(?:^|\n)data: ?([^\r\n]*)', 'g') m LOOP
		IF event ~ '"id"\s*:' THEN
			found := event::jsonb;
		END IF;
	END LOOP;
	RETURN found;
EXCEPTION WHEN data_exception THEN
	RETURN NULL;
END
$$;

-- The articles of a result: in structuredContent, or as JSON in its text.
CREATE OR REPLACE FUNCTION codesearch.articles(result jsonb)
RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	found jsonb := result -> 'structuredContent';
BEGIN
	IF found IS NULL THEN
		found := (result -> 'content' -> 0 ->> 'text')::jsonb;
	END IF;
	found := CASE jsonb_typeof(found) WHEN 'array' THEN found ELSE found -> 'results' END;
	RETURN CASE WHEN jsonb_typeof(found) = 'array' THEN found END;
EXCEPTION WHEN data_exception THEN
	RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION codesearch.search_microsoft_docs(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	r        codesearch.request := codesearch.read_request(a ->> 'query', NULL, NULL, NULL, (a ->> 'max_results')::integer);
	state    jsonb := coalesce(answer -> 'with', '{}');
	message  jsonb := codesearch.mcp_message(answer -> 'body');
	articles jsonb;
BEGIN
	IF r.error IS NOT NULL THEN
		RETURN codesearch.failure(r.error);
	ELSIF NOT (a ->> 'allowed')::boolean THEN
		RETURN codesearch.success(jsonb_build_object('query', r.query, 'count', 0, 'results', '[]'::jsonb, 'status', 'unavailable',
			'message', 'Searching the vendor''s documentation would send the query to another site, which is switched off here.',
			'alternative', 'Connect to https://learn.microsoft.com/api/mcp, or ask search_code with intent "document".',
			'formatted', 'No results: searching outside of this site is switched off.'));
	ELSIF answer IS NULL THEN
		RETURN '{"request": "initialize"}';
	ELSIF (answer ->> 'status')::integer NOT IN (200, 202) THEN
		RETURN codesearch.failure(format('the documentation server answered with status %s', answer ->> 'status'));
	END IF;
	CASE answer ->> 'request'
	WHEN 'initialize' THEN
		IF message -> 'result' ->> 'protocolVersion' IS NULL THEN
			RETURN codesearch.failure('the documentation server does not answer as one');
		END IF;
		RETURN jsonb_build_object('request', 'initialized', 'with', jsonb_strip_nulls(jsonb_build_object(
			'session', answer -> 'headers' -> 'mcp-session-id', 'version', message -> 'result' -> 'protocolVersion')));
	WHEN 'initialized' THEN
		RETURN jsonb_build_object('request', 'search', 'with', state || jsonb_build_object('query', r.query));
	ELSE
		articles := codesearch.articles(message -> 'result');
		IF message -> 'result' -> 'isError' = 'true' OR articles IS NULL THEN
			RETURN codesearch.failure(coalesce('the documentation server says: ' || left(coalesce(message -> 'error' ->> 'message',
				message -> 'result' -> 'content' -> 0 ->> 'text'), 300), 'the documentation server does not answer as one'));
		END IF;
		SELECT coalesce(jsonb_agg(jsonb_build_object('title', x -> 'title', 'url', coalesce(x -> 'contentUrl', x -> 'url'), 'content', x -> 'content') ORDER BY o), '[]')
		  INTO articles FROM jsonb_array_elements(articles) WITH ORDINALITY AS y (x, o) WHERE o <= r.max_results;
		RETURN codesearch.success(jsonb_build_object('query', r.query, 'count', jsonb_array_length(articles), 'results', articles, 'status', 'ok') ||
			CASE WHEN r.warnings <> '{}' THEN jsonb_build_object('warnings', to_jsonb(r.warnings)) ELSE '{}' END);
	END CASE;
END
$$;

DROP FUNCTION IF EXISTS tools.search_microsoft_docs(text, integer);
