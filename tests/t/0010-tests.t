#!/bin/bash
# No test is forgotten: each is executable and in the list that make check runs.
. "$(dirname "$0")/../lib/tap.sh"
cd "$top_srcdir" || exit 1

is_empty "every test is executable" "$(find tests -name '*.t' ! -path '*/node_modules/*' ! -perm -u+x)"

# quickstart.t is ./runtests quickstart's
listed=$(cat Makefile.am tests/local.mk tests/*/local.mk | grep -oE 'tests/[a-z]+/[A-Za-z0-9_.-]+\.t\b' | sort -u)
is "every test is in a local.mk" "$(find tests -name '*.t' ! -path '*/node_modules/*' ! -name quickstart.t | sort)" \
	"$(grep -v quickstart.t <<<"$listed")"
is_empty "every unit test, too" "$(for file in tests/unit/test_*.c tests/fuzz/fuzz_*.c; do
	program=${file%.c}
	grep -qE "^check_PROGRAMS \+= $program\$" tests/*/local.mk || echo "$file"
done)"
done_testing
