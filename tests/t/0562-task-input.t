#!/bin/bash
# Tasks that ask their client something, and what they tell it meanwhile.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/tasks.sh"
start_postgres && migrate && tasks_catalog && start_httpd "${HTTPD:-nginx}" && start_runner || exit 1
add_user alice || exit 1
mcp_token=$(token_for alice)

answer() { task_call tasks/update "$1" "{\"inputResponses\":$2}"; }
text() { json '.result.result.structuredContent.result // .result.result.content[0].text'; }
plain_call() { name=$1 method=tools/call post_mcp "$(rpc tools/call "{\"name\":\"$1\",\"arguments\":${2:-"{}"}}")"; }

# ---- mcp.detach() ----

is "a function that may detach, for a client without tasks" at\ once "$(plain_call may_detach >/dev/null; json .result.structuredContent.result)"
id=$(start_task may_detach)
like "for one that has them" '^[A-Za-z0-9_-]{43}$' "$id"
is "runs as a task" "completed as a task" "$(until_status "$id" completed) $(text)"
is "a function that must be a task refuses other clients" "400 -32021" "$(plain_call confirm '{"filename":"x"}') $(json .error.code)"
is "and says what is missing" '{"requiredCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}}' "$(json '.error.data' -c)"

# ---- one question ----

sql "SELECT setval('shop.begun', 1, false)" >/dev/null
id=$(start_task confirm '{"filename":"a.txt"}')
is "a task asks" input_required "$(until_status "$id" input_required)"
is "one thing" '{"confirm":{"method":"elicitation/create","params":{"message":"Delete a.txt?","requestedSchema":{"properties":{"sure":{"type":"boolean"}},"required":["sure"],"type":"object"}}}}' \
	"$(json '.result.inputRequests' -cS)"
is "and nothing else is told" "_meta,createdAt,inputRequests,lastUpdatedAt,pollIntervalMs,resultType,status,statusMessage,taskId,ttlMs" "$(json '.result | keys | join(",")')"
is "the question is sealed in its row" 0 "$(sql "SELECT count(*) FROM sallyport.task_input WHERE encode(request, 'escape') LIKE '%a.txt%'")"
is "again and again" "input_required confirm" "$(status_of "$id") $(json '.result.inputRequests | keys[0]')"
is "an answer to something else is left alone" '200 ["_meta","resultType"]' "$(answer "$id" '{"other":{"action":"accept"}}') $(json '.result | keys' -c)"
is "and changes nothing" input_required "$(status_of "$id")"
is "an answer that does not fit" 200 "$(answer "$id" '{"confirm":{"action":"accept","content":{"sure":"yes"}}}')"
is "is asked again" '["confirm.2"]' "$(until_sql 1 "SELECT count(*) FROM sallyport.task_input WHERE key = 'confirm.2'" >/dev/null; until_status "$id" input_required >/dev/null; json '.result.inputRequests | keys' -c)"
is "an answer under the old key comes too late" input_required "$(answer "$id" '{"confirm":{"action":"accept","content":{"sure":true}}}' >/dev/null; status_of "$id")"
is "the answer" 200 "$(answer "$id" '{"confirm.2":{"action":"accept","content":{"sure":true}}}')"
is "lets it go on" "completed deleted" "$(until_status "$id" completed) $(text)"
is "it was run once for each round, after the first" 3 "$(sql "SELECT last_value FROM shop.begun")"
is "and did its work once" 1 "$(traces confirm)"
is "questions and answers are gone" 0 "$(sql 'SELECT count(*) FROM sallyport.task_input')"
is "the audit trail has every round" "input_required,input_required,ok" "$(sql "SELECT string_agg(outcome, ',' ORDER BY audit_id) FROM sallyport.audit WHERE tool = 'confirm' AND event = 'tool.call' AND outcome <> 'error'")"
id=$(start_task confirm '{"filename":"b.txt"}')
until_status "$id" input_required >/dev/null
answer "$id" '{"confirm":{"action":"decline"}}' >/dev/null
is "a person may say no" "completed kept: decline" "$(until_status "$id" completed) $(text)"
id=$(start_task confirm '{"filename":"c.txt"}')
until_status "$id" input_required >/dev/null
task_call tasks/cancel "$id" >/dev/null
is "a task that waits can be cancelled" "cancelled false" "$(status_of "$id") $(json '.result | has("inputRequests")')"
is "and takes no answer then" "cancelled" "$(answer "$id" '{"confirm":{"action":"accept","content":{"sure":true}}}' >/dev/null; status_of "$id")"

# ---- two at once ----

id=$(start_task ask_two)
is "two questions at once" 'input_required ["one","two"]' "$(until_status "$id" input_required) $(json '.result.inputRequests | keys' -c)"
answer "$id" '{"two":{"action":"accept","content":{"n":2}}}' >/dev/null
is "answering one leaves the other" 'input_required ["one"]' "$(status_of "$id") $(json '.result.inputRequests | keys' -c)"
answer "$id" '{"two":{"action":"accept","content":{"n":5}},"one":{"action":"accept","content":{"n":1}}}' >/dev/null
is "what was answered stays, and the state was kept" "completed 1 + 2, state 7" "$(until_status "$id" completed) $(text)"
id=$(start_task ask_two)
until_status "$id" input_required >/dev/null
for i in 1 2; do		# both at the same time
	for key in one two; do
		(T=$(mktemp -d "$T/answer.XXXXXX") && answer "$id" "{\"$key\":{\"action\":\"accept\",\"content\":{\"n\":$i}}}" >/dev/null) &
	done
done
is "answers that come at the same time" completed "$(until_status "$id" completed)"

# ---- a question before, and other ends ----

start_task ask_first >/dev/null
is "a question before it is a task is a round trip" 'input_required ["user_name"] false' \
	"$(json '"\(.result.resultType) \(.result.inputRequests | keys | tojson) \(.result | has("taskId"))"')"
state=$(json '.result.requestState // ""')
name=ask_first method=tools/call post_mcp "$(task_rpc tools/call "$(jq -nc --arg s "$state" '{ name: "ask_first", arguments: {},
	inputResponses: { user_name: { action: "accept", content: { name: "Ada" } } } } + if $s == "" then {} else { requestState: $s } end')")" >/dev/null
id=$(json '.result.taskId // ""')
secret "$id"
is "then it is one" "task completed Hello, Ada!" "$(json .result.resultType) $(until_status "$id" completed) $(text)"
id=$(start_task protocol_error)
is "a JSON-RPC error is a failed task" failed "$(until_status "$id" failed)"
is "with the error, and no result" '{"code":-31000,"data":{"redo":"from start"},"message":"out of cheese"} false out of cheese' \
	"$(json '.result.error' -cS) $(json '"\(.result | has("result")) \(.result.statusMessage)"')"
id=$(start_task wants_sampling)
is "a client that cannot be asked" failed "$(until_status "$id" failed)"
is "is told what is missing" '-32021 {"requiredCapabilities":{"sampling":{}}}' "$(json '"\(.result.error.code) \(.result.error.data | tojson)"')"
id=$(start_task wrong_output)
is "a result that does not fit its schema" completed "$(until_status "$id" completed)"
like "is an internal error" '^true internal error, request id ' "$(json '.result.result | "\(.isError) \(.content[0].text)"')"

# ---- meanwhile ----

id=$(start_task says_much '{"word":"progress"}')
is "progress is its message" "3 of 10" "$(until_sql "3 of 10" "SELECT status_message FROM sallyport.task WHERE status = 'working'" >/dev/null; status_of "$id" >/dev/null; json .result.statusMessage)"
open_gate progress
is "in the tool's words" "nearly there" "$(until_sql "nearly there" "SELECT status_message FROM sallyport.task WHERE status = 'working'" >/dev/null; status_of "$id" >/dev/null; json .result.statusMessage)"
open_gate 'progress again'
is "until it ends" "completed false" "$(until_status "$id" completed) $(json '.result | has("statusMessage")')"
id=$(start_task confirm '{"filename":"d.txt"}')
until_status "$id" input_required >/dev/null
sql "SELECT sallyport.grant_revoke(grant_id, 'test', '{}') FROM sallyport.task WHERE task_sha256 = sha256('$id')" >/dev/null
is "a task that waits ends with its grant" "cancelled 0" \
	"$(sql "SELECT status, (SELECT count(*) FROM sallyport.task_input) FROM sallyport.task WHERE task_sha256 = sha256('$id')" -F ' ')"
is_empty "the invariants hold" "$(sql "$(cat "$top_srcdir/tests/sql/invariants.sql")")"
done_testing
