/* test_result_cache.c - results that are kept: for whom, how long, and never one that was made before a change */
#include <pthread.h>

#include "keyring.h"
#include "pool.h"

#include "base/clock.h"
#include "base/json.h"
#include "db/migrate.h"
#include "oauth/scope.h"
#include "tools/options.h"
#include "tools/result_cache.h"
#include "web/worker.h"

static struct sp_process process;

/* ---- calls ---- */

static const char digests[2][SP_SHA256_LEN] = { "what the catalog says of the to", "what it says of it later......." };

/* What a call is made of. */
struct asked {
	const char *name, *tool, *arguments, *user, *client, *tier, *scope;
	bool for_everyone, edited;
};

struct made {
	struct sp_tool_options options;
	struct sp_tool tool;
	struct sp_caller caller;
	struct sp_request req;
	struct sp_tool_call call;
	struct json_object *arguments;
};

static struct made *
make_call(struct sp_arena *arena, const struct asked *a, int64_t ttl_ms)
{
	struct made *m = sp_alloc(arena, sizeof(*m));
	const char *why;

	*m = (struct made){ .options = { .cache_ttl_ms = ttl_ms, .cache_for_everyone = a->for_everyone },
		.tool = { .name = a->tool, .server = "", .digest = { digests[a->edited], SP_SHA256_LEN } },
		.caller = { .user_id = a->user, .client_id = a->client, .tier = a->tier },
		.req = { .mem = arena, .id = "unit", .process = &process } };
	m->tool.options = &m->options;
	assert_true(sp_scope_parse(sp_str(a->scope), &m->caller.scope));
	assert_true(sp_json_parse(arena, sp_str(a->arguments), &m->arguments, &why));
	sp_db_begin(&m->req.db, pool, arena);
	m->call = (struct sp_tool_call){ .req = &m->req, .caller = &m->caller, .tool = &m->tool };
	return m;
}

static enum sp_cache_outcome
get(struct made *m, struct sp_cached *place, struct sp_tool_result *out)
{
	enum sp_cache_outcome outcome = sp_result_cache_get(&m->call, m->arguments, place, out);

	sp_db_end(&m->req.db);
	return outcome;
}

static void
put(struct made *m, const struct sp_cached *place, const char *json)
{
	sp_result_cache_put(&m->call, place, &(struct sp_tool_result){ .json = sp_str(json) });
	sp_db_end(&m->req.db);
}

static const struct asked first = { "the same", "t", "{\"a\":1,\"b\":[2]}", "u", "c", "developer", "x y", false, false };

/* ---- for whom ---- */

static const struct {
	struct asked asked;
	bool hit;
} others[] = {
	{ { "the same", "t", "{\"a\":1,\"b\":[2]}", "u", "c", "developer", "x y", false, false }, true },
	{ { "the same in another order", "t", "{\"b\":[2],\"a\":1}", "u", "c", "developer", "x y", false, false }, true },
	{ { "another tool", "t2", "{\"a\":1,\"b\":[2]}", "u", "c", "developer", "x y", false, false }, false },
	{ { "other arguments", "t", "{\"a\":1,\"b\":[3]}", "u", "c", "developer", "x y", false, false }, false },
	{ { "more arguments", "t", "{\"a\":1,\"b\":[2],\"c\":null}", "u", "c", "developer", "x y", false, false }, false },
	{ { "a text for a number", "t", "{\"a\":\"1\",\"b\":[2]}", "u", "c", "developer", "x y", false, false }, false },
	{ { "another person", "t", "{\"a\":1,\"b\":[2]}", "u2", "c", "developer", "x y", false, false }, false },
	{ { "nobody", "t", "{\"a\":1,\"b\":[2]}", NULL, "c", "developer", "x y", false, false }, false },
	{ { "another client", "t", "{\"a\":1,\"b\":[2]}", "u", "c2", "developer", "x y", false, false }, false },
	{ { "texts that run together", "t", "{\"a\":1,\"b\":[2]}", "uc", "", "developer", "x y", false, false }, false },
	{ { "another tier", "t", "{\"a\":1,\"b\":[2]}", "u", "c", "admin", "x y", false, false }, false },
	{ { "fewer scopes", "t", "{\"a\":1,\"b\":[2]}", "u", "c", "developer", "x", false, false }, false },
	{ { "another definition", "t", "{\"a\":1,\"b\":[2]}", "u", "c", "developer", "x y", false, true }, false },
	{ { "for everyone", "t", "{\"a\":1,\"b\":[2]}", "u", "c", "developer", "x y", true, false }, false },
};

static void
is_for_one_principal(void **state)
{
	struct sp_tool_result result;
	struct sp_cached place;
	struct made *m = make_call(mem, &first, 600000);

	(void)state;
	assert_int_equal(get(m, &place, &result), SP_CACHE_MISS);
	put(m, &place, "{\"n\":1}");
	for (size_t i = 0; i < COUNT(others); i++) {
		bool hit = get(make_call(mem, &others[i].asked, 600000), &place, &result) == SP_CACHE_HIT;

		CHECK(hit == others[i].hit, others[i].asked.name);
		if (hit)
			CHECK_STR(result.json, "{\"n\":1}", others[i].asked.name);
	}
}

static void
is_for_everyone(void **state)
{
	struct asked a = first;
	struct sp_tool_result result;
	struct sp_cached place;
	struct made *m;

	(void)state;
	a.for_everyone = true;
	a.tool = "all";
	m = make_call(mem, &a, 600000);
	assert_int_equal(get(m, &place, &result), SP_CACHE_MISS);
	put(m, &place, "1");
	a.user = "u2", a.client = "c2", a.tier = "public", a.scope = "";
	assert_int_equal(get(make_call(mem, &a, 600000), &place, &result), SP_CACHE_HIT);
	a.arguments = "{}";
	assert_int_equal(get(make_call(mem, &a, 600000), &place, &result), SP_CACHE_MISS);
}

/* The table says nothing of arguments and people, to whom it falls into the hands of. */
static void
says_nothing(void **state)
{
	(void)state;
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM sallyport.result_cache c WHERE octet_length(key) <> 32 OR "
	    "key IN (SELECT sha256(convert_to(x, 'UTF8')) FROM unnest(ARRAY['{\"a\":1,\"b\":[2]}', 't', 'u']) x)"), 0);
}

/* ---- how long ---- */

static void
ends(void **state)
{
	int64_t deadline = sp_monotonic_ms() + 60000;
	struct asked a = first;
	struct sp_tool_result result;
	struct sp_cached place;
	struct made *m;

	(void)state;
	a.tool = "short";
	m = make_call(mem, &a, 50);
	assert_int_equal(get(m, &place, &result), SP_CACHE_MISS);
	put(m, &place, "1");
	while (get(m, &place, &result) == SP_CACHE_HIT && sp_monotonic_ms() < deadline)
		usleep(10000);
	assert_int_equal(get(m, &place, &result), SP_CACHE_MISS);
}

static void
keeps_no_failures(void **state)
{
	size_t n = SP_RESULT_CACHE_MAX + 1;
	char *large = sp_alloc(mem, n + 1);
	struct asked a = first;
	struct sp_tool_result result;
	struct sp_cached place;
	struct made *m;

	(void)state;
	a.tool = "fails";
	m = make_call(mem, &a, 600000);
	assert_int_equal(get(m, &place, &result), SP_CACHE_MISS);
	sp_result_cache_put(&m->call, &place, &(struct sp_tool_result){ .is_error = true, .text = SP_LIT("no") });
	memset(large, '1', n);
	large[n] = '\0';
	sp_result_cache_put(&m->call, &place, &(struct sp_tool_result){ .json = { large, n } });
	assert_int_equal(get(m, &place, &result), SP_CACHE_MISS);
	sp_result_cache_put(&m->call, &place, &(struct sp_tool_result){ .json = { large, n - 1 } });
	assert_int_equal(get(m, &place, &result), SP_CACHE_HIT);
	assert_int_equal(result.json.len, n - 1);
}

/* ---- what makes it old ---- */

static const char *const makes_old[] = { "t", "old" };

static struct made *
change(struct sp_arena *arena)
{
	struct asked a = first;
	struct made *m;

	a.tool = "change";
	m = make_call(arena, &a, 0);
	m->options.invalidates = (struct sp_names){ makes_old, COUNT(makes_old) };
	return m;
}

static void
is_never_older_than_a_change(void **state)
{
	struct asked a = first;
	struct sp_tool_result result;
	struct sp_cached before, after;
	struct made *m, *changes = change(mem);

	(void)state;
	a.tool = "old";
	m = make_call(mem, &a, 600000);
	assert_int_equal(get(m, &before, &result), SP_CACHE_MISS);
	/* while it is computed, something changes */
	assert_true(sp_result_cache_invalidate(&changes->call));
	sp_db_end(&changes->req.db);
	put(m, &before, "\"old\"");
	assert_int_equal(get(m, &after, &result), SP_CACHE_MISS);
	put(m, &after, "\"new\"");
	assert_int_equal(get(m, &after, &result), SP_CACHE_HIT);
	CHECK_STR(result.json, "\"new\"", "after the change");
	/* and what was kept before is gone */
	assert_true(sp_result_cache_invalidate(&changes->call));
	sp_db_end(&changes->req.db);
	assert_int_equal(get(m, &after, &result), SP_CACHE_MISS);
	changes->options.invalidates.count = 0;
	assert_null(sp_result_cache_invalidation(&changes->call));
}

/* ---- at once ---- */

static struct {
	pthread_mutex_t lock;
	int64_t value;			/* what the tool would answer now */
	unsigned stale;
} world = { PTHREAD_MUTEX_INITIALIZER, 0, 0 };

static int64_t
world_value(void)
{
	int64_t value;

	pthread_mutex_lock(&world.lock);
	value = world.value;
	pthread_mutex_unlock(&world.lock);
	return value;
}

/* Calls, and looks whether the answer is older than what was true before it asked. */
static void *
reads(void *arg)
{
	struct asked a = first;
	int rounds = under_valgrind() ? 20 : 200;

	(void)arg;
	a.tool = "t";
	for (int i = 0; i < rounds; i++) {
		struct sp_arena *own = sp_arena_new();
		struct made *m = make_call(own, &a, 600000);
		int64_t least = world_value(), value = -1;
		struct sp_tool_result result;
		struct sp_cached place;

		switch (get(m, &place, &result)) {
		case SP_CACHE_HIT:
			assert_true(sp_str_int64(result.json, 0, INT64_MAX, &value));
			break;
		case SP_CACHE_MISS:
			value = world_value();
			put(m, &place, sp_printf(own, "%lld", (long long)value));
			break;
		case SP_CACHE_FAILED:
			break;
		}
		if (value < least)
			__atomic_add_fetch(&world.stale, 1, __ATOMIC_RELAXED);
		sp_arena_free(own);
	}
	return NULL;
}

static void
is_never_stale(void **state)
{
	int changes = under_valgrind() ? 10 : 100;
	struct sp_tool_result result;
	pthread_t thread[3];
	struct sp_cached place;
	struct asked a = first;

	(void)state;
	/* what another test has kept */
	free(admin_sql(scratch.admin, "SELECT mcp.cache_clear('*')"));
	a.tool = "t";
	assert_int_equal(get(make_call(mem, &a, 600000), &place, &result), SP_CACHE_MISS);
	for (size_t i = 0; i < COUNT(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, reads, NULL), 0);
	for (int i = 0; i < changes; i++) {
		struct sp_arena *own = sp_arena_new();
		struct made *m = change(own);
		int64_t next = world_value() + 1;

		/* true at once, but only told to anybody when the results are old */
		pthread_mutex_lock(&world.lock);
		assert_true(sp_result_cache_invalidate(&m->call));
		world.value = next;
		pthread_mutex_unlock(&world.lock);
		sp_db_end(&m->req.db);
		sp_arena_free(own);
	}
	for (size_t i = 0; i < COUNT(thread); i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	assert_int_equal(world.stale, 0);
}

static int
migrate(void **state)
{
	const char *why;

	mem = sp_arena_new();
	if (!sp_migrate(scratch.conninfo, NULL, NULL, mem, &why))
		fail_msg("%s", why);
	sp_arena_free(mem);
	process.keyring = new_keyring();
	return setup(state);
}

static int
end(void **state)
{
	sp_keyring_free(process.keyring);
	return teardown(state);
}

/* Who asks for ever new things does not fill the disk. */
static void
is_bounded(void **state)
{
	struct made *m = make_call(mem, &first, 600000);
	struct sp_tool_result result;
	struct sp_cached place;

	(void)state;
	free(admin_sql(scratch.admin, "TRUNCATE sallyport.result_cache; INSERT INTO sallyport.result_cache (key, server, tool, expires_at)"
	    " SELECT sha256(convert_to(i::text, 'UTF8')), '', CASE WHEN i <= 1005 THEN 't' ELSE 'other' END, now() + i * interval '1 second'"
	    " FROM generate_series(1, 1010) i"));
	assert_int_equal(get(m, &place, &result), SP_CACHE_MISS);
	put(m, &place, "{}");
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM sallyport.result_cache WHERE tool = 't'"), 1000);
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM sallyport.result_cache WHERE tool = 'other'"), 5);
	assert_int_equal(admin_int(scratch.admin, "SELECT count(*) FROM sallyport.result_cache WHERE expires_at < now() + interval '5 seconds'"), 0);
	assert_int_equal(get(m, &place, &result), SP_CACHE_HIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_for_one_principal),
		cmocka_unit_test(is_for_everyone),
		cmocka_unit_test(says_nothing),
		cmocka_unit_test(ends),
		cmocka_unit_test(keeps_no_failures),
		cmocka_unit_test(is_never_older_than_a_change),
		cmocka_unit_test(is_never_stale),
		cmocka_unit_test(is_bounded),
	};
	int status;

	need_database();
	scratch_make(&scratch, "result_cache");
	status = cmocka_run_group_tests(tests, migrate, end);
	scratch_drop(&scratch);
	return status;
}
