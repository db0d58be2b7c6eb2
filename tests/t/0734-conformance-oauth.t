#!/bin/bash
# The official MCP conformance suite: the authorization server.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/node.sh"
. "$top_srcdir/tests/lib/conformance.sh"
node_packages clients
node=$(node_of_conformance) || skip_all "no Node.js 22 (./runtests npm installs one)"
start_postgres && migrate && start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice
in_home "$node" "$top_srcdir/tests/clients/conformance-oauth.mjs"
