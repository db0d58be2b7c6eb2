#!/bin/bash
# sallyport-keeper killed again and again in the middle of calls, and started again as a service manager does: every call
# ends in time, with its answer or an error that says what is known; nothing is left, and afterwards all is as before.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/upstream.sh"
. "$top_srcdir/tests/lib/programs.sh"
needs pgrep
python=/usr/bin/python3			# one that the workers' user can run
[ -x "$python" ] || skip_all "no $python is installed"
seconds=${SP_TEST_ABUSE_SECONDS:-15}
start_postgres && migrate access_token_ttl=$((seconds + 3600)) executable_dirs="${python%/*}" keeper_socket="$sv_run/keeper.sock" || exit 1
mkdir -p "$T/bin" "$T/up" && cp "$top_builddir/bin/sallyport-keeper" "$T/bin/" && cp "$top_srcdir/tests/lib/mcp_child.py" "$T/up/" &&
	chmod -R a+rX "$T/bin" "$T/up" || exit 1

# as Restart=always, RestartSec=0: TERM ends both
sv_spawn manager "$sv_web_user" /bin/bash -c 'trap "kill \$keeper; wait; exit 0" TERM
	while :; do "$@" & keeper=$!; wait $keeper; sleep 0.2; done 2>&1' bash "$T/bin/sallyport-keeper"
trap 'sv_stop manager; stop_all' EXIT
keeper() { pgrep -f "^$T/bin/sallyport-keeper"; }
sv_until 30 test -S "$sv_run/keeper.sock" && start_httpd nginx || exit 1
add_user alice
apply_upstream <<YAML | grep -qx 0 || { note "$(cat "$T/out")"; exit 1; }
kind: upstream
name: up
command: ["$python", "$T/up/mcp_child.py", good, "$T"]
keep: true
tier: public
timeout: 10s
YAML
token_for alice >"$T/token"
token=$(cat "$T/token") mcp_token=$token
servers() { pgrep -fc "^$python $T/up/mcp_child.py"; }
tool up_echo '{"text": "first"}'
is "a call" first "$(said)"

# calls FILE: until the time is over; a line each, with its milliseconds in front
end=$((SECONDS + seconds))
calls() {
	local n=0 began tool arguments
	while [ $SECONDS -lt $end ]; do
		n=$((n + 1)) began=${EPOCHREALTIME/./} tool=up_echo arguments="{\"text\":\"$1 $n\"}"
		[ $((n % 4)) -ne 0 ] || tool=up_wait arguments='{}'		# which only ends when the keeper does, or the time
		curl -s -m 60 -o "$T/answer.$1" "http://localhost:$sv_port/mcp" -H 'Accept: application/json, text/event-stream' \
			-H 'Content-Type: application/json' -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' \
			-H "Mcp-Name: $tool" -H "Authorization: Bearer $token" \
			--data-binary "$(rpc tools/call "{\"name\":\"$tool\",\"arguments\":$arguments}")"
		printf '%s %s\n' $(((${EPOCHREALTIME/./} - began) / 1000)) "$(jq -r --arg text "$1 $n" '.result.content[0].text // .error.message |
			if . == $text then "its answer" else gsub("\n"; " ") end' "$T/answer.$1" 2>&1)"
	done >"$T/calls.$1"
}
callers=
for i in 1 2 3 4; do calls $i & callers+=" $!"; done
killed=0
while [ $SECONDS -lt $end ]; do
	sleep "1.$((RANDOM % 10))"
	pid=$(keeper) && kill -9 $pid 2>/dev/null && killed=$((killed + 1))
	# what is down is left alone for a while: not in this test
	sql "UPDATE sallyport.upstream_state SET failures = 0, failed_at = NULL, down_since = NULL, retry_at = NULL"
done
wait $callers
note "$killed keepers killed; $(cat "$T"/calls.? | cut -d' ' -f2- | sort | uniq -c | sort -rn | tr -s ' \n' ' ')"
ok "keepers were killed" test "$killed" -ge 3
ok "calls had their answer" grep -q 'its answer' "$T"/calls.?
is_empty "all others were told what is known" "$(cat "$T"/calls.? | cut -d' ' -f2- | sort -u | grep -vE \
	-e '^its answer$' -e '^the server behind this tool (cannot be reached; nothing was done|gave no answer that can be read.*|took longer than 10 s.*|is down.*)$')"
slowest=$(cat "$T"/calls.? | sort -n | tail -n 1)
ok "each in time: $slowest" test "${slowest%% *}" -lt 40000

answered() { tool up_echo '{"text": "again"}'; [ "$(said)" = again ]; }
sql "UPDATE sallyport.upstream_state SET failures = 0, failed_at = NULL, down_since = NULL, retry_at = NULL"
ok "then all goes on" sv_until 60 answered
ok "with the servers of the last keeper only" until_living "^$python $T/up/mcp_child.py" -le 8
sv_stop manager
is_empty "no keeper is left" "$(keeper)"
ok "no server" until_living "^$python $T/up/mcp_child.py" -eq 0
ok "and no supervisor" until_living "^sallyport-exec.*$T/up/mcp_child.py" -eq 0
ok "nor the socket" test ! -e "$sv_run/keeper.sock"
done_testing
