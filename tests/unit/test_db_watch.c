/* test_db_watch.c - lib/db: statements for somebody who may go away */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include "base/arena.h"
#include "base/clock.h"
#include "database.h"

#define SQL(text) (&(const struct sp_query){ "test", (text), 0 })

static struct scratch scratch;
static struct sp_arena *mem;
static struct sp_db_pool *pool;

/* A client: a pipe whose other end is closed when it goes. */
static struct client {
	int mine, theirs;
	struct sp_db_watch watch;
	int asked;
	bool deaf;			/* says that nobody has gone, whatever happens */
} client;

static bool
client_gone(void *arg)
{
	struct client *c = arg;
	struct pollfd p = { .fd = c->mine };

	c->asked++;
	return !c->deaf && poll(&p, 1, 0) > 0;
}

static int
setup(void **state)
{
	int ends[2];

	(void)state;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return 1;
	client = (struct client){ .mine = ends[1], .theirs = ends[0],
	    .watch = { .fd = ends[1], .gone = client_gone, .arg = &client } };
	mem = sp_arena_new();
	pool = sp_db_pool_open(scratch.conninfo, 2, 2, 5000, "unit");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	sp_db_pool_free(pool);
	sp_arena_free(mem);
	close(client.mine);
	if (client.theirs >= 0)
		close(client.theirs);
	return 0;
}

static void
leave(void)
{
	close(client.theirs);
	client.theirs = -1;
}

static void *
leave_later(void *arg)
{
	(void)arg;
	poll(NULL, 0, 300);
	leave();
	return NULL;
}

static int
running(void)
{
	return (int)admin_int(scratch.admin, "SELECT count(*) FROM pg_stat_activity"
	    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'");
}

static void
gone_while_a_statement_runs(void **state)
{
	pthread_t thread;
	struct sp_db db;
	int64_t since;

	(void)state;
	sp_db_begin(&db, pool, mem);
	db.watch = &client.watch;
	assert_int_equal(pthread_create(&thread, NULL, leave_later, NULL), 0);
	since = sp_monotonic_ms();
	assert_false(sp_db_do(&db, SQL("SELECT pg_sleep(4)"), SP_NO_PARAMS, NULL));
	assert_in_range(sp_monotonic_ms() - since, 250, 1300);
	assert_string_equal(db.sqlstate, "57014");
	assert_true(db.interrupted);
	pthread_join(thread, NULL);
	assert_int_equal(running(), 0);

	/* what there is to note is noted, on the same connection */
	assert_true(sp_db_do(&db, SQL("SELECT pg_sleep(0.6)"), SP_NO_PARAMS, NULL));
	sp_db_end(&db);
}

static void
gone_before_it_began(void **state)
{
	struct sp_db db;
	int64_t since = sp_monotonic_ms();

	(void)state;
	leave();
	sp_db_begin(&db, pool, mem);
	db.watch = &client.watch;
	assert_false(sp_db_do(&db, SQL("SELECT pg_sleep(4)"), SP_NO_PARAMS, NULL));
	assert_in_range(sp_monotonic_ms() - since, 0, 1500);
	assert_true(db.interrupted);
	sp_db_end(&db);
}

static void
in_a_transaction(void **state)
{
	pthread_t thread;
	PGresult **results;
	struct sp_db db;
	size_t failed;

	(void)state;
	free(admin_sql(scratch.admin, "CREATE TABLE IF NOT EXISTS note (n int)"));
	free(admin_sql(scratch.admin, "TRUNCATE note"));
	sp_db_begin(&db, pool, mem);
	db.watch = &client.watch;
	assert_int_equal(pthread_create(&thread, NULL, leave_later, NULL), 0);
	assert_true(sp_db_pipeline_open(&db));
	sp_db_pipeline_add(&db, SQL("BEGIN"), SP_NO_PARAMS);
	sp_db_pipeline_add(&db, SQL("INSERT INTO public.note VALUES (1)"), SP_NO_PARAMS);
	sp_db_pipeline_add(&db, SQL("SELECT pg_sleep(4)"), SP_NO_PARAMS);
	sp_db_pipeline_add(&db, SQL("COMMIT"), SP_NO_PARAMS);
	assert_false(sp_db_pipeline_run(&db, &results, &failed));
	assert_int_equal(failed, 2);
	assert_true(db.interrupted);
	assert_true(sp_db_pipeline_open(&db));
	sp_db_pipeline_add(&db, SQL("ROLLBACK"), SP_NO_PARAMS);
	sp_db_pipeline_add(&db, SQL("INSERT INTO public.note VALUES (2)"), SP_NO_PARAMS);
	assert_true(sp_db_pipeline_run(&db, &results, &failed));
	sp_db_end(&db);
	pthread_join(thread, NULL);
	assert_int_equal(admin_int(scratch.admin, "SELECT min(n) FROM note"), 2);
}

/* An event that means nothing must not become a busy loop. */
static void
an_event_that_stays(void **state)
{
	struct sp_db db;

	(void)state;
	leave();
	client.deaf = true;
	sp_db_begin(&db, pool, mem);
	db.watch = &client.watch;
	assert_true(sp_db_do(&db, SQL("SELECT pg_sleep(1.2)"), SP_NO_PARAMS, NULL));
	assert_false(db.interrupted);
	assert_in_range(client.asked, 2, 5);
	sp_db_end(&db);
}

static void
who_stays_is_asked_now_and_then(void **state)
{
	struct sp_db db;

	(void)state;
	sp_db_begin(&db, pool, mem);
	db.watch = &client.watch;
	assert_true(sp_db_do(&db, SQL("SELECT pg_sleep(1.2)"), SP_NO_PARAMS, NULL));
	assert_in_range(client.asked, 1, 3);
	client.asked = 0;
	for (int i = 0; i < 100; i++)
		assert_true(sp_db_do(&db, SQL("SELECT 1"), SP_NO_PARAMS, NULL));
	assert_in_range(client.asked, 0, 3);
	sp_db_end(&db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gone_while_a_statement_runs, setup, teardown),
		cmocka_unit_test_setup_teardown(gone_before_it_began, setup, teardown),
		cmocka_unit_test_setup_teardown(in_a_transaction, setup, teardown),
		cmocka_unit_test_setup_teardown(an_event_that_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(who_stays_is_asked_now_and_then, setup, teardown),
	};
	int failed;

	need_database();
	scratch_make(&scratch, "watch");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	scratch_drop(&scratch);
	return failed;
}
