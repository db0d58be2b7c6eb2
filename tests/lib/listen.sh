# listen.sh - streams of subscriptions/listen, each a curl in the background; sourced after mcp.sh
#
#	listen NAME FILTER [ID]         opens one, with the token in mcp_token or the last one; waits for its first
#	                                message or its end
#	messages NAME [FILTER]          what it was told so far, a line each: method and URI, or as the jq filter says
#	hears NAME COUNT                waits until it was told so many messages, the acknowledgement not counted
#	stop_listening NAME...          as a client that goes away
#
# $T/NAME.stream has the answer as it came, $T/NAME.headers its header block.
# shellcheck shell=bash

listen_start() {
	local name=$1 filter=$2 id=${3:-1} token=${mcp_token-$(access_token)}
	: >"$T/$name.stream"
	: >"$T/$name.headers"
	rm -f "$T/$name.ended"
	{
		curl -sN --max-time 600 -D "$T/$name.headers" "http://localhost:$sv_port${mcp_path:-/mcp}" \
			-H 'Accept: application/json, text/event-stream' -H 'Content-Type: application/json' \
			-H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: subscriptions/listen' \
			-H "Authorization: Bearer $token" --data-binary "$(rpc subscriptions/listen "{\"notifications\":$filter}" "$id")" \
			>"$T/$name.stream" 2>/dev/null &
		echo $! >"$T/$name.curl"
		wait $!
		echo $? >"$T/$name.ended"
	} &
	sv_until 20 test -s "$T/$name.curl"
}

listen_began() {
	[ -e "$T/$1.ended" ] || grep -q '^data: ' "$T/$1.stream"
}

listen() {
	listen_start "$@"
	sv_until 20 listen_began "$1"
}

messages() {
	sed -n 's/^data: //p' "$T/$1.stream" | jq -rc "${2:-"if .method then \"\\(.method)\\(if .params.uri then \" \" + .params.uri else \"\" end)\" else \"end of \\(.id)\" end"}"
}

# messages after the acknowledgement, in alphabetical order, in one line
told() {
	messages "$1" | sed 1d | LC_ALL=C sort | paste -sd' '
}

message_count() {
	[ "$(grep -c '^data: ' "$T/$1.stream")" -gt "$2" ]
}

hears() {
	sv_until 20 message_count "$1" "$2" || fail "$1 hears $2" "$(messages "$1")"
}

has_ended() {
	sv_until 20 test -e "$T/$1.ended"
}

stop_listening() {
	local name
	for name; do
		[ ! -e "$T/$name.curl" ] || kill "$(cat "$T/$name.curl")" 2>/dev/null
	done
}

# The processes of the MCP endpoint.
mcp_pids() {
	local exe
	for exe in /proc/[0-9]*/exe; do
		[ "$(readlink "$exe" 2>/dev/null)" != "$sv_programs/mcp" ] || basename "${exe%/exe}"
	done
}

# What tools tell of, and what they only try to tell of.
listen_tools() {
	sql "$(cat <<'SQL'
CREATE FUNCTION tools.announce(what text) RETURNS void LANGUAGE sql AS $$ SELECT mcp.list_changed(what) $$;
COMMENT ON FUNCTION tools.announce IS E'Announce\n@mcp\n@tier public';
CREATE FUNCTION tools.poke(uri text) RETURNS void LANGUAGE sql AS $$ SELECT mcp.resource_updated(uri) $$;
COMMENT ON FUNCTION tools.poke IS E'Poke\n@mcp\n@tier public';
CREATE FUNCTION tools.poke_in_vain(uri text) RETURNS void LANGUAGE plpgsql AS
$$ BEGIN PERFORM mcp.resource_updated(uri); RAISE EXCEPTION 'not after all'; END $$;
COMMENT ON FUNCTION tools.poke_in_vain IS E'Poke, not\n@mcp\n@tier public';
CREATE FUNCTION tools.poke_quietly(uri text) RETURNS text LANGUAGE plpgsql STABLE AS
$$ BEGIN PERFORM mcp.resource_updated(uri); RETURN 'read'; END $$;
COMMENT ON FUNCTION tools.poke_quietly IS E'Poke and read\n@mcp\n@tier public';
SQL
)" && sallyport catalog apply >>"$sv_log/catalog.log" 2>&1
}
