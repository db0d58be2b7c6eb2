/* test_db.c - lib/db: parameters, rows, prepared statements, pipelines */
#include "base/arena.h"
#include "database.h"

#define SQL(text, n) (&(const struct sp_query){ "test", (text), (n) })
#define NAMED(name, text, n) (&(const struct sp_query){ (name), (text), (n) })

static struct scratch scratch;
static struct sp_arena *mem;
static struct sp_db_pool *pool;

static int
setup(void **state)
{
	(void)state;
	mem = sp_arena_new();
	pool = sp_db_pool_open(scratch.conninfo, 2, 3, 3000, "unit");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	sp_db_pool_free(pool);
	sp_arena_free(mem);
	return 0;
}

static int
make_attempts(void **state)
{
	free(admin_sql(scratch.admin, "CREATE SEQUENCE attempts"));
	return setup(state);
}

static int
drop_attempts(void **state)
{
	free(admin_sql(scratch.admin, "DROP SEQUENCE attempts"));
	return teardown(state);
}

static int64_t
backend(struct sp_db *db)
{
	static const struct sp_column columns[] = { { "pid", SP_COL_INT, 0 }, { NULL } };
	int64_t pid = 0;

	assert_int_equal(sp_db_row(db, SQL("SELECT pg_backend_pid() AS pid", 0), SP_NO_PARAMS, columns, &pid),
	    SP_DB_ROW);
	return pid;
}

/* ---- values ---- */

struct all {
	const char *text;
	struct sp_str str, bytes;
	int64_t n;
	bool yes;
};
static const struct sp_column all_columns[] = {
	{ "text", SP_COL_TEXT, offsetof(struct all, text) },
	{ "str", SP_COL_STR, offsetof(struct all, str) },
	{ "bytes", SP_COL_BYTES, offsetof(struct all, bytes) },
	{ "n", SP_COL_INT, offsetof(struct all, n) },
	{ "yes", SP_COL_BOOL, offsetof(struct all, yes) },
	{ NULL }
};

static void
values_go_there_and_back(void **state)
{
	static const struct {
		const char *name;
		struct sp_str text, bytes;
		int64_t n;
		bool yes;
	} cases[] = {
		{ "plain", { "hello", 5 }, { "\0\1\377'\\", 5 }, 42, true },
		{ "empty", { "", 0 }, { "", 0 }, 0, false },
		{ "a slice does not end in NUL", { "cut here", 3 }, { "abc", 1 }, -1, true },
		{ "quotes are text", { "'; DROP TABLE x; --\\", 20 }, { "\\x00", 4 }, INT64_MAX, false },
		{ "UTF-8", { "gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x91", 11 }, { NULL, 0 }, INT64_MIN, true },
	};
	const struct sp_query *query = SQL("SELECT $1::text AS text, $2::text AS str, $3::bytea AS bytes,"
	    " $4::bigint AS n, $5::boolean AS yes", 5);
	struct sp_db db;
	struct all row;

	(void)state;
	sp_db_begin(&db, pool, mem);
	for (size_t i = 0; i < COUNT(cases); i++) {
		memset(&row, 0xff, sizeof(row));
		CHECK(sp_db_row(&db, query, SP_PARAMS(SP_P_STR(cases[i].text), SP_P_STR(cases[i].text),
		    SP_P_BYTES(cases[i].bytes.p, cases[i].bytes.len), SP_P_INT(cases[i].n),
		    SP_P_BOOL(cases[i].yes)), all_columns, &row) == SP_DB_ROW, cases[i].name);
		CHECK(sp_str_eq(sp_str(row.text), cases[i].text), cases[i].name);
		CHECK(sp_str_eq(row.str, cases[i].text), cases[i].name);
		CHECK(row.bytes.p != NULL && sp_str_eq(row.bytes, cases[i].bytes), cases[i].name);
		CHECK(row.n == cases[i].n, cases[i].name);
		CHECK(row.yes == cases[i].yes, cases[i].name);
	}
	assert_int_equal(db.round_trips, COUNT(cases));

	memset(&row, 0xff, sizeof(row));
	assert_int_equal(sp_db_row(&db, query, SP_PARAMS(SP_P_TEXT(NULL), SP_P_STR(((struct sp_str){ 0 })),
	    SP_P_BYTES_STR(((struct sp_str){ 0 })), SP_P_NULL, SP_P_NULL), all_columns, &row), SP_DB_ROW);
	assert_null(row.text);
	assert_null(row.str.p);
	assert_null(row.bytes.p);
	assert_int_equal(row.n, 0);
	assert_false(row.yes);
	sp_db_end(&db);
}

static void
large_values(void **state)
{
	static const struct sp_column columns[] = {
		{ "t", SP_COL_STR, 0 }, { "b", SP_COL_BYTES, sizeof(struct sp_str) }, { NULL }
	};
	size_t size = (size_t)2 * 1024 * 1024;
	char *big = sp_alloc(mem, size);
	struct { struct sp_str t, b; } row;
	struct sp_str s = { big, size };
	struct sp_db db;

	(void)state;
	memset(big, 'x', size);
	sp_db_begin(&db, pool, mem);
	assert_int_equal(sp_db_row(&db, SQL("SELECT $1::text AS t, $2::bytea AS b", 2),
	    SP_PARAMS(SP_P_STR(s), SP_P_BYTES_STR(s)), columns, &row), SP_DB_ROW);
	assert_true(sp_str_eq(row.t, s) && sp_str_eq(row.b, s));
	assert_int_equal(db.round_trips, 1);
	sp_db_end(&db);
}

static void
nul_in_text_is_refused(void **state)
{
	struct sp_db db;
	struct all row;

	(void)state;
	sp_db_begin(&db, pool, mem);
	assert_int_equal(sp_db_row(&db, SQL("SELECT $1::text AS text", 1),
	    SP_PARAMS(SP_P_STR(((struct sp_str){ "a\0b", 3 }))), NULL, &row), SP_DB_FAILED);
	assert_string_equal(db.sqlstate, "22021");
	assert_int_equal(db.round_trips, 0);
	assert_false(sp_db_unavailable(&db));
	sp_db_end(&db);
}

static void
values_that_do_not_fit(void **state)
{
	static const struct {
		const char *name, *sql;
		enum sp_column_type type;
	} cases[] = {
		{ "the column is missing", "SELECT 1 AS m", SP_COL_INT },
		{ "names are exact", "SELECT 1 AS \"N\"", SP_COL_INT },
		{ "a fraction is no integer", "SELECT 1.5 AS n", SP_COL_INT },
		{ "beyond 64 bits", "SELECT 9223372036854775808 AS n", SP_COL_INT },
		{ "text is no integer", "SELECT ''::text AS n", SP_COL_INT },
		{ "a number is no boolean", "SELECT 1 AS n", SP_COL_BOOL },
		{ "text is no bytea", "SELECT 'ab'::text AS n", SP_COL_BYTES },
		{ "odd hex", "SELECT '\\xabc'::text AS n", SP_COL_BYTES },
	};
	union { int64_t n; struct sp_str s; bool b; } out;
	struct sp_db db;

	(void)state;
	sp_db_begin(&db, pool, mem);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_column columns[] = { { "n", cases[i].type, 0 }, { NULL } };

		CHECK(sp_db_row(&db, SQL(cases[i].sql, 0), SP_NO_PARAMS, columns, &out) == SP_DB_FAILED,
		    cases[i].name);
		CHECK(strcmp(db.sqlstate, "XX000") == 0 && !sp_db_unavailable(&db), cases[i].name);
	}
	sp_db_end(&db);
}

static void
rows_come_in_an_array(void **state)
{
	struct pair { int64_t n; const char *s; } *pairs;
	static const struct sp_column columns[] = {	/* not in the statement's order */
		{ "s", SP_COL_TEXT, offsetof(struct pair, s) }, { "n", SP_COL_INT, offsetof(struct pair, n) }, { NULL }
	};
	const struct sp_query *query = SQL("SELECT n, 'row ' || n AS s FROM generate_series(1, $1::int) n", 1);
	struct sp_db db;
	int64_t affected = -1;
	size_t count;
	void *out;

	(void)state;
	sp_db_begin(&db, pool, mem);
	assert_int_equal(sp_db_rows(&db, query, SP_PARAMS(SP_P_INT(300)), columns, sizeof(*pairs), &out, &count),
	    SP_DB_ROW);
	pairs = out;
	assert_int_equal(count, 300);
	assert_int_equal(pairs[0].n, 1);
	assert_string_equal(pairs[299].s, "row 300");
	assert_int_equal(sp_db_rows(&db, query, SP_PARAMS(SP_P_INT(0)), columns, sizeof(*pairs), &out, &count),
	    SP_DB_NO_ROW);
	assert_int_equal(count, 0);
	assert_int_equal(sp_db_row(&db, query, SP_PARAMS(SP_P_INT(0)), columns, out), SP_DB_NO_ROW);

	assert_true(sp_db_do(&db, SQL("CREATE TEMP TABLE t AS SELECT generate_series(1, 7) n", 0), SP_NO_PARAMS,
	    &affected));
	assert_true(sp_db_do(&db, SQL("DELETE FROM t WHERE n > $1", 1), SP_PARAMS(SP_P_INT(2)), &affected));
	assert_int_equal(affected, 5);
	assert_true(sp_db_do(&db, SQL("SET LOCAL work_mem = '1MB'", 0), SP_NO_PARAMS, &affected));
	assert_int_equal(affected, 0);
	sp_db_end(&db);
}

/* ---- failures ---- */

static void
failures_have_a_sqlstate(void **state)
{
	static const struct {
		const char *sql, *sqlstate;
		bool unavailable;
	} cases[] = {
		{ "SELECT 1 FROM nowhere", "42P01", false },
		{ "SELEKT", "42601", false },
		{ "SELECT 1 / 0", "22012", false },
		{ "SELECT 'secret'::int", "22P02", false },
		{ "DO $$ BEGIN RAISE unique_violation; END $$", "23505", false },
		{ "DO $$ BEGIN RAISE 'secret'; END $$", "P0001", false },
		{ "DO $$ BEGIN RAISE SQLSTATE '08006'; END $$", "08006", true },
		{ "DO $$ BEGIN RAISE disk_full; END $$", "53100", true },
		{ "DO $$ BEGIN RAISE too_many_connections; END $$", "53300", true },
		{ "DO $$ BEGIN RAISE lock_not_available; END $$", "55P03", true },
		{ "DO $$ BEGIN RAISE SQLSTATE '25P03'; END $$", "25P03", true },
		{ "DO $$ BEGIN RAISE io_error; END $$", "58030", true },
		{ "DO $$ BEGIN RAISE serialization_failure; END $$", "40001", true },
		/* the server is no standby, so that is the caller's READ ONLY */
		{ "DO $$ BEGIN RAISE read_only_sql_transaction; END $$", "25006", false },
		{ "SELECT pg_sleep(20)", "57014", true },
		{ "COPY pg_am TO STDOUT", "0A000", false },
	};
	struct sp_db_pool *hasty = sp_db_pool_open(scratch.conninfo, 1, 3, 200, "unit");
	struct sp_db db;

	(void)state;
	sp_db_begin(&db, hasty, mem);
	for (size_t i = 0; i < COUNT(cases); i++) {
		CHECK(!sp_db_do(&db, SQL(cases[i].sql, 0), SP_NO_PARAMS, NULL), cases[i].sql);
		if (strcmp(db.sqlstate, cases[i].sqlstate) != 0)
			fail_msg("%s: expected %s, got %s: %s", cases[i].sql, cases[i].sqlstate, db.sqlstate, db.message);
		CHECK(sp_db_unavailable(&db) == cases[i].unavailable, cases[i].sql);
		CHECK(strstr(db.message, "secret") == NULL, cases[i].sql);
		CHECK(backend(&db) > 0, cases[i].sql);	/* the session goes on */
	}
	sp_db_end(&db);
	sp_db_pool_free(hasty);
}

/* At the commit of the implicit transaction the statement has long answered. */
static void
a_deferred_constraint_is_a_failure(void **state)
{
	PGresult **results;
	struct sp_db db;
	size_t failed;

	(void)state;
	sp_db_begin(&db, pool, mem);
	assert_true(sp_db_do(&db, SQL("CREATE TABLE public.deferred (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)", 0),
	    SP_NO_PARAMS, NULL));
	assert_false(sp_db_do(&db, SQL("INSERT INTO public.deferred VALUES (1), (1)", 0), SP_NO_PARAMS, NULL));
	assert_string_equal(db.sqlstate, "23505");
	assert_true(sp_db_pipeline_open(&db));
	sp_db_pipeline_add(&db, SQL("INSERT INTO public.deferred VALUES (2)", 0), SP_NO_PARAMS);
	sp_db_pipeline_add(&db, SQL("INSERT INTO public.deferred VALUES (2)", 0), SP_NO_PARAMS);
	sp_db_pipeline_add(&db, SQL("SELECT 1", 0), SP_NO_PARAMS);
	assert_false(sp_db_pipeline_run(&db, &results, &failed));
	assert_string_equal(db.sqlstate, "23505");
	assert_int_equal(failed, 2);
	sp_db_end(&db);
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM deferred"), 0);
}

static void
conflicts_are_tried_again(void **state)
{
	static const struct {
		const char *name, *sqlstate;
		int times;
		bool ok;
	} cases[] = {
		{ "serialization, once", "40001", 1, true },
		{ "deadlock, twice", "40P01", 2, true },
		{ "three times", "40001", 3, true },
		{ "and no more", "40001", 4, false },
	};
	struct sp_db db;
	char sql[200];

	(void)state;
	free(admin_sql(scratch.admin, "CREATE TABLE done (n int)"));
	sp_db_begin(&db, pool, mem);
	for (size_t i = 0; i < COUNT(cases); i++) {
		free(admin_sql(scratch.admin, "SELECT setval('attempts', 1, false)"));
		free(admin_sql(scratch.admin, "TRUNCATE done"));
		snprintf(sql, sizeof(sql), "DO $$ BEGIN INSERT INTO public.done VALUES (1);"
		    " IF nextval('public.attempts') <= %d THEN RAISE SQLSTATE '%s'; END IF; END $$",
		    cases[i].times, cases[i].sqlstate);
		CHECK(sp_db_do(&db, SQL(sql, 0), SP_NO_PARAMS, NULL) == cases[i].ok, cases[i].name);
		CHECK(admin_int(scratch.admin, "SELECT count(*) FROM done") == cases[i].ok, cases[i].name);
	}

	/* inside the caller's transaction that is the caller's business */
	free(admin_sql(scratch.admin, "SELECT setval('attempts', 1, false)"));
	assert_true(sp_db_do(&db, SQL("BEGIN", 0), SP_NO_PARAMS, NULL));
	assert_false(sp_db_do(&db, SQL("DO $$ BEGIN IF nextval('public.attempts') = 1 THEN"
	    " RAISE SQLSTATE '40001'; END IF; END $$", 0), SP_NO_PARAMS, NULL));
	assert_string_equal(db.sqlstate, "40001");
	assert_true(sp_db_do(&db, SQL("ROLLBACK", 0), SP_NO_PARAMS, NULL));
	sp_db_end(&db);
}

static void
notices_reach_the_session(void *arg, const PGresult *notice)
{
	snprintf(arg, 64, "%s", PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY));
}

static void
notices(void **state)
{
	char heard[64] = "";
	struct sp_db db;

	(void)state;
	sp_db_begin(&db, pool, mem);
	db.notice = notices_reach_the_session;
	db.notice_arg = heard;
	assert_true(sp_db_do(&db, SQL("DO $$ BEGIN RAISE WARNING 'half way'; END $$", 0), SP_NO_PARAMS, NULL));
	assert_string_equal(heard, "half way");
	sp_db_end(&db);
}

/* ---- the session's settings ---- */

static void
sessions_start_alike(void **state)
{
	static const char *const settings[][2] = {
		{ "application_name", "unit" }, { "statement_timeout", "3s" }, { "lock_timeout", "1s" },
		{ "idle_in_transaction_session_timeout", "5s" }, { "client_min_messages", "warning" },
		{ "bytea_output", "hex" }, { "search_path", "pg_catalog,pg_temp" }, { "client_encoding", "UTF8" },
		{ "work_mem", "8MB" },
	};
	static const struct sp_column columns[] = { { "value", SP_COL_TEXT, 0 }, { NULL } };
	struct sp_db_pool *with_more;
	struct sp_db db;
	const char *value;
	char conninfo[1200];

	(void)state;
	snprintf(conninfo, sizeof(conninfo), "%s options='-c work_mem=8MB'", scratch.conninfo);
	with_more = sp_db_pool_open(conninfo, 1, 3, 3000, "unit");
	sp_db_begin(&db, with_more, mem);
	for (size_t i = 0; i < COUNT(settings); i++) {
		CHECK(sp_db_row(&db, SQL("SELECT current_setting($1) AS value", 1),
		    SP_PARAMS(SP_P_TEXT(settings[i][0])), columns, &value) == SP_DB_ROW, settings[i][0]);
		CHECK_STR(sp_str(value), settings[i][1], settings[i][0]);
	}
	sp_db_end(&db);
	sp_db_pool_free(with_more);
}

/* A pooler refuses `options`; what they would set is then the role's. */
static void
without_listen_there_are_no_options(void **state)
{
	static const struct sp_column columns[] = { { "value", SP_COL_TEXT, 0 }, { NULL } };
	struct sp_settings settings = {
		.database = scratch.conninfo, .threads = 1, .db_connect_timeout = 3, .statement_timeout = 3000,
	};
	struct sp_db_pool *configured;
	struct sp_db db;
	const char *value;

	(void)state;
	for (int listens = 0; listens < 2; listens++) {
		settings.db_listen = listens;
		configured = sp_db_pool_new(&settings, "unit");
		sp_db_begin(&db, configured, mem);
		assert_int_equal(sp_db_row(&db, SQL("SELECT current_setting('statement_timeout') AS value", 0),
		    SP_NO_PARAMS, columns, &value), SP_DB_ROW);
		assert_string_equal(value, listens ? "3s" : "0");
		sp_db_end(&db);
		sp_db_pool_free(configured);
	}
}

/* ---- prepared statements ---- */

static int64_t
prepared_count(struct sp_db *db)
{
	static const struct sp_column columns[] = { { "n", SP_COL_INT, 0 }, { NULL } };
	int64_t n = 0;

	assert_int_equal(sp_db_row(db, NAMED("count", "SELECT count(*) AS n FROM pg_prepared_statements", 0),
	    SP_NO_PARAMS, columns, &n), SP_DB_ROW);
	return n;
}

static void
prepared_once_in_one_round_trip(void **state)
{
	const struct sp_query *query = SQL("SELECT $1::int AS n", 1);
	PGresult **results;
	struct sp_db db;
	size_t failed;

	(void)state;
	sp_db_begin(&db, pool, mem);
	for (int i = 0; i < 3; i++)
		assert_true(sp_db_do(&db, query, SP_PARAMS(SP_P_INT(i)), NULL));
	assert_int_equal(db.round_trips, 3);
	assert_int_equal(prepared_count(&db), 2);	/* with its own */

	db.round_trips = 0;
	assert_true(sp_db_pipeline_open(&db));
	for (int i = 0; i < 20; i++)			/* one of them new, twenty times */
		sp_db_pipeline_add(&db, i % 2 ? query : NAMED("other", "SELECT $1::text AS n", 1),
		    SP_PARAMS(SP_P_INT(i)));
	assert_true(sp_db_pipeline_run(&db, &results, &failed));
	assert_int_equal(db.round_trips, 1);
	for (int i = 0; i < 20; i++) {
		int64_t n;

		assert_true(sp_db_read_row(&db, results[i], 0,
		    (const struct sp_column[]){ { "n", SP_COL_INT, 0 }, { NULL } }, &n));
		assert_int_equal(n, i);
	}
	assert_int_equal(prepared_count(&db), 3);

	/* the same name and another text is another statement */
	assert_true(sp_db_do(&db, NAMED("other", "SELECT $1::bytea AS n", 1), SP_PARAMS(SP_P_BYTES("\0", 1)), NULL));
	assert_int_equal(prepared_count(&db), 4);

	/* one that cannot be prepared is not remembered as if it were */
	assert_false(sp_db_do(&db, SQL("SELECT later FROM public.later", 0), SP_NO_PARAMS, NULL));
	free(admin_sql(scratch.admin, "CREATE TABLE later AS SELECT 1 AS later"));
	assert_true(sp_db_do(&db, SQL("SELECT later FROM public.later", 0), SP_NO_PARAMS, NULL));
	sp_db_end(&db);
}

static void
many_statements_retire_the_connection(void **state)
{
	struct sp_db db;
	int64_t first, second;
	char name[32];

	(void)state;
	sp_db_begin(&db, pool, mem);
	first = backend(&db);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "tool_%d", i);
		assert_true(sp_db_do(&db, NAMED(name, "SELECT $1::int", 1), SP_PARAMS(SP_P_INT(i)), NULL));
	}
	assert_int_equal(prepared_count(&db), 256);
	assert_int_equal(backend(&db), first);
	sp_db_end(&db);
	sp_db_begin(&db, pool, mem);
	second = backend(&db);
	assert_true(second != first);
	sp_db_end(&db);
}

/* What a statement raises itself does not mean that it was not begun. */
static void
raised_errors_are_not_tried_again(void **state)
{
	static const char *const sqlstates[] = { "26000", "42P05", "0A000" };
	struct sp_db db;
	int64_t first;
	char sql[200];

	(void)state;
	sp_db_begin(&db, pool, mem);
	first = backend(&db);
	for (size_t i = 0; i < COUNT(sqlstates); i++) {
		snprintf(sql, sizeof(sql), "DO $$ BEGIN PERFORM nextval('public.attempts');"
		    " RAISE SQLSTATE '%s'; END $$", sqlstates[i]);
		CHECK(!sp_db_do(&db, SQL(sql, 0), SP_NO_PARAMS, NULL), sqlstates[i]);
		CHECK_STR(sp_str(db.sqlstate), sqlstates[i], sqlstates[i]);
		CHECK(admin_int(scratch.admin, "SELECT last_value FROM attempts") == (int64_t)i + 1, sqlstates[i]);
		sp_db_end(&db);
		CHECK(backend(&db) == first, sqlstates[i]);
	}
	assert_int_equal(prepared_count(&db), 5);	/* three, backend() and its own */
	sp_db_end(&db);
}

/* What a pooler, a failover or a migration does to prepared statements. */
static void
lost_statements_are_prepared_anew(void **state)
{
	const struct sp_query *query = NAMED("star", "SELECT * FROM public.star", 0);
	PGresult **results;
	struct sp_db db;
	size_t failed;
	int64_t first;

	(void)state;
	free(admin_sql(scratch.admin, "CREATE TABLE star AS SELECT 1 AS a"));
	free(admin_sql(scratch.admin, "CREATE TABLE written (n int)"));
	sp_db_begin(&db, pool, mem);
	assert_true(sp_db_do(&db, query, SP_NO_PARAMS, NULL));
	first = backend(&db);

	/* 26000 */
	assert_true(sp_db_do(&db, NAMED("away", "DEALLOCATE ALL", 0), SP_NO_PARAMS, NULL));
	assert_true(sp_db_do(&db, query, SP_NO_PARAMS, NULL));
	sp_db_end(&db);
	assert_true(backend(&db) != first);		/* the connection was given up */

	/* 0A000: a column more since it was prepared */
	assert_true(sp_db_do(&db, query, SP_NO_PARAMS, NULL));
	free(admin_sql(scratch.admin, "ALTER TABLE star ADD b int"));
	assert_true(sp_db_do(&db, query, SP_NO_PARAMS, NULL));
	sp_db_end(&db);

	/* in the middle of a pipeline with a transaction of its own: all of it, once */
	assert_true(sp_db_do(&db, query, SP_NO_PARAMS, NULL));
	free(admin_sql(scratch.admin, "ALTER TABLE star ADD c int"));
	assert_true(sp_db_pipeline_open(&db));
	sp_db_pipeline_add(&db, SQL("BEGIN", 0), SP_NO_PARAMS);
	sp_db_pipeline_add(&db, SQL("INSERT INTO public.written VALUES ($1)", 1), SP_PARAMS(SP_P_INT(1)));
	sp_db_pipeline_add(&db, query, SP_NO_PARAMS);
	sp_db_pipeline_add(&db, SQL("COMMIT", 0), SP_NO_PARAMS);
	assert_true(sp_db_pipeline_run(&db, &results, &failed));
	assert_int_equal(PQnfields(results[2]), 3);
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM written"), 1);
	sp_db_end(&db);

	/* not once something was committed */
	assert_true(sp_db_do(&db, query, SP_NO_PARAMS, NULL));
	free(admin_sql(scratch.admin, "ALTER TABLE star ADD d int"));
	assert_true(sp_db_pipeline_open(&db));
	sp_db_pipeline_add(&db, SQL("BEGIN", 0), SP_NO_PARAMS);
	sp_db_pipeline_add(&db, SQL("INSERT INTO public.written VALUES ($1)", 1), SP_PARAMS(SP_P_INT(2)));
	sp_db_pipeline_add(&db, SQL("COMMIT", 0), SP_NO_PARAMS);
	sp_db_pipeline_add(&db, query, SP_NO_PARAMS);
	assert_false(sp_db_pipeline_run(&db, &results, &failed));
	assert_int_equal(failed, 3);
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM written"), 2);
	sp_db_end(&db);

	/* nor inside the caller's transaction, which is lost */
	assert_true(sp_db_do(&db, query, SP_NO_PARAMS, NULL));
	assert_true(sp_db_do(&db, SQL("BEGIN", 0), SP_NO_PARAMS, NULL));
	assert_true(sp_db_do(&db, NAMED("away", "DEALLOCATE ALL", 0), SP_NO_PARAMS, NULL));
	assert_false(sp_db_do(&db, query, SP_NO_PARAMS, NULL));
	assert_string_equal(db.sqlstate, "26000");
	sp_db_end(&db);
}

/* 42P05: another client of the pooler prepared it on the server's connection that we now got. */
static void
shared_statements_are_given_up(void **state)
{
	const struct sp_query *query = NAMED("shared", "SELECT 42 AS n", 0);
	static const struct sp_column columns[] = { { "n", SP_COL_INT, 0 }, { NULL } };
	char prepare[256], *name;
	struct sp_db db;
	int64_t n = 0;

	(void)state;
	sp_db_begin(&db, pool, mem);
	assert_true(sp_db_do(&db, query, SP_NO_PARAMS, NULL));
	assert_int_equal(sp_db_row(&db, SQL("SELECT name AS n FROM pg_prepared_statements WHERE name ~ '^shared'", 0),
	    SP_NO_PARAMS, (const struct sp_column[]){ { "n", SP_COL_TEXT, 0 }, { NULL } }, &name), SP_DB_ROW);
	snprintf(prepare, sizeof(prepare), "PREPARE \"%s\" AS SELECT 43 AS n", name);
	assert_true(sp_db_do(&db, SQL("BEGIN", 0), SP_NO_PARAMS, NULL));
	sp_db_end(&db);					/* closes it */

	assert_true(sp_db_do(&db, SQL(prepare, 0), SP_NO_PARAMS, NULL));
	assert_int_equal(sp_db_row(&db, query, SP_NO_PARAMS, columns, &n), SP_DB_ROW);
	assert_int_equal(n, 42);			/* ours, not theirs */
	assert_int_equal(sp_db_row(&db, query, SP_NO_PARAMS, columns, &n), SP_DB_ROW);
	assert_int_equal(n, 42);
	sp_db_end(&db);
}

/* ---- pipelines ---- */

static void
a_pipeline_stops_at_its_first_failure(void **state)
{
	const struct sp_query *insert = SQL("INSERT INTO public.piped VALUES ($1)", 1);
	const struct sp_query *count = SQL("SELECT count(*) AS n FROM public.piped", 0);
	PGresult **results;
	struct sp_db db;
	size_t failed;

	(void)state;
	free(admin_sql(scratch.admin, "CREATE TABLE piped (n int PRIMARY KEY)"));
	sp_db_begin(&db, pool, mem);

	/* one implicit transaction */
	assert_true(sp_db_pipeline_open(&db));
	sp_db_pipeline_add(&db, insert, SP_PARAMS(SP_P_INT(1)));
	sp_db_pipeline_add(&db, insert, SP_PARAMS(SP_P_INT(1)));
	sp_db_pipeline_add(&db, count, SP_NO_PARAMS);
	assert_false(sp_db_pipeline_run(&db, &results, &failed));
	assert_int_equal(failed, 1);
	assert_string_equal(db.sqlstate, "23505");
	assert_non_null(results[0]);
	assert_string_equal(PQresultErrorField(results[1], PG_DIAG_CONSTRAINT_NAME), "piped_pkey");
	assert_null(results[2]);
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM piped"), 0);

	/* an explicit one goes on, aborted, until the caller ends it */
	assert_true(sp_db_pipeline_open(&db));
	sp_db_pipeline_add(&db, SQL("BEGIN", 0), SP_NO_PARAMS);
	sp_db_pipeline_add(&db, insert, SP_PARAMS(SP_P_INT(2)));
	sp_db_pipeline_add(&db, SQL("SELECT 1 / 0", 0), SP_NO_PARAMS);
	sp_db_pipeline_add(&db, SQL("COMMIT", 0), SP_NO_PARAMS);
	assert_false(sp_db_pipeline_run(&db, &results, &failed));
	assert_int_equal(failed, 2);
	assert_false(sp_db_do(&db, count, SP_NO_PARAMS, NULL));
	assert_string_equal(db.sqlstate, "25P02");
	assert_true(sp_db_pipeline_open(&db));
	sp_db_pipeline_add(&db, SQL("ROLLBACK", 0), SP_NO_PARAMS);
	assert_true(sp_db_pipeline_run(&db, &results, &failed));
	assert_true(sp_db_do(&db, count, SP_NO_PARAMS, NULL));

	/* a parameter that cannot be sent: nothing is */
	db.round_trips = 0;
	assert_true(sp_db_pipeline_open(&db));
	sp_db_pipeline_add(&db, insert, SP_PARAMS(SP_P_INT(3)));
	sp_db_pipeline_add(&db, insert, SP_PARAMS(SP_P_STR(((struct sp_str){ "\0", 1 }))));
	assert_false(sp_db_pipeline_run(&db, &results, &failed));
	assert_int_equal(failed, 1);
	assert_int_equal(db.round_trips, 0);

	/* none at all */
	assert_true(sp_db_pipeline_open(&db));
	assert_true(sp_db_pipeline_run(&db, &results, &failed));
	sp_db_end(&db);
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM piped"), 0);
}

/* The digests of tokens are made on the stack of the function that adds them. */
static void
add_from_the_stack(struct sp_db *db, unsigned char value)
{
	unsigned char bytes[32];

	memset(bytes, value, sizeof(bytes));
	sp_db_pipeline_add(db, SQL("SELECT $1::bytea AS b, $2::text AS t", 2),
	    SP_PARAMS(SP_P_BYTES(bytes, sizeof(bytes)), SP_P_STR(((struct sp_str){ "text", 2 }))));
	memset(bytes, 0xee, sizeof(bytes));
}

static void
a_pipeline_copies_its_parameters(void **state)
{
	struct { struct sp_str b; const char *t; } row;
	const struct sp_column columns[] = {
		{ "b", SP_COL_BYTES, 0 }, { "t", SP_COL_TEXT, sizeof(struct sp_str) }, { NULL }
	};
	PGresult **results;
	struct sp_db db;
	size_t failed;

	(void)state;
	sp_db_begin(&db, pool, mem);
	assert_true(sp_db_pipeline_open(&db));
	for (int i = 0; i < 50; i++)
		add_from_the_stack(&db, (unsigned char)i);
	assert_true(sp_db_pipeline_run(&db, &results, &failed));
	assert_int_equal(db.round_trips, 1);
	for (int i = 0; i < 50; i++) {
		assert_true(sp_db_read_row(&db, results[i], 0, columns, &row));
		assert_int_equal(row.b.len, 32);
		assert_int_equal((unsigned char)row.b.p[0], i);
		assert_int_equal((unsigned char)row.b.p[31], i);
		assert_string_equal(row.t, "te");
	}
	sp_db_end(&db);
}

/* More than both sockets hold, in both directions at once: no standstill. */
static void
a_large_pipeline_does_not_block(void **state)
{
	size_t size = (size_t)256 * 1024;
	char *big = sp_alloc(mem, size);
	PGresult **results;
	struct sp_db db;
	size_t failed;

	(void)state;
	memset(big, 'y', size);
	sp_db_begin(&db, pool, mem);
	assert_true(sp_db_pipeline_open(&db));
	for (int i = 0; i < 64; i++)
		sp_db_pipeline_add(&db, SQL("SELECT repeat($1::text, 2) AS t", 1),
		    SP_PARAMS(SP_P_STR(((struct sp_str){ big, size }))));
	assert_true(sp_db_pipeline_run(&db, &results, &failed));
	for (int i = 0; i < 64; i++)
		assert_int_equal(PQgetlength(results[i], 0, 0), 2 * size);
	sp_db_end(&db);
}

static void
an_open_transaction_is_not_passed_on(void **state)
{
	struct sp_db db;
	int64_t first;

	(void)state;
	sp_db_begin(&db, pool, mem);
	first = backend(&db);
	sp_db_end(&db);
	assert_int_equal(backend(&db), first);		/* the same one comes back */
	assert_true(sp_db_do(&db, SQL("BEGIN", 0), SP_NO_PARAMS, NULL));
	sp_db_end(&db);
	assert_true(backend(&db) != first);
	sp_db_end(&db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(values_go_there_and_back, setup, teardown),
		cmocka_unit_test_setup_teardown(large_values, setup, teardown),
		cmocka_unit_test_setup_teardown(nul_in_text_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(values_that_do_not_fit, setup, teardown),
		cmocka_unit_test_setup_teardown(rows_come_in_an_array, setup, teardown),
		cmocka_unit_test_setup_teardown(failures_have_a_sqlstate, setup, teardown),
		cmocka_unit_test_setup_teardown(a_deferred_constraint_is_a_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(conflicts_are_tried_again, make_attempts, drop_attempts),
		cmocka_unit_test_setup_teardown(notices, setup, teardown),
		cmocka_unit_test_setup_teardown(sessions_start_alike, setup, teardown),
		cmocka_unit_test_setup_teardown(without_listen_there_are_no_options, setup, teardown),
		cmocka_unit_test_setup_teardown(prepared_once_in_one_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(many_statements_retire_the_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(raised_errors_are_not_tried_again, make_attempts, drop_attempts),
		cmocka_unit_test_setup_teardown(lost_statements_are_prepared_anew, setup, teardown),
		cmocka_unit_test_setup_teardown(shared_statements_are_given_up, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pipeline_stops_at_its_first_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pipeline_copies_its_parameters, setup, teardown),
		cmocka_unit_test_setup_teardown(a_large_pipeline_does_not_block, setup, teardown),
		cmocka_unit_test_setup_teardown(an_open_transaction_is_not_passed_on, setup, teardown),
	};
	int failed;

	need_database();
	scratch_make(&scratch, "db");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	scratch_drop(&scratch);
	return failed;
}
