#!/bin/bash
# sallyport-stdio: progress, log messages, questions and changes over the pipe, in both eras.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/exchange.sh"
start_postgres && migrate tool_timeout=20000 && exchange_catalog &&
	sql "INSERT INTO sallyport.mcp_resource (uri, name, content, tier) VALUES ('shop://terms', 'terms', 'x', 'public')" || exit 1
add_user alice

# A conversation: say writes a line, hear reads the next one (within 20 s).
coproc STDIO { exec "$top_builddir/bin/sallyport-stdio" --as alice 2>"$T/stdio.log"; }
to=${STDIO[1]} from=${STDIO[0]} pid=$STDIO_PID
say() { printf '%s\n' "$1" >&"$to"; }
hear() { IFS= read -r -t 20 line <&"$from" || line='{"nothing": "heard"}'; }
heard() { jq -rc "$1" <<<"$line"; }
# hear_call: notifications and the answer, as "method method text"
modern() { rpc tools/call "$(jq -nc --arg n "$1" --argjson a "${2:-"{}"}" '{ name: $n, arguments: $a }')" "${3:-1}"; }
session() { old tools/call "$(jq -nc --arg n "$1" --argjson a "${2:-"{}"}" --argjson m "${4:-"{}"}" '{ name: $n, arguments: $a, _meta: $m }')" "${3:-1}"; }
with_meta() { jq -c --argjson m "$1" '.params._meta += $m'; }

# ---- 2026-07-28 ----

say "$(modern steps | with_meta '{"progressToken":0,"io.modelcontextprotocol/logLevel":"info"}')"
said=
while hear && [ "$(heard .method)" != null ]; do said+="$(heard '.params.progress // .params.data | tostring') "; done
is "progress and log messages come before the answer" "0 50 at work 100 done" "$said$(heard .result.structuredContent.result)"
say "$(modern steps '{}' 2)"
hear
is "nobody asked: only the answer" 2 "$(heard .id)"
say "$(modern greet '{}' 3 | with_meta '{"io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}')"
hear
is "a question is a result" "input_required user_name" "$(heard '.result.resultType + " " + (.result.inputRequests | keys | join(" "))')"
state=$(heard .result.requestState)
say "$(modern greet '{}' 4 | jq -c --arg s "$state" '.params += { inputResponses: { user_name: { action: "accept", content: { name: "Ada" } } } }
	| if $s == "null" then . else .params.requestState = $s end')"
hear
is "and the call comes again with the answer" "Hello, Ada!" "$(heard .result.structuredContent.result)"
say "$(modern greet '{}' 5)"
hear
is "who cannot be asked is refused" '-32021 {"elicitation":{"form":{}}}' "$(heard '"\(.error.code) \(.error.data.requiredCapabilities | tojson)"' | sed 's/{"elicitation":{}}/{"elicitation":{"form":{}}}/')"

say "$(rpc server/discover '{}' 20)"
hear
is "changes are told, as the capabilities say" "true true true" \
	"$(heard '.result.capabilities | "\(.tools.listChanged) \(.resources.listChanged) \(.resources.subscribe)"')"
say "$(rpc subscriptions/listen '{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["shop://terms","shop://none"]}}' '"sub"')"
hear
is "a subscription is acknowledged" '{"toolsListChanged":true,"resourceSubscriptions":["shop://terms"]} sub' \
	"$(heard '"\(.params.notifications | tojson) \(.params._meta["io.modelcontextprotocol/subscriptionId"])"')"
sql "SELECT mcp.resource_updated('shop://terms')" >/dev/null
hear
is "a resource was updated" "notifications/resources/updated shop://terms sub" \
	"$(heard '"\(.method) \(.params.uri) \(.params._meta["io.modelcontextprotocol/subscriptionId"])"')"
sql "SELECT mcp.list_changed('tools')" >/dev/null
hear
is "a list has changed" "notifications/tools/list_changed" "$(heard .method)"
say '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"sub"}}'
say "$(rpc subscriptions/listen '{"notifications":{"toolsListChanged":true}}' '"second"')"
hear
is "another one" second "$(heard '.params._meta["io.modelcontextprotocol/subscriptionId"]')"
sql "SELECT mcp.resource_updated('shop://terms'), mcp.list_changed('tools')" >/dev/null
hear
is "the one that was cancelled hears no more" "notifications/tools/list_changed second" \
	"$(heard '"\(.method) \(.params._meta["io.modelcontextprotocol/subscriptionId"])"')"
say "$(rpc subscriptions/listen '{"notifications":[]}' 21)"
hear
is "a filter that is none" -32602 "$(heard .error.code)"

# ---- a session ----

say "$(old initialize '{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{},"sampling":{},"roots":{}},"clientInfo":{"name":"t","version":"1"}}' 0)"
hear
is "initialize" "2025-11-25 true true" "$(heard '.result | "\(.protocolVersion) \(.capabilities.tools.listChanged) \(.capabilities.resources.subscribe)"')"
say "$(old notifications/initialized '{}' null)"
say "$(session greet '{}' 6)"
hear
is "a question is a request" "elicitation/create What is your name?" "$(heard '.method + " " + .params.message')"
id=$(heard .id)
say "$(old ping '{}' 7)"
hear
is "other calls go on meanwhile" 7 "$(heard .id)"
say '{"jsonrpc":"2.0","id":"question-4711","result":{"action":"accept"}}'
say '{"jsonrpc":"2.0","id":4711,"result":{}}'
say "$(jq -nc --arg id "$id" '{ jsonrpc: "2.0", id: $id, result: { action: "accept", content: { name: "Ada" } } }')"
hear
is "the answer leads to the result" "6 Hello, Ada!" "$(heard '"\(.id) \(.result.structuredContent.result)"')"
say "$(jq -nc --arg id "$id" '{ jsonrpc: "2.0", id: $id, result: { action: "decline" } }')"
say "$(old ping '{}' 8)"
hear
is "a second answer to it is passed over" 8 "$(heard .id)"

say "$(session greet '{}' 9)"
hear
say "$(jq -nc --arg id "$(heard .id)" '{ jsonrpc: "2.0", id: $id, result: { action: "accept", content: { name: 7 } } }')"
hear
is "an answer that does not fit is asked for again" "elicitation/create" "$(heard .method)"
say "$(jq -nc --arg id "$(heard .id)" '{ jsonrpc: "2.0", id: $id, result: { action: "decline" } }')"
hear
is "and may be declined" "9 Hello, whoever: decline" "$(heard '"\(.id) \(.result.structuredContent.result)"')"
say "$(session greet '{}' 10)"
hear
say "$(jq -nc --arg id "$(heard .id)" '{ jsonrpc: "2.0", id: $id, error: { code: -1, message: "User is away" } }')"
hear
is "an error instead of an answer is for the model" '10 true the client answered with an error: User is away' \
	"$(heard '"\(.id) \(.result.isError) \(.result.content[0].text)"')"

say "$(session three '{}' 11)"
declare -A asked=()
for _ in 1 2 3; do hear; asked[$(heard .method)]=$(heard .id); done
is "three questions at once" "elicitation/create roots/list sampling/createMessage" "$(printf '%s\n' "${!asked[@]}" | sort | xargs)"
say "$(jq -nc --arg id "${asked[roots/list]}" '{ jsonrpc: "2.0", id: $id, result: { roots: [{ uri: "file:///src" }] } }')"
say "$(jq -nc --arg id "${asked[elicitation/create]}" '{ jsonrpc: "2.0", id: $id, result: { action: "accept", content: { name: "Ada" } } }')"
say "$(jq -nc --arg id "${asked[sampling/createMessage]}" '{ jsonrpc: "2.0", id: $id, result: { role: "assistant", model: "m", content: { type: "text", text: "Hi Ada" } } }')"
hear
like "and one result, after the last answer" '^11 .*file:///src' "$(heard '"\(.id) \(.result.content[0].text)"')"

say "$(session writes_and_asks '{}' 12)"
hear
is "what was done before a question is undone" 0 "$(sql "SELECT count(*) FROM shop.touched")"
say '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":12}}'
say "$(jq -nc --arg id "$(heard .id)" '{ jsonrpc: "2.0", id: $id, result: { action: "accept", content: { ok: true } } }')"
say "$(old ping '{}' 13)"
hear
is "a cancelled question leads to nothing" "13 0" "$(heard .id) $(sql "SELECT count(*) FROM shop.touched")"

say "$(old logging/setLevel '{"level":"debug"}' 14)"
hear
is "logging/setLevel" '{}' "$(heard .result)"
say "$(session steps '{}' 15 '{"progressToken":"p"}')"
said=
while hear && [ "$(heard .method)" != null ]; do said+="$(heard '.params.progress // .params.data | tostring') "; done
is "a session hears progress and every log message" '0 50 at work {"n":1} 100 done' "$said$(heard .result.structuredContent.result)"
say "$(old logging/setLevel '{"level":"loud"}' 16)"
hear
is "a level that is none" -32602 "$(heard .error.code)"

say "$(old resources/subscribe '{"uri":"shop://terms"}' 30)"
hear
is "resources/subscribe" '{}' "$(heard .result)"
say "$(old resources/subscribe '{"uri":"shop://none"}' 31)"
hear
is "to what is not there" -32002 "$(heard .error.code)"
sql "SELECT mcp.resource_updated('shop://terms')" >/dev/null
hear
is "an update without a subscription's id" '{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"shop://terms"}}' "$line"
say "$(old resources/unsubscribe '{"uri":"shop://terms"}' 32)"
hear
sql "SELECT mcp.resource_updated('shop://terms')" >/dev/null
sql "SELECT mcp.list_changed('resources')" >/dev/null
hear
is "no update any more, but a list" notifications/resources/list_changed "$(heard .method)"

eval "exec $to>&-"
hear
is "at the end the subscription has its response" "second complete" "$(heard '"\(.id) \(.result.resultType)"')"
wait "$pid"
is "the end of input is the end" 0 $?
is "questions and results are in the audit trail" t "$(sql "SELECT count(*) FILTER (WHERE outcome = 'input_required') >= 7
	AND count(*) FILTER (WHERE outcome = 'ok') >= 6 FROM sallyport.audit WHERE client_id = 'sallyport-stdio'")"
done_testing
