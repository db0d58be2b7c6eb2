#!/bin/bash
# sallyport-keeper among servers that crash, hang and talk nonsense, and callers that leave: it stays, and nothing is left.
# SP_TEST_ABUSE_SECONDS says for how long (an hour, by hand).
. "$(dirname "$0")/../lib/tap.sh"
command -v python3 >/dev/null || skip_all "python3 is not installed"
T=$(mktemp -d /tmp/sallyport-t.XXXXXX) || exit 1
trap 'rm -rf "$T"' EXIT
python3 -B "$top_srcdir/tests/lib/keeper_abuse.py" "$top_builddir/bin/sallyport-keeper" "$(cd "$top_builddir" && pwd)/bin/sallyport-exec" \
	"$T" "$(readlink -f "$(command -v python3)")" "${SP_TEST_ABUSE_SECONDS:-30}"
status=$?
[ $status -eq 0 ] || sed 's/^/# /' "$T/keeper.log" | tail -n 40
exit $status
