#!/bin/bash
# subscriptions/listen: what is acknowledged, who is told of what, and how a stream ends.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/listen.sh"
mkdir -p "$T/handbook" && echo x >"$T/handbook/a.md" && chmod -R a+rX "$T/handbook"
start_postgres && migrate resource_dirs="handbook=$T/handbook" max_user_streams=8 stream_keepalive=1 &&
	sql "$(cat "$top_srcdir/tests/lib/content.sql")" &&
	sql "INSERT INTO sallyport.resource (name, title) VALUES ('second', 'Second')" && listen_tools &&
	start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && add_user guest --tier public && add_user bob
for user in guest alice bob; do token_for "$user" scope=orders:read >"$T/$user"; done
mcp_path=/mcp/second token_for alice resource="$issuer/mcp/second" >"$T/alice.second"
cp "$T/alice" "$T/access_token"
as() { mcp_token=$(cat "$T/$1") "${@:2}"; }
all='{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true}'

# ---- where streams cannot be kept: a plain refusal, and nothing is promised ----

if [ "${HTTPD:-}" = cgi ]; then
	listen refused "$all"
	has_ended refused
	is "a CGI program refuses" "-32601" "$(jq -c .error.code "$T/refused.stream")"
	like "with 404" '^HTTP/1.1 404' "$(cat "$T/refused.headers")"
	like "and says why" 'tells nobody of changes' "$(cat "$T/refused.stream")"
	call_mcp server/discover >/dev/null
	is "no capability promises news" '{"tools":{},"resources":{},"prompts":{},"completions":{}}' "$(json '.result.capabilities | del(.extensions, .logging)' -c)"
	done_testing
	exit
fi

call_mcp server/discover >/dev/null
is "server/discover says so" '{"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"prompts":{"listChanged":true},"completions":{}}' \
	"$(json '.result.capabilities | del(.extensions, .logging)' -c)"
mcp_path=/mcp/second as alice.second call_mcp server/discover >/dev/null
is "a server without resources and prompts" '{"tools":{"listChanged":true}}' "$(json '.result.capabilities | del(.extensions, .logging)' -c)"

# ---- acknowledged ----

listen a '{"toolsListChanged":true,"resourceSubscriptions":["shop://terms","shop://terms","docs://a.md"]}' '"list-1"'
is "the acknowledgement" '{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"list-1"},"notifications":{"toolsListChanged":true,"resourceSubscriptions":["shop://terms","docs://a.md"]}}}' \
	"$(messages a .)"
like "is a stream" '^content-type: text/event-stream' "$(tr A-Z a-z <"$T/a.headers")"
ack() { messages "$1" '.params.notifications'; }
listen b '{}' 0
is "nothing asked, nothing honoured" '{} 0' "$(ack b) $(messages b '.params._meta["io.modelcontextprotocol/subscriptionId"]')"
listen c '{"toolsListChanged":false,"promptsListChanged":true,"future":[1]}' 7
is "what is false, or unknown" '{"promptsListChanged":true}' "$(ack c)"
as guest listen guest '{"resourcesListChanged":true,"resourceSubscriptions":["shop://terms","shop://logo","shop://prices","shop://ledger","shop://draft","shop://nowhere","shop://orders/1","docs://any","shop://labels/small/x"]}'
is "what the caller may not read is left out" \
	'{"resourcesListChanged":true,"resourceSubscriptions":["shop://terms","docs://any","shop://labels/small/x"]}' "$(ack guest)"
mcp_path=/mcp/second as alice.second listen second "$(jq -c '.resourceSubscriptions = ["shop://terms"]' <<<"$all")"
is "what a server does not have, too" '{"toolsListChanged":true}' "$(ack second)"

# ---- told ----

tool() { as alice call_tool "$@" >/dev/null; }
tool announce '{"what":"prompts"}'
hears c 1
is "a list, by a tool" 'notifications/prompts/list_changed' "$(told c)"
is "with the id" '{"_meta":{"io.modelcontextprotocol/subscriptionId":7}}' "$(messages c .params | sed 1d)"
tool poke '{"uri":"shop://terms"}'
hears guest 1 && hears a 1
is "a resource" 'notifications/resources/updated shop://terms' "$(told a)"
is "with the id, and the URI" '{"_meta":{"io.modelcontextprotocol/subscriptionId":"list-1"},"uri":"shop://terms"}' \
	"$(messages a .params | sed 1d)"
is "to all who asked" 'notifications/resources/updated shop://terms' "$(told guest)"
tool poke '{"uri":"shop://TERMS"}'
tool poke_in_vain '{"uri":"shop://terms"}'
tool poke '{"uri":"shop://ledger"}'
tool poke_quietly '{"uri":"shop://terms"}'
tool poke '{"uri":"docs://a.md"}'
hears a 2
is "not after a rollback, and not by what only reads; what a template makes, too" \
	'notifications/resources/updated docs://a.md notifications/resources/updated shop://terms' "$(told a)"
tool announce '{"what":"tool"}'
is "no such list" true "$(json .result.isError)"

# the catalog tells by itself
sql "UPDATE sallyport.mcp_resource SET content = 'new terms' WHERE uri = 'shop://terms'"
hears guest 2
is "contents in their row" 'notifications/resources/updated shop://terms notifications/resources/updated shop://terms' "$(told guest)"
sql "UPDATE sallyport.tool SET description = 'Pokes.' WHERE name = 'poke'"
hears a 4
is "a tool's description" 1 "$(messages a | grep -c tools/list_changed)"
for i in 1 2 3 4 5 6; do
	as alice call_mcp tools/list >/dev/null
	json '.result.tools[] | select(.name == "poke") | .description'
done >"$T/descriptions"
is "and the list is the new one, whichever process is asked" 'Pokes.' "$(sort -u "$T/descriptions")"
sql "UPDATE sallyport.tool SET timeout_ms = 1234; UPDATE sallyport.tool SET name = name; UPDATE sallyport.prompt SET title = 'Hi' WHERE name = 'welcome'"
hears c 2
is "what no list shows changes none" '1 0' "$(messages a | grep -c tools/list_changed) $(messages second | grep -c tools/list_changed)"
sql "DROP FUNCTION tools.poke_quietly(text)" && sallyport catalog apply >>"$sv_log/catalog.log" 2>&1
hears a 5
is "catalog apply" 2 "$(messages a | grep -c tools/list_changed)"
sql "INSERT INTO sallyport.mcp_resource (uri, name, content, tier) VALUES ('shop://new', 'new', 'x', 'public')"
hears guest 3
is "a new resource" 1 "$(messages guest | grep -c resources/list_changed)"
sql "INSERT INTO sallyport.tool (resource, name, description, kind, input_schema, spec)
     SELECT 'second', name, description, kind, input_schema, spec FROM sallyport.tool WHERE name = 'poke'"
hears second 1
is "a list of another server" 'notifications/tools/list_changed 2' "$(told second) $(messages a | grep -c tools/list_changed)"
sql "SELECT mcp.list_changed('tools', 'second')" >/dev/null
sql "SELECT mcp.list_changed('prompts')" >/dev/null
hears second 2 && hears c 3
is "one server, or all of them" '2 3' "$(messages second | grep -c tools/list_changed) $(messages c | grep -c prompts/list_changed)"

# what may not be read any more is not told any more
sql "UPDATE sallyport.mcp_resource SET tier = 'developer' WHERE uri = 'shop://terms'"
hears guest 4
sql "SELECT mcp.resource_updated('shop://terms'); SELECT mcp.resource_updated('shop://terms', 'second');
     SELECT mcp.resource_updated('shop://labels/small/x', ''); SELECT mcp.resource_updated(NULL)" >/dev/null
hears guest 5
is "a resource that is somebody else's now" '2 1' \
	"$(messages guest | grep -c 'shop://terms') $(messages guest | grep -c 'shop://labels')"
sql "SELECT mcp.resource_updated('docs://' || repeat('é', 9000))" >/dev/null
sql "SELECT pg_notify('sallyport_mcp', x) FROM unnest(array['', 'updated', 'updated zz *', 'nonsense', 'tools', 'revoked', 'revoked x:1', 'updated  ']) x" >/dev/null
sql "SELECT mcp.list_changed('tools')" >/dev/null
hears a 8
is "a very long URI, and nonsense, harm nobody" 200 "$(as alice call_mcp tools/list)"
sv_until 20 grep -q '^:$' "$T/b.stream"
is "silence has comments" 0 $?
is "and who asked for nothing is told nothing" '' "$(told b)"

# ---- malformed ----

method=subscriptions/listen mcp_token=$(cat "$T/bob")
bad() { try "$1" "400 -32602" "$(rpc subscriptions/listen "$2")"; }
bad "no notifications" '{}'
bad "notifications an array" '{"notifications":[]}'
bad "a flag that is no boolean" '{"notifications":{"toolsListChanged":1}}'
bad "URIs that are none" '{"notifications":{"resourceSubscriptions":"shop://terms"}}'
bad "a URI that is a number" '{"notifications":{"resourceSubscriptions":[1]}}'
bad "too many" "{\"notifications\":{\"resourceSubscriptions\":$(jq -nc '[range(251) | "docs://\(.)"]')}}"
bad "too long" "{\"notifications\":{\"resourceSubscriptions\":$(jq -nc '[range(40) | "docs://\(.)" + ("x" * 2000)]')}}"
try "an id without end" "400 -32600" "$(rpc subscriptions/listen '{"notifications":{}}' "\"$(printf 'x%.0s' {1..300})\"")"
method=subscriptions/listen version=2025-11-25 session=$(open_session) \
	try "not in a session" "200 -32601" "$(old subscriptions/listen '{"notifications":{}}')"
unset mcp_token method
as bob listen long "{\"resourceSubscriptions\":$(jq -nc '[range(250) | "docs://\(.)"]')}"
is "as many resources as can be" 250 "$(messages long '.params.notifications.resourceSubscriptions | length')"
stop_listening long

# ---- limits ----

# processes count for themselves: more than they all have is too many
n=0
for ((i = 0; i < 2 * sv_workers * 8 + 9; i++)); do
	as bob listen limit "$all"
	if [ -e "$T/limit.ended" ]; then break; fi
	n=$((n + 1))
	cp "$T/limit.curl" "$T/limit$n.curl"
done
like "too many of one user: 429" '^HTTP/1.1 429' "$(cat "$T/limit.headers")"
is "and a JSON-RPC error with the id" '-32600 1' "$(jq -r '"\(.error.code) \(.id)"' "$T/limit.stream")"
like "that says when to come again" '^retry-after: 5' "$(tr A-Z a-z <"$T/limit.headers")"
as alice listen another '{}'
is "others have their own" '{}' "$(ack another)"
for ((i = 1; i <= n; i++)); do stop_listening "limit$i"; done
again() { as bob listen limit "$all"; ! [ -e "$T/limit.ended" ]; }
sv_until 30 again
is "who closes one may open another" 0 $?
stop_listening limit another

# ---- a client that leaves ----

gone() { [ "$(cat "$sv_log"/*.log | grep '"subscriptions\|"event":"http"' | grep -c '"gone":"client"')" -gt "$1" ]; }
before=$(cat "$sv_log"/*.log | grep -c '"gone":"client"')
stop_listening b
sv_until 20 gone "$before"
is "a client that leaves is noticed" 0 $?

# ---- ends ----

final='{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":1}}}'
# in whole seconds, and never so little that the token is no longer good when it comes
listen_until() { mcp_token=$(cp "$T/alice" "$T/access_token"; remint ".exp = (now | floor) + $1") listen short "$all"; }
listen_until 4
is "a token of four seconds is acknowledged" notifications/subscriptions/acknowledged "$(messages short | head -n 1)"
has_ended short
is "and its stream ends with the response" "$final" "$(messages short . | tail -n 1)"
is "properly" 0 "$(cat "$T/short.ended")"
token_for bob scope=orders:read >"$T/bob2"
as bob2 listen revoked "$all"
grant=$(sql "SELECT grant_id FROM sallyport.grants ORDER BY created_at DESC LIMIT 1")
began=$(date +%s%N)
sallyport grant revoke "$grant" >>"$sv_log/command.log" 2>&1
has_ended revoked
is "a revoked grant ends it, too" "$final" "$(messages revoked . | tail -n 1)"
note "a revocation ended the stream after $((($(date +%s%N) - began) / 1000000)) ms, with the command's own time"
is "others stay" 'no' "$([ -e "$T/a.ended" ] && echo yes || echo no)"
sql "DELETE FROM sallyport.resource WHERE name = 'second'"
has_ended second
is "a server that goes takes its streams along" "$final" "$(messages second . | tail -n 1)"

mcp_pids | xargs kill
has_ended a && has_ended c && has_ended guest
is "SIGTERM: the response" '{"jsonrpc":"2.0","id":"list-1","result":{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":"list-1"}}}' \
	"$(messages a . | tail -n 1)"
is "and a proper end" '0 0 0' "$(cat "$T/a.ended" "$T/c.ended" "$T/guest.ended" | paste -sd' ')"
done_testing
