#!/bin/bash
# Codes and programs under fire: 64 at once with one code, and programs that are
# killed while a thousand codes are spent.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"
sv_workers=4
# a flow here may take long on a busy machine, a code of 60 seconds would run out
start_oauth code_ttl=600 || exit 1
client=$(register_client)

# spend CODE VERIFIER FILE: redeems with a process of its own; the status goes to FILE.
spend() {
	curl -s --max-time 30 -o "$3.body" -w '%{http_code}' "http://localhost:$sv_port/token" \
		-d grant_type=authorization_code -d "client_id=$client" --data-urlencode "redirect_uri=$redirect_uri" \
		-d "code=$1" -d "code_verifier=$2" >"$3"
}

# race CODE VERIFIER: 64 at once; prints "STATUS COUNT" lines.
race() {
	local i pids=()
	rm -f "$T"/race.*
	for i in $(seq 64); do
		spend "$1" "$2" "$T/race.$i" &
		pids+=($!)
	done
	wait "${pids[@]}"
	cat "$T"/race.[0-9] "$T"/race.[0-9][0-9] | sed 's/.../&\n/g' | sort | uniq -c | awk '{ print $2, $1 }' | paste -sd ,
}

families() {
	sql "SELECT count(*) FROM sallyport.refresh_token WHERE grant_id = '$1'"
}

# ---- one code, 64 processes ----

code=$(authorize_as alice "$client")
grant=$(sql "SELECT grant_id FROM sallyport.auth_code WHERE code_sha256 = sha256('$code')")
is "one wins, 63 are refused" "200 1,400 63" "$(race "$code" "$code_verifier")"
is "there is one family" 1 "$(families "$grant")"
is "and it is revoked: the replays had everything right" t \
	"$(sql "SELECT revoked_at IS NOT NULL FROM sallyport.grants WHERE grant_id = '$grant'")"

code=$(authorize_as alice "$client")
grant=$(sql "SELECT grant_id FROM sallyport.auth_code WHERE code_sha256 = sha256('$code')")
redeem "$code" >/dev/null
is "wrong verifiers behind it win nothing" "400 64" "$(race "$code" "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong")"
is "and the family lives" f "$(sql "SELECT revoked_at IS NOT NULL FROM sallyport.grants WHERE grant_id = '$grant'")"

# ---- a thousand codes, programs killed at random ----

sql "WITH g AS (INSERT INTO sallyport.grants (user_id, client_id, resource, scope, auth_time)
       SELECT user_id, '$client', '$issuer/mcp', '{notes:read}', now() FROM sallyport.users, generate_series(1, 1000)
       RETURNING grant_id, user_id, client_id, resource), n AS (SELECT *, row_number() OVER () AS i FROM g), c AS (
     INSERT INTO sallyport.auth_code (code_sha256, grant_id, client_id, redirect_uri, redirect_uri_sent, code_challenge,
       session_sha256, expires_at)
     SELECT sha256(convert_to('storm-' || i, 'UTF8')), grant_id, '$client', '$redirect_uri', true, '$code_challenge', '',
       now() + interval '10 minutes' FROM n)
     INSERT INTO sallyport.audit (event, outcome, user_id, client_id, grant_id, resource, detail)
     SELECT 'authorize.approve', 'ok', user_id, client_id, grant_id, resource, '{}' FROM n" >/dev/null

mkdir "$T/storm"
export client sv_port redirect_uri code_verifier T
export -f spend
seq 1000 | xargs -P 8 -I{} bash -c 'spend storm-{} "$code_verifier" "$T/storm/{}"' &
storm=$!
killed=0
while kill -0 "$storm" 2>/dev/null; do
	victim=$(pgrep -f "^$sv_programs/token" | shuf -n 1)
	[ -z "$victim" ] || { kill -9 "$victim" 2>/dev/null && killed=$((killed + 1)); }
	sleep 0.2
done
wait "$storm"
succeeded=$(grep -lx 200 "$T"/storm/* | grep -vc body)
note "$killed programs killed, $succeeded of 1000 codes answered with tokens, $(cat "$T"/storm/[0-9]* 2>/dev/null | grep -c '^$') without an answer"
case ${HTTPD:-nginx} in
*cgi) skip "a CGI program is gone before it can be found" ;;
*) ok "programs were really killed" test "$killed" -ge 10 ;;
esac
ok "most codes were spent all the same" test "$succeeded" -ge 800
is "nobody got anything but tokens, a refusal, or word that we are away" "" \
	"$(for f in "$T"/storm/*[0-9]; do cat "$f"; echo; done | grep -vxE '200|000|50[0-4]|' | sort | uniq -c)"
# each token that a client holds is a committed row
grep -lx 200 "$T"/storm/*[0-9] | sed 's/$/.body/' | xargs jq -r '.refresh_token | split(".")[0]' |
	perl -MDigest::SHA=sha256_hex -lne 'print sha256_hex($_)' | sort >"$T/held"
sql "SELECT encode(token_sha256, 'hex') FROM sallyport.refresh_token" | sort >"$T/rows"
is "every token that was given out is a row" "" "$(comm -23 "$T/held" "$T/rows")"
is "no code has two families" 0 "$(sql "SELECT count(*) FROM (SELECT grant_id FROM sallyport.refresh_token
	GROUP BY grant_id HAVING count(*) > 1) x")"
is "every spent code has its audit row, and no other" 0 "$(sql "SELECT count(*) FROM sallyport.auth_code c
	WHERE (c.spent_at IS NOT NULL) <> EXISTS (SELECT 1 FROM sallyport.audit a
	      WHERE a.grant_id = c.grant_id AND a.event = 'token.code' AND a.outcome = 'ok')")"
ok "it serves again" sv_until 10 eval '[ "$(get /.well-known/jwks.json)" = 200 ]'
code=$(authorize_as alice "$client")
is "and spends codes" 200 "$(redeem "$code")"
done_oauth
