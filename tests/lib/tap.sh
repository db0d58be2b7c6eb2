# tap.sh - the Test Anything Protocol for tests/t/*.t; sourced, bash
#
#	. "$(dirname "$0")/../lib/tap.sh"
#	plan 2                                  or done_testing at the end
#	ok "it is there" test -e file           runs a command
#	is "name" EXPECTED GOT                  compares text
#
# Also: isnt, like (extended regular expression), unlike, pass, fail, note,
# skip REASON [COUNT], skip_all REASON.  A test prints what differed as
# comments; the script's exit status is 1 when any test failed.
# shellcheck shell=bash

tap_count=0
tap_failed=0
tap_planned=

# Where things are, also when a test is run by hand.
top_srcdir=${top_srcdir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
if [ -z "${top_builddir:-}" ]; then
	if [ -e config.status ]; then top_builddir=$PWD; else top_builddir=$top_srcdir; fi
fi
export top_srcdir top_builddir

plan() {
	tap_planned=$1
	echo "1..$1"
}

note() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

fail() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	shift
	while [ $# -gt 0 ]; do
		note "$1"
		shift
	done
}

ok() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then pass "$name"; else fail "$name" "failed: $*" "$output"; fi
}

is() {
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "expected: $2" "     got: $3"; fi
}

isnt() {
	if [ "$2" != "$3" ]; then pass "$1"; else fail "$1" "unwanted: $3"; fi
}

like() {
	if grep -Eq -e "$2" <<<"$3"; then pass "$1"; else fail "$1" "expected a match of: $2" "got: $3"; fi
}

unlike() {
	if grep -Eq -e "$2" <<<"$3"; then fail "$1" "expected no match of: $2" "got: $3"; else pass "$1"; fi
}

# Nothing in the list: what every drift test asserts.
is_empty() {
	if [ -z "$2" ]; then pass "$1"; else fail "$1" "$2"; fi
}

skip() {
	local reason=$1 count=${2:-1}
	while [ "$count" -gt 0 ]; do
		tap_count=$((tap_count + 1))
		echo "ok $tap_count # SKIP $reason"
		count=$((count - 1))
	done
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

done_testing() {
	if [ -z "$tap_planned" ]; then
		echo "1..$tap_count"
	elif [ "$tap_planned" -ne "$tap_count" ]; then
		note "planned $tap_planned tests, ran $tap_count"
		exit 1
	fi
	[ "$tap_failed" -eq 0 ] || exit 1
}
