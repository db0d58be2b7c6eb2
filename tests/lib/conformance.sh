# conformance.sh - a Sallyport for the official MCP conformance suite; sourced after sallyport.sh
#
#	conformance_start HTTPD		PostgreSQL, catalogs/conformance, programs, web server, proxy
#	conformance REVISION...		the suite (tests/clients/conformance.mjs); prints all TAP
#
# The suite can neither sign in nor send a token: it talks to a proxy on
# 127.0.0.1 that adds one, and passes everything else as it is.
#
# SP_TEST_CONFORMANCE may have these words: "spread" for four programs of one
# process each, of which the web server (nginx only) takes any for each request;
# "kill" for a process that is killed before each scenario.
# shellcheck shell=bash

conformance_start() {
	local option
	httpd=$1
	node_packages clients
	conformance_node=$(node_of_conformance) || skip_all "no Node.js 22 (./runtests npm installs one)"
	needs nginx
	for option in ${SP_TEST_CONFORMANCE:-}; do
		case $option in
		spread) conformance_spread "$httpd" ;;
		kill) ;;
		*) echo "Bail out! SP_TEST_CONFORMANCE: $option is unknown" && exit 1 ;;
		esac
	done
	proxy_port=$(free_port)
	start_postgres && migrate allowed_origins="http://127.0.0.1:$proxy_port" access_token_ttl=3600 || return 1
	sallyport catalog apply "$top_srcdir/catalogs/conformance" >"$sv_log/catalog.log" 2>&1 || {
		note "$(grep -E 'refused|:' "$sv_log/catalog.log")"
		return 1
	}
	start_httpd "$httpd" && start_runner || return 1
	add_user alice
	conformance_proxy "$(token_for alice resource="$issuer/mcp/conformance")" || {
		note "the proxy did not start: $(tail -n 5 "$sv_log/proxy.log")"
		return 1
	}
}

# The suite asks for Node.js 22; the one here, or that of tests/clients.
node_of_conformance() {
	local node
	for node in node "$top_srcdir"/tests/clients/node_modules/node-linux-*/bin/node; do
		[ "$("$node" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge 22 ] || continue
		echo "$node"
		return
	done
	return 1
}

# conformance_spread HTTPD: four programs `mcp`, each of one process, in place of one.
conformance_spread() {
	local n servers=
	[ "$1" = nginx ] || skip_all "only nginx takes any of several programs"
	stage
	# shellcheck disable=SC2034	# of build-aux/services.sh
	sv_workers=1
	for n in 1 2 3 4; do
		cp "$sv_programs/mcp" "$sv_programs/mcp-$n"
		sv_program_names+=" mcp-$n"
		servers+="server unix:/run/sallyport/mcp-$n.sock; "
	done
	cp -R "$sv_examples" "$T/httpd-examples"
	sv_examples=$T/httpd-examples
	sed -i "s|^\(upstream sallyport_mcp *{\).*|\1 random; ${servers}keepalive 8; }|" "$sv_examples/nginx.conf"
}

# conformance_proxy TOKEN: http://127.0.0.1:$proxy_port is the web server, with the token.
conformance_proxy() {
	local dir=$T/proxy
	[ -n "$1" ] || return 1
	sv_private_dir "$sv_web_user" "$dir"
	cat >"$dir/nginx.conf" <<-END
		daemon off;
		worker_processes 1;
		pid $dir/nginx.pid;
		error_log stderr notice;
		events { worker_connections 256; }
		http {
			access_log $sv_log/proxy-access.log;
			client_body_temp_path $dir/body;
			fastcgi_temp_path $dir/fastcgi;
			proxy_temp_path $dir/proxy;
			scgi_temp_path $dir/scgi;
			uwsgi_temp_path $dir/uwsgi;
			upstream sallyport { server 127.0.0.1:$sv_port; keepalive 8; }
			server {
				listen 127.0.0.1:$proxy_port;
				location / {
					proxy_pass http://sallyport;
					proxy_http_version 1.1;
					proxy_set_header Host \$http_host;
					proxy_set_header Connection "";
					proxy_set_header Authorization "Bearer $1";
					proxy_buffering off;
					proxy_read_timeout 300s;
				}
			}
		}
	END
	chown "$sv_web_user" "$dir/nginx.conf" 2>/dev/null
	chmod 0600 "$dir/nginx.conf"
	trap 'status=$?; sv_stop proxy; (exit "$status"); stop_all' EXIT
	sv_spawn proxy "$sv_web_user" nginx -p "$dir" -e stderr -c "$dir/nginx.conf"
	sv_until 10 sv_port_taken "$proxy_port"
}

# conformance REVISION...: prints the TAP of the whole test, in which each scenario is one line.
conformance() {
	HTTPD=$httpd in_home "$conformance_node" "$top_srcdir/tests/clients/conformance.mjs" \
		"http://127.0.0.1:$proxy_port/mcp/conformance" "$@"
}
