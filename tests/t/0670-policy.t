#!/bin/bash
# Who may call what: tier x scope x tool, made from the catalog, over HTTP in both eras and over a
# pipe; the rules about clients and people; the operator's switches.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/oauth.sh"
. "$top_srcdir/tests/lib/listen.sh"
start_postgres && migrate tool_timeout=20000 || exit 1

# A tool of each tier with no scope, one and two; m:all implies m:write, which implies m:read.
matrix() {
	local tier scopes
	for tier in public developer admin service; do
		for scopes in '' m:read m:write 'm:read m:write'; do
			local name=${tier}_${scopes//[: ]/_}
			echo "CREATE FUNCTION tools.$name() RETURNS text LANGUAGE sql STABLE AS \$\$ SELECT 'done' \$\$;
				COMMENT ON FUNCTION tools.$name IS E'A tool\n@mcp\n@tier $tier${scopes:+\n@scope $scopes}';"
		done
	done
}
sql "$(matrix)
CREATE FUNCTION tools.paint(colour text) RETURNS text LANGUAGE sql VOLATILE AS \$\$ SELECT colour \$\$;
COMMENT ON FUNCTION tools.paint IS E'Paint\n@mcp\n@tier developer';
CREATE FUNCTION tools.wipe() RETURNS text LANGUAGE sql VOLATILE AS \$\$ SELECT 'wiped'::text \$\$;
COMMENT ON FUNCTION tools.wipe IS E'Wipe\n@mcp\n@destructive';
CREATE FUNCTION tools.write_it() RETURNS text LANGUAGE sql VOLATILE AS \$\$ SELECT 'written'::text \$\$;
COMMENT ON FUNCTION tools.write_it IS E'Write\n@mcp';
CREATE FUNCTION tools.note() RETURNS text LANGUAGE sql STABLE AS \$\$ SELECT 'note'::text \$\$;
COMMENT ON FUNCTION tools.note IS E'A note\n@resource note://all\n@tier public';"
sallyport catalog apply >"$sv_log/catalog.log" 2>&1
is "the tools are there" 19 "$(sql 'SELECT count(*) FROM sallyport.tool')"
sallyport scope imply m:write m:read && sallyport scope imply m:all m:write
is "scopes that imply others" 0 $?
is "one does not imply itself" 1 "$(sallyport scope imply m:all m:all 2>"$T/err"; echo $?)"
is "a circle is no trouble" "m:all m:read,m:write" "$(sallyport scope imply m:read m:all; sallyport scope list --json | jq -r '.[] | select(.scope == "m:all") | "\(.scope) \(.implies | gsub(" "; ","))"')"
sallyport scope unimply m:read m:all
start_httpd "${HTTPD:-nginx}" || exit 1
add_user guest --tier public && add_user alice && add_user root --tier admin

# ---- what a tool is when nobody says so ----

is "a tool that writes is at least a developer's, one that destroys an administrator's, one without a word an administrator's" \
	"wipe admin,write_it developer" "$(sql "SELECT string_agg(name || ' ' || tier, ',' ORDER BY name) FROM sallyport.tool WHERE name IN ('wipe', 'write_it')")"
sql "INSERT INTO sallyport.tool (name, description, kind, input_schema, spec) SELECT 'bare', 'Nothing is said of it', kind, input_schema, spec FROM sallyport.tool WHERE name = 'public_'"
is "a row that does not say" admin "$(sql "SELECT tier FROM sallyport.tool WHERE name = 'bare'")"

# ---- the matrix ----

# expected TIER SCOPES: "name:verdict" of every tool, by the rules as docs/policy.md has them
expected() {
	sql "WITH RECURSIVE has (scope) AS (SELECT unnest(string_to_array('$2', ' ')) UNION
	         SELECT i FROM has JOIN sallyport.scope s ON s.scope = has.scope, unnest(s.implies) i),
	     rank (tier, n) AS (VALUES ('public', 0), ('developer', 1), ('admin', 2), ('service', 2))
	     SELECT string_agg(t.name || ':' || CASE WHEN c.n < r.n THEN 'unknown'
	                WHEN t.scopes <@ ARRAY(SELECT scope FROM has) THEN 'ok' ELSE 'scope' END, ' ' ORDER BY t.name COLLATE \"C\")
	       FROM sallyport.tool t JOIN rank r ON r.tier = t.tier, rank c WHERE c.tier = '$1' AND t.name NOT IN ('paint', 'wipe')"
}
mapfile -t tool_names < <(sql "SELECT name FROM sallyport.tool WHERE name NOT IN ('paint', 'wipe') ORDER BY name COLLATE \"C\"")
# verdict STATUS: of the last answer
verdict() {
	case $1 in
	403) echo scope ;;
	*) json 'if .result then (if .result.isError then "error" else "ok" end) elif .error.code == -32602 and (.error.message | startswith("unknown tool")) then "unknown" else "error \(.error.code)" end' ;;
	esac
}
called_modern() { local n; for n in "${tool_names[@]}"; do echo "$n:$(verdict "$(call_tool "$n")")"; done | paste -sd' '; }
called_session() {
	local n session
	session=$(open_session)
	for n in "${tool_names[@]}"; do
		echo "$n:$(verdict "$(session=$session version=2025-11-25 post_mcp "$(old tools/call "{\"name\":\"$n\",\"arguments\":{}}")")")"
	done | paste -sd' '
}
listed() { json '[.result.tools[].name | select(IN("paint", "wipe") | not)] | sort | join(" ")'; }
only_ok() { tr ' ' '\n' | sed -n 's/:ok$//p' | paste -sd' '; }
for who in guest:public alice:developer root:admin; do
	for scopes in m:read m:write m:all 'm:read m:write'; do
		user=${who%:*} tier=${who#*:}
		mcp_token=$(token_for "$user" scope="$scopes")
		[ "$scopes" != m:all ] || echo "$mcp_token" >"$T/all.$user"
		[ "$scopes" != m:read ] || echo "$mcp_token" >"$T/read.$user"
		want=$(expected "$tier" "$scopes")
		is "$tier, $scopes: calls" "$want" "$(called_modern)"
		call_mcp tools/list >/dev/null
		is "$tier, $scopes: the list" "$(only_ok <<<"$want")" "$(listed)"
		is "$tier, $scopes: calls of a session" "$want" "$(called_session)"
		session=$(open_session)
		session=$session version=2025-11-25 post_mcp "$(old tools/list)" >/dev/null
		is "$tier, $scopes: the list of a session" "$(only_ok <<<"$want")" "$(listed)"
	done
	# over a pipe all scopes are there
	want=$(expected "$tier" 'm:all m:read m:write')
	{ rpc tools/list '{}' 0; for i in "${!tool_names[@]}"; do rpc tools/call "{\"name\":\"${tool_names[i]}\",\"arguments\":{}}" $((i + 1)); done; } |
		timeout 60 "$top_builddir/bin/sallyport-stdio" --as "$user" >"$T/lines" 2>>"$T/stdio.log"
	is "$tier, a pipe: the list" "$(only_ok <<<"$want")" \
		"$(jq -r 'select(.id == 0) | [.result.tools[].name | select(IN("paint", "wipe") | not)] | sort | join(" ")' "$T/lines")"
	is "$tier, a pipe: calls" "$want" "$(jq -rs --args 'map(select(.id > 0)) | sort_by(.id)[] |
		"\($ARGS.positional[.id - 1]):\(if .result then "ok" elif .error.code == -32602 then "unknown" else "error" end)"' "${tool_names[@]}" <"$T/lines" | paste -sd' ')"
done

# ---- what is said of scopes ----

mcp_token=$(cat "$T/read.alice")
is "a scope that is missing is named" 403 "$(call_tool developer_m_write)"
like "in the challenge" 'insufficient_scope.*scope="m:write"' "$(header WWW-Authenticate)"
get /.well-known/oauth-protected-resource/mcp >/dev/null
is "the metadata has what is asked for, and what implies it" "m:all m:read m:write" "$(json '.scopes_supported | join(" ")')"
redeem "$(authorize_as alice "$(register_client)")" >/dev/null
is "who asks for nothing gets what tools ask for" "m:read m:write" "$(json '.scope | split(" ") | sort | join(" ")')"
open_consent alice "$(register_client)" scope=m:all >/dev/null
like "the consent page says what comes with it" 'with all that m:read, m:write allows' "$(body)"

# ---- the most that a client may have ----

why() { sql "SELECT detail->>'why' FROM sallyport.audit WHERE outcome = 'rejected' ORDER BY audit_id DESC LIMIT 1"; }

mcp_token=$(cat "$T/all.root")
client=$(sql "SELECT client_id FROM sallyport.grants g JOIN sallyport.users u USING (user_id) WHERE u.username = 'root' AND 'm:all' = ANY (g.scope)")
# until CONDITION...: within a second a change has arrived; this one waits longer, for busy machines
verdict_is() { [ "$(verdict "$(call_tool "$1")")" = "$2" ]; }
until_verdict() { sv_until 20 verdict_is "$@"; verdict "$(call_tool "$1")"; }
sql "UPDATE sallyport.client SET tier = 'developer' WHERE client_id = '$client'"
is "a client's tier bounds that of its user" unknown "$(until_verdict admin_m_read unknown)"
is "its row says why" "not for the tier of this client" "$(why)"
is "below it all is as it was" ok "$(verdict "$(call_tool developer_m_read)")"
refresh "" client_id="$client" >/dev/null 2>&1
sql "UPDATE sallyport.client SET tier = 'service' WHERE client_id = '$client'"
is "and no more" ok "$(until_verdict admin_m_read ok)"

service=$(manual_client service --grant client_credentials)
keep_tokens "$(token grant_type=client_credentials client_id="$service" client_secret="$(secret_of service)" scope=m:all)" >/dev/null
mcp_token=$(access_token)
is "a service account reaches everything" ok "$(verdict "$(call_tool service_m_read_m_write)")"
sallyport client allow-tools "$service" 'public_m*' developer_ --server ''
is "until it has a list" unknown "$(until_verdict service_m_read_m_write unknown)"
is "its row says why" "not on the list of this client" "$(why)"
call_mcp tools/list >/dev/null
is "of which nothing else is listed" "developer_ public_m_read public_m_read_m_write public_m_write" "$(listed)"
is "nor resources" '[]' "$(call_mcp resources/list >/dev/null; json '.result.resources' -c)"
is "what it has a list of still needs its scopes" scope "$(keep_tokens "$(token grant_type=client_credentials client_id="$service" client_secret="$(secret_of service)" scope=m:read)" >/dev/null
	mcp_token=$(access_token) && verdict "$(call_tool public_m_write)")"
sql "UPDATE sallyport.tool SET toolset = 'tier' WHERE name ~ '^service'"
sallyport client allow-tools "$service" toolset:tier 'note://*' --server '*'
is "a list of another server comes beside it: a toolset" ok "$(until_verdict service_ ok)"
is "and resources by their URI" '["note://all"]' "$(call_mcp resources/list >/dev/null; json '[.result.resources[].uri]' -c)"
sallyport client allow-tools "$service" --all
is "no list" ok "$(until_verdict admin_ ok)"
is "there is no such client" 1 "$(sallyport client allow-tools nobody x 2>"$T/err"; echo $?)"
is "a pattern is needed" 2 "$(sallyport client allow-tools "$service" 2>"$T/err"; echo $?)"

# ---- people ----

mcp_token=$(cat "$T/all.alice")
sallyport user tools alice --allow 'admin_m*' --deny developer_m_read
is "a person may be allowed more" ok "$(until_verdict admin_m_write ok)"
is "what does not fit is as it was" unknown "$(verdict "$(call_tool admin_)")"
is "its row says why" "not for this tier" "$(why)"
is "and denied what the tier reaches" unknown "$(verdict "$(call_tool developer_m_read)")"
is "its row says that" "denied to this user" "$(why)"
call_mcp tools/list >/dev/null
unlike "which is not listed" 'developer_m_read ' "$(listed) "
is "another person is not meant" ok "$(mcp_token=$(cat "$T/all.root"); verdict "$(call_tool developer_m_read)")"
mcp_token=$(token_for alice scope=m:read)
is "the scope is needed all the same" scope "$(verdict "$(call_tool admin_m_write)")"
mcp_token=$(cat "$T/all.alice")
alice_client=$(sql "SELECT client_id FROM sallyport.grants g JOIN sallyport.users u USING (user_id) WHERE u.username = 'alice' AND 'm:all' = ANY (g.scope)")
sql "UPDATE sallyport.client SET tier = 'developer' WHERE client_id = '$alice_client'"
is "and the client's tier bounds it" unknown "$(until_verdict admin_m_write unknown)"
sql "UPDATE sallyport.client SET tier = 'service' WHERE client_id = '$alice_client'"
sallyport user tools alice --forget 'admin_m*' --forget developer_m_read
is "forgotten" "unknown ok" "$(until_verdict developer_m_read ok >/dev/null; echo "$(verdict "$(call_tool admin_m_write)") $(verdict "$(call_tool developer_m_read)")")"
is "there is no such user" 1 "$(sallyport user tools nobody --allow x 2>"$T/err"; echo $?)"

# ---- switches ----

is "paint paints" ok "$(verdict "$(call_tool paint '{"colour":"red"}')")"
before=$(sql "SELECT version FROM sallyport.version WHERE name = 'catalog'")
sallyport switch read-only on
read_only() { call_tool paint '{"colour":"red"}' >/dev/null; [ "$(json .error.code)" = -32602 ]; }
is "read-only: what writes is unknown" 0 "$(sv_until 20 read_only; echo $?)"
is "what reads is there" ok "$(verdict "$(call_tool public_)")"
call_mcp tools/list >/dev/null
unlike "and nothing that writes is listed" '"paint"' "$(body)"
get /.well-known/oauth-protected-resource/mcp >/dev/null
is "the scopes stay what they are" "m:all m:read m:write" "$(json '.scopes_supported | join(" ")')"
is "it is one row" "read-only on" "$(sallyport switch list --json | jq -r '.[] | "\(.kind) \(.state)"')"
sallyport switch read-only off
is "off" ok "$(until_verdict paint error >/dev/null; verdict_of() { verdict "$(call_tool paint '{"colour":"red"}')"; }; painted() { [ "$(verdict_of)" = ok ]; }; sv_until 20 painted; verdict_of)"
like "each change is a version of the catalog" '^[0-9]+$' "$(($(sql "SELECT version FROM sallyport.version WHERE name = 'catalog'") - before))"
is "usage" 2 "$(sallyport switch read-only maybe 2>"$T/err"; echo $?)"

[[ ${HTTPD:-nginx} = *cgi ]] || listen changes '{"toolsListChanged":true}'
sallyport tool disable public_
is "a tool is switched off" unknown "$(until_verdict public_ unknown)"
if [[ ${HTTPD:-nginx} != *cgi ]]; then
	hears changes 1
	is "and clients hear of it" notifications/tools/list_changed "$(told changes)"
	stop_listening changes
fi
sallyport catalog apply >>"$sv_log/catalog.log" 2>&1
is "and stays so when the catalog is applied" unknown "$(catalog_known; verdict "$(call_tool public_)")"
sallyport tool enable public_
is "and on" ok "$(until_verdict public_ ok)"
sql "UPDATE sallyport.tool SET toolset = 'basic' WHERE name ~ '^public_m'"
sallyport tool disable basic --toolset
is "a toolset" "unknown unknown ok" "$(until_verdict public_m_read unknown >/dev/null; for n in public_m_read public_m_write public_; do verdict "$(call_tool $n)"; done | paste -sd' ')"
sallyport tool enable basic --toolset
is "and on again" ok "$(until_verdict public_m_read ok)"
is "there is no such tool" 1 "$(sallyport tool disable nothing 2>"$T/err"; echo $?)"
is "every decision is in the audit trail" "client.tools,scope.imply,switch,user.tools" \
	"$(sql "SELECT string_agg(DISTINCT event, ',' ORDER BY event) FROM sallyport.audit WHERE event IN ('client.tools', 'scope.imply', 'switch', 'user.tools')")"
is "a client that goes does not reload the catalog" 0 "$(v=$(sql "SELECT version FROM sallyport.version WHERE name = 'catalog'"); id=$(register_client)
	sql "DELETE FROM sallyport.client WHERE client_id = '$id'"; echo $(($(sql "SELECT version FROM sallyport.version WHERE name = 'catalog'") - v)))"
done_testing
