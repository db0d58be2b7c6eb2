#!/bin/bash
# Resources and templates: what is listed, what is read and by whom, what the errors are.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
mkdir -p "$T/handbook/sub/deep" "$T/outside"
echo '# Handbook' >"$T/handbook/index.md"
printf 'x\0y' >"$T/handbook/raw.bin"; printf '\211PNG' >"$T/handbook/sub/a.PNG"; echo 'é "q"' >"$T/handbook/sub/with space.txt"
echo secret-file >"$T/outside/secret"; echo hidden >"$T/handbook/.hidden"; mkdir "$T/handbook/.git"; echo x >"$T/handbook/.git/config"
head -c 30000 /dev/zero | tr '\0' a >"$T/handbook/big.txt"
ln -s "$T/outside/secret" "$T/handbook/link"; ln -s "$T/outside" "$T/handbook/linked"; mkfifo "$T/handbook/fifo"
chmod -R a+rX "$T/handbook" "$T/outside"
start_postgres && migrate resource_dirs="handbook=$T/handbook" && sql "$(cat "$top_srcdir/tests/lib/content.sql")" &&
	sallyport catalog apply >"$sv_log/catalog.log" 2>&1 && start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && add_user guest --tier public && add_user root --tier admin && add_user bob
for user in guest root bob; do token_for $user scope=orders:read >"$T/$user"; done
token_for alice scope=orders:read >"$T/alice"

# read_resource URI: prints "STATUS CODE", or "STATUS ok" and leaves the answer
read_resource() {
	local status
	status=$(call_mcp resources/read "$(jq -nc --arg uri "$1" '{ uri: $uri }')")
	echo "$status $(json 'if .result then "ok" else .error.code? // .error end')"
}
contents() { json '.result.contents' -c; }
gives() { is "$1" "200 ok" "$(read_resource "$1")"; is "gives $2" "$2" "$(contents)"; }
unknown() { is "${2:-$1}: unknown" "200 -32602" "$(read_resource "$1")"; }

# ---- what there is ----

call_mcp server/discover >/dev/null
is "capabilities" '["tools","resources","prompts","completions","logging","extensions"]' "$(json '.result.capabilities | keys_unsorted' -c)"
is "resources/list" 200 "$(call_mcp resources/list)"
is "of what the caller may read, in order" 'shop://logo shop://long shop://open shop://terms' "$(json '[.result.resources[].uri] | join(" ")')"
is "may be kept by the caller" '60000 private complete null' "$(json '.result | "\(.ttlMs) \(.cacheScope) \(.resultType) \(.nextCursor)"')"
is "a row" '{"_meta":{"shop.example/k":{"a":null}},"annotations":{"audience":["user","assistant"],"priority":0.8},"description":"Terms of delivery.","icons":[{"mimeType":"image/png","sizes":["48x48"],"src":"https://shop.example/i.png"}],"mimeType":"text/markdown","name":"terms","size":19,"title":"Terms","uri":"shop://terms"}' \
	"$(json '.result.resources[] | select(.name == "terms") | del(.annotations.lastModified)' -cS)"
like "says when it was changed" '^20[0-9-]+T[0-9:]+Z$' "$(json '.result.resources[] | select(.name == "terms").annotations.lastModified')"
is "a function" '{"_meta":{"shop.example/k":1},"annotations":{"audience":["user","assistant"],"priority":0.5},"description":"Whether the shop is open.","icons":[{"mimeType":"image/svg+xml","sizes":["any"],"src":"https://shop.example/o.svg"}],"mimeType":"text/plain","name":"now_open","title":"Open?","uri":"shop://open"}' \
	"$(json '.result.resources[] | select(.uri == "shop://open")' -cS)"
is "templates" 200 "$(call_mcp resources/templates/list)"
is "are listed" 'docs://{+path} other://{+path} shop://bundle/{what} shop://labels/{size}/{+path} shop://orders/{order_no} shop://quiet/{x} shop://trouble/{kind}' \
	"$(json '[.result.resourceTemplates[].uriTemplate] | join(" ")')"
is "an entry" '{"description":"Order sheet","mimeType":"application/json","name":"order_sheet","title":"Order sheet","uriTemplate":"shop://orders/{order_no}"}' \
	"$(json '.result.resourceTemplates[] | select(.name == "order_sheet")' -cS)"
mcp_token=$(cat "$T/root") call_mcp resources/list >/dev/null
is "an administrator sees more" 'shop://ledger shop://logo shop://long shop://open shop://terms' "$(json '[.result.resources[].uri] | join(" ")')"
mcp_token=$(cat "$T/guest") call_mcp resources/list >/dev/null
is "a guest less" 'shop://long shop://open shop://terms' "$(json '[.result.resources[].uri] | join(" ")')"
is "the scopes of the server have those of its resources" 'orders:read,prices:read,prompts:use' "$(sql "SELECT array_to_string(scopes, ',') FROM sallyport.resource WHERE name = ''")"

# ---- reading ----

gives shop://terms '[{"uri":"shop://terms","mimeType":"text/markdown","text":"# Terms\n\"Pay\", é.\n","_meta":{"shop.example/k":{"a":null}}}]'
is "its time, and for everybody" '60000 public complete' "$(json '.result | "\(.ttlMs) \(.cacheScope) \(.resultType)"')"
gives shop://logo '[{"uri":"shop://logo","mimeType":"image/png","blob":"iVBORwAK/w=="}]'
is "for the caller" '0 private' "$(json '.result | "\(.ttlMs) \(.cacheScope)"')"
gives shop://open '[{"uri":"shop://open","mimeType":"text/plain","text":"open","_meta":{"shop.example/k":1}}]'
is "a function's answer is for the caller" '5000 private' "$(json '.result | "\(.ttlMs) \(.cacheScope)"')"
gives shop://orders/2 '[{"uri":"shop://orders/2","mimeType":"application/json","text":"{\"owner\": \"alice\", \"state\": \"packed\", \"order_no\": 2}"}]'
unknown shop://orders/3 "row-level security"
is "which the answer says" '{"uri":"shop://orders/3"}' "$(json .error.data -c)"
is "another caller's order" "200 ok" "$(mcp_token=$(cat "$T/bob") read_resource shop://orders/3)"
is "a value of another type" "200 -32602" "$(read_resource shop://orders/two)"
like "is told" 'invalid input syntax for type bigint' "$(json .error.message)"
gives shop://labels/large/a/b%20c '[{"uri":"shop://labels/large/a/b%20c","mimeType":"image/x-label","blob":"bGFyZ2UgbGFiZWwgb2YgYS9iIGM="}]'
is "no such label" "200 -32602" "$(read_resource shop://labels/huge/a)"
gives shop://bundle/all '[{"uri":"shop://bundle/all","mimeType":"text/x-part","text":"first \"text\""},{"uri":"shop://two","mimeType":"image/png","blob":"AQI=","_meta":{"m":1}}]'
unknown shop://bundle/none "no rows"
unknown shop://nothing; unknown shop://terms/ ; unknown SHOP://terms; unknown 'shop://draft' "disabled"
unknown "shop://orders/$(printf '1%.0s' {1..3000})" "a URI of 3000 bytes"
unknown shop://ledger "another tier's"
unknown 'shop://orders/1%00'; unknown 'shop://orders/%ff'; unknown 'shop://orders/'

is "too large" "200 -32603" "$(read_resource shop://long)"
like "is told" 'at most 4096' "$(json .error.message)"
is "an exception" "200 -32602" "$(read_resource shop://trouble/raise)"
is "is told" $'no such year\nYears begin at 2020.' "$(json .error.message)"
is "a time limit" "200 -32603" "$(read_resource shop://trouble/slow)"
is "a bug" "200 -32603" "$(read_resource shop://trouble/bug)"
is "is not told" "internal error, request id $(header X-Request-Id)" "$(json .error.message)"
is "a right" "200 -32603" "$(read_resource shop://trouble/denied)"
is "a VOLATILE function may write" "200 ok" "$(read_resource shop://trouble/write)"
is "what it writes stays" 1 "$(sql "SELECT count(*) FROM shop.orders WHERE order_no = 99")"
is "others are READ ONLY" "200 -32603" "$(read_resource shop://quiet/1)"

is "a scope that is missing" "403 insufficient_scope" "$(read_resource shop://prices)"
like "is in the challenge" 'scope="[^"]*prices:read' "$(header WWW-Authenticate)"
mcp_token=$(cat "$T/guest") read_resource shop://orders/1 >/dev/null
is "tier and scope of a template" "-32602" "$(json .error.code)"

sql "UPDATE sallyport.mcp_resource SET content = 'new terms' WHERE uri = 'shop://terms'"
catalog_known
gives shop://terms '[{"uri":"shop://terms","mimeType":"text/markdown","text":"new terms","_meta":{"shop.example/k":{"a":null}}}]'

# ---- files ----

gives docs://index.md '[{"uri":"docs://index.md","mimeType":"text/markdown","text":"# Handbook\n"}]'
is "are the same for everybody" public "$(json .result.cacheScope)"
gives docs://raw.bin '[{"uri":"docs://raw.bin","mimeType":"application/octet-stream","blob":"eAB5"}]'
gives docs://sub/a.PNG '[{"uri":"docs://sub/a.PNG","mimeType":"image/png","blob":"iVBORw=="}]'
gives docs://sub/with%20space.txt '[{"uri":"docs://sub/with%20space.txt","mimeType":"text/plain","text":"é \"q\"\n"}]'
for path in nothing.md sub sub/ sub//a.PNG /index.md ./index.md sub/../index.md ../outside/secret %2e%2e/outside/secret \
	..%2foutside%2fsecret link linked/secret linked .hidden .git/config fifo sub/deep/../../index.md index.md/ index.md%0a; do
	unknown "docs://$path"
done
unlike "nothing of outside is told" secret-file "$(body)"
is "a large file" "200 -32603" "$(read_resource docs://big.txt)"
unknown other://index.md "a directory that this host does not have"

# ---- completion ----

complete() {
	call_mcp completion/complete "$(jq -nc --arg uri "$1" --arg name "$2" --arg value "$3" \
		'{ ref: { type: "ref/resource", uri: $uri }, argument: { name: $name, value: $value } }')" >/dev/null
	json '.result.completion // .error.code' -c
}
is "by a function" '{"values":["1"],"total":1,"hasMore":false}' "$(complete 'shop://orders/{order_no}' order_no 1)"
is "under the caller's rights" '{"values":["30"],"total":1,"hasMore":false}' "$(complete 'shop://orders/{order_no}' order_no 3)"
is "an enum" '{"values":["large"],"total":1,"hasMore":false}' "$(complete 'shop://labels/{size}/{+path}' size L)"
is "nothing to say" '{"values":[],"total":0,"hasMore":false}' "$(complete 'shop://labels/{size}/{+path}' path x)"
is "names of files" '{"values":["big.txt","index.md","raw.bin","sub/"],"total":4,"hasMore":false}' "$(complete 'docs://{+path}' path '')"
is "in a directory" '{"values":["sub/a.PNG","sub/deep/","sub/with space.txt"],"total":3,"hasMore":false}' "$(complete 'docs://{+path}' path sub/)"
is "that begin so" '{"values":["sub/a.PNG"],"total":1,"hasMore":false}' "$(complete 'docs://{+path}' path sub/a)"
for path in ../ linked/ .g .git/ / // sub//; do
	is "nothing of $path" '{"values":[],"total":0,"hasMore":false}' "$(complete 'docs://{+path}' path "$path")"
done
is "an unknown variable" -32602 "$(complete 'docs://{+path}' file x)"
is "an unknown template" -32602 "$(complete 'docs://{path}' path x)"

# ---- pages ----

sallyport_reload() { sed -i "/^page_size/d" "$sv_config"; echo "page_size = $1" >>"$sv_config"; stop_workers; start_workers; }
sallyport_reload 2
all=
cursor=null
for page in 1 2 3 4 5; do
	call_mcp resources/templates/list "{\"cursor\":$cursor}" >/dev/null
	all+="$(json '[.result.resourceTemplates[].uriTemplate] | join(" ")') | "
	cursor=$(json '.result.nextCursor | tojson')
	[ $page -ne 1 ] || first=$cursor
	[ "$cursor" != null ] || break
done
is "pages" 'docs://{+path} other://{+path} | shop://bundle/{what} shop://labels/{size}/{+path} | shop://orders/{order_no} shop://quiet/{x} | shop://trouble/{kind} | ' "$all"
page() { call_mcp "$1" "{\"cursor\":$2}" >"$T/status"; echo "$(cat "$T/status") $(json 'if .result then "ok" else .error.code end')"; }
is "a cursor again" "200 ok" "$(page resources/templates/list "$first")"
is "for another list" "200 -32602" "$(page resources/list "$first")"
is "for somebody who sees others" "200 -32602" "$(mcp_token=$(cat "$T/root") page resources/templates/list "$first")"
is "for somebody who sees the same" "200 ok" "$(mcp_token=$(cat "$T/bob") page resources/templates/list "$first")"
other=$([ "${first:30:1}" = A ] && echo B || echo A)
for bad in '"x"' '""' 7 '{}' "\"${first:1:20}\"" "${first:0:30}$other${first:31}" 'true'; do
	is "cursor $bad" "200 -32602" "$(page resources/templates/list "$bad")"
done
is "null is none" "200 ok" "$(page resources/templates/list null)"
sql "UPDATE sallyport.mcp_resource SET title = 'x' WHERE uri = 'shop://logo'"
catalog_known
is "after a change of the catalog" "200 -32602" "$(page resources/templates/list "$first")"
call_mcp tools/list >/dev/null
is "tools, too" null "$(json .result.nextCursor)"
sallyport_reload 500

# ---- parameters and headers ----

method=resources/read
name=shop://terms try "Mcp-Name" "200 ok" "$(rpc resources/read '{"uri":"shop://terms"}')"
name=shop://logo try "that says something else" "400 -32020" "$(rpc resources/read '{"uri":"shop://terms"}')"
name='' try "that is missing" "400 -32020" "$(rpc resources/read '{"uri":"shop://terms"}')"
name="=?base64?$(printf 'shop://terms' | base64)?=" try "in Base64" "200 ok" "$(rpc resources/read '{"uri":"shop://terms"}')"
name=x try "no uri" "400 -32020" "$(rpc resources/read '{}')"
name=7 try "a number" "400 -32020" "$(rpc resources/read '{"uri":7}')"

# ---- sessions ----

for version in 2025-11-25 2025-06-18 2025-03-26; do
	session=$(open_session $version)
	old_read() { post_mcp "$(old resources/read "{\"uri\":\"$1\"}")" >/dev/null; }
	export version
	old_read shop://terms
	is "$version: read" '{"contents":[{"uri":"shop://terms","mimeType":"text/markdown","text":"new terms","_meta":{"shop.example/k":{"a":null}}}]}' "$(json .result -c)"
	old_read shop://orders/1
	is "$version: a template" 'application/json' "$(json '.result.contents[0].mimeType')"
	old_read shop://nothing
	is "$version: unknown" '-32002 {"uri":"shop://nothing"}' "$(json '.error | "\(.code) \(.data | tojson)"')"
	post_mcp "$(old resources/list)" >/dev/null
	is "$version: list" '["resources"]' "$(json '.result | keys' -c)"
	post_mcp "$(old resources/read '{}')" >/dev/null
	is "$version: no uri" -32602 "$(json .error.code)"
	post_mcp "$(old completion/complete '{"ref":{"type":"ref/resource","uri":"shop://orders/{order_no}"},"argument":{"name":"order_no","value":"2"}}')" >/dev/null
	is "$version: completion" '{"completion":{"values":["2"],"total":1,"hasMore":false}}' "$(json .result -c)"
	session=never-opened try "$version: without a session" "404 -32600" "$(old resources/read '{"uri":"shop://terms"}')"
done
version=2026-07-28 session=''

# ---- the audit trail ----

audit() { sql "SELECT outcome, tool, coalesce(detail->>'why', detail->>'sqlstate') FROM sallyport.audit WHERE request_id = '$(header X-Request-Id)'" -F ' '; }
read_resource shop://orders/1 >/dev/null
is "a read has its row" "ok shop://orders/{order_no} " "$(audit)"
is "with a digest of the values" "$(printf '{"order_no":"1"}' | sha256sum | cut -d' ' -f1) resource.read" \
	"$(sql "SELECT encode(arguments_sha256, 'hex'), event FROM sallyport.audit ORDER BY audit_id DESC LIMIT 1" -F ' ')"
read_resource shop://terms >/dev/null; is "of a row" "ok shop://terms " "$(audit)"
read_resource docs://index.md >/dev/null; is "of a file" "ok docs://{+path} " "$(audit)"
read_resource docs://none >/dev/null; is "of none" "ok docs://{+path} no such file" "$(audit)"
read_resource shop://ledger >/dev/null; is "of what is not for the caller" "rejected shop://ledger not for this tier" "$(audit)"
read_resource shop://prices >/dev/null; is "of what needs a scope" "rejected shop://prices the token lacks scope" "$(audit)"
read_resource shop://nothing >/dev/null; is "of what is not there" "rejected shop://nothing unknown resource" "$(audit)"
read_resource shop://trouble/raise >/dev/null; is "of what fails" "error shop://trouble/{kind} P0001" "$(audit)"
done_testing
