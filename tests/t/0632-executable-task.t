#!/bin/bash
# Programs as tasks, and in sessions: a task that is cancelled, and a runner that is killed, leave no process.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/tasks.sh"
. "$top_srcdir/tests/lib/programs.sh"
needs pgrep setsid
start_postgres && migrate executable_dirs="$T/tools" || exit 1
mark=task-$$-$RANDOM
program work <<END
#!/bin/sh
[ "\$1" != quickly ] || { echo done; exit 0; }
[ "\$1" != badly ] || { echo "it went wrong" >&2; exit 1; }
setsid sh -c "sleep 1000; : $mark-a" >/dev/null 2>&1 &
sh -c "sleep 1000; : $mark-b"
END
exec_tool work '{"how": {"type": "string"}}' '{"command": ["'"$T"'/tools/work", "{how}"]}' "options='{\"task\":\"required\"}'"
exec_tool work_now '{"how": {"type": "string"}}' '{"command": ["'"$T"'/tools/work", "{how}"]}' timeout_ms=1000
start_httpd "${HTTPD:-nginx}" && start_runner || exit 1
add_user alice && token_for alice >"$T/alice"
outcomes() { sql "SELECT coalesce(string_agg(outcome, ' ' ORDER BY audit_id), '') FROM sallyport.audit WHERE tool = '$1'"; }

# ---- tasks ----

id=$(start_task work '{"how": "quickly"}')
is "a task ends" completed "$(until_status "$id" completed)"
is "with what the program said" "done" "$(json '.result.result.content[0].text | rtrimstr("\n")')"
id=$(start_task work '{"how": "badly"}')
is "one that fails, too" completed "$(until_status "$id" completed)"
is "with what is wrong" "true it went wrong" "$(json '.result.result | "\(.isError) \(.content[0].text)"')"
is "both were recorded" "ok error" "$(outcomes work)"

id=$(start_task work '{"how": "slowly"}')
ok "one that takes long" until_living "$mark" -ge 2
is "is cancelled" 200 "$(task_call tasks/cancel "$id")"
ok "with its processes" until_living "$mark" -eq 0
is "and says so" cancelled "$(until_status "$id" cancelled)"
is "in its row" "ok error cancelled" "$(until_sql "ok error cancelled" "SELECT coalesce(string_agg(outcome, ' ' ORDER BY audit_id), '') FROM sallyport.audit WHERE tool = 'work'")"
id=$(start_task work '{"how": "quickly"}')
is "the runner goes on" completed "$(until_status "$id" completed)"

id=$(start_task work '{"how": "slowly"}')
ok "another one that takes long" until_living "$mark" -ge 2
stop_runners KILL
ok "a runner that is killed leaves no process" until_living "$mark" -eq 0

# ---- a session ----

session=$(open_session)
in_session() { version=2025-11-25 session=$session post_mcp "$(old tools/call "$1")"; }
is "in a session" '200 done' "$(in_session '{"name": "work_now", "arguments": {"how": "quickly"}}') $(json '.result.content[0].text | rtrimstr("\n")')"
like "one that takes too long" '^200 the tool took longer' "$(in_session '{"name": "work_now", "arguments": {"how": "slowly"}}') $(json '.result.content[0].text')"
is "leaves nothing" 0 "$(living "$mark")"
is "the session ends" 204 "$(request DELETE /mcp -H "Mcp-Session-Id: $session" \
	-H "Authorization: Bearer $(access_token)" -H 'MCP-Protocol-Version: 2025-11-25')"
is "without it there is no result" 404 "$(in_session '{"name": "work_now", "arguments": {"how": "quickly"}}')"
done_testing
