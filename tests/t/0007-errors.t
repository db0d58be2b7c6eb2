#!/bin/bash
# docs/errors.md has a line for every error code of the code, and no other.
. "$(dirname "$0")/../lib/tap.sh"
doc=$top_srcdir/docs/errors.md

# "code status", from the first two columns of the tables
documented=$(sed -nE 's/^\| `([^`]+)` \| ([0-9]+) \|.*/\1 \2/p' "$doc")

is "OAuth and HTTP errors, with their status" \
	"$("$top_builddir/tests/lib/tables" problems | awk '{ print $1, $2 }' | sort)" \
	"$(grep -v '^-' <<<"$documented" | sort)"

codes=$(sed -nE 's/^[[:space:]]+SP_[A-Z_]+ = (-32[0-9]{3}),.*/\1/p' "$top_srcdir"/lib/mcp/*.h 2>/dev/null | sort -u)
[ -n "$codes" ] || { skip "no MCP here"; done_testing; exit; }
is "JSON-RPC errors" "$codes" "$(grep '^-' <<<"$documented" | awk '{ print $1 }' | sort -u)"
done_testing
