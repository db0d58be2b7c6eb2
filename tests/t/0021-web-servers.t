#!/bin/bash
# The whole flow behind each web server of httpd-examples/ that is installed.
. "$(dirname "$0")/../lib/sallyport.sh"
needs nginx		# as good as any to make the first token behind
start_postgres && migrate || exit 1
add_user alice

for kind in $sv_httpd_kinds; do
	if ! command -v "$(sv_httpd_program "$kind")" >/dev/null; then
		skip "$kind: not installed"
		continue
	fi
	start_httpd "$kind" || fail "$kind starts"
	is "$kind: is well" 200 "$(get /ready)"
	client=$(register_client)
	code=$(authorize_as alice "$client")
	is "$kind: a code buys a token" 200 "$(redeem "$code")"
	is "$kind: the token opens /mcp" 200 "$(call_mcp tools/list)"
	is "$kind: 401 without it" 401 "$(mcp_token='' call_mcp tools/list)"
	is "$kind: discovery" 200 "$(get /.well-known/oauth-protected-resource/mcp)"
	is "$kind: the style sheet" 200 "$(get /static/sallyport.css)"
	is "$kind: nothing else" 404 "$(get /nowhere)"
	sv_httpd_stop
	stop_workers
done
done_testing
