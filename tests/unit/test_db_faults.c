/*
 * test_db_faults.c - lib/db: what the pool does when the server does not
 *
 * Between us and the server stands a proxy of our own, which can keep answers
 * back or cut the line at them.
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include "base/clock.h"
#include "pool.h"

static void
sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* All but the tests' own connection, as a fast shutdown would do; waits until they are gone. */
static void
terminate_backends(void)
{
	free(admin_sql(scratch.admin, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
	    " WHERE datname = current_database() AND pid <> pg_backend_pid()"));
	while (admin_int(scratch.admin, "SELECT count(*) FROM pg_stat_activity"
	    " WHERE datname = current_database() AND pid <> pg_backend_pid()") > 0)
		sleep_ms(5);
}

/* Waits until somebody runs a statement that looks like this. */
static void
wait_until_running(const char *like)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
	    " AND pid <> pg_backend_pid() AND state = 'active' AND query LIKE '%s'", like);
	while (admin_int(scratch.admin, sql) == 0)
		sleep_ms(5);
}

/* ---- the proxy ---- */

enum line { LINE_OPEN, LINE_HOLD, LINE_CUT };

static struct proxy {
	char dir[64], path[128];	/* conninfo's host; the socket in it */
	struct sockaddr_un server;
	int listener;
	pthread_t thread;
	_Atomic enum line line;		/* what becomes of the server's answers */
	atomic_bool stop;
} proxy;

static struct sockaddr_un
unix_address(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	assert_true(snprintf(a.sun_path, sizeof(a.sun_path), "%s", path) < (int)sizeof(a.sun_path));
	return a;
}

/* One connection at a time is enough. */
static void
proxy_serve(int client)
{
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd p[2] = { { .fd = client, .events = POLLIN }, { .fd = server, .events = POLLIN } };
	static char bytes[65536];
	ssize_t n = 1;

	if (connect(server, (const struct sockaddr *)&proxy.server, sizeof(proxy.server)) != 0)
		n = 0;
	while (n > 0 && !proxy.stop) {
		if (poll(p, 2, 50) <= 0)
			continue;
		if (p[0].revents != 0 && (n = read(client, bytes, sizeof(bytes))) > 0)
			n = write(server, bytes, (size_t)n);
		if (n > 0 && p[1].revents != 0 && (n = read(server, bytes, sizeof(bytes))) > 0) {
			if (proxy.line == LINE_CUT)
				break;
			if (proxy.line == LINE_OPEN)
				n = write(client, bytes, (size_t)n);
		}
	}
	close(server);
	close(client);
}

static void *
proxy_run(void *arg)
{
	struct pollfd p = { .fd = proxy.listener, .events = POLLIN };

	(void)arg;
	while (!proxy.stop)
		if (poll(&p, 1, 50) > 0)
			proxy_serve(accept4(proxy.listener, NULL, NULL, SOCK_CLOEXEC));
	return NULL;
}

/* The place for it; the server must be on a Unix socket. */
static void
proxy_place(void)
{
	char path[128];

	snprintf(proxy.dir, sizeof(proxy.dir), "/tmp/sp-proxy.XXXXXX");
	assert_non_null(mkdtemp(proxy.dir));
	snprintf(proxy.path, sizeof(proxy.path), "%s/.s.PGSQL.5432", proxy.dir);
	snprintf(path, sizeof(path), "%s/.s.PGSQL.%s", PQhost(scratch.admin), PQport(scratch.admin));
	proxy.server = unix_address(path);
	proxy.line = LINE_OPEN;
	proxy.stop = false;
}

static void
proxy_start(void)
{
	struct sockaddr_un here = unix_address(proxy.path);

	proxy.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(proxy.listener, (const struct sockaddr *)&here, sizeof(here)), 0);
	assert_int_equal(listen(proxy.listener, 8), 0);
	assert_int_equal(pthread_create(&proxy.thread, NULL, proxy_run, NULL), 0);
}

static void
proxy_stop(void)
{
	proxy.stop = true;
	pthread_join(proxy.thread, NULL);
	close(proxy.listener);
	unlink(proxy.path);
	rmdir(proxy.dir);
}

static struct sp_db_pool *
pool_through_proxy(int64_t connections)
{
	char conninfo[1200];

	snprintf(conninfo, sizeof(conninfo), "%s host=%s port=5432", scratch.conninfo, proxy.dir);
	return sp_db_pool_open(conninfo, connections, 2, 3000, "unit");
}

/* ---- a thread with a statement ---- */

struct job {
	struct sp_db_pool *pool;
	const char *sql;
	struct sp_db db;
	bool ok, unavailable;
	char sqlstate[6];
	int64_t ms;
	pthread_t thread;
};

static void *
job_run(void *arg)
{
	struct job *job = arg;
	struct sp_arena *own = sp_arena_new();
	int64_t began = sp_monotonic_ms();

	job->db.mem = own;
	job->ok = sp_db_do(&job->db, SQL(job->sql, 0), SP_NO_PARAMS, NULL);
	job->ms = sp_monotonic_ms() - began;
	if (!job->ok) {
		job->unavailable = sp_db_unavailable(&job->db);
		memcpy(job->sqlstate, job->db.sqlstate, sizeof(job->sqlstate));
	}
	sp_db_end(&job->db);
	sp_arena_free(own);
	return NULL;
}

static void
job_start(struct job *job, struct sp_db_pool *on, const char *sql)
{
	*job = (struct job){ .pool = on, .sql = sql };
	sp_db_begin(&job->db, on, NULL);
	assert_int_equal(pthread_create(&job->thread, NULL, job_run, job), 0);
}

/* ---- connections that die ---- */

static void
an_idle_connection_that_died_costs_nothing(void **state)
{
	struct sp_db a, b;

	(void)state;
	for (int round = 0; round < 3; round++) {
		sp_db_begin(&a, pool, mem);
		sp_db_begin(&b, pool, mem);
		assert_true(sp_db_do(&a, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
		assert_true(sp_db_do(&b, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
		if (round == 0)
			sp_db_end(&a);			/* one in the pool, one in a session */
		terminate_backends();
		assert_true(sp_db_do(&a, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
		assert_true(sp_db_do(&b, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
		sp_db_end(&a);
		sp_db_end(&b);
	}
}

/* A connection on which something came that was not asked for is not dead. */
static void
a_changed_setting_is_no_reason_to_part(void **state)
{
	static const struct sp_column columns[] = { { "pid", SP_COL_INT, 0 }, { NULL } };
	const struct sp_query *query = SQL("SELECT pg_backend_pid() AS pid, pg_notify('here', 'x')", 0);
	int64_t first = 0, second = 1;
	struct sp_db db;

	(void)state;
	sp_db_begin(&db, pool, mem);
	assert_true(sp_db_do(&db, SQL("LISTEN here", 0), SP_NO_PARAMS, NULL));
	assert_int_equal(sp_db_row(&db, query, SP_NO_PARAMS, columns, &first), SP_DB_ROW);
	sp_db_end(&db);
	free(admin_sql(scratch.admin, "NOTIFY here"));
	sleep_ms(50);
	assert_int_equal(sp_db_row(&db, query, SP_NO_PARAMS, columns, &second), SP_DB_ROW);
	assert_int_equal(first, second);
	sp_db_end(&db);
}

static void
a_lost_transaction_is_a_failure(void **state)
{
	struct sp_db db;

	(void)state;
	free(admin_sql(scratch.admin, "CREATE TABLE lost (n int)"));
	sp_db_begin(&db, pool, mem);
	assert_true(sp_db_do(&db, SQL("BEGIN", 0), SP_NO_PARAMS, NULL));
	assert_true(sp_db_do(&db, SQL("INSERT INTO public.lost VALUES (1)", 0), SP_NO_PARAMS, NULL));
	terminate_backends();
	assert_false(sp_db_do(&db, SQL("INSERT INTO public.lost VALUES (2)", 0), SP_NO_PARAMS, NULL));
	assert_true(sp_db_unavailable(&db));
	assert_true(sp_db_do(&db, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
	sp_db_end(&db);
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM lost"), 0);
}

static void
killed_while_it_runs(void **state)
{
	struct job job;

	(void)state;
	free(admin_sql(scratch.admin, "CREATE SEQUENCE begun"));
	job_start(&job, pool, "SELECT nextval('public.begun'), pg_sleep(20)");
	wait_until_running("%begun%");
	terminate_backends();
	pthread_join(job.thread, NULL);
	assert_false(job.ok);
	assert_true(job.unavailable);
	assert_string_equal(job.sqlstate, "57P01");
	assert_int_equal(admin_int(scratch.admin, "SELECT nextval('begun')"), 2);	/* it ran once */
}

/* The answer is lost, the fact is not: nobody may try again in silence. */
static void
an_unknown_outcome_is_a_failure(void **state)
{
	struct sp_db_pool *through;
	struct sp_db db;

	(void)state;
	free(admin_sql(scratch.admin, "CREATE TABLE unknown (n int)"));
	proxy_place();
	proxy_start();
	through = pool_through_proxy(1);
	sp_db_begin(&db, through, mem);
	assert_true(sp_db_do(&db, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
	proxy.line = LINE_CUT;
	assert_false(sp_db_do(&db, SQL("INSERT INTO public.unknown VALUES (1)", 0), SP_NO_PARAMS, NULL));
	assert_true(sp_db_unavailable(&db));
	assert_string_equal(db.sqlstate, "");
	proxy.line = LINE_OPEN;
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM unknown"), 1);
	assert_true(sp_db_do(&db, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
	sp_db_end(&db);
	sp_db_pool_free(through);
	proxy_stop();
}

static void
a_silent_server_is_not_waited_for(void **state)
{
	struct sp_db_pool *through;
	PGresult **results;
	struct sp_db db;
	size_t failed;
	int64_t began;

	(void)state;
	proxy_place();
	proxy_start();
	through = pool_through_proxy(1);
	sp_db_begin(&db, through, mem);
	assert_int_equal(db.wait_ms, 5000);		/* statement_timeout and 2 s */
	assert_true(sp_db_do(&db, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
	proxy.line = LINE_HOLD;
	db.wait_ms = 300;
	began = sp_monotonic_ms();
	assert_true(sp_db_pipeline_open(&db));
	sp_db_pipeline_add(&db, SQL("SELECT 1", 0), SP_NO_PARAMS);
	sp_db_pipeline_add(&db, SQL("SELECT 2", 0), SP_NO_PARAMS);
	assert_false(sp_db_pipeline_run(&db, &results, &failed));
	assert_in_range(sp_monotonic_ms() - began, 290, 1500);
	assert_true(sp_db_unavailable(&db));
	assert_int_equal(failed, 0);
	assert_null(results[0]);
	proxy.line = LINE_OPEN;
	assert_true(sp_db_do(&db, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
	sp_db_end(&db);
	sp_db_pool_free(through);
	proxy_stop();
}

/* ---- connecting ---- */

static void
one_tries_and_the_others_fail_at_once(void **state)
{
	struct sp_db_pool *through;
	struct sp_db db;
	int64_t began;

	(void)state;
	proxy_place();
	through = pool_through_proxy(2);
	sp_db_begin(&db, through, mem);
	assert_false(sp_db_do(&db, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
	assert_true(sp_db_unavailable(&db));
	assert_null(strstr(db.message, "is away"));	/* this one tried */
	began = sp_monotonic_ms();
	assert_false(sp_db_do(&db, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
	assert_string_equal(db.message, "the database is away");
	assert_true(sp_db_unavailable(&db));
	assert_true(sp_monotonic_ms() - began < 100);

	proxy_start();
	while (!sp_db_do(&db, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL))
		sleep_ms(10);
	assert_true(sp_monotonic_ms() - began < 1000);	/* back soon after the server is */
	sp_db_end(&db);
	sp_db_pool_free(through);
	proxy_stop();
}

static void
several_hosts(void **state)
{
	const char *const first[] = { "/nonexistent", proxy.dir };	/* nobody there; there, and silent */
	struct sockaddr_un here;
	struct sp_db_pool *several;
	char conninfo[1400];
	struct sp_db db;
	int64_t began;

	(void)state;
	proxy_place();
	here = unix_address(proxy.path);
	proxy.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(proxy.listener, (const struct sockaddr *)&here, sizeof(here)), 0);
	assert_int_equal(listen(proxy.listener, 8), 0);
	for (size_t i = 0; i < COUNT(first); i++) {
		snprintf(conninfo, sizeof(conninfo), "%s target_session_attrs=read-write port=5432,%s host=%s,%s",
		    scratch.conninfo, PQport(scratch.admin), first[i], PQhost(scratch.admin));
		several = sp_db_pool_open(conninfo, 1, 2, 3000, "unit");
		sp_db_begin(&db, several, mem);
		began = sp_monotonic_ms();
		assert_true(sp_db_do(&db, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
		assert_true(sp_monotonic_ms() - began < 4000);
		sp_db_end(&db);
		sp_db_pool_free(several);
	}
	close(proxy.listener);
	unlink(proxy.path);
	rmdir(proxy.dir);
}

static void
a_connection_string_is_never_quoted(void **state)
{
	struct sp_db_pool *bad = sp_db_pool_open("host=localhost passwrd=hunter2", 1, 2, 3000, "unit");
	struct sp_db db;

	(void)state;
	sp_db_begin(&db, bad, mem);
	assert_false(sp_db_do(&db, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
	assert_true(sp_db_unavailable(&db));
	assert_string_equal(db.message, "the connection string cannot be parsed");
	sp_db_end(&db);
	sp_db_pool_free(bad);
}

/* ---- more threads than connections ---- */

static void
waiting_for_a_connection(void **state)
{
	struct sp_db_pool *one = sp_db_pool_open(scratch.conninfo, 1, 2, 3000, "unit");
	struct sp_db db;
	struct job job;

	(void)state;
	sp_db_begin(&db, one, mem);
	assert_true(sp_db_do(&db, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
	job_start(&job, one, "SELECT 1");
	sleep_ms(300);
	sp_db_end(&db);					/* in time */
	pthread_join(job.thread, NULL);
	assert_true(job.ok);
	assert_in_range(job.ms, 250, 1500);

	assert_true(sp_db_do(&db, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
	job_start(&job, one, "SELECT 1");
	pthread_join(job.thread, NULL);			/* never */
	assert_false(job.ok);
	assert_true(job.unavailable);
	assert_in_range(job.ms, 1950, 3000);
	sp_db_end(&db);
	sp_db_pool_free(one);
}

static void *
many_queries(void *arg)
{
	struct sp_arena *own = sp_arena_new();
	intptr_t failures = 0;
	struct sp_db db;

	for (int i = 0; i < 200; i++) {
		sp_db_begin(&db, arg, own);
		failures += !sp_db_do(&db, SQL("SELECT $1::int", 1), SP_PARAMS(SP_P_INT(i)), NULL);
		sp_db_end(&db);
		sp_arena_reset(own);
	}
	sp_arena_free(own);
	return (void *)failures;
}

static void
threads_share_connections(void **state)
{
	pthread_t threads[8];
	void *failures;

	(void)state;
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many_queries, pool), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		pthread_join(threads[i], &failures);
		assert_int_equal((intptr_t)failures, 0);
	}
	assert_in_range(admin_int(scratch.admin, "SELECT count(*) FROM pg_stat_activity"
	    " WHERE datname = current_database() AND application_name = 'unit'"), 1, 2);
}

/* ---- cancelling ---- */

static void
cancelled_by_another_thread(void **state)
{
	struct sp_db idle;
	struct job job;

	(void)state;
	job_start(&job, pool, "SELECT pg_sleep(2.5)");
	wait_until_running("%pg_sleep(2.5)%");
	assert_true(sp_db_cancel(&job.db));
	pthread_join(job.thread, NULL);
	assert_false(job.ok);
	assert_string_equal(job.sqlstate, "57014");
	assert_true(job.ms < 2000);

	sp_db_begin(&idle, pool, mem);
	assert_false(sp_db_cancel(&idle));
	assert_true(sp_db_do(&idle, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
	assert_false(sp_db_cancel(&idle));
	assert_true(sp_db_do(&idle, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL));
	sp_db_end(&idle);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_idle_connection_that_died_costs_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_changed_setting_is_no_reason_to_part, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lost_transaction_is_a_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(killed_while_it_runs, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unknown_outcome_is_a_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(a_silent_server_is_not_waited_for, setup, teardown),
		cmocka_unit_test_setup_teardown(one_tries_and_the_others_fail_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(several_hosts, setup, teardown),
		cmocka_unit_test_setup_teardown(a_connection_string_is_never_quoted, setup, teardown),
		cmocka_unit_test_setup_teardown(waiting_for_a_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(threads_share_connections, setup, teardown),
		cmocka_unit_test_setup_teardown(cancelled_by_another_thread, setup, teardown),
	};
	int failed;

	need_database();
	scratch_make(&scratch, "faults");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	scratch_drop(&scratch);
	return failed;
}
