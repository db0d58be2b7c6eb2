/* test_http_answer.c - what is taken of an answer: paths, projections, lists, XML, errors */
#include "unit.h"
#include "tools/http_answer.h"
#include "tools/text_match.h"
#include "tools/xml.h"

static struct json_object *
json(struct sp_arena *mem, const char *text)
{
	struct json_object *out;
	const char *why = "";

	if (!sp_json_parse(mem, sp_str(text), &out, &why))
		fail_msg("%s: %s", text, why);
	return out;
}

#define CUSTOMER "{\"id\": 1, \"customerFullName\": \"Ann\", \"mainContact\": {\"contactItems\": [" \
	"{\"contactType\": \"mobile\", \"contactValue\": \"021\"}, {\"contactType\": \"email\", \"contactValue\": \"ann@example.com\"}]}," \
	"\"physicalAddress\": {\"address1\": \"1 High St\", \"addressCity\": \"Wellington\"}}"
#define ANSWER "{\"result\": \"success\", \"data\": [" CUSTOMER ", {\"id\": 2, \"name\": \"Bob\", \"physicalAddress\": null}]," \
	"\"paging\": {\"perPage\": 10, \"pageCount\": 3, \"links\": {\"next\": \"/customers?pageCursor=0&pageSize=10&pageCursor=10\", \"previous\": null}}," \
	"\"a/b\": {\"m~n\": 5}, \"\": 6}"

static const struct {
	const char *name, *shape, *out;		/* `out` NULL: an error */
} shapes[] = {
	{ "nothing said", "{}", "{\"n\":1}" },
	{ "select", "{\"select\": \"/data/1/id\"}", "2" },
	{ "select, escaped", "{\"select\": \"/a~1b/m~0n\"}", "5" },
	{ "select, empty name", "{\"select\": \"/\"}", "6" },
	{ "select by a member", "{\"select\": \"/data/?id=2/name\"}", "\"Bob\"" },
	{ "select one of several", "{\"select\": \"/data/?customerFullName=Zoe|Ann/mainContact/contactItems/?contactType=phone|mobile/contactValue\"}", "\"021\"" },
	{ "select nowhere", "{\"select\": \"/data/7\"}", NULL },
	{ "select through a text", "{\"select\": \"/result/x\"}", NULL },
	{ "project", "{\"select\": \"/data/0\", \"project\": {\"id\": \"/id\", \"name\": [\"/name\", \"/customerFullName\"], \"email\": "
	    "\"/mainContact/contactItems/?contactType=email/contactValue\", \"fax\": \"/mainContact/contactItems/?contactType=fax/contactValue\", "
	    "\"address\": {\"line1\": \"/physicalAddress/address1\", \"suburb\": \"/physicalAddress/addressSuburb\"}}}",
	    "{\"id\":1,\"name\":\"Ann\",\"email\":\"ann@example.com\",\"fax\":null,\"address\":{\"line1\":\"1 High St\",\"suburb\":null}}" },
	{ "project each", "{\"select\": \"/data\", \"project\": {\"name\": [\"/name\", \"/customerFullName\"], \"address\": {\"city\": \"/physicalAddress/addressCity\"}}}",
	    "[{\"name\":\"Ann\",\"address\":{\"city\":\"Wellington\"}},{\"name\":\"Bob\",\"address\":null}]" },
	{ "arrays inside", "{\"project\": {\"ids\": {\"each\": \"/data\", \"project\": {\"n\": \"/id\"}}, \"none\": {\"each\": \"/no\"}}}",
	    "{\"ids\":[{\"n\":1},{\"n\":2}],\"none\":null}" },
	{ "a list", "{\"list\": {\"items\": \"/data\", \"as\": \"customers\", \"next\": {\"link\": \"/paging/links/next\", \"parameter\": \"pageCursor\"}, "
	    "\"previous\": {\"link\": \"/paging/links/previous\", \"parameter\": \"pageCursor\"}, \"also\": {\"perPage\": \"/paging/perPage\"}}, \"project\": {\"id\": \"/id\"}}",
	    "{\"customers\":[{\"id\":1},{\"id\":2}],\"pagination\":{\"count\":2,\"perPage\":10,\"nextCursor\":\"10\"}}" },
	{ "a list with a cursor", "{\"list\": {\"items\": \"/data\", \"next\": {\"pointer\": \"/paging/pageCount\"}}, \"project\": {\"id\": \"/id\"}}",
	    "{\"items\":[{\"id\":1},{\"id\":2}],\"pagination\":{\"count\":2,\"nextCursor\":\"3\"}}" },
	{ "a list with a Link field", "{\"list\": {\"items\": \"/data\", \"next\": {\"relation\": \"next\", \"parameter\": \"page\"}, \"previous\": {\"relation\": \"prev\", \"parameter\": \"page\"}}, \"project\": {\"id\": \"/id\"}}",
	    "{\"items\":[{\"id\":1},{\"id\":2}],\"pagination\":{\"count\":2,\"nextCursor\":\"3&4\",\"previousCursor\":\"1\"}}" },
	{ "a list that is none", "{\"list\": {\"items\": \"/paging\"}}", NULL },
};

static void
shapes_made(void **state)
{
	struct sp_arena *mem = *state;
	struct sp_http_answer answer = { .fields = { { "Link", SP_LIT("<https://x.example/y?page=1>; rel=\"prev\", <https://x.example/y?page=3%264&z=1#f>; rel=\"last next\"") } }, .field_count = 1 };

	for (size_t i = 0; i < COUNT(shapes); i++) {
		const struct sp_answer_shape *shape;
		const char *why = "";
		struct sp_buf b;
		bool ok;

		sp_buf_init(&b, mem, 100000);
		if (!sp_answer_shape_load(mem, json(mem, shapes[i].shape), &shape, &why))
			fail_msg("%s: %s", shapes[i].name, why);
		ok = sp_answer_write(mem, shape, json(mem, i == 0 ? "{\"n\": 1}" : ANSWER), &answer, &b, &why);
		CHECK(ok == (shapes[i].out != NULL), shapes[i].name);
		if (ok)
			CHECK_STR(sp_buf_view(&b), shapes[i].out, shapes[i].name);
	}
}

static void
refused(void **state)
{
	static const struct {
		const char *shape, *why;
	} cases[] = {
		{ "{\"selekt\": \"/a\"}", "selekt: " }, { "{\"select\": \"a\"}", "select: " }, { "{\"select\": 1}", "select: " }, { "{\"select\": \"/?a\"}", "select: " },
		{ "{\"project\": {\"a\": 1}}", "project: a: " }, { "{\"project\": {\"a\": {\"each\": \"x\"}}}", "project: a: each: " },
		{ "{\"project\": {\"a\": {\"b\": {\"c\": {\"d\": {\"e\": {\"f\": {\"g\": {\"h\": {\"i\": \"/x\"}}}}}}}}}}", "project: a: b: " },
		{ "{\"list\": {\"items\": \"/a\", \"next\": {\"link\": \"/b\"}}}", "list: next: " }, { "{\"list\": {\"next\": {}}}", "list: next: " },
		{ "{\"list\": {\"next\": \"x\"}}", "list: next: " }, { "{\"list\": {}, \"select\": \"/a\"}", "select: " },
		{ "{\"list\": {\"also\": {\"x\": \"y\"}}}", "list: also: x: " }, { "{\"xml\": {\"arrays\": [1]}}", "xml.arrays: " }, { "{\"text\": \"yes\"}", "text: " },
	};
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct sp_answer_shape *shape;
		const char *why = "";

		CHECK(!sp_answer_shape_load(mem, json(mem, cases[i].shape), &shape, &why), cases[i].shape);
		CHECK(sp_str_starts(sp_str(why), cases[i].why), why);
	}
}

static const struct {
	const char *name, *xml, *arrays, *out;	/* `out` NULL: refused */
} documents[] = {
	{ "text", "<a>b &amp; c</a>", NULL, "{\"a\":\"b & c\"}" },
	{ "nothing", "<a/>", NULL, "{\"a\":\"\"}" },
	{ "children", "<a>\n <b>1</b>\n <c>2</c>\n</a>", NULL, "{\"a\":{\"b\":\"1\",\"c\":\"2\"}}" },
	{ "the same again", "<a><b>1</b><b>2</b><b>3</b></a>", NULL, "{\"a\":{\"b\":[\"1\",\"2\",\"3\"]}}" },
	{ "always an array", "<a><item><id>1</id></item></a>", "member item", "{\"a\":{\"item\":[{\"id\":\"1\"}]}}" },
	{ "attributes", "<a x=\"1\">t</a>", NULL, "{\"a\":{\"#text\":\"t\",\"@x\":\"1\"}}" },
	{ "namespaces", "<n:a xmlns:n=\"http://x.example/\" n:y=\"1\"><n:b>2</n:b></n:a>", NULL, "{\"a\":{\"@y\":\"1\",\"b\":\"2\"}}" },
	{ "a default namespace", "<a xmlns=\"http://x.example/\"><b/></a>", NULL, "{\"a\":{\"b\":\"\"}}" },
	{ "CDATA", "<a><![CDATA[<x>]]></a>", NULL, "{\"a\":\"<x>\"}" },
	{ "a declaration", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9</a>", NULL, "{\"a\":\"\xc3\xa9\"}" },
	{ "a comment and an instruction", "<a><!-- x --><?y z?>t</a>", NULL, "{\"a\":\"t\"}" },
	{ "a document type", "<!DOCTYPE a><a/>", NULL, NULL },
	{ "an entity", "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", NULL, NULL },
	{ "an unknown entity", "<a>&x;</a>", NULL, NULL },
	{ "two roots", "<a/><b/>", NULL, NULL },
	{ "cut", "<a><b>", NULL, NULL },
	{ "empty", "", NULL, NULL },
	{ "not UTF-8", "<a>\xff</a>", NULL, NULL },
	{ "a repeated attribute", "<a x=\"1\" x=\"2\"/>", NULL, NULL },
	{ "JSON", "{}", NULL, NULL },
};

static void
xml(void **state)
{
	struct sp_arena *mem = *state;
	struct json_object *out;
	const char *why;
	struct sp_buf b;

	for (size_t i = 0; i < COUNT(documents); i++) {
		bool ok = sp_xml_read(mem, sp_str(documents[i].xml), documents[i].arrays, &out, &why);

		CHECK(ok == (documents[i].out != NULL), documents[i].name);
		if (ok)
			CHECK_STR(sp_json_canonical(mem, out), documents[i].out, documents[i].name);
	}
	/* too deep, too many */
	sp_buf_init(&b, mem, 10000000);
	for (int i = 0; i < 70; i++)
		sp_buf_cstr(&b, "<a>");
	assert_false(sp_xml_read(mem, sp_buf_view(&b), NULL, &out, &why));
	assert_string_equal(why, "elements are nested too deeply");
	sp_buf_clear(&b);
	sp_buf_cstr(&b, "<a>");
	for (int i = 0; i < SP_XML_MAX_NODES; i++)
		sp_buf_cstr(&b, "<b/>");
	sp_buf_cstr(&b, "</a>");
	assert_false(sp_xml_read(mem, sp_buf_view(&b), NULL, &out, &why));
	assert_string_equal(why, "too many elements");
}

static void
errors(void **state)
{
	static const struct {
		const char *body, *type, *text, *said;	/* `said` NULL: nothing */
	} cases[] = {
		{ "{\"error\": {\"code\": \"x\", \"message\": \"no such index\"}}", "application/json", NULL, "no such index" },
		{ "{\"message\": \"Forbidden\"}", "application/json", NULL, "Forbidden" },
		{ "{\"title\": \"t\", \"detail\": \"d\"}", "application/problem+json", NULL, "d" },
		{ "{\"error\": \"invalid\\r\\n\\u0007  thing\"}", "application/json", NULL, "invalid thing" },
		{ "{\"x\": 1}", "application/json", NULL, "{\"x\":1}" },
		{ NULL, "text/plain", " down\n", "down" }, { NULL, "text/html", "<h1>down</h1>", NULL }, { NULL, "text/plain", "", NULL },
	};
	struct sp_arena *mem = *state;
	const struct sp_answer_shape *shape;
	const char *why;

	assert_true(sp_answer_shape_load(mem, NULL, &shape, &why));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_http_answer a = { .content_type = sp_str(cases[i].type), .body = sp_str(cases[i].text) };
		struct sp_str said = sp_answer_error(mem, shape, cases[i].body != NULL ? json(mem, cases[i].body) : NULL, &a);

		CHECK((said.p == NULL) == (cases[i].said == NULL), cases[i].type);
		if (said.p != NULL)
			CHECK_STR(said, cases[i].said, cases[i].said);
	}
}

static void
matches(void **state)
{
	static const struct {
		const char *pattern, *text, *out;
	} cases[] = {
		{ "(?i)^\\s*(?:job[- ]?|#)?([0-9]+)\\s*$", "Job-500", "500" }, { "(?i)^\\s*(?:job[- ]?|#)?([0-9]+)\\s*$", " #7 ", "7" },
		{ "(?i)^\\s*(?:job[- ]?|#)?([0-9]+)\\s*$", "J 5", NULL }, { "^[0-9]{7,}$", "1234567", "1234567" }, { "^[0-9]{7,}$", "1234567\n", NULL },
		{ "^[0-9]{7,}$", "", NULL }, { "(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", NULL }, { "(x)?y", "y", "y" },
	};
	struct sp_arena *mem = *state;
	const struct sp_text_match *m;
	const char *why;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_str out;
		bool ok;

		assert_true(sp_text_match_new(mem, cases[i].pattern, &m, &why));
		ok = sp_text_match_find(m, sp_str(cases[i].text), &out);
		CHECK(ok == (cases[i].out != NULL), cases[i].text);
		if (ok)
			CHECK_STR(out, cases[i].out, cases[i].text);
	}
	assert_false(sp_text_match_new(mem, "(", &m, &why));
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
		cmocka_unit_test(shapes_made), cmocka_unit_test(refused), cmocka_unit_test(xml), cmocka_unit_test(errors), cmocka_unit_test(matches),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
