#!/bin/bash
# An independent server, npm's fastmcp over HTTP, through ours: it asks on a stream of its own.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/node.sh"
. "$top_srcdir/tests/lib/upstream.sh"
needs_everything
[ -e "$top_srcdir/tests/clients/node_modules/fastmcp" ] || skip_all "no fastmcp in tests/clients"
port=$(free_port)
start_postgres && migrate access_token_ttl=3600 source_allow=127.0.0.0/8 && start_httpd nginx || exit 1
add_user alice
serve fastmcp "$node" "$top_srcdir/tests/clients/fastmcp.mjs" "$port"
sv_until 60 answers "$port" || exit 1
apply_upstream >/dev/null <<END || exit 1
kind: upstream
name: fastmcp
url: http://127.0.0.1:$port/mcp
allow: [127.0.0.0/8]
tier: public
prompts: true
resources: true
timeout: 30s
END
note "$(grep -v '^added' "$T/out")"
token=$(token_for alice)
SP_TEST_TOKEN=$token run_node clients/upstream.mjs v2 "$issuer/mcp" fastmcp
