/* test_breaker.c - what fails is left alone by all processes, and tried by one */
#include <signal.h>
#include <sys/wait.h>

#include "pool.h"

#include "base/clock.h"
#include "db/migrate.h"
#include "tools/breaker.h"

#define HOUR_MS	3600000

static struct sp_request *
request(bool is_cgi)
{
	struct sp_request *req = sp_alloc(mem, sizeof(*req));

	*req = (struct sp_request){ .mem = mem, .id = "unit", .is_cgi = is_cgi };
	sp_db_begin(&req->db, pool, mem);
	return req;
}

static enum sp_breaker_result
enter(struct sp_request *req, const struct sp_breaker *b, int64_t lease_ms)
{
	int64_t retry_ms = 0;
	enum sp_breaker_result result = sp_breaker_enter(req, b, lease_ms, &retry_ms);

	if (result == SP_BREAKER_FAILED)
		fail_msg("%s: %s", b->name, req->db.message);
	if (result == SP_BREAKER_OPEN)
		assert_true(retry_ms > 0 && retry_ms <= HOUR_MS);
	return result;
}

static void
fails(struct sp_request *req, const struct sp_breaker *b, int times)
{
	for (int i = 0; i < times; i++) {
		assert_int_equal(enter(req, b, HOUR_MS), SP_BREAKER_CLOSED);
		sp_breaker_leave(req, b, "status 503");
	}
}

/* The pause of all that are open is over; what is in memory of it, too. */
static void
end_pauses(struct sp_request *req)
{
	free(admin_sql(scratch.admin, "UPDATE sallyport.breaker SET retry_at = clock_timestamp() WHERE retry_at IS NOT NULL"));
	sp_breaker_heard(&req->db, NULL);
}

/* ---- one process ---- */

static void
opens(void **state)
{
	static const int64_t limits[] = { 1, 2, 5 };

	(void)state;
	for (int cgi = 0; cgi < 2; cgi++)
		for (size_t i = 0; i < COUNT(limits); i++) {
			struct sp_breaker b = { "unit", sp_printf(mem, "opens %zu %d", i, cgi), limits[i], HOUR_MS };
			struct sp_request *req = request(cgi == 1);

			/* one that answers in between begins anew */
			if (limits[i] > 1) {
				fails(req, &b, (int)limits[i] - 1);
				assert_int_equal(enter(req, &b, HOUR_MS), SP_BREAKER_CLOSED);
				sp_breaker_leave(req, &b, NULL);
			}
			fails(req, &b, (int)limits[i]);
			assert_int_equal(enter(req, &b, HOUR_MS), SP_BREAKER_OPEN);
			/* somebody who wants it never to open is not kept from it */
			b.failures = 0;
			assert_int_equal(enter(req, &b, HOUR_MS), SP_BREAKER_CLOSED);
			sp_breaker_leave(req, &b, "status 503");
			sp_db_end(&req->db);
		}
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM sallyport.breaker WHERE open_since IS NOT NULL"), 6);
	assert_int_equal(admin_int(scratch.admin, "SELECT max(failures) FROM sallyport.breaker"), 5);
}

static void
costs_nothing_while_it_answers(void **state)
{
	struct sp_breaker b = { "unit", "whole", 3, HOUR_MS };
	struct sp_request *req = request(false);
	unsigned before;

	(void)state;
	fails(req, &b, 1);
	assert_int_equal(enter(req, &b, HOUR_MS), SP_BREAKER_CLOSED);
	sp_breaker_leave(req, &b, NULL);
	before = req->db.round_trips;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(enter(req, &b, HOUR_MS), SP_BREAKER_CLOSED);
		sp_breaker_leave(req, &b, NULL);
		sp_breaker_abandon(req, &b, SP_BREAKER_CLOSED);
	}
	assert_int_equal(req->db.round_trips, before);
	/* nor while it is open */
	fails(req, &b, 3);
	before = req->db.round_trips;
	for (int i = 0; i < 100; i++)
		assert_int_equal(enter(req, &b, HOUR_MS), SP_BREAKER_OPEN);
	assert_int_equal(req->db.round_trips, before);
	sp_db_end(&req->db);
}

static void
tries_one(void **state)
{
	struct sp_breaker b = { "unit", "tried", 1, HOUR_MS };
	struct sp_request *req = request(false);
	int64_t deadline;

	(void)state;
	fails(req, &b, 1);
	end_pauses(req);
	assert_int_equal(enter(req, &b, HOUR_MS), SP_BREAKER_PROBE);
	assert_int_equal(enter(req, &b, HOUR_MS), SP_BREAKER_OPEN);
	/* it learned nothing: the next one is tried */
	sp_breaker_abandon(req, &b, SP_BREAKER_PROBE);
	assert_int_equal(enter(req, &b, HOUR_MS), SP_BREAKER_PROBE);
	/* it failed: the pause begins again */
	sp_breaker_leave(req, &b, "status 503");
	assert_int_equal(enter(req, &b, HOUR_MS), SP_BREAKER_OPEN);
	/* its process dies: its lease ends */
	end_pauses(req);
	assert_int_equal(enter(req, &b, 300), SP_BREAKER_PROBE);
	for (deadline = sp_monotonic_ms() + 60000; enter(req, &b, HOUR_MS) == SP_BREAKER_OPEN;) {
		assert_true(sp_monotonic_ms() < deadline);
		usleep(20000);
	}
	/* it answers */
	sp_breaker_leave(req, &b, NULL);
	assert_int_equal(enter(req, &b, HOUR_MS), SP_BREAKER_CLOSED);
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM sallyport.breaker WHERE name = 'tried'"), 0);
	sp_db_end(&req->db);
}

static void
hears(void **state)
{
	static const struct {
		const char *what;
		enum sp_breaker_result then;
	} said[] = {
		{ "breaker 5 3600000 unit:heard of", SP_BREAKER_OPEN },
		{ "breaker 0 -1 unit:heard of", SP_BREAKER_CLOSED },
		{ "breaker 3 -1 unit:heard of", SP_BREAKER_CLOSED },
		{ "breakers 5 3600000 unit:heard of", SP_BREAKER_CLOSED },
		{ "breaker x 3600000 unit:heard of", SP_BREAKER_CLOSED },
		{ "breaker 5", SP_BREAKER_CLOSED },
		{ "catalog", SP_BREAKER_CLOSED },
		{ "breaker 5 3600000 unit:heard of", SP_BREAKER_OPEN },
		{ NULL, SP_BREAKER_CLOSED },		/* there is no such row */
		{ "breaker 5 0 unit:heard of", SP_BREAKER_CLOSED },	/* nor when it is asked for */
	};
	struct sp_breaker b = { "unit", "heard of", 5, HOUR_MS };
	struct sp_request *req = request(false);

	(void)state;
	for (size_t i = 0; i < COUNT(said); i++) {
		sp_breaker_heard(&req->db, said[i].what);
		CHECK(enter(req, &b, HOUR_MS) == said[i].then, said[i].what != NULL ? said[i].what : "anything");
	}
	sp_db_end(&req->db);
}

/* ---- many processes ---- */

enum { PROCESSES = 8 };

/* In a process of its own: what enter() says, after `failures` of its own. */
static int
in_processes(int failures, enum sp_breaker_result counted)
{
	int n = 0, status;

	for (int p = 0; p < PROCESSES; p++)
		if (fork() == 0) {
			struct sp_breaker b = { "unit", "shared", 16, HOUR_MS };
			struct sp_request *req;

			pool = sp_db_pool_open(scratch.conninfo, 1, 5, 10000, "unit");
			req = request(false);
			for (int i = 0; i < failures; i++)
				sp_breaker_leave(req, &b, "status 503");
			sp_breaker_heard(&req->db, NULL);
			_exit((int)enter(req, &b, HOUR_MS));
		}
	while (wait(&status) > 0)
		n += WIFEXITED(status) && WEXITSTATUS(status) == (int)counted;
	return n;
}

static void
is_shared(void **state)
{
	(void)state;
	/* no failure of 8 times 2 is lost */
	assert_true(in_processes(2, SP_BREAKER_OPEN) >= 1);
	assert_int_equal(admin_int(scratch.admin, "SELECT failures FROM sallyport.breaker WHERE name = 'shared'"), 16);
	assert_int_equal(in_processes(0, SP_BREAKER_OPEN), PROCESSES);
	/* when the pause is over one of all is tried, each time */
	for (int i = 0; i < 5; i++) {
		free(admin_sql(scratch.admin, "UPDATE sallyport.breaker SET retry_at = clock_timestamp() WHERE name = 'shared'"));
		assert_int_equal(in_processes(0, SP_BREAKER_PROBE), 1);
	}
}

static void
is_swept(void **state)
{
	(void)state;
	free(admin_sql(scratch.admin, "INSERT INTO sallyport.breaker VALUES ('unit', 'old', 9, now() - interval '2 days', 'x')"));
	free(admin_sql(scratch.admin, "SELECT sallyport.sweep(1000, 30)"));
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM sallyport.breaker WHERE name = 'old'"), 0);
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM sallyport.breaker WHERE name = 'shared'"), 1);
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
		cmocka_unit_test(opens),
		cmocka_unit_test(costs_nothing_while_it_answers),
		cmocka_unit_test(tries_one),
		cmocka_unit_test(hears),
		cmocka_unit_test(is_shared),
		cmocka_unit_test(is_swept),
	};
	int status;

	need_database();
	scratch_make(&scratch, "breaker");
	status = cmocka_run_group_tests(tests, migrate, teardown);
	scratch_drop(&scratch);
	return status;
}
