#!/bin/bash
# mcp-remote, the bridge for clients that know only stdio, with the sign-in of its own.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/node.sh"
node_packages clients
start_postgres && migrate access_token_ttl=3 && index_tree && start_httpd || exit 1
add_user alice
browser_of alice
run_node clients/mcp-remote.mjs
