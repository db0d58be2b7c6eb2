#!/bin/bash
# The catalog changes under clients that list and call: each list and each call is of one
# edition, and the audit trail says of which.  HOT_APPLIES (60): how many editions.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
needs python3
applies=${HOT_APPLIES:-60}

start_postgres && migrate max_user_streams=0 || exit 1
edition() {
	local tool

	for tool in one two three; do
		cat <<END
kind: tool
name: $tool
description: "$1"
tier: public
statement:
  sql: "SELECT $1 AS edition, current_setting('sallyport.request_id') AS request"
  result: row
---
END
	done
}

edition 1 >"$T/edition.yaml"
ok "the first edition" sallyport catalog apply "$T/edition.yaml"
start_httpd || exit 1
add_user alice
token_for alice >"$T/token"
python3 "$top_srcdir/tests/lib/hot_apply.py" "$issuer/mcp" "$T/token" 2 "$T/stop" >"$T/calls" 2>"$T/faults" &
clients=$!

failed=0
for ((n = 2; n <= applies; n++)); do
	edition "$n" >"$T/edition.yaml"
	sallyport catalog apply "$T/edition.yaml" >"$T/apply.out" 2>&1 || { failed=1; break; }
done
touch "$T/stop"
is "$applies editions were applied" 0 "$failed"
wait "$clients"
is "no client saw anything wrong" "0 " "$? $(cat "$T/faults")"

sql "CREATE TABLE calls (edition integer, request text)"
sql "\\copy calls FROM '$T/calls' (DELIMITER ' ')"
is "they saw many editions" t "$(sql "SELECT count(DISTINCT edition) > $applies / 5 FROM calls")"
# the version of each edition is the one that its apply named
sql "CREATE TABLE editions AS SELECT row_number() OVER (ORDER BY audit_id) AS edition, detail->>'version' AS version
	FROM sallyport.audit WHERE event = 'catalog.apply'"
is "each apply is one version" "$applies" "$(sql "SELECT count(DISTINCT version) FROM editions")"
is "the audit trail names the version that each call saw" "" "$(sql "SELECT c.edition, c.request, a.detail->>'catalog', e.version
	FROM calls c LEFT JOIN sallyport.audit a ON a.request_id = c.request AND a.event = 'tool.call' LEFT JOIN editions e USING (edition)
	WHERE a.detail->>'catalog' IS DISTINCT FROM e.version LIMIT 5")"
is "and every call has its row" "$(wc -l <"$T/calls")" "$(sql "SELECT count(*) FROM sallyport.audit WHERE event = 'tool.call'")"
note "$(wc -l <"$T/calls") calls and lists, $(sql "SELECT count(DISTINCT edition) FROM calls") editions seen of $applies"
done_testing
