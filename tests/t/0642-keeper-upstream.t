#!/bin/bash
# An upstream on a pipe that sallyport-keeper has: one server for many calls; and what happens when the keeper goes.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/node.sh"
. "$top_srcdir/tests/lib/upstream.sh"
. "$top_srcdir/tests/lib/programs.sh"
needs_everything
needs pgrep
# programs where the workers' user may read them
mkdir -p "$T/bin" && cp "$top_builddir/bin/sallyport-keeper" "$T/bin/" && chmod -R a+rX "$T/bin"
start_postgres && migrate access_token_ttl=3600 executable_dirs="${node%/*}" keeper_socket="$sv_run/keeper.sock" || exit 1
start_keeper() {
	sv_spawn keeper "$sv_web_user" /bin/sh -c 'exec "$@" 2>&1' sh "$T/bin/sallyport-keeper" &&
		sv_until 30 test -S "$sv_run/keeper.sock"
}
stop_keeper() { sv_stop keeper "$@"; }
trap 'stop_keeper; stop_servers; stop_all' EXIT
start_keeper && start_httpd nginx || exit 1
add_user alice
apply_upstream >/dev/null <<END || exit 1
kind: upstream
name: everything
command: ["$node", "$everything", stdio, "$T"]
keep: true
tier: public
prompts: true
resources: true
timeout: 90s
END
mcp_token=$(token_for alice)
servers() { pgrep -fc "^$node $everything stdio $T"; }

tool everything_echo '{"message": "first"}'
is "a call" "Echo: first" "$(said)"
ok "servers are kept" test "$(servers)" -ge 1
before=$(grep -c '"server started"' "$sv_log/keeper.log")
for i in {1..10}; do tool everything_echo '{"message": "again"}'; done
is "the tenth of ten" "Echo: again" "$(said)"
is "they start none" "$before" "$(grep -c '"server started"' "$sv_log/keeper.log")"

pid=$(sv_pid keeper)
kill -9 "$pid"
wait "$pid" 2>/dev/null
ok "a keeper that is killed leaves none" until_living "^$node $everything stdio $T" -eq 0
tool everything_echo '{"message": "nobody there"}'
is "without it a call says so" true "$(json '.result.isError // (.error != null)')"
stop_keeper
ok "the next one starts" start_keeper
tool everything_echo '{"message": "back"}'
is "and calls go on" "Echo: back" "$(said)"
stop_keeper
ok "a keeper that is stopped leaves none" until_living "^$node $everything stdio $T" -eq 0
is "and no supervisor" 0 "$(pgrep -fc "^sallyport-exec.*$everything stdio $T")"
done_testing
