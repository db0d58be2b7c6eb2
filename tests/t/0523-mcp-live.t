#!/bin/bash
# Calls of a session that talk while they run: progress, log, cancellation, polling.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/twin.sh"
[[ ${HTTPD:-nginx} != *cgi ]] || skip_all "a CGI program keeps no streams"
start_postgres && migrate && mcp_catalog && sql "$(cat "$top_srcdir/tests/lib/asking.sql")" || exit 1
sallyport catalog apply >"$sv_log/catalog.log" 2>&1
start_httpd "${HTTPD:-nginx}" && start_twin || exit 1
add_user alice && add_user bob
client=$(register_client)
login() { redeem "$(authorize_as "$1" "$client" scope=orders:read)" >/dev/null; access_token; }
bob=$(login bob)
mcp_token=$(login alice)
version=2025-11-25
session=$(open_session)
# call NAME [ARGUMENTS [ID [META]]]
call() { old tools/call "$(jq -nc --arg name "$1" --argjson arguments "${2:-"{}"}" --argjson meta "${4:-"{}"}" '{ name: $name, arguments: $arguments, _meta: $meta }')" "${3:-1}"; }
results() { events "$1" | jq -c 'select(.result or .error)'; }
text_of() { results "$1" | jq -r '.result.structuredContent.result // .error.message'; }
told() { events "$1" | jq -r 'select(.method) | .params.progress // .params.data' | paste -sd' '; }
heard() { sql "SELECT count(*) FROM shop.heard WHERE what = '$1'"; }
rows() { sql "SELECT (SELECT count(*) FROM sallyport.mcp_stream), (SELECT count(*) FROM sallyport.mcp_outbox)" -F ' '; }
running() { sql "SELECT count(*) FROM pg_stat_activity WHERE query ~ 'sleeps' AND state = 'active' AND usename = 'sallyport_app'"; }
is_running() { [ "$(running)" = "${1:-1}" ]; }

# ---- progress ----

is "without a token for it" 200 "$(post_mcp "$(call steps)")"
is "there is no stream" "application/json 0 0" "$(header Content-Type) $(rows)"
call_stream one "$(call steps '{}' 3 '{"progressToken":"p"}')"
await_end one
is "with one there is" "1 2 3 4 5" "$(told one)"
is "of notifications with that token" '["notifications/progress","p",1,5,"step 1"]' \
	"$(events one | head -n 1 | jq -c '[.method, .params.progressToken, .params.progress, .params.total, .params.message]')"
is "and the result" "3 5 steps" "$(results one | jq -r .id) $(text_of one)"
is "each event has an id of its own" "7 7" "$(grep -c '^id: ' "$T/one.events") $(grep '^id: ' "$T/one.events" | sort -u | wc -l)"
listen two -H "Last-Event-ID: $(sed -n 's/^id: //p' "$T/one.events" | sed -n 4p)"
await_end two
is "from the fourth id on it is 4, 5 and the result" "4 5 5 steps" "$(told two) $(text_of two)"

call_stream three "$(call steps '{"n":10,"pause":0.2}' 4 '{"progressToken":1}')"
await three '"progress":3'
hang_up three
before=$(told three)
at_twin listen four -H "Last-Event-ID: $(last_id three)"
await_end four
is "a client that leaves and comes back to others, while the call runs" "1 2 3 4 5 6 7 8 9 10" "$before $(told four)"
is "has the result" "10 steps" "$(text_of four)"
is "of one call" 3 "$(heard steps)"

# ---- log ----

level() { post_mcp "$(old logging/setLevel "{\"level\":$1}")"; }
call_stream five "$(call speak)"
await_end five
is "what a client has not asked for" "quietly loudly" "$(told five)"
is "a log message" '{"level":"error","logger":"speaker","data":"loudly"}' "$(events five | jq -c 'select(.params.level == "error") | .params')"
for l in '"loud"' 7 null '""'; do level "$l" >/dev/null; is "level $l" -32602 "$(json .error.code)"; done
is "setLevel" "200 {}" "$(level '"emergency"') $(json .result -c)"
post_mcp "$(call speak)" >/dev/null
is "nothing that loud: no stream" application/json "$(header Content-Type)"
at_twin level '"debug"' >/dev/null
sees_debug() {
	call_stream six "$(call speak)"
	await_end six
	[ "$(told six)" = "very quietly quietly loudly" ]
}
sv_until 10 sees_debug
is "set elsewhere, it holds here, too" "very quietly quietly loudly" "$(told six)"
is "another session has its own" 404 "$(mcp_token=$bob level '"debug"')"
level '"error"' >/dev/null
mine=$session session=$(open_session)
call_stream seven "$(call speak)"
await_end seven
is "one session's level is not another's" "quietly loudly" "$(told seven)"
session=$mine

# ---- polling ----

call_stream eight "$(call lets_go '{}' 9)"
await_end eight
is "a call lets its client go" "200 " "$(status_of eight) $(events eight)"
like "with an id to come back with, and when" '^retry: 1000 id: [0-9a-f-]{36}\.0 data: $' "$(grep -v '^:' "$T/eight.events" | grep . | paste -sd' ')"
at_twin listen nine -H "Last-Event-ID: $(last_id eight)"
await_end nine
is "and it comes back for the rest" "9 you came back" "$(results nine | jq -r .id) $(text_of nine)"
older=$(open_session 2025-06-18)
is "who does not know it gets the result" "200 you came back" "$(version=2025-06-18 session=$older post_mcp "$(call lets_go)") $(json .result.structuredContent.result)"
is "in 2026-07-28, too" 200 "$(session='' call_tool lets_go)"

# ---- cancelled while it runs ----

for where in '' at_twin; do
	call_stream ten "$(call sleeps '{"seconds":60}' '"s"')" &
	sv_until 10 is_running || fail "it does not run"
	# what does not name it
	for other in '"t"' 7 null '{}' '["s"]'; do post_mcp "$(old notifications/cancelled "{\"requestId\":$other}" null)" >/dev/null; done
	mcp_token=$bob post_mcp "$(old notifications/cancelled '{"requestId":"s"}' null)" >/dev/null
	session=$older version=2025-06-18 post_mcp "$(old notifications/cancelled '{"requestId":"s"}' null)" >/dev/null
	is "others do not cancel it${where:+ ($where)}" 1 "$(running)"
	is "cancelled ${where:-here}" 202 "$($where post_mcp "$(old notifications/cancelled '{"requestId":"s","reason":"enough"}' null)")"
	sv_until 10 is_running 0
	is "it runs no more" 0 "$(running)"
	wait $!
	is "without an answer" "202 " "$(status_of ten) $(cat "$T/ten.events")"
done
is "nothing was done" 0 "$(heard slept)"
is "the trail says so" "cancelled" "$(sql "SELECT DISTINCT outcome FROM sallyport.audit WHERE tool = 'sleeps'")"
call_stream eleven "$(call steps '{"n":300,"pause":0.1}' 11 '{"progressToken":1}')"
await eleven '"progress":2'
post_mcp "$(old notifications/cancelled '{"requestId":11}' null)" >/dev/null
await_end eleven
is "a stream ends without an answer" "" "$(results eleven)"
is "behind its answer a cancellation changes nothing" "202" "$(post_mcp "$(old notifications/cancelled '{"requestId":3}' null)")"

# ---- a client that only leaves ----

call_stream twelve "$(call sleeps '{"seconds":2}' 12)" &
caller=$!
sv_until 10 is_running
kill "$(cat "$T/twelve.pid")"
has_slept() { [ "$(heard slept)" = 1 ]; }
sv_until 20 has_slept
is "has cancelled nothing" 1 "$(heard slept)"
kill "$caller" 2>/dev/null
wait "$caller" 2>/dev/null

# ---- too many ----

sql "INSERT INTO sallyport.mcp_stream (stream_id, session_sha256, request_id, expires_at)
	SELECT gen_random_uuid(), sha256('$session'), to_jsonb(n), now() + interval '1 hour' FROM generate_series(1, 32) n"
is "a session with too many streams: no more progress" "200" "$(post_mcp "$(call steps '{}' 13 '{"progressToken":1}')")"
is "but a result" "5 steps" "$(json .result.structuredContent.result)"
done_testing
