# twin.sh - the MCP endpoint a second time, by other processes and on another port, with
# the same database; and streams of events.  Sourced after mcp.sh.
#
#	start_twin                     after start_httpd
#	at_twin COMMAND...             the same there
#	listen NAME [CURL OPTION]...   GET of a session's stream, in the background
#	call_stream NAME BODY          POST whose answer may be a stream, in the background
#	await NAME PATTERN             until the stream has such a line
#	last_id NAME                   the id of the last event that was read
#	events NAME                    the data of all events, one a line
#	hang_up NAME
#
# shellcheck shell=bash

start_twin() {
	local sv_home=$T/twin sv_run=$T/twin/run sv_program_names=mcp sv_port
	mkdir -p "$sv_home"
	chmod 0711 "$sv_home"
	sv_private_dir "$sv_web_user" "$sv_run"
	needs nginx spawn-fcgi multiwatch
	trap '(exit $?); twin_status=$?; stop_twin; (exit "$twin_status"); stop_all' EXIT
	sv_programs_start || return 1
	twin_port=$(free_port)
	sv_port=$twin_port
	sv_httpd_start nginx
}

stop_twin() {
	# shellcheck disable=SC2034	# what sv_programs_stop stops
	local sv_home=$T/twin sv_run=$T/twin/run sv_program_names=mcp
	cat "$sv_run"/*.pid 2>/dev/null | awk 'NF { print $1 }' >>"$T/sessions"
	sv_httpd_stop
	sv_programs_stop
	jobs -p | xargs -r kill 2>/dev/null
}

at_twin() {
	local sv_port=$twin_port
	"$@"
}

# The worker processes of the MCP endpoint, here or (at_twin) there.
mcp_workers() {
	local run=$sv_run
	[ "$sv_port" != "${twin_port:-}" ] || run=$T/twin/run
	sv_run=$run sv_pid mcp | xargs -r ps -o pid= --ppid
}

listen() {
	local name=$1
	shift
	stream "$name" -H 'Accept: text/event-stream' "$@"
}

call_stream() {
	local name=$1 body=$2
	shift 2
	stream "$name" -H 'Accept: application/json, text/event-stream' -H 'Content-Type: application/json' \
		--data-binary "$body" "$@"
}

stream() {
	local name=$1
	shift
	: >"$T/$name.events"
	rm -f "$T/$name.headers"
	curl -sN --max-time 120 -D "$T/$name.headers" -H "Authorization: Bearer ${mcp_token-$(access_token)}" \
		${version:+-H "MCP-Protocol-Version: $version"} ${session:+-H "Mcp-Session-Id: $session"} \
		"$@" "http://localhost:$sv_port$mcp_path" >"$T/$name.events" &
	echo $! >"$T/$name.pid"
	sv_until 20 test -s "$T/$name.headers" || note "no answer for $name"
}

status_of() {
	head -n 1 "$T/$1.headers" | awk '{ print $2 }'
}

await() {
	sv_until 30 grep -qE -e "$2" "$T/$1.events" || note "$1 never had: $2" "$(cat "$T/$1.events")"
}

# Until the server has ended it.
await_end() {
	local pid
	pid=$(cat "$T/$1.pid")
	sv_until 30 has_ended "$pid" || note "$1 does not end"
	wait "$pid" 2>/dev/null
}

has_ended() {
	! kill -0 "$1" 2>/dev/null || [[ $(ps -o stat= -p "$1") = Z* ]]
}

hang_up() {
	local pid
	pid=$(cat "$T/$1.pid")
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

last_id() {
	sed -n 's/^id: //p' "$T/$1.events" | tail -n 1
}

events() {
	sed -n 's/^data: //p' "$T/$1.events" | grep .
}
