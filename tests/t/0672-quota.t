#!/bin/bash
# How often tools may be called: by a person, by a client, by all, at once; what is said about it;
# two processes that spend the last call, one that is killed with what it has taken.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/exchange.sh"
. "$top_srcdir/tests/lib/oauth.sh"
sv_workers=2
start_postgres && migrate tool_timeout=60000 completion_limit=3 || exit 1
# The windows are long, so that none ends while this runs: a whole day, and not the last minutes of one.
same_window 86400 300
make() { echo "CREATE FUNCTION tools.$1() RETURNS text LANGUAGE sql STABLE AS \$\$ SELECT 'done'::text \$\$; COMMENT ON FUNCTION tools.$1 IS E'A tool\n@mcp\n@tier public\n$2';"; }
sql "$(make by_user '@quota user 3/day'; make by_client '@quota client 4/day'; make by_all '@quota tool 5/day'
	make many '@quota user 100000/day'; make both '@quota user 2/s, 5/day\n@quota client 4/day'; make free ''; make race '@quota tool 40/day'
	make spent '@quota tool 1000/day'; make never '@quota user 0/day')
CREATE FUNCTION tools.slow(seconds float) RETURNS text LANGUAGE plpgsql STABLE AS \$\$ BEGIN PERFORM pg_sleep(seconds); RETURN 'awake'; END \$\$;
COMMENT ON FUNCTION tools.slow IS E'Slow\n@mcp\n@tier public\n@quota concurrent 2';
CREATE FUNCTION tools.colours(value text, context jsonb) RETURNS SETOF text LANGUAGE sql STABLE AS \$\$ SELECT 'red' \$\$;
CREATE FUNCTION tools.paint(colour text) RETURNS text LANGUAGE sql STABLE AS \$\$ SELECT 'Paint it ' || colour \$\$;
COMMENT ON FUNCTION tools.paint IS E'Paint\n@prompt\n@tier public\n@complete colour tools.colours';"
sallyport catalog apply >"$sv_log/catalog.log" 2>&1
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && add_user bob && add_user carol
other=$(register_client '{ client_name: "Another client" }')
for user in alice bob carol; do
	token_for $user >"$T/$user"
	redeem "$(authorize_as $user "$other")" >/dev/null && access_token >"$T/$user.2"
done
as() { mcp_token=$(cat "$T/$1"); }
# spend TOOL TIMES: how many of them were granted
spend() { local n; for n in $(seq "$2"); do call_tool "$1" >/dev/null; json '.result.isError'; done | grep -c false; }

# ---- counters ----

as alice
is "a person" 3 "$(spend by_user 5)"
is "with any client" 0 "$(as alice.2; spend by_user 2)"
is "and nobody else" 3 "$(as bob; spend by_user 5)"
is "a client" 4 "$(as alice; spend by_client 6)"
is "and no other" 4 "$(as alice.2; spend by_client 6)"
is "all" 5 "$(as alice; spend by_all 3 >"$T/n"; as bob; echo $(($(cat "$T/n") + $(spend by_all 5))))"
is "none at all" 0 "$(spend never 1)"
as carol
both() { local n=0; until [ "$(spend both 1)" = 0 ] && ! json .result.content[0].text | grep -q 'in 1 s'; do n=$((n + 1)); [ $n -lt 200 ] || break; done; }
both
is "two windows and a client's counter: the tightest" 4 "$(sql "SELECT count(*) FROM sallyport.audit WHERE tool = 'both' AND outcome = 'ok'")"
is "what is refused by one is not taken from the others" 4 "$(sql "SELECT sum(taken) FROM sallyport.quota WHERE key ~ '^of client:' AND key ~ '/86400$' AND
	key ~ ('tool:' || (SELECT tool_id FROM sallyport.tool WHERE name = 'both') || ' ')")"

# ---- what is said ----

as alice
is "it is a result" "200 true" "$(call_tool by_user) $(json .result.isError)"
like "that says what is allowed, and when to come back" '^by one user this tool may be called 3 times in 24 h, which are used up: try again in [0-9]+ (h|min|s)$' "$(tool_text)"
like "in milliseconds, too" '^[1-9][0-9]{0,7}$' "$(json '.result._meta["sallyport/retryAfterMs"]')"
is "its row" "limited by_user" "$(sql "SELECT outcome, tool FROM sallyport.audit ORDER BY audit_id DESC LIMIT 1" | tr '|' ' ')"
like "says which" "^3 in 86400 s of user:[0-9a-f-]{36}$" "$(sql "SELECT detail->>'why' FROM sallyport.audit ORDER BY audit_id DESC LIMIT 1")"
is "the session's form is the same" true "$(session=$(open_session); session=$session version=2025-11-25 post_mcp "$(old tools/call '{"name":"by_user","arguments":{}}')" >/dev/null; json .result.isError)"
is "over a pipe it is the same budget" true "$(rpc tools/call '{"name":"by_user","arguments":{}}' | timeout 60 "$top_builddir/bin/sallyport-stdio" --as alice 2>>"$T/stdio.log" | jq .result.isError)"
is "arguments that do not fit cost nothing" 3 "$(as carol; for n in 1 2 3 4; do call_tool by_user '{"x":1}' >/dev/null; done; spend by_user 5)"

# ---- overrides ----

as alice
sallyport quota override by_user 5/day --user alice
is "a person may have more, and what was counted counts" 2 "$(catalog_known; spend by_user 5)"
sallyport quota override 'by_*' unlimited --user alice
is "the longer pattern wins" 0 "$(catalog_known; spend by_user 2)"
sallyport quota override by_user none --user alice
is "unlimited" 20 "$(catalog_known; spend by_user 20)"
sallyport quota override 'by_*' none --user alice
client=$(sql "SELECT DISTINCT client_id FROM sallyport.grants WHERE client_id <> '$other'")
sallyport quota override free 2/day --client "$client"
is "a client may have less, of a tool that has no limit" 2 "$(catalog_known; spend free 4)"
is "others have none" 4 "$(as alice.2; spend free 4)"
sallyport quota override free none --client "$client"
is "usage" "2 2 1 1" "$(for x in "x 1/s" "x 1/s --user a --client b" "x many --user alice" "x 1/s --user nobody"; do sallyport quota override $x 2>"$T/err"; echo $?; done | paste -sd' ')"
is "the rules are listed" "[]" "$(sallyport policy list --json | jq -c 'map(.rule)')"

# ---- at once ----

as alice
sleeping() { [ "$(sql "SELECT count(*) FROM sallyport.quota_slot")" -ge "$1" ]; }
slow_body() { rpc tools/call "{\"name\":\"slow\",\"arguments\":{\"seconds\":$1}}"; }
for n in 1 2; do
	curl -s --max-time 60 -o "$T/slow.$n" "$issuer/mcp" -H 'Accept: application/json, text/event-stream' -H 'Content-Type: application/json' \
		-H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: slow' -H "Authorization: Bearer $(cat "$T/alice")" \
		--data-binary "$(slow_body 20)" &
	pids[n]=$!
done
ok "two run" sv_until 20 sleeping 2
is "a third may not" "200 true" "$(call_tool slow '{"seconds":0}') $(json .result.isError)"
is "and is told" "2 calls of this tool run already: try again in 1 s" "$(tool_text)"
kill "${pids[@]}" 2>/dev/null
wait "${pids[@]}" 2>/dev/null
free_again() { call_tool slow '{"seconds":0}' >/dev/null; [ "$(json .result.isError)" = false ]; }
ok "when their clients are gone there is room" sv_until 40 free_again
none_held() { [ "$(sql 'SELECT count(*) FROM sallyport.quota_slot')" = 0 ]; }
ok "and nothing is held" sv_until 20 none_held
sql "INSERT INTO sallyport.quota_slot SELECT gen_random_uuid(), 'tool:' || tool_id, now() + interval '2 s' FROM sallyport.tool, generate_series(1, 2) WHERE name = 'slow'"
ok "what a process held that died is free when its lease ends" sv_until 40 free_again

# ---- races ----

# many processes, many callers, one budget
hammer() { local n; for n in $(seq "$3"); do curl -s --max-time 30 "$issuer/mcp" -H 'Accept: application/json, text/event-stream' -H 'Content-Type: application/json' \
	-H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H "Mcp-Name: $2" -H "Authorization: Bearer $(cat "$T/$1")" \
	--data-binary "$(rpc tools/call "{\"name\":\"$2\",\"arguments\":{}}")"; echo; done; }
pids=()
for n in 1 2 3 4 5 6; do
	case $((n % 3)) in 0) user=alice ;; 1) user=bob ;; 2) user=carol ;; esac
	hammer "$user" race 12 >"$T/race.$n" &
	pids+=($!)
done
wait "${pids[@]}"
is "of 72 calls at once 40 were granted" 40 "$(cat "$T"/race.* | jq -s '[.[] | select(.result.isError == false)] | length')"
is "and the audit trail says the same" 40 "$(sql "SELECT count(*) FROM sallyport.audit WHERE tool = 'race' AND outcome = 'ok'")"

if [[ ${HTTPD:-nginx} != *cgi ]]; then
	as alice
	spend spent 3 >/dev/null
	taken() { sql "SELECT taken FROM sallyport.quota WHERE key ~ ('^all tool:' || (SELECT tool_id FROM sallyport.tool WHERE name = 'spent') || ' ')"; }
	like "a process takes a block of a large budget" '^(15|30|45)$' "$(taken)"
	# the processes of the programs are started again by nobody here: others take over
	first=$(jq -rnR '[inputs | fromjson? | select(.event == "started")][0].pid' "$sv_log/mcp.log")
	kill -9 "$first"
	hammer alice spent 1 >"$T/after"
	sv_until 20 eval 'hammer alice spent 1 | jq -e ".result.isError == false" >/dev/null'
	granted=$(($(sql "SELECT count(*) FROM sallyport.audit WHERE tool = 'spent' AND outcome = 'ok'")))
	ok "kill -9: no more is granted than was taken" [ "$granted" -le "$(taken)" ]
	ok "and little is lost" [ $(($(taken) - granted)) -le 60 ]
fi

# ---- requests ----

as bob
complete() { call_mcp completion/complete '{"ref":{"type":"ref/prompt","name":"paint"},"argument":{"name":"colour","value":"r"}}'; }
# a minute may end between them
for n in 1 2 3 4 5 6 7 8; do complete; done >"$T/completions"
like "completions have a rate" '429' "$(cat "$T/completions")"
like "beside others of the same person" "200" "$(call_tool free)"
if sv_httpd_starts_programs "${HTTPD:-nginx}" || [[ ${HTTPD:-nginx} = *cgi ]]; then
	done_testing
	exit
fi
sed -i '/^request_limit/d' "$sv_config" && echo "request_limit = 5" >>"$sv_config"
stop_workers
start_workers
ready() { case $(as carol; call_tool free) in 200 | 429) ;; *) false ;; esac }
ok "with a limit of requests" sv_until 30 ready
as bob
for n in $(seq 15); do call_tool free; done >"$T/requests"
like "requests have a rate" '429' "$(cat "$T/requests")"
over() { [ "$(call_tool free)" = 429 ]; }
sv_until 20 over
like "that says when to come back" '^[1-9][0-9]?$' "$(header Retry-After)"
is "as an error of JSON-RPC" -32600 "$(json .error.code)"
done_testing
