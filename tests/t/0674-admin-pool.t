#!/bin/bash
# docs/policy.md, "A pool of its own": the server /mcp/admin in other processes, with a credential and a database role that
# those of /mcp do not have.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/service.sh"
httpd=${HTTPD:-nginx}
case $httpd in nginx | lighttpd | apache) ;; *) skip_all "$httpd has no pools of processes here" ;; esac
needs python3 spawn-fcgi multiwatch
start_postgres && migrate source_allow=127.0.0.0/8 source_http=true "credential_dirs=$T/credentials" || exit 1
start_service
put_secret erp.read the-key-that-reads
mkdir -m 0755 "$T/admin" && printf 'the-key-that-deletes\n' >"$T/admin/erp.admin" && chmod 0644 "$T/admin/erp.admin"
secret the-key-that-deletes

# the roles of the page
sql "$(awk '/^```/ { on = $0 == "```sql" } on && !/^```/' "$top_srcdir/docs/policy.md")"
sql "CREATE SCHEMA shop; CREATE TABLE shop.orders (n int); INSERT INTO shop.orders VALUES (1), (2);
	GRANT USAGE ON SCHEMA shop TO sallyport_tool, sallyport_admin_tool;
	GRANT SELECT ON shop.orders TO sallyport_tool; GRANT SELECT, DELETE ON shop.orders TO sallyport_admin_tool"
pool_of() {
	cat <<YAML
---
kind: credential
name: $1
type: bearer
token: \${file:erp.$1}
---
kind: source
name: $1
type: http
url: SERVICE
http: true
allow: [127.0.0.1]
credential: $1
---
kind: tool
name: ask
server: "$2"
description: Asks with the key of $1
tier: public
http: {source: $1, path: /echo}
---
kind: tool
name: clear
server: "$2"
description: Deletes the orders
tier: public
statement: {sql: DELETE FROM shop.orders, read_only: false}
YAML
}
{
	printf 'kind: server\nname: admin\ntitle: Administration\n'
	pool_of read ""
	pool_of admin admin
} | apply_documents
is "the documents are applied" 0 $?

# the lines of the example that are comments, in force
routed=$T/examples
cp -R "$sv_examples" "$routed" && chmod -R u+w "$routed"
sed -i -E 's/^([[:space:]]*)#((upstream|location|"|ProxyPass).*admin)/\1\2/' "$routed"/*.conf
plain=$sv_examples sv_examples=$routed
start_httpd "$httpd" || exit 1
# another pool of the same program: its own settings in the environment, as systemd gives them
ln "$sv_programs/mcp" "$sv_programs/mcp-admin"
common=("${sv_env[@]}")
sv_env+=("SALLYPORT_DATABASE=host=$T/postgres dbname=sallyport user=sallyport_admin" SALLYPORT_TOOL_ROLE=sallyport_admin_tool
	"SALLYPORT_CREDENTIAL_DIRS=$T/admin")
sv_program_start mcp-admin && sv_until 10 test -S "$sv_run/mcp-admin.sock" || exit 1
sv_env=("${common[@]}")
sv_program_names+=" mcp-admin"
add_user alice

token_for alice resource="$issuer/mcp" >"$T/token.read"
token_for alice resource="$issuer/mcp/admin" >"$T/token.admin"
at() { mcp_path=$1 mcp_token=$(cat "$T/token.$2"); }
key() { forget_requests; answer ask >"$T/answered"; seen .headers.authorization; }
orders() { sql "SELECT count(*) FROM shop.orders"; }

at /mcp read
is "/mcp has the key that reads" "Bearer the-key-that-reads" "$(key)"
is "and may not delete" "true permission denied" "$(answer clear)"
is "nothing is deleted" 2 "$(orders)"
is "a header that says otherwise changes nothing" "Bearer the-key-that-reads" \
	"$(forget_requests; call_mcp tools/call '{"name":"ask","arguments":{}}' -H 'X-Admin-Request: true' >/dev/null; seen .headers.authorization)"
at /mcp/admin admin
is "its token is not one for /mcp" 401 "$(mcp_path=/mcp call_tool ask)"
is "/mcp/admin has the other key" "Bearer the-key-that-deletes" "$(key)"
is "in other processes" mcp-admin "$(grep -l "$(header X-Request-Id)" "$sv_log"/mcp*.log | sed 's|.*/||; s|\.log$||')"
is "discovery documents are those of all" "$issuer/mcp/admin" "$(get /.well-known/oauth-protected-resource/mcp/admin >/dev/null; json .resource)"

# a request for it that gets to the wrong pool: the web server without these lines
sv_httpd_stop
sv_examples=$plain
sv_httpd_start "$httpd" || exit 1
at /mcp/admin admin
forget_requests
like "in the wrong pool the tool is there" '^true internal error' "$(answer ask)"
is "but its key is not" 0 "$(wc -l <"$T/service/requests")"
like "and the log says so" '"pid":.*\$\{file:erp.admin\}: no directory of the setting credential_dirs has such a file' "$(cat "$sv_log/mcp.log")"
is "nor is its role" "true permission denied" "$(answer clear)"
is "nothing is deleted there" 2 "$(orders)"

sv_httpd_stop
sv_examples=$routed
sv_httpd_start "$httpd" || exit 1
gives clear '{"affected":2}'
is "in its own pool it is" 0 "$(orders)"
stop_service
done_testing
