/* test_http_parts.c - blanks in texts, and requests made of typed parts */
#include "unit.h"
#include "tools/http_parts.h"

static struct json_object *
json(struct sp_arena *mem, const char *text)
{
	struct json_object *out;
	const char *why = "";

	if (!sp_json_parse(mem, sp_str(text), &out, &why))
		fail_msg("%s: %s", text, why);
	return out;
}

#define ARGUMENTS "{\"id\": 7, \"word\": \"a b/c\", \"dots\": \"..\", \"none\": null, \"empty\": \"\", \"list\": [\"x\", 2, true]," \
	"\"object\": {\"r\": 1, \"g\": \"2 3\"}, \"nothing\": [], \"big\": 12345678901234567890, \"half\": 0.50, \"yes\": true," \
	"\"folder\": \"a/b c/d\", \"up\": \"a/../b\", \"slashes\": \"a//b\", \"line\": \"a\\r\\nX: y\", \"star\": \"\\u2605\", \"brace\": \"{id}\"}"
#define VARIABLES "{\"read\": {\"title\": \"old\", \"n\": [1, {\"x\": null}]}}"

/* Texts of a body: what a JSON value becomes. */
static void
bodies(void **state)
{
	static const struct {
		const char *pattern, *out;	/* NULL: not there */
	} cases[] = {
		{ "\"{id}\"", "7" }, { "\"{word}\"", "\"a b/c\"" }, { "\"{list}\"", "[\"x\",2,true]" }, { "\"{none}\"", "null" },
		{ "\"{object}\"", "{\"r\":1,\"g\":\"2 3\"}" }, { "\"{big}\"", "12345678901234567890" }, { "\"{half}\"", "0.50" },
		{ "\"n {id}!\"", "\"n 7!\"" }, { "\"{id}{yes}\"", "\"7true\"" }, { "\"{{id}}\"", "\"{id}\"" }, { "\"{brace}\"", "\"{id}\"" },
		{ "\"{missing}\"", NULL }, { "\"x {missing}\"", NULL }, { "\"{missing|id}\"", "7" }, { "\"{missing|=5}\"", "5" },
		{ "\"{missing|=a b}\"", "\"a b\"" }, { "\"{missing|=true}\"", "true" }, { "\"{missing|=\\\"5\\\"}\"", "\"5\"" },
		{ "\"{empty}\"", "\"\"" }, { "\"{empty?}\"", NULL }, { "\"{nothing?}\"", NULL }, { "\"{none?}\"", NULL }, { "\"{empty|id?}\"", "7" },
		{ "\"{read/title}\"", "\"old\"" }, { "\"{read/n/0}\"", "1" }, { "\"{read/n/1/x}\"", "null" }, { "\"{read/n/2}\"", NULL }, { "\"{read/no}\"", NULL },
		{ "\"{title|read/title}\"", "\"old\"" },
		{ "{\"a\": \"{id}\", \"b\": \"{missing}\", \"c\": {\"d\": \"{missing}\"}, \"e\": [\"{missing}\", 1, \"{id}\"]}", "{\"a\":7,\"c\":{},\"e\":[1,7]}" },
		{ "{\"b\": \"{missing}\", \"a\": 1.50}", "{\"a\":1.50}" }, { "[]", "[]" }, { "null", "null" },
		{ "{\"{id}\": 1}", "{\"{id}\":1}" },
	};
	struct sp_arena *mem = *state;
	struct sp_given given = { json(mem, VARIABLES), json(mem, ARGUMENTS) };

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct sp_json_pattern *p;
		enum sp_filled filled;
		const char *why = "";
		struct sp_buf b;

		sp_buf_init(&b, mem, 10000);
		if (!sp_json_pattern_parse(mem, json(mem, cases[i].pattern), &p, &why))
			fail_msg("%s: %s", cases[i].pattern, why);
		filled = sp_json_pattern_write(mem, p, &given, &b, &why);
		CHECK(filled == (cases[i].out != NULL ? SP_FILLED : SP_FILLED_ABSENT), cases[i].pattern);
		if (cases[i].out != NULL)
			CHECK_STR(sp_buf_view(&b), cases[i].out, cases[i].pattern);
		else
			CHECK(b.len == 0, cases[i].pattern);
	}
}

/* What is no pattern, and values without a text. */
static void
broken(void **state)
{
	static const char *const bad[] = { "{", "}", "{}", "{a", "a}", "{a|}x{", "{/a}", "{a//b}", "{a b}", "{|a}", "{a}}" };
	struct sp_arena *mem = *state;
	struct sp_given given = { NULL, json(mem, ARGUMENTS) };
	struct sp_pattern p;
	struct sp_str text;
	const char *why;

	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK(!sp_pattern_parse(mem, sp_str(bad[i]), &p, &why), bad[i]);
	assert_true(sp_pattern_parse(mem, SP_LIT("x {list}"), &p, &why));
	assert_int_equal(sp_pattern_text(mem, &p, &given, &text, &why), SP_FILLED_WRONG);
	assert_string_equal(why, "list: has to be a text, a number or a boolean");
}

struct request_case {
	const char *spec;
	const char *url;		/* behind the base; NULL: refused with `body` in the message */
	const char *body;		/* NULL: none */
};

static const struct request_case requests[] = {
	{ "{}", "", NULL },
	{ "{\"path\": \"/jobs/{id}\"}", "/jobs/7", NULL },
	{ "{\"path\": \"/jobs/{word}/x\"}", "/jobs/a%20b%2Fc/x", NULL },
	{ "{\"path\": \"/{star}\"}", "/%E2%98%85", NULL },
	{ "{\"path\": \"/{brace}\"}", "/%7Bid%7D", NULL },
	{ "{\"path\": \"/{half}-{yes}\"}", "/0.50-true", NULL },
	{ "{\"path\": \"/{+folder}/x\"}", "/a/b%20c/d/x", NULL },
	{ "{\"path\": \"/f/{dots}\"}", NULL, "must not have \".\" or \"..\"" },
	{ "{\"path\": \"/f/.{missing|=.}\"}", NULL, "must not have \".\" or \"..\"" },
	{ "{\"path\": \"/{+up}\"}", NULL, "must not have \".\" or \"..\"" },
	{ "{\"path\": \"/{+dots}\"}", NULL, "must not have \".\" or \"..\"" },
	/* servers that decode before they look for segments, some of them twice, or take "\" for "/" */
	{ "{\"path\": \"/f/{up}\"}", NULL, "must not have \".\" or \"..\"" },
	{ "{\"path\": \"/f/{missing|=../x}\"}", NULL, "must not have \".\" or \"..\"" },
	{ "{\"path\": \"/f/{missing|=x\\\\..}\"}", NULL, "must not have \".\" or \"..\"" },
	{ "{\"path\": \"/f/{missing|=..\\\\}\"}", NULL, "must not have \".\" or \"..\"" },
	{ "{\"path\": \"/f/{missing|=%2e%2E%2fx}\"}", NULL, "must not have \".\" or \"..\"" },
	{ "{\"path\": \"/f/{missing|=x%5C..%zz%5c.%2E}\"}", NULL, "must not have \".\" or \"..\"" },
	{ "{\"path\": \"/f/{+missing|=x/%2e%2e/y}\"}", NULL, "must not have \".\" or \"..\"" },
	{ "{\"path\": \"/f/{+missing|=x\\\\..\\\\y}\"}", NULL, "must not have \".\" or \"..\"" },
	{ "{\"path\": \"/f/{missing|=a}.{missing|=/x}/y\"}", "/f/a.%2Fx/y", NULL },
	{ "{\"path\": \"/f/.{missing|=/x}\"}", NULL, "a segment of the path must not be" },
	{ "{\"path\": \"/f/.{missing|=\\\\x}\"}", NULL, "a segment of the path must not be" },
	{ "{\"path\": \"/f/{missing|=..x}/{missing|=a..}/{missing|=...}\"}", "/f/..x/a../...", NULL },
	{ "{\"path\": \"/f/{missing|=100%}\"}", "/f/100%25", NULL },
	{ "{\"path\": \"/{+slashes}\"}", NULL, "must be a path without" },
	{ "{\"path\": \"/f/{empty}\"}", NULL, "must not be empty" },
	{ "{\"path\": \"/f/{missing}\"}", NULL, "missing: is needed" },
	{ "{\"path\": \"/f/{list}\"}", NULL, "has to be a text" },
	{ "{\"path\": \"/f/{none}\"}", NULL, "has to be a text" },
	{ "{\"path\": \"/f/{line}\"}", NULL, "control character" },
	{ "{\"query\": {\"a\": \"{word}\", \"b\": \"{missing}\", \"c\": \"{empty}\", \"d\": \"{empty?}\", \"e\": 5}}", "?a=a%20b%2Fc&c=&e=5", NULL },
	{ "{\"query\": {\"a&b\": \"x {line}\"}}", "?a%26b=x%20a%0D%0AX%3A%20y", NULL },
	{ "{\"query\": {\"t\": \"{list}\"}}", "?t=x&t=2&t=true", NULL },
	{ "{\"query\": {\"t\": [\"a\", \"{id}\"]}}", "?t=a&t=7", NULL },
	{ "{\"query\": {\"t\": {\"value\": \"{list}\", \"explode\": false}}}", "?t=x,2,true", NULL },
	{ "{\"query\": {\"t\": {\"value\": \"{list}\", \"style\": \"spaceDelimited\"}}}", "?t=x%202%20true", NULL },
	{ "{\"query\": {\"t\": {\"value\": \"{list}\", \"style\": \"pipeDelimited\"}}}", "?t=x%7C2%7Ctrue", NULL },
	{ "{\"query\": {\"t\": {\"value\": \"{object}\", \"style\": \"deepObject\"}}}", "?t%5Br%5D=1&t%5Bg%5D=2%203", NULL },
	{ "{\"query\": {\"t\": \"{object}\"}}", "?r=1&g=2%203", NULL },
	{ "{\"query\": {\"t\": {\"value\": \"{object}\", \"explode\": false}}}", "?t=r,1,g,2%203", NULL },
	{ "{\"query\": {\"t\": {\"value\": \"{object}\", \"style\": \"json\"}}}", "?t=%7B%22g%22%3A%222%203%22%2C%22r%22%3A1%7D", NULL },
	{ "{\"query\": {\"t\": \"{nothing}\", \"n\": \"{none}\"}}", "", NULL },
	{ "{\"method\": \"POST\", \"path\": \"/x\"}", "/x", "" },
	{ "{\"method\": \"DELETE\", \"path\": \"/x\"}", "/x", NULL },
	{ "{\"method\": \"POST\", \"body\": {\"a\": \"{line}\", \"b\": \"{missing}\"}}", "", "{\"a\":\"a\\r\\nX: y\"}" },
	{ "{\"method\": \"DELETE\", \"body\": {\"b\": \"{missing}\"}, \"omit_empty_body\": true}", "", NULL },
	{ "{\"method\": \"PUT\", \"body\": \"{object}\"}", "", "{\"r\":1,\"g\":\"2 3\"}" },
	{ "{\"method\": \"PUT\", \"body\": \"{missing}\"}", "", "" },
	{ "{\"method\": \"POST\", \"form\": {\"Action\": \"Do\", \"a.1\": \"{word}\", \"b\": \"{missing}\", \"c\": \"{list}\"}}", "", "Action=Do&a.1=a%20b%2Fc&c=x&c=2&c=true" },
	{ "{\"headers\": {\"X-A\": \"{line}\"}}", NULL, "control characters" },
	{ "{\"headers\": {\"X-A\": \"{object}\"}}", NULL, "cannot stand in a header" },
};

static void
builds(void **state)
{
	struct sp_arena *mem = *state;
	struct sp_given given = { json(mem, VARIABLES), json(mem, ARGUMENTS) };

	for (size_t i = 0; i < COUNT(requests); i++) {
		const struct request_case *c = &requests[i];
		struct sp_http_message m = { .field_count = 0 };
		const struct sp_http_parts *parts;
		const char *why = "";
		bool ok;

		if (!sp_http_parts_load(mem, json(mem, c->spec), &parts, &why))
			fail_msg("%s: %s", c->spec, why);
		ok = sp_http_parts_build(mem, parts, "https://api.example.com/v1", &given, NULL, &m, &why);
		if (ok != (c->url != NULL))
			fail_msg("%s: %s", c->spec, ok ? m.url : why);
		if (!ok) {
			CHECK(strstr(why, c->body) != NULL, why);
			continue;
		}
		CHECK_STR(sp_str(m.url), sp_printf(mem, "https://api.example.com/v1%s", c->url), c->spec);
		CHECK((m.body.p == NULL) == (c->body == NULL), c->spec);
		if (c->body != NULL)
			CHECK_STR(m.body, c->body, c->spec);
		CHECK(sp_message_has(&m, "Content-Type") == (c->body != NULL && c->body[0] != '\0'), c->spec);
	}
}

static void
fields(void **state)
{
	struct sp_arena *mem = *state;
	struct sp_given given = { NULL, json(mem, ARGUMENTS) };
	struct sp_http_message m = { .field_count = 0 };
	const struct sp_http_parts *parts;
	const char *why;

	assert_true(sp_http_parts_load(mem, json(mem, "{\"headers\": {\"X-List\": \"{list}\", \"X-None\": \"{none}\", \"X-Text\": \"n {id}\", \"X-Gone\": \"{missing}\"}}"), &parts, &why));
	assert_true(sp_http_parts_build(mem, parts, "https://api.example.com", &given, NULL, &m, &why));
	assert_int_equal(m.field_count, 2);
	CHECK_STR(m.fields[0].value, "x,2,true", "a list");
	CHECK_STR(m.fields[1].value, "n 7", "a text");
}

/* The body over what was read before. */
static void
overlays(void **state)
{
	static const struct {
		const char *body, *out;
	} cases[] = {
		{ "{\"title\": \"new\"}", "{\"title\":\"new\",\"id\":1,\"note\":null}" },
		{ "{\"title\": \"{missing}\"}", "{\"id\":1,\"title\":\"old\",\"note\":null}" },
		{ "{\"note\": \"{none}\", \"more\": []}", "{\"note\":null,\"more\":[],\"id\":1,\"title\":\"old\"}" },
		{ "[1]", NULL },
	};
	struct sp_arena *mem = *state;
	struct sp_given given = { NULL, json(mem, ARGUMENTS) };
	struct json_object *below = json(mem, "{\"id\": 1, \"title\": \"old\", \"note\": null}");

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_http_message m = { .field_count = 0 };
		const struct sp_http_parts *parts;
		const char *why;
		bool ok;

		assert_true(sp_http_parts_load(mem, json(mem, sp_printf(mem, "{\"method\": \"PUT\", \"body\": %s}", cases[i].body)), &parts, &why));
		ok = sp_http_parts_build(mem, parts, "https://api.example.com", &given, below, &m, &why);
		CHECK(ok == (cases[i].out != NULL), cases[i].body);
		if (ok)
			CHECK_STR(m.body, cases[i].out, cases[i].body);
	}
}

/* Documents that are refused, and what is said. */
static void
refused(void **state)
{
	static const struct {
		const char *spec, *why;
	} cases[] = {
		{ "{\"method\": \"TRACE\"}", "method: " }, { "{\"method\": 5}", "method: " }, { "{\"method\": \"get\"}", "method: " },
		{ "{\"path\": \"jobs\"}", "path: " }, { "{\"path\": \"/a/../b\"}", "path: " }, { "{\"path\": \"/a?x=1\"}", "path: " },
		{ "{\"path\": \"/a#x\"}", "path: " }, { "{\"path\": \"/a b\"}", "path: " }, { "{\"path\": \"/%2e%2e/x\"}", "path: " },
		{ "{\"path\": \"/a%2Fb\"}", "path: " }, { "{\"path\": \"/a\\\\b\"}", "path: " }, { "{\"path\": \"{url}\"}", "path: " },
		{ "{\"path\": \"/{\"}", "path: " }, { "{\"path\": \"/%zz\"}", "path: " },
		{ "{\"query\": []}", "query: " }, { "{\"query\": {\"a\": {\"value\": \"x\", \"stile\": 1}}}", "query.a: stile: " },
		{ "{\"query\": {\"a\": {\"value\": \"x\", \"style\": \"matrix\"}}}", "query.a: style: " }, { "{\"query\": {\"a\": null}}", "query.a: " },
		{ "{\"query\": {\"a\": {}}}", "query.a: value: " },
		{ "{\"headers\": {\"Host\": \"x\"}}", "headers.Host: " }, { "{\"headers\": {\"authorization\": \"x\"}}", "headers.authorization: " },
		{ "{\"headers\": {\"X A\": \"x\"}}", "headers.X A: " }, { "{\"headers\": {\"Content-Length\": \"1\"}}", "headers.Content-Length: " },
		{ "{\"body\": {\"a\": {\"b\": \"{\"}}}", "body: a: b: " }, { "{\"body\": {}, \"form\": {}}", "form: " },
		{ "{\"method\": \"HEAD\", \"body\": {}}", "body: " }, { "{\"content_type\": \"a\\nb\"}", "content_type: " },
	};
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct sp_http_parts *parts;
		const char *why = "";

		CHECK(!sp_http_parts_load(mem, json(mem, cases[i].spec), &parts, &why), cases[i].spec);
		CHECK(sp_str_starts(sp_str(why), cases[i].why), why);
	}
}

static int
setup(void **state)
{
	*state = sp_arena_new();
	return 0;
}

static int
teardown(void **state)
{
	sp_arena_free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies), cmocka_unit_test(broken), cmocka_unit_test(builds), cmocka_unit_test(fields),
		cmocka_unit_test(overlays), cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
