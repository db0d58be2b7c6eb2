#!/bin/bash
# What tools ask for beside their kind: confirmation by a person, arguments that are bound, sensitive ones.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/exchange.sh"
. "$top_srcdir/tests/lib/tasks.sh"
start_postgres && migrate || exit 1
sql "$(cat <<'SQL'
CREATE SCHEMA shop;
GRANT USAGE ON SCHEMA shop TO sallyport_tool;
CREATE TABLE shop.done (what text);
GRANT INSERT ON shop.done TO sallyport_tool;
CREATE FUNCTION tools.wipe(place text, force boolean DEFAULT false, password text DEFAULT '') RETURNS text LANGUAGE sql AS
$$ INSERT INTO shop.done VALUES (place); SELECT 'wiped ' || place $$;
COMMENT ON FUNCTION tools.wipe IS 'Wipe
@mcp
@destructive
@confirm
@sensitive password
@param password {"maxLength": 10} for the place';
CREATE FUNCTION tools.rebuild(index_name text, confirm boolean DEFAULT false) RETURNS json LANGUAGE sql AS
$$ INSERT INTO shop.done VALUES (index_name || ' ' || confirm); SELECT json_build_object('confirm', confirm) $$;
COMMENT ON FUNCTION tools.rebuild IS 'Rebuild
@mcp
@tier developer
@confirm Rebuild the whole index? It takes an hour.';
CREATE FUNCTION tools.burn(place text) RETURNS text LANGUAGE sql AS
$$ INSERT INTO shop.done VALUES ('burnt ' || place); SELECT 'burnt ' || place $$;
COMMENT ON FUNCTION tools.burn IS 'Burn
@mcp
@tier developer
@task required
@confirm';
CREATE FUNCTION tools.rename(name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer jsonb := mcp.elicit('new_name', 'Which name?', '{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}',
	    '{"step": 1}');
BEGIN
	INSERT INTO shop.done VALUES (name || ' to ' || (answer->'content'->>'name') || ' ' || (mcp.state()->>'step'));
	RETURN answer->'content'->>'name';
END $$;
COMMENT ON FUNCTION tools.rename IS 'Rename
@mcp
@tier developer
@confirm';
SQL
)" && sallyport catalog apply >"$sv_log/catalog.log" 2>&1
cat >"$T/tools.yaml" <<'YAML'
kind: tool
name: whoami
description: Whose token it is
tier: public
parameters:
  owner: {type: string, from: claim.preferred_username}
  limit: {type: integer, value: 5}
  word: {type: string, default: x}
annotations: {readOnlyHint: true}
statement:
  sql: SELECT :owner AS owner, :limit::integer AS n, :word AS word
---
kind: tool
name: team
description: Needs to know a team
tier: public
parameters:
  team: {type: string, from: claim.team}
annotations: {readOnlyHint: true}
statement:
  sql: SELECT :team AS team
YAML
sallyport catalog apply "$T/tools.yaml" >>"$sv_log/catalog.log" 2>&1
is "the catalog is there" "burn rebuild rename team whoami wipe" "$(sql "SELECT string_agg(name, ' ' ORDER BY name) FROM sallyport.tool")"
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice --tier admin
token_for alice >"$T/alice"
form=$(able '{"elicitation":{"form":{}}}')
done_so_far() { sql "SELECT coalesce(string_agg(what, ',' ORDER BY what), '') FROM shop.done"; }
outcomes() { sql "SELECT string_agg(outcome, ' ' ORDER BY audit_id) FROM (SELECT audit_id, outcome FROM sallyport.audit WHERE tool = '$1' ORDER BY audit_id DESC LIMIT $2) a"; }

# ---- clients that cannot be asked ----

call_mcp tools/list >/dev/null
is "the argument is listed" '{"type":"boolean","description":"true once the user has agreed to this call"}' \
	"$(json '.result.tools[] | select(.name == "wipe") | .inputSchema.properties.confirm' -c)"
is "not twice" '{"type":"boolean","default":false}' "$(json '.result.tools[] | select(.name == "rebuild") | .inputSchema.properties.confirm' -c)"
is "a first answer" "200 true true" "$(call wipe '{"place":"cellar","password":"hunter2"}') $(json '"\(.result.structuredContent.confirmation_required) \(.result.isError)"')"
like "says what would be done" 'May the tool \\"wipe\\" run\?\\nplace: \\"cellar\\"\\npassword: \(not shown\)' "$(json '.result.structuredContent.message | tojson')"
unlike "and nothing that is sensitive" 'hunter2' "$(body)"
is "nothing is done" "" "$(done_so_far)"
is "its row" input_required "$(outcomes wipe 1)"
is "confirmed" "200 wiped cellar" "$(call wipe '{"place":"cellar","confirm":true}') $(json .result.structuredContent.result)"
for yes in '"yes"' '"Y"' '"1"' '"true"' 1; do
	is "confirmed by $yes" "200 wiped roof" "$(call wipe "{\"place\":\"roof\",\"confirm\":$yes}") $(json .result.structuredContent.result)"
done
for no in false '"no"' '""' 0 2 null '[]' '{"confirm":true}' '"true "'; do
	is "not by $no" true "$(call wipe "{\"place\":\"attic\",\"confirm\":$no}" >/dev/null; json .result.structuredContent.confirmation_required)"
done
is "other arguments are judged first" "true" "$(call wipe '{"confirm":true}' >/dev/null; json .result.isError)"
like "as always" '"place" is required' "$(tool_text)"
is "a tool with an argument of this name" "true Rebuild the whole index? It takes an hour." \
	"$(call rebuild '{"index_name":"a"}' >/dev/null; json '.result.structuredContent | "\(.confirmation_required) \(.message | split("\n")[0])"')"
is "without an output schema it is no error" false "$(json .result.isError)"
is "sees it as a boolean" true "$(call rebuild '{"index_name":"a","confirm":"yes"}' >/dev/null; json .result.structuredContent.confirm)"

# ---- clients that can: 2026-07-28 ----

# round NAME ARGUMENTS RESPONSES: with the state of the last answer
round() {
	call "$1" "$2" "$form" "$(jq -nc --argjson r "$3" --arg s "$state" '{ inputResponses: $r } + if $s == "" then {} else { requestState: $s } end')" >/dev/null
	ending
}
yes='{"sallyport.confirm":{"action":"accept","content":{"confirm":true}}}'
sql "DELETE FROM shop.done"
is "is asked" "200 asks sallyport.confirm" "$(call wipe '{"place":"barn","password":"hunter2"}' "$form") $(ending)"
is "with a form of one boolean" '{"type":"object","properties":{"confirm":{"type":"boolean","title":"Run wipe"}},"required":["confirm"]}' \
	"$(json '.result.inputRequests["sallyport.confirm"].params.requestedSchema' -c)"
unlike "without what is sensitive" 'hunter2' "$(json '.result.inputRequests')"
state=$(json .result.requestState)
is "what a model writes does not count" "asks sallyport.confirm" "$(call wipe '{"place":"barn","confirm":true}' "$form" >/dev/null; ending)"
is "an answer that nobody asked for neither" "asks sallyport.confirm" "$(state='' round wipe '{"place":"barn","password":"hunter2"}' "$yes")"
is "other arguments are another call" "error -32602" "$(round wipe '{"place":"house","password":"hunter2"}' "$yes")"
is "another tool, too" "error -32602" "$(round rebuild '{"index_name":"barn"}' "$yes")"
is "nothing is done so far" "" "$(done_so_far)"
is "agreed" "wiped barn" "$(round wipe '{"place":"barn","password":"hunter2"}' "$yes" | jq -r .result)"
is "once" "error -32602" "$(round wipe '{"place":"barn","password":"hunter2"}' "$yes")"
is "it was done once" barn "$(done_so_far)"
for no in '{"action":"decline"}' '{"action":"cancel"}' '{"action":"accept","content":{"confirm":false}}' '{"action":"accept","content":{}}' '{"action":"accept"}'; do
	call wipe '{"place":"shed"}' "$form" >/dev/null
	state=$(json .result.requestState)
	is "not agreed: $no" "isError the user did not agree to this call, and nothing was done" "$(round wipe '{"place":"shed"}' "{\"sallyport.confirm\":$no}")"
done
is "its rows" "input_required declined" "$(outcomes wipe 2)"
is "and nothing was done" barn "$(done_so_far)"
is "a tool that takes the argument is told" "asks sallyport.confirm" "$(call rebuild '{"index_name":"b"}' "$form" >/dev/null; ending)"
state=$(json .result.requestState)
is "that it was agreed" true "$(round rebuild '{"index_name":"b"}' "$yes" | jq .confirm)"

# a tool with questions of its own
sql "DELETE FROM shop.done"
call rename '{"name":"n"}' "$form" >/dev/null
state=$(json .result.requestState)
is "behind it the tool asks" "asks new_name" "$(round rename '{"name":"n"}' "$yes")"
state=$(json .result.requestState)
is "and goes on, without being confirmed again" '{"result":"m"}' "$(round rename '{"name":"n"}' '{"new_name":{"action":"accept","content":{"name":"m"}}}')"
is "with its own state" "n to m 1" "$(done_so_far)"

# ---- bound arguments ----

is "they are in no schema" '["word"]' "$(call_mcp tools/list >/dev/null; json '.result.tools[] | select(.name == "whoami") | .inputSchema.properties | keys' -c)"
is "they come from the token and the catalog" '{"owner":"alice","n":5,"word":"x"}' "$(call whoami >/dev/null; json '.result.structuredContent.rows[0]' -c)"
is "they cannot be sent" "true /owner: cannot be given" "$(call whoami '{"owner":"bob"}' >/dev/null; json '"\(.result.isError) \(.result.content[0].text)"')"
is "a claim that is not there" "true this tool needs to know something of its caller that the access token does not say" \
	"$(call team >/dev/null; json '"\(.result.isError) \(.result.content[0].text)"')"
is "its row says which" "the token has no claim team" "$(sql "SELECT detail->>'why' FROM sallyport.audit WHERE tool = 'team' ORDER BY audit_id DESC LIMIT 1")"
is "one that is" '{"team":"red"}' "$(mcp_token=$(remint '.team = "red"'); call team >/dev/null; json '.result.structuredContent.rows[0]' -c)"

# ---- sensitive arguments ----

is "a value that does not fit is not repeated" "/password: does not fit its schema" \
	"$(call wipe '{"place":"x","password":"hunter2-hunter2"}' >/dev/null; tool_text)"
digest() { sql "SELECT encode(arguments_sha256, 'hex') FROM sallyport.audit WHERE tool = 'wipe' ORDER BY audit_id DESC LIMIT 1"; }
is "and is not in the audit row's digest" "$(printf '{"place":"x"}' | sha256sum | cut -d' ' -f1)" "$(call wipe '{"place":"x","password":"p"}' >/dev/null; digest)"
unlike "nor in the log" 'hunter2' "$(cat "$sv_log"/mcp.log 2>/dev/null)"

# ---- tasks ----

start_runner || exit 1
sql "DELETE FROM shop.done"
mcp_token=$(cat "$T/alice")
answer_task() { task_call tasks/update "$1" "{\"inputResponses\":{\"sallyport.confirm\":$2}}" >/dev/null; }
id=$(start_task burn '{"place":"hay"}')
is "a task is confirmed, too" "input_required sallyport.confirm" "$(until_status "$id" input_required) $(json '.result.inputRequests | keys[0]')"
is "before it does anything" "" "$(done_so_far)"
answer_task "$id" '{"action":"accept","content":{"confirm":true}}'
is "and runs once somebody agrees" "completed burnt hay" "$(until_status "$id" completed) $(json .result.result.structuredContent.result)"
id=$(start_task burn '{"place":"wood"}')
until_status "$id" input_required >/dev/null
answer_task "$id" '{"action":"decline"}'
is "or not" "completed true" "$(until_status "$id" completed) $(json .result.result.isError)"
is "it was done once" "burnt hay" "$(done_so_far)"

# ---- sessions ----

if [[ ${HTTPD:-nginx} = *cgi ]]; then done_testing; exit; fi
. "$top_srcdir/tests/lib/twin.sh"	# its status_of is another than that of tasks.sh
start_twin || exit 1
version=2025-11-25
mcp_token=$(cat "$T/alice")
sql "DELETE FROM shop.done"
version='' post_mcp "$(old initialize '{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"t","version":"1"}}')" >/dev/null
session=$(header Mcp-Session-Id)
secret "$session"
# asked_in_session FILE ARGUMENTS ANSWER: calls wipe, answers what is asked; the text of the result
asked_in_session() {
	local id
	call_stream "$1" "$(old tools/call "{\"name\":\"wipe\",\"arguments\":$2}" 7)"
	await "$1" elicitation/create
	id=$(events "$1" | jq -r 'select(.method == "elicitation/create") | .id' | tail -n 1)
	at_twin post_mcp "$(jq -nc --arg id "$id" --argjson r "$3" '{ jsonrpc: "2.0", id: $id, result: $r }')" >/dev/null
	await_end "$1"
	events "$1" | jq -r 'select(.result) | .result.structuredContent.result // .result.content[0].text'
}
is "a session is asked, and another process hears the answer" "wiped moor" \
	"$(asked_in_session one '{"place":"moor","confirm":true}' '{"action":"accept","content":{"confirm":true}}')"
is "a session declines" "the user did not agree to this call, and nothing was done" "$(asked_in_session two '{"place":"fen"}' '{"action":"decline"}')"
is "done once" moor "$(done_so_far)"
session=$(open_session)
is "a session that cannot be asked has the first answer" true \
	"$(post_mcp "$(old tools/call '{"name":"wipe","arguments":{"place":"fen"}}')" >/dev/null; json .result.structuredContent.confirmation_required)"
done_testing
