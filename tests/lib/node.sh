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
	in_home node "$top_srcdir/tests/$file" "$@"
}

# in_home COMMAND...: with $T/home as home, within node_seconds.
in_home() {
	mkdir -p "$T/home"
	env HOME="$T/home" XDG_CONFIG_HOME="$T/home" XDG_CACHE_HOME="$T/home" XDG_RUNTIME_DIR="$T/home" NO_COLOR=1 \
		BROWSER="$T/bin/browser" \
		SP_TEST_ISSUER="$(sed -n 's/^issuer = //p' "$sv_config")" SP_TEST_DIR="$T" SP_TEST_PORT="$sv_port" \
		timeout -k 5 "${node_seconds:-240}" "$@"
}

# A certificate for localhost and *.example.test, trusted by nobody else: $T/tls.key, $T/tls.pem.
make_certificate() {
	needs openssl
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=tests \
		-addext 'subjectAltName=DNS:localhost,DNS:*.example.test' -keyout "$T/tls.key" -out "$T/tls.pem" 2>/dev/null
	chmod 0644 "$T/tls.pem"
}

# index_tree: this very source tree into the code search.
index_tree() {
	sallyport catalog apply "$top_srcdir/catalogs/codesearch" >"$sv_log/catalog.log" 2>&1 &&
		"$top_builddir/bin/sallyport-index" "$top_srcdir" >"$sv_log/index.log" 2>&1
}

# browser_of USER: programs that open a browser get one in which this person signs in
# and allows.  What was opened is in $T/opened.
browser_of() {
	mkdir -p "$T/bin"
	cat >"$T/bin/browser" <<-END
		#!/bin/sh
		exec node '$top_srcdir/tests/clients/person.mjs' '$1' "\$1"
	END
	chmod +x "$T/bin/browser"
	: >"$T/opened"
}
