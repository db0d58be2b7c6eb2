#!/bin/bash
# ./quickstart from a fresh copy of the tree, as a new user does it: run by
# ./runtests quickstart, not by make check, because it builds everything again.
. "$(dirname "$0")/tap.sh"
. "$top_srcdir/build-aux/services.sh"

T=$(mktemp -d /tmp/sallyport-t.XXXXXX) || exit 1
chmod 0755 "$T"
leave() {
	"$T/sallyport/quickstart" destroy >/dev/null 2>&1
	rm -rf "$T"
}
trap leave EXIT
for name in "${!SALLYPORT_@}"; do unset "$name"; done

# what git has, or what is in the tarball
mkdir "$T/sallyport"
cd "$top_srcdir" || exit 1
if git rev-parse --git-dir >/dev/null 2>&1; then git ls-files -z; else find . -type f -print0; fi |
	grep -zv '^\(./\)\?var/' | tar --null -T - -cf - | tar -C "$T/sallyport" -xf -
cd "$T/sallyport" || exit 1

free_port() {
	local port
	while port=$((20000 + (RANDOM << 15 | RANDOM) % 12000)); sv_port_taken "$port"; do :; done
	echo "$port"
}

seconds() {
	local began
	began=$(date +%s)
	"$@" >"$T/output" 2>&1 || { note "failed: $*" "$(tail -n 30 "$T/output")"; return 1; }
	echo $(($(date +%s) - began))
}

member() {
	jq -r --arg name "$1" '.[$name] // ""' "$T/sallyport/var/quickstart.json"
}

status_of() {
	curl -s -o /dev/null -w '%{http_code}' "$@"
}

port=$(free_port)
took=$(SALLYPORT_PORT=$port seconds ./quickstart) || { fail "quickstart works" "$took"; done_testing; exit 1; }
note "the first time took $took s"
pass "quickstart works"
is "base_url" "http://localhost:$port" "$(member base_url)"
is "issuer" "http://localhost:$port" "$(member issuer)"
is "mcp_url" "http://localhost:$port/mcp" "$(member mcp_url)"
is "username" admin "$(member username)"
like "password" '^[a-z2-9]{20}$' "$(member password)"
is "nobody else may read them" 600 "$(stat -c %a var/quickstart.json)"
like "the URL is printed" "MCP URL +http://localhost:$port/mcp" "$(cat "$T/output")"
like "and the password" "Password +$(member password)" "$(cat "$T/output")"
ok "the command finds its settings by SALLYPORT_CONFIG" \
	env SALLYPORT_CONFIG="$(member config)" "$(member sallyport)" doctor
is "the programs are ready" 200 "$(status_of "http://localhost:$port/ready")"
is "/mcp wants a token" 401 "$(status_of -X POST "http://localhost:$port/mcp")"
is "PostgreSQL is not on the network" "" \
	"$(ss -Hltnp 2>/dev/null | grep -F "pid=$(cut -d' ' -f1 var/run/postgres.pid)," || true)"
is "nor is it root's" no "$(ps -o user= -p "$(cut -d' ' -f1 var/run/postgres.pid)" | grep -qx root && echo yes || echo no)"
like "this tree is searched" '[1-9][0-9]* files' "$(cat var/quickstart.log)"

password=$(member password)
echo 'source_http = true' >>"$(member config)"
ok "status is good while it runs" ./quickstart status
took=$(seconds ./quickstart)
is "again: under 30 seconds" yes "$([ "$took" -lt 30 ] && echo yes)"
is "with the same password" "$password" "$(member password)"
is "and port" "http://localhost:$port" "$(member base_url)"
is "a setting that was added stays" 1 "$(grep -c '^source_http = true$' "$(member config)")"

# a second one beside it
port2=$(free_port)
ok "another one beside it" env SALLYPORT_PORT="$port2" SALLYPORT_VAR="$T/second" SALLYPORT_USER=alice \
	SALLYPORT_PASSWORD='quote " back \ slash' ./quickstart
is "with a port of its own" 200 "$(status_of "http://localhost:$port2/ready")"
is "and a password of any kind" 'quote " back \ slash' "$(jq -r .password "$T/second/quickstart.json")"
is "the first one still runs" 200 "$(status_of "http://localhost:$port/ready")"
like "a port that is taken is refused" 'port [0-9]+ is taken' \
	"$(SALLYPORT_PORT=$port SALLYPORT_VAR=$T/third ./quickstart 2>&1)"
ok "the second is destroyed" env SALLYPORT_VAR="$T/second" ./quickstart destroy
is "and leaves nothing" no "$([ -e "$T/second" ] && echo yes || echo no)"

ok "stop" ./quickstart stop
./quickstart status >/dev/null
is "status says so" 3 $?
is "nobody listens" no "$(sv_port_taken "$port" && echo yes || echo no)"
ok "start again" ./quickstart
is "with its data" "$password" "$(member password)"
ok "destroy" ./quickstart destroy
is "leaves nothing in var" no "$([ -e var ] && echo yes || echo no)"
is "and no process" "" "$(ps -eo pid,args | grep -F "$T/" | grep -v grep)"
if git -C "$top_srcdir" rev-parse --git-dir >/dev/null 2>&1; then
	git init -q . && git add -A .
	is "nothing but ignored files is new in the clone" "" \
		"$(comm -13 <(git -C "$top_srcdir" ls-files | sort) <(git ls-files | sort))"
else
	skip "no git here"
fi
done_testing
