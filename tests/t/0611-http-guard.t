#!/bin/bash
# Where tools of kind "http" can go: what the operator opens, and nothing that a document or an argument asks for.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/service.sh"
needs python3
start_postgres && migrate source_allow=127.0.0.0/8 source_http=true || exit 1
start_service
port=${service##*:}

# One source for each way to write the address of this machine; only some of them may be reached.
{
	n=0
	for host in 127.0.0.1 localhost 127.1 0x7f000001 2130706433 '[::ffff:127.0.0.1]' '[::1]' 0.0.0.0 169.254.169.254 10.0.0.1; do
		for allow in '' 127.0.0.1; do
			n=$((n + 1))
			cat <<YAML
---
kind: tool
name: go_$n
description: "$host allow $allow"
tier: public
parameters: {}
timeout: 2s
http:
  source: {url: "http://$host:$port", http: true, allow: [$allow], retries: 0, breaker: {failures: 0}}
  path: /echo
YAML
		done
	done
	cat <<YAML
---
kind: tool
name: plain
description: plain http that is not said
tier: public
parameters: {}
http: {source: {url: "https://127.0.0.1:$port", allow: [127.0.0.1], retries: 0}, path: /echo}
---
kind: tool
name: wide
description: more than the operator has
tier: public
parameters: {}
timeout: 2s
http: {source: {url: "http://10.0.0.1:$port", http: true, allow: [0.0.0.0/0], retries: 0}, path: /echo}
YAML
} | apply_documents
is "the documents are applied" 0 $?
[ -z "${VERBOSE:-}" ] || note "$(cat "$sv_log/catalog.log")"
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && token_for alice >/dev/null

internal='true internal error, request id'
n=0
for host in 127.0.0.1 localhost 127.1 0x7f000001 2130706433 '[::ffff:127.0.0.1]' '[::1]' 0.0.0.0 169.254.169.254 10.0.0.1; do
	n=$((n + 1))
	forget_requests
	like "$host is closed without a range" "^$internal" "$(answer "go_$n")"
	n=$((n + 1))
	case $host in
	127.*|0x7*|2130*) like "$host is open with one" '^false ' "$(answer "go_$n")" ;;
	# its other address is not in the range
	localhost) like "$host with one: nothing or all" '^(true internal|false )' "$(answer "go_$n")" ;;
	# the same address, as IPv6 writes it: the system may have none of these
	'[::ffff:'*) like "$host is the same address" '^(false |true .*cannot be reached)' "$(answer "go_$n")" ;;
	*) like "$host stays closed" "^$internal" "$(answer "go_$n")"
		is "$host sees no request" 0 "$(wc -l <"$T/service/requests")" ;;
	esac
done
like "a range that the operator has not" "^$internal" "$(answer wide)"
like "TLS to a service without" '^true .*(internal error|cut short|cannot be reached)' "$(answer plain)"

# what is refused when documents are checked
refused() {
	printf '%s\n' "$3" >"$T/bad.yaml"
	like "$1" "$2" "$(sallyport catalog check "$T/bad.yaml" 2>&1)"
}
tool='kind: tool
name: bad
description: bad
parameters: {id: {type: string}}
http:'
refused "http that is not said" 'url: is plain http' "$tool {source: {url: http://api.example.com}, path: /x}"
refused "an argument in the host" 'url: has to be' "$tool {source: {url: \"https://{id}.example.com\"}, path: /x}"
refused "an argument instead of the path" 'path: has to begin' "$tool {source: {url: https://api.example.com}, path: \"{id}\"}"
refused "a user in the URL" 'url: has to be' "$tool {source: {url: \"https://a:b@api.example.com\"}, path: /x}"
refused "another scheme" 'url: has to be' "$tool {source: {url: \"file:///etc/passwd\"}, path: /x}"
refused "dots in the path" 'path: has to begin' "$tool {source: {url: https://api.example.com}, path: /a/../b}"
refused "encoded dots in the path" 'path: has to begin' "$tool {source: {url: https://api.example.com}, path: /a/%2e%2e/b}"
refused "a header field of ours" 'headers.Host: ' "$tool {source: {url: https://api.example.com}, path: /x, headers: {Host: \"{id}\"}}"
refused "a credential as a header field" 'headers.Authorization: ' "$tool {source: {url: https://api.example.com}, path: /x, headers: {Authorization: \"{id}\"}}"
refused "a member that nobody knows" 'pth' "$tool {source: {url: https://api.example.com}, pth: /x}"
refused "a blank that is no argument" '\{ide\}: there is no such argument' "$tool {source: {url: https://api.example.com}, path: \"/{id}\", body: {a: [\"{ide}\"]}, method: POST}"
refused "a range that is none" 'allow: ' "$tool {source: {url: https://api.example.com, allow: [all]}, path: /x}"
refused "a source that is not there" 'source' "$tool {source: nowhere, path: /x}"
refused "a document with a secret" 'secret' 'kind: credential
name: c
type: bearer
token: abcdef'

# without the operator's word, plain http is not sent, whatever the document says
settings source_allow=127.0.0.0/8 >/dev/null
stop_workers && start_workers
forget_requests
like "plain http is switched off" "^$internal" "$(answer go_2)"
is "and nothing was sent" 0 "$(wc -l <"$T/service/requests")"
stop_service
done_testing
