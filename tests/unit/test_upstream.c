/* test_upstream.c - what describes an upstream, what is pinned of its definitions, and the rows that are made of them */
#include "unit.h"
#include "tools/upstream_import.h"

static struct json_object *
parse(struct sp_arena *mem, const char *text)
{
	struct json_object *out = NULL;
	const char *why;

	if (!sp_json_parse(mem, sp_str(text), &out, &why))
		fail_msg("%s: %s", why, text);
	return out;
}

/* ---- documents ---- */

static const struct {
	const char *name, *json, *why;		/* NULL: it is good */
} specs[] = {
	{ "a URL", "{\"url\":\"https://mcp.example.com/mcp\"}", NULL },
	{ "a command", "{\"command\":[\"/opt/x\",\"--y\"],\"environment\":{\"A\":\"${env:CREDENTIAL_A}\"},\"timeout\":\"5s\"}", NULL },
	{ "rules", "{\"url\":\"https://a\",\"tools\":{\"include\":[\"a*\"],\"rename\":{\"a\":\"b\"},\"overrides\":{\"a\":{\"tier\":\"public\","
	    "\"fixed\":{\"x\":1},\"quota\":{\"user\":\"5/min\"}}}}}", NULL },
	{ "neither", "{}", "url: an upstream has either a url or a command" },
	{ "both", "{\"url\":\"https://a\",\"command\":[\"/x\"]}", "url: an upstream has either a url or a command" },
	{ "a word too many", "{\"url\":\"https://a\",\"urls\":1}", "urls: unknown member" },
	{ "in a rule", "{\"url\":\"https://a\",\"tools\":{\"only\":[]}}", "tools.only: unknown member" },
	{ "in an override", "{\"url\":\"https://a\",\"tools\":{\"overrides\":{\"t\":{\"tear\":1}}}}", "tools.overrides.t.tear: unknown member" },
	{ "a quota that is none", "{\"url\":\"https://a\",\"tools\":{\"overrides\":{\"t\":{\"quota\":{\"user\":\"many\"}}}}}", "tools.overrides.t" },
	{ "another scheme", "{\"url\":\"file:///etc/passwd\"}", "url: not a URL" },
	{ "a password in the URL", "{\"url\":\"https://u:p@a/\"}", "url: a URL without user" },
	{ "a line break in the URL", "{\"url\":\"https://a/\\r\\nX: y\"}", "url: not a URL" },
	{ "a header of the protocol's", "{\"url\":\"https://a\",\"headers\":{\"mcp-session-id\":\"x\"}}", "headers.mcp-session-id" },
	{ "a header with a break", "{\"url\":\"https://a\",\"headers\":{\"X\":\"a\\nb\"}}", "headers.X: not a text of one line" },
	{ "a header of a command", "{\"command\":[\"/x\"],\"headers\":{\"X\":\"a\"}}", "headers: belong to a url" },
	{ "a variable with =", "{\"command\":[\"/x\"],\"environment\":{\"A=B\":\"a\"}}", "environment.A=B" },
	{ "a reference that is none", "{\"command\":[\"/x\",\"${HOME}\"]}", "command[1]" },
	{ "no words", "{\"command\":[]}", "command: not an array" },
	{ "a shell line", "{\"command\":\"/x --y\"}", "command: not an array" },
	{ "a prefix", "{\"url\":\"https://a\",\"prefix\":\"a b\"}", "prefix: " },
	{ "an era", "{\"url\":\"https://a\",\"era\":\"2024\"}", "era: one of" },
	{ "a size", "{\"url\":\"https://a\",\"max_bytes\":\"1GiB\"}", "max_bytes: " },
	{ "a duration", "{\"url\":\"https://a\",\"timeout\":\"2h\"}", "timeout: " },
	{ "a range", "{\"url\":\"https://a\",\"allow\":[\"10.0.0.0/99\"]}", "allow[0]: " },
	{ "a keeper for a URL", "{\"url\":\"https://a\",\"keep\":true}", "keep: " },
};

static void
spec(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(specs); i++) {
		struct sp_upstream u;
		const char *why = "";

		CHECK(sp_upstream_read(mem, parse(mem, specs[i].json), &u, &why) == (specs[i].why == NULL), specs[i].name);
		if (specs[i].why != NULL && !sp_str_starts(sp_str(why), specs[i].why))
			fail_msg("%s: %s", specs[i].name, why);
	}
	sp_arena_free(mem);
}

/* ---- pins ---- */

#define SCHEMA "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"integer\"}}}"

/* Alike or not, to the digest. */
static const struct {
	const char *name, *list, *a, *b;
	bool same;
} pins[] = {
	{ "the order of members", "tool", "{\"name\":\"t\",\"description\":\"d\"," SCHEMA "}",
	    "{" SCHEMA ",\"description\":\"d\",\"name\":\"t\"}", true },
	{ "the order of properties", "tool", "{\"name\":\"t\"," SCHEMA "}", "{\"name\":\"t\",\"inputSchema\":{\"properties\":"
	    "{\"b\":{\"type\":\"integer\"},\"a\":{\"type\":\"string\"}},\"type\":\"object\"}}", true },
	{ "escapes", "tool", "{\"name\":\"t\",\"description\":\"\\u0064\"," SCHEMA "}", "{\"name\":\"t\",\"description\":\"d\"," SCHEMA "}", true },
	{ "what we do not offer", "tool", "{\"name\":\"t\"," SCHEMA ",\"icons\":[],\"_meta\":{\"x\":1},\"execution\":{}}",
	    "{\"name\":\"t\"," SCHEMA "}", true },
	{ "a title in annotations", "tool", "{\"name\":\"t\",\"title\":\"T\"," SCHEMA "}",
	    "{\"name\":\"t\",\"annotations\":{\"title\":\"T\"}," SCHEMA "}", true },
	{ "the name", "tool", "{\"name\":\"t\"," SCHEMA "}", "{\"name\":\"u\"," SCHEMA "}", false },
	{ "the description", "tool", "{\"name\":\"t\",\"description\":\"d\"," SCHEMA "}", "{\"name\":\"t\",\"description\":\"e\"," SCHEMA "}", false },
	{ "a description in the schema", "tool", "{\"name\":\"t\"," SCHEMA "}", "{\"name\":\"t\",\"inputSchema\":{\"type\":\"object\","
	    "\"properties\":{\"a\":{\"type\":\"string\",\"description\":\"x\"},\"b\":{\"type\":\"integer\"}}}}", false },
	{ "an output schema", "tool", "{\"name\":\"t\"," SCHEMA "}", "{\"name\":\"t\"," SCHEMA ",\"outputSchema\":{\"type\":\"object\"}}", false },
	{ "a hint", "tool", "{\"name\":\"t\",\"annotations\":{\"readOnlyHint\":true}," SCHEMA "}", "{\"name\":\"t\"," SCHEMA "}", false },
	{ "that it is no task", "tool", "{\"name\":\"t\",\"execution\":{\"taskSupport\":\"forbidden\"}," SCHEMA "}", "{\"name\":\"t\"," SCHEMA "}", true },
	{ "whether it may be a task", "tool", "{\"name\":\"t\",\"execution\":{\"taskSupport\":\"optional\"}," SCHEMA "}",
	    "{\"name\":\"t\"," SCHEMA "}", false },
	{ "whether it has to be", "tool", "{\"name\":\"t\",\"execution\":{\"taskSupport\":\"optional\"}," SCHEMA "}",
	    "{\"name\":\"t\",\"execution\":{\"taskSupport\":\"required\"}," SCHEMA "}", false },
	{ "a prompt's argument", "prompt", "{\"name\":\"p\",\"arguments\":[{\"name\":\"a\"}]}",
	    "{\"name\":\"p\",\"arguments\":[{\"name\":\"a\",\"required\":true}]}", false },
	{ "a resource's type", "resource", "{\"uri\":\"a:b\",\"name\":\"n\",\"mimeType\":\"text/plain\"}", "{\"uri\":\"a:b\",\"name\":\"n\"}", false },
};

static void
pin(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(pins); i++) {
		struct sp_upstream_definition a = sp_upstream_define(mem, pins[i].list, parse(mem, pins[i].a));
		struct sp_upstream_definition b = sp_upstream_define(mem, pins[i].list, parse(mem, pins[i].b));

		CHECK(a.digest != NULL && b.digest != NULL, pins[i].name);
		CHECK((strcmp(a.digest, b.digest) == 0) == pins[i].same, pins[i].name);
	}
	sp_arena_free(mem);
}

static const struct {
	const char *name, *list, *json, *why;
} left_out[] = {
	{ "no object", "tool", "[]", "no name" },
	{ "no name", "tool", "{" SCHEMA "}", "no name" },
	{ "no schema", "tool", "{\"name\":\"t\"}", "inputSchema" },
	{ "a schema of no object", "tool", "{\"name\":\"t\",\"inputSchema\":{\"type\":\"string\"}}", "inputSchema" },
	{ "a schema that does not compile", "tool", "{\"name\":\"t\",\"inputSchema\":{\"type\":\"object\",\"properties\":3}}", "compile" },
	{ "a schema elsewhere", "tool", "{\"name\":\"t\",\"inputSchema\":{\"type\":\"object\",\"$ref\":\"https://a/b\"}}", "compile" },
	{ "a header that is none", "tool", "{\"name\":\"t\",\"inputSchema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\","
	    "\"x-mcp-header\":\"a b\"}}}}", "x-mcp-header" },
	{ "tags", "tool", "{\"name\":\"t\",\"description\":\"a\\udb40\\udc41\"," SCHEMA "}", "U+E0041" },
	{ "text that runs backwards", "tool", "{\"name\":\"t\",\"description\":\"a\\u202eb\"," SCHEMA "}", "U+202E" },
	{ "an escape sequence", "tool", "{\"name\":\"t\",\"description\":\"a\\u001b[2Jb\"," SCHEMA "}", "U+001B" },
	{ "something hidden in a schema", "tool", "{\"name\":\"t\",\"inputSchema\":{\"type\":\"object\",\"properties\":{\"a\\u200b\":{}}}}", "U+200B" },
	{ "something hidden in a name", "tool", "{\"name\":\"t\\u2060\"," SCHEMA "}", "U+2060" },
	{ "a URI with blanks", "resource", "{\"uri\":\"a: b\",\"name\":\"n\"}", "" },
	{ "a template as a resource", "resource", "{\"uri\":\"a:{b}\",\"name\":\"n\"}", "" },
	{ "a template without variables", "template", "{\"uriTemplate\":\"a:b\",\"name\":\"n\"}", "" },
	{ "a template of a form we do not match", "template", "{\"uriTemplate\":\"a:{?b*}\",\"name\":\"n\"}", "" },
	{ "arguments of a prompt", "prompt", "{\"name\":\"p\",\"arguments\":[1]}", "arguments" },
};

static void
leaving_out(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(left_out); i++) {
		struct sp_upstream_definition d = sp_upstream_define(mem, left_out[i].list, parse(mem, left_out[i].json));

		CHECK(d.digest == NULL && d.why != NULL, left_out[i].name);
		if (strstr(d.why, left_out[i].why) == NULL)
			fail_msg("%s: %s", left_out[i].name, d.why);
	}
	sp_arena_free(mem);
}

/* ---- names ---- */

static void
names(void **state)
{
	static const struct {
		const char *theirs, *ours;
	} tools[] = {
		{ "get-issue", "up_get-issue" },
		{ "issues.get", "up_issues_get" },
		{ "old", "up_new" },
		{ "a/b c", "up_a_b_c" },
	};
	static const struct {
		const char *theirs, *ours;
	} uris[] = { { "demo://a/{b}", "my-up+demo://a/{b}" }, { "a+b:c", "my-up+a+b:c" } };
	struct sp_arena *mem = sp_arena_new();
	struct sp_upstream u = { .prefix = "up", .rules = parse(mem, "{\"rename\":{\"old\":\"new\"}}") };
	const char *name, *other;
	bool fitted;

	(void)state;
	for (size_t i = 0; i < COUNT(tools); i++)
		CHECK_STR(sp_str(sp_upstream_name(mem, &u, sp_str(tools[i].theirs), &fitted)), tools[i].ours, tools[i].theirs);
	name = sp_upstream_name(mem, &u, sp_str("a_name_that_goes_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_1"), &fitted);
	other = sp_upstream_name(mem, &u, sp_str("a_name_that_goes_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_2"), &fitted);
	assert_true(fitted);
	assert_int_equal(strlen(name), 64);
	assert_string_not_equal(name, other);
	u.prefix = "my_up";
	for (size_t i = 0; i < COUNT(uris); i++) {
		CHECK_STR(sp_str(sp_upstream_uri(mem, &u, sp_str(uris[i].theirs))), uris[i].ours, uris[i].theirs);
		CHECK_STR(sp_upstream_uri_back(&u, sp_str(uris[i].ours)), uris[i].theirs, uris[i].theirs);
	}
	assert_null(sp_upstream_uri_back(&u, SP_LIT("other+demo://a")).p);
	assert_null(sp_upstream_uri_back(&u, SP_LIT("my-up")).p);
	sp_arena_free(mem);
}

/* ---- rows ---- */

static void
not_told(void *arg, const char *name, const char *why)
{
	(void)arg;
	fail_msg("%s: %s", name, why);
}

static void
rows(void **state)
{
	static const char *const tools[] = {
		"{\"name\":\"keep\"," SCHEMA "}", "{\"name\":\"drop_admin\"," SCHEMA "}", "{\"name\":\"a.b\"," SCHEMA "}",
		"{\"name\":\"a_b\"," SCHEMA "}", "{\"name\":\"other\"," SCHEMA "}",
	};
	struct sp_arena *mem = sp_arena_new();
	struct sp_upstream_definition items[COUNT(tools) + 1];
	struct sp_upstream_definitions all = { items, COUNT(items) };
	struct json_object *json, *list, *tool;
	struct sp_upstream u;
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT(tools); i++)
		items[i] = sp_upstream_define(mem, "tool", parse(mem, tools[i]));
	items[COUNT(tools)] = sp_upstream_define(mem, "prompt", parse(mem, "{\"name\":\"p\"}"));
	assert_true(sp_upstream_read(mem, parse(mem, "{\"name\":\"up\",\"url\":\"https://a\",\"tier\":\"developer\",\"timeout\":\"5s\","
	    "\"tools\":{\"include\":[\"keep\",\"a*\",\"drop*\"],\"exclude\":[\"*_admin\"],\"overrides\":{\"keep\":{\"fixed\":{\"a\":\"x\"},"
	    "\"tier\":\"public\",\"description\":\"Ours\",\"bind\":{\"b\":{\"from\":\"claim.sub\"}}}}}}"), &u, &why));
	json = parse(mem, sp_upstream_rows_json(mem, &u, &all, not_told, NULL).p);
	list = sp_json_get(json, "tool");
	assert_int_equal(json_object_array_length(list), 3);
	assert_int_equal(json_object_array_length(sp_json_get(json, "prompt")), 0);
	tool = json_object_array_get_idx(list, 0);
	CHECK_STR(sp_json_get_str(tool, "name"), "up_keep", "name");
	CHECK_STR(sp_json_get_str(tool, "description"), "Ours", "description");
	CHECK_STR(sp_json_get_str(tool, "tier"), "public", "tier");
	CHECK_STR(sp_json_canonical(mem, sp_json_get(tool, "input_schema")), "{\"properties\":{},\"type\":\"object\"}", "schema");
	CHECK_STR(sp_json_canonical(mem, sp_json_get(tool, "options")), "{\"bind\":{\"b\":{\"from\":\"claim.sub\"}}}", "options");
	CHECK_STR(sp_json_canonical(mem, sp_json_get(tool, "spec")),
	    "{\"fixed\":{\"a\":\"x\"},\"list\":\"tool\",\"name\":\"keep\",\"upstream\":\"up\"}", "spec");
	assert_int_equal(json_object_get_int(sp_json_get(tool, "timeout_ms")), 5000);
	/* two names that become one are told apart */
	assert_false(sp_str_eq(sp_json_get_str(json_object_array_get_idx(list, 1), "name"),
	    sp_json_get_str(json_object_array_get_idx(list, 2), "name")));
	sp_arena_free(mem);
}

static void
shown(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	CHECK_STR(sp_upstream_shown(mem, SP_LIT("grün \xe2\x80\xae x\x1b[2J\xff")), "grün \\u{202E} x\\u{001B}[2J\\xFF", "shown");
	sp_arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spec),
		cmocka_unit_test(pin),
		cmocka_unit_test(leaving_out),
		cmocka_unit_test(names),
		cmocka_unit_test(rows),
		cmocka_unit_test(shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
