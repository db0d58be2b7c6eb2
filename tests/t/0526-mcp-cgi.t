#!/bin/bash
# Sessions where every request is a process of its own: a POST that asks its client waits in place,
# and who answers does not wait for what comes of it.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/twin.sh"
kind=${HTTPD:-apache-cgi}
[[ $kind = *cgi ]] || kind=apache-cgi
start_postgres && migrate && mcp_catalog && sql "$(cat "$top_srcdir/tests/lib/asking.sql")" || exit 1
sallyport catalog apply >"$sv_log/catalog.log" 2>&1
start_httpd "$kind" || exit 1
add_user alice
token_for alice >/dev/null
version=2025-11-25
call() { old tools/call "$(jq -nc --arg name "$1" --argjson arguments "${2:-"{}"}" --argjson meta "${4:-"{}"}" '{ name: $name, arguments: $arguments, _meta: $meta }')" "${3:-1}"; }
question() { events "$1" | jq -r 'select(.method) | .id' | sed -n "${2:-1}p"; }
answer() { post_mcp "$(jq -nc --arg id "$1" --argjson content "$2" '{ jsonrpc: "2.0", id: $id, result: { action: "accept", content: $content } }')"; }
text_of() { events "$1" | jq -r 'select(.result or .error) | .result.structuredContent.result // .error.message'; }
version='' post_mcp "$(old initialize '{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"t","version":"1"}}')" >/dev/null
session=$(header Mcp-Session-Id)

is "GET has no stream" 405 "$(request GET /mcp -H 'Accept: text/event-stream' -H "Authorization: Bearer $(access_token)" -H "Mcp-Session-Id: $session")"
call_stream one "$(call greet '{}' 1)"
await one elicitation/create
is "a question" "What is your name?" "$(events one | jq -r '.params.message // empty')"
is "its answer" 202 "$(answer "$(question one)" '{"name":"Ada"}')"
await_end one
is "and what comes of it" "Hello, Ada" "$(text_of one)"
call_stream two "$(call two_rounds)"
await two First
answer "$(question two)" '{"v":1}' >/dev/null
await two 'Second, after 1'
answer "$(question two 2)" '{"v":2}' >/dev/null
await_end two
is "two rounds" "1 then 2" "$(text_of two)"
call_stream three "$(call steps '{"n":3}' 3 '{"progressToken":1}')"
await_end three
is "progress" "1 2 3 3 steps" "$(events three | jq -r 'select(.method) | .params.progress' | paste -sd' ') $(text_of three)"
call_stream four "$(call lets_go)"
await_end four
is "nobody is let go who could not come back" "you came back" "$([ -n "$(events four)" ] && text_of four || jq -r .result.structuredContent.result "$T/four.events")"

# who answers is not kept by a call that takes long
sql "CREATE FUNCTION tools.slow_after() RETURNS text LANGUAGE plpgsql AS \$\$ BEGIN
	PERFORM mcp.elicit('a', 'Go on?', '{\"type\": \"object\", \"properties\": {}}'); PERFORM pg_sleep(12); RETURN 'done'; END \$\$;
	COMMENT ON FUNCTION tools.slow_after IS E'Slow after\n@mcp'"
sallyport catalog apply >>"$sv_log/catalog.log" 2>&1
call_stream five "$(call slow_after)"
await five elicitation/create
began=$SECONDS
is "the answer to a call that goes on for long" 202 "$(answer "$(question five)" '{}')"
ok "is accepted at once" test $((SECONDS - began)) -lt 10
await_end five
is "and the call lives on" "done" "$(text_of five)"
done_testing
