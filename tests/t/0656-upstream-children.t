#!/bin/bash
# Upstreams on a pipe that crash, hang, fork and flood: an error, in time, and nothing is left of them.
# Then {"mcpServers": {...}}, as desktop clients have it.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/upstream.sh"
python=/usr/bin/python3			# one that the workers' user can run
[ -x "$python" ] || skip_all "no $python is installed"
plan 29
start_postgres && migrate access_token_ttl=3600 executable_dirs="${python%/*}" && start_httpd nginx || exit 1
add_user alice
mcp_token=$(token_for alice)
mkdir -m 0777 "$T/up"
cp "$top_srcdir/tests/lib/upstream_server.py" "$T/up/"
mode() {
	echo "$*" >"$T/up/mode"
	chmod 0666 "$T/up/mode"
}
mode ok
: >"$T/up/mode.seen"
chmod 0666 "$T/up/mode.seen"
like "an upstream on a pipe" '^0$' "$(apply_upstream <<-END
	kind: upstream
	name: up
	command: ["$python", "$T/up/upstream_server.py", "$T/up/mode", stdio]
	tier: public
	timeout: 4s
	max_bytes: 64KiB
END
)"
tool up_say '{"text": "hello"}'
is "a call" hello "$(said)"

left() {
	pgrep -f "$T/up/upstream_server.py" | wc -l
}
none_left() {
	[ "$(left)" = 0 ]
}
trouble() {
	local began=$SECONDS
	mode "$2"
	sql "UPDATE sallyport.upstream_state SET failures = 0, failed_at = NULL, down_since = NULL, retry_at = NULL" >/dev/null
	tool up_say '{"text": "hello"}'
	like "$1" "$3" "$(said)"
	ok "$1: in time" test $((SECONDS - began)) -lt 60
	ok "$1: nothing is left of it" sv_until 30 none_left
}
trouble "one that hangs" stall 'took longer than 4 s'
trouble "one that crashes" crash 'no answer that can be read'
trouble "one that ends" cut 'no answer that can be read'
trouble "one that floods" flood 'more than the 65536 bytes'
trouble "one that forks and hides" 'fork' '^hello$'
trouble "one that writes what is no JSON" garbage 'no answer that can be read'
like "what it said last is in the log" 'Segmentation fault, more or less' "$(cat "$sv_log/mcp.log")"
sql "DELETE FROM sallyport.upstream" >/dev/null
catalog_known
is "an upstream that is removed takes its entries along" "" "$(listed tools/list tools name)"

# ---- mcpServers ----

cat >"$T/mcp.json" <<END
{
  "mcpServers": {
    "my server": {"command": "${python##*/}", "args": ["$T/up/upstream_server.py", "$T/up/mode", "stdio"], "env": {"LEVEL": "1"}, "alwaysAllow": ["say"]},
    "off": {"command": "none", "disabled": true}
  }
}
END
mode ok
sallyport catalog apply "$T/mcp.json" >"$T/out" 2>&1
is "a file of a desktop client is applied as it is" 0 "$?"
like "its names are prefixes" 'added    tool my-server/say' "$(cat "$T/out")"
is "what nobody has opened is for administrators" "my-server_other|admin my-server_say|admin" \
	"$(sql "SELECT string_agg(name || '|' || tier, ' ' ORDER BY name) FROM sallyport.tool WHERE kind = 'upstream'")"
cat >"$T/mcp.json" <<'END'
{
  "mcpServers": {
    "git": {"command": "git-mcp", "env": {"GITHUB_TOKEN": "ghp_0123456789"}},
    "web": {"url": "https://mcp.example.com/mcp", "headers": {"Authorization": "Bearer abc"}},
    "old": {"type": "sse", "url": "https://mcp.example.com/sse"},
    "odd": {"args": []}
  }
}
END
sallyport catalog check "$T/mcp.json" >"$T/out" 2>&1
like "a secret in it is a fault, with its line" 'mcp.json:3: .*environment.GITHUB_TOKEN.*\$\{env:CREDENTIAL_GIT_GITHUB_TOKEN\}' "$(cat "$T/out")"
like "so is one in a header" 'mcp.json:4: .*CREDENTIAL_WEB_AUTHORIZATION' "$(cat "$T/out")"
like "and the transport of 2024" 'mcp.json:5: .*HTTP\+SSE' "$(cat "$T/out")"
like "and a server that is nowhere" 'mcp.json:6: .*either a url or a command' "$(cat "$T/out")"
