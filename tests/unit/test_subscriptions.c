/* test_subscriptions.c - who hears of which change, who is ended, and all of it from many threads */
#include <pthread.h>
#include <stdatomic.h>
#include "unit.h"
#include "base/clock.h"
#include "mcp/subscriptions.h"

#define MANY	10000
#define THREADS	6

static const char config_uri[] = "app:///config", other_uri[] = "app:///other";

struct ear {
	struct sp_subscriber *sub;
	atomic_int lists[SP_LIST_CHANGES], config, other, ended;
};

static void
told(void *arg, const struct sp_news *news)
{
	struct ear *ear = arg;

	assert_int_equal(news->scratch->len, 0);
	sp_buf_str(news->scratch, news->uri);
	if (news->what != SP_RESOURCE_UPDATED)
		ear->lists[news->what]++;
	else if (sp_str_is(news->uri, config_uri))
		ear->config++;
	else
		ear->other++;
}

static void
ended(void *arg)
{
	struct ear *ear = arg;

	ear->ended++;
}

static const struct sp_subscriber_hooks hooks = { told, ended };

static struct sp_caller
caller_of(const char *user, const char *grant, const char *jti, const char *tier)
{
	struct sp_caller caller = { .user_id = user, .client_id = "client", .grant_id = grant, .jti = jti, .tier = tier,
		.exp = sp_now_seconds() + 3600 };

	assert_true(sp_scope_parse(SP_LIT("a:read b:write"), &caller.scope));
	return caller;
}

static bool
everybody(void *arg, const char *server, const struct sp_caller *caller, struct sp_str uri)
{
	(void)arg;
	(void)server;
	(void)caller;
	(void)uri;
	return true;
}

/* Of a tier, with the scopes that it came with. */
static bool
of_tier(void *arg, const char *server, const struct sp_caller *caller, struct sp_str uri)
{
	assert_true(sp_str_is(uri, config_uri));
	assert_int_equal(caller->scope.count, 2);
	CHECK_STR(caller->scope.token[1], "b:write", server);
	return strcmp(caller->tier, arg) == 0;
}

static void
updated(struct sp_subscriptions *all, const char *uri, const char *server, sp_may_hear *may_hear, void *arg)
{
	uint8_t digest[SP_SHA256_LEN];

	sp_sha256(sp_str(uri), digest);
	sp_subscriptions_updated(all, digest, server, may_hear, arg);
}

static void
open_ear(struct sp_subscriptions *all, struct ear *ear, const struct sp_caller *caller, const char *server)
{
	memset(ear, 0, sizeof(*ear));
	ear->sub = sp_subscriber_new(all, caller, server, 0);
	assert_non_null(ear->sub);
	sp_subscriber_start(ear->sub, &hooks, ear);
}

static void
lists(void **state)
{
	struct sp_subscriptions *all = sp_subscriptions_new();
	struct sp_caller caller = caller_of("alice", "grant", "jti", "developer");
	struct ear here, there, deaf;

	(void)state;
	open_ear(all, &here, &caller, "");
	open_ear(all, &there, &caller, "shop");
	open_ear(all, &deaf, &caller, "");
	sp_subscriber_watch_list(here.sub, SP_TOOLS_CHANGED);
	sp_subscriber_watch_list(here.sub, SP_TOOLS_CHANGED);
	sp_subscriber_watch_list(here.sub, SP_PROMPTS_CHANGED);
	sp_subscriber_watch_list(there.sub, SP_TOOLS_CHANGED);
	assert_int_equal(sp_subscriptions_count(all), 3);

	sp_subscriptions_list_changed(all, SP_TOOLS_CHANGED, "");
	assert_int_equal(here.lists[SP_TOOLS_CHANGED], 1);
	assert_int_equal(there.lists[SP_TOOLS_CHANGED], 0);
	sp_subscriptions_list_changed(all, SP_TOOLS_CHANGED, NULL);
	assert_int_equal(here.lists[SP_TOOLS_CHANGED], 2);
	assert_int_equal(there.lists[SP_TOOLS_CHANGED], 1);
	sp_subscriptions_list_changed(all, SP_RESOURCES_CHANGED, NULL);
	sp_subscriptions_list_changed(all, SP_PROMPTS_CHANGED, "shop");
	sp_subscriptions_list_changed(all, SP_TOOLS_CHANGED, "nowhere");
	assert_int_equal(here.lists[SP_PROMPTS_CHANGED], 0);
	sp_subscriptions_tell_all(all, everybody, NULL);
	assert_int_equal(here.lists[SP_TOOLS_CHANGED], 3);
	assert_int_equal(here.lists[SP_PROMPTS_CHANGED], 1);
	assert_int_equal(there.lists[SP_TOOLS_CHANGED], 2);
	sp_subscriber_free(here.sub);
	sp_subscriptions_list_changed(all, SP_TOOLS_CHANGED, NULL);
	assert_int_equal(here.lists[SP_TOOLS_CHANGED], 3);
	assert_int_equal(there.lists[SP_TOOLS_CHANGED], 3);
	for (int list = 0; list < SP_LIST_CHANGES; list++)
		assert_int_equal(deaf.lists[list] + here.lists[SP_RESOURCES_CHANGED], 0);
	sp_subscriber_free(there.sub);
	sp_subscriber_free(deaf.sub);
	assert_int_equal(sp_subscriptions_count(all), 0);
	sp_subscriptions_free(all);
}

static void
resources(void **state)
{
	struct sp_subscriptions *all = sp_subscriptions_new();
	struct sp_caller alice = caller_of("alice", "g1", "j1", "developer"), guest = caller_of("guest", "g2", "j2", "public");
	struct ear a, g;

	(void)state;
	open_ear(all, &a, &alice, "");
	open_ear(all, &g, &guest, "shop");
	sp_subscriber_watch_resource(a.sub, sp_str(config_uri));
	sp_subscriber_watch_resource(a.sub, sp_str(config_uri));
	sp_subscriber_watch_resource(a.sub, sp_str(other_uri));
	sp_subscriber_watch_resource(g.sub, sp_str(config_uri));

	updated(all, config_uri, NULL, everybody, NULL);
	updated(all, config_uri, "", everybody, NULL);
	updated(all, config_uri, NULL, of_tier, "public");
	updated(all, config_uri, "shop", of_tier, "developer");
	updated(all, "app:///confi", NULL, everybody, NULL);
	updated(all, "", NULL, everybody, NULL);
	assert_int_equal(a.config, 2);
	assert_int_equal(a.other, 0);
	assert_int_equal(g.config, 2);
	/* a list of the same name is another thing */
	sp_subscriptions_list_changed(all, SP_RESOURCES_CHANGED, config_uri);
	sp_subscriptions_tell_all(all, everybody, NULL);
	assert_int_equal(a.config, 3);
	assert_int_equal(a.other, 1);

	assert_true(sp_subscriber_unwatch_resource(a.sub, sp_str(config_uri)));
	assert_false(sp_subscriber_unwatch_resource(a.sub, sp_str(config_uri)));
	assert_false(sp_subscriber_unwatch_resource(a.sub, SP_LIT("app:///never")));
	assert_false(sp_subscriber_unwatch_resource(g.sub, sp_str(other_uri)));
	updated(all, config_uri, NULL, everybody, NULL);
	updated(all, other_uri, NULL, everybody, NULL);
	assert_int_equal(a.config, 3);
	assert_int_equal(a.other, 2);
	assert_int_equal(g.config, 4);
	sp_subscriber_free(a.sub);
	sp_subscriber_free(g.sub);
	sp_subscriptions_free(all);
}

static void
places(void **state)
{
	struct sp_subscriptions *all = sp_subscriptions_new();
	struct sp_caller alice = caller_of("alice", "g", "j", "developer"), service = caller_of(NULL, "g", "j", "service");
	struct sp_subscriber *one, *two, *other;

	(void)state;
	one = sp_subscriber_new(all, &alice, "", 2);
	two = sp_subscriber_new(all, &alice, "shop", 2);
	assert_null(sp_subscriber_new(all, &alice, "", 2));
	other = sp_subscriber_new(all, &service, "", 1);
	assert_non_null(other);
	assert_null(sp_subscriber_new(all, &service, "", 1));
	sp_subscriber_free(two);
	two = sp_subscriber_new(all, &alice, "", 2);
	assert_non_null(two);
	sp_subscriber_free(one);
	sp_subscriber_free(two);
	sp_subscriber_free(other);
	sp_subscriptions_free(all);
}

static bool
is_jti(void *arg, const char *server, struct sp_str grant_id, struct sp_str jti)
{
	assert_string_equal(server, "");
	assert_true(sp_str_is(grant_id, "g2"));
	return sp_str_is(jti, arg);
}

static void
ends(void **state)
{
	struct sp_subscriptions *all = sp_subscriptions_new();
	static const char *const names[][2] = { { "g1", "j1" }, { "g1", "j2" }, { "g2", "j3" }, { "g2", "j4" } };
	struct ear ear[4];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct sp_caller caller = caller_of("alice", names[i][0], names[i][1], "developer");

		open_ear(all, &ear[i], &caller, "");
		sp_subscriber_watch_list(ear[i].sub, SP_TOOLS_CHANGED);
	}
	sp_subscriptions_end_token(all, SP_LIT("g1"));		/* is a grant's id */
	sp_subscriptions_end_grant(all, SP_LIT("unknown"));
	assert_int_equal(ear[0].ended + ear[1].ended + ear[2].ended + ear[3].ended, 0);
	sp_subscriptions_end_token(all, SP_LIT("j2"));
	assert_int_equal(ear[1].ended, 1);
	sp_subscriptions_end_grant(all, SP_LIT("g1"));
	assert_int_equal(ear[0].ended, 1);
	assert_int_equal(ear[1].ended, 1);			/* once */
	sp_subscriptions_list_changed(all, SP_TOOLS_CHANGED, NULL);
	assert_int_equal(ear[0].lists[SP_TOOLS_CHANGED], 0);
	assert_int_equal(ear[2].lists[SP_TOOLS_CHANGED], 1);
	sp_subscriber_free(ear[0].sub);
	sp_subscriber_free(ear[1].sub);
	sp_subscriptions_end_if(all, is_jti, "j4");
	assert_int_equal(ear[2].ended * 10 + ear[3].ended, 1);
	sp_subscriptions_end_if(all, NULL, NULL);
	assert_int_equal(ear[2].ended * 10 + ear[3].ended, 11);
	sp_subscriber_free(ear[2].sub);
	sp_subscriber_free(ear[3].sub);
	sp_subscriptions_free(all);
}

static void
expiry(void **state)
{
	struct sp_subscriptions *all = sp_subscriptions_new();
	struct ear ear[64];
	int64_t began = sp_monotonic_ms();
	int gone = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(ear); i++) {
		struct sp_caller caller = caller_of("alice", "g", "j", "developer");

		/* in no order; a quarter is over already, a quarter soon, the others later */
		caller.exp = sp_now_seconds() + (int64_t[]){ 1, 5000, -5, 900 }[i % 4] + (i % 4 == 1 ? (int64_t)(i * 37 % 64) : 0);
		open_ear(all, &ear[i], &caller, "");
	}
	while (gone < 32 && sp_monotonic_ms() - began < 20000) {
		usleep(10000);
		gone = 0;
		for (size_t i = 0; i < COUNT(ear); i++)
			gone += ear[i].ended;
	}
	assert_int_equal(gone, 32);
	for (size_t i = 0; i < COUNT(ear); i++) {
		assert_int_equal(ear[i].ended, i % 2 == 0);
		sp_subscriber_free(ear[i].sub);
	}
	sp_subscriptions_free(all);
}

/* ---- many ---- */

static void
ten_thousand(void **state)
{
	struct sp_subscriptions *all = sp_subscriptions_new();
	struct ear *ears = calloc(MANY, sizeof(*ears));
	int64_t began;
	char uri[64], user[64];

	(void)state;
	assert_non_null(ears);
	began = sp_monotonic_us();
	for (int i = 0; i < MANY; i++) {
		struct sp_caller caller;

		snprintf(user, sizeof(user), "user-%d", i % 100);
		snprintf(uri, sizeof(uri), "app:///%d", i);
		caller = caller_of(user, user, user, "developer");
		caller.exp += (i * 7919) % MANY;
		open_ear(all, &ears[i], &caller, "");
		sp_subscriber_watch_list(ears[i].sub, SP_TOOLS_CHANGED);
		sp_subscriber_watch_resource(ears[i].sub, sp_str(uri));
	}
	print_message("# %d subscribers in %lld us\n", MANY, (long long)(sp_monotonic_us() - began));
	began = sp_monotonic_us();
	for (int i = 0; i < MANY; i++) {
		snprintf(uri, sizeof(uri), "app:///%d", i);
		updated(all, uri, NULL, everybody, NULL);
	}
	print_message("# an update that one of them hears: %lld ns\n", (long long)(sp_monotonic_us() - began) * 1000 / MANY);
	began = sp_monotonic_us();
	sp_subscriptions_list_changed(all, SP_TOOLS_CHANGED, NULL);
	print_message("# a change that all hear: %lld us\n", (long long)(sp_monotonic_us() - began));
	sp_subscriptions_end_grant(all, SP_LIT("user-7"));
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(ears[i].other, 1);
		assert_int_equal(ears[i].lists[SP_TOOLS_CHANGED], 1);
		assert_int_equal(ears[i].ended, i % 100 == 7);
	}
	for (int i = 0; i < MANY; i++)
		sp_subscriber_free(ears[(i * 7919) % MANY].sub);
	assert_int_equal(sp_subscriptions_count(all), 0);
	sp_subscriptions_free(all);
	free(ears);
}

/* ---- threads ---- */

static struct sp_subscriptions *shared;
static atomic_bool over;

static void *
come_and_go(void *arg)
{
	struct ear ear;
	char grant[32];

	for (int i = 0; i < 400; i++) {
		struct sp_caller caller;
		int expected;

		snprintf(grant, sizeof(grant), "g%d", i % 5);
		caller = caller_of(arg, grant, "j", "developer");
		caller.exp = sp_now_seconds() + (i % 7 == 0 ? 0 : 60);
		open_ear(shared, &ear, &caller, i % 2 == 0 ? "" : "shop");
		sp_subscriber_watch_list(ear.sub, SP_TOOLS_CHANGED);
		sp_subscriber_watch_resource(ear.sub, sp_str(config_uri));
		sp_subscriber_watch_resource(ear.sub, sp_str(other_uri));
		if (i % 3 == 0)
			sp_subscriber_unwatch_resource(ear.sub, sp_str(other_uri));
		sp_subscriber_free(ear.sub);
		expected = ear.config + ear.lists[SP_TOOLS_CHANGED] + ear.ended;
		sched_yield();
		/* nothing is heard any more */
		assert_int_equal(ear.config + ear.lists[SP_TOOLS_CHANGED] + ear.ended, expected);
		assert_in_range(ear.ended, 0, 1);
	}
	return NULL;
}

static void *
make_news(void *arg)
{
	(void)arg;
	while (!over) {
		sp_subscriptions_list_changed(shared, SP_TOOLS_CHANGED, NULL);
		updated(shared, config_uri, "", everybody, NULL);
		updated(shared, other_uri, NULL, everybody, NULL);
		sp_subscriptions_end_grant(shared, SP_LIT("g3"));
		sp_subscriptions_tell_all(shared, everybody, NULL);
		(void)sp_subscriptions_count(shared);
		sched_yield();
	}
	return NULL;
}

static void
threads(void **state)
{
	pthread_t visitors[THREADS], news[2];

	(void)state;
	shared = sp_subscriptions_new();
	over = false;
	for (size_t i = 0; i < COUNT(news); i++)
		assert_int_equal(pthread_create(&news[i], NULL, make_news, NULL), 0);
	for (size_t i = 0; i < COUNT(visitors); i++)
		assert_int_equal(pthread_create(&visitors[i], NULL, come_and_go, i % 2 == 0 ? "alice" : "bob"), 0);
	for (size_t i = 0; i < COUNT(visitors); i++)
		pthread_join(visitors[i], NULL);
	over = true;
	for (size_t i = 0; i < COUNT(news); i++)
		pthread_join(news[i], NULL);
	assert_int_equal(sp_subscriptions_count(shared), 0);
	sp_subscriptions_free(shared);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(resources),
		cmocka_unit_test(places),
		cmocka_unit_test(ends),
		cmocka_unit_test(expiry),
		cmocka_unit_test(ten_thousand),
		cmocka_unit_test(threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
