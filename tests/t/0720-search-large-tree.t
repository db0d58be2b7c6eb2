#!/bin/bash
# search_code over a large tree that is not ours: curl, from Debian's source package.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/node.sh"
sources=$top_srcdir/var/tests/sources
tarball() {
	find "$sources" -name 'curl_*.orig.tar.*' 2>/dev/null | head -n 1
}
if [ -z "$(tarball)" ]; then
	sources=$T/sources
	timeout 30 "$top_srcdir/tests/lib/fetch-source" curl "$sources" >"$sv_log/fetch.log" 2>&1 ||
		skip_all "the source package of curl could not be had (no network?)"
fi
mkdir "$T/curl"
tar -xf "$(tarball)" -C "$T/curl" --strip-components=1 || exit 1

start_postgres && migrate && sallyport catalog apply "$top_srcdir/catalogs/codesearch" >"$sv_log/catalog.log" &&
	start_httpd || exit 1
add_user alice
token_for alice >/dev/null
files=$(find "$T/curl" -type f | wc -l)
ok "the tree has over 3,000 files ($files)" test "$files" -gt 3000

index() {
	timeout 60 "$top_builddir/bin/sallyport-index" --json --repository curl "$T/curl" >"$T/index.json"
}
started=$(date +%s%N)
ok "it is indexed within a minute" index
note "indexed in $((($(date +%s%N) - started) / 1000000)) ms: $(tr -d '\n' <"$T/index.json")"

# first QUERY: the file of the best hit.
first() {
	call_tool search_code "$(jq -nc --arg query "$1" '{ query: $query }')" >/dev/null
	json '.result.structuredContent.data.items[0].file'
}
started=$(date +%s%N)
like "a function by its name" '/base64\.c$' "$(first Curl_base64_encode)"
like "a function by what it says" '/speedcheck\.c$' "$(first '"Operation too slow"')"
like "an option by its name" '/CURLOPT_RESOLVE\.|/resolve\.c$' "$(first CURLOPT_RESOLVE)"
like "a question in words" '/(url|conncache|cpool|conn.*)\.c$' \
	"$(first 'reuse an existing connection from the connection cache')"
is "something that is not there" null "$(first xyzzy_not_in_this_tree)"
note "five searches in $((($(date +%s%N) - started) / 1000000)) ms"

# What grep finds is what a search for exact terms finds, and nothing else.
call_tool search_code '{"query": "Failed writing received data", "exact_terms": ["Failed writing received data"], "max_results": 20}' >/dev/null
is "exact terms: the files that grep finds" \
	"$(cd "$T/curl" && grep -rlF --include='*.[ch]' 'Failed writing received data' lib src | sort)" \
	"$(json '.result.structuredContent.data.items[].file' | grep -E '^(lib|src)/.*\.[ch]$' | sort -u)"

index
is "indexing it again writes nothing" "0 0" "$(jq -r '"\(.added) \(.changed)"' "$T/index.json")"
done_testing
