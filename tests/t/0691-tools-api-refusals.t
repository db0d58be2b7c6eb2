#!/bin/bash
# Tools over plain HTTP, behind each web server: who and what is refused, how it is said, and that
# switched off there is nothing; the index at /, and paths that are nothing.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
httpd=${HTTPD:-nginx}
start_postgres && migrate tools_api=true max_body=65536 allowed_origins=https://app.example && mcp_catalog || exit 1
sql "INSERT INTO sallyport.resource (name, title, scopes) VALUES ('search', 'Search & <b>find</b>', '{}')"
start_httpd "$httpd" || exit 1
add_user alice
token_for alice scope="orders:read" >"$T/alice"
alice=$(access_token)
here() { local method=$1 path=$2; shift 2; request "$method" "$path" -H "Authorization: Bearer ${token-$alice}" "$@"; }
# problem NAME "STATUS ERROR" METHOD PATH [CURL OPTION]...: a problem document with its request id
problem() {
	local title=$1 expected=$2 status
	shift 2
	status=$(here "$@")
	is "$title" "$expected application/problem+json true" \
		"$status $(json .error) $(header Content-Type) $(json '.request_id == $id and .status == ($status | tonumber)' \
			--arg id "$(header X-Request-Id)" --arg status "$status")"
}
call=(-H 'Content-Type: application/json' --data-binary)

like "doctor looks at it" '^ok +/tools without a token' "$(sallyport doctor 2>&1 | grep /tools)"

# ---- who ----

for token in '' wrong "$alice.x" "${alice%?????}"; do
	problem "a token that is none: '${token:0:6}...'" "401 invalid_token" POST /tools/echo "${call[@]}" '{}'
	like "has the challenge of /mcp" "^Bearer .*resource_metadata=\"$issuer/.well-known/oauth-protected-resource/mcp\"" "$(header WWW-Authenticate)"
done
unset token
is "no token at all: a challenge without an error" "401 0" "$(get /tools) $(header WWW-Authenticate | grep -c error=)"
is "the list, too" 401 "$(get /tools/openapi.json)"
problem "a token of another server" "401 invalid_token" GET /tools/@search
token_for alice resource="$issuer/mcp/search" >"$T/search"
is "which has its own" "200 0" "$(token=$(access_token) here GET /tools/@search) $(json .total)"
token=$(access_token) problem "and does not open this one" "401 invalid_token" GET /tools
is "two credentials" 400 "$(here GET /tools -H "Authorization: Bearer x")"
problem "no such server" "404 not_found" GET /tools/@nowhere
problem "an empty name of one is none" "404 not_found" POST /tools/@/echo "${call[@]}" '{}'
problem "nor the default server's" "404 not_found" POST /tools/@ "${call[@]}" '{}'
is "a cookie is none" 401 "$(request POST /tools/echo -H "Cookie: __Host-session=$alice; token=$alice" "${call[@]}" '{}')"

# ---- which tool ----

problem "an unknown tool" "404 not_found" POST /tools/nothing "${call[@]}" '{}'
unknown=$(json .detail)
problem "one that is not for this caller" "404 not_found" POST /tools/wipe "${call[@]}" '{}'
is "is told in the same words" "${unknown/nothing/wipe}" "$(json .detail)"
problem "one for which the token lacks a scope" "403 insufficient_scope" POST /tools/refund "${call[@]}" '{"order_no":1}'
like "names it" 'error="insufficient_scope".*scope="orders:write"' "$(header WWW-Authenticate)"
problem "unknown goes before a body that is broken" "404 not_found" POST /tools/nothing "${call[@]}" '{'
is "each is in the audit trail" "nothing unknown tool|refund the token lacks scope|wipe tier" "$(sql "SELECT DISTINCT tool || ' ' || CASE WHEN tool = 'wipe' THEN substring(detail->>'why' FROM 'tier') ELSE detail->>'why' END
	FROM sallyport.audit WHERE event = 'tool.call' AND outcome = 'rejected' AND tool IN ('nothing', 'wipe', 'refund') ORDER BY 1" | paste -sd'|')"

# ---- bodies ----

problem "not JSON" "400 invalid_request" POST /tools/echo "${call[@]}" '{"region":'
problem "a repeated name" "400 invalid_request" POST /tools/echo "${call[@]}" '{"region":"a","region":"b"}'
problem "not UTF-8" "400 invalid_request" POST /tools/echo "${call[@]}" $'{"region":"\xff"}'
for body in '[]' '"x"' 1 null true; do
	problem "no object: $body" "400 invalid_request" POST /tools/echo "${call[@]}" "$body"
done
problem "a form of a page" "400 invalid_request" POST /tools/echo -d 'region=de'
problem "a form with a file" "415 unsupported_media_type" POST /tools/echo -F region=de
problem "text" "415 unsupported_media_type" POST /tools/echo -H 'Content-Type: text/plain' --data-binary '{}'
problem "another charset" "415 unsupported_media_type" POST /tools/echo -H 'Content-Type: application/json; charset=utf-16' --data-binary '{}'
problem "arguments that do not fit" "422 tool_error" POST /tools/order_status "${call[@]}" '{"order_no":"x"}'
is "say where" "/order_no: must be an integer (is a string)" "$(json .detail)"
printf '{"region":"%0*d"}' 65523 0 >"$T/full"
is "a body of max_body is that long" 65536 "$(stat -c %s "$T/full")"
is "and is taken" 200 "$(here POST /tools/echo "${call[@]}" "@$T/full")"
printf ' ' >>"$T/full"
problem "one byte more" "413 content_too_large" POST /tools/echo "${call[@]}" "@$T/full"
is "a body of much more is answered" 413 "$(head -c 500000 /dev/zero | tr '\0' ' ' >"$T/large"; here POST /tools/echo "${call[@]}" "@$T/large")"
deep=$(printf '[%.0s' {1..200})
problem "a body that is too deep" "400 invalid_request" POST /tools/echo "${call[@]}" "{\"region\":$deep"

# ---- verbs ----

problem "no call by GET" "405 method_not_allowed" GET /tools/echo
is "Allow says how" "POST, OPTIONS" "$(header Allow)"
problem "no POST to the list" "405 method_not_allowed" POST /tools "${call[@]}" '{}'
problem "nor to the description" "405 method_not_allowed" POST /tools/openapi.json "${call[@]}" '{}'
token=$(cat "$T/search") problem "nor to that of a server" "405 method_not_allowed" POST /tools/@search "${call[@]}" '{}'
for verb in PUT DELETE PATCH; do
	problem "$verb" "405 method_not_allowed" $verb /tools/echo "${call[@]}" '{}'
done
is "no tool has run so" 0 "$(sql "SELECT count(*) FROM sallyport.audit WHERE outcome = 'ok' AND tool = 'wipe'")"

# ---- names ----

before=$(sql "SELECT count(*) FROM sallyport.audit WHERE outcome = 'ok'")
for name in 'echo%00' 'echo%2f..' '%2e%2e/mcp' '../mcp' './echo' 'a/../echo' 'echo/' 'echo/x' 'echo;x' 'echo%' 'echo%zz' 'ECHO' '%65cho' 'echo%20' '@search/echo' '@search%2fecho' \
	'%40search/echo' '..%5cecho' "echo'--" 'echo%0d%0aX-Evil:%20yes' "$(printf 'a%.0s' {1..300})" "%F0%9F%98%80" '__proto__' 'openapi.json/' ; do
	like "not a name: ${name:0:40}" '^(400|401|403|404|405|414)$' "$(here POST "/tools/$name" "${call[@]}" '{}')"
	is_empty "and no header is made of it" "$(header X-Evil)"
done
is "none of them was a tool" "$before" "$(sql "SELECT count(*) FROM sallyport.audit WHERE outcome = 'ok'")"
unlike "a page repeats no markup" '<script' "$(here GET '/tools/%3Cscript%3Ealert(1)%3C/script%3E' -H 'Accept: text/html' >/dev/null; body)"

# ---- pages of other sites ----

problem "another site's page" "403 forbidden" POST /tools/echo "${call[@]}" '{}' -H 'Origin: https://evil.example'
is "one that may" "200 *" "$(here POST /tools/echo "${call[@]}" '{}' -H 'Origin: https://app.example') $(header Access-Control-Allow-Origin)"
is "its question before" "204 *" "$(request OPTIONS /tools/echo -H 'Origin: https://app.example' -H 'Access-Control-Request-Method: POST') $(header Access-Control-Allow-Origin)"
like "is told what it may send" '[Aa]uthorization, Content-Type' "$(header Access-Control-Allow-Headers)"
is "no cookies with it" "" "$(header Access-Control-Allow-Credentials)"

# ---- the index ----

is "GET / in JSON" "200 application/json sallyport" "$(get /) $(header Content-Type) $(json .name)"
is "has the servers" "$issuer/mcp $issuer/mcp/search" "$(json '[.servers[].mcp] | join(" ")')"
is "and what is switched on" "$issuer/tools $issuer/register" "$(json '"\(.endpoints.tools) \(.endpoints.registration)"')"
is_empty "each of which is there" "$(for url in $(json '.endpoints[]'); do
	case $(request OPTIONS "${url#"http://localhost:$sv_port"}") in 204) ;; *) echo "$url" ;; esac
done)"
is "a browser gets a page" "200 text/html; charset=utf-8" "$(get / -H 'Accept: text/html,*/*;q=0.8') $(header Content-Type)"
like "in which a title is text" 'Search &amp; &lt;b&gt;find' "$(body)"
is "POST / is 405" 405 "$(request POST / -d x)"
# what the web server hands on; lighttpd and a shared host keep the rest for themselves
is "a path that is nothing is told with its method" '404 PUT /.well-known/nothing' "$(request PUT /.well-known/nothing -d x) $(json '"\(.method) \(.path)"')"

# ---- switched off ----

sed -i 's/^tools_api = .*/tools_api = false/' "$sv_config"
sv_httpd_stop
stop_workers
start_httpd "$httpd" || exit 1
for path in /tools /tools/openapi.json /tools/@search; do
	is "off: $path is nothing" "404 not_found" "$(here GET $path) $(json .error)"
done
is "off: a call is nothing" "404 not_found" "$(here POST /tools/echo "${call[@]}" '{}') $(json .error)"
is "off: for other origins neither" "404" "$(request OPTIONS /tools -H 'Origin: https://app.example' -H 'Access-Control-Request-Method: GET')"
is "off: the index does not name it" null "$(get / >/dev/null; json .endpoints.tools)"
done_testing
