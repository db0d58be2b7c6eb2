#!/bin/bash
# What a call says while it runs: progress and log messages, and the stream that brings them.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/exchange.sh"
start_postgres && migrate && exchange_catalog && start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice --tier admin
token_for alice scope=orders:read >"$T/alice"
progress='if .method == "notifications/progress" then .params | "\(.progressToken)=\(.progress)/\(.total)" else empty end'
logs='if .method == "notifications/message" then .params | "\(.level):\(.data)" else empty end'
level() { jq -nc --arg l "$1" '{ "io.modelcontextprotocol/logLevel": $l }'; }

# ---- who wants to hear ----

is "a call that nobody listens to" 200 "$(call steps)"
is "is answered in one piece" 'application/json {"result":"done"}' "$(header Content-Type) $(ending)"
is "with a progressToken" 200 "$(call steps '{}' '{"progressToken":"p1"}')"
like "it is a stream" '^text/event-stream' "$(header Content-Type)"
is "that is not buffered on its way" "" "$(header Content-Length)"
is "which tells of its progress" 'p1=0/100 p1=50/100 p1=100/100' "$(told "$progress")"
is "and of nothing else" "" "$(told "$logs")"
is "with what it says" 'half "way", é' "$(messages | jq -r 'select(.params.progress == 50).params.message')"
is "without what it does not say" '{"progressToken":"p1","progress":0,"total":100}' "$(messages | head -n 1 | jq -c .params)"
is "a notification has no id" "null 2.0" "$(messages | head -n 1 | jq -r '"\(.id) \(.jsonrpc)"')"
is "the answer comes last" '{"result":"done"}' "$(ending)"
is "with the id of its request" 1 "$(final .id)"
is "and as always" 'complete' "$(final .result.resultType)"
for token in 0 7 -3 '""' '"0"' '"ö\"x"'; do
	call steps '{}' "{\"progressToken\":$token}" >/dev/null
	is "token $token comes back" "$token" "$(messages | head -n 1 | jq -c .params.progressToken)"
done
for token in null true '[]' '{}' 1.5; do
	call steps '{}' "{\"progressToken\":$token}" >/dev/null
	is "token $token is none" 'application/json' "$(header Content-Type)"
done

call steps '{}' "$(level info)" >/dev/null
is "log messages from a level on" 'info:at work' "$(told "$logs")"
is "without progress" '' "$(told "$progress")"
call steps '{}' "$(level debug)" >/dev/null
is "from the lowest" 'info:at work debug:{"n":1}' "$(told "$logs")"
is "with a logger" 'shop' "$(messages | jq -r 'select(.params.level == "debug").params.logger')"
call steps '{}' "$(level warning)" >/dev/null
is "from one that it does not reach" 'application/json {"result":"done"}' "$(header Content-Type) $(ending)"
call steps '{}' "$(jq -c '. + { progressToken: "b" }' <<<"$(level debug)")" >/dev/null
is "both, in the order in which they were said" 'b=0/100 b=50/100 info:at work debug:{"n":1} b=100/100' \
	"$(told "($progress), ($logs)")"
for bad in '"loud"' '"INFO"' '""' 3 '[]'; do
	is "log level $bad" "200 error -32602" "$(call steps '{}' "{\"io.modelcontextprotocol/logLevel\":$bad}" | sed 's/400/200/') $(ending)"
done

# ---- what is said ----

for l in debug info notice warning error critical alert emergency; do
	call says "{\"level\":\"$l\",\"data\":{\"a\":[1,null,\"x\"]}}" "$(level debug)" >/dev/null
	is "level $l" "$l:{\"a\":[1,null,\"x\"]}" "$(told "$logs")"
done
call says '{"level":"info"}' "$(level debug)" >/dev/null
is "no data is null" 'info:null' "$(told "$logs")"
call says '{"level":"warn"}' >/dev/null
is "a level that there is not" 'isError mcp.log: level must be one of debug, info, notice, warning, error, critical, alert, emergency' "$(ending)"
for n in NaN Infinity -Infinity; do
	call reports "{\"progress\":\"$n\"}" '{"progressToken":1}' >/dev/null
	is "progress $n" 'isError mcp.progress: progress must be a finite number' "$(ending)"
	call reports "{\"progress\":\"1\",\"total\":\"$n\"}" '{"progressToken":1}' >/dev/null
	is "total $n" 'isError mcp.progress: total must be a finite number' "$(ending)"
done
call odd_steps '{}' '{"progressToken":1}' >/dev/null
is "progress only grows" '[0.1,2,true]' "$(messages | jq -sc '[.[].params.progress | values] | .[2] = (.[2] == 1e20)')"
call forges '{}' "$(jq -c '. + { progressToken: "b" }' <<<"$(level info)")" >/dev/null
is "what is not as schema mcp makes it is passed over" 'application/json {"result":"done"}' "$(header Content-Type) $(ending)"

# ---- how much ----

call many_steps '{"n":20000}' '{"progressToken":1}' >/dev/null
is "the last one always comes" '20000 done' "$(told '.params.progress' | tr ' ' '\n' | tail -n 1) $(final '.result.structuredContent.result')"
count=$(messages | grep -c notifications/progress)
ok "but not all of them ($count)" test "$count" -ge 10 -a "$count" -lt 1000
is "each is more than the one before" "" "$(messages | jq -rs '[.[].params.progress | values] | if . == (. | unique) then empty else tojson end')"
call steps_then_slow '{}' '{"progressToken":1}' >/dev/null
is "the last before a silence comes, too" 15 "$(told '.params.progress' | tr ' ' '\n' | tail -n 1)"
call many_logs '{"n":5000}' "$(level info)" >/dev/null
count=$(messages | grep -c notifications/message)
ok "log messages are limited ($count)" test "$count" -ge 200 -a "$count" -lt 5000
like "and it is said how many were left out" '^warning:[0-9]+ log messages were left out$' "$(messages | jq -rs ".[-2] | $logs")"

call says "{\"level\":\"info\",\"data\":\"$(head -c 100000 /dev/zero | tr '\0' x)\"}" "$(level info)" >/dev/null
is "a log message may be long" 100000 "$(messages | jq -r 'select(.method).params.data | length')"
call long_log '{}' "$(level info)" >/dev/null
is "but not of any length" 'warning:1 log messages were left out done' "$(told "$logs") $(final .result.structuredContent.result)"

# ---- how it ends ----

ends() { call steps_then_fail "{\"how\":\"$1\"}" '{"progressToken":"t"}' >/dev/null; is "$1" "text/event-stream $2" "$(header Content-Type | cut -d';' -f1) $(ending)"; }
ends raise 'isError no such order'
ends protocol 'error -32602'
is "with message and data" '{"code":-32602,"message":"not so","data":{"why":[1,"é"]}}' "$(final .error)"
ends own 'error 4711'
ends reserved 'isError mcp.protocol_error: -32002 is reserved; take -32602, -32603 or one outside -32768..-32000'
ends empty 'isError mcp.protocol_error: it needs a code and a message'
internal="isError internal error, request id"
for how in forged 'forged question' 'no detail' task; do
	call steps_then_fail "{\"how\":\"$how\"}" '{"progressToken":"t"}' >/dev/null
	is "$how" "$internal $(header X-Request-Id)" "$(ending)"
done
ends down 'error -32603'
is "an error behind a stream has the id of its request" 1 "$(final .id)"
is "nothing of all this is left" 0 "$(sql 'SELECT count(*) FROM shop.touched')"
call steps_then_fail '{"how":"protocol"}' >/dev/null
is "without a stream" 'application/json error -32602' "$(header Content-Type) $(ending)"
is "a protocol error is in the audit trail" 'error' "$(sql 'SELECT outcome FROM sallyport.audit ORDER BY audit_id DESC LIMIT 1')"

sql "ALTER SEQUENCE shop.attempts RESTART" >/dev/null
call conflict '{}' '{"progressToken":"c"}' >/dev/null
is "a call that is tried again says nothing twice" 'c=1/3 c=2/3 c=3/3' "$(told "$progress")"
is "and is answered" '{"result":"done"}' "$(ending)"

# ---- in sessions ----

session=$(open_session)
version=2025-11-25 session=$session post_mcp "$(old tools/call '{"name":"steps","arguments":{},"_meta":{"progressToken":5}}')" >/dev/null
is "in a session" '5=0/100 5=50/100 5=100/100' "$(told "$progress")"
is "the answer comes last there, too" '{"result":"done"}' "$(ending)"
version=2025-11-25 session=$session post_mcp "$(old tools/call '{"name":"odd_steps","arguments":{}}')" >/dev/null
is "without a token none" 'application/json' "$(header Content-Type)"
batch=$(open_session 2025-03-26)
version=2025-03-26 session=$batch post_mcp "[$(old tools/call '{"name":"steps","arguments":{},"_meta":{"progressToken":5}}' 8),$(old ping '{}' 9)]" >/dev/null
is "a batch, too" '5=0/100 5=50/100 5=100/100' "$(messages | jq -rs "[.[] | objects | $progress] | join(\" \")")"
is "and its answer is a batch" '[8,9]' "$(messages | tail -n 1 | jq -c 'map(.id)')"
session=''

# ---- what it runs under ----

nothing='{"mcp.once":"","mcp.task":"","mcp.state":"","mcp.progress":"","mcp.log_level":"","mcp.responses":"","mcp.capabilities":"{}","sallyport.traceparent":""}'
call leaves_settings >/dev/null
for i in 1 2 3 4 5 6; do call settings '{}' '{}' '{"inputResponses":{"x":{"action":"cancel"}}}' >/dev/null; call settings >/dev/null; done
is "a call sees nothing of others" "$nothing" "$(final .result.structuredContent | jq -cS . | jq -c --argjson n "$nothing" '. as $a | $n | with_entries(.value = $a[.key])')"
trace=00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01
call settings '{}' "{\"traceparent\":\"$trace\"}" >/dev/null
is "the trace context of the caller" "$trace" "$(final '.result.structuredContent["sallyport.traceparent"]')"
for bad in '"x"' '"00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-0g"' 7 '""' "\"$trace-x\""; do
	call settings '{}' "{\"traceparent\":$bad}" >/dev/null
	is "traceparent $bad is none" "" "$(final '.result.structuredContent["sallyport.traceparent"]')"
done
call settings '{}' "$(jq -nc --argjson c '{"elicitation":{"url":{}},"experimental":{"ö":{"x":1}}}' '{ "io.modelcontextprotocol/clientCapabilities": $c, progressToken: 1, "io.modelcontextprotocol/logLevel": "alert" }')" >/dev/null
is "and what it can and wants" '{"experimental":{"ö":{"x":1}},"elicitation":{"url":{}}} on alert' \
	"$(final '.result.structuredContent | "\(.["mcp.capabilities"] | fromjson | { experimental, elicitation }) \(.["mcp.progress"]) \(.["mcp.log_level"])"')"
done_testing
