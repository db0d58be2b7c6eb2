-- A confirmation whose question, or need, depends on what a call is about: what @confirm does for
-- every call (lib/tools/confirm.h), for a function to do when it knows what to ask.

-- True: a person has agreed.  False: they have not.  Null: nobody can be asked, and the caller
-- has not said that the user was: the function answers with mcp.confirmation().
-- A client that can elicit is asked, whatever a model has written into `confirm`; for another
-- one true, or one of the texts 1, true, yes, y, is the answer.
CREATE FUNCTION mcp.confirm(question text, confirm jsonb)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	answer jsonb;
BEGIN
	IF NOT mcp.client_can('elicitation') THEN
		RETURN nullif(coalesce(lower(confirm #>> '{}'), '') IN ('1', 'true', 'yes', 'y'), false);
	END IF;
	answer := mcp.elicit('confirm', question, '{"type": "object", "properties": {"confirm": {"type": "boolean", "title": "Yes, do it"}},
		"required": ["confirm"]}', once => true);
	RETURN answer->>'action' = 'accept' AND coalesce((answer->'content'->>'confirm')::boolean, false);
END
$$;

-- What @confirm answers first to a client that cannot elicit.
CREATE FUNCTION mcp.confirmation(question text)
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_build_object('confirmation_required', true, 'message', question ||
	    E'\nAsk the user. Then call the tool again with the same arguments and "confirm": true.')
$$;

GRANT EXECUTE ON FUNCTION mcp.confirm(text, jsonb), mcp.confirmation(text) TO PUBLIC;
