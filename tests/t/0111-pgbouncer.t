#!/bin/bash
# Behind PgBouncer in transaction mode, where a statement may meet any server
# connection: also one on which nobody, or somebody else, has prepared it.
. "$(dirname "$0")/../lib/sallyport.sh"
needs pgbouncer
start_empty || exit 1

bouncer=$T/bouncer
sv_private_dir "$sv_pg_user" "$bouncer"
cat >"$bouncer/ini" <<INI
[databases]
sallyport = host=$T/postgres dbname=sallyport user=postgres
[pgbouncer]
listen_addr =
unix_socket_dir = $bouncer
listen_port = 6432
auth_type = any
pool_mode = transaction
default_pool_size = 3
ignore_startup_parameters = options
INI
[ -z "$sv_pg_user" ] || chown "$sv_pg_user" "$bouncer/ini"
sv_spawn pgbouncer "$sv_pg_user" "$(command -v pgbouncer)" "$bouncer/ini"
for _ in $(seq 50); do [ -S "$bouncer/.s.PGSQL.6432" ] && break; sleep 0.1; done

load() {
	printf '\n\n' | "$top_builddir/tests/unit/db_load" restart \
		"host=$bouncer port=6432 user=postgres dbname=sallyport" 300 2>>"$sv_log/load.log"
}
is "nothing fails" "ready
idle: 0 failed
ready
idle: 0 failed
busy: 0 unavailable, 0 wrong, 0 rows missing" "$(load)"
is "the log says once why statements are not prepared" 1 \
	"$(grep -c 'a pooler mixes up prepared statements' "$sv_log/load.log")"

looks() {
	"$top_builddir/tests/unit/db_load" listen "host=$1 user=postgres dbname=sallyport" 2 2>>"$sv_log/load.log"
}
is "a listener looks once" "1 looks" "$(looks "$T/postgres")"
like "but again and again where LISTEN would be forgotten" '^[1-9][0-9] looks' "$(looks "$bouncer port=6432")"
sv_stop pgbouncer INT
done_testing
