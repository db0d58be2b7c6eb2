#!/bin/bash
# Code search: embeddings, by a service that tests/lib/embedding.py stands in for; with it,
# without it, and when it fails.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/codesearch.sh"
needs jq python3
mkdir -p "$T/embedding" "$T/catalog"
: >"$T/embedding/log"
python3 "$top_srcdir/tests/lib/embedding.py" "$T/embedding" 2>"$sv_log/embedding.log" &
service=$!
trap 'kill $service 2>/dev/null; stop_all' EXIT
for _ in {1..300}; do [ ! -e "$T/embedding/port" ] || break; sleep 0.1; done
sv_env+=(CREDENTIAL_EMBEDDING=embedding-key-0123456789)
export CREDENTIAL_EMBEDDING=embedding-key-0123456789
secret embedding-key-0123456789
start_codesearch source_allow=127.0.0.0/8 source_http=true index_roots="$T/roots" || exit 1
add_user alice --tier admin
token_for alice scope="codesearch:read codesearch:work codesearch:admin" >/dev/null

index() { timeout 120 "$top_builddir/bin/sallyport-index" "$@" >"$T/out" 2>"$T/err"; }
call() { call_tool "$1" "${2:-"{}"}" >/dev/null; }
data() { json ".result.structuredContent.data | $1"; }
failure() { json '.result | "\(.isError) \(.structuredContent.error // .content[0].text)"'; }
search() { call search_code "$(jq -nc --arg q "$1" '{query: $q, detail_level: "compact"}')"; }
first() { data '.items[0].match'; }
embedded() { sql "SELECT count(*) FROM codesearch.embedding WHERE model = 'concepts' AND array_length(vector, 1) = 64"; }
pieces() { sql "SELECT count(*) FROM codesearch.chunk"; }
asked() { wc -l <"$T/embedding/log"; }
wrong() { printf '%s\n' "$1" >"$T/embedding/mode"; }
# source: the document, with more members of `embedding`
source_with() {
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
		retries: 1
		breaker: {failures: 0}
		embedding: {model: concepts, dimensions: 64, batch: 4$1}
	END
	sallyport catalog apply "$T/catalog" >"$T/applied" 2>&1
}
query='erase an account'	# whose words are nowhere

# ---- without a service ----

call_mcp tools/list >/dev/null
is "nobody sees or sends the argument" 0 "$(json '[.result.tools[] | select(.inputSchema.properties.query_embedding)] | length')"
call search_code '{"query":"user","query_embedding":{"model":"x","vector":[1]}}'
like "or may" '^true /query_embedding: cannot be given' "$(failure)"
search "$query"
is "what is meant is not found by other words" "0 false" "$(data '"\(.total) \(has("warnings"))"')"
call backfill_embeddings
like "and cannot be, yet" '^true there is no embedding provider: the catalog has no source codesearch-embedding' "$(failure)"
call backfill_embeddings '{"dry_run":true}'
is "counting is fine" "$(pieces)" "$(data .processed)"
call create_skillset '{"name":"vectors","skills":[{"@odata.type":"#Microsoft.Skills.Text.AzureOpenAIEmbeddingSkill"}]}'
like "no skill without it" '^true there is no embedding provider' "$(failure)"
call index_status
is "the index says so" "false 0" "$(data '"\(.vector_search) \(.embeddings)"')"

# ---- documents ----

bad() { source_with "$1"; cat "$T/applied"; }
like "an unknown member" 'embedding: .*modle' "$(bad ', modle: x')"
like "a path that is none" 'embedding: path: has to begin with a slash' "$(bad ', path: x')"
like "a size that is none" 'embedding: max_text' "$(bad ', max_text: x')"
ok "the service is named" source_with ""
is "and hears nothing of it" 0 "$(asked)"

# ---- the index is embedded ----

call backfill_embeddings '{"batch_size":3}'
is "a job" "true queued" "$(data '"\(.backfill_started) \(.state)"')"
index --jobs
call manage_indexer '{"action":"status","indexer_name":"*"}'
is "is done" "done $(pieces) 0" "$(data '.status.history[0] | "\(.state) \(.result.written) \(.result.failed)"')" || cat "$T/err"
is "every piece has a vector" "$(pieces)" "$(embedded)"
is "in requests of three" "3 200" "$(head -n 1 "$T/embedding/log")"
like "texts have path and names in front" 'shop src/.*get_user_by_id' "$(sed '1,/^\r*$/d' "$T/embedding/request" | jq -r '.input[]')$(sql "SELECT 'shop src/ get_user_by_id'")"
call validate_embeddings
is "which validate_embeddings looks at" "true $(pieces) 64" "$(data '"\(.validation_passed) \(.models.concepts) \(.expected_dimensions)"')"
# whose answer is kept for ten seconds
for _ in {1..60}; do
	call index_status
	[ "$(data .embeddings)" = 0 ] || break
	sleep 0.5
done
is "and index_status counts" "true $(pieces)" "$(data '"\(.vector_search) \(.embeddings)"')"
requests=$(asked)
index --jobs
call backfill_embeddings && index --jobs
is "nothing is embedded twice" "$requests" "$(asked)"

# ---- searches ----

search "$query"
is "what is meant is found" "remove_user false" "$(first) $(data 'has("warnings")')"
is "with one request" $((requests + 1)) "$(asked)"
for _ in {1..8}; do search "$query"; done
ok "each process asks for a query once" test "$(asked)" -lt $((requests + 9))
search get_user_by_id
is "a name stays a name" get_user_by_id "$(first)"
call explain_ranking "$(jq -nc --arg q "$query" '{query: $q}')"
like "why" 'its meaning is near' "$(data '.explanations[0].explanation')"
is "in numbers" "true true" "$(data '.explanations[0].factors | "\(.contributions.semantic > 0) \(.lanes | contains(["vector"]))"')"
call search_code "$(jq -nc --arg q "$query" '{query: $q, bm25_only: true}')"
is "but not with words only" 0 "$(data .total)"
call search_code "$(jq -nc --arg q "$query" '{query: $q, language: "python"}')"
is "filters hold" 0 "$(data .total)"
call search_code "$(jq -nc --arg q "$query" '{query: $q, exact_terms: ["hash_remove"]}')"
is "exact terms hold" remove_user "$(data '[.items[].function_name] | join(" ")')"

# ---- it fails ----

for how in down refused short long garbage; do
	wrong $how
	search "hash lookup $how"
	is "$how: the search goes on" "hash_lookup true" "$(first) $(data '.warnings | map(test("^ranked by words and names only: codesearch-embedding")) | any')"
done
unlike "nothing of it is told" 'API key|overloaded|127\.0\.0\.1' "$(body)"
wrong slow
start=$(date +%s)
search "hash lookup slow"
is "slow: it is not waited for" "hash_lookup true" "$(first) $(data '.warnings | any')"
ok "for long" test $(($(date +%s) - start)) -lt 25
wrong ""
sql "UPDATE codesearch.embedding SET model = 'another'"
search "purge a member"
is "vectors of another model are not compared" 0 "$(data .total)"

# ---- while indexing ----

wrong long-text
printf '/* endless */\nint endless(void) { return 1; }\n' >"$T/shop/src/endless.c"
chmod -R a+rX "$T/shop"
index --json --embed "$T/shop"
is "a run with embeddings" "0 $(($(pieces) - 1)) null" "$? $(jq -r '"\(.embedded) \(.embedding_error)"' "$T/out")" || cat "$T/err"
is "a text that is not taken is left out" "$(($(pieces) - 1))" "$(embedded)"
wrong down
printf 'int more(void) { return 2; }\n' >"$T/shop/src/more.c"
index --json --embed "$T/shop"
is "without the service the pieces are there" "3 1 true" "$? $(jq -r '"\(.added) \(.embedding_error | test("503"))"' "$T/out")"
wrong ""
index --json --embed "$T/shop"
is "and get theirs the next time" "0 2" "$? $(jq -r .embedded "$T/out")"
index --quiet "$T/shop"
is "what the last run said holds" f "$(sql "SELECT codesearch.embeds('shop', NULL)")"
call create_skillset '{"name":"vectors","skills":[{"@odata.type":"#Microsoft.Skills.Text.AzureOpenAIEmbeddingSkill","dimensions":64}]}'
is "a skillset" "true vectors" "$(data '"\(.result.embeds) \(.skillset)"')"
printf 'int third(void) { return 3; }\n' >"$T/shop/src/third.c"
index --json "$T/shop"
is "holds for every run" 1 "$(jq -r .embedded "$T/out")"
for skill in '{"@odata.type":"#Microsoft.Skills.Text.EntityRecognitionSkill"}' '{"@odata.type":"#Microsoft.Skills.Text.AzureOpenAIEmbeddingSkill","resourceUri":"https://example.net"}' \
	'{"@odata.type":"#Microsoft.Skills.Text.AzureOpenAIEmbeddingSkill","dimensions":1536}' '{}'; do
	call create_skillset "{\"name\":\"x\",\"skills\":[$skill]}"
	like "no such skill: $skill" '^true ' "$(failure)"
done
call create_skillset '{"name":"vectors","skills":[{"@odata.type":"#Microsoft.Skills.Text.SplitSkill"}]}'
is "another one in its place" false "$(data .result.embeds)"
mkdir -p "$T/roots" && cp -r "$T/shop" "$T/roots/two" && chmod -R a+rX "$T/roots"
call index_repository '{"repo_path":"two","embed_vectors":true}'
index --jobs
call manage_indexer '{"action":"status","indexer_name":"two"}'
is "index_repository with embed_vectors" "done true" "$(data '.status.history[0] | "\(.state) \(.result.embedded > 0)"')"
is "the key is nowhere" "" "$(cat "$sv_log"/*.log "$T/err" | grep -o embedding-key-0123456789)"
done_testing
