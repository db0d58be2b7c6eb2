#!/bin/bash
# Races: codes against those who are disabled, sign-in against a new password, signing keys
# that change under everybody, the sweeper among those who use what it deletes.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"
sv_workers=4
start_oauth code_ttl=600 signin_tries=1000 refresh_grace=30 || exit 1
client=$(register_client)

# many N COMMAND...: N at once in processes of their own, with their number in $n; each prints a line
many() {
	local count=$1 n pids=()
	shift
	rm -f "$T"/many.*
	for n in $(seq "$count"); do
		"$@" >"$T/many.$n" 2>/dev/null &
		pids+=($!)
	done
	wait "${pids[@]}"
}
answers() {
	cat "$T"/many.* | sort | uniq -c | awk '{ print $2, $1 }' | paste -sd,
}

# ---- X2: a code, and its client or person is disabled ----

# spend FILE CODE
spend() {
	curl -s --max-time 30 -o "$1" -w '%{http_code}\n' "$issuer/token" -d grant_type=authorization_code -d "client_id=$client" \
		--data-urlencode "redirect_uri=$redirect_uri" -d "code=$2" -d "code_verifier=$code_verifier"
}
disable_or_spend() {
	case $n in
	1) sleep "0.0$((RANDOM % 6))"; sallyport "$1" disable "$2" >/dev/null; echo disabled ;;
	*) sleep "0.0$((RANDOM % 6))"; spend "$T/spent" "$code" ;;
	esac
}
for round in {1..8}; do
	case $((round % 2)) in
	0) who=(user alice) ;;
	1) who=(client "$client") ;;
	esac
	rm -f "$T/browser.alice" "$T/spent"
	code=$(authorize_as alice "$client")
	many 2 disable_or_spend "${who[@]}"
	answers >>"$T/spending"
	echo >>"$T/spending"
	[ -s "$T/spent" ] && jq -r '.access_token // empty, .refresh_token // empty' "$T/spent" >>"$T/secrets"
	access=$(jq -r '.access_token // empty' "$T/spent")
	token=$(jq -r '.refresh_token // empty' "$T/spent")
	sallyport "${who[0]}" enable "${who[1]}" >/dev/null
	[ -z "$token" ] || { refresh "$token"; mcp_token=$access call_mcp tools/list; echo; } >>"$T/after"
done
is "X2 the code buys a token, is refused, or is told to come again" "" "$(grep . "$T/spending" | grep -vxE '(200|40[01]|503) 1,disabled 1')"
ok "X2 the latter is rare" test "$(grep -c '^503' "$T/spending")" -le 2
note "$(grep -c '^200' "$T/spending") of 8 bought one"
is "X2 and no token outlives the end of its client or person" "" "$(grep -vxE '400|401' "$T/after" 2>/dev/null)"
is "X2 nor a grant" 0 "$(sql "SELECT count(*) FROM sallyport.grants WHERE revoked_at IS NULL")"

# ---- X7: sign-in, and the password changes ----

sign_in() {
	local jar=$T/jar.$n page=$T/page.$n field
	if [ "$n" = 1 ]; then
		sleep "0.$((RANDOM % 2))$((RANDOM % 10))"
		printf 'a new password %s' "$round" | sallyport user passwd alice --password-stdin >/dev/null
		echo changed
		return
	fi
	curl -s -c "$jar" -o "$page" "$issuer$(authorize_url "$client")"
	field=$(sed -n 's/.*name="request" value="\([^"]*\)".*/\1/p' "$page")
	curl -s -b "$jar" -c "$jar" -o /dev/null -w '%{http_code}\n' -H "Origin: $issuer" --data-urlencode "request=$field" \
		-d username=alice --data-urlencode "password=$1" "$issuer/authorize"
}
password=$(password_of alice)
for round in 1 2 3; do
	rm -f "$T"/jar.*
	secret "a new password $round"
	many 6 sign_in "$password"
	answers >>"$T/signing"
	echo >>"$T/signing"
	awk '$6 ~ /session$/ { print $7 }' "$T"/jar.* >>"$T/secrets"
	for jar in "$T"/jar.*; do
		get "$(authorize_url "$client")" -b "$jar" >/dev/null
		grep -q 'name="decision"' "$T/answer.body" && echo "still signed in with the old password"
	done >>"$T/old"
	password="a new password $round"
done
is "X7 who signs in gets in or not" "" "$(grep . "$T/signing" | sed 's/,changed 1$//; s/^changed 1$//' | tr ',' '\n' | grep -vE '^(200|303) [0-9]$|^$')"
is "X7 and nobody is in with the old password" "" "$(cat "$T/old")"

# ---- X9: keys that change while everybody signs and verifies ----

rm -f "$T/browser.alice"
printf %s "$(password_of alice)" | sallyport user passwd alice --password-stdin >/dev/null
redeem "$(authorize_as alice "$client")" >/dev/null
first=$(refresh_token)
turn() {
	local token=$first access i
	if [ "$n" = 1 ]; then
		for i in 1 2 3 4; do sallyport key rotate >/dev/null || echo "no rotation"; done
		return
	fi
	for i in 1 2 3 4 5 6; do
		curl -s -o "$T/turn.$n" -w '%{http_code}\n' "$issuer/token" -d grant_type=refresh_token -d "client_id=$client" \
			--data-urlencode "refresh_token=$token"
		token=$(jq -r .refresh_token "$T/turn.$n")
		access=$(jq -r .access_token "$T/turn.$n")
		echo "$access $token" >>"$T/turned.$n"
		curl -s -o /dev/null -w '%{http_code}\n' "$issuer/mcp" -H "Authorization: Bearer $access" -H 'Content-Type: application/json' \
			-H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/list' \
			-d '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}'
	done
}
many 9 turn
cat "$T"/turned.* | tr ' ' '\n' | sort -u >>"$T/secrets"
is "X9 every refresh and every token is good" "200 96" "$(answers)"
is "X9 tokens of keys before are good, too" "200" "$(cut -d' ' -f1 "$T"/turned.* | sort -u | while read -r token; do
	mcp_token=$token call_mcp tools/list; echo; done | sort -u)"
is "X9 in the end one key signs" 1 "$(sallyport key list --json | jq '[.[] | select(.state == "active")] | length')"

# ---- X15: the sweeper among those who use what it deletes ----

sql "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'sweep holder'" >/dev/null
tamper "UPDATE sallyport.refresh_token SET expires_at = now() - interval '2 days', used_at = coalesce(used_at, now()) - interval '1 day'
	WHERE grant_id IN (SELECT grant_id FROM sallyport.grants WHERE revoked_at IS NOT NULL)"
tamper "UPDATE sallyport.browser_session SET expires_at = now() - interval '1 second'"
redeem "$(rm -f "$T/browser.alice"; authorize_as alice "$client")" >/dev/null
first=$(refresh_token)
among() {
	local i
	for i in 1 2 3 4; do
		case $((n % 3)) in
		0) sallyport sweep >/dev/null && echo 200 ;;
		1) curl -s -o "$T/among.$n.$i" -w '%{http_code}\n' "$issuer/token" -d grant_type=refresh_token -d "client_id=$client" \
			--data-urlencode "refresh_token=$first" ;;
		2) curl -s -o /dev/null -w '%{http_code}\n' -b "$T/browser.alice" "$issuer$(authorize_url "$client")" ;;
		esac
	done
}
many 9 among
jq -r '.access_token // empty, .refresh_token // empty' "$T"/among.* | sort -u >>"$T/secrets"
is "X15 everybody gets an answer" "200 36" "$(answers)"
done_oauth
