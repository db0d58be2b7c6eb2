#!/bin/bash
# docs/five-minutes.md, typed as it stands: a tool of each kind, and how long that takes a machine.
#
# A block ```LANGUAGE file=NAME is a file, ```sh run and ```console run are typed; all in their order.  Only the directory
# /srv and the port are this test's own.
. "$(dirname "$0")/../lib/sallyport.sh"
command -v python3 >/dev/null || skip_all "python3 is not installed"
start_postgres && migrate source_http=true source_allow=127.0.0.0/8 executable_dirs="$T/srv/tools" && start_httpd nginx || exit 1
add_user admin --tier admin
mkdir -p "$T/page" "$T/srv/tools" "$T/srv/handbook" && cd "$T/page" || exit 1
here() { sed -e "s|/srv/|$T/srv/|g" -e "s|127\.0\.0\.1:8080|127.0.0.1:$sv_port|g"; }

# type_block FILE: the commands of a console, each with what it says
type_block() {
	local line command='' expected=''
	compare() { [ -z "$command" ] || is "$command" "$expected" "$(eval "$command" 2>&1 | sed 's/ *$//')"; }
	while IFS= read -r line; do
		case $line in
		'$ '*) compare; command=${line#\$ } expected= ;;
		*) expected+=${expected:+$'\n'}$line ;;
		esac
	done <"$1"
	compare
}

awk -v dir="$T" '/^```/ { if (out) { close(out); out = ""; next } if ($0 ~ /^```[a-z]+ (file=|run$)/) { out = sprintf("%s/block.%02d", dir, ++n);
		print substr($0, 4) > out } next } out { print > out }' "$top_srcdir/docs/five-minutes.md"
began=$SECONDS
for block in "$T"/block.*; do
	read -r language what <"$block"
	sed 1d "$block" | here >"$block.text"
	case $language-$what in
	*-file=*) mkdir -p "$(dirname "${what#file=}")" && cp "$block.text" "${what#file=}" ;;
	sh-run) ok "$(head -n 1 "$block.text")" bash -e "$block.text" ;;
	console-run) type_block "$block.text" ;;
	esac
done
note "$((SECONDS - began)) s"
ok "a tool of each kind" test "$(sql "SELECT count(DISTINCT kind) FROM sallyport.tool")" -eq 5
done_testing
