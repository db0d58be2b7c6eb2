#!/bin/bash
# Every tool of code search over Azure AI Search, with the official TypeScript SDK of generation 2.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/node.sh"
. "$top_srcdir/tests/lib/azure.sh"
needs jq python3
node_packages clients
start_azure || exit 1
add_user alice --tier admin
token=$(token_for alice resource="$issuer/mcp/codesearch-azure")
sql "INSERT INTO codesearch.target_repository VALUES ('azure-search-admin', 'app', '{\"type\": \"tree\", \"path\": \"/srv/src/app\"}', now())"
SP_TEST_TOKEN=$token run_node clients/azure.mjs
