#!/bin/bash
# Tools over plain HTTP: what is listed, described and answered is what MCP says, in both eras and over a pipe.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
start_postgres && migrate tools_api=true tool_timeout=20000 && mcp_catalog || exit 1
sql "$(cat "$top_srcdir/tests/t/0530-mcp-tools.sql")
INSERT INTO sallyport.resource (name, title, scopes) VALUES ('search', 'Search', '{}');
CREATE FUNCTION tools.burn(place text) RETURNS text LANGUAGE sql AS \$\$ SELECT 'burnt ' || place \$\$;
COMMENT ON FUNCTION tools.burn IS E'Burn\n@mcp\n@confirm Burn it down?';
CREATE FUNCTION tools.burn_all() RETURNS json LANGUAGE sql AS \$\$ SELECT '{}'::json \$\$;
COMMENT ON FUNCTION tools.burn_all IS E'Burn all\n@mcp\n@confirm';
CREATE FUNCTION tools.rare() RETURNS text LANGUAGE sql STABLE AS \$\$ SELECT 'here'::text \$\$;
COMMENT ON FUNCTION tools.rare IS E'Rare\n@mcp\n@quota user 1/day';
CREATE FUNCTION tools.asks() RETURNS text LANGUAGE plpgsql STABLE AS
\$\$ BEGIN PERFORM mcp.elicit('name', 'Who?', '{\"type\":\"object\",\"properties\":{}}'); RETURN 'x'; END \$\$;
COMMENT ON FUNCTION tools.asks IS E'Asks\n@mcp';
CREATE FUNCTION tools.long() RETURNS text LANGUAGE sql STABLE AS \$\$ SELECT 'x' \$\$;
COMMENT ON FUNCTION tools.long IS E'Long\n@mcp\n@task required';
CREATE FUNCTION tools.traced() RETURNS text LANGUAGE sql STABLE AS \$\$ SELECT current_setting('sallyport.traceparent') \$\$;
COMMENT ON FUNCTION tools.traced IS E'Traced\n@mcp';
CREATE FUNCTION tools.hostile(\"<b>\" text DEFAULT NULL) RETURNS text LANGUAGE sql STABLE AS \$\$ SELECT 'x' \$\$;
COMMENT ON FUNCTION tools.hostile IS E'<script>alert(1)</script>\nA \"quoted\" & <i>marked</i> text.\n@mcp'"
sallyport catalog apply >>"$sv_log/catalog.log" 2>&1
is "the catalog is there" 0 $?
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && add_user guest --tier public
token_for alice scope="orders:read" >"$T/alice"
alice=$(access_token)

# api NAME BODY [CURL OPTION]...: prints the status
api() {
	local path=$1 body=$2
	shift 2
	post_json "/tools/$path" "$body" -H "Authorization: Bearer ${token-$alice}" "$@"
}
list() { get "${1:-/tools}" -H "Authorization: Bearer ${token-$alice}" "${@:2}"; }
lines() {
	printf '%s\n' "$@" | timeout 60 "$top_builddir/bin/sallyport-stdio" --as alice 2>>"$T/stdio.log"
}

# ---- the list ----

is "the list" "200 application/json" "$(list) $(header Content-Type)"
cp "$T/answer.body" "$T/list"
is "total, count, and the caller's tier" "true true developer" "$(json '"\(.total == (.tools | length)) \(.count == .total) \(.tier)"')"
is "each tool has its tier" "public developer" "$(json '[.tools[] | select(.name == ("echo", "touch")) | .tier] | join(" ")')"
method=tools/list post_mcp "$(rpc tools/list)" >/dev/null
is "otherwise it is what tools/list says" "$(json .result.tools -cS)" "$(jq -cS '[.tools[] | del(.tier)]' "$T/list")"
# with every scope of the server, which a pipe has
token_for alice scope="orders:read orders:write" >"$T/alice.all"
token=$(access_token) list >/dev/null
is "and over a pipe" "$(lines "$(rpc tools/list)" | jq -cS .result.tools)" "$(json '[.tools[] | del(.tier)]' -cS)"
id=$(open_session)
version=2025-11-25 session=$id post_mcp "$(old tools/list)" >/dev/null
is "and in a session" "$(json '[.result.tools[].name]' -c)" "$(token=$(access_token) list >/dev/null; json '[.tools[].name]' -c)"
token_for guest >"$T/guest"
is "another caller, another list" "echo" "$(token=$(access_token) list >/dev/null; json '[.tools[].name] | join(" ")')"
is "another server, another list" '200 []' "$(token_for alice resource="$issuer/mcp/search" >/dev/null; token=$(access_token) list /tools/@search) $(json .tools -c)"
is "with a slash behind, too" 200 "$(token=$(access_token) list /tools/@search/)"
is "/tools/ is /tools" "200 same" "$(list /tools/) $(cmp -s "$T/list" "$T/answer.body" && echo same)"
is "HEAD has the length of the list" "200 $(stat -c %s "$T/list")" "$(request HEAD /tools -H "Authorization: Bearer $alice") $(header Content-Length)"

# ---- as a page ----

browser='Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
is "a browser gets a page" "200 text/html; charset=utf-8 Accept" "$(list /tools -H "$browser") $(header Content-Type) $(header Vary)"
like "with every tool" '<h2 id="order_status"><code>order_status</code></h2>' "$(body)"
unlike "in which a catalog's text is text" '<script>|<i>marked|<b>' "$(body)"
like "as it was written" '&lt;script&gt;alert\(1\)&lt;/script&gt;' "$(body)"
is "*/* is JSON" "application/json" "$(list /tools -H 'Accept: */*' >/dev/null; header Content-Type)"
is "what is preferred" "application/json" "$(list /tools -H 'Accept: text/html;q=0.4, application/json;q=0.5' >/dev/null; header Content-Type)"
is "without a token a page says so, with the status and the challenge" "401 text/html; charset=utf-8 1" \
	"$(get /tools -H "$browser") $(header Content-Type) $(header WWW-Authenticate | grep -c '^Bearer resource_metadata=')"

# ---- as a description ----

is "OpenAPI" "200 3.1.0" "$(list /tools/openapi.json) $(json .openapi)"
cp "$T/answer.body" "$T/openapi.json"
is "has the tools that are listed" "$(jq -c '[.tools[] | "/tools/" + .name]' "$T/list")" "$(json '.paths | keys_unsorted' -c)"
is "their scopes" '["orders:read"]' "$(json '.paths["/tools/order_status"].post.security[0].oauth2' -c)"
is_empty "every reference leads somewhere" "$(jq -r '. as $all | .. | objects | .["$ref"]? | strings | select(
	ltrimstr("#/") | split("/") | map(gsub("~1"; "/") | gsub("~0"; "~")) as $p | $all | getpath($p) == null)' "$T/openapi.json")"
sallyport catalog import openapi "$T/openapi.json" >"$T/import" 2>"$T/import.err"
is "our own import takes it" 0 $?
is "and makes the same tools of it" "$(jq -r '.tools[].name' "$T/list" | sort | xargs)" \
	"$(sed -nE '/^kind: tool/,/^name:/s/^name: "?([A-Za-z0-9_-]+)"?$/\1/p' "$T/import" | sort | xargs)"

# ---- calls: this API, both eras of MCP, and a pipe ----

# What an answer of MCP means here: "STATUS BODY".
meaning='if .error then "refused " + .error.message
	elif .result.isError then "422 " + ({ content: .result.content, structuredContent: .result.structuredContent } | tojson)
	elif .result | has("structuredContent") then "200 " + (.result.structuredContent | tojson)
	else "200 " + ({ content: .result.content } | tojson) end'
plain() {
	case $1 in
	200) echo "200 $(jq -c . "$T/answer.body")" ;;
	404) echo "refused $(json .detail)" ;;
	500) echo "422 $(json '{ content, structuredContent }' -c)" ;;	# an internal error is a result, too
	*) echo "$1 $(json '{ content, structuredContent }' -c)" ;;
	esac
}
same() { sed -E 's/request id [A-Za-z0-9_-]{22}/request id X/'; }
token_for alice scope="orders:read orders:write" >"$T/alice"
alice=$(access_token)
id=$(open_session)
{
	printf '%s\n' '{"name":"echo","arguments":{"region":"it","level":3}}' '{"name":"order_status","arguments":{"order_no":1}}' \
		'{"name":"order_status","arguments":{"order_no":0}}' '{"name":"refund","arguments":{"order_no":4}}' \
		'{"name":"types","arguments":{"i2":"x"}}' '{"name":"sum_up","arguments":{"start":1,"more":[2,3]}}' \
		'{"name":"none_such","arguments":{}}' '{"name":"wipe","arguments":{}}'
	jq -c '.tools[] | select(.name | IN("rare", "asks", "long", "burn", "burn_all") or startswith("x_") | not) | { name, arguments: {} }' "$T/list"
} >"$T/calls"
n=0
while read -r call; do
	n=$((n + 1))
	rpc tools/call "$call" $n
done <"$T/calls" | timeout 300 "$top_builddir/bin/sallyport-stdio" --as alice 2>>"$T/stdio.log" |
	jq -rs "sort_by(.id)[] | ($meaning)" | same >"$T/pipe"
n=0
while read -r call && read -r pipe <&7; do
	n=$((n + 1))
	name=$(jq -r .name <<<"$call") arguments=$(jq -c .arguments <<<"$call")
	headers=()
	[[ $call != *'"region":"it"'* ]] || headers=(-H "Mcp-Param-Region: it" -H "Mcp-Param-Level: 3")
	method=tools/call post_mcp "$(rpc tools/call "$call" $n)" "${headers[@]}" >/dev/null
	cp "$T/answer.body" "$T/modern"
	modern=$(json "$meaning" | same)
	version=2025-11-25 session=$id method='' name='' post_mcp "$(old tools/call "$call" $n)" >/dev/null
	before=$(json "$meaning" | same)
	status=$(api "$name" "$arguments")
	here=$(plain "$status" | same)
	is "$call over plain HTTP and modern MCP" "$modern" "$here"
	is "$call over plain HTTP and a pipe" "$pipe" "$here"
	# sessions have no place for what is not an object
	[[ $modern = 200* && $(jq '.result.structuredContent | type' "$T/modern") != '"object"' ]] ||
		is "$call over plain HTTP and in a session" "$before" "$here"
	[ "$status" != 200 ] || ! grep -q structuredContent "$T/modern" ||
		is "$call, byte for byte" yes "$([[ $(cat "$T/modern") = *'"structuredContent":'"$(body)"[,\}]* ]] && echo yes)"
done <"$T/calls" 7<"$T/pipe"
is "that was all" "$(wc -l <"$T/calls")" "$n"

# ---- what only this API says ----

is "no body is no arguments" "200 eu" "$(request POST /tools/echo -H "Authorization: Bearer $alice") $(json .region)"
is "as curl -d sends it" "200 de" "$(request POST /tools/echo -H "Authorization: Bearer $alice" -d '{"region":"de"}') $(json .region)"
is "a person has to agree" "422 confirmation_required true" "$(api burn '{"place":"hut"}') $(json '"\(.error) \(.structuredContent.confirmation_required)"')"
is "and has" '200 {"result":"burnt hut"}' "$(api burn '{"place":"hut","confirm":true}') $(body)"
is "also where no output schema is in the way" "422 confirmation_required" "$(api burn_all '{}') $(json .error)"
is "a quota that is left" 200 "$(api rare '{}')"
is "and is used up" "429 slow_down" "$(api rare '{}') $(json .error)"
like "until" '^[1-9][0-9]{0,4}$' "$(header Retry-After)"
is "and the same over MCP" true "$(call_tool rare >/dev/null; json .result.isError)"
is "a tool that asks has nobody to ask" "422 tool_error" "$(api asks '{}') $(json .error)"
is "one that is a task needs MCP" "422 tool_error" "$(api long '{}') $(json .error)"
like "and says so" 'io.modelcontextprotocol/tasks' "$(json .detail)"
trace=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
is "a trace is a header" "200 $trace" "$(api traced '{}' -H "traceparent: $trace") $(json .result)"

# ---- the audit trail ----

is "calls are recorded as those of MCP, with how they came" "ok alice|touch|plain HTTP|" \
	"$(api touch '{"n":5}' >/dev/null; sql "SELECT a.outcome || ' ' || u.username, a.tool, a.detail->>'transport', a.detail->>'protocol_version'
		FROM sallyport.audit a JOIN sallyport.users u USING (user_id) WHERE a.event = 'tool.call' AND a.tool = 'touch' ORDER BY a.audit_id DESC LIMIT 1" -F '|')"
is "with the same digest of the arguments" 1 "$(call_tool touch '{"n":5}' >/dev/null
	sql "SELECT count(DISTINCT arguments_sha256) FROM (SELECT arguments_sha256 FROM sallyport.audit WHERE tool = 'touch' AND outcome <> 'rejected' ORDER BY audit_id DESC LIMIT 2) t")"
done_testing
