#!/bin/bash
# Prompts: what is listed, what they say, what their arguments must be, how they are completed.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
start_postgres && migrate && sql "$(cat "$top_srcdir/tests/lib/content.sql")" &&
	sallyport catalog apply >"$sv_log/catalog.log" 2>&1 && start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && add_user root --tier admin
token_for root scope=orders:read >"$T/root"
token_for alice scope=orders:read >/dev/null

# get_prompt NAME [ARGUMENTS]: prints "STATUS CODE", or "STATUS ok" and leaves the answer
get_prompt() {
	local status
	status=$(call_mcp prompts/get "$(jq -nc --arg name "$1" --argjson arguments "${2:-null}" '{ name: $name } + if $arguments then { arguments: $arguments } else {} end')")
	echo "$status $(json 'if .result then "ok" else .error.code? // .error end')"
}
gives() { is "$1 ${3:-}" "200 ok" "$(get_prompt "$1" "${3:-null}")"; is "gives $2" "$2" "$(json .result.messages -c)"; }
wrong() { is "$1 $2" "200 -32602 $3" "$(get_prompt "$1" "$2") $(json .error.message)"; }

# ---- the list ----

is "prompts/list" 200 "$(call_mcp prompts/list)"
is "of what the caller may use" 'as_json plain refuses review-code welcome' "$(json '[.result.prompts[].name] | join(" ")')"
is "may be kept by the caller" '60000 private complete' "$(json '.result | "\(.ttlMs) \(.cacheScope) \(.resultType)"')"
is "a row" '{"arguments":[{"description":"a name","name":"who","required":true,"title":"Who"},{"name":"tone"}],"description":"Greets somebody.","icons":[{"src":"https://shop.example/w.png"}],"name":"welcome","title":"Welcome"}' \
	"$(json '.result.prompts[] | select(.name == "welcome")' -cS)"
is "a function" '{"arguments":[{"description":"what to look at","name":"code","required":true},{"description":"which language it is in","name":"tongue","required":false,"title":"Language"},{"name":"depth","required":false},{"name":"strict","required":false}],"description":"Reviews code.","icons":[{"src":"data:image/png;base64,AAAA"}],"name":"review-code","title":"Review"}' \
	"$(json '.result.prompts[] | select(.name == "review-code")' -cS)"
is "one without arguments" '{"description":"One message.","name":"plain","title":"Plain"}' "$(json '.result.prompts[] | select(.name == "plain")' -cS)"
mcp_token=$(cat "$T/root") call_mcp prompts/list >/dev/null
is "an administrator sees more" 'as_json owner_only plain refuses review-code welcome' "$(json '[.result.prompts[].name] | join(" ")')"

# ---- getting ----

gives plain '[{"role":"user","content":{"type":"text","text":"a plain prompt"}}]'
is "with its description" 'One message. complete' "$(json '.result | "\(.description) \(.resultType)"')"
is "and nothing of caching" 'false' "$(json '.result | has("ttlMs")')"
gives plain '[{"role":"user","content":{"type":"text","text":"a plain prompt"}}]' '{}'
gives welcome '[{"role":"user","content":{"text":"Greet Eve { {tone}}, not {{nobody}} or {{ who }}.","type":"text"}},{"role":"assistant","content":{"uri":"shop://terms","name":"terms {{who}}","type":"resource_link"}}]' \
	'{"who":"Eve","tone":" { {tone}}"}'
gives welcome '[{"role":"user","content":{"text":"Greet {{tone}}, not {{nobody}} or {{ who }}.","type":"text"}},{"role":"assistant","content":{"uri":"shop://terms","name":"terms {{who}}","type":"resource_link"}}]' \
	'{"who":"{{tone}}"}'
gives review-code '[{"role":"user","content":{"text":"Review this SQL 1 false","type":"text"}},{"role":"user","content":{"type":"resource","resource":{"uri":"shop://code","text":"a \"b\"","mimeType":"text/plain"}}},{"role":"assistant","content":{"text":"Ready.","type":"text"}}]' \
	'{"code":"a \"b\""}'
get_prompt review-code '{"code":"x","tongue":"C","depth":"7","strict":"true"}' >/dev/null
is "arguments of other types" 'Review this C 7 true' "$(json '.result.messages[0].content.text')"
get_prompt review-code '{"code":"","tongue":"","depth":""}' >/dev/null
is "an optional one that is empty was not given, a required one was" 'Review this SQL 1 false ' "$(json '.result.messages | "\(.[0].content.text) \(.[1].content.resource.text)"')"
gives as_json '[{"role":"user","content":{"text":"json","type":"text"}}]'
gives as_json '[]' '{"n":"none"}'
for n in bad role; do is "JSON that is no messages: $n" "200 -32603" "$(get_prompt as_json "{\"n\":\"$n\"}")"; done

wrong nonsense null 'unknown prompt: nonsense'
wrong owner_only null 'unknown prompt: owner_only'
wrong review-code null 'argument code is required'
wrong review-code '{}' 'argument code is required'
wrong review-code '{"tongue":"C"}' 'argument code is required'
wrong review-code '{"code":7}' 'argument code must be a string'
wrong review-code '{"code":null}' 'argument code must be a string'
wrong review-code '{"code":"x","deep":"1"}' 'argument deep is unknown'
wrong review-code '{"code":"x","depth":"deep"}' 'invalid input syntax for type integer: "deep"'
wrong refuses '{"x":"1"}' 'not today'
is "a scope that is missing" "403 insufficient_scope" "$(get_prompt scoped)"
method=prompts/get name=plain try "arguments that are no object" "400 -32602" "$(rpc prompts/get '{"name":"plain","arguments":[]}')"
method=prompts/get name=plain try "a name that is no string" "400 -32020" "$(rpc prompts/get '{"name":7}')"
method=prompts/get name='' try "without Mcp-Name" "400 -32020" "$(rpc prompts/get '{"name":"plain"}')"
method=prompts/get name=welcome try "with another" "400 -32020" "$(rpc prompts/get '{"name":"plain"}')"

# ---- completion ----

complete() {
	call_mcp completion/complete "$(jq -nc --arg prompt "$1" --arg name "$2" --arg value "$3" --argjson context "${4:-null}" \
		'{ ref: { type: "ref/prompt", name: $prompt }, argument: { name: $name, value: $value } } + if $context then { context: $context } else {} end')" >/dev/null
	json '.result.completion // .error.code? // .error' -c
}
is "values of a row" '{"values":["formal","Friendly"],"total":2,"hasMore":false}' "$(complete welcome tone F)"
is "all of them" '{"values":["formal","Friendly","short"],"total":3,"hasMore":false}' "$(complete welcome tone '')"
is "an enum" '{"values":["SQL","SPARQL"],"total":2,"hasMore":false}' "$(complete review-code tongue s)"
is "a boolean" '{"values":["true"],"total":1,"hasMore":false}' "$(complete review-code strict t)"
is "a function" '{"values":["any d1","any d2"],"total":2,"hasMore":false}' "$(complete review-code depth d)"
is "with the context" '{"values":["C d1","C d2"],"total":2,"hasMore":false}' "$(complete review-code depth d '{"arguments":{"tongue":"C"}}')"
is "of the result type" "complete" "$(json .result.resultType)"
complete review-code depth some >/dev/null
is "no more than a hundred" '100 150 true any some100' "$(json '.result.completion | "\(.values | length) \(.total) \(.hasMore) \(.values[99])"')"
complete review-code depth many >/dev/null
is "of very many" '100 null true' "$(json '.result.completion | "\(.values | length) \(.total) \(.hasMore)"')"
is "an argument without" '{"values":[],"total":0,"hasMore":false}' "$(complete review-code code x)"
is "an unknown argument" -32602 "$(complete review-code nothing x)"
is "an unknown prompt" -32602 "$(complete nonsense code x)"
is "one that is not for the caller" -32602 "$(complete owner_only code x)"
is "one that needs a scope" insufficient_scope "$(complete scoped code x)"
is "a context that is none" -32602 "$(complete review-code depth x '{"arguments":{"a":1}}')"
is "no object" -32602 "$(complete review-code depth x '{"arguments":[]}')"
for params in '{}' '{"ref":{"type":"ref/prompt","name":"plain"}}' '{"ref":{"type":"ref/tool","name":"plain"},"argument":{"name":"a","value":""}}' \
	'{"ref":{"type":"ref/prompt","uri":"plain"},"argument":{"name":"a","value":""}}' '{"ref":{"type":"ref/prompt","name":"plain"},"argument":{"name":"a"}}' \
	'{"ref":{"type":"ref/prompt","name":"plain"},"argument":{"name":"a","value":7}}' '{"ref":"plain","argument":{"name":"a","value":""}}'; do
	method=completion/complete try "completion/complete $params" "400 -32602" "$(rpc completion/complete "$params")"
done

# ---- sessions ----

for version in 2025-11-25 2025-06-18 2025-03-26; do
	session=$(open_session $version)
	post_mcp "$(old prompts/list)" >/dev/null
	is "$version: list" '["prompts"]' "$(json '.result | keys' -c)"
	post_mcp "$(old prompts/get '{"name":"plain"}')" >/dev/null
	is "$version: get" '{"description":"One message.","messages":[{"role":"user","content":{"type":"text","text":"a plain prompt"}}]}' "$(json .result -c)"
	post_mcp "$(old prompts/get '{"name":"welcome","arguments":{"who":"Eve"}}')" >/dev/null
	is "$version: a link" "$([ $version = 2025-03-26 ] && echo text || echo resource_link)" "$(json '.result.messages[1].content.type')"
	post_mcp "$(old prompts/get '{"name":"review-code"}')" >/dev/null
	is "$version: a required argument" -32602 "$(json .error.code)"
	post_mcp "$(old completion/complete '{"ref":{"type":"ref/prompt","name":"welcome"},"argument":{"name":"tone","value":"s"}}')" >/dev/null
	is "$version: completion" '{"completion":{"values":["short"],"total":1,"hasMore":false}}' "$(json .result -c)"
	session=never-opened try "$version: without a session" "404 -32600" "$(old prompts/get '{"name":"plain"}')"
	session=never-opened try "$version: nor completion" "404 -32600" "$(old completion/complete '{"ref":{"type":"ref/prompt","name":"welcome"},"argument":{"name":"tone","value":"s"}}')"
	session=never-opened try "$version: nor a list" "404 -32600" "$(old prompts/list)"
done
version=2026-07-28 session=''

# ---- the audit trail ----

audit() { sql "SELECT event, outcome, tool, coalesce(detail->>'why', detail->>'sqlstate') FROM sallyport.audit WHERE request_id = '$(header X-Request-Id)'" -F ' '; }
get_prompt plain >/dev/null; is "getting has its row" "prompt.get ok plain " "$(audit)"
get_prompt welcome '{"who":"x"}' >/dev/null; is "of a row" "prompt.get ok welcome " "$(audit)"
get_prompt review-code >/dev/null; is "of a missing argument" "prompt.get rejected review-code arguments do not fit" "$(audit)"
get_prompt refuses '{"x":"1"}' >/dev/null; is "of a failure" "prompt.get error refuses P0001" "$(audit)"
complete review-code depth d >/dev/null; is "of a completion" "completion ok review-code " "$(audit)"

# ---- refusals: the catalog says why ----

refused() {
	sql "CREATE FUNCTION tools.refused($2; COMMENT ON FUNCTION tools.refused IS E'T\\n${3//\'/\'\'}'"
	is "refused: $1" "refused $1" "$(sql "SELECT action, reason FROM sallyport.catalog_sync_content('{tools}', 'sallyport_tool') WHERE function ~ 'refused'" -F ' ')"
	sql "DROP FUNCTION tools.refused"
}
q="LANGUAGE sql STABLE AS 'SELECT NULL"
refused "'my prompt' is not a prompt name: 1 to 64 of A-Z a-z 0-9 _ -" "a text) RETURNS text $q::text'" '@prompt my prompt'
refused "type integer of its result is not one of a prompt" "a text) RETURNS integer $q::integer'" '@prompt'
refused "type SETOF text of its result is not one of a prompt" "a text) RETURNS SETOF text $q::text'" '@prompt'
refused "type mcp.message of its result is not one of a resource" ") RETURNS mcp.message $q::mcp.message'" '@resource x:y'
refused "argument a: type text[] has no form as a string" "a text[]) RETURNS text $q::text'" '@prompt'
refused "argument 1 has no name" "text) RETURNS text $q::text'" '@prompt'
refused "'orders/1' is neither a URI nor a URI template" ") RETURNS text $q::text'" '@resource orders/1'
refused "'x:{a}{b}' is neither a URI nor a URI template" "a text, b text) RETURNS text $q::text'" '@resource x:{a}{b}'
refused "'x:{a}/{a}' is neither a URI nor a URI template" "a text) RETURNS text $q::text'" '@resource x:{a}/{a}'
refused "@resource needs a URI or a URI template" ") RETURNS text $q::text'" '@resource'
refused "variable {b} is not an argument" "a text) RETURNS text $q::text'" '@resource x:{a}/{b}'
refused "argument b is not a variable of the URI" "a text, b text) RETURNS text $q::text'" '@resource x:{a}'
refused "there is no argument 'b'" "a text) RETURNS text $q::text'" '@prompt\n@param b x'
refused '@param a: only "title" is known here' "a text) RETURNS text $q::text'" '@prompt\n@param a {"minimum": 1} x'
refused "@complete: there is no argument 'b'" "a text) RETURNS text $q::text'" '@prompt\n@complete b tools.order_numbers'
refused "@complete: there is no one function order_numbers, with its schema" "a text) RETURNS text $q::text'" '@prompt\n@complete a order_numbers'
refused "@complete: tools.plain is not (text [, jsonb]) RETURNS SETOF text" "a text) RETURNS text $q::text'" '@prompt\n@complete a tools.plain'
refused "@complete needs an argument and a function" "a text) RETURNS text $q::text'" '@prompt\n@complete a'
refused "another function has this prompt name" ") RETURNS text $q::text'" '@prompt plain'
refused "a prompt of kind messages has this name" ") RETURNS text $q::text'" '@prompt welcome'
refused "a resource of kind content has this URI" ") RETURNS text $q::text'" '@resource shop://terms'
refused "there is no server 'nowhere'" ") RETURNS text $q::text'" '@prompt\n@server nowhere'
refused "@ttl needs a time: 500ms, 60s, 5min, 1h, 1d" ") RETURNS text $q::text'" '@resource x:y\n@ttl soon'
refused "@priority is from 0 to 1" ") RETURNS text $q::text'" '@resource x:y\n@priority 2'
refused "unknown tag @resources" ") RETURNS text $q::text'" '@prompt\n@resources x:y'
is "nothing else has changed" "" "$(sql "SELECT * FROM sallyport.catalog_sync_content('{tools}', 'sallyport_tool')")"
sql "DROP FUNCTION tools.plain; COMMENT ON FUNCTION tools.refuses IS E'Refuses\nMore.\n@prompt\n@tier public'"
is "what has is told" $'changed prompt refuses description\nremoved prompt plain no function says so any more' \
	"$(sql "SELECT action, kind, name, reason FROM sallyport.catalog_sync_content('{tools}', 'sallyport_tool')" -F ' ')"
for row in "(name, description) VALUES ('x', 'x')" "(name, description, messages) VALUES ('x', 'x', '{}')" \
	"(name, description, messages) VALUES ('x', 'x', '[{\"role\": \"user\", \"content\": {\"type\": \"text\"}}]')"; do
	is "a row that cannot be: $row" 3 "$(sql "INSERT INTO sallyport.prompt $row" 2>/dev/null; echo $?)"
done
for row in "(uri, name) VALUES ('x:y', 'x')" "(uri, name, content, blob) VALUES ('x:y', 'x', 'x', 'x')" "(uri, name, content) VALUES ('x', 'x', 'x')" \
	"(uri, name, content) VALUES ('x:{a}', 'x', 'x')" "(uri, name, kind, spec) VALUES ('x:{a}', 'x', 'directory', '{\"directory\": \"a\"}')" \
	"(uri, name, kind) VALUES ('x:{+a}', 'x', 'directory')"; do
	is "a row that cannot be: $row" 3 "$(sql "INSERT INTO sallyport.mcp_resource $row" 2>/dev/null; echo $?)"
done
done_testing
