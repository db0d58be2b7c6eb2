#!/bin/bash
# Everything that a client can do, with the official TypeScript SDK of generation 2.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/twin.sh"
. "$top_srcdir/tests/lib/node.sh"
node_packages clients
start_postgres && migrate access_token_ttl=3600 &&
	sallyport catalog apply "$top_srcdir/catalogs/conformance" >"$sv_log/catalog.log" 2>&1 &&
	start_httpd nginx && start_twin && start_runner || exit 1
add_user alice
token=$(token_for alice resource="$issuer/mcp/conformance")
SP_TEST_TOKEN=$token run_node clients/features.mjs v2 "$issuer/mcp/conformance" "http://localhost:$twin_port/mcp/conformance"
