/* test_migrate.c - db/migrate, and every generated statement on the migrated schema */
#include <pthread.h>
#include "base/arena.h"
#include "database.h"
#include "db/migrate.h"
#include "db/queries.h"

static struct scratch scratch;
static struct sp_arena *mem;

static int
setup(void **state)
{
	(void)state;
	mem = sp_arena_new();
	scratch_make(&scratch, "migrate");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_drop(&scratch);
	sp_arena_free(mem);
	return 0;
}

static void
note_progress(void *arg, const struct sp_migration *m, bool applied_now)
{
	char *noted = arg;
	size_t len = strlen(noted);

	snprintf(noted + len, 64 - len, "%c%d", applied_now ? '+' : '=', m->number);
}

static const struct sp_migration two[] = {
	{ 1, "first", "CREATE TABLE public.a (n int);\nINSERT INTO public.a VALUES (1);\n"
	    "SET search_path = public;\n" },
	{ 2, "second", "-- what the first SET is forgotten\nCREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS $$\n"
	    "SELECT length(current_setting('search_path')) $$;\nINSERT INTO public.a VALUES (public.f());\n" },
	{ 0 }
};

static void
missing_ones_are_applied_once(void **state)
{
	char noted[64] = "";
	const char *why = NULL;

	(void)state;
	assert_true(sp_migrate_from(two, scratch.conninfo, note_progress, noted, mem, &why));
	assert_string_equal(noted, "+1+2");
	assert_int_equal(admin_int(scratch.admin, "SELECT sum(n) FROM a"), 1 + (int)strlen("pg_catalog,pg_temp"));
	*noted = '\0';
	assert_true(sp_migrate_from(two, scratch.conninfo, note_progress, noted, mem, &why));
	assert_string_equal(noted, "=1=2");
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM a"), 2);
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM sallyport.migration"
	    " WHERE sha256 = sha256(convert_to('CREATE TABLE public.a (n int);' || chr(10) ||"
	    " 'INSERT INTO public.a VALUES (1);' || chr(10) || 'SET search_path = public;' || chr(10), 'UTF8'))"), 1);
}

static void
what_is_refused(void **state)
{
	static const struct {
		const char *name;
		struct sp_migration table[4];
		const char *why;
		int applied;
	} cases[] = {
		{ "another text", {
		    { 1, "first", "CREATE TABLE public.a (m int);\n" } },
		    "migration 0001-first was applied with another text: a migration is never edited, "
		    "a new one follows it", 1 },
		{ "a newer database", { { 7, "seventh", "SELECT 1" } },
		    "the database is newer than this program: it has migration 0001-first", 1 },
		{ "a broken one", {
		    { 1, "first", "CREATE TABLE public.a (n int);\n" },
		    { 2, "second", "CREATE TABLE public.b (n int);\n-- gr\xc3\xbc\xc3\x9f\nCREATE TABLE public.b (\n nonsense);\n" },
		    { 3, "third", "CREATE TABLE public.c (n int)" } },
		    "migration 0002-second: line 4: syntax error at or near \";\" (42601)", 1 },
		{ "fails when it runs", {
		    { 1, "first", "CREATE TABLE public.a (n int);\n" },
		    { 2, "second", "CREATE TABLE public.b (n int);\nSELECT 1/0;" } },
		    "migration 0002-second: division by zero (22012)", 1 },
		{ "ends its transaction", {
		    { 1, "first", "CREATE TABLE public.a (n int);\n" },
		    { 2, "second", "COMMIT;" } },
		    "migration 0002-second: it ends its transaction itself", 1 },
	};
	static const struct sp_migration first[] = { { 1, "first", "CREATE TABLE public.a (n int);\n" }, { 0 } };
	const char *why = NULL;

	(void)state;
	assert_true(sp_migrate_from(first, scratch.conninfo, NULL, NULL, mem, &why));
	for (size_t i = 0; i < COUNT(cases); i++) {
		CHECK(!sp_migrate_from(cases[i].table, scratch.conninfo, NULL, NULL, mem, &why), cases[i].name);
		CHECK_STR(sp_str(why), cases[i].why, cases[i].name);
		CHECK(admin_int(scratch.admin, "SELECT count(*) FROM sallyport.migration") == cases[i].applied,
		    cases[i].name);
		CHECK(admin_int(scratch.admin, "SELECT count(*) FROM pg_tables WHERE tablename IN ('b', 'c')") == 0,
		    cases[i].name);
	}
	assert_false(sp_migrate_from(first, "host=/nonexistent", NULL, NULL, mem, &why));
	assert_non_null(strstr(why, "/nonexistent"));
	assert_false(sp_migrate_from(first, "passwrd=hunter2", NULL, NULL, mem, &why));
	assert_string_equal(why, "the connection string cannot be parsed");
}

static void *
migrate_in_thread(void *arg)
{
	struct sp_arena *own = sp_arena_new();
	const char *why = NULL;
	bool ok = sp_migrate_from(two, scratch.conninfo, note_progress, arg, own, &why);

	sp_arena_free(own);
	return ok ? arg : NULL;
}

static void
migrators_take_turns(void **state)
{
	char noted[4][64] = { "" };
	pthread_t threads[4];
	void *ok;

	(void)state;
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, migrate_in_thread, noted[i]), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		pthread_join(threads[i], &ok);
		assert_non_null(ok);
	}
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM a"), 2);
}

/* Traffic that holds a lock is not kept waiting for long, and the migration gets its turn. */
static void
a_lock_is_tried_again(void **state)
{
	static const struct sp_migration table[] = {
		{ 1, "first", "CREATE TABLE public.busy (n int)" },
		{ 2, "second", "ALTER TABLE public.busy ADD m int" },
		{ 0 }
	}, first[] = { { 1, "first", "CREATE TABLE public.busy (n int)" }, { 0 } };
	const char *why = NULL;
	PGconn *traffic;

	(void)state;
	assert_true(sp_migrate_from(first, scratch.conninfo, NULL, NULL, mem, &why));
	traffic = connect_plain(scratch.conninfo);
	free(admin_sql(traffic, "SET idle_in_transaction_session_timeout = '1500ms'"));
	free(admin_sql(traffic, "BEGIN"));
	free(admin_sql(traffic, "SELECT * FROM busy"));
	assert_true(sp_migrate_from(table, scratch.conninfo, NULL, NULL, mem, &why));
	PQfinish(traffic);
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM sallyport.migration"), 2);
}

/* ---- the program's own ---- */

static void
make_roles(void)
{
	static const char *const roles[] = { "sallyport", "sallyport_app", "sallyport_tool" };
	char sql[200];

	for (size_t i = 0; i < COUNT(roles); i++) {
		snprintf(sql, sizeof(sql), "DO $$ BEGIN CREATE ROLE %s LOGIN; EXCEPTION WHEN duplicate_object THEN NULL;"
		    " END $$", roles[i]);
		free(admin_sql(scratch.admin, sql));
	}
}

static int
missing_for_the_programs(void)
{
	char conninfo[1200];
	struct sp_db_pool *pool;
	struct sp_db db;
	int missing;

	snprintf(conninfo, sizeof(conninfo), "%s user=sallyport_app", scratch.conninfo);
	pool = sp_db_pool_open(conninfo, 1, 3, 3000, "unit");
	sp_db_begin(&db, pool, mem);
	missing = sp_migrate_missing(&db);
	sp_db_end(&db);
	sp_db_pool_free(pool);
	return missing;
}

static void
every_statement_fits_the_schema(void **state)
{
	const char *why = "";
	int count = 0, unfit = 0;
	PGresult *r;

	(void)state;
	make_roles();
	for (const struct sp_migration *m = sp_migrations; m->number != 0; m++)
		count++;
	assert_int_equal(sp_migration_count, count);
	assert_true(count > 0 && sp_migration_newest == sp_migrations[count - 1].number);
	assert_int_equal(missing_for_the_programs(), count);	/* an empty database */
	if (!sp_migrate(scratch.conninfo, NULL, NULL, mem, &why))
		fail_msg("%s", why);
	assert_int_equal(missing_for_the_programs(), 0);
	free(admin_sql(scratch.admin, "DELETE FROM sallyport.migration WHERE number = (SELECT max(number)"
	    " FROM sallyport.migration)"));
	assert_int_equal(missing_for_the_programs(), 1);

	for (const struct sp_query *const *q = sp_queries; *q != NULL; q++) {
		r = PQprepare(scratch.admin, (*q)->name, (*q)->sql, 0, NULL);
		if (PQresultStatus(r) != PGRES_COMMAND_OK) {
			print_error("%s: %s", (*q)->name, PQresultErrorMessage(r));
			unfit++;
		}
		PQclear(r);
		r = PQdescribePrepared(scratch.admin, (*q)->name);
		if (PQresultStatus(r) == PGRES_COMMAND_OK && PQnparams(r) != (*q)->nparams) {
			print_error("%s: the build counted %d parameters, the server %d\n", (*q)->name,
			    (*q)->nparams, PQnparams(r));
			unfit++;
		}
		PQclear(r);
	}
	assert_int_equal(unfit, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(missing_ones_are_applied_once, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(migrators_take_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lock_is_tried_again, setup, teardown),
		cmocka_unit_test_setup_teardown(every_statement_fits_the_schema, setup, teardown),
	};

	need_database();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
