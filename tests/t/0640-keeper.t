#!/bin/bash
# sallyport-keeper: MCP servers on a pipe are shared, asked, replaced and ended, and none of them is left.
. "$(dirname "$0")/../lib/tap.sh"
command -v python3 >/dev/null || skip_all "python3 is not installed"
T=$(mktemp -d /tmp/sallyport-t.XXXXXX) || exit 1
trap 'rm -rf "$T"' EXIT
python3 -B "$top_srcdir/tests/lib/keeper_test.py" "$top_builddir/bin/sallyport-keeper" "$(cd "$top_builddir" && pwd)/bin/sallyport-exec" \
	"$T" "$(readlink -f "$(command -v python3)")"
status=$?
[ $status -eq 0 ] || sed 's/^/# /' "$T/keeper.log" | tail -n 40
exit $status
