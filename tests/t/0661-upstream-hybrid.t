#!/bin/bash
# catalogs/examples/hybrid-*.yaml: one tool is switched to a server on another host, and back.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/upstream.sh"
python=/usr/bin/python3			# one that the workers' user can run
[ -x "$python" ] || skip_all "no $python is installed"
plan 11
# what stands for ssh: it forgets how to get there, and starts the command
mkdir "$T/bin"
cat >"$T/bin/ssh" <<END
#!/bin/sh
exec $python -u -c '
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    method, name = request["method"], sys.argv[-1]
    result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": name, "version": "1"}}
    if method == "tools/list":
        result = {"tools": [{"name": "status", "title": "Order status", "description": "Says where one order is now.", "inputSchema": {
            "type": "object", "properties": {"order_no": {"type": "integer"}}, "required": ["order_no"]}}]}
    if method == "tools/call":
        result = {"content": [], "structuredContent": {"state": "sent from " + name}}
    if method not in ("initialize", "tools/list", "tools/call"):
        result = None
    if "id" in request:
        print(json.dumps({"jsonrpc": "2.0", "id": request["id"], **({"result": result} if result else {"error": {"code": -32601, "message": "no"}})}))
' "\$@"
END
chmod 755 "$T/bin" "$T/bin/ssh"
start_postgres && migrate access_token_ttl=3600 executable_dirs="$T/bin" && start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice --tier developer
sql "CREATE SCHEMA shop; CREATE TABLE shop.orders (order_no bigint PRIMARY KEY, owner text, state text);
	INSERT INTO shop.orders VALUES (1, 'alice', 'packed here'); GRANT USAGE ON SCHEMA shop TO sallyport_tool;
	GRANT SELECT ON shop.orders TO sallyport_tool"
use() {
	sallyport catalog apply "$top_srcdir/catalogs/examples/hybrid-$1.yaml" >"$T/out" 2>&1
	local status=$?
	[ "$status" = 0 ] || note "$(cat "$T/out")"
	catalog_known
	echo "$status"
}
kind() {
	sql "SELECT kind, scopes, tier FROM sallyport.tool WHERE name = 'orders_status'"
}
is "here" 0 "$(use here)"
mcp_token=$(token_for alice scope=orders:read)
tool orders_status '{"order_no": 1}'
is "it is called here" "packed here" "$(json '.result.structuredContent.state')"
like "with its scope and tier" 'statement\|\{orders:read\}\|developer' "$(kind)"
is "there" 0 "$(use there)"
is "it has the same name" orders_status "$(listed tools/list tools name)"
like "scope and tier" 'upstream\|\{orders:read\}\|developer' "$(kind)"
tool orders_status '{"order_no": 1}'
is "and is called there" "sent from /opt/mcp/bin/orders" "$(json '.result.structuredContent.state')"
printf 'kind: group\nname: orders_status\n' >"$T/empty.yaml"
is "the group is emptied" 0 "$(sallyport catalog apply "$T/empty.yaml" >"$T/out" 2>&1; echo $?)"
is "and back" 0 "$(use here)"
tool orders_status '{"order_no": 1}'
is "it is called here again" "packed here" "$(json '.result.structuredContent.state')"
is "and nothing is left of the other" 0 "$(sql "SELECT count(*) FROM sallyport.upstream")"
