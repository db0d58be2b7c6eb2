/* test_listen.c - db/listen */
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include "base/arena.h"
#include "base/clock.h"
#include "database.h"
#include "db/listen.h"

#define SQL(text, n) (&(const struct sp_query){ "test", (text), (n) })

static struct scratch scratch;
static const char *const channels[] = { "sallyport", "odd \"name\"", NULL };

/* What the listener's thread told. */
static struct {
	pthread_mutex_t lock;
	int looks, heard;
	char last[128];
	bool fail_next;
} told = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
listener_says(void *arg, struct sp_db *db, const char *channel, const char *payload)
{
	bool ok = sp_db_do(db, SQL("SELECT 1", 0), SP_NO_PARAMS, NULL);

	(void)arg;
	pthread_mutex_lock(&told.lock);
	if (told.fail_next) {
		told.fail_next = false;
		ok = sp_db_do(db, SQL("SELECT 1 / 0", 0), SP_NO_PARAMS, NULL);
	}
	if (ok && channel == NULL)
		told.looks++;
	if (ok && channel != NULL) {
		told.heard++;
		snprintf(told.last, sizeof(told.last), "%s=%s", channel, payload);
	}
	pthread_mutex_unlock(&told.lock);
}

static void
sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* Until looks and heard have come to this, for at most 5 s. */
static bool
comes_to(int looks, int heard)
{
	int64_t until = sp_monotonic_ms() + 5000;
	bool there = false;

	while (!there && sp_monotonic_ms() < until) {
		pthread_mutex_lock(&told.lock);
		there = told.looks >= looks && told.heard >= heard;
		pthread_mutex_unlock(&told.lock);
		sleep_ms(2);
	}
	return there;
}

static struct sp_listener *
start(bool db_listen, int64_t poll_ms)
{
	const struct sp_settings settings = {
		.database = scratch.conninfo, .db_connect_timeout = 2, .statement_timeout = 3000,
		.threads = 1, .db_listen = db_listen,
	};

	told.looks = told.heard = 0;
	*told.last = '\0';
	return sp_listener_start(&settings, "unit", channels, poll_ms, listener_says, NULL);
}

static void
notifications_arrive(void **state)
{
	struct sp_listener *l = start(true, 10000);
	int64_t began;

	(void)state;
	assert_true(comes_to(1, 0));
	began = sp_monotonic_ms();
	free(admin_sql(scratch.admin, "NOTIFY sallyport, 'keys'"));
	assert_true(comes_to(1, 1));
	assert_true(sp_monotonic_ms() - began < 500);
	assert_string_equal(told.last, "sallyport=keys");
	free(admin_sql(scratch.admin, "SELECT pg_notify('odd \"name\"', 'it''s'), pg_notify('elsewhere', 'x')"));
	assert_true(comes_to(1, 2));
	assert_string_equal(told.last, "odd \"name\"=it's");
	for (int i = 0; i < 100; i++)			/* while it calls back, more come */
		free(admin_sql(scratch.admin, "SELECT pg_notify('sallyport', clock_timestamp()::text)"));
	assert_true(comes_to(1, 102));
	sleep_ms(50);
	assert_int_equal(told.looks, 1);
	assert_int_equal(told.heard, 102);
	sp_listener_stop(l);
}

static void
lag_tells_whether_the_server_is_there(void **state)
{
	struct sp_listener *l = start(true, 50);
	int64_t pid;

	(void)state;
	assert_true(comes_to(1, 0));
	sleep_ms(400);
	assert_true(sp_listener_lag_ms(l) < 300);

	/* a backend that is stopped says nothing, but nothing closes either */
	pid = admin_int(scratch.admin, "SELECT pid FROM pg_stat_activity WHERE application_name = 'unit'"
	    " AND datname = current_database()");
	if (kill((pid_t)pid, SIGSTOP) == 0) {
		sleep_ms(600);
		assert_true(sp_listener_lag_ms(l) > 400);
		kill((pid_t)pid, SIGCONT);
		sleep_ms(300);
		assert_true(sp_listener_lag_ms(l) < 300);
	}
	sp_listener_stop(l);
}

static void
after_a_reconnect_it_looks_again(void **state)
{
	struct sp_listener *l = start(true, 100);

	(void)state;
	assert_true(comes_to(1, 0));
	for (int i = 2; i < 5; i++) {
		free(admin_sql(scratch.admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
		    " WHERE application_name = 'unit' AND datname = current_database()"));
		assert_true(comes_to(i, 0));
	}
	free(admin_sql(scratch.admin, "NOTIFY sallyport, 'still here'"));
	assert_true(comes_to(4, 1));
	sp_listener_stop(l);
}

static void
a_callback_that_failed_is_made_up_for(void **state)
{
	struct sp_listener *l = start(true, 1000);

	(void)state;
	assert_true(comes_to(1, 0));
	pthread_mutex_lock(&told.lock);
	told.fail_next = true;
	pthread_mutex_unlock(&told.lock);
	free(admin_sql(scratch.admin, "NOTIFY sallyport, 'keys'"));
	assert_true(comes_to(2, 0));
	assert_int_equal(told.heard, 0);
	sp_listener_stop(l);
}

static void
without_listen_it_polls(void **state)
{
	struct sp_listener *l = start(false, 50);

	(void)state;
	assert_true(comes_to(5, 0));
	assert_true(sp_listener_lag_ms(l) < 1000);
	free(admin_sql(scratch.admin, "NOTIFY sallyport, 'keys'"));
	sleep_ms(100);
	assert_int_equal(told.heard, 0);
	sp_listener_stop(l);
}

static void
the_database_is_away(void **state)
{
	const struct sp_settings settings = {
		.database = "host=/nonexistent", .db_connect_timeout = 2, .threads = 1, .db_listen = true,
	};
	struct sp_listener *l;
	int64_t began;

	(void)state;
	told.looks = 0;
	l = sp_listener_start(&settings, "unit", channels, 100, listener_says, NULL);
	sleep_ms(500);
	assert_true(sp_listener_lag_ms(l) >= 490);
	assert_int_equal(told.looks, 0);
	began = sp_monotonic_ms();
	sp_listener_stop(l);				/* does not wait for its pause to end */
	assert_true(sp_monotonic_ms() - began < 200);
	sp_listener_stop(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notifications_arrive),
		cmocka_unit_test(lag_tells_whether_the_server_is_there),
		cmocka_unit_test(after_a_reconnect_it_looks_again),
		cmocka_unit_test(a_callback_that_failed_is_made_up_for),
		cmocka_unit_test(without_listen_it_polls),
		cmocka_unit_test(the_database_is_away),
	};
	int failed;

	need_database();
	scratch_make(&scratch, "listen");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	scratch_drop(&scratch);
	return failed;
}
