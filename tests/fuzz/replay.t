#!/bin/bash
# Every fuzz target takes its corpus; every target has one, and every corpus a target.
. "$(dirname "$0")/../lib/tap.sh"

fuzz=$top_srcdir/tests/fuzz
for source in "$fuzz"/fuzz_*.c; do
	name=$(basename "$source" .c)
	name=${name#fuzz_}
	# libFuzzer runs files that are named one by one, and nothing else
	if [ -n "$(ls "$fuzz/corpus/$name" 2>/dev/null)" ]; then
		ok "$name" "$top_builddir/tests/fuzz/fuzz_$name" "$fuzz/corpus/$name"/*
	else
		fail "$name has a corpus" "no file in tests/fuzz/corpus/$name"
	fi
done
for corpus in "$fuzz"/corpus/*; do
	name=$(basename "$corpus")
	[ -e "$fuzz/fuzz_$name.c" ] || fail "corpus/$name has a target"
done
done_testing
