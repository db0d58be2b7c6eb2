#!/bin/bash
# docs/tools.md and docs/mcp.md: their examples do what they say.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/exchange.sh"
start_postgres && migrate && start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice --tier admin

# fences FILE: each fenced block that has a language becomes $T/fence/NN.LANGUAGE
fences() {
	rm -rf "$T/fence" && mkdir "$T/fence"
	awk -v dir="$T/fence" '/^```/ { if (out) { close(out); out = ""; next }
		if ($0 != "```") out = sprintf("%s/%03d.%s", dir, ++n, substr($0, 4)); else plain = !plain; next }
		out { print > out }' "$1"
}

token=
able=$(able '{"elicitation":{},"sampling":{},"roots":{}}')
fences "$top_srcdir/docs/tools.md"
for fence in "$T"/fence/*; do
	case $fence in
	*.sql)
		ok "${fence##*/}" sql "$(cat "$fence")"
		sallyport catalog apply >"$T/applied" 2>&1
		is "is applied without refusal" "" "$(grep refused "$T/applied")"
		sleep 1
		[ -n "$token" ] || token=$(token_for alice scope=orders:read)
		;;
	*.call)
		read -r name arguments <"$fence"
		call_tool "$name" "$arguments" >/dev/null
		expected=$(sed '1d; s/^=> //' "$fence")
		is "$name $arguments" "$expected" "$(json '.result | if .isError then "isError: " + .content[0].text else .structuredContent | tojson end')"
		;;
	*.rounds)			# "<-" what is asked, "->" what is answered, "=>" the result
		read -r name arguments <"$fence"
		call "$name" "$arguments" "$able" >/dev/null
		while read -r sign text; do
			case $sign in
			'<-') is "$name asks" "asks $text" "$(ending)" ;;
			'->') call "$name" "$arguments" "$able" "$(jq -nc --argjson r "$text" --argjson s "$(final '.result.requestState | tojson')" \
				'{ inputResponses: $r, requestState: $s }')" >/dev/null ;;
			'=>') is "$name ends" "$text" "$(ending)" ;;
			esac
		done < <(sed 1d "$fence")
		;;
	esac
done

fences "$top_srcdir/docs/mcp.md"
while read -r request && read -r answer; do
	headers=()
	while IFS= read -r line && [ -n "$line" ]; do headers+=(-H "$line"); done < <(sed 1d "$request")
	read -r method path <"$request"
	status=$(request "$method" "$path" -H "Authorization: Bearer $token" "${headers[@]}" --data-binary "$(sed '1,/^$/d' "$request")")
	is "${request##*/}: status" "$(head -n 1 "$answer")" "$status"
	is "${request##*/}: answer" "$(sed '1,/^$/d' "$answer" | jq -cS .)" "$(jq -cS . "$T/answer.body")"
done < <(ls "$T"/fence/*.http)

# the tables of docs/tools.md name every tag and every kind of result that the catalog knows
tags=$(sql "SELECT tag FROM sallyport.catalog_tag ORDER BY 1")
is_empty "every tag is described" "$(for tag in $tags; do grep -q "^@$tag\b" "$top_srcdir/docs/tools.md" || echo "@$tag"; done)"
done_testing
