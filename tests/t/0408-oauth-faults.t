#!/bin/bash
# What OAuth answers when something below it fails: nothing is done by halves, nothing is
# spent, and when the fault is over everything goes on without a restart.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"
start_oauth code_ttl=600 registrations_per_hour=0 || exit 1
client=$(register_client)

# away NAME COMMAND...: 503 as JSON, when to come again, nothing has changed, and it did not take long
away() {
	local name=$1 started=$SECONDS
	shift
	refused "$name" 503 temporarily_unavailable "$@"
	like "$name: when to come again" '^[1-9][0-9]*$' "$(header Retry-After)"
	ok "$name: soon" test $((SECONDS - started)) -le 10
}

# fails NAME COMMAND...: an error of ours, as JSON or to the client, and nothing has changed
fails() {
	local name=$1 status
	shift
	status=$(last_status "$@")
	[ "$status" != 303 ] || status=$(location_parameter error)
	like "$name" '^(50[03]|server_error|temporarily_unavailable)$' "$status"
	is "$name: nothing has changed" "$state" "$(db_checksum)"
}

register() {
	post_json /register '{ "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "none" }'
}

code=$(authorize_as alice "$client")
spare=$(authorize_as alice "$client")
redeem "$(authorize_as alice "$client")" >/dev/null
first=$(refresh_token)
keep

# ---- F10: somebody holds a lock ----

# hold TABLE: until let_go
hold() {
	(PGAPPNAME=holder sql "BEGIN; LOCK TABLE $1 IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)" >/dev/null 2>&1 &)
	sv_until 10 eval '[ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE application_name = '"'holder'"' AND wait_event = '"'PgSleep'"'")" = 1 ]'
}
let_go() {
	sql "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'holder'" >/dev/null
}

# As away; the state is behind the lock, too, and looked at afterwards.
away_behind_lock() {
	local name=$1 started=$SECONDS
	shift
	is "$name" "503 temporarily_unavailable" "$(last_status "$@") $(json .error)"
	like "$name: when to come again" '^[1-9][0-9]*$' "$(header Retry-After)"
	ok "$name: soon" test $((SECONDS - started)) -le 10
}

hold sallyport.refresh_token
away_behind_lock "F10 a refresh behind a lock" refresh "$first"
away_behind_lock "F10 a code behind a lock" redeem "$code"
is "F10 what needs it not goes on" 200 "$(call_mcp tools/list)"
let_go
hold sallyport.client
away_behind_lock "F10 a registration behind a lock" register
let_go
is "F10 nothing has changed" "$state" "$(db_checksum)"

# ---- F9: no connection is to be had ----

sql "ALTER ROLE sallyport_app CONNECTION LIMIT 0"
sql "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'sallyport_app'" >/dev/null
away "F9 a refresh without a connection" refresh "$first"
away "F9 a registration without a connection" register
is "F9 a page says so, too" "503 text/html; charset=utf-8" "$(ask) $(header Content-Type)"
sql "ALTER ROLE sallyport_app CONNECTION LIMIT -1"
ok "F9 then it goes on by itself" sv_until 10 eval '[ "$(ask)" = 200 ]'

# ---- F23: what cannot be written down is not done ----

audit_refuses() {
	sql "ALTER TABLE sallyport.audit ADD CONSTRAINT refuses CHECK (event <> '$1') NOT VALID"
}
audit_takes() {
	sql "ALTER TABLE sallyport.audit DROP CONSTRAINT refuses"
}
keep
audit_refuses token.refresh
fails "F23 no refresh without its audit row" refresh "$first"
audit_takes
audit_refuses token.code
fails "F23 no code" redeem "$code"
audit_takes
audit_refuses grant.revoke
fails "F23 no revocation" post_form /revoke token="$first" client_id="$client"
audit_takes
audit_refuses client.register
fails "F23 no registration" register
audit_takes
open_consent alice "$client" >/dev/null
cp "$T/answer.body" "$T/consent"
keep
for event in authorize.approve authorize.deny; do
	cp "$T/consent" "$T/answer.body"
	audit_refuses "$event"
	case $event in *approve) decision=allow ;; *) decision=deny ;; esac
	fails "F23 no decision: $decision" page_submit "$T/browser.alice" decision=$decision
	audit_takes
done
audit_refuses signin
rm -f "$T/nobody"
get "$(authorize_url "$client")" -c "$T/nobody" >/dev/null
fails "F23 no sign-in" page_submit "$T/nobody" username=alice password="$(password_of alice)"
audit_takes

# ---- F24: no key signs ----

sql "CREATE TABLE public.kept AS SELECT * FROM sallyport.signing_key WHERE state IN ('active', 'next'); DELETE FROM sallyport.signing_key WHERE state IN ('active', 'next')"
sv_httpd_starts_programs "${HTTPD:-nginx}" || { stop_workers && start_workers; }
keep
fails "F24 without a key no code is spent" redeem "$code"
fails "F24 and no refresh token" refresh "$first"
sql "INSERT INTO sallyport.signing_key SELECT * FROM public.kept; DROP TABLE public.kept"
sv_httpd_starts_programs "${HTTPD:-nginx}" || { stop_workers && start_workers; }

# ---- T25, T27: bodies that are cut, bodies in chunks ----

keep
form="grant_type=authorization_code&client_id=$client&code=$code&code_verifier=$code_verifier&redirect_uri=$(urlencode "$redirect_uri")"
exec 5<>"/dev/tcp/127.0.0.1/$sv_port"
printf 'POST /token HTTP/1.1\r\nHost: localhost:%s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s' \
	"$sv_port" $((${#form} + 300)) "$form" >&5
exec 5>&-
sleep 0.5
is "T25 a body that is cut spends nothing" "$state" "$(db_checksum)"
like "T27 a form in chunks is read, or a length is asked for" '^(200|411)$' \
	"$(keep_tokens "$(request POST /token -H 'Transfer-Encoding: chunked' -d "${form/$code/$spare}")")"

# ---- after all this ----

is "the code is good" 200 "$(redeem "$code")"
is "the refresh token is good" 200 "$(refresh "$first")"
is "people can sign in" 200 "$(rm -f "$T/browser.alice"; open_consent alice "$client")"
done_oauth
