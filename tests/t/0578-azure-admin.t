#!/bin/bash
# catalogs/codesearch-azure: what administrators do with the index and the service; and search_microsoft_docs.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/azure.sh"
needs jq python3
start_azure || exit 1
add_user alice --tier admin
token_for alice resource="$issuer/mcp/codesearch-azure" >/dev/null

# sure TOOL ARGUMENTS: without confirm nothing is done; with it the tool is called
sure() {
	local before
	before=$(grep -vc '^GET\|/docs/search' "$T/azure/log")
	call "$1" "$2"
	is "$1 $2 has to be confirmed" "true $before" "$(json '.result.structuredContent | (.data // .).confirmation_required') $(grep -vc '^GET\|/docs/search' "$T/azure/log")"
	call "$1" "$(jq -c '. + {confirm: true}' <<<"$2")"
}

# ---- the definition of the index ----
call backup_index_schema
is "the definition" "true codebase schema_backup.json" "$(data '"\(.backed_up) \(.schema.name) \(.output_file)"')"
is "with the admin key" "api-key: admin-key-0123456789" "$(request_seen | grep api-key)"
call backup_index_schema "$(jq -nc '{output_file: ("x" * 300)}')"
is "in no file" "true output_file is no name of a file" "$(failure)"
call validate_index_schema
is "is in order" '{"fieldCount":19,"indexName":"codebase","issues":[],"valid":true}' "$(data 'del(.warnings)')"
like "and could be better" 'field parent_context is not in the index' "$(data '.warnings | join(" ")')"
call validate_index_schema '{"expected_schema":{"fields":[{"name":"content","sortable":true},{"name":"nothing"}]}}'
is "but not as expected" '["field nothing is not in the index","sortable of field content is false, not true"] false' "$(data .issues) $(data .valid)"
call validate_index_schema '{"expected_schema":{}}'
is "of no schema" 'true expected_schema: a definition is an object with an array "fields"' "$(failure)"

call manage_index '{"action":"list"}'
is "the indexes" '[{"documentCount":38,"fields":19,"name":"codebase","storageSizeMB":2}]' "$(data .indexes)"
is "in two requests" 'GET /indexes?$select=name,fields|GET /indexes/codebase/stats' "$(made 2)"
call manage_index '{"action":"validate"}'
is "validate" true "$(data .valid)"
call manage_index '{"action":"optimize"}'
is "optimize" '{"recommendations":[],"stats":{"documentCount":38,"fieldCount":19,"storageSizeGB":0.002,"vectorFieldCount":1},"warnings":[]}' "$(data .)"
call manage_index '{"action":"ensure"}'
is "it is there" 'false false codebase' "$(data '"\(.created) \(.updated) \(.current.name)"')"
call manage_index '{"action":"ensure","index_definition":{"fields":[{"name":"id","type":"Edm.String","key":true},{"name":"extra","type":"Edm.String"}]},"update_if_different":false}'
is "and differs" 'false false ["field extra is not in the index"]' "$(data '"\(.created) \(.updated) \(.differences)"')"
call manage_index '{"action":"create","index_definition":{"fields":[{"name":"id","type":"Edm.String","key":true},{"name":"extra","type":"Edm.String"}]}}'
is "what the service does not do" "true Existing field(s) cannot be deleted." "$(failure)"
definition=$(call backup_index_schema; data '.schema | with_entries(select(.key | startswith("@") | not)) | .fields += [{name: "extra", type: "Edm.String", searchable: true}]')
call manage_index "$(jq -nc --argjson d "$definition" '{action: "ensure", index_definition: $d}')"
is "is changed" 'false true' "$(data '"\(.created) \(.updated)"')"
is "as it was said" "PUT /indexes/codebase $definition" "$(made 1) $(body_seen)"
call manage_index '{"action":"create","index_definition":{"fields":[{"name":"a","type":"Edm.String"}]}}'
is "an index without a key" "true index_definition: there are 0 keys, there must be one" "$(failure)"
call manage_index '{"action":"delete","index_name":"other","confirm":true}'
is "another index" "true there is no index other here; the index is codebase" "$(failure)"
call manage_index '{"action":"drop"}'
is "another action" "true action must be one of create, ensure, recreate, delete, optimize, validate, list" "$(failure)"
call manage_index '{"action":"recreate","backup_documents":true}'
like "what cannot be saved" '^true backup_documents is not possible' "$(failure)"

# ---- documents ----
docs() { call manage_documents "$1"; }
docs '{"action":"count","index_name":"codebase"}'
is "count" '{"count":38,"index":"codebase"}' "$(data .)"
docs '{"action":"upload","index_name":"codebase","documents":[{"id":"n1","content":"x","repository":"new"},{"@search.action":"delete","id":"a6"},{}]}'
is "upload" '3 2 1 "The key field '"'id'"' is missing or invalid." true' "$(data '"\(.total_processed) \(.succeeded) \(.failed) \(.failed_documents[0].error | tojson) \(.documents_per_second > 0)"')"
is "which says by itself what is done" '{"value":[{"@search.action":"upload","content":"x","id":"n1","repository":"new"},{"@search.action":"upload","id":"a6"},{"@search.action":"upload"}]}' "$(body_seen)"
docs '{"action":"upload","index_name":"codebase","merge":true,"documents":[{"id":"n1","content":"y"},{"id":"n9"}]}'
is "merge" '1 404' "$(data '"\(.succeeded) \(.failed_documents[0].status)"')"
docs '{"action":"upload","index_name":"codebase","documents":[{"id":"n1","nosuch":1}]}'
like "what the index has not" "^true The property 'nosuch' does not exist" "$(failure)"
docs '{"action":"upload","index_name":"codebase"}'
is "nothing" "true upload needs 1 to 1000 documents" "$(failure)"
docs '{"action":"verify","index_name":"codebase"}'
is "verify" '39 39 true' "$(data '"\(.total_documents) \(.sampled_documents) \(.issues | map(.issue) | contains(["content is empty", "it has no repository"]))"')"
sure manage_documents '{"action":"delete","index_name":"codebase","document_keys":["a6","zz"]}'
is "delete" '{"deleted":2,"index":"codebase","requested":2}' "$(data .)"
is "by keys" '{"value":[{"@search.action":"delete","id":"a6"},{"@search.action":"delete","id":"zz"}]}' "$(body_seen)"
docs '{"action":"delete","index_name":"codebase","document_keys":["a/b"],"confirm":true}'
like "that are none" '^true /document_keys' "$(failure)"
docs '{"action":"cleanup","index_name":"codebase","days_old":1000,"date_field":"created_at","dry_run":true}'
is "cleanup, dry" '2 0 true' "$(data '"\(.found) \(.deleted) \(.dry_run)"')"
sure manage_documents '{"action":"cleanup","index_name":"codebase","days_old":1000,"date_field":"created_at"}'
is "cleanup" '2 2 false null' "$(data '"\(.found) \(.deleted) \(.dry_run) \(.warnings)"')"
is "of these" '["a3","a4"]' "$(body_seen | jq -c '[.value[].id] | sort')"
docs '{"action":"cleanup","index_name":"codebase","days_old":1000,"date_field":"content"}'
like "by what is no date" '^true cleanup needs' "$(failure)"
docs '{"action":"count","index_name":"other"}'
is "of another index" "true there is no index other here; the index is codebase" "$(failure)"

# ---- indexers, data sources, skillsets ----
call manage_indexer '{"action":"list"}'
is "the indexers" '["shop"] []' "$(data '[.indexers[].name]') $(data .repositories)"
call manage_indexer '{"action":"status","indexer_name":"shop"}'
is "one" 'shop running 5 1000' "$(data '"\(.indexer) \(.status.status) \(.status.history | length) \(.status.history[0].errors[0] | length)"')"
call manage_indexer '{"action":"run","indexer_name":"shop","wait":true}'
is "runs" 'shop true 202 POST /indexers/shop/run' "$(data '"\(.indexer) \(.run_started) \(.result.status)"') $(made 1)"
call manage_indexer '{"action":"reset","indexer_name":"shop"}'
is "anew" 'true 202 POST /indexers/shop/reset|POST /indexers/shop/run' "$(data '"\(.reset) \(.run_result.status)"') $(made 2)"
is "without a body" "Content-Length: 0" "$(request_seen | grep -i '^content-length')"
call manage_indexer '{"action":"create","indexer_name":"site","datasource_name":"src","schedule":{"interval":"PT2H"}}'
is "another" 'site true {"dataSourceName":"src","name":"site","schedule":{"interval":"PT2H"},"targetIndexName":"codebase"}' "$(data '"\(.indexer) \(.created_or_updated)"') $(body_seen)"
call manage_indexer '{"action":"delete","indexer_name":"site"}'
is "goes" '{"deleted":true,"indexer":"site"} DELETE /indexers/site' "$(data .) $(made 1)"
call manage_indexer '{"action":"run","indexer_name":"nobody"}'
like "one that is not there" '^true No indexer' "$(failure)"
for name in ../indexes/codebase 'a b' ''; do
	call manage_indexer "$(jq -nc --arg n "$name" '{action: "delete", indexer_name: $n}')"
	is "no way out of a path: $name" "true DELETE /indexers/site" "$(json .result.isError) $(grep DELETE "$T/azure/log" | tail -n 1 | cut -d'?' -f1)"
done
call create_datasource '{"name":"src","datasource_type":"azureblob","connection_info":{"connectionString":"AccountKey=account_key_0123"},"container":{"name":"code"}}'
secret account_key_0123
is "a data source" '{"datasource":"src","result":{"name":"src","status":201,"type":"azureblob"}}' "$(data .)"
is "as the service takes it" '{"container":{"name":"code"},"credentials":{"connectionString":"AccountKey=account_key_0123"},"name":"src","type":"azureblob"}' "$(body_seen)"
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
sure index_rebuild '{"repository":"shop"}'
is "an indexer goes through everything again" 'shop running POST /indexers/shop/reset|POST /indexers/shop/run' "$(data '"\(.repository) \(.state)"') $(made 2)"
call index_rebuild '{"repository":"nobody","confirm":true}'
like "one that is not there" "^true No indexer" "$(failure)"

# ---- jobs: the work is that of sallyport-index ----
jobs() { sql "SELECT string_agg(repository || ' ' || target || ' ' || coalesce(source ->> 'type', '-') || ' ' || complete, ', ' ORDER BY job_id) FROM codesearch.job"; }
call index_repository '{"repo_path":"/srv/src/shop","patterns":["*.c"]}'
is "a repository" 'shop queued' "$(data '"\(.repo_name) \(.state)"')"
call index_repository '{"repo_path":"../x"}'
is "out of its place" "true repo_path must not lead upwards" "$(failure)"
call github_index_repo '{"repo":"curl/curl","confirm":true}'
is "one of GitHub" 'curl/curl main queued' "$(data '"\(.repository) \(.ref) \(.state)"')"
call github_index_repo '{"repo":"curl/curl"}'
is "which asks first" true "$(json '.result.structuredContent | (.data // .).confirmation_required')"
call github_index_repo '{"repo":"../x","confirm":true}'
like "one that is none" '^true the repository must be owner/name' "$(failure)"
call index_changed_files '{"files":["a.c"],"repo_name":"shop"}'
is "files of what was never indexed" "true there is no repository shop" "$(failure)"
sql "INSERT INTO codesearch.target_repository VALUES ('azure-search-admin', 'shop', '{\"type\": \"tree\", \"path\": \"/srv/src/shop\"}', now())"
call index_changed_files '{"files":["a.c"]}'
is "files" 'shop ["a.c"] queued' "$(data '"\(.repo_name) \(.files) \(.state)"')"
sure index_rebuild '{"repository":"shop"}'
is "of a repository that is known here it is a job" queued "$(data .state)"
sure clear_repository_documents "{\"repository_filter\":\"repository eq 'site'\"}"
is "clear" "repository eq 'site' queued" "$(data '"\(.filter) \(.state)"')"
call clear_repository_documents '{"repository_filter":"true or true","confirm":true}'
like "by another filter" '^true repository_filter must be' "$(failure)"
sure rebuild_index '{}'
is "all of it" 'queued' "$(data .state)"
call rebuild_index '{"x":1,"confirm":true}'
like "with what it has not" '^true /' "$(failure)"
call backfill_embeddings '{"max_docs":10,"dry_run":true}'
is "vectors, dry" '{"backfill_started":false,"dry_run":true,"failed":0,"index":"codebase","output":"10 documents would be looked at","processed":10,"written":0}' "$(data .)"
call backfill_embeddings '{"batch_size":50}'
is "vectors" 'true queued' "$(data '"\(.backfill_started) \(.state)"')"
call backfill_embeddings '{"index_name":"other"}'
is "of another index" "true there is no index other here; the index is codebase" "$(failure)"
is "all jobs are for this index" "shop azure-search-admin tree false, curl/curl azure-search-admin github true, shop azure-search-admin files false, shop azure-search-admin - true, site azure-search-admin clear false, * azure-search-admin rebuild true, * azure-search-admin backfill false" "$(jobs)"
call manage_indexer '{"action":"status","indexer_name":"shop"}'
is "which are told" 'shop 3 files' "$(data '"\(.indexer) \(.status.history | length) \(.status.history[1].source.type)"')"
call cache_clear
is "the cache" true "$(data .cleared)"
call cache_clear '{"scope":"nothing"}'
is "of nothing" "true scope must be one of all, search, embeddings, results" "$(failure)"

# ---- what belongs to the subscription ----
call get_service_info
is "the service" "example West Europe basic free" "$(data '"\(.service_name) \(.location) \(.sku.name) \(.semantic_search)"')"
is "with a token of the directory" "Authorization: Bearer management_token_0123456789" "$(request_seen | grep -i '^authorization')"
call get_service_info '{"resource_group":"a/../b"}'
like "of another place" '^true /resource_group' "$(failure)"
call configure_semantic_search
is "the plan" '{"semantic_search":"free","service_name":"example"}' "$(data .)"
call configure_semantic_search '{"action":"enable","plan":"standard"}'
is "another plan" 'standard {"properties":{"semanticSearch":"standard"}}' "$(data .semantic_search) $(body_seen)"
call configure_semantic_search '{"action":"disable"}'
is "none" 'disabled {"properties":{"semanticSearch":"disabled"}}' "$(data .semantic_search) $(body_seen)"
call configure_semantic_search '{"action":"enable","plan":"gold"}'
like "one that is none" '^true /plan' "$(failure)"

# ---- the end of it ----
sure manage_index '{"action":"recreate"}'
is "made anew" '{"created":true,"deleted":true,"documents_backed_up":0} DELETE /indexes/codebase|PUT /indexes/codebase' "$(data .) $(made 2)"
is "as it was" extra "$(body_seen | jq -r '.fields[-1].name')"
docs '{"action":"count","index_name":"codebase"}'
is "and empty" 0 "$(data .count)"
sure manage_index '{"action":"delete","index_name":"codebase"}'
is "removed" '{"deleted":true,"index":"codebase"}' "$(data .)"
call index_status
like "it is not there" "^true No index with the name 'codebase'" "$(failure)"
call health_check
is "which is not healthy" '[false,false,false,false]' "$(data '[.healthy, .components.search_client, .components.context_aware, .components.data_automation]')"
call manage_index '{"action":"ensure"}'
is "made with the fields of these tools" 'true false true' "$(data '"\(.created) \(.updated) \(.current.fields | map(.name) | contains(["chunk_id", "imports", "last_modified"]))"')"

# ---- filled by sallyport-index, and searched ----
. "$top_srcdir/tests/lib/codesearch.sh"
make_shop "$T/shop"
index() { env "${sv_env[@]}" "$top_builddir/bin/sallyport-index" "$@" >"$T/out" 2>"$T/err" || { cat "$T/err" >&2; return 1; }; }
sql "DELETE FROM codesearch.job; DELETE FROM codesearch.target_repository"
ok "a tree is sent to the service" index --target azure-search-admin "$T/shop"
call search_code '{"query":"get_user_by_id","repository":"shop","max_results":3}'
is "and found" "src/user.c shop c get_user_by_id" "$(data '.items[0] | "\(.file) \(.repository) \(.language) \(.function_name)"')"
call analyze_context '{"file_path":"src/user.c"}'
is "with what it is part of" '["imported src/hash.h","imported src/user.h","test tests/test_user.c"]' "$(data '[.related_files[] | select(.type != "sibling") | "\(.type) \(.path)"]')"
sed -i 's/hash_remove/hash_forget/' "$T/shop/src/user.c"
rm "$T/shop/tests/test_user.c"
call index_changed_files '{"files":["src/user.c","tests/test_user.c"]}'
is "what has changed is a job" queued "$(data .state)"
ok "which is done" index --jobs
call search_code '{"query":"hash_forget test_get_user","repository":"shop"}'
is "and seen" '["src/user.c"]' "$(data '[.items[].file] | unique')"
call manage_indexer '{"action":"status","indexer_name":"shop"}'
is "and told" "done" "$(data '.status.history[0].state')"
sure clear_repository_documents '{"repository_filter":"shop"}'
ok "the repository is cleared" index --jobs
docs '{"action":"count","index_name":"codebase"}'
is "and gone" 0 "$(data .count)"
sure rebuild_index '{}'
ok "the index is made anew" index --jobs
ok "with what was in it" index --jobs
call index_status
is "which is there again" '[["shop",true]]' "$(data '[.repositories[] | [.name, .documents > 4]]')"

# ---- the vendor's documentation, when queries may leave this site ----
sed -E "s|^url: https://learn.*|url: http://127.0.0.1:$port/api\nhttp: true\nallow: [127.0.0.1]|" "$top_srcdir/catalogs/codesearch/58-microsoft-docs.yaml" >"$T/docs.yaml"
sed -E "s|allowed: \{type: boolean, value: false\}|allowed: {type: boolean, value: true}|" "$top_srcdir/catalogs/codesearch-azure/60-microsoft-docs.yaml" >"$T/docs-azure.yaml"
seen=$(requests_made)
call search_microsoft_docs '{"query":"blob"}'
is "switched off" "unavailable 0 $seen" "$(data '"\(.status) \(.count)"') $(requests_made)"
call search_microsoft_docs '{"query":"blob","allowed":true}'
like "not for a caller to switch on" '^true /' "$(failure)"
ok "switched on" sallyport catalog apply "$T/docs.yaml" "$T/docs-azure.yaml"
catalog_known
call search_microsoft_docs '{"query":"blob","max_results":2}'
is "articles" 'ok 2 {"content":"About blob.","title":"Blobs 0","url":"https://learn.example.com/0"}' "$(data '"\(.status) \(.count)"') $(data '.results[0]')"
is "by three requests" "POST /api/mcp|POST /api/mcp|POST /api/mcp" "$(made 3)"
is "of its tool" '{"arguments":{"query":"blob"},"name":"microsoft_docs_search"}' "$(body_seen | jq -cS .params)"
call search_microsoft_docs '{"query":"structured"}'
is "structured" 1 "$(data .count)"
call search_microsoft_docs '{"query":"odd"}'
is "what it does not find" "true the documentation server says: not today" "$(failure)"
mcp_path=/mcp
token_for alice >/dev/null
call search_microsoft_docs '{"query":"blob"}'
is "each server for itself" unavailable "$(data .status)"
done_testing
