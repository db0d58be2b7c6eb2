/* test_openapi_description.c - tools as an OpenAPI description, and as tools again */
#include "unit.h"
#include "base/json.h"
#include "tools/openapi.h"
#include "tools/openapi_description.h"

static struct json_object *
parse(struct sp_arena *mem, struct sp_str text)
{
	struct json_object *out = NULL;
	const char *why;

	if (!sp_json_parse_large(mem, text, &out, &why))
		fail_msg("%s: %.*s", why, SP_FMT(text));
	return out;
}

/* The description of one tool with this input schema. */
static struct json_object *
describe(struct sp_arena *mem, const char *input, const char *output)
{
	static const struct sp_scope scopes = { .token = { { "orders:read", 11 } }, .count = 1 };
	static const struct sp_scope_info info[] = { { "orders:read", "Read \"orders\"" } };
	static const struct sp_resource resource = { .name = "", .resource = "https://mcp.example.com/mcp", .title = "Orders",
		.scopes = { .token = { { "orders:read", 11 } }, .count = 1 }, .info = info };
	static const struct sp_server server = { .name = "", .title = "Orders & more" };
	struct sp_tool tool = { .name = "order", .scopes = &scopes, .tier = "public" };
	const struct sp_tool *const tools[] = { &tool };
	struct sp_openapi_service service = { .issuer = "https://mcp.example.com", .url = "https://mcp.example.com/tools",
		.resource = &resource, .server = &server, .tools = tools, .count = 1 };
	struct sp_buf b;

	assert_true(sp_listing_write(mem, mem, parse(mem, sp_str(sp_printf(mem,
	    "{\"name\":\"order\",\"title\":\"An order\",\"description\":\"One\\nline\",\"inputSchema\":%s%s%s}", input,
	    output != NULL ? ",\"outputSchema\":" : "", output != NULL ? output : ""))), &tool.listing));
	sp_buf_init(&b, mem, 1 << 20);
	assert_true(sp_openapi_describe(mem, &service, &b));
	return parse(mem, sp_buf_view(&b));
}

static struct json_object *
schema_of(struct json_object *description, const char *name)
{
	return sp_json_get(sp_json_get(sp_json_get(description, "components"), "schemas"), name);
}

static const struct {
	const char *name, *input, *expected;	/* as it stands among the components */
} schemas[] = {
	{ "no references", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}",
	    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}" },
	{ "a definition", "{\"properties\":{\"a\":{\"$ref\":\"#/$defs/x\"}},\"$defs\":{\"x\":{\"type\":\"string\"}}}",
	    "{\"properties\":{\"a\":{\"$ref\":\"#/components/schemas/order.input/$defs/x\"}},\"$defs\":{\"x\":{\"type\":\"string\"}}}" },
	{ "itself", "{\"properties\":{\"a\":{\"$ref\":\"#\"}}}", "{\"properties\":{\"a\":{\"$ref\":\"#/components/schemas/order.input\"}}}" },
	{ "in an array", "{\"anyOf\":[{\"$ref\":\"#/$defs/x\"},true],\"$defs\":{\"x\":{}}}",
	    "{\"anyOf\":[{\"$ref\":\"#/components/schemas/order.input/$defs/x\"},true],\"$defs\":{\"x\":{}}}" },
	{ "an argument of that name", "{\"properties\":{\"$ref\":{\"type\":\"string\"}}}", "{\"properties\":{\"$ref\":{\"type\":\"string\"}}}" },
	{ "an argument that is called like a keyword", "{\"properties\":{\"const\":{\"$ref\":\"#\"}}}",
	    "{\"properties\":{\"const\":{\"$ref\":\"#/components/schemas/order.input\"}}}" },
	{ "data is no schema", "{\"properties\":{\"a\":{\"const\":{\"$ref\":\"#\"},\"default\":{\"$ref\":\"#/x\"},\"enum\":[{\"$ref\":\"#\"}]}}}",
	    "{\"properties\":{\"a\":{\"const\":{\"$ref\":\"#\"},\"default\":{\"$ref\":\"#/x\"},\"enum\":[{\"$ref\":\"#\"}]}}}" },
	{ "a resource of its own", "{\"properties\":{\"a\":{\"$id\":\"https://x.example/y\",\"items\":{\"$ref\":\"#\"}}}}",
	    "{\"properties\":{\"a\":{\"$id\":\"https://x.example/y\",\"items\":{\"$ref\":\"#\"}}}}" },
	{ "an anchor and an address", "{\"allOf\":[{\"$ref\":\"#name\"},{\"$ref\":\"https://x.example/y\"}]}",
	    "{\"allOf\":[{\"$ref\":\"#name\"},{\"$ref\":\"https://x.example/y\"}]}" },
};

static void
references(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(schemas); i++)
		CHECK_STR(sp_json_canonical(mem, schema_of(describe(mem, schemas[i].input, NULL), "order.input")),
		    sp_json_canonical(mem, parse(mem, sp_str(schemas[i].expected))).p, schemas[i].name);
	sp_arena_free(mem);
}

/* What it says is what our own import makes of it. */
static void
round_trip(void **state)
{
	static const char rules[] = "{\"name\":\"api\",\"source\":\"api\"}";
	struct sp_arena *mem = sp_arena_new();
	struct json_object *description, *tool;
	struct sp_openapi out;
	const char *why;

	(void)state;
	description = describe(mem, "{\"type\":\"object\",\"properties\":{\"tree\":{\"$ref\":\"#/$defs/node\"},\"n\":{\"type\":\"integer\",\"minimum\":1}},"
	    "\"required\":[\"n\"],\"$defs\":{\"node\":{\"type\":\"object\",\"properties\":{\"next\":{\"$ref\":\"#/$defs/node\"}}}}}",
	    "{\"type\":\"object\",\"properties\":{\"state\":{\"type\":\"string\"}}}");
	assert_true(sp_openapi_import(mem, parse(mem, sp_str(rules)), description, &out, &why));
	assert_int_equal(out.tools, 1);
	assert_int_equal(json_object_array_length(out.remarks), 0);
	tool = json_object_array_get_idx(out.documents, json_object_array_length(out.documents) - 1);
	CHECK_STR(sp_json_get_str(tool, "name"), "order", "name");
	CHECK_STR(sp_json_get_str(tool, "title"), "An order", "title");
	CHECK_STR(sp_json_print(mem, sp_json_get(tool, "scopes")), "[\"orders:read\"]", "scopes");
	CHECK(sp_json_get(sp_json_get(sp_json_get(tool, "input"), "properties"), "n") != NULL, "an argument");
	CHECK(sp_json_get(sp_json_get(sp_json_get(tool, "input"), "properties"), "tree") != NULL, "one that refers to a definition");
	CHECK(sp_json_get(sp_json_get(sp_json_get(tool, "output"), "properties"), "state") != NULL, "the answer");
	sp_arena_free(mem);
}

static void
no_arguments(void **state)
{
	static const char path[] = "/tools/order";
	struct sp_arena *mem = sp_arena_new();
	struct json_object *d;

	(void)state;
	d = describe(mem, "{\"type\":\"object\",\"additionalProperties\":false}", NULL);
	CHECK(sp_json_get(sp_json_get(sp_json_get(sp_json_get(d, "paths"), path), "post"), "requestBody") == NULL, "no body");
	d = describe(mem, "{\"type\":\"object\"}", NULL);
	CHECK(sp_json_get(sp_json_get(sp_json_get(sp_json_get(d, "paths"), path), "post"), "requestBody") != NULL, "any");
	sp_arena_free(mem);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(references),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(no_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
