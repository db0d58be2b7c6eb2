#!/bin/bash
# Bodies of bytes and of parts: what a service reads of them, and what hostile arguments cannot put there.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/service.sh"
needs python3
start_postgres && migrate source_allow=127.0.0.0/8 source_http=true || exit 1
start_service

{
	cat <<'YAML'
kind: source
name: files
type: http
url: SERVICE
http: true
allow: [127.0.0.1]
YAML
	while IFS='|' read -r name http; do
		cat <<YAML
---
kind: tool
name: $name
description: Sends
tier: public
input:
  type: object
  properties: {data: {type: [string, array]}, name: {type: string}, type: {type: string}, note: {type: [string, object, array]}}
  additionalProperties: false
http: {source: files, method: POST, path: /parts, $http}
YAML
	done <<'HTTP'
raw|raw: {value: "{data}", base64: true, type: "{type|=image/png}"}
text|raw: {value: "<{data}>", type: "text/xml; charset=utf-8"}
upload|multipart: {note: "{note}", fixed: 7, file: {value: "{data}", base64: true, filename: "{name}", type: "{type}"}}
HTTP
} | apply_documents
is "the documents are applied" 0 $?
[ -z "${VERBOSE:-}" ] || note "$(cat "$sv_log/catalog.log")"
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && token_for alice >/dev/null

# Every byte there is.
all=$(python3 -c 'import base64; print(base64.b64encode(bytes(range(256))).decode())')
sent() { is "$1 sends" "$(jq -cS . <<<"$2")" "$(answer "$1" "$3" | sed 's/^false //' | jq -cS .)"; }
part() { jq -cn --arg n "$1" --arg f "$2" --arg t "$3" --arg b "$4" '{name: $n, filename: (if $f == "" then null else $f end), type: (if $t == "" then null else $t end), base64: $b,
	fields: (if $t == "" then 1 else 2 end)}'; }
fixed=$(part fixed "" "" Nw==)

sent raw "{\"type\":\"image/png\",\"base64\":\"$all\"}" "{\"data\":\"$all\"}"
sent raw '{"type":"text/csv","base64":""}' '{"data":"","type":"text/csv"}'
sent text "{\"type\":\"text/xml; charset=utf-8\",\"base64\":\"PMOkPg==\"}" '{"data":"ä"}'
sent upload "{\"parts\":[$fixed,$(part file file application/octet-stream "$all")]}" "{\"data\":\"$all\"}"
sent upload "{\"parts\":[$(part note "" "" "YSAmIGI="),$fixed,$(part file 'ä b.csv' text/csv "AA==")]}" \
	'{"data":"AA==","name":"ä b.csv","type":"text/csv","note":"a & b"}'
sent upload "{\"parts\":[$(part note "" "" "eA=="),$(part note "" "" "eQ=="),$fixed]}" '{"note":["x","y"]}'
sent upload "{\"parts\":[$(part note "" application/json "eyJhIjpbMV19"),$fixed]}" '{"note":{"a":[1]}}'
sent upload "{\"parts\":[$fixed,$(part file file application/octet-stream "AA=="),$(part file file application/octet-stream "/w==")]}" '{"data":["AA==","/w=="]}'
is "a file name that wants out" "a%22; name=%22fixed" \
	"$(answer upload '{"data":"AA==","name":"a\"; name=\"fixed"}' | sed 's/^false //' | jq -r '.parts[-1].filename')"

# a value cannot begin a part: nobody knows the boundary, and it is another one each time
forget_requests
answer upload '{"note":"x"}' >/dev/null
boundary=$(seen '.headers["content-type"]' | sed 's/.*boundary=//')
text=$(printf 'x\r\n--%s\r\nContent-Disposition: form-data; name="fixed"\r\n\r\n8' "$boundary")
sent upload "{\"parts\":[$(part note "" "" "$(printf %s "$text" | base64 -w0)"),$fixed]}" "$(jq -cn --arg t "$text" '{note: $t}')"
forget_requests
fails upload 'name: has to be the name of a file, without a directory and control characters' '{"data":"AA==","name":"a\r\nX-Evil: 1"}'
fails upload 'name: has to be the name of a file, without a directory and control characters' '{"data":"AA==","name":"../../etc/passwd"}'
fails upload 'type: has to be a media type, like text/csv' '{"data":"AA==","type":"text/html\r\nX-Evil: 1"}'
fails upload 'type: has to be a media type, like text/csv' '{"data":"AA==","type":"text/html; charset=x"}'
fails raw 'type|=image/png: has to be a media type, like text/csv' '{"data":"AA==","type":"text/html\r\nX-Evil: 1"}'
fails raw 'data: has to be base64, with padding and without line breaks' '{"data":"AA"}'
fails upload 'data: has to be base64, with padding and without line breaks' '{"data":["AA==","AA"]}'
is "none of these reached the service" 0 "$(seen_count .)"
stop_service
done_testing
