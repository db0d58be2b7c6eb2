#!/bin/bash
# How a client says who it is at /token and /revoke, and tokens for clients themselves.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"
start_oauth || exit 1

service=$(manual_client service --grant client_credentials)
capped=$(manual_client capped --grant client_credentials --scope 'notes:write notes:delete' --tier developer)
bound=$(manual_client bound --grant client_credentials --resource "$issuer/mcp/search")
both=$(manual_client both --redirect-uri "$redirect_uri")
public=$(register_client)
key=$(secret_of service)

# service_token [NAME=VALUE]...
service_token() {
	keep_tokens "$(token grant_type=client_credentials client_id="$service" client_secret="$key" "$@")"
}

# with_basic ID SECRET [NAME=VALUE]...
with_basic() {
	local id=$1 password=$2
	shift 2
	post_form /token grant_type=client_credentials "$@" -- -H "$(basic "$id" "$password")"
}

claim() {
	access_token | cut -d. -f2 | jq -Rr 'gsub("-"; "+") | gsub("_"; "/") | @base64d' 2>/dev/null | jq -r "$1"
}

# ---- tokens for clients ----

is "a secret in the body buys a token" 200 "$(service_token)"
is "of the default scope, without a refresh token" "Bearer 3600 notes:read false" \
	"$(json '[.token_type, .expires_in, .scope, has("refresh_token")] | map(tostring) | join(" ")')"
is "its subject is the client" "$service $service service $issuer/mcp" "$(claim '[.sub, .client_id, .tier, (.aud | if type == "array" then .[0] else . end)] | join(" ")')"
is "it opens /mcp" 200 "$(call_mcp tools/list)"
is "the audit has it" "token.client ok" "$(service_token >/dev/null; audited)"
is "one round trip" 1 "$(rounds 2)"
is "Basic credentials" 200 "$(with_basic "$service" "$key")"
secret "$(json .access_token)"
is "with the client_id in the body, too" 200 "$(with_basic "$service" "$key" client_id="$service")"
secret "$(json .access_token)"
is "the scheme in any case" 200 "$(post_form /token grant_type=client_credentials -- -H "$(basic "$service" "$key" | sed 's/Basic/bAsIc/')")"
secret "$(json .access_token)"
is "all its tokens are of one grant" 1 "$(sql "SELECT count(*) FROM sallyport.grants WHERE client_id = '$service'")"

is "scope as asked" "200 notes:write" "$(service_token scope=notes:write) $(json .scope)"
is "what does not exist is left out" "200 notes:read" "$(service_token scope='notes:read nothing openid') $(json .scope)"
is "openid alone means nothing" "200 notes:read" "$(service_token scope=openid) $(json .scope)"
is "another resource" "200 search:run" "$(service_token resource="$issuer/mcp/search") $(json .scope)"
is "by its alias" "200 search:run" "$(service_token resource="$issuer/mcp/search/") $(json .scope)"
keep
refused "scope of which nothing exists" 400 invalid_scope service_token scope='nothing admin'
refused "malformed scope" 400 invalid_scope service_token scope='a"b'
refused "an unknown resource" 400 invalid_target service_token resource="$issuer/nothing"
refused "two resources" 400 invalid_target request POST /token -d "grant_type=client_credentials&client_id=$service&client_secret=$key" \
	-d "resource=$(urlencode "$issuer/mcp")&resource=$(urlencode "$issuer/mcp/search")"

# a ceiling of scope, and a resource of its own
capped_token() {
	keep_tokens "$(token grant_type=client_credentials client_id="$capped" client_secret="$(secret_of capped)" "$@")"
}
is "nothing asked: what it may have" "200 notes:write notes:delete" "$(capped_token) $(json .scope)"
is "its tier" developer "$(claim .tier)"
is "more asked: what it may have of it" "200 notes:write" "$(capped_token scope='notes:read notes:write') $(json .scope)"
keep
refused "only what it may not have" 400 invalid_scope capped_token scope=notes:read
refused "a resource of which it may have nothing" 400 invalid_scope capped_token resource="$issuer/mcp/search"
is "bound to a resource" "200 search:run" "$(keep_tokens "$(token grant_type=client_credentials client_id="$bound" client_secret="$(secret_of bound)" resource="$issuer/mcp/search")") $(json .scope)"
keep
refused "it may not ask for another" 400 invalid_target token grant_type=client_credentials client_id="$bound" client_secret="$(secret_of bound)"

# ---- T15 to T19: credentials ----

wrong() {
	token grant_type=client_credentials client_id="$service" client_secret="$1"
}
refused "T15 a wrong secret in the body" 401 invalid_client wrong "${key%?}x"
refused "T15 in Basic" 401 invalid_client with_basic "$service" "${key%?}x"
like "T15 with a challenge" '^Basic ' "$(header WWW-Authenticate)"
refused "T15 an unknown client in Basic" 401 invalid_client with_basic nobody "$key"
like "T15 with the same challenge" '^Basic ' "$(header WWW-Authenticate)"
is "T15 and the same words" "$(with_basic "$service" wrong >/dev/null; json .error)" "$(with_basic nobody wrong >/dev/null; json .error)"
refused "T15 another client's secret" 401 invalid_client with_basic "$service" "$(secret_of capped)"
refused "T16 Basic and a secret in the body" 400 invalid_request with_basic "$service" "$key" client_secret="$key"
refused "T16 Basic of another client than the body" 400 invalid_request with_basic "$service" "$key" client_id="$capped"
raw() {
	post_form /token grant_type=client_credentials -- -H "Authorization: $1"
}
# b64 FORMAT [ARGUMENT]...
b64() {
	local format=$1
	shift
	# shellcheck disable=SC2059	# it is one
	printf "$format" "$@" | base64 -w 0
}
refused "T17 bad base64" 401 invalid_client raw 'Basic !!!!'
refused "T17 no padding" 401 invalid_client raw "Basic $(b64 %s "$service:$key" | sed 's/=*$//')=A"
refused "T17 base64url" 401 invalid_client raw "Basic $(b64 '%s' "??>>$service:$key" | tr '+/' '-_')"
refused "T17 no colon" 401 invalid_client raw "Basic $(b64 %s "$service")"
refused "T17 an escaped colon" 401 invalid_client raw "Basic $(b64 %s "$service%3A$key")"
refused "T17 a NUL" 401 invalid_client raw "Basic $(b64 '%s\000:%s' "$service" "$key")"
refused "T17 an escaped NUL" 401 invalid_client raw "Basic $(b64 %s "$service%00:$key")"
refused "T17 bytes that are not UTF-8" 401 invalid_client raw "Basic $(b64 '\377:%s' "$key")"
refused "T17 a broken escape" 401 invalid_client raw "Basic $(b64 %s "$service%zz:$key")"
refused "T17 an empty name" 401 invalid_client raw "Basic $(b64 %s ":$key")"
refused "T17 nothing" 401 invalid_client raw 'Basic '
refused "T17 no credentials at all" 401 invalid_client raw Basic
refused "T17 another scheme" 401 invalid_client raw "Bearer $key"
refused "T17 trailing bytes" 401 invalid_client raw "Basic $(b64 %s "$service:$key") x"
refused "T17 4,000 bytes" 401 invalid_client raw "Basic $(b64 '%s:%04000d' "$service" 0)"
refused "T18 a confidential client without its secret" 401 invalid_client token grant_type=client_credentials client_id="$service"
refused "T18 with an empty one" 401 invalid_client raw "Basic $(b64 %s "$service:")"
refused "T18 none at all" 400 invalid_request token grant_type=client_credentials
refused "T19 a public client with a secret" 401 invalid_client token grant_type=refresh_token client_id="$public" client_secret=x refresh_token=x
refused "T19 in Basic" 401 invalid_client post_form /token grant_type=refresh_token refresh_token=x -- -H "$(basic "$public" x)"
refused "T23 a client that is not for this grant" 400 unauthorized_client token grant_type=client_credentials client_id="$public"
refused "T23 nor with its secret" 400 unauthorized_client token grant_type=client_credentials client_id="$both" client_secret="$(secret_of both)"
refused "T23 a service that asks with a code" 400 unauthorized_client token grant_type=authorization_code client_id="$service" client_secret="$key" \
	code=x code_verifier="$code_verifier"
refused "T23 or a refresh token" 400 unauthorized_client token grant_type=refresh_token client_id="$service" client_secret="$key" \
	refresh_token="$(printf 'A%.0s' {1..43})"

# T24: assertions are not for us, whatever they say
for header in '{"alg":"none"}' '{"alg":"HS256"}' '{"alg":"RS256","kid":"x","jku":"http://127.0.0.1:1/"}' '{"alg":"ES256","x5u":"http://127.0.0.1:1/"}'; do
	assertion="$(printf %s "$header" | base64 -w 0 | tr '+/' '-_' | tr -d =).$(printf '{"iss":"%s","sub":"%s","aud":"%s"}' "$service" "$service" "$issuer" | base64 -w 0 | tr '+/' '-_' | tr -d =).x"
	refused "T24 an assertion ($header)" 401 invalid_client token grant_type=client_credentials client_id="$service" \
		client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer client_assertion="$assertion"
	refused "T24 beside the right secret" 401 invalid_client service_token client_assertion="$assertion"
done

# ---- a confidential client's codes and refresh tokens ----

echo "$both" >"$T/client"
code=$(authorize_as alice "$both")
keep
refused "its code without its secret" 401 invalid_client redeem "$code"
refused "with a wrong one" 401 invalid_client redeem "$code" client_secret=wrong
is "with it" 200 "$(redeem "$code" client_secret="$(secret_of both)")"
first=$(refresh_token)
keep
refused "its refresh token without its secret" 401 invalid_client refresh
is "the audit has it" "token.refresh rejected invalid_client client authentication failed" "$(audited)"
# registered as client_secret_basic; the other way to say the same secret is as good
is "with it, in Basic" 200 "$(keep_tokens "$(post_form /token grant_type=refresh_token refresh_token="$first" -- -H "$(basic "$both" "$(secret_of both)")")")"
is "the token's own client only: another confidential one" "400 invalid_grant" \
	"$(token grant_type=refresh_token refresh_token="$(refresh_token)" client_id="$(manual_client both2 --redirect-uri "$redirect_uri")" client_secret="$(secret_of both2)") $(json .error)"

# ---- those who are gone ----

sallyport client disable "$service" >/dev/null
keep
refused "a disabled service" 401 invalid_client service_token
sallyport client enable "$service" >/dev/null
is "enabled again it gets tokens" 200 "$(service_token)"
is "which work" 200 "$(call_mcp tools/list)"
grant=$(sql "SELECT grant_id FROM sallyport.grants WHERE client_id = '$service' AND revoked_at IS NULL AND resource = '$issuer/mcp'")
sallyport grant revoke "$grant" >/dev/null
ok "revoked: dead within a second" sv_until 1 eval '[ "$(call_mcp tools/list)" = 401 ]'
is "the next one is of a new grant" "200 1" "$(service_token) $(sql "SELECT count(*) FROM sallyport.grants WHERE client_id = '$service'
	AND revoked_at IS NULL AND resource = '$issuer/mcp' AND grant_id <> '$grant'")"

# ---- many at once ----

seq 64 | xargs -P 64 -I '{}' curl -s -o /dev/null -w '%{http_code}\n' -d grant_type=client_credentials -d "client_id=$service" \
	-d "client_secret=$key" -d "scope=notes:delete" "$issuer/token" | sort | uniq -c | awk '{ print $1, $2 }' >"$T/race"
is "64 at once: 64 tokens" "64 200" "$(cat "$T/race")"
is "of one grant that has it all" "1 notes:read notes:delete" "$(sql "SELECT count(*) || ' ' || array_to_string(max(scope), ' ') FROM sallyport.grants
	WHERE client_id = '$service' AND revoked_at IS NULL AND resource = '$issuer/mcp'")"
done_oauth
