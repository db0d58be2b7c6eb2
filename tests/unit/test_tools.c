/* test_tools.c - who may call what, and what arguments become on their way into PostgreSQL */
#include "unit.h"
#include "tools/policy.h"
#include "tools/sql_value.h"

static const struct {
	const char *name, *tier, *scope, *tool_tier, *tool_scope;
	enum sp_verdict verdict;
} verdicts[] = {
	{ "public may public", "public", "", "public", "", SP_ALLOWED },
	{ "public may not developer", "public", "", "developer", "", SP_DENIED },
	{ "public may not admin", "public", "", "admin", "", SP_DENIED },
	{ "public may not service", "public", "", "service", "", SP_DENIED },
	{ "developer may public", "developer", "", "public", "", SP_ALLOWED },
	{ "developer may developer", "developer", "", "developer", "", SP_ALLOWED },
	{ "developer may not admin", "developer", "", "admin", "", SP_DENIED },
	{ "developer may not service", "developer", "", "service", "", SP_DENIED },
	{ "admin may all", "admin", "", "service", "", SP_ALLOWED },
	{ "service may all", "service", "", "admin", "", SP_ALLOWED },
	{ "an unknown tier may nothing", "root", "", "public", "", SP_DENIED },
	{ "no tier may nothing", NULL, "", "public", "", SP_DENIED },
	{ "a tool of an unknown tier", "admin", "", "root", "", SP_DENIED },
	{ "case counts", "Admin", "", "public", "", SP_DENIED },
	{ "the scope", "developer", "a b", "public", "a", SP_ALLOWED },
	{ "all scopes", "developer", "b a c", "public", "a b", SP_ALLOWED },
	{ "one of two scopes", "developer", "a", "public", "a b", SP_NEEDS_SCOPE },
	{ "no scope", "developer", "", "public", "a", SP_NEEDS_SCOPE },
	{ "part of a scope's name", "developer", "orders", "public", "orders:read", SP_NEEDS_SCOPE },
	{ "the tier comes first", "developer", "", "admin", "a", SP_DENIED },
	{ "a scope does not lift the tier", "public", "a", "admin", "a", SP_DENIED },
};

static void
policy(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		struct sp_caller caller = { .tier = verdicts[i].tier };
		struct sp_scope needed;
		struct sp_tool tool = { .tier = verdicts[i].tool_tier, .scopes = &needed };

		CHECK(sp_scope_parse(sp_str(verdicts[i].scope), &caller.scope), verdicts[i].name);
		CHECK(sp_scope_parse(sp_str(verdicts[i].tool_scope), &needed), verdicts[i].name);
		CHECK(sp_policy_judge(&tool, &caller) == verdicts[i].verdict, verdicts[i].name);
	}
}

static const struct {
	const char *name, *json, *text;		/* NULL: SQL null */
} values[] = {
	{ "a string as it is", "\"it's \\\"$1\\\"; --\"", "it's \"$1\"; --" },
	{ "an empty string", "\"\"", "" },
	{ "an integer", "42", "42" },
	{ "an integer written as a fraction", "42.0", "42" },
	{ "an integer written with an exponent", "1e3", "1000" },
	{ "minus zero", "-0.0", "-0" },
	{ "a fraction", "0.1", "0.1" },
	{ "digits that a double does not have", "0.12345678901234567890", "0.12345678901234567890" },
	{ "an integer that a double does not have", "12345678901234567890123", "12345678901234567890123" },
	{ "2^53", "9007199254740992", "9007199254740992" },
	{ "a large exponent", "1e300", "1e300" },
	{ "true", "true", "true" },
	{ "false", "false", "false" },
	{ "null", "null", NULL },
	{ "an object", "{\"a\": [1, null]}", "{\"a\":[1,null]}" },
};

static void
text(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		struct json_object *value;
		const char *why;
		struct sp_str got;

		CHECK(sp_json_parse(mem, sp_str(values[i].json), &value, &why), values[i].name);
		got = sp_sql_text(mem, value);
		CHECK((got.p == NULL) == (values[i].text == NULL), values[i].name);
		if (values[i].text != NULL)
			CHECK_STR(got, values[i].text, values[i].name);
	}
	sp_arena_free(mem);
}

static const struct {
	const char *name, *json, *literal;
} arrays[] = {
	{ "empty", "[]", "{}" },
	{ "integers", "[1, 2.0, 3]", "{\"1\",\"2\",\"3\"}" },
	{ "strings", "[\"a\", \"\", \"b c\"]", "{\"a\",\"\",\"b c\"}" },
	{ "null, and its name", "[null, \"NULL\"]", "{NULL,\"NULL\"}" },
	{ "quotes and backslashes", "[\"a\\\"b\\\\c\"]", "{\"a\\\"b\\\\c\"}" },
	{ "braces and commas", "[\"}\", \",\", \"{\"]", "{\"}\",\",\",\"{\"}" },
	{ "JSON", "[{\"a\":\"b\"}]", "{\"{\\\"a\\\":\\\"b\\\"}\"}" },
};

static void
array(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(arrays); i++) {
		struct json_object *value;
		const char *why;

		CHECK(sp_json_parse(mem, sp_str(arrays[i].json), &value, &why), arrays[i].name);
		CHECK_STR(sp_sql_array(mem, value, false), arrays[i].literal, arrays[i].name);
	}
	{
		struct json_object *value;
		const char *why;

		assert_true(sp_json_parse(mem, SP_LIT("[{\"a\":1}, \"s\", null]"), &value, &why));
		CHECK_STR(sp_sql_array(mem, value, true), "{\"{\\\"a\\\":1}\",\"\\\"s\\\"\",\"null\"}", "of JSON");
	}
	sp_arena_free(mem);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(policy),
		cmocka_unit_test(text),
		cmocka_unit_test(array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
