/* test_exchange.c - what a client must be able to do for what a call asks */
#include "unit.h"

#include "tools/exchange.h"

static struct json_object *
parsed(struct sp_arena *mem, const char *text)
{
	struct json_object *json = NULL;
	const char *why = "";

	if (!sp_json_parse(mem, sp_str(text), &json, &why))
		fail_msg("%s: %s", text, why);
	return json;
}

#define FORM	"{\"k\":{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"form\"}}}"
#define NO_MODE	"{\"k\":{\"method\":\"elicitation/create\",\"params\":{}}}"
#define URL	"{\"k\":{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"url\"}}}"
#define SAMPLE	"{\"k\":{\"method\":\"sampling/createMessage\",\"params\":{}}}"
#define TOOLS	"{\"k\":{\"method\":\"sampling/createMessage\",\"params\":{\"tools\":[]}}}"
#define CHOICE	"{\"k\":{\"method\":\"sampling/createMessage\",\"params\":{\"toolChoice\":{}}}}"
#define ROOTS	"{\"k\":{\"method\":\"roots/list\"}}"
#define ALL	"{\"a\":{\"method\":\"roots/list\"},\"b\":{\"method\":\"elicitation/create\"},\"c\":{\"method\":\"sampling/createMessage\"}}"

static const struct {
	const char *capabilities, *requests, *required;	/* NULL: it can be asked */
} cases[] = {
	{ "{\"elicitation\":{}}", FORM, NULL },
	{ "{\"elicitation\":{}}", NO_MODE, NULL },
	{ "{\"elicitation\":{\"form\":{}}}", NO_MODE, NULL },
	{ "{\"elicitation\":{\"form\":{},\"url\":{}}}", URL, NULL },
	{ "{\"elicitation\":{\"url\":{}}}", URL, NULL },
	{ "{\"elicitation\":{\"url\":{}}}", FORM, "{\"elicitation\":{\"form\":{}}}" },
	{ "{\"elicitation\":{}}", URL, "{\"elicitation\":{\"url\":{}}}" },
	{ "{\"elicitation\":{\"form\":{}}}", URL, "{\"elicitation\":{\"url\":{}}}" },
	{ "{}", URL, "{\"elicitation\":{\"url\":{}}}" },
	{ "{\"elicitation\":null}", FORM, "{\"elicitation\":{\"form\":{}}}" },
	{ "{\"elicitation\":true}", FORM, "{\"elicitation\":{\"form\":{}}}" },
	{ "{\"elicitation\":[]}", FORM, "{\"elicitation\":{\"form\":{}}}" },
	{ "{\"sampling\":{}}", SAMPLE, NULL },
	{ "{\"sampling\":{}}", TOOLS, "{\"sampling\":{\"tools\":{}}}" },
	{ "{\"sampling\":{}}", CHOICE, "{\"sampling\":{\"tools\":{}}}" },
	{ "{\"sampling\":{\"tools\":{}}}", TOOLS, NULL },
	{ "{}", TOOLS, "{\"sampling\":{\"tools\":{}}}" },
	{ "{\"roots\":{\"listChanged\":true}}", ROOTS, NULL },
	{ "{\"sampling\":{}}", ROOTS, "{\"roots\":{}}" },
	{ "{\"roots\":{},\"sampling\":{},\"elicitation\":{}}", ALL, NULL },
	{ "{\"sampling\":{}}", ALL, "{\"elicitation\":{\"form\":{}},\"roots\":{}}" },
	{ "{}", ALL, "{\"elicitation\":{\"form\":{}},\"roots\":{},\"sampling\":{}}" },
};

static void
capabilities(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_exchange x = { .capabilities = parsed(mem, cases[i].capabilities) };
		struct sp_questions q = { .requests = parsed(mem, cases[i].requests) };
		struct sp_tool_error error = { 0 };
		const char *name = sp_printf(mem, "%s with %s", cases[i].requests, cases[i].capabilities);

		CHECK(sp_questions_fit(mem, &x, &q, &error) == (cases[i].required == NULL), name);
		if (cases[i].required == NULL)
			continue;
		CHECK(error.code == SP_MISSING_CLIENT_CAPABILITY, name);
		CHECK_STR(sp_json_canonical(mem, sp_json_get(error.data, "requiredCapabilities")), cases[i].required, name);
	}
	sp_arena_free(mem);
}

static void
nobody(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_exchange x = { 0 };
	struct sp_questions q = { .requests = parsed(mem, ROOTS) };
	struct sp_tool_error error = { 0 };

	(void)state;
	assert_false(sp_questions_fit(mem, NULL, &q, &error));
	assert_int_equal(error.code, -32603);
	error.code = 0;
	assert_false(sp_questions_fit(mem, &x, &q, &error));
	assert_int_equal(error.code, -32603);
	sp_arena_free(mem);
}

static void
levels(void **state)
{
	static const char *const none[] = { "", "Info", "warn", "debug ", "fatal", "emerg" };
	enum sp_logging_level level;

	(void)state;
	for (int i = SP_LOGGING_DEBUG; i <= SP_LOGGING_EMERGENCY; i++) {
		const char *name = sp_logging_level_name((enum sp_logging_level)i);

		CHECK(sp_logging_level_find(sp_str(name), &level) && level == (enum sp_logging_level)i, name);
	}
	for (size_t i = 0; i < COUNT(none); i++)
		CHECK(!sp_logging_level_find(sp_str(none[i]), &level), none[i]);
	assert_false(sp_logging_level_find((struct sp_str){ NULL, 0 }, &level));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities),
		cmocka_unit_test(nobody),
		cmocka_unit_test(levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
