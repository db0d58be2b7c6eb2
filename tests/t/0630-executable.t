#!/bin/bash
# Tools that are programs: what they get, what comes of what they say, and that nothing of them outlives a call.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/exchange.sh"
. "$top_srcdir/tests/lib/programs.sh"
httpd=${HTTPD:-nginx}
needs pgrep setsid
start_postgres && migrate executable_dirs="$T/tools" credential_dirs="$T/credentials" stream_keepalive=1 || exit 1
mark=sleep-$$-$RANDOM			# in the command lines of what must not survive
mkdir "$T/credentials" "$T/files" "$T/files/sub" && printf 'a-secret-value\n' >"$T/credentials/key" && chmod 0711 "$T/credentials" &&
	chmod 0755 "$T/files" "$T/files/sub" && chmod 0644 "$T/credentials/key" || exit 1
echo inside >"$T/files/sub/file" && echo outside >"$T/outside" && ln -s ../outside "$T/files/link" || exit 1
secret a-secret-value

program show <<'END'
#!/bin/sh
for argument; do printf '[%s]' "$argument"; done
END
program surroundings <<'END'
#!/bin/sh
env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= | sort
env | sed -n 's/^KEY=a-/KEY is its /p'
pwd
umask
END
program echo <<'END'
#!/bin/sh
exec cat
END
program fail <<'END'
#!/bin/sh
printf 'some output'
printf '\033[31mno such unit: %s\033[0m\007 \377 %s\n' "$1" "$KEY" >&2
exit "$2"
END
program linger <<END
#!/bin/sh
# a process in a session of its own, one that ignores signals, and this one
setsid sh -c "setsid sh -c 'sleep 1000; : $mark-a' & trap '' TERM HUP INT; sleep 1000; : $mark-b" >/dev/null 2>&1 &
trap '' TERM HUP INT
[ "\$1" != speak ] || echo '{"progress": 1, "message": "here"}' >&2
[ "\$1" != leave ] || { echo left; exit 0; }
sleep 1000
END
program spew <<'END'
#!/bin/sh
exec yes "more and more"
END
program burn <<'END'
#!/bin/sh
while :; do :; done
END
program steps <<'END'
#!/bin/sh
echo '{"progress": 1, "total": 2, "message": "half"}' >&2
echo 'not one of them' >&2
echo '{"progress": 2, "total": 2}' >&2
echo done
END
program invalid <<'END'
#!/bin/sh
printf 'a\377b\000c\n'
END
program forbidden <<'END'
#!/bin/sh
unshare -r true 2>/dev/null && echo allowed || echo refused
END

exec_tool show '{"word": {"type": "string"}, "n": {"type": "integer"}, "loud": {"type": "boolean"}, "rest": {"type": "array", "items": {"type": "string"}}}' \
	'{"command": ["'"$T"'/tools/show", "{word}", ["-n", "{n}"], {"if": "loud", "then": ["--loud"]}, "--", "{rest...}"]}'
exec_tool preset '{"word": {"type": "string", "default": "a word"}, "n": {"type": "integer", "default": 3}, "not": {"type": "string"}}' \
	'{"command": ["'"$T"'/tools/show", "{word}", "{n}", "{not}"]}'
exec_tool surroundings '{}' '{"command": ["'"$T"'/tools/surroundings"], "environment": {"KEY": "${file:key}", "PLAIN": "a b"}, "directory": "'"$T"'/files", "output": "lines"}'
exec_tool echo_json '{"a": {}, "b": {}}' '{"command": ["'"$T"'/tools/echo"], "stdin": "json", "output": "json"}'
exec_tool echo_text '{"text": {"type": "string"}}' '{"command": ["'"$T"'/tools/echo"], "stdin": "{text}"}' max_bytes=1000
exec_tool echo_lines '{"text": {"type": "string"}}' '{"command": ["'"$T"'/tools/echo"], "stdin": "{text}", "output": "lines"}' \
	'output_schema=$o${"type": "object", "properties": {"lines": {"type": "array"}}, "required": ["lines"]}$o$'
exec_tool not_json '{"text": {"type": "string"}}' '{"command": ["'"$T"'/tools/echo"], "stdin": "{text}", "output": "json"}'
exec_tool fail '{"word": {"type": "string"}, "status": {"type": "integer"}}' '{"command": ["'"$T"'/tools/fail", "{word}", "{status}"],
	"environment": {"KEY": "${file:key}"}, "exit": {"3": "there is no such unit", "4": "ok"}}'
exec_tool no_reference '{}' '{"command": ["'"$T"'/tools/show"], "environment": {"KEY": "${env:HOME}"}}'
exec_tool read_file '{"file": {"type": "string"}}' '{"command": ["'"$T"'/tools/cat", "--", "{file}"], "paths": {"file": {"below": "'"$T"'/files"}}}'
exec_tool linger '{"how": {"type": "string"}}' '{"command": ["'"$T"'/tools/linger", "{how}"], "progress": true}' timeout_ms=700
exec_tool linger_long '{"how": {"type": "string"}}' '{"command": ["'"$T"'/tools/linger", "{how}"], "progress": true}' timeout_ms=100000
exec_tool spew '{}' '{"command": ["'"$T"'/tools/spew"], "limits": {"output": "10KiB"}}'
exec_tool burn '{}' '{"command": ["'"$T"'/tools/burn"], "limits": {"cpu": "1s"}}' timeout_ms=60000
exec_tool steps '{}' '{"command": ["'"$T"'/tools/steps"], "progress": true}'
exec_tool invalid '{}' '{"command": ["'"$T"'/tools/invalid"]}'
exec_tool forbidden '{}' '{"command": ["'"$T"'/tools/forbidden"], "seccomp": "basic"}'
exec_tool elsewhere '{}' '{"command": ["/bin/echo", "hello"]}'
exec_tool missing '{}' '{"command": ["'"$T"'/tools/nonexistent"]}'
exec_tool around '{}' '{"command": ["'"$T"'/tools/../../bin/echo", "hello"]}'
exec_tool one_at_a_time '{}' '{"command": ["'"$T"'/tools/linger"], "concurrency": 1}' timeout_ms=100000
ln -s /bin/cat "$T/tools/cat"
start_httpd "$httpd" || exit 1
add_user alice --tier admin
token_for alice >"$T/alice"

answer() { echo "$(call "$@") $(ending)"; }
structured() { final '.result.structuredContent'; }
last_row() { sql "SELECT outcome || ' ' || tool FROM sallyport.audit WHERE event = 'tool.call' ORDER BY audit_id DESC LIMIT 1"; }
until_row() {
	local i
	for i in {1..600}; do
		[ "$(last_row)" != "$1" ] || break
		sleep 0.05
	done
	last_row
}

# ---- arguments ----

is "arguments of all kinds" '200 [a b][-n][5][--loud][--][x][-y]' "$(answer show '{"word": "a b", "n": 5, "loud": true, "rest": ["x", "-y"]}')"
is "what is not given is its default" '200 [a word][4]' "$(answer preset '{"n": 4}')"
is "none of them is read by a shell" '200 [$(id) `id` ; | > * '\''"\n][--]' \
	"$(call show '{"word": "$(id) `id` ; | > * '\''\"\\n"}') $(final '.result.content[0].text' | sed 's/\\n/\n/; s/"$//; s/^"//' | tr '\n' '@' | sed 's/@$//; s/\\"/"/; s/@/\\n/')"
is "what is not there is left out" '200 [--]' "$(answer show '{}')"
is "an argument does not become an option" '200 isError word: must not begin with "-", which would be an option' "$(answer show '{"word": "--help"}')"
is "with its row" "error show" "$(last_row)"
is "a NUL does not get this far" "error -32700" "$(call show '{"word": "a\u0000b"}' >/dev/null; ending)"

# ---- paths ----

is "a path below its directory" '200 inside' "$(answer read_file '{"file": "sub/../sub/file"}')"
for path in ../outside link /etc/passwd sub/../../outside "" nonexistent .. ; do
	like "no path: '$path'" '^200 isError file: there is no such path' "$(answer read_file "{\"file\": \"$path\"}")"
done

# ---- surroundings ----

is "environment, directory and umask are what the spec says" \
	'200 {"lines":["KEY=**************","LANG=C.UTF-8","PATH=/usr/local/bin:/usr/bin:/bin","PLAIN=a b","KEY is its secret-value","'"$T"'/files","0077"]}' \
	"$(call surroundings) $(structured)"
is "a reference that the operator does not allow is no value" 'isError internal error, request id' \
	"$(call no_reference >/dev/null; ending | cut -d' ' -f1-5)"
is "system calls that no tool needs" '200 refused' "$(answer forbidden)"

# ---- what it says ----

is "JSON in and out" '200 {"a":[1,{"b":null}],"b":"\u00e4"}' "$(call echo_json '{"a": [1, {"b": null}], "b": "ä"}') $(final '.result.structuredContent' | sed 's/ä/\\u00e4/')"
is "text in and out" '200 hello' "$(answer echo_text '{"text": "hello"}')"
is "lines" '200 {"lines":["a","","b"]}' "$(call echo_lines '{"text": "a\r\n\nb\n"}') $(structured)"
is "JSON that is no object" '200 {"result":[1,2]}' "$(call not_json '{"text": " [1, 2] \n"}') $(structured)"
like "no JSON is the author's trouble" '^200 isError internal error' "$(answer not_json '{"text": "oops"}')"
is "bytes that are no text" "200 a$(printf '\xef\xbf\xbd')b$(printf '\xef\xbf\xbd')c" "$(answer invalid)"
like "more than max_bytes" 'isError the tool said more than the 1000 bytes' "$(answer echo_text "$(head -c 1001 /dev/zero | tr '\0' x | jq -R '{ text: . }')")"
like "more and more" 'isError the tool said more than the 10240 bytes' "$(answer spew)"
is "progress as it happens" '200 done 1 2' "$(call steps '{}' '{"progressToken": 7}') $(final '.result.content[0].text' -r | tr -d '"' | sed 's/\\n//') $(told .params.progress)"

# ---- how it ends ----

is "the end of standard error, cleaned" "200 isError no such unit: x $(printf '\xef\xbf\xbd') **************" "$(answer fail '{"word": "x", "status": 9}')"
is "what the author says of a status" '200 isError there is no such unit' "$(answer fail '{"word": "x", "status": 3}')"
is "a status that is no error" '200 some output' "$(answer fail '{"word": "x", "status": 4}')"
is "the row" "ok fail" "$(last_row)"
like "too much processor time" 'isError the tool used more than 1 s of processor time' "$(answer burn)"
for name in elsewhere missing around; do
	like "$name is not run" '^200 isError internal error' "$(answer $name)"
done
if [[ $httpd != *cgi ]]; then
	like "and the log says why" 'executable_dirs' "$(grep -F '"tool":"elsewhere"' "$sv_log/mcp.log")"
	like "of a program that is not there" 'ENOENT' "$(grep -F '"tool":"missing"' "$sv_log/mcp.log")"
fi

# ---- nothing survives ----

is "what a program leaves behind ends with it" '200 left' "$(answer linger '{"how": "leave"}')"
is "at once" 0 "$(living "$mark")"
is "time is over" '200 isError the tool took longer than 0.7 s and was stopped' "$(answer linger '{"how": "stay"}')"
is "for all that came of it" 0 "$(living "$mark")"
is "with its row" "error linger" "$(last_row)"

# begin TOOL META: calls it in the background, and waits until it runs; *pid
begin() {
	curl -s --max-time 100 -o "$T/left" -N "http://localhost:$sv_port/mcp" -H 'Accept: application/json, text/event-stream' \
		-H 'Content-Type: application/json' -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H "Mcp-Name: $1" \
		-H "Authorization: Bearer $(access_token)" --data-binary "$(rpc tools/call "{\"name\":\"$1\",\"arguments\":$2}" |
			jq -c '.params._meta.progressToken = 1')" >/dev/null 2>&1 &
	pid=$!
	until_living "$mark" -ge 2
}

if [[ $httpd != *cgi ]]; then
	begin linger_long '{"how":"speak"}'
	kill "$pid"
	ok "a client that leaves ends it" until_living "$mark" -eq 0
	is "its row says so" "cancelled linger_long" "$(until_row 'cancelled linger_long')"

	# all workers are busy with it, then there is no room in any of them
	pids=
	for i in {1..6}; do begin one_at_a_time '{}' && pids+=" $pid"; done
	until_row 'error one_at_a_time' >/dev/null
	is "one at a time" "error one_at_a_time" "$(last_row)"
	for i in {1..200}; do
		[ "$(sql "SELECT count(*) >= 4 FROM sallyport.audit WHERE outcome = 'error' AND tool = 'one_at_a_time'")" != t ] || break
		sleep 0.1
	done
	is "in each of our processes" t "$(sql "SELECT count(*) >= 6 - $sv_workers FROM sallyport.audit WHERE outcome = 'error' AND tool = 'one_at_a_time'")"
	pkill -9 -f "^$T/cgi-bin/mcp"		# this test's own workers, by their path
	ok "a worker that is killed leaves nothing" until_living "$mark" -eq 0
	kill $pids 2>/dev/null
	for i in {1..200}; do [ "$(call show '{}' 2>/dev/null)" != 200 ] || break; sleep 0.1; done
	is "the next one answers" '200 [--]' "$(answer show '{}')"
fi
is "no supervisor is left" 0 "$(pgrep -fc "^sallyport-exec.*$T/")"
is "no transaction stays open" 0 "$(sql "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")"
done_testing
