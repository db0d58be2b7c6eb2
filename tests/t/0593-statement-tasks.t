#!/bin/bash
# Statements as tasks, in sessions, and behind a confirmation: here and in another database.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/tasks.sh"
. "$top_srcdir/tests/lib/statement.sh"
start_postgres && migrate || exit 1
sql "$(cat <<'SQL'
CREATE SCHEMA shop;
CREATE TABLE shop.note (word text);
GRANT USAGE ON SCHEMA shop TO sallyport_tool; GRANT SELECT, INSERT ON shop.note TO sallyport_tool;
CREATE ROLE writer LOGIN;
SQL
)" && sql "CREATE DATABASE other" && sql_database=other sql "CREATE TABLE note (word text); GRANT SELECT, INSERT ON note TO writer"
add_source other "$(jq -nc --arg database "host=$T/postgres dbname=other user=writer" '{ type: "postgresql", $database, read_only: false }')"
w='{"word":{"type":"string"}}' task="options='{\"task\":\"required\"}'"
for source in here other; do
	spec=$(jq -nc --arg source "$source" 'if $source == "here" then {} else { $source } end')
	prefix=$([ "$source" != here ] || echo shop.)
	add_statement "count_$source" "SELECT count(*) FROM ${prefix}note" '{}' "$(jq -c '. + { result: "value" }' <<<"$spec")"
	add_statement "put_$source" "INSERT INTO ${prefix}note VALUES (:word)" "$w" "$(jq -c '. + { read_only: false }' <<<"$spec")"
	add_statement "task_count_$source" "SELECT count(*) FROM ${prefix}note" '{}' "$(jq -c '. + { result: "value" }' <<<"$spec")" "$task"
	add_statement "task_put_$source" "INSERT INTO ${prefix}note VALUES (:word)" "$w" "$(jq -c '. + { read_only: false }' <<<"$spec")" "$task"
	add_statement "sure_put_$source" "INSERT INTO ${prefix}note VALUES (:word)" "$w" "$(jq -c '. + { read_only: false }' <<<"$spec")" "options='{\"confirm\":true}'"
done
start_httpd "${HTTPD:-nginx}" && start_runner || exit 1
add_user alice && token_for alice >"$T/alice"
notes() { if [ "$1" = here ]; then sql "SELECT count(*) FROM shop.note"; else sql_database=other sql "SELECT count(*) FROM note"; fi; }
outcomes() { sql "SELECT coalesce(string_agg(outcome, ' ' ORDER BY audit_id), '') FROM sallyport.audit WHERE tool = '$1'"; }

for source in here other; do
	writes=$([ "$source" = here ] || echo "started ")

	# ---- tasks ----

	id=$(start_task "task_put_$source" '{"word":"a"}')
	is "$source: a task that writes ends" completed "$(until_status "$id" completed)"
	is "$source: with its result" '{"affected":1}' "$(json '.result.result.structuredContent | tojson')"
	is "$source: it has written, and was recorded" "1 ${writes}ok" "$(notes "$source") $(outcomes "task_put_$source")"
	id=$(start_task "task_count_$source")
	is "$source: a task that reads" 'completed {"result":1}' "$(until_status "$id" completed) $(json '.result.result.structuredContent | tojson')"

	# ---- a session ----

	session=$(open_session)
	in_session() { version=2025-11-25 session=$session post_mcp "$(old tools/call "$1")"; }
	is "$source: in a session, a call that writes" '200 {"affected":1}' \
		"$(in_session "{\"name\":\"put_$source\",\"arguments\":{\"word\":\"b\"}}") $(json '.result.structuredContent | tojson')"
	is "$source: and one that reads" '200 {"result":2}' "$(in_session "{\"name\":\"count_$source\"}") $(json '.result.structuredContent | tojson')"
	is "$source: the session ends" 204 "$(request DELETE /mcp -H "Mcp-Session-Id: $session" \
		-H "Authorization: Bearer $(access_token)" -H 'MCP-Protocol-Version: 2025-11-25')"
	is "$source: without it nothing is read" 404 "$(in_session "{\"name\":\"count_$source\"}")"
	is "$source: and nothing written" "404 2" "$(in_session "{\"name\":\"put_$source\",\"arguments\":{\"word\":\"c\"}}") $(notes "$source")"

	# ---- a confirmation ----

	call_tool "sure_put_$source" '{"word":"d"}' >"$T/status"
	is "$source: nobody has confirmed" "2 input_required" "$(notes "$source") $(outcomes "sure_put_$source")"
done
done_testing
