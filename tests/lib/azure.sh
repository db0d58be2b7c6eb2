# azure.sh - code search with Azure AI Search behind it, which azure.py stands in for; sourced after mcp.sh
# shellcheck shell=bash

# shop_documents: what sallyport-index would make of a small tree, and thirty files that are about users, too.
shop_documents() {
	jq -nc '[
	{ id: "a1", repository: "shop", file_path: "src/user.c", language: "c", chunk_type: "function", chunk_id: "src/user.c:0",
	  function_name: "get_user_by_id", signature: "struct user *get_user_by_id(int id)", start_line: 9, end_line: 13,
	  docstring: "Looks a user up.\nReturns NULL when the user was not found.", imports: ["stdlib.h", "user.h", "hash.h"],
	  called_functions: ["hash_lookup"], content: "struct user *\nget_user_by_id(int id)\n{\n\treturn hash_lookup(users, id);\n}",
	  last_modified: "2026-01-03T00:00:00Z", created_at: "2026-01-03T00:00:00Z", content_vector: [0.1, 0.2, 0.3] },
	{ id: "a2", repository: "shop", file_path: "src/user.c", language: "c", chunk_type: "function", chunk_id: "src/user.c:1",
	  function_name: "remove_user", start_line: 16, end_line: 20, docstring: "Forgets a user.", imports: ["stdlib.h", "user.h", "hash.h"],
	  called_functions: ["hash_remove"], content: "void\nremove_user(int id)\n{\n\thash_remove(users, id);\n}",
	  last_modified: "2026-01-03T00:00:00Z", created_at: "2026-01-03T00:00:00Z", content_vector: [0.1, 0.2] },
	{ id: "a3", repository: "shop", file_path: "src/user.h", language: "c", chunk_type: "declaration", chunk_id: "src/user.h:0",
	  start_line: 3, end_line: 5, imports: ["hash.h"], called_functions: [], content: "struct user { int id; };",
	  last_modified: "2026-01-02T00:00:00Z", created_at: "2020-01-02T00:00:00Z" },
	{ id: "a4", repository: "shop", file_path: "src/hash.h", language: "c", chunk_type: "declaration", chunk_id: "src/hash.h:0",
	  start_line: 3, end_line: 4, imports: ["stdint.h"], content: "void *hash_lookup(struct hash *h, int key);",
	  last_modified: "2026-01-02T00:00:00Z", created_at: "2020-01-02T00:00:00Z" },
	{ id: "a5", repository: "shop", file_path: "src/hash.c", language: "c", chunk_type: "function", chunk_id: "src/hash.c:0",
	  function_name: "hash_lookup", signature: "void *hash_lookup(struct hash *h, int key)", start_line: 3, end_line: 9, imports: ["hash.h"],
	  called_functions: ["hash_slot"], content: "void *\nhash_lookup(struct hash *h, int key)\n{\n\tif (h == NULL)\n\t\treturn NULL;\n\treturn hash_slot(h, key);\n}",
	  last_modified: "2026-01-01T00:00:00Z", created_at: "2026-01-01T00:00:00Z" },
	{ id: "a6", repository: "shop", file_path: "tests/test_user.c", language: "c", chunk_type: "function", chunk_id: "tests/test_user.c:0",
	  function_name: "test_get_user", start_line: 3, end_line: 7, imports: ["../src/user.h"], called_functions: ["get_user_by_id"],
	  content: "void\ntest_get_user(void)\n{\n\tassert(get_user_by_id(1) != NULL);\n}", last_modified: "2026-01-05T00:00:00Z" },
	{ id: "a7", repository: "shop", file_path: "src/slot.c", language: "c", chunk_type: "function", chunk_id: "src/slot.c:0",
	  function_name: "hash_slot", signature: "void *hash_slot(struct hash *h, int key)", start_line: 1, end_line: 5, imports: ["hash.h"],
	  called_functions: [], content: "void *\nhash_slot(struct hash *h, int key)\n{\n\treturn h->slot[key % h->size];\n}", last_modified: "2026-01-05T00:00:00Z" },
	{ id: "b1", repository: "shop", file_path: "README.md", language: "markdown", chunk_type: "section", chunk_id: "README.md:0",
	  start_line: 1, end_line: 3, content: "# Users\n\nHere is the found user, and not all of them.", last_modified: "2026-01-04T00:00:00Z" } ]
	+ [range(30) | { id: "p\(.)", repository: "site", file_path: "app/page\(.).py", language: "python", chunk_type: "function", chunk_id: "app/page\(.).py:0",
	  function_name: "page_\(.)", start_line: 1, end_line: 3, imports: ["flask"], content: "def page_\(.)(user):\n    return render(user)\n",
	  last_modified: "2026-02-01T00:00:00Z" }]'
}

# start_azure [SETTING]...: the stand-in, the two catalogs and their servers.  The log of requests is $T/azure/log.
start_azure() {
	mkdir -p "$T/azure" "$T/catalog"
	: >"$T/azure/log"
	shop_documents >"$T/azure/documents.json"
	python3 "$top_srcdir/tests/lib/azure.py" "$T/azure" >"$sv_log/azure.log" 2>&1 &
	azure=$!
	trap 'status=$?; kill $azure 2>/dev/null; (exit $status); stop_all' EXIT
	for _ in {1..600}; do [ ! -e "$T/azure/port" ] || break; sleep 0.1; done
	port=$(cat "$T/azure/port")
	sv_env+=(CREDENTIAL_AZURE_SEARCH_QUERY_KEY=query-key-0123456789 CREDENTIAL_AZURE_SEARCH_ADMIN_KEY=admin-key-0123456789
		CREDENTIAL_AZURE_CLIENT_SECRET=client_secret_0123456789)
	secret query-key-0123456789 admin-key-0123456789 client_secret_0123456789 management_token_0123456789
	start_postgres && migrate access_token_ttl=3600 source_allow=127.0.0.0/8 source_http=true "$@" || return 1
	# the real addresses are those of the services; here they are ours, and nobody hurries
	local file
	for file in "$top_srcdir"/catalogs/codesearch-azure/*.yaml; do
		sed -E "s|^url: https://.*|url: http://127.0.0.1:$port\nhttp: true\nallow: [127.0.0.1]|; s|^token_url: https://[^/]*|token_url: http://127.0.0.1:$port|; s|^cache: .ttl: 10s|cache: {ttl: 10m|" \
			"$file" >"$T/catalog/${file##*/}"
	done
	cp "$top_srcdir"/catalogs/codesearch-azure/*.sql "$T/catalog"
	sallyport catalog apply "$top_srcdir/catalogs/codesearch" >"$sv_log/catalog.log" 2>&1 &&
		sallyport catalog apply "$T/catalog" >>"$sv_log/catalog.log" 2>&1 || { cat "$sv_log/catalog.log" >&2; return 1; }
	start_httpd "${HTTPD:-nginx}" || return 1
	# shellcheck disable=SC2034	# post_mcp reads it
	mcp_path=/mcp/codesearch-azure
}

call() { call_tool "$1" "${2:-"{}"}" >/dev/null; }
data() { json ".result.structuredContent | if .ok then .data | ($1) else . end | tojson" | jq -rcS .; }
failure() { json '.result | "\(.isError) \(.structuredContent.error // .content[0].text)"'; }
request_seen() { tr -d '\r' <"$T/azure/request"; }
body_seen() { sed '1,/^$/d' <(request_seen) | jq -cS .; }
requests_made() { wc -l <"$T/azure/log" | tr -d ' '; }
# made N: the last requests
made() { tail -n "$1" "$T/azure/log" | sed 's/api-version=2024-07-01//; s/[?&]$//; s/%24/$/g; s/%2C/,/g' | paste -sd'|'; }
