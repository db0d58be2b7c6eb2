#!/bin/bash
# HTTP services, and MCP servers over HTTP and on a pipe, whose answers never end: each call ends in time with an error
# that says why, and no worker grows.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/upstream.sh"
python=/usr/bin/python3			# one that the workers' user can run
[ -x "$python" ] || skip_all "no $python is installed"
port=$(free_port)
start_postgres && migrate access_token_ttl=3600 source_allow=127.0.0.0/8 source_http=true executable_dirs="${python%/*}" || exit 1
mkdir "$T/up" && cp "$top_srcdir/tests/lib/flood_server.py" "$T/up/" && chmod -R a+rX "$T/up"
serve floods "$python" "$T/up/flood_server.py" http "$port"
sv_until 20 answers "$port" || exit 1
start_httpd nginx || exit 1
add_user alice
mcp_token=$(token_for alice)
is "a service and two servers" 0 "$(apply_upstream <<YAML
kind: source
name: service
type: http
url: http://127.0.0.1:$port
http: true
allow: [127.0.0.1]
breaker: {failures: 0}
max_bytes: 1MiB
retries: 0
---
kind: tool
name: service_flood
description: Floods
tier: public
timeout: 2s
parameters: {shape: {type: string}}
http: {source: service, path: "/{shape}"}
---
kind: upstream
name: web
url: http://127.0.0.1:$port/mcp
allow: [127.0.0.0/8]
tier: public
timeout: 2s
max_bytes: 64KiB
---
kind: upstream
name: pipe
command: ["$python", "$T/up/flood_server.py", stdio]
tier: public
timeout: 3s
max_bytes: 64KiB
YAML
)"

# MiB that the largest worker ever had
peak() { for pid in $(pgrep -f "^$T/cgi-bin/mcp"); do awk '/^VmHWM/ { print int($2 / 1024) }' "/proc/$pid/status"; done | sort -n | tail -n 1; }
limit=64
! grep -q __asan_init "$sv_programs/mcp" || limit=600		# what is freed is kept for a while there

floods() {
	local name=$1 pattern=$2 shape began milliseconds
	shift 2
	for shape; do
		sql "UPDATE sallyport.upstream_state SET failures = 0, failed_at = NULL, down_since = NULL, retry_at = NULL" >/dev/null
		began=${EPOCHREALTIME/./}
		tool "${name}_flood" "{\"shape\": \"$shape\"}"
		milliseconds=$(((${EPOCHREALTIME/./} - began) / 1000))
		like "$name: $shape" "^true ($pattern)" "$(json '"\(.result.isError) \(.result.content[0].text)"')"
		ok "in time: $milliseconds ms" test "$milliseconds" -lt 30000
	done
}
before=$(peak)
floods service 'service: (the answer (is over 1048576 bytes|has too many header fields): ask for less|its answer was cut short|no answer in time|the header section of the answer is too large|the answer has a content coding, and cannot be read)' \
	length close chunked crumbs extension trailers fields field status interim gzip drip silence
note "a worker has had at most $(peak) MiB, $before before"
floods web '.*(more than the 65536 bytes|no answer that can be read|took longer than 2 s)' \
	length close chunked crumbs extension trailers fields field status interim gzip drip silence events comments event stray
note "a worker has had at most $(peak) MiB"
floods pipe '.*(more than the 65536 bytes|no answer that can be read|took longer than 3 s)' line lines notes stray ask words errors silence
note "a worker has had at most $(peak) MiB"
ok "no worker has grown by $limit MiB" test $(($(peak) - before)) -lt $limit
none_left() { ! pgrep -f "$T/up/flood_server.py stdio" >/dev/null; }
ok "and no process is left" sv_until 60 none_left
done_testing
