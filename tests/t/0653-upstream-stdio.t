#!/bin/bash
# Every feature of server-everything on a pipe, one child a call, for clients of both eras.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/node.sh"
. "$top_srcdir/tests/lib/upstream.sh"
needs_everything
start_postgres && migrate access_token_ttl=3600 executable_dirs="${node%/*}" && start_httpd nginx || exit 1
add_user alice
apply_upstream >/dev/null <<END || exit 1
kind: upstream
name: everything
command: ["$node", "$everything", stdio]
tier: public
prompts: true
resources: true
timeout: 90s
tools: {overrides: {trigger-elicitation-request: {confirm: true}}}
END
token=$(token_for alice)
SP_TEST_TOKEN=$token run_node clients/upstream.mjs v2 "$issuer/mcp" everything
