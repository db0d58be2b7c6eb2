#!/bin/bash
# Two thousand streams in four processes: what they cost, how long news takes, and a database that restarts under them.
SP_TEST_WORKERS=4
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/listen.sh"
streams=${TEST_STREAMS:-2000}
[ -z "${ASAN_OPTIONS:-}${TSAN_OPTIONS:-}" ] || streams=$((streams / 10))
limit=$(ulimit -Hn)
[ "$limit" = unlimited ] || [ "$limit" -gt $((streams + 300)) ] || streams=$((limit - 300))
start_postgres && migrate max_user_streams=0 stream_keepalive=2 && mcp_catalog && listen_tools &&
	sql "INSERT INTO sallyport.mcp_resource (uri, name, content, tier) VALUES ('shop://terms', 'terms', 'x', 'public')" &&
	start_httpd nginx || exit 1
add_user alice
token_for alice scope=orders:read >"$T/token"

coproc listeners { "$top_builddir/tests/lib/listeners" "$sv_run/mcp.sock" "$T/token" "host=$T/postgres user=postgres dbname=sallyport" 2>&1; }
# ask COMMAND: the line of output is in $answer, its second word in $n
ask() {
	echo "$*" >&"${listeners[1]}"
	read -r -t 200 answer <&"${listeners[0]}"
	n=$(cut -d' ' -f2 <<<"$answer")
	note "$answer"
}
memory() {
	local pid sum=0
	for pid in $(mcp_pids); do
		sum=$((sum + $(sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$pid/status")))
	done
	echo "$sum"
}
threads() {
	local pid
	for pid in $(mcp_pids); do ls "/proc/$pid/task"; done | wc -l
}
filter='{"toolsListChanged":true,"resourceSubscriptions":["shop://terms"]}'

# every process has been at work, and has its threads for streams
ask open 100 "$filter"
is "a hundred" 100 "$n"
before=$(memory) before_threads=$(threads)
ask open "$streams" "$filter"
is "$streams more are acknowledged" "$streams" "$n"
note "memory: $before KiB before, $(memory) KiB with them: $((($(memory) - before) * 1024 / streams)) bytes a stream"
# a process that had none of the hundred starts its two for streams now
ok "they have no threads" test "$(threads)" -le $((before_threads + 2 * sv_workers))
[ -n "${ASAN_OPTIONS:-}${TSAN_OPTIONS:-}" ] || ok "and little memory" test $((($(memory) - before) * 1024 / streams)) -lt 8192
all=$((streams + 100))

ask rounds 40 "SELECT mcp.resource_updated('shop://terms')"
is "each of them is told each time" "$all" "$n"
ok "in time: 99 of 100 within two seconds, on a machine that does much else" \
	test "$(sed -n 's/.* p99_us \([0-9]*\) .*/\1/p' <<<"$answer")" -lt 2000000
sql "SELECT mcp.list_changed('tools')" >/dev/null
ask wait notifications/tools/list_changed
is "and of a list" "$all" "$n"

ask leave 100
count() { [ "$(cat "$sv_log"/mcp.log | grep -c '"gone":"client"')" -ge "$1" ]; }
ok "those who leave are noticed" sv_until 20 count 100

for how in QUIT INT; do		# a crash, and a restart
	stop_postgres "$how"
	start_postgres
	ask wait notifications/resources/updated
	is "PostgreSQL came back after SIG$how: everybody is told, as something may have been missed" "$streams" "$n"
	ask wait notifications/tools/list_changed
	is "of lists, too" "$streams" "$n"
done
sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'sallyport_app'" >/dev/null
ask wait notifications/resources/updated
is "a listener that was cut off" "$streams" "$n"
ask rounds 3 "UPDATE sallyport.mcp_resource SET content = content || 'x' WHERE uri = 'shop://terms'"
is "goes on as before" "$streams" "$n"

mcp_pids | xargs kill
ask end
is "SIGTERM ends all of them, with the response" "ended $streams final $streams" "$answer"
done_testing
