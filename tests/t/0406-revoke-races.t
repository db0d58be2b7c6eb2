#!/bin/bash
# Tokens that are refreshed while their grant is ended, by the client, by an administrator, by a
# disabled user, by a replayed token: after the end's answer nobody has a token that works.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"
sv_workers=4
rounds=16
chasers=4
start_oauth code_ttl=600 refresh_grace=2 || exit 1
client=$(register_client)

# chase TOKEN FILE: refreshes on and on, as fast as it goes, until it is refused.  FILE gets
# "TIME STATUS" for each request, with the time before it was sent; FILE.tokens what came.
chase() {
	local token=$1 asked status
	while :; do
		asked=$(date +%s%N)
		status=$(curl -s --max-time 30 -o "$2.body" -w '%{http_code}' "$issuer/token" -d grant_type=refresh_token \
			-d "client_id=$client" --data-urlencode "refresh_token=$token")
		echo "$asked $status" >>"$2"
		# a busy machine: to be told to come again ends nothing
		[ "$status" != 503 ] || continue
		[ "$status" = 200 ] || break
		token=$(jq -r .refresh_token "$2.body")
		jq -r '"\(.access_token) \(.refresh_token)"' "$2.body" >>"$2.tokens"
	done
}

# end WAY TOKEN GRANT: prints the status.
end() {
	case $1 in
	client) post_form /revoke token="$2" client_id="$client" ;;
	administrator) sallyport grant revoke "$3" >/dev/null && echo 200 ;;
	user) sallyport user disable alice >/dev/null && sallyport user enable alice >/dev/null && echo 200 ;;
	reuse) refresh "$2" ;;
	esac
}

# surely COMMAND...: until it says 200 or 400; its lock may have been too long in coming.
surely() {
	local answer tries
	for tries in {1..10}; do
		answer=$("$@")
		case $answer in 200 | 400) break ;; esac
	done
	echo "$answer"
}

ways=(client administrator user reuse)
for round in $(seq $rounds); do
	way=${ways[round % 4]}
	# disabling the user has signed her out
	[ "${ways[(round + 3) % 4]}" != user ] || rm -f "$T/browser.alice"
	redeem "$(authorize_as alice "$client")" >/dev/null
	first=$(refresh_token)
	access=$(access_token)
	grant=$(last_grant)
	if [ "$way" = reuse ]; then
		refresh >/dev/null
		tamper "UPDATE sallyport.refresh_token SET used_at = used_at - interval '3 seconds' WHERE used_at IS NOT NULL"
	fi
	start=$(refresh_token)
	pids=()
	for n in $(seq $chasers); do
		chase "$start" "$T/chase.$round.$n" &
		pids+=($!)
	done
	sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
	echo "$way $(surely end "$way" "$first" "$grant") $grant $access" >>"$T/ends"
	date +%s%N >"$T/ended.$round"
	wait "${pids[@]}"
done
cat "$T"/chase.*.tokens | tr ' ' '\n' | sort -u >>"$T/secrets"
note "$(cat "$T"/chase.*[0-9] | grep -c ' 200$') refreshes in $rounds rounds"

is "every end was answered" "administrator 200,client 200,reuse 400,user 200" "$(awk '{ print $1, $2 }' "$T/ends" | sort -u | paste -sd,)"
is "every chaser was refused in the end, and nothing else happened" "$((rounds * chasers)) 400" \
	"$(cat "$T"/chase.*[0-9] | awk '$2 != 200 && $2 != 503 { print $2 }' | sort | uniq -c | awk '{ print $1, $2 }')"
ok "most had tokens before" test "$(ls "$T"/chase.*.tokens | wc -l)" -ge "$rounds"
is "nobody who asked after the end got a token" "" "$(for round in $(seq $rounds); do
	cat "$T/chase.$round".[0-9] | awk -v ended="$(cat "$T/ended.$round")" '$2 == 200 && $1 > ended'; done)"
is "no family lives" 0 "$(sql "SELECT count(*) FROM sallyport.grants WHERE revoked_at IS NULL AND user_id IS NOT NULL")"
is "each has ended once" "" "$(sql "SELECT g.grant_id, count(a.*) FROM sallyport.grants g LEFT JOIN sallyport.audit a
	ON a.grant_id = g.grant_id AND a.event = 'grant.revoke' AND a.outcome = 'ok' GROUP BY 1 HAVING count(a.*) <> 1")"
keep
is "no refresh token that was given out works" "400" "$(for file in "$T"/chase.*.tokens; do
	refresh "$(tail -n 1 "$file" | cut -d' ' -f2)"; done | sort -u)"
is "and no access token" "401" "$({ cut -d' ' -f4 "$T/ends"; cat "$T"/chase.*.tokens | cut -d' ' -f1; } | sort -u | while read -r token; do
	mcp_token=$token call_mcp tools/list; echo; done | sort -u)"
is "which changes nothing" "$state" "$(db_checksum)"
done_oauth
