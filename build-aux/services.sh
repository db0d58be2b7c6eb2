# services.sh - a private PostgreSQL, the programs and a web server in a
# directory of their own; sourced (bash) by quickstart and by tests/lib.
#
# Everything runs in the foreground of its own session, writes its log to
# $sv_log/NAME.log, and its process id stands in $sv_run/NAME.pid.  The functions
# work under `set -e` and without.  Set before use:
#
#	sv_home		directory that holds the following ones by default
#	sv_run		sockets and process ids (short: a socket path has 107 bytes)
#	sv_log		logs
#	sv_pg_user	who runs PostgreSQL       "" means: whoever runs this
#	sv_web_user	who runs the programs and the web server
#	sv_programs	directory of the FastCGI programs
#	sv_runner	the program sallyport-runner
#	sv_www		directory with static/ and templates/
#	sv_examples	httpd-examples/ of the source tree
#	sv_config	the settings file
#	sv_port		TCP port of the web server on 127.0.0.1
#	sv_workers	processes per program
# shellcheck shell=bash

# The programs that the web server talks to: one per route family.
sv_program_names="well-known authorize token register mcp tools status"

# Debian keeps these out of the path of ordinary users.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# sv_packages NAME...: installs the Debian packages that are missing, as root or by sudo.
sv_packages() {
	local package missing=() sudo=()
	if ! command -v apt-get >/dev/null; then
		echo "no apt-get here: the packages are taken for granted"
		return 0
	fi
	for package; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
	done
	[ "${#missing[@]}" -gt 0 ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		if ! sudo -n true 2>/dev/null && ! { [ -t 0 ] && sudo -v; }; then
			echo "packages are missing and sudo asks for a password; install them, then run this again:"
			echo "    apt-get install ${missing[*]}"
			return 1
		fi
		sudo=(sudo -n)
	fi
	echo "installing ${missing[*]}"
	set -- env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
		install --no-install-recommends "${missing[@]}"
	# the lists of packages may be old, or not there at all
	"${sudo[@]}" "$@" || { "${sudo[@]}" apt-get -q update && "${sudo[@]}" "$@"; }
}

# The newest PostgreSQL server from version 15 on: its directory of programs.
# Who asks often sets sv_pg_bin to the answer.
sv_postgres_bin() {
	local dir
	[ -z "${sv_pg_bin:-}" ] || { echo "$sv_pg_bin"; return; }
	for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin /usr/local/pgsql/bin | sort -Vr) \
		"$(dirname "$(command -v postgres || echo /nowhere/postgres)")"; do
		[ -x "$dir/postgres" ] && [ -x "$dir/initdb" ] || continue
		[ "$("$dir/postgres" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')" -ge 15 ] || continue
		echo "$dir"
		return 0
	done
	return 1
}

# sv_as USER COMMAND...: runs it as that user ("" or oneself: as it is).
sv_as() {
	local user=$1
	shift
	if [ -z "$user" ] || [ "$user" = "$(id -un)" ]; then
		"$@"
	else
		setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups --no-new-privs "$@"
	fi
}

# Makes a directory that belongs to USER alone.
sv_private_dir() {
	mkdir -p "$2" && chmod 0700 "$2" || return 1
	[ -z "$1" ] || [ "$1" = "$(id -un)" ] || chown "$1" "$2"
}

# ---- processes ----

# "STATE START" of a process: one letter, and the clock tick at which it began.
sv_stat() {
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
	# shellcheck disable=SC2086	# fields, from the third on
	set -- ${stat##*) }
	echo "$1 ${20}"
}

# The process id of a service that runs; its number may have gone to somebody
# else meanwhile, so the time of its start is compared.
sv_pid() {
	local pid start stat
	read -r pid start 2>/dev/null <"$sv_run/$1.pid" || return 1
	stat=$(sv_stat "$pid")
	case $stat in
	Z\ * | X\ *) return 1 ;;
	*" $start") echo "$pid" ;;
	*) return 1 ;;
	esac
}

sv_running() {
	sv_pid "$1" >/dev/null
}

# sv_spawn NAME USER COMMAND...: in the background, in a session of its own, with
# an environment that holds only what is said here.
sv_spawn() {
	local name=$1 user=$2 pid fd
	shift 2
	(
		# no lock or pipe of the caller may live on in a service
		for fd in /proc/self/fd/*; do
			fd=${fd##*/}
			[ "$fd" -le 2 ] || eval "exec $fd>&-"
		done
		cd "$sv_home" || exit 1
		# sv_env: more of the environment, for tests (sanitizer options)
		set -- env -i PATH="$PATH" LANG=C.UTF-8 SALLYPORT_CONFIG="$sv_config" ${sv_env:+"${sv_env[@]}"} setsid "$@"
		if [ -n "$user" ] && [ "$user" != "$(id -un)" ]; then
			exec setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups --no-new-privs "$@"
		fi
		exec "$@"
	) </dev/null >>"$sv_log/$name.log" 2>&1 &
	pid=$!
	sv_stat "$pid" | sed "s/^./$pid/" >"$sv_run/$name.pid"
}

# sv_stop NAME [SIGNAL]: ends it and what it started; after 20 seconds by force.
sv_stop() {
	local pid signal=${2:-TERM} tries=0
	if pid=$(sv_pid "$1"); then
		kill -s "$signal" "$pid" 2>/dev/null || :
		while sv_running "$1"; do
			tries=$((tries + 1))
			if [ "$tries" -eq 400 ]; then
				kill -s KILL -- "-$pid" "$pid" 2>/dev/null || :
			elif [ "$tries" -gt 440 ]; then
				return 1
			fi
			sleep 0.05
		done
		wait "$pid" 2>/dev/null || :	# when it is a child of ours
	fi
	rm -f "$sv_run/$1.pid"
}

# sv_until SECONDS COMMAND...: tries until it works.
sv_until() {
	local tries=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

# ---- PostgreSQL: a cluster in $sv_home/postgres/data, its socket in $sv_home/postgres ----

# sv_postgres_init [INITDB OPTION]...: makes the cluster; its superuser is `postgres`.
sv_postgres_init() {
	local bin
	bin=$(sv_postgres_bin) || return 1
	sv_private_dir "$sv_pg_user" "$sv_home/postgres" && chmod 0711 "$sv_home/postgres" || return 1
	(cd "$sv_home/postgres" && sv_as "$sv_pg_user" "$bin/initdb" -D "$sv_home/postgres/data" -U postgres \
		--encoding=UTF8 --locale=C.UTF-8 --no-instructions "$@")
}

# sv_postgres_start [-c NAME=VALUE]...
sv_postgres_start() {
	local bin
	sv_running postgres && return 0
	bin=$(sv_postgres_bin) || return 1
	sv_spawn postgres "$sv_pg_user" "$bin/postgres" -D "$sv_home/postgres/data" \
		-c listen_addresses= -c unix_socket_directories="$sv_home/postgres" "$@"
	sv_until 30 sv_postgres_ready || return 1
}

sv_postgres_ready() {
	sv_running postgres || return 0	# ended: no use in waiting; the caller's next step tells
	"$(sv_postgres_bin)/pg_isready" -q -h "$sv_home/postgres" -d postgres
}

# Sessions are cut, what was committed stays.
sv_postgres_stop() {
	sv_stop postgres INT
}

# ---- the programs, as FastCGI services ----

# multiwatch starts a program again when it dies; the socket stays open meanwhile.
# A program that dies 50 times within a second of its start is given up.
# spawn-fcgi takes standard error away: it is given back from standard output.
sv_program_start() {
	sv_running "$1" && return 0
	rm -f "$sv_run/$1.sock"
	# multiwatch hands SIGTERM on as SIGUSR1, which drains; with -s TERM its children are just gone
	sv_spawn "$1" "$sv_web_user" spawn-fcgi -n -s "$sv_run/$1.sock" -M 0600 -- \
		/bin/sh -c 'exec "$@" 2>&1' sh "$(command -v multiwatch)" -f "${sv_workers:-2}" -r 50 -t 1000 -- "$sv_programs/$1"
}

sv_programs_start() {
	local name
	for name in $sv_program_names; do
		sv_program_start "$name" || return 1
	done
	for name in $sv_program_names; do
		sv_until 10 test -S "$sv_run/$name.sock" || return 1
	done
}

sv_programs_stop() {
	local name
	for name in $sv_program_names; do
		sv_stop "$name"
		rm -f "$sv_run/$name.sock"
	done
}

# ---- the program that runs tasks ----

# sv_runner_start [NAME]: $sv_runner, as service NAME (runner).
sv_runner_start() {
	sv_running "${1:-runner}" ||
		sv_spawn "${1:-runner}" "$sv_web_user" /bin/sh -c 'exec "$@" 2>&1' sh "$sv_runner"
}

# ---- the web server: a site of httpd-examples/ under a main file of our own ----

# sv_site EXAMPLE: the example with our paths in place of the packaged ones.
sv_site() {
	sed -e "s|/run/sallyport/|$sv_run/|g" -e "s|/usr/libexec/sallyport|$sv_programs|g" \
		-e "s|/usr/share/sallyport/|$sv_www/|g" -e "s|/etc/sallyport.conf|$sv_config|g" \
		-e "s|127\.0\.0\.1:8080|127.0.0.1:$sv_port|g" -e "s|localhost:8080|localhost:$sv_port|g" \
		-e "s|port: 8080|port: $sv_port|g" "$sv_examples/$1"
}

# The kinds of web server; NAME-cgi and apache-htaccess run the programs as plain CGI.
sv_httpd_kinds="nginx apache apache-fcgid apache-cgi apache-htaccess lighttpd lighttpd-cgi caddy h2o"

# sv_httpd_needs KIND: the Debian packages it takes.
sv_httpd_needs() {
	case $1 in
	nginx | caddy | h2o) echo "$1" ;;
	apache | apache-cgi | apache-htaccess) echo apache2 ;;
	apache-fcgid) echo apache2 libapache2-mod-fcgid ;;
	lighttpd | lighttpd-cgi) echo lighttpd ;;
	*) return 1 ;;
	esac
}

# sv_httpd_program KIND: what must be in the path for it.
sv_httpd_program() {
	case $1 in
	apache*) echo apache2 ;;
	*) echo "${1%-cgi}" ;;
	esac
}

# sv_httpd_starts_programs KIND: no services are needed beside it.
sv_httpd_starts_programs() {
	case $1 in *cgi | *-fcgid | *-htaccess) true ;; *) false ;; esac
}

# sv_httpd_configure KIND: writes the files and sets sv_httpd_command.
sv_httpd_configure() {
	local dir=$sv_home/httpd
	sv_private_dir "$sv_web_user" "$dir" || return 1
	case $1 in
	nginx)
		sv_site nginx.conf >"$dir/site.conf"
		# localhost is ::1 first for many clients
		[ ! -e /proc/net/if_inet6 ] || ! grep -q '^0\{31\}1 ' /proc/net/if_inet6 ||
			sed -i -E "s|^([[:space:]]*)listen 127.0.0.1:($sv_port);|&\n\1listen [::1]:\2;|" "$dir/site.conf"
		cat >"$dir/nginx.conf" <<-END
			daemon off;
			worker_processes 2;
			pid $dir/nginx.pid;
			error_log stderr notice;
			events { worker_connections 1024; }
			http {
				include /etc/nginx/mime.types;
				server_tokens off;
				access_log $sv_log/access.log;
				client_body_temp_path $dir/body;
				fastcgi_temp_path $dir/fastcgi;
				proxy_temp_path $dir/proxy;
				scgi_temp_path $dir/scgi;
				uwsgi_temp_path $dir/uwsgi;
				include $dir/site.conf;
			}
		END
		sv_httpd_command=(nginx -p "$dir" -e stderr -c "$dir/nginx.conf")
		;;
	apache | apache-fcgid | apache-cgi | apache-htaccess)
		sv_private_dir "$sv_web_user" "$dir/htdocs"
		sv_apache_configure "$1" "$dir"
		sv_httpd_command=(apache2 -D FOREGROUND -f "$dir/apache.conf")
		;;
	lighttpd | lighttpd-cgi)
		{
			cat <<-END
				server.modules = ()
				server.bind = "127.0.0.1"
				server.port = $sv_port
				server.document-root = "$dir/htdocs"
				mimetype.assign = ( ".css" => "text/css", ".svg" => "image/svg+xml", ".png" => "image/png",
				    ".ico" => "image/x-icon", ".js" => "text/javascript", ".woff2" => "font/woff2" )
			END
			sv_site "$1.conf"
		} >"$dir/lighttpd.conf"
		sv_httpd_command=(lighttpd -D -f "$dir/lighttpd.conf")
		;;
	caddy)
		{
			printf '{\n\tadmin off\n\tauto_https off\n\tstorage file_system %s\n}\n' "$dir/storage"
			sv_site Caddyfile
		} >"$dir/Caddyfile"
		sv_httpd_command=(caddy run --config "$dir/Caddyfile" --adapter caddyfile)
		;;
	h2o)
		{
			printf 'temp-buffer-path: %s\n' "$dir"
			sv_site h2o.conf
		} >"$dir/h2o.conf"
		sv_httpd_command=(h2o -m worker -c "$dir/h2o.conf")
		;;
	*)
		echo "unknown web server: $1 (one of: $sv_httpd_kinds)" >&2
		return 1
		;;
	esac
}

sv_apache_configure() {
	local dir=$2 module modules="mpm_event authz_core alias env headers mime setenvif rewrite proxy proxy_fcgi"
	case $1 in
	apache-cgi | apache-htaccess) modules+=" cgid" ;;
	apache-fcgid) modules+=" fcgid" ;;
	esac
	# A file of its own: Apache opens the log twice, and by then its /dev/stderr is /dev/null.
	{
		printf 'ServerRoot "%s"\nDefaultRuntimeDir "%s"\nPidFile "%s/apache.pid"\nErrorLog "%s/apache.log"\n' \
			"$dir" "$dir" "$dir" "$sv_log"
		printf 'Listen 127.0.0.1:%s\nServerName localhost\nServerTokens Prod\nTypesConfig /etc/mime.types\n' "$sv_port"
		for module in $modules; do
			printf 'LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n' "$module" "$module"
		done
		printf '<Directory "/">\n\tAllowOverride None\n\tRequire all denied\n</Directory>\n'
		printf 'DocumentRoot "%s"\n<Directory "%s">\n\tRequire all granted\n</Directory>\n' "$dir/htdocs" "$dir/htdocs"
		printf 'StartServers 1\nServerLimit 2\nThreadsPerChild 32\nMaxRequestWorkers 64\n'
		case $1 in
		apache-cgi | apache-htaccess) printf 'ScriptSock "%s/cgid.sock"\n' "$sv_run" ;;
		apache-fcgid) printf 'FcgidIPCDir "%s"\nFcgidProcessTableFile "%s/fcgid.shm"\n' "$sv_run" "$dir" ;;
		esac
		case $1 in
		apache) sv_site apache-proxy_fcgi.conf ;;
		apache-htaccess) sv_htaccess_host "$dir/htdocs" ;;
		*) sv_site "$1.conf" ;;
		esac
	} >"$dir/apache.conf"
}

# What a shared host gives: a document root with CGI in cgi-bin/ and little else.
sv_htaccess_host() {
	local root=$1 name
	printf '<Directory "%s">\n\tAllowOverride AuthConfig FileInfo\n</Directory>\n' "$root"
	printf '<Directory "%s/cgi-bin">\n\tOptions ExecCGI\n\tSetHandler cgi-script\n</Directory>\n' "$root"
	mkdir -p "$root/cgi-bin"
	for name in $sv_program_names; do cp "$sv_programs/$name" "$root/cgi-bin/$name.cgi" || return 1; done
	cp -R "$sv_www/static" "$root/"
	sv_site htaccess >"$root/.htaccess"
	[ -z "$sv_web_user" ] || chown -R "$sv_web_user" "$root"
}

# Configures and starts; fails when the port is not ours within 10 seconds.
sv_httpd_start() {
	sv_running httpd && return 0
	sv_httpd_configure "$1" || return 1
	sv_spawn httpd "$sv_web_user" "${sv_httpd_command[@]}"
	sv_until 10 sv_httpd_ready && sv_running httpd
}

sv_httpd_ready() {
	sv_running httpd || return 0	# ended: no use in waiting
	sv_port_taken "$sv_port"
}

# Somebody listens on the port of 127.0.0.1.
sv_port_taken() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

sv_httpd_stop() {
	sv_stop httpd
}

sv_httpd_reload() {
	kill -s HUP "$(sv_pid httpd)"
}
