#!/bin/bash
# /token with an authorization code: what it takes, and what a wrong try costs.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"
start_oauth code_ttl=600 || exit 1
client=$(register_client)
other=$(register_client '{ client_name: "Other" }')
other_verifier=$(printf 'v%.0s' {1..43})

# new_code [NAME=VALUE]...: in $code
new_code() {
	code=$(authorize_as alice "$client" "$@")
}

# exchange [NAME=VALUE]...: the usual request; what is given wins, NAME= leaves one out
exchange() {
	local -A p=([grant_type]=authorization_code [code]=$code [redirect_uri]=$redirect_uri [code_verifier]=$code_verifier [client_id]=$client)
	local pair data=() name
	for pair; do p[${pair%%=*}]=${pair#*=}; done
	for name in grant_type code redirect_uri code_verifier client_id resource client_secret scope extra; do
		[ -z "${p[$name]:-}" ] || data+=("$name=${p[$name]}")
	done
	post_form /token "${data[@]}"
}

# ---- a good one ----

new_code scope='notes:read notes:write'
is "a code buys a token" 200 "$(exchange)"
secret "$(json .access_token)" "$(json .refresh_token)"
is "Bearer, for an hour, with what was granted" "Bearer 3600 notes:read notes:write" "$(json '[.token_type, .expires_in, .scope] | map(tostring) | join(" ")')"
is "expires_in is a number" number "$(json '.expires_in | type')"
is "and a refresh token" "access_token expires_in refresh_token scope token_type" "$(json 'keys | join(" ")')"
is "T28 nobody keeps it" "application/json no-store nosniff" "$(header Content-Type) $(header Cache-Control) $(header X-Content-Type-Options)"
is "one round trip" 1 "$(rounds)"
is "the audit has it" "token.code ok" "$(audited)"
claims=$(json .access_token | cut -d. -f2 | jq -Rr 'gsub("-"; "+") | gsub("_"; "/") | @base64d' 2>/dev/null)
is "the token is for this resource, client and scope" "$issuer $issuer/mcp $client notes:read notes:write developer" \
	"$(jq -r '[.iss, (if .aud | type == "array" then .aud[] else .aud end), .client_id, .scope, .tier] | join(" ")' <<<"$claims")"
is "of type at+jwt" at+jwt "$(json .access_token | cut -d. -f1 | jq -Rr 'gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson | .typ')"
is "it expires in an hour" 3600 "$(jq '.exp - .iat' <<<"$claims")"
new_code resource="$issuer/mcp/search"
is "of another resource" "200 search:run" "$(exchange resource="$issuer/mcp/search/") $(json .scope)"
secret "$(json .access_token)" "$(json .refresh_token)"
plain=$(register_client '{ grant_types: ["authorization_code"] }')
code=$(authorize_as alice "$plain")
is "without the refresh grant there is no refresh token" "200 false" "$(exchange client_id="$plain") $(json 'has("refresh_token")')"
secret "$(json .access_token)"
new_code
is "openid, profile, email and offline_access are no fault" 200 "$(new_code scope='openid profile email offline_access'; exchange scope=openid)"
secret "$(json .access_token)" "$(json .refresh_token)"

# ---- T1, T2: methods and types ----

new_code
keep
for method in GET PUT DELETE PATCH; do
	refused "T1 $method" 405 method_not_allowed request $method /token
	is "T1 $method: Allow" "POST, OPTIONS" "$(header Allow)"
done
is "T1 HEAD" "405 POST, OPTIONS" "$(request HEAD /token) $(header Allow)"
is "OPTIONS is for browsers" "204 * POST, OPTIONS" "$(request OPTIONS /token -H 'Origin: http://localhost:6274' \
	-H 'Access-Control-Request-Method: POST') $(header Access-Control-Allow-Origin) $(header Access-Control-Allow-Methods)"
form="grant_type=authorization_code&code=$code&client_id=$client&code_verifier=$code_verifier&redirect_uri=$(urlencode "$redirect_uri")"
refused "T2 JSON" 400 invalid_request post_json /token "{\"grant_type\":\"authorization_code\",\"code\":\"$code\",\"client_id\":\"$client\"}"
refused "T2 multipart" 415 unsupported_media_type request POST /token -F grant_type=authorization_code -F "code=$code"
refused "T2 no type" 400 invalid_request request POST /token -H 'Content-Type:' -d "$form"
refused "T2 text/plain" 400 invalid_request request POST /token -H 'Content-Type: text/plain' -d "$form"
refused "T2 another charset" 400 invalid_request request POST /token -H 'Content-Type: application/x-www-form-urlencoded; charset=utf-16' -d "$form"

# ---- T3 to T5: parameters ----

refused "T3 no grant_type" 400 invalid_request exchange grant_type=
for grant in unknown password implicit AUTHORIZATION_CODE urn:ietf:params:oauth:grant-type:jwt-bearer "$(printf '%05000d' 0)"; do
	refused "T3 grant_type ${grant:0:50}" 400 unsupported_grant_type exchange grant_type="$grant"
done
for double in grant_type=authorization_code "code=$code" code_verifier=x "client_id=$client" redirect_uri=x x=1\&x=2; do
	refused "T4 twice: ${double:0:20}" 400 invalid_request request POST /token -d "$form" -d "$double"
done
refused "T4 in query and body" 400 invalid_request request POST "/token?code=AAAA" -d "$form"
refused "T4 anything in the query" 400 invalid_request request POST "/token?x=1" -d "$form"
# the web server's own log has what stands in a URL: no real code for this one
refused "T5 all in the query" 400 invalid_request request POST "/token?${form/$code/AAAA}" -d ''
refused "T5 also with GET" 405 method_not_allowed get "/token?${form/$code/AAAA}"
for bad in 'x=%zz' 'x=%' 'x=%00' 'x=%ff' "$(printf 'p%d=1&' {1..101})" "$(printf '%0101d' 0)=1" '=x'; do
	refused "a form with ${bad:0:20}" 400 invalid_request request POST /token -d "$form&$bad"
done

# ---- T6 to T8: codes ----

refused "T6 no code" 400 invalid_request exchange code=
for bad in unknown "$(printf 'A%.0s' {1..43})" "${code}A" "${code%?}" "$(printf '%065536d' 0)" 'é' "$code.x"; do
	refused "T6 code ${bad:0:20}" 400 invalid_grant exchange code="$bad"
done
refused "T6 a NUL in it" 400 invalid_request request POST /token -d "${form/code=/code=%00}"
refused "T7 the code of another client" 400 invalid_grant exchange client_id="$other"
is "T7 the audit has it" "token.code rejected invalid_grant the code belongs to another client" "$(audited)"
refused "an unknown client" 401 invalid_client exchange client_id=nobody
refused "no client at all" 400 invalid_request exchange client_id=
refused "a secret from a public client" 401 invalid_client exchange client_secret=x

# ---- T9 to T12: what belongs to the code ----

refused "T9 no verifier" 400 invalid_request exchange code_verifier=
for bad in "$other_verifier" "${code_verifier%?}" "$(printf 'v%.0s' {1..42})" "$(printf 'v%.0s' {1..129})" "${code_verifier}=" "${code_verifier% }+" \
	"$(printf 'v%.0s' {1..42}) " "$(printf 'v%.0s' {1..42})é"; do
	case $bad in
	"$other_verifier") ;;
	*) refused "T9 verifier ${bad:0:45}" 400 invalid_grant exchange code_verifier="$bad" ;;
	esac
done
for n in 1 2 3; do
	is "T9 a wrong verifier ($n)" "400 invalid_grant" "$(exchange code_verifier="$other_verifier") $(json .error)"
done
is "T10 the challenge itself" "400 invalid_grant" "$(exchange code_verifier="$code_challenge") $(json .error)"
is "T9 wrong tries are counted" 4 "$(sql "SELECT wrong_tries FROM sallyport.auth_code ORDER BY expires_at DESC LIMIT 1")"
keep
for uri in http://127.0.0.1/callback/ http://127.0.0.1:1/callback http://127.0.0.1/ https://evil.example/ "$redirect_uri?x"; do
	refused "T11 redirect_uri $uri" 400 invalid_grant exchange redirect_uri="$uri"
done
refused "T11 none although it was sent" 400 invalid_grant exchange redirect_uri=
for resource in "$issuer/mcp/search" "$issuer/nothing" https://evil.example/mcp "$issuer/mcp#x" mcp; do
	refused "T12 resource $resource" 400 invalid_target exchange resource="$resource"
done
refused "T12 two resources" 400 invalid_target request POST /token -d "$form&resource=$(urlencode "$issuer/mcp")&resource=$(urlencode "$issuer/mcp")"
is "after all this the code is good" "200 $issuer/mcp" "$(exchange resource="$issuer/mcp/") $issuer/mcp"
secret "$(json .access_token)" "$(json .refresh_token)"

new_code
for n in 1 2 3 4 5; do exchange code_verifier="$other_verifier" >/dev/null; done
refused_after_five() {
	exchange
}
keep
refused "T9 five wrong verifiers burn it" 400 invalid_grant refused_after_five
is "the audit says so" "token.code rejected invalid_grant the code was burned by wrong verifiers" "$(audited)"

new_code
tamper "UPDATE sallyport.auth_code SET expires_at = now() - interval '1 second' WHERE spent_at IS NULL"
keep
refused "T8 an expired code" 400 invalid_grant exchange
like "the code's life is a setting" '^(5[89][0-9]|600)$' "$(new_code >/dev/null; sql "SELECT round(extract(epoch FROM max(expires_at) - now())) FROM sallyport.auth_code")"

# registered with one redirect URI, and asked without
code=$(authorize_as alice "$client" redirect_uri=)
is "a redirect URI that was not sent need not be repeated" 200 "$(exchange redirect_uri=)"
secret "$(json .access_token)" "$(json .refresh_token)"
code=$(authorize_as alice "$client" redirect_uri=)
keep
refused "but if it is, it must be the right one" 400 invalid_grant exchange redirect_uri=http://127.0.0.1/other
is "which is taken" 200 "$(exchange)"
secret "$(json .access_token)" "$(json .refresh_token)"

# ---- T13, T14: replays ----

new_code
echo "$client" >"$T/client"
is "a code is spent" 200 "$(redeem "$code")"
grant=$(last_grant)
keep
refused "T14 a replay with a wrong verifier" 400 invalid_grant exchange code_verifier="$other_verifier"
refused "T14 with another redirect URI" 400 invalid_grant exchange redirect_uri=http://127.0.0.1/x
refused "T14 by another client" 400 invalid_grant exchange client_id="$other"
refused "T14 for another resource" 400 invalid_target exchange resource="$issuer/mcp/search"
is "T14 leaves the family alone" 1 "$(live_tokens "$grant")"
is "and the token works" 200 "$(call_mcp tools/list)"
is "T13 a replay with everything right" "400 invalid_grant" "$(exchange) $(json .error)"
is "T13 ends the family" "0 token.code_replay" "$(live_tokens "$grant") $(sql "SELECT event FROM sallyport.audit
	WHERE request_id = '$(header X-Request-Id)' AND event LIKE '%replay'")"
ok "T13 within a second at /mcp" sv_until 1 eval '[ "$(call_mcp tools/list)" = 401 ]'
keep
refused "its refresh token is dead" 400 invalid_grant refresh
refused "T13 once more: nothing is left to end" 400 invalid_grant exchange
is "the replay is written down once" 1 "$(sql "SELECT count(*) FROM sallyport.audit WHERE event = 'token.code_replay' AND grant_id = '$grant'")"

# ---- codes of those who are gone ----

new_code
sallyport client disable "$client" >/dev/null
keep
refused "a disabled client" 401 invalid_client exchange
sallyport client enable "$client" >/dev/null
keep
refused "enabled again: the code stays dead" 400 invalid_grant exchange
new_code
sallyport user disable alice >/dev/null
keep
refused "a disabled user" 400 invalid_grant exchange
sallyport user enable alice >/dev/null
keep
refused "enabled again: the code stays dead" 400 invalid_grant exchange
rm -f "$T/browser.alice"
new_code
sallyport grant revoke "$(last_grant)" >/dev/null
keep
refused "a grant that was revoked before its code was redeemed" 400 invalid_grant exchange

# ---- T26: sizes ----

new_code
form="grant_type=authorization_code&code=$code&client_id=$client&code_verifier=$code_verifier&redirect_uri=$(urlencode "$redirect_uri")"
keep
head -c 5000000 /dev/zero | tr '\0' x >"$T/large"
is "T26 a body over the limit" 413 "$(request POST /token -H 'Content-Type: application/x-www-form-urlencoded' --data-binary "@$T/large")"
printf '%s' "$form$(printf '&p%d=1' {1..5000})" >"$T/many"
refused "T26 5,000 parameters" 400 invalid_request request POST /token -H 'Content-Type: application/x-www-form-urlencoded' --data-binary "@$T/many"
printf '%s&x=%01000000d' "$form" 0 >"$T/padded"
is "T26 a value of 1 MB that nobody asked for" 200 "$(request POST /token -H 'Content-Type: application/x-www-form-urlencoded' --data-binary "@$T/padded")"
secret "$(json .access_token)" "$(json .refresh_token)"
is "a token goes to browsers, too" "*" "$(new_code >/dev/null; exchange >/dev/null; secret "$(json .access_token)" "$(json .refresh_token)"; header Access-Control-Allow-Origin)"
done_oauth
