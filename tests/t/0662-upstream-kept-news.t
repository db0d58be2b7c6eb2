#!/bin/bash
# Resources of server-everything on a pipe that sallyport-keeper has: its updates, which a tool turns on, reach a stream.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/listen.sh"
. "$top_srcdir/tests/lib/node.sh"
. "$top_srcdir/tests/lib/upstream.sh"
needs_everything
plan 5
start_postgres && migrate access_token_ttl=3600 executable_dirs="${node%/*}" keeper_socket="$sv_run/keeper.sock" &&
	start_httpd nginx && start_runner || exit 1
add_user alice
mcp_token=$(token_for alice)
cp "$top_builddir/bin/sallyport-keeper" "$sv_programs/"
user=()
[ -z "$sv_web_user" ] || user=(setpriv --reuid "$sv_web_user" --clear-groups)
serve keeper "${user[@]}" env SALLYPORT_CONFIG="$sv_config" "$sv_programs/sallyport-keeper"
sv_until 20 test -S "$sv_run/keeper.sock" || exit 1
is "kept" 0 "$(apply_upstream <<-END
	kind: upstream
	name: everything
	command: ["$node", "$everything", stdio]
	keep: true
	tier: public
	resources: true
	timeout: 90s
END
)"
updated() {
	messages one | grep -c '^notifications/resources/updated everything+demo://resource/dynamic/text/1$'
}
updated_more() {
	[ "$(updated)" -gt "$1" ]
}
listen one '{"resourceSubscriptions":["everything+demo://resource/dynamic/text/1"]}'
ok "it is subscribed to" sv_until 60 updated_more 0
before=$(updated)
# without capabilities, as the runner is: the same child
tool everything_toggle-subscriber-updates
like "a call turns its updates on" Started "$(said)"
ok "of which the stream hears" sv_until 60 updated_more "$before"
stop_listening one
sql "DELETE FROM sallyport.upstream_watch" >/dev/null
unfollowed() {
	[ "$(sql "SELECT count(*) FROM sallyport.upstream_state WHERE follower IS NOT NULL")" = 0 ]
}
ok "when nobody wants to hear of anything it is left alone" sv_until 60 unfollowed
