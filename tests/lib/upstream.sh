# upstream.sh - servers for kind upstream; sourced after sallyport.sh, mcp.sh and node.sh
# shellcheck shell=bash

# absolute: children have another working directory
everything=$(cd "$top_srcdir" && pwd)/tests/clients/node_modules/@modelcontextprotocol/server-everything/dist/index.js
# shellcheck disable=SC2034	# of the tests
node=$(readlink -f "$(command -v node)")

needs_everything() {
	node_packages clients
	[ -e "$everything" ] || skip_all "no server-everything in tests/clients"
	[ -z "$sv_web_user" ] || setpriv --reuid "$sv_web_user" --clear-groups test -r "$everything" ||
		skip_all "the user of the programs cannot read tests/clients"
}

# serve NAME COMMAND...: a server in the background that is gone with the test.
serve() {
	local name=$1
	shift
	(exec setsid "$@") >"$sv_log/$name.log" 2>&1 &
	echo $! >"$T/$name.server"
}

stop_server() {
	local pid
	pid=$(cat "$T/$1.server" 2>/dev/null) && kill -9 -- "-$pid" 2>/dev/null
	rm -f "$T/$1.server"
}

stop_servers() {
	local file
	for file in "$T"/*.server; do
		[ ! -e "$file" ] || stop_server "$(basename "$file" .server)"
	done
}
trap 'stop_servers; stop_all' EXIT

# answers PORT: whether somebody listens there.
answers() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# apply_upstream: the document on standard input; prints the exit status, and $T/out has what was said.
apply_upstream() {
	cat >"$T/upstream.yaml"
	sallyport catalog apply "$T/upstream.yaml" >"$T/out" 2>&1
	local status=$?
	catalog_known
	echo "$status"
}

# listed METHOD MEMBER KEY: what our client is shown, on one line.
listed() {
	name='' method=$1 post_mcp "$(rpc "$1")" >/dev/null
	json "[.result.$2[].$3] | sort | join(\" \")"
}

# tool NAME [ARGUMENTS]: a call; the answer is $T/answer.body.
tool() {
	name=$1 method=tools/call post_mcp "$(rpc tools/call "$(jq -nc --arg name "$1" --argjson a "${2:-"{}"}" '{name: $name, arguments: $a}')")" "${@:3}" >/dev/null
}

# said: the text of the last result.
said() {
	json '.result.content[0].text // .error.message'
}
