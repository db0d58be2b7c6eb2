#!/bin/bash
# The consent page at /authorize: what it shows, who decides, once, and what is remembered.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"
start_oauth || exit 1
add_user bob
client=$(register_client)
jar=$T/browser.alice

# decide JAR FORM-FIELD NAME=VALUE...: sends a consent form
decide() {
	local jar=$1 field=$2
	shift 2
	post_form /authorize "$@" -- -d "$field" -b "$jar" -H "Origin: $issuer"
}

# consent [NAME=VALUE]...: alice's consent page; its sealed request is in $field
consent() {
	open_consent alice "$client" "$@" >/dev/null
	field=$(page_form | head -n 1)
}

codes() {
	sql "SELECT count(*) FROM sallyport.auth_code"
}

shows() {
	like "$1" "$2" "$(tr '\n' ' ' <"$T/answer.body")"
}

# ---- what is shown ----

consent scope='notes:read notes:write nothing' state="$(printf '%01000d' 5)"
shows "the redirect host comes first" 'class="host">127.0.0.1<'
shows "the name is marked as what it is" 'Test client.*unverified name'
shows "a loopback address is warned of" 'class="notice warning".*program on this computer'
shows "scopes in plain words" 'Read your notes.*notes:read.*Write notes.*notes:write'
is "and no other scope" 2 "$(grep -c '<li>' "$T/answer.body")"
shows "the server" "<dd>$issuer/mcp</dd>"
shows "who is signed in" 'Signed in as.*alice'
is_empty "the headers are a page's" "$(page_faults)"
is "no way past the question for a loopback address" 0 "$(grep -c 'name="remember"' "$T/answer.body")"
is "the state is not in the page" 0 "$(grep -c 5555555555 "$T/answer.body")"

# K6
other=$client
client=$(register_client '{ client_name: "<b>Bank\u202e</b>\" onload=x", redirect_uris: ["com.evil:/cb"] }')
redirect_uri=com.evil:/cb consent scope="notes:read $(printf 'scope%d ' {1..95})"
shows "markup in a name is text" '>&lt;b&gt;Bank&lt;/b&gt;&quot; onload=x<'
shows "an app of this device is warned of" 'class="notice warning".*app on this device'
shows "by its scheme" 'class="host">com.evil:<'
is "scopes that do not exist are not shown" 1 "$(grep -c '<li>' "$T/answer.body")"
is "the form may end in the app" "form-action 'self' com.evil:;" "$(header Content-Security-Policy | grep -o 'form-action [^;]*;')"
client=$other

# ---- yes ----

consent
before=$(codes)
is "allow: back to the client" 303 "$(decide "$jar" "$field" decision=allow)"
code=$(location_parameter code)
secret "$code"
is "with code, state and iss" "43 st-1 $issuer" "${#code} $(location_parameter state) $(location_parameter iss)"
is "and nothing else" "code iss state" "$(header Location | cut -d'?' -f2 | tr '&' '\n' | cut -d= -f1 | sort | paste -sd' ')"
is "one code" $((before + 1)) "$(codes)"
is "the audit has it" "authorize.approve ok" "$(audited)"
is "with the scope" notes:read "$(sql "SELECT detail->>'scope' FROM sallyport.audit WHERE request_id = '$(header X-Request-Id)'")"

# K4: the button pressed twice, then "back"
keep
is "pressed twice: the same answer" "303 $code" "$(decide "$jar" "$field" decision=allow) $(location_parameter code)"
is "and no second code" "$state" "$(db_checksum)"
page "allowed, then denied: the first one holds" 403 decide "$jar" "$field" decision=deny
echo "$client" >"$T/client"
is "the code buys a token" 200 "$(redeem "$code")"
keep
page "afterwards the form is worth nothing" 403 decide "$jar" "$field" decision=allow
is "and the family lives" 1 "$(live_tokens "$(last_grant)")"

# K4 in parallel, and against a no
consent
seq 16 | xargs -P 16 -I '{}' curl -s -o /dev/null -w '%{http_code} %header{location}\n' -b "$jar" -H "Origin: $issuer" -d "$field" -d decision=allow \
	"$issuer/authorize" | sort | uniq -c >"$T/race"
is "16 at once: all the same answer" "16 303" "$(awk '{ print $1, $2 }' "$T/race")"
secret "$(sed 's/.*code=\([^&]*\).*/\1/' "$T/race")"
is "of one code" 1 "$(sql "SELECT count(*) FROM sallyport.audit WHERE event = 'authorize.approve' AND at > now() - interval '20 seconds'
	AND grant_id = '$(last_grant)'")"
consent
before=$(codes)
for n in {1..16}; do echo $((n % 2)); done | xargs -P 16 -I '{}' sh -c 'curl -s -o /dev/null -w "%{http_code} %header{location}\n" -b "$1" -H "Origin: $2" \
	-d "$3" -d decision=$([ {} = 1 ] && echo allow || echo deny) "$2/authorize"' sh "$jar" "$issuer" "$field" >"$T/race"
secret "$(sed -n 's/.*code=\([^&]*\).*/\1/p' "$T/race" | head -n 1)"
decided=$(sed -nE 's/.*[?&](code|error)=.*/\1/p' "$T/race" | sort -u)
like "yes and no at once: one of them" '^(code|error)$' "$decided"
is "8 get it, 8 are told it was answered" "8 8" "$(grep -c ^303 "$T/race") $(grep -c ^403 "$T/race")"
is "and a code is there only for a yes" "$([ "$decided" = code ] && echo 1 || echo 0)" $(($(codes) - before))

# ---- no: K9 ----

consent
keep
is "deny" "303 access_denied st-1 $issuer" "$(decide "$jar" "$field" decision=deny) $(location_parameter error) $(location_parameter state) $(location_parameter iss)"
is "the audit has it" "authorize.deny denied" "$(audited)"
is "again: the same" "303 access_denied" "$(decide "$jar" "$field" decision=deny) $(location_parameter error)"
keep
page "denied, then allowed: the first one holds" 403 decide "$jar" "$field" decision=allow

# ---- K1, K2, K3, K5, K8: forms that are not to be believed ----

consent
keep
page "K1 without the sealed request" 400 post_form /authorize decision=allow -- -b "$jar" -H "Origin: $issuer"
page "K1 with one that is made up" 403 decide "$jar" request=AAAA decision=allow
page "K1 altered" 403 decide "$jar" "${field%????}AAAA" decision=allow
page "K1 without a session" 403 decide /dev/null "$field" decision=allow
open_consent bob "$client" >/dev/null
keep
page "K2 alice's form with bob's session" 403 decide "$T/browser.bob" "$field" decision=allow
page "K1 neither yes nor no" 400 decide "$jar" "$field" decision=maybe
page "L4 from another site" 403 post_form /authorize decision=allow -- -d "$field" -b "$jar" -H 'Sec-Fetch-Site: cross-site'
page "L4 from another origin" 403 post_form /authorize decision=allow -- -d "$field" -b "$jar" -H 'Origin: https://evil.example'
page "a field twice" 400 request POST /authorize -b "$jar" -d "$field" -d decision=allow -d decision=deny
is "K8 GET decides nothing" "400 $state" "$(get "/authorize?$field&decision=allow" -b "$jar") $(db_checksum)"
# a sign-in form is no consent form, and the other way round
get "$(authorize_url "$client")" -b "$T/fresh" -c "$T/fresh" >/dev/null
page "a sign-in form's request is not one for consent" 403 decide "$jar" "$(page_form | head -n 1)" decision=allow
is "K3, K5 what the form adds is not heard" 303 "$(decide "$jar" "$field" decision=allow scope='notes:read notes:delete' redirect_uri=https://evil.example/ \
	state=evil code_challenge=x resource="$issuer/mcp/search")"
secret "$(location_parameter code)"
is "the request as it was shown is granted" "notes:read $issuer/mcp http://127.0.0.1/callback" \
	"$(sql "SELECT array_to_string(scope, ' ') || ' ' || resource || ' ' || redirect_uri FROM sallyport.grants WHERE grant_id = '$(last_grant)'")"
is "and goes where it was shown to go" "http://127.0.0.1/callback st-1" "$(header Location | cut -d'?' -f1) $(location_parameter state)"

# K1 expired, and the client or the person gone meanwhile
consent
tamper "UPDATE sallyport.client SET metadata_sha256 = sha256('x') WHERE client_id = '$client'"
keep
page "the client has changed since it was shown" 403 decide "$jar" "$field" decision=allow
tamper "UPDATE sallyport.client SET metadata_sha256 = sha256(convert_to(metadata::text, 'UTF8')) WHERE client_id = '$client'"
consent
sallyport client disable "$client" >/dev/null
keep
page "the client was disabled meanwhile" 400 decide "$jar" "$field" decision=allow
sallyport client enable "$client" >/dev/null
consent
sql "DELETE FROM sallyport.browser_session"
keep
page "the session has ended meanwhile" 403 decide "$jar" "$field" decision=allow

# ---- another account ----

consent
is "not you: the session ends, and the request goes on" "303 /authorize" "$(decide "$jar" "$field" decision=switch) $(header Location | cut -d'?' -f1)"
is "the audit has it" "signout ok" "$(audited)"
is "and somebody signs in" sign-in "$(get "$(header Location)" -b "$jar" >/dev/null; grep -q 'name="password"' "$T/answer.body" && echo sign-in)"

# ---- what is remembered ----

rm -f "$jar"
redirect_uri=https://app.example/cb
client=$(register_client)
consent scope=notes:read
is "a website may be remembered" 1 "$(grep -c 'name="remember"' "$T/answer.body")"
is "allow, and do not ask again" 303 "$(decide "$jar" "$field" decision=allow remember=yes)"
secret "$(location_parameter code)"

# asked_again [NAME=VALUE]... -- CURL-OPTION...: "asks", or "code" when it was not asked
asked_again() {
	local parameters=() status
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		parameters+=("$1")
		shift
	done
	shift
	status=$(get "$(authorize_url "$client" "${parameters[@]}")" -b "$jar" "$@")
	secret "$(location_parameter code)"
	case $status in
	303) [ -z "$(location_parameter code)" ] && location_parameter error || echo code ;;
	200) echo asks ;;
	*) echo "$status" ;;
	esac
}

is "from our own page: not asked again" code "$(asked_again scope=notes:read -- -H 'Sec-Fetch-Site: same-origin')"
is "the audit has the approval" "authorize.approve ok" "$(audited)"
is "typed by hand: neither" code "$(asked_again scope=notes:read -- -H 'Sec-Fetch-Site: none')"
is "nor with prompt=none" code "$(asked_again scope=notes:read prompt=none -- -H 'Sec-Fetch-Site: none')"
is "from another site: asked" asks "$(asked_again scope=notes:read -- -H 'Sec-Fetch-Site: cross-site')"
is "from another host of the site: asked" asks "$(asked_again scope=notes:read -- -H 'Sec-Fetch-Site: same-site')"
is "from a browser that does not tell: asked" asks "$(asked_again scope=notes:read --)"
is "for more scope: asked" asks "$(asked_again scope='notes:read notes:write' -- -H 'Sec-Fetch-Site: none')"
is "for another resource: asked" asks "$(asked_again resource="$issuer/mcp/search" -- -H 'Sec-Fetch-Site: none')"
is "with prompt=consent: asked" asks "$(asked_again scope=notes:read prompt=consent -- -H 'Sec-Fetch-Site: none')"
keep
is "HEAD makes no code" "200 $state" "$(request HEAD "$(authorize_url "$client" scope=notes:read)" -b "$jar" -H 'Sec-Fetch-Site: none') $(db_checksum)"
open_consent bob "$client" scope=notes:read >/dev/null
jar=$T/browser.bob
is "for another person: asked" asks "$(asked_again scope=notes:read -- -H 'Sec-Fetch-Site: none')"
jar=$T/browser.alice
tamper "UPDATE sallyport.client SET metadata_sha256 = sha256('y') WHERE client_id = '$client'"
is "when the client has changed: asked" asks "$(asked_again scope=notes:read -- -H 'Sec-Fetch-Site: none')"
redirect_uri=http://127.0.0.1/callback
client=$(register_client)
consent scope=notes:read
is "a loopback address cannot be remembered, whatever the form says" 303 "$(decide "$jar" "$field" decision=allow remember=yes)"
secret "$(location_parameter code)"
is "it is asked each time" asks "$(asked_again scope=notes:read -- -H 'Sec-Fetch-Site: none')"
is "and nothing was kept of it" 0 "$(sql "SELECT count(*) FROM sallyport.consent WHERE client_id = '$client'")"
done_oauth
