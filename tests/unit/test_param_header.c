/* test_param_header.c - which x-mcp-header annotations a schema may have, and which arguments they mean */
#include "unit.h"
#include "tools/param_header.h"

#define P(properties) "{\"type\":\"object\",\"properties\":{" properties "}}"
#define MISPLACED "x-mcp-header stands where a client cannot find its argument"
#define NAME "x-mcp-header is 1 to 64 of A-Z a-z 0-9 -"
#define TYPE "x-mcp-header needs a string, an integer or a boolean"
#define REGION "{\"type\":\"string\",\"x-mcp-header\":\"Region\"}"

static const struct {
	const char *name, *schema;
	const char *found;		/* "header=argument ..." */
	const char *why;		/* NULL: the schema is good */
} schemas[] = {
	{ "none", P("\"a\":{\"type\":\"string\"}"), "", NULL },
	{ "a string", P("\"region\":" REGION), "Mcp-Param-Region=region", NULL },
	{ "an integer and a boolean", P("\"n\":{\"type\":\"integer\",\"x-mcp-header\":\"N\"},"
	    "\"b\":{\"type\":\"boolean\",\"x-mcp-header\":\"B-1\"}"), "Mcp-Param-N=n Mcp-Param-B-1=b", NULL },
	{ "nested objects", P("\"order\":{\"type\":\"object\",\"properties\":{\"to\":" P("\"region\":" REGION) "}}"),
	    "Mcp-Param-Region=order.to.region", NULL },
	{ "objects without a type", "{\"properties\":{\"a\":{\"properties\":{\"b\":" REGION "}}}}", "Mcp-Param-Region=a.b", NULL },
	{ "a property of that name", P("\"x-mcp-header\":{\"type\":\"string\"}"), "", NULL },
	{ "a property of that name, annotated", P("\"x-mcp-header\":" REGION), "Mcp-Param-Region=x-mcp-header", NULL },
	{ "a property named properties", P("\"properties\":" REGION), "Mcp-Param-Region=properties", NULL },
	{ "a definition of that name", "{\"$defs\":{\"x-mcp-header\":{\"type\":\"string\"}}}", "", NULL },
	{ "in data", P("\"a\":{\"default\":{\"x-mcp-header\":\"A\"},\"enum\":[{\"x-mcp-header\":\"A\"}],"
	    "\"const\":{\"x-mcp-header\":1},\"examples\":[{\"x-mcp-header\":1}]}"), "", NULL },
	{ "true for a property", P("\"a\":true"), "", NULL },
	{ "properties that are none", "{\"properties\":[1]}", "", NULL },
	{ "not a schema", "true", "", NULL },

	{ "an empty name", P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"\"}"), NULL, NAME },
	{ "a name that is a number", P("\"a\":{\"type\":\"string\",\"x-mcp-header\":7}"), NULL, NAME },
	{ "null for a name", P("\"a\":{\"type\":\"string\",\"x-mcp-header\":null}"), NULL, NAME },
	{ "a space", P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"My Region\"}"), NULL, NAME },
	{ "a line break", P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\\r\\nX\"}"), NULL, NAME },
	{ "a colon", P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A:\"}"), NULL, NAME },
	{ "not ASCII", P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"R\xc3\xa9gion\"}"), NULL, NAME },
	{ "an underscore, which web servers drop", P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"a_b\"}"), NULL, NAME },
	{ "65 bytes", P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"),
	    NULL, NAME },
	{ "twice", P("\"a\":" REGION ",\"b\":" REGION), NULL, "an x-mcp-header stands twice" },
	{ "twice, in other letters", P("\"a\":" REGION ",\"b\":{\"type\":\"string\",\"x-mcp-header\":\"REGION\"}"),
	    NULL, "an x-mcp-header stands twice" },
	{ "twice, at another depth", P("\"a\":" REGION ",\"b\":" P("\"c\":" REGION)), NULL, "an x-mcp-header stands twice" },
	{ "a number", P("\"a\":{\"type\":\"number\",\"x-mcp-header\":\"A\"}"), NULL, TYPE },
	{ "an object", P("\"a\":{\"type\":\"object\",\"x-mcp-header\":\"A\"}"), NULL, TYPE },
	{ "an array", P("\"a\":{\"type\":\"array\",\"x-mcp-header\":\"A\"}"), NULL, TYPE },
	{ "null", P("\"a\":{\"type\":\"null\",\"x-mcp-header\":\"A\"}"), NULL, TYPE },
	{ "two types", P("\"a\":{\"type\":[\"string\",\"null\"],\"x-mcp-header\":\"A\"}"), NULL, TYPE },
	{ "no type", P("\"a\":{\"x-mcp-header\":\"A\"}"), NULL, TYPE },
	{ "the root", "{\"type\":\"object\",\"x-mcp-header\":\"A\"}", NULL, "x-mcp-header belongs to a property" },
	{ "items", P("\"a\":{\"type\":\"array\",\"items\":" REGION "}"), NULL, MISPLACED },
	{ "prefixItems", P("\"a\":{\"prefixItems\":[" REGION "]}"), NULL, MISPLACED },
	{ "properties of items", P("\"a\":{\"items\":" P("\"b\":" REGION) "}"), NULL, MISPLACED },
	{ "oneOf", "{\"oneOf\":[{\"properties\":{\"a\":" REGION "}}]}", NULL, MISPLACED },
	{ "allOf of a property", P("\"a\":{\"allOf\":[" REGION "]}"), NULL, MISPLACED },
	{ "anyOf", P("\"a\":{\"anyOf\":[{\"type\":\"null\"}," REGION "]}"), NULL, MISPLACED },
	{ "not", "{\"not\":{\"properties\":{\"a\":" REGION "}}}", NULL, MISPLACED },
	{ "then", "{\"if\":true,\"then\":{\"properties\":{\"a\":" REGION "}}}", NULL, MISPLACED },
	{ "$defs", "{\"$defs\":{\"a\":" REGION "}}", NULL, MISPLACED },
	{ "patternProperties", "{\"patternProperties\":{\"^a\":" REGION "}}", NULL, MISPLACED },
	{ "additionalProperties", "{\"additionalProperties\":" REGION "}", NULL, MISPLACED },
	{ "a definition named default", "{\"$defs\":{\"default\":" REGION "}}", NULL, MISPLACED },
};

static struct json_object *
parse(struct sp_arena *mem, const char *text)
{
	struct json_object *out = NULL;
	const char *why;

	if (!sp_json_parse(mem, sp_str(text), &out, &why))
		fail_msg("%s: %s", why, text);
	return out;
}

static void
annotations(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(schemas); i++) {
		struct sp_param_headers got = { NULL, 99 };
		const char *why = NULL;
		struct sp_buf b;

		CHECK(sp_param_headers(mem, parse(mem, schemas[i].schema), &got, &why) == (schemas[i].why == NULL),
		    schemas[i].name);
		if (schemas[i].why != NULL) {
			CHECK_STR(sp_str(why), schemas[i].why, schemas[i].name);
			CHECK(got.count == 99, schemas[i].name);
			continue;
		}
		sp_buf_init(&b, mem, 4096);
		for (size_t n = 0; n < got.count; n++)
			sp_buf_printf(&b, "%s%s=%s", n > 0 ? " " : "", got.item[n].header, got.item[n].argument);
		CHECK_STR(sp_buf_view(&b), schemas[i].found, schemas[i].name);
	}
	sp_arena_free(mem);
}

static void
no_end_of_them(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_param_headers got;
	const char *why = NULL;
	struct sp_buf b;

	(void)state;
	for (int n = 64; n <= 65; n++) {
		sp_buf_init(&b, mem, 65536);
		sp_buf_cstr(&b, "{\"properties\":{");
		for (int i = 0; i < n; i++)
			sp_buf_printf(&b, "%s\"p%d\":{\"type\":\"string\",\"x-mcp-header\":\"P%d\"}", i > 0 ? "," : "", i, i);
		sp_buf_cstr(&b, "}}");
		assert_int_equal(sp_param_headers(mem, parse(mem, sp_buf_view(&b).p), &got, &why), n == 64);
	}
	assert_int_equal(got.count, 64);
	sp_arena_free(mem);
}

static const struct {
	const char *name, *arguments, *value;	/* NULL: none */
} values[] = {
	{ "there", "{\"a\":{\"b\":\"x\"}}", "\"x\"" },
	{ "of another type", "{\"a\":{\"b\":[1]}}", "[1]" },
	{ "null", "{\"a\":{\"b\":null}}", NULL },
	{ "absent", "{\"a\":{\"c\":1}}", NULL },
	{ "the object is absent", "{\"b\":1}", NULL },
	{ "the object is null", "{\"a\":null}", NULL },
	{ "the object is none", "{\"a\":\"b\"}", NULL },
	{ "the object is an array", "{\"a\":[{\"b\":1}]}", NULL },
	{ "a name with a dot is another", "{\"a.b\":1}", NULL },
};

static void
value_at_its_path(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_param_headers got;
	const char *why;

	(void)state;
	assert_true(sp_param_headers(mem, parse(mem, P("\"a\":" P("\"b\":" REGION))), &got, &why));
	for (size_t i = 0; i < COUNT(values); i++) {
		struct json_object *value = sp_param_header_value(&got.item[0], parse(mem, values[i].arguments));

		CHECK((value == NULL) == (values[i].value == NULL), values[i].name);
		if (value != NULL)
			CHECK_STR(sp_json_canonical(mem, value), values[i].value, values[i].name);
	}
	assert_null(sp_param_header_value(&got.item[0], NULL));
	sp_arena_free(mem);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(annotations),
		cmocka_unit_test(no_end_of_them),
		cmocka_unit_test(value_at_its_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
