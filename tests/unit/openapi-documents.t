#!/bin/bash
# OpenAPI descriptions as they are found in the wild: every tool that is proposed is one that clients take.
#
# None are shipped: they are others' work, and large.  tests/lib/fetch-descriptions has
# some; TEST_OPENAPI_DOCUMENTS may name another directory of them (*.json).
. "$(dirname "$0")/../lib/tap.sh"

documents=${TEST_OPENAPI_DOCUMENTS:-$top_srcdir/var/tests/descriptions}
[ -d "$documents" ] || skip_all "there are no descriptions (tests/lib/fetch-descriptions)"
ok "there are some" test -n "$(ls "$documents"/*.json 2>/dev/null)"
for file in "$documents"/*.json; do
	measured=$("$top_builddir/tests/unit/openapi_documents" "$file" 2>&1)
	is "${file##*/}" 0 $?
	note "$measured"
done
done_testing
