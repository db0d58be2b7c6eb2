#!/bin/bash
# Who may use a server at all: its access check, the addresses of people and clients; how often
# tools of a tier may be called; what a missing scope is told; scopes that documents make imply others.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/oauth.sh"
start_postgres && migrate tool_timeout=20000 || exit 1
[ "$(date -u +%H%M)" -lt 2350 ] || sleep 620	# a day's window does not end while this runs

sql "CREATE SCHEMA club;
GRANT USAGE ON SCHEMA club TO sallyport_tool;
CREATE TABLE club.member (username text PRIMARY KEY);
CREATE TABLE club.asked (username text);
GRANT SELECT ON club.member TO sallyport_tool;
CREATE FUNCTION tools.is_member() RETURNS json LANGUAGE sql STABLE AS \$\$
	SELECT json_build_object('allowed', EXISTS (SELECT FROM club.member m WHERE m.username = c.claims->>'preferred_username'),
	    'message', 'Only members of the club may use this: ask the \"desk\".')
	  FROM (SELECT current_setting('request.jwt.claims')::json) c (claims) \$\$;
COMMENT ON FUNCTION tools.is_member IS E'Whether the caller is a member\n@mcp\n@server club\n@tier service';
CREATE FUNCTION tools.plain() RETURNS text LANGUAGE sql STABLE AS \$\$ SELECT 'plain'::text \$\$;
COMMENT ON FUNCTION tools.plain IS E'Plain\n@mcp\n@tier public';
CREATE FUNCTION tools.wipe() RETURNS text LANGUAGE sql STABLE AS \$\$ SELECT 'wiped'::text \$\$;
COMMENT ON FUNCTION tools.wipe IS E'Wipe\n@mcp\n@tier admin';
CREATE FUNCTION tools.purge() RETURNS text LANGUAGE sql STABLE AS \$\$ SELECT 'purged'::text \$\$;
COMMENT ON FUNCTION tools.purge IS E'Purge\n@mcp\n@tier admin';"
cat >"$T/club.yaml" <<'YAML'
kind: server
name: club
title: The club
access: {tool: is_member, ttl: 1h}
scopes:
  club:read: Look at the club
  club:write:
    description: Change the club
    implies: [club:read]
---
kind: scope
name: club:all
implies: [club:write]
---
kind: tool
name: news
server: club
description: The news of the club
tier: public
scopes: [club:read]
statement: {sql: SELECT 'tea at five' AS news, result: row}
---
kind: tool
name: post
server: club
description: Post something
tier: public
scopes: [club:write]
statement: {sql: SELECT 'posted' AS done, result: row}
---
kind: prompt
name: greet
server: club
description: A greeting
tier: public
messages: [{role: user, content: Hello}]
---
kind: resource
uri: club://rules
name: rules
server: club
description: The rules
tier: public
text: Be kind.
YAML
ok "documents with scopes that imply others, and a server with an access check" sallyport catalog apply "$T/club.yaml"
sallyport catalog apply >"$sv_log/catalog.log" 2>&1
is "what documents say of scopes" "club:all club:read,club:write|club:write club:read" "$(sallyport scope list --json |
	jq -r '[.[] | select(.implies) | "\(.scope) \(.implies | gsub(" "; ","))"] | join("|")')"
is "comes back as documents" '{"scope":"club:all","implies":["club:write"]}' "$(sallyport catalog export | sallyport catalog check - >"$T/check.out" 2>&1
	sql "SELECT json_build_object('scope', scope, 'implies', implies) FROM sallyport.scope WHERE scope = 'club:all'" | jq -c .)"
like "and what is exported is without fault" '^[0-9]+ documents without fault' "$(cat "$T/check.out")"
sallyport catalog export >"$T/export.yaml"
like "with the access check" 'access:' "$(cat "$T/export.yaml")"
is "applied again, nothing changes" "nothing has changed" "$(sallyport catalog apply "$T/club.yaml")"
# faults LINE: what check says of a document
faults() { printf '%s\n' "$1" >"$T/fault.yaml"; sallyport catalog check "$T/fault.yaml" 2>&1 | sed 's/.*fault.yaml:[0-9]*: //'; }
is "an access check without a tool" 'access: needs "tool": the name of a tool of this server that says who may use it' \
	"$(faults '{kind: server, name: x, title: X, access: {ttl: 5m}}')"
like "or with something else" 'no such member|unknown' "$(faults '{kind: server, name: x, title: X, access: {tool: a, tll: 5m}}')"
is "its time" 'access.ttl: is not a time: 30s, 5m, 1h' "$(faults '{kind: server, name: x, title: X, access: {tool: a, ttl: 5 minutes}}')"
is "a scope that implies itself" 'implies[0]: a implies itself' "$(faults '{kind: scope, name: a, implies: [a]}')"
is "one that implies no scope" 'implies[0]: "b c" is not a scope' "$(faults '{kind: scope, name: a, implies: [b c]}')"

start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice --tier admin && add_user bob
resource=$issuer/mcp/club
token_for alice resource="$resource" scope=club:all >"$T/alice"
token_for bob resource="$resource" scope=club:read >"$T/bob"
token_for alice >"$T/alice.plain"
as() { mcp_token=$(cat "$T/$1"); }
sql "INSERT INTO club.member VALUES ('alice')"
checks() { sql "SELECT count(*) FROM sallyport.audit WHERE event = 'server.access' AND outcome = 'ok'"; }

# ---- the access check ----

mcp_path=/mcp/club
as alice
is "a member may call" 'tea at five' "$(call_tool news >/dev/null; json .result.structuredContent.news)"
is "with a scope that implies the tool's" posted "$(call_tool post >/dev/null; json .result.structuredContent.done)"
is "and an administrator sees all" "is_member news post|greet|club://rules" "$(call_mcp tools/list >/dev/null; json '[.result.tools[].name] | sort | join(" ")')|$(
	call_mcp prompts/list >/dev/null; json '.result.prompts[0].name')|$(call_mcp resources/list >/dev/null; json '.result.resources[0].uri')"
is "which are hers" private "$(call_mcp tools/list >/dev/null; json .result.cacheScope)"
is "the check is no tool of hers to call" -32602 "$(mcp_token=$(cat "$T/bob"); sql "INSERT INTO club.member VALUES ('bob')"; call_tool is_member >/dev/null; json .error.code)"
[[ ${HTTPD:-nginx} = *cgi ]] || ok "each process asks once" [ "$(checks)" -le 8 ]
before=$(checks)
for n in 1 2 3; do call_tool news >/dev/null; done
[[ ${HTTPD:-nginx} = *cgi ]] || ok "and knows then" [ $(($(checks) - before)) -le 2 ]
add_user carol
token_for carol resource="$resource" scope=club:read >"$T/carol"
as carol
denied='Only members of the club may use this: ask the "desk".'
for what in "tools/list" "prompts/list" "resources/list" "resources/templates/list" 'tools/call {"name":"news","arguments":{}}' \
	'prompts/get {"name":"greet"}' 'resources/read {"uri":"club://rules"}' \
	'completion/complete {"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"x","value":""}}'; do
	read -r method params <<<"$what"
	is "others are told: $method" "403 -32600 $denied" "$(call_mcp "$method" "${params:-{\}}") $(json '"\(.error.code) \(.error.message)"')"
done
is "without a challenge" "" "$(header WWW-Authenticate)"
is "they may get to know the server" 200 "$(call_mcp server/discover)"
is "its rows" "rejected the access check says no" "$(sql "SELECT outcome, detail->>'why' FROM sallyport.audit WHERE event = 'server.access' ORDER BY audit_id DESC LIMIT 1" -F ' ')"
session=$(open_session)
is "in a session" "$denied" "$(session=$session version=2025-11-25 post_mcp "$(old tools/list)" >/dev/null; json .error.message)"
is "a call of it" "$denied" "$(session=$session version=2025-11-25 post_mcp "$(old tools/call '{"name":"news","arguments":{}}')" >/dev/null; json .error.message)"
is "over a pipe" "$denied" "$(rpc tools/list | timeout 60 "$top_builddir/bin/sallyport-stdio" --as carol --server club 2>>"$T/stdio.log" | jq -r .error.message)"
is "who becomes a member may at once" "200 tea at five" "$(sql "INSERT INTO club.member VALUES ('carol')"; call_tool news) $(json .result.structuredContent.news)"
is "the other server is for all" plain "$(as alice.plain; mcp_path=/mcp call_tool plain >/dev/null; json .result.structuredContent.result)"
sallyport tool disable is_member --server club
add_user dave
token_for dave resource="$resource" scope=club:read >"$T/dave"
as dave
closed() { [ "$(call_tool news)" = 503 ]; }
ok "a check that is not there lets nobody in" sv_until 20 closed
unlike "and says nothing of why" 'is_member' "$(body)"
sallyport tool enable is_member --server club
sql "CREATE OR REPLACE FUNCTION tools.is_member() RETURNS json LANGUAGE plpgsql STABLE AS 'BEGIN RAISE EXCEPTION ''no''; END'"
is "nor does one that fails" 503 "$(sv_until 20 closed; call_tool news)"
sql "CREATE OR REPLACE FUNCTION tools.is_member() RETURNS json LANGUAGE sql STABLE AS \$\$ SELECT '{\"allowed\":\"yes\"}'::json \$\$"
is "nor one that does not say true" 503 "$(call_tool news)"
sql "CREATE OR REPLACE FUNCTION tools.is_member() RETURNS json LANGUAGE sql STABLE AS \$\$ SELECT '{\"allowed\":false}'::json \$\$"
is "one without a word has a word" "403 you may not use this server" "$(call_tool news) $(json .error.message)"

# ---- what a missing scope is told ----

sql "CREATE OR REPLACE FUNCTION tools.is_member() RETURNS json LANGUAGE sql STABLE AS \$\$ SELECT '{\"allowed\":true}'::json \$\$"
is "a scope that is missing" 403 "$(call_tool post)"
like "is named, with the tier" 'error="insufficient_scope", error_description="this needs tier public, and the caller has tier developer; the token lacks scope".*scope="club:write"' \
	"$(header WWW-Authenticate)"

# ---- addresses ----

mcp_path=/mcp
as alice.plain
client=$(sql "SELECT g.client_id FROM sallyport.grants g JOIN sallyport.users u USING (user_id) WHERE u.username = 'alice' ORDER BY g.created_at DESC LIMIT 1")
status_is() { [ "$(call_tool plain)" = "$1" ]; }
sallyport user addresses alice 192.0.2.0/24 2001:db8::/32
ok "a person may come from some addresses only" sv_until 20 status_is 403
is "and is told" "this server may not be used from your address" "$(json .error.message)"
is "its row" "rejected not from this address" "$(sql "SELECT outcome, detail->>'why' FROM sallyport.audit WHERE event = 'server.access' ORDER BY audit_id DESC LIMIT 1" -F ' ')"
is "lists are closed, too" 403 "$(call_mcp tools/list)"
is "there is no address on a pipe" plain "$(rpc tools/call '{"name":"plain","arguments":{}}' | timeout 60 "$top_builddir/bin/sallyport-stdio" --as alice 2>>"$T/stdio.log" | jq -r .result.structuredContent.result)"
sallyport user addresses alice 192.0.2.0/24 127.0.0.0/8 ::1
ok "this one is among them" sv_until 20 status_is 200
sallyport client addresses "$client" 192.0.2.7
ok "the client's count, too" sv_until 20 status_is 403
is "they are listed" "client client-address 192.0.2.7/32,user user-address 127.0.0.0/8 192.0.2.0/24 ::1/128" \
	"$(sallyport policy list --json | jq -r 'group_by(.rule) | map("\(.[0].who | split(" ")[0]) \(.[0].rule) \([.[].value] | sort | join(" "))") | join(",")')"
sallyport client addresses "$client" --any && sallyport user addresses alice --any
ok "from everywhere again" sv_until 20 status_is 200
is "usage" "2 2 1 1 1 1 1" "$(for x in "user addresses alice" "user addresses alice 192.0.2.1 --any" "user addresses alice 192.0.2.0/33" \
	"user addresses alice 192.0.2" "user addresses alice 192.0.2.0/24x" "user addresses nobody ::1" "client addresses nobody ::1"; do
	sallyport $x 2>"$T/err"; echo $?; done | paste -sd' ')"
is "a range with host bits is refused as it stands" 1 "$(sallyport user addresses alice 192.0.2.1/24 2>"$T/err"; echo $?)"

# ---- rates of tiers ----

granted() { local t; for t in "$@"; do call_tool "$t" >/dev/null; json .result.isError; done | grep -c false; }
sallyport quota tier admin 3/day
three() { sallyport policy list --json | jq -e 'any(.rule == "tier-rate")' >/dev/null; }
ok "a tier has a rate" three
is "of all its tools together" 3 "$(catalog_known; granted wipe purge wipe purge wipe)"
is "that says so" "by one user tools of tier admin may be called 3 times in 24 h, which are used up" "$(tool_text | sed 's/: try.*//')"
is "others do not count" 4 "$(granted plain plain plain plain)"
sallyport quota override tier:admin 5/day --user alice
is "some people have more" 2 "$(catalog_known; granted wipe purge wipe)"
sallyport quota override tier:admin unlimited --user alice
is "or any number" 3 "$(catalog_known; granted wipe purge wipe)"
sallyport quota override tier:admin none --user alice && sallyport quota tier admin none
is "and none at all any more" 3 "$(catalog_known; granted wipe purge wipe)"
is "usage of rates" "2 1 2" "$(for x in "nobody 1/s" "admin often" "admin"; do sallyport quota tier $x 2>"$T/err"; echo $?; done | paste -sd' ')"
is "each change is in the audit trail" "addresses,quota.override,quota.tier,switch" \
	"$(sql "SELECT string_agg(DISTINCT event, ',' ORDER BY event) FROM sallyport.audit WHERE event IN ('addresses', 'quota.override', 'quota.tier', 'switch')")"
done_testing
