#!/bin/bash
# Client ID Metadata Documents: what is fetched, from where, how often, and what of it is believed.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"
needs python3 openssl
port=$(free_port)
docs=$T/docs
mkdir -p "$docs"
touch "$docs/log" "$docs/trap"

# ---- certificates: CN is for people, the address in subjectAltName counts ----

authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout "$T/$1.key" -out "$T/$1.crt" 2>/dev/null
}
certificate() {
	local name=$1 address=$2 authority=$3
	shift 3
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" -keyout "$T/$name.key" -out "$T/$name.csr" 2>/dev/null
	printf 'subjectAltName=IP:%s\n' "$address" >"$T/$name.ext"
	openssl x509 -req -in "$T/$name.csr" -CA "$T/$authority.crt" -CAkey "$T/$authority.key" -CAcreateserial -extfile "$T/$name.ext" \
		-out "$T/$name.crt" "$@" 2>/dev/null
	cat "$T/$name.key" "$T/$name.crt" >"$docs/$name.pem"
}
authority ours
authority theirs
certificate expired 127.0.0.2 ours -days -1
certificate good 127.0.0.2 ours -days 2
certificate host 127.0.0.3 ours -days 2
certificate other 127.0.0.2 theirs -days 2
certificate tls1 127.0.0.2 ours -days 2

python3 -W ignore "$top_srcdir/tests/lib/documents.py" "$docs" "$port" >"$sv_log/documents.log" 2>&1 &
documents_pid=$!
trap 'code=$?; kill $documents_pid; wait $documents_pid 2>/dev/null; (exit $code); stop_all' EXIT
sv_until 5 eval 'exec 3<>/dev/tcp/127.0.0.2/'"$port" || exit 1

start_oauth registrations_per_hour=0 insecure_http=true fetch_allow=127.0.0.2 fetch_ca_file="$T/ours.crt" || exit 1
redirect_uri=https://app.example/cb
base=http://127.0.0.2:$port

# document NAME [JSON MEMBERS [CONF]]: a good one with these members in place of its own
document() {
	jq -nc --arg id "${document_id:-$base/$1}" '{ client_id: $id, client_name: "Document", redirect_uris: ["https://app.example/cb"],
		grant_types: ["authorization_code", "refresh_token"], token_endpoint_auth_method: "none" }'" + ${2:-"{}"}" >"$docs/$1"
	conf "$1" "${3:-}"
}

conf() {
	if [ -n "${2:-}" ]; then echo "$2" >"$docs/$1.conf"; else rm -f "$docs/$1.conf"; fi
}

fetches() {
	grep -c "^/$1 " "$docs/log"
}

# No limit is to be met but where it is tested.
anew() {
	sql "DELETE FROM sallyport.rate; UPDATE sallyport.client_document SET fresh_until = now() WHERE NOT pinned OR fresh_until IS NOT NULL"
}

opens() {
	local name=$1
	shift
	anew
	is "$name" "200 sign-in" "$(last_status "$@") $(grep -q 'name="password"' "$T/answer.body" && echo sign-in)"
}

# shut NAME STATUS COMMAND...: a page, nothing kept, and the next try fetches again
shut() {
	anew
	keep
	page "$@"
}

# ---- a good one ----

document good
client=$base/good
opens "a good document" ask
is "is fetched once" 1 "$(fetches good)"
is "without a content coding" - "$(sed -n 's|^/good - ||p' "$docs/log")"
like "the page says where it is described" '>Document<' "$(body)"
is "the audit has it" "client.document ok" "$(audited)"
opens "again" ask
sql "UPDATE sallyport.client_document SET fresh_until = now() + interval '1 hour'"
sql "DELETE FROM sallyport.rate"
is "while it is fresh it is not fetched" "200 2" "$(ask) $(fetches good)"
code=$(authorize_as alice "$client")
is "a code buys a token, with refresh" "200 true" "$(redeem "$code") $(json 'has("refresh_token")')"
is "and again" 200 "$(refresh)"
is "a client with a token does not expire" "" "$(sql "SELECT expires_at FROM sallyport.client WHERE client_id = '$client'")"

# ---- C1: URLs that are none ----

for id in "https://127.0.0.2" "https://127.0.0.2/" "HTTPS://127.0.0.2:$port/good" "HTTP://127.0.0.2:$port/good" "$base/./good" "$base/../good" \
	"$base/x/..%2fgood/../x" "$base/%2e%2e/good" "$base/.%2E/good" "$base/good#x" "http://u@127.0.0.2:$port/good" "http://u:p@127.0.0.2:$port/good" \
	"$base/go od" "$base/good\\" "$base/\"good" "ftp://127.0.0.2:$port/good" "http:/127.0.0.2:$port/good" "http://:$port/good" \
	"http://127.0.0.2:$port@127.0.0.1/good" "http://%31%32%37.0.0.2:$port/good" "http://127.0.0.2:$port:1/good" "$base/$(printf '%02048d' 0)"; do
	client=$id
	: >"$docs/log"
	shut "C1 ${id:0:60}" 400 ask
	is "is not fetched" 0 "$(wc -l <"$docs/log")"
done

# ---- C2, C3: addresses that are not open ----

for host in 127.0.0.1 2130706433 0x7f.1 0x7f000001 0177.0.0.1 127.1 '[::1]' '[::ffff:127.0.0.1]' '[::ffff:7f00:1]' localhost LOCALHOST 0.0.0.0 0 \
	'[::]' '[::127.0.0.1]' '[0:0:0:0:0:0:0:1]' '[64:ff9b::7f00:1]'; do
	client=http://$host:$port/good
	shut "C2 $host" 400 ask
done
for host in 10.0.0.1 169.254.169.254 100.64.0.1 172.16.0.1 192.168.1.1 192.0.2.1 198.18.0.1 224.0.0.1 255.255.255.255 240.0.0.1; do
	client=http://$host:1/good
	shut "C2 $host" 400 ask
	like "is refused before a connection" 'not open to outgoing requests' "$(sql "SELECT detail->>'why' FROM sallyport.audit
		WHERE client_id = '$client' ORDER BY audit_id DESC LIMIT 1")"
	ok "at once ($(took) ms)" test "$(took)" -lt 3500
done
for host in '[fd00::1]' '[fe80::1]' '[::ffff:10.0.0.1]' '[64:ff9b::a00:1]' '[2002:7f00:1::1]' '[ff02::1]'; do
	client=http://$host:1/good
	shut "C2 $host" 400 ask
done
is "nobody came to an address that is not open" "" "$(cat "$docs/trap")"
unlike "and nobody is told what we found out" 'address|resolve|open to' "$(grep -A2 Reason "$T/answer.body")"
client=http://127.0.0.1.:$port/good
anew
keep
like "C2 127.0.0.1. is one address or none" '^(400|503)$' "$(ask)"
client=http://nothing.invalid/x
shut "a host that does not exist: later, perhaps" 503 ask
like "with Retry-After" '^[0-9]+$' "$(header Retry-After)"
client=http://127.0.0.2:1/x
shut "a port where nobody listens: later, perhaps" 503 ask

# ---- C4, C5: statuses ----

client=$base/status
for status in 301 302 303 307 308; do
	document status '{}' "{\"status\":$status,\"headers\":{\"Location\":\"$base/good\"}}"
	: >"$docs/log"
	shut "C4 a redirect ($status) is not followed" 400 ask
	is "C4 not once" "1 0" "$(fetches status) $(fetches good)"
done
for status in 201 203 204 206 304 400 403 404 410; do
	document status '{}' "{\"status\":$status}"
	shut "C5 status $status" 400 ask
done
for status in 429 500 503; do
	document status '{}' "{\"status\":$status}"
	shut "C5 status $status: later, perhaps" 503 ask
done
before=$(fetches status)
shut "C5 a failure is not kept" 503 ask
is "C5 the next try fetches again" $((before + 1)) "$(fetches status)"

# ---- C6: sizes and times ----

client=$base/size
document size
length=$(stat -c %s "$docs/size")
printf '%*s' $((5120 - length)) '' >>"$docs/size"
opens "C6 5,120 bytes" ask
sql "DELETE FROM sallyport.client WHERE client_id = '$client'; DELETE FROM sallyport.client_document WHERE client_id = '$client'"
echo -n ' ' >>"$docs/size"
shut "C6 5,121 bytes" 400 ask
conf size '{"length": 100000}'
shut "C6 a length of 100,000" 400 ask
conf size '{"length": 4}'
shut "C6 a length that is too short" 400 ask
conf size '{"endless": true}'
shut "C6 a body without end" 400 ask
conf size '{"headers": {"Content-Encoding": "gzip"}}'
shut "C6 a content coding" 400 ask
slow() {
	shut "$1" 503 ask
	ok "within 5 s ($(took) ms)" test "$(took)" -lt 5900
}
document size '{}' '{"drip": 10}'
slow "C6 a drip"
document size '{}' '{"delay": 30}'
slow "C6 silence"
document size '{}' '{"reset": true}'
shut "C6 a connection that is closed" 503 ask

# ---- C7 to C10: contents ----

client=$base/content
content() {
	local name=$1
	printf %b "$2" >"$docs/content"
	conf content "${3:-}"
	shut "$name" 400 ask
}
good=$(jq -nc --arg id "$client" '{ client_id: $id, redirect_uris: ["https://app.example/cb"] }')
for type in text/html text/plain application/xml application/javascript '' application/octet-stream; do
	content "C7 content type '$type'" "$good" "{\"type\": \"$type\"}"
done
content "C7 an array" "[$good]"
content "C7 a text" '"x"'
content "C7 no JSON" '<!doctype html>'
content "C7 nothing" ''
content "C7 a repeated name" "${good%\}},\"client_id\":\"$client\"}"
content "C7 depth 1,000" "${good%\}},\"x\":$(printf '[%.0s' {1..1000})$(printf ']%.0s' {1..1000})}"
content "C7 trailing bytes" "$good x"
content "C7 a byte order mark" "\\0357\\0273\\0277$good"
content "C7 a NUL" "$good\\0000"
content "C7 an escaped NUL" "${good%\}},\"client_name\":\"\\\\u0000\"}"
client=$base/content
members() {
	document content "$1"
	shut "$2 ${1:0:60}" 400 ask
}
for id in "${client}/" "${client}x" "$base/Content" "${client/127.0.0.2:$port/127.0.0.2}" "${client/http:/https:}" "$client?" "$base/good" ''; do
	members "{ client_id: \"$id\" }" C8
done
members '{ client_id: 1 }' C8
members '{ client_secret: "x" }' C9
for method in client_secret_basic client_secret_post client_secret_jwt private_key_jwt tls_client_auth; do
	members "{ token_endpoint_auth_method: \"$method\" }" C9
done
members '{ redirect_uris: null }' C10
members '{ redirect_uris: [] }' C10
members '{ redirect_uris: "https://app.example/cb" }' C10
members '{ redirect_uris: ["javascript:alert(1)"] }' C10
members '{ redirect_uris: [range(60) | "https://app.example/\(.)"] }' C10
members '{ grant_types: ["implicit"] }' C10
members '{ logo_uri: "http://169.254.169.254/" }' C10
members '{ jwks_uri: "file:///etc/passwd" }' C10
members '{ software_statement: "e30.e30.x" }' C10

document content '{ token_endpoint_auth_method: "private_key_jwt", token_endpoint_auth_methods_supported: ["none", "private_key_jwt"],
	jwks_uri: "https://chatgpt.example/oauth/jwks.json", grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
	software_version: null }' '{"type": "application/vnd.example+json; charset=utf-8"}'
opens "what real documents say beside it is no fault" ask
document content '{ x: 1e-30000 }'
sed -i 's/"x":[^}]*/"x":1e-30000/' "$docs/content"
opens "a number that PostgreSQL cannot hold is none of its business" ask
document content '{ redirect_uris: ["javascript:alert(1)", "https://app.example/cb"] }'
opens "one bad redirect URI does not spoil the others" ask
document content '{ redirect_uris: ["https://other.example/cb"] }'
is "a redirect URI that is not in it" "400 redirect_uri" "$(anew; ask) $(grep -o 'redirect_uri' "$T/answer.body")"

# ---- C11: certificates ----

# in the order of the names of the .pem files
tls() {
	echo $((port + 1 + $1))
}
for row in "0 expired 400 expired" "2 host 400 (subject|host|name)" "3 other 400 (issuer|self|verif|certificate)" "4 tls1 400 (version|protocol|SSL)"; do
	read -r n name status why <<<"$row"
	client=https://127.0.0.2:$(tls "$n")/tls
	document_id=$client document tls
	shut "C11 certificate: $name" "$status" ask
	like "C11 the audit says why" "$why" "$(sql "SELECT detail->>'why' FROM sallyport.audit WHERE client_id = '$client' ORDER BY audit_id DESC LIMIT 1")"
	unlike "C11 the page does not" "$why" "$(grep -A2 Reason "$T/answer.body")"
done
client=https://127.0.0.2:$(tls 1)/tls
document_id=$client document tls
opens "C11 a good certificate" ask
is "C11 no document was asked for over a bad connection" 1 "$(fetches tls)"

# ---- C12: the document changes ----

client=$base/changes
document changes '{ redirect_uris: ["https://app.example/cb", "https://app.example/old"] }' '{"etag": "\"1\"", "headers": {"Cache-Control": "max-age=600"}}'
anew
open_consent alice "$client" scope=notes:read >/dev/null
status=$(page_submit "$T/browser.alice" decision=allow remember=yes)
code=$(location_parameter code)
secret "$code"
echo "$client" >"$T/client"
is "a person allows it, and wants not to be asked again" "303 200" "$status $(redeem "$code")"
like "max-age is heard" '^(59[0-9]|600)$' "$(sql "SELECT round(extract(epoch FROM fresh_until - now())) FROM sallyport.client_document WHERE client_id = '$client'")"
asks() {
	local status
	status=$(get "$(authorize_url "$client" scope=notes:read)" -b "$T/browser.alice" -H 'Sec-Fetch-Site: none')
	secret "$(location_parameter code)"
	case $status in 303) echo "not asked" ;; 200) echo asks ;; *) echo "$status" ;; esac
}
anew
is "unchanged (304): not asked" "not asked" "$(asks)"
is "the server was asked with its ETag" '"1"' "$(tail -n 1 "$docs/log" | cut -d' ' -f2)"
anew
document changes '{ redirect_uris: ["https://app.example/cb", "https://app.example/new"] }' '{"etag": "\"2\""}'
is "another redirect URI: asked again" asks "$(asks)"
is "the grant of before goes on" 200 "$(refresh)"
is "the one of before is no longer the client's" 400 "$(ask redirect_uri=https://app.example/old)"
anew
document changes '{ redirect_uris: ["https://app.example/cb", "https://app.example/old"], client_name: "Changed" }'
is "another name: asked again" asks "$(asks)"
field=$(page_form | head -n 1)
document changes '{ redirect_uris: ["https://app.example/cb", "https://app.example/old"], client_name: "Bank" }'
anew
keep
is "changed between the page and the answer: nothing is granted" 403 "$(post_form /authorize decision=allow -- -d "$field" -b "$T/browser.alice")"

# what an administrator set stays
tamper "UPDATE sallyport.client SET scope = '{notes:write}' WHERE client_id = '$client'"
anew
document changes '{ redirect_uris: ["https://app.example/cb"] }'
is "a ceiling of scope is not lifted by the next fetch" "400 invalid_scope" "$(ask scope=notes:read) $(grep -o '>invalid_scope' "$T/answer.body" | tr -d '>')"
anew
sallyport client disable "$client" >/dev/null
: >"$docs/log"
is "a disabled client is not fetched" "400 0" "$(ask) $(fetches changes)"

# ---- the last good copy ----

client=$base/copy
document copy
opens "a document is there" ask
for how in '{"status": 500}' '{"status": 403, "type": "text/html"}' '{"type": "text/html"}' '{"reset": true}' '{"endless": true}' '{"status": 302}'; do
	conf copy "$how"
	opens "then it fails ($how): the copy serves" ask
	is "the audit says so" "client.document error" "$(sql "SELECT event || ' ' || outcome FROM sallyport.audit WHERE client_id = '$client'
		AND detail->>'last_good' = 'true' ORDER BY audit_id DESC LIMIT 1")"
done
before=$(fetches copy)
sql "DELETE FROM sallyport.rate"
is "it is not tried again at once" "200 $before" "$(ask) $(fetches copy)"
for status in 404 410; do
	conf copy "{\"status\": $status}"
	shut "a document that is gone ($status) ends its client" 400 ask
done
document copy '{ redirect_uris: [] }'
shut "so does one that says what we do not take" 400 ask
document copy
opens "and a good one brings it back" ask

# the copies that come with the schema: a client that nobody has met
client=https://claude.ai/oauth/mcp-oauth-client-metadata redirect_uri=https://claude.ai/api/mcp/auth_callback
settings registrations_per_hour=0 insecure_http=true fetch_allow=127.0.0.2 fetch_ca_file="$T/theirs.crt"
stop_workers && sv_httpd_stop && start_httpd "${HTTPD:-nginx}"
opens "a well-known client is known although its document cannot be had" ask
like "by its name" '>Claude<' "$(body)"
settings registrations_per_hour=0 insecure_http=true fetch_allow=127.0.0.2 fetch_ca_file="$T/ours.crt"
stop_workers && sv_httpd_stop && start_httpd "${HTTPD:-nginx}"
redirect_uri=https://app.example/cb

# ---- X13: many at once ----

many() {
	seq "$1" | xargs -P "$1" -I '{}' curl -s -o /dev/null -w '%{http_code}\n' "$issuer$(authorize_url "$client")" | sort | uniq -c | awk '{ print $2, $1 }' | paste -sd,
}
anew
client=$base/first
document first '{}' '{"delay": 0.5}'
like "32 first uses of one document: all are answered" '^200 [0-9]+(,503 [0-9]+)?$' "$(many 32)"
like "by one fetch, or a few more when the first takes long" '^[1-4]$' "$(fetches first)"
is "one row" 1 "$(sql "SELECT count(*) FROM sallyport.client WHERE client_id = '$client'")"

# P10: a client that does not answer holds up half of the threads at most
anew
client=$base/stuck
document stuck '{}' '{"delay": 4}'
for n in {1..32}; do
	curl -s -o /dev/null "$issuer$(authorize_url "$base/stuck$n")" &
	stuck+=($!)
	document "stuck$n" '{}' '{"delay": 4}'
done
sleep 0.5
client=$base/good
sql "UPDATE sallyport.client_document SET fresh_until = now() + interval '1 hour' WHERE client_id = '$client'"
is "32 that wait for silent clients stop nobody else" 200 "$(ask)"
ok "who is answered at once ($(took) ms)" test "$(took)" -lt 2500
wait "${stuck[@]}"

# ---- how often ----

anew
client=$base/limit
: >"$docs/log"
for n in {1..34}; do
	document "limit$n" '{ redirect_uris: ["https://app.example/cb"] }'
	get "$(authorize_url "$base/limit$n")" >/dev/null
done
like "of one host 30 documents a minute" '^3[0-4]$' "$(grep -c ^/limit "$docs/log")"
settings registrations_per_hour=2 insecure_http=true fetch_allow=127.0.0.2 fetch_ca_file="$T/ours.crt"
stop_workers && sv_httpd_stop && start_httpd "${HTTPD:-nginx}"
anew
: >"$docs/log"
for n in 1 2 3; do document "new$n"; done
is "a new client with a document counts as a registration" "200 200 429" \
	"$(get "$(authorize_url "$base/new1")") $(get "$(authorize_url "$base/new2")") $(get "$(authorize_url "$base/new3")")"
is "and is not fetched beyond" 0 "$(fetches new3)"
client=$base/good
sql "UPDATE sallyport.client_document SET fresh_until = now()"
is "a known one does not" 200 "$(ask)"

# ---- what nobody uses goes ----

tamper "UPDATE sallyport.client SET expires_at = now() - interval '2 days' WHERE client_id = '$base/new1';
     UPDATE sallyport.client_document SET fetched_at = now() - interval '3 days'"
sweep
is "an unused one is swept, with its copy" "0 0" "$(sql "SELECT (SELECT count(*) FROM sallyport.client WHERE client_id = '$base/new1') || ' ' ||
	(SELECT count(*) FROM sallyport.client_document WHERE client_id = '$base/new1')")"
is "those of the schema stay" 3 "$(sql "SELECT count(*) FROM sallyport.client_document WHERE pinned")"

# ---- not at all ----

settings client_metadata_documents=false insecure_http=true fetch_allow=127.0.0.2
stop_workers && sv_httpd_stop && start_httpd "${HTTPD:-nginx}"
: >"$docs/log"
client=$base/switched
document switched
shut "switched off: not known" 400 ask
is "and not fetched" 0 "$(wc -l <"$docs/log")"
is "nobody ever came to an address that is not open" "" "$(cat "$docs/trap")"
done_oauth
