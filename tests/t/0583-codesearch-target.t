#!/bin/bash
# sallyport-index fills an index of Azure AI Search, which tests/lib/azure.py stands in for:
# from the command line and by jobs, with embeddings and without.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/codesearch.sh"
needs jq python3
mkdir -p "$T/azure" "$T/embedding" "$T/catalog"
make_shop "$T/shop"
python3 "$top_srcdir/tests/lib/azure.py" "$T/azure" 2>"$sv_log/azure.log" &
azure=$!
python3 "$top_srcdir/tests/lib/embedding.py" "$T/embedding" 2>"$sv_log/embedding.log" &
embedding=$!
trap 'kill $azure $embedding 2>/dev/null; stop_all' EXIT
for _ in {1..300}; do [ -e "$T/azure/port" ] && [ -e "$T/embedding/port" ] && break; sleep 0.1; done
export CREDENTIAL_AZURE_SEARCH_ADMIN_KEY=admin-key-0123456789 CREDENTIAL_EMBEDDING=embedding-key-0123456789
secret admin-key-0123456789 embedding-key-0123456789
start_postgres && migrate source_allow=127.0.0.0/8 source_http=true || exit 1
sallyport catalog apply "$top_srcdir/catalogs/codesearch" >"$sv_log/catalog.log" 2>&1 || exit 1

index() { timeout 120 "$top_builddir/bin/sallyport-index" "$@" >"$T/out" 2>"$T/err"; }
to_azure() { index --target codesearch-azure "$@"; }
said() { jq -r "[.$1] | map(tostring) | join(\" \")" "$T/out"; }
requests() { grep -c "$1" "$T/azure/log"; }
# ask JQ: of all that the index has
ask() {
	curl -s -H 'api-key: admin-key-0123456789' -H 'Content-Type: application/json' -d '{"search":"*","top":1000}' \
		"http://127.0.0.1:$(cat "$T/azure/port")/indexes/codebase/docs/search?api-version=2024-07-01" | jq -r "$1"
}
files() { ask '[.value[] | select(.repository == "'"$1"'").file_path] | unique | join(" ")'; }
trouble() { echo "$1" >"$T/azure/trouble"; }
job() {
	sql "SELECT codesearch.job_add('$1', $2, false, 'codesearch-azure')" >/dev/null
	index --jobs
	sql "SELECT state, coalesce(result::text, error) FROM codesearch.job ORDER BY job_id DESC LIMIT 1" -F ' '
}
cat >"$T/catalog/azure.yaml" <<-END
	kind: credential
	name: azure-search-admin
	type: header
	field: api-key
	value: \${env:CREDENTIAL_AZURE_SEARCH_ADMIN_KEY}
	---
	kind: source
	name: codesearch-azure
	type: http
	url: http://127.0.0.1:$(cat "$T/azure/port")
	http: true
	allow: [127.0.0.1]
	credential: azure-search-admin
	search_index: {name: codebase}
	---
	kind: source
	name: plain
	type: http
	url: http://127.0.0.1:$(cat "$T/azure/port")
	http: true
	allow: [127.0.0.1]
END

# ---- who is a target ----

to_azure "$T/shop"
is "no source, no target" "1 sallyport-index: codesearch-azure: the catalog has no source codesearch-azure" "$? $(cat "$T/err")"
sallyport catalog apply "$T/catalog" >"$T/applied" 2>&1 || cat "$T/applied"
index --target plain "$T/shop"
is "nor one that does not say so" "1 sallyport-index: plain: source plain has no member search_index" "$? $(cat "$T/err")"
like "in a job, too" 'no source plain with search_index' "$(sql "SELECT codesearch.job_add('shop', NULL, false, 'plain')" 2>&1)"
to_azure --json "$T/shop"
is "an index that is another one is left alone" 1 $?
like "and how it differs is said" 'index codebase is not what it has to be.* field (chunking_metadata|context_type) is not in the index' "$(cat "$T/err")"
is "nothing was written" 0 "$(requests docs/index)"

# ---- a rebuild makes it ----

like "a rebuild" '^done .*"rebuilt": true' "$(job '*' "'{\"type\":\"rebuild\"}'")" || cat "$T/err"
is "removes it and makes it" "1 1" "$(requests '^DELETE /indexes/codebase?') $(requests '^PUT /indexes/codebase?')"
to_azure --json "$T/shop"
is "a tree" "0 6 6 true codesearch-azure" "$? $(said files) $(said added) $(said complete) $(said target)" || cat "$T/err"
is "is there" "Makefile src/hash.c src/hash.h src/user.c src/user.h tests/test_user.c" "$(files shop)"
is "and not here" "0 0" "$(sql "SELECT (SELECT count(*) FROM codesearch.chunk), (SELECT count(*) FROM codesearch.repository)" -F ' ')"
document=$(ask '.value[] | select(.function_name == "remove_user") | del(.id, .content, .created_at, .last_modified, .chunking_metadata, ."@search.score") | tojson')
is "a document" '{"called_functions":["hash_remove"],"chunk_id":"src/user.c:2","chunk_type":"function","class_name":null,"context_type":"implementation","docstring":"Forgets a user.","end_line":20,"file_extension":".c","file_path":"src/user.c","function_name":"remove_user","imports":["stdlib.h","user.h","hash.h"],"language":"c","parent_context":null,"repository":"shop","semantic_context":"void remove_user(int id) in src/user.c. Uses stdlib.h, user.h, hash.h. Calls hash_remove.","signature":"void remove_user(int id)","start_line":15,"tags":[]}' \
	"$(jq -cS . <<<"$document")"
is "its key is that of the database" "$(printf 'shop:src/user.c:2' | sha256sum | cut -c1-16)" "$(ask '.value[] | select(.function_name == "remove_user").id')"
like "its times" '^20..-..-..T..:..:..Z 20..-..-..T..:..:..Z$' "$(ask '.value[0] | "\(.created_at) \(.last_modified)"')"

# ---- again ----

writes=$(requests docs/index)
to_azure --json "$T/shop"
is "what has not changed is not written" "6 0 $writes" "$(said unchanged) $(said added) $(requests docs/index)"
sed -i 's/hash_remove/hash_forget/; /Looks a user up/,/^}/d' "$T/shop/src/user.c"
rm "$T/shop/src/hash.c"
chmod -R a+rX "$T/shop"
before=$(ask '[.value[] | select(.file_path == "src/user.c")] | length')
to_azure --json "$T/shop"
is "one changed, one gone" "1 1 4" "$(said changed) $(said removed) $(said unchanged)"
is "pieces that it has no more are gone" "true Makefile src/hash.h src/user.c src/user.h tests/test_user.c" \
	"$([ "$(ask '[.value[] | select(.file_path == "src/user.c")] | length')" -lt "$before" ] && echo true) $(files shop)"
is "as it is now" hash_forget "$(ask '.value[] | select(.function_name == "remove_user").called_functions[0]')"
curl -s -H 'api-key: admin-key-0123456789' -d "{\"value\":[{\"@search.action\":\"delete\",\"id\":\"$(ask '.value[] | select(.file_path == "src/user.h").id' | head -n 1)\"}]}" \
	"http://127.0.0.1:$(cat "$T/azure/port")/indexes/codebase/docs/index?api-version=2024-07-01" >/dev/null
to_azure --json "$T/shop"
is "what somebody has taken out comes back" "1 4" "$(said changed) $(said unchanged)"
to_azure --json --dry-run --full "$T/shop"
is "a dry run writes nothing" "true 5" "$(said dry_run) $(said changed)"
to_azure --json "$T/shop" Makefile
is "one file" "1 0" "$(said unchanged) $(said removed)"

# ---- trouble ----

trouble '{"too many requests": 1, "busy documents": 3}'
to_azure --json --full "$T/shop"
is "busy, as a whole and for single documents" "0 5 true" "$? $(said changed) $(said complete)" || cat "$T/err"
trouble '{"too large": 2}'
to_azure --json --full "$T/shop"
is "too large: in smaller requests" "0 true" "$? $(said complete)"
is "nothing is lost" 5 "$(files shop | wc -w)"
trouble '{"bad documents": 1}'
to_azure --json --full "$T/shop"
is "a document that is refused" 1 $?
like "is named" "codesearch-azure: index codebase does not take document [0-9a-f]{16}: status 400: The field 'x' is malformed" "$(cat "$T/err")"
trouble '{}'
to_azure --json "$T/shop"
is "the next run mends it" "0 5" "$? $(files shop | wc -w)"
CREDENTIAL_AZURE_SEARCH_ADMIN_KEY=wrong to_azure "$T/shop"
like "a key that is not good" 'index codebase: its definition: status 403: Access denied' "$(cat "$T/err")"

# ---- jobs ----

like "a run of what is known" '^done .*"unchanged": 5' "$(job shop NULL)" || cat "$T/err"
rm "$T/shop/Makefile"
like "changed files" '^done .*"removed": 1' "$(job shop "'{\"type\":\"files\",\"files\":[\"Makefile\"]}'")"
like "clearing a repository" '^done .*"deleted": [1-9]' "$(job shop "'{\"type\":\"clear\"}'")"
is "leaves nothing of it" "" "$(files shop)"
like "a rebuild has what was there indexed again" '^done .*"files": 4' "$(job '*' "'{\"type\":\"rebuild\"}'")"
is "all of it" "src/hash.h src/user.c src/user.h tests/test_user.c" "$(files shop)"
like "an index that is gone" '^done .*"added": 4' "$(curl -s -X DELETE -H 'api-key: admin-key-0123456789' \
	"http://127.0.0.1:$(cat "$T/azure/port")/indexes/codebase?api-version=2024-07-01"; job shop NULL)"

# ---- embeddings ----

cat >"$T/catalog/embedding.yaml" <<-END
	kind: credential
	name: embedding
	type: bearer
	token: \${env:CREDENTIAL_EMBEDDING}
	---
	kind: source
	name: codesearch-embedding
	type: http
	url: http://127.0.0.1:$(cat "$T/embedding/port")/v1
	http: true
	allow: [127.0.0.1]
	credential: embedding
	retries: 0
	breaker: {failures: 0}
	embedding: {model: concepts, dimensions: 64, batch: 4}
END
sallyport catalog apply "$T/catalog" >"$T/applied" 2>&1 || cat "$T/applied"
embedded() { ask '[.value[] | select(.content_vector | length == 64)] | length'; }
to_azure --json --embed "$T/shop"
is "an index without vectors says so" 1 $?
like "in its own words" 'field content_vector is not in the index' "$(cat "$T/err")"
like "made anew" '^done' "$(job '*' "'{\"type\":\"rebuild\"}'")"
is "it has a place for them, and none in it" "64 0" "$(curl -s -H 'api-key: admin-key-0123456789' \
	"http://127.0.0.1:$(cat "$T/azure/port")/indexes/codebase?api-version=2024-07-01" | jq '.fields[] | select(.name == "content_vector").dimensions') $(embedded)"
pieces=$(ask '.value | length')
like "a backfill" "^done .*\"written\": $pieces" "$(job '*' "'{\"type\":\"backfill\"}'")" || cat "$T/err"
is "gives all of them theirs" "$pieces" "$(embedded)"
like "once" '^done .*"processed": 0' "$(job '*' "'{\"type\":\"backfill\"}'")"
printf 'int more(void) { return 2; }\n' >"$T/shop/src/more.c"
to_azure --json --embed "$T/shop"
is "new pieces come with theirs" "0 1 $((pieces + 1))" "$? $(said embedded) $(embedded)" || cat "$T/err"
echo down >"$T/embedding/mode"
printf 'int third(void) { return 3; }\n' >"$T/shop/src/third.c"
to_azure --json --embed "$T/shop"
is "or without, and that is said" "3 0 true $((pieces + 2))" "$? $(said embedded) $(said 'embedding_error | test("503")') $(ask '.value | length')"
is "the keys are nowhere" "" "$(cat "$sv_log"/*.log "$T/err" | grep -oE '(admin|embedding)-key-0123456789')"
done_testing
