#!/bin/bash
# Half a minute of programs that behave in every bad way, and of clients that do: no process, no descriptor and no
# connection is left.  SP_TEST_ABUSE_SECONDS says for how long (an hour, by hand).
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/exchange.sh"
. "$top_srcdir/tests/lib/programs.sh"
httpd=${HTTPD:-nginx}
needs pgrep setsid
[[ $httpd != *cgi ]] || skip_all "each call is a process of its own"
seconds=${SP_TEST_ABUSE_SECONDS:-30}
start_postgres && migrate executable_dirs="$T/tools" stream_keepalive=1 access_token_ttl=$((seconds + 3600)) || exit 1
mark=abuse-$$-$RANDOM

program abuse <<END
#!/bin/sh
case \$1 in
well)	cat; exit 0 ;;
fail)	echo no >&2; exit 9 ;;
crash)	kill -SEGV \$\$ ;;
spew)	exec yes ;;
errors)	yes >&2 ;;
hang)	sleep 1000; : $mark ;;
deaf)	trap '' TERM HUP INT; exec >&- 2>&-; sleep 1000; : $mark ;;
leave)	setsid sh -c "sleep 1000; : $mark" >/dev/null 2>&1 & ;;
twice)	(setsid sh -c "(setsid sh -c 'sleep 1000; : $mark' &) ; trap '' TERM; sleep 1000; : $mark" &) ; sleep 1000 ;;
fork)	while :; do sh -c "sleep 1000; : $mark" & done 2>/dev/null ;;
bomb)	f() { f "$mark" | f & }; f; sleep 1000 ;;
group)	kill -KILL 0 ;;
stop)	kill -STOP \$\$ ;;
speak)	while :; do echo '{"progress": 1}' >&2; done ;;
esac
END
exec_tool abuse '{"how": {"type": "string"}}' '{"command": ["'"$T"'/tools/abuse", "{how}"], "stdin": "json", "progress": true,
	"limits": {"processes": 30, "cpu": "5s", "memory": "256MiB", "output": "100KiB"}}' timeout_ms=1500
start_httpd "$httpd" || exit 1
add_user alice --tier admin
token_for alice >"$T/alice"
token=$(access_token)

descriptors() { for pid in $(pgrep -f "^$T/cgi-bin/mcp"); do find "/proc/$pid/fd" -mindepth 1 2>/dev/null | wc -l; done | sort -n | tail -n 1; }
# MiB of the worker that has lived longest
memory() { ps -o rss= -p "$(pgrep -of "^$T/cgi-bin/mcp")" | awk '{ print int($1 / 1024) }'; }
# once HOW [SECONDS]: a call; its client leaves after so many seconds
once() {
	curl -s --max-time "${2:-60}" -o /dev/null -w '%{http_code}\n' -N "http://localhost:$sv_port/mcp" -H 'Accept: application/json, text/event-stream' \
		-H 'Content-Type: application/json' -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H "Mcp-Name: abuse" \
		-H "Authorization: Bearer $token" --data-binary "$(rpc tools/call "{\"name\":\"abuse\",\"arguments\":{\"how\":\"$1\"}}" |
			sed 's/"_meta":{/&"progressToken":1,/')" 2>/dev/null
}

ways=(well fail crash spew errors hang deaf leave twice fork bomb group stop speak)
for how in "${ways[@]}"; do once "$how"; done >"$T/statuses.0"
before=$(descriptors)
note "a worker has $(memory) MiB"
end=$((SECONDS + seconds)) calls=0
abuse() {
	local n=0
	while [ $SECONDS -lt $end ]; do
		if [ $((RANDOM % 3)) -eq 0 ]; then once "${ways[RANDOM % ${#ways[@]}]}" "0.$((RANDOM % 9 + 1))"
		else once "${ways[RANDOM % ${#ways[@]}]}"; fi
		n=$((n + 1))
	done
	echo "$n" >"$T/calls.$1"
}
abusers=
for i in 1 2 3 4; do abuse $i >"$T/statuses.$i" & abusers+=" $!"; done
while [ $SECONDS -lt $end ]; do
	sleep 7
	pid=$(pgrep -nf "^$T/cgi-bin/mcp")	# the youngest of this test's own workers: the others grow old
	[ -z "$pid" ] || kill -9 "$pid"
done
wait $abusers
for file in "$T"/calls.*; do calls=$((calls + $(cat "$file"))); done
note "$calls calls in $seconds s; statuses: $(sort "$T"/statuses.* | uniq -c | awk '{ printf " %s: %d", $2, $1 }')"
note "a worker has $(memory) MiB"
ok "calls were made" test "$calls" -ge 5
is_empty "and let in" "$(sort -u "$T"/statuses.* | grep ^4)"
ok "no process of theirs is left" until_living "$mark" -eq 0
ok "and no supervisor" until_living "sallyport-exec .*$T/tools" -eq 0
for i in {1..200}; do [ "$(call abuse '{"how": "well"}' 2>/dev/null)" != 200 ] || break; sleep 0.1; done
is "all goes on" '200 {"how":"well"}' "$(call abuse '{"how": "well"}') $(ending | tr -d '\n')"
ok "descriptors are closed: $before before, $(descriptors) now" test "$(descriptors)" -le $((before + 16))
ok "in bounded memory" test "$(memory)" -lt 400		# with AddressSanitizer, too
is "no transaction stays open" 0 "$(sql "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")"
is "nothing waits to be reaped" "" "$(for pid in $(pgrep -f "^$T/cgi-bin/mcp"); do ps -o stat=,args= --ppid "$pid" | grep '^Z'; done)"
done_testing
