#!/bin/bash
# HTTP+SSE, the transport of 2024-11-05: off, and where it is on.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/twin.sh"
[[ ${HTTPD:-nginx} != *cgi ]] || skip_all "a CGI program keeps no streams"
start_postgres && migrate && mcp_catalog || exit 1
sql "INSERT INTO sallyport.resource (name, title) VALUES ('other', 'Other');
     CREATE FUNCTION tools.slow() RETURNS text LANGUAGE sql AS \$\$ SELECT pg_sleep(20)::text \$\$;
     COMMENT ON FUNCTION tools.slow IS E'Slow\n@mcp'"
sallyport catalog apply >"$sv_log/catalog.log" 2>&1
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && add_user bob
client=$(register_client)
login() { redeem "$(authorize_as "$1" "$client" scope=orders:read)" >/dev/null; access_token; }
bob=$(login bob)
alice=$(login alice)
mcp_token=$alice
version='' session=''

open_sse() { request GET "$1" -H 'Accept: text/event-stream' -H "Authorization: Bearer $mcp_token" --max-time 2; }
is "off: GET /mcp/sse" 404 "$(open_sse /mcp/sse)"
is "POST /mcp/sse" 404 "$(mcp_path=/mcp/sse post_mcp "$(old ping)")"
echo "mcp_http_sse = true" >>"$sv_config"
stop_workers && start_workers && start_twin || exit 1

# ---- the stream ----

is "on: without a token" 401 "$(mcp_token='' open_sse /mcp/sse)"
is "at a server that is not there" 404 "$(open_sse /mcp/nowhere/sse)"
listen one
is "the new transport's GET is not this" 405 "$(status_of one)"
endpoint_of() { sed -n '/^event: endpoint/{n;s/^data: //p}' "$T/$1.events"; }
mcp_path=/mcp/sse listen sse
await sse '^data: /'
is "a stream" 200 "$(status_of sse)"
like "says first where to send" '^/mcp/sse\?session_id=[A-Za-z0-9_-]{43}$' "$(endpoint_of sse)"
post() { request POST "${path:-$(endpoint_of sse)}" -H 'Content-Type: application/json' -H "Authorization: Bearer $mcp_token" --data-binary "$1"; }
answer() { events sse | grep '^{' | jq -c "select(.id == $1)"; }
say() { post "$(old "$@")"; }
initialize() { old initialize "$(jq -nc --arg v "$1" '{ protocolVersion: $v, capabilities: {}, clientInfo: { name: "tests", version: "1" } }')" "$2"; }

is "initialize is accepted" 202 "$(post "$(initialize 2024-11-05 0)")"
is "with no body" "" "$(body)"
await sse '"id":0'
is "and answered on the stream" "2024-11-05 sallyport" "$(answer 0 | jq -r '.result | "\(.protocolVersion) \(.serverInfo.name)"')"
is "the client is known" tests "$(sql "SELECT client_info->>'name' FROM sallyport.mcp_session")"
is "initialized" 202 "$(say notifications/initialized '{}' null)"
is "ping" 202 "$(say ping '{}' 1)"
await sse '"id":1'
is "is {}" '{}' "$(answer 1 | jq -c .result)"
is "tools/list at other processes" 202 "$(at_twin say tools/list '{}' 2)"
await sse '"id":2'
is "is answered on the same stream" true "$(answer 2 | jq -c '.result.tools | length > 2')"
is "tools/call" 202 "$(say tools/call '{"name":"order_status","arguments":{"order_no":1}}' 3)"
await sse '"id":3'
is "is answered" '{"rows":[{"state":"sent","owner":"alice"}]}' "$(answer 3 | jq -r '.result.content[0].text')"
is "a call that lacks scope" 202 "$(say tools/call '{"name":"refund","arguments":{"order_no":1}}' 4)"
await sse '"id":4'
is "is an error" -32600 "$(answer 4 | jq '.error.code')"
is "an unknown method" 202 "$(say nonsense '{}' 5)"
await sse '"id":5'
is "is an error" -32601 "$(answer 5 | jq '.error.code')"

is "a call that takes long" 202 "$(say tools/call '{"name":"slow"}' 6)"
sv_until 20 sql "SELECT 1 / count(*) FROM pg_stat_activity WHERE query ~ 'slow' AND state = 'active' AND usename = 'sallyport_app'"
is "and is cancelled at other processes" 202 "$(at_twin say notifications/cancelled '{"requestId":6}' null)"
sv_until 10 sql "SELECT 1 / (count(*) = 0)::integer FROM pg_stat_activity WHERE query ~ 'slow' AND state = 'active' AND usename = 'sallyport_app'"
is "does not run on" 0 "$(sql "SELECT count(*) FROM pg_stat_activity WHERE query ~ 'slow' AND state = 'active' AND usename = 'sallyport_app'")"
is "ping behind it" 202 "$(say ping '{}' 7)"
await sse '"id":7'
is "it has no answer" "" "$(answer 6)"

# ---- what is refused ----

is "no session" 400 "$(path=/mcp/sse say ping)"
is "a malformed one" 400 "$(path='/mcp/sse?session_id=a%20b' say ping)"
is "two of them" 400 "$(path="$(endpoint_of sse)&session_id=x" say ping)"
is "an unknown one" 404 "$(path="/mcp/sse?session_id=unknown" say ping)"
is "another user's" 404 "$(mcp_token=$bob say ping)"
is "without a token" 401 "$(mcp_token='' say ping)"
is "not JSON" 400 "$(post hello)"
is "a batch" 400 "$(post "[$(old ping)]")"
is "text" 415 "$(request POST "$(endpoint_of sse)" -H 'Content-Type: text/plain' -H "Authorization: Bearer $mcp_token" -d x)"
# a message that is none is told on the stream
is "id null" 202 "$(post '{"jsonrpc":"2.0","id":null,"method":"ping"}')"
sv_until 10 grep -q -- -32600 "$T/sse.events"
is "nothing of these was answered as a call" "0 1 2 3 4 5 7" "$(events sse | grep '^{' | jq -r 'select(.id != null) | .id' | sort -un | paste -sd' ')"

# ---- the end ----

hang_up sse
mcp_path=/mcp/other/sse mcp_token=$(redeem "$(authorize_as alice "$client" resource="$issuer/mcp/other")" >/dev/null; access_token) listen named
await named '^data: /'
like "a named server has its own" '^/mcp/other/sse\?session_id=' "$(endpoint_of named)"
hang_up named
mcp_path=/mcp/sse mcp_token=$(login alice) listen sse
await sse '^data: /'
mcp_token=$(access_token)
sql "DELETE FROM sallyport.mcp_session"
await_end sse
is "a session that is gone ends its stream" 404 "$(say ping)"
done_testing
