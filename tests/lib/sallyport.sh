# sallyport.sh - a throwaway Sallyport for tests/t/*.t; sourced, bash
#
#	. "$(dirname "$0")/../lib/sallyport.sh"
#	plan 3
#	start_postgres && migrate && start_httpd "${HTTPD:-nginx}"
#	add_user alice
#	client=$(register_client)
#	code=$(authorize_as alice "$client")
#	is "the code buys a token" 200 "$(redeem "$code")"
#
# Everything lives in $T, a directory below /tmp (PostgreSQL in memory, where there is enough),
# and is gone with all processes when the test ends, however it ends.  Set SP_TEST_KEEP=1 to
# keep the directory.
# The functions that talk HTTP are in http.sh.
# shellcheck shell=bash

. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
. "$top_srcdir/build-aux/services.sh"

# ---- the directory and its end ----

T=$(mktemp -d /tmp/sallyport-t.XXXXXX) || exit 1	# short: sockets live here
sv_home=$T
sv_run=$T/run
sv_log=$T/log
sv_config=$T/sallyport.conf
sv_programs=$T/cgi-bin
sv_runner=$T/bin/sallyport-runner
sv_www=$T/www
sv_examples=$top_srcdir/httpd-examples
sv_port=0
sv_workers=${SP_TEST_WORKERS:-2}
# Neither PostgreSQL nor Apache runs as root.  One user is enough for a test.
sv_pg_user=
[ "$(id -u)" -ne 0 ] || sv_pg_user=$(getent passwd postgres >/dev/null && echo postgres || echo nobody)
sv_web_user=$sv_pg_user
# Debian's psql is a script that looks for the real one, for 20 ms each time.
sv_pg_bin=$(sv_postgres_bin) && PATH=$sv_pg_bin:$PATH
sv_env=()
for name in ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS LSAN_OPTIONS; do
	[ -z "${!name:-}" ] || sv_env+=("$name=${!name}")
done
chmod 0711 "$T"
# A cluster is unpacked ten times as fast into memory.
memory=
if [ "$(stat -f -c '%T %a %S' /dev/shm 2>/dev/null | awk '$1 == "tmpfs" { print ($2 * $3 >= 2 ^ 30) }')" = 1 ] && [ -w /dev/shm ]; then
	memory=$(mktemp -d /dev/shm/sallyport-t.XXXXXX) && ln -s "$memory" "$T/postgres" || exit 1
fi
sv_private_dir "$sv_web_user" "$sv_run"
sv_private_dir "$sv_web_user" "$sv_log"
: >"$T/secrets"

# Settings of the tester's own Sallyport are not ours.
for name in "${!SALLYPORT_@}"; do unset "$name"; done
export SALLYPORT_CONFIG=$sv_config

# secret VALUE...: must appear in no log; looked for at the end.
secret() {
	local value
	for value; do
		[ "${#value}" -lt 8 ] || printf '%s\n' "$value" >>"$T/secrets"
	done
}

# What a test cannot see by asking: what the logs say, and who still runs.
tap_bad_end() {
	local found sessions
	found=$(grep -hE 'ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:|Assertion .* failed|stack smashing' \
		"$sv_log"/*.log 2>/dev/null)
	[ -z "$found" ] || note "in the logs: $found"
	[ ! -s "$T/secrets" ] || ! grep -lF -f "$T/secrets" "$sv_log"/*.log >"$T/leaks" 2>/dev/null || {
		note "a secret stands in these logs: $(cat "$T/leaks")"
		found=yes
	}
	sessions=$(sort -u "$T/sessions" 2>/dev/null | paste -sd, -)
	sessions=${sessions:+$(ps -o pid=,args= -s "$sessions" 2>/dev/null | grep -v ' <defunct>$')}
	[ -z "$sessions" ] || {
		note "still running: $sessions"
		awk '{ print $1 }' <<<"$sessions" | xargs -r kill -9 2>/dev/null
		found=yes
	}
	[ -n "$found" ]
}

stop_all() {
	local status=$?
	trap - EXIT INT TERM HUP
	cat "$sv_run"/*.pid 2>/dev/null | awk 'NF { print $1 }' >>"$T/sessions"
	sv_httpd_stop
	stop_runners
	sv_programs_stop
	sv_stop postgres QUIT
	if tap_bad_end; then status=1; fi
	if [ "$status" -ne 0 ] || [ "$tap_failed" -gt 0 ]; then
		for log in "$sv_log"/*.log; do
			[ ! -s "$log" ] || [ "${log##*/}" = access.log ] || note "-- ${log##*/}" "" "$(tail -n 20 "$log")"
		done
	fi
	times >"$T/times"
	awk -F '[ms ]+' '{ s += ($1 + $3) * 60 + $2 + $4 } END { printf "# processor: %.1f s\n", s }' "$T/times"
	if [ -n "${SP_TEST_KEEP:-}" ]; then note "kept: $T $memory"; else rm -rf "$T" ${memory:+"$memory"}; fi
	exit "$status"
}
trap stop_all EXIT
trap 'exit 1' INT TERM HUP

# Who is killed runs no trap: somebody else looks whether the test is there, and cleans up.
# shellcheck disable=SC2016	# for another shell
(setsid bash -c 'tail --pid="$1" -f /dev/null
	shift
	for file in "$1"/run/*.pid; do
		read -r pid _ 2>/dev/null <"$file" || continue
		case $file in */postgres.pid) kill -s QUIT "$pid" ;; *) pkill -KILL -s "$pid" ;; esac
	done
	[ -n "${SP_TEST_KEEP:-}" ] || rm -rf "$@"' watchdog "$$" "$T" ${memory:+"$memory"} </dev/null >/dev/null 2>&1 &)

# needs COMMAND...: skips the whole test where one is missing.
needs() {
	local command
	for command; do
		command -v "$command" >/dev/null || skip_all "$command is not installed"
	done
}

# ---- PostgreSQL ----

# What a test starts from is made once per build directory, and unpacked here: a cluster with
# our roles and the database `sallyport`, which is `empty` or has the `schema`, as KIND says.
postgres_template() {
	local kind=$1 bin template new lock
	bin=$(sv_postgres_bin) || skip_all "no PostgreSQL server (15 or newer) is installed"
	template=$top_builddir/tests/postgres-$kind-$("$bin/postgres" --version | tr -cd '0-9.').tar
	new=${template%.tar}-new.tar
	# of tests that begin at the same time the first one makes it
	mkdir -p "${template%/*}" && exec {lock}<"${template%/*}" && flock "$lock" || exit 1
	if [ ! "$template" -nt "$top_builddir/bin/sallyport" ]; then
		make_cluster "$kind" >"$sv_log/initdb.log" 2>&1 && tar -C "$T/postgres" -cf "$new" data && mv "$new" "$template" || {
			note "no cluster could be made:" "$(tail -n 5 "$sv_log/initdb.log")"
			exit 1
		}
	fi
	exec {lock}<&-
	[ -d "$T/postgres/data" ] || {
		sv_private_dir "$sv_pg_user" "$T/postgres" && chmod 0711 "$T/postgres" &&
			sv_as "$sv_pg_user" tar -C "$T/postgres" -xf - <"$template"
	} || exit 1
}

make_cluster() {
	sv_postgres_init --no-sync --wal-segsize=1 -A trust && start_cluster && make_database || return 1
	[ "$1" = empty ] || { settings && sallyport migrate && rm "$sv_config" || return 1; }
	stop_postgres && rm -f "$sv_log/postgres.log"
}

# make_database: our roles and an empty database.
make_database() {
	sql_database=postgres sql "CREATE ROLE sallyport LOGIN; CREATE ROLE sallyport_app LOGIN;
	    CREATE ROLE sallyport_tool; GRANT sallyport_tool TO sallyport_app" &&
		sql_database=postgres sql "CREATE DATABASE sallyport OWNER sallyport"
}

# Machines do not crash in a test, only programs do: what was committed needs no disk.
# Nothing in a test is worth a compiler.
start_cluster() {
	sv_postgres_start -c max_connections=200 -c log_line_prefix='%m [%p] %u ' -c fsync=off -c full_page_writes=off \
		-c jit=off "$@" && sv_running postgres || {
		note "PostgreSQL did not start: $(tail -n 5 "$sv_log/postgres.log")"
		return 1
	}
}

# start_postgres [-c NAME=VALUE]...: a cluster of this test's own, on a socket in $T/postgres,
# with our roles and a database whose schema is there, for migrate.
start_postgres() {
	[ -d "$T/postgres/data" ] || postgres_template schema
	start_cluster "$@"
}

# start_empty [-c NAME=VALUE]...: the same with nothing in the database.
start_empty() {
	[ -d "$T/postgres/data" ] || postgres_template empty
	start_cluster "$@"
}

stop_postgres() {
	sv_stop postgres "${1:-INT}"
}

# sql TEXT [PSQL OPTION]...: as superuser, unaligned.
sql() {
	local text=$1
	shift
	psql -qXAt -v ON_ERROR_STOP=1 -h "$T/postgres" -U postgres -d "${sql_database:-sallyport}" "$@" <<<"$text"
}

# One line that changes when any state changes: a digest over all rows of all
# tables but the audit trail and the rate limits.
db_checksum() {
	sql "SELECT format('SELECT %L, count(*), md5(coalesce(string_agg(t::text, E''\n'' ORDER BY t::text), ''''))
	              FROM %s t', c.oid::regclass, c.oid::regclass)
	       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	      WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema)'
	        AND c.oid::regclass::text NOT IN ('sallyport.audit', 'sallyport.rate')
	      ORDER BY c.oid::regclass::text \gexec" | md5sum
}

# ---- Sallyport ----

sallyport() {
	"$top_builddir/bin/sallyport" "$@"
}

# settings [NAME=VALUE]...: writes the settings file; what is given wins.
settings() {
	local setting
	[ "$sv_port" != 0 ] || sv_port=$(free_port)
	issuer=http://localhost:$sv_port
	{
		echo "issuer = $issuer"
		echo "database = host=$T/postgres dbname=sallyport user=sallyport_app"
		echo "admin_database = host=$T/postgres dbname=sallyport user=sallyport"
		echo "master_key_file = $T/master.key"
		echo "template_dir = $sv_www/templates"
		echo "supervisor = $sv_programs/sallyport-exec"
		for setting; do echo "${setting%%=*} = ${setting#*=}"; done
	} | awk '{ name = $1; if (!(name in line)) order[++n] = name; line[name] = $0 }
	     END { for (i = 1; i <= n; i++) print line[order[i]] }' >"$sv_config"
}

# A port that nobody listens on, below those the kernel gives to clients.
free_port() {
	local port
	while :; do
		port=$((20000 + (RANDOM << 15 | RANDOM) % 12000))
		sv_port_taken "$port" || break
	done
	echo "$port"
}

# migrate [NAME=VALUE]...: settings, roles, keys, schema.
migrate() {
	settings "$@"
	sallyport init --superuser "host=$T/postgres user=postgres dbname=postgres" >"$sv_log/init.log" 2>&1 || {
		note "$(tail -n 5 "$sv_log/init.log")"
		return 1
	}
	[ -z "$sv_web_user" ] || chown "$sv_web_user" "$T/master.key"
}

# The programs and pages, where the user that runs them can reach them.
stage() {
	local name
	[ ! -d "$sv_programs" ] || return 0
	mkdir -p "$sv_programs" "$sv_www"
	chmod 0755 "$sv_programs" "$sv_www"
	for name in $sv_program_names; do
		[ ! -x "$top_builddir/cgi-bin/$name" ] || cp "$top_builddir/cgi-bin/$name" "$sv_programs/"
	done
	cp "$top_builddir/bin/sallyport-exec" "$sv_programs/"
	cp -R "$top_srcdir/www/." "$sv_www/"
	chmod -R a+rX "$sv_www"
}

start_workers() {
	needs spawn-fcgi multiwatch
	stage
	sv_programs_start || {
		note "a program did not start"
		return 1
	}
}

stop_workers() {
	sv_programs_stop
}

# start_runner [NAME]: sallyport-runner, as service NAME, whose log is $sv_log/NAME.log.
start_runner() {
	[ -x "$sv_runner" ] || {
		mkdir -p "${sv_runner%/*}" && cp "$top_builddir/bin/sallyport-runner" "$sv_runner" && chmod -R a+rX "${sv_runner%/*}"
	} || return 1
	sv_runner_start "${1:-runner}"
}

# stop_runners [SIGNAL]: all of them.
stop_runners() {
	local file
	for file in "$sv_run"/runner*.pid; do
		[ ! -e "$file" ] || sv_stop "$(basename "$file" .pid)" "$@"
	done
}

# start_httpd [KIND]: the web server, and the programs unless it starts them itself.
start_httpd() {
	local kind=${1:-nginx} tries
	[ "$kind" != cgi ] || kind=apache-cgi
	needs "$(sv_httpd_program "$kind")" curl jq
	[ "$sv_port" != 0 ] || sv_port=$(free_port)
	if sv_httpd_starts_programs "$kind"; then stage; else start_workers || return 1; fi
	for tries in 1 2 3 4 5; do
		if sv_httpd_start "$kind"; then return 0; fi
		# perhaps somebody was faster to take the port: the issuer changes with it
		sv_port_taken "$sv_port" && [ "$tries" -lt 5 ] || break
		sv_port=$(free_port)
		sed -i "s|^issuer = .*|issuer = http://localhost:$sv_port|" "$sv_config"
		issuer=http://localhost:$sv_port
		stop_workers
		sv_httpd_starts_programs "$kind" || start_workers || return 1
	done
	note "$kind did not start: $(tail -n 5 "$sv_log/httpd.log")"
	return 1
}

. "$top_srcdir/tests/lib/http.sh"
