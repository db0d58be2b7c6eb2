#!/bin/bash
# Runners that are killed, stopped, paused and cut off; several of them; a database that goes away.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/tasks.sh"
start_postgres && migrate max_tasks=1000 && tasks_catalog && start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice || exit 1
mcp_token=$(token_for alice)

text() { json '.result.result.structuredContent.result // .result.result.content[0].text // .result.error.message'; }
runs() { sql "SELECT count(*) FROM sallyport.task WHERE runner IS NOT NULL"; }
until_runs() { until_sql "$1" "SELECT count(*) FROM sallyport.task WHERE runner IS NOT NULL"; }
# A wait at a gate that has begun: its statement is active.
until_waits() { until_sql "$1" "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND application_name = 'sallyport-runner' AND query LIKE '%tools.%'"; }
ended() { until_sql "$1" "SELECT count(*) FROM sallyport.task WHERE status IN ('completed', 'failed')"; }

# ---- two runners, many tasks ----

message=$(task_rpc tools/call '{"name":"many","arguments":{"n":"@"}}' | sed 's/"@"/@/')
for i in {1..200}; do
	printf 'url = "http://localhost:%s/mcp"\noutput = "/dev/null"\n' "$sv_port"
	printf 'header = "%s"\n' "Authorization: Bearer $mcp_token" "Content-Type: application/json" \
		"Accept: application/json, text/event-stream" "MCP-Protocol-Version: 2026-07-28" "Mcp-Method: tools/call" "Mcp-Name: many"
	printf 'data = "%s"\n' "$(sed "s/@/$i/; s/\"/\\\\\"/g" <<<"$message")"
	[ "$i" -eq 200 ] || echo next
done >"$T/many.curl"
start_runner runner1 && start_runner runner2
until_sql 2 "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sallyport-runner' AND query = 'LISTEN \"sallyport_task\"'" >/dev/null
curl -sS --no-progress-meter --parallel --parallel-max 8 -K "$T/many.curl"
is "200 tasks are made" 200 "$(sql "SELECT count(*) FROM sallyport.audit WHERE event = 'task.create'")"
is "two runners complete them" 200 "$(ended 200)"
is "each was run once" "200 200" "$(sql "SELECT count(*), count(DISTINCT word) FROM shop.trace WHERE word LIKE 'many %'" -F ' ')"
is "and claimed once" 1 "$(sql "SELECT max(run) FROM sallyport.task")"
ok "both had a part" test "$(grep -c '"event":"task"' "$sv_log/runner1.log")" -gt 0 -a "$(grep -c '"event":"task"' "$sv_log/runner2.log")" -gt 0
stop_runners
is "they end when they are asked" 2 "$(cat "$sv_log"/runner[12].log | grep -c '"event":"ended"')"
sql "TRUNCATE sallyport.task CASCADE; SELECT setval('shop.begun', 1, false)" >/dev/null

# ---- kill -9 ----

start_runner runner1
again=$(start_task work_again '{"word":"again"}')
once=$(start_task work '{"word":"once"}')
look=$(start_task look '{"seconds":8}')
often=$(start_task work_again '{"word":"often"}')
is "four run" 4 "$(until_runs 4)"
is "and are inside of their functions" 4 "$(until_waits 4)"
sv_stop runner1 KILL
sql "UPDATE sallyport.task SET lost = 3 WHERE task_sha256 = sha256('$often')"
is "the runner is dead and its tasks are still its own" "4 working" "$(runs) $(status_of "$again")"
start_runner runner2
open_gate again
open_gate often
open_gate once
is "another one has them when their leases have run out" completed "$(until_status "$again" completed)"
is "what may be run again was" "done: again" "$(text)"
is "and what it did is there once" 1 "$(traces again)"
is "what only reads, too" "completed looked" "$(until_status "$look" completed) $(text)"
is "what may not has failed" failed "$(until_status "$once" failed)"
like "and says why" '^the call was interrupted, .* it was not made again$' "$(text)"
is "nothing of it remains" 0 "$(traces once)"
is "the audit trail says so" "its runner was lost" "$(sql "SELECT string_agg(detail->>'why', ',') FROM sallyport.audit WHERE tool = 'work' AND outcome = 'rejected'")"
is "what was lost too often has failed" "failed the call was interrupted too often" "$(until_status "$often" failed) $(text)"

# ---- SIGTERM ----

id=$(start_task work_again '{"word":"given"}')
is "a task that may be run again" 1 "$(until_waits 1)"
sv_stop runner2
is "is given back on SIGTERM" "working 0" "$(status_of "$id") $(runs)"
start_runner runner1
is "the next runner takes it at once" 1 "$(until_waits 1)"
open_gate given
is "and completes it" "completed done: given" "$(until_status "$id" completed) $(text)"
is "once" 1 "$(traces given)"
id=$(start_task work '{"word":"drained"}')
is "one that may not" 1 "$(until_waits 1)"
kill -TERM "$(sv_pid runner1)"
sleep 1
is "is waited for" "working yes" "$(status_of "$id") $(sv_running runner1 && echo yes)"
other=$(start_task many '{"n":1000}')
is "while nothing else is begun" working "$(sleep 1; status_of "$other")"
open_gate drained
is "it completes" completed "$(until_status "$id" completed)"
sv_until 20 eval '! sv_running runner1'
is "and then the runner ends" "no" "$(sv_running runner1 && echo yes || echo no)"
start_runner runner1
is "the other task waited for the next one" completed "$(until_status "$other" completed)"
id=$(start_task work '{"word":"twice"}')
is "a task runs" 1 "$(until_waits 1)"
kill -TERM "$(sv_pid runner1)"
sleep 0.5
kill -TERM "$(sv_pid runner1)"
is "a second SIGTERM waits for nothing" failed "$(until_status "$id" failed)"
like "and the task says so" '^the call was interrupted when its runner was shut down' "$(text)"
sv_until 20 eval '! sv_running runner1'

# ---- a runner that hangs ----

start_runner runner1
id=$(start_task work_again '{"word":"zombie"}')
is "a task runs" 1 "$(until_waits 1)"
kill -STOP "$(sv_pid runner1)"
start_runner runner2
is "another runner takes it when nothing is heard of the first" 2 "$(until_waits 2)"
open_gate zombie
is "and completes it" "completed done: zombie" "$(until_status "$id" completed) $(text)"
kill -CONT "$(sv_pid runner1)"
is "the first one finds that it is too late" 0 "$(until_waits 0)"
sv_until 30 grep -q '"event":"task".*"tool":"work_again","run":1,' "$sv_log/runner1.log"
is "so that the trace is there once" 1 "$(traces zombie)"
is "and changes nothing" "completed done: zombie" "$(status_of "$id") $(text)"
stop_runners

# ---- the database goes away ----

start_runner runner1
id=$(start_task work_again '{"word":"restart"}')
is "a task runs" 1 "$(until_waits 1)"
stop_postgres
start_postgres
is "when the database was restarted it is run again" 1 "$(until_waits 1)"
open_gate restart
is "and completes" "completed done: restart" "$(until_status "$id" completed) $(text)"
is "once" 1 "$(traces restart)"
is "the runner finds new tasks by itself" completed "$(until_status "$(start_task many '{"n":2000}')" completed)"
stop_runners

# ---- without notifications ----

sv_env+=(SALLYPORT_DB_LISTEN=false)
start_runner runner3
is "without LISTEN a runner looks by itself" completed "$(until_status "$(start_task many '{"n":3000}')" completed)"
id=$(start_task work '{"word":"blind"}')
is "a task runs" 1 "$(until_waits 1)"
task_call tasks/cancel "$id" >/dev/null
is "and is stopped when its lease is not renewed" 0 "$(until_waits 0)"
stop_runners
is_empty "no runner had trouble of its own" "$(cat "$sv_log"/runner?.log | grep -E '"level":"error"' | grep -vE '"event":"database"')"
done_testing
