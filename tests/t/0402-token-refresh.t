#!/bin/bash
# /token with a refresh token: rotation, the grace, reuse.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"
start_oauth refresh_grace=60 || exit 1
client=$(register_client)
other=$(register_client '{ client_name: "Other" }')

# family [NAME=VALUE]...: a new one; its tokens are in $first and $access, its grant in $grant
family() {
	redeem "$(authorize_as alice "$client" "$@")" >/dev/null
	first=$(refresh_token)
	access=$(access_token)
	grant=$(last_grant)
}

# tokens: digest of the last answer's pair
tokens() {
	json '.access_token + " " + .refresh_token' | sha256sum | cut -c1-16
}

# Past the grace, by the database's clock.
grace_over() {
	tamper "UPDATE sallyport.refresh_token SET used_at = used_at - interval '61 seconds' WHERE used_at IS NOT NULL"
}

# ---- rotation ----

family scope='notes:read notes:write'
is "a refresh token buys a new pair" 200 "$(refresh "$first")"
is "of the same shape" "Bearer 3600 notes:read notes:write" "$(json '[.token_type, .expires_in, .scope] | map(tostring) | join(" ")')"
isnt "another refresh token" "$first" "$(refresh_token)"
isnt "another access token" "$access" "$(access_token)"
is "in one round trip" 1 "$(rounds)"
is "the audit has it" "token.refresh ok" "$(audited)"
is "nobody keeps it" no-store "$(header Cache-Control)"
is "one is alive" 1 "$(live_tokens "$grant")"
is "the access token works" 200 "$(call_mcp tools/list)"
for n in 1 2 3; do is "and on ($n)" 200 "$(refresh)"; done
is "one is alive" 1 "$(live_tokens "$grant")"

# ---- the grace ----

family
refresh "$first" >/dev/null
answer=$(tokens)
keep
is "the same token inside the grace: the same answer" "200 $answer" "$(refresh "$first") $(tokens)"
is "in one round trip" 1 "$(rounds)"
is "the audit tells it from the first" true "$(sql "SELECT detail->>'replayed' FROM sallyport.audit WHERE request_id = '$(header X-Request-Id)'")"
is "and nothing was made" "$state" "$(db_checksum)"
sleep 1.2
like "expires_in counts on" '^359[0-9]$' "$(refresh "$first" >/dev/null; json .expires_in)"
refused "another request with it is refused" 400 invalid_grant refresh "$first" scope=notes:read
refused "also for another resource" 400 invalid_grant refresh "$first" resource="$issuer/mcp/search"
is "the family lives" 1 "$(live_tokens "$grant")"
refused "and to another client" 400 invalid_grant token grant_type=refresh_token refresh_token="$first" client_id="$other"
is "its successor is good" 200 "$(refresh)"

# T21
refresh_after_grace() {
	grace_over
	refresh "$first"
}
family
refresh "$first" >/dev/null
grace_over
is "T21 after the grace it is reuse" "400 invalid_grant" "$(refresh "$first") $(json .error)"
is "T21 which ends the family" "0 token.refresh_reuse" "$(live_tokens "$grant") $(sql "SELECT event FROM sallyport.audit
	WHERE request_id = '$(header X-Request-Id)' AND event LIKE '%reuse'")"
keep
refused "T21 the successor is dead, too" 400 invalid_grant refresh
ok "T21 and the access token, within a second" sv_until 1 eval '[ "$(call_mcp tools/list)" = 401 ]'
refused "T21 once more" 400 invalid_grant refresh "$first"

# ---- T20: what is no refresh token ----

family
keep
for bad in unknown "$(printf 'A%.0s' {1..43})" "${first}A" "${first%?}" "${first%%.*}x" "$(printf '%065536d' 0)" "$(printf '%032769d' 0)" "$(access_token)" "${first%%.*}." ".${first#*.}" 'é'; do
	# what is cut behind the dot only loses its snapshot: the token itself is in front
	case $bad in
	"${first%%.*}"*.*) continue ;;
	esac
	refused "T20 ${bad:0:20}" 400 invalid_grant refresh "$bad"
done
refused "T20 none" 400 invalid_request token grant_type=refresh_token client_id="$client"
refused "T20 twice" 400 invalid_request token grant_type=refresh_token client_id="$client" refresh_token="$first" refresh_token="$first"
echo "$other" >"$T/client"
refused "T20 of another client" 400 invalid_grant refresh "$first"
echo "$client" >"$T/client"
is "T20 and is still good" 200 "$(refresh "$first")"
family
tamper "UPDATE sallyport.refresh_token SET expires_at = now() WHERE used_at IS NULL"
keep
refused "T20 expired" 400 invalid_grant refresh "$first"

# ---- the snapshot in it is a help and not a right ----

family
damaged=${first%??????}AAAAAA
is "with a damaged snapshot the token works, with one more round trip" "200 2" "$(refresh "$damaged") $(rounds)"
family
bare=${first%%.*}
is "also without any" 200 "$(refresh "$bare")"
is "and gives whole ones again" 1 "$(refresh >/dev/null; rounds)"
family scope=notes:read
mine=$first
family scope='notes:read notes:write notes:delete'
crossed=${mine%%.*}.${first#*.}
is "with another token's snapshot it has its own scope" "200 notes:read" "$(refresh "$crossed") $(json .scope)"

# ---- T22: scope and resource ----

family scope='notes:read notes:write'
keep
refused "T22 scope of which nothing was granted" 400 invalid_scope refresh "$first" scope=notes:delete
refused "T22 malformed" 400 invalid_scope refresh "$first" scope='a"b'
for resource in "$issuer/mcp/search" "$issuer/nothing" https://evil.example/; do
	refused "T22 resource $resource" 400 invalid_target refresh "$first" resource="$resource"
done
is "T22 none of it used the token" "200 notes:read" "$(refresh "$first" scope=notes:read resource="$issuer/mcp/") $(json .scope)"
is "less scope holds for one token only" "200 notes:read notes:write" "$(refresh) $(json .scope)"
is "what was asked for and not granted is left out, as at first" "200 notes:read" "$(refresh "" scope='notes:read notes:delete offline_access') $(json .scope)"
is "scopes of habit mean all" "200 notes:read notes:write" "$(refresh "" scope='openid offline_access') $(json .scope)"
is "also from a token without a snapshot" "200 notes:write" "$(refresh "$(refresh_token | cut -d. -f1)" scope='notes:write nothing') $(json .scope)"

# ---- what changes about the grant is in the next token ----

family
sql "UPDATE sallyport.users SET tier = 'admin', version = version + 1 WHERE username = 'alice'"
is "a user who has changed: two round trips" "200 2" "$(refresh) $(rounds)"
is "the token says the new" admin "$(access_token | cut -d. -f2 | jq -Rr 'gsub("-"; "+") | gsub("_"; "/") | @base64d' 2>/dev/null | jq -r .tier)"
is "and the next is one again" "200 1" "$(refresh) $(rounds)"

# ---- those who are gone ----

family
sallyport client disable "$client" >/dev/null
keep
refused "a disabled client" 401 invalid_client refresh
sallyport client enable "$client" >/dev/null
keep
refused "stays without its families" 400 invalid_grant refresh
family
sallyport user disable alice >/dev/null
keep
refused "a disabled user" 400 invalid_grant refresh
sallyport user enable alice >/dev/null
rm -f "$T/browser.alice"
family
sallyport grant revoke "$grant" >/dev/null
keep
refused "a revoked grant" 400 invalid_grant refresh

# ---- X3: many at once ----

family
for n in {1..64}; do echo "$n"; done | xargs -P 64 -I '{}' curl -s -o "$T/many.{}" -w '%{http_code}\n' --data-urlencode "refresh_token=$first" \
	-d grant_type=refresh_token -d "client_id=$client" "$issuer/token" | sort | uniq -c | awk '{ print $1, $2 }' >"$T/race"
is "X3 64 at once: all get an answer" "64 200" "$(cat "$T/race")"
is "X3 the same one" 1 "$(cat "$T"/many.* | jq -rs 'map(.access_token + .refresh_token) | unique | length')"
secret "$(jq -r .access_token "$T/many.1")" "$(jq -r .refresh_token "$T/many.1")"
is "X3 one is alive" 1 "$(live_tokens "$grant")"
is "X3 and it is good" 200 "$(refresh "$(jq -r .refresh_token "$T/many.1")")"

# ---- answers are not kept for long ----

grace_over
sweep
is "after the grace no answer is kept" 0 "$(sql "SELECT count(*) FROM sallyport.refresh_token WHERE answer IS NOT NULL")"
is "but that the token was used is" true "$(sql "SELECT count(*) > 10 FROM sallyport.refresh_token WHERE used_at IS NOT NULL" | sed 's/^t$/true/')"

# ---- no grace at all ----

settings refresh_grace=0
stop_workers && sv_httpd_stop && start_httpd "${HTTPD:-nginx}"
family
is "without a grace a token works once" 200 "$(refresh "$first")"
is "nothing is kept of the answer" 0 "$(sql "SELECT count(*) FROM sallyport.refresh_token WHERE grant_id = '$grant' AND answer IS NOT NULL")"
is "the second use is reuse, at once" "400 invalid_grant 0" "$(refresh "$first") $(json .error) $(live_tokens "$grant")"
family
for n in {1..32}; do echo "$n"; done | xargs -P 32 -I '{}' curl -s -o "$T/strict.{}" -w '%{http_code}\n' --data-urlencode "refresh_token=$first" \
	-d grant_type=refresh_token -d "client_id=$client" "$issuer/token" | sort | uniq -c | awk '{ print $1, $2 }' | paste -sd, >"$T/race"
is "32 at once: one gets an answer" "1 200,31 400" "$(cat "$T/race")"
secret "$(cat "$T"/strict.* | jq -rs 'map(.access_token // empty)[0]')" "$(cat "$T"/strict.* | jq -rs 'map(.refresh_token // empty)[0]')"
is "and the family is dead" 0 "$(live_tokens "$grant")"
done_oauth
