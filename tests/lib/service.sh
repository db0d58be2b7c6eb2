# service.sh - an HTTP service of the tests, and tools that call it; sourced after mcp.sh
# shellcheck shell=bash

# start_service: http_service.py; its address is in $service, its requests in $T/service/requests.
start_service() {
	mkdir -p "$T/service" "$T/credentials" && chmod 0755 "$T/credentials"
	: >"$T/service/requests"
	python3 "$top_srcdir/tests/lib/http_service.py" "$T/service" 2>"$sv_log/service.log" &
	service_pid=$!
	for _ in {1..400}; do
		[ ! -s "$T/service/port" ] || break
		sleep 0.05
	done
	service=http://127.0.0.1:$(cat "$T/service/port")
}

stop_service() { kill "$service_pid" 2>/dev/null; wait "$service_pid" 2>/dev/null; }

# put_secret NAME TEXT: a file that ${file:NAME} means.
put_secret() {
	printf '%s\n' "$2" >"$T/credentials/$1" && chmod 0644 "$T/credentials/$1"
	secret "$2"
}

# apply_documents: YAML from standard input, in which SERVICE is the address of the service.
apply_documents() {
	local file=$T/documents-$((++documents_applied)).yaml
	sed "s|SERVICE|$service|g" >"$file"
	sallyport catalog apply "$file" >"$sv_log/catalog.log" 2>&1
}

# The last request that the service saw; seen FILTER, seen_count PATTERN.
seen() { tail -n 1 "$T/service/requests" | jq -r "$@"; }
seen_count() { grep -c "$1" "$T/service/requests"; }
# seen_most KEY: how many of /busy/KEY there were at once.
seen_most() { cat "$T/service/most-$1"; }
forget_requests() { : >"$T/service/requests"; }

# What a tool answered: "false JSON or text", "true text".
answer() { call_tool "$@" >"$T/status"; json 'if .result then "\(.result.isError) \(.result.structuredContent // .result.content[0].text | if type == "string" then . else tojson end)" else "error \(.error.code)" end'; }
gives() { is "$1 gives" "false $2" "$(answer "$1" "${3:-"{}"}")"; }
fails() { is "$1 fails" "true $2" "$(answer "$1" "${3:-"{}"}")"; }
fails_like() { like "$1 fails" "^true $2" "$(answer "$1" "${3:-"{}"}")"; }
last_call() { sql "SELECT outcome || coalesce(' ' || (detail->>'why'), '') FROM sallyport.audit WHERE event = 'tool.call' ORDER BY audit_id DESC LIMIT 1"; }
