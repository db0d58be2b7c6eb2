/* test_mcp_headers.c - Accept, the Base64 sentinel, Mcp-Name and Mcp-Param-* against the body */
#include "unit.h"
#include "mcp/headers.h"

#define ABSENT NULL

static const struct {
	const char *name, *accept;
	bool good;
} accepts[] = {
	{ "both, as the specification asks", "application/json, text/event-stream", true },
	{ "the other way round", "text/event-stream, application/json", true },
	{ "without spaces", "application/json,text/event-stream", true },
	{ "anything", "*/*", true },
	{ "no header", ABSENT, true },
	{ "JSON, else anything", "application/json, */*;q=0.1", true },
	{ "wildcards of a type", "application/*, text/*", true },
	{ "case does not count", "Application/JSON, TEXT/Event-Stream", true },
	{ "with quality", "application/json;q=0.9, text/event-stream;q=0.1", true },
	{ "with parameters", "application/json; charset=utf-8, text/event-stream", true },
	{ "only JSON", "application/json", false },
	{ "only streams", "text/event-stream", false },
	{ "HTML", "text/html", false },
	{ "empty", "", false },
	{ "a stream refused", "application/json, text/event-stream;q=0", false },
	{ "a stream refused among anything", "*/*, text/event-stream; q=0.000", false },
	{ "anything but JSON", "application/json;q=0, */*", false },
	{ "a type refused, its subtype wanted", "application/*;q=0, application/json, text/event-stream", true },
	{ "commas only", ",,,", false },
	{ "half a range", "application/, /json", false },
	{ "a longer name", "application/jsonx, text/event-stream", false },
};

static void
accept(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(accepts); i++)
		CHECK(sp_mcp_accept_is_good(sp_str(accepts[i].accept)) == accepts[i].good, accepts[i].name);
}

static const struct {
	const char *name, *value, *text;	/* text NULL: refused */
} sentinels[] = {
	{ "plain", "us-west1", "us-west1" },
	{ "empty", "", "" },
	{ "inner space and tab", "a b\tc", "a b\tc" },
	/* 2026-07-28, "Encoding examples" */
	{ "not ASCII", "=?base64?SGVsbG8sIOS4lueVjA==?=", "Hello, \xe4\xb8\x96\xe7\x95\x8c" },
	{ "padded", "=?base64?IHBhZGRlZCA=?=", " padded " },
	{ "a line break", "=?base64?bGluZTEKbGluZTI=?=", "line1\nline2" },
	{ "looks like the sentinel", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=", "=?base64?literal?=" },
	{ "nothing encoded", "=?base64?" "?=", "" },
	/* literal: not both marks */
	{ "only Base64", "SGVsbG8=", "SGVsbG8=" },
	{ "only the prefix", "=?base64?SGVsbG8=", "=?base64?SGVsbG8=" },
	{ "only the suffix", "SGVsbG8=?=", "SGVsbG8=?=" },
	{ "marks that share a byte", "=?base64?=", "=?base64?=" },
	{ "capitals in the prefix", "=?BASE64?SGVsbG8=?=", "=?BASE64?SGVsbG8=?=" },
	/* broken */
	{ "no padding", "=?base64?SGVsbG8?=", NULL },
	{ "other bytes", "=?base64?SGVs!!!bG8=?=", NULL },
	{ "base64url", "=?base64?_-8=?=", NULL },
	{ "a space", "=?base64?SGVs bG8=?=", NULL },
	{ "bits behind the end", "=?base64?SGVsbG9=?=", NULL },
	{ "not UTF-8", "=?base64?//8=?=", NULL },
	{ "raw UTF-8", "\xe4\xb8\x96", NULL },
	{ "a control byte", "a\001b", NULL },
	{ "delete", "a\177", NULL },
};

static void
sentinel(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(sentinels); i++) {
		struct sp_str got = SP_LIT("untouched");
		bool ok = sp_mcp_header_decode(mem, sp_str(sentinels[i].value), &got);

		CHECK(ok == (sentinels[i].text != NULL), sentinels[i].name);
		CHECK_STR(got, ok ? sentinels[i].text : "untouched", sentinels[i].name);
	}
	assert_false(sp_mcp_header_is(mem, (struct sp_str){ NULL, 0 }, SP_LIT("")));
	assert_true(sp_mcp_header_is(mem, SP_LIT(""), SP_LIT("")));
	assert_false(sp_mcp_header_is(mem, SP_LIT("Echo"), SP_LIT("echo")));
	sp_arena_free(mem);
}

static const struct {
	const char *name, *header, *argument;
	bool fits;
} params[] = {
	{ "a string", "us-west1", "\"us-west1\"", true },
	{ "an encoded string", "=?base64?SGVsbG8=?=", "\"Hello\"", true },
	{ "another string", "us-west2", "\"us-west1\"", false },
	{ "another case", "US-WEST1", "\"us-west1\"", false },
	{ "broken Base64", "=?base64?SGVsbG8?=", "\"Hello\"", false },
	{ "decodes to other text", "=?base64?SGVsbG8=?=", "\"hello\"", false },
	{ "no header for a value", ABSENT, "\"test-value\"", false },
	{ "an empty header for an empty string", "", "\"\"", true },
	{ "a number for a string of digits", "42", "\"42\"", true },
	{ "no header, no value", ABSENT, "null", true },
	{ "a header for null", "x", "null", false },
	{ "an integer", "42", "42", true },
	{ "a negative integer", "-7", "-7", true },
	{ "42.0 is 42", "42.0", "42", true },
	{ "42 is 42.0", "42", "42.0", true },
	{ "4.2e1 is 42", "4.2e1", "42", true },
	{ "another integer", "43", "42", false },
	{ "neighbours above 2^53", "9007199254740993", "9007199254740992", false },
	{ "no header for an integer", ABSENT, "42", false },
	{ "an empty header for an integer", "", "42", false },
	{ "a plus sign", "+42", "42", false },
	{ "a leading zero", "042", "42", false },
	{ "hexadecimal", "0x2a", "42", false },
	{ "text for a number", "forty-two", "42", false },
	{ "true for 1", "true", "1", false },
	{ "a quoted number", "\"42\"", "42", false },
	{ "an encoded number", "=?base64?NDI=?=", "42", true },
	{ "another number, encoded", "=?base64?NDM=?=", "42", false },
	{ "broken Base64 for a number", "=?base64?NDI?=", "42", false },
	{ "true", "true", "true", true },
	{ "an encoded boolean", "=?base64?dHJ1ZQ==?=", "true", true },
	{ "false", "false", "false", true },
	{ "True", "True", "true", false },
	{ "1 for true", "1", "true", false },
	{ "no header for a boolean", ABSENT, "false", false },
	{ "an array has no header", ABSENT, "[1]", true },
	{ "a header for an array", "[1]", "[1]", false },
	{ "a header for an object", "{}", "{}", false },
};

static void
param(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(params); i++) {
		struct json_object *argument;
		const char *why;

		CHECK(sp_json_parse(mem, sp_str(params[i].argument), &argument, &why), params[i].name);
		CHECK(sp_mcp_param_fits(mem, sp_str(params[i].header), argument) == params[i].fits, params[i].name);
	}
	sp_arena_free(mem);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(accept),
		cmocka_unit_test(sentinel),
		cmocka_unit_test(param),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
