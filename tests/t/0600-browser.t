#!/bin/bash
# Signing in, allowing and denying in a real browser, with an issuer that is https.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/node.sh"
node_packages browser
needs chromium openssl
start_postgres && migrate issuer=https://mcp.example.test && start_httpd || exit 1
add_user alice
add_user bob
run_node browser/flow.mjs
