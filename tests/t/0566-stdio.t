#!/bin/bash
# sallyport-stdio: the same catalog over a pipe, in both eras, and answers that are the same byte for byte.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
start_postgres && migrate tool_timeout=20000 && mcp_catalog || exit 1
sql "$(cat "$top_srcdir/tests/t/0530-mcp-tools.sql")"
sql "$(cat <<'SQL'
CREATE FUNCTION tools.nap(seconds float) RETURNS text LANGUAGE plpgsql STABLE AS
$$ BEGIN PERFORM pg_sleep(seconds); RETURN 'awake'; END $$;
COMMENT ON FUNCTION tools.nap IS E'Nap\n@mcp';
SQL
)" && sallyport catalog apply >>"$sv_log/catalog.log" 2>&1
is "the catalog is there" 0 $?
add_user alice && add_user bob && add_user guest --tier public && add_user gone

stdio() { timeout 60 "$top_builddir/bin/sallyport-stdio" "$@" 2>>"$T/stdio.log"; }
# lines USER MESSAGE...: the answers, in the order of their ids.
lines() {
	local user=$1
	shift
	printf '%s\n' "$@" | stdio --as "$user" >"$T/lines"
	jq -cs 'sort_by(if type == "object" then .id | tostring else "~" end)[]' "$T/lines"
}

# ---- the command line ----

is "no user: usage" 2 "$(stdio </dev/null >"$T/out" 2>&1; echo $?)"
is "an operand: usage" 2 "$(stdio --as alice more </dev/null >"$T/out" 2>&1; echo $?)"
like "--help" "usage: sallyport-stdio" "$(stdio --help)"
like "--version" "^sallyport-stdio \(sallyport " "$(stdio --version)"
is "settings that are none" 1 "$(SALLYPORT_CONFIG=/nowhere stdio --as alice </dev/null >"$T/out" 2>&1; echo $?)"
is "no input: the end, and nothing was said" "0 0" "$(stdio --as alice </dev/null >"$T/out"; echo "$? $(wc -c <"$T/out")")"

# ---- 2026-07-28 ----

is "discovery" '["2026-07-28","2025-11-25","2025-06-18","2025-03-26"]' \
	"$(lines alice "$(rpc server/discover)" | jq -c .result.supportedVersions)"
is "a call needs no headers" "packed" \
	"$(lines alice "$(rpc tools/call '{"name":"order_status","arguments":{"order_no":2}}')" | jq -r '.result.structuredContent.rows[0].state // .result.structuredContent.state')"
is "row-level security sees the person" '"false []"' \
	"$(lines bob "$(rpc tools/call '{"name":"order_status","arguments":{"order_no":2}}')" | jq -c '"\(.result.isError) \(.result.structuredContent.rows // .result.structuredContent.result // [] | tojson)"')"
is "the tier decides what is listed" "echo" "$(lines guest "$(rpc tools/list)" | jq -r '[.result.tools[].name] | join(" ")')"
is "an unknown tool" -32602 "$(lines alice "$(rpc tools/call '{"name":"nothing","arguments":{}}')" | jq .error.code)"
is "an unknown method" -32601 "$(lines alice "$(rpc no/such)" | jq .error.code)"
is "no _meta and no initialize" -32600 "$(lines alice "$(old tools/list)" | jq .error.code)"
is "an unknown revision" -32022 "$(lines alice "$(rpc tools/list | sed s/2026-07-28/2099-01-01/)" | jq .error.code)"
is "removed methods" -32601 "$(lines alice "$(rpc initialize)" | jq .error.code)"

# ---- lines that are no messages ----

bad() { is "$1" "$2" "$(lines alice "$3" | jq -c '[.id, .error.code]')"; }
bad "not JSON" "[null,-32700]" "{oops"
bad "cut short" "[null,-32700]" '{"jsonrpc":"2.0","id":1'
bad "a repeated name" "[null,-32700]" '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}'
bad "not UTF-8" "[null,-32700]" $'{"jsonrpc":"2.0","id":1,"method":"\xff"}'
bad "a string" "[null,-32600]" '"hello"'
bad "an id that is none" "[null,-32600]" '{"jsonrpc":"2.0","id":{},"method":"ping"}'
bad "no version" "[7,-32600]" '{"id":7,"method":"ping"}'
bad "a batch before initialize" "[null,-32600]" "[$(old ping)]"
is "empty lines and \\r are passed over" '[1]' "$(printf '\n\r\n%s\r\n\n' "$(rpc tools/list)" | stdio --as alice | jq -c '[.id]')"
is "a response that nobody asked for" "" "$(lines alice '{"jsonrpc":"2.0","id":5,"result":{}}')"
is "a notification" "" "$(lines alice '{"jsonrpc":"2.0","method":"notifications/initialized"}')"
is "a last line without its end is answered" 1 "$(printf %s "$(rpc tools/list)" | stdio --as alice | jq .id)"
{ head -c 9000000 /dev/zero | tr '\0' x; echo; rpc tools/list '{}' 2; } | stdio --as alice >"$T/lines"
is "a line that is too long, and the one behind it" '[[null,-32700],[2,null]]' "$(jq -cs 'map([.id, .error.code])' "$T/lines")"
is "every line is one message" 0 "$(jq -c . "$T/lines" | diff - "$T/lines" >/dev/null; echo $?)"
is "nobody of that name" '[1,-32600]' "$(lines nobody "$(rpc tools/list)" | jq -c '[.id, .error.code]')"

# ---- the revisions with initialize ----

init() { old initialize "{\"protocolVersion\":\"$1\",\"capabilities\":${2:-"{}"},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}" 0; }
for v in 2025-11-25 2025-06-18 2025-03-26 2024-11-05; do
	is "$v is negotiated, and what follows needs no id" "[\"$v\",null,true]" \
		"$(lines alice "$(init $v)" "$(old notifications/initialized '{}' null)" "$(old tools/list)" |
			jq -cs '[.[0].result.protocolVersion, .[0].error, (.[1].result.tools | length > 3)]')"
done
is "a modern message behind it is modern" '"complete"' "$(lines alice "$(init 2025-11-25)" "$(rpc tools/list)" | jq -cs '.[1].result.resultType')"
is "ping" '{}' "$(lines alice "$(init 2025-11-25)" "$(old ping)" | jq -cs '.[1].result')"
is "a batch, which 2025-03-26 has" '[1,2]' "$(lines alice "$(init 2025-03-26)" "[$(old ping),$(old ping '{}' 2)]" | jq -cs '.[] | arrays | map(.id)')"
is "no session is a row" 0 "$(sql "SELECT count(*) FROM sallyport.mcp_session")"

# ---- several at once, and one that is given up ----

sleeping() { sql "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%nap%' AND state = 'active' AND pid <> pg_backend_pid()"; }
until_sleeping() { for _ in $(seq 100); do [ "$(sleeping)" = "$1" ] && break; sleep 0.1; done; }
until_said() { for _ in $(seq 100); do [ -s "$1" ] && break; sleep 0.1; done; }
nap() { rpc tools/call '{"name":"nap","arguments":{"seconds":3}}' "$1"; }
lines alice "$(nap 1)" "$(nap 2)" "$(nap 3)" >"$T/naps" &
pid=$!
until_sleeping 3
is "calls run side by side" 3 "$(sleeping)"
wait $pid
is "and are all answered" "awake awake awake" "$(jq -r '.result.structuredContent.result' "$T/naps" | xargs)"

mkfifo "$T/in"
"$top_builddir/bin/sallyport-stdio" --as alice <"$T/in" >"$T/cancelled" 2>>"$T/stdio.log" &
pid=$!
exec 7>"$T/in"
rpc tools/call '{"name":"nap","arguments":{"seconds":19}}' '"x"' >&7
until_sleeping 1
is "a statement runs" 1 "$(sleeping)"
echo '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"x"}}' >&7
until_sleeping 0
is "notifications/cancelled ends it" 0 "$(sleeping)"
rpc tools/list '{}' 2 >&7
until_said "$T/cancelled"
is "nothing more is said of it, and the pipe goes on" '[2]' "$(jq -cs 'map(.id)' "$T/cancelled")"
rpc tools/call '{"name":"nap","arguments":{"seconds":19}}' 3 >&7
until_sleeping 1
kill -TERM "$pid"
until_sleeping 0
is "SIGTERM ends what runs" 0 "$(sleeping)"
exec 7>&-
wait $pid

# ---- who may ----

"$top_builddir/bin/sallyport-stdio" --as gone <"$T/in" >"$T/gone" 2>>"$T/stdio.log" &
pid=$!
exec 7>"$T/in"
rpc tools/list >&7
until_said "$T/gone"
is "a person is served" '[[1,true]]' "$(jq -cs 'map([.id, (.result.tools | length > 0)])' "$T/gone")"
sallyport user disable gone >/dev/null
rpc tools/list '{}' 2 >&7
exec 7>&-
wait $pid
is "and no longer once disabled" '[[1,null],[2,-32600]]' "$(jq -cs 'map([.id, .error.code])' "$T/gone")"

# ---- the audit trail ----

is "calls are in the audit trail, with the person and the program" "alice sallyport-stdio ok" \
	"$(sql "SELECT u.username, a.client_id, a.outcome FROM sallyport.audit a JOIN sallyport.users u USING (user_id)
		WHERE a.event = 'tool.call' AND a.tool = 'order_status' AND a.outcome = 'ok' AND u.username = 'alice' LIMIT 1" | tr '|' ' ')"

# ---- parity: every tool, each with no arguments and with some, three ways ----

start_httpd "${HTTPD:-nginx}" || exit 1
token_for alice scope="orders:read orders:write" >"$T/alice"
id=$(open_session)
calls='{"name":"echo","arguments":{"region":"it","level":3}} {"name":"order_status","arguments":{"order_no":1}} {"name":"order_status","arguments":{}}
{"name":"list_orders","arguments":{}} {"name":"refund","arguments":{"order_no":4}} {"name":"types","arguments":{"la":[{"sku":"a","quantity":1}],"i2":5}}
{"name":"sum_up","arguments":{"start":1,"more":[2,3]}} {"name":"types","arguments":{"i2":"x"}} {"name":"defaults","arguments":{}} {"name":"none_such","arguments":{}}'
n=0
for call in $calls $(lines alice "$(rpc tools/list)" | jq -c '.result.tools[] | select(.name != "nap") | { name, arguments: {} }'); do
	n=$((n + 1))
	modern=$(rpc tools/call "$call" "$n") session_call=$(old tools/call "$call" "$n")
	headers=()
	[[ $call != *'"region":"it"'* ]] || headers=(-H "Mcp-Param-Region: it" -H "Mcp-Param-Level: 3")
	method=tools/call name=$(jq -r .name <<<"$call") post_mcp "$modern" "${headers[@]}" >/dev/null && cp "$T/answer.body" "$T/http.modern"
	version=2025-11-25 session=$id post_mcp "$session_call" >/dev/null && cp "$T/answer.body" "$T/http.session"
	lines alice "$modern" >/dev/null && tr -d '\n' <"$T/lines" >"$T/stdio.modern"
	lines alice "$(init 2025-11-25)" "$session_call" >/dev/null && grep -v '"protocolVersion"' "$T/lines" | tr -d '\n' >"$T/stdio.session"
	# a request id, which is different each time, stands in what went wrong inside
	for f in http.modern http.session stdio.modern stdio.session; do sed -i -E 's/request id [A-Za-z0-9_-]{22}/request id X/' "$T/$f"; done
	is "$call: modern HTTP and stdio say the same" "$(cat "$T/http.modern")" "$(cat "$T/stdio.modern")"
	is "$call: a session over HTTP and stdio say the same" "$(cat "$T/http.session")" "$(cat "$T/stdio.session")"
	is "$call: both eras mean the same" "$(jq -cS '[.error.code, .error.message, .result.content, .result.structuredContent, .result.isError]' "$T/http.modern")" \
		"$(jq -cS '[.error.code, .error.message, .result.content, .result.structuredContent, .result.isError]' "$T/http.session")"
done
for list in tools/list resources/list resources/templates/list prompts/list; do
	method=$list post_mcp "$(rpc $list)" >/dev/null
	is "$list over both" "$(jq -cS . "$T/answer.body")" "$(lines alice "$(rpc $list)" | jq -cS .)"
done
unlike "no secret in its log" "$(tr '\n' '|' <"$T/secrets" 2>/dev/null | sed 's/|$//; s/^$/nothing-secret/')" "$(cat "$T/stdio.log")"
done_testing
