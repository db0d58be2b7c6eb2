#!/bin/bash
# What a browser shows when a page waited too long, or after too many tries.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/node.sh"
node_packages browser
needs chromium openssl
start_postgres && migrate authorization_request_ttl=3 signin_tries=3 && start_httpd || exit 1
add_user alice
add_user bob
run_node browser/limits.mjs
