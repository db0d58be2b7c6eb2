#!/bin/bash
# Calls of SQL functions: what they may, what they give, how they fail, what is written down.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
start_postgres && migrate tool_timeout=20000 && mcp_catalog || exit 1
sql "$(cat "$top_srcdir/tests/t/0530-mcp-tools.sql")" && sallyport catalog apply >>"$sv_log/catalog.log" 2>&1
is "every function became a tool" 0 $?
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && add_user bob && add_user root --tier admin && add_user guest --tier public
for user in guest root bob; do token_for $user scope="orders:read" >"$T/$user"; done
token_for alice scope="orders:read" >"$T/alice"

# What goes through jq as a number is rounded: arguments are pasted in as they are.
call_raw() {
	method=tools/call name=$1 post_mcp "$(rpc tools/call "{\"name\":\"$1\",\"arguments\":{}}" | sed 's/"arguments":{}/"arguments":@/' |
		ARGUMENTS=$2 perl -pe 's/\@/$ENV{ARGUMENTS}/')"
}
answer() { call_tool "$@" >"$T/status"; json 'if .result then "\(.result.isError) \(.result.structuredContent // .result.content[0].text | if type == "string" then . else tojson end)" else "error \(.error.code)" end'; }
gives() { is "$1 gives" "false $2" "$(answer "$1" "${3:-"{}"}")"; }
fails() { is "$1 fails" "true $2" "$(answer "$1" "${3:-"{}"}")"; }

# ---- arguments ----

t() { is "argument $1" "false $1" "$(answer types "${2:-$1}")"; }
t '{"i2":-32768}'; t '{"i4":2147483647}'
t '{"f":0.1}'; t '{"f":1e+300}' '{"f":1e300}'
call_raw types '{"i8":9223372036854775807,"n":12345678901234567890.123456789}' >/dev/null
like "no number is changed on its way" '"structuredContent":\{"n":12345678901234567890.123456789,"i8":9223372036854775807\}' "$(body)"
t '{"i4":42}' '{"i4":42.0}'; t '{"i4":1000}' '{"i4":1e3}'
t '{"t":"it'\''s $1; DROP TABLE shop.touched; -- \"\\"}'
t '{"t":"{a,b}"}'; t '{"t":""}'; t '{"t":"世界 🌍"}'
t '{"u":"6ba7b810-9dad-11d1-80b4-00c04fd430c8"}'; t '{"d":"2026-02-28"}'
t '{"ts":"2026-01-02T03:04:05"}' '{"ts":"2026-01-02T04:04:05+01:00"}'
t '{"b":true}'; t '{"b":false}'
t '{"j":{"a":[1,null,"x"]}}'; t '{"jb":[{"b":1}]}'; t '{"jb":"text"}'; t '{"jb":0}'
t '{"e":"sad"}'; t '{"p":100}'
t '{"ia":[1,2,3]}'; t '{"ia":[]}'; t '{"ta":["a","","NULL","b,c","{}","\"q\"","\\"]}'; t '{"ea":["sad","happy"]}'
t '{"l":{"sku":"x","quantity":1}}'; t '{"la":[{"sku":"a","quantity":1},{"sku":"b","quantity":2}]}'
t '{"by":"\\xdead"}'; t '{"ja":[{"a":1},[2],"s"]}'
is "null is not given" "false {}" "$(answer types '{"i4":null,"t":null,"ia":null,"l":null}')"
gives defaults '{"result":"7|it'\''s|{1,2}|7"}'
gives defaults '{"result":"8||{}|7"}' '{"a":8,"b":"","c":[]}'
gives defaults '{"result":"7|it'\''s|{1,2}|7"}' '{"a":null,"b":null}'
gives sum_up '{"result":10}' '{"start":1,"more":[2,3,4]}'
gives required_null '{"result":"null"}' '{"a":null}'

bad() { is "refused: $1" "true $2" "$(answer types "$1")"; }
bad '{"i2":32768}' '/i2: must be at most 32767 (is 32768)'
bad '{"i4":1.5}' '/i4: must be an integer (is 1.5)'
bad '{"i4":"1"}' '/i4: must be an integer (is a string)'
bad '{"x":1}' '/x: is not allowed here; allowed are "b", "by", "d", "e", "ea", "f", "i2", "i4", "i8", "ia", "j", "ja", "jb", "l", "la", "n", "p", "t", "ta", "ts", "u"'
bad '{"e":"glad"}' '/e: must be one of "happy", "sad" (is "glad")'
bad '{"u":"6ba7b810"}' '/u: must be a UUID (is "6ba7b810")'
bad '{"d":"2026-02-30"}' '/d: must be a date such as 2026-07-28 (is "2026-02-30")'
bad '{"ia":[1,"2"]}' '/ia/1: must be an integer (is a string)'
bad '{"l":{"sku":1}}' '/l/sku: must be null or a string (is 1)'
bad '{"p":101}' 'value for domain percent violates check constraint "percent_check"'
call_raw types '{"i8":9223372036854775808}' >/dev/null
is "refused by PostgreSQL: a bigint that is none" 'value "9223372036854775808" is out of range for type bigint' "$(tool_text)"
like "missing arguments are named" '"start" is required' "$(answer sum_up)"
is "two faults, two lines" 2 "$(answer types '{"i4":"x","b":"y"}' | wc -l)"
is "refusals are calls that were not made" "rejected arguments do not fit the schema" \
	"$(sql "SELECT outcome, detail->>'why' FROM sallyport.audit WHERE event = 'tool.call' ORDER BY audit_id DESC LIMIT 1" -F ' ')"
# more than a command line holds
{
	printf '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"types","arguments":{"ia":['
	seq -s, 100000 | tr -d '\n'
	printf '],"t":"'
	head -c 3000000 /dev/zero | tr '\0' x
	printf '"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}'
} >"$T/large"
is "100,000 items and a string of 3 MB" 200 "$(method=tools/call name=types post_mcp "@$T/large")"
is "reach the function, whose answer is too large" true "$(json '.result.isError')"

# ---- results ----

gives r_object '{"a":1,"b":null}'; gives r_one_out '{"total":3}'; gives r_row '{"sku":"x","quantity":2}'
gives r_null '{"result":null}'; gives r_null_json '{"result":null}'; gives r_array_json '{"result":[1,2]}'
gives r_json '{"b":1,"a":"x  \" y"}'
is "text is compact, in the order it was made" '{"b":1,"a":"x  \" y"}' "$(tool_text)"
gives r_set '{"rows":["a",null,"c"]}'; gives r_table '{"rows":[{"n":1},{"n":2}]}'; gives r_none '{"rows":[]}'
fails r_not_ok '{"ok":false,"error":"no"}'; fails r_not_ok_column '{"ok":false,"error":"no"}'; gives r_ok_text '{"ok":"false"}'
gives r_time '{"result":"2026-01-02T03:04:05+00:00"}'; gives r_void '{"result":null}'
gives r_names '{"rows":[{"r":"a","q":1,"c":2}]}'; gives r_name '{"r":"a","ok":true}'
is "a set at its limit" "1000 at most 1000 rows are given; there may be more" "$(call_tool r_many '{"n":1500}' >/dev/null
	json '.result | "\(.structuredContent.rows | length) \(.content[1].text)"')"
is "a set below it" "999 null" "$(call_tool r_many '{"n":999}' >/dev/null; json '.result | "\(.structuredContent.rows | length) \(.content[1].text)"')"
sql "UPDATE sallyport.tool SET max_rows = 2, max_bytes = 60 WHERE name IN ('r_many', 'r_large')"
catalog_known
is "the limits are the row's" 2 "$(call_tool r_many '{"n":9}' >/dev/null; json '.result.structuredContent.rows | length')"
fails r_large 'the result has 113 bytes, and at most 60 are allowed: ask for less' '{"n":100}'
sql "UPDATE sallyport.tool SET max_bytes = 1048576 WHERE name = 'r_large'"
catalog_known
cgi=
case ${HTTPD:-nginx} in *cgi) cgi=yes ;; esac	# nothing lives on there
largest() { for pid in $(pgrep -f "$sv_programs/mcp"); do awk '/VmHWM/ { print $2 }' "/proc/$pid/status"; done | sort -n | tail -1; }
before=$(largest)
fails r_large 'the result has 41943053 bytes, and at most 1048576 are allowed: ask for less' '{"n":41943040}'
[ -n "$cgi" ] || ok "and no worker held it ($before, then $(largest) KiB)" test "$(largest)" -lt $((before + 8192))

# every result fits its output schema (types only: jq)
call_mcp tools/list >/dev/null
is "tools without arguments say so" '{"type":"object","additionalProperties":false}' \
	"$(json '.result.tools[] | select(.name == "r_void") | .inputSchema | tojson')"
is "json has no output schema" false "$(json '.result.tools[] | select(.name == "r_json") | has("outputSchema")')"
is "hints of a writing tool" '{"readOnlyHint":false,"openWorldHint":false,"idempotentHint":true,"destructiveHint":false}' \
	"$(json '.result.tools[] | select(.name == "touch") | .annotations | tojson')"

# ---- failures ----

fails f_raise 'no such order
Orders begin at 1.
Look at the invoice.'
is "and what it did is undone" 0 "$(sql 'SELECT count(*) FROM shop.touched')"
fails f_no_data 'query returned no rows'
fails f_divide 'division by zero' '{"a":1,"b":0}'
fails touch 'new row for relation "touched" violates check constraint "touched_n_check"
Failing row contains (100, null).' '{"n":100}'
fails f_denied 'permission denied'
started=$(date +%s%N)
fails f_slow 'the tool took longer than 0.3 s and was stopped'
ok "and was stopped then" test $((($(date +%s%N) - started) / 1000000)) -lt 2000
like "a bug tells the caller nothing" '^true internal error, request id [A-Za-z0-9_-]{22}$' "$(answer f_bug)"
like "nor does it when raised" '^true internal error, request id' "$(answer f_internal)"
# what a CGI program says goes where its web server sends it
[ -n "${cgi:-}" ] ||
	like "the log knows more" "\"request_id\":\"$(header X-Request-Id)\".*XX000" "$(cat "$sv_log"/*.log)"
fails f_deferred 'insert or update on table "child" violates foreign key constraint "child_n_fkey"
Key is not present in table "parent".'
gives f_conflict '{"result":1}' '{"times":3}'
sql "ALTER SEQUENCE shop.attempts RESTART"
fails f_conflict 'others changed the same data at the same time; try again' '{"times":4}'
is "failures are in the audit trail, with their SQLSTATE" "f_raise P0001,f_no_data P0002,f_divide 22012,touch 23514,f_denied 42501,f_slow 57014,f_bug 42P01,f_internal XX000,f_deferred 23503,f_conflict 40001" \
	"$(sql "SELECT string_agg(tool || ' ' || (detail->>'sqlstate'), ',' ORDER BY audit_id) FROM sallyport.audit
		WHERE event = 'tool.call' AND outcome = 'error' AND tool <> 'types'")"
ok "with how long they took" test "$(sql "SELECT duration_ms > 290 FROM sallyport.audit WHERE tool = 'f_slow'")" = t
is "after a failure the connection is as before" "false {\"result\":2}" "$(answer touch '{"n":2}')"
sql 'TRUNCATE shop.touched'

# ---- what a tool cannot do ----

internal='^true internal error'
like "STABLE cannot write" "$internal" "$(answer x_write)"
like "nor through another function" "$internal" "$(answer x_write_by_call)"
like "nor after asking for it" "$internal" "$(answer x_read_write)"
like "nor by SQL" "$internal" "$(answer x_read_write_sql)"
is "because of READ ONLY, or of STABLE" "0A000 25001 25006" "$(sql "SELECT string_agg(DISTINCT detail->>'sqlstate', ' ') FROM sallyport.audit
	WHERE outcome = 'error' AND tool LIKE 'x\_%write%'")"
like "COMMIT" "$internal" "$(answer x_commit)"
like "RELEASE" "$internal" "$(answer x_release)"
fails x_reset_role 'permission denied'
fails x_forge 'permission denied'
fails x_become_owner 'permission denied'
is "nothing was written" 0 "$(sql 'SELECT count(*) FROM shop.touched')"
is "nothing was forged" 0 "$(sql "SELECT count(*) FROM sallyport.audit WHERE outcome = 'forged'")"
for i in 1 2 3 4; do	# all connections of both workers
	call_tool x_leave_role >/dev/null
	call_tool x_leave_role_reading >/dev/null
done
like "no setting stays" "^false {\"user\":\"sallyport_tool\".*\"timeout\":\"20s\"" "$(answer who)"
is "nor a foreign one" 'false {"result":""}' "$(answer left)"
for i in 1 2 3 4; do
	is "settings end with the call ($i)" "false {\"rows\":[{\"order_no\":1,\"owner\":\"alice\",\"state\":\"sent\"},{\"order_no\":2,\"owner\":\"alice\",\"state\":\"packed\"}]}" \
		"$(answer list_orders)"
done

# ---- who calls ----

gives who '{"user":"sallyport_tool","claims":{"tier":"developer","scope":"orders:read","preferred_username":"alice"},"timeout":"20s","read_only":"on","request_id":22}'
gives who_writes '{"result":"off"}'
gives order_status '{"rows":[]}' '{"order_no":3}'
is "bob sees his orders, not alice's" "false {\"rows\":[{\"state\":\"sent\",\"owner\":\"bob\"}]}" "$(mcp_token=$(cat "$T/bob") answer order_status '{"order_no":3}')"
is "and none of hers" "false {\"rows\":[]}" "$(mcp_token=$(cat "$T/bob") answer order_status '{"order_no":1}')"
names() { mcp_token=$(cat "$T/$1") call_mcp tools/list >/dev/null; json '[.result.tools[].name | select(test("^(echo|touch|wipe|refund|order_status)$"))] | join(" ")'; }
is "guest is offered" "echo" "$(names guest)"
is "alice is offered" "echo order_status touch" "$(names alice)"
is "root is offered" "echo order_status touch wipe" "$(names root)"
is "a tool of another tier is unknown" "error -32602" "$(answer wipe)"
is "and said to be" "unknown tool: wipe" "$(json .error.message)"
is "like one that is not there" "error -32602" "$(answer wipes)"
is "in the same words" "unknown tool: wipes" "$(json .error.message)"
is "200: the message was good" 200 "$(cat "$T/status")"
long=$(printf '世%.0s' {1..40})
is "a long name that is none" 200 "$(method=tools/call name="=?base64?$(printf %s "$long" | base64 -w0)?=" post_mcp "$(rpc tools/call "{\"name\":\"$long\"}")")"
is "is cut in the audit trail" "${long:0:21}" "$(sql "SELECT tool FROM sallyport.audit ORDER BY audit_id DESC LIMIT 1")"
is "a tool whose scope is missing" 403 "$(call_tool refund '{"order_no":1}')"
like "says which scope would help" "^Bearer error=\"insufficient_scope\", error_description=\"this needs tier developer, and the caller has tier developer; the token lacks scope\", resource_metadata=\"$issuer/.well-known/oauth-protected-resource/mcp\", scope=\"orders:write\"" \
	"$(header WWW-Authenticate)"
is "root may wipe" "false {\"result\":null}" "$(mcp_token=$(cat "$T/root") answer wipe)"
sql "UPDATE sallyport.tool SET enabled = false WHERE name = 'echo'"
catalog_known
is "a tool that is switched off is unknown" "error -32602" "$(answer echo)"
is "and not listed" "" "$(names guest)"
is "the scopes of the server are those of its tools" "{orders:read,orders:write}" "$(sql "SELECT scopes FROM sallyport.resource")"
is "refusals are in the audit trail" "for this tier: wipe, scope: refund, tool: echo, tool: wipes" \
	"$(sql "SELECT string_agg(DISTINCT regexp_replace(detail->>'why', '^(not|the token lacks|unknown) ', '') || ': ' || tool, ', ')
		FROM sallyport.audit WHERE event = 'tool.call' AND outcome = 'rejected' AND tool IN ('wipe', 'wipes', 'refund', 'echo')")"

# ---- what is written down ----

call_tool touch '{"word":"naïve","n":42}' >/dev/null
is "the audit row of a call" "ok|touch|alice|$issuer/mcp|127.0.0.1|t|t|$(header X-Request-Id)|2026-07-28" \
	"$(sql "SELECT outcome, tool, username, a.resource, address, a.client_id = g.client_id, duration_ms > 0, request_id, detail->>'protocol_version'
		FROM sallyport.audit a JOIN sallyport.users USING (user_id) JOIN sallyport.grants g USING (grant_id)
		WHERE event = 'tool.call' ORDER BY audit_id DESC LIMIT 1")"
is "names the arguments by the digest of their canonical form" "$(printf '{"n":42,"word":"naïve"}' | sha256sum | cut -d' ' -f1)" \
	"$(sql "SELECT encode(arguments_sha256, 'hex') FROM sallyport.audit ORDER BY audit_id DESC LIMIT 1")"
is "and the catalog by its version" "$(sql "SELECT version FROM sallyport.version WHERE name = 'catalog'")" \
	"$(sql "SELECT detail->>'catalog' FROM sallyport.audit ORDER BY audit_id DESC LIMIT 1")"

# ---- one round trip ----

if [ -z "$cgi" ]; then
	# Both workers have prepared the statement after some calls; then a call waits for the server once.
	trips() { sed -n "s/.*\"request_id\":\"$(header X-Request-Id)\".*\"event\":\"http\".*\"db_round_trips\":\([0-9]*\).*/\1/p" "$sv_log/mcp.log"; }
	for i in {1..20}; do call_tool order_status '{"order_no":1}' >/dev/null; done
	is "a call is one round trip" 1 "$(trips)"
	call_tool f_divide '{"a":1,"b":0}' >/dev/null
	is "one that fails, two" 2 "$(trips)"
	call_tool order_status '{"order_no":0}' >/dev/null
	is "one that is refused, one: its audit row" 1 "$(trips)"
	call_mcp tools/list >/dev/null
	is "a list, one: the version of the catalog, lest it be older than a change that its client was told of" 1 "$(trips)"
	session=$(open_session)
	for i in {1..20}; do
		version=2025-11-25 post_mcp "$(old tools/call '{"name":"order_status","arguments":{"order_no":1}}')" >/dev/null
	done
	is "a call in a session, one" 1 "$(trips)"
fi
is "no transaction stays open" 0 "$(sql "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")"
session=''

# ---- the database goes away ----

stop_postgres
is "without the database" 503 "$(call_tool touch '{"n":3}')"
is "an error that says it is ours" -32603 "$(json .error.code)"
like "and when to come back" '^[0-9]+$' "$(header Retry-After)"
start_postgres
sleep 3
is "it serves again" "false {\"result\":3}" "$(answer touch '{"n":3}')"
is "the call that failed left nothing" 1 "$(sql 'SELECT count(*) FROM shop.touched WHERE n = 3')"
done_testing
