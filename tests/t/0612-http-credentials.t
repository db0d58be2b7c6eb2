#!/bin/bash
# What services know us by: each type of credential, tokens that are kept and renewed, and that none of it is told.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/service.sh"
needs python3
start_postgres && migrate source_allow=127.0.0.0/8 source_http=true "credential_dirs=$T/credentials" || exit 1
start_service
put_secret one one-secret-value
put_secret two 'pass:wörd two'
put_secret client 's&cret one'
put_secret three of-a-source
put_secret aws wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
put_secret session 'session/token=='

source_with() {
	cat <<YAML
---
kind: source
name: $1
type: http
url: SERVICE
http: true
allow: [127.0.0.1]
credential: $1
headers: {X-Of-Source: "Key \${file:three}"}
retries: 0
breaker: {failures: 0}
---
kind: tool
name: $1
description: Calls with $1
tier: public
max_bytes: 10000
input: {type: object, properties: {path: {type: string}, q: {type: string}, body: {}}}
http: {source: $1, method: ${2:-GET}, path: "/{+path}", query: {q: "{q}", z: a b}${3:-}}
YAML
}
{
	cat <<'YAML'
kind: credential
name: header
type: header
field: X-Token
value: "Token ${file:one}"
---
kind: credential
name: key
type: api_key
in: query
field: api key
value: ${file:two}
---
kind: credential
name: bearer
type: bearer
token: ${file:one}
---
kind: credential
name: basic
type: basic
username: alice
password: ${file:two}
---
kind: credential
name: client
type: oauth_client_credentials
token_url: SERVICE/token
client_id: "client:1"
client_secret: ${file:client}
scope: jobs read
---
kind: credential
name: posted
type: oauth_client_credentials
token_url: SERVICE/token
client_id: "client:1"
client_secret: ${file:client}
scope: posted
client_auth: client_secret_post
---
kind: credential
name: refused
type: oauth_client_credentials
token_url: SERVICE/token
client_id: nobody
client_secret: ${file:client}
---
kind: credential
name: aws
type: aws_sigv4
region: eu-west-1
service: ec2
access_key_id: AKIDEXAMPLE
secret_access_key: ${file:aws}
session_token: ${file:session}
---
kind: credential
name: nofile
type: bearer
token: ${file:nothing}
YAML
	for name in header key bearer basic client posted refused nofile; do source_with $name; done
	source_with aws POST ', form: {Action: Describe It, B.1: "{body}"}'
} | apply_documents
is "the documents are applied" 0 $?
[ -z "${VERBOSE:-}" ] || note "$(cat "$sv_log/catalog.log")"
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && token_for alice >/dev/null

sent() { answer "$1" '{"path":"echo"}' >/dev/null; seen "$2"; }
is "a header field" "Token one-secret-value" "$(sent header '.headers."x-token"')"
is "and it is not told" "**********************" "$(json '.result.structuredContent.headers."x-token"')"
is "in the query" "/echo?z=a%20b&api%20key=pass%3Aw%C3%B6rd%20two" "$(sent key .target)"
is "a bearer token" "Bearer one-secret-value" "$(sent bearer .headers.authorization)"
unlike "not told either" one-secret "$(body)"
is "basic" "Basic $(printf 'alice:pass:wörd two' | base64)" "$(sent basic .headers.authorization)"
unlike "nor is that" "$(printf 'alice:pass:wörd two' | base64)" "$(body)"
is "nor a part of it, as the service has it" '{"word":"****************","query":"z=a%20b","field":"***************"}' \
	"$(answer header '{"path":"tell"}' | sed 's/^false //' | jq -c '{word, query, field}')"
is "nor what stands in the query" 'z=a%20b&api%20key=**********************' "$(answer key '{"path":"tell"}' | sed 's/^false //' | jq -r .query)"
like "a reference that leads nowhere" '^true internal error' "$(answer nofile '{"path":"echo"}')"

# what the service says of it
like "401 is not ours" '^true bearer did not let us do that: status 401: status 401 Bearer \*+$' "$(answer bearer '{"path":"status/401"}')"
is "it is a result" 200 "$(cat "$T/status")"
like "403" '^true bearer did not let us do that: status 403' "$(answer bearer '{"path":"status/403"}')"
unlike "a secret in a message" one-secret "$(body)"

# client credentials
good() { answer "$1" '{"path":"protected"}'; }
forget_requests
callers=()
for n in 1 2 3 4 5 6; do
	curl -s -o "$T/parallel-$n" --max-time 20 -H "Authorization: Bearer $(access_token)" -H 'Content-Type: application/json' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: client' \
		-H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' "$issuer/mcp" -d "$(rpc tools/call '{"name":"client","arguments":{"path":"protected"}}')" &
	callers+=($!)
done
wait "${callers[@]}"
is "six calls at once are answered" 6 "$(grep -l '"token":"good"' "$T"/parallel-* | wc -l)"
processes=$(jq -rR 'fromjson? | select(.event == "started" and .program == "mcp") | .pid' "$sv_log/mcp.log" | sort -u | wc -l)
ok "with one token for each process at most" test "$(seen_count '"target": "/token"')" -le "$((processes > 0 ? processes : 6))"
is "asked for as Basic, encoded first" "$(grep '"target": "/token"' "$T/service/requests" | head -n 1 | jq -r '.headers.authorization + " " + .body')" \
	"Basic $(printf 'client%%3A1:s%%26cret+one' | base64) grant_type=client_credentials&scope=jobs+read"
unlike "a token is not told" 'token-[0-9]' "$(cat "$T"/parallel-*)"
get "$service/revoke" >/dev/null
before=$(seen_count '"target": "/token"')
is "a token that is refused is replaced, once" 'false {"token":"good","echo":"*****************"}' "$(good client | sed 's/\*\**/*****************/')"
is "with one request" 1 "$(($(seen_count '"target": "/token"') - before))"
like "in the body" '^false .*good' "$(good posted)"
like "without a field" 'null .*client_id=client%3A1&client_secret=s%26cret\+one' "$(grep '"target": "/token"' "$T/service/requests" | tail -n 1 | jq -r '"\(.headers.authorization) \(.body)"')"
like "a client that is refused" '^true internal error' "$(good refused)"

# AWS
like "a signed request" '^false .*"signed":true' "$(answer aws '{"path":"aws/a b","q":"x/=&+","body":"203.0.113.7/32"}')"
is "its body" "B.1=203.0.113.7%2F32&Action=Describe%20It" "$(json .result.structuredContent.body)"
is "its session" "session/token==" "$(seen '.headers."x-amz-security-token"')"
put_secret aws another-secret-key
like "with another key" '^true aws did not let us do that: status 403' "$(answer aws '{"path":"aws"}')"

# a file may be replaced while programs run
put_secret one the-next-secret
is "the next secret" "Bearer the-next-secret" "$(sent bearer .headers.authorization)"
stop_service
done_testing
