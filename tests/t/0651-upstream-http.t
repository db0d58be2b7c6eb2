#!/bin/bash
# Every feature of server-everything over HTTP, for clients of both generations and eras.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/node.sh"
. "$top_srcdir/tests/lib/upstream.sh"
needs_everything
port=$(free_port)
start_postgres && migrate access_token_ttl=3600 source_allow=127.0.0.0/8 && start_httpd nginx || exit 1
add_user alice
PORT=$port serve everything "$node" "$everything" streamableHttp
sv_until 60 answers "$port" || exit 1
apply_upstream >/dev/null <<END || exit 1
kind: upstream
name: everything
url: http://127.0.0.1:$port/mcp
allow: [127.0.0.0/8]
tier: public
prompts: true
resources: true
timeout: 90s
END
token=$(token_for alice)
SP_TEST_TOKEN=$token run_node clients/upstream.mjs "${SP_TEST_SDK:-v1}" "$issuer/mcp" everything
