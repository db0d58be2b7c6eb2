#!/bin/bash
# catalogs/codesearch-azure: the tools of code search with Azure AI Search behind them, which
# tests/lib/azure.py stands in for.  Requests are compared byte by byte.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
needs jq python3
mkdir -p "$T/azure" "$T/catalog"
python3 "$top_srcdir/tests/lib/azure.py" "$T/azure" 2>"$sv_log/azure.log" &
azure=$!
trap 'kill $azure 2>/dev/null; stop_all' EXIT
for _ in {1..100}; do [ ! -e "$T/azure/port" ] || break; sleep 0.1; done
port=$(cat "$T/azure/port")
sv_env+=(CREDENTIAL_AZURE_SEARCH_QUERY_KEY=query-key-0123456789 CREDENTIAL_AZURE_SEARCH_ADMIN_KEY=admin-key-0123456789
	CREDENTIAL_AZURE_CLIENT_SECRET=client_secret_0123456789)
secret query-key-0123456789 admin-key-0123456789 client_secret_0123456789 management_token_0123456789
start_postgres && migrate source_allow=127.0.0.0/8 source_http=true || exit 1
ok "the shipped documents have no fault" sallyport catalog check "$top_srcdir/catalogs/codesearch-azure"
# the real addresses are those of the services; here they are ours
for file in "$top_srcdir"/catalogs/codesearch-azure/*.yaml; do
	sed -E "s|^url: https://.*|url: http://127.0.0.1:$port\nhttp: true\nallow: [127.0.0.1]|; s|^token_url: https://[^/]*|token_url: http://127.0.0.1:$port|" \
		"$file" >"$T/catalog/${file##*/}"
done
ok "and are applied" sallyport catalog apply "$T/catalog"
start_httpd "${HTTPD:-nginx}" || exit 1
mcp_path=/mcp/codesearch-azure
add_user alice --tier admin
token_for alice resource="$issuer/mcp/codesearch-azure" >/dev/null

call() { call_tool "$1" "${2:-"{}"}" >/dev/null; }
data() { json ".result.structuredContent | if .ok then .data | ($1) else . end | tojson" | jq -rcS .; }
failure() { json '.result | "\(.isError) \(.structuredContent.error // .content[0].text)"'; }
request_seen() { tr -d '\r' <"$T/azure/request"; }
body_seen() { sed '1,/^$/d' <(request_seen) | jq -cS .; }

call_mcp tools/list >/dev/null
is "the same names" "backup_index_schema configure_semantic_search create_datasource create_skillset explain_ranking get_service_info health_check index_rebuild index_status manage_documents manage_index manage_indexer search_code search_code_raw" \
	"$(json '[.result.tools[].name] | sort | join(" ")')"

call search_code '{"query":"user \"by id\"","language":"c","repository":"shop","max_results":1}'
is "a search" "src/user.c get_user_by_id 7.5 1 12" "$(data '"\(.items[0].file) \(.items[0].function_name) \(.items[0].relevance) \(.count) \(.total)"')"
sent='{"top":1,"skip":0,"count":true,"filter":"language ge '"'c'"' and language le '"'c'"' and repository ge '"'shop'"' and repository le '"'shop'"'","search":"user \"by id\"","select":"id,content,file_path,repository,language,function_name,class_name,start_line,end_line","highlight":"content,function_name,class_name,docstring","queryType":"simple","searchMode":"any","searchFields":"content,function_name,class_name,docstring","highlightPreTag":"","highlightPostTag":""}'
is "the request, byte by byte" "$(printf '%s\n' 'POST /indexes/codebase/docs/search?api-version=2024-07-01 HTTP/1.1' "Host: 127.0.0.1:$port" \
	"User-Agent: sallyport/$("$top_builddir/bin/sallyport" --version | cut -d' ' -f2)" 'Accept: application/json' 'api-key: query-key-0123456789' \
	'Content-Type: application/json' "Content-Length: ${#sent}" | sort; echo "$sent")" "$(request_seen | sed '/^$/,$d' | sort; request_seen | sed '1,/^$/d'; echo)"
call search_code '{"query":"user","skip":1}'
is "page two, and a filter that holds everything" "README.md language ge '' and language le '~' and repository ge '' and repository le '~'" \
	"$(data '.items[0].file') $(body_seen | jq -r .filter)"
for filter in "c' or true or '" "c'" "a b"; do
	call search_code "$(jq -nc --arg f "$filter" '{query: "user", language: $f}')"
	like "no way out of a filter: $filter" '^true /language' "$(failure)"
done
call search_code '{"query":"bad"}'
is "what the service refuses" "true Invalid expression." "$(failure)"
is "in the envelope" '{"code":"error","error":"Invalid expression.","ok":false}' "$(json .result.structuredContent | jq -cS .)"
call search_code '{"query":"x","max_results":50}'
like "at most 20" '^true /max_results' "$(failure)"
call search_code_raw '{"query":"user"}'
is "raw results" "2 12 null" "$(data '"\(.results | length) \(.total) \(.intent)"')"
call search_code_raw '{"query":""}'
like "of nothing" '^true /query' "$(failure)"
call explain_ranking '{"query":"user"}'
is "why" "a1 7.5 hash_lookup(users, id)" "$(data '.explanations[0] | "\(.id) \(.factors.score) \(.factors.highlights.content[0])"')"
call explain_ranking '{"query":"bad"}'
is "why not" "true Invalid expression." "$(failure)"
call index_status
is "the index" "codebase 12 2097152" "$(data '"\(.index_name) \(.documents) \(.storage_size_bytes)"')"
is "in two requests" "GET /indexes/codebase?api-version=2024-07-01|GET /indexes/codebase/stats?api-version=2024-07-01" "$(tail -n 2 "$T/azure/log" | paste -sd'|')"
call health_check
is "the service" "true 12" "$(data '"\(.healthy) \(.counters.documentCount.usage)"')"
call health_check '{"x":1}'
like "with what it has not" '^true /' "$(failure)"

# ---- what changes it ----

call backup_index_schema
is "the definition" "true codebase" "$(data '"\(.backed_up) \(.schema.name)"')"
call create_datasource '{"name":"src","datasource_type":"azureblob","connection_info":{"connectionString":"AccountKey=account_key_0123"},"container":{"name":"code"}}'
secret account_key_0123
is "a data source" '{"datasource":"src","result":{"name":"src","status":201,"type":"azureblob"}}' "$(data .)"
is "as the service takes it" '{"container":{"name":"code"},"credentials":{"connectionString":"AccountKey=account_key_0123"},"name":"src","type":"azureblob"}' "$(body_seen)"
is "with the admin key" "api-key: admin-key-0123456789" "$(request_seen | grep api-key)"
call create_datasource '{"name":"busy","datasource_type":"azureblob","connection_info":{"connectionString":"x"}}'
is "one that is in use" "true It is in use." "$(failure)"
call create_datasource '{"name":"../indexes/codebase","datasource_type":"azureblob","connection_info":{"connectionString":"x"}}'
like "one with a way out of its path" '^true /name' "$(failure)"
call create_skillset '{"name":"split","skills":[{"@odata.type":"#Microsoft.Skills.Text.SplitSkill","inputs":[],"outputs":[]}],"cognitive_services_key":"cognitive_key_0123"}'
secret cognitive_key_0123
is "a skillset" '{"result":{"name":"split","status":201},"skillset":"split"}' "$(data .)"
is "as the service takes it" '{"cognitiveServices":{"@odata.type":"#Microsoft.Azure.Search.CognitiveServicesByKey","key":"cognitive_key_0123"},"name":"split","skills":[{"@odata.type":"#Microsoft.Skills.Text.SplitSkill","inputs":[],"outputs":[]}]}' "$(body_seen)"
call create_skillset '{"name":"split","skills":[{"x":1}]}'
like "one without a type" '^true /skills/0' "$(failure)"
requests=$(wc -l <"$T/azure/log")
call index_rebuild '{"repository":"shop"}'
is "a rebuild has to be confirmed" "true $requests" "$(json .result.structuredContent.confirmation_required) $(wc -l <"$T/azure/log")"
call index_rebuild '{"repository":"shop","confirm":true}'
is "and is made" "shop reset POST /indexers/shop/reset?api-version=2024-07-01" "$(data '"\(.repository) \(.state)"') $(tail -n 1 "$T/azure/log")"
is "without a body" "Content-Length: 0" "$(request_seen | grep -i '^content-length')"
call index_rebuild '{"repository":"nobody","confirm":true}'
like "of what is not there" "^true No indexer" "$(failure)"

call manage_index '{"action":"list"}'
is "the indexes" "codebase /indexes?\$select=name&api-version=2024-07-01" "$(data '.indexes[0].name') $(tail -n 1 "$T/azure/log" | cut -d' ' -f2 | sed 's/%24/$/')"
call manage_index '{"action":"delete"}'
like "which are not removed from here" '^true /action' "$(failure)"
call manage_documents '{"action":"upload","index_name":"codebase","documents":[{"id":"a","content":"x"},{"@search.action":"delete","id":"b"},{}]}'
is "documents" '[201,201,400] {"value":[{"content":"x","id":"a"},{"@search.action":"delete","id":"b"},{}]}' "$(data '[.documents[].statusCode]') $(body_seen)"
call manage_documents '{"action":"upload","index_name":"other","documents":[{"id":"a"}]}'
like "of another index" '^true /index_name' "$(failure)"
call manage_indexer '{"action":"run","indexer_name":"shop"}'
is "an indexer runs" "shop run 202 POST /indexers/shop/run?api-version=2024-07-01" "$(data '"\(.indexer) \(.action) \(.status)"') $(tail -n 1 "$T/azure/log")"
call manage_indexer '{"action":"run","indexer_name":"nobody"}'
like "that is not there" '^true No indexer' "$(failure)"

# ---- what belongs to the subscription ----

call get_service_info
is "the service" "example West Europe basic free" "$(data '"\(.service_name) \(.location) \(.sku.name) \(.semantic_search)"')"
is "with a token of the directory" "Authorization: Bearer management_token_0123456789" "$(request_seen | grep -i '^authorization')"
call get_service_info '{"resource_group":"a/../b"}'
like "of another place" '^true /resource_group' "$(failure)"
call configure_semantic_search '{"plan":"standard"}'
is "another plan" '{"semantic_search":"standard"} {"properties":{"semanticSearch":"standard"}}' "$(data .) $(body_seen)"
call configure_semantic_search '{"plan":"gold"}'
like "one that is none" '^true /plan' "$(failure)"
done_testing
