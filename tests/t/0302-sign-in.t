#!/bin/bash
# Signing in at /authorize: who gets in, who waits, and what a form is bound to.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"
start_oauth signin_tries=3 trusted_proxies=127.0.0.0/8 authorization_request_ttl=600 || exit 1
client=$(register_client)
jar=$T/jar
address=192.0.2.1

# try USER PASSWORD [NAME=VALUE]...: a fresh form of the browser $jar, from $address
try() {
	local user=$1 password=$2
	shift 2
	touch "$jar"
	get "$(authorize_url "$client" prompt=login)" -b "$jar" -c "$jar" >/dev/null
	send_form "username=$user" "password=$password" "$@"
}

# send_form NAME=VALUE...: the form of the last page
send_form() {
	local hidden=() field
	while read -r field; do hidden+=(-d "$field"); done < <(page_form)
	post_form /authorize "$@" -- "${hidden[@]}" -b "$jar" -c "$jar" -H "X-Forwarded-For: $address" \
		-H "Origin: $issuer" "${headers[@]}"
}
headers=()

sessions() {
	sql "SELECT count(*) FROM sallyport.browser_session"
}

session_cookie() {
	awk '$6 ~ /session$/ { print $7 }' "$jar"
}

# ---- a good password ----

is "a good password leads back to the request" "303 /authorize" "$(try alice "$(password_of alice)") $(header Location | cut -d'?' -f1)"
secret "$(session_cookie)"
is "the cookie is for us and this host only" "Path=/; Max-Age=43200; HttpOnly; SameSite=Lax" \
	"$(header Set-Cookie | grep -o 'Path=.*')"
is "the audit has it" "signin ok" "$(audited)"
is "the consent page says who it is" alice "$(get "$(authorize_url "$client")" -b "$jar" >/dev/null
	grep 'Signed in as' "$T/answer.body" | sed 's/<[^>]*>//g; s/.* //')"
rm -f "$jar"
is "names are not case-sensitive" 303 "$(try ALICE "$(password_of alice)")"

# ---- L5: the session's id is new each time ----

first=$(session_cookie)
before=$(sessions)
get "$(authorize_url "$client" prompt=login)" -b "$jar" -c "$jar" >/dev/null
tamper "UPDATE sallyport.browser_session SET auth_time = now() - interval '10 minutes'"
is "signing in again" 303 "$(try alice "$(password_of alice)")"
secret "$(session_cookie)"
isnt "gives a new id" "$first" "$(session_cookie)"
is "and the old one is dead" "$before" "$(sessions)"
printf '#HttpOnly_localhost\tFALSE\t/\tFALSE\t0\tsession\t%s\n' "$(printf 'A%.0s' {1..43})" >"$jar"
is "an id chosen before" 303 "$(try alice "$(password_of alice)")"
isnt "is not used" "$(printf 'A%.0s' {1..43})" "$(session_cookie)"
secret "$(session_cookie)"

# ---- L1: wrong password, unknown, disabled: one answer ----

password_of carol | tr -d '\n' | sallyport user add carol --password-stdin >/dev/null
sallyport user disable carol >/dev/null
sql "DELETE FROM sallyport.rate"
rm -f "$jar"
keep
i=0
for who in alice nobody carol; do
	i=$((i + 1))
	address=192.0.2.1$i
	headers=(-w '%{http_code} %{time_total}')
	for _ in 1 2 3; do try "$who" "wrong password" >"$T/answer.$who"; done
	is "$who: the page again" "200" "$(cut -d' ' -f1 "$T/answer.$who")"
	like "$who: which says the same" 'role="alert"' "$(body)"
	is "$who: the same audit class" "signin rejected" "$(audited)"
	sed -e 's/name="request" value="[^"]*"//' -e 's/<code>[^<]*//' -e "s/$who/NAME/" "$T/answer.body" >"$T/page.$who"
done
headers=()
ok "the pages differ in nothing" cmp "$T/page.alice" "$T/page.nobody"
ok "nor for a disabled user" cmp "$T/page.alice" "$T/page.carol"
is "nobody is signed in" "$state" "$(db_checksum)"

# ---- L2: tries are counted ----

same_window 900
sql "DELETE FROM sallyport.rate"
address=192.0.2.20
for _ in 1 2 3; do try alice wrong >/dev/null; done
is "after three tries: wait" 429 "$(try alice wrong)"
like "for how long" '^[0-9]{1,3}$' "$(header Retry-After)"
like "the page says it, too" 'role="alert".* [0-9]+ min' "$(body)"
is "also with the right password" 429 "$(try alice "$(password_of alice)")"
is "the audit has why" "signin rejected too many tries" "$(audited)"
address=192.0.2.21
is "from another address it works" 303 "$(try alice "$(password_of alice)")"
secret "$(session_cookie)"
rm -f "$jar"
same_window 900
address=192.0.2.22
for n in {1..15}; do try "user$n" wrong >/dev/null; done
is "one password on many accounts: the address waits" 429 "$(try "user16" wrong)"
sql "DELETE FROM sallyport.rate"
for n in {1..30}; do
	address=198.51.100.$n
	try alice wrong >/dev/null
done
address=198.51.100.99
is "many addresses on one account: it waits" 429 "$(try alice "$(password_of alice)")"
# the owner's browser is signed in already
same_window 900
sql "DELETE FROM sallyport.rate"
is "the owner signs in" 303 "$(try alice "$(password_of alice)")"
secret "$(session_cookie)"
cp "$jar" "$T/owner"
rm -f "$jar"
for n in {1..30}; do
	address=198.51.100.$n
	try alice wrong >/dev/null
done
cp "$T/owner" "$jar"
tamper "UPDATE sallyport.browser_session SET auth_time = now() - interval '10 minutes'"
address=198.51.100.100
is "and is not locked out by others" 303 "$(try alice "$(password_of alice)")"
secret "$(session_cookie)"

# in parallel no more are judged than were granted
sql "DELETE FROM sallyport.rate"
rm -f "$jar"
touch "$jar"
get "$(authorize_url "$client")" -b "$jar" -c "$jar" >/dev/null
field=$(page_form)
seq 32 | xargs -P 16 -I '{}' curl -s -o /dev/null -w '%{http_code}\n' -b "$jar" -H 'X-Forwarded-For: 192.0.2.99' -H "Origin: $issuer" \
	-d "$field" -d username=alice -d password=wrong "$issuer/authorize" | sort | uniq -c | awk '{ print $2, $1 }' | paste -sd, >"$T/race"
is "32 at once: three are judged" "200 3,429 29" "$(cat "$T/race")"
sql "DELETE FROM sallyport.rate"

# ---- L3: passwords that cannot be one ----

address=192.0.2.30
keep
for password in '' "$(printf '%01025d' 0)" "$(printf '%04096d' 0)"; do
	is "a password of ${#password} bytes" 200 "$(try alice "$password")"
	ok "is refused before it is hashed ($(took) ms)" test "$(took)" -lt 1000
done
is "no try was counted for it" 0 "$(sql "SELECT count(*) FROM sallyport.rate WHERE key LIKE 'signin:%'")"
get "$(authorize_url "$client")" -b "$jar" -c "$jar" >/dev/null
for bad in 'password=a%00b' 'password=%ff%fe' 'password=%zz'; do
	is "$bad" 400 "$(request POST /authorize -b "$jar" -H "Origin: $issuer" -d "$(page_form)" -d username=alice -d "$bad")"
done
is "a user name of 201 bytes" 200 "$(try "$(printf '%0201d' 0)" x)"
is "a user name with markup is shown as text" "200 1" "$(try '"><script>alert(1)</script>' x) $(grep -c 'value="&quot;&gt;&lt;script&gt;' "$T/answer.body")"
is "nothing has changed" "$state" "$(db_checksum)"

# ---- L4: forms from elsewhere ----

form_from() {
	get "$(authorize_url "$client")" -b "$jar" -c "$jar" >/dev/null
	post_form /authorize username=alice "password=$(password_of alice)" -- -d "$(page_form)" -b "${other_jar:-$jar}" "$@"
}
rm -f "$jar"
touch "$jar"
page "from another origin" 403 form_from -H 'Origin: https://evil.example'
page "from another site" 403 form_from -H 'Sec-Fetch-Site: cross-site'
page "from another host of the site" 403 form_from -H 'Sec-Fetch-Site: same-site'
other_jar=/dev/null page "without the cookie" 403 form_from
printf '#HttpOnly_localhost\tFALSE\t/\tFALSE\t0\tbrowser\t%s\n' "$(printf 'B%.0s' {1..43})" >"$T/other"
other_jar=$T/other page "with another browser's cookie" 403 form_from
page "without the sealed request" 400 post_form /authorize username=alice "password=$(password_of alice)" -- -b "$jar"
page "with one that is made up" 403 post_form /authorize request=AAAA username=alice password=x -- -b "$jar"
get "$(authorize_url "$client")" -b "$jar" -c "$jar" >/dev/null
field=$(page_form)
page "with one that was altered" 403 request POST /authorize -b "$jar" -d "${field%????}AAAA" -d username=alice -d password=x
page "with a field twice" 400 request POST /authorize -b "$jar" -d "$field" -d username=alice -d username=bob -d password=x
# L6: nothing in the form says where to go
is "other fields lead nowhere" "303 /authorize" "$(request POST /authorize -b "$jar" -d "$field" -d username=alice \
	--data-urlencode "password=$(password_of alice)" -d return_to=//evil.example -d redirect_uri=https://evil.example -d state=x) $(
	header Location | cut -d'?' -f1)"
secret "$(header Set-Cookie | sed -n 's/.*session=\([^;]*\).*/\1/p')"
unlike "not even in the request" evil "$(header Location)"

# an old form: the clock of the seal is the server's, so the seal is made to expire
settings signin_tries=3 trusted_proxies=127.0.0.0/8 authorization_request_ttl=1
stop_workers && sv_httpd_stop && start_httpd "${HTTPD:-nginx}"
rm -f "$jar"
touch "$jar"
get "$(authorize_url "$client")" -b "$jar" -c "$jar" >/dev/null
sleep 2.1
keep
page "a form that is too old" 403 send_form username=alice "password=$(password_of alice)"
like "the page says so" 'too long' "$(body)"
settings signin_tries=3 trusted_proxies=127.0.0.0/8
stop_workers && sv_httpd_stop && start_httpd "${HTTPD:-nginx}"

# ---- L7: strange cookies ----

sql "DELETE FROM sallyport.rate"
is "sign in" 303 "$(try alice "$(password_of alice)")"
cookie=$(session_cookie)
secret "$cookie"
keep
shown() {
	get "$(authorize_url "$client")" "$@" >/dev/null
	if grep -q 'name="decision"' "$T/answer.body"; then echo consent; elif grep -q 'name="password"' "$T/answer.body"; then echo sign-in; else body; fi
}
is "the session's cookie" consent "$(shown -H "Cookie: session=$cookie")"
is "among others" consent "$(shown -H "Cookie: a=b; session=$cookie; c")"
is "twice" sign-in "$(shown -H "Cookie: session=$cookie; session=$cookie")"
is "twice, one of them wrong" sign-in "$(shown -H "Cookie: session=x; session=$cookie")"
is "under another name" sign-in "$(shown -H "Cookie: Session=$cookie; __Host-session=$cookie")"
is "quoted" sign-in "$(shown -H "Cookie: session=\"$cookie\"")"
is "too long" sign-in "$(shown -H "Cookie: session=$(printf '%03000d' 0)")"
is "empty" sign-in "$(shown -H 'Cookie: session=')"
is "cut" sign-in "$(shown -H "Cookie: session=${cookie%?}")"
is "not a cookie" sign-in "$(shown -H 'Cookie: ;;==;session')"
is "nothing has changed" "$state" "$(db_checksum)"

# ---- L8: the same form again ----

rm -f "$jar"
touch "$jar"
get "$(authorize_url "$client")" -b "$jar" -c "$jar" >/dev/null
cp "$T/answer.body" "$T/form"
is "a form is sent" 303 "$(send_form username=alice "password=$(password_of alice)")"
secret "$(session_cookie)"
before=$(sql "SELECT count(*) FROM sallyport.audit WHERE event = 'signin'")
cp "$T/form" "$T/answer.body"
keep
is "back, and sent again: on to the same page" "303 /authorize" "$(send_form username=alice "password=$(password_of alice)") $(header Location | cut -d'?' -f1)"
is "without a second sign-in" "$before $state" "$(sql "SELECT count(*) FROM sallyport.audit WHERE event = 'signin'") $(db_checksum)"

# ---- sessions end ----

tamper "UPDATE sallyport.browser_session SET auth_time = now() - interval '10 minutes'"
is "prompt=login asks although somebody is signed in" sign-in "$(get "$(authorize_url "$client" prompt=login)" -b "$jar" >/dev/null
	grep -q 'name="password"' "$T/answer.body" && echo sign-in)"
is "no prompt does not" consent "$(shown -b "$jar")"
printf 'another long password' | sallyport user passwd alice --password-stdin >/dev/null
secret 'another long password'
is "a new password ends all sessions" sign-in "$(shown -b "$jar")"
is "the old one no longer works" 200 "$(try alice "$(password_of alice)")"
is "the new one does" 303 "$(try alice 'another long password')"
secret "$(session_cookie)"
tamper "UPDATE sallyport.browser_session SET expires_at = now()"
is "a session expires" sign-in "$(shown -b "$jar")"
is "sign in again" 303 "$(try alice 'another long password')"
secret "$(session_cookie)"
sallyport user disable alice >/dev/null
is "a disabled user is signed out" sign-in "$(shown -b "$jar")"
sql "DELETE FROM sallyport.rate"
is "and not let in again" 200 "$(try alice 'another long password')"
done_oauth
