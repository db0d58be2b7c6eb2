#!/bin/bash
# What a call asks the client of a session: requests of the server, answered to other processes.
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
all='{"elicitation":{},"sampling":{},"roots":{}}'

# begin_session [CAPABILITIES [VERSION]]: sets $session
begin_session() {
	version='' post_mcp "$(old initialize "$(jq -nc --argjson c "${1:-$all}" --arg v "${2:-2025-11-25}" '{ protocolVersion: $v, capabilities: $c,
		clientInfo: { name: "tests", version: "1" } }')")" >/dev/null
	session=$(header Mcp-Session-Id)
	secret "$session"
}
call() { old tools/call "$(jq -nc --arg name "$1" --argjson arguments "${2:-"{}"}" '{ name: $name, arguments: $arguments }')" "${3:-1}"; }
# question NAME METHOD [NTH]: the id of such a request on the stream
question() { events "$1" | jq -r --arg m "$2" 'select(.method == $m) | .id' | sed -n "${3:-1}p"; }
answer_to() { jq -nc --arg id "$1" --argjson result "$2" '{ jsonrpc: "2.0", id: $id, result: $result }'; }
accept_with() { jq -nc --argjson content "$1" '{ action: "accept", content: $content }'; }
name_is() { answer_to "$1" "$(accept_with "$(jq -nc --arg n "$2" '{ name: $n }')")"; }
results() { events "$1" | jq -c 'select(.result or .error)'; }
text_of() { results "$1" | jq -r '.result.structuredContent.result // .result.content[0].text // .error.message'; }
heard() { sql "SELECT count(*) FROM shop.heard WHERE what = '$1'"; }
waiting() { sql "SELECT count(*) FROM sallyport.mcp_call JOIN sallyport.mcp_stream USING (stream_id) WHERE session_sha256 = sha256('$session')"; }

# ---- one question ----

begin_session
is "a plain call" 200 "$(post_mcp "$(call order_status '{"order_no":1}')")"
is "makes no stream" 0 "$(sql 'SELECT count(*) FROM sallyport.mcp_stream')"
# once the process remembers the session
in_one_round_trip() {
	local id
	post_mcp "$(call order_status '{"order_no":1}')" >/dev/null
	id=$(header X-Request-Id)
	sv_until 5 grep -q "\"$id\".*\"event\":\"http\"" "$sv_log/mcp.log"
	grep -h "\"$id\".*\"event\":\"http\"" "$sv_log/mcp.log" | grep -q '"db_round_trips":1,'
}
ok "and takes one round trip" sv_until 10 in_one_round_trip

call_stream one "$(call greet '{"greeting":"Hi"}' 7)"
await one elicitation/create
is "a call that asks is a stream" "200" "$(status_of one)"
like "it begins with an id" '^id: [0-9a-f-]{36}\.0$' "$(sed -n 2p "$T/one.events"; grep '^id' "$T/one.events" | head -n 1)"
is "asks the person" '{"message":"What is your name?","requestedSchema":{"type":"object","required":["name"],"properties":{"name":{"type":"string"}}}}' \
	"$(events one | jq -c .params)"
is "nothing is done" 0 "$(heard asked)"
id=$(question one elicitation/create)
is "the call waits" 1 "$(waiting)"
unlike "and cannot be read in its row" 'greet|Hi' "$(sql "SELECT encode(sealed, 'escape') FROM sallyport.mcp_call")"
is "the answer, to other processes" 202 "$(at_twin post_mcp "$(name_is "$id" Alice)")"
is "which say nothing more" "" "$(body)"
await_end one
is "the result is on the stream" '7 Hi, Alice' "$(results one | jq -r .id) $(text_of one)"
is "with its side effect, once" 1 "$(heard Alice)"
is "nothing waits" 0 "$(waiting)"
is "its audit rows" "input_required|1 ok|1" "$(sql "SELECT outcome, count(*) FROM sallyport.audit WHERE tool = 'greet' GROUP BY 1 ORDER BY 1" | paste -sd' ')"
is "the same answer again is let go" 202 "$(post_mcp "$(name_is "$id" Alice)")"
is "without effect" 1 "$(heard Alice)"

# ---- several ----

call_stream two "$(call two_rounds '{}' '"x"')"
await two First
at_twin post_mcp "$(answer_to "$(question two elicitation/create)" "$(accept_with '{"v":1}')")" >/dev/null
await two 'Second, after 1'
post_mcp "$(answer_to "$(question two elicitation/create 2)" "$(accept_with '{"v":2}')")" >/dev/null
await_end two
is "two rounds" "1 then 2" "$(text_of two)"
is "its id is the one of the call" '"x"' "$(results two | jq -c .id)"

call_stream three "$(call all_kinds)"
await three roots/list
is "three questions at once" "elicitation/create roots/list sampling/createMessage" "$(events three | jq -r .method | sort | paste -sd' ')"
is "roots/list has no params" false "$(events three | jq 'select(.method == "roots/list") | has("params")')"
is "first" 202 "$(post_mcp "$(answer_to "$(question three roots/list)" '{"roots":[{"uri":"file:///home"}]}')")"
is "second" 202 "$(at_twin post_mcp "$(answer_to "$(question three elicitation/create)" '{"action":"accept","content":{}}')")"
is "it still waits" 1 "$(waiting)"
is "third" 202 "$(post_mcp "$(answer_to "$(question three sampling/createMessage)" '{"role":"assistant","model":"m","content":{"type":"text","text":"4"}}')")"
await_end three
is "all answers" "accept 4 file:///home" "$(text_of three)"

# ---- answers that are none ----

call_stream four "$(call greet)"
await four elicitation/create
id=$(question four elicitation/create)
for bad in '{"jsonrpc":"2.0","id":"unknown","result":{}}' '{"jsonrpc":"2.0","id":7,"result":{}}' \
	'{"jsonrpc":"2.0","id":"00000000-0000-4000-8000-000000000000","result":{}}' \
	'{"jsonrpc":"2.0","id":"------------------------------------","result":{}}'; do
	is "let go: ${bad:16:60}" 202 "$(post_mcp "$bad")"
done
is "another user's session" 404 "$(mcp_token=$bob post_mcp "$(name_is "$id" Mallory)")"
mine=$session
begin_session
is "another session of this user" 202 "$(post_mcp "$(name_is "$id" Mallory)")"
session=$mine
is "neither result nor error" 400 "$(post_mcp "{\"jsonrpc\":\"2.0\",\"id\":\"$id\"}")"
is "without a session" 400 "$(session='' post_mcp "$(name_is "$id" Mallory)")"
is "it still waits" "1 0" "$(waiting) $(heard Mallory)"
is "what does not fit" 202 "$(post_mcp "$(answer_to "$id" "$(accept_with '{"name":5}')")")"
has_second() { [ -n "$(question "$1" elicitation/create 2)" ]; }
sv_until 10 has_second four
is "is asked again" "What is your name?" "$(events four | jq -r 'select(.method) | .params.message' | sed -n 2p)"
is "an error of the client" 202 "$(post_mcp "$(jq -nc --arg id "$(question four elicitation/create 2)" '{ jsonrpc: "2.0", id: $id, error: { code: -1, message: "no window" } }')")"
await_end four
is "is an error for the model" "true the client answered with an error: no window" "$(results four | jq -r '"\(.result.isError) \(.result.content[0].text)"')"
call_stream five "$(call greet)"
await five elicitation/create
post_mcp "$(answer_to "$(question five elicitation/create)" '{"action":"decline"}')" >/dev/null
await_end five
is "declined" "nobody: decline" "$(text_of five)"

# ---- who cannot be asked ----

begin_session '{}'
post_mcp "$(call greet)" >/dev/null
is "a client without elicitation" "true" "$(json '.result.isError')"
like "the model is told why" capability "$(tool_text)"
begin_session '{"elicitation":{}}'
post_mcp "$(call only_model)" >/dev/null
is "a client without sampling" "true" "$(json '.result.isError')"
begin_session "$all" 2025-03-26
is "in a batch nobody is asked" 200 "$(version=2025-03-26 post_mcp "[$(call only_model),$(call order_status '{"order_no":1}' 2)]")"
is "and the others are answered" '["error",false]' "$(json 'map(if .error then "error" else .result.isError end) | tojson')"
begin_session "$all" 2025-06-18
version=2025-06-18 call_stream six "$(call all_kinds)"
await six roots/list
is "2025-06-18 has no mode" false "$(events six | jq 'select(.method == "elicitation/create") | .params | has("mode")')"
is "and no event without data" "" "$(grep -A1 '^id: .*\.0$' "$T/six.events")"
hang_up six

# ---- the client leaves, processes die ----

begin_session
kill_workers() { mcp_workers | xargs -r kill -9; }
call_stream seven "$(call greet)"
await seven elicitation/create
kill_workers
await_end seven
at_twin listen seven2 -H "Last-Event-ID: $(last_id seven)"
sv_until 20 at_twin post_mcp "$(name_is "$(question seven elicitation/create)" Seven)"
await_end seven2
is "kill -9 of who holds the stream: the result comes to who comes back" "Hello, Seven" "$(text_of seven2)"
is "once" 1 "$(heard Seven)"
call_stream eight "$(call greet)"
await eight elicitation/create
hang_up eight
post_mcp "$(name_is "$(question eight elicitation/create)" Eight)" >/dev/null
listen eight2 -H "Last-Event-ID: $(last_id eight)"
await_end eight2
is "an answer while nobody listens" "Hello, Eight" "$(text_of eight2)"
listen eight3 -H "Last-Event-ID: $(grep '^id' "$T/eight.events" | head -n 1 | sed 's/^id: //')"
await_end eight3
is "everything again from the first id" "elicitation/create Hello, Eight" "$(events eight3 | jq -r '.method // .result.structuredContent.result' | paste -sd' ')"

# ---- races ----

for n in 1 2 3; do
	call_stream race "$(call greet)"
	await race elicitation/create
	id=$(question race elicitation/create)
	pids=()
	for i in 1 2 3 4; do
		mkdir -p "$T/race.$i"
		(T=$T/race.$i; [ $((i % 2)) = 0 ] && where=at_twin || where=; $where post_mcp "$(name_is "$id" "Race$n")") >/dev/null &
		pids+=($!)
	done
	wait "${pids[@]}"
	await_end race
	is "four answers at once: one result ($n)" "1 1" "$(results race | wc -l) $(heard "Race$n")"
done
for n in 1 2 3; do
	call_stream race "$(call greet '{}' "$n")"
	await race elicitation/create
	id=$(question race elicitation/create)
	mkdir -p "$T/race.1" "$T/race.2"
	(T=$T/race.1; post_mcp "$(name_is "$id" "Cancel$n")") >/dev/null &
	first=$!
	(T=$T/race.2; at_twin post_mcp "$(old notifications/cancelled "{\"requestId\":$n}" null)") >/dev/null &
	wait "$first" $!
	await_end race
	results=$(results race | wc -l)
	like "an answer against a cancellation: one result or none ($n)" '^[01] [01]$' "$results $(heard "Cancel$n")"
	is "nothing waits ($n)" 0 "$(waiting)"
done

# ---- the end of waiting ----

call_stream nine "$(call greet '{}' '"n"')"
await nine elicitation/create
is "cancelled at other processes" 202 "$(at_twin post_mcp "$(old notifications/cancelled '{"requestId":"n"}' null)")"
await_end nine
is "there is no answer" "" "$(results nine)"
is "and nothing waits" 0 "$(waiting)"
is "an answer behind it is let go" "202 0" "$(post_mcp "$(name_is "$(question nine elicitation/create)" Late)") $(heard Late)"
call_stream ten "$(call greet)"
await ten elicitation/create
is "as long as the setting says" t "$(sql "SELECT max(expires_at) BETWEEN now() + interval '200 seconds' AND now() + interval '300 seconds' FROM sallyport.mcp_stream WHERE NOT ended")"
sql "UPDATE sallyport.mcp_stream SET expires_at = now() - interval '1 second' WHERE NOT ended; SELECT sallyport.sweep(1000, 0)" >/dev/null
await_end ten
is "nobody answers: the call fails" "1 -32603" "$(results ten | jq -r '"\(.id) \(.error.code)"')"
call_stream eleven "$(call greet)"
await eleven elicitation/create
is "the session ends" 204 "$(at_twin request DELETE /mcp -H "Authorization: Bearer $mcp_token" -H "Mcp-Session-Id: $session")"
await_end eleven
is "and its streams, without an answer" "" "$(results eleven)"
is "nothing is left" "0 0 0" "$(waiting) $(sql 'SELECT count(*) FROM sallyport.mcp_question') $(sql "SELECT count(*) FROM sallyport.mcp_stream WHERE session_sha256 = sha256('$session')")"
done_testing
