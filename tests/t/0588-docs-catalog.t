#!/bin/bash
# docs/catalog.md and catalogs/examples: every document in them is without fault, and the page's own can be applied.
#
# In the page a block ```yaml file=NAME is a file; all of them together are one catalog.  What stands in a
# block ```console run is typed.
. "$(dirname "$0")/../lib/sallyport.sh"
start_postgres && migrate || exit 1

mkdir "$T/page"
awk -v dir="$T/page" '/^```/ { if (out) { close(out); out = "" } else if (match($0, /^```(yaml|json) file=[A-Za-z0-9_.-]+$/)) {
		out = dir "/" substr($0, index($0, "=") + 1); printf "" > out }; next }
	out { print > out }' "$top_srcdir/docs/catalog.md"
cd "$T/page" || exit 1
ok "the page has examples" test -s orders.yaml
like "they are without fault" '^[0-9]+ documents? without fault$' "$(sallyport catalog check . 2>&1)"

# what is typed with them, one block after another
add_user alice
type_block() {
	local line command='' expected='' got='' words

	while IFS= read -r line; do
		case $line in
		'$ sallyport '*)
			[ -z "$command" ] || is "$command" "$expected" "$got"
			command=${line#\$ } expected=
			eval "words=($command)"		# as a shell reads it
			got=$("${words[@]}" 2>&1)
			;;
		*) expected+=${expected:+$'\n'}$line ;;
		esac
	done <"$1"
	is "$command" "$expected" "$got"
}
awk -v dir="$T" '/^```/ { if (out) { close(out); out = "" } else if ($0 == "```console run") out = sprintf("%s/typed.%02d", dir, ++n); next }
	out { print > out }' "$top_srcdir/docs/catalog.md"
for block in "$T"/typed.*; do
	type_block "$block"
done
ok "all of them are applied" sallyport catalog apply .
is "and are there" "nothing has changed" "$(sallyport catalog apply . 2>"$T/warnings")"
like "with a word about the program that is not" 'count.yaml:[0-9]+: warning: .*/opt/tools/wc is in no directory' "$(cat "$T/warnings")"

sallyport catalog export >"$T/export.yaml"
ok "what is exported is without fault" sallyport catalog check "$T/export.yaml"
sql "DELETE FROM sallyport.resource WHERE name <> ''; DELETE FROM sallyport.tool; DELETE FROM sallyport.mcp_resource; DELETE FROM sallyport.prompt;
	DELETE FROM sallyport.source; DELETE FROM sallyport.credential; DELETE FROM sallyport.upstream; DELETE FROM sallyport.scope;
	DELETE FROM sallyport.catalog_document"
ok "and applied to an empty catalog" sallyport catalog apply "$T/export.yaml"
is "makes the same" "$(cat "$T/export.yaml")" "$(sallyport catalog export)"

for file in "$top_srcdir"/catalogs/examples/*.yaml; do
	like "${file##*/}" '^[0-9]+ documents? without fault$' "$(sallyport catalog check "$file" 2>&1)"
done
done_testing
