#!/bin/bash
# What a session hears of changes, on the stream of its GET: lists, and resources it has subscribed to.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/twin.sh"
mkdir -p "$T/handbook" && chmod a+rx "$T/handbook"
start_postgres && migrate resource_dirs="handbook=$T/handbook" && sql "$(cat "$top_srcdir/tests/lib/content.sql")" || exit 1
sallyport catalog apply >"$sv_log/catalog.log" 2>&1
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && add_user guest --tier public
client=$(register_client)
login() { redeem "$(authorize_as "$1" "$client" scope=orders:read)" >/dev/null; access_token; }
guest=$(login guest)
mcp_token=$(login alice)
version=2025-11-25
capabilities() { version='' post_mcp "$(old initialize '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}')" >/dev/null; json '.result.capabilities | del(.extensions)' -c; }
subscribe() { post_mcp "$(old resources/subscribe "{\"uri\":$1}")" >/dev/null; json 'if .result then .result | tojson else .error.code end'; }
unsubscribe() { post_mcp "$(old resources/unsubscribe "{\"uri\":$1}")" >/dev/null; json 'if .result then .result | tojson else .error.code end'; }
if [[ ${HTTPD:-nginx} = *cgi ]]; then
	unlike "a CGI program promises nothing" 'listChanged|subscribe' "$(capabilities)"
	session=$(open_session)
	is "and has no resources/subscribe" -32601 "$(subscribe '"shop://terms"')"
	done_testing
	exit
fi
start_twin || exit 1

told() { events "$1" | jq -r '.method + (if .params.uri then " " + .params.uri else "" end)'; }
# changed URI...: as whoever changes what it is made of
changed() { local uri; for uri; do sql "SELECT mcp.resource_updated('$uri')" >/dev/null; done; }
hears() { sv_until 10 has_heard "$1" "$2"; }
has_heard() { [ "$(told "$1" | wc -l)" -ge "$2" ]; }
# everything that was said before a prompt changed, which is said last
settle() { sql "SELECT mcp.list_changed('prompts')" >/dev/null; await "$1" 'prompts/list_changed'; }
got() { settle "$1"; told "$1" | grep -v '^notifications/prompts' | paste -sd' '; }
fresh() { hang_up a 2>/dev/null; listen a; await a '^id: '; }

is "what is promised" '{"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"prompts":{"listChanged":true},"completions":{},"logging":{}}' "$(capabilities)"
session=$(open_session)
is "resources/subscribe" '{}' "$(subscribe '"shop://terms"')"
is "twice is once" '{}' "$(subscribe '"shop://terms"')"
is "of what a template makes" '{}' "$(subscribe '"shop://orders/1"')"
for uri in '"shop://nowhere"' '"shop://draft"' '"shop://prices"'; do is "what cannot be read: $uri" -32002 "$(subscribe "$uri")"; done
for uri in 7 null '[]' "\"shop://$(printf '%2100s' x | tr ' ' x)\""; do is "no URI: ${uri:0:20}" -32602 "$(subscribe "$uri")"; done
is "without a session" 400 "$(session='' post_mcp "$(old resources/subscribe '{"uri":"shop://terms"}')")"
is "in 2026-07-28 there is no such method" 404 "$(session='' version=2026-07-28 method=resources/subscribe post_mcp "$(rpc resources/subscribe '{"uri":"shop://terms"}')")"
is "two rows" 2 "$(sql 'SELECT count(*) FROM sallyport.mcp_resource_subscription')"

listen a
await a '^id: '
changed shop://terms shop://open shop://orders/1 shop://orders/2
is "a stream that is opened later hears of them, and of no others" \
	'notifications/resources/updated shop://terms notifications/resources/updated shop://orders/1' "$(got a)"
fresh
is "subscribed at other processes" '{}' "$(at_twin subscribe '"shop://open"')"
heard_open() { changed shop://open; sv_until 1 has_heard a 1; }
sv_until 10 heard_open
like "is heard of here" 'updated shop://open' "$(told a)"
fresh
is "unsubscribe" '{}' "$(at_twin unsubscribe '"shop://open"')"
is "of what was not subscribed to" '{}' "$(unsubscribe '"shop://never"')"
forgotten() { hang_up a; listen a; await a '^id: '; changed shop://open; [ -z "$(got a)" ]; }
sv_until 10 forgotten
is "is not heard of any more" "" "$(got a)"

fresh
sql "UPDATE sallyport.mcp_resource SET content = 'new terms' WHERE uri = 'shop://terms'"
is "a change of a row" "notifications/resources/updated shop://terms" "$(got a)"
fresh
sql "UPDATE sallyport.mcp_resource SET title = 'The terms' WHERE uri = 'shop://terms'; SELECT mcp.list_changed('tools')" >/dev/null
is "lists" "notifications/resources/list_changed notifications/tools/list_changed" "$(settle a; told a | grep -v '^notifications/prompts' | sort | paste -sd' ')"
is "a list has no params" '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}' "$(events a | grep tools/list_changed)"

# ---- whoever comes back is told everything, because some of it was missed ----

hang_up a
at_twin listen b -H "Last-Event-ID: $(last_id a)"
hears b 5
is "after a while without a stream" "notifications/prompts/list_changed notifications/resources/list_changed notifications/resources/updated shop://orders/1 notifications/resources/updated shop://terms notifications/tools/list_changed" \
	"$(told b | sort | paste -sd' ')"
at_twin mcp_workers | xargs -r kill -9
await_end b
listen c -H "Last-Event-ID: $(last_id b)"
hears c 5
is "after a kill -9" 5 "$(told c | wc -l)"
changed shop://terms
hears c 6
is "and the next change is heard of" "notifications/resources/updated shop://terms" "$(told c | tail -n 1)"
hang_up c

# ---- who may not read it ----

mine=$session
alice=$mcp_token mcp_token=$guest
session=$(open_session)
is "a guest may not subscribe to everything" "-32002 {}" "$(subscribe '"shop://logo"') $(subscribe '"shop://terms"')"
sql "INSERT INTO sallyport.mcp_resource_subscription VALUES (sha256('$session'), 'shop://logo')"
fresh
changed shop://logo shop://terms
is "nor hear of it" "notifications/resources/updated shop://terms" "$(got a)"
sql "UPDATE sallyport.mcp_resource SET tier = 'developer' WHERE uri = 'shop://terms'"
fresh
changed shop://terms
is "nor of what was taken away since" "" "$(settle a; told a | grep updated | paste -sd' ')"
sql "INSERT INTO sallyport.mcp_resource_subscription SELECT sha256('$session'), 'shop://orders/' || n FROM generate_series(1, 1000) n ON CONFLICT DO NOTHING"
is "a thousand are enough" -32600 "$(mcp_token=$guest subscribe '"shop://labels/small/x"')"
hang_up a
mcp_token=$alice session=$mine
fresh
is "the session ends" 204 "$(request DELETE /mcp -H "Authorization: Bearer $mcp_token" -H "Mcp-Session-Id: $session")"
await_end a
is "with its subscriptions" 0 "$(sql "SELECT count(*) FROM sallyport.mcp_resource_subscription WHERE session_sha256 = sha256('$session')")"
done_testing
