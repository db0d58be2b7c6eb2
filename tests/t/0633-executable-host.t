#!/bin/bash
# What this host does not have, or does not allow, that documents need: told when they are checked, shown and applied.
. "$(dirname "$0")/../lib/sallyport.sh"
start_postgres && migrate executable_dirs="$T/tools $T/more" || exit 1
mkdir -p "$T/tools/directory" "$T/more" "$T/files" && cd "$T" || exit 1
ln -s /bin/true tools/fine && ln -s /bin/true more/named && ln -s /nonexistent tools/nowhere && echo >tools/text && chmod 0644 tools/text

# told NAME COMMAND [MORE]: what check says of an executable; "" is nothing
document() { printf 'kind: tool\nname: a\ndescription: A\nexecutable:\n  command: [%s]\n%s' "$1" "${2:-}"; }
told() {
	document "$2" "${4:-}" >a.yaml
	is "$1" "${3:+a.yaml:$3
}1 document without fault" "$(sallyport catalog check a.yaml 2>&1)"
}
told "a program that is there" "$T/tools/fine" ""
told "one in a directory that is not open" /bin/true "5: warning: executable.command[0]: /bin/true is in no directory of the setting executable_dirs"
told "one that is not there" "$T/tools/none" "5: warning: executable.command[0]: there is no program $T/tools/none"
told "a link to nothing" "$T/tools/nowhere" "5: warning: executable.command[0]: there is no program $T/tools/nowhere"
told "one that nobody may execute" "$T/tools/text" "5: warning: executable.command[0]: $T/tools/text is not executable"
told "a directory" "$T/tools/directory" "5: warning: executable.command[0]: $T/tools/directory is not a file"
told "a way out of it" "$T/tools/../tools/fine" "5: warning: executable.command[0]: $T/tools/../tools/fine is not an absolute path without \".\", \"..\" and \"//\""
told "directories" "$T/tools/fine, '{f}'" "6: warning: executable.directory: there is no directory /nonexistent
a.yaml:7: warning: executable.paths.f.below: $T/a.yaml is not a directory" \
	"$(printf '  directory: /nonexistent\n  paths: {f: {below: %s}}\nparameters: {f: {type: string}}' "$T/a.yaml")"
told "directories that are there" "$T/tools/fine, '{f}'" "" \
	"$(printf '  directory: %s\n  paths: {f: {below: %s}}\nparameters: {f: {type: string}}' "$T/files" "$T/files")"

upstream() {
	printf 'kind: upstream\nname: u\ncommand: [%s]\n' "$2" >u.yaml
	is "$1" "${3:+u.yaml:3: warning: command[0]: $3
}1 document without fault" "$(sallyport catalog check u.yaml 2>&1)"
}
upstream "an upstream's command by its name" "named, server" ""
upstream "in no directory" "npx, server" "npx is in no directory of the setting executable_dirs"
upstream "by its path" "/usr/bin/env, server" "/usr/bin/env is in no directory of the setting executable_dirs"
upstream "one that is known only when it runs" '"${file:program}"' ""
echo '{"mcpServers": {"files": {"command": "uvx", "args": ["x"]}}}' >desktop.json
is "a desktop client's file" "desktop.json:1: warning: command[0]: uvx is in no directory of the setting executable_dirs
1 document without fault" "$(sallyport catalog check desktop.json 2>&1)"

# services that are not public
service() {
	printf 'kind: source\nname: s\ntype: http\nurl: %s\n%s' "$2" "$3" >s.yaml
	is "$1" "${4:+s.yaml:$4
}1 document without fault" "$(sallyport catalog check s.yaml 2>&1)"
}
service "a public service" https://example.com "" ""
service "plain http" http://example.com 'http: true' "5: warning: http: plain http needs the setting source_http, which is off"
service "a private address" https://example.com 'allow: [10.1.0.0/16, 192.168.0.0/24]' \
	"5: warning: allow[0]: nothing of 10.1.0.0/16 is in the setting source_allow
s.yaml:5: warning: allow[1]: nothing of 192.168.0.0/24 is in the setting source_allow"
printf 'source_http = true\nsource_allow = 10.0.0.0/8\n' >>"$sv_config"
service "when they are open" http://example.com $'http: true\nallow: [10.1.0.0/16]' ""
printf 'kind: tool\nname: h\ndescription: H\nhttp:\n  source: {url: "https://example.com", allow: [192.168.0.0/24]}\n' >h.yaml
is "a service in a tool" "h.yaml:5: warning: http.source.allow[0]: nothing of 192.168.0.0/24 is in the setting source_allow
1 document without fault" "$(sallyport catalog check h.yaml 2>&1)"

# the same for whom it is too late to check
document /bin/true >a.yaml
is "shown by diff" "a.yaml:5: warning: executable.command[0]: /bin/true is in no directory of the setting executable_dirs
added    tool a" "$(sallyport catalog diff a.yaml 2>&1)"
sallyport catalog apply a.yaml >out 2>err
is "and apply, which applies: another host may have it" "0 added    tool a" "$? $(cat out)"
is "with the warning apart" "a.yaml:5: warning: executable.command[0]: /bin/true is in no directory of the setting executable_dirs" "$(cat err)"
done_testing
