#!/bin/bash
# Tools of kind "http" with several requests: one that an argument names, and those that SQL functions ask for.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/exchange.sh"
. "$top_srcdir/tests/lib/service.sh"
. "$top_srcdir/tests/lib/tasks.sh"
needs python3
start_postgres && migrate source_allow=127.0.0.0/8 source_http=true || exit 1
start_service
sql "$(cat <<'SQL'
CREATE SCHEMA shop;
GRANT USAGE ON SCHEMA shop TO sallyport_tool;
CREATE TABLE shop.seen (title text);
GRANT INSERT, SELECT ON shop.seen TO sallyport_tool;
-- the answer as it was given, and who asks
CREATE FUNCTION shop.shown(a jsonb, answer jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('a', a, 'answer', answer - 'headers', 'type', answer -> 'headers' -> 'content-type',
		'who', current_setting('request.jwt.claims')::jsonb -> 'preferred_username', 'role', current_user,
		'read_only', current_setting('transaction_read_only'), 'ok', (answer ->> 'status')::int < 400)
$$;
-- the titles of all jobs, one after the other
CREATE FUNCTION shop.walk(a jsonb, answer jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	titles jsonb := coalesce(answer -> 'with' -> 'titles', '[]');
	ids    jsonb := coalesce(answer -> 'with' -> 'ids', '[]');
BEGIN
	IF a ->> 'number' = 'raise' THEN
		RAISE EXCEPTION 'no such number' USING HINT = 'Take another.';
	ELSIF a ->> 'number' = 'broken' THEN
		PERFORM 1 FROM shop.nothing;
	ELSIF a ->> 'number' = 'null' THEN
		RETURN NULL;
	ELSIF a ->> 'number' = 'refused' THEN
		RETURN '{"ok": false, "error": "not that one"}';
	ELSIF a ->> 'number' = 'elsewhere' THEN
		RETURN '{"request": "nowhere"}';
	ELSIF a ->> 'number' = 'write' THEN
		INSERT INTO shop.seen VALUES ('x');
	ELSIF answer IS NULL THEN
		RETURN jsonb_build_object('request', 'list', 'with', jsonb_build_object('number', a -> 'number'));
	ELSIF answer ->> 'request' = 'list' THEN
		SELECT jsonb_agg(j -> 'id') INTO ids FROM jsonb_array_elements(answer -> 'body' -> 'data') j;
	ELSE
		titles := titles || (answer -> 'body' -> 'data' -> 'title');
	END IF;
	RETURN CASE WHEN ids <> '[]' AND ids IS NOT NULL THEN jsonb_build_object('request', 'one', 'with', jsonb_build_object('id', ids -> 0, 'ids',
			CASE a ->> 'number' WHEN '50010' THEN ids ELSE ids - 0 END, 'titles', titles))
		ELSE jsonb_build_object('titles', titles) END;
END
$$;
CREATE FUNCTION shop.always(a jsonb, answer jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT '{"request": "one", "with": {"id": 7000001}}'::jsonb $$;
CREATE FUNCTION shop.keep(a jsonb, answer jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO shop.seen VALUES (answer -> 'body' -> 'data' ->> 'title');
	SET ROLE NONE; -- of no use to who comes next
	RETURN jsonb_build_object('kept', (SELECT count(*) FROM shop.seen));
END
$$;
CREATE FUNCTION shop.sure(a jsonb, answer jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	IF mcp.elicit('sure', 'Sure?', '{"type": "object", "properties": {"sure": {"type": "boolean"}}, "required": ["sure"]}')
	    -> 'content' -> 'sure' = 'true' THEN
		RETURN '{"request": "one"}';
	END IF;
	RETURN '{"done": false}';
END
$$;
CREATE FUNCTION shop.later(a jsonb, answer jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM mcp.detach();
	RETURN '{"request": "one"}';
END
$$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA shop TO sallyport_tool;
SQL
)" >/dev/null
apply_documents <<'YAML'
kind: source
name: jobs
type: http
url: SERVICE
http: true
allow: [127.0.0.1]
---
kind: tool
name: jobs
description: Jobs, by an action
tier: public
parameters:
  action: {type: string}
  id: {type: integer, required: false}
  title: {type: string, required: false}
http:
  source: jobs
  choose: action
  requests:
    list: {path: /jobs, response: {select: /data, project: {id: /id}}}
    get: {path: "/jobs/{id}", response: {select: /data/title}}
    change: {method: PUT, path: "/jobs/{id}", body: {title: "{title}"}, cases: [{status: 404, result: {changed: false}}, {result: {changed: true}}]}
---
kind: tool
name: answer
description: The answer, as a function has it
tier: public
parameters: {path: {type: string}, word: {type: string, default: x}}
annotations: {readOnlyHint: true}
http: {source: jobs, path: "/{+path}", answer: {function: shop.shown}, retries: 0}
---
kind: tool
name: titles
description: The titles of jobs
tier: public
parameters: {number: {type: string}}
annotations: {readOnlyHint: true}
http:
  source: jobs
  begin: {function: shop.walk}
  requests:
    list: {path: /jobs, query: {filterJobNo: "{with/number}"}, answer: {function: shop.walk}}
    one: {path: "/jobs/{with/id}", answer: {function: shop.walk}}
---
kind: tool
name: always
description: Never ends by itself
tier: public
parameters: {}
http:
  source: jobs
  begin: {function: shop.always}
  requests: {one: {path: "/jobs/{with/id}", answer: {function: shop.always}}}
---
kind: tool
name: keep
description: Keeps a title
tier: public
parameters: {id: {type: integer}}
http: {source: jobs, path: "/jobs/{id}", answer: {function: shop.keep}}
---
kind: tool
name: ask
description: Asks before
tier: public
parameters: {}
http:
  source: jobs
  begin: {function: shop.sure}
  requests: {one: {path: /jobs/7000001, response: {select: /data, project: {title: /title}}}}
---
kind: tool
name: later
description: Becomes a task
tier: public
task: optional
parameters: {}
http:
  source: jobs
  begin: {function: shop.later}
  requests: {one: {path: /jobs/7000002, response: {select: /data, project: {title: /title}}}}
---
kind: tool
name: ask_later
description: Asks in a task
tier: public
task: required
parameters: {}
http:
  source: jobs
  begin: {function: shop.sure}
  requests: {one: {path: /jobs/7000001, response: {select: /data, project: {title: /title}}}}
YAML
is "the documents are applied" 0 $?
start_httpd "${HTTPD:-nginx}" && start_runner || exit 1
add_user alice
token_for alice >/dev/null

gives jobs '{"result":[{"id":7000001},{"id":7000002}]}' '{"action":"list"}'
gives jobs '{"result":"Drain"}' '{"action":"get","id":7000002}'
gives jobs '{"changed":true}' '{"action":"change","id":7000002,"title":"Pipe"}'
is "one request each" 3 "$(seen_count .)"
is "as its own document has it" 'PUT /jobs/7000002 {"title":"Pipe"}' "$(seen '"\(.method) \(.target) \(.body)"')"
gives jobs '{"changed":false}' '{"action":"change","id":1}'
fails jobs "action: has to be one of get, list, change" '{"action":"drop"}'
fails jobs "action: has to be one of get, list, change" '{"action":""}'
fails_like jobs "id" '{"action":"get"}'

gives answer '{"a":{"path":"jobs/7000001","word":"x"},"ok":true,"who":"alice","role":"sallyport_tool","type":"application/json","answer":{"body":{"data":{"id":7000001,"jobNo":"500","title":"Roof","jobType":"Quote","customerId":4,"description":"Slates"},"result":"success"},"status":200},"read_only":"on"}' \
	'{"path":"jobs/7000001"}'
answer answer '{"path":"number","word":"y"}' >/dev/null
is "a text" '42 y' "$(json '.result.structuredContent | "\(.answer.body) \(.a.word)"')"
answer answer '{"path":"status/503/7"}' >/dev/null
is "an error is the function's to tell" 'true 503' "$(json '.result | "\(.isError) \(.structuredContent.answer.status)"')"
is "which the audit trail has" "error status 503" "$(last_call)"
answer answer '{"path":"bytes"}' >/dev/null
is "bytes are nothing" null "$(json '.result.structuredContent.answer.body')"

forget_requests
gives titles '{"titles":["Roof","Drain"]}' '{"number":"500"}'
is "in three requests" "/jobs?filterJobNo=500 /jobs/7000001 /jobs/7000002" "$(jq -r .target "$T/service/requests" | paste -sd' ')"
gives titles '{"titles":[]}' '{"number":"9"}'
fails titles $'no such number\nTake another.' '{"number":"raise"}'
is "which is why" "error its function failed with P0001" "$(last_call)"
fails_like titles "internal error, request id" '{"number":"broken"}'
fails_like titles "internal error, request id" '{"number":"write"}'
is "nothing was written by what only reads" 0 "$(sql 'SELECT count(*) FROM shop.seen')"
gives titles '{"result":null}' '{"number":"null"}'
fails titles '{"ok":false,"error":"not that one"}' '{"number":"refused"}'
fails_like titles "internal error, request id" '{"number":"elsewhere"}'
forget_requests
fails always "stopped after 50 requests: ask for less"
is "a function that never ends is stopped" 50 "$(seen_count .)"

gives keep '{"kept":1}' '{"id":7000001}'
gives keep '{"kept":2}' '{"id":7000002}'
is "a function may write" "Roof Drain" "$(sql 'SELECT string_agg(title, $$ $$ ORDER BY title DESC) FROM shop.seen')"
gives titles '{"titles":["Drain"]}' '{"number":"5001"}'

# ---- a function that asks ----
forget_requests
form=$(able '{"elicitation":{"form":{}}}')
is "a question" "200 asks sure" "$(call ask '{}' "$form") $(ending)"
is "before any request" 0 "$(seen_count .)"
is "its row" "input_required" "$(last_call)"
round() { call ask '{}' "$form" "$(jq -nc --argjson sure "$1" --arg s "$(json .result.requestState)" '{ inputResponses:
	{ sure: { action: "accept", content: { sure: $sure } } } } + if $s == "null" then {} else { requestState: $s } end')" >/dev/null; }
round true
is "and its answer" "Roof" "$(json .result.structuredContent.title)"
round false
is "or the other" "false" "$(json .result.structuredContent.done)"

# ---- functions in a task ----
mcp_token=$(access_token)
id=$(start_task ask_later)
is "a task asks" "input_required sure" "$(until_status "$id" input_required) $(json '.result.inputRequests | keys[0]')"
task_call tasks/update "$id" '{"inputResponses":{"sure":{"action":"accept","content":{"sure":true}}}}' >/dev/null
is "and goes on with the answer" "completed Roof" "$(until_status "$id" completed) $(json .result.result.structuredContent.title)"
id=$(start_task later)
is "a function makes a task of it" "completed Drain" "$(until_status "$id" completed) $(json .result.result.structuredContent.title)"
unset mcp_token

# ---- documents that are wrong ----
for bad in "requests: {}|requests" "requests: {a: {path: /}}|choose" "requests: {a: {path: /}}, choose: b, begin: {function: f}|choose" \
	"choose: b, requests: {a: {path: /}}|there is no argument b" "begin: {function: f}, requests: {a: {pth: /}}|requests.a: pth" \
	"begin: {function: f}, requests: {a: {path: '/{b}'}}|requests.a: {b}" "begin: {function: f}, requests: {a: {path: /, source: jobs}}|requests.a: source" \
	"begin: {function: 'f; DROP'}, requests: {a: {path: /}}|begin: has to be the name" "path: /, answer: {function: a.b.c}|answer: has to be the name" \
	"path: /, answer: {}|answer: needs a function" "path: /, answer: f|answer" "path: '/{with/x}'|with" "path: /, begin: {function: f}|begin"; do
	printf 'kind: tool\nname: wrong\ndescription: Wrong\nparameters: {}\nhttp: {source: jobs, %s}\n' "${bad%|*}" >"$T/wrong.yaml"
	like "refused: ${bad%|*}" "${bad##*|}" "$(sallyport catalog check "$T/wrong.yaml" 2>&1 | tr '\n' ' ')"
done
stop_service
done_testing
