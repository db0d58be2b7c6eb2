#!/bin/bash
# Project Wycheproof's vectors for the signatures that we verify.
#
# TEST_WYCHEPROOF names a directory with them: testvectors_v1 of a checkout
# of github.com/C2SP/wycheproof has all, what tests/lib/fetch-wycheproof gets has
# those without JSON.  With TEST_REQUIRE_SUITES=1 missing vectors are a failure.
. "$(dirname "$0")/../lib/tap.sh"

vectors=${TEST_WYCHEPROOF:-$top_srcdir/var/tests/wycheproof}
if ! ls "$vectors"/*_test.json >/dev/null 2>&1; then
	reason="no vectors in $vectors: run tests/lib/fetch-wycheproof"
	[ "${TEST_REQUIRE_SUITES:-}" = 1 ] || skip_all "$reason"
	plan 1
	fail "Project Wycheproof's vectors are there" "$reason"
	exit 1
fi
exec "$top_builddir/tests/unit/wycheproof" "$vectors"
