#!/bin/bash
# OpenAPI descriptions as they are found in the wild: every tool that is proposed is one that clients take.
#
# TEST_OPENAPI_DOCUMENTS names a directory of descriptions (*.json).  None are
# shipped: they are others' work, and large.
. "$(dirname "$0")/../lib/tap.sh"

documents=${TEST_OPENAPI_DOCUMENTS:-}
[ -n "$documents" ] || skip_all "TEST_OPENAPI_DOCUMENTS names no directory of OpenAPI descriptions"
ok "there are some" test -n "$(ls "$documents"/*.json 2>/dev/null)"
for file in "$documents"/*.json; do
	measured=$("$top_builddir/tests/unit/openapi_documents" "$file" 2>&1)
	is "${file##*/}" 0 $?
	note "$measured"
done
done_testing
