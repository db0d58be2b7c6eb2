#!/bin/bash
# PostgreSQL restarts, fast and immediate: what was idle costs no failure, what
# was under way is 503 and never wrong, and no acknowledged row is lost.
. "$(dirname "$0")/../lib/sallyport.sh"
start_empty || exit 1

restart_postgres() {
	stop_postgres "$1" && start_postgres
}

coproc LOAD { "$top_builddir/tests/unit/db_load" restart "host=$T/postgres user=postgres dbname=sallyport" \
	500 2>"$sv_log/load.log"; }
load_pid=$LOAD_PID
exec 3<&"${LOAD[0]}" 4>&"${LOAD[1]}"

for signal in INT QUIT; do
	read -r -t 30 -u 3 line
	is "all connections are open and idle" ready "$line"
	restart_postgres "$signal"
	echo >&4
	read -r -t 30 -u 3 line
	is "a restart by SIG$signal costs idle connections nothing" "idle: 0 failed" "$line"
done
for signal in INT QUIT; do
	sleep 0.5
	restart_postgres "$signal"
done
read -r -t 60 -u 3 line
like "statements under way fail as unavailable only, and no row is missing" \
	'^busy: [1-9][0-9]* unavailable, 0 wrong, 0 rows missing$' "$line"
wait "$load_pid"
is "and the program ends well" 0 $?
done_testing
