#!/bin/bash
# What upstreams of both eras tell unasked: resources and lists that change reach whoever subscribed here.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/listen.sh"
. "$top_srcdir/tests/lib/upstream.sh"
needs python3
plan 28
start_postgres && migrate access_token_ttl=3600 source_allow=127.0.0.0/8 &&
	start_httpd "${HTTPD:-nginx}" && start_runner || exit 1
add_user alice
mcp_token=$(token_for alice)
mode() {
	echo "$*" >"$T/mode"
}
event() {
	echo "$*" >>"$T/mode.events"
}
# as document, with the rest of its row on standard input
apply_talker() {
	{
		echo "kind: upstream
name: up
tier: public
prompts: true
resources: true
timeout: 20s"
		cat
	} | apply_upstream
}
# updated NAME URI: how often this stream was told of it
updated() {
	messages "$1" | grep -c "^notifications/resources/updated $2$"
}
updated_more() {
	[ "$(updated "$1" "$2")" -gt "$3" ]
}
# tells STREAM URI: the upstream tells of this resource, and the stream hears of it
tells() {
	local before
	before=$(updated "$1" "up+$2")
	event "updated $2"
	sv_until 20 updated_more "$1" "up+$2" "$before"
}
held() {
	[ "$(sql "SELECT count(*) FROM sallyport.tool WHERE name = 'up_say' AND spec->>'held' = 'changed'")" = "$1" ]
}
heard_of_list() {
	messages one | grep -q '^notifications/tools/list_changed$'
}

# era WORDS: all of it with the upstream that applied as "up"
era() {
	local era=$1 other=note://of-$2
	listen one '{"resourceSubscriptions":["up+note://a","up+note://made"],"toolsListChanged":true}'
	sv_until 60 updated_more one up+note://a 0
	is "$era: once it has agreed to tell, we are told what may have been missed" 1 "$(updated one up+note://a)"
	[ "$(updated one up+note://a)" -gt 0 ] || exit 1
	ok "$era: a change reaches who subscribed" tells one note://a
	ok "$era: so does one of what a template makes" tells one note://made
	listen two '{"resourceSubscriptions":["up+note://a","up+'"$other"'"]}' 2
	ok "$era: another stream adds to what is heard of" sv_until 30 updated_more two "up+$other" 0
	ok "$era: and hears of it" tells two "$other"
	ok "$era: both hear of the same" tells one note://a
	is "$era: nobody hears of what he did not ask for" 0 "$(updated one "up+$other")"
	sql "UPDATE sallyport.upstream_state SET in_vain = 0" >/dev/null
	mode "$2" changed
	event list_changed
	ok "$era: a list that has changed is read again, and the change is held" sv_until 40 held 1
	ok "$era: of which our clients hear" sv_until 20 heard_of_list
	mode "$2"
	event list_changed
	ok "$era: and back" sv_until 60 held 0
	stop_listening one two
}

port=$(free_port)
mode ok
serve talker python3 "$top_srcdir/tests/lib/upstream_talker.py" "$T/mode" http "$port"
sv_until 20 answers "$port" || exit 1
is "an upstream of 2026-07-28" 0 "$(apply_talker <<-END
	url: http://127.0.0.1:$port/mcp
	allow: [127.0.0.0/8]
END
)"
era "2026-07-28" ok
is "one connection is enough" 1 "$(sql "SELECT count(*) FROM sallyport.upstream_state WHERE follower IS NOT NULL")"

mode session
is "it becomes one with sessions" 0 "$(apply_talker <<-END
	url: http://127.0.0.1:$port/mcp
	allow: [127.0.0.0/8]
	era: 2025-11-25
END
)"
sallyport catalog refresh up >"$T/out" 2>&1
era "sessions" session

# what floods
mode session flood
listen one '{"resourceSubscriptions":["up+note://a"]}'
ok "one that does not stop talking is left alone" sv_until 60 grep -q 'it says too much' "$sv_log/runner.log"
ok "and the runner has not grown" test "$(awk '/VmRSS/ { print $2 }' "/proc/$(sv_pid runner)/status")" -lt 200000
sql "UPDATE sallyport.upstream_state SET down_since = now(), retry_at = now() + interval '1 hour'" >/dev/null
listen three '{"toolsListChanged":true}'
sql "UPDATE sallyport.upstream_state SET down_since = NULL, retry_at = NULL" >/dev/null
hears three 1
like "clients hear of one that is back" '^notifications/tools/list_changed$' "$(messages three | sed 1d)"
stop_listening one three
mode session
is "a call still works" hello "$(tool up_say '{"text": "hello"}'; said)"
is "a runner that ends gives what it follows back" 0 "$(stop_runners; sql "SELECT count(*) FROM sallyport.upstream_state WHERE follower IS NOT NULL")"
