#!/bin/bash
# Every template of www/templates/ is opened by the code or included by another one.
. "$(dirname "$0")/../lib/tap.sh"
cd "$top_srcdir" || exit 1

files=$(find www/templates -name '*.html' -exec basename {} \; 2>/dev/null | sort)
opened=$({
	grep -rhoE '"[a-z0-9_-]+\.html"' lib cgi-bin bin --include='*.c' | tr -d '"'
	sed -nE 's/.*\{\{>[[:space:]]*([a-z0-9_.-]+)[[:space:]]*\}\}.*/\1/p' www/templates/*.html 2>/dev/null
} | sort -u)
is "templates and their uses" "$files" "$opened"

# what a page refers to is there, and nothing comes from elsewhere
is_empty "no script, no style attribute, no event handler" \
	"$(grep -nEi '<script|[[:space:]]style=|[[:space:]]on[a-z]+=|javascript:' www/templates/*.html 2>/dev/null)"
missing=
for file in $(sed -nE 's/.*(href|src)="\{\{static_url\}\}\/([^"]+)".*/\2/p' www/templates/*.html 2>/dev/null | sort -u); do
	[ -e "www/static/$file" ] || missing+="$file "
done
is_empty "static files that pages name are there" "$missing"
done_testing
