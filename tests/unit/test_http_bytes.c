/* test_http_bytes.c - bodies of bytes and of parts: what arguments make of them, and what they cannot */
#include "unit.h"
#include "tools/http_bytes.h"

#define ARGUMENTS "{\"text\": \"a b\", \"bytes\": \"AAH/DQo=\", \"bad\": \"AA=A\", \"open\": \"AAH/DQo\", \"folded\": \"AAH/\\r\\nDQo=\", \"none\": null, " \
	"\"list\": [\"x\", 2], \"files\": [\"AA==\", \"/w==\"], \"object\": {\"a\": [1]}, \"name\": \"a \\\"b\\\".csv\", \"star\": \"\\u2605\", " \
	"\"break\": \"a\\r\\nContent-Type: text/html\\r\\n\\r\\nx\", \"up\": \"../a\", \"dots\": \"..\", \"back\": \"a\\\\b\", \"empty\": \"\", " \
	"\"csv\": \"text/csv\", \"charset\": \"text/csv; charset=x\", \"slash\": \"/\", \"words\": \"text/a b\", \"long\": \"" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"

static struct json_object *
json(struct sp_arena *mem, const char *text)
{
	struct json_object *out;
	const char *why = "";

	if (!sp_json_parse(mem, sp_str(text), &out, &why))
		fail_msg("%s: %s", text, why);
	return out;
}

static enum sp_filled
write_it(struct sp_arena *mem, const char *text, bool is_multipart, struct sp_str *body, struct sp_str *type, const char **why)
{
	struct sp_given given = { NULL, json(mem, ARGUMENTS) };
	const struct sp_http_bytes *bytes;
	enum sp_filled filled;
	struct sp_buf b;

	sp_buf_init(&b, mem, 100000);
	if (!sp_http_bytes_load(mem, json(mem, text), is_multipart, &bytes, why))
		fail_msg("%s: %s", text, *why);
	filled = sp_http_bytes_write(mem, bytes, &given, &b, type, why);
	*body = sp_buf_view(&b);
	return filled;
}

static void
raw(void **state)
{
	static const struct {
		const char *spec;
		struct sp_str body;		/* absent: none */
		const char *type;		/* or why not */
	} cases[] = {
		{ "{\"value\": \"{text}\"}", SP_LIT("a b"), "text/plain; charset=utf-8" },
		{ "{\"value\": \"<{text}>\", \"type\": \"text/xml; charset=utf-8\"}", SP_LIT("<a b>"), "text/xml; charset=utf-8" },
		{ "{\"value\": \"{bytes}\", \"base64\": true}", SP_LIT("\0\1\xff\r\n"), "application/octet-stream" },
		{ "{\"value\": \"{bytes}\", \"base64\": true, \"type\": \"{csv}\"}", SP_LIT("\0\1\xff\r\n"), "text/csv" },
		{ "{\"value\": \"{bytes}\", \"base64\": true, \"type\": \"{missing|=image/png}\"}", SP_LIT("\0\1\xff\r\n"), "image/png" },
		{ "{\"value\": \"{bytes}\", \"base64\": true, \"type\": \"{missing}\"}", SP_LIT("\0\1\xff\r\n"), "application/octet-stream" },
		{ "{\"value\": \"{object}\"}", SP_LIT("{\"a\":[1]}"), "application/json" },
		{ "{\"value\": \"{empty}\"}", SP_LIT(""), "text/plain; charset=utf-8" },
		{ "{\"value\": \"{missing}\"}", { NULL, 0 }, NULL },
		{ "{\"value\": \"{none}\"}", { NULL, 0 }, NULL },
		{ "{\"value\": \"{bad}\", \"base64\": true}", { NULL, 0 }, "bad: has to be base64, with padding and without line breaks" },
		{ "{\"value\": \"{open}\", \"base64\": true}", { NULL, 0 }, "open: has to be base64, with padding and without line breaks" },
		{ "{\"value\": \"{folded}\", \"base64\": true}", { NULL, 0 }, "folded: has to be base64, with padding and without line breaks" },
		{ "{\"value\": \"{object}\", \"base64\": true}", { NULL, 0 }, "object: has to be a text" },
		{ "{\"value\": \"{text}\", \"type\": \"{break}\"}", { NULL, 0 }, "break: has to be a media type, like text/csv" },
		{ "{\"value\": \"{text}\", \"type\": \"{charset}\"}", { NULL, 0 }, "charset: has to be a media type, like text/csv" },
		{ "{\"value\": \"{text}\", \"type\": \"{slash}\"}", { NULL, 0 }, "slash: has to be a media type, like text/csv" },
		{ "{\"value\": \"{text}\", \"type\": \"{words}\"}", { NULL, 0 }, "words: has to be a media type, like text/csv" },
		{ "{\"value\": \"{text}\", \"type\": \"{list}\"}", { NULL, 0 }, "list: has to be a text, a number or a boolean" },
	};
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_str body, type;
		const char *why = "";
		enum sp_filled filled = write_it(mem, cases[i].spec, false, &body, &type, &why);

		CHECK(filled == (cases[i].body.p != NULL ? SP_FILLED : cases[i].type == NULL ? SP_FILLED_ABSENT : SP_FILLED_WRONG), cases[i].spec);
		if (filled == SP_FILLED) {
			CHECK(sp_str_eq(body, cases[i].body), cases[i].spec);
			CHECK_STR(type, cases[i].type, cases[i].spec);
		} else if (filled == SP_FILLED_WRONG)
			CHECK_STR(sp_str(why), cases[i].type, cases[i].spec);
	}
}

/* With "-" for the boundary: its lines begin with "--" in what is compared. */
static const char *
without_boundary(struct sp_arena *mem, struct sp_str body, struct sp_str type, const char *spec)
{
	struct sp_str boundary;
	struct sp_buf b;

	CHECK(sp_str_starts(type, "multipart/form-data; boundary=sallyport-"), spec);
	boundary = sp_str_sub(type, strlen("multipart/form-data; boundary="), type.len);
	CHECK(boundary.len >= 40 && boundary.len <= 70, spec);
	sp_buf_init(&b, mem, 100000);
	for (size_t i = 0; i < body.len; i++)
		if (body.len - i >= boundary.len && memcmp(body.p + i, boundary.p, boundary.len) == 0)
			i += boundary.len - 1;
		else
			sp_buf_char(&b, body.p[i]);
	return sp_buf_view(&b).p;
}

#define FORM "Content-Disposition: form-data; name="

static void
multipart(void **state)
{
	static const struct {
		const char *spec;
		const char *body;		/* or why not, or NULL: none */
	} cases[] = {
		{ "{\"a\": \"{text}\"}", "--\r\n" FORM "\"a\"\r\n\r\na b\r\n----\r\n" },
		{ "{\"a\": \"{text}\", \"b\": \"{missing}\", \"c\": \"{none}\", \"d\": 5}",
		    "--\r\n" FORM "\"a\"\r\n\r\na b\r\n--\r\n" FORM "\"d\"\r\n\r\n5\r\n----\r\n" },
		{ "{\"a\": \"{list}\"}", "--\r\n" FORM "\"a\"\r\n\r\nx\r\n--\r\n" FORM "\"a\"\r\n\r\n2\r\n----\r\n" },
		{ "{\"a\": \"{object}\"}", "--\r\n" FORM "\"a\"\r\nContent-Type: application/json\r\n\r\n{\"a\":[1]}\r\n----\r\n" },
		{ "{\"f\": {\"value\": \"{files}\", \"base64\": true, \"filename\": \"{name}\", \"type\": \"{csv}\"}}", "--\r\n" FORM
		    "\"f\"; filename=\"a %22b%22.csv\"\r\nContent-Type: text/csv\r\n\r\n" },	/* and a NUL */
		{ "{\"f\": {\"value\": \"{text}\", \"filename\": \"{star}.csv\"}}", "--\r\n" FORM
		    "\"f\"; filename=\"\xe2\x98\x85.csv\"\r\nContent-Type: application/octet-stream\r\n\r\na b\r\n----\r\n" },
		{ "{\"f\": {\"value\": \"{text}\", \"filename\": \"{missing}\"}}", "--\r\n" FORM
		    "\"f\"\r\nContent-Type: application/octet-stream\r\n\r\na b\r\n----\r\n" },
		{ "{\"a\\\"\\r\\nX: y\": \"{text}\"}", "--\r\n" FORM "\"a%22%0D%0AX: y\"\r\n\r\na b\r\n----\r\n" },
		{ "{\"a\": \"{break}\"}", "--\r\n" FORM "\"a\"\r\n\r\na\r\nContent-Type: text/html\r\n\r\nx\r\n----\r\n" },
		{ "{\"a\": \"{missing}\"}", NULL }, { "{}", NULL },
		{ "{\"f\": {\"value\": \"{bad}\", \"base64\": true}}", "bad: has to be base64, with padding and without line breaks" },
		{ "{\"f\": {\"value\": \"{text}\", \"filename\": \"{break}\"}}", "break: has to be the name of a file, without a directory and control characters" },
		{ "{\"f\": {\"value\": \"{text}\", \"filename\": \"{up}\"}}", "up: has to be the name of a file, without a directory and control characters" },
		{ "{\"f\": {\"value\": \"{text}\", \"filename\": \"{dots}\"}}", "dots: has to be the name of a file, without a directory and control characters" },
		{ "{\"f\": {\"value\": \"{text}\", \"filename\": \"{back}\"}}", "back: has to be the name of a file, without a directory and control characters" },
		{ "{\"f\": {\"value\": \"{text}\", \"filename\": \"{empty}\"}}", "empty: has to be the name of a file, without a directory and control characters" },
		{ "{\"f\": {\"value\": \"{text}\", \"filename\": \"{long}\"}}", "long: has to be the name of a file, without a directory and control characters" },
		{ "{\"f\": {\"value\": \"{text}\", \"type\": \"{break}\"}}", "break: has to be a media type, like text/csv" },
	};
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_str body, type;
		const char *why = "";

		switch (write_it(mem, cases[i].spec, true, &body, &type, &why)) {
		case SP_FILLED:
			CHECK_STR(sp_str(without_boundary(mem, body, type, cases[i].spec)), cases[i].body, cases[i].spec);
			break;
		case SP_FILLED_ABSENT:
			CHECK(cases[i].body == NULL, cases[i].spec);
			break;
		case SP_FILLED_WRONG:
			CHECK_STR(sp_str(why), cases[i].body, cases[i].spec);
			break;
		}
	}
}

static void
boundaries_differ(void **state)
{
	struct sp_str body, first, second;
	struct sp_arena *mem = *state;
	const char *why;

	assert_int_equal(write_it(mem, "{\"a\": 1}", true, &body, &first, &why), SP_FILLED);
	assert_int_equal(write_it(mem, "{\"a\": 1}", true, &body, &second, &why), SP_FILLED);
	assert_false(sp_str_eq(first, second));
}

static void
refused(void **state)
{
	static const struct {
		const char *spec;
		bool is_multipart;
		const char *why;
	} cases[] = {
		{ "\"x\"", false, "has to be an object" }, { "[]", true, "has to be an object" },
		{ "{}", false, "value: is needed" }, { "{\"f\": {}}", true, "f: value: is needed" },
		{ "{\"value\": \"{a\"}", false, "value: " }, { "{\"value\": \"x\", \"filename\": \"y\"}", false, "filename: is not known here" },
		{ "{\"f\": {\"value\": \"x\", \"name\": \"y\"}}", true, "f: name: is not known here" },
		{ "{\"f\": [\"x\"]}", true, "f: has to be a text" }, { "{\"f\": {\"value\": {}}}", true, "f: value: has to be a text" },
		{ "{\"value\": \"x\", \"type\": \"text\"}", false, "type: has to be a media type" },
		{ "{\"value\": \"x\", \"type\": \"text/a\\nb\"}", false, "type: has to be a media type" },
		{ "{\"value\": \"x\", \"type\": \"\"}", false, "type: has to be a media type" },
		{ "{\"value\": \"x\", \"base64\": 1}", false, "base64: has to be true or false" },
	};
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct sp_http_bytes *bytes;
		const char *why = "";

		CHECK(!sp_http_bytes_load(mem, json(mem, cases[i].spec), cases[i].is_multipart, &bytes, &why), cases[i].spec);
		if (!sp_str_starts(sp_str(why), cases[i].why))
			fail_msg("%s: %s", cases[i].spec, why);
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
		cmocka_unit_test(raw),
		cmocka_unit_test(multipart),
		cmocka_unit_test(boundaries_differ),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
