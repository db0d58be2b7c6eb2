#!/bin/bash
# PostgreSQL is killed and comes back, again and again, while clients register, spend codes,
# refresh, sign in and call: each answer is right or says that we are away, no client loses what
# it has, nothing is half done, and the programs serve again by themselves.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"
codes=4000
start_oauth code_ttl=600 registrations_per_hour=0 client_unused_ttl=86400 || exit 1
client=$(register_client)
redeem "$(authorize_as alice "$client")" >/dev/null
first=$(refresh_token)
access=$(access_token)
sql "WITH g AS (INSERT INTO sallyport.grants (user_id, client_id, resource, scope, auth_time)
       SELECT user_id, '$client', '$issuer/mcp', '{notes:read}', now() FROM sallyport.users, generate_series(1, $codes)
       RETURNING grant_id, user_id, client_id, resource), n AS (SELECT *, row_number() OVER () AS i FROM g), c AS (
     INSERT INTO sallyport.auth_code (code_sha256, grant_id, client_id, redirect_uri, redirect_uri_sent, code_challenge,
       session_sha256, expires_at)
     SELECT sha256(convert_to('storm-' || i, 'UTF8')), grant_id, '$client', '$redirect_uri', true, '$code_challenge', '',
       now() + interval '10 minutes' FROM n)
     INSERT INTO sallyport.audit (event, outcome, user_id, client_id, grant_id, resource, detail)
     SELECT 'authorize.approve', 'ok', user_id, client_id, grant_id, resource, '{}' FROM n" >/dev/null

# ---- clients: each asks on and on until $T/enough is there ----

# One request; FILE gets "STATUS SECONDS RETRY-AFTER ERROR", the answer is in FILE.body.
one() {
	local file=$1 status
	shift
	status=$(curl -s --max-time 30 -D "$file.headers" -o "$file.body" -w '%{http_code} %{time_total}' "$@")
	echo "$status $(sed -n 's/^retry-after: *\([0-9]*\).*/\1/Ip' "$file.headers") $(jq -r '.error? // empty | strings' "$file.body" 2>/dev/null)" >>"$file"
	[ "${status%% *}" = "${wanted:-200}" ]
}

registering() {
	while [ ! -e "$T/enough" ]; do
		wanted=201 one "$1" "$issuer/register" -H 'Content-Type: application/json' \
			-d '{ "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "none" }' &&
			jq -r .client_id "$1.body" >>"$1.held"
	done
}

# A code that was answered with 503 may have been spent: another one is taken.
redeeming() {
	local n=1
	while [ ! -e "$T/enough" ] && [ "$n" -lt "$codes" ]; do
		one "$1" "$issuer/token" -d grant_type=authorization_code -d "client_id=$client" -d "code=storm-$n" \
			--data-urlencode "redirect_uri=$redirect_uri" -d "code_verifier=$code_verifier" &&
			jq -r .refresh_token "$1.body" >>"$1.held"
		n=$((n + 1))
	done
}

# A refresh that was answered with 503 is asked again with the same token, as clients do.
refreshing() {
	local token=$first
	while [ ! -e "$T/enough" ]; do
		one "$1" "$issuer/token" -d grant_type=refresh_token -d "client_id=$client" --data-urlencode "refresh_token=$token" && {
			token=$(jq -r .refresh_token "$1.body")
			echo "$token" >>"$1.held"
		}
	done
}

signed_in() {
	local url
	url=$(authorize_url "$client")
	while [ ! -e "$T/enough" ]; do one "$1" -b "$T/browser.alice" "$issuer$url"; done
}

calling() {
	while [ ! -e "$T/enough" ]; do
		one "$1" "$issuer/mcp" -H "Authorization: Bearer $access" -H 'Content-Type: application/json' \
			-H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/list' \
			-d '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}'
	done
}

discovering() {
	while [ ! -e "$T/enough" ]; do one "$1" "$issuer/.well-known/oauth-authorization-server"; done
}

kinds="registering redeeming refreshing signed_in calling discovering"
pids=()
for kind in $kinds; do
	: >"$T/$kind"
	"$kind" "$T/$kind" &
	pids+=($!)
done

# good KIND: how often it was answered well until now
good() {
	grep -cE '^20[01] ' "$T/$1"
}

# All kinds are answered again.
all_good() {
	local kind
	for kind in $kinds; do [ "$(good "$kind")" -gt "${before[$kind]}" ] || return 1; done
}

declare -A before
for round in 1 2 3 4; do
	for kind in $kinds; do before[$kind]=$(good "$kind"); done
	ok "everybody is served ($round)" sv_until 60 all_good
	stop_postgres QUIT
	[ $((round % 2)) = 0 ] || sleep 1
	start_postgres
done
for kind in $kinds; do before[$kind]=$(good "$kind"); done
ok "and so after the last time, without a restart of anything" sv_until 60 all_good
touch "$T/enough"
wait "${pids[@]}"
cat "$T/redeeming.held" "$T/refreshing.held" >>"$T/secrets"

# ---- what they saw ----

for kind in $kinds; do
	note "$kind: $(cut -d' ' -f1 "$T/$kind" | sort | uniq -c | awk '{ print $2 ": " $1 }' | paste -sd,)"
	is "$kind: right, or away for a moment" "" "$(awk '$1 !~ /^20[01]$/ && !($1 == 503 && $3 >= 1) { print $1, $3, $4 }' "$T/$kind" | sort | uniq -c)"
done
is "OAuth says it in its own words" "temporarily_unavailable" "$(awk '$1 == 503 { print $4 }' "$T"/{registering,redeeming,refreshing} | sort -u)"
case ${HTTPD:-nginx} in
*cgi) skip "a CGI program knows nothing by heart" ;;
*) is "discovery was there all the time" "" "$(grep -v '^200 ' "$T/discovering")" ;;
esac
is "nobody waited for long" "" "$(awk '$2 > 20 { print FILENAME, $0 }' "$T"/{registering,redeeming,refreshing,signed_in,calling,discovering})"

# ---- what they hold ----

digests() {
	while read -r token; do printf '%s' "${token%%.*}" | sha256sum | cut -c1-64; done | sort -u
}
cat "$T/redeeming.held" "$T/refreshing.held" | digests >"$T/held"
sql "SELECT encode(token_sha256, 'hex') FROM sallyport.refresh_token" | sort >"$T/rows"
is "every refresh token that was given out is a row" "" "$(comm -23 "$T/held" "$T/rows")"
sort -u "$T/registering.held" >"$T/held"
sql "SELECT client_id FROM sallyport.client" | sort >"$T/rows"
is "every client that was told its client_id is there" "" "$(comm -23 "$T/held" "$T/rows")"
is "the family that was refreshed all the time lives" 200 "$(refresh "$(tail -n 1 "$T/refreshing.held")")"
is "no code was spent without a family, and no family is without its code" 0 "$(sql "SELECT count(*) FROM sallyport.auth_code c
	WHERE (c.spent_at IS NOT NULL) <> EXISTS (SELECT 1 FROM sallyport.refresh_token t WHERE t.grant_id = c.grant_id)")"
is "no family has ended" 0 "$(sql "SELECT count(*) FROM sallyport.grants WHERE revoked_at IS NOT NULL")"
done_oauth
