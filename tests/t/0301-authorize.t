#!/bin/bash
# /authorize: the authorization request, and what of it is refused to whom.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"
start_oauth || exit 1

redirect_uri=https://app.example/cb
client=$(manual_client app --public --redirect-uri "$redirect_uri")
two=$(manual_client two --public --redirect-uri https://two.example/a --redirect-uri https://two.example/b)
local=$(manual_client local --public --redirect-uri http://127.0.0.1/cb --redirect-uri 'http://[::1]:8080/cb' --redirect-uri http://localhost/x)
stranger=$(register_client)

proceeds() {
	is "$1" "200 sign-in" "$(last_status "${@:2}") $(grep -q 'name="password"' "$T/answer.body" && echo sign-in)"
}
proceeds "a good request leads to the sign-in page" ask
is_empty "whose headers are a page's" "$(page_faults)"
is "and the answer may be sent to the client" "form-action 'self' https://app.example;" \
	"$(header Content-Security-Policy | grep -o 'form-action [^;]*;')"
is "nobody keeps it" no-store "$(header Cache-Control)"
keep

# ---- A1 to A3: no client, no redirect URI that could be believed ----

page "A1 no client_id" 400 ask_raw "response_type=code&redirect_uri=$(urlencode $redirect_uri)"
page "A2 unknown client_id" 400 ask client_id=nobody
like "the page says what to do" 'Remove this server' "$(body)"
page "A2 a client_id that is no text" 400 ask_raw 'response_type=code&client_id=%ff'
query="response_type=code&client_id=$client&redirect_uri=$(urlencode $redirect_uri)&code_challenge=$code_challenge&code_challenge_method=S256"
proceeds "the query by hand" ask_raw "$query"
for double in "client_id=$client" client_id=other "redirect_uri=$(urlencode $redirect_uri)" redirect_uri=https%3A%2F%2Fevil.example%2F; do
	page "A3 twice: $double" 400 ask_raw "$query&$double"
	page "A3 twice, the other way round: $double" 400 ask_raw "$double&$query"
done

# ---- A4 to A9: redirect URIs ----

for uri in https://app.example/cb/ https://app.example/CB https://app.example/Cb https://app.example/%63b https://app.example/x/%2e%2e/cb \
	https://app.example/x/../cb https://app.example:443/cb 'https://app.example/cb?' 'https://app.example/cb?x=1' https://app.example/ \
	https://app.example http://app.example/cb https://APP.example/cb https://app.example./cb https://www.app.example/cb \
	https://app.example.evil.example/cb https://appxexample/cb https://app.example/cb.evil https://app.example:8443/cb \
	//app.example/cb /cb cb javascript:alert\(1\) 'https://app.example/cb;x' 'https://app.example/..;/cb' https://app.example//cb \
	https://u@app.example/cb https://app.example@evil.example/cb https://evil.example/https://app.example/cb \
	'https://app.example/cb#' 'https://app.example/cb#x' 'https://app.example\@evil.example/cb' "https://app.example/cb\\" \
	"$(printf 'https://app.example/\tcb')" "$(printf 'https://app.example/cb\n')x" ' https://app.example/cb' 'https://app.example/cb ' \
	https://äpp.example/cb 'https://evil.example/?https://app.example/cb' https://localhost/cb http://localhost.evil/cb; do
	page "A4, A5 ${uri@Q}" 400 ask redirect_uri="$uri"
done
page "A5 a NUL in the redirect URI" 400 ask_raw "${query/cb&/cb%00&}"
page "A5 a byte that is not UTF-8 in it" 400 ask_raw "${query/cb&/cb%ff&}"
client=$local
proceeds "A6 loopback: any port" ask redirect_uri=http://127.0.0.1:49152/cb
proceeds "A6 also none" ask redirect_uri=http://127.0.0.1/cb
proceeds "A6 [::1]: any port, also instead of the registered" ask 'redirect_uri=http://[::1]:1/cb'
is "the answer to [::1] may be sent" "form-action 'self' http:;" "$(header Content-Security-Policy | grep -o 'form-action [^;]*;')"
proceeds "A6 localhost: any port" ask redirect_uri=http://localhost:33418/x
for uri in http://localhost:1/cb http://127.0.0.2:1/cb 'http://[::1]:1/x' http://127.0.0.1:1/x http://127.0.0.1:1/cb/ 'http://127.0.0.1:1/cb?x' \
	https://127.0.0.1:1/cb http://127.1:1/cb http://127.0.0.1:0/cb http://127.0.0.1:65536/cb http://127.0.0.1:1@evil.example/cb \
	http://LOCALHOST:1/x 'http://[0:0:0:0:0:0:0:1]:1/cb' http://2130706433:1/cb http://127.0.0.1:1.evil.example/cb; do
	page "A7 $uri" 400 ask redirect_uri="$uri"
done
client=$(manual_client port --public --redirect-uri https://app.example:8443/cb)
keep
page "A8 https, another port" 400 ask redirect_uri=https://app.example:8444/cb
client=$two
page "A9 no redirect URI and two registered" 400 ask redirect_uri=
client=$(manual_client app2 --public --redirect-uri "$redirect_uri")
proceeds "one registered need not be sent" ask redirect_uri=
keep

# ---- A10 to A15: what the client is told ----

told "A10 no response_type" invalid_request ask response_type=
for type in token id_token 'code id_token' CODE none; do
	told "A10 response_type $type" unsupported_response_type ask response_type="$type"
done
is "the audit says who was refused, and why" "authorize rejected unsupported_response_type only response_type=code is answered" "$(audited)"
told "A11 no code_challenge" invalid_request ask code_challenge=
told "A11 an empty one" invalid_request ask_raw "response_type=code&client_id=$client&state=st-1&code_challenge=&code_challenge_method=S256"
for method in plain s256 S512 'S256 ' ''; do
	told "A12 method ${method@Q}" invalid_request ask code_challenge_method="$method"
done
for challenge in "${code_challenge:1}" "${code_challenge}A" "$(printf '%0129d' 0)" "${code_challenge:1}=" "${code_challenge:1}+" \
	"${code_challenge:1}/" "${code_challenge:1} " "${code_challenge:1}é"; do
	told "A13 challenge ${challenge:0:50}" invalid_request ask code_challenge="$challenge"
done
query="response_type=code&client_id=$client&redirect_uri=$(urlencode $redirect_uri)&code_challenge=$code_challenge&code_challenge_method=S256"
for double in response_type=code code_challenge=$code_challenge code_challenge_method=S256 'scope=notes:read&scope=notes:write' \
	'unknown=1&unknown=2' 'prompt=login&prompt=consent'; do
	told "A14 twice: $double" invalid_request ask_raw "$query&state=st-1&$double"
done
told_state='' told "A14 two states: neither" invalid_request ask_raw "$query&state=a&state=b"
told_state='' told "A14 also if they are the same, or spelt differently" invalid_request ask_raw "$query&state=a&st%61te=a"
proceeds "two of the same prompt are one (a client sends that)" ask_raw "$query&prompt=consent&prompt=consent"
proceeds "the same resource twice is one" ask_raw "$query&resource=$(urlencode "$issuer/mcp")&resource=$(urlencode "$issuer/mcp/")"
for scope in 'a"b' 'a\b' "$(printf 'a\tb')" é; do
	told "A15 scope ${scope@Q}" invalid_scope ask scope="$scope"
done
told "A15 scope of 1,500 tokens" invalid_scope ask_raw "$query&state=st-1&scope=$(seq -s + 1500)"
printf '%s&state=st-1&scope=%s' "$query" "$(seq -s + 5000)" >"$T/scopes"
page "A15 scope of 5,000 tokens is more than a request may have" 400 \
	request POST /authorize -H 'Content-Type: application/x-www-form-urlencoded' --data-binary "@$T/scopes"
told "A15 scope of which nothing exists" invalid_scope ask scope='nothing admin'
for scope in 'notes:read nothing' 'notes:delete' '' openid 'openid profile email offline_access' '  notes:read  notes:write '; do
	proceeds "scope '$scope' is narrowed without a word" ask scope="$scope"
done

# ---- A16, A17: resources ----

for resource in $issuer/nothing $issuer/mcp/nothing "$issuer/mcp#x" "$issuer/mcp?x" /mcp mcp https://evil.example/mcp "$issuer/MCP" \
	"$issuer/mcp//" "${issuer/localhost/u@localhost}/mcp" "$issuer/mcp/../mcp" "ftp${issuer#http}/mcp" "$issuer/%6dcp" "$issuer.evil/mcp"; do
	told "A16 resource $resource" invalid_target ask resource="$resource"
done
told "A16 two resources" invalid_target ask_raw "$query&state=st-1&resource=$(urlencode "$issuer/mcp")&resource=$(urlencode "$issuer/mcp/search")"
for resource in '' "$issuer/mcp" "$issuer/mcp/" "$issuer" "$issuer/" "${issuer/localhost/LOCALHOST}/mcp" "HTTP${issuer#http}/mcp" "$issuer/mcp/search" "$issuer/mcp/search/"; do
	proceeds "resource '$resource' is one of ours" ask resource="$resource"
done
bound=$(manual_client bound --public --redirect-uri "$redirect_uri" --resource "$issuer/mcp/search")
capped=$(manual_client capped --public --redirect-uri "$redirect_uri" --scope 'notes:write notes:delete')
keep
client=$bound
told "a client bound to one resource may not ask for another" invalid_target ask resource="$issuer/mcp"
proceeds "but for its own" ask resource="$issuer/mcp/search"
client=$capped
told "scope above the client's ceiling" invalid_scope ask scope=notes:read
proceeds "scope within it" ask scope='notes:read notes:write'
proceeds "no scope: what it may have" ask
client=$two redirect_uri=https://two.example/a
query="response_type=code&client_id=$client&redirect_uri=$(urlencode $redirect_uri)&code_challenge=$code_challenge&code_challenge_method=S256"

# ---- A18, A19, A23, A24: sizes, states, escapes ----

state_of() {
	header Location | tr '&' '\n' | sed -n 's/^state=//p'
}
long=$(printf '%05000d' 7)
is "A18 a state of 5,000 bytes goes back" "303 $long" "$(ask response_type=token state="$long") $(state_of)"
page "A18 a state that no header can hold" 400 ask response_type=token state="$(printf '%07900d' 7)"
printf '%s&response_mode=x&state=%s' "$query" "$(printf '"%.0s' {1..2700})" >"$T/quotes"
page "A18 one that only grows too long by its escapes" 400 \
	request POST /authorize -H 'Content-Type: application/x-www-form-urlencoded' --data-binary "@$T/quotes"
# no escape is taken away, and none is added but where a URL needs it
for s in '%0d%0aSet-Cookie:%20x=y' '%00' '%22%3E%3Cscript%3E' 'a+b' 'a%20b' 'a%2Bb' 'a/b?c:d@e' '%ff%fe' '%C3%A9' 'a%26b%3Dc' "it's(ok)*!~" 'a=b==' '%e2%80%ae'; do
	is "A19 state $s goes back as it came" "303 1 $s 0" "$(ask_raw "$query&code_challenge_method=plain&code_challenge=&state=$s" | tail -n 1
		) $(header Location | wc -l) $(state_of) $(header Set-Cookie | wc -l)"
done
printf 'response_mode=x&state=a\001b\nc"d<é&%s' "$query" >"$T/raw"
is "A19 raw bytes of a POST are escaped" "303 a%01b%0Ac%22d%3C%C3%A9" \
	"$(request POST /authorize -H 'Content-Type: application/x-www-form-urlencoded' --data-binary "@$T/raw") $(state_of)"
for part in state=%zz state=% state=%u0041 x=%zz x=% %=1 scope=%c0%80 scope=%ff client_uri=%ed%a0%80 x=%00; do
	page "A23 $part" 400 ask_raw "$query&$part"
done
like "A24 2,000 parameters" '^4(00|14|31)$' "$(ask_raw "$query$(printf '&p%d=1' {1..2000})")"
page "A24 101 parameters" 400 ask_raw "$query$(printf '&p%d=1' {1..101})"
like "A24 a name of 64 KiB" '^4(00|14|31)$' "$(ask_raw "$query&$(printf '%065536d' 0)=1")"
like "A24 a query of 64 KiB" '^4(00|14|31)$' "$(ask_raw "$query&x=$(printf '%065536d' 0)")"
printf '%s&x=%0200000d' "$query" 0 >"$T/long"
page "A24 a POST of 200 KB" 400 request POST /authorize -H 'Content-Type: application/x-www-form-urlencoded' --data-binary "@$T/long"
proceeds "A25 unknown and empty parameters are ignored" ask_raw "$query&x=1&y=&scope=&state=&resource=&prompt="

# ---- A20 to A22: what we do not do ----

told "A20 request" request_not_supported ask request=e30.e30.
told "A20 request_uri" request_uri_not_supported ask request_uri=http://127.0.0.1:1/x
for mode in fragment form_post query.jwt; do
	told "A21 response_mode $mode" invalid_request ask response_mode=$mode
done
proceeds "A21 response_mode query" ask response_mode=query
told "A22 prompt=none without a sign-in" login_required ask prompt=none
told "A22 prompt=none with another one" invalid_request ask prompt='none consent'
proceeds "a prompt that we do not know" ask prompt=select_account

# ---- A26, A27: methods and origins ----

proceeds "A26 POST is like GET" request POST /authorize -d "$query"
is "A26 POST of JSON" 415 "$(post_json /authorize '{}')"
page "A26 POST of nothing" 400 request POST /authorize -d ''
for method in PUT DELETE PATCH; do
	is "A26 $method" "405 GET, HEAD, POST, OPTIONS" "$(request $method /authorize -d "$query") $(header Allow)"
done
is "HEAD shows nothing and decides nothing" 200 "$(request HEAD "/authorize?$query")"
is "OPTIONS is for nobody else" "204 " "$(request OPTIONS /authorize -H 'Origin: https://evil.example' \
	-H 'Access-Control-Request-Method: GET') $(header Access-Control-Allow-Origin)"
get "/authorize?$query" -H 'Origin: https://evil.example' >/dev/null
is_empty "A27 no Access-Control for another origin" "$(grep -i '^access-control' "$T/answer.headers")"
is "none of all this changed anything" "$state" "$(db_checksum)"

# ---- strangers' clients are told behind a link ----

client=$stranger redirect_uri=https://app.example/cb
page "a registered client's fault is a page" 400 ask response_type=token
like "with a link that tells the client" \
	"href=\"https://app.example/cb\?error=unsupported_response_type&amp;state=st-1&amp;iss=$(urlencode "$issuer")\"" "$(body)"
page "also with prompt=none" 400 ask prompt=none response_type=token
redirect_uri=https://app.example/cb told "but who may show nothing is told at once: a sign-in is needed" login_required ask prompt=none
is "the audit has it" "authorize rejected login_required nobody is signed in" "$(audited)"
page "a wrong redirect URI of a known client" 400 ask redirect_uri=https://evil.example/
is "the audit has it" "authorize rejected invalid_request redirect_uri is not one of the client's" "$(audited)"

# ---- clients that are no more ----

sallyport client disable "$stranger" >/dev/null
keep
page "a disabled client is not known" 400 ask
done_oauth
