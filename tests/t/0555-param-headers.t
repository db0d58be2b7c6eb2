#!/bin/bash
# Mcp-Param-* of arguments inside objects (2026-07-28), and schemas that a client would reject for their x-mcp-header.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
start_postgres && migrate || exit 1
sql "$(cat <<'SQL'
CREATE FUNCTION tools.ship("order" jsonb, express boolean DEFAULT false) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT ("order" #>> '{to,region}') || ' ' || express $$;
COMMENT ON FUNCTION tools.ship IS 'Ship
@mcp
@tier public
@input {"type": "object", "required": ["order"], "properties": {
  "order": {"type": "object", "properties": {
    "to": {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}, "zip": {"type": "string"}}},
    "number": {"type": "integer", "x-mcp-header": "Order-Number"},
    "tags": {"type": "array", "items": {"type": "string"}}}},
  "express": {"type": "boolean", "x-mcp-header": "Express"}}}';
SQL
)" && sallyport catalog apply >"$sv_log/catalog.log" 2>&1
is "headers may stand in @input" 0 $?
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice
token_for alice >/dev/null

ship() { try "$1" "$2" "$(rpc tools/call "{\"name\":\"ship\",\"arguments\":$3}")" "${@:4}"; }
# With no other argument of ours, the headers of a good call.
good=(-H 'Mcp-Param-Region: eu' -H 'Mcp-Param-Order-Number: 42' -H 'Mcp-Param-Express: true')
arguments='{"order":{"to":{"region":"eu","zip":"1"},"number":42,"tags":["a"]},"express":true}'
method=tools/call name=ship
ship "all of them" "200 ok" "$arguments" "${good[@]}"
is "the tool has its arguments" "eu true" "$(json .result.structuredContent.result)"
ship "in other letters" "200 ok" "$arguments" -H 'mcp-param-region: eu' -H 'MCP-PARAM-ORDER-NUMBER: 42' -H 'Mcp-Param-express: true'
ship "encoded, whatever the type" "200 ok" "$arguments" -H 'Mcp-Param-Region: =?base64?ZXU=?=' -H 'Mcp-Param-Order-Number: =?base64?NDI=?=' \
	-H 'Mcp-Param-Express: =?base64?dHJ1ZQ==?='
ship "42.0 is 42" "200 ok" "$arguments" -H 'Mcp-Param-Region: eu' -H 'Mcp-Param-Order-Number: 42.0' -H 'Mcp-Param-Express: true'
ship "one is missing" "400 -32020" "$arguments" "${good[@]:2}"
like "which" 'Mcp-Param-Region does not say what argument order\.to\.region says' "$(json .error.message)"
ship "another value" "400 -32020" "$arguments" -H 'Mcp-Param-Region: us' "${good[@]:2}"
ship "another number" "400 -32020" "$arguments" -H 'Mcp-Param-Region: eu' -H 'Mcp-Param-Order-Number: 43' -H 'Mcp-Param-Express: true'
ship "twice" "400 -32020" "$arguments" "${good[@]}" -H 'Mcp-Param-Region: eu'
ship "broken Base64" "400 -32020" "$arguments" -H 'Mcp-Param-Region: =?base64?ZXU?=' "${good[@]:2}"
ship "an object without the argument has no header" "200 ok" '{"order":{"to":{}}}'
ship "nor has one that is not there" "200 ok" '{"order":{}}'
ship "nor null" "200 ok" '{"order":{"number":5}}' -H 'Mcp-Param-Order-Number: 5'
ship "a header without its argument" "400 -32020" '{"order":{"to":{}}}' -H 'Mcp-Param-Region: eu'
ship "an argument of that name elsewhere" "400 -32020" '{"order":{"region":"eu"}}' -H 'Mcp-Param-Region: eu'
ship "a text where the object should be" "400 -32020" '{"order":{"to":"region"}}' -H 'Mcp-Param-Region: eu'
method='' name='' version=2025-11-25 session=$(open_session 2025-11-25)
post_mcp "$(old tools/call "{\"name\":\"ship\",\"arguments\":$arguments}")" -H 'Mcp-Param-Region: us' >/dev/null
is "older revisions know no such headers" "eu true" "$(json .result.structuredContent.result)"
version=2026-07-28 session=''

# ---- schemas ----

refused() {
	sql "CREATE FUNCTION tools.refused(a jsonb DEFAULT NULL, b jsonb DEFAULT NULL) RETURNS integer LANGUAGE sql STABLE AS 'SELECT 1'"
	sql "COMMENT ON FUNCTION tools.refused IS E'T\\n@mcp\\n@input {\"type\":\"object\",\"properties\":{\"a\":$2,\"b\":${3:-"{}"}}${4:-}}'"
	is "a: $2${3:+, b: $3}${4:-}" "$1" "$(sql "SELECT coalesce(reason, 'none') FROM sallyport.catalog_sync('{tools}', 'sallyport_tool')
		WHERE function LIKE 'tools.refused(%' AND action = 'refused'")"
	sql "DROP FUNCTION tools.refused"
}
region='{"type":"string","x-mcp-header":"Region"}'
refused '' "$region"
refused '' "{\"properties\":{\"x\":$region}}"
refused '' '{"type":"boolean","x-mcp-header":"A"}' '{"properties":{"n":{"type":"integer","x-mcp-header":"B"}}}'
name='x-mcp-header is 1 to 64 of A-Z a-z 0-9 -'
for bad in '""' 7 null '"a_b"' '"a b"' '"a:"' '"é"' "\"$(printf 'a%.0s' {1..65})\""; do
	refused "@input: a: $name" "{\"type\":\"string\",\"x-mcp-header\":$bad}"
done
refused "@input: a.x: $name" '{"properties":{"x":{"type":"string","x-mcp-header":""}}}'
for bad in '"number"' '"object"' '"array"' '"null"' '["string","null"]' 7; do
	refused '@input: a: x-mcp-header needs a string, an integer or a boolean' "{\"type\":$bad,\"x-mcp-header\":\"A\"}"
done
refused '@input: b: x-mcp-header region stands twice' "$region" '{"type":"string","x-mcp-header":"region"}'
refused '@input: b.x: x-mcp-header Region stands twice' "$region" "{\"properties\":{\"x\":$region}}"
refused '@input: x-mcp-header belongs to a property' '{}' '{}' ',"x-mcp-header":"A"'
misplaced='@input: x-mcp-header stands where a client cannot find its argument'
for bad in "{\"items\":$region}" "{\"items\":{\"properties\":{\"x\":$region}}}" "{\"oneOf\":[$region]}" "{\"not\":$region}" \
	"{\"additionalProperties\":$region}" "{\"prefixItems\":[{\"type\":\"null\"},$region]}"; do
	refused "$misplaced" "$bad"
done
for bad in ",\"\$defs\":{\"d\":$region}" ",\"allOf\":[{\"properties\":{\"a\":$region}}]" ",\"if\":true,\"then\":{\"properties\":{\"a\":$region}}"; do
	refused "$misplaced" '{}' '{}' "$bad"
done

# What comes into the table in another way is judged when it is loaded.
sql "UPDATE sallyport.tool SET input_schema = '{\"type\":\"object\",\"properties\":{\"order\":{\"items\":$region}}}' WHERE name = 'ship'"
catalog_known
call_mcp tools/list >/dev/null
is "a tool that clients would reject is left out" '[]' "$(json .result.tools -c)"
done_testing
