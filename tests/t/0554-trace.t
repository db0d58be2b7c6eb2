#!/bin/bash
# The trace that a call is part of: what a tool, the audit trail and the log have of it.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
start_postgres && migrate || exit 1
sql "$(cat <<'SQL'
CREATE FUNCTION tools.traced() RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT jsonb_build_object(
	'traceparent', current_setting('sallyport.traceparent'), 'tracestate', current_setting('sallyport.tracestate'),
	'baggage', current_setting('sallyport.baggage')) $$;
COMMENT ON FUNCTION tools.traced IS E'Traced\n@mcp\n@tier public';
CREATE FUNCTION tools.traced_writes() RETURNS text LANGUAGE sql AS $$ SELECT current_setting('sallyport.baggage') $$;
COMMENT ON FUNCTION tools.traced_writes IS E'Traced\n@mcp\n@tier public';
CREATE FUNCTION tools.traced_page() RETURNS text LANGUAGE sql STABLE AS $$ SELECT current_setting('sallyport.traceparent') $$;
COMMENT ON FUNCTION tools.traced_page IS E'Traced\n@resource x:traced\n@tier public';
CREATE FUNCTION tools.traced_prompt() RETURNS text LANGUAGE sql STABLE AS $$ SELECT current_setting('sallyport.traceparent') $$;
COMMENT ON FUNCTION tools.traced_prompt IS E'Traced\n@prompt traced\n@tier public';
INSERT INTO sallyport.mcp_resource (uri, name, content, tier) VALUES ('x:stored', 'stored', 'x', 'public');
SQL
)" && sallyport catalog apply >"$sv_log/catalog.log" 2>&1 && start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice
token_for alice >/dev/null

id=0af7651916cd43dd8448eb211c80319c
parent=00-$id-00f067aa0ba902b7-01
# call_traced METHOD PARAMS META: as of 2026-07-28
call_traced() { call_mcp "$1" "$(jq -nc --argjson params "$2" --argjson meta "$3" '$params + { _meta: $meta }')"; }
audited() { sql "SELECT outcome, coalesce(detail->>'traceparent', '-') FROM sallyport.audit WHERE request_id = '$(header X-Request-Id)'" -F ' '; }
# what a CGI program says goes where its web server sends it
logged() {
	[[ ${HTTPD:-nginx} = *cgi ]] && return
	is "$1" "$2" "$(sed -n "s/.*\"request_id\":\"$(header X-Request-Id)\".*\"event\":\"http\"/&/p" "$sv_log/mcp.log" | jq -r '.trace_id')"
}

all="{\"traceparent\":\"$parent\",\"tracestate\":\"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE\",\"baggage\":\"userId=alice,serverNode=DF%2028;p\"}"
is "a call" 200 "$(call_traced tools/call '{"name":"traced"}' "$all")"
is "has it in its settings" "$(jq -cS . <<<"$all")" "$(json .result.structuredContent -cS)"
is "and its audit row" "ok $parent" "$(audited)"
logged "and its line in the log" $id
call_traced tools/call '{"name":"traced_writes"}' "$all" >/dev/null
is "one that writes, too" 'userId=alice,serverNode=DF%2028;p' "$(json .result.structuredContent.result)"
nothing='{"baggage":"","traceparent":"","tracestate":""}'
for i in 1 2 3; do
	call_traced tools/call '{"name":"traced"}' '{}' >/dev/null
	is "the next one has nothing of it ($i)" "$nothing" "$(json .result.structuredContent -cS)"
done
is "nor its audit row" "ok -" "$(audited)"
logged "nor the log" null
while read -r meta; do
	is "a trace that is none: $meta" 200 "$(call_traced tools/call '{"name":"traced"}' "$meta")"
	is "is not there: $meta" "$nothing" "$(json .result.structuredContent -cS)"
done <<'END'
{"traceparent":"x"}
{"traceparent":7,"tracestate":"a=1","baggage":["a=b"]}
{"tracestate":"a=1"}
{"traceparent":"00-00000000000000000000000000000000-00f067aa0ba902b7-01"}
{"traceparent":"00-0AF7651916CD43DD8448EB211C80319C-00f067aa0ba902b7-01"}
{"baggage":"a=b\r\nX-Evil: c"}
{"baggage":"a"}
END
call_traced tools/call '{"name":"traced"}' "{\"traceparent\":\"$parent\",\"tracestate\":\"A=1\",\"baggage\":\"a b\"}" >/dev/null
is "one that is good stands alone" "{\"baggage\":\"\",\"traceparent\":\"$parent\",\"tracestate\":\"\"}" "$(json .result.structuredContent -cS)"

call_traced tools/call '{"name":"nothing"}' "$all" >/dev/null
is "a call that is refused" "rejected $parent" "$(audited)"
call_traced tools/call '{"name":"traced","arguments":{"x":1}}' "$all" >/dev/null
is "arguments that do not fit" "rejected $parent" "$(audited)"
call_traced resources/read '{"uri":"x:traced"}' "$all" >/dev/null
is "a resource" "$parent" "$(json '.result.contents[0].text')"
call_traced resources/read '{"uri":"x:stored"}' "$all" >/dev/null
is "one in its row" "ok $parent" "$(audited)"
call_traced prompts/get '{"name":"traced"}' "$all" >/dev/null
is "a prompt" "$parent" "$(json '.result.messages[0].content.text')"

session=$(open_session 2025-11-25)
version=2025-11-25 post_mcp "$(old tools/call "{\"name\":\"traced\",\"_meta\":$all}")" >/dev/null
is "in a session" "$parent" "$(json .result.structuredContent.traceparent)"
is "and its audit row" "ok $parent" "$(audited)"
done_testing
