#!/bin/bash
# Completions and tasks of upstreams of both eras, over HTTP and a pipe: good ones, and those that mean no good.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/tasks.sh"
. "$top_srcdir/tests/lib/listen.sh"
. "$top_srcdir/tests/lib/upstream.sh"
python=/usr/bin/python3			# one that the workers' user can run
[ -x "$python" ] || skip_all "no $python is installed"
plan 57
port=$(free_port)
start_postgres && migrate access_token_ttl=3600 source_allow=127.0.0.0/8 executable_dirs="${python%/*}" &&
	start_httpd "${HTTPD:-nginx}" && start_runner || exit 1
add_user alice
mcp_token=$(token_for alice)
talker=$(cd "$top_srcdir" && pwd)/tests/lib/upstream_talker.py
# a directory that the user of the programs may write to, too: a child leaves its traces there
mkdir -p "$T/talker" && chmod 777 "$T/talker"
mode() {
	echo "$*" >"$T/talker/mode"
	: >"$T/talker/mode.seen"
	chmod 666 "$T/talker/"*
	# what it did in another mode is not held against it
	sql "UPDATE sallyport.upstream_state SET failures = 0, failed_at = NULL, down_since = NULL, retry_at = NULL" >/dev/null
	catalog_known
}
mode ok
serve talker "$python" "$talker" "$T/talker/mode" http "$port"
sv_until 20 answers "$port" || exit 1
row() {
	printf '%s\n' 'kind: upstream' 'name: up' 'tier: public' 'prompts: true' 'resources: true' "timeout: $2" "$1" | apply_upstream
}
complete() {
	method=completion/complete name='' post_mcp "$(rpc completion/complete "$1")" >/dev/null
	json '.result.completion | if . then "\(.values | join(" ")) \(.total) \(.hasMore)" else "nothing" end'
}
prompt='{"ref":{"type":"ref/prompt","name":"up_greet"},"argument":{"name":"whom","value":"al"}}'
template='{"ref":{"type":"ref/resource","uri":"up+note://{name}"},"argument":{"name":"name","value":"b"}}'
seen() {
	grep -c "^$1 " "$T/talker/mode.seen"
}
has_seen() {
	[ "$(seen "$1")" -ge 1 ]
}

# era NAME MODE ROW
era() {
	local is=$1 words=$2 began task
	mode "$words"
	is "$is: applied" 0 "$(row "$3" 20s)"
	is "$is: an argument of a prompt is completed" "alice albert 2 false" "$(complete "$prompt")"
	is "$is: a variable of a template" "bob 1 false" "$(complete "$template")"
	tool up_work '{"text": "well"}'
	is "$is: a task is waited for" "done well" "$(said)"
	task=$(start_task up_work '{"text": "far"}')
	is "$is: a caller that takes tasks gets one" completed "$(until_status "$task" completed)"
	is "$is: with what the upstream's has come to" "done far" "$(json '.result.result.content[0].text')"

	mode "$words" endless_task
	began=$SECONDS
	is "$is: a short timeout" 0 "$(row "$3" 3s)"
	tool up_work '{"text": "never"}'
	like "$is: a task without end is given up" 'took longer than 3 s' "$(said)"
	ok "$is: in time" test $((SECONDS - began)) -lt 40
	ok "$is: and cancelled" has_seen tasks/cancel
	mode "$words" odd_task
	tool up_work '{"text": "odd"}'
	like "$is: an id that nobody could send back is no task" 'internal error|unknown here' "$(said)"
	mode "$words" lost_task
	tool up_work '{"text": "lost"}'
	like "$is: a task that it does not know itself" 'has given the task up' "$(said)"
	mode "$words" big_task
	tool up_work '{"text": "big"}'
	like "$is: one that says too much of itself" 'done big|too large|bytes that are allowed|took longer' "$(said)"
	mode "$words" big_completion
	is "$is: ten megabytes of completions" nothing "$(complete "$prompt")"
	mode "$words" odd_completion
	is "$is: completions that are no texts" nothing "$(complete "$prompt")"
}
http=$'url: http://127.0.0.1:'$port$'/mcp\nallow: [127.0.0.0/8]'
pipe="command: [\"$python\", \"$talker\", \"$T/talker/mode\", stdio]"
era "2026-07-28 over HTTP" ok "$http"
era "sessions over HTTP" session "$http
era: 2025-11-25"
era "sessions on a pipe" session "$pipe
era: 2025-11-25"

# ---- an upstream's task that asks ----

mode asking_task
is "of 2026-07-28, over HTTP" 0 "$(row "$http" 20s)"
task=$(start_task up_work '{"text": "who"}')
is "its task asks, and so does ours" input_required "$(until_status "$task" input_required)"
is "the answer is taken" 200 "$(task_call tasks/update "$task" '{"inputResponses":{"who":{"action":"accept","content":{"name":"alice"}}}}')"
is "and the task goes on" completed "$(until_status "$task" completed)"
is "to its end" "done who alice" "$(json '.result.result.content[0].text')"
is "it was one task at the upstream, too" 1 "$(seen tools/call)"

# ---- cancelling ----

mode endless_task
row "$http" 60s >/dev/null
task=$(start_task up_work '{"text": "stop"}')
ok "a task is under way at the upstream" sv_until 30 has_seen tasks/get
task_call tasks/cancel "$task" >/dev/null
ok "cancelling ours cancels it" sv_until 30 has_seen tasks/cancel
is "nothing else is running" 0 "$(sql "SELECT count(*) FROM sallyport.task WHERE status = 'working'")"

# ---- a pipe that does not stop ----

mode session flood
is "on a pipe again" 0 "$(row "$pipe
era: 2025-11-25" 20s)"
listen one '{"resourceSubscriptions":["up+note://a"]}'
ok "one that does not stop talking is left alone" sv_until 60 grep -q 'it says too much' "$sv_log/runner.log"
ok "and the runner has not grown" test "$(awk '/VmRSS/ { print $2 }' "/proc/$(sv_pid runner)/status")" -lt 400000
stop_listening one
