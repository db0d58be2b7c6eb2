/* test_openapi.c - OpenAPI descriptions as documents of tools */
#include "unit.h"
#include "base/json.h"
#include "tools/openapi.h"
#include "tools/openapi_private.h"
#include "tools/schema.h"

#define RULES "{\"name\":\"api\",\"source\":\"api\"}"
#define DESCRIPTION(version, paths, components) \
	"{\"openapi\":\"" version "\",\"info\":{},\"paths\":{" paths "},\"components\":{" components "}}"
#define GET(members) "\"get\":{" members "}"

static struct json_object *
parse(struct sp_arena *mem, const char *text)
{
	struct json_object *out = NULL;
	const char *why;

	if (!sp_json_parse_large(mem, sp_str(text), &out, &why))
		fail_msg("%s: %s", why, text);
	return out;
}

static struct sp_openapi
import(struct sp_arena *mem, const char *rules, const char *description, const char *name)
{
	struct sp_openapi out;
	const char *why = NULL;

	if (!sp_openapi_import(mem, parse(mem, rules), parse(mem, description), &out, &why))
		fail_msg("%s: %s", name, why);
	return out;
}

/* Equal JSON, members in any order; NULL is nothing. */
static void
check_json(struct sp_arena *mem, struct json_object *got, const char *expected, const char *name)
{
	if (expected == NULL) {
		CHECK(got == NULL, name);
		return;
	}
	CHECK_STR(sp_json_canonical(mem, got), sp_json_canonical(mem, parse(mem, expected)).p, name);
}

static struct json_object *
tool_of(const struct sp_openapi *out, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(out->documents); i++) {
		struct json_object *tool = json_object_array_get_idx(out->documents, i);

		if (sp_str_is(sp_json_get_str(tool, "kind"), "tool") && sp_str_is(sp_json_get_str(tool, "name"), name))
			return tool;
	}
	return NULL;
}

static bool
has_remark(const struct sp_openapi *out, const char *operation, const char *text)
{
	for (size_t i = 0; i < json_object_array_length(out->remarks); i++) {
		struct json_object *remark = json_object_array_get_idx(out->remarks, i);

		if (sp_str_eq(sp_json_get_str(remark, "operation"), sp_str(operation)) &&
		    sp_str_is(sp_json_get_str(remark, "text"), text))
			return true;
	}
	return false;
}

/* ---- schemas ---- */

#define BODY(schema) \
	"\"/t\":{\"post\":{\"operationId\":\"t\",\"requestBody\":{\"required\":true,\"content\":{\"application/json\":{" \
	"\"schema\":{\"type\":\"object\",\"properties\":{\"v\":" schema "}}}}}}}"
#define V30(schema, components) DESCRIPTION("3.0.3", BODY(schema), "\"schemas\":{" components "}")
#define V31(schema, components) DESCRIPTION("3.1.0", BODY(schema), "\"schemas\":{" components "}")
#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"
#define LONG_TEXT "A description that is longer than what is repeated wherever it is used, as there is a limit to what is " \
	"small, and this is above it by a few words more than are needed."
#define BIG "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}"

static const struct {
	const char *name, *description;
	const char *schema, *definitions;	/* of argument v; of "$defs" */
} schemas[] = {
	{ "nothing", V30("{}", ""), "{}", NULL },
	{ "nullable", V30("{\"type\":\"string\",\"nullable\":true}", ""), "{\"type\":[\"string\",\"null\"]}", NULL },
	{ "not nullable", V30("{\"type\":\"string\",\"nullable\":false}", ""), "{\"type\":\"string\"}", NULL },
	{ "nullable without a type says nothing", V30("{\"nullable\":true}", ""), "{}", NULL },
	{ "nullable enum", V30("{\"type\":\"string\",\"enum\":[\"a\"],\"nullable\":true}", ""),
	    "{\"type\":[\"string\",\"null\"],\"enum\":[\"a\",null]}", NULL },
	{ "nullable enum that says so itself", V30("{\"type\":\"string\",\"enum\":[\"a\",null],\"nullable\":true}", ""),
	    "{\"type\":[\"string\",\"null\"],\"enum\":[\"a\",null]}", NULL },
	{ "nullable allOf", V30("{\"nullable\":true,\"allOf\":[" REF("A") "]}", "\"A\":" BIG),
	    "{\"anyOf\":[{\"allOf\":[" BIG "]},{\"type\":\"null\"}]}", NULL },
	{ "nullable in 3.1, where many still write it", V31("{\"type\":\"string\",\"nullable\":true}", ""),
	    "{\"type\":[\"string\",\"null\"]}", NULL },
	{ "types of 3.1", V31("{\"type\":[\"string\",\"null\",\"string\"]}", ""), "{\"type\":[\"string\",\"null\"]}", NULL },
	{ "a type that there is not", V30("{\"type\":\"file\",\"format\":\"binary\"}", ""), "{\"format\":\"binary\"}", NULL },
	{ "a format that there is not", V30("{\"type\":\"string\",\"format\":\"<width>x<height>\"}", ""), "{\"type\":\"string\"}", NULL },
	{ "exclusiveMinimum of 3.0", V30("{\"type\":\"integer\",\"minimum\":1,\"exclusiveMinimum\":true}", ""),
	    "{\"type\":\"integer\",\"exclusiveMinimum\":1}", NULL },
	{ "exclusiveMaximum of 3.0", V30("{\"maximum\":1.5,\"exclusiveMaximum\":true}", ""), "{\"exclusiveMaximum\":1.5}", NULL },
	{ "exclusiveMinimum that is not", V30("{\"minimum\":1,\"exclusiveMinimum\":false}", ""), "{\"minimum\":1}", NULL },
	{ "exclusiveMinimum without a minimum", V30("{\"exclusiveMinimum\":true}", ""), "{}", NULL },
	{ "exclusiveMinimum of 3.1", V31("{\"exclusiveMinimum\":1}", ""), "{\"exclusiveMinimum\":1}", NULL },
	{ "example", V30("{\"type\":\"string\",\"example\":\"x\"}", ""), "{\"type\":\"string\",\"examples\":[\"x\"]}", NULL },
	{ "examples are before example", V31("{\"example\":1,\"examples\":[2]}", ""), "{\"examples\":[2]}", NULL },
	{ "what is no JSON Schema", V30("{\"type\":\"string\",\"xml\":{\"name\":\"x\"},\"externalDocs\":{},\"x-y\":1,\"readOnly\":false}", ""),
	    "{\"type\":\"string\"}", NULL },
	{ "a header of ours is not the description's to set", V30("{\"type\":\"string\",\"x-mcp-header\":\"Region\"}", ""),
	    "{\"type\":\"string\"}", NULL },
	{ "no schema of another place", V31("{\"$id\":\"https://example.com/x\",\"$schema\":\"https://example.com/y\",\"$anchor\":\"a\"}", ""),
	    "{}", NULL },
	{ "values that are not as they should be", V30("{\"minLength\":\"3\",\"maxLength\":-1,\"minimum\":\"1\",\"enum\":[],"
	    "\"required\":true,\"items\":[{}],\"properties\":[],\"pattern\":7,\"uniqueItems\":\"yes\",\"title\":{}}", ""), "{\"items\":{}}", NULL },
	{ "required twice", V30("{\"required\":[\"a\",\"a\",1]}", ""), "{\"required\":[\"a\"]}", NULL },
	{ "a pattern", V30("{\"pattern\":\"^a+$\"}", ""), "{\"pattern\":\"^a+$\"}", NULL },
	{ "a pattern of another language", V30("{\"pattern\":\"(?i)^a++$\"}", ""), "{}", NULL },
	{ "patternProperties", V31("{\"patternProperties\":{\"^a\":{\"type\":\"string\"},\"(?P<x>\":{}}}", ""),
	    "{\"patternProperties\":{\"^a\":{\"type\":\"string\"}}}", NULL },
	{ "a default is the service's to put in", V31("{\"description\":\"Private?\",\"default\":false}", ""),
	    "{\"description\":\"Private? Default: false\"}", NULL },
	{ "a default that is a text, by reference", V31(REF("A"), "\"A\":{\"type\":\"string\",\"description\":\"d\",\"default\":\"x/y\"}"),
	    "{\"type\":\"string\",\"description\":\"d Default: \\\"x/y\\\"\"}", NULL },
	{ "a default of null", V31("{\"default\":null}", ""), "{}", NULL },
	{ "a default further down", V31("{\"items\":{\"default\":1}}", ""), "{\"items\":{\"default\":1}}", NULL },
	{ "const null", V31("{\"const\":null}", ""), "{\"const\":null}", NULL },
	{ "booleans", V31("{\"items\":true,\"additionalProperties\":false}", ""), "{\"items\":true,\"additionalProperties\":false}", NULL },
	{ "readOnly members", V30("{\"type\":\"object\",\"required\":[\"id\",\"a\"],\"properties\":{\"id\":{\"readOnly\":true},\"a\":{}}}", ""),
	    "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{}}}", NULL },
	{ "readOnly by reference", V30("{\"properties\":{\"id\":" REF("Id") ",\"a\":{}}}", "\"Id\":{\"type\":\"string\",\"readOnly\":true}"),
	    "{\"properties\":{\"a\":{}}}", NULL },
	{ "writeOnly members stay in requests", V30("{\"properties\":{\"p\":{\"writeOnly\":true,\"type\":\"string\"}}}", ""),
	    "{\"properties\":{\"p\":{\"type\":\"string\"}}}", NULL },
	{ "a reference stands in its place", V30(REF("A"), "\"A\":" BIG ",\"B\":" BIG), BIG, NULL },
	{ "a reference to a reference", V30(REF("A"), "\"A\":" REF("B") ",\"B\":" BIG), BIG, NULL },
	{ "what is small is repeated", V30("{\"oneOf\":[" REF("A") ",{\"items\":" REF("A") "}]}", "\"A\":{\"type\":\"string\",\"enum\":[\"a\"]}"),
	    "{\"oneOf\":[{\"type\":\"string\",\"enum\":[\"a\"]},{\"items\":{\"type\":\"string\",\"enum\":[\"a\"]}}]}", NULL },
	{ "what is used twice is a definition", V30("{\"anyOf\":[" REF("A") ",{\"items\":" REF("A") "}]}", "\"A\":" BIG ",\"B\":" BIG),
	    "{\"anyOf\":[{\"$ref\":\"#/$defs/A\"},{\"items\":{\"$ref\":\"#/$defs/A\"}}]}", "{\"A\":" BIG "}" },
	{ "recursion", V30(REF("Tree"), "\"Tree\":{\"type\":\"object\",\"properties\":{\"children\":{\"type\":\"array\",\"items\":" REF("Tree") "}}}"),
	    "{\"$ref\":\"#/$defs/Tree\"}",
	    "{\"Tree\":{\"type\":\"object\",\"properties\":{\"children\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/Tree\"}}}}}" },
	{ "recursion by way of another", V30(REF("A"), "\"A\":{\"properties\":{\"b\":" REF("B") "}},\"B\":{\"properties\":{\"a\":" REF("A") "}}"),
	    "{\"$ref\":\"#/$defs/A\"}",
	    "{\"A\":{\"properties\":{\"b\":{\"properties\":{\"a\":{\"$ref\":\"#/$defs/A\"}}}}}}" },
	{ "two definitions with one last part", V31("{\"anyOf\":[" REF("A") "," REF("A") ",{\"$ref\":\"#/components/x/A\"},"
	    "{\"$ref\":\"#/components/x/A\"}]}", "\"A\":" BIG "},\"x\":{\"A\":{\"type\":\"object\",\"description\":\"" LONG_TEXT "\"}"),
	    "{\"anyOf\":[{\"$ref\":\"#/$defs/A\"},{\"$ref\":\"#/$defs/A\"},{\"$ref\":\"#/$defs/A-2\"},{\"$ref\":\"#/$defs/A-2\"}]}",
	    "{\"A\":" BIG ",\"A-2\":{\"type\":\"object\",\"description\":\"" LONG_TEXT "\"}}" },
	{ "names that a pointer escapes", V30("{\"$ref\":\"#/components/schemas/a~1b~0c%7Bd%7D\"}", "\"a/b~c{d}\":" BIG), BIG, NULL },
	{ "a note beside a reference", V31("{\"$ref\":\"#/components/schemas/A\",\"description\":\"x\"}", "\"A\":" BIG),
	    "{\"type\":\"object\",\"description\":\"x\",\"properties\":{\"a\":{\"type\":\"string\"}}}", NULL },
	{ "more than a note beside a reference", V31("{\"$ref\":\"#/components/schemas/A\",\"minProperties\":1}", "\"A\":" BIG),
	    "{\"allOf\":[" BIG ",{\"minProperties\":1}]}", NULL },
	{ "discriminator", V30("{\"oneOf\":[" REF("A") "],\"discriminator\":{\"propertyName\":\"kind\",\"mapping\":"
	    "{\"a\":\"#/components/schemas/A\",\"b\":\"https://example.com/B\"}}}", "\"A\":" BIG),
	    "{\"oneOf\":[" BIG "],\"discriminator\":{\"propertyName\":\"kind\",\"mapping\":{\"a\":\"A\",\"b\":\"B\"}}}", NULL },
	{ "a description is cut at a word, and what nobody sees is taken out",
	    V30("{\"description\":\"a\\u202eb\\u200b\\u0007c\"}", ""), "{\"description\":\"ab c\"}", NULL },
};

static void
translation(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(schemas); i++) {
		struct sp_openapi out = import(mem, RULES, schemas[i].description, schemas[i].name);
		struct json_object *input = sp_json_get(tool_of(&out, "t"), "input");

		CHECK(input != NULL, schemas[i].name);
		check_json(mem, sp_json_get(sp_json_get(input, "properties"), "v"), schemas[i].schema, schemas[i].name);
		check_json(mem, sp_json_get(input, "$defs"), schemas[i].definitions, schemas[i].name);
	}
	sp_arena_free(mem);
}

/* ---- requests ---- */

#define STRING "{\"type\":\"string\"}"
#define PARAMETER(name, in) "{\"name\":\"" name "\",\"in\":\"" in "\",\"schema\":" STRING "}"
#define OBJECT(properties, required) "{\"type\":\"object\",\"properties\":{" properties "},\"required\":[" required \
	"],\"additionalProperties\":false}"
#define OBJECT0(properties) "{\"type\":\"object\",\"properties\":{" properties "},\"additionalProperties\":false}"
#define JSON_BODY(required, schema) "\"requestBody\":{\"required\":" required ",\"content\":{\"application/json\":{\"schema\":" schema "}}}"

static const struct {
	const char *name, *description;
	const char *input, *http;
	const char *remark;			/* NULL: none is looked for */
} requests[] = {
	{ "no arguments", DESCRIPTION("3.0.0", "\"/t\":{" GET("\"operationId\":\"t\"") "}", ""), OBJECT0(""),
	    "{\"source\":\"api\",\"method\":\"GET\",\"path\":\"/t\"}", NULL },
	{ "path, query and header", DESCRIPTION("3.0.0", "\"/t/{id}/x\":{" GET("\"operationId\":\"t\",\"parameters\":["
	    PARAMETER("id", "path") "," PARAMETER("q", "query") "," PARAMETER("X-Trace", "header") "]") "}", ""),
	    OBJECT("\"id\":" STRING ",\"q\":" STRING ",\"X-Trace\":" STRING, "\"id\""),
	    "{\"source\":\"api\",\"method\":\"GET\",\"path\":\"/t/{id}/x\",\"query\":{\"q\":\"{q}\"},\"headers\":{\"X-Trace\":\"{X-Trace}\"}}", NULL },
	{ "one name in four places", DESCRIPTION("3.0.0", "\"/t/{id}\":{\"post\":{\"operationId\":\"t\",\"parameters\":["
	    PARAMETER("id", "header") "," PARAMETER("id", "query") "," PARAMETER("id", "path") "],"
	    JSON_BODY("true", "{\"type\":\"object\",\"required\":[\"id\"],\"properties\":{\"id\":" STRING "}}") "}}", ""),
	    OBJECT("\"id\":" STRING ",\"id_query\":" STRING ",\"id_header\":" STRING ",\"id_body\":" STRING, "\"id\",\"id_body\""),
	    "{\"source\":\"api\",\"method\":\"POST\",\"path\":\"/t/{id}\",\"query\":{\"id\":\"{id_query}\"},\"headers\":{\"id\":\"{id_header}\"},"
	    "\"body\":{\"id\":\"{id_body}\"}}", NULL },
	{ "names that are none", DESCRIPTION("3.0.0", "\"/t/{a.b}\":{" GET("\"operationId\":\"t\",\"parameters\":["
	    PARAMETER("a.b", "path") "," PARAMETER("filter[a b]", "query") "," PARAMETER("a_b", "query") "," PARAMETER("\xc3\xa9", "query") "]") "}", ""),
	    OBJECT("\"a_b\":" STRING ",\"filter_a_b\":" STRING ",\"a_b_query\":" STRING ",\"x_4a99557e\":" STRING, "\"a_b\""),
	    "{\"source\":\"api\",\"method\":\"GET\",\"path\":\"/t/{a_b}\",\"query\":{\"filter[a b]\":\"{filter_a_b}\",\"a_b\":\"{a_b_query}\",\"\xc3\xa9\":\"{x_4a99557e}\"}}",
	    NULL },
	{ "parameters of the path, and one over it", DESCRIPTION("3.0.0", "\"/t\":{\"parameters\":[" PARAMETER("a", "query") ","
	    PARAMETER("b", "query") "]," GET("\"operationId\":\"t\",\"parameters\":[{\"name\":\"b\",\"in\":\"query\",\"schema\":{\"type\":\"integer\"}}]") "}", ""),
	    OBJECT0("\"a\":" STRING ",\"b\":{\"type\":\"integer\"}"),
	    "{\"source\":\"api\",\"method\":\"GET\",\"path\":\"/t\",\"query\":{\"a\":\"{a}\",\"b\":\"{b}\"}}", NULL },
	{ "parameters by reference", DESCRIPTION("3.0.0", "\"/t\":{" GET("\"operationId\":\"t\",\"parameters\":["
	    "{\"$ref\":\"#/components/parameters/A\"}]") "}", "\"parameters\":{\"A\":" PARAMETER("a", "query") "}"),
	    OBJECT0("\"a\":" STRING), "{\"source\":\"api\",\"method\":\"GET\",\"path\":\"/t\",\"query\":{\"a\":\"{a}\"}}", NULL },
	{ "a parameter that nobody declared", DESCRIPTION("3.0.0", "\"/t/{id}\":{" GET("\"operationId\":\"t\"") "}", ""),
	    OBJECT("\"id\":" STRING, "\"id\""), "{\"source\":\"api\",\"method\":\"GET\",\"path\":\"/t/{id}\"}",
	    "path id is not declared: taken as a string" },
	{ "a parameter that the path does not have", DESCRIPTION("3.0.0", "\"/t\":{" GET("\"operationId\":\"t\",\"parameters\":["
	    PARAMETER("id", "path") "]") "}", ""), OBJECT0(""), "{\"source\":\"api\",\"method\":\"GET\",\"path\":\"/t\"}",
	    "path id left out: the path does not have it" },
	{ "styles", DESCRIPTION("3.0.0", "\"/t\":{" GET("\"operationId\":\"t\",\"parameters\":["
	    "{\"name\":\"a\",\"in\":\"query\",\"explode\":false},{\"name\":\"b\",\"in\":\"query\",\"style\":\"pipeDelimited\"},"
	    "{\"name\":\"c\",\"in\":\"query\",\"style\":\"deepObject\",\"explode\":true},"
	    "{\"name\":\"d\",\"in\":\"query\",\"content\":{\"application/json\":{\"schema\":{\"type\":\"object\"}}}}]") "}", ""),
	    OBJECT0("\"a\":{},\"b\":{},\"c\":{},\"d\":{\"type\":\"object\"}"),
	    "{\"source\":\"api\",\"method\":\"GET\",\"path\":\"/t\",\"query\":{\"a\":{\"value\":\"{a}\",\"style\":\"form\",\"explode\":false},"
	    "\"b\":{\"value\":\"{b}\",\"style\":\"pipeDelimited\"},\"c\":{\"value\":\"{c}\",\"style\":\"deepObject\"},"
	    "\"d\":{\"value\":\"{d}\",\"style\":\"json\"}}}", NULL },
	{ "a cookie", DESCRIPTION("3.0.0", "\"/t\":{" GET("\"operationId\":\"t\",\"parameters\":[" PARAMETER("c", "cookie") "]") "}", ""),
	    OBJECT0(""), "{\"source\":\"api\",\"method\":\"GET\",\"path\":\"/t\"}", "cookie c left out: cookies are not sent" },
	{ "header fields that are not the caller's", DESCRIPTION("3.0.0", "\"/t\":{" GET("\"operationId\":\"t\",\"parameters\":["
	    PARAMETER("Authorization", "header") "," PARAMETER("HOST", "header") "," PARAMETER("a\\r\\nb", "header") ","
	    PARAMETER("x-api-key", "header") "," PARAMETER("key", "query") "]") "}",
	    "\"securitySchemes\":{\"a\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-API-Key\"},"
	    "\"b\":{\"type\":\"apiKey\",\"in\":\"query\",\"name\":\"key\"}}"),
	    OBJECT0(""), "{\"source\":\"api\",\"method\":\"GET\",\"path\":\"/t\"}", "header HOST left out: it is not the caller's to say" },
	{ "several segments", DESCRIPTION("3.0.0", "\"/t/{p}\":{" GET("\"operationId\":\"t\",\"parameters\":["
	    "{\"name\":\"p\",\"in\":\"path\",\"required\":true,\"x-multi-segment\":true,\"schema\":" STRING "}]") "}", ""),
	    OBJECT("\"p\":" STRING, "\"p\""), "{\"source\":\"api\",\"method\":\"GET\",\"path\":\"/t/{+p}\"}", NULL },
	{ "a query in the path", DESCRIPTION("3.0.0", "\"/t?beta=a%20b&x\":{" GET("\"operationId\":\"t\",\"parameters\":[" PARAMETER("q", "query") "]") "}", ""),
	    OBJECT0("\"q\":" STRING), "{\"source\":\"api\",\"method\":\"GET\",\"path\":\"/t\",\"query\":{\"beta\":\"a b\",\"x\":\"\",\"q\":\"{q}\"}}", NULL },
	{ "a body's members", DESCRIPTION("3.0.0", "\"/t\":{\"put\":{\"operationId\":\"t\"," JSON_BODY("true", REF("A")) "}}",
	    "\"schemas\":{\"A\":{\"type\":\"object\",\"required\":[\"a\",\"id\"],\"properties\":{\"id\":{\"readOnly\":true},\"a\":" STRING ",\"b c\":" STRING "}}}"),
	    OBJECT("\"a\":" STRING ",\"b_c\":" STRING, "\"a\""),
	    "{\"source\":\"api\",\"method\":\"PUT\",\"path\":\"/t\",\"body\":{\"a\":\"{a}\",\"b c\":\"{b_c}\"}}", NULL },
	{ "a body that may be left out", DESCRIPTION("3.0.0", "\"/t\":{\"put\":{\"operationId\":\"t\"," JSON_BODY("false",
	    "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":" STRING "}}") "}}", ""),
	    OBJECT0("\"a\":" STRING), "{\"source\":\"api\",\"method\":\"PUT\",\"path\":\"/t\",\"body\":{\"a\":\"{a}\"},\"omit_empty_body\":true}", NULL },
	{ "a body made of objects", DESCRIPTION("3.0.0", "\"/t\":{\"put\":{\"operationId\":\"t\"," JSON_BODY("true",
	    "{\"allOf\":[" REF("A") ",{\"properties\":{\"b\":" STRING "},\"required\":[\"b\"]}]}") "}}",
	    "\"schemas\":{\"A\":{\"type\":\"object\",\"properties\":{\"a\":" STRING "}}}"),
	    OBJECT("\"a\":" STRING ",\"b\":" STRING, "\"b\""),
	    "{\"source\":\"api\",\"method\":\"PUT\",\"path\":\"/t\",\"body\":{\"a\":\"{a}\",\"b\":\"{b}\"}}", NULL },
	{ "a body of alternatives", DESCRIPTION("3.0.0", "\"/t\":{\"put\":{\"operationId\":\"t\"," JSON_BODY("true",
	    "{\"oneOf\":[{\"type\":\"object\"},{\"type\":\"array\"}]}") "}}", ""),
	    OBJECT("\"body\":{\"oneOf\":[{\"type\":\"object\"},{\"type\":\"array\"}]}", "\"body\""),
	    "{\"source\":\"api\",\"method\":\"PUT\",\"path\":\"/t\",\"body\":\"{body}\"}", NULL },
	{ "a body whose alternatives are what is required", DESCRIPTION("3.0.0", "\"/t\":{\"put\":{\"operationId\":\"t\"," JSON_BODY("true",
	    "{\"type\":\"object\",\"properties\":{\"a\":" STRING ",\"b\":" STRING "},\"anyOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}]}") "}}", ""),
	    OBJECT0("\"a\":" STRING ",\"b\":" STRING), "{\"source\":\"api\",\"method\":\"PUT\",\"path\":\"/t\",\"body\":{\"a\":\"{a}\",\"b\":\"{b}\"}}",
	    "which members of the body go together is not in the schema; the service says it" },
	{ "a body that is an array", DESCRIPTION("3.0.0", "\"/t\":{\"put\":{\"operationId\":\"t\"," JSON_BODY("false",
	    "{\"type\":\"array\",\"items\":" STRING "}") "}}", ""),
	    OBJECT0("\"body\":{\"type\":\"array\",\"items\":" STRING "}"),
	    "{\"source\":\"api\",\"method\":\"PUT\",\"path\":\"/t\",\"body\":\"{body}\"}", NULL },
	{ "any members", DESCRIPTION("3.0.0", "\"/t\":{\"put\":{\"operationId\":\"t\"," JSON_BODY("true",
	    "{\"type\":\"object\",\"additionalProperties\":" STRING "}") "}}", ""),
	    OBJECT("\"body\":{\"type\":\"object\",\"additionalProperties\":" STRING "}", "\"body\""),
	    "{\"source\":\"api\",\"method\":\"PUT\",\"path\":\"/t\",\"body\":\"{body}\"}", NULL },
	{ "a form", DESCRIPTION("3.0.0", "\"/t\":{\"post\":{\"operationId\":\"t\",\"requestBody\":{\"required\":true,\"content\":{"
	    "\"multipart/form-data\":{},\"application/x-www-form-urlencoded\":{\"schema\":{\"type\":\"object\",\"properties\":{"
	    "\"To\":" STRING ",\"Tags\":{\"type\":\"array\"}}},\"encoding\":{\"Tags\":{\"style\":\"form\",\"explode\":false}}}}}}}", ""),
	    OBJECT0("\"To\":" STRING ",\"Tags\":{\"type\":\"array\"}"),
	    "{\"source\":\"api\",\"method\":\"POST\",\"path\":\"/t\",\"form\":{\"To\":\"{To}\",\"Tags\":{\"value\":\"{Tags}\",\"style\":\"form\","
	    "\"explode\":false}}}", NULL },
	{ "a form without fields", DESCRIPTION("3.0.0", "\"/t\":{\"get\":{\"operationId\":\"t\",\"requestBody\":{\"content\":{"
	    "\"application/x-www-form-urlencoded\":{\"schema\":{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}}}}}}", ""),
	    OBJECT0(""), "{\"source\":\"api\",\"method\":\"GET\",\"path\":\"/t\"}", NULL },
	{ "media types with a charset: a form", DESCRIPTION("3.0.0", "\"/t\":{\"post\":{\"operationId\":\"t\",\"requestBody\":{\"required\":true,"
	    "\"content\":{\"application/x-www-form-urlencoded; charset=utf-8\":{\"schema\":{\"properties\":{\"a\":" STRING "}}}}}}}", ""),
	    OBJECT0("\"a\":" STRING), "{\"source\":\"api\",\"method\":\"POST\",\"path\":\"/t\",\"form\":{\"a\":\"{a}\"}}", NULL },
	{ "media types with a charset: JSON", DESCRIPTION("3.0.0", "\"/t\":{\"post\":{\"operationId\":\"t\",\"requestBody\":{\"required\":true,"
	    "\"content\":{\"Application/JSON; charset=utf-8\":{\"schema\":{\"type\":\"array\"}}}}}}", ""),
	    OBJECT("\"body\":{\"type\":\"array\"}", "\"body\""),
	    "{\"source\":\"api\",\"method\":\"POST\",\"path\":\"/t\",\"body\":\"{body}\"}", NULL },
	{ "any media type, and a patch", DESCRIPTION("3.0.0", "\"/t\":{\"patch\":{\"operationId\":\"t\",\"requestBody\":{\"required\":true,\"content\":{"
	    "\"application/json-patch+json\":{},\"application/merge-patch+json\":{\"schema\":{\"type\":\"object\"}}}}}}", ""),
	    OBJECT("\"body\":{\"type\":\"object\"}", "\"body\""),
	    "{\"source\":\"api\",\"method\":\"PATCH\",\"path\":\"/t\",\"body\":\"{body}\",\"content_type\":\"application/merge-patch+json\"}", NULL },
	{ "a body that cannot be sent, and need not be", DESCRIPTION("3.0.0", "\"/t\":{\"post\":{\"operationId\":\"t\",\"requestBody\":{\"content\":{"
	    "\"text/xml\":{}}}}}", ""), OBJECT0(""), "{\"source\":\"api\",\"method\":\"POST\",\"path\":\"/t\"}", "body left out: it is text/xml" },
	{ "parts, of which some are files", DESCRIPTION("3.0.0", "\"/t\":{\"post\":{\"operationId\":\"t\",\"requestBody\":{\"required\":true,\"content\":{"
	    "\"multipart/form-data\":{\"schema\":{\"type\":\"object\",\"required\":[\"f\"],\"properties\":{\"n\":" STRING ","
	    "\"f\":{\"type\":\"string\",\"format\":\"binary\",\"description\":\"A picture.\"},"
	    "\"more\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"format\":\"binary\"}}}},"
	    "\"encoding\":{\"f\":{\"contentType\":\"image/png\"},\"more\":{\"contentType\":\"image/*\"}}}}}}}", ""),
	    OBJECT("\"n\":" STRING ",\"f\":{\"type\":\"string\",\"contentEncoding\":\"base64\",\"description\":\"A picture. In base64.\"},"
	    "\"f_filename\":{\"type\":\"string\",\"description\":\"Name of the file in f, with its extension.\"},"
	    "\"more\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"contentEncoding\":\"base64\"},\"description\":\"In base64.\"},"
	    "\"more_filename\":{\"type\":\"string\",\"description\":\"Name of the file in more, with its extension.\"}", "\"f\""),
	    "{\"source\":\"api\",\"method\":\"POST\",\"path\":\"/t\",\"multipart\":{\"n\":\"{n}\","
	    "\"f\":{\"value\":\"{f}\",\"base64\":true,\"filename\":\"{f_filename}\",\"type\":\"image/png\"},"
	    "\"more\":{\"value\":\"{more}\",\"base64\":true,\"filename\":\"{more_filename}\"}}}", NULL },
	{ "a file in words of 3.1", DESCRIPTION("3.1.0", "\"/t\":{\"post\":{\"operationId\":\"t\",\"requestBody\":{\"content\":{"
	    "\"multipart/form-data\":{\"schema\":{\"type\":\"object\",\"properties\":{\"f\":{\"contentMediaType\":\"application/octet-stream\"},"
	    "\"text\":{\"type\":\"string\",\"contentEncoding\":\"base64\",\"contentMediaType\":\"image/png\"}}}}}}}}", ""),
	    OBJECT0("\"f\":{\"type\":\"string\",\"contentEncoding\":\"base64\",\"description\":\"In base64.\"},"
	    "\"f_filename\":{\"type\":\"string\",\"description\":\"Name of the file in f, with its extension.\"},"
	    "\"text\":{\"type\":\"string\",\"contentEncoding\":\"base64\",\"contentMediaType\":\"image/png\"}"),
	    "{\"source\":\"api\",\"method\":\"POST\",\"path\":\"/t\",\"multipart\":{\"f\":{\"value\":\"{f}\",\"base64\":true,\"filename\":\"{f_filename}\"},"
	    "\"text\":\"{text}\"}}", NULL },
	{ "a file that is the body", DESCRIPTION("3.0.0", "\"/t\":{\"put\":{\"operationId\":\"t\",\"requestBody\":{\"required\":true,\"content\":{"
	    "\"image/*\":{},\"text/xml\":{},\"application/pdf\":{\"schema\":{\"type\":\"string\",\"format\":\"binary\"}}}}}}", ""),
	    OBJECT("\"body\":{\"type\":\"string\",\"contentEncoding\":\"base64\",\"description\":\"What is sent, application/pdf. In base64.\"}", "\"body\""),
	    "{\"source\":\"api\",\"method\":\"PUT\",\"path\":\"/t\",\"raw\":{\"value\":\"{body}\",\"base64\":true,\"type\":\"application/pdf\"}}", NULL },
	{ "a text that is the body", DESCRIPTION("3.0.0", "\"/t\":{\"put\":{\"operationId\":\"t\",\"requestBody\":{\"description\":\"Rows.\",\"content\":{"
	    "\"application/pdf\":{},\"text/csv; charset=utf-8\":{}}}}}", ""), OBJECT0("\"body\":{\"type\":\"string\",\"description\":\"Rows.\"}"),
	    "{\"source\":\"api\",\"method\":\"PUT\",\"path\":\"/t\",\"raw\":{\"value\":\"{body}\",\"type\":\"text/csv\"}}", NULL },
};

static void
request(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct sp_openapi out = import(mem, RULES, requests[i].description, requests[i].name);
		struct json_object *tool = tool_of(&out, "t");
		const char *id = sp_json_get_str(json_object_array_get_idx(out.remarks, 0), "operation").p;

		CHECK(tool != NULL, requests[i].name);
		check_json(mem, sp_json_get(tool, "input"), requests[i].input, requests[i].name);
		check_json(mem, sp_json_get(tool, "http"), requests[i].http, requests[i].name);
		if (requests[i].remark != NULL)
			CHECK(has_remark(&out, id, requests[i].remark), requests[i].name);
		else
			CHECK(json_object_array_length(out.remarks) == 0, requests[i].name);
	}
	sp_arena_free(mem);
}

/* ---- operations that cannot be tools ---- */

static const struct {
	const char *name, *description, *operation, *remark;
} left_out[] = {
	{ "deprecated", DESCRIPTION("3.0.0", "\"/t\":{" GET("\"deprecated\":true") "}", ""), "GET /t", "left out: deprecated" },
	{ "TRACE", DESCRIPTION("3.0.0", "\"/t\":{\"trace\":{}}", ""), "TRACE /t",
	    "left out: there is nothing a model could do with the method" },
	{ "another file", DESCRIPTION("3.0.0", "\"/t\":{" GET("\"parameters\":[{\"$ref\":\"file:///etc/passwd\"}]") "}", ""), "GET /t",
	    "left out: it refers to file:///etc/passwd, and nothing outside the description is read" },
	{ "another host", DESCRIPTION("3.0.0", BODY("{\"$ref\":\"https://example.com/a.json#/A\"}"), ""), "POST /t",
	    "left out: it refers to https://example.com/a.json#/A, and nothing outside the description is read" },
	{ "nowhere", DESCRIPTION("3.0.0", BODY(REF("A")), ""), "POST /t",
	    "left out: it refers to #/components/schemas/A, which is not there" },
	{ "an anchor", DESCRIPTION("3.1.0", BODY("{\"$ref\":\"#a\"}"), ""), "POST /t", "left out: it refers to #a, which is no JSON Pointer" },
	{ "a circle of parameters", DESCRIPTION("3.0.0", "\"/t\":{" GET("\"parameters\":[{\"$ref\":\"#/components/parameters/A\"}]") "}",
	    "\"parameters\":{\"A\":{\"$ref\":\"#/components/parameters/A\"}}"), "GET /t", "left out: its references go in a circle" },
	{ "a circle of schemas", DESCRIPTION("3.0.0", BODY(REF("A")), "\"schemas\":{\"A\":" REF("B") ",\"B\":" REF("A") "}"), "POST /t",
	    "left out: its input schema cannot be used: #/$defs/A: refers to itself in a circle" },
	{ "parts that nobody describes", DESCRIPTION("3.0.0", "\"/t\":{\"post\":{\"requestBody\":{\"required\":true,\"content\":{"
	    "\"multipart/form-data\":{}}}}}", ""), "POST /t", "left out: its body is multipart/form-data and not an object with members" },
	{ "a cookie that is needed", DESCRIPTION("3.0.0", "\"/t\":{" GET("\"parameters\":[{\"name\":\"c\",\"in\":\"cookie\",\"required\":true}]") "}", ""),
	    "GET /t", "left out: cookie c is required: cookies are not sent" },
	{ "a style of a path that there is not", DESCRIPTION("3.0.0", "\"/t/{a}\":{" GET("\"parameters\":[{\"name\":\"a\",\"in\":\"path\",\"style\":\"matrix\"}]") "}", ""),
	    "GET /t/{a}", "left out: path a is required: its style is not offered" },
	{ "a list in a path", DESCRIPTION("3.0.0", "\"/t/{a}\":{" GET("\"parameters\":[{\"name\":\"a\",\"in\":\"path\",\"schema\":{\"type\":\"array\"}}]") "}", ""),
	    "GET /t/{a}", "left out: path a is required: it is not one value" },
	{ "a form of any fields", DESCRIPTION("3.0.0", "\"/t\":{\"post\":{\"requestBody\":{\"content\":{"
	    "\"application/x-www-form-urlencoded\":{\"schema\":{\"type\":\"object\"}}}}}}", ""), "POST /t",
	    "left out: its body is application/x-www-form-urlencoded and not an object with members" },
	{ "served elsewhere", "{\"openapi\":\"3.0.0\",\"servers\":[{\"url\":\"https://api.example.com\"}],\"paths\":{\"/t\":{\"get\":{"
	    "\"servers\":[{\"url\":\"https://files.example.com/\"}]}}}}", "GET /t", "left out: it is served at https://files.example.com" },
	{ "a fragment", DESCRIPTION("3.0.0", "\"/#t\":{" GET("") "}", ""), "GET /#t", "left out: its path cannot be a path of a tool" },
	{ "an open brace", DESCRIPTION("3.0.0", "\"/{t\":{" GET("") "}", ""), "GET /{t", "left out: its path has an open brace" },
	{ "no slash in front", DESCRIPTION("3.0.0", "\"t\":{" GET("") "}", ""), "GET t", "left out: its path cannot be a path of a tool" },
	{ "a placeholder in the query", DESCRIPTION("3.0.0", "\"/t?a={b}\":{" GET("") "}", ""), "GET /t?a={b}",
	    "left out: its path has a query that is not plain" },
};

static void
what_is_left_out(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(left_out); i++) {
		struct sp_openapi out = import(mem, RULES, left_out[i].description, left_out[i].name);

		CHECK(out.tools == 0 && out.operations == 1 && out.left_out == 1, left_out[i].name);
		if (!has_remark(&out, left_out[i].operation, left_out[i].remark))
			fail_msg("%s: %s", left_out[i].name, json_object_to_json_string(out.remarks));
	}
	sp_arena_free(mem);
}

static const struct {
	const char *name, *rules, *description, *why;
} errors[] = {
	{ "Swagger", RULES, "{\"swagger\":\"2.0\",\"paths\":{}}",
	    "the description: it is Swagger 2.0; make OpenAPI 3 of it first, for example with swagger2openapi (npm)" },
	{ "another version", RULES, "{\"openapi\":\"4.0.0\",\"paths\":{}}", "the description: OpenAPI 4.0.0 is not known here; 3.0 and 3.1 are" },
	{ "3.10", RULES, "{\"openapi\":\"3.10.0\",\"paths\":{}}", "the description: OpenAPI 3.10.0 is not known here; 3.0 and 3.1 are" },
	{ "something else", RULES, "{}", "the description: it has no \"openapi\", so it is no OpenAPI description" },
	{ "an array", RULES, "[]", "the description: it has no \"openapi\", so it is no OpenAPI description" },
	{ "no paths", RULES, "{\"openapi\":\"3.1.0\"}", "the description: it has no \"paths\"" },
	{ "no server", "{\"name\":\"api\"}", "{\"openapi\":\"3.1.0\",\"paths\":{},\"servers\":[{\"url\":\"/v1\"}]}",
	    "source: is needed, because the description does not say the URL of its server" },
	{ "no name", "{\"source\":\"a\"}", "{}", "name: missing" },
	{ "a rule that says nothing", "{\"name\":\"a\",\"include\":[{}]}", "{}",
	    "include[0]: a rule is an object of tag, path, method, operationId" },
	{ "a rule with another word", "{\"name\":\"a\",\"exclude\":[{\"tag\":\"x\"},{\"verb\":\"GET\"}]}", "{}",
	    "exclude[1].verb: not a member of a rule, which has tag, path, method, operationId" },
	{ "a rule with a number", "{\"name\":\"a\",\"include\":[{\"tag\":[\"a\",1]}]}", "{}",
	    "include[0].tag: must be a pattern or an array of patterns" },
	{ "a name that is none", "{\"name\":\"a\",\"names\":{\"x\":\"a b\"}}", "{}", "names.x: a name is 1 to 64 of A-Z a-z 0-9 _ -" },
	{ "defaults of what is the operation's", "{\"name\":\"a\",\"defaults\":{\"input\":{}}}", "{}", "defaults.input: comes from the operation" },
	{ "overrides likewise", "{\"name\":\"a\",\"overrides\":{\"x\":{\"http\":{}}}}", "{}", "overrides.x.http: comes from the operation" },
	{ "a size that is none", "{\"name\":\"a\",\"max_input\":1}", "{}", "max_input: must be 256 to 1048576 bytes" },
	{ "a prefix with a space", "{\"name\":\"a\",\"prefix\":\"a b\"}", "{}", "prefix: may have A-Z a-z 0-9 _ -" },
	{ "a prefix of scopes with a space", "{\"name\":\"a\",\"scope_prefix\":\"a b\"}", "{}", "scope_prefix: may have what a scope has" },
	{ "one name for two", "{\"name\":\"a\",\"source\":\"a\",\"names\":{\"x\":\"z\",\"GET /y\":\"z\"}}",
	    DESCRIPTION("3.0.0", "\"/x\":{" GET("\"operationId\":\"x\"") "},\"/y\":{" GET("") "}", ""),
	    "names: \"z\" is given to more than one operation" },
};

static void
refusals(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct sp_openapi out = { .tools = 99 };
		const char *why = NULL;

		CHECK(!sp_openapi_import(mem, parse(mem, errors[i].rules), parse(mem, errors[i].description), &out, &why), errors[i].name);
		CHECK_STR(sp_str(why), errors[i].why, errors[i].name);
		CHECK(out.tools == 99, errors[i].name);
	}
	sp_arena_free(mem);
}

/* ---- rules ---- */

static const struct {
	const char *pattern, *text;
	bool matches;
} patterns[] = {
	{ "", "", true }, { "", "a", false }, { "a", "a", true }, { "a", "A", false }, { "*", "", true }, { "*", "abc", true },
	{ "*", "a/b", false }, { "**", "a/b", true }, { "/a/*", "/a/b", true }, { "/a/*", "/a/b/c", false }, { "/a/**", "/a/b/c", true },
	{ "/a/*/c", "/a/b/c", true }, { "/a/*/c", "/a/b/d/c", false }, { "/**/c", "/a/b/c", true }, { "**/*.json", "a/b/c.json", true },
	{ "**/x*y/z", "a/x1/xby/z", true }, { "*a*b", "xaab", true }, { "*a*b", "xaac", false }, { "get*", "getPet", true },
	{ "**a*", "a/b", false }, { "**a*", "a/ba", true },
};

static void
matching(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(patterns); i++)
		CHECK(sp_openapi_matches(patterns[i].pattern, patterns[i].text) == patterns[i].matches, patterns[i].pattern);
}

#define SHOP DESCRIPTION("3.0.0", \
	"\"/orders\":{" GET("\"operationId\":\"listOrders\",\"tags\":[\"orders\"],\"parameters\":[" PARAMETER("tenant", "query") "]") "," \
	"\"post\":{\"operationId\":\"addOrder\",\"tags\":[\"orders\",\"write\"]}}," \
	"\"/orders/{id}\":{" GET("\"tags\":[\"orders\"]") ",\"delete\":{\"operationId\":\"deleteOrder\",\"tags\":[\"admin\"]}}," \
	"\"/pets\":{" GET("\"operationId\":\"pets/list.all\",\"deprecated\":true") ",\"head\":{\"operationId\":\"pets_list_all\"}}", "")

static const struct {
	const char *name, *rules, *tools;	/* names in their order */
} selections[] = {
	{ "all but the deprecated", "", "listOrders addOrder get_orders_id deleteOrder pets_list_all" },
	{ "deprecated, too; the exact name stays", ",\"deprecated\":true",
	    "listOrders addOrder get_orders_id deleteOrder pets_list_all_b0bd07bf pets_list_all" },
	{ "reading only", ",\"read_only\":true", "listOrders get_orders_id pets_list_all" },
	{ "a tag", ",\"include\":[{\"tag\":\"orders\"}]", "listOrders addOrder get_orders_id" },
	{ "all members of a rule", ",\"include\":[{\"tag\":\"orders\",\"method\":\"get\"}]", "listOrders get_orders_id" },
	{ "one of several rules", ",\"include\":[{\"tag\":\"admin\"},{\"operationId\":\"list*\"}]", "listOrders deleteOrder" },
	{ "one of several patterns", ",\"include\":[{\"method\":[\"post\",\"DELETE\"]}]", "addOrder deleteOrder" },
	{ "paths", ",\"include\":[{\"path\":\"/orders/*\"}]", "get_orders_id deleteOrder" },
	{ "not these", ",\"exclude\":[{\"path\":\"/orders/**\"},{\"operationId\":\"addOrder\"}]", "listOrders pets_list_all" },
	{ "these, but not those", ",\"include\":[{\"path\":\"/orders**\"}],\"exclude\":[{\"tag\":[\"write\",\"admin\"]}]",
	    "listOrders get_orders_id" },
	{ "none", ",\"include\":[{\"tag\":\"other\"}]", "" },
	{ "names", ",\"names\":{\"listOrders\":\"orders\",\"GET /orders/{id}\":\"order\"}", "orders addOrder order deleteOrder pets_list_all" },
	{ "a name that another one has", ",\"names\":{\"listOrders\":\"addOrder\"}",
	    "addOrder addOrder_be6d737e get_orders_id deleteOrder pets_list_all" },
	{ "a prefix, and a name without it", ",\"prefix\":\"shop-\",\"names\":{\"listOrders\":\"orders\"}",
	    "orders shop-addOrder shop-get_orders_id shop-deleteOrder shop-pets_list_all" },
};

static void
selection(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(selections); i++) {
		struct sp_openapi out = import(mem, sp_printf(mem, "{\"name\":\"api\",\"source\":\"api\"%s}", selections[i].rules), SHOP,
		    selections[i].name);
		struct sp_buf b;

		sp_buf_init(&b, mem, 4096);
		for (size_t n = 0; n < json_object_array_length(out.documents); n++)
			sp_buf_printf(&b, "%s%s", n > 0 ? " " : "",
			    sp_json_get_str(json_object_array_get_idx(out.documents, n), "name").p);
		CHECK_STR(sp_buf_view(&b), selections[i].tools, selections[i].name);
	}
	sp_arena_free(mem);
}

static void
long_names(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	const char *a64 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

	(void)state;
	assert_string_equal(sp_openapi_fit(mem, sp_str(a64)), a64);
	assert_string_equal(sp_openapi_fit(mem, sp_str(sp_printf(mem, "%sb", a64))),
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_3e63da2d");
	assert_string_equal(sp_openapi_fit(mem, SP_LIT("/a//b/")), "a_b");
	assert_string_equal(sp_openapi_fit(mem, SP_LIT("-_a")), "-_a");
	assert_string_equal(sp_openapi_fit(mem, SP_LIT("")), "x_e3b0c442");
	sp_arena_free(mem);
}

/* ---- whole documents ---- */

#define ORDERS "{\"openapi\":\"3.1.0\",\"servers\":[{\"url\":\"https://{region}.example.com/v1/\",\"variables\":{\"region\":{\"default\":\"eu\"}}}]," \
	"\"security\":[{\"key\":[]},{\"oauth\":[\"orders:read\",\"a b\"]}]," \
	"\"paths\":{\"/orders/{id}\":{\"summary\":\"An order\",\"get\":{\"operationId\":\"getOrder\",\"description\":\"Says *where* it is.\"," \
	"\"parameters\":[" PARAMETER("id", "path") "," PARAMETER("tenant", "query") "]," \
	"\"responses\":{\"200\":{\"content\":{\"application/json; charset=utf-8\":{\"schema\":" REF("Order") "}}},\"404\":{}}}," \
	"\"delete\":{\"operationId\":\"deleteOrder\",\"summary\":\"Delete\",\"security\":[{\"oauth\":[\"orders:write\"]}],\"responses\":{\"204\":{}}}," \
	"\"put\":{\"operationId\":\"putOrder\",\"security\":[]}}}," \
	"\"components\":{\"securitySchemes\":{\"oauth\":{\"type\":\"oauth2\"},\"key\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"K\"}}," \
	"\"schemas\":{\"Order\":{\"type\":\"object\",\"required\":[\"id\",\"state\"],\"additionalProperties\":false,\"properties\":{" \
	"\"id\":{\"type\":\"string\",\"readOnly\":true,\"minLength\":3},\"pin\":{\"writeOnly\":true},\"state\":{\"enum\":[\"open\"]}," \
	"\"parent\":" REF("Order") ",\"by\":{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}}}}}}"

static void
documents(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_openapi out = import(mem, "{\"name\":\"shop\",\"server\":\"s\",\"group\":\"g\",\"scope_prefix\":\"shop:\","
	    "\"bind\":{\"tenant\":{\"from\":\"claim.tenant\"}},\"defaults\":{\"timeout\":\"5s\",\"scopes\":[\"shop\"]},"
	    "\"overrides\":{\"deleteOrder\":{\"confirm\":true,\"tier\":\"developer\"}},\"names\":{\"getOrder\":\"order\"}}", ORDERS, "shop");

	(void)state;
	assert_int_equal(json_object_array_length(out.documents), 4);
	assert_int_equal(out.tools, 3);
	check_json(mem, json_object_array_get_idx(out.documents, 0), "{\"kind\":\"source\",\"name\":\"shop\",\"group\":\"g\","
	    "\"type\":\"http\",\"url\":\"https://eu.example.com/v1\"}", "source");
	check_json(mem, tool_of(&out, "order"), "{\"kind\":\"tool\",\"name\":\"order\",\"server\":\"s\",\"group\":\"g\",\"title\":\"An order\","
	    "\"description\":\"Says *where* it is.\",\"input\":" OBJECT("\"id\":" STRING, "\"id\"") ","
	    "\"bind\":{\"tenant\":{\"from\":\"claim.tenant\"}},"
	    "\"output\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"state\":{},\"parent\":{\"$ref\":\"#/$defs/Order\"},"
	    "\"by\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}},\"$defs\":{\"Order\":{\"type\":\"object\",\"properties\":{"
	    "\"id\":{\"type\":\"string\"},\"state\":{},\"parent\":{\"$ref\":\"#/$defs/Order\"},\"by\":{\"anyOf\":[{\"type\":\"string\"},"
	    "{\"type\":\"integer\"}]}}}}},\"annotations\":{\"readOnlyHint\":true,\"openWorldHint\":true},\"tier\":\"developer\","
	    "\"timeout\":\"5s\",\"scopes\":[\"shop\",\"shop:orders:read\"],"
	    "\"http\":{\"source\":\"shop\",\"method\":\"GET\",\"path\":\"/orders/{id}\",\"query\":{\"tenant\":\"{tenant}\"}}}", "order");
	check_json(mem, tool_of(&out, "deleteOrder"), "{\"kind\":\"tool\",\"name\":\"deleteOrder\",\"server\":\"s\",\"group\":\"g\","
	    "\"title\":\"Delete\",\"description\":\"Delete\",\"input\":" OBJECT("\"id\":" STRING, "\"id\"") ","
	    "\"annotations\":{\"readOnlyHint\":false,\"idempotentHint\":true,\"destructiveHint\":true,\"openWorldHint\":true},"
	    "\"tier\":\"developer\",\"confirm\":true,\"timeout\":\"5s\",\"scopes\":[\"shop\",\"shop:orders:write\"],"
	    "\"http\":{\"source\":\"shop\",\"method\":\"DELETE\",\"path\":\"/orders/{id}\"}}", "deleteOrder");
	check_json(mem, sp_json_get(tool_of(&out, "putOrder"), "scopes"), "[\"shop\"]", "no security of its own");
	check_json(mem, sp_json_get(tool_of(&out, "putOrder"), "tier"), "\"admin\"", "tier");

	out = import(mem, "{\"name\":\"api\"}", "{\"openapi\":\"3.0.0\",\"servers\":[{\"url\":\"//api.example.com\"}],\"paths\":{\"/t\":{\"get\":{"
	    "\"operationId\":\"t\",\"servers\":[{\"url\":\"https://api.example.com/\"}]}}}}", "a server without a scheme");
	check_json(mem, sp_json_get(json_object_array_get_idx(out.documents, 0), "url"), "\"https://api.example.com\"", "a server without a scheme");
	assert_int_equal(out.tools, 1);

	out = import(mem, "{\"name\":\"shop\",\"source\":\"https://test.example.com/\",\"output\":false,\"security_scopes\":false}", ORDERS, "plain");
	check_json(mem, sp_json_get(json_object_array_get_idx(out.documents, 0), "url"), "\"https://test.example.com\"", "source");
	check_json(mem, sp_json_get(tool_of(&out, "getOrder"), "output"), NULL, "output");
	check_json(mem, sp_json_get(tool_of(&out, "getOrder"), "scopes"), NULL, "scopes");
	sp_arena_free(mem);
}

#define RESPONSES(responses) DESCRIPTION("3.0.0", "\"/t\":{" GET("\"operationId\":\"t\",\"responses\":{" responses "}") "}", "")
#define JSON_OF(schema) "{\"content\":{\"application/json\":{\"schema\":" schema "}}}"

static const struct {
	const char *name, *description, *output;
} outputs[] = {
	{ "an object", RESPONSES("\"200\":" JSON_OF(BIG)), BIG },
	{ "an array", RESPONSES("\"200\":" JSON_OF("{\"type\":\"array\"}")), NULL },
	{ "an object or nothing", RESPONSES("\"200\":" JSON_OF(BIG) ",\"204\":{}"), NULL },
	{ "other than success", RESPONSES("\"200\":" JSON_OF(BIG) ",\"default\":{},\"404\":{}"), BIG },
	{ "2XX", RESPONSES("\"2XX\":" JSON_OF(BIG)), BIG },
	{ "text", RESPONSES("\"200\":{\"content\":{\"text/plain\":{\"schema\":" BIG "}}}"), NULL },
	{ "objects in alternatives", RESPONSES("\"200\":" JSON_OF("{\"oneOf\":[" BIG "]}")), "{\"type\":\"object\",\"anyOf\":[" BIG "]}" },
	{ "an alternative that is none", RESPONSES("\"200\":" JSON_OF("{\"oneOf\":[" BIG ",{\"type\":\"string\"}]}")), NULL },
	{ "parts", RESPONSES("\"200\":" JSON_OF("{\"allOf\":[" BIG ",{\"description\":\"x\"}]}")),
	    "{\"type\":\"object\",\"allOf\":[" BIG ",{\"description\":\"x\"}]}" },
	{ "elsewhere", RESPONSES("\"200\":" JSON_OF("{\"$ref\":\"https://example.com/\"}")), NULL },
};

static void
output(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(outputs); i++) {
		struct sp_openapi out = import(mem, RULES, outputs[i].description, outputs[i].name);

		CHECK(out.tools == 1, outputs[i].name);
		check_json(mem, sp_json_get(tool_of(&out, "t"), "output"), outputs[i].output, outputs[i].name);
	}
	sp_arena_free(mem);
}

/* ---- bombs ---- */

enum bomb { DOUBLING, CHAIN, DEEP, ALL_OF, WIDE, MANY_PROPERTIES };

static const char *
bomb(struct sp_arena *mem, enum bomb kind, int n)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, 16 << 20);
	sp_buf_cstr(&b, "{\"openapi\":\"3.1.0\",\"paths\":{\"/t\":{\"post\":{\"operationId\":\"t\",\"requestBody\":{\"required\":true,"
	    "\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/s0\"}}}}}}},\"components\":{\"schemas\":{");
	for (int i = 0; i < n; i++) {
		sp_buf_printf(&b, "%s\"s%d\":", i > 0 ? "," : "", i);
		if (i == n - 1)
			sp_buf_cstr(&b, "{\"type\":\"object\",\"properties\":{\"end\":{\"type\":\"string\"}}}");
		else if (kind == DOUBLING)
			sp_buf_printf(&b, "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/components/schemas/s%d\"},"
			    "\"b\":{\"$ref\":\"#/components/schemas/s%d\"}}}", i + 1, i + 1);
		else if (kind == CHAIN)
			sp_buf_printf(&b, "{\"$ref\":\"#/components/schemas/s%d\"}", i + 1);
		else if (kind == ALL_OF)
			sp_buf_printf(&b, "{\"allOf\":[{\"$ref\":\"#/components/schemas/s%d\"},{\"$ref\":\"#/components/schemas/s%d\"}]}",
			    i + 1, i + 1);
		else if (kind == DEEP)
			sp_buf_printf(&b, "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"array\",\"items\":"
			    "{\"$ref\":\"#/components/schemas/s%d\"}}}}", i + 1);
		else if (kind == WIDE)
			sp_buf_printf(&b, "{\"oneOf\":[{\"$ref\":\"#/components/schemas/s%d\"},{\"$ref\":\"#/components/schemas/s0\"},"
			    "{\"$ref\":\"#/components/schemas/s%d\"}]}", i + 1, n - i - 1);
		else
			sp_buf_cstr(&b, "{}");
	}
	sp_buf_cstr(&b, "}}}");
	return sp_buf_view(&b).p;
}

/* Whatever it is, it ends soon, and what comes of it is small and compiles. */
static void
bombs(void **state)
{
	static const int sizes[] = { 1, 2, 15, 16, 17, 18, 30, 100, 3000, 20000 };

	(void)state;
	for (enum bomb kind = DOUBLING; kind <= MANY_PROPERTIES; kind++)
		for (size_t i = 0; i < COUNT(sizes) - (under_valgrind() ? 2 : 0); i++) {
			struct sp_arena *mem = sp_arena_new();
			const char *name = sp_printf(mem, "bomb %d of %d", (int)kind, sizes[i]);
			int64_t from = cpu_ms();
			struct sp_openapi out = import(mem, RULES, bomb(mem, kind, sizes[i]), name);
			struct json_object *tool = tool_of(&out, "t");
			struct sp_schema *schema;
			const char *why;

			CHECK(out.tools <= 1 && out.bytes < 40000, name);
			CHECK(under_valgrind() || cpu_ms() - from < 5000, name);
			if (tool != NULL) {
				CHECK(sp_schema_compile(mem, sp_json_get(tool, "input"), NULL, &schema, &why), name);
				sp_schema_free(schema);
			}
			sp_arena_free(mem);
		}
}

/* A schema that is too large loses descriptions first, then what its largest argument is made of. */
static void
too_large(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct json_object *properties;
	struct sp_openapi out;
	struct sp_buf b;

	(void)state;
	sp_buf_init(&b, mem, 1 << 20);
	sp_buf_cstr(&b, "{\"openapi\":\"3.0.0\",\"paths\":{\"/t\":{\"post\":{\"operationId\":\"t\",\"requestBody\":{\"required\":true,"
	    "\"content\":{\"application/json\":{\"schema\":{\"type\":\"object\",\"properties\":{\"small\":{\"type\":\"string\"},\"large\":"
	    "{\"description\":\"Parts.\",\"type\":\"object\",\"properties\":{");
	for (int i = 0; i < 20; i++)
		sp_buf_printf(&b, "%s\"p%d\":{\"type\":\"string\",\"description\":\"%s\"}", i > 0 ? "," : "", i, LONG_TEXT);
	sp_buf_cstr(&b, "}}}}}}}}}},\"components\":{}}");
	out = import(mem, "{\"name\":\"a\",\"source\":\"a\",\"max_input\":2048}", sp_buf_view(&b).p, "lean");
	properties = sp_json_get(sp_json_get(tool_of(&out, "t"), "input"), "properties");
	check_json(mem, sp_json_get(sp_json_get(sp_json_get(properties, "large"), "properties"), "p0"), "{\"type\":\"string\"}", "lean");
	check_json(mem, sp_json_get(sp_json_get(properties, "large"), "description"), "\"Parts.\"", "lean");
	out = import(mem, "{\"name\":\"a\",\"source\":\"a\",\"max_input\":512}", sp_buf_view(&b).p, "loose");
	properties = sp_json_get(sp_json_get(tool_of(&out, "t"), "input"), "properties");
	check_json(mem, sp_json_get(properties, "large"),
	    "{\"type\":\"object\",\"description\":\"Parts. Its members are not described here.\"}", "loose");
	check_json(mem, sp_json_get(properties, "small"), "{\"type\":\"string\"}", "loose");
	assert_true(has_remark(&out, "POST /t", "members of large are not described: the schema is too large"));
	sp_arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(translation),
		cmocka_unit_test(request),
		cmocka_unit_test(what_is_left_out),
		cmocka_unit_test(refusals),
		cmocka_unit_test(matching),
		cmocka_unit_test(selection),
		cmocka_unit_test(long_names),
		cmocka_unit_test(documents),
		cmocka_unit_test(output),
		cmocka_unit_test(bombs),
		cmocka_unit_test(too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
