#!/bin/bash
# Every tool, prompt and resource of code search, with the official TypeScript SDK of generation 1.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/node.sh"
. "$top_srcdir/tests/lib/codesearch.sh"
node_packages clients
start_codesearch || exit 1
add_user alice --tier admin && add_user bob
admin=$(token_for alice scope="codesearch:read codesearch:work codesearch:admin")
reader=$(token_for bob scope="codesearch:read")
SP_TEST_TOKEN=$admin SP_TEST_READER=$reader run_node clients/codesearch.mjs v1
