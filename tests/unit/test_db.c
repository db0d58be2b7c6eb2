/* test_db.c - lib/db: parameters, rows, failures, the session's settings */
#include "pool.h"

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
		{ "jit", "off" }, { "work_mem", "8MB" },
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
	};
	int failed;

	need_database();
	scratch_make(&scratch, "db");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	scratch_drop(&scratch);
	return failed;
}
