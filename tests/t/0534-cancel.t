#!/bin/bash
# A client that leaves has cancelled its call (2026-07-28, basic/patterns/cancellation): the statement stops, and nothing is left of it.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/exchange.sh"
httpd=${HTTPD:-nginx}
start_postgres && migrate stream_keepalive=1 && exchange_catalog && start_httpd "$httpd" || exit 1
add_user alice --tier admin
token_for alice scope=orders:read >"$T/alice"

running() { sql "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%tools%slow%'"; }
# until_running N: as many statements of slow tools run; polls, for at most ten seconds
until_running() {
	local i
	for i in {1..200}; do
		[ "$(running)" != "$1" ] || return 0
		sleep 0.05
	done
	return 1
}
last_row() { sql "SELECT outcome || ' ' || tool FROM sallyport.audit WHERE event = 'tool.call' ORDER BY audit_id DESC LIMIT 1"; }
# until_row ROW: the newest audit row says this
until_row() {
	local i
	for i in {1..100}; do
		[ "$(last_row)" != "$1" ] || break
		sleep 0.05
	done
	last_row
}

# leave TOOL META: calls it, goes away once it runs; prints how many milliseconds the statement outlived that
leave() {
	local pid started
	curl -s --max-time 60 -o "$T/left" -N "http://localhost:$sv_port/mcp" -H 'Accept: application/json, text/event-stream' \
		-H 'Content-Type: application/json' -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H "Mcp-Name: $1" \
		-H "Authorization: Bearer $(access_token)" --data-binary "$(rpc tools/call "{\"name\":\"$1\",\"arguments\":{}}" |
			jq -c --argjson meta "$2" '.params._meta += $meta')" >/dev/null 2>&1 &
	pid=$!
	until_running 1 || echo "did not begin "
	kill "$pid"
	started=$(date +%s%3N)
	until_running 0 || echo "still runs after "
	echo $(($(date +%s%3N) - started))
}

# ---- while a stream is open: what is written finds nobody ----

ms=$(leave slow_writer '{"progressToken":1}')
note "with a stream: stopped after $ms ms"
ok "a statement stops when the reader of its stream leaves" test "$ms" -lt 9000
is "its row says so" "cancelled slow_writer" "$(until_row 'cancelled slow_writer')"
is "and has neither SQLSTATE nor trouble" "t" "$(sql "SELECT detail->'sqlstate' IS NULL AND duration_ms > 0 FROM sallyport.audit WHERE outcome = 'cancelled' LIMIT 1")"
is "nothing is left of what it did" 0 "$(sql 'SELECT count(*) FROM shop.touched')"

# ---- before there is one: where the web server tells ----

if [ "$httpd" = nginx ]; then
	ms=$(leave slow '{}')
	note "without a stream: stopped after $ms ms"
	ok "a call that tells nothing is stopped, too" test "$ms" -lt 5000
	is "with its row" "cancelled slow" "$(until_row 'cancelled slow')"
	ms=$(leave slow_writer '{}')
	ok "and one that writes" test "$ms" -lt 5000
	is "with its row" "cancelled slow_writer" "$(until_row 'cancelled slow_writer')"
	is "of which nothing is left, either" 0 "$(sql 'SELECT count(*) FROM shop.touched')"
fi

# ---- afterwards ----

is "no transaction stays open" 0 "$(sql "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")"
is "the process goes on" '200 {"result":"done"}' "$(call steps) $(ending)"
is "a client that stays is answered" '200 {"result":"slept"}' "$(call slow '{"seconds":1.5}' '{"progressToken":1}') $(ending)"
is "with a stream that had to wait, too" '200 {"result":"slept"} 1' "$(call slow_writer '{"seconds":2.5}' '{"progressToken":1}') $(ending) $(told .params.progress)"
is "which was done" 1 "$(sql 'SELECT count(*) FROM shop.touched')"
if [[ $httpd != *cgi ]]; then
	is "a cancelled call is no trouble in the log" "" "$(grep '"event":"http"' "$sv_log/mcp.log" | grep '"gone":"client"' | grep -v '"level":"info"')"
	like "and is told there" '"gone":"client"' "$(grep '"event":"http"' "$sv_log/mcp.log" | grep gone)"
fi
done_testing
