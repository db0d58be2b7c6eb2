#!/bin/bash
# Functions and their comments become tools: catalog_sync(), without any program running.
. "$(dirname "$0")/../lib/sallyport.sh"
start_postgres && migrate || exit 1
sql "CREATE SCHEMA other; GRANT USAGE ON SCHEMA other TO sallyport_tool; GRANT CREATE, USAGE ON SCHEMA tools, other TO sallyport;
	CREATE TYPE tools.colour AS ENUM ('red', 'green'); CREATE DOMAIN tools.code AS varchar(8);
	CREATE TYPE tools.point AS (x integer, y numeric); CREATE TABLE tools.thing (id bigint PRIMARY KEY, name text, gone text);
	ALTER TABLE tools.thing DROP COLUMN gone"

# One function at a time: made, commented, applied, forgotten.
# function "SIGNATURE RETURNS ..." "COMMENT": applies, prints "action reason" of it.
apply() { sql "SELECT action, tool, reason FROM sallyport.catalog_sync('{tools}', 'sallyport_tool')" -F ' ' | sed 's/ *$//'; }
define() {
	sql "CREATE FUNCTION tools.$1; COMMENT ON FUNCTION tools.${1%%(*} IS $(printf "E'%s'" "${2//\'/\'\'}")" || return
	apply
}
forget() { sql "DROP FUNCTION tools.$1" && apply >/dev/null; }
column() { sql "SELECT $1 FROM sallyport.tool WHERE name = '${2:-f}'"; }
body="LANGUAGE sql AS 'SELECT 1'"

# ---- arguments ----

argument() {
	define "f(a $2) RETURNS void LANGUAGE sql STABLE AS ''" "T\n@mcp${3:+\n}${3:-}" >"$T/diff"
	is "argument $1" "$4" "$(column "coalesce(input_schema->'properties'->>'a', 'none')" | jq -cS .) $(column "input_schema->>'required'")"
	forget f
}
argument smallint smallint '' '{"maximum":32767,"minimum":-32768,"type":"integer"} ["a"]'
argument integer integer '' '{"maximum":2147483647,"minimum":-2147483648,"type":"integer"} ["a"]'
argument bigint bigint '' '{"type":"integer"} ["a"]'
argument numeric 'numeric(10,2)' '' '{"type":"number"} ["a"]'
argument real real '' '{"type":"number"} ["a"]'
argument text text '' '{"type":"string"} ["a"]'
argument boolean boolean '' '{"type":"boolean"} ["a"]'
argument uuid uuid '' '{"format":"uuid","type":"string"} ["a"]'
argument date date '' '{"format":"date","type":"string"} ["a"]'
argument timestamptz timestamptz '' '{"format":"date-time","type":"string"} ["a"]'
argument timestamp timestamp '' '{"type":"string"} ["a"]'
argument interval interval '' '{"type":"string"} ["a"]'
argument inet inet '' '{"type":"string"} ["a"]'
argument int4range int4range '' '{"type":"string"} ["a"]'
argument bytea bytea '' '{"pattern":"^\\\\x([0-9a-fA-F]{2})*$","type":"string"} ["a"]'
argument json json '' '{} ["a"]'
argument jsonb jsonb '' '{} ["a"]'
argument enum tools.colour '' '{"enum":["red","green"],"type":"string"} ["a"]'
argument domain tools.code '' '{"maxLength":8,"type":"string"} ["a"]'
argument array 'text[]' '' '{"items":{"type":"string"},"type":"array"} ["a"]'
argument composite tools.point '' '{"additionalProperties":false,"properties":{"x":{"maximum":2147483647,"minimum":-2147483648,"type":["integer","null"]},"y":{"type":["number","null"]}},"type":"object"} ["a"]'
argument "array of composites" 'tools.point[]' '' '{"items":{"additionalProperties":false,"properties":{"x":{"maximum":2147483647,"minimum":-2147483648,"type":["integer","null"]},"y":{"type":["number","null"]}},"type":"object"},"type":"array"} ["a"]'
argument "default 7" 'integer DEFAULT 7' '' '{"default":7,"maximum":2147483647,"minimum":-2147483648,"type":"integer"}'' '
argument "default text" "text DEFAULT 'it''s'" '' '{"default":"it'\''s","type":"string"}'' '
argument "default array" "integer[] DEFAULT '{1,2}'" '' '{"default":[1,2],"items":{"maximum":2147483647,"minimum":-2147483648,"type":"integer"},"type":"array"}'' '
argument "default enum" "tools.colour DEFAULT 'red'" '' '{"default":"red","enum":["red","green"],"type":"string"}'' '
argument "default NULL" 'text DEFAULT NULL' '' '{"type":"string"}'' '
argument "default computed" 'date DEFAULT current_date' '' '{"format":"date","type":"string"}'' '
argument "@param text" text '@param a  the first  letter' '{"description":"the first  letter","type":"string"} ["a"]'
argument "@param on two lines" text '@param a the first\n   letter' '{"description":"the first letter","type":"string"} ["a"]'
argument "@param keywords" integer '@param a {"minimum": 1, "maximum": 9} digit' '{"description":"digit","maximum":9,"minimum":1,"type":"integer"} ["a"]'
argument "@param braces in keywords" text '@param a {"pattern": "^\\\\d{2}$", "examples": ["{}"]} two digits' '{"description":"two digits","examples":["{}"],"pattern":"^\\d{2}$","type":"string"} ["a"]'
argument "@param nullable" text '@param a {"type": ["string", "null"]}' '{"type":["string","null"]} ["a"]'
argument "x-mcp-header" text '@param a {"x-mcp-header": "Region-1"}' '{"type":"string","x-mcp-header":"Region-1"} ["a"]'
argument "x-mcp-header of a bigint" bigint '@param a {"x-mcp-header": "N"}' '{"maximum":9007199254740991,"minimum":-9007199254740991,"type":"integer","x-mcp-header":"N"} ["a"]'

define "f(z text, a text, m text DEFAULT NULL) RETURNS void LANGUAGE sql AS ''" "T\n@mcp" >/dev/null
is "arguments keep their order" '["z","a","m"] ["z","a"]' "$(column input_schema | jq -c '.properties | keys_unsorted') $(column input_schema | jq -c .required)"
forget f

# ---- results ----

result() {
	define "f() RETURNS $2 LANGUAGE sql STABLE AS \$\$ SELECT NULL::${3:-$2} WHERE false \$\$" "T\n@mcp" >/dev/null
	is "result $1" "$4" "$(column "coalesce(output_schema::text, 'null')" | jq -cS .)"
	forget f
}
result integer integer '' '{"properties":{"result":{"type":["integer","null"]}},"required":["result"],"type":"object"}'
result enum tools.colour '' '{"properties":{"result":{"enum":["red","green",null],"type":["string","null"]}},"required":["result"],"type":"object"}'
result array 'integer[]' '' '{"properties":{"result":{"items":{"type":["integer","null"]},"type":["array","null"]}},"required":["result"],"type":"object"}'
result jsonb jsonb '' null
result composite tools.point '' '{"properties":{"x":{"type":["integer","null"]},"y":{"type":["number","null"]}},"required":["x","y"],"type":"object"}'
result "a set of rows" 'SETOF tools.thing' tools.thing '{"properties":{"rows":{"items":{"properties":{"id":{"type":["integer","null"]},"name":{"type":["string","null"]}},"required":["id","name"],"type":"object"},"type":"array"}},"required":["rows"],"type":"object"}'
result "a set of values" 'SETOF text' text '{"properties":{"rows":{"items":{"type":["string","null"]},"type":"array"}},"required":["rows"],"type":"object"}'
result "a table of one column" 'TABLE (n integer)' integer '{"properties":{"rows":{"items":{"properties":{"n":{"type":["integer","null"]}},"required":["n"],"type":"object"},"type":"array"}},"required":["rows"],"type":"object"}'

# ---- tags ----

tags() {
	define "f() RETURNS integer LANGUAGE sql $2 AS 'SELECT 1'" "$3" >/dev/null
	is "tags: $1" "$4" "$(column "concat_ws(' ', title, '/', description, '/', tier, scopes, read_only, timeout_ms, annotations - 'openWorldHint', resource)" "${5:-f}")"
	sql "DROP FUNCTION tools.f" && apply >/dev/null
}
tags "the least" "" 'T\n@mcp' 'T / T / developer {} f {"readOnlyHint": false, "idempotentHint": false, "destructiveHint": false} '
tags "STABLE" "STABLE" 'T\n@mcp' 'T / T / developer {} t {"readOnlyHint": true} '
tags "IMMUTABLE" "IMMUTABLE" 'T\n@mcp' 'T / T / developer {} t {"readOnlyHint": true} '
tags "description" "" 'T\nOne.\n\n  Two.\n\n@mcp' $'T / One.\n\nTwo. / developer {} f {"readOnlyHint": false, "idempotentHint": false, "destructiveHint": false} '
tags "a name" "STABLE" 'T\n@mcp other-name_1' 'T / T / developer {} t {"readOnlyHint": true} ' other-name_1
tags "scopes" "STABLE" 'T\n@mcp\n@scope b a\n@scope a c' 'T / T / developer {a,b,c} t {"readOnlyHint": true} '
tags "tier" "STABLE" 'T\n@mcp\n@tier public' 'T / T / public {} t {"readOnlyHint": true} '
tags "destructive is for administrators" "" 'T\n@mcp\n@destructive' 'T / T / admin {} f {"readOnlyHint": false, "idempotentHint": false, "destructiveHint": true} '
tags "unless it says otherwise" "" 'T\n@destructive\n@tier developer\n@mcp' 'T / T / developer {} f {"readOnlyHint": false, "idempotentHint": false, "destructiveHint": true} '
tags "idempotent" "" 'T\n@mcp\n@idempotent' 'T / T / developer {} f {"readOnlyHint": false, "idempotentHint": true, "destructiveHint": false} '
tags "time limit" "STABLE SET statement_timeout = '1min'" 'T\n@mcp' 'T / T / developer {} t 60000 {"readOnlyHint": true} '
tags "time limit in milliseconds" "STABLE SET statement_timeout = 1500" 'T\n@mcp' 'T / T / developer {} t 1500 {"readOnlyHint": true} '
tags "no time limit" "STABLE SET statement_timeout = 0" 'T\n@mcp' 'T / T / developer {} t {"readOnlyHint": true} '
tags "indented, with CRLF" "STABLE" '  T\r\n  text\r\n  @mcp\r\n' 'T / text / developer {} t {"readOnlyHint": true} '
sql "INSERT INTO sallyport.resource (name, title) VALUES ('second', 'Second')"
tags "server" "STABLE" 'T\n@mcp\n@server second' 'T / T / developer {} t {"readOnlyHint": true} second'
is "a comment without @mcp is no tool" "" "$(define "f() RETURNS integer $body" 'mail to me@mcp.example\n @mcpx')"
forget f

define "f(a text DEFAULT NULL, \"bC\" jsonb DEFAULT NULL) RETURNS integer $body" 'T\n@mcp\n@input {"$defs": {"x": {"$anchor": "y"}},\n"type": "object",\n"properties": {"a": {}, "bC": {"$ref": "#y"}}, "if": {}, "else": false}' >"$T/diff"
is "@input is the schema, as it was written" '{"$defs": {"x": {"$anchor": "y"}}, "type": "object", "properties": {"a": {}, "bC": {"$ref": "#y"}}, "if": {}, "else": false}' "$(column input_schema)"
forget f

# ---- refusals ----

refused() {
	is "refused: $1" "refused ${4:-f} $1" "$(define "$2" "$3")"
	forget "f"
}
refused "the comment has no title" "f() RETURNS integer $body" '@mcp'
refused "unknown tag @foo" "f() RETURNS integer $body" 'T\n@mcp\n@foo'
refused "unknown tag @" "f() RETURNS integer $body" 'T\n@mcp\n@ scope'
refused "@mcp stands twice" "f() RETURNS integer $body" 'T\n@mcp\n@mcp x'
refused "text behind @mcp: the description stands before the tags" "f() RETURNS integer $body" 'T\n@mcp\ntext'
refused "@scope needs scope tokens" "f() RETURNS integer $body" 'T\n@mcp\n@scope'
refused "@scope needs scope tokens" "f() RETURNS integer $body" 'T\n@mcp\n@scope "a"'
refused "@tier is one of public, developer, admin, service" "f() RETURNS integer $body" 'T\n@mcp\n@tier root'
refused "@destructive stands alone" "f() RETURNS integer $body" 'T\n@mcp\n@destructive very'
refused "@destructive, but the function is not VOLATILE" "f() RETURNS integer LANGUAGE sql STABLE AS 'SELECT 1'" 'T\n@mcp\n@destructive'
refused "there is no server 'third'" "f() RETURNS integer $body" 'T\n@mcp\n@server third'
refused "'a.b' is not a tool name: 1 to 64 of A-Z a-z 0-9 _ -" "f() RETURNS integer $body" 'T\n@mcp a.b' 'a.b'
refused "@param needs a name" "f(a text) RETURNS integer $body" 'T\n@mcp\n@param'
refused "@param a stands twice" "f(a text) RETURNS integer $body" 'T\n@mcp\n@param a x\n@param a y'
refused "@param a: not a JSON object" "f(a text) RETURNS integer $body" 'T\n@mcp\n@param a {"x": y} z'
refused "there is no argument 'b'" "f(a text) RETURNS integer $body" 'T\n@mcp\n@param b x'
refused "argument 2 has no name" "f(a text, integer) RETURNS integer $body" 'T\n@mcp'
refused "argument a: type anyelement has no JSON form" "f(a anyelement) RETURNS integer $body" 'T\n@mcp'
refused "argument a: type box[] has no JSON form" "f(a box[]) RETURNS integer $body" 'T\n@mcp'
refused "argument a: x-mcp-header is 1 to 64 of A-Z a-z 0-9 -" "f(a text) RETURNS integer $body" 'T\n@mcp\n@param a {"x-mcp-header": "a_b"}'
refused "argument a: x-mcp-header is 1 to 64 of A-Z a-z 0-9 -" "f(a text) RETURNS integer $body" 'T\n@mcp\n@param a {"x-mcp-header": ""}'
refused "argument a: x-mcp-header needs a string, an integer or a boolean" "f(a numeric) RETURNS integer $body" 'T\n@mcp\n@param a {"x-mcp-header": "A"}'
refused "argument b: x-mcp-header a stands twice" "f(a text, b text) RETURNS integer $body" 'T\n@mcp\n@param a {"x-mcp-header": "A"}\n@param b {"x-mcp-header": "a"}'
refused "argument a: x-mcp-header belongs to a whole argument" "f(a text[]) RETURNS integer $body" 'T\n@mcp\n@param a {"items": {"x-mcp-header": "A"}}'
refused "@input needs a JSON Schema" "f(a text) RETURNS integer $body" 'T\n@mcp\n@input a'
refused '@input needs "type": "object" and "properties"' "f(a text) RETURNS integer $body" 'T\n@mcp\n@input {"type": "object"}'
refused "@input says it all: there is no @param beside it" "f(a text) RETURNS integer $body" 'T\n@mcp\n@input {"type": "object", "properties": {"a": {}}}\n@param a x'
refused "@input: a: x-mcp-header needs a string, an integer or a boolean" "f(a text) RETURNS integer $body" 'T\n@mcp\n@input {"type": "object", "properties": {"a": {"x-mcp-header": "A"}}}'
refused "@input: 'b' is not an argument" "f(a text) RETURNS integer $body" 'T\n@mcp\n@input {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a"]}'
refused "@input: argument 'a' is not a property" "f(a text) RETURNS integer $body" 'T\n@mcp\n@input {"type": "object", "properties": {}}'
refused "@input: 'a' has no default and must be in \"required\"" "f(a text) RETURNS integer $body" 'T\n@mcp\n@input {"type": "object", "properties": {"a": {}}}'
refused "type record of its result has no JSON form" "f() RETURNS record LANGUAGE sql AS 'SELECT 1, 2'" 'T\n@mcp'
refused "type trigger of its result has no JSON form" "f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'" 'T\n@mcp'
sql "CREATE PROCEDURE tools.f() LANGUAGE sql AS ''; COMMENT ON PROCEDURE tools.f IS E'T\n@mcp'"
is "refused: a procedure" "refused f not a plain function" "$(apply)"
sql "DROP PROCEDURE tools.f; CREATE FUNCTION tools.f(a integer) RETURNS integer $body; CREATE FUNCTION tools.f(a text) RETURNS integer $body;
	COMMENT ON FUNCTION tools.f(text) IS E'T\n@mcp'"
is "refused: an overloaded name" "refused f another function has the same name: a call by argument names could be ambiguous" "$(apply)"
sql "DROP FUNCTION tools.f(text); COMMENT ON FUNCTION tools.f IS E'T\n@mcp'; REVOKE EXECUTE ON FUNCTION tools.f FROM PUBLIC"
is "refused: no EXECUTE" "refused f sallyport_tool has no EXECUTE on it" "$(apply)"
sql "GRANT EXECUTE ON FUNCTION tools.f TO sallyport_tool; CREATE FUNCTION tools.g() RETURNS integer $body; COMMENT ON FUNCTION tools.g IS E'T\n@mcp f'"
is "refused: a name that is taken" $'added f tier developer\nrefused f another function has this tool name' "$(apply)"
sql "DROP FUNCTION tools.f, tools.g"
is "a schema that is not there" "refused  there is no schema 'nowhere'" \
	"$(sql "SELECT action, tool, reason FROM sallyport.catalog_sync('{nowhere}', 'sallyport_tool') WHERE action = 'refused'" -F ' ')"

# ---- differences ----

version() { sql "SELECT version FROM sallyport.version WHERE name = 'catalog'"; }
sql "CREATE FUNCTION tools.f() RETURNS integer $body; COMMENT ON FUNCTION tools.f IS E'T\n@mcp\n@scope a'"
is "added" "added f tier developer, scopes a" "$(apply)"
is "the server has the scope" "{a}" "$(sql "SELECT scopes FROM sallyport.resource WHERE name = ''")"
before=$(version)
is "nothing new" "" "$(apply)"
is "leaves the version alone" "$before" "$(version)"
id=$(column tool_id)
sql "UPDATE sallyport.tool SET enabled = false, max_rows = 5, position = 3"
ok "an administrator's change bumps it" test "$(version)" -gt "$before"
is "and takes the scope back" "{}" "$(sql "SELECT scopes FROM sallyport.resource WHERE name = ''")"
sql "COMMENT ON FUNCTION tools.f IS E'New title\n@mcp\n@scope a\n@tier admin'"
is "changed" "changed f description, tier, title" "$(apply)"
is "is the same tool, as the administrator left it" "$id f 5 3" "$(column "concat_ws(' ', tool_id, enabled, max_rows, position)")"
sql "UPDATE sallyport.tool SET enabled = true; ALTER FUNCTION tools.f STABLE"
is "changed again" "changed f annotations, read_only" "$(apply)"
before=$(version)
is "a dry run" "removed f no function says so any more" "$(sql "BEGIN; DROP FUNCTION tools.f; SELECT action, tool, reason FROM sallyport.catalog_sync('{tools}', 'sallyport_tool'); ROLLBACK" -F ' ')"
is "changes nothing" "$before 1" "$(version) $(sql 'SELECT count(*) FROM sallyport.tool')"
is "another schema" $'added g tier developer\nremoved f no function says so any more' \
	"$(sql "CREATE FUNCTION other.g() RETURNS integer $body; COMMENT ON FUNCTION other.g IS E'T\n@mcp';
		SELECT action, tool, reason FROM sallyport.catalog_sync('{other}', 'sallyport_tool')" -F ' ')"
is "is in the audit trail" "[\"g\"] [\"f\"] $(version)" \
	"$(sql "SELECT detail->>'added', detail->>'removed', detail->>'version' FROM sallyport.audit WHERE event = 'catalog.apply' ORDER BY audit_id DESC LIMIT 1" -F ' ')"
is "the owner may apply, and the programs may not" "ERROR:  permission denied for function catalog_sync" \
	"$(sql "SET ROLE sallyport; SELECT sallyport.catalog_sync('{other}', 'sallyport_tool'); SET ROLE sallyport_app;
		SELECT sallyport.catalog_sync('{other}', 'sallyport_tool')" 2>&1 | tail -1)"
is "two at once come one after the other" "ok" "$(for i in 1 2 3 4; do
	sql "SELECT count(*) FROM sallyport.catalog_sync('{tools,other}', 'sallyport_tool')" >/dev/null 2>>"$T/race" & p="$p $!"; done; wait $p
	[ -s "$T/race" ] && cat "$T/race" || echo ok)"
is "names are quoted" '"other"."Odd name"("an arg" => $1::text)' "$(sql "CREATE FUNCTION other.\"Odd name\"(\"an arg\" text) RETURNS text LANGUAGE sql STABLE AS 'SELECT \$1';
	COMMENT ON FUNCTION other.\"Odd name\" IS E'T\n@mcp odd'; SELECT count(*) FROM sallyport.catalog_sync('{other}', 'sallyport_tool')" >/dev/null
	sql "SELECT substring(s->>'head' from 'FROM (other.*)\$') || (s->'args'->0->>'before') || '\$1' || (s->'args'->0->>'after') || ')'
		FROM sallyport.catalog('', 'tool', 'odd') c, LATERAL (SELECT c.spec::jsonb) x (s)" | sed 's/^other/"other"/')"
done_testing
