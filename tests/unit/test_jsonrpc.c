/* test_jsonrpc.c - envelopes: what is a request, a notification, a response, and what is none */
#include "unit.h"
#include "mcp/jsonrpc.h"

enum { REQUEST, NOTIFICATION, RESPONSE, INVALID, BAD_PARAMS };

static const struct {
	const char *name, *text;
	int outcome;
	const char *id;			/* as it would be repeated; NULL: none */
} cases[] = {
	{ "a request", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", REQUEST, "1" },
	{ "id 0", "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"ping\"}", REQUEST, "0" },
	{ "a negative id", "{\"jsonrpc\":\"2.0\",\"id\":-7,\"method\":\"ping\"}", REQUEST, "-7" },
	{ "an id of 64 bits", "{\"jsonrpc\":\"2.0\",\"id\":9223372036854775807,\"method\":\"ping\"}", REQUEST,
	    "9223372036854775807" },
	{ "a string id", "{\"jsonrpc\":\"2.0\",\"id\":\"a\\\"b\",\"method\":\"ping\"}", REQUEST, "\"a\\\"b\"" },
	{ "an empty string id", "{\"jsonrpc\":\"2.0\",\"id\":\"\",\"method\":\"ping\"}", REQUEST, "\"\"" },
	{ "with params", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{}}", REQUEST, "1" },
	{ "an unknown member", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"x\":null}", REQUEST, "1" },
	{ "a notification", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", NOTIFICATION, NULL },
	{ "a result", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", RESPONSE, "1" },
	{ "an error", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"\"}}", RESPONSE, "1" },

	{ "not an object", "3", INVALID, NULL },
	{ "null", "null", INVALID, NULL },
	{ "a string", "\"ping\"", INVALID, NULL },
	{ "nothing in it", "{}", INVALID, NULL },
	{ "no version", "{\"id\":1,\"method\":\"ping\"}", INVALID, "1" },
	{ "version 1.0", "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", INVALID, "1" },
	{ "a version that is a number", "{\"jsonrpc\":2.0,\"id\":1,\"method\":\"ping\"}", INVALID, "1" },
	{ "id null", "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", INVALID, NULL },
	{ "id a fraction", "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}", INVALID, NULL },
	{ "id 1.0", "{\"jsonrpc\":\"2.0\",\"id\":1.0,\"method\":\"ping\"}", INVALID, NULL },
	{ "id beyond 64 bits", "{\"jsonrpc\":\"2.0\",\"id\":99999999999999999999,\"method\":\"ping\"}", INVALID, NULL },
	{ "id an object", "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}", INVALID, NULL },
	{ "id an array", "{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"ping\"}", INVALID, NULL },
	{ "id true", "{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"ping\"}", INVALID, NULL },
	{ "no method", "{\"jsonrpc\":\"2.0\",\"id\":1}", INVALID, "1" },
	{ "a method that is no string", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":1}", INVALID, "1" },
	{ "method null", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":null}", INVALID, "1" },
	{ "a method and a result", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"result\":{}}", INVALID, "1" },
	{ "a result without id", "{\"jsonrpc\":\"2.0\",\"result\":{}}", INVALID, NULL },
	{ "an error with id null", "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{}}", INVALID, NULL },
	{ "params an array", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[1]}", BAD_PARAMS, "1" },
	{ "params a string", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":\"x\"}", BAD_PARAMS, "1" },
	{ "params null", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":null}", BAD_PARAMS, "1" },
};

static void
envelope(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_jsonrpc_error error = { 0 };
		struct json_object *message;
		struct sp_json_writer w;
		struct sp_jsonrpc m;
		struct sp_buf b;
		const char *why;
		int outcome;

		CHECK(sp_json_parse(mem, sp_str(cases[i].text), &message, &why), cases[i].name);
		if (sp_jsonrpc_read(message, &m, &error))
			outcome = (int)m.kind;
		else
			outcome = error.code == SP_JSONRPC_INVALID_PARAMS ? BAD_PARAMS : INVALID;
		CHECK(outcome == cases[i].outcome, cases[i].name);
		if (outcome >= INVALID)
			CHECK(error.status == 400, cases[i].name);
		sp_buf_init(&b, mem, 1000);
		sp_jw_init(&w, &b);
		if (m.id != NULL)
			sp_jw_value(&w, m.id);
		CHECK_STR(sp_buf_view(&b), cases[i].id != NULL ? cases[i].id : "", cases[i].name);
		sp_arena_reset(mem);
	}
	sp_arena_free(mem);
}

static void
answers(void **state)
{
	struct sp_jsonrpc_error error = { SP_MCP_UNSUPPORTED_PROTOCOL_VERSION, 400, "no", SP_LIT("{\"a\":1}") };
	struct sp_arena *mem = sp_arena_new();
	struct json_object *id;
	struct sp_json_writer w;
	struct sp_buf b;
	const char *why;

	(void)state;
	assert_true(sp_json_parse(mem, SP_LIT("\"x\""), &id, &why));
	sp_buf_init(&b, mem, 1000);
	sp_jw_init(&w, &b);
	sp_jw_array(&w);
	sp_jsonrpc_begin_result(&w, id);
	sp_jw_object(&w);
	sp_jw_object_end(&w);
	sp_jsonrpc_end(&w);
	sp_jsonrpc_write_error(&w, id, &error);
	error.data = (struct sp_str){ NULL, 0 };
	sp_jsonrpc_write_error(&w, NULL, &error);
	sp_jw_array_end(&w);
	CHECK_STR(sp_buf_view(&b), "[{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{}},"
	    "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"error\":{\"code\":-32022,\"message\":\"no\",\"data\":{\"a\":1}}},"
	    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32022,\"message\":\"no\"}}]", "answers");
	sp_arena_free(mem);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(envelope),
		cmocka_unit_test(answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
