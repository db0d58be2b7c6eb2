#!/bin/bash
# Code search: what people say of results, and what that does to later searches.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/codesearch.sh"
needs jq
start_codesearch || exit 1
add_user alice
add_user bob
data() { json ".result.structuredContent.data | $1"; }
error() { json '.result | "\(.isError) \(.structuredContent.error)"'; }
search() { call_tool search_code "$(jq -nc --arg query "$1" '{query: $query}')" >/dev/null; }
# weight QUERY FUNCTION: what feedback makes of it
weight() { call_tool explain_ranking "$(jq -nc --arg query "$1" '{query: $query}')" >/dev/null
	id=$(sql "SELECT id FROM codesearch.chunk WHERE function_name = '$2' AND chunk_type = 'function'")
	data "[.explanations[] | select(.id == \"$id\").factors.feedback_weight][0]"; }
click() { call_tool track_search_click '{"query_id":"'"$1"'","doc_id":"'"$2"'","rank":2}' >/dev/null; }

bob=$(token_for bob scope="codesearch:read codesearch:work")
token_for alice scope="codesearch:read codesearch:work" >/dev/null

search "user id"
query=$(data .query_id)
best=$(data '.items[0].id')
second=$(data '.items[1].id')
second_name=$(data '.items[1].function_name')
isnt "two results" "$best" "$second"
is "without feedback nothing has more weight" 1 "$(weight "user id" "$second_name")"

click "$query" "$second"
is "a click is kept" true "$(data .tracked)"
click "$query" "$second"
is "once" "1 0.5" "$(sql "SELECT count(*), max(vote) FROM codesearch.feedback" -F ' ')"
clicked=$(weight "user id" "$second_name")
ok "it raises the piece ($clicked)" jq -ne "$clicked > 1.03"
ok "also for nearly the same words" jq -ne "$(weight "ids of users" "$second_name") > 1.03"
is "but not for others" 1 "$(weight "remove hash" "$second_name")"
call_tool track_search_outcome '{"query_id":"'"$query"'","outcome":"success: solved","score":4.5}' >/dev/null
after=$(weight "user id" "$second_name")
ok "a success raises it further ($after)" jq -ne "$after > $clicked"
is "its score is kept as given" "4.5 success: solved" "$(sql "SELECT score, outcome FROM codesearch.feedback WHERE source = 'outcome'" -F ' ')"
for i in 1 2 3 4 5; do sql "INSERT INTO codesearch.feedback (source, caller, words, repository, file_path, function_name, class_name, vote)
	SELECT 'feedback', 'other$i', words, repository, file_path, function_name, class_name, 1 FROM codesearch.feedback WHERE source = 'click'"; done
search "user id"
is "many who agree turn the order" "$second" "$(data '.items[0].id')"
ok "within limits" jq -ne "$(weight "user id" "$second_name") <= 1.3"
like "and that is explained" 'it helped others who asked for the same' "$(data '.explanations[0].explanation')"

sql "UPDATE codesearch.feedback SET at = now() - interval '2 years'"
ok "what is old counts for nothing" jq -ne "$(weight "user id" "$second_name") < 1.01"
sql "DELETE FROM codesearch.feedback"
call_tool track_search_outcome '{"query_id":"'"$query"'","outcome":"not found"}' >/dev/null
click "$query" "$second"
call_tool track_search_outcome '{"query_id":"'"$query"'","outcome":"failed"}' >/dev/null
ok "a failure lowers it" jq -ne "$(weight "user id" "$second_name") < 1"

# ---- said of a piece, in words of one's own ----

sql "DELETE FROM codesearch.feedback"
call_tool submit_feedback '{"target_id":"'"$second"'","kind":"positive","rating":5}' >/dev/null
is "without a query it counts for all, by half" true "$(data .affects_ranking)"
general=$(weight "user id" "$second_name")
ok "and raises the piece ($general)" jq -ne "$general > 1.03"
printf '\nint before(void)\n{\n\treturn 0;\n}\n' | cat - "$T/shop/src/user.c" >"$T/new.c" && mv "$T/new.c" "$T/shop/src/user.c"
chmod a+r "$T/shop/src/user.c"
"$top_builddir/bin/sallyport-index" --quiet "$T/shop"
isnt "a piece that has moved has another id" "$second" "$(sql "SELECT id FROM codesearch.chunk WHERE function_name = '$second_name' AND chunk_type = 'function'")"
is "and keeps what was said of it" "$general" "$(weight "user id" "$second_name")"
call_tool submit_feedback '{"target_id":"search_code","kind":"feature","rating":4,"notes":"regular expressions"}' >/dev/null
is "of what is no piece it is kept, too" "true false" "$(data '"\(.stored) \(.affects_ranking)"')"
call_tool submit_feedback '{"target_id":"x","kind":"bug","rating":9}' >/dev/null
is "a rating that is none" "true rating must be 1 to 5" "$(error)"
call_tool submit_feedback "$(jq -nc '{target_id: "x", kind: "bug", rating: 1, notes: ("x" * 4001)}')" >/dev/null
is "a novel" "true notes are longer than 4000 characters" "$(error)"

# ---- whose search it was ----

for id in "$(sed 's/^./A/;t' <<<"${query}" | sed 's/.$/A/')" "${query}A" "$(tr 'a-z' 'b-za' <<<"$query")" x ''; do
	click "$id" "$second"
	like "${id:0:12}... is nobody's search" '^true query_id is not one' "$(error)"
done
mcp_token=$bob click "$query" "$second"
like "another one's search is not mine" '^true query_id is not one' "$(error)"
click "$query" 0123456789abcdef
like "a piece that is not there" '^true doc_id is not' "$(error)"
sql "INSERT INTO codesearch.feedback (source, caller, vote) SELECT 'feedback', coalesce((SELECT user_id::text FROM sallyport.users WHERE username = 'alice'), ''), 0 FROM generate_series(1, 2000)"
call_tool submit_feedback '{"target_id":"x","kind":"bug","rating":1}' >/dev/null
like "nobody fills the disk" 'more than 2000 pieces of feedback in a day' "$(body)"
done_testing
