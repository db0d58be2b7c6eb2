#!/bin/bash
# Calls that ask their caller (2026-07-28, basic/patterns/mrtr): what is asked, of whom, and which answers do.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/exchange.sh"
start_postgres && migrate && exchange_catalog && start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice --tier admin
token_for alice scope=orders:read >"$T/alice"
all=$(able '{"sampling":{},"elicitation":{},"roots":{"listChanged":true}}')
everything=$(able '{"sampling":{"tools":{}},"elicitation":{"form":{},"url":{}},"roots":{},"extensions":{"example.com/x":{}}}')

# answer NAME RESPONSES [ARGUMENTS [REQUESTSTATE]]: the next round
answer() {
	call "$1" "${3:-"{}"}" "$everything" "$(jq -nc --argjson r "$2" --arg s "${4:-}" \
		'{ inputResponses: $r } + if $s == "" then {} else { requestState: $s } end')" >/dev/null
	ending
}
accept() { jq -nc --argjson c "$1" '{ action: "accept", content: $c }'; }

# ---- one question ----

is "a call that asks" "200 asks user_name" "$(call greet '{}' "$all") $(ending)"
is "asks with a request" '{"method":"elicitation/create","params":{"message":"What is your name?","requestedSchema":{"type":"object","required":["name"],"properties":{"name":{"type":"string"}}}}}' \
	"$(final '.result.inputRequests.user_name | { method, params: { message: .params.message, requestedSchema: .params.requestedSchema } }')"
is "in one piece" "application/json" "$(header Content-Type)"
is "of this form" '["_meta","inputRequests","resultType"]' "$(final '.result | keys')"
is "its row" 'input_required greet null' "$(sql "SELECT outcome, tool, coalesce(detail->>'sqlstate', 'null') FROM sallyport.audit ORDER BY audit_id DESC LIMIT 1" | tr '|' ' ')"
is "the answer brings the result" '{"result":"Hello, Bob!"}' "$(answer greet '{"user_name":{"action":"accept","content":{"name":"Bob"}}}')"
is "which is complete" complete "$(final .result.resultType)"
is "and has its row" 'ok greet' "$(sql "SELECT outcome, tool FROM sallyport.audit ORDER BY audit_id DESC LIMIT 1" | tr '|' ' ')"
is "a person who declines" '{"result":"Hello, whoever: decline"}' "$(answer greet '{"user_name":{"action":"decline"}}')"
is "a person who goes away" '{"result":"Hello, whoever: cancel"}' "$(answer greet '{"user_name":{"action":"cancel","content":{"name":"x"}}}')"

while read -r what response; do
	is "asked again: $what" "asks user_name" "$(answer greet "{\"user_name\":$response}")"
done <<'EOT'
number 7
null null
string "accept"
array []
empty {}
no_action {"content":{"name":"Bob"}}
unknown_action {"action":"ok","content":{"name":"Bob"}}
action_of_another_type {"action":true,"content":{"name":"Bob"}}
no_content {"action":"accept"}
content_of_another_type {"action":"accept","content":"Bob"}
nothing_required {"action":"accept","content":{"nam":"Bob"}}
null_for_required {"action":"accept","content":{"name":null}}
wrong_type {"action":"accept","content":{"name":7}}
EOT
is "another key" "asks user_name" "$(answer greet '{"name":{"action":"accept","content":{"name":"Bob"}}}')"
is "keys that nobody asked" '{"result":"Hello, Bob!"}' "$(answer greet "{\"x\":7,\"user_name\":$(accept '{"name":"Bob"}'),\"y\":null}")"
is "members that nobody asked" '{"result":"Hello, Bob!"}' "$(answer greet "{\"user_name\":{\"action\":\"accept\",\"_meta\":{},\"content\":{\"name\":\"Bob\",\"x\":{}}}}")"
is "no answers at all" "asks user_name" "$(answer greet '{}')"
is "null for answers" "200 asks user_name" "$(call greet '{}' "$all" '{"inputResponses":null}') $(ending)"
for bad in 7 '"x"' '[]' true; do
	is "answers: $bad" "200 error -32602" "$(call greet '{}' "$all" "{\"inputResponses\":$bad}") $(ending)"
done
is "a refusal has its row" 'rejected inputResponses do not fit' \
	"$(sql "SELECT outcome, detail->>'why' FROM sallyport.audit ORDER BY audit_id DESC LIMIT 1" | tr '|' ' ')"
is "markup and quotes are data" '{"result":"Hello, '"'"'; DROP \"x\" <é>!"}' "$(answer greet "{\"user_name\":$(accept '{"name":"'"'"'; DROP \"x\" <é>"}')}")"

# ---- forms ----

# fits PROPERTY VALUE yes|no: whether a value of a form's property x is taken
fits() {
	local got
	got=$(answer form "{\"form\":$(accept "{\"x\":$2}")}" "{\"properties\":{\"x\":$1}}")
	is "$1 takes $2: $3" "$3" "$(case $got in asks*) echo no ;; *\"accept\"*) echo yes ;; *) echo "$got" ;; esac)"
}
while IFS='	' read -r property value verdict; do fits "$property" "$value" "$verdict"; done <<'EOT'
{"type":"string"}	""	yes
{"type":"string"}	7	no
{"type":"string","minLength":2}	"é"	no
{"type":"string","minLength":2}	"éé"	yes
{"type":"string","maxLength":2}	"ééé"	no
{"type":"string","format":"email"}	"a@example.org"	yes
{"type":"string","format":"email"}	"a example.org"	no
{"type":"string","format":"uri"}	"https://example.org/x"	yes
{"type":"string","format":"uri"}	"example"	no
{"type":"string","format":"date"}	"2026-02-28"	yes
{"type":"string","format":"date"}	"2026-02-30"	no
{"type":"string","format":"date"}	"28.2.2026"	no
{"type":"string","format":"date-time"}	"2026-02-28T10:00:00Z"	yes
{"type":"string","format":"date-time"}	"2026-02-28T25:00:00Z"	no
{"type":"string","format":"date-time"}	"2026-02-28 10:00"	no
{"type":"string","enum":["a","b"]}	"b"	yes
{"type":"string","enum":["a","b"]}	"c"	no
{"type":"string","enum":["a","b"],"enumNames":["A","B"]}	"a"	yes
{"type":"string","oneOf":[{"const":"#f00","title":"Red"}]}	"#f00"	yes
{"type":"string","oneOf":[{"const":"#f00","title":"Red"}]}	"Red"	no
{"type":"integer"}	7	yes
{"type":"integer"}	7.0	yes
{"type":"integer"}	7.5	no
{"type":"integer"}	"7"	no
{"type":"integer","minimum":1,"maximum":9}	0	no
{"type":"integer","minimum":1,"maximum":9}	10	no
{"type":"number","default":95.5}	1e2	yes
{"type":"number"}	true	no
{"type":"boolean","default":true}	false	yes
{"type":"boolean"}	"true"	no
{"type":"array","items":{"type":"string","enum":["a","b"]}}	["a","b"]	yes
{"type":"array","items":{"type":"string","enum":["a","b"]}}	["a","c"]	no
{"type":"array","items":{"type":"string","enum":["a","b"]}}	"a"	no
{"type":"array","items":{"type":"string","enum":["a"]},"minItems":1}	[]	no
{"type":"array","items":{"anyOf":[{"const":"x","title":"X"}]},"maxItems":1}	["x"]	yes
{"type":"array","items":{"anyOf":[{"const":"x","title":"X"}]},"maxItems":1}	["x","x"]	no
{"type":"string","title":"T","description":"D"}	null	yes
EOT
is "what was not asked does not arrive" '{"action":"accept","content":{"x":"a"}}' \
	"$(answer form "{\"form\":$(accept '{"x":"a","y":1,"z":null}')}" '{"properties":{"x":{"type":"string"},"z":{"type":"string"}}}')"

call form '{"properties":{"name":{"type":"string"},"age":{"type":"integer"},"e":{"type":"string"},"email":{"type":"string"}},"required":["name","email","name"]}' "$all" >/dev/null
is "a form is asked in the order of what it requires" '["name","email","e","age"]' \
	"$(final '.result.inputRequests.form.params.requestedSchema.properties | keys_unsorted')"

# What an author may not ask is said to the author.
while IFS='	' read -r arguments complaint; do
	call form "$arguments" "$all" >/dev/null
	is "$arguments" "isError question 'form': $complaint" "$(ending)"
done <<'EOT'
{"properties":{"x":{"type":"object"}}}	property 'x': a form is flat: its properties are string, number, integer, boolean, or an array of choices
{"properties":{"x":{}}}	property 'x': a form is flat: its properties are string, number, integer, boolean, or an array of choices
{"properties":{"x":7}}	property 'x': a form is flat: its properties are string, number, integer, boolean, or an array of choices
{"properties":{"x":{"type":"string","pattern":"a"}}}	property 'x': a form has no pattern
{"properties":{"x":{"type":"boolean","minimum":1}}}	property 'x': a form has no minimum
{"properties":{"x":{"type":"string","format":"uuid"}}}	property 'x': format is one of email, uri, date, date-time
{"properties":{"x":{"type":"string","maxLength":"7"}}}	property 'x': its limits must be numbers
{"properties":{"x":{"type":"string","enum":"a"}}}	property 'x': enum must be an array
{"properties":{"x":{"type":"string","oneOf":[{"const":"a"}]}}}	property 'x': oneOf is an array of {"const", "title"}
{"properties":{"x":{"type":"array"}}}	property 'x': the items of an array are {"type": "string", "enum": [...]} or {"anyOf": [{"const", "title"}, ...]}
{"properties":{"x":{"type":"string"}},"required":["y"]}	what is required must be a property
{"properties":[]}	its schema needs "type": "object" and "properties"
EOT
while IFS='	' read -r requests complaint; do
	call asks "{\"requests\":$requests}" "$everything" >/dev/null
	is "ask $requests" "isError $complaint" "$(ending)"
done <<'EOT'
{}	mcp.ask: the requests are an object with at least one member: {key: {"method", "params"}}
[]	mcp.ask: the requests are an object with at least one member: {key: {"method", "params"}}
{"":{"method":"roots/list"}}	the key of a question has 1 to 128 characters
{"k":7}	question 'k': not {"method", "params"}
{"k":{"method":"roots/list","params":[]}}	question 'k': not {"method", "params"}
{"k":{"method":"tools/list"}}	question 'k': its method is elicitation/create, sampling/createMessage or roots/list
{"k":{}}	question 'k': its method is elicitation/create, sampling/createMessage or roots/list
{"k":{"method":"elicitation/create","params":{}}}	question 'k': it needs a message
{"k":{"method":"elicitation/create","params":{"message":"m","mode":"voice"}}}	question 'k': its mode is form or url
{"k":{"method":"elicitation/create","params":{"message":"m","mode":"url","url":"javascript:x"}}}	question 'k': its url must be an http(s) URL
{"k":{"method":"sampling/createMessage","params":{"maxTokens":1}}}	question 'k': it needs messages
{"k":{"method":"sampling/createMessage","params":{"messages":[{}]}}}	question 'k': it needs maxTokens
EOT

# ---- the other questions ----

is "sampling" "200 asks q" "$(call samples '{}' "$all") $(ending)"
is "its request" '{"method":"sampling/createMessage","params":{"messages":[{"role":"user","content":{"text":"Capital of France?","type":"text"}}],"maxTokens":100}}' \
	"$(final '.result.inputRequests.q | { method, params: { messages: [.params.messages[] | { role, content: { text: .content.text, type: .content.type } }], maxTokens: .params.maxTokens } }')"
is "its answer" '{"result":"Paris"}' "$(answer samples '{"q":{"role":"assistant","content":{"type":"text","text":"Paris"},"model":"m"}}')"
for bad in '{}' '{"role":"assistant","content":"Paris","model":"m"}' '{"role":"system","content":{},"model":"m"}' '{"role":"assistant","content":{}}'; do
	is "is no answer: $bad" "asks q" "$(answer samples "{\"q\":$bad}")"
done
is "roots" '200 {"roots":{"method":"roots/list","params":{}}}' "$(call roots '{}' "$all") $(final .result.inputRequests)"
is "their answer" '{"result":[{"uri":"file:///x"}]}' "$(answer roots '{"roots":{"roots":[{"uri":"file:///x"}]}}')"
is "no roots" '{"result":[]}' "$(answer roots '{"roots":{"roots":[]}}')"
for bad in '{}' '{"roots":{}}' '{"roots":[{}]}' '{"roots":[7]}'; do is "are no roots: $bad" "asks roots" "$(answer roots "{\"roots\":$bad}")"; done
is "a URL" '200 {"url":"https://shop.example/pay","mode":"url","message":"Go there"}' \
	"$(call visits '{}' "$everything") $(final '.result.inputRequests.go.params | { url, mode, message }')"
is "its answer" '{"result":"accept"}' "$(answer visits '{"go":{"action":"accept"}}')"
is "three at once" "200 asks client_roots greeting user_name" "$(call three '{}' "$all") $(ending)"
state=$(final .result.requestState)
isnt "with a state" null "$state"
is "two of three" "asks client_roots" "$(answer three "{\"user_name\":$(accept '{"name":"B"}'),\"greeting\":{\"role\":\"assistant\",\"content\":{},\"model\":\"m\"}}" '{}' "$state")"
state=$(final .result.requestState)
is "the third, with the state" '{"kept":1}' "$(answer three '{"client_roots":{"roots":[]}}' '{}' "$state" >/dev/null; final .result.structuredContent.state)"
is "which has all answers" '["client_roots","greeting","state","user_name"]' "$(final '.result.structuredContent | keys')"
is "rounds: the first question" "200 asks step1" "$(call rounds '{}' "$all") $(ending)"
first=$(final .result.requestState)
is "the second" "asks step2" "$(answer rounds "{\"step1\":$(accept '{"name":"Bob"}')}" '{}' "$first")"
second=$(final .result.requestState)
isnt "has another state" "$first" "$second"
is "the result" '{"result":"Bob blue 2"}' "$(answer rounds "{\"step2\":$(accept '{"color":"blue"}')}" '{}' "$second")"
is "without the state the first is asked again" "asks step1" "$(answer rounds "{\"step2\":$(accept '{"color":"blue"}')}")"
is "all answers at once do, too" '{"result":"Bob blue"}' "$(answer rounds "{\"step1\":$(accept '{"name":"Bob"}'),\"step2\":$(accept '{"color":"blue"}')}")"
is "an answer that is given again counts" '{"result":"Eve blue 2"}' \
	"$(answer rounds "{\"step1\":$(accept '{"name":"Eve"}'),\"step2\":$(accept '{"color":"blue"}')}" '{}' "$second")"

# ---- what the client can do ----

needs() {
	is "$1 with $2" "400 -32021 $3" "$(call "$1" '{}' "$(able "$2")") $(final '"\(.error.code) \(.error.data.requiredCapabilities | tojson)"')"
}
needs greet '{}' '{"elicitation":{"form":{}}}'
needs greet '{"elicitation":{"url":{}}}' '{"elicitation":{"form":{}}}'
needs greet '{"elicitation":true}' '{"elicitation":{"form":{}}}'
needs samples '{"elicitation":{}}' '{"sampling":{}}'
needs samples_with_tools '{"sampling":{}}' '{"sampling":{"tools":{}}}'
needs samples_with_tools '{}' '{"sampling":{"tools":{}}}'
needs roots '{}' '{"roots":{}}'
needs visits '{"elicitation":{}}' '{"elicitation":{"url":{}}}'
needs three '{"sampling":{}}' '{"elicitation":{"form":{}},"roots":{}}'
is "such a call is in the audit trail" 'error three' "$(sql "SELECT outcome, tool FROM sallyport.audit ORDER BY audit_id DESC LIMIT 1" | tr '|' ' ')"
is "no capability is needed for an answer that is there" '{"result":"Hello, Bob!"}' \
	"$(call greet '{}' '{}' "{\"inputResponses\":{\"user_name\":$(accept '{"name":"Bob"}')}}" >/dev/null; ending)"
can() { call can '{}' "$(able "$1")" >/dev/null; is "client_can of $1" "$2" "$(final '.result.structuredContent.result')"; }
can '{}' null
can '{"elicitation":{}}' 'elicitation elicitation.form'
can '{"elicitation":{"url":{}}}' 'elicitation.url'
can '{"elicitation":{"form":{},"url":{}},"sampling":{"tools":{}},"roots":{},"x":true}' 'elicitation elicitation.form elicitation.url sampling sampling.tools roots'
can '{"extensions":{"example.com/x":{}}}' 'extensions.example.com/x'
call asks_who_can '{}' "$(able '{"sampling":{}}')" >/dev/null
is "a tool can ask what the client can" "asks b" "$(ending)"
is "a task, where there are none" '{"result":"false"}' "$(call detaches >/dev/null; ending)"
is "that must be one" '400 {"extensions":{"io.modelcontextprotocol/tasks":{}}}' "$(call detaches '{"required":true}') $(final .error.data.requiredCapabilities)"

# ---- what was done before the question ----

is "a writer that asks" "200 asks sure" "$(call writes_and_asks '{}' "$all") $(ending)"
is "has not written" 0 "$(sql 'SELECT count(*) FROM shop.touched')"
is "until it is answered" '{"result":"accept"}' "$(answer writes_and_asks "{\"sure\":$(accept '{}')}")"
is "and then once" 1 "$(sql 'SELECT count(*) FROM shop.touched')"

# ---- prompts and resources, and nothing else ----

prompt() { call_mcp prompts/get "$(jq -nc --argjson meta "$all" --argjson more "$1" '{ name: "asking", arguments: { topic: "t" }, _meta: $meta } + $more')" >/dev/null; }
prompt '{}'
is "a prompt asks" "asks user_context" "$(ending)"
prompt "{\"inputResponses\":{\"user_context\":$(accept '{"context":"C"}')}}"
is "and is given" 't: C complete' "$(final '"\(.result.messages[0].content.text) \(.result.resultType)"')"
read_it() { call_mcp resources/read "$(jq -nc --argjson meta "$all" --argjson more "$1" '{ uri: "shop://secret/7", _meta: ($meta + { progressToken: 1, "io.modelcontextprotocol/logLevel": "debug" }) } + $more')" >/dev/null; }
read_it '{}'
is "a resource asks, and tells" "asks code notifications/progress notifications/message" "$(ending) $(told .method)"
read_it "{\"inputResponses\":{\"code\":$(accept '{"code":42}')}}"
is "and is read" '7 42' "$(final '.result.contents[0].text')"
is "a completion does not ask" "200 error -32603" "$(call_mcp completion/complete "$(jq -nc --argjson meta "$all" \
	'{ ref: { type: "ref/prompt", name: "completed" }, argument: { name: "topic", value: "x" }, _meta: $meta }')") $(ending)"
for list in tools prompts resources; do
	call_mcp $list/list "$(jq -nc --argjson meta "$all" '{ _meta: $meta, inputResponses: { x: 1 } }')" >/dev/null
	is "a list of $list does not, either" complete "$(final .result.resultType)"
done
session=$(open_session)
version=2025-11-25 session=$session post_mcp "$(old tools/call '{"name":"greet","arguments":{}}')" >/dev/null
like "in a session of a client that can nothing" '^isError .*capability' "$(ending)"
session=''
done_testing
