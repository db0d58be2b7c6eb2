# node.sh - running *.mjs against the Sallyport of a test; sourced after sallyport.sh
# shellcheck shell=bash

# node_packages FOLDER: skips the test where Node.js or the packages of tests/FOLDER are missing.
node_packages() {
	needs node
	# fetch, and what the MCP SDK asks for
	[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || skip_all "Node.js 20 or newer is not installed"
	[ -e "$top_srcdir/tests/$1/node_modules" ] || skip_all "no packages in tests/$1 (./runtests npm installs them)"
}

# run_node FILE [ARGUMENT]...: it prints the TAP of the whole test.  Nothing of
# the tester's own settings is read or written.
run_node() {
	local file=$1
	shift
	mkdir -p "$T/home"
	env HOME="$T/home" XDG_CONFIG_HOME="$T/home" XDG_CACHE_HOME="$T/home" XDG_RUNTIME_DIR="$T/home" NO_COLOR=1 \
		SP_TEST_ISSUER="$(sed -n 's/^issuer = //p' "$sv_config")" SP_TEST_DIR="$T" SP_TEST_PORT="$sv_port" \
		timeout -k 5 "${node_seconds:-120}" node "$top_srcdir/tests/$file" "$@"
}
