#!/bin/bash
# Whole results: schema mcp, and output schemas of the author's own.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
start_postgres && migrate || exit 1
sql "$(cat <<'SQL'
CREATE FUNCTION tools.all_kinds() RETURNS mcp.result LANGUAGE sql STABLE AS $$ SELECT mcp.result(ARRAY[
	mcp.text('one', '{"audience": ["user"], "priority": 0.5}'), mcp.text(NULL),
	mcp.image('\x89504e47', 'image/png'), mcp.audio('\x52494646', 'audio/wav'),
	mcp.resource_link('shop://orders/1', 'order', title => 'Order 1', mime_type => 'text/plain', size => 3),
	mcp.embedded_resource('x://text', 'hello'), mcp.embedded_resource('x://bytes', '\x00ff'::bytea)],
	'{"n": 1}', meta => '{"example.com/k": [1]}') $$;
COMMENT ON FUNCTION tools.all_kinds IS E'All kinds\n@mcp';
CREATE FUNCTION tools.only_structured() RETURNS mcp.result LANGUAGE sql STABLE AS $$ SELECT mcp.result(structured => '{"b": 1, "a": 2.50}') $$;
COMMENT ON FUNCTION tools.only_structured IS E'Structured\n@mcp';
CREATE FUNCTION tools.array_structured() RETURNS mcp.result LANGUAGE sql STABLE AS $$ SELECT mcp.result(structured => '[1, 2]') $$;
COMMENT ON FUNCTION tools.array_structured IS E'Array\n@mcp';
CREATE FUNCTION tools.fails() RETURNS mcp.result LANGUAGE sql STABLE AS $$ SELECT mcp.error('ask for less') $$;
COMMENT ON FUNCTION tools.fails IS E'Fails\n@mcp';
CREATE FUNCTION tools.nothing() RETURNS mcp.result LANGUAGE sql STABLE AS $$ SELECT NULL::mcp.result $$;
COMMENT ON FUNCTION tools.nothing IS E'Nothing\n@mcp';
CREATE FUNCTION tools.written() RETURNS mcp.result LANGUAGE plpgsql AS $$ DECLARE r mcp.result; BEGIN
	r.content := ARRAY[mcp.text('by hand')]; RETURN r; END $$;
COMMENT ON FUNCTION tools.written IS E'Written\n@mcp';
CREATE FUNCTION tools.malformed() RETURNS mcp.result LANGUAGE sql STABLE AS $$ SELECT mcp.result(ARRAY['{"type": "text"}'::jsonb]) $$;
COMMENT ON FUNCTION tools.malformed IS E'Malformed\n@mcp';
CREATE FUNCTION tools.looks_like(n integer) RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT '{"content": [], "isError": true}'::jsonb $$;
COMMENT ON FUNCTION tools.looks_like IS E'Looks like a result\n@mcp';
CREATE FUNCTION tools.checked(answer jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT answer $$;
COMMENT ON FUNCTION tools.checked IS 'Checked
@mcp
@output {"type": "object",
  "properties": {"n": {"type": "integer"}},
  "required": ["n"]}';
CREATE FUNCTION tools.checked_result(n jsonb) RETURNS mcp.result LANGUAGE sql STABLE AS
$$ SELECT CASE WHEN n = '"error"' THEN mcp.error('no') WHEN n = '"none"' THEN mcp.result(ARRAY[mcp.text('x')])
	ELSE mcp.result(structured => jsonb_build_object('n', n)) END $$;
COMMENT ON FUNCTION tools.checked_result IS 'Checked result
@output {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
@mcp';
SQL
)" && sallyport catalog apply >"$sv_log/catalog.log" 2>&1
is "all are tools" 0 $?
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice
token_for alice >/dev/null

# old_call VERSION NAME [ARGUMENTS]: in a session of that revision
old_call() {
	[ "${session_of:-}" = "$1" ] || { session=$(open_session "$1"); session_of=$1; }
	version=$1 session=$session post_mcp "$(old tools/call "{\"name\":\"$2\",\"arguments\":${3:-"{}"}}")" >/dev/null
}

call_tool all_kinds >/dev/null
is "content" '[{"text":"one","type":"text","annotations":{"audience":["user"],"priority":0.5}},{"data":"iVBORw==","type":"image","mimeType":"image/png"},{"data":"UklGRg==","type":"audio","mimeType":"audio/wav"},{"uri":"shop://orders/1","name":"order","size":3,"type":"resource_link","title":"Order 1","mimeType":"text/plain"},{"type":"resource","resource":{"uri":"x://text","text":"hello","mimeType":"text/plain"}},{"type":"resource","resource":{"uri":"x://bytes","blob":"AP8=","mimeType":"application/octet-stream"}}]' \
	"$(json .result.content -c)"
is "structured content" '{"n":1} false complete' "$(json '.result | "\(.structuredContent | tojson) \(.isError) \(.resultType)"')"
is "_meta beside ours" '[1] sallyport' "$(json '.result._meta | "\(."example.com/k" | tojson) \(."io.modelcontextprotocol/serverInfo".name)"')"
is "its entry has no output schema" null "$(call_mcp tools/list >/dev/null; json '.result.tools[] | select(.name == "all_kinds").outputSchema')"
old_call 2025-11-25 all_kinds
is "a session: the same" '6 {"n":1} {"example.com/k":[1]} false' \
	"$(json '.result | "\(.content | length) \(.structuredContent | tojson) \(._meta | tojson) \(has("resultType"))"')"
old_call 2025-03-26 all_kinds
is "2025-03-26: a link is text, and nothing is structured" '{"type":"text","text":"order: shop://orders/1"} false' \
	"$(json '.result | "\(.content[3] | tojson) \(has("structuredContent"))"')"

call_tool only_structured >/dev/null
is "what is only structured is text, too" '{"a":2.50,"b":1}' "$(tool_text)"
like "numbers stay as they are" '"structuredContent":\{"a":2.50,"b":1\}' "$(body)"
call_tool array_structured >/dev/null
is "any JSON can be structured" '[1,2] [1,2]' "$(json '.result | "\(.structuredContent | tojson) \(.content[0].text)"')"
old_call 2025-11-25 array_structured
is "but not before 2026-07-28" 'false [1,2]' "$(json '.result | "\(has("structuredContent")) \(.content[0].text)"')"
call_tool fails >/dev/null
is "an error for the model" 'true ask for less' "$(json '.result | "\(.isError) \(.content[0].text)"')"
call_tool nothing >/dev/null
is "null is a result without content" '[] false' "$(json '.result | "\(.content) \(.isError)"')"
call_tool written >/dev/null
is "built by hand" 'by hand' "$(tool_text)"
call_tool malformed >/dev/null
like "content that MCP does not have" 'content_of_mcp' "$(tool_text)"
call_tool looks_like '{"n":1}' >/dev/null
is "JSON that looks like a result is only JSON" '{"content":[],"isError":true} false' \
	"$(json '.result | "\(.structuredContent | tojson) \(.isError)"')"

# ---- output schemas ----

call_mcp tools/list >/dev/null
is "the author's schema is listed as it was written" '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}' \
	"$(json '.result.tools[] | select(.name == "checked").outputSchema' -c)"
call_tool checked '{"answer":{"n":1}}' >/dev/null
is "what fits" '{"n":1} false' "$(json '.result | "\(.structuredContent | tojson) \(.isError)"')"
for answer in '{"n":"1"}' '{}' '[1]' 7; do
	call_tool checked "{\"answer\":$answer}" >/dev/null
	is "what does not fit: $answer" "true internal error, request id $(header X-Request-Id) false" \
		"$(json '.result | "\(.isError) \(.content[0].text) \(has("structuredContent"))"')"
done
[[ ${HTTPD:-nginx} = *cgi ]] ||		# its log is the web server's
	like "is logged" '"at":"/n","schema":"#/properties/n/type"' "$(cat "$sv_log"/mcp*.log)"
call_tool checked_result '{"n":1}' >/dev/null
is "a whole result that fits" '{"n":1}' "$(json .result.structuredContent -c)"
call_tool checked_result '{"n":"one"}' >/dev/null
is "one that does not" true "$(json .result.isError)"
call_tool checked_result '{"n":"none"}' >/dev/null
is "one without structured content" true "$(json .result.isError)"
call_tool checked_result '{"n":"error"}' >/dev/null
is "an error needs to fit nothing" no "$(tool_text)"

# ---- refusals ----

refused() {
	sql "CREATE FUNCTION tools.refused() RETURNS $2 LANGUAGE sql STABLE AS 'SELECT NULL::${4:-$2}'; COMMENT ON FUNCTION tools.refused IS E'T\\n@mcp\\n$3'"
	is "refused: $1" "refused $1" "$(sql "SELECT action, reason FROM sallyport.catalog_sync('{tools}', 'sallyport_tool')" -F ' ')"
	sql "DROP FUNCTION tools.refused"
}
refused "@output: the type of the result says it already" integer '@output {"type": "object"}'
refused '@output needs "type": "object"' jsonb '@output {"type": "array"}'
refused "@output needs a JSON Schema" jsonb '@output integer'
refused "invalid input syntax for type json" jsonb '@output {"type": "object"'
refused "type SETOF mcp.result of its result has no JSON form" 'SETOF mcp.result' '' mcp.result
done_testing
