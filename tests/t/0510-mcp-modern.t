#!/bin/bash
# Protocol 2026-07-28: which request is answered with which status and code.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
start_postgres && migrate && mcp_catalog && start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice
token_for alice scope="orders:read" >/dev/null

list=$(rpc tools/list) discover=$(rpc server/discover)
call() { rpc tools/call "$(jq -nc --arg name "$1" --argjson arguments "${2:-"{}"}" '{ name: $name, arguments: $arguments }')"; }
touch=$(call touch '{"n":1}')

# ---- what works ----

method=server/discover try "server/discover" "200 ok" "$discover"
is "names the revisions" '["2026-07-28","2025-11-25","2025-06-18","2025-03-26"]' "$(json .result.supportedVersions -c)"
tells='{"listChanged":true}'
[ "${HTTPD:-nginx}" != cgi ] || tells='{}'	# nobody is there who could
is "has tools, and tells of their changes" "{\"tools\":$tells,\"logging\":{},\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}" "$(json .result.capabilities -c)"
is "may be cached" "complete 300000 public" "$(json '.result | "\(.resultType) \(.ttlMs) \(.cacheScope)"')"
is "says who it is" "sallyport" "$(json '.result._meta["io.modelcontextprotocol/serverInfo"].name')"
is "is JSON" "application/json" "$(header Content-Type)"
is "is not stored on the way" "no-store" "$(header Cache-Control)"
is "opens no session" "" "$(header Mcp-Session-Id)"
sql "UPDATE sallyport.resource SET instructions = 'Ask politely.', list_ttl_ms = 90000 WHERE name = ''"
catalog_known
method=server/discover post_mcp "$discover" >/dev/null
is "has the instructions of the server, as they are now" "Ask politely." "$(json .result.instructions)"

method=tools/list try "tools/list" "200 ok" "$list"
is "lists what the caller may call, in order" "echo list_orders order_status touch" "$(json '[.result.tools[].name] | join(" ")')"
is "is private, and kept as long as the server says" "complete 90000 private null" "$(json '.result | "\(.resultType) \(.ttlMs) \(.cacheScope) \(.nextCursor)"')"
is "an entry" '{"name":"order_status","title":"Order status","description":"Says where one order of the calling customer is now.","inputSchema":{"type":"object","properties":{"order_no":{"type":"integer","minimum":1,"description":"number printed on the invoice"},"verbose":{"type":"boolean","default":false}},"required":["order_no"],"additionalProperties":false},"outputSchema":{"type":"object","properties":{"rows":{"type":"array","items":{"type":"object","properties":{"state":{"type":["string","null"]},"owner":{"type":["string","null"]}},"required":["state","owner"]}}},"required":["rows"]},"annotations":{"readOnlyHint":true,"openWorldHint":false}}' \
	"$(json '.result.tools[] | select(.name == "order_status")' -c)"

method=tools/call name=touch try "tools/call" "200 ok" "$touch"
is "its content" '[{"type":"text","text":"{\"result\":1}"}] {"result":1} false complete' \
	"$(json '.result | "\(.content | tojson) \(.structuredContent | tojson) \(.isError) \(.resultType)"')"
is "it was called once" 1 "$(sql 'SELECT count(*) FROM shop.touched')"
sql 'TRUNCATE shop.touched'
before=$(db_checksum)

# ---- envelopes ----

method=tools/list
try "a string id" "200 ok" "$(rpc tools/list '{}' '"probe-1"')"
is "is repeated" '"probe-1"' "$(json '.id | tojson')"
try "id 0" "200 ok" "$(rpc tools/list '{}' 0)"
is "is repeated, too" 0 "$(json .id)"
for id in null '{}' '[1]' 1.5 true 99999999999999999999; do
	try "id $id" "400 -32600" "$(sed "s/\"id\":1,/\"id\":$id,/" <<<"$list")"
	is "answered without an id" "null false" "$(json '"\(.id) \(has("id"))"')"
done
try "jsonrpc 1.0" "400 -32600" "${list/2.0/1.0}"
is "with the id, when it could be read" 1 "$(json .id)"
try "no jsonrpc" "400 -32600" "$(jq -c 'del(.jsonrpc)' <<<"$list")"
try "no method" "400 -32600" "$(jq -c 'del(.method)' <<<"$list")"
try "a method that is no string" "400 -32600" "$(jq -c '.method = 7' <<<"$list")"
try "a response" "400 -32600" '{"jsonrpc":"2.0","id":1,"result":{}}'
try "a notification" "202 -" "$(jq -c 'del(.id)' <<<"$list")"
method='' try "a notification without Mcp-Method" "202 -" '{"jsonrpc":"2.0","method":"notifications/cancelled"}'
try "a batch" "400 -32600" "[$list]"
try "an empty batch" "400 -32600" "[]"

try "no body" "400 -32700" ""
try "not JSON" "400 -32700" "hello"
try "a scalar" "400 -32600" "3"
try "two objects" "400 -32700" "$list$list"
try "a repeated name" "400 -32700" '{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/list"}'
try "depth 1000" "400 -32700" "$(printf '[%.0s' {1..1000})$(printf ']%.0s' {1..1000})"
try "1e400" "400 -32700" '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"x":1e400}}'
try "invalid UTF-8" "400 -32700" $'{"jsonrpc":"2.0","id":1,"method":"tools/list\xff"}'
try "NUL in a string" "400 -32700" '{"jsonrpc":"2.0","id":1,"method":"tools/list\u0000"}'
try "a BOM" "400 -32700" $'\xef\xbb\xbf'"$list"
try "a lone surrogate" "400 -32700" '{"jsonrpc":"2.0","id":1,"method":"\ud800"}'

# ---- params and _meta ----

try "no params" "400 -32602" "$(jq -c 'del(.params)' <<<"$list")"
for params in '[]' '"x"' null; do
	try "params $params" "400 -32602" "$(jq -c ".params = $params" <<<"$list")"
done
try "no _meta" "400 -32602" "$(jq -c 'del(.params._meta)' <<<"$list")"
try "_meta an array" "400 -32602" "$(jq -c '.params._meta = []' <<<"$list")"
for key in protocolVersion clientCapabilities; do
	try "_meta without $key" "400 -32602" "$(jq -c "del(.params._meta[\"io.modelcontextprotocol/$key\"])" <<<"$list")"
	try "_meta with $key null" "400 -32602" "$(jq -c ".params._meta[\"io.modelcontextprotocol/$key\"] = null" <<<"$list")"
	try "_meta with $key a number" "400 -32602" "$(jq -c ".params._meta[\"io.modelcontextprotocol/$key\"] = 7" <<<"$list")"
done
try "_meta with clientInfo" "200 ok" "$(jq -c '.params._meta["io.modelcontextprotocol/clientInfo"] = {name: "x", version: "1"}' <<<"$list")"
try "_meta with what nobody knows" "200 ok" "$(jq -c '.params._meta["com.example/x"] = [1]' <<<"$list")"
try "a cursor that is none" "200 -32602" "$(jq -c '.params.cursor = "zz zz"' <<<"$list")"
try "a cursor that is a number" "200 -32602" "$(jq -c '.params.cursor = 7' <<<"$list")"

# ---- MCP-Protocol-Version ----

unknown=$(jq -c '.params._meta["io.modelcontextprotocol/protocolVersion"] = "v999.0.0"' <<<"$list")
version='' try "no MCP-Protocol-Version" "400 -32020" "$list"
version=2025-11-25 try "it differs from _meta" "400 -32020" "$list"
try "_meta of an unknown revision, header of a known one" "400 -32020" "$unknown"
version=v999.0.0 try "unknown in both places" "400 -32022" "$unknown"
is "says what it could be, and what it was" '{"supported":["2026-07-28","2025-11-25","2025-06-18","2025-03-26"],"requested":"v999.0.0"}' \
	"$(json .error.data -c)"
version=2099-01-01 try "an unknown header and no _meta" "400 -32022" "$(jq -c 'del(.params._meta)' <<<"$list")"
try "MCP-Protocol-Version twice" "400 -32020" "$list" -H 'MCP-Protocol-Version: 2026-07-28'

# ---- Mcp-Method ----

method='' try "no Mcp-Method" "400 -32020" "$list"
method=tools/call try "another Mcp-Method" "400 -32020" "$list"
method=Tools/List try "Mcp-Method in another case" "400 -32020" "$list"
try "Mcp-Method twice" "400 -32020" "$list" -H 'Mcp-Method: tools/list'
method='' try "a lower-case header name" "200 ok" "$list" -H 'mcp-method: tools/list'
method='' try "an upper-case header name" "200 ok" "$list" -H 'MCP-METHOD: tools/list'
method='' try "white space round the value" "200 ok" "$list" -H 'Mcp-Method:    tools/list  '

# ---- methods ----

for m in nonsense initialize ping logging/setLevel resources/subscribe resources/unsubscribe tasks/list tasks/result \
	notifications/initialized; do
	method=$m try "$m" "404 -32601" "$(rpc $m)"
done
# what this server does not have: 0551-resources.t and 0552-prompts.t have those that do
for m in prompts/list resources/list resources/templates/list; do
	method=$m try "$m" "404 -32601" "$(rpc $m)"
done
method=prompts/get name=x try "prompts/get" "404 -32601" "$(rpc prompts/get '{"name":"x"}')"
method=resources/read name=x:y try "resources/read" "404 -32601" "$(rpc resources/read '{"uri":"x:y"}')"
method=completion/complete try "completion/complete" "404 -32601" \
	"$(rpc completion/complete '{"ref":{"type":"ref/prompt","name":"x"},"argument":{"name":"a","value":""}}')"
method=Tools/List try "a method in another case" "404 -32601" "$(rpc Tools/List)"

# ---- Mcp-Name ----

method=tools/call
try "no Mcp-Name" "400 -32020" "$touch"
name=echo try "another Mcp-Name" "400 -32020" "$touch"
name=Touch try "Mcp-Name in another case" "400 -32020" "$touch"
name='=?base64?dG91Y2g?=' try "Mcp-Name with broken Base64" "400 -32020" "$touch"
name='=?base64?ZWNobw==?=' try "Mcp-Name that decodes to another name" "400 -32020" "$touch"
name=touch try "Mcp-Name twice" "400 -32020" "$touch" -H 'Mcp-Name: touch'
echo_=$(call echo)
name=echo try "the right one" "200 ok" "$echo_"
name='=?base64?ZWNobw==?=' try "the right one in Base64" "200 ok" "$echo_"
name='  echo  ' try "white space round the name" "200 ok" "$echo_"
name=touch try "no name" "400 -32020" "$(rpc tools/call '{}')"
name=7 try "a name that is a number" "400 -32020" "$(rpc tools/call '{"name":7}')"
name=echo try "arguments an array" "400 -32602" "$(rpc tools/call '{"name":"echo","arguments":[]}')"
name=echo try "no arguments" "200 ok" "$(rpc tools/call '{"name":"echo"}')"

# ---- Mcp-Param-* ----

name=echo
region() { try "$1" "$2" "$(call echo "$(jq -nc --arg region "$3" '{ region: $region }')")" "${@:4}"; }
region "Mcp-Param, encoded" "200 ok" Hello -H 'Mcp-Param-Region: =?base64?SGVsbG8=?='
region "Mcp-Param, padding missing" "400 -32020" Hello -H 'Mcp-Param-Region: =?base64?SGVsbG8?='
region "Mcp-Param, not Base64" "400 -32020" Hello -H 'Mcp-Param-Region: =?base64?SGVs!!!bG8=?='
region "Mcp-Param, literal that looks like Base64" "200 ok" SGVsbG8= -H 'Mcp-Param-Region: SGVsbG8='
region "Mcp-Param, literal with half the marks" "200 ok" '=?base64?SGVsbG8=' -H 'Mcp-Param-Region: =?base64?SGVsbG8='
region "Mcp-Param missing" "400 -32020" test-value
region "Mcp-Param, another value" "400 -32020" us-west1 -H 'Mcp-Param-Region: us-west2'
region "Mcp-Param twice" "400 -32020" us-west1 -H 'Mcp-Param-Region: us-west1' -H 'Mcp-Param-Region: us-west1'
region "Mcp-Param, not ASCII" "200 ok" 'Hello, 世界' -H 'Mcp-Param-Region: =?base64?SGVsbG8sIOS4lueVjA==?='
region "Mcp-Param, raw UTF-8" "400 -32020" 'Hello, 世界' -H 'Mcp-Param-Region: Hello, 世界'
region "a header that no argument has" "200 ok" a -H 'Mcp-Param-Region: a' -H 'Mcp-Param-Other: b'
try "a header without its argument" "400 -32020" "$echo_" -H 'Mcp-Param-Region: eu'
try "null has no header" "200 ok" "$(call echo '{"region":null}')"
try "null with a header" "400 -32020" "$(call echo '{"region":null}')" -H 'Mcp-Param-Region: eu'
try "42.0 is 42" "200 ok" "$(call echo '{"level":42}')" -H 'Mcp-Param-Level: 42.0'
try "43 is not 42" "400 -32020" "$(call echo '{"level":42}')" -H 'Mcp-Param-Level: 43'
try "true" "200 ok" "$(call echo '{"flag":true}')" -H 'Mcp-Param-Flag: true'
try "1 is not true" "400 -32020" "$(call echo '{"flag":true}')" -H 'Mcp-Param-Flag: 1'

# ---- HTTP ----

method=tools/call name=touch
content_type=text/plain try "Content-Type text/plain" "415 -32600" "$touch"
content_type=application/x-www-form-urlencoded try "a form" "415 -32600" "$touch"
content_type='' try "no Content-Type" "415 -32600" "$touch"
content_type='application/json; charset=utf-16' try "UTF-16" "415 -32600" "$touch"
accept=application/json try "Accept of JSON only" "406 -32600" "$touch"
accept=text/event-stream try "Accept of streams only" "406 -32600" "$touch"
accept=text/html try "Accept of HTML" "406 -32600" "$touch"
accept='*/*' name=echo try "Accept of anything" "200 ok" "$echo_"
accept='' name=echo try "no Accept" "200 ok" "$echo_"
content_type='Application/JSON; charset=UTF-8' name=echo try "Content-Type in other letters" "200 ok" "$echo_"
try "a foreign Origin" "403 -32600" "$touch" -H 'Origin: https://evil.example'
try "Origin null" "403 -32600" "$touch" -H 'Origin: null'
[ "${HTTPD:-}" = lighttpd ] ||		# which does not hand on empty headers
	try "an empty Origin" "403 -32600" "$touch" -H 'Origin;'
status=$(post_mcp "$touch" -H "Origin: http://localhost:$sv_port" -H 'Origin: https://evil.example')
like "two Origins" '^40[03]$' "$status"
name=echo try "our own Origin" "200 ok" "$echo_" -H "Origin: http://localhost:$sv_port"
is "is readable by the page" "*" "$(header Access-Control-Allow-Origin)"
is "preflight" 204 "$(request OPTIONS /mcp -H 'Origin: http://localhost:6274' -H 'Access-Control-Request-Method: POST' \
	-H 'Access-Control-Request-Headers: authorization,content-type,mcp-method,mcp-name,mcp-protocol-version,mcp-param-region')"
for h in authorization content-type mcp-protocol-version mcp-method mcp-name mcp-session-id mcp-param-region; do
	like "preflight allows $h" "(^|, *)$h(,|\$)" "$(header Access-Control-Allow-Headers | tr A-Z a-z)"
done
auth=(-H "Authorization: Bearer $(access_token)")
is "GET" 405 "$(get /mcp "${auth[@]}" -H 'Accept: text/event-stream')"
like "says what is allowed" 'POST' "$(header Allow)"
is "DELETE" 405 "$(request DELETE /mcp "${auth[@]}" -H 'MCP-Protocol-Version: 2026-07-28')"
is "PUT" 405 "$(request PUT /mcp "${auth[@]}" -d '{}')"
is "a server that is not there" 404 "$(mcp_path=/mcp/nowhere post_mcp "$touch")"
is "with a slash behind it" 200 "$(mcp_path=/mcp/ name=echo post_mcp "$echo_")"
head -c 4194305 /dev/zero | tr '\0' ' ' >"$T/large"
is "a body of 4 MiB and a byte" 413 "$(post_mcp "@$T/large")"

is "and nothing of this has changed anything" "$before" "$(db_checksum)"
done_testing
