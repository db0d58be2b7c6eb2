#!/bin/bash
# Upstreams whose era changes, whose session is lost, and whose stream has to be asked for again.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/upstream.sh"
needs python3
plan 17
port=$(free_port)
start_postgres && migrate access_token_ttl=3600 source_allow=127.0.0.0/8 && start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice
mcp_token=$(token_for alice)
mode() {
	echo "$*" >"$T/mode"
	: >"$T/mode.seen"
}
mode ok
serve upstream python3 "$top_srcdir/tests/lib/upstream_server.py" "$T/mode" http "$port"
sv_until 20 answers "$port" || exit 1
is "an upstream of 2026-07-28" 0 "$(apply_upstream <<-END
	kind: upstream
	name: up
	url: http://127.0.0.1:$port/mcp
	allow: [127.0.0.0/8]
	tier: public
	timeout: 30s
END
)"
era() {
	sql "SELECT era FROM sallyport.upstream_state"
}
is "is found out to be one" modern "$(era)"
mode ok
tool up_say '{"text": "one"}'
is "a call is one request" "one|1" "$(said)|$(grep -c '^Mcp-Method' "$T/mode.seen")"

mode session
tool up_say '{"text": "two"}'
is "a server that has become older is noticed in the call" "two" "$(said)"
is "and remembered" session "$(era)"
catalog_known
mode session
tool up_say '{"text": "three"}'
is "the next call knows" "three" "$(said)"
unlike "and does not ask" 'server/discover' "$(cat "$T/mode.seen")"
like "the session is ended" '^DELETE s' "$(cat "$T/mode.seen")"
like "the revision is in its header" 'MCP-Protocol-Version: 2025-11-25' "$(cat "$T/mode.seen")"

mode session forget
tool up_say '{"text": "four"}'
is "a session that is gone is begun anew" "four" "$(said)"
is "once" 2 "$(grep -c '"method":"initialize"' "$T/mode.seen")"

mode session resume
tool up_say '{"text": "five"}'
is "a stream that ends early goes on behind its last event" "five" "$(said)"
like "which it names" 'Last-Event-ID: 7' "$(cat "$T/mode.seen")"

mode ok
tool up_say '{"text": "six"}'
is "a server that has become newer is noticed, too" "six" "$(said)"
is "and remembered" modern "$(era)"
stop_server upstream
tool up_say '{"text": "seven"}'
like "one that is not there" 'cannot be reached; nothing was done' "$(said)"
is "is an error in the audit trail" error "$(sql "SELECT outcome FROM sallyport.audit WHERE event = 'tool.call' ORDER BY audit_id DESC LIMIT 1")"
