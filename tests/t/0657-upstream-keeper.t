#!/bin/bash
# Every feature of server-everything on a pipe that sallyport-keeper has, for clients of both eras.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/node.sh"
. "$top_srcdir/tests/lib/upstream.sh"
needs_everything
start_postgres && migrate access_token_ttl=3600 executable_dirs="${node%/*}" keeper_socket="$sv_run/keeper.sock" &&
	start_httpd nginx || exit 1
add_user alice
# the same user as the workers: nobody else may connect
cp "$top_builddir/bin/sallyport-keeper" "$sv_programs/"
user=()
[ -z "$sv_web_user" ] || user=(setpriv --reuid "$sv_web_user" --clear-groups)
serve keeper "${user[@]}" env SALLYPORT_CONFIG="$sv_config" "$sv_programs/sallyport-keeper"
sv_until 20 test -S "$sv_run/keeper.sock" || {
	note "the keeper did not start: $(tail -n 3 "$sv_log/keeper.log")"
	exit 1
}
apply_upstream >/dev/null <<END || exit 1
kind: upstream
name: everything
command: ["$node", "$everything", stdio]
keep: true
tier: public
prompts: true
resources: true
timeout: 90s
END
note "$(grep -v '^added' "$T/out")"
token=$(token_for alice)
SP_TEST_TOKEN=$token run_node clients/upstream.mjs v2 "$issuer/mcp" everything
