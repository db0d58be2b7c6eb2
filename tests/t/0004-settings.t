#!/bin/bash
# docs/man/sallyport.conf.5 says of each setting what the table in settings.c says.
. "$(dirname "$0")/../lib/tap.sh"
man=$top_srcdir/docs/man/sallyport.conf.5

table=$("$top_builddir/tests/lib/tables" settings)
[ -n "$table" ] || { fail "the table of settings can be printed"; done_testing; }

# "name<TAB>all text of its paragraph in one line"
pages=$(awk '
	function flush() { if (name != "") print name "\t" text; name = "" }
	/^\.It Ic / { flush(); name = $3; text = ""; next }
	/^\.(It|El|Ss|Sh)/ { flush() }
	name != "" { text = text $0 " " }' "$man")

is "every setting has a paragraph, and there is no other" \
	"$(cut -f1 <<<"$table" | sort)" "$(cut -f1 <<<"$pages" | sort)"

while IFS='|' read -r name type unit default least most; do
	text=$(awk -F '\t' -v name="$name" '$1 == name { print $2 }' <<<"$pages")
	case $name in
	issuer) like "$name: no default" 'It has no default' "$text" ;;
	*) case $default in
		'') like "$name: empty by default" 'The default is empty[.:,]' "$text" ;;
		/*/*/*) like "$name: default $default" "The default is \\.Pa ([a-z]+/)?${default##*/} " "$text" ;;
		*) like "$name: default $default" "The default is \\.Li $default \\." "$text" ;;
	esac ;;
	esac
	if [ "$type" = integer ]; then
		like "$name: from $least to $most" "from $least to ${most}[ .;,]" "$text"
		[ -z "$unit" ] || like "$name: in $unit" "\b$unit\b" "$text"
	fi
done < <(tr '\t' '|' <<<"$table")
done_testing
