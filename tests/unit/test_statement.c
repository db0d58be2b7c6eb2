/* test_statement.c - where the parameters of a statement are, and where there only seem to be some */
#include "unit.h"
#include "base/buf.h"
#include "tools/statement_text.h"

static const struct {
	const char *name, *sql, *text, *places;	/* with and main joined by "|"; NAME or NAME=CAST, by spaces */
} good[] = {
	{ "none", "SELECT 1", "|SELECT 1", "" },
	{ "one", "SELECT a FROM t WHERE id = :id", "|SELECT a FROM t WHERE id = $1", "id" },
	{ "twice the same", "SELECT :a + :a", "|SELECT $1 + $1", "a" },
	{ "two, in the order of the text", "SELECT :b, :a, :b", "|SELECT $1, $2, $1", "b a" },
	{ "a semicolon at the end", "SELECT :a ; -- done", "|SELECT $1", "a" },
	{ "white space and comments around it", " /* x */ SELECT 1\n--", "| /* x */ SELECT 1", "" },
	{ "letters, digits, underscore", "SELECT :_a1", "|SELECT $1", "_a1" },
	{ "a name is case sensitive", "SELECT :a, :A", "|SELECT $1, $2", "a A" },
	{ "beyond ASCII", "SELECT :gr\xc3\xb6\xc3\x9f" "e", "|SELECT $1", "gr\xc3\xb6\xc3\x9f" "e" },

	{ "a string", "SELECT ':a'", "|SELECT ':a'", "" },
	{ "a string with a quote", "SELECT 'it''s :a', :b", "|SELECT 'it''s :a', $1", "b" },
	{ "a backslash is no escape", "SELECT '\\', :b", "|SELECT '\\', $1", "b" },
	{ "in E'' it is", "SELECT E'\\' :a', :b", "|SELECT E'\\' :a', $1", "b" },
	{ "two are none", "SELECT e'\\\\', :b", "|SELECT e'\\\\', $1", "b" },
	{ "E'' goes on behind a line break", "SELECT E'a'\n  '\\' :a', :b", "|SELECT E'a'\n  '\\' :a', $1", "b" },
	{ "and behind a comment", "SELECT E'a' -- c\n '\\' :a', :b", "|SELECT E'a' -- c\n '\\' :a', $1", "b" },
	{ "a word that ends in e is no prefix", "SELECT note'\\', :b", "|SELECT note'\\', $1", "b" },
	{ "bits and bytes", "SELECT B'1', x'1F', N'a', :b", "|SELECT B'1', x'1F', N'a', $1", "b" },
	{ "U&''", "SELECT U&'\\0061 :a', :b", "|SELECT U&'\\0061 :a', $1", "b" },
	{ "a column u and an operator", "SELECT u&:b", "|SELECT u&$1", "b" },
	{ "a quoted identifier", "SELECT \":a\"\":b\" FROM t", "|SELECT \":a\"\":b\" FROM t", "" },
	{ "dollar quotes", "SELECT $$ ':a $$, :b", "|SELECT $$ ':a $$, $1", "b" },
	{ "with a tag", "SELECT $t$ :a $$ $T$ $t$, :b", "|SELECT $t$ :a $$ $T$ $t$, $1", "b" },
	{ "one inside another", "SELECT $a$ $b$ :x $b$ $a$, :b", "|SELECT $a$ $b$ :x $b$ $a$, $1", "b" },
	{ "a dollar in an identifier", "SELECT a$$ FROM t WHERE b$t$ = :a", "|SELECT a$$ FROM t WHERE b$t$ = $1", "a" },

	{ "a comment", "SELECT 1 -- :a '\n, :b", "|SELECT 1 -- :a '\n, $1", "b" },
	{ "a block", "SELECT /* :a ' */ :b", "|SELECT /* :a ' */ $1", "b" },
	{ "a nested one", "SELECT /* /* :a */ :a */ :b", "|SELECT /* /* :a */ :a */ $1", "b" },
	{ "a comment ends an operator", "SELECT 1 +-- :a\n:b", "|SELECT 1 +-- :a\n$1", "b" },
	{ "so does a block", "SELECT 1 @/* :a */ :b", "|SELECT 1 @/* :a */ $1", "b" },
	{ "no comment in an exponent", "SELECT 1e--:a\n:b", "|SELECT 1e--:a\n$1", "b" },
	{ "nor in a hexadecimal number", "SELECT 0x1e--:a\n:b", "|SELECT 0x1e--:a\n$1", "b" },

	{ "a cast of something else", "SELECT a::text, :b", "|SELECT a::text, $1", "b" },
	{ "a cast of a parameter", "SELECT :a::bigint", "|SELECT $1::bigint", "a=bigint" },
	{ "casts to other types are other places", "SELECT :a::bigint, :a::TEXT, :a", "|SELECT $1::bigint, $2::TEXT, $3", "a=bigint a=text a" },
	{ "to an array", "SELECT :a::text[], :a :: text [ ]", "|SELECT $1::text[], $1 :: text [ ]", "a=text[]" },
	{ "CAST", "SELECT CAST(:a AS jsonb) AS text", "|SELECT CAST($1 AS jsonb) AS text", "a=jsonb" },
	{ "an alias is no cast", "SELECT (:a) AS jsonb, :b AS json", "|SELECT ($1) AS jsonb, $2 AS json", "a b" },
	{ "IS NULL needs a type", "SELECT 1 WHERE :a IS NULL OR x = :a",
	    "|SELECT 1 WHERE $1::pg_catalog.text IS NULL OR x = $2", "a=null a" },
	{ "IS NOT NULL", "SELECT 1 WHERE :a is\nnot /* */ null", "|SELECT 1 WHERE $1::pg_catalog.text is\nnot /* */ null", "a=null" },
	{ "ISNULL", "SELECT :a ISNULL, :b NOTNULL", "|SELECT $1::pg_catalog.text ISNULL, $2::pg_catalog.text NOTNULL", "a=null b=null" },
	{ "IS TRUE does not", "SELECT :a IS TRUE, :a IS NOT DISTINCT FROM 1", "|SELECT $1 IS TRUE, $1 IS NOT DISTINCT FROM 1", "a" },
	{ "a cast in front of IS NULL", "SELECT :a::date IS NULL", "|SELECT $1::date IS NULL", "a=date" },
	{ "named notation", "SELECT f(a := :a, b => :b)", "|SELECT f(a := $1, b => $2)", "a b" },
	{ "operators", "SELECT :a||:b, j->>:c, j ? :d, a @> :e, -:f", "|SELECT $1||$2, j->>$3, j ? $4, a @> $5, -$6", "a b c d e f" },
	{ "no space is needed", "SELECT 1 LIMIT:n OFFSET:n", "|SELECT 1 LIMIT $1 OFFSET $1", "n" },

	{ "a slice", "SELECT a[1:2], a[:2], a[1:], a[:]", "|SELECT a[1:2], a[:2], a[1:], a[:]", "" },
	{ "of columns", "SELECT a[1:n], a[n:m], a[f(1):m], a[b[1]:m]", "|SELECT a[1:n], a[n:m], a[f(1):m], a[b[1]:m]", "" },
	{ "of parameters", "SELECT a[:i], a[:i: :j], a[1: :j], a[:i::int]", "|SELECT a[$1], a[$1: $2], a[1: $2], a[$3::int]", "i j i=int" },
	{ "an array of parameters", "SELECT ARRAY[:a, :b, 1+:a]", "|SELECT ARRAY[$1, $2, 1+$1]", "a b" },
	{ "behind a keyword", "SELECT a[CASE WHEN :a THEN :b ELSE :c END]", "|SELECT a[CASE WHEN $1 THEN $2 ELSE $3 END]", "a b c" },
	{ "in a call inside a subscript", "SELECT a[f(x, :a)]", "|SELECT a[f(x, $1)]", "a" },

	{ "in parentheses", "(SELECT :a) UNION (SELECT :b)", "|(SELECT $1) UNION (SELECT $2)", "a b" },
	{ "WITH", "WITH q AS (SELECT :a) SELECT * FROM q", "WITH q AS (SELECT $1) |SELECT * FROM q", "a" },
	{ "two of them", "WITH RECURSIVE a(x) AS MATERIALIZED (SELECT 1), b AS (SELECT 2) TABLE b",
	    "WITH RECURSIVE a(x) AS MATERIALIZED (SELECT 1), b AS (SELECT 2) |TABLE b", "" },
	{ "names that are keywords", "WITH insert AS (SELECT 1), delete AS (SELECT 2) SELECT 3",
	    "WITH insert AS (SELECT 1), delete AS (SELECT 2) |SELECT 3", "" },
	{ "SEARCH and CYCLE", "WITH RECURSIVE a AS (SELECT 1) SEARCH DEPTH FIRST BY update SET o CYCLE x SET c USING p SELECT 1",
	    "WITH RECURSIVE a AS (SELECT 1) SEARCH DEPTH FIRST BY update SET o CYCLE x SET c USING p |SELECT 1", "" },
	{ "a comment behind WITH", "WITH q AS (SELECT 1) -- SELECT\nSELECT 2", "WITH q AS (SELECT 1) -- SELECT\n|SELECT 2", "" },
};

static const struct {
	const char *name, *sql, *why;
} bad[] = {
	{ "nothing", "", "line 1: there is no statement" },
	{ "a comment alone", " -- SELECT 1", "line 1: there is no statement" },
	{ "brackets alone", "(", "line 1: a bracket does not close" },
	{ "two statements", "SELECT 1; SELECT 2", "line 1: only one statement" },
	{ "also an empty one", "SELECT 1;;", "line 1: only one statement" },
	{ "a string", "SELECT 1,\n 'a", "line 2: a string does not end" },
	{ "E'' that ends in a backslash", "SELECT E'a\\", "line 1: a string does not end" },
	{ "E'' whose quote is escaped", "SELECT E'a\\'", "line 1: a string does not end" },
	{ "an identifier", "SELECT \"a", "line 1: a quoted identifier does not end" },
	{ "a dollar quote", "SELECT $a$ x $b$", "line 1: a dollar-quoted string does not end" },
	{ "a comment that is nested", "SELECT /* /* */ 1", "line 1: a comment does not end" },
	{ "a number for a parameter", "SELECT $1", "line 1: parameters have names (:name), not numbers" },
	{ "a dollar", "SELECT $", "line 1: a \"$\" that begins nothing" },
	{ "a colon", "SELECT a : b", "line 1: a colon that is neither a cast nor in front of a parameter's name" },
	{ "psql's quoted variable", "SELECT :'a'", "line 1: a colon that is neither a cast nor in front of a parameter's name" },
	{ "a name with a dollar", "SELECT :a$b", "line 1: the name of a parameter is of letters, digits and _" },
	{ "a dollar quote behind a name", "SELECT :a$$x$$", "line 1: the name of a parameter is of letters, digits and _" },
	{ "open", "SELECT (1", "line 1: a bracket does not close" },
	{ "closed", "SELECT 1) AS r", "line 1: a bracket closes what is not open" },
	{ "crossed", "SELECT a[(1])", "line 1: a bracket closes what is not open" },
	{ "a backslash", "SELECT 1 \\gexec", "line 1: a character that no statement has" },
	{ "SELECT INTO", "SELECT 1 INTO t", "line 1: SELECT ... INTO makes a table" },
	{ "behind WITH", "WITH q AS (SELECT 1) SELECT 1 INTO t", "line 1: SELECT ... INTO makes a table" },
	{ "set_config", "SELECT pg_catalog.SET_CONFIG('role', 'postgres', false)", "line 1: set_config() is not for statements" },
	{ "set_config in disguise", "SELECT U&\"set\\005fconfig\"('role', 'none', false)",
	    "line 1: U&\"...\" is not for statements: write the identifier itself" },
	{ "set_config in quotes", "SELECT \"set_config\"('role', 'postgres', false)", "line 1: set_config() is not for statements" },
	{ "WITH alone", "WITH q AS (SELECT 1)", "line 1: WITH without a statement behind it" },
#define BEGINS "line 1: it begins with SELECT, VALUES, TABLE, WITH, INSERT, UPDATE, DELETE, MERGE or CALL"
	{ "BEGIN", "BEGIN", BEGINS }, { "COMMIT", "commit", BEGINS }, { "ROLLBACK", "ROLLBACK", BEGINS },
	{ "SAVEPOINT", "SAVEPOINT a", BEGINS }, { "SET ROLE", "SET ROLE postgres", BEGINS },
	{ "RESET", "RESET ALL", BEGINS }, { "SET SESSION AUTHORIZATION", "SET SESSION AUTHORIZATION postgres", BEGINS },
	{ "COPY", "COPY t TO PROGRAM 'id'", BEGINS }, { "DO", "DO $$ BEGIN END $$", BEGINS },
	{ "CREATE", "CREATE TABLE t ()", BEGINS }, { "LISTEN", "LISTEN x", BEGINS }, { "PREPARE", "PREPARE a AS SELECT 1", BEGINS },
	{ "EXPLAIN", "EXPLAIN ANALYZE DELETE FROM t", BEGINS }, { "LOAD", "LOAD 'x'", BEGINS },
	{ "a quoted word", "\"select\" 1", BEGINS }, { "a number", "1", BEGINS }, { "a bracket first", "(COMMIT)", BEGINS },
};

static const struct {
	const char *sql;
	bool writes, counts, returns;
} shapes[] = {
	{ "SELECT 1", false, false, true },
	{ "select 1", false, false, true },
	{ "VALUES (1)", false, false, true },
	{ "TABLE t", false, false, true },
	{ "(SELECT 1)", false, false, true },
	{ "SELECT delete FROM t", false, false, true },
	{ "SELECT (delete) FROM t AS insert", false, false, true },
	{ "INSERT INTO t VALUES (1)", true, true, false },
	{ "INSERT INTO t VALUES (1) RETURNING n", true, true, true },
	{ "UPDATE t SET a = (SELECT 1)", true, true, false },
	{ "DELETE FROM t RETURNING *", true, true, true },
	{ "MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE", true, true, false },
	{ "CALL p(:a)", true, false, false },
	{ "WITH q AS (SELECT 1) SELECT 1", false, false, true },
	{ "WITH q AS (INSERT INTO t VALUES (1) RETURNING n) SELECT 1", true, false, true },
	{ "WITH q AS NOT MATERIALIZED (DELETE FROM t) SELECT 1", true, false, true },
	{ "WITH q AS (SELECT 1) INSERT INTO t TABLE q", true, true, false },
	{ "WITH q AS (INSERT INTO t VALUES (1) RETURNING n) DELETE FROM t", true, true, false },
};

static void
read_good(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct sp_statement_text t;
		const char *why = NULL;
		struct sp_buf text, places;

		if (!sp_statement_read(mem, sp_str(good[i].sql), &t, &why))
			fail_msg("%s: %s", good[i].name, why);
		sp_buf_init(&text, mem, 65536);
		sp_buf_printf(&text, "%.*s|%.*s", SP_FMT(t.with), SP_FMT(t.main));
		CHECK_STR(sp_buf_view(&text), good[i].text, good[i].name);
		sp_buf_init(&places, mem, 65536);
		for (size_t k = 0; k < t.count; k++)
			sp_buf_printf(&places, "%s%.*s%s%.*s", k > 0 ? " " : "", SP_FMT(t.place[k].name),
			    t.place[k].cast.len > 0 ? "=" : "", SP_FMT(t.place[k].cast));
		CHECK_STR(sp_buf_view(&places), good[i].places, good[i].name);
	}
	sp_arena_free(mem);
}

static void
read_bad(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct sp_statement_text t;
		const char *why = NULL;

		CHECK(!sp_statement_read(mem, sp_str(bad[i].sql), &t, &why), bad[i].name);
		CHECK_STR(sp_str(why), bad[i].why, bad[i].name);
	}
	sp_arena_free(mem);
}

static void
read_shape(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct sp_statement_text t;
		const char *why = NULL;

		CHECK(sp_statement_read(mem, sp_str(shapes[i].sql), &t, &why), shapes[i].sql);
		CHECK(t.writes == shapes[i].writes, shapes[i].sql);
		CHECK(t.counts == shapes[i].counts, shapes[i].sql);
		CHECK(t.returns == shapes[i].returns, shapes[i].sql);
	}
	sp_arena_free(mem);
}

/* n times `piece` behind SELECT. */
static bool
reads(struct sp_arena *mem, const char *piece, size_t n, const char **why)
{
	struct sp_statement_text t;
	struct sp_buf b;

	sp_buf_init(&b, mem, 1 << 20);
	sp_buf_cstr(&b, "SELECT ");
	for (size_t i = 0; i < n; i++)
		if (strcmp(piece, ":") == 0)
			sp_buf_printf(&b, ":p%zu,", i);
		else
			sp_buf_cstr(&b, piece);
	return sp_statement_read(mem, sp_buf_view(&b), &t, why);
}

static void
limits(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	const char *why = NULL;

	(void)state;
	CHECK(reads(mem, ":", 256, &why), "256 parameters");
	CHECK(!reads(mem, ":", 257, &why), "257 parameters");
	CHECK_STR(sp_str(why), "line 1: too many parameters", "257 parameters");
	CHECK(!reads(mem, "(", 257, &why), "257 brackets");
	CHECK_STR(sp_str(why), "line 1: too many open brackets", "257 brackets");
	CHECK(reads(mem, "a", 65529, &why), "64 KiB");
	CHECK(!reads(mem, "a", 65530, &why), "and one more");
	CHECK_STR(sp_str(why), "a statement is at most 64 KiB", "and one more");
	CHECK(!sp_statement_read(mem, SP_LIT("SELECT '\0'"), &(struct sp_statement_text){ 0 }, &why), "NUL");
	CHECK(!sp_statement_read(mem, SP_LIT("SELECT '\xff'"), &(struct sp_statement_text){ 0 }, &why), "not UTF-8");
	sp_arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_good),
		cmocka_unit_test(read_bad),
		cmocka_unit_test(read_shape),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
