#!/bin/bash
# Calls at once, of two worker processes together: never more than the budget, a queue with an end, a worker that is killed.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/service.sh"
needs python3
sv_workers=2
start_postgres && migrate source_allow=127.0.0.0/8 source_http=true || exit 1
start_service

{
	while IFS='|' read -r name timeout budget; do
		cat <<YAML
---
kind: source
name: $name
type: http
url: SERVICE
http: true
allow: [127.0.0.1]
retries: 0
breaker: {failures: 0}
budget: $budget
---
kind: tool
name: $name
description: Calls
tier: public
timeout: $timeout
parameters: {path: {type: string}}
http: {source: $name, path: "/{+path}"}
YAML
	done <<'TOOLS'
three|60s|{concurrent: 3, queue: 100, wait: 50s}
short|60s|{concurrent: 1, queue: 2, wait: 1s}
killed|3s|{concurrent: 1, queue: 0}
spent|60s|{rate: 20/day}
TOOLS
} | apply_documents
is "the documents are applied" 0 $?
[ -z "${VERBOSE:-}" ] || note "$(cat "$sv_log/catalog.log")"
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && token_for alice >/dev/null
# many TOOL PATH N: N calls at once; lines of what they came to
many() {
	local n pids=()
	for n in $(seq "$3"); do
		(T=$T/call-$n && mkdir -p "$T" && mcp_token=$mcp_token answer "$1" "{\"path\":\"$2\"}" >"$T/said") &
		pids+=($!)
	done
	wait "${pids[@]}"
	cat "$T"/call-*/said
	rm -rf "$T"/call-*
}
mcp_token=$(access_token)

many three busy/three/0.3 12 >"$T/all"
is "all of them were made" 12 "$(grep -c '^false' "$T/all")"
is "never more than three at once, and not one after the other" 3 "$(seen_most three)"
is "nobody waits any more, and nobody runs" 0 "$(sql "SELECT count(*) FROM sallyport.quota_slot")"

many short busy/short/8 6 >"$T/all"
is "one is made" 1 "$(grep -c '^false' "$T/all")"
is "the others are told to come back" 5 "$(grep -c '^true short: too many calls at once; try again in 1 second$' "$T/all")"
is "one at once" 1 "$(seen_most short)"
is "nothing is left" 0 "$(sql "SELECT count(*) FROM sallyport.quota_slot")"

many spent echo 30 >"$T/all"
is "a rate, by two processes at once" 20 "$(grep -c '^false' "$T/all")"

# a worker is killed in the middle of its call: its place comes back by itself
case ${HTTPD:-nginx} in
*cgi) skip "each call has a process of its own" 2 ;;
*)	call_tool killed '{"path":"stall/killed"}' >/dev/null &
	caller=$!
	for _ in {1..200}; do [ "$(seen_count /stall/killed)" -ge 1 ] && break; sleep 0.05; done
	pgrep -P "$(sv_pid mcp)" | xargs kill -9
	wait $caller
	is "the place of a dead process" 1 "$(sql "SELECT count(*) FROM sallyport.quota_slot WHERE key = 'source:killed'")"
	for _ in {1..300}; do [[ "$(answer killed '{"path":"echo"}')" != false* ]] || break; sleep 0.2; done
	like "is free again" '^false' "$(answer killed '{"path":"echo"}')" ;;
esac
stop_service
done_testing
