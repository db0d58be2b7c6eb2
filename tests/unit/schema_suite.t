#!/bin/bash
# The official JSON Schema Test Suite, draft2020-12 and draft7, with the optional tests.
#
# TEST_JSON_SCHEMA_SUITE names a checkout of
# github.com/json-schema-org/JSON-Schema-Test-Suite.  Without it the one of
# Debian's libtest-json-schema-acceptance-perl is used.  (The package
# json-schema-test-suite ends at draft7.)  With TEST_REQUIRE_SUITES=1 a
# missing suite is a failure.
. "$(dirname "$0")/../lib/tap.sh"

suite=${TEST_JSON_SCHEMA_SUITE:-/usr/share/perl5/auto/share/dist/Test-JSON-Schema-Acceptance}
if [ ! -d "$suite/tests/draft2020-12" ]; then
	reason="no JSON Schema Test Suite in $suite: install libtest-json-schema-acceptance-perl"
	[ "${TEST_REQUIRE_SUITES:-}" = 1 ] || skip_all "$reason"
	plan 1
	fail "the JSON Schema Test Suite is there" "$reason"
	exit 1
fi
exec "$top_builddir/tests/unit/schema_suite" "$top_srcdir/tests/unit/schema_suite.known" "$suite"
