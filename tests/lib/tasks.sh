# tasks.sh - tools that become tasks, and how to follow one; sourced after mcp.sh
# shellcheck shell=bash

# A tool waits at a gate until the test opens it; what it writes tells how often it ran to its end.
tasks_catalog() {
	sql "$(cat "$top_srcdir/tests/lib/tasks.sql")" && sallyport catalog apply >>"$sv_log/catalog.log" 2>&1
}

open_gate() { sql "INSERT INTO shop.gate VALUES ('$1') ON CONFLICT DO NOTHING"; }
traces() { sql "SELECT count(*) FROM shop.trace WHERE word = '$1'"; }

# task_rpc METHOD [PARAMS]: a message of a client that has tasks and can show forms.
task_capabilities='{"extensions":{"io.modelcontextprotocol/tasks":{}},"elicitation":{}}'
task_rpc() {
	rpc "$@" | jq -c --argjson c "$task_capabilities" '.params._meta["io.modelcontextprotocol/clientCapabilities"] = $c'
}

# start_task TOOL [ARGUMENTS]: prints the task's id, or nothing when there was another answer.
start_task() {
	method=tools/call name=$1 post_mcp "$(task_rpc tools/call "$(jq -nc --arg name "$1" --argjson arguments "${2:-"{}"}" \
		'{ name: $name, arguments: $arguments }')")" >/dev/null
	local id
	id=$(json '.result.taskId // ""')
	secret "$id"
	echo "$id"
}

# task_call METHOD ID [PARAMS]: tasks/get and its like; prints the HTTP status.
task_call() {
	method=$1 name=$2 post_mcp "$(task_rpc "$1" "$(jq -nc --arg id "$2" --argjson more "${3:-"{}"}" '{ taskId: $id } + $more')")"
}

status_of() { task_call tasks/get "$1" >/dev/null && json '.result.status // "error \(.error.code)"'; }

# until_status ID STATUS: polls for at most 60 seconds; the last answer stays in $T/answer.body.
until_status() {
	local tries status
	for tries in {1..300}; do
		status=$(status_of "$1")
		[ "$status" != "$2" ] || break
		[ "$tries" -lt 20 ] || sleep 0.2
	done
	echo "$status"
}

# until_sql EXPECTED QUERY: the same for the database.
until_sql() {
	local tries got
	for tries in {1..600}; do
		got=$(sql "$2")
		[ "$got" != "$1" ] || break
		sleep 0.1
	done
	echo "$got"
}
