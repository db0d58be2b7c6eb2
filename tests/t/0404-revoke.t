#!/bin/bash
# /revoke (RFC 7009): what ends, for whom, how soon.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"
start_oauth || exit 1
client=$(register_client)
other=$(register_client '{ client_name: "Other" }')
service=$(manual_client service --redirect-uri "$redirect_uri")

family() {
	redeem "$(authorize_as alice "$client")" >/dev/null
	grant=$(last_grant)
}

# revoke TOKEN [NAME=VALUE]...
revoke() {
	local token=$1
	shift
	post_form /revoke token="$token" client_id="$client" "$@"
}

# nothing NAME COMMAND...: 200, an empty body, and nothing has changed
nothing() {
	local name=$1 got
	shift
	got=$(last_status "$@")
	is "$name" "200 0" "$got $(stat -c %s "$T/answer.body")$(faults | sed 's/.*/ (&)/')"
}

dead_within_a_second() {
	ok "$1" sv_until 1 eval '[ "$(call_mcp tools/list)" = 401 ]'
}

# ---- V7: a refresh token ends its family ----

family
is "the access token works" 200 "$(call_mcp tools/list)"
is "V7 revoke the refresh token" "200 0" "$(revoke "$(refresh_token)") $(stat -c %s "$T/answer.body")"
is "nobody keeps the answer" no-store "$(header Cache-Control)"
is "one round trip" 1 "$(round_trips)"
is "the audit has it" "grant.revoke ok revoked by client" "$(audited)"
dead_within_a_second "V7 the access token is dead within a second"
keep
refused "V7 the refresh token at once" 400 invalid_grant refresh
nothing "revoked again: nothing more" revoke "$(refresh_token)"

family
first=$(refresh_token)
refresh >/dev/null
is "a used refresh token ends its family, too" 200 "$(revoke "$first")"
dead_within_a_second "and the new access token"

# ---- V8: an access token ends alone ----

family
access=$(access_token)
refresh >/dev/null
newer=$(access_token)
is "V8 revoke an access token" 200 "$(revoke "$access")"
is "in one round trip" 1 "$(rounds 2)"
is "the audit has it" "token.revoke ok" "$(audited)"
mcp_token=$access dead_within_a_second "V8 it is dead within a second"
is "V8 another one of the family lives" 200 "$(mcp_token=$newer call_mcp tools/list)"
is "V8 and the refresh token" 200 "$(refresh)"

# ---- V1 to V4, V6: what ends nothing ----

family
keep
for token in unknown "$(printf 'A%.0s' {1..43})" "$(printf 'A%.0s' {1..43}).x" "$(access_token)x" "$(access_token | cut -d. -f1,2)." 'é' \
	"$(printf '{"alg":"none"}' | base64 -w 0 | tr -d =).$(access_token | cut -d. -f2)." "$(printf '%030000d' 0)"; do
	nothing "V1 ${token:0:30}" revoke "$token"
done
client=$other
nothing "V2 another client's refresh token" revoke "$(refresh_token)"
nothing "V2 another client's access token" revoke "$(access_token)"
client=$(cat "$T/client")
is "V2 both are good" "200 200" "$(call_mcp tools/list) $(refresh)"
keep
refused "V3 no token" 400 invalid_request post_form /revoke client_id="$client"
refused "V3 an empty one" 400 invalid_request revoke ''
refused "V3 two" 400 invalid_request revoke "$(refresh_token)" token=x
refused "V3 64 KiB" 400 invalid_request revoke "$(printf '%065536d' 0)"
refused "V3 a NUL" 400 invalid_request request POST /revoke -d "client_id=$client" -d 'token=a%00b'
refused "in the query" 400 invalid_request request POST '/revoke?token=x' -d "client_id=$client"
refused "JSON" 400 invalid_request post_json /revoke '{"token":"x"}'
for method in GET PUT DELETE; do
	refused "V6 $method" 405 method_not_allowed request $method /revoke
done
is "V6 Allow" "POST, OPTIONS" "$(header Allow)"
is "a browser may" "204 *" "$(request OPTIONS /revoke -H 'Origin: http://localhost:6274' -H 'Access-Control-Request-Method: POST') $(header Access-Control-Allow-Origin)"
is "V4 a wrong hint is no harm" 200 "$(revoke "$(refresh_token)" token_type_hint=access_token)"
is "V4 it was found" 0 "$(live_tokens "$grant")"
family
is "V4 an unknown hint" 200 "$(revoke "$(refresh_token)" token_type_hint=anything)"
is "V4 it was found" 0 "$(live_tokens "$grant")"

# ---- V5: who may ask ----

family
echo "$service" >"$T/client"
redeem "$(authorize_as alice "$service")" client_secret="$(secret_of service)" >/dev/null
grant=$(last_grant)
keep
refused "V5 no client" 400 invalid_request post_form /revoke token="$(refresh_token)"
refused "V5 an unknown one" 401 invalid_client post_form /revoke token="$(refresh_token)" client_id=nobody
refused "V5 a confidential one without its secret" 401 invalid_client post_form /revoke token="$(refresh_token)" client_id="$service"
refused "V5 with a wrong one" 401 invalid_client post_form /revoke token="$(refresh_token)" client_id="$service" client_secret=x
refused "V5 in Basic" 401 invalid_client post_form /revoke token="$(refresh_token)" -- -H "$(basic "$service" x)"
like "V5 with a challenge" '^Basic ' "$(header WWW-Authenticate)"
is "V5 its token is good" 1 "$(live_tokens "$grant")"
is "with its secret it ends" "200 0" "$(post_form /revoke token="$(refresh_token)" -- -H "$(basic "$service" "$(secret_of service)")") $(live_tokens "$grant")"

# ---- what is swept ----

tamper "UPDATE sallyport.revocation SET expires_at = now() - interval '1 second' WHERE key LIKE 'j:%'"
sweep
is "revocations are kept for as long as a token can live, and no longer" 0 "$(sql "SELECT count(*) FROM sallyport.revocation WHERE expires_at < now()")"
done_oauth
