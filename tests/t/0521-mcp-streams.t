#!/bin/bash
# Streams of sessions: GET, Last-Event-ID, two sets of processes, and some that are killed.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/twin.sh"
[[ ${HTTPD:-nginx} != *cgi ]] || skip_all "a CGI program keeps no streams"
start_postgres && migrate && mcp_catalog && start_httpd "${HTTPD:-nginx}" && start_twin || exit 1
add_user alice && add_user bob
client=$(register_client)
login() { redeem "$(authorize_as "$1" "$client" scope=orders:read)" >/dev/null; access_token; }
bob=$(login bob)
alice=$(login alice)
mcp_token=$alice

get_stream() {
	request GET "$mcp_path" -H "Accept: ${get_accept:-text/event-stream}" -H "Authorization: Bearer $mcp_token" --max-time 3 \
		${version:+-H "MCP-Protocol-Version: $version"} ${session:+-H "Mcp-Session-Id: $session"} "$@"
}
# the stream of a GET in the session
stream_id() { sql "SELECT stream_id FROM sallyport.mcp_stream WHERE session_sha256 = sha256('$session') AND request_id IS NULL"; }
# what was put in: a GET says by itself that lists may have changed, when somebody comes back
said() { local name; for name; do events "$name" | grep '"n":'; done; }
streams() { sql "SELECT count(*) FROM sallyport.mcp_stream"; }
# put N [LAST]: a message, as any process would put it in
put() {
	sql "SELECT event FROM sallyport.mcp_outbox_put(sha256('$session'), '${stream:-$(stream_id)}', NULL,
		$([ "$1" = none ] && echo NULL || echo "'{\"n\":$1}'"), ${2:-false})"
}

# ---- GET ----

version=2025-11-25
session=$(open_session 2025-11-25)
is "GET without a session" 405 "$(session='' get_stream)"
is "GET of 2026-07-28" 405 "$(version=2026-07-28 get_stream)"
is "an unknown session" 404 "$(session=unknown get_stream)"
is "a malformed session" 400 "$(session='a b' get_stream)"
is "another user's session" 404 "$(mcp_token=$bob get_stream)"
is "without a token" 401 "$(mcp_token='' get_stream)"
is "who takes no events" 406 "$(get_accept=application/json get_stream)"
for last in x 0 "$(printf '%300s' x)" 00000000-0000-0000-0000-00000000000g.1 00000000-0000-4000-8000-000000000000.1 \
	00000000-0000-4000-8000-000000000000.-1 00000000-0000-4000-8000-000000000000.99999999999999999999 \
	"' OR 1=1"; do
	is "Last-Event-ID: ${last:0:50}" 400 "$(get_stream -H "Last-Event-ID: $last")"
done
is "opened no stream" 0 "$(streams)"

listen one
await one '^id: '
is "GET" 200 "$(status_of one)"
like "is a stream" '^text/event-stream' "$(sed -n 's/^[Cc]ontent-[Tt]ype: //p' "$T/one.headers")"
like "that begins with an id to come back with" '^id: [0-9a-f-]{36}\.0$' "$(cat "$T/one.events")"
like "and how long to wait before" '^retry: 1000$' "$(cat "$T/one.events")"
is "and no message" "" "$(said one)"
is "a message is number 1" 1 "$(put 1)"
await one '"n":1'
put 2 >/dev/null; put 3 >/dev/null
await one '"n":3'
is "all come, in order" "$(printf '{"n":%s}\n' 1 2 3)" "$(said one)"
like "with their ids" '\.3$' "$(last_id one)"
is "a session without its stream gets nothing of it" "400" "$(session=$(open_session) get_stream -H "Last-Event-ID: $(last_id one)")"
other=$(open_session)
is "a second user's session neither" "404" "$(session=$other mcp_token=$bob get_stream -H "Last-Event-ID: $(last_id one)")"
put 4 >/dev/null
await one '"n":4'

# ---- the client comes back ----

hang_up one
put 5 >/dev/null; put 6 >/dev/null
at_twin listen two -H "Last-Event-ID: $(last_id one)"
await two '"n":6'
is "the rest, at other processes" "$(printf '{"n":%s}\n' 5 6)" "$(said two)"
put 7 >/dev/null
await two '"n":7'
listen three -H "Last-Event-ID: $(last_id two)"
await_end two
put 8 >/dev/null
await three '"n":8'
is "who comes twice: the newest has the stream" "$(printf '{"n":%s}\n' 8)" "$(said three)"
is "and the one before ends with nothing twice" "$(printf '{"n":%s}\n' 5 6 7)" "$(said two)"
at_twin listen four
await four '^id: '
await_end three
is "a new stream is another one" "" "$(said four)"
is "of which a session has one" 1 "$(streams)"
is "the old one is gone" 400 "$(get_stream -H "Last-Event-ID: $(last_id three)")"

# ---- processes are killed ----

kill_workers() { mcp_workers | xargs -r kill -9; }
put 1 >/dev/null
await four '"n":1'
at_twin kill_workers
await_end four
for n in 2 3 4; do put $n >/dev/null; done
listen five -H "Last-Event-ID: $(last_id four)"
await five '"n":4'
put 5 >/dev/null
await five '"n":5'
is "kill -9 of who holds the stream: everything once" "$(printf '{"n":%s}\n' 1 2 3 4 5)" "$(said four five)"

# many messages while the holder is killed again and again
seen=$T/seen
: >"$seen"
last=$(last_id five)
for n in $(seq 6 125); do echo "SELECT sallyport.mcp_outbox_put(sha256('$session'), '$(stream_id)', NULL, '{\"n\":$n}', false); SELECT pg_sleep(0.02);"; done >"$T/many.sql"
hang_up five
(sql "$(cat "$T/many.sql")" >/dev/null) &
writer=$!
round=0
while [ "$round" -lt 20 ] && ! grep -q '"n":125}' "$seen"; do
	round=$((round + 1))
	where=$([ $((round % 2)) = 0 ] && echo at_twin)
	$where listen many -H "Last-Event-ID: $last"
	sv_until 1 grep -q '"n":125}' "$T/many.events" || $where kill_workers
	[ "$round" -ge 6 ] && sv_until 5 grep -q '"n":125}' "$T/many.events"
	hang_up many
	# what is cut off in the middle was not received
	perl -0777 -pe 's/(.*\n\n|).*/$1/s' "$T/many.events" >"$T/whole"
	sed -n 's/^data: //p' "$T/whole" | grep '"n":' >>"$seen"
	! grep -q '^id: ' "$T/whole" || last=$(sed -n 's/^id: //p' "$T/whole" | tail -n 1)
done
wait "$writer"
is "120 messages while processes die: each once, in order" "$(printf '{"n":%s}\n' $(seq 6 125) | sha256sum)" "$(sha256sum <"$seen")"

# ---- a stream that ends ----

stream=$(sql "SELECT gen_random_uuid()")
sql "SELECT sallyport.mcp_stream_open(sha256('$session'), '$stream', '7', NULL, 60)"
put 1 >/dev/null
listen six -H "Last-Event-ID: $stream.0"
await six '"n":1'
put 2 true >/dev/null
await_end six
is "ends behind its last message" "$(printf '{"n":%s}\n' 1 2)" "$(said six)"
is "takes no more" "" "$(put 3)"
listen seven -H "Last-Event-ID: $stream.1"
await_end seven
is "can still be read" '{"n":2}' "$(said seven)"
sql "UPDATE sallyport.mcp_stream SET expires_at = now() - interval '1 second' WHERE stream_id = '$stream'; SELECT sallyport.sweep(1000, 0)" >/dev/null
is "until it is swept" 400 "$(get_stream -H "Last-Event-ID: $stream.1")"

stream=$(sql "SELECT gen_random_uuid()")
sql "SELECT sallyport.mcp_stream_open(sha256('$session'), '$stream', '\"a\"', NULL, 60)"
at_twin listen eight -H "Last-Event-ID: $stream.0"
await eight '^id: '
sql "UPDATE sallyport.mcp_stream SET expires_at = now() - interval '1 second' WHERE stream_id = '$stream'; SELECT sallyport.sweep(1000, 0)" >/dev/null
await_end eight
is "a call that is given up ends with an error" '"a" -32603' "$(events eight | jq -r '"\(.id | tojson) \(.error.code)"')"
stream=

# ---- limits ----

listen nine
await nine '^id: '
hang_up nine
sql "SELECT count(*) FROM generate_series(1, 1001) n, sallyport.mcp_outbox_put(sha256('$session'), '$(stream_id)', NULL, '{\"n\":' || n || '}', false)" >/dev/null
is "a stream keeps its newest messages" "500 1001 t" \
	"$(sql "SELECT count(*), max(event), (SELECT messages = 500 AND bytes > 0 FROM sallyport.mcp_stream s WHERE s.stream_id = '$(stream_id)') FROM sallyport.mcp_outbox WHERE stream_id = '$(stream_id)'" -F ' ')"
sql "SELECT count(*) FROM generate_series(1, 3) n, sallyport.mcp_outbox_put(sha256('$session'), '$(stream_id)', NULL, repeat('x', 2999999) || n % 10, false)" >/dev/null
is "not more than 8 MiB of them" "1 3000000" "$(sql "SELECT messages, bytes FROM sallyport.mcp_stream WHERE stream_id = '$(stream_id)'" -F ' ')"
sql "UPDATE sallyport.mcp_outbox SET created_at = now() - interval '10 minutes'; SELECT sallyport.sweep(1000, 0)" >/dev/null
is "and not longer than some minutes" "0 0 0" \
	"$(sql "SELECT (SELECT count(*) FROM sallyport.mcp_outbox o WHERE o.stream_id = s.stream_id), messages, bytes FROM sallyport.mcp_stream s WHERE s.stream_id = '$(stream_id)'" -F ' ')"

# ---- the end of a session ----

listen ten
await ten '^id: '
is "DELETE at other processes" 204 "$(at_twin request DELETE /mcp -H "Authorization: Bearer $mcp_token" -H "Mcp-Session-Id: $session")"
await_end ten
pass "ends its streams"
is "and removes them" 0 "$(streams)"
session=$(open_session)
listen eleven
await eleven '^id: '
sallyport grant revoke "$(sql "SELECT grant_id FROM sallyport.mcp_session WHERE session_sha256 = sha256('$session')")" >/dev/null
await_end eleven
pass "and so does the end of its grant"

# ---- other revisions ----

alice=$(login alice)
mcp_token=$alice
for v in 2025-06-18 2025-03-26; do
	session=$(open_session $v) version=$v
	listen old
	sv_until 5 grep -q '^:' "$T/old.events"
	is "$v: no message without data, which it does not know" "" "$(grep -v '^:' "$T/old.events" | grep .)"
	put 1 >/dev/null
	await old '"n":1'
	is "$v: but messages with ids" '{"n":1}' "$(events old)"
	hang_up old
done
done_testing
