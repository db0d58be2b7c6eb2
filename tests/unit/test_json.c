/* test_json.c - base/json: what is taken, what is refused, what is written */
#include <pthread.h>
#include "base/json.h"
#include "unit.h"

#define BYTES(s) { "" s, sizeof(s) - 1 }

static struct sp_str
print(struct sp_arena *mem, struct json_object *tree)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, (size_t)1 << 24);
	sp_jw_init(&w, &b);
	sp_jw_value(&w, tree);
	assert_true(sp_buf_ok(&b));
	return sp_buf_view(&b);
}

static struct json_object *
parsed(struct sp_arena *mem, const char *text)
{
	struct json_object *tree;
	const char *why;

	if (!sp_json_parse(mem, sp_str(text), &tree, &why))
		fail_msg("%s: %s", text, why);
	return tree;
}

static void
taken(void **state)
{
	static const struct {
		const char *in, *out;		/* NULL: as it came */
	} cases[] = {
		{ "null", NULL },
		{ " true\r\n", "true" },
		{ "false", NULL },
		{ "\"\"", NULL },
		{ "0", NULL },
		{ "{}", NULL },
		{ "[]", NULL },
		{ "[ [ ] , { } ]", "[[],{}]" },
		{ "{\"\":1}", NULL },
		{ "{\"b\":1,\"a\":{\"d\":[true,false,null],\"c\":\"x\"}}", NULL },
		{ "{\"a\":1,\"A\":2,\"a \":3}", NULL },
		{ "[{\"a\":1},{\"a\":2}]", NULL },	/* the same name in two objects */
		{ "{\"a\":{\"a\":{\"a\":1}}}", NULL },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
		{ "\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"", "\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "\"\\uD7FF\\uE000\\uFFFF\\uDBFF\\uDFFF\"", "\"\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf\"" },
		{ "\"\\u0001\\u007f\"", "\"\\u0001\\u007F\"" },
		{ "\"a\\nb\\\\c\"", NULL },
		{ "-0", "0" },
		{ "-1", NULL },
		{ "9223372036854775807", NULL },
		{ "9223372036854775808", NULL },
		{ "18446744073709551615", NULL },
		{ "18446744073709551616", NULL },	/* beyond 64 bits: as it came, not saturated */
		{ "-9223372036854775808", NULL },
		{ "-9223372036854775809", NULL },
		{ "123456789012345678901234567890", NULL },
		{ "1.0", NULL },
		{ "1.50", NULL },
		{ "-0.0", NULL },
		{ "0.1e+1", NULL },
		{ "1e308", NULL },
		{ "1e-400", NULL },
		{ "3.14159265358979323846264338327950288", NULL },
	};
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CHECK_STR(print(mem, parsed(mem, cases[i].in)), cases[i].out != NULL ? cases[i].out : cases[i].in,
		    cases[i].in);
	}
	sp_arena_free(mem);
}

static void
refused(void **state)
{
	static const struct {
		struct sp_str in;
		const char *why;
	} cases[] = {
		{ BYTES(""), "empty" },
		{ BYTES(" \n"), "unexpected end" },
		{ BYTES("\xef\xbb\xbf{}"), "byte order mark" },
		{ BYTES("\"\xff\""), "not UTF-8" },
		{ BYTES("\"\xed\xa0\x80\""), "not UTF-8" },
		{ BYTES("\"\xc0\xaf\""), "not UTF-8" },
		{ BYTES("{\"a\":1,\"a\":2}"), "repeated name" },
		{ BYTES("{\"a\":1,\"\\u0061\":2}"), "repeated name" },
		{ BYTES("{\"\":1,\"\":2}"), "repeated name" },
		{ BYTES("{\"a\":null,\"a\":null}"), "repeated name" },
		{ BYTES("{\"a\":{},\"b\":1,\"a\":[]}"), "repeated name" },
		{ BYTES("[{\"a\":1,\"a\":1}]"), "repeated name" },
		{ BYTES("{'a':1}"), "unexpected character" },
		{ BYTES("{a:1}"), "unexpected character" },
		{ BYTES("{1:1}"), "unexpected character" },
		{ BYTES("['a']"), "unexpected character" },
		{ BYTES("/* */ 1"), "unexpected character" },
		{ BYTES("1 // one"), "trailing bytes" },
		{ BYTES("[1,/**/2]"), "unexpected character" },
		{ BYTES("[NaN]"), "unexpected character" },
		{ BYTES("[Infinity]"), "unexpected character" },
		{ BYTES("[-Infinity]"), "broken number" },
		{ BYTES("\"\\u0000\""), "NUL in a string" },
		{ BYTES("{\"\\u0000\":1}"), "NUL in a string" },
		{ BYTES("\"a\0b\""), "control character in a string" },
		{ BYTES("1\0"), "trailing bytes" },
		{ BYTES("\0"), "unexpected character" },
		{ BYTES("\"a\nb\""), "control character in a string" },
		{ BYTES("\"\x1f\""), "control character in a string" },
		{ BYTES("\"\\ud800\""), "lone surrogate" },
		{ BYTES("\"\\udc00\""), "lone surrogate" },
		{ BYTES("\"\\ud800\\ud800\""), "lone surrogate" },
		{ BYTES("\"\\ud800\\n\""), "lone surrogate" },
		{ BYTES("\"\\ud800x\""), "lone surrogate" },
		{ BYTES("\"\\x41\""), "broken escape" },
		{ BYTES("\"\\'\""), "broken escape" },
		{ BYTES("\"\\u00g0\""), "broken escape" },
		{ BYTES("\"\\u00"), "broken escape" },
		{ BYTES("\"\\u{41}\""), "broken escape" },
		{ BYTES("\"\\"), "broken escape" },
		{ BYTES("\"abc"), "unexpected end" },
		{ BYTES("01"), "trailing bytes" },
		{ BYTES("-01"), "trailing bytes" },
		{ BYTES("-"), "broken number" },
		{ BYTES("- 1"), "broken number" },
		{ BYTES("1."), "broken number" },
		{ BYTES("1.e1"), "broken number" },
		{ BYTES("1e"), "broken number" },
		{ BYTES("1e+"), "broken number" },
		{ BYTES("1e+-1"), "broken number" },
		{ BYTES(".5"), "unexpected character" },
		{ BYTES("+1"), "unexpected character" },
		{ BYTES("0x10"), "trailing bytes" },
		{ BYTES("1_000"), "trailing bytes" },
		{ BYTES("1e400"), "number too large" },
		{ BYTES("-1e400"), "number too large" },
		{ BYTES("1.8e308"), "number too large" },
		{ BYTES("tru"), "unexpected character" },
		{ BYTES("True"), "unexpected character" },
		{ BYTES("truex"), "trailing bytes" },
		{ BYTES("nul"), "unexpected character" },
		{ BYTES("undefined"), "unexpected character" },
		{ BYTES("["), "unexpected end" },
		{ BYTES("[1"), "unexpected end" },
		{ BYTES("[1,"), "unexpected end" },
		{ BYTES("[1,]"), "unexpected character" },
		{ BYTES("[,1]"), "unexpected character" },
		{ BYTES("[1 2]"), "unexpected character" },
		{ BYTES("[1}"), "unexpected character" },
		{ BYTES("]"), "unexpected character" },
		{ BYTES("{"), "unexpected end" },
		{ BYTES("{\"a\""), "unexpected end" },
		{ BYTES("{\"a\":"), "unexpected end" },
		{ BYTES("{\"a\":1"), "unexpected end" },
		{ BYTES("{\"a\":1,"), "unexpected end" },
		{ BYTES("{\"a\":1,}"), "unexpected character" },
		{ BYTES("{,}"), "unexpected character" },
		{ BYTES("{\"a\"}"), "unexpected character" },
		{ BYTES("{\"a\" 1}"), "unexpected character" },
		{ BYTES("{\"a\":1]"), "unexpected character" },
		{ BYTES("{\"a\":1;\"b\":2}"), "unexpected character" },
		{ BYTES("{}{}"), "trailing bytes" },
		{ BYTES("{} x"), "trailing bytes" },
		{ BYTES("1 2"), "trailing bytes" },
		{ BYTES("[]]"), "trailing bytes" },
		{ BYTES("[\v1]"), "unexpected character" },
		{ BYTES("[\xc2\xa0" "1]"), "unexpected character" },	/* a space, but not JSON's */
	};
	struct sp_arena *mem = sp_arena_new();
	struct json_object *const untouched = (struct json_object *)mem;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct json_object *tree = untouched;
		const char *why = "taken";

		if (sp_json_parse(mem, cases[i].in, &tree, &why))
			fail_msg("taken: %.*s", SP_FMT(cases[i].in));
		CHECK_STR(sp_str(why), cases[i].why, cases[i].in.p);
		CHECK(tree == untouched, cases[i].in.p);
	}
	sp_arena_free(mem);
}

static bool
depth_taken(struct sp_arena *mem, size_t depth, const char *open, const char *close)
{
	struct json_object *tree;
	struct sp_buf b;
	const char *why;

	sp_buf_init(&b, mem, 10000);
	for (size_t i = 0; i < depth; i++)
		sp_buf_cstr(&b, open);
	sp_buf_cstr(&b, "1");
	for (size_t i = 0; i < depth; i++)
		sp_buf_cstr(&b, close);
	if (sp_json_parse(mem, sp_buf_view(&b), &tree, &why)) {
		CHECK_STR(print(mem, tree), sp_buf_view(&b).p, "deep");
		return true;
	}
	assert_string_equal(why, "too deep");
	return false;
}

static void
depth(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	assert_true(depth_taken(mem, SP_JSON_MAX_DEPTH, "[", "]"));
	assert_false(depth_taken(mem, SP_JSON_MAX_DEPTH + 1, "[", "]"));
	assert_true(depth_taken(mem, SP_JSON_MAX_DEPTH, "{\"a\":", "}"));
	assert_false(depth_taken(mem, SP_JSON_MAX_DEPTH + 1, "{\"a\":", "}"));
	assert_false(depth_taken(mem, 1000, "[", "]"));
	sp_arena_free(mem);
}

/* "[x,x,x]" with so many of them. */
static struct sp_str
many(struct sp_arena *mem, const char *item, size_t count)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, SIZE_MAX / 2);
	for (size_t i = 0; i < count; i++)
		sp_buf_printf(&b, "%c%s", i == 0 ? '[' : ',', item);
	sp_buf_char(&b, ']');
	return sp_buf_view(&b);
}

static void
size_of_the_tree(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct json_object *tree;
	const char *why;

	(void)state;
	assert_true(sp_json_parse(mem, many(mem, "12", 300000), &tree, &why));
	assert_true(sp_json_parse(mem, many(mem, "{}", 50000), &tree, &why));
	assert_false(sp_json_parse(mem, many(mem, "{}", 200000), &tree, &why));
	assert_string_equal(why, "too many values");
	assert_true(sp_json_parse_large(mem, many(mem, "{}", 200000), &tree, &why));
	assert_int_equal(json_object_array_length(tree), 200000);
	/* one long string costs what it is long */
	assert_true(sp_json_parse(mem, SP_LIT("[\"x\",true,false]"), &tree, &why));
	assert_true(sp_json_parse(mem, many(mem, sp_printf(mem, "\"%0*d\",true", 100000, 7), 40), &tree, &why));
	sp_arena_free(mem);
}

static void
members(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct json_object *obj = parsed(mem, "{\"s\":\"text\",\"e\":\"\",\"n\":null,\"i\":1}");

	(void)state;
	assert_int_equal(json_object_get_int(sp_json_get(obj, "i")), 1);
	assert_null(sp_json_get(obj, "n"));
	assert_null(sp_json_get(obj, "none"));
	assert_null(sp_json_get(NULL, "s"));
	assert_null(sp_json_get(sp_json_get(obj, "s"), "s"));
	CHECK_STR(sp_json_get_str(obj, "s"), "text", "s");
	assert_non_null(sp_json_get_str(obj, "e").p);
	assert_int_equal(sp_json_get_str(obj, "e").len, 0);
	assert_null(sp_json_get_str(obj, "i").p);
	assert_null(sp_json_get_str(obj, "none").p);
	CHECK_STR(sp_json_text(sp_json_get(obj, "s")), "text", "s");
	sp_arena_free(mem);
}

struct message {
	struct sp_str name;
	struct sp_json_strings uris;
	int64_t ttl;
	bool yes;
	struct json_object *object, *array, *any;
};

static const struct sp_json_field fields[] = {
	{ "name", SP_JSON_STRING, offsetof(struct message, name), .required = true, .max = 5 },
	{ "uris", SP_JSON_STRINGS, offsetof(struct message, uris), .max = 2 },
	{ "ttl", SP_JSON_INT, offsetof(struct message, ttl) },
	{ "yes", SP_JSON_BOOL, offsetof(struct message, yes) },
	{ "object", SP_JSON_OBJECT, offsetof(struct message, object) },
	{ "array", SP_JSON_ARRAY, offsetof(struct message, array), .max = 2 },
	{ "any", SP_JSON_ANY, offsetof(struct message, any) },
	{ 0 }
};

static void
reading(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct message m = { 0 };
	const char *why;

	(void)state;
	assert_true(sp_json_read(mem, parsed(mem, "{\"name\":\"short\",\"uris\":[\"a\",\"bc\"],\"ttl\":-5,\"yes\":true,"
	    "\"object\":{\"x\":1},\"array\":[1,2],\"any\":\"z\",\"unknown\":[]}"), fields, &m, &why));
	CHECK_STR(m.name, "short", "name");
	assert_true(m.uris.present);
	assert_int_equal(m.uris.count, 2);
	CHECK_STR(m.uris.item[1], "bc", "uris");
	assert_int_equal(m.ttl, -5);
	assert_true(m.yes);
	CHECK_STR(print(mem, m.object), "{\"x\":1}", "object");
	CHECK_STR(print(mem, m.array), "[1,2]", "array");
	CHECK_STR(print(mem, m.any), "\"z\"", "any");

	m = (struct message){ .ttl = 7, .yes = true };
	assert_true(sp_json_read(mem, parsed(mem, "{\"name\":\"\",\"uris\":null,\"ttl\":null,\"any\":null}"),
	    fields, &m, &why));
	assert_non_null(m.name.p);
	assert_false(m.uris.present);
	assert_int_equal(m.ttl, 7);		/* as preset */
	assert_true(m.yes);
	assert_null(m.any);

	assert_true(sp_json_read(mem, parsed(mem, "{\"name\":\"x\",\"uris\":[]}"), fields, &m, &why));
	assert_true(m.uris.present);
	assert_int_equal(m.uris.count, 0);
	sp_arena_free(mem);
}

static void
reading_faults(void **state)
{
	static const struct {
		const char *in, *why;
	} cases[] = {
		{ "null", "not an object" },
		{ "[]", "not an object" },
		{ "\"name\"", "not an object" },
		{ "{}", "name: missing" },
		{ "{\"name\":null}", "name: missing" },
		{ "{\"name\":1}", "name: not a string" },
		{ "{\"name\":[\"x\"]}", "name: not a string" },
		{ "{\"name\":\"123456\"}", "name: too long" },
		{ "{\"name\":\"x\",\"uris\":\"a\"}", "uris: not an array of strings" },
		{ "{\"name\":\"x\",\"uris\":[1]}", "uris: not an array of strings" },
		{ "{\"name\":\"x\",\"uris\":[\"a\",null]}", "uris: not an array of strings" },
		{ "{\"name\":\"x\",\"uris\":[\"a\",\"b\",\"c\"]}", "uris: too many items" },
		{ "{\"name\":\"x\",\"ttl\":\"5\"}", "ttl: not an integer within range" },
		{ "{\"name\":\"x\",\"ttl\":42.5}", "ttl: not an integer within range" },
		{ "{\"name\":\"x\",\"ttl\":true}", "ttl: not an integer within range" },
		{ "{\"name\":\"x\",\"ttl\":9223372036854775808}", "ttl: not an integer within range" },
		{ "{\"name\":\"x\",\"ttl\":18446744073709551616}", "ttl: not an integer within range" },
		{ "{\"name\":\"x\",\"ttl\":1e16}", "ttl: not an integer within range" },
		{ "{\"name\":\"x\",\"yes\":1}", "yes: not true or false" },
		{ "{\"name\":\"x\",\"yes\":\"true\"}", "yes: not true or false" },
		{ "{\"name\":\"x\",\"object\":[]}", "object: not an object" },
		{ "{\"name\":\"x\",\"array\":{}}", "array: not an array" },
		{ "{\"name\":\"x\",\"array\":[1,2,3]}", "array: too many items" },
	};
	static const struct {
		const char *in;
		int64_t out;
	} integers[] = {
		{ "{\"name\":\"\",\"ttl\":42.0}", 42 },
		{ "{\"name\":\"\",\"ttl\":4.2e1}", 42 },
		{ "{\"name\":\"\",\"ttl\":-0.0}", 0 },
		{ "{\"name\":\"\",\"ttl\":9223372036854775807}", INT64_MAX },
		{ "{\"name\":\"\",\"ttl\":-9223372036854775808}", INT64_MIN },
	};
	struct sp_arena *mem = sp_arena_new();
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct message m = { .ttl = 4711 };

		why = "taken";
		CHECK(!sp_json_read(mem, parsed(mem, cases[i].in), fields, &m, &why), cases[i].in);
		CHECK_STR(sp_str(why), cases[i].why, cases[i].in);
		CHECK(m.ttl == 4711 && m.name.p == NULL, cases[i].in);
	}
	for (size_t i = 0; i < COUNT(integers); i++) {
		struct message m = { 0 };

		CHECK(sp_json_read(mem, parsed(mem, integers[i].in), fields, &m, &why), integers[i].in);
		CHECK(m.ttl == integers[i].out, integers[i].in);
	}
	sp_arena_free(mem);
}

static void
canonical(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "null", "null" },
		{ "{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}" },
		{ "{\"a\":2 , \"b\" : 1}", "{\"a\":2,\"b\":1}" },
		{ "{\"z\":{\"b\":[{\"d\":1,\"c\":2}],\"a\":null}}", "{\"z\":{\"a\":null,\"b\":[{\"c\":2,\"d\":1}]}}" },
		{ "[2,1]", "[2,1]" },
		{ "{\"\\u00e9\":1,\"z\":2,\"Z\":3,\"\":4,\"zz\":5}",
		    "{\"\":4,\"Z\":3,\"z\":2,\"zz\":5,\"\xc3\xa9\":1}" },
		{ "\"\\u0041\\/\"", "\"A/\"" },
		{ "[1.0,1,18446744073709551616]", "[1.0,1,18446744073709551616]" },
	};
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK_STR(sp_json_canonical(mem, parsed(mem, cases[i].in)), cases[i].out, cases[i].in);
	sp_arena_free(mem);
}

static void
writing(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_json_writer w;
	struct sp_buf b;

	(void)state;
	sp_buf_init(&b, mem, 1000);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kstr(&w, "a", SP_LIT("x\"y"));
	sp_jw_kstr(&w, "absent", (struct sp_str){ 0 });
	sp_jw_key(&w, "list");
	sp_jw_array(&w);
	sp_jw_object(&w);
	sp_jw_object_end(&w);
	sp_jw_array(&w);
	sp_jw_array_end(&w);
	sp_jw_int(&w, INT64_MIN);
	sp_jw_bool(&w, false);
	sp_jw_null(&w);
	sp_jw_cstr(&w, NULL);
	sp_jw_str(&w, SP_LIT(""));
	sp_jw_raw(&w, SP_LIT("[1]"));
	sp_jw_value(&w, NULL);
	sp_jw_object(&w);
	sp_jw_kint(&w, "n", 1);
	sp_jw_object_end(&w);
	sp_jw_array_end(&w);
	sp_jw_kcstr_if(&w, "none", NULL);
	sp_jw_kcstr_if(&w, "some", "s");
	sp_jw_kcstr(&w, "null", NULL);
	sp_jw_kbool(&w, "yes", true);
	sp_jw_kraw(&w, "raw", SP_LIT("{}"));
	sp_jw_key(&w, "tree");
	sp_jw_value(&w, parsed(mem, "{\"b\":[1,{}],\"a\":\"/\"}"));
	sp_jw_kint(&w, "last\n", -1);
	sp_jw_object_end(&w);
	CHECK_STR(sp_buf_view(&b),
	    "{\"a\":\"x\\\"y\",\"absent\":null,\"list\":[{},[],-9223372036854775808,false,null,null,\"\",[1],null,"
	    "{\"n\":1}],\"some\":\"s\",\"null\":null,\"yes\":true,\"raw\":{},\"tree\":{\"b\":[1,{}],\"a\":\"/\"},"
	    "\"last\\n\":-1}", "everything");

	sp_buf_init(&b, mem, 1000);
	sp_jw_init(&w, &b);
	sp_jw_array(&w);
	sp_jw_array_end(&w);
	CHECK_STR(sp_buf_view(&b), "[]", "empty array");

	sp_buf_init(&b, mem, 6);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "name", "value");
	sp_jw_object_end(&w);
	assert_false(sp_buf_ok(&b));
	sp_arena_free(mem);
}

/* Doubles that a program made, not the parser. */
static void
writing_doubles(void **state)
{
	static const struct {
		double d;
		const char *out;
	} cases[] = {
		{ 0.1, "0.1" },
		{ 1.0, "1" },
		{ -2.5, "-2.5" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		{ 1e300, "1e+300" },
		{ __builtin_inf(), "null" },
		{ __builtin_nan(""), "null" },
	};
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct json_object *number = json_object_new_double(cases[i].d);

		CHECK_STR(print(mem, number), cases[i].out, cases[i].out);
		json_object_put(number);
	}
	sp_arena_free(mem);
}

static void *
print_shared(void *tree)
{
	for (int i = 0; i < 200; i++) {
		struct sp_arena *mem = sp_arena_new();

		CHECK_STR(sp_json_canonical(mem, tree), "{\"a\":[1,2.5,\"x\"],\"b\":{}}", "shared");
		sp_arena_free(mem);
	}
	return NULL;
}

static void
shared_tree(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct json_object *tree = parsed(mem, "{\"b\":{},\"a\":[1,2.5,\"x\"]}");
	pthread_t thread[4];

	(void)state;
	for (size_t i = 0; i < COUNT(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, print_shared, tree), 0);
	for (size_t i = 0; i < COUNT(thread); i++)
		pthread_join(thread[i], NULL);
	sp_arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken),
		cmocka_unit_test(refused),
		cmocka_unit_test(depth),
		cmocka_unit_test(size_of_the_tree),
		cmocka_unit_test(members),
		cmocka_unit_test(reading),
		cmocka_unit_test(reading_faults),
		cmocka_unit_test(canonical),
		cmocka_unit_test(writing),
		cmocka_unit_test(writing_doubles),
		cmocka_unit_test(shared_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
