#!/bin/bash
# Streams of sessions where LISTEN is not possible: the holders look by themselves.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/twin.sh"
[[ ${HTTPD:-nginx} != *cgi ]] || skip_all "a CGI program keeps no streams"
start_postgres && migrate db_listen=false && mcp_catalog && sql "$(cat "$top_srcdir/tests/lib/asking.sql")" || exit 1
# what the connections are not told belongs to the role
sql "ALTER ROLE sallyport_app SET search_path = pg_catalog, pg_temp"
sallyport catalog apply >"$sv_log/catalog.log" 2>&1
start_httpd "${HTTPD:-nginx}" && start_twin || exit 1
add_user alice
token_for alice >/dev/null
version=2025-11-25
version='' post_mcp "$(old initialize '{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"t","version":"1"}}')" >/dev/null
session=$(header Mcp-Session-Id)
unlike "no changes are promised" 'listChanged|subscribe' "$(json .result.capabilities -c)"
is "nor subscriptions" -32601 "$(post_mcp "$(old resources/subscribe '{"uri":"x://y"}')" >/dev/null; json .error.code)"
listen one
await one '^id: '
for n in 1 2 3; do
	sql "SELECT x.* FROM sallyport.mcp_stream s, sallyport.mcp_outbox_put(s.session_sha256, s.stream_id, NULL, '{\"n\":$n}', false) x WHERE s.request_id IS NULL" >/dev/null
done
await one '"n":3'
is "what is put in comes" "$(printf '{"n":%s}\n' 1 2 3)" "$(events one)"
call_stream two "$(old tools/call '{"name":"greet"}')"
await two elicitation/create
id=$(events two | jq -r 'select(.method) | .id')
is "an answer elsewhere" 202 "$(at_twin post_mcp "{\"jsonrpc\":\"2.0\",\"id\":\"$id\",\"result\":{\"action\":\"accept\",\"content\":{\"name\":\"Eve\"}}}")"
await_end two
is "and what comes of it" "Hello, Eve" "$(events two | jq -r 'select(.result) | .result.structuredContent.result')"
request DELETE /mcp -H "Authorization: Bearer $(access_token)" -H "Mcp-Session-Id: $session" >/dev/null
await_end one
ok "the end of a session ends its stream" has_ended "$(cat "$T/one.pid")"
done_testing
