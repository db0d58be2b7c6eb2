#!/bin/bash
# build-aux/queries.sh: what becomes of a statement, and which files it refuses.
. "$(dirname "$0")/../lib/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/sql/queries" "$work/sql/migrations" "$work/out"

tables() {
	sh "$top_srcdir/build-aux/queries.sh" "$work/sql" "$work/out" 2>&1
}

# statement TEXT: the text that the build makes of it, and its number of parameters
statement() {
	printf '%s\n' "$1" >"$work/sql/queries/case.sql"
	tables && sed -n '/^const struct sp_query sp_q_case = {$/,/^};/p' "$work/out/queries.c" |
		sed '1,2d;$d' | sed ':a;N;$!ba;s/"\n\t"//g;s/,\n/ /;s/^\t//;s/\t\([0-9]*\)$/\1/'
}

# made NAME EXPECTED TEXT
made() {
	is "$1" "$2" "$(statement "$3")"
}

made "a plain statement" '"SELECT $1, $2" 2' 'SELECT $1, $2'
made "the highest number counts, not how many there are" '"SELECT $11, $2, $2" 11' 'SELECT $11, $2, $2'
made "comments and the last semicolon go" '"SELECT 1" 0' $'-- what it does: $7\nSELECT 1 -- one $8\n; -- end'
made "comments nest" '"SELECT $1   + 1" 1' 'SELECT $1 /* $2 /* $3 */ $4 */ + 1'
made "lines stay" '"SELECT $1\n  FROM t" 1' $'SELECT $1\n  FROM t'
made "a string is no comment" "\"SELECT '-- \$1 /* '\" 0" "SELECT '-- \$1 /* '"
made "a doubled quote" "\"SELECT 'it''s \$1', \$2\" 2" "SELECT 'it''s \$1', \$2"
made "a backslash in a string" "\"SELECT '\\\\\\\\', \$1\" 1" "SELECT '\\\\', \$1"
made "a backslash ends no string" "\"SELECT '\\\\', \$1\" 1" "SELECT '\\', \$1"
made "but escapes in an E string" "\"SELECT E'\\\\' \$1', \$2\" 2" "SELECT E'\\' \$1', \$2"
made "a quoted name" '"SELECT 1 AS \"$1 -- \"\"\"" 0' 'SELECT 1 AS "$1 -- """'
made "dollar quotes" '"SELECT $$ $1 -- $$, $a$ $$ $2 $a$, $3" 3' 'SELECT $$ $1 -- $$, $a$ $$ $2 $a$, $3'
made "a dollar in a name" '"SELECT a$1 FROM t" 0' 'SELECT a$1 FROM t'
made "no trigraph" '"SELECT '"'"'\?\?='"'"'" 0' "SELECT '??='"
made "UTF-8 and tabs" '"SELECT\t'"'"'é'"'"'" 0' $'SELECT\t\'é\''

like "two statements are refused" 'more than one statement' "$(statement 'SELECT 1; SELECT 2')"
like "an open string is refused" 'a quote does not end' "$(statement "SELECT 'a")"
like "an open comment is refused" 'a comment does not end' "$(statement 'SELECT 1 /* ')"
like "an open dollar quote is refused" 'a dollar quote does not end' "$(statement 'SELECT $a$ b')"
like "nothing is refused" 'holds no statement' "$(statement '-- only words')"
printf 'SELECT 1' >"$work/sql/queries/case.sql"
like "a file without its last newline is refused" 'does not end in a newline' "$(tables)"
rm "$work/sql/queries/case.sql"
echo 'SELECT 1' >"$work/sql/queries/Case-1.sql"
like "a name that is no C name is refused" 'the name must be' "$(tables)"
rm "$work/sql/queries/Case-1.sql"

is "no file at all is no error" "" "$(tables)"
printf -- '-- kept\nSELECT 1;\nSELECT 2;\n' >"$work/sql/migrations/0001-first.sql"
echo 'SELECT 3' >"$work/sql/migrations/0012-second-one.sql"
is "migrations are taken" "" "$(tables)"
is "whole, in order" '	{ 1, "first",
	"-- kept\n"
	"SELECT 1;\n"
	"SELECT 2;\n" },
	{ 12, "second-one",
	"SELECT 3\n" },
	{ 0 }' "$(sed -n '/^	{ 1,/,/^	{ 0 }/p' "$work/out/migrations.c")"
like "the newest and their count are known without the texts" \
	'sp_migration_newest = 12;.const int sp_migration_count = 2;' "$(tr '\n' . <"$work/out/queries.c")"
touch -d '2001-01-01' "$work/out/"*
tables
is "what did not change is not written" 3 "$(find "$work/out" -type f ! -newermt 2002-01-01 | wc -l)"
echo 'SELECT 4' >"$work/sql/migrations/0012-twice.sql"
like "a number is taken once" 'number 12 is taken' "$(tables)"
done_testing
