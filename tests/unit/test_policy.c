/* test_policy.c - every decision, against the rule as docs/policy.md has it */
#include "pool.h"

#include "db/migrate.h"
#include "oauth/scope.h"
#include "tools/policy.h"

/* ---- whom and what there is ---- */

/* In the order in which each reaches those before it; service is as admin. */
static const char *const tiers[] = { "public", "developer", "admin", "service" };

enum { NO_TIER = 4 };			/* of a client: it bounds nothing */

/* What a client's list says of the tool; rows are (server, pattern). */
static const struct list {
	const char *name, *rows;
	bool bounds, has;		/* there is a list; the tool is on it */
} lists[] = {
	{ "no list", NULL, false, false },
	{ "its name", "('', 'tool')", true, true },
	{ "a pattern", "('', 'other'), ('', 't*l')", true, true },
	{ "its toolset", "('', 'toolset:set')", true, true },
	{ "any server", "('*', 'to*')", true, true },
	{ "another name", "('', 'tools')", true, false },
	{ "another toolset", "('', 'toolset:sets'), ('', 'set')", true, false },
	{ "another server", "('club', '*')", true, false },
};

/* What is said of a person. */
static const struct said {
	const char *name, *rows;	/* (server, pattern, allowed) */
	bool allowed, denied;
} people[] = {
	{ "nothing", NULL, false, false },
	{ "allowed", "('', 'tool', true)", true, false },
	{ "denied", "('', 't*', false)", false, true },
	{ "both", "('', 'tool', true), ('*', 'toolset:set', false)", true, true },
	{ "of another server", "('club', 'tool', false), ('club', '*', true)", false, false },
	{ "of another tool", "('', 'tool2', false), ('', 'ool', true)", false, false },
};

/* all implies write, which implies read; of the tool, and of the token. */
static const char *const needs[] = { "", "read", "write", "read write", "other" };
static const char *const has[] = { "", "read", "write", "all", "read other", "all other" };

/* Of a token's scope, what it amounts to. */
static unsigned
means(const char *scope)
{
	enum { READ = 1, WRITE = 2, ALL = 4, OTHER = 8 };

	return (strstr(scope, "all") != NULL ? ALL | WRITE | READ : 0U) | (strstr(scope, "write") != NULL ? WRITE | READ : 0U) |
	    (strstr(scope, "read") != NULL ? READ : 0U) | (strstr(scope, "other") != NULL ? OTHER : 0U);
}

/* Of what a tool needs. */
static unsigned
asks(const char *scope)
{
	return (strstr(scope, "read") != NULL ? 1U : 0) | (strstr(scope, "write") != NULL ? 2U : 0) |
	    (strstr(scope, "other") != NULL ? 8U : 0);
}

/* ---- the rows ---- */

static void run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void
run(const char *fmt, ...)
{
	char sql[2048];
	va_list ap;

	va_start(ap, fmt);
	assert_true((size_t)vsnprintf(sql, sizeof(sql), fmt, ap) < sizeof(sql));
	va_end(ap);
	free(admin_sql(scratch.admin, sql));
}

static void
make_client(const char *client_id, const char *tier)
{
	run("INSERT INTO sallyport.client (client_id, kind, grant_types, token_endpoint_auth_method, tier, metadata_sha256) "
	    "VALUES ('%s', 'manual', '{}', 'none', '%s', '')", client_id, tier);
}

static const char *
client_id(size_t tier, size_t list)
{
	return sp_printf(mem, "client-%zu-%zu", tier, list);
}

static const char *
user_id(size_t said)
{
	return sp_printf(mem, "00000000-0000-4000-8000-00000000000%zu", said);
}

static const struct sp_policy *
load(void)
{
	const struct sp_policy *policy;
	struct sp_db db;

	sp_db_begin(&db, pool, mem);
	assert_true(sp_policy_load(&db, mem, &policy));
	sp_db_end(&db);
	return policy;
}

static const struct sp_policy *
all_rules(void)
{
	static bool made = false;

	if (!made) {
		run("INSERT INTO sallyport.scope (scope, implies) VALUES ('all', '{write}'), ('write', '{read}')");
		for (size_t t = 0; t <= NO_TIER; t++)
			for (size_t l = 0; l < COUNT(lists); l++) {
				make_client(client_id(t, l), t == NO_TIER ? "service" : tiers[t]);
				if (lists[l].rows != NULL)
					run("INSERT INTO sallyport.client_tool SELECT '%s', * FROM (VALUES %s) v", client_id(t, l), lists[l].rows);
			}
		for (size_t p = 0; p < COUNT(people); p++) {
			run("INSERT INTO sallyport.users (user_id, username) VALUES ('%s', 'user%zu')", user_id(p), p);
			if (people[p].rows != NULL)
				run("INSERT INTO sallyport.user_tool SELECT '%s', * FROM (VALUES %s) v", user_id(p), people[p].rows);
		}
		made = true;
	}
	return load();
}

/* ---- the decision ---- */

static struct sp_scope *
scope(const char *text)
{
	struct sp_scope *parsed = sp_alloc(mem, sizeof(*parsed));

	assert_true(sp_scope_parse(sp_str(text), parsed));
	return parsed;
}

static bool
reaches(size_t who, size_t what)
{
	return (who >= 2 && what >= 2) || who >= what;
}

/*
 * The rule, as docs/policy.md says it, of one combination: tiers by number, the
 * client's list, what is said of the person (-1: a client without one).
 */
static enum sp_verdict
rule(size_t tool, size_t caller, size_t client, const struct list *list, int person, bool has_scopes)
{
	bool within = reaches(caller, tool);

	if (person >= 0 && people[person].denied)
		return SP_DENIED;
	if (person >= 0 && people[person].allowed)
		within = true;
	if (client != NO_TIER && !reaches(client, tool))
		within = false;
	if (list->bounds && !list->has)
		within = false;
	return !within ? SP_DENIED : has_scopes ? SP_ALLOWED : SP_NEEDS_SCOPE;
}

/* One client with one list, of each tier: all tools, tokens and people. */
static void
decide(const struct sp_policy *policy, size_t k, size_t l, size_t count[3])
{
	const struct sp_scope *needed[COUNT(needs)];
	struct sp_scope *given[COUNT(has)];

	for (size_t i = 0; i < COUNT(needs); i++)
		needed[i] = scope(needs[i]);
	for (size_t i = 0; i < COUNT(has); i++)
		given[i] = scope(has[i]);
	for (size_t n = 0; n < COUNT(tiers) * COUNT(tiers) * COUNT(needs) * COUNT(has) * (COUNT(people) + 1); n++) {
		size_t t = n % COUNT(tiers), c = n / COUNT(tiers) % COUNT(tiers), rest = n / COUNT(tiers) / COUNT(tiers);
		size_t need = rest % COUNT(needs), has_got = rest / COUNT(needs) % COUNT(has);
		int person = (int)(rest / COUNT(needs) / COUNT(has)) - 1;
		struct sp_tool tool = { .name = "tool", .server = "", .toolset = "set", .tier = tiers[t], .policy = policy,
			.scopes = needed[need] };
		struct sp_caller caller = { .client_id = client_id(k, l), .tier = tiers[c],
			.user_id = person < 0 ? NULL : user_id((size_t)person), .scope = *given[has_got] };
		enum sp_verdict wanted = rule(t, c, k, &lists[l], person, (asks(needs[need]) & ~means(has[has_got])) == 0);
		enum sp_verdict got = sp_policy_judge(&tool, &caller);

		if (got != wanted)
			fail_msg("tool %s [%s], caller %s [%s], client %s with %s, person %s: %d and not %d", tiers[t], needs[need],
			    tiers[c], has[has_got], k == NO_TIER ? "unbound" : tiers[k], lists[l].name,
			    person < 0 ? "none" : people[person].name, (int)got, (int)wanted);
		if (got == SP_DENIED)
			assert_non_null(sp_policy_why(&tool, &caller));
		/* there are lists and denials, so nothing is alike for all */
		assert_false(sp_policy_is_open(&tool));
		count[got]++;
	}
}

static void
decides(void **state)
{
	const struct sp_policy *policy = all_rules();
	size_t count[3] = { 0, 0, 0 };

	(void)state;
	for (size_t k = 0; k <= NO_TIER; k++)
		for (size_t l = 0; l < COUNT(lists); l++)
			decide(policy, k, l, count);
	/* each verdict stands many times in the table */
	for (size_t i = 0; i < COUNT(count); i++)
		assert_true(count[i] > 1000);
}

static void
knows_no_other_tiers(void **state)
{
	const struct sp_policy *policy = all_rules();
	static const char *const strange[] = { "", "Admin", "root", "public ", "service2" };

	(void)state;
	for (size_t i = 0; i < COUNT(strange); i++) {
		struct sp_tool tool = { .name = "tool", .server = "", .tier = strange[i], .policy = policy, .scopes = scope("") };
		struct sp_caller caller = { .client_id = "x", .user_id = user_id(1), .tier = "admin" };

		CHECK(sp_policy_judge(&tool, &caller) == SP_DENIED, strange[i]);	/* though this person is allowed it */
		tool.tier = "public";
		caller = (struct sp_caller){ .client_id = "x", .tier = strange[i] };
		CHECK(sp_policy_judge(&tool, &caller) == SP_DENIED, strange[i]);
	}
}

static void
is_closed_without_rules(void **state)
{
	(void)state;
	for (size_t t = 0; t < COUNT(tiers); t++)
		for (size_t c = 0; c < COUNT(tiers); c++) {
			struct sp_tool tool = { .name = "tool", .server = "", .tier = tiers[t], .scopes = scope("read") };
			struct sp_caller caller = { .client_id = "x", .tier = tiers[c], .scope = *scope("write") };

			/* no rule says that one scope implies another */
			assert_int_equal(sp_policy_judge(&tool, &caller), reaches(c, t) ? SP_NEEDS_SCOPE : SP_DENIED);
			tool.scopes = scope("");
			assert_int_equal(sp_policy_judge(&tool, &caller), reaches(c, t) ? SP_ALLOWED : SP_DENIED);
			assert_int_equal(sp_policy_is_open(&tool), t == 0);
		}
}

/* ---- addresses ---- */

static const struct {
	const char *user, *client, *address;
	bool admitted;
} addresses[] = {
	{ "free", "free", "198.51.100.7", true },
	{ "bound", "free", "192.0.2.9", true },
	{ "bound", "free", "192.0.3.9", false },
	{ "bound", "free", "2001:db8:7::1", true },
	{ "bound", "free", "2001:db9::1", false },
	{ "bound", "free", "not an address", false },
	{ "bound", "free", "", false },
	{ "bound", "free", NULL, true },	/* over a pipe there is none */
	{ "free", "bound", "192.0.2.129", true },
	{ "free", "bound", "192.0.2.9", false },
	{ "bound", "bound", "192.0.2.129", true },
	{ "bound", "bound", "192.0.2.9", false },
	{ "bound", "bound", "2001:db8:7::1", false },
	{ NULL, "bound", "192.0.2.129", true },
	{ NULL, "bound", "192.0.2.1", false },
	{ "bound", NULL, "192.0.2.1", true },
};

static void
admits(void **state)
{
	const char *ids[] = { "00000000-0000-4000-9000-000000000001", "00000000-0000-4000-9000-000000000002" };
	const struct sp_policy *policy;

	(void)state;
	run("INSERT INTO sallyport.users (user_id, username) VALUES ('%s', 'bound'), ('%s', 'free')", ids[0], ids[1]);
	make_client("bound", "service");
	make_client("free", "service");
	run("INSERT INTO sallyport.address_range (user_id, client_id, range) VALUES ('%s', NULL, '192.0.2.0/24'), "
	    "('%s', NULL, '2001:db8::/32'), (NULL, 'bound', '192.0.2.128/25')", ids[0], ids[0]);
	policy = load();
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct sp_caller caller = { .client_id = addresses[i].client,
			.user_id = addresses[i].user == NULL ? NULL : ids[strcmp(addresses[i].user, "free") == 0] };

		CHECK(sp_policy_admits(policy, &caller, addresses[i].address == NULL ? (struct sp_str){ NULL, 0 } :
		    sp_str(addresses[i].address)) == addresses[i].admitted, addresses[i].address != NULL ? addresses[i].address : "none");
	}
	assert_true(sp_policy_admits(NULL, &(struct sp_caller){ .client_id = "bound" }, SP_LIT("192.0.2.1")));
}

/* ---- switches ---- */

static void
switches(void **state)
{
	const char *id = "00000000-0000-4000-b000-000000000001";
	struct sp_scope none = { .count = 0 };
	struct sp_tool tool = { .name = "switched", .server = "", .toolset = "set", .tier = "public", .scopes = &none };
	const struct sp_policy *policy;

	(void)state;
	run("INSERT INTO sallyport.users (user_id, username) VALUES ('%s', 'switched')", id);
	run("INSERT INTO sallyport.user_tool VALUES ('%s', '', 'switched', true)", id);
	run("INSERT INTO sallyport.switch (kind, server, name, tier, message) VALUES ('tool', '', 'switched', 'public', NULL), "
	    "('toolset', '', 'set', 'service', NULL), ('toolset', 'club', 'set', 'admin', NULL), "
	    "('server', 'club', '', '', 'back at nine'), ('server', '', '', '', NULL)");
	policy = load();
	tool.policy = policy;
	for (size_t t = 0; t < COUNT(tiers); t++) {
		struct sp_caller caller = { .client_id = "x", .tier = tiers[t] };
		bool is_off = t == 0 || t == 3;

		CHECK((sp_policy_judge(&tool, &caller) == SP_DENIED) == is_off, tiers[t]);
		caller.user_id = id;		/* who is allowed it beyond the tier */
		CHECK(sp_policy_judge(&tool, &caller) == SP_ALLOWED, tiers[t]);
	}
	assert_string_equal(sp_policy_closed(policy, "club"), "back at nine");
	assert_non_null(sp_policy_closed(policy, ""));
	assert_null(sp_policy_closed(policy, "other"));
	assert_null(sp_policy_closed(NULL, "club"));
	run("DELETE FROM sallyport.switch");
}

/* ---- rates ---- */

static void
finds_rates(void **state)
{
	const struct sp_policy *policy;
	struct sp_scope none = { .count = 0 };
	struct sp_tool tool = { .name = "tool", .server = "", .tier = "admin", .scopes = &none }, other = tool;
	struct sp_caller user, client = { .client_id = "rated" }, nobody = { .client_id = "x" };
	const char *id = "00000000-0000-4000-a000-000000000001";

	(void)state;
	user = (struct sp_caller){ .user_id = id, .client_id = "rated" };
	other.tier = "public";
	other.policy = tool.policy = load();
	assert_false(sp_policy_has_rates(&tool));
	run("INSERT INTO sallyport.users (user_id, username) VALUES ('%s', 'rated')", id);
	make_client("rated", "service");
	run("INSERT INTO sallyport.tier_rate VALUES ('admin', '2/s, 100/h')");
	policy = load();
	other.policy = tool.policy = policy;
	assert_true(sp_policy_has_rates(&tool));
	assert_false(sp_policy_has_rates(&other));
	assert_string_equal(sp_policy_tier_rate(&tool, &nobody), "2/s, 100/h");
	assert_null(sp_policy_tier_rate(&other, &nobody));
	run("INSERT INTO sallyport.quota_override (user_id, client_id, server, pattern, rate) VALUES "
	    "('%s', NULL, '', 't*', '1/s'), ('%s', NULL, '', 'tool', '2/s'), ('%s', NULL, 'club', 'tool*', '3/s'), "
	    "(NULL, 'rated', '*', 'tier:admin', 'unlimited'), (NULL, 'rated', '', 'tier:public', '4/s')", id, id, id);
	policy = load();
	other.policy = tool.policy = policy;
	assert_string_equal(sp_policy_rate(&tool, &user, true), "2/s");
	assert_null(sp_policy_rate(&tool, &user, false));	/* what names a tier names no tool */
	assert_null(sp_policy_rate(&tool, &client, true));
	assert_string_equal(sp_policy_tier_rate(&tool, &user), "unlimited");
	assert_string_equal(sp_policy_tier_rate(&tool, &client), "unlimited");
	assert_string_equal(sp_policy_tier_rate(&other, &client), "4/s");
	assert_string_equal(sp_policy_tier_rate(&tool, &nobody), "2/s, 100/h");
}

/* ---- patterns ---- */

static void
fits_patterns(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool fits;
	} patterns[] = {
		{ "", "", true }, { "*", "", true }, { "", "a", false }, { "a", "a", true }, { "a", "A", false }, { "a*", "a", true },
		{ "*a", "ba", true }, { "*a", "ab", false }, { "a*b*c", "a1b2b3c", true }, { "a*b*c", "a1c2b", false },
		{ "**", "x", true }, { "a**", "a", true }, { "*.*", "a.b", true }, { "?", "a", false }, { "[a]", "a", false },
		{ "file:///a/*", "file:///a/b/c", true }, { "*aaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(patterns); i++)
		CHECK(sp_pattern_fits(patterns[i].pattern, patterns[i].name) == patterns[i].fits, patterns[i].pattern);
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
		cmocka_unit_test(is_closed_without_rules),
		cmocka_unit_test(decides),
		cmocka_unit_test(knows_no_other_tiers),
		cmocka_unit_test(admits),
		cmocka_unit_test(switches),
		cmocka_unit_test(finds_rates),
		cmocka_unit_test(fits_patterns),
	};
	int status;

	need_database();
	scratch_make(&scratch, "policy");
	status = cmocka_run_group_tests(tests, migrate, teardown);
	scratch_drop(&scratch);
	return status;
}
