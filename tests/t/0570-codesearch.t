#!/bin/bash
# Code search: the catalog, the indexer over a tree that changes, and the tools on what it wrote.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
needs jq git
start_postgres && migrate || exit 1

index() {
	"$top_builddir/bin/sallyport-index" "$@" >"$T/out" 2>"$T/err"
	status=$?
}
# of the summary of the last run with --json
said() { jq -r "[.$1] | map(tostring) | join(\" \")" "$T/out"; }
found() { sql "SET ROLE sallyport_tool; SELECT coalesce(string_agg(i ->> 'file', ' ' ORDER BY o), 'nothing')
	FROM jsonb_array_elements(tools.search_code('$1', repository => 'tree') #> '{data,items}') WITH ORDINALITY AS x (i, o)" |
	grep -v '^SET$'; }
files() { sql "SELECT coalesce(string_agg(path, ' ' ORDER BY path COLLATE \"C\"), 'none') FROM codesearch.file WHERE repository = '${1:-tree}'"; }

# ---- the catalog ----

index "$T"
is "without the catalog the indexer fails" 1 "$status"
like "and says what is missing" 'codesearch' "$(cat "$T/err")"
ok "the catalog is applied" sallyport catalog apply "$top_srcdir/catalogs/codesearch"
is "its tools by scope and tier" "codesearch:admin admin 17, codesearch:read public 8, codesearch:work developer 6" \
	"$(sql "SELECT string_agg(line, ', ' ORDER BY line) FROM (SELECT format('%s %s %s', array_to_string(scopes, ' '), tier, count(*)) AS line
		FROM sallyport.tool GROUP BY scopes, tier) x")"
is "what everybody may call only reads" t "$(sql "SELECT bool_and(read_only) FROM sallyport.tool WHERE tier = 'public'")"
ok "applying it again changes nothing" sallyport catalog apply "$top_srcdir/catalogs/codesearch"
sql "$(cat "$top_srcdir/tests/sql/codesearch.sql")" >"$T/out" 2>"$T/err"
is "the tools over a known index" ok "$(tail -n 1 "$T/out" | cat - "$T/err")"

# ---- a tree ----

tree=$T/tree
mkdir -p "$tree"/{src/deep,node_modules/x,.git/info,docs,skipped}
cat >"$tree/src/list.c" <<-'END'
	#include "list.h"

	/* Appends one node at the end. */
	int
	list_append(struct list *l, void *item)
	{
		return list_grow(l, 1);
	}
END
printf 'def read_config(path):\n    """Reads the settings."""\n    return open(path)\n' >"$tree/src/config.py"
printf '#!/bin/sh\nsay_hello() {\n\techo hello\n}\n' >"$tree/src/run"
printf '# Lists\n\nHow nodes are kept.\n' >"$tree/docs/guide.md"
printf 'int ignored(void) { return 1; }\n' | tee "$tree"/src/{gen.c,deep/gen.c,kept.c} "$tree/skipped/a.c" >"$tree/node_modules/x/a.c"
printf 'gen.c\n/skipped/\n' >"$tree/.gitignore"
printf '!gen.c\n' >"$tree/src/deep/.gitignore"
printf 'kept.c\n' >"$tree/src/.mcpragignore"
printf 'docs/secret.md\n' >"$tree/.git/info/exclude"
printf 'secret\n' >"$tree/docs/secret.md"
printf 'int a;\0\n' >"$tree/src/binary.c"
printf 'gr\374n\n' >"$tree/docs/latin1.txt"
ln -s /etc/passwd "$tree/src/link.c"
ln -s .. "$tree/src/up"
mkfifo "$tree/src/pipe.c"
head -c 2000000 /dev/zero | tr '\0' 'x' >"$tree/src/large.c"

index --dry-run --json "$tree"
is "a dry run counts" "0 6 0" "$status $(said added) $(said removed)"
is "and writes nothing" none "$(files)"
index --json "$tree"
is "the first run" "0 6 0 0 true" "$status $(said added) $(said changed) $(said removed) $(said complete)"
is "what is indexed" "docs/guide.md docs/latin1.txt src/config.py src/deep/gen.c src/list.c src/run" "$(files)"
is "what is left out" "1 1 0" "$(said binary) $(said too_large) $(said unreadable)"
is "a function" src/list.c "$(found list_append)"
is "a shell script without an extension" src/run "$(found 'say hello')"
like "documentation" '^docs/guide.md' "$(found 'how nodes are kept')"
is "a text in another encoding" docs/latin1.txt "$(found grün)"
is "the identifier of a piece" "$(printf 'tree:src/list.c:1' | sha256sum | cut -c1-16)" \
	"$(sql "SELECT id FROM codesearch.chunk WHERE function_name = 'list_append'")"
is "what a file includes, what a function calls" "{list.h} {list_grow}" \
	"$(sql "SELECT imports, called_functions FROM codesearch.chunk JOIN codesearch.file f ON f.path = file_path WHERE function_name = 'list_append'" -F ' ')"
is "git ignores the same" "$(git -C "$tree" init -q 2>/dev/null; git -C "$tree" check-ignore src/gen.c src/deep/gen.c skipped/a.c docs/secret.md | paste -sd' ')" \
	"src/gen.c skipped/a.c docs/secret.md"

# ---- changes ----

index --json "$tree"
is "nothing changed" "0 0 0 6 0" "$status $(said added) $(said changed) $(said unchanged) $(said pieces)"
touch -d 2020-01-01 "$tree/src/run"
sed -i s/list_append/list_push/ "$tree/src/list.c"
rm "$tree/src/config.py"
printf 'int fresh(void) { return 0; }\n' >"$tree/src/new.c"
index --json "$tree"
is "one new, one changed, one gone" "0 1 1 4 1" "$status $(said added) $(said changed) $(said unchanged) $(said removed)"
like "the changed one is found by its new name" ^src/list.c "$(found list_push)"
is "and not by the old one" nothing "$(found list_append)"
is "the gone one is not found" nothing "$(found read_config)"
index --full --json "$tree"
is "everything again" "0 6 6" "$status $(said changed) $(sql "SELECT count(*) FROM codesearch.file WHERE repository = 'tree'")"

# ---- what goes wrong ----

index --json --max-files 2 --repository small "$tree"
is "too many files" "3 2 true" "$status $(said added) $(said too_many_files)"
index "$T/nowhere"
is "no such directory" 1 "$status"; like "which is said" 'nowhere: No such file' "$(cat "$T/err")"
index --bogus "$tree"; is "an unknown option" 2 "$status"
index --repository 'a b' "$tree"; is "a name that none can have" 2 "$status"
index --max-files 0 "$tree"; is "no files at all" 2 "$status"
SALLYPORT_ADMIN_DATABASE="host=$T/nowhere" index "$tree"
is "no database" 1 "$status"; like "which is said" 'database: connecting' "$(cat "$T/err")"
SALLYPORT_ADMIN_DATABASE="host=$T/postgres dbname=sallyport user=sallyport_app" index "$tree"
is "the programs' role may not write" 1 "$status"; like "which is said" 'permission denied' "$(cat "$T/err")"
if [ -n "$sv_pg_user" ] && command -v setpriv >/dev/null; then
	chmod -R a+rX "$tree" && chmod 0 "$tree/src/deep" && rm "$tree/src/new.c"
	setpriv --reuid="$sv_pg_user" --regid="$(id -g "$sv_pg_user")" --clear-groups \
		"$top_builddir/bin/sallyport-index" --json "$tree" >"$T/out" 2>"$T/err"
	is "a directory that cannot be read: nothing is removed" "3 1 0" "$? $(said unreadable) $(said removed)"
	chmod 0755 "$tree/src/deep"
else
	skip "needs root and setpriv"
fi

# ---- two runs, and one that is interrupted ----

mkdir "$T/many"
for i in $(seq 1 1000); do printf 'int function_%d(void)\n{\n\treturn %d;\n}\n' "$i" "$i" >"$T/many/f$i.c"; done
"$top_builddir/bin/sallyport-index" --json "$T/many" >"$T/one" 2>"$T/one.err" &
one=$!
"$top_builddir/bin/sallyport-index" --json "$T/many" >"$T/two" 2>"$T/two.err" &
wait "$one" $!
is "two runs at once: one does the work" "0 1000" "$(jq -r .added "$T/one" "$T/two" | sort -n | paste -sd' ')"
is "and nothing is there twice" "1000 1000" "$(sql "SELECT count(*), count(DISTINCT id) FROM codesearch.chunk WHERE repository = 'many'" -F ' ')"

sql "BEGIN; LOCK TABLE codesearch.chunk IN SHARE MODE; SELECT pg_sleep(3); ROLLBACK" >/dev/null &
lock=$!
sleep 0.5
"$top_builddir/bin/sallyport-index" --full "$T/many" >"$T/out" 2>"$T/err" &
sleep 0.5
kill -INT $!
wait $!
is "interrupted while it waits for the database" 130 $?
wait "$lock"
is "every file is still whole" "1000 1000" "$(sql "SELECT (SELECT count(*) FROM codesearch.file f WHERE repository = 'many'), count(*) FROM codesearch.chunk WHERE repository = 'many'" -F ' ')"
is "the status tells what is there" "many 1000" "$(sql "SET ROLE sallyport_tool; SELECT r ->> 'name', r ->> 'files' FROM jsonb_array_elements(tools.index_status() #> '{data,repositories}') r WHERE r ->> 'name' = 'many'" -F ' ' | tail -n 1)"

# ---- through the MCP endpoint ----

start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice
token_for alice scope=codesearch:read >/dev/null
is "tools/list" 200 "$(call_mcp tools/list)"
is "those of its scope are offered, and only read" "8 true" \
	"$(json '"\(.result.tools | length) \([.result.tools[].annotations.readOnlyHint] | all)"')"
is "a search" 200 "$(call_tool search_code '{"query":"list_push","repository":"tree","detail_level":"compact"}')"
is "finds" "true src/list.c:3 list_push" "$(json '.result.structuredContent | "\(.ok) \(.data.items[0].file) \(.data.items[0].match)"')"
like "names the request" '^[A-Za-z0-9_-]{16,}$' "$(json .result.structuredContent.data.query_id)"
call_tool search_code '{"query":" "}' >/dev/null
is "what cannot be answered is an error with the envelope" "true false query is empty" \
	"$(json '.result | "\(.isError) \(.structuredContent.ok) \(.structuredContent.error)"')"
call_tool search_code '{"query":"x","max_results":"5"}' >/dev/null
is "a wrong type never reaches the database" true "$(json .result.isError)"
for tool in search_code_raw explain_ranking preview_query_processing; do
	call_tool "$tool" '{"query":"how nodes are kept"}' >/dev/null
	is "$tool" "false true" "$(json '"\(.result.isError // false) \(.result.structuredContent.ok)"')"
done
add_user root --tier admin
token_for root scope=codesearch:read >/dev/null
is "an administrator's token that may only read does not clear the cache" 403 "$(call_tool cache_clear)"
like "which is for want of a scope" 'error="insufficient_scope".*codesearch:admin' "$(header WWW-Authenticate)"
call_mcp tools/list >/dev/null
is "nor is it offered" 0 "$(json '[.result.tools[] | select(.name == "cache_clear")] | length')"
call_tool search_code '{"query":"function","max_results":3,"repository":"many"}' >/dev/null
first=$(json '[.result.structuredContent.data.items[].id] | sort | join(" ")')
next=$(json .result.structuredContent.data.next_skip)
call_tool search_code '{"query":"function","max_results":3,"repository":"many","skip":'"$next"'}' >/dev/null
is "page two begins where page one ended" "3 6 0" "$next $(json .result.structuredContent.data.next_skip) $(json '.result.structuredContent.data.items[].id' | grep -cF -f <(tr ' ' '\n' <<<"$first"))"
call_tool search_code '{"query":"function 7","detail_level":"ultra","repository":"many"}' >/dev/null
like "the ultra form is one string each" '^#1 f[0-9]+\.c:[0-9]+ \[c\] score=' "$(json '.result.structuredContent.data.items[0]')"
call_tool search_code '{"query":"list","exact_terms":["nodes are"]}' >/dev/null
is "exact terms stand next to each other" "true" "$(json '.result.structuredContent.data.items | length > 0 and all(.content | test("nodes are"))')"
for tool in index_status health_check; do
	call_tool "$tool" >/dev/null
	is "$tool" "false true" "$(json '"\(.result.isError // false) \(.result.structuredContent.ok)"')"
done
done_testing
