#!/bin/bash
# README.md says what is so: its tool can be made and called, its commands, settings and files are there.
. "$(dirname "$0")/../lib/sallyport.sh"
readme=$top_srcdir/README.md

# ---- the tool ----

# fence LANGUAGE N: the Nth block of that language
fence() {
	awk -v want="\`\`\`$1" -v n="$2" '$0 == "```" { inside = 0 } inside { print } $0 == want && ++count == n { inside = 1 }' "$readme"
}

start_postgres && migrate && start_httpd || exit 1
add_user alice
mkdir "$T/tools"
fence sql 1 >"$T/tools/10-working-days.sql"
like "the tool is at most five lines" '^[1-5]$' "$(wc -l <"$T/tools/10-working-days.sql")"
cd "$T" || exit 1
is "applying it prints what README shows" "$(fence console 1 | sed 1d)" \
	"$(sallyport catalog apply tools 2>&1 | sed 's/ *$//')"
sql "$(fence sql 2)"
client=$(register_client)
open_consent alice "$client" >/dev/null
like "the consent page says what the scope means" 'Look at the calendar' "$(body)"
code=$(authorize_as alice "$client")
redeem "$code" >/dev/null
is "the tool answers" 200 "$(call_tool working_days '{"first": "2026-11-01", "last": "2026-11-30"}')"
is "rightly" 21 "$(json '.result.structuredContent.result')"
call_mcp tools/list >/dev/null
is "it is read only" true "$(json '.result.tools[] | select(.name == "working_days") | .annotations.readOnlyHint')"
is "and both dates are required" "first last" \
	"$(json '.result.tools[] | select(.name == "working_days") | .inputSchema.required | sort | join(" ")')"

# ---- commands, settings, files ----

cd "$top_srcdir" || exit 1
unknown=
known=$(sallyport --help | tr -s ' ')
while read -r words; do
	grep -qE "^ +(sallyport )?$words\b" <<<"$known" || unknown+="sallyport $words"$'\n'
done < <(grep -oE '\bsallyport (client|user|catalog|grant) [a-z]+|\bsallyport (init|migrate|doctor)\b' README.md | sed 's/^sallyport //' | sort -u)
is_empty "its commands are there" "$unknown"

absent=
for file in $(grep -oE '\]\([^)#:]+\)|(src|srcset)="[^"]+"' README.md | sed -E 's/^(\]\(|src="|srcset=")//; s/[)"]$//'); do
	[ -e "$file" ] || absent+="$file"$'\n'
done
is_empty "files that it links to are there" "$absent"

folders=$(git ls-files 2>/dev/null | sed -n 's|^\([a-z][^/]*\)/.*|\1/|p' | sort -u | grep -v '^build-aux/')
if [ -n "$folders" ]; then
	is "its map has every folder" "$folders" \
		"$(awk '/^```/ { inside = !inside } inside && /^[a-z-]+\// { print $1 }' README.md | sort)"
else
	skip "not a git checkout"
fi
done_testing
