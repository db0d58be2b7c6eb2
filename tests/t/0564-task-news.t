#!/bin/bash
# notifications/tasks: streams of subscriptions/listen that hear how tasks go.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/listen.sh"
. "$top_srcdir/tests/lib/tasks.sh"
[ "${HTTPD:-}" != cgi ] || skip_all "CGI programs keep no streams"
start_postgres && migrate stream_keepalive=1 && tasks_catalog && start_httpd "${HTTPD:-nginx}" && start_runner || exit 1
add_user alice && add_user bob || exit 1
token_for bob scope="orders:write" >"$T/bob"
mcp_token=$(token_for alice)
as_bob() { mcp_token=$(cat "$T/bob") "$@"; }

listen one '{"taskIds":["x"]}'
is "a client without tasks" '-32021 {"requiredCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}}' \
	"$(jq -rc '"\(.error.code) \(.error.data | tojson)"' "$T/one.stream")"

# From here on every message says that its client has tasks.
eval "$(declare -f rpc | sed '1s/rpc/bare_rpc/')"
rpc() { bare_rpc "$@" | jq -c --argjson c "$task_capabilities" '.params._meta["io.modelcontextprotocol/clientCapabilities"] = $c'; }

listen two '{"taskIds":"x"}'
is "ids that are none" -32602 "$(jq -c .error.code "$T/two.stream")"
mine=$(start_task confirm '{"filename":"a"}')
other=$(start_task work '{"word":"other"}')
bobs=$(as_bob start_task secret_one)
listen news "{\"taskIds\":[\"$mine\",\"nobody\",\"$bobs\",\"$other\"],\"toolsListChanged\":true}"
is "only what is the caller's is acknowledged" "{\"toolsListChanged\":true,\"taskIds\":[\"$mine\",\"$other\"]}" "$(messages news '.params.notifications' | head -n 1)"
until_status "$mine" input_required >/dev/null
task_call tasks/update "$mine" '{"inputResponses":{"confirm":{"action":"accept","content":{"sure":"maybe"}}}}' >/dev/null
last() { messages news "select(.method == \"notifications/tasks\" and .params.taskId == \"$1\") | .params" | tail -n 1; }
until_told() {	# until_told ID STATUS: the message that says so
	local message
	for _ in {1..200}; do
		message=$(last "$1")
		[ "$(jq -r .status <<<"$message")" != "$2" ] || [ "$(jq -r '.inputRequests // {} | keys[0] // ""' <<<"$message")" = confirm ] || break
		sleep 0.1
	done
	echo "$message"
}
message=$(until_told "$mine" input_required)
is "a task that asks" 'input_required ["confirm.2"]' "$(jq -r '"\(.status) \(.inputRequests | keys | tojson)"' <<<"$message")"
status_of "$mine" >/dev/null
is "is told as tasks/get tells it" "$(json '.result | del(.resultType, ._meta)' -cS)" "$(jq -cS 'del(._meta)' <<<"$message")"
is "with the id of the subscription" 1 "$(jq '._meta["io.modelcontextprotocol/subscriptionId"]' <<<"$message")"
task_call tasks/update "$mine" '{"inputResponses":{"confirm.2":{"action":"accept","content":{"sure":true}}}}' >/dev/null
message=$(until_told "$mine" completed)
is "its result" deleted "$(jq -r .result.structuredContent.result <<<"$message")"
task_call tasks/cancel "$other" >/dev/null
is "a task that was cancelled" "cancelled" "$(until_told "$other" cancelled | jq -r .status)"
is "nobody else's" 0 "$(messages news "select(.params.taskId == \"$bobs\")" | grep -c .)"
is "and no progress or log on the stream" 0 "$(messages news | grep -cE 'notifications/(progress|message)')"

# ---- another process, a listener that was away ----

id=$(start_task work '{"word":"away"}')
listen away "{\"taskIds\":[\"$id\"]}"
until_sql 1 "SELECT count(*) FROM sallyport.task WHERE runner IS NOT NULL" >/dev/null
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mcp'" >/dev/null
open_gate away
until_status "$id" completed >/dev/null
told_away() { messages away 'select(.method == "notifications/tasks") | .params.status' | tail -n 1 | grep -qx completed; }
sv_until 20 told_away
is "what happened while the listener was away is told" completed "$(messages away 'select(.method == "notifications/tasks") | .params.status' | tail -n 1)"
stop_listening news away
done_testing
