#!/bin/bash
# One decision on every transport: MCP of 2026-07-28, sessions, HTTP+SSE of 2024-11-05, a pipe, plain
# HTTP and tasks; for people of each tier and a service account; with each kind of switch and rule.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/oauth.sh"
. "$top_srcdir/tests/lib/tasks.sh"
needs python3
start_postgres && migrate tool_timeout=20000 tools_api=true mcp_http_sse=true max_user_streams=0 || exit 1

# define NAME TIER VOLATILITY SCOPE TOOLSET
define() {
	echo "CREATE FUNCTION tools.$1() RETURNS text LANGUAGE sql $3 AS \$\$ SELECT 'done'::text \$\$;
	COMMENT ON FUNCTION tools.$1 IS E'A tool\n@mcp\n@tier $2\n@task optional${4:+\n@scope $4}${5:+\n@toolset $5}';"
}
sql "$(define read_public public STABLE '' basic; define write_public public VOLATILE '' basic
	define read_developer developer STABLE m:read; define write_developer developer VOLATILE m:write extra
	define read_admin admin STABLE; define write_service service VOLATILE m:write extra)"
cat >"$T/tools.yaml" <<'Y'
kind: tool
name: statement_writes
description: Writes
tier: developer
toolset: extra
task: optional
statement: {sql: SELECT 1 AS n, read_only: false}
---
kind: tool
name: statement_hinted
description: Reads, by its word
tier: developer
task: optional
annotations: {readOnlyHint: true}
statement: {sql: SELECT 1 AS n}
---
{kind: scope, name: m:write, description: Write, implies: [m:read]}
---
{kind: scope, name: m:all, description: All, implies: [m:write]}
Y
sallyport catalog apply "$T/tools.yaml" >"$sv_log/catalog.log" 2>&1 && sallyport catalog apply >>"$sv_log/catalog.log" 2>&1 ||
	note "$(cat "$sv_log/catalog.log")"
is "the tools are there" 8 "$(sql 'SELECT count(*) FROM sallyport.tool')"
start_httpd "${HTTPD:-nginx}" || exit 1
start_runner || exit 1
add_user guest --tier public && add_user alice && add_user root --tier admin
over='["modern","session","stdio","plain","task","sse"]'
[[ ${HTTPD:-nginx} != *cgi ]] || over='["modern","session","stdio","plain","task"]'
is "people have tokens" "t t t" "$(for who in guest:m:read alice:m:all root:m:read; do
	token_for "${who%%:*}" scope="${who#*:}" >"$T/${who%%:*}" && test -s "$T/${who%%:*}" && echo t; done | paste -sd' ')"
alice_client=$(register_client '{ client_name: "Another client" }')	# a list of hers is nobody else's
redeem "$(authorize_as alice "$alice_client" scope=m:all)" >/dev/null && access_token >"$T/alice"
service=$(manual_client service --grant client_credentials)
keep_tokens "$(token grant_type=client_credentials client_id="$service" client_secret="$(secret_of service)" scope=m:all)" >/dev/null
access_token >"$T/service"

# one WHO TIER SCOPES [RULES]: a case
one() {
	jq -nc --arg who "$1" --arg tier "$2" --arg scopes "$3" --rawfile token "$T/$1" --argjson over "$over" --argjson rules "${4:-"{}"}" '{
		user: $who, tier: $tier, scopes: ($scopes | split(" ")), token: ($token | rtrimstr("\n")),
		transports: ($over - (if $who == "service" then ["stdio"] else [] end)),
		read_only: false, off: [], tier_off: [], only: null, deny: [], allow: [] } + $rules'
}
# all NAME RULES [RULES OF ALICE]: everybody, over everything
all() {
	local cases=("$(one guest public m:read "$2")" "$(one alice developer m:all "${3:-$2}")" "$(one root admin m:read "$2")"
		"$(one service service m:all "$2")")
	python3 "$top_srcdir/tests/lib/transports.py" "$issuer" "$top_builddir/bin/sallyport-stdio" "${cases[@]}" >"$T/compared" 2>&1
	is "$1" "$(jq -rs --argjson n 9 'map(.transports | length) | add * $n' <<<"${cases[*]}") compared" "$(cut -d, -f1 "$T/compared")"
	note "$(tail -n 1 "$T/compared")"
}
all "tiers and scopes" '{}'
like "each verdict is among them" 'ok [1-9][0-9]+, scope [1-9][0-9]*, unknown [1-9][0-9]+' "$(cat "$T/compared")"
sallyport switch read-only on
all "the read-only switch" '{"read_only":true}'
sallyport switch read-only off
sallyport tool disable read_public && sallyport tool disable statement_hinted
all "switches of tools" '{"off":["read_public","statement_hinted"]}'
sallyport tool enable read_public && sallyport tool enable statement_hinted
sallyport tool disable extra --toolset
all "the switch of a toolset" '{"off":["write_developer","statement_writes","write_service"]}'
sallyport tool enable extra --toolset
sallyport tool disable basic --toolset --tier developer && sallyport tool disable read_admin --tier developer
all "switches for a tier" '{}' '{"tier_off":["read_public","write_public","read_admin"]}'
sallyport tool enable basic --toolset --tier developer && sallyport tool enable read_admin --tier developer
# over a pipe there is another client
over=$(jq -c '. - ["stdio"]' <<<"$over")
sallyport client allow-tools "$alice_client" toolset:basic 'read_a*'
all "a client's list" '{}' '{"only":["read_public","write_public","read_admin"]}'
sallyport client allow-tools "$alice_client" --all
over=$(jq -c '. + ["stdio"]' <<<"$over")
sallyport user tools alice --allow read_admin --deny toolset:extra
all "what a person may, and may not" '{}' '{"allow":["read_admin"],"deny":["write_developer","statement_writes","write_service"]}'
sallyport user tools alice --forget read_admin --forget toolset:extra
all "and as before" '{}'

# ---- a task that was begun before ----

stop_runners
mcp_token=$(cat "$T/alice")
for tool in read_public write_public statement_writes; do start_task "$tool" >"$T/task.$tool"; done
sallyport tool disable read_public && sallyport switch read-only on
start_runner runner-again || exit 1
for tool in read_public write_public statement_writes; do
	is "what was switched off meanwhile is not run: $tool" failed "$(until_status "$(cat "$T/task.$tool")" failed)"
done
sallyport tool enable read_public && sallyport switch read-only off

# ---- a server that is closed ----

sallyport switch server off --message 'Back at nine.'
closed() { [ "$(call_tool read_public)" = 503 ]; }
ok "a server is closed" sv_until 30 closed
is "with a text" 'Back at nine.' "$(json .error.message)"
is "no list" "503 Back at nine." "$(call_mcp tools/list) $(json .error.message)"
is "a session is told" 'Back at nine.' "$(session=$(open_session); session=$session version=2025-11-25 post_mcp "$(old tools/list)" >/dev/null; json .error.message)"
is "a pipe, too" 'Back at nine.' "$(rpc tools/list | timeout 60 "$top_builddir/bin/sallyport-stdio" --as alice 2>/dev/null | jq -r .error.message)"
like "plain HTTP, too" 'Back at nine' "$(get /tools -H "Authorization: Bearer $mcp_token" >/dev/null; body)"
is "one may get to know it" 200 "$(call_mcp server/discover)"
is "it is listed" "server off Back at nine." "$(sallyport switch list --json | jq -r '.[] | "\(.kind) \(.state) \(.message)"')"
sallyport switch server on
open() { [ "$(call_tool read_public)" = 200 ]; }
ok "and open" sv_until 30 open
is "usage" "1 2 2" "$(for x in "switch server off --server nowhere" "switch server maybe" "tool disable read_public --tier nobody"; do
	sallyport $x 2>"$T/err"; echo $?; done | paste -sd' ')"
done_testing
