#!/bin/bash
# What a web server does to requests on their way, and what it must not spoil: run
# behind each of them (HTTPD=nginx, apache, lighttpd, cgi ...).
. "$(dirname "$0")/../lib/sallyport.sh"
httpd=${HTTPD:-nginx}
start_postgres && migrate max_body=65536 request_timeout=10 && start_httpd "$httpd" || exit 1
add_user alice
client=$(register_client)
code=$(authorize_as alice "$client")
is "the whole flow works behind $httpd" 200 "$(redeem "$code")"

# ---- headers ----

is "the Authorization header arrives" 200 "$(call_mcp tools/list)"
is "without it: 401" 401 "$(mcp_token='' call_mcp tools/list)"
unlike "and a challenge without an error" 'error=' "$(header WWW-Authenticate)"
is "a wrong one: 401" 401 "$(mcp_token=wrong call_mcp tools/list)"
like "and a challenge that says invalid_token" '^Bearer .*error="invalid_token"' "$(header WWW-Authenticate)"
is "two Authorization headers: 400" 400 "$(call_mcp tools/list '{}' -H 'Authorization: Bearer x')"
like "every answer has its request id" '^[A-Za-z0-9_-]{22}$' "$(get /health >/dev/null; header X-Request-Id)"
like "a Location of over 1,000 bytes passes" '^30[23]$' "$(
	open_consent alice "$client" state="$(printf '%02900d' 7)" >/dev/null
	page_submit "$T/browser.alice" decision=deny)"
is "with its state" "$(printf '%02900d' 7)" "$(location_parameter state)"

# ---- bodies ----

padded() {
	printf '{"redirect_uris":["http://127.0.0.1/callback"],"x":"%0*d"}' "$(($1 - 54))" 0 >"$T/padded"
}
padded 65536
is "a body of max_body is that long" 65536 "$(stat -c %s "$T/padded")"
is "and is read" 201 "$(post_json /register "@$T/padded")"
padded 65537
is "one byte more: 413" 413 "$(post_json /register "@$T/padded")"
head -c 500000 /dev/zero | tr '\0' x >"$T/large"
is "an answer comes although 500 KB were not read" 413 "$(mcp_token='' post_json /mcp "@$T/large")"
like "a chunked form is read whole, or refused" '^(400|411)$' \
	"$(post_form /token grant_type=refresh_token refresh_token=x client_id="$client" -- -H 'Transfer-Encoding: chunked')"

# The rest of this body never comes: the code must not be spent.
code=$(authorize_as alice "$client")
before=$(db_checksum)
form="grant_type=authorization_code&code=$code&client_id=$client&code_verifier=$code_verifier&redirect_uri=$(urlencode "$redirect_uri")"
exec 5<>"/dev/tcp/127.0.0.1/$sv_port"
printf 'POST /token HTTP/1.1\r\nHost: localhost:%s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s' \
	"$sv_port" $((${#form} + 100)) "$form" >&5
sleep 0.3
exec 5>&- 5<&-
sleep 0.3
is "a body that is cut changes nothing" "$before" "$(db_checksum)"
is "and the code still buys a token" 200 "$(redeem "$code")"

# ---- methods ----

is "HEAD is answered" 200 "$(request HEAD /health)"
is "OPTIONS is answered" 204 "$(request OPTIONS /mcp -H 'Origin: http://localhost:6274' \
	-H 'Access-Control-Request-Method: POST' -H 'Access-Control-Request-Headers: authorization')"
like "with what a browser may send" '[Aa]uthorization' "$(header Access-Control-Allow-Headers)"
is "DELETE on /token: 405" 405 "$(request DELETE /token)"
is "with Allow" "OPTIONS, POST" "$(header Allow | tr -d ' ' | tr ',' '\n' | sort | paste -sd, | sed 's/,/, /g')"
like "TRACE is not" '^(405|501)$' "$(request TRACE /health)"

# ---- paths ----

# Another spelling of a path is another path, or none; never the same one.
for path in //health /health/ /health/. /x/../health /./health /%68ealth /health%00 '/health;x' '/health%2f' \
	/health%3fx '/mcp/../health' '/.well-known/../health' "/health\\" /HEALTH; do
	like "$path is not /health" '^(400|403|404|405)$' "$(get "$path")"
done
is "/health?x is" 200 "$(get '/health?x')"
is "an unknown path: 404" 404 "$(get /nowhere)"
is "discovery behind the resource's path" 200 "$(get /mcp/.well-known/oauth-protected-resource)"

# ---- static files ----

is "the style sheet is there" 200 "$(get /static/sallyport.css)"
like "as what it is" '^text/css' "$(header Content-Type)"
is "and nothing else" nosniff "$(header X-Content-Type-Options)"
like "there is no way out of /static/" '^(400|403|404)$' "$(get /static/../templates/consent.html)"
like "nor around it" '^(400|403|404)$' "$(get /static/%2e%2e/templates/consent.html)"

# ---- many, and those that do not behave ----

many() {
	curl -s --no-progress-meter -Z --parallel-max 48 -o /dev/null -w '%{http_code}\n' "http://localhost:$sv_port$1?[1-$2]" | sort | uniq -c | tr -s ' '
}
is "three times as many requests as threads" " 96 200" "$(many /ready 96)"

# half a request each: nobody else may wait for the rest
for n in {1..24}; do
	{ exec {fd}<>"/dev/tcp/127.0.0.1/$sv_port"; } 2>/dev/null || break
	printf 'POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ngrant' >&"$fd"
	stuck[n]=$fd
done
is "24 clients that say nothing more stop nobody" 200 "$(get /health --max-time 3)"
is "nor at /token" 400 "$(post_form /token grant_type=refresh_token refresh_token=x client_id="$client" -- --max-time 3)"
for fd in "${stuck[@]}"; do exec {fd}>&-; done

is_well() {
	[ "$(get /health)" = 200 ]
}

# ---- programs that end ----

if sv_httpd_starts_programs "$httpd"; then
	skip "the web server starts the programs itself" 4
else
	workers() { ps -o pid= --ppid "$(sv_pid status)"; }
	for pid in $(workers); do kill -KILL "$pid"; done
	is "killed programs are there again within two seconds" 200 "$(sv_until 2 test -n "$(workers)"; sleep 0.2; get /health)"

	curl -s -o /dev/null -w '%{http_code}\n' "http://localhost:$sv_port/health?[1-4000]" >"$T/rolling" &
	load=$!
	for n in 1 2 3; do
		for pid in $(workers); do
			kill -TERM "$pid"
			sleep 0.2
		done
	done
	wait "$load"
	is "no request is lost while the programs are restarted" "4000 200" "$(sort "$T/rolling" | uniq -c | sed 's/^ *//')"

	sv_programs_stop
	status=$(get /health)
	like "without programs: 502 or 503" '^50[0234]$' "$status"
	start_workers
	is "and back again" yes "$(sv_until 5 is_well && echo yes)"
fi
done_testing
