#!/bin/bash
# The MCP Inspector's command line, with the sign-in of its own in a browser.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/node.sh"
node_packages clients
start_postgres && migrate && index_tree && start_httpd || exit 1
add_user alice
browser_of alice

callback=http://127.0.0.1:$(free_port)/oauth/callback
node_seconds=40
inspect() {
	MCP_AUTO_OPEN_ENABLED=true MCP_INSPECTOR_SECRET_STORE=file in_home \
		node "$top_srcdir/tests/clients/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js" \
		--cli "$issuer/mcp" --callback-url "$callback" --format json --quiet "$@" 2>>"$T/inspector.err"
}

opened() {
	grep -c . "$T/opened"
}

# files: the files that a search_code result names
files() {
	jq -r '.. | objects | (.structuredContent // (.content[0]?.text? | fromjson?)) // empty
		| .data.items[]? | .file // .path // .file_path' 2>/dev/null
}

is "nobody signed in: it says so" 3 "$(inspect --stored-auth-only --method tools/list >/dev/null; echo $?)"
is "and no browser was opened" 0 "$(opened)"
list=$(inspect --method tools/list --strict)
is "signs in, lists the tools, and finds no fault in their schemas" 0 $?
like "search_code is among them" '"search_code"' "$list"
is "the browser was needed once" 1 "$(opened)"

for era in modern legacy; do
	like "$era: a call finds the right file" '^lib/people/password\.c$' "$(inspect --protocol-era "$era" \
		--method tools/call --tool-name search_code --tool-arg query=sp_password_verify | files)"
	like "$era: the list is the same" '"search_code"' "$(inspect --protocol-era "$era" --method tools/list)"
done
is "all that with the tokens of the first time" 1 "$(opened)"

like "signing in anew works" '"search_code"' "$(inspect --relogin --method tools/list)"
is "and needed the browser" 2 "$(opened)"
done_testing
