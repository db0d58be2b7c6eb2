#!/bin/bash
# The floors of lib/: a folder includes from its own floor or below, and no two folders in a circle.
. "$(dirname "$0")/../lib/tap.sh"
cd "$top_srcdir" || exit 1

floor() {
	case $1 in
	base) echo 1 ;;
	db | net) echo 2 ;;
	jose | ops) echo 3 ;;
	web | oauth) echo 4 ;;
	people | tools) echo 5 ;;
	mcp) echo 6 ;;
	*) echo 0 ;;
	esac
}

# "file folder included-folder", one line per include of a header of ours
includes=$(find lib -name '*.[ch]' | sort | while read -r file; do
	folder=${file#lib/}
	folder=${folder%%/*}
	sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]+"([^"]*)".*/\1/p' "$file" |
	while read -r header; do echo "$file $folder $header"; done
done)
[ -n "$includes" ] || { fail "there are includes to look at"; done_testing; }

unknown=
uphill=
edges=
while read -r file folder header; do
	to=${header%%/*}
	if [ "$to" = "$header" ] || [ "$(floor "$to")" = 0 ] || [ "$(floor "$folder")" = 0 ]; then
		[ "$header" = config.h ] || unknown+="$file includes \"$header\""$'\n'
		continue
	fi
	[ "$(floor "$to")" -le "$(floor "$folder")" ] || uphill+="$file includes \"$header\""$'\n'
	[ "$to" = "$folder" ] || edges+="$folder $to"$'\n'
done <<<"$includes"

is_empty "every header of ours is included as FOLDER/NAME.h" "$unknown"
is_empty "no include runs up the floors" "$uphill"
is_empty "no circle between folders" "$(sort -u <<<"$edges" | sed '/^$/d' | tsort 2>&1 >/dev/null)"
is_empty "lib/ knows no program" "$(grep -rnE '#[[:space:]]*include[[:space:]]+".*(cgi-bin|bin)/' lib)"
done_testing
