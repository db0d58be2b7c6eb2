#!/bin/bash
# The official TypeScript SDK of protocol 2026-07-28 (@modelcontextprotocol/client 2).
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/node.sh"
node_packages clients
make_certificate
start_postgres && migrate access_token_ttl=3 fetch_allow="127.0.0.0/8 ::1/128" fetch_ca_file="$T/tls.pem" &&
	index_tree && start_httpd || exit 1
add_user alice
run_node clients/sdk.mjs v2
