#!/bin/bash
# The pages are accessible (axe-core), fit a phone and large text, in both colour schemes.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/node.sh"
node_packages browser
needs chromium openssl
start_postgres && migrate tools_api=true && start_httpd || exit 1
add_user alice
sallyport catalog apply "$top_srcdir/catalogs/codesearch" >/dev/null || exit 1
token_for alice >/dev/null
SP_TEST_TOKEN=$(access_token) run_node browser/pages.mjs
