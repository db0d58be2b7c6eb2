#!/bin/bash
# secret: stdin: a credential whose secret is in the database, sealed.  Services and programs get it, and nobody else sees it.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/service.sh"
. "$top_srcdir/tests/lib/programs.sh"
needs python3 pgrep sha256sum
start_postgres && migrate source_allow=127.0.0.0/8 source_http=true executable_dirs="$T/tools" || exit 1
start_service
first="first-sealed-$RANDOM-value" second="second-sealed-$RANDOM-value"
secret "$first" "$second"

program show <<'END'
#!/bin/sh
printf '%s' "$KEY" | sha256sum | cut -c1-64
echo "says $KEY"
echo "{\"progress\": 1, \"message\": \"with $KEY\"}" >&2
[ "$1" != stay ] || sleep 1000
END
cat >"$T/catalog.yaml" <<YAML
kind: credential
name: shop
type: bearer
secret: stdin
---
kind: source
name: shop
type: http
url: $service
http: true
allow: [127.0.0.1]
credential: shop
---
kind: tool
name: ask
description: Asks the service
tier: public
http: {source: shop, path: /echo}
---
kind: tool
name: show
description: Runs a program
tier: public
parameters: {how: {type: string, default: ""}}
executable:
  command: [$T/tools/show, "{how}"]
  credential: shop
  environment: {KEY: "\${credential}"}
  output: lines
  progress: true
YAML
is "the documents are without fault" "4 documents without fault" "$(sallyport catalog check "$T/catalog.yaml" 2>&1)"
sallyport catalog apply "$T/catalog.yaml" >"$T/said" 2>&1
fault() {
	sed "$1" "$T/catalog.yaml" >"$T/fault.yaml"
	like "$2" "$3" "$(sallyport catalog check "$T/fault.yaml" 2>&1)"
}
fault '/^  credential: shop/d' "a program without the credential" 'environment.KEY: \$\{credential\} is the secret of the member "credential", which is not there'
fault '/^  environment:/d' "a credential that no variable has" 'credential: no variable of the environment is \$\{credential\}'
fault 's/^  credential: shop/  credential: shops/' "a credential that is not there" 'executable.credential: there is no credential "shops"'
start_httpd nginx || exit 1
add_user alice && token_for alice >/dev/null

fails_like ask 'internal error'
fails_like show 'internal error'
keep() { sallyport catalog secret "$1" >>"$T/said" 2>&1; }
like "no such credential" 'there is no credential "nobody"' "$(sallyport catalog secret nobody <<<"$first" 2>&1)"
is "nothing is no secret" "sallyport: the secret is empty" "$(sallyport catalog secret shop </dev/null 2>&1)"
ok "it is kept" keep shop <<<"$first"
is "with a row that names the credential" "ok shop" "$(sql "SELECT outcome || ' ' || (detail->>'credential') FROM sallyport.audit WHERE event = 'catalog.secret'")"

# shown VALUE: what the two tools make of it
shown() {
	is "a service gets $2" "Bearer $1" "$(answer ask >/dev/null; seen .headers.authorization)"
	is "a program gets it, and we hide it" "false {\"lines\":[\"$(printf %s "$1" | sha256sum | cut -c1-64)\",\"says ${1//?/\*}\"]}" "$(answer show)"
}
shown "$first" "it"
answer ask >/dev/null
unlike "the service's echo of it is hidden" "$first" "$(body)"
is "the same from the command line" "{\"lines\":[\"$(printf %s "$first" | sha256sum | cut -c1-64)\",\"says ${first//?/\*}\"]}" \
	"$(sallyport catalog call show '{}' --as alice | tee -a "$T/said")"

# ---- while it is used: who has it ----

curl -s -o "$T/left" -N "http://localhost:$sv_port/mcp" -H 'Accept: application/json, text/event-stream' -H 'Content-Type: application/json' \
	-H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: show' -H "Authorization: Bearer $(access_token)" \
	--data-binary "$(rpc tools/call '{"name":"show","arguments":{"how":"stay"}}' | jq -c '.params._meta.progressToken = 1')" 2>/dev/null &
caller=$!
until_living "^/bin/sh $T/tools/show stay" -ge 1
# holders FILE: processes whose /proc/PID/FILE has the secret
echo "$first" >"$T/pattern"
holders() { grep -lzF -f "$T/pattern" /proc/[0-9]*/"$1" 2>/dev/null | cut -d/ -f3; }
is_empty "no command line has it" "$(holders cmdline)"
has=$(holders environ)
isnt "an environment has it" "" "$has"
is_empty "of the program and its supervisor, and of no other process" "$(for pid in $has; do
	tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -v -e "^sallyport-exec .*$T/tools/show" -e "^/bin/sh $T/tools/show" -e '^sleep 1000'; done)"
for _ in {1..200}; do grep -q '"message"' "$T/left" 2>/dev/null && break; sleep 0.05; done
like "a message of its progress hides it" "\"with ${first//?/\\*}\"" "$(cat "$T/left")"
kill "$caller"
ok "it ends" until_living "$T/tools/show stay" -eq 0
pkill -f "^/bin/sh $T/tools/show stay"

# ---- where it is not ----

{
	sallyport catalog export
	sed 's/type: bearer/type: bearer\nnothing: x/' "$T/catalog.yaml" | sallyport catalog diff - 2>&1
	sed 's/Asks/Will ask/; s/allow: .*/allow: [127.0.0.0\/8]/' "$T/catalog.yaml" | sallyport catalog diff - 2>&1
	sallyport catalog list
	sallyport audit tail
} >>"$T/said" 2>&1
like "what was exported says that there is one" 'secret: stdin' "$(cat "$T/said")"
unlike "no command told it" "$first" "$(cat "$T/said")"
"${sv_pg_bin:+$sv_pg_bin/}pg_dump" -h "$T/postgres" -U postgres sallyport >"$T/dump.sql"
ok "the database" test -s "$T/dump.sql"
for form in "$first" "$(printf %s "$first" | od -An -tx1 | tr -d ' \n')" "$(printf %s "$first" | base64)"; do
	ok "does not have it in the clear" test "$(grep -cF -e "$form" "$T/dump.sql")" -eq 0
done
ok "what is exported, applied" sallyport catalog apply - < <(sallyport catalog export)
ok "and the file again" sallyport catalog apply "$T/catalog.yaml"
catalog_known
shown "$first" "it as before: documents leave the secret alone"

# ---- another name, another key ----

printf 'kind: credential\nname: other\ntype: bearer\nsecret: stdin\n' | sallyport catalog apply - >/dev/null
sql "UPDATE sallyport.credential SET secret = (SELECT secret FROM sallyport.credential WHERE name = 'shop') WHERE name = 'other'"
sed 's/^  credential: shop/  credential: other/; s/name: show/name: stolen/' "$T/catalog.yaml" | sed -n '/name: stolen/,$p' | sed '1i kind: tool' |
	sallyport catalog apply - >/dev/null
catalog_known
fails_like stolen 'internal error'

sealed_by() { sql "SELECT convert_from(substr(secret, 3, get_byte(secret, 1)), 'UTF8') FROM sallyport.credential WHERE name = 'shop'"; }
old=$(awk '{ print $1; exit }' "$T/master.key")
is "the key that seals is told in front" "$old" "$(sealed_by)"
{ printf 'newer %s\n' "$(head -c 32 /dev/urandom | base64)" | cat - "$T/master.key"; } >"$T/keys" && cat "$T/keys" >"$T/master.key" && rm "$T/keys"
pkill -f "^$T/cgi-bin/mcp"		# this test's own workers; others take their place
for _ in {1..200}; do [ "$(call_tool ask 2>/dev/null)" != 200 ] || break; sleep 0.1; done
shown "$first" "it under a new master key in front"
ok "another secret is kept" keep shop <<<"$second"
is "sealed with the new key" newer "$(sealed_by)"
catalog_known
for _ in {1..200}; do [ "$(answer ask >/dev/null; seen .headers.authorization)" != "Bearer $second" ] || break; sleep 0.1; done
shown "$second" "the other one"
stop_service
done_testing
