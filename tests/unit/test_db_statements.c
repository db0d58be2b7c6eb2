/* test_db_statements.c - lib/db: prepared statements and pipelines */
#include "pool.h"

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
	scratch_make(&scratch, "statements");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	scratch_drop(&scratch);
	return failed;
}
