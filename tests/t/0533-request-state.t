#!/bin/bash
# requestState is what a client brings back: which ones are good, for whom, for what, how long, how often.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/exchange.sh"
start_postgres && migrate && exchange_catalog && start_httpd "${HTTPD:-nginx}" || exit 1
for user in alice bob; do
	add_user $user --tier admin
	token_for $user scope=orders:read >"$T/$user"
done
elsewhere=$(register_client '{ client_name: "Another client" }')
redeem "$(authorize_as alice "$elsewhere" scope=orders:read)" >/dev/null
access_token >"$T/alice-elsewhere"
token_for alice scope=orders:read >/dev/null
isnt "two clients of one user" "$(cut -d. -f2 "$T/alice-elsewhere" | tr -- -_ +/ | base64 -d 2>/dev/null | grep -o '"client_id":"[^"]*"')" \
	"$(access_token | cut -d. -f2 | tr -- -_ +/ | base64 -d 2>/dev/null | grep -o '"client_id":"[^"]*"')"
all=$(able '{"sampling":{},"elicitation":{},"roots":{}}')
yes='{"action":"accept","content":{"ok":true}}'

# begin TOOL [ARGUMENTS]: prints the requestState of the first round
begin() { call "$1" "${2:-"{}"}" "$all" >/dev/null; final .result.requestState; }
# go TOOL RESPONSES REQUESTSTATE-AS-JSON [ARGUMENTS]: "STATUS ENDING" of the next
go() {
	local status
	status=$(call "$1" "${4:-"{}"}" "$all" "$(jq -nc --argjson r "$2" --argjson s "$3" '{ inputResponses: $r, requestState: $s }')")
	echo "$status $(ending)"
}
step1='{"step1":{"action":"accept","content":{"name":"Bob"}}}'
quoted() { jq -nc --arg s "$1" '$s'; }
bad() { is "$1" "200 error -32602" "$(go "${4:-rounds}" "${3:-$step1}" "$2" "${5:-"{}"}")"; }

# ---- what a state looks like ----

state=$(begin rounds)
like "it is opaque text" '^[A-Za-z0-9_-]{60,400}$' "$state"
unlike "which does not show what it has" 'round' "$(tr -- -_ +/ <<<"$state" | base64 -d 2>/dev/null | tr -d '\0')"
isnt "and is another one each time" "$state" "$(begin rounds)"
is "a call that keeps nothing has none" null "$(begin greet)"
is "it is good" "200 asks step2" "$(go rounds "$step1" "$(quoted "$state")")"
is "and again, in any process" "200 asks step2 200 asks step2 200 asks step2" \
	"$(for i in 1 2 3; do go rounds "$step1" "$(quoted "$state")"; done | xargs)"
is "what is asked again is asked with it" "200 asks step1" "$(go rounds '{}' "$(quoted "$state")")"
is "null is none" "200 asks step2" "$(go rounds "$step1" null)"

# ---- which are not good ----

bad "with something behind it" "$(quoted "$state-TAMPERED")"
bad "without its end" "$(quoted "${state%????}")"
bad "without its begin" "$(quoted "${state#????}")"
middle=$((${#state} / 2))
for place in 0 3 8 $middle $((${#state} - 2)); do
	c=${state:place:1}
	[ "$c" = A ] && other=B || other=A
	bad "with another character at $place" "$(quoted "${state:0:place}$other${state:place+1}")"
done
bad "empty" '""'
bad "with padding" "$(quoted "$state=")"
bad "with a line break" "$(quoted "$state"$'\n')"
bad "not Base64" '"!!!"'
bad "of nothing but Base64" '"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"'
bad "JSON" '"{\"round\":2}"'
for json in 7 true '{}' '[]' '["x"]'; do bad "a state that is $json" "$json"; done
bad "a long one" "$(quoted "$(head -c 60000 /dev/zero | tr '\0' A)")"
bad "another tool's" "$(quoted "$(begin three)")"
bad "this one with another tool" "$(quoted "$state")" '{}' three
bad "of other arguments" "$(quoted "$(begin keeps '{"n":1}')")" '{"more":{"action":"accept"}}' keeps '{"n":2}'
bad "of a prompt" "$(quoted "$(call_mcp prompts/get "$(jq -nc --argjson meta "$all" '{ name: "asking", arguments: { topic: "t" }, _meta: $meta, inputResponses: { x: 1 } }')" >/dev/null
	final .result.requestState)")"
bad "a cursor" "$(quoted "$(sed 's/^\(.\{60\}\).*/\1/' <<<"$state")")"
is "of another order of the same arguments it is good" "200 1" "$(go keeps '{"more":{"action":"accept","content":{}}}' "$(quoted "$(begin keeps '{"n":1}')")" '{"n":1}' |
	sed 's/{"result":"\(.*\)"}/\1/')"
mcp_token=$(cat "$T/bob") bad "of another user" "$(quoted "$state")"
mcp_token=$(cat "$T/alice-elsewhere") bad "of another client of the same user" "$(quoted "$state")"
is "the message says it" "requestState is not one that this server gave for this request" "$(final .error.message)"
is "its row" 'rejected rounds requestState does not fit' \
	"$(sql "SELECT outcome, tool, detail->>'why' FROM sallyport.audit ORDER BY audit_id DESC LIMIT 1" | tr '|' ' ')"
is "nothing was run" 0 "$(sql "SELECT count(*) FROM sallyport.audit WHERE user_id = (SELECT user_id FROM sallyport.users WHERE username = 'bob')
	AND event = 'tool.call' AND outcome <> 'rejected'")"

# ---- how much ----

is "what a tool keeps comes back" '{"result":"60000"}' "$(go keeps '{"more":{"action":"accept","content":{}}}' "$(quoted "$(begin keeps '{"n":60000}')")" '{"n":60000}' | cut -d' ' -f2-)"
call keeps '{"n":300000}' "$all" >/dev/null
is "up to a limit" '{"code":-32603,"message":"what this call has to remember is too large"}' "$(final .error)"

# ---- once ----

left() { sql "SELECT count(*) FROM shop.touched WHERE n = $1"; }
state=$(begin redeem)
is "a call that counts once has a state" 1 "$([ "$state" != null ] && echo 1)"
call redeem '{}' "$all" "{\"inputResponses\":{\"sure\":$yes}}" >/dev/null
is "without its state an answer does not count" "asks sure" "$(ending)"
is "with it, it does" "200 {\"result\":1}" "$(go redeem "{\"sure\":$yes}" "$(quoted "$state")")"
is "a second time it does not" "200 error -32602" "$(go redeem "{\"sure\":$yes}" "$(quoted "$state")")"
is "and says why" "requestState was used before: begin anew" "$(final .error.message)"
is "and has its row" 'rejected requestState was used before' \
	"$(sql "SELECT outcome, detail->>'why' FROM sallyport.audit ORDER BY audit_id DESC LIMIT 1" | tr '|' ' ')"
is "one was redeemed" 1 "$(left 3)"
is "a person who declines has answered, too" "200 {\"result\":1} 200 error -32602" \
	"$(state=$(begin redeem); for i in 1 2; do go redeem '{"sure":{"action":"decline"}}' "$(quoted "$state")"; done | tr '\n' ' ' | sed 's/ $//')"
state=$(begin redeem)
is "an answer that does not fit spends nothing" "200 asks sure" "$(go redeem '{"sure":{"action":"accept","content":{"ok":"yes"}}}' "$(quoted "$state")")"
is "so that another may follow" "200 {\"result\":1}" "$(go redeem "{\"sure\":$yes}" "$(quoted "$state")")"
state=$(begin redeem_in_rounds)
is "rounds: the second question" "200 asks really" "$(go redeem_in_rounds "{\"sure\":$yes}" "$(quoted "$state")")"
second=$(final .result.requestState)
is "the end" "200 {\"result\":1}" "$(go redeem_in_rounds "{\"really\":$yes}" "$(quoted "$second")")"
is "the last state is spent" "200 error -32602" "$(go redeem_in_rounds "{\"really\":$yes}" "$(quoted "$second")")"
is "and so is the first" "200 error -32602" "$(go redeem_in_rounds "{\"sure\":$yes,\"really\":$yes}" "$(quoted "$state")")"
is "one was redeemed there" 1 "$(left 4)"
state=$(begin read_once)
is "a tool that only reads counts, too" '200 {"result":"read"} 200 error -32602' \
	"$(for i in 1 2; do go read_once "{\"sure\":$yes}" "$(quoted "$state")"; done | tr '\n' ' ' | sed 's/ $//')"
state=$(begin redeem)
sql 'DELETE FROM shop.touched' >/dev/null
racing=()
for i in {1..16}; do
	(
		curl -s --max-time 20 -o "$T/race.$i" "http://localhost:$sv_port/mcp" -H 'Accept: application/json, text/event-stream' \
			-H 'Content-Type: application/json' -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: redeem' \
			-H "Authorization: Bearer $(access_token)" --data-binary "$(rpc tools/call "$(jq -nc --argjson y "$yes" --arg s "$state" \
				'{ name: "redeem", arguments: {}, inputResponses: { sure: $y }, requestState: $s }')")"
	) &
	racing+=($!)
done
wait "${racing[@]}"
is "of sixteen at once one is served" "1 15" "$(for i in {1..16}; do jq -r 'if .result then "ok" else .error.code end' "$T/race.$i"; done |
	awk '/ok/ { ok++ } /-32602/ { no++ } END { print ok + 0, no + 0 }')"
is "and one redeemed" 1 "$(left 3)"

is "no state of a client is kept for ever" "t" "$(sql "UPDATE sallyport.request_state_spent SET expires_at = now() - interval '1 second'" >/dev/null
	go redeem "{\"sure\":$yes}" "$(quoted "$(begin redeem)")" >/dev/null; sql 'SELECT count(*) <= 1 FROM sallyport.request_state_spent')"

# ---- how long ----

sed -i '/^request_state_ttl/d' "$sv_config"
echo 'request_state_ttl = 3' >>"$sv_config"
stop_workers
start_workers
state=$(begin rounds)
once=$(begin redeem)
sleep 4.1
bad "after its time" "$(quoted "$state")"
is "the message says it" "requestState has expired: begin anew" "$(final .error.message)"
bad "after its time, once" "$(quoted "$once")" "{\"sure\":$yes}" redeem
done_testing
