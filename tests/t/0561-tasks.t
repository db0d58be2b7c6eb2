#!/bin/bash
# Calls that become tasks: how they are made, followed, answered, cancelled and forgotten.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/tasks.sh"
start_postgres && migrate max_tasks=5 && tasks_catalog || exit 1
is "what @task says is in the catalog" "look required -,many required -,too_long required 300,work optional -,work_again required 600000" \
	"$(sql "SELECT string_agg(concat_ws(' ', name, spec->'task'->>'support', coalesce(spec->'task'->>'timeout_ms', '-')), ',' ORDER BY name)
		FROM sallyport.tool WHERE name IN ('look', 'many', 'too_long', 'work', 'work_again')")"
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && add_user bob || exit 1
token_for bob scope="orders:write" >"$T/bob"
token_for alice scope="orders:read" >"$T/alice"
as_bob() { mcp_token=$(cat "$T/bob") "$@"; }
export mcp_token
mcp_token=$(cat "$T/alice")

# ---- who has tasks ----

method=server/discover post_mcp "$(rpc server/discover)" >/dev/null
is "the extension is offered" '{"io.modelcontextprotocol/tasks":{}}' "$(json '.result.capabilities.extensions | tojson')"
is "a tool that is no task" 'Hello, Bo!' "$(start_task plain '{"name":"Bo"}' >/dev/null; json '.result.structuredContent.result')"
required='{"requiredCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}}'
name=work_again method=tools/call try "a tool that must be a task, without the extension" "400 -32021" \
	"$(rpc tools/call '{"name":"work_again","arguments":{"word":"x"}}')"
is "says what is missing" "$required" "$(json '.error.data | tojson')"
for m in get update cancel; do
	method=tasks/$m name=x try "tasks/$m without the extension" "400 -32021" "$(rpc tasks/$m '{"taskId":"x","inputResponses":{}}')"
	is "tasks/$m says what is missing" "$required" "$(json '.error.data | tojson')"
done
for m in result list; do
	method=tasks/$m try "there is no tasks/$m" "404 -32601" "$(task_rpc tasks/$m '{"taskId":"x"}')"
done
session=$(open_session)
version=2025-11-25 try "before 2026-07-28 there are no tasks" "200 -32601" "$(old tasks/get '{"taskId":"x"}')"
version=2025-11-25 try "and a tool that must be one cannot be called" "200 -32600" "$(old tools/call '{"name":"look","arguments":{"seconds":1}}')"
session=''
is "nothing was made of all this" 0 "$(sql 'SELECT count(*) FROM sallyport.task')"

# ---- making one, and asking for it ----

id=$(start_task work '{"word":"first"}')
like "an id of 256 bits" '^[A-Za-z0-9_-]{43}$' "$id"
is "CreateTaskResult" "_meta,createdAt,lastUpdatedAt,pollIntervalMs,resultType,status,taskId,ttlMs" "$(json '.result | keys | join(",")')"
is "says that it is one" "task working 86400000 1000" "$(json '.result | "\(.resultType) \(.status) \(.ttlMs) \(.pollIntervalMs)"')"
like "with times of ISO 8601" '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z 20' "$(json '.result | "\(.createdAt) \(.lastUpdatedAt)"')"
is "the row does not give the id away" 0 "$(sql "SELECT count(*) FROM sallyport.task t WHERE t::text LIKE '%$id%' OR encode(t.call, 'escape') LIKE '%first%'")"
is "but it is its SHA-256" 1 "$(sql "SELECT count(*) FROM sallyport.task WHERE task_sha256 = sha256('$id')")"
is "tasks/get" 200 "$(task_call tasks/get "$id")"
is "gives the task, of resultType complete" "complete working $id" "$(json '.result | "\(.resultType) \(.status) \(.taskId)"')"
is "and nothing that it does not have" "_meta,createdAt,lastUpdatedAt,pollIntervalMs,resultType,status,taskId,ttlMs" "$(json '.result | keys | join(",")')"

method=tasks/get name='' try "Mcp-Name is needed" "400 -32020" "$(task_rpc tasks/get "{\"taskId\":\"$id\"}")"
method=tasks/get name=other try "and must be the task's id" "400 -32020" "$(task_rpc tasks/get "{\"taskId\":\"$id\"}")"
for m in get update cancel; do
	is "tasks/$m of an id that never was" "200 -32602" "$(task_call tasks/$m nobody '{"inputResponses":{}}') $(json .error.code)"
	said=$(json .error.message)
	is "tasks/$m of somebody else's" "200 -32602" "$(as_bob task_call tasks/$m "$id" '{"inputResponses":{}}') $(json .error.code)"
	is "in the same words" "$said" "$(json .error.message)"
done
long=$(printf 'x%.0s' {1..300})
is "tasks/get of a long id" "200 -32602" "$(task_call tasks/get "$long") $(json .error.code)"
method=tasks/get name=1 try "of one that is no text" "400 -32020" "$(task_rpc tasks/get '{"taskId":1}')"
is "tasks/update without answers" "400 -32602" "$(task_call tasks/update "$id") $(json .error.code)"
is "with answers that are none" "400 -32602" "$(task_call tasks/update "$id" '{"inputResponses":{"a":1}}') $(json .error.code)"
is "another token of the same user and client is another grant" "error -32602" "$(mcp_token=$(token_for alice) status_of "$id")"
is "with answers to nothing: they are nobody's" '200 ["_meta","resultType"]' \
	"$(task_call tasks/update "$id" '{"inputResponses":{"a":{"action":"accept"}}}') $(json '.result | keys | tojson')"
start_task secret_one >/dev/null
like "bob's tool needs a scope that alice has not" 'insufficient_scope.*scope="orders:write"' "$(header WWW-Authenticate)"

# ---- a runner ----

sallyport doctor --url "http://localhost:$sv_port" >"$T/doctor" 2>&1
is "nothing has run" "working" "$(status_of "$id")"
sql "UPDATE sallyport.task SET claim_at = now() - interval '20 s'"
sallyport doctor --url "http://localhost:$sv_port" >"$T/doctor" 2>&1
like "doctor says that nobody runs tasks" "-> start sallyport-runner: none is connected" "$(cat "$T/doctor")"
start_runner || exit 1
is "a runner claims it" 1 "$(until_sql 1 "SELECT count(*) FROM sallyport.task WHERE runner IS NOT NULL")"
is "it is still working" working "$(status_of "$id")"
sallyport doctor --url "http://localhost:$sv_port" >"$T/doctor" 2>&1
like "doctor is content" "ok    tasks: 0 wait" "$(cat "$T/doctor")"
open_gate first
is "it completes" completed "$(until_status "$id" completed)"
is "with the result of the call" '{"content":[{"text":"{\"result\":\"done: first\"}","type":"text"}],"isError":false,"resultType":"complete","structuredContent":{"result":"done: first"}}' \
	"$(json '.result.result | del(._meta)' -cS)"
is "in a result of its own" "complete $id" "$(json '.result | "\(.resultType) \(.taskId)"')"
is "what it did was done once" 1 "$(traces first)"
is "as the audit trail says, under the request that began it" "task.create ok,tool.call ok" \
	"$(sql "SELECT string_agg(event || ' ' || outcome, ',' ORDER BY audit_id) FROM sallyport.audit WHERE request_id =
		(SELECT request_id FROM sallyport.audit WHERE event = 'task.create' ORDER BY audit_id LIMIT 1)")"
is "a task that has ended is asked as often as wanted" completed "$(status_of "$id")"
is "what is not needed any more is gone" "t t" "$(sql "SELECT call IS NULL, runner IS NULL FROM sallyport.task WHERE task_sha256 = sha256('$id')" -F ' ')"
is "it takes no answers any more, and says so to nobody" 200 "$(task_call tasks/update "$id" '{"inputResponses":{"a":{"action":"accept"}}}')"
is "nor is it cancelled" '200 ["_meta","resultType"]' "$(task_call tasks/cancel "$id") $(json '.result | keys | tojson')"
is "but stays what it is" completed "$(status_of "$id")"

id=$(start_task failing)
is "a tool that fails completes, too" completed "$(until_status "$id" completed)"
is "with isError" "true no paper
Put some in." "$(json '.result.result | "\(.isError) \(.content[0].text)"')"
is "and nothing of what it did" 0 "$(traces failing)"
id=$(start_task work '{"word":1}')
is "so do arguments that do not fit" completed "$(until_status "$id" completed)"
like "with what is wrong" '^true /word: must be a string' "$(json '.result.result | "\(.isError) \(.content[0].text)"')"
id=$(start_task too_long)
is "a tool that takes too long" completed "$(until_status "$id" completed)"
is "is stopped at its task's limit" "true the tool took longer than 0.3 s and was stopped" "$(json '.result.result | "\(.isError) \(.content[0].text)"')"
is "without tasks the tool is called at once" "false done: first" \
	"$(name=work method=tools/call post_mcp "$(rpc tools/call '{"name":"work","arguments":{"word":"first"}}')" >/dev/null; json '.result | "\(.isError) \(.structuredContent.result)"')"

# ---- what is seen by whom ----

id=$(as_bob start_task secret_one)
is "bob's task" completed "$(as_bob until_status "$id" completed)"
is "is not alice's" "error -32602" "$(status_of "$id")"
sql "UPDATE sallyport.tool SET tier = 'admin' WHERE name = 'secret_one'"
is "nor bob's, once the tool is not his any more" "error -32602" "$(as_bob until_status "$id" "error -32602")"
sql "UPDATE sallyport.tool SET tier = 'developer' WHERE name = 'secret_one'"

# ---- cancelling ----

id=$(start_task work '{"word":"cancelled"}')
is "it runs" 1 "$(until_sql 1 "SELECT count(*) FROM sallyport.task WHERE runner IS NOT NULL")"
running="SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND application_name = 'sallyport-runner' AND query LIKE '%tools.work(%'"
is "its statement too" 1 "$(until_sql 1 "$running")"
is "tasks/cancel" '200 ["_meta","resultType"]' "$(task_call tasks/cancel "$id") $(json '.result | keys | tojson')"
is "the task is cancelled" "cancelled cancelled by the client" "$(status_of "$id") $(json .result.statusMessage)"
is "and its statement ends" 0 "$(until_sql 0 "$running")"
is "nothing of it remains" 0 "$(traces cancelled)"
open_gate cancelled
is "and nothing comes after" cancelled "$(status_of "$id")"
is "the audit trail has it" 1 "$(until_sql 1 "SELECT count(*) FROM sallyport.audit WHERE event = 'tool.call' AND outcome = 'cancelled'")"
took=$(sql "SELECT (extract(epoch FROM max(at) FILTER (WHERE event = 'tool.call' AND outcome = 'cancelled') -
	max(at) FILTER (WHERE event = 'task.cancel')) * 1000)::integer FROM sallyport.audit")
ok "soon ($took ms): by a notification, not at the next renewal" test "$took" -lt 3000

id=$(start_task look '{"seconds":60}')
is "a grant is revoked while its task runs" 1 "$(until_sql 1 "SELECT count(*) FROM sallyport.task WHERE runner IS NOT NULL")"
sallyport grant list --json >"$T/grants" 2>/dev/null
sql "SELECT sallyport.grant_revoke(grant_id, 'test', '{}') FROM sallyport.task WHERE runner IS NOT NULL" >/dev/null
is "the task is cancelled" cancelled "$(sql "SELECT status FROM sallyport.task WHERE task_sha256 = sha256('$id')")"
is "and stopped" 0 "$(until_sql 0 "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%tools.look(%' AND pid <> pg_backend_pid()")"

# ---- how many, how long ----

mcp_token=$(token_for alice)
ids=$(for i in 1 2 3 4 5; do start_task work "{\"word\":\"limit\"}"; done)
is "five tasks are allowed" 5 "$(wc -l <<<"$ids")"
start_task work '{"word":"limit"}' >/dev/null
is "a sixth is refused" "-32603 too many tasks are under way: wait for one to end, or cancel one" "$(json '.error | "\(.code) \(.message)"')"
open_gate limit
for id in $ids; do until_status "$id" completed >/dev/null; done
is "when they have ended there is room" completed "$(until_status "$(start_task work '{"word":"limit"}')" completed)"

id=$(tail -n 1 <<<"$ids")
sql "UPDATE sallyport.task SET expires_at = now() WHERE task_sha256 = sha256('$id')"
is "an expired task is unknown" "error -32602" "$(status_of "$id")"
stop_runners
start_runner
is "and swept" 0 "$(until_sql 0 "SELECT count(*) FROM sallyport.task WHERE task_sha256 = sha256('$id')")"
is "a task that expires while it runs is stopped" 1 "$(start_task look '{"seconds":60}' >/dev/null
	until_sql 1 "SELECT count(*) FROM sallyport.task WHERE runner IS NOT NULL")"
sql "UPDATE sallyport.task SET expires_at = now() WHERE runner IS NOT NULL"
is "when its lease cannot be renewed" 0 "$(until_sql 0 "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%tools.look(%' AND pid <> pg_backend_pid()")"
is_empty "the invariants hold" "$(sql "$(cat "$top_srcdir/tests/sql/invariants.sql")")"
done_testing
