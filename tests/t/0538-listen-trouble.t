#!/bin/bash
# Streams of subscriptions/listen in trouble: a database that is away, a client that does not read, no LISTEN.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/listen.sh"
mkdir -p "$T/handbook" && echo x >"$T/handbook/a.md" && chmod -R a+rX "$T/handbook"
start_postgres && migrate resource_dirs="handbook=$T/handbook" && mcp_catalog && listen_tools &&
	sql "INSERT INTO sallyport.mcp_resource (uri, name, kind, tier, spec)
	     VALUES ('docs://{+path}', 'handbook', 'directory', 'public', '{\"directory\": \"handbook\"}')" &&
	start_httpd nginx || exit 1
add_user alice && add_user bob
token_for bob scope=orders:read >"$T/bob"
grant=$(sql "SELECT grant_id FROM sallyport.grants ORDER BY created_at DESC LIMIT 1")
token_for alice scope=orders:read >"$T/alice"
final='{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":1}}}'

# ---- away, and what happens meanwhile ----

listen a '{"toolsListChanged":true,"resourceSubscriptions":["docs://a.md"]}'
mcp_token=$(cat "$T/bob") listen b '{"toolsListChanged":true}'
sql "ALTER ROLE sallyport_app NOLOGIN; SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'sallyport_app'" >/dev/null
sallyport grant revoke "$grant" >>"$sv_log/command.log" 2>&1
sql "SELECT mcp.resource_updated('docs://a.md')" >/dev/null
sleep 0.5
is "nobody is told of what nobody knows" '' "$(told a)$(told b)"
is "and the streams stay" 'no no' "$([ -e "$T/a.ended" ] && echo yes || echo no) $([ -e "$T/b.ended" ] && echo yes || echo no)"
sql "ALTER ROLE sallyport_app LOGIN"
hears a 2
is "nothing was lost" 'notifications/resources/updated docs://a.md notifications/tools/list_changed' "$(told a)"
has_ended b
is "a grant that was revoked meanwhile" "$final" "$(messages b . | tail -n 1)"
call_tool poke '{"uri":"docs://a.md"}' >/dev/null
hears a 3

# ---- a client that does not read ----

uris=$(jq -nc '[range(250) | "docs://\(. + 1000)/" + "x" * 240]')
listen slow "{\"resourceSubscriptions\":$uris}"
listen quick "{\"resourceSubscriptions\":$uris}"
is "as many resources as can be" 250 "$(messages quick '.params.notifications.resourceSubscriptions | length')"
kill -STOP "$(cat "$T/slow.curl")"
flood() {
	sql "SELECT count(mcp.resource_updated('docs://' || i || '/' || repeat('x', 240))) FROM generate_series(1000, 1249) i" >/dev/null
}
# the other one reads all of it, and is never far behind
floods=0
told_all() { [ "$(grep -c '^data: ' "$T/quick.stream")" -eq $((1 + 250 * floods)) ]; }
for ((i = 0; i < 400; i++)); do
	flood
	floods=$((floods + 1))
	sv_until 20 told_all || break
	! grep -q '"gone":"stuck"' "$sv_log/mcp.log" || break
done
note "given up after $floods times 100 KB, most of which wait in buffers of the web server and the kernel"
is "is given up" 1 "$(grep -c '"gone":"stuck"' "$sv_log/mcp.log")"
ok "others are told all of it" told_all
kill -CONT "$(cat "$T/slow.curl")"
has_ended slow
is "its stream has no proper end" 0 "$(grep -c resultType "$T/slow.stream")"
call_tool announce '{"what":"tools"}' >/dev/null
hears a 4
stop_listening a quick

# ---- places ----

again() {
	stop_workers
	settings resource_dirs="handbook=$T/handbook" "$@"
	start_workers
}
again max_streams=1
for name in one two three; do		# which process takes one is nobody's choice
	listen "$name" '{}'
	[ ! -e "$T/$name.ended" ] || break
done
is "no more than max_streams of each process: 503" 'HTTP/1.1 503 -32603 1' \
	"$(head -n 1 "$T/$name.headers" | cut -d' ' -f1,2) $(jq -r '"\(.error.code) \(.id)"' "$T/$name.stream")"
like "which says when to come again" '^retry-after: 5' "$(tr A-Z a-z <"$T/$name.headers")"
stop_listening one two three

refused() {
	call_mcp server/discover >/dev/null
	is "$1: no promise" '{"tools":{},"resources":{}}' "$(json '.result.capabilities | {tools, resources}' -c)"
	listen none '{"toolsListChanged":true}'
	is "$1: no stream" '404 -32601' "$(head -n 1 "$T/none.headers" | cut -d' ' -f2) $(jq -r .error.code "$T/none.stream")"
}
again max_streams=0
refused "max_streams = 0"
again db_listen=false
refused "db_listen = false"
done_testing
