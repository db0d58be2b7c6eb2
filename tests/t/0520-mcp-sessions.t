#!/bin/bash
# The revisions with sessions, 2025-03-26 to 2025-11-25, at the same URL.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
start_postgres && migrate && mcp_catalog && start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && add_user bob

sessions() { sql 'SELECT count(*) FROM sallyport.mcp_session'; }
client=$(register_client)
login() { redeem "$(authorize_as "$1" "${2:-$client}" scope=orders:read)" >/dev/null; access_token; }
bob=$(login bob)
alice_again=$(login alice)
alice_elsewhere=$(login alice "$(register_client)")
alice=$(login alice)
mcp_token=$alice
initialize() {
	old initialize "$(jq -nc --arg v "$1" '{ protocolVersion: $v, capabilities: { roots: {} },
		clientInfo: { name: "tests", version: "1" } }')"
}
call() { old tools/call "$(jq -nc --arg name "$1" --argjson arguments "${2:-"{}"}" '{ name: $name, arguments: $arguments }')"; }

# ---- initialize ----

version=''
for v in 2025-11-25 2025-06-18 2025-03-26; do
	try "initialize $v" "200 ok" "$(initialize $v)"
	is "is answered with it" $v "$(json .result.protocolVersion)"
	like "opens a session with a secret id" '^[A-Za-z0-9_-]{43}$' "$(header Mcp-Session-Id)"
	secret "$(header Mcp-Session-Id)"
	is "its row names the revision, not the id" "$v|{\"roots\": {}}|tests" \
		"$(sql "SELECT protocol_version, capabilities, client_info->>'name' FROM sallyport.mcp_session ORDER BY created_at DESC LIMIT 1")"
done
is "the old Implementation has no title" '{"name":"sallyport","version":"0.1.0"}' "$(json .result.serverInfo -c)"
for v in 2024-11-05 2026-07-28 2099-01-01 hello; do
	try "initialize $v" "200 ok" "$(initialize $v)"
	is "is answered with the newest that has sessions" 2025-11-25 "$(json .result.protocolVersion)"
done
changes='{"listChanged":true}'
[[ ${HTTPD:-nginx} != *cgi ]] || changes='{}'		# it keeps no stream to tell them on
is "capabilities, name, title" "{\"tools\":$changes,\"logging\":{}} sallyport Sallyport" \
	"$(json '.result | "\(.capabilities | tojson) \(.serverInfo.name) \(.serverInfo.title)"')"
is "no member of 2026-07-28" null "$(json .result.resultType)"
version=2025-11-25 try "initialize with MCP-Protocol-Version" "200 ok" "$(initialize 2025-11-25)"
method=initialize try "initialize with Mcp-Method" "200 ok" "$(initialize 2025-11-25)"
before=$(sessions)
try "initialize without params" "400 -32602" "$(old initialize)"
try "initialize with a version that is a number" "400 -32602" "$(initialize x | jq -c '.params.protocolVersion = 7')"
try "initialize without capabilities" "400 -32602" "$(initialize x | jq -c 'del(.params.capabilities)')"
try "initialize without clientInfo" "400 -32602" "$(initialize x | jq -c 'del(.params.clientInfo)')"
is "opened no session" "$before" "$(sessions)"

# ---- in a session ----

session=$(open_session 2025-11-25)
is "initialized is accepted" 202 "$(post_mcp "$(old notifications/initialized '{}' null)")"
is "with no body" "" "$(body)"
version=2025-11-25
try "ping" "200 ok" "$(old ping)"
is "is exactly {}" '{"jsonrpc":"2.0","id":1,"result":{}}' "$(body)"
try "tools/list" "200 ok" "$(old tools/list)"
is "without the members of 2026-07-28" '["tools"]' "$(json '.result | keys | tojson')"
is "has what 2025-11-25 knows" "true true" "$(json '.result.tools[0] | "\(has("title")) \(has("outputSchema") or .name == "echo")"')"
try "tools/call" "200 ok" "$(call order_status '{"order_no":2}')"
is "structured and as text" '{"rows":[{"state":"packed","owner":"alice"}]} {"rows":[{"state":"packed","owner":"alice"}]}' \
	"$(json '.result | "\(.structuredContent | tojson) \(.content[0].text)"')"
is "without the members of 2026-07-28" '["content","isError","structuredContent"]' "$(json '.result | keys | tojson')"
try "tools/call needs no headers of 2026-07-28" "200 ok" "$(call echo '{"region":"us"}')"
try "arguments that do not fit are the tool's answer" "200 ok" "$(call order_status '{"order_no":0}')"
is "for the model to mend" "true /order_no: must be at least 1 (is 0)" "$(json '.result | "\(.isError) \(.content[0].text)"')"
try "an unknown tool" "200 -32602" "$(call nope)"
for m in nonsense server/discover resources/list initialized; do
	try "$m is no method here, and 404 would end the session" "200 -32601" "$(old $m)"
done
try "a response of the client" "202 -" '{"jsonrpc":"2.0","id":5,"result":{}}'
try "a notification" "202 -" "$(old notifications/cancelled '{"requestId":1}' null)"
try "not JSON" "400 -32700" "hello"
try "id null" "400 -32600" '{"jsonrpc":"2.0","id":null,"method":"ping"}'
try "a batch" "400 -32600" "[$(old ping)]"
version=2099-01-01 try "an unknown MCP-Protocol-Version" "400 -32022" "$(old ping)"
version='' try "no MCP-Protocol-Version" "200 ok" "$(old ping)"
version='' try "a call without it" "200 ok" "$(call echo)"
is "speaks what was negotiated" true "$(json '.result | has("structuredContent")')"
version=2026-07-28 method=server/discover try "2026-07-28 beside a session" "200 ok" "$(rpc server/discover)"

# ---- whose session ----

for m in ping tools/list; do
	session=unknown try "$m, unknown id" "404 -32600" "$(old $m)"
	session='' try "$m, no id" "400 -32600" "$(old $m)"
	session='a b' try "$m, malformed id" "400 -32600" "$(old $m)"
	mcp_token=$bob try "$m, another user" "404 -32600" "$(old $m)"
	mcp_token=$alice_again try "$m, another grant" "404 -32600" "$(old $m)"
	mcp_token=$alice_elsewhere try "$m, another client" "404 -32600" "$(old $m)"
done
session=unknown try "a call, unknown id" "404 -32600" "$(call touch '{"n":1}')"
mcp_token=$bob try "a call, another user" "404 -32600" "$(call touch '{"n":1}')"
mcp_token=$bob try "an unknown tool, another user" "404 -32600" "$(call nope)"
session=unknown try "a notification, unknown id" "404 -32600" "$(old notifications/initialized '{}' null)"
session=unknown try "an unknown method, unknown id" "404 -32600" "$(old nonsense)"
is "no tool was run" 0 "$(sql 'SELECT count(*) FROM shop.touched')"
sql "UPDATE sallyport.mcp_session SET expires_at = now() - interval '1 second' WHERE session_sha256 = sha256('$session')"
try "an expired session" "404 -32600" "$(old ping)"
try "a call in it" "404 -32600" "$(call touch '{"n":1}')"
is "no tool was run" 0 "$(sql 'SELECT count(*) FROM shop.touched')"
session=$(open_session)
is "whoever opens one removes what has run out" 0 "$(sql 'SELECT count(*) FROM sallyport.mcp_session WHERE expires_at < now()')"
ttl=$(sql "SELECT round(extract(epoch FROM expires_at - created_at)) FROM sallyport.mcp_session WHERE session_sha256 = sha256('$session')")
sql "UPDATE sallyport.mcp_session SET expires_at = now() + interval '1 minute' WHERE session_sha256 = sha256('$session')"
try "use" "200 ok" "$(call echo)"
is "makes it live on" "$ttl" "$(sql "SELECT round(extract(epoch FROM expires_at - created_at) / 10) * 10 FROM sallyport.mcp_session WHERE session_sha256 = sha256('$session')")"

# ---- the end ----

delete() { request DELETE /mcp -H "Authorization: Bearer $mcp_token" ${session:+-H "Mcp-Session-Id: $session"} "$@"; }
is "GET without a session has no stream" 405 "$(get /mcp -H "Authorization: Bearer $alice" -H 'Accept: text/event-stream')"
is "DELETE by another user" 404 "$(mcp_token=$bob delete)"
is "DELETE of nothing" 400 "$(session='' delete)"
is "DELETE of an unknown one" 404 "$(session=unknown delete)"
try "it is still there" "200 ok" "$(old ping)"
is "DELETE" 204 "$(delete)"
try "then it is gone" "404 -32600" "$(old ping)"
is "DELETE again" 404 "$(delete)"
is "opening and closing stand in the audit trail" "1" \
	"$(sql "SELECT count(*) FROM sallyport.audit WHERE event = 'session.close' AND outcome = 'ok'")"

# ---- 2025-03-26 ----

session=$(open_session 2025-03-26)
version=''
try "tools/list" "200 ok" "$(old tools/list)"
is "without what came later" '["annotations","description","inputSchema","name"]' "$(json '[.result.tools[] | keys[]] | unique | tojson')"
is "the title is an annotation" "Order status" "$(json '.result.tools[] | select(.name == "order_status") | .annotations.title')"
try "tools/call" "200 ok" "$(call order_status '{"order_no":1}')"
is "text only" '["content","isError"]' "$(json '.result | keys | tojson')"
is "a batch" 200 "$(post_mcp "[$(old ping '{}' 1),$(old notifications/initialized '{}' null),$(call touch '{"n":5}' | jq -c '.id = "b"'),$(old nonsense '{}' 3),{\"x\":1},$(old initialize '{}' 4)]")"
is "its answers, in order" '[[1,"ok"],["b","ok"],[3,-32601],[null,-32600],[4,-32602]]' \
	"$(json '[.[] | [.id, (if .result then "ok" else .error.code end)]] | tojson')"
is "its call was made" 5 "$(sql 'SELECT n FROM shop.touched')"
is "a batch with a call that lacks scope" 200 "$(post_mcp "[$(call refund '{"order_no":1}'),$(old ping '{}' 2)]")"
is "fails for that call only" '[-32600,"ok"]' "$(json '[.[] | if .result then "ok" else .error.code end] | tojson')"
is "a batch of notifications" 202 "$(post_mcp "[$(old notifications/initialized '{}' null)]")"
is "has no body" "" "$(body)"
try "an empty batch" "400 -32600" "[]"
try "a batch of 101" "400 -32600" "[$(for i in {1..101}; do [ "$i" = 1 ] || printf ,; old ping; done)]"
version=2025-03-26
is "a batch under its own header" 200 "$(post_mcp "[$(old ping)]")"
session=unknown try "a batch of nobody" "404 -32600" "[$(old ping)]"
session='' try "a batch without a session" "400 -32600" "[$(old ping)]"
session=$(open_session 2025-06-18) version='' try "a batch in a session of 2025-06-18" "400 -32600" "[$(old ping)]"

# ---- races ----

session=$(open_session) version=2025-11-25
pids=()
for i in {1..8}; do
	mkdir "$T/race.$i"
	(T=$T/race.$i && post_mcp "$(call echo)") >/dev/null &
	pids+=($!)
done
wait "${pids[@]}"
is "eight calls at once" 8 "$(cat "$T"/race.[1-8]/answer.body | jq -s '[.[] | select(.result.isError == false)] | length')"
sql "DELETE FROM sallyport.mcp_session"
try "every session gone" "404 -32600" "$(old ping)"
done_testing
