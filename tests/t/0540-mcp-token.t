#!/bin/bash
# The access token at /mcp: what is refused, how, and how soon a revocation is known.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
start_postgres && migrate && mcp_catalog && sql "INSERT INTO sallyport.resource (name, title) VALUES ('second', 'Second')" &&
	start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice
token_for alice scope=orders:read >/dev/null
method=tools/call name=touch
body=$(rpc tools/call '{"name":"touch","arguments":{"n":1}}')
metadata="resource_metadata=\"$issuer/.well-known/oauth-protected-resource/mcp\""
call() { mcp_token='' post_mcp "$body" "$@"; }
good=$(access_token)
before=$(db_checksum)

is "no token" 401 "$(call)"
is "gets the challenge without an error" "Bearer $metadata, scope=\"orders:read orders:write\"" "$(header WWW-Authenticate)"
is "GET without a token" 401 "$(get /mcp)"
like "gets it, too" '^Bearer resource_metadata=' "$(header WWW-Authenticate)"
for value in 'Basic YTpi' 'Bearer' 'Bearer ' "Bearer  $good" "Bearer	$good" "Token $good" "Bearer $good x" "Bearer x y" 'Bearer ""'; do
	is "Authorization: ${value:0:12}" 401 "$(call -H "Authorization: $value")"
done
is "two tokens in one header" 400 "$(call -H "Authorization: Bearer $good, Bearer $good")"
query=$(remint '.jti = "query"')	# not one of the secrets: the web server writes its own log
is "a token in the query" 401 "$(mcp_path="/mcp?access_token=$query" call)"
is "does not reach our log" "" "$(grep -lF "$query" "$sv_log/mcp.log")"
is "though it is good" 200 "$(method=tools/list name='' mcp_token=$query post_mcp "$(rpc tools/list)")"
is "a token in a form" 401 "$(content_type=application/x-www-form-urlencoded mcp_token='' post_mcp "access_token=$good")"

bad() {
	secret "$2"
	is "$1" 401 "$(call -H "Authorization: Bearer $2")"
	is "says so: $1" "Bearer error=\"invalid_token\", $metadata, scope=\"orders:read orders:write\"" "$(header WWW-Authenticate)"
	[ -n "${the_body:=$(cat "$T/answer.body")}" ]
	is "and no more: $1" "$the_body" "$(cat "$T/answer.body")"
}
bad "garbage" garbage
bad "expired" "$(remint '.exp = (now | floor) - 1')"
bad "without exp" "$(remint 'del(.exp)')"
bad "exp in the year 10000" "$(remint '.exp = 253402300800')"
bad "nbf in two minutes" "$(remint '.nbf = (now | floor) + 120')"
bad "another audience" "$(remint '.aud = "https://elsewhere.example/mcp"')"
bad "the audience of another server here" "$(remint ".aud = \"$issuer/mcp/second\"")"
bad "the issuer as audience" "$(remint ".aud = \"$issuer\"")"
bad "a list of audiences without us" "$(remint '.aud = ["a", "b"]')"
bad "no audience" "$(remint 'del(.aud)')"
bad "another issuer" "$(remint '.iss = "https://elsewhere.example"')"
bad "no issuer" "$(remint 'del(.iss)')"
bad "an ID token" "$(remint . JWT)"
bad "no grant" "$(remint 'del(.grant_id)')"
bad "no client" "$(remint 'del(.client_id)')"
bad "no jti" "$(remint 'del(.jti)')"
bad "a refresh token" "$(refresh_token)"
IFS=. read -r head payload signature <<<"$good"
b64url() { base64 -w0 | tr '+/' '-_' | tr -d =; }
bad "alg none" "$(printf '{"alg":"none","typ":"at+jwt"}' | b64url).$payload."
bad "alg none with its signature" "$(printf '{"alg":"none","typ":"at+jwt"}' | b64url).$payload.$signature"
get /.well-known/jwks.json >/dev/null
key=$(json '.keys[0] | tojson')
hs=$(printf '{"alg":"HS256","typ":"at+jwt","kid":"%s"}' "$(jq -r .kid <<<"$key")" | b64url).$payload
bad "HS256 with the public key" "$hs.$(printf %s "$hs" | openssl dgst -sha256 -hmac "$key" -binary | b64url)"
bad "an altered payload" "$head.$(printf '{"sub":"root"}' | b64url).$signature"
bad "a cut signature" "${good%????}"
bad "no signature" "$head.$payload."
bad "two signatures" "$good.$signature"
bad "a key that is not ours" "$(printf '{"alg":"ES256","typ":"at+jwt","kid":"../../etc/passwd"}' | b64url).$payload.$signature"
bad "a kid that is SQL" "$(printf '{"alg":"ES256","typ":"at+jwt","kid":"'\'' OR 1=1"}' | b64url).$payload.$signature"
bad "crit" "$(printf '{"alg":"ES256","typ":"at+jwt","crit":["exp"],"kid":"%s"}' "$(jq -r .kid <<<"$key")" | b64url).$payload.$signature"
is "nothing of this has changed anything" "$before" "$(db_checksum)"
is "no tool was run" 0 "$(sql 'SELECT count(*) FROM shop.touched')"

is "scheme in lower case" 200 "$(call -H "Authorization: bearer $good")"
is "a list of audiences with us" 200 "$(call -H "Authorization: Bearer $(remint ".aud = [\"x\", \"$issuer/mcp\"]")")"
is "its own server" 200 "$(mcp_path=/mcp/second method=tools/list name='' mcp_token=$(remint ".aud = \"$issuer/mcp/second\"") post_mcp "$(rpc tools/list)")"
is "which has other tools" '[]' "$(json '.result.tools | tojson')"
is "the other server's challenge names it" 401 "$(mcp_path=/mcp/second call)"
like "by its metadata" "resource_metadata=\"$issuer/.well-known/oauth-protected-resource/mcp/second\"" "$(header WWW-Authenticate)"

# ---- revocation ----

grant=$(sql "SELECT grant_id FROM sallyport.grants ORDER BY created_at DESC LIMIT 1")
is "a good token" 200 "$(call -H "Authorization: Bearer $good")"
is "its grant is revoked" t "$(sql "SELECT sallyport.grant_revoke('$grant', 'test', '{}')")"
started=$(date +%s%N)
while [ "$(call -H "Authorization: Bearer $good")" != 401 ] && [ $((($(date +%s%N) - started) / 1000000)) -lt 3000 ]; do :; done
took=$((($(date +%s%N) - started) / 1000000))
ok "which is known within a second ($took ms)" test $took -lt 1000
is "by every worker" "401" "$(for i in {1..20}; do call -H "Authorization: Bearer $good"; echo; done | sort -u)"

# ---- a change of the catalog ----

token_for alice scope=orders:read >/dev/null
tools() { method=tools/list name='' post_mcp "$(rpc tools/list)" >/dev/null; json '.result.tools | length'; }
is "before" 4 "$(tools)"
sql "COMMENT ON FUNCTION tools.echo IS NULL"
sallyport catalog apply >>"$sv_log/catalog.log" 2>&1
started=$(date +%s%N)
while [ "$(tools)" != 3 ] && [ $((($(date +%s%N) - started) / 1000000)) -lt 3000 ]; do :; done
took=$((($(date +%s%N) - started) / 1000000))
ok "a change of the catalog is known within a second ($took ms)" test $took -lt 1000
is "by every worker" 3 "$(for i in {1..10}; do tools; done | sort -u)"
done_testing
