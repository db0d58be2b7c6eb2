#!/bin/bash
# Streams of calls when something goes wrong behind them, and many at once.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/exchange.sh"
start_postgres && migrate && exchange_catalog || exit 1
sql "$(cat <<'SQL'
CREATE FUNCTION tools.large() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM mcp.progress(1); RETURN repeat('x', 3000000); END $$;
CREATE FUNCTION tools.late() RETURNS text LANGUAGE plpgsql STABLE SET statement_timeout = '300ms' AS $$ BEGIN
	PERFORM mcp.progress(1); PERFORM pg_sleep(20); RETURN ''; END $$;
CREATE FUNCTION tools.numbered(n integer) RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN
	FOR i IN 1 .. 5 LOOP PERFORM mcp.progress(n * 10 + i), mcp.log('info', to_jsonb(n)), pg_sleep(0.02); END LOOP; RETURN n; END $$;
DO $$ DECLARE f regprocedure; BEGIN FOREACH f IN ARRAY '{tools.large,tools.late,tools.numbered}'::regproc[]::regprocedure[] LOOP
	EXECUTE format('COMMENT ON FUNCTION %s IS %L', f, E'Test\n@mcp'); END LOOP; END $$;
SQL
)" && sallyport catalog apply >>"$sv_log/catalog.log" 2>&1 && start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice --tier admin
token_for alice scope=orders:read >"$T/alice"

# stream NAME ARGUMENTS TOKEN FILE: a call in the background; its answer goes to FILE
stream() {
	curl -s --max-time 60 -o "$4" -N "http://localhost:$sv_port/mcp" -H 'Accept: application/json, text/event-stream' \
		-H 'Content-Type: application/json' -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H "Mcp-Name: $1" \
		-H "Authorization: Bearer $(access_token)" --data-binary "$(rpc tools/call "{\"name\":\"$1\",\"arguments\":$2}" "$3" |
			jq -c --argjson t "$3" '.params._meta += { progressToken: $t, "io.modelcontextprotocol/logLevel": "info" }')" &
	streams+=($!)
}
of() { sed -n 's/^data: //p' "$1" | jq -rc "$2"; }

# ---- behind the first event ----

call late '{}' '{"progressToken":1}' >/dev/null
is "the time limit" 'isError the tool took longer than 0.3 s and was stopped' "$(ending)"
call large '{}' '{"progressToken":1}' >/dev/null
like "a result that is too large" '^isError the result has [0-9]+ bytes, and at most' "$(ending)"

streams=()
stream slow_writer '{"seconds":30}' 7 "$T/killed"
for i in {1..200}; do
	killed=$(sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%slow_writer%'")
	[ "$killed" = 0 ] || break
	sleep 0.05
done
wait "${streams[@]}"
is "the database hangs up: the stream had begun" 1 "$(of "$T/killed" 'select(.method).params.progress')"
is "and ends with an error that has the id of the request" '{"id":7,"code":-32603}' "$(of "$T/killed" 'select(.error) | { id, code: .error.code }')"
is "nothing is left" 0 "$(sql 'SELECT count(*) FROM shop.touched')"
is "the next call is served" '200 {"result":"done"}' "$(call steps) $(ending)"

# ---- workers that are to end ----

if ! sv_httpd_starts_programs "${HTTPD:-nginx}"; then
	streams=()
	stream slow_writer '{"seconds":2}' 8 "$T/drained"
	for i in {1..200}; do
		[ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%slow_writer%'")" = 0 ] || break
		sleep 0.05
	done
	ps -o pid= --ppid "$(sv_pid mcp)" | xargs kill -TERM
	wait "${streams[@]}"
	is "a stream that runs is brought to its end" '{"result":"slept"}' "$(of "$T/drained" 'select(.result).result.structuredContent')"
fi

# ---- many at once ----

streams=()
for n in {1..12}; do stream numbered "{\"n\":$n}" "$n" "$T/many.$n"; done
wait "${streams[@]}"
is "each hears of its own call only" "" "$(for n in {1..12}; do
	got=$(of "$T/many.$n" 'if .method == "notifications/progress" then .params.progressToken elif .method then .params.data else .id end' | sort -u | xargs)
	[ "$got" = "$n" ] || echo "$n: $got"
done)"
is "and has its result" "1 2 3 4 5 6 7 8 9 10 11 12" "$(for n in {1..12}; do of "$T/many.$n" 'select(.result).result.structuredContent.result'; done | xargs)"
is "no transaction stays open" 0 "$(sql "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")"
done_testing
