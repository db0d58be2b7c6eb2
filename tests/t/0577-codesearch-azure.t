#!/bin/bash
# catalogs/codesearch-azure: code search with Azure AI Search behind it, which tests/lib/azure.py
# stands in for.  Requests are compared byte by byte; the answers are those of catalogs/codesearch.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/azure.sh"
needs jq python3
start_azure || exit 1
ok "the documents have no fault" sallyport catalog check "$top_srcdir/catalogs/codesearch-azure"
add_user alice --tier admin
add_user bob --tier developer
add_user carol
bob=$(token_for bob resource="$issuer/mcp/codesearch-azure" scope="codesearch:read codesearch:work")
carol=$(token_for carol resource="$issuer/mcp/codesearch-azure" scope=codesearch:read)
token_for alice resource="$issuer/mcp/codesearch-azure" >/dev/null

call_mcp tools/list >/dev/null
is "the same 31 names" "$(sql "SELECT string_agg(name, ' ' ORDER BY name) FROM sallyport.tool WHERE resource = ''")" "$(json '[.result.tools[].name] | sort | join(" ")')"
is "are 31" 31 "$(json '.result.tools | length')"
mcp_token=$carol call_mcp tools/list >/dev/null
is "of which all may use" "cache_stats explain_ranking health_check index_status preview_query_processing search_code search_code_raw search_microsoft_docs" \
	"$(json '[.result.tools[].name] | sort | join(" ")')"
root=$(token_for alice resource="$issuer/mcp/codesearch-azure" scope=codesearch:read)
is "an administrator's token that may only read clears no cache" 403 "$(mcp_token=$root call_tool cache_clear)"
like "which is for want of a scope" 'error="insufficient_scope".*codesearch:admin' "$(header WWW-Authenticate)"
token_for alice resource="$issuer/mcp/codesearch-azure" >/dev/null
sql "$(cat <<'SQL'
CREATE FUNCTION pg_temp.properties(t sallyport.tool) RETURNS text LANGUAGE sql AS
	$$ SELECT string_agg(p, ' ' ORDER BY p) FROM jsonb_object_keys(t.input_schema::jsonb -> 'properties') p $$;
SELECT string_agg(a.name, ' ' ORDER BY a.name) FROM sallyport.tool a JOIN sallyport.tool b USING (name)
 WHERE a.resource = '' AND b.resource = 'codesearch-azure' AND pg_temp.properties(a) IS DISTINCT FROM pg_temp.properties(b)
SQL
)" >"$T/differ"
is "with the same arguments" "" "$(cat "$T/differ")"

# ---- search_code ----
call search_code '{"query":"user \"by id\" -x","language":"c","repository":"shop","max_results":1,"exact_terms":["not found"]}'
is "a search" "a1 src/user.c get_user_by_id 1 1 1 azure" "$(data '"\(.items[0].id) \(.items[0].file) \(.items[0].function_name) \(.items[0].relevance) \(.count) \(.total) \(.backend)"')"
sent='{"search":"user \"by id\" \\-x","searchMode":"any","queryType":"simple","searchFields":"content,function_name,class_name,docstring","filter":"language eq '"'c' and repository ge 'shop' and repository lt 'shop~' and search.ismatch('\\\"not found\\\"', 'content,function_name,class_name,docstring')"'","top":1,"skip":0,"count":true,"select":"id,content,file_path,repository,language,function_name,class_name,signature,docstring,tags,imports,called_functions,chunk_type,chunk_id,start_line,end_line"}'
is "what was sent" "$(jq -cS . <<<"$sent")" "$(body_seen)"
sent=$(request_seen | sed '1,/^$/d')
is "the request, byte by byte" "$(printf '%s\n' 'POST /indexes/codebase/docs/search?api-version=2024-07-01 HTTP/1.1' "Host: 127.0.0.1:$port" \
	"User-Agent: sallyport/$("$top_builddir/bin/sallyport" --version | cut -d' ' -f2)" 'Accept: application/json' 'api-key: query-key-0123456789' \
	'Content-Type: application/json' "Content-Length: ${#sent}" | sort)" "$(request_seen | sed '/^$/,$d' | sort)"
is "words are taken as they are" '"a\\\\b \\+c \\(d\\) \\| e\\*"' "$(call search_code '{"query":"a\\b +c (d) | e*"}'; body_seen | jq -c .search)"
call search_code '{"query":"user"}'
is "every hit has the words next to each other" '["a1"]' "$(call search_code '{"query":"user","exact_terms":["not found"]}'; data '[.items[].id]')"
is "b1 has them apart" true "$(call search_code '{"query":"found not"}'; data '[.items[].id] | contains(["b1"])')"
call search_code '{"query":"user nosuchcall("}'
is "what nothing has is left out with a warning" 'false ["nothing contains nosuchcall; these results do without it"]' "$(data '"\(.applied_exact_terms) \(.warnings)"')"
call search_code '{"query":"page_3 render user","max_results":50}'
is "at most 20" '20 ["max_results was set to 20"] true 20' "$(data '"\(.items | length) \(.warnings) \(.has_more) \(.next_skip)"')"
first=$(data '[.items[].id]')
call search_code '{"query":"page_3 render user","max_results":20,"skip":20}'
is "page two has no id of page one" '[] false null' "$(data '[.items[].id]' | jq -c --argjson f "$first" '. - (. - $f)') $(data '"\(.has_more) \(.next_skip)"')"
call search_code '{"query":"user hash","orderby":"path","repository":"shop","max_results":3}'
is "by path" '["README.md","src/hash.c","src/hash.h"] 7' "$(data '[.items[].file]') $(data .total)"
is "in two requests" "POST /indexes/codebase/docs/search|POST /indexes/codebase/docs/search" "$(made 2)"
is "of which the second is for the page" "search.in(id, 'b1,a5,a4', ',')" "$(body_seen | jq -r .filter)"
call search_code '{"query":"user hash","orderby":"date","repository":"shop","max_results":3}'
is "by date" '["a7","b1","a1"]' "$(data '[.items[].id]')"
call search_code '{"query":"user hash page_1","orderby":"language","max_results":20}'
is "by language" '["c","markdown","python"]' "$(data '[.items[].language] | unique')"
is "in this order" "$(data '[.items[].language] | sort')" "$(data '[.items[].language]')"
call search_code '{"query":"get_user_by_id","detail_level":"ultra","max_results":2}'
like "ultra" '^#1 src/user.c:9 \[c\] score=1.000' "$(data '.items[0]')"
call search_code '{"query":"get_user_by_id","detail_level":"compact","max_results":1}'
is "compact" '{"context_type":"implementation","file":"src/user.c:9","id":"a1","lines":[9,13],"match":"get_user_by_id","rank":1,"repo":"shop"}' \
	"$(data '.items[0] | {id, rank, file, repo, lines, match, context_type}')"
call search_code '{"query":"get_user_by_id","snippet_lines":1,"max_results":1}'
is "a snippet" 'struct user *' "$(data '.items[0].content')"
call search_code '{"query":"get_user_by_id","max_results":1,"include_dependencies":true,"include_timings":true}'
is "what it calls" 'hash_lookup src/hash.c 1 ["get_user_by_id"] true' "$(data '.dependencies[0] as $d | "\($d.function_name) \($d.file) \($d.depth) \($d.called_by) \(.timings_ms.total > 0)"')"
call search_code '{"query":"get_user_by_id","max_results":1,"include_dependencies":true,"dependency_mode":"graph"}'
is "and what that calls" '[["hash_lookup",1],["hash_slot",2]]' "$(data '[.dependencies[] | [.function_name, .depth]]')"
call search_code '{"query":"hash_lookup","bm25_only":true}'
is "the text only" content "$(body_seen | jq -r .searchFields)"
for filter in "c' or true or '" "c'" "a b"; do
	call search_code "$(jq -nc --arg f "$filter" '{query: "user", repository: $f}')"
	unlike "no way out of a filter: $filter" "[^'a-z~ ]" "$(body_seen | jq -r .filter)"
	is "which is sound" false "$(json .result.isError)"
done
call search_code "$(jq -nc '{query: "user", exact_terms: ["x'"'"') or true or search.ismatch('"'"'\"user\\"]}')"
is "nor by an exact term" '0 false' "$(data .total) $(json .result.isError)"
call search_code '{"query":"bad"}'
is "what the service refuses" '{"code":"error","error":"Invalid expression.","ok":false}' "$(json .result.structuredContent | jq -cS .)"
is "is an error" true "$(json .result.isError)"
call search_code '{"query":"too much"}'
is "and when to come again" "true You are sending too many requests.; try again in 1 seconds" "$(failure)"
call search_code '{"query":"   "}'
is "of nothing" "true query is empty" "$(failure)"

# ---- the others that search ----
call search_code_raw '{"query":"get_user_by_id","repository":"shop","include_dependencies":true}'
is "raw results" 'a1 understand true hash_lookup' "$(data '"\(.results[0].id) \(.intent) \(.total > 1) \(.dependencies[0].function_name)"')"
call search_code_raw '{"query":""}'
like "of nothing" '^true .*query' "$(failure)"
call explain_ranking '{"query":"get_user_by_id"}'
is "why" 'a1 Ranked here because the query names get_user_by_id; its words are in the comment above; its words are in the code. true 1 1' \
	"$(data '.explanations[0] | "\(.id) \(.explanation) \(.factors.exact_symbol) \(.confidence) \(.factors.feedback_weight)"')"
call explain_ranking '{"query":"bad"}'
is "why not" "true Invalid expression." "$(failure)"
call preview_query_processing '{"query":"parse \"not found\" config","language":"c"}'
is "a preview" "config [\"not found\"] language eq 'c' and search.ismatch('\"not found\"', 'content,function_name,class_name,docstring')" \
	"$(data '"\(.enhancements.tokens[3]) \(.enhancements.exact_terms) \(.enhancements.filter)"')"
call preview_query_processing "$(jq -nc '{query: ("x" * 401)}')"
is "of too much" "true query is longer than 400 characters" "$(failure)"

# ---- feedback ----
mcp_token=$bob
weight() { call explain_ranking '{"query":"render page"}'; data '[.explanations[] | select(.id == "p5").factors.feedback_weight][0]'; }
call search_code '{"query":"render page","repository":"site"}'
query=$(data .query_id)
is "all are alike" p0 "$(data '.items[0].id')"
call track_search_click "$(jq -nc --arg q "$query" '{query_id: $q, doc_id: "p5", rank: 2}')"
is "a click" '{"backend":"azure","tracked":true}' "$(data .)"
is "for which the service was asked" 'GET /indexes/codebase/docs/p5?$select=id,repository,file_path,function_name,class_name' "$(made 1)"
is "of which piece it was" "site app/page5.py page_5" "$(sql "SELECT repository || ' ' || file_path || ' ' || function_name FROM codesearch.feedback")"
call track_search_click "$(jq -nc --arg q "$query" '{query_id: $q, doc_id: "zz", rank: 2}')"
is "on nothing" "true doc_id is not the id of a piece in the index" "$(failure)"
call track_search_click '{"query_id":"nonsense","doc_id":"a2","rank":1}'
is "of no search" "true query_id is not one that search_code gave you" "$(failure)"
call track_search_outcome "$(jq -nc --arg q "$query" '{query_id: $q, outcome: "success", score: 4.5}')"
is "an outcome" '{"backend":"azure","tracked":true}' "$(data .)"
call track_search_outcome '{"query_id":"nonsense","outcome":"success"}'
is "of no search" "true query_id is not one that search_code gave you" "$(failure)"
clicked=$(weight)
ok "it raises the piece ($clicked)" jq -ne "$clicked > 1.1"
call search_code '{"query":"render page","repository":"site"}'
is "before the others" p5 "$(data '.items[0].id')"
call submit_feedback "$(jq -nc --arg q "$query" '{target_id: "a1", kind: "negative", rating: 1, notes: "no", context: {query_id: $q}}')"
is "feedback" '{"affects_ranking":true,"stored":true}' "$(data 'del(.id)')"
call submit_feedback '{"target_id":"the whole thing","kind":"bug","rating":2}'
is "about anything" '{"affects_ranking":false,"stored":true}' "$(data 'del(.id)')"
call submit_feedback '{"target_id":"a1","kind":"odd","rating":1}'
is "of no kind" "true kind must be one of positive, negative, neutral, bug, feature, other" "$(failure)"

# ---- context and examples ----
call analyze_context '{"file_path":"src/user.c"}'
is "a file" 'src/user.c c src/user shop ["hash.h","stdlib.h","user.h"]' "$(data '"\(.file) \(.language) \(.module) \(.project.name) \(.imports.direct)"')"
is "what is near it" '[["imported","src/hash.h"],["imported","src/user.h"],["sibling","src/hash.c"],["sibling","src/hash.h"],["sibling","src/slot.c"],["sibling","src/user.h"],["test","tests/test_user.c"]]' \
	"$(data '[.related_files[] | [.type, .path]] | sort')"
is "what it needs" '{"external":["stdlib.h"],"graph_size":3,"internal":["src/hash.h","src/user.h"]} ["stdint.h"]' "$(data .dependencies) $(data .imports.indirect)"
call analyze_context '{"file_path":"shop/src/user.h","include_imports":false,"depth":9}'
is "who imports it" '["tests/test_user.c","src/user.c"] false ["depth was set to 3"]' "$(data '[.related_files[] | select(.type == "importer").path] | sort_by(length) | reverse') $(data 'has("imports")') $(data .warnings)"
call analyze_context "{\"file_path\":\"no'such.c\"}"
is "one that is not there" "true no'such.c is not in the index, or several files could be meant" "$(failure)"
call generate_code '{"description":"look a user up in the hash","language":"c","context_file":"src/user.c","include_tests":true,"style_guide":"Be short."}'
is "examples" 'null c true tabs snake_case true' "$(data '"\(.code) \(.language) \(.brief | test("hash_lookup")) \(.style_info.indent) \(.style_info.naming) \(.dependencies | contains(["hash.h"]))"')"
like "and a test" 'tests/test_user.c' "$(data .brief)"
call generate_code '{"description":"look a user up in the hash","language":"rust"}'
is "of which there are none" "true the index has nothing in rust that could serve as an example" "$(failure)"
call generate_code '{"description":"short"}'
is "of nothing" "true description must have 10 to 2000 characters" "$(failure)"

# ---- what the index is like ----
call index_status
is "the index" '{"backend":"azure","documents":38,"fields":19,"index_name":"codebase","semantic_search":true,"storage_size_mb":2,"vector_search":true}' "$(data 'del(.repositories)')"
is "in three requests" 'GET /indexes/codebase|GET /indexes/codebase/stats|POST /indexes/codebase/docs/search' "$(made 3)"
is "its repositories" '[["shop",8],["site",30]]' "$(data '[.repositories[] | [.name, .documents]]')"
seen=$(requests_made)
call index_status
is "is kept for a moment" "$seen" "$(requests_made)"
call index_status '{"x":1}'
like "with what it has not" '^true /' "$(failure)"
call cache_stats
is "which the cache tells" 1 "$(data .cache_stats.active_entries)"
call cache_stats '{"x":1}'
like "with what it has not" '^true /' "$(failure)"
call health_check
is "the service" '{"backend":"azure","healthy":true} 38' "$(data '{healthy, backend}') $(data .counters.documentCount.usage)"
call health_check '{"x":1}'
like "with what it has not" '^true /' "$(failure)"
call validate_embeddings '{"sample_size":10}'
is "vectors" '{"dimension_issues":[{"dimensions":2,"id":"a2"}],"documents_checked":10,"expected_dimensions":3,"invalid_embeddings":1,"missing_embeddings":8,"valid_embeddings":1,"validation_passed":false}' "$(data .)"
call validate_embeddings '{"index_name":"other"}'
is "of another index" "true there is no index other here; the index is codebase" "$(failure)"
call search_microsoft_docs '{"query":"blob"}'
is "elsewhere nothing is looked for" unavailable "$(data .status)"
call search_microsoft_docs '{"query":" "}'
is "of nothing" "true query is empty" "$(failure)"
unset mcp_token
kill $azure
call search_code '{"query":"user"}'
like "a service that is away" '^true azure-search: it cannot be reached' "$(failure)"
done_testing
