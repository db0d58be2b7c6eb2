/*
 * fuzz_openapi.c - the rules of an import in the first line, an OpenAPI description in the rest
 *
 * Whatever both are: a refusal has a reason that is text; each proposal has a
 * name that clients take and schemas that compile; the same input gives the same
 * proposals.
 */
#include "base/json.h"
#include "fuzz.h"
#include "tools/openapi.h"
#include "tools/schema.h"

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
#define MAX_SCHEMA 1048576

static void
check_schema(struct sp_arena *mem, struct json_object *schema)
{
	struct sp_schema *compiled;
	const char *why;

	FUZZ_CHECK(strlen(json_object_to_json_string_ext(schema, JSON_C_TO_STRING_PLAIN)) <= 2 * MAX_SCHEMA);
	FUZZ_CHECK(sp_str_is(sp_json_get_str(schema, "type"), "object"));
	FUZZ_CHECK(sp_schema_compile(mem, schema, NULL, &compiled, &why));
	sp_schema_free(compiled);
}

static void
check_tool(struct sp_arena *mem, struct json_object *tool)
{
	struct json_object *input = sp_json_get(tool, "input");
	struct sp_str name = sp_json_get_str(tool, "name");

	FUZZ_CHECK(name.len > 0 && name.len <= 64 && sp_str_only(name, NAME_CHARACTERS));
	FUZZ_CHECK(json_object_is_type(sp_json_get(tool, "http"), json_type_object));
	check_schema(mem, input);
	if (sp_json_get(tool, "output") != NULL)
		check_schema(mem, sp_json_get(tool, "output"));
	json_object_object_foreach(sp_json_get(input, "properties"), argument, property) {
		FUZZ_CHECK(strlen(argument) <= 64 && sp_str_only(sp_str(argument), NAME_CHARACTERS));
		FUZZ_CHECK(json_object_is_type(property, json_type_object));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_str rest = { (const char *)data, size }, first;
	struct json_object *rules, *description;
	struct sp_openapi out, again;
	const char *why = NULL;
	struct sp_arena *mem;

	if (!sp_str_split(&rest, '\n', &first))
		return 0;
	mem = sp_arena_new();
	if (sp_json_parse(mem, first, &rules, &why) && sp_json_parse(mem, rest, &description, &why)) {
		why = NULL;
		if (sp_openapi_import(mem, rules, description, &out, &why)) {
			FUZZ_CHECK(out.tools + out.left_out == out.operations);
			for (size_t i = 0; i < json_object_array_length(out.documents); i++) {
				struct json_object *document = json_object_array_get_idx(out.documents, i);

				if (sp_str_is(sp_json_get_str(document, "kind"), "tool"))
					check_tool(mem, document);
			}
			FUZZ_CHECK(sp_openapi_import(mem, rules, description, &again, &why));
			FUZZ_CHECK(json_object_equal(out.documents, again.documents));
			FUZZ_CHECK(json_object_equal(out.remarks, again.remarks));
		} else {
			FUZZ_CHECK(why != NULL && *why != '\0' && sp_utf8_valid(sp_str(why)));
		}
	}
	sp_arena_free(mem);
	return 0;
}
