/*
 * test_schema.c - the JSON Schema validator: messages, limits, and what the official suite leaves open
 */
#include <pthread.h>
#include "base/clock.h"
#include "base/json.h"
#include "tools/schema.h"
#include "unit.h"

#define SLOW_MS 20000		/* of processor time: what is not bounded takes minutes, and valgrind seconds */

static struct json_object *
parse(struct sp_arena *mem, const char *text)
{
	struct json_object *json;
	const char *why;

	if (!sp_json_parse(mem, sp_str(text), &json, &why))
		fail_msg("not JSON: %s: %s", why, text);
	return json;
}

static struct sp_schema *
compile(struct sp_arena *mem, const char *text, const struct sp_schema_options *options)
{
	struct sp_schema *schema;
	const char *why;

	if (!sp_schema_compile(mem, parse(mem, text), options, &schema, &why))
		fail_msg("%s: %s", text, why);
	return schema;
}

/* "" when the value is valid, else what is wrong with it. */
static struct sp_str
judge_json(struct sp_arena *mem, const struct sp_schema *schema, struct json_object *value)
{
	struct sp_schema_errors errors;

	if (sp_schema_validate(schema, mem, value, &errors))
		return SP_LIT("");
	assert_true(errors.count > 0);
	return sp_schema_errors_text(mem, &errors);
}

static struct sp_str
judge(struct sp_arena *mem, const char *schema_text, const struct sp_schema_options *options,
    const char *value)
{
	struct sp_schema *schema = compile(mem, schema_text, options);
	struct sp_str said = judge_json(mem, schema, parse(mem, value));

	sp_schema_free(schema);
	return said;
}

/* ---- messages ---- */

#define SEARCH "{\"type\":\"object\",\"properties\":{\"query\":{\"type\":\"string\",\"minLength\":2,\"maxLength\":5}," \
	"\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":20},\"order\":{\"enum\":[\"asc\",\"desc\",null]}}," \
	"\"required\":[\"query\"],\"additionalProperties\":false}"

static const struct {
	const char *schema, *value, *said;
} messages[] = {
	{ SEARCH, "{\"query\":\"date\",\"limit\":20,\"order\":null}", "" },
	{ SEARCH, "[]", "must be an object (is an array)" },
	{ SEARCH, "{}", "\"query\" is required" },
	{ SEARCH, "{\"query\":5}", "/query: must be a string (is 5)" },
	{ SEARCH, "{\"query\":\"x\"}", "/query: must have at least 2 characters (has 1)" },
	{ SEARCH, "{\"query\":\"\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\"}", "" },
	{ SEARCH, "{\"query\":\"\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\"}", "/query: must have at most 5 characters (has 6)" },
	{ SEARCH, "{\"query\":\"xx\",\"limit\":25}", "/limit: must be at most 20 (is 25)" },
	{ SEARCH, "{\"query\":\"xx\",\"limit\":0}", "/limit: must be at least 1 (is 0)" },
	{ SEARCH, "{\"query\":\"xx\",\"limit\":2.5}", "/limit: must be an integer (is 2.5)" },
	{ SEARCH, "{\"query\":\"xx\",\"limit\":2.0}", "" },
	{ SEARCH, "{\"query\":\"xx\",\"limit\":\"2\"}", "/limit: must be an integer (is a string)" },
	{ SEARCH, "{\"query\":\"xx\",\"order\":\"up\"}", "/order: must be one of \"asc\", \"desc\", null (is \"up\")" },
	{ SEARCH, "{\"query\":\"xx\",\"lmit\":1}",
	    "/lmit: is not allowed here; allowed are \"limit\", \"order\", \"query\"" },
	{ SEARCH, "{\"a/b~c\":1}",
	    "\"query\" is required\n/a~1b~0c: is not allowed here; allowed are \"limit\", \"order\", \"query\"" },
	{ "{\"type\":[\"string\",\"integer\",\"null\"]}", "true", "must be null, an integer or a string (is a boolean)" },
	{ "{\"const\":{\"a\":1}}", "\"x\"", "must be an object (is \"x\")" },
	{ "{\"exclusiveMinimum\":0,\"exclusiveMaximum\":1}", "0", "must be more than 0 (is 0)" },
	{ "{\"exclusiveMinimum\":0,\"exclusiveMaximum\":1}", "1.5", "must be less than 1 (is 1.5)" },
	{ "{\"multipleOf\":0.05}", "0.07", "must be a multiple of 0.05 (is 0.07)" },
	{ "{\"pattern\":\"^[a-z]+$\"}", "\"A1\"", "must match the pattern \"^[a-z]+$\" (is \"A1\")" },
	{ "{\"minItems\":2}", "[1]", "must have at least 2 items (has 1)" },
	{ "{\"maxItems\":1}", "[1,2]", "must have at most 1 item (has 2)" },
	{ "{\"uniqueItems\":true}", "[{\"a\":1,\"b\":2},3,{\"b\":2.0,\"a\":1}]",
	    "must not have equal items (items 0 and 2 are)" },
	{ "{\"items\":{\"type\":\"string\"}}", "[\"a\",1,2]", "/1: must be a string (is 1)\n/2: must be a string (is 2)" },
	{ "{\"prefixItems\":[true],\"items\":false}", "[1,2]", "/1: must not be there" },
	{ "{\"contains\":{\"const\":1}}", "[2,3]",
	    "must have at least 1 item (has 0) of the kind that \"contains\" describes" },
	{ "{\"contains\":{\"const\":1},\"maxContains\":1}", "[1,1]",
	    "must have at most 1 item (has 2) of the kind that \"contains\" describes" },
	{ "{\"minProperties\":1}", "{}", "must have at least 1 member (has 0)" },
	{ "{\"maxProperties\":1}", "{\"a\":1,\"b\":2}", "must have at most 1 member (has 2)" },
	{ "{\"dependentRequired\":{\"from\":[\"to\"]}}", "{\"from\":1}", "\"to\" is required when \"from\" is there" },
	{ "{\"propertyNames\":{\"maxLength\":2}}", "{\"abc\":1}",
	    "/abc: must not have the name \"abc\": it must have at most 2 characters (has 3)" },
	{ "{\"not\":{\"type\":\"string\"}}", "\"x\"", "must not be what \"not\" describes (is \"x\")" },
	{ "false", "1", "must not be there" },
	{ "{\"anyOf\":[{\"type\":\"string\"},{\"required\":[\"id\"]}]}", "{}",
	    "must be one of 2 alternatives: 1: must be a string (is an object); 2: \"id\" is required" },
	{ "{\"properties\":{\"p\":{\"oneOf\":[{\"type\":\"string\"},{\"properties\":{\"q\":{\"type\":\"null\"}}}]}}}",
	    "{\"p\":{\"q\":1}}", "/p: must be one of 2 alternatives: 1: must be a string (is an object); "
	    "2: /p/q must be null (is 1)" },
	{ "{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"integer\"},{\"minimum\":3}]}", "5",
	    "must be exactly one of the alternatives, but is both number 2 and number 3" },
	{ "{\"if\":{\"required\":[\"a\"]},\"then\":{\"required\":[\"b\"]}}", "{\"a\":1}", "\"b\" is required" },
	{ "{\"properties\":{\"a\":true},\"allOf\":[{\"properties\":{\"b\":true}}],\"unevaluatedProperties\":false}",
	    "{\"a\":1,\"b\":2,\"c\":3}", "/c: is not allowed here" },
	{ "{\"properties\":{\"a\":true},\"patternProperties\":{\"^x-\":true},\"additionalProperties\":false}",
	    "{\"x-a\":1,\"b\":2}", "/b: is not allowed here; allowed are \"a\" and names that match a pattern" },
	/* a fault in an alternative does not make its members unknown */
	{ "{\"anyOf\":[{\"properties\":{\"k\":{\"const\":1}}}],\"unevaluatedProperties\":false}", "{\"k\":2}",
	    "must be one of 1 alternatives: 1: /k must be 1 (is 2)" },
	/* the same demand from two subschemas is told once */
	{ "{\"allOf\":[{\"required\":[\"a\"]},{\"required\":[\"a\"]}]}", "{}", "\"a\" is required" },
	/* extracts are short, and do not end within a character */
	{ "{\"const\":1}", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\u00e9b\"",
	    "must be 1 (is \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"...)" },
	{ "{\"const\":1}", "\"a\\nb\\\"\"", "must be 1 (is \"a\\nb\\\"\")" },
};

static void
says_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		struct sp_arena *mem = sp_arena_new();

		CHECK_STR(judge(mem, messages[i].schema, NULL, messages[i].value), messages[i].said, messages[i].value);
		sp_arena_free(mem);
	}
}

static void
says_where(void **state)
{
	static const char text[] = "{\"$id\":\"https://example.com/s\",\"properties\":{\"a/b\":{\"items\":"
	    "{\"$ref\":\"#/$defs/n\"}}},\"$defs\":{\"n\":{\"allOf\":[true,{\"maximum\":3}]}}}";
	struct sp_arena *mem = sp_arena_new();
	struct sp_schema *schema = compile(mem, text, NULL);
	struct sp_schema_errors errors;

	(void)state;
	assert_false(sp_schema_validate(schema, mem, parse(mem, "{\"a/b\":[1,2,9]}"), &errors));
	assert_int_equal(errors.count, 1);
	assert_false(errors.more);
	CHECK_STR(errors.item[0].instance, "/a~1b/2", "instance");
	CHECK_STR(errors.item[0].schema, "https://example.com/s#/$defs/n/allOf/1/maximum", "schema");
	CHECK_STR(errors.item[0].message, "must be at most 3 (is 9)", "message");
	sp_schema_free(schema);
	sp_arena_free(mem);
}

static void
stops_describing(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_schema *schema = compile(mem, "{\"items\":{\"type\":\"string\"}}",
	    &(struct sp_schema_options){ .max_errors = 2 });
	struct sp_schema_errors errors;

	(void)state;
	assert_false(sp_schema_validate(schema, mem, parse(mem, "[1,2,3]"), &errors));
	assert_int_equal(errors.count, 2);
	assert_true(errors.more);
	CHECK_STR(sp_schema_errors_text(mem, &errors),
	    "/0: must be a string (is 1)\n/1: must be a string (is 2)\n...", "text");
	sp_schema_free(schema);
	sp_arena_free(mem);
}

/* ---- schemas that are not valid ---- */

static const struct {
	const char *schema, *why;
} faults[] = {
	{ "5", "#: must be a schema: an object, true or false" },
	{ "{\"properties\":{\"limit\":{\"maximum\":\"20\"}}}", "#/properties/limit/maximum: must be a number" },
	{ "{\"properties\":[]}", "#/properties: must be an object of schemas" },
	{ "{\"properties\":{\"a\":1}}", "#/properties/a: must be a schema: an object, true or false" },
	{ "{\"properties\":{\"a\":null}}", "#/properties/a: must be a schema: an object, true or false" },
	{ "{\"required\":\"a\"}", "#/required: must be an array of strings" },
	{ "{\"required\":[1]}", "#/required: must be an array of strings" },
	{ "{\"type\":\"text\"}",
	    "#/type: must be null, boolean, integer, number, string, array or object, or a list of them" },
	{ "{\"type\":[]}", "#/type: must not be empty" },
	{ "{\"maxLength\":-1}", "#/maxLength: must be a whole number from 0 on" },
	{ "{\"maxLength\":1.5}", "#/maxLength: must be a whole number from 0 on" },
	{ "{\"multipleOf\":0}", "#/multipleOf: must be a number above 0 with at most 18 digits" },
	{ "{\"multipleOf\":-2}", "#/multipleOf: must be a number above 0 with at most 18 digits" },
	{ "{\"allOf\":[]}", "#/allOf: must be an array of schemas, not empty" },
	{ "{\"anyOf\":[true,3]}", "#/anyOf/1: must be a schema: an object, true or false" },
	{ "{\"enum\":3}", "#/enum: must be an array" },
	{ "{\"uniqueItems\":1}", "#/uniqueItems: must be true or false" },
	{ "{\"items\":[true]}", "#/items: must be a schema; a list of them goes into prefixItems" },
	{ "{\"pattern\":\"(\"}", "#/pattern: \"(\" is not a pattern that can be used: a group is not closed" },
	{ "{\"patternProperties\":{\"*\":true}}",
	    "#/patternProperties: \"*\" is not a pattern that can be used: a quantifier has nothing to repeat" },
	{ "{\"$ref\":\"#/$defs/a\"}", "#/$ref: leads to \"#/$defs/a\", where there is nothing" },
	{ "{\"$ref\":\"#a\"}", "#/$ref: leads to \"#a\", where there is nothing" },
	{ "{\"$ref\":\"#/required\",\"required\":[\"a\"]}", "#/required: must be a schema: an object, true or false" },
	{ "{\"$ref\":5}", "#/$ref: must be a string" },
	{ "{\"$ref\":\"#%zz\"}", "#/$ref: is not a URI" },
	{ "{\"properties\":{\"a\":{\"$ref\":\"https://example.com/a\"}}}",
	    "#/properties/a/$ref: leads to \"https://example.com/a\", which is not in the schema and is not fetched" },
	{ "{\"$ref\":\"#\"}", "#: refers to itself in a circle" },
	{ "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"allOf\":[{\"$ref\":\"#/$defs/b\"}]},\"b\":{\"not\":{\"$ref\":\"#/$defs/a\"}}}}",
	    "#/$defs/a: refers to itself in a circle" },
	{ "{\"anyOf\":[{\"type\":\"null\"},{\"if\":{\"$ref\":\"#\"}}]}", "#: refers to itself in a circle" },
	{ "{\"$schema\":\"http://json-schema.org/draft-04/schema#\"}",
	    "#/$schema: the dialect is not supported; 2020-12, draft-07 and draft-06 are" },
	{ "{\"$schema\":\"https://example.com/dialect\"}",
	    "#/$schema: the dialect is not supported; 2020-12, draft-07 and draft-06 are" },
	{ "{\"$id\":\"https://example.com/#frag\"}", "#/$id: must be a URI without a fragment" },
	{ "{\"$defs\":{\"a\":{\"$id\":\"x\"},\"b\":{\"$id\":\"x\"}}}", "#/$defs/b/$id: another schema has this URI" },
	{ "{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"b\":{\"$anchor\":\"x\"}}}",
	    "#/$defs/b/$anchor: another subschema has this anchor" },
	{ "{\"$anchor\":\"1\"}", "#/$anchor: is not a name that an anchor can have" },
};

static void
refuses_schemas(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct sp_arena *mem = sp_arena_new();
		struct sp_schema *schema = NULL;
		const char *why = "compiled";

		if (sp_schema_compile(mem, parse(mem, faults[i].schema), NULL, &schema, &why))
			fail_msg("compiled: %s", faults[i].schema);
		assert_null(schema);
		CHECK_STR(sp_str(why), faults[i].why, faults[i].schema);
		sp_arena_free(mem);
	}
}

/* A circle that consumes some of the value on its way is a tree, and fine. */
static void
follows_trees(void **state)
{
	static const char tree[] = "{\"properties\":{\"n\":{\"type\":\"integer\"},\"left\":{\"$ref\":\"#\"},\"right\":{\"$ref\":\"#\"}},"
	    "\"additionalProperties\":false}";
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	CHECK_STR(judge(mem, tree, NULL, "{\"n\":1,\"left\":{\"n\":2,\"right\":{\"n\":3}}}"), "", "a tree");
	CHECK_STR(judge(mem, tree, NULL, "{\"left\":{\"right\":{\"n\":\"3\"}}}"),
	    "/left/right/n: must be an integer (is a string)", "a fault in a leaf");
	sp_arena_free(mem);
}

static unsigned asked;

static struct json_object *
resolve_nothing(void *arg, const char *uri)
{
	(void)arg;
	(void)uri;
	asked++;
	return NULL;
}

static void
asks_only_for_what_is_outside(void **state)
{
	const struct sp_schema_options options = { .resolve = resolve_nothing };
	struct sp_arena *mem = sp_arena_new();
	struct sp_schema *schema;
	const char *why;

	(void)state;
	asked = 0;
	sp_schema_free(compile(mem, "{\"$id\":\"https://example.com/a/\",\"$ref\":\"b#x\",\"$defs\":{\"b\":"
	    "{\"$id\":\"../a/b\",\"$anchor\":\"x\",\"items\":{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}}}}",
	    &options));
	assert_int_equal(asked, 0);
	assert_false(sp_schema_compile(mem, parse(mem, "{\"$ref\":\"b\"}"), &options, &schema, &why));
	assert_int_equal(asked, 1);
	sp_arena_free(mem);
}

/* ---- numbers ---- */

static const struct {
	const char *schema, *value;
	bool valid;
} numbers[] = {
	{ "{\"const\":1}", "1.0", true },
	{ "{\"const\":1}", "10e-1", true },
	{ "{\"const\":1}", "1.0000000000000000000001", false },
	{ "{\"const\":0}", "-0.0", true },
	{ "{\"const\":[1,{\"a\":1.5}]}", "[1.0,{\"a\":15e-1}]", true },
	{ "{\"const\":18446744073709551616}", "18446744073709551616", true },
	{ "{\"const\":18446744073709551616}", "18446744073709551617", false },
	{ "{\"const\":18446744073709551615}", "18446744073709551615", true },
	{ "{\"const\":9223372036854775807}", "9223372036854775808", false },
	{ "{\"maximum\":9007199254740992}", "9007199254740993", false },
	{ "{\"maximum\":9007199254740992.0}", "9007199254740993", false },
	{ "{\"minimum\":-9223372036854775808}", "-9223372036854775809", false },
	{ "{\"minimum\":0.1}", "0.1", true },
	{ "{\"exclusiveMinimum\":0.1}", "0.10000000000000000001", true },
	{ "{\"minimum\":-2}", "-1e400", false },
	{ "{\"minimum\":1e-300}", "1e-301", false },
	{ "{\"type\":\"integer\"}", "1e3", true },
	{ "{\"type\":\"integer\"}", "1.5e1", true },
	{ "{\"type\":\"integer\"}", "1.5e0", false },
	{ "{\"type\":\"integer\"}", "123456789012345678901234567890", true },
	{ "{\"multipleOf\":0.01}", "19.99", true },
	{ "{\"multipleOf\":0.01}", "19.999", false },
	{ "{\"multipleOf\":0.3}", "0.9", true },
	{ "{\"multipleOf\":3}", "123456789012345678901234567890", true },
	{ "{\"multipleOf\":3}", "123456789012345678901234567891", false },
	{ "{\"multipleOf\":7}", "-21", true },
	{ "{\"multipleOf\":1e-8}", "1e300", true },
	{ "{\"multipleOf\":1e300}", "1e-8", false },
	{ "{\"multipleOf\":1e300}", "0", true },
	{ "{\"multipleOf\":999999999999999999}", "999999999999999999e5", true },
	{ "{\"multipleOf\":999999999999999999}", "999999999999999998", false },
	{ "{\"maxLength\":2.0}", "\"ab\"", true },
	{ "{\"maxLength\":1e100}", "\"ab\"", true },
	{ "{\"minLength\":1e100}", "\"ab\"", false },
};

static void
counts_in_decimals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct sp_arena *mem = sp_arena_new();

		if (strstr(numbers[i].value, "e400") == NULL &&	/* our parser stops at doubles */
		    (judge(mem, numbers[i].schema, NULL, numbers[i].value).len == 0) != numbers[i].valid)
			fail_msg("%s of %s: expected %s", numbers[i].value, numbers[i].schema,
			    numbers[i].valid ? "valid" : "invalid");
		sp_arena_free(mem);
	}
}

/* What a tool computed has no text: it is the shortest decimal that stands for it. */
static void
counts_computed_doubles(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_schema *schema = compile(mem, "{\"multipleOf\":0.1,\"maximum\":0.7}", NULL);
	struct json_object *value = json_object_new_double(0.7);

	(void)state;
	CHECK_STR(judge_json(mem, schema, value), "", "0.7");
	json_object_put(value);
	value = json_object_new_double(1e308 * 10);
	CHECK_STR(sp_str_sub(judge_json(mem, schema, value), 0, 20), "must be at most 0.7 ", "inf");
	json_object_put(value);
	sp_schema_free(schema);
	sp_arena_free(mem);
}

/* ---- dialects ---- */

#define OLD "{\"$schema\":\"http://json-schema.org/draft-07/schema#\","

static const struct {
	const char *schema, *value;
	bool valid;
} dialects[] = {
	{ OLD "\"items\":[{\"type\":\"string\"}],\"additionalItems\":false}", "[\"a\"]", true },
	{ OLD "\"items\":[{\"type\":\"string\"}],\"additionalItems\":false}", "[\"a\",1]", false },
	{ OLD "\"items\":{\"type\":\"string\"},\"additionalItems\":false}", "[\"a\",\"b\"]", true },
	{ OLD "\"definitions\":{\"a\":{\"type\":\"string\"}},\"properties\":{\"x\":{\"$ref\":\"#/definitions/a\",\"maxLength\":1}}}",
	    "{\"x\":\"abc\"}", true },		/* beside $ref nothing counts ... */
	{ "{\"$defs\":{\"a\":{\"type\":\"string\"}},\"properties\":{\"x\":{\"$ref\":\"#/$defs/a\",\"maxLength\":1}}}",
	    "{\"x\":\"abc\"}", false },		/* ... until 2019-09 */
	{ OLD "\"dependencies\":{\"a\":[\"b\"]}}", "{\"a\":1}", false },
	{ OLD "\"dependencies\":{\"a\":{\"required\":[\"b\"]}}}", "{\"a\":1}", false },
	{ OLD "\"prefixItems\":[false]}", "[1]", true },
	{ OLD "\"definitions\":{\"a\":{\"$id\":\"#a\",\"type\":\"string\"}},\"items\":{\"$ref\":\"#a\"}}", "[1]", false },
	{ "{\"prefixItems\":[{\"type\":\"string\"}],\"additionalItems\":false}", "[\"a\",1]", true },
	{ "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema#\",\"prefixItems\":[false]}", "[1]", false },
	{ "{\"$ref\":\"http://json-schema.org/draft-07/schema#\"}", "{\"type\":\"text\"}", false },
	{ "{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}",
	    "{\"properties\":{\"a\":{\"allOf\":[{\"minimum\":1}]}}}", true },
	{ "{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}",
	    "{\"properties\":{\"a\":{\"allOf\":[{\"minimum\":\"1\"}]}}}", false },
};

static void
speaks_dialects(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(dialects); i++) {
		struct sp_arena *mem = sp_arena_new();

		if ((judge(mem, dialects[i].schema, NULL, dialects[i].value).len == 0) != dialects[i].valid)
			fail_msg("%s of %s: expected %s", dialects[i].value, dialects[i].schema,
			    dialects[i].valid ? "valid" : "invalid");
		sp_arena_free(mem);
	}
}

static void
asserts_formats_when_asked(void **state)
{
	const struct sp_schema_options asserted = { .assert_format = true };
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	CHECK_STR(judge(mem, "{\"format\":\"date\"}", NULL, "\"soon\""), "", "as an annotation");
	CHECK_STR(judge(mem, "{\"format\":\"date\"}", &asserted, "\"soon\""),
	    "must be a date such as 2026-07-28 (is \"soon\")", "as an assertion");
	CHECK_STR(judge(mem, "{\"format\":\"colour\"}", &asserted, "\"soon\""), "", "one that nobody knows");
	sp_arena_free(mem);
}

/* ---- what is made to take long ---- */

/* n times piece, between open and close */
static const char *
repeat(struct sp_arena *mem, const char *open, const char *piece, size_t n, const char *close)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, (size_t)1 << 28);
	sp_buf_cstr(&b, open);
	for (size_t i = 0; i < n; i++)
		sp_buf_cstr(&b, piece);
	sp_buf_cstr(&b, close);
	return sp_buf_view(&b).p;
}

struct bomb {
	const char *name, *schema, *open, *piece;
	size_t n;
	const char *close, *said;
};

#define TOO_MUCH "takes too much work to be checked"

static const struct bomb bombs[] = {
	{ "nested quantifiers", "{\"pattern\":\"^(a+)+$\"}", "\"", "a", 50000, "!\"", TOO_MUCH },
	{ "overlapping alternatives", "{\"pattern\":\"^(a|a)*$\"}", "\"", "a", 60, "!\"", TOO_MUCH },
	{ "three repeats of anything", "{\"pattern\":\"^.*.*.*x$\"}", "\"", "a", 50000, "\"", TOO_MUCH },
	{ "a repeat without an anchor", "{\"pattern\":\"[a-z]*[0-9]\"}", "\"", "a", 1000000, "\"", TOO_MUCH },
	{ "a backreference", "{\"pattern\":\"(a*)(a*)\\\\1\\\\2[!?]\"}", "\"", "a", 20000, "\"", TOO_MUCH },
	{ "a lookahead", "{\"pattern\":\"(?=.*!)\"}", "\"", "a", 1000000, "\"", TOO_MUCH },
	{ "a name that takes long", "{\"patternProperties\":{\"^(a+)+$\":false}}", "{\"", "a", 50000, "!\":1}", TOO_MUCH },
	{ "a long text without the letter", "{\"pattern\":\"x\",\"minLength\":3}", "\"", "a", 10000000, "\"",
	    "must match the pattern \"x\" (is \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"...)" },
	{ "ten million characters", "{\"maxLength\":1000}", "\"", "a", 10000000, "\"",
	    "must have at most 1000 characters (has 10000000)" },
	{ "a hundred thousand items", "{\"maxItems\":100}", "[", "1,", 100000, "1]", "must have at most 100 items (has 100001)" },
	{ "unique items that are not", "{\"uniqueItems\":true}", "[", "{},", 20000, "0]",
	    "must not have equal items (items 0 and 1 are)" },
	{ "many alternatives for many items",
	    "{\"items\":{\"anyOf\":[{\"enum\":[1,2,3,4,5,6,7,8]},{\"enum\":[1,2,3,4,5,6,7,8]},{\"const\":0}]}}",
	    "[", "0,", 100000, "0]", TOO_MUCH },
	{ "deep and wide", "{\"$defs\":{\"a\":{\"anyOf\":[{\"items\":{\"$ref\":\"#/$defs/a\"},\"not\":true},"
	    "{\"items\":{\"$ref\":\"#/$defs/a\"},\"not\":true}]}},\"$ref\":\"#/$defs/a\"}", "", "[", 40,
	    "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", TOO_MUCH },
	/* refused at once, but to say why would take for ever */
	{ "hard to explain", "{\"$defs\":{\"a\":{\"anyOf\":[{\"items\":{\"$ref\":\"#/$defs/a\"},\"minItems\":2},"
	    "{\"items\":{\"$ref\":\"#/$defs/a\"},\"minItems\":3}]}},\"$ref\":\"#/$defs/a\"}", "", "[", 40,
	    "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "is not what the schema describes\n..." },
};

static void
ends_in_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bombs); i++) {
		const struct bomb *b = &bombs[i];
		struct sp_arena *mem = sp_arena_new();
		struct json_object *value = parse(mem, repeat(mem, b->open, b->piece, b->n, b->close));
		struct sp_schema *schema = compile(mem, b->schema, NULL);
		int64_t start = cpu_ms();

		CHECK_STR(judge_json(mem, schema, value), b->said, b->name);
		CHECK(cpu_ms() - start < SLOW_MS, b->name);
		sp_schema_free(schema);
		sp_arena_free(mem);
	}
}

static void
refuses_large_schemas(void **state)
{
	static const struct bomb large[] = {
		{ "deep", "", "", "{\"not\":", 60, "true}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}", NULL },
		{ "many", "", "{\"allOf\":[", "true,", 19998, "true]}", NULL },
		{ "too many", "", "{\"allOf\":[", "true,", 19999, "true]}", "#/allOf/19999: the schema has too many subschemas" },
		{ "too many values", "", "{\"enum\":[", "1,", 200000, "1]}", "#: the schema is too large or nested too deeply" },
		{ "a long pattern", "", "{\"pattern\":\"", "a", 8193, "\"}",
		    "#/pattern: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"... "
		    "is not a pattern that can be used: the pattern is too long" },
		{ "a pattern that grows", "", "{\"pattern\":\"(((a{100}){100}){100})\",\"$comment\":\"", "", 0, "\"}",
		    "PCRE2 cannot take it: regular expression is too large" },
		{ "patterns that add up", "", "{\"allOf\":[", "{\"pattern\":\"((ab){50}){30}\"},", 200, "true]}",
		    "it makes the patterns of the schema too large" },
		{ "groups in groups", "", "{\"pattern\":\"", "(", 200, "\"}", 
		    "is not a pattern that can be used: groups are nested too deeply" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(large); i++) {
		const struct bomb *b = &large[i];
		struct sp_arena *mem = sp_arena_new();
		struct json_object *json = parse(mem, repeat(mem, b->open, b->piece, b->n, b->close));
		int64_t start = cpu_ms();
		struct sp_schema *schema = NULL;
		const char *why = NULL;

		if (sp_schema_compile(mem, json, NULL, &schema, &why) != (b->said == NULL))
			fail_msg("%s: %s", b->name, why != NULL ? why : "compiled");
		if (b->said != NULL && !sp_str_ends(sp_str(why), b->said))
			fail_msg("%s: expected \"%s\", got \"%s\"", b->name, b->said, why);
		CHECK(cpu_ms() - start < SLOW_MS, b->name);
		sp_schema_free(schema);
		sp_arena_free(mem);
	}
}

/* $dynamicRef can run in a circle that nothing shows beforehand. */
static void
ends_a_dynamic_circle(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	CHECK_STR(judge(mem, "{\"$dynamicAnchor\":\"a\",\"$dynamicRef\":\"#a\"}", NULL, "1"),
	    "is nested too deeply to be checked", "a circle");
	sp_arena_free(mem);
}

/* "not" and the like do not take "it was too much" for "no". */
static void
does_not_turn_a_limit_around(void **state)
{
	const struct sp_schema_options few = { .max_steps = 200 };
	static const char *const schemas[] = {
		"{\"not\":{\"pattern\":\"^(a+)+$\"}}",
		"{\"if\":{\"pattern\":\"^(a+)+$\"},\"else\":true}",
		"{\"anyOf\":[{\"pattern\":\"^(a+)+$\"},true]}",
		"{\"oneOf\":[{\"pattern\":\"^(a+)+$\"},true]}",
		"{\"contains\":{\"pattern\":\"^(a+)+$\"},\"minContains\":0}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(schemas); i++) {
		struct sp_arena *mem = sp_arena_new();
		const char *text = repeat(mem, i == 4 ? "[\"" : "\"", "a", 1000, i == 4 ? "!\"]" : "!\"");

		CHECK_STR(judge(mem, schemas[i], &few, text), TOO_MUCH, schemas[i]);
		sp_arena_free(mem);
	}
}

/* ---- memory and threads ---- */

static void
keeps_a_copy(void **state)
{
	struct sp_arena *first = sp_arena_new(), *mem = sp_arena_new();
	struct sp_schema *schema = compile(first, SEARCH, NULL);

	(void)state;
	sp_arena_free(first);
	CHECK_STR(judge_json(mem, schema, parse(mem, "{\"query\":\"xx\",\"order\":\"up\"}")),
	    "/order: must be one of \"asc\", \"desc\", null (is \"up\")", "after its JSON is gone");
	sp_schema_free(schema);
	sp_schema_free(NULL);
	sp_arena_free(mem);
}

static void *
validate_often(void *arg)
{
	const struct sp_schema *schema = arg;
	struct sp_arena *mem = sp_arena_new();
	struct sp_schema_errors errors;
	uintptr_t wrong = 0;

	for (int i = 0; i < 500; i++) {
		struct json_object *good, *bad;
		const char *why;

		if (!sp_json_parse(mem, SP_LIT("{\"a\":\"xyz\",\"b\":[1,2.5,{\"c\":null}]}"), &good, &why) ||
		    !sp_json_parse(mem, SP_LIT("{\"a\":\"xyz!\",\"b\":[1,2.5,{\"c\":3}]}"), &bad, &why) ||
		    !sp_schema_validate(schema, mem, good, &errors) || sp_schema_validate(schema, mem, bad, &errors) ||
		    errors.count != 2)
			wrong++;
		sp_arena_reset(mem);
	}
	sp_arena_free(mem);
	return (void *)wrong;
}

static void
is_shared_by_threads(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_schema *schema = compile(mem, "{\"properties\":{\"a\":{\"pattern\":\"^[a-z]+$\"},\"b\":{\"items\":"
	    "{\"anyOf\":[{\"multipleOf\":0.5,\"type\":\"number\"},{\"const\":{\"c\":null}}]}}},\"unevaluatedProperties\":false}", NULL);
	pthread_t thread[4];
	void *wrong;

	(void)state;
	for (size_t i = 0; i < COUNT(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, validate_often, schema), 0);
	for (size_t i = 0; i < COUNT(thread); i++) {
		assert_int_equal(pthread_join(thread[i], &wrong), 0);
		assert_null(wrong);
	}
	sp_schema_free(schema);
	sp_arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(says_where),
		cmocka_unit_test(stops_describing),
		cmocka_unit_test(refuses_schemas),
		cmocka_unit_test(follows_trees),
		cmocka_unit_test(asks_only_for_what_is_outside),
		cmocka_unit_test(counts_in_decimals),
		cmocka_unit_test(counts_computed_doubles),
		cmocka_unit_test(speaks_dialects),
		cmocka_unit_test(asserts_formats_when_asked),
		cmocka_unit_test(ends_in_time),
		cmocka_unit_test(refuses_large_schemas),
		cmocka_unit_test(ends_a_dynamic_circle),
		cmocka_unit_test(does_not_turn_a_limit_around),
		cmocka_unit_test(keeps_a_copy),
		cmocka_unit_test(is_shared_by_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
