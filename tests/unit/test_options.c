/* test_options.c - what tools may ask for, and how it is refused */
#include "unit.h"

#include "tools/options.h"
#include "tools/policy.h"

static const struct {
	const char *name, *json;
	bool changes;			/* the tool does more than read */
	const char *why;		/* NULL: it is taken */
} documents[] = {
	{ "nothing", "{}", false, NULL },
	{ "all of it", "{\"confirm\":true,\"quota\":{\"user\":\"60/min\",\"client\":\"600/min, 5000/h\",\"tool\":\"1/day\",\"concurrent\":5},"
	    "\"cache\":{\"ttl\":\"60s\",\"per\":\"everyone\"},\"invalidates\":[\"a\",\"b\"],\"sensitive\":[\"password\"],"
	    "\"bind\":{\"owner\":{\"from\":\"claim.sub\"},\"limit\":{\"value\":5},\"none\":{\"value\":null}},\"task\":\"optional\"}", false, NULL },
	{ "a question", "{\"confirm\":\"Really?\"}", true, NULL },
	{ "no confirmation", "{\"confirm\":false}", true, NULL },
	{ "an unknown member", "{\"confirms\":true}", false, "confirms: is not known here" },
	{ "a number that confirms", "{\"confirm\":1}", false, "confirm: has to be true" },
	{ "an empty question", "{\"confirm\":\"\"}", false, "confirm: has to be true" },
	{ "no rate", "{\"quota\":{\"user\":\"many\"}}", false, "quota.user: has to be rates" },
	{ "an empty rate", "{\"quota\":{\"client\":\"\"}}", false, "quota.client: has to be rates" },
	{ "a number as a rate", "{\"quota\":{\"tool\":60}}", false, "quota.tool: has to be rates" },
	{ "five rates", "{\"quota\":{\"tool\":\"1/s,1/s,1/s,1/s,1/s\"}}", false, "quota.tool: has to be rates" },
	{ "an unknown counter", "{\"quota\":{\"group\":\"1/s\"}}", false, "quota: group: is not known here" },
	{ "a quota that is none", "{\"quota\":\"60/min\"}", false, "quota: has to be an object" },
	{ "no slot", "{\"quota\":{\"concurrent\":0}}", false, "quota: concurrent: has to be an integer" },
	{ "no time", "{\"cache\":{\"per\":\"everyone\"}}", false, "cache.ttl: is missing" },
	{ "a time without a unit", "{\"cache\":{\"ttl\":\"60\"}}", false, "cache: ttl: has to be a time" },
	{ "for whom", "{\"cache\":{\"ttl\":\"60s\",\"per\":\"user\"}}", false, "cache.per: has to be" },
	{ "a cache of what changes something", "{\"cache\":{\"ttl\":\"60s\"}}", true, "cache: the tool does more than read" },
	{ "invalidates a text", "{\"invalidates\":\"a\"}", false, "invalidates: has to be an array" },
	{ "invalidates a number", "{\"invalidates\":[\"a\",1]}", false, "invalidates[1]: has to be a name" },
	{ "a sensitive nothing", "{\"sensitive\":[\"\"]}", false, "sensitive[0]: has to be a name" },
	{ "bound to nothing", "{\"bind\":{\"a\":{}}}", false, "bind.a: needs one of" },
	{ "bound to both", "{\"bind\":{\"a\":{\"from\":\"claim.x\",\"value\":1}}}", false, "bind.a: needs one of" },
	{ "bound to no claim", "{\"bind\":{\"a\":{\"from\":\"header.x\"}}}", false, "bind.a: from: is neither claim.NAME nor embedding" },
	{ "bound to the claim without a name", "{\"bind\":{\"a\":{\"from\":\"claim.\"}}}", false, "bind.a: from: is neither claim.NAME nor embedding" },
#define EMBEDDED(source) "{\"bind\":{\"a\":{\"from\":\"embedding\",\"of\":\"q\",\"source\":" source "}}}"
#define SOURCE(member) EMBEDDED("{\"type\":\"http\",\"url\":\"https://example.com/v1\"" member "}")
	{ "an embedding by a source that is not there", EMBEDDED("\"models\""), false, NULL },
	{ "by one that makes none", SOURCE(""), false, NULL },
	{ "by one that does", SOURCE(",\"embedding\":{\"model\":\"m\",\"dimensions\":3,\"max_text\":\"1KiB\",\"cache\":\"1m\"}"), false, NULL },
	{ "with an api_version", SOURCE(",\"embedding\":{\"api_version\":\"2024-10-21\",\"path\":\"/x\"}"), false, NULL },
	{ "by one whose embedding is none", SOURCE(",\"embedding\":true"), false, "bind.a: source: embedding: has to be an object" },
	{ "of no dimensions", SOURCE(",\"embedding\":{\"dimensions\":0}"), false, "bind.a: source: embedding: dimensions" },
	{ "a path with a query", SOURCE(",\"embedding\":{\"path\":\"/e?x\"}"), false, "bind.a: source: embedding: path: has to begin" },
	{ "a path that leads upwards", SOURCE(",\"embedding\":{\"path\":\"/../e\"}"), false, "bind.a: source: embedding: path: has to begin" },
	{ "an index", SOURCE(",\"search_index\":{\"name\":\"code-1\",\"api_version\":\"2024-07-01\"}"), false, NULL },
	{ "an index with another name", SOURCE(",\"search_index\":{\"name\":\"a--b\"}"), false, "bind.a: source: search_index.name" },
	{ "an index without one", SOURCE(",\"search_index\":{}"), false, "bind.a: source: search_index.name" },
	{ "an api_version with more", SOURCE(",\"search_index\":{\"name\":\"ab\",\"api_version\":\"1&x\"}"), false, "bind.a: source: search_index.api_version" },
	{ "an embedding of nothing", "{\"bind\":{\"a\":{\"from\":\"embedding\",\"source\":\"x\"}}}", false, "bind.a: needs \"of\"" },
	{ "an embedding by nobody", "{\"bind\":{\"a\":{\"from\":\"embedding\",\"of\":\"q\"}}}", false, "bind.a: needs \"of\"" },
	{ "an embedding with a value", "{\"bind\":{\"a\":{\"from\":\"embedding\",\"of\":\"q\",\"value\":1}}}", false, "bind.a: value: is not known here" },
	{ "bound with more", "{\"bind\":{\"a\":{\"value\":1,\"type\":\"string\"}}}", false, "bind.a: type: is not known here" },
	{ "bound to a text", "{\"bind\":{\"a\":\"claim.sub\"}}", false, "bind.a: has to be" },
	{ "a task with a time", "{\"task\":{\"support\":\"required\",\"timeout\":\"2h\"}}", false, NULL },
	{ "a task that is none", "{\"task\":\"sometimes\"}", false, "task: has to be" },
	{ "a task without a word", "{\"task\":{\"timeout\":\"2h\"}}", false, "task: has to be" },
	{ "a list", "[]", false, "options: has to be an object" },
};

static void
reads(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(documents); i++) {
		const struct sp_tool_options *o = NULL;
		struct json_object *json;
		const char *why = NULL;
		bool ok;

		CHECK(sp_json_parse(mem, sp_str(documents[i].json), &json, &why), documents[i].name);
		ok = sp_tool_options_read(mem, json, !documents[i].changes, &o, &why);
		CHECK(ok == (documents[i].why == NULL), documents[i].name);
		if (!ok && strncmp(why, documents[i].why, strlen(documents[i].why)) != 0)
			fail_msg("%s: %s", documents[i].name, why);
	}
	sp_arena_free(mem);
}

static void
takes_all(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	const struct sp_tool_options *o;
	struct json_object *json;
	const char *why;

	(void)state;
	assert_true(sp_json_parse(mem, sp_str(documents[1].json), &json, &why));
	assert_true(sp_tool_options_read(mem, json, true, &o, &why));
	assert_string_equal(o->confirm, "");
	assert_int_equal(o->per_client.count, 2);
	assert_int_equal(o->per_client.item[1].window_seconds, 3600);
	assert_int_equal(o->per_tool.item[0].limit, 1);
	assert_int_equal(o->concurrent, 5);
	assert_int_equal(o->cache_ttl_ms, 60000);
	assert_true(o->cache_for_everyone);
	assert_true(sp_names_have(&o->invalidates, "b"));
	assert_false(sp_names_have(&o->sensitive, "passwor"));
	assert_int_equal(o->bound_count, 3);
	assert_string_equal(o->bound[0].claim, "sub");
	assert_true(sp_str_is(o->bound[1].value, "5"));
	assert_true(sp_str_is(o->bound[2].value, "null"));
	assert_true(sp_tool_options_read(mem, NULL, true, &o, &why));
	assert_null(o);
	sp_arena_free(mem);
}

static const struct {
	const char *pattern, *name;
	bool fits;
} patterns[] = {
	{ "a", "a", true }, { "a", "ab", false }, { "a*", "ab", true }, { "a*", "a", true }, { "*", "", true },
	{ "*", "anything", true }, { "a*b*c", "a-b-b-c", true }, { "a*b*c", "acb", false }, { "*a", "bab", false },
	{ "**", "x", true }, { "", "", true }, { "", "x", false }, { "A", "a", false }, { "a?c", "abc", false },
	{ "*aaaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
};

static void
fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(patterns); i++)
		CHECK(sp_pattern_fits(patterns[i].pattern, patterns[i].name) == patterns[i].fits, patterns[i].pattern);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(takes_all),
		cmocka_unit_test(fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
