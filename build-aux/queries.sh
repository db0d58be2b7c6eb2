#!/bin/sh
# queries.sh SQLDIR OUTDIR - makes C tables of the SQL files
#
#   SQLDIR/queries/NAME.sql          -> OUTDIR/queries.h, queries.c    struct sp_query sp_q_NAME
#   SQLDIR/migrations/NNNN-NAME.sql  -> OUTDIR/migrations.c            sp_migrations[]
#
# A query is one statement.  Its comments and a final semicolon are left out (the
# server gets the statement, the reader keeps the comment); the rest is kept to
# the byte.  Its number of parameters is the highest $N outside of quotes and
# comments.  A migration is kept whole, because its SHA-256 is recorded.
#
# A file that did not change is not written again, so that nothing is recompiled.
set -eu
LC_ALL=C; export LC_ALL
sqldir=$1
outdir=$2
awk=${AWK:-awk}
work=$outdir/queries.$$			# make -j may run two of us
trap 'rm -f "$work".?' EXIT

die() {
	echo "queries.sh: $*" >&2
	exit 1
}

# The files of a pattern, sorted by name; each ends in a newline (awk could not tell).
files() {
	for f in "$@"; do
		[ -e "$f" ] || continue
		[ -z "$(tail -c 1 "$f")" ] || die "$f: does not end in a newline"
		printf '%s\n' "$f"
	done
}

replace() {
	cmp -s "$1" "$2" || mv "$1" "$2"
}

# Character by character: the quoting rules of sub() differ between awks.
c_string='
function c_string(text,    i, n, c, line, out) {
	out = ""
	line = "\""
	n = length(text)
	for (i = 1; i <= n; i++) {
		c = substr(text, i, 1)
		if (c == "\n") {
			out = out line "\\n\""
			line = i < n ? "\n\t\"" : ""
		} else if (c == "\t")
			line = line "\\t"
		else if (c == "\r")
			line = line "\\r"
		else if (c == "\\" || c == "\"" || c == "?")	# "??" would begin a trigraph
			line = line "\\" c
		else
			line = line c
	}
	return out line (n > 0 && c == "\n" ? "" : "\"")
}
function fail(file, why) {
	print "queries.sh: " file ": " why > "/dev/stderr"
	failed = 1
	exit 1
}
function read_file(file,    line, text, got) {
	text = ""
	while ((got = (getline line < file)) > 0)
		text = text line "\n"
	if (got < 0)
		fail(file, "cannot be read")
	close(file)
	return text
}
# NNNN as a number; some awks take 0012 for octal
function number_of(name) {
	name = substr(name, 1, 4)
	sub(/^0+/, "", name)
	return name + 0
}
function base_name(file) {
	sub(/.*\//, "", file)
	sub(/\.sql$/, "", file)
	return file
}
'

# PostgreSQL's lexical rules (manual, 4.1): strings, E strings, quoted names, dollar quotes, comments.
lexer='
# Sets statement and nparams from the text of a file.
function lex(file, text,    i, n, c, two, rest, tag, end, depth, prev, start, escape, done) {
	statement = ""
	nparams = 0
	done = 0			# the semicolon was seen
	prev = ""			# the last character that was kept
	n = length(text)
	for (i = 1; i <= n; ) {
		c = substr(text, i, 1)
		two = substr(text, i, 2)
		start = i
		if (two == "--") {
			while (i <= n && substr(text, i, 1) != "\n")
				i++
			continue
		}
		if (two == "/*") {
			depth = 0
			do {
				two = substr(text, i, 2)
				if (two == "/*") { depth++; i += 2 }
				else if (two == "*/") { depth--; i += 2 }
				else i++
			} while (depth > 0 && i <= n)
			if (depth > 0)
				fail(file, "a comment does not end")
			statement = statement " "
			prev = " "
			continue
		}
		if (c == "\047" || c == "\"") {
			escape = (c == "\047" && prev ~ /[eE]/ && statement !~ /[A-Za-z0-9_$\200-\377][eE]$/)
			for (i++; i <= n; i++) {
				two = substr(text, i, 2)
				if (two == c c || (escape && substr(two, 1, 1) == "\\"))
					i++
				else if (substr(two, 1, 1) == c)
					break
			}
			if (i > n)
				fail(file, "a quote does not end")
			i++
		} else if (c == "$" && prev !~ /[A-Za-z0-9_$\200-\377]/) {
			rest = substr(text, i)
			if (match(rest, /^\$[0-9]+/)) {
				if (substr(rest, 2, RLENGTH - 1) + 0 > nparams)
					nparams = substr(rest, 2, RLENGTH - 1) + 0
				i += RLENGTH
			} else if (match(rest, /^\$([A-Za-z_\200-\377][A-Za-z0-9_\200-\377]*)?\$/)) {
				tag = substr(rest, 1, RLENGTH)
				end = index(substr(rest, RLENGTH + 1), tag)
				if (end == 0)
					fail(file, "a dollar quote does not end")
				i += RLENGTH + end - 1 + RLENGTH
			} else
				i++
		} else
			i++
		if (done && c !~ /[ \t\r\n]/)
			fail(file, "holds more than one statement")
		if (c == ";") {
			done = 1
			continue
		}
		statement = statement substr(text, start, i - start)
		prev = substr(text, i - 1, 1)
	}
	sub(/^[ \t\r\n]+/, "", statement)
	sub(/[ \t\r\n]+$/, "", statement)
	if (statement == "")
		fail(file, "holds no statement")
}
'

files "$sqldir"/queries/*.sql >"$work.q"
files "$sqldir"/migrations/*.sql >"$work.m"

"$awk" -v header="$work.h" -v migrations="$work.m" "$c_string$lexer"'
BEGIN {
	print "/* Made by build-aux/queries.sh from sql/queries: do not edit. */"
	print "#include \"db/migrate.h\"\n#include \"db/queries.h\"\n"
	print "/* Made by build-aux/queries.sh from sql/queries: do not edit. */" > header
	print "#ifndef SP_DB_QUERIES_H\n#define SP_DB_QUERIES_H\n\n#include \"db/db.h\"\n" > header
	list = ""
}
{
	name = base_name($0)
	if (name !~ /^[a-z][a-z0-9_]*$/)
		fail($0, "the name must be lower case letters, digits and _")
	lex($0, read_file($0))
	print "extern const struct sp_query sp_q_" name ";" > header
	print "const struct sp_query sp_q_" name " = {\n\t\"" name "\",\n\t" c_string(statement) ",\n\t" nparams "\n};\n"
	list = list "\t&sp_q_" name ",\n"
}
END {
	if (failed)
		exit 1
	print "const struct sp_query *const sp_queries[] = {\n" list "\tNULL\n};\n"
	newest = count = 0
	while ((getline file < migrations) > 0) {
		newest = number_of(base_name(file))
		count++
	}
	print "const int sp_migration_newest = " newest ";\nconst int sp_migration_count = " count ";"
	print "\n/* All of them, NULL at the end (for `sallyport doctor` and the tests). */" > header
	print "extern const struct sp_query *const sp_queries[];\n\n#endif" > header
}' "$work.q" >"$work.c"

"$awk" "$c_string"'
BEGIN {
	print "/* Made by build-aux/queries.sh from sql/migrations: do not edit. */"
	print "#include \"db/migrate.h\"\n"
	print "const struct sp_migration sp_migrations[] = {"
}
{
	name = base_name($0)
	if (name !~ /^[0-9][0-9][0-9][0-9]-[a-z0-9][a-z0-9-]*$/)
		fail($0, "the name must be NNNN-name.sql")
	number = number_of(name)
	if (number <= last)
		fail($0, "number " number " is taken or zero")
	last = number
	print "\t{ " number ", \"" substr(name, 6) "\",\n\t" c_string(read_file($0)) " },"
}
END {
	if (failed)
		exit 1
	print "\t{ 0 }\n};"
}' "$work.m" >"$work.t"

replace "$work.h" "$outdir/queries.h"
replace "$work.c" "$outdir/queries.c"
replace "$work.t" "$outdir/migrations.c"
