#!/bin/bash
# /register: what is taken and what is refused (RFC 7591).
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"
start_oauth registrations_per_hour=0 || exit 1

public='{"redirect_uris":["https://app.example/cb"],"token_endpoint_auth_method":"none"}'

# with JSON-MEMBERS: the public client's body with these members in place of its own
with() {
	jq -nc "$public + $1"
}

# ---- what is taken ----

is "a public client: 201" 201 "$(post_json /register "$public")"
like "its client_id is ours" '^[0-9a-f-]{36}$' "$(json .client_id)"
is "it has no secret" '[]' "$(json '[keys[] | select(startswith("client_secret"))] | tojson')"
is "the answer is JSON that nobody keeps" "application/json no-store" "$(header Content-Type) $(header Cache-Control)"
is "what was registered is in it" '["https://app.example/cb"] ["authorization_code"] ["code"] none' \
	"$(json '[(.redirect_uris, .grant_types, .response_types | tojson), .token_endpoint_auth_method] | join(" ")')"
like "with the time" '^[0-9]{10}$' "$(json .client_id_issued_at)"
is "no member is null" 0 "$(json '[.. | select(. == null)] | length')"
is "the audit has it" "client.register ok" "$(audited)"
for method in client_secret_basic client_secret_post; do
	is "$method: 201" 201 "$(post_json /register "$(with "{token_endpoint_auth_method: \"$method\"}")")"
	secret "$(json .client_secret)"
	is "$method: a secret that does not expire" "$method 43 0" \
		"$(json '[.token_endpoint_auth_method, (.client_secret | length), .client_secret_expires_at] | map(tostring) | join(" ")')"
done
is "without a method it is client_secret_basic" "201 client_secret_basic true" \
	"$(post_json /register '{"redirect_uris":["https://app.example/cb"]}') $(json .token_endpoint_auth_method) $(json 'has("client_secret")')"
secret "$(json .client_secret)"
is "grants that we do not do are left out" '201 ["authorization_code","refresh_token"]' "$(post_json /register "$(with \
	'{grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"]}')") $(json '.grant_types | tojson')"
is "members that we do not know are left alone" 201 "$(post_json /register "$(with '{software_id: "x", application_type: "native",
	code_challenge_method: "S256", contacts: ["a@b.example"], jwks: {keys: [{kty: "EC", crv: "P-256", x: "a", y: "b"}]}}')")"
is "members that are null count as absent" 201 "$(post_json /register "$(with '{client_name: null, logo_uri: null, scope: null}')")"
is "one refused redirect URI does not spoil the others" '201 ["https://app.example/cb","cursor://anysphere.cursor-mcp/oauth/callback"]' \
	"$(post_json /register "$(with '{redirect_uris: ["javascript:alert(1)", "https://app.example/cb", "http://evil.example/",
		"cursor://anysphere.cursor-mcp/oauth/callback"]}')") $(json '.redirect_uris | tojson')"

# R9
is "a name is text to us" 201 "$(post_json /register "$(with '{client_name: "<script>alert(1)</script>"}')")"
is "a name is cleaned and cut" "201 Evilgpj.exe 100" "$(post_json /register "$(with \
	'{client_name: ("Evil\u202egpj.exe\u200b\u0007" + ("x" * 10000))}')") $(json '(.client_name | .[:11]), (.client_name | length)' | paste -sd' ')"
is "an empty name is none" "201 null" "$(post_json /register "$(with '{client_name: " \u200b "}')") $(json '.client_name | tojson')"

# R10
is "a client_id of the caller's choice is ignored" 201 \
	"$(post_json /register "$(with '{client_id: "https://claude.ai/x", client_secret: "mine"}')")"
like "it is ours" '^[0-9a-f-]{36}$' "$(json .client_id)"
is "and there is no secret" false "$(json 'has("client_secret")')"

# R11
is "scope is what of it exists" "201 notes:write offline_access search:run" "$(post_json /register "$(with \
	'{scope: "notes:write nothing offline_access  search:run admin"}')") $(json .scope)"
is "scope of nothing that exists is none" "201 null" "$(post_json /register "$(with '{scope: "nothing"}')") $(json '.scope | tojson')"
is "an empty scope is none" "201 null" "$(post_json /register "$(with '{scope: ""}')") $(json '.scope | tojson')"

is "who registers twice is known" "$(post_json /register "$public" >/dev/null; json .client_id)" \
	"$(post_json /register "$public" >/dev/null; json .client_id)"
is "who has another redirect URI is not" different "$(post_json /register "$public" >/dev/null; json .client_id >"$T/first"
	post_json /register "$(with '{redirect_uris: ["https://app.example/cb2"]}')" >/dev/null
	[ "$(cat "$T/first")" = "$(json .client_id)" ] && echo same || echo different)"
is "secrets are for one only" different "$(post_json /register '{"redirect_uris":["https://app.example/cb"]}' >/dev/null
	secret "$(json .client_secret)"
	json .client_id >"$T/first"
	post_json /register '{"redirect_uris":["https://app.example/cb"]}' >/dev/null
	secret "$(json .client_secret)"
	[ "$(cat "$T/first")" = "$(json .client_id)" ] && echo same || echo different)"

# ---- R1: bodies that are not an object of JSON ----

keep
bad() {
	refused "$1" 400 invalid_client_metadata post_json /register "$2"
}
bad "no body" ''
bad "no JSON" 'redirect_uris=https://app.example/cb'
bad "an array" "[$public]"
bad "a string" '"x"'
bad "null" null
bad "a repeated name" '{"redirect_uris":["https://app.example/cb"],"redirect_uris":["https://evil.example/cb"]}'
bad "depth 1,000" "{\"redirect_uris\":[\"https://app.example/cb\"],\"x\":$(printf '[%.0s' {1..1000})$(printf ']%.0s' {1..1000})}"
bad "1e999" "${public%\}},\"x\":1e999}"
bad "a lone surrogate" "${public%\}},\"client_name\":\"\\ud800\"}"
bad "an escaped NUL" "${public%\}},\"client_name\":\"a\\u0000b\"}"
bad "trailing bytes" "$public x"
bad "two objects" "$public$public"
printf '\357\273\277%s' "$public" >"$T/bom"
bad "a byte order mark" "@$T/bom"
printf '{"client_name":"\377","redirect_uris":["https://app.example/cb"]}' >"$T/latin"
bad "bytes that are not UTF-8" "@$T/latin"
bad "single quotes" "{'redirect_uris':['https://app.example/cb']}"

# ---- R2, R3, R4: redirect URIs ----

uri() {
	refused "redirect URI ${1:0:60}" 400 invalid_redirect_uri post_json /register "$(jq -nc --arg uri "$1" '{ redirect_uris: [$uri] }')"
}
none() {
	refused "redirect_uris $1" 400 invalid_redirect_uri post_json /register "$2"
}
none missing '{"client_name":"x"}'
none empty '{"redirect_uris":[]}'
none "a string" '{"redirect_uris":"https://app.example/cb"}'
none "with a number" '{"redirect_uris":[1]}'
none null '{"redirect_uris":null}'
none "of 51 entries" "$(jq -nc '{ redirect_uris: [range(51) | "https://app.example/\(.)"] }')"
uri "https://app.example/$(printf '%02030d' 0)"
for scheme in javascript:alert\(1\) data:text/html,x vbscript:x file:///etc/passwd blob:https://app.example/x about:blank \
	mailto:a@b.example JaVaScRiPt:alert\(1\) ms-msdt:x view-source:https://app.example/; do
	uri "$scheme"
done
uri ' https://app.example/cb'
uri "$(printf 'java\tscript:alert(1)')"
uri "$(printf '\001javascript:alert(1)')"
for bad in http://app.example/cb http://localhost.evil.example/cb http://127.0.0.1.evil.example/cb http://127.1/cb http://2130706433/cb \
	http://0x7f.1/cb http://127.0.0.2/cb 'http://[::]/cb' 'https://app.example/cb#x' https://app.example/# https://u:p@app.example/cb \
	https://app.example@evil.example/cb https:///cb https:cb https://*.app.example/cb 'https://app.example/*' /cb app.example/cb '' \
	'https://app.example\@evil.example/' https://app.example/../cb https://app.example/a/%2e%2e/cb 'https://app.example/a/..;/cb' \
	https://app.example:99999/cb https://app.example:0/cb https://app.example:/cb HTTPS://app.example/cb HTTP://127.0.0.1/cb \
	'https://app.exa mple/cb' 'https://äpp.example/cb' 'https://app.example/<' 'https://app.example/%zz' com.example.app:; do
	uri "$bad"
done
# R5: private schemes are taken, also without a dot
for good in com.example.app:/cb com.example.app://cb cursor://anysphere.cursor-mcp/oauth/callback warp://mcp/oauth2callback \
	http://127.0.0.1/cb 'http://[::1]:49152/cb' http://localhost:33418/ http://localhost https://app.example 'https://app.example/cb?x=1'; do
	is "redirect URI $good is fine" 201 "$(post_json /register "$(jq -nc --arg uri "$good" \
		'{ redirect_uris: [$uri], token_endpoint_auth_method: "none" }')")"
done
keep

# ---- R6, R7, R8, R12: the rest ----

for members in '{grant_types: ["password"]}' '{grant_types: ["authorization_code", "implicit"]}' '{grant_types: ["client_credentials"]}' \
	'{grant_types: []}' '{grant_types: "authorization_code"}' '{response_types: ["token"]}' '{response_types: [1]}' \
	'{token_endpoint_auth_method: "private_key_jwt"}' '{token_endpoint_auth_method: "tls_client_auth"}' '{token_endpoint_auth_method: "NONE"}' \
	'{token_endpoint_auth_method: ""}' '{token_endpoint_auth_method: 1}' '{client_name: 1}' '{client_name: ["x"]}' \
	'{jwks: {keys: []}, jwks_uri: "https://app.example/jwks"}' '{jwks: {keys: [{kty: "EC", d: "x"}]}}' '{jwks: {keys: [{kty: "oct", k: "x"}]}}' \
	'{jwks: {keys: 1}}' '{jwks: "x"}' '{logo_uri: "http://169.254.169.254/x"}' '{policy_uri: "https://127.0.0.1/"}' \
	'{jwks_uri: "http://169.254.169.254/latest"}' '{jwks_uri: "file:///etc/passwd"}' '{logo_uri: "file:///etc/passwd"}' \
	'{client_uri: "javascript:alert(1)"}' '{tos_uri: "JAVASCRIPT:alert(1)"}' '{logo_uri: "data:image/png;base64,x"}' \
	'{client_uri: "http://2130706433/"}' '{client_uri: "http://0x7f000001/"}' '{client_uri: "https://[::1]/"}' '{client_uri: "//app.example/"}' \
	'{client_uri: "https://a@b.example/"}' '{client_uri: "https://"}' '{client_uri: 7}' '{client_uri: "https://app.example/ x"}' '{logo_uri: "https://app.example/\u0000"}' '{scope: ["a"]}' '{scope: "a\"b"}' \
	'{scope: ([range(5000) | "s\(.)"] | join(" "))}'; do
	bad "${members:0:70}" "$(with "$members")"
done
refused "a software statement" 400 invalid_software_statement post_json /register "$(with '{software_statement: "e30.e30.x"}')"
for host in cafe.be dead.beef.example 1.example a.b.c.d.example 10.0.0.1.example; do
	is "a named host is no address: $host" 201 "$(post_json /register "$(with "{client_uri: \"https://$host/\"}")")"
done
keep

# ---- R14, R15: methods and types ----

client=$(post_json /register "$public" >/dev/null; json .client_id)
keep
for method in GET PUT DELETE PATCH; do
	refused "$method" 405 method_not_allowed request $method /register
	# RFC 7592 is not offered: known or unknown, there is nothing
	is "$method on a registration: nothing is there" 404 "$(request $method "/register/$client")"
	is "$method on one that is not: the same" 404 "$(request $method /register/0cb6a5b0-0000-4000-8000-000000000000)"
done
is "Allow" "POST, OPTIONS" "$(request GET /register >/dev/null; header Allow)"
refused "text/plain" 415 unsupported_media_type request POST /register -H 'Content-Type: text/plain' -d "$public"
refused "UTF-16" 415 unsupported_media_type request POST /register -H 'Content-Type: application/json;charset=utf-16' -d "$public"
refused "a form" 415 unsupported_media_type post_form /register redirect_uris=https://app.example/cb
refused "no type" 415 unsupported_media_type request POST /register -H 'Content-Type:' -d "$public"
is "UTF-8 is said" 201 "$(request POST /register -H 'Content-Type: application/json; charset="UTF-8"' -d "$public")"
is "a browser may register" "201 *" "$(post_json /register "$public" -H 'Origin: http://localhost:6274') $(header Access-Control-Allow-Origin)"
is "after asking" "204 POST, OPTIONS" "$(request OPTIONS /register -H 'Origin: http://localhost:6274' \
	-H 'Access-Control-Request-Method: POST') $(header Access-Control-Allow-Methods)"
done_oauth
