#!/bin/bash
# Services that fail, hang, lie and flood; budgets, breakers, clients that leave.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/service.sh"
needs python3
start_postgres && migrate source_allow=127.0.0.0/8 source_http=true || exit 1
start_service

{
	for name in s b1 b2 b3 b4; do
		timeout=8s
		case $name in
		s) more='breaker: {failures: 0}' timeout=25s ;;
		b1) more='breaker: {failures: 3, pause: 1h}
retries: 0' ;;
		b4) more='breaker: {failures: 1, pause: 500ms}
retries: 0' ;;
		b2) more='breaker: {failures: 0}
budget: {rate: 3/day}
retries: 0' ;;
		b3) more='breaker: {failures: 0}
budget: {concurrent: 1, queue: 0}' ;;
		esac
		printf '%s\n' --- 'kind: source' "name: $name" 'type: http' 'url: SERVICE' 'http: true' 'allow: [127.0.0.1]' 'max_bytes: 1MiB' "$more"
		for method in GET POST; do
			printf '%s\n' --- 'kind: tool' "name: ${name}_${method,,}" 'description: Calls' 'tier: public' "timeout: $timeout" 'max_bytes: 1000000' \
				'parameters: {path: {type: string}}' "http: {source: $name, method: $method, path: \"/{+path}\"}"
		done
	done
	cat <<'YAML'
---
kind: tool
name: quick
description: Has little time
tier: public
timeout: 700ms
parameters: {path: {type: string}}
http: {source: s, path: "/{+path}"}
---
kind: tool
name: reads
description: A POST that only reads
tier: public
timeout: 25s
annotations: {readOnlyHint: true}
parameters: {path: {type: string}}
http: {source: s, method: POST, path: "/{+path}"}
YAML
} | apply_documents
is "the documents are applied" 0 $?
[ -z "${VERBOSE:-}" ] || note "$(cat "$sv_log/catalog.log")"
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && token_for alice >/dev/null
arg() { echo "{\"path\":\"$1\"}"; }

# retries
gives s_get '{"tries":3}' "$(arg flaky/a/2/503)"
gives s_get '{"tries":2}' "$(arg flaky/b/1/429/1)"
fails_like s_get 's answered with status 503; try again later: not now' "$(arg flaky/c/5/503)"
is "as often as the source says" 3 "$(seen_count '"/flaky/c/')"
fails_like s_get 's answered with status 500' "$(arg flaky/d/1/500)"
is "500 is an answer" 1 "$(seen_count '"/flaky/d/')"
fails_like s_post 's answered with status 503' "$(arg flaky/e/1/503)"
is "a POST is made once" 1 "$(seen_count '"/flaky/e/')"
gives reads '{"tries":2}' "$(arg flaky/f/1/503)"
fails_like s_get 's answered with status 429; try again in 100 seconds' "$(arg status/429/100)"
is "what takes longer than the call is not waited for" 1 "$(seen_count '"/status/429/100')"

# what is no answer
fails_like s_get 's: its answer was cut short; try again later' "$(arg cut)"
fails_like s_post 's: its answer was cut short \(what was asked for may have been done\)' "$(arg cut)"
is "cut, once" 1 "$(grep '"/cut"' "$T/service/requests" | grep -c POST)"
fails_like s_get 's: its answer was cut short' "$(arg garbage)"
fails_like quick 's: no answer in time; try again later' "$(arg stall)"
is "in the audit trail" "error no whole answer in time" "$(last_call)"
fails_like s_get 's: the answer is over 1048576 bytes: ask for less' "$(arg flood)"
for _ in {1..200}; do [ -s "$T/service/flood" ] && break; sleep 0.1; done
ok "the flood was not taken" test "$(cat "$T/service/flood")" -lt 100000000

# a breaker, of all processes together
for _ in 1 2 3; do fails_like b1_post 'b1 answered with status 503' "$(arg status/503)"; done
# a process that has not heard of it yet makes a call more
for _ in {1..100}; do
	[[ "$(answer b1_post "$(arg status/503)")" != *'has failed several times'* ]] || break
	sleep 0.1
done
for _ in 1 2 3 4 5 6; do fails_like b1_get 'b1: it has failed several times and is left alone for a while; try again in 3[0-9]+ seconds' "$(arg echo)"; done
is "in the audit trail" "error it has failed several times and is left alone for a while" "$(last_call)"
like "doctor says since when" '^source:b1 is left alone since 20[0-9-]+T[0-9:]+Z, after [0-9]+ failures: status 503$' \
	"$(sallyport doctor --json | jq -r '.[] | select(.check == "services" and .ok == false).detail' | grep b1)"
fails_like b4_post 'b4 answered with status 503' "$(arg status/503)"
for _ in {1..300}; do
	[[ "$(answer b4_get "$(arg echo)")" != false* ]] || break
	sleep 0.1
done
for _ in 1 2 3 4 5 6; do
	for _ in {1..100}; do
		[[ "$(answer b4_get "$(arg echo)")" != false* ]] || break
		sleep 0.1
	done
	is "it lets one through when the pause is over, and then all" ok "$(last_call)"
done
is "nothing is kept of what answers" 0 "$(sql "SELECT count(*) FROM sallyport.breaker WHERE name = 'b4'")"

# budgets, for all processes together
for _ in 1 2 3; do like "within the budget" '^false ' "$(answer b2_get "$(arg echo)")"; done
fails_like b2_get 'b2: the budget of this service is spent; try again in [0-9]+ second' "$(arg echo)"
is "in the audit trail" "error the budget of this service is spent" "$(last_call)"
call_tool b3_get "$(arg stall/slot)" >"$T/first.status" &
first=$!
for _ in {1..200}; do [ "$(seen_count /stall/slot)" -ge 1 ] && break; sleep 0.05; done
is "one at a time" "true b3: too many calls at once" "$(curl -s --max-time 20 -H "Authorization: Bearer $(access_token)" -H 'Content-Type: application/json' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: b3_get' \
	-H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' "$issuer/mcp" -d "$(rpc tools/call '{"name":"b3_get","arguments":{"path":"echo"}}')" |
	jq -r '"\(.result.isError) \(.result.content[0].text)"' | sed 's/;.*//')"
wait $first
like "and then the next" '^false ' "$(answer b3_get "$(arg echo)")"

# a client that leaves: where the web server tells it, the request to the service ends with it
case ${HTTPD:-nginx} in
nginx)
	rm -f "$T/service/left"
	curl -s -o /dev/null --max-time 1 -H "Authorization: Bearer $(access_token)" -H 'Content-Type: application/json' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: s_get' \
		-H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' "$issuer/mcp" -d "$(rpc tools/call '{"name":"s_get","arguments":{"path":"stall/left"}}')"
	for _ in {1..300}; do grep -q left "$T/service/left" 2>/dev/null && break; sleep 0.1; done
	ok "its request ends" grep -q left "$T/service/left"
	for _ in {1..300}; do [ "$(last_call)" = cancelled ] && break; sleep 0.1; done
	is "the audit row says so" cancelled "$(last_call)" ;;
*) skip "this web server does not tell that a client has gone" 2 ;;
esac
stop_service
done_testing
