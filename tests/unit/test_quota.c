/* test_quota.c - budgets: never more than the limit, by any number of processes, whatever dies */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "pool.h"

#include "base/clock.h"
#include "db/migrate.h"
#include "tools/quota.h"

/* ---- rates in words ---- */

static const struct {
	const char *text;
	bool good;
	int64_t limit, window_seconds;
} rates[] = {
	{ "60/min", true, 60, 60 },
	{ "5/s", true, 5, 1 },
	{ "100/15min", true, 100, 900 },
	{ "1000/h", true, 1000, 3600 },
	{ "1/day", true, 1, 86400 },
	{ "0/day", true, 0, 86400 },
	{ "1/366day", true, 1, 366 * 86400 },
	{ "1/367day", false, 0, 0 },
	{ "60", false, 0, 0 },
	{ "60/", false, 0, 0 },
	{ "/min", false, 0, 0 },
	{ "-1/min", false, 0, 0 },
	{ "1.5/min", false, 0, 0 },
	{ "60/minute", false, 0, 0 },
	{ "60/0min", false, 0, 0 },
	{ "60/min ", false, 0, 0 },
	{ " 60/min", false, 0, 0 },
	{ "60/min/min", false, 0, 0 },
	{ "99999999999999999999/min", false, 0, 0 },
	{ "1/99999999999999999999s", false, 0, 0 },
	{ "", false, 0, 0 },
};

static void
reads_rates(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rates); i++) {
		struct sp_rate rate = { -1, -1 };

		CHECK(sp_rate_parse(sp_str(rates[i].text), &rate) == rates[i].good, rates[i].text);
		CHECK(!rates[i].good || (rate.limit == rates[i].limit && rate.window_seconds == rates[i].window_seconds),
		    rates[i].text);
	}
}

/* ---- one process ---- */

#define YEAR	(365 * 86400)		/* a window that does not end while this runs */

static struct sp_request *
request(bool is_cgi)
{
	struct sp_request *req = sp_alloc(mem, sizeof(*req));

	*req = (struct sp_request){ .mem = mem, .id = "unit", .is_cgi = is_cgi };
	sp_db_begin(&req->db, pool, mem);
	return req;
}

/* How many of `tries` are granted. */
static int
take(struct sp_request *req, const char *key, const struct sp_rate *rate, int tries)
{
	int64_t retry_ms = 0;
	int taken = 0;

	for (int i = 0; i < tries; i++)
		switch (sp_quota_take(req, sp_str(key), rate, &retry_ms)) {
		case SP_QUOTA_TAKEN:
			taken++;
			break;
		case SP_QUOTA_EXHAUSTED:
			assert_true(retry_ms > 0 && retry_ms <= rate->window_seconds * 1000);
			break;
		case SP_QUOTA_FAILED:
			fail_msg("%s: %s", key, req->db.message);
		}
	return taken;
}

static void
counts(void **state)
{
	static const struct {
		const char *key;
		int64_t limit;
		bool is_cgi;
		int tries, taken;
	} budgets[] = {
		{ "none", 0, false, 3, 0 }, { "one", 1, false, 3, 1 }, { "sixty", 60, false, 100, 60 },
		{ "thousand", 1000, false, 2000, 1000 }, { "a CGI program", 60, true, 100, 60 },
		{ "two CGI programs", 5, true, 3, 3 }, { "two CGI programs", 5, true, 3, 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(budgets); i++) {
		struct sp_request *req = request(budgets[i].is_cgi);
		struct sp_rate rate = { budgets[i].limit, YEAR };

		assert_int_equal(take(req, budgets[i].key, &rate, budgets[i].tries), budgets[i].taken);
		sp_db_end(&req->db);
	}
}

static void
knows_when_it_is_spent(void **state)
{
	struct sp_request *req = request(false);
	struct sp_rate rate = { 2, YEAR };
	unsigned before;

	(void)state;
	assert_int_equal(take(req, "spent", &rate, 3), 2);
	before = req->db.round_trips;
	assert_int_equal(take(req, "spent", &rate, 100), 0);
	assert_int_equal(req->db.round_trips, before);
	/* more was allowed meanwhile: what is counted goes on */
	rate.limit = 5;
	assert_int_equal(take(req, "spent", &rate, 100), 3);
	/* a call that was not made after all */
	sp_quota_give_back(req, SP_LIT("spent"), &rate);
	assert_int_equal(take(req, "spent", &rate, 100), 1);
	sp_db_end(&req->db);
}

static void
asks_seldom(void **state)
{
	struct sp_request *req = request(false);
	struct sp_rate rate = { 1000000, YEAR };
	unsigned before = req->db.round_trips;

	(void)state;
	assert_int_equal(take(req, "many", &rate, 640), 640);
	assert_int_equal(req->db.round_trips - before, 10);
	sp_db_end(&req->db);
}

static void
begins_anew(void **state)
{
	struct sp_request *req = request(false);
	struct sp_rate rate = { 1, 1 };
	int64_t deadline = sp_monotonic_ms() + 60000, retry_ms;
	int taken = 0, windows = 0;

	(void)state;
	while (taken < 3 && sp_monotonic_ms() < deadline)
		switch (sp_quota_take(req, SP_LIT("seconds"), &rate, &retry_ms)) {
		case SP_QUOTA_TAKEN:
			taken++;
			break;
		case SP_QUOTA_EXHAUSTED:
			windows++;
			usleep((useconds_t)retry_ms * 1000);
			break;
		case SP_QUOTA_FAILED:
			fail();
		}
	assert_int_equal(taken, 3);
	assert_true(windows >= 1);
	sp_db_end(&req->db);
}

/* ---- many threads ---- */

struct spender {
	pthread_t thread;
	const struct sp_rate *rate;
	int taken, given_back;
};

/* Takes what there is, and gives every tenth back, as calls do that are not made after all. */
static void *
spend(void *arg)
{
	struct spender *s = arg;
	struct sp_arena *own = sp_arena_new();
	struct sp_request req = { .mem = own, .id = "unit" };
	int64_t retry_ms;

	sp_db_begin(&req.db, pool, own);
	while (sp_quota_take(&req, SP_LIT("threads"), s->rate, &retry_ms) == SP_QUOTA_TAKEN)
		if (++s->taken % 10 == 0) {
			sp_quota_give_back(&req, SP_LIT("threads"), s->rate);
			s->given_back++;
		}
	sp_db_end(&req.db);
	sp_arena_free(own);
	return NULL;
}

static void
is_shared_by_threads(void **state)
{
	struct sp_rate rate = { 1000, YEAR };
	struct spender spender[4] = { { .rate = &rate } };
	int kept = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(spender); i++) {
		spender[i] = (struct spender){ .rate = &rate };
		assert_int_equal(pthread_create(&spender[i].thread, NULL, spend, &spender[i]), 0);
	}
	for (size_t i = 0; i < COUNT(spender); i++) {
		assert_int_equal(pthread_join(spender[i].thread, NULL), 0);
		kept += spender[i].taken - spender[i].given_back;
	}
	/* what is given back when the budget is spent may find nobody any more */
	assert_in_range(kept, 1000 - (int)COUNT(spender), 1000);
}

/* ---- many processes ---- */

/* Takes until it is told that there is no more, a byte for each; or dies in the middle of it. */
static void
spend_all(int out, int64_t limit, bool dies)
{
	struct sp_rate rate = { limit, YEAR };
	struct sp_request *req;
	int64_t retry_ms;
	int n = 0;

	mem = sp_arena_new();
	pool = sp_db_pool_open(scratch.conninfo, 1, 5, 10000, "unit");
	req = request(false);
	while (sp_quota_take(req, SP_LIT("race"), &rate, &retry_ms) == SP_QUOTA_TAKEN) {
		if (write(out, "x", 1) != 1)
			_exit(1);
		if (dies && ++n == 5)
			raise(SIGKILL);
	}
	_exit(0);
}

static void
is_never_exceeded(void **state)
{
	static const int64_t limits[] = { 1, 7, 100, 5000 };
	enum { PROCESSES = 6 };

	(void)state;
	for (size_t i = 0; i < COUNT(limits); i++) {
		int64_t spent = 0, lost;
		int fd[2], status, killed = 0;
		char buf[256];
		ssize_t got;

		free(admin_sql(scratch.admin, "DELETE FROM sallyport.quota WHERE key ~ '^race '"));
		assert_int_equal(pipe(fd), 0);
		for (int p = 0; p < PROCESSES; p++)
			if (fork() == 0) {
				close(fd[0]);
				spend_all(fd[1], limits[i], p % 2 == 1);
			}
		close(fd[1]);
		while ((got = read(fd[0], buf, sizeof(buf))) > 0)
			spent += got;
		close(fd[0]);
		while (wait(&status) > 0)
			killed += WIFSIGNALED(status);
		lost = killed * (limits[i] / 64 + 1);
		if (spent > limits[i] || spent < limits[i] - (limits[i] < 128 ? 0 : lost))
			fail_msg("of %lld, %lld were spent (%d died)", (long long)limits[i], (long long)spent, killed);
	}
}

/* ---- slots ---- */

static void
gives_slots(void **state)
{
	struct sp_slot a = { 0 }, b = { 0 }, c = { 0 }, none = { 0 };
	struct sp_request *req = request(false);
	int64_t retry_ms, deadline;

	(void)state;
	assert_int_equal(sp_slot_take(req, SP_LIT("k"), 2, 600000, &a, &retry_ms), SP_QUOTA_TAKEN);
	assert_int_equal(sp_slot_take(req, SP_LIT("k"), 2, 600000, &b, &retry_ms), SP_QUOTA_TAKEN);
	assert_int_equal(sp_slot_take(req, SP_LIT("k"), 2, 600000, &c, &retry_ms), SP_QUOTA_EXHAUSTED);
	assert_true(retry_ms > 0);
	assert_null(c.slot.p);
	assert_int_equal(sp_slot_take(req, SP_LIT("other"), 2, 1, &c, &retry_ms), SP_QUOTA_TAKEN);
	sp_slot_release(req, &a);
	assert_null(a.slot.p);
	sp_slot_release(req, &a);
	sp_slot_release(req, &none);
	/* one whose holder dies: nobody releases it */
	assert_int_equal(sp_slot_take(req, SP_LIT("k"), 2, 300, &a, &retry_ms), SP_QUOTA_TAKEN);
	deadline = sp_monotonic_ms() + 60000;
	while (sp_slot_take(req, SP_LIT("k"), 2, 600000, &c, &retry_ms) == SP_QUOTA_EXHAUSTED) {
		assert_true(sp_monotonic_ms() < deadline);
		usleep(20000);
	}
	assert_int_equal(sp_slot_take(req, SP_LIT("k"), 2, 600000, &a, &retry_ms), SP_QUOTA_EXHAUSTED);
	assert_int_equal(sp_slot_take(req, SP_LIT("nothing"), 0, 600000, &a, &retry_ms), SP_QUOTA_EXHAUSTED);
	sp_db_end(&req->db);
}

static void
is_swept(void **state)
{
	(void)state;
	free(admin_sql(scratch.admin, "INSERT INTO sallyport.quota VALUES ('old', 0, 60, 1, 1)"));
	free(admin_sql(scratch.admin, "INSERT INTO sallyport.quota_slot VALUES (gen_random_uuid(), 'old', '2000-01-01')"));
	free(admin_sql(scratch.admin, "SELECT sallyport.sweep(1000, 30)"));
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM sallyport.quota WHERE key = 'old'"), 0);
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM sallyport.quota_slot WHERE key = 'old'"), 0);
	assert_true(admin_int(scratch.admin, "SELECT count(*) FROM sallyport.quota WHERE key ~ '^sixty '") == 1);
}

static int
migrate(void **state)
{
	const char *why;

	mem = sp_arena_new();
	if (!sp_migrate(scratch.conninfo, NULL, NULL, mem, &why))
		fail_msg("%s", why);
	sp_arena_free(mem);
	return setup(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_rates),
		cmocka_unit_test(counts),
		cmocka_unit_test(knows_when_it_is_spent),
		cmocka_unit_test(asks_seldom),
		cmocka_unit_test(begins_anew),
		cmocka_unit_test(is_shared_by_threads),
		cmocka_unit_test(is_never_exceeded),
		cmocka_unit_test(gives_slots),
		cmocka_unit_test(is_swept),
	};
	int status;

	need_database();
	scratch_make(&scratch, "quota");
	status = cmocka_run_group_tests(tests, migrate, teardown);
	scratch_drop(&scratch);
	return status;
}
