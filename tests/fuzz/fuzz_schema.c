/*
 * fuzz_schema.c - a JSON Schema in the first line, a value in the rest
 *
 * Whatever both are: the verdict is the same twice, a refusal has a reason that
 * is text, and the work stays within its limit.
 */
#include "base/json.h"
#include "fuzz.h"
#include "tools/schema.h"

#define MAX_STEPS 20000

static bool
validate(struct sp_arena *mem, const struct sp_schema *schema, struct json_object *value, struct sp_str *said)
{
	struct sp_schema_errors errors;

	if (sp_schema_validate(schema, mem, value, &errors))
		return true;
	FUZZ_CHECK(errors.count > 0 && errors.count <= 4);
	for (size_t i = 0; i < errors.count; i++) {
		FUZZ_CHECK(errors.item[i].message.len > 0 && errors.item[i].message.len < 4096);
		FUZZ_CHECK(errors.item[i].schema.len > 0);
		FUZZ_CHECK(errors.item[i].instance.len == 0 || errors.item[i].instance.p[0] == '/');
	}
	*said = sp_schema_errors_text(mem, &errors);
	FUZZ_CHECK(said->len > 0 && sp_utf8_valid(*said));
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_schema_options options = { .max_steps = MAX_STEPS, .max_schemas = 500, .max_errors = 4 };
	struct sp_str rest = { (const char *)data, size }, first, once = { NULL, 0 }, again = { NULL, 0 };
	struct json_object *json, *value;
	struct sp_schema *schema;
	struct sp_arena *mem;
	const char *why = NULL;

	if (!sp_str_split(&rest, '\n', &first))
		return 0;
	mem = sp_arena_new();
	options.assert_format = first.len % 2 == 0;
	if (sp_json_parse(mem, first, &json, &why) && sp_json_parse(mem, rest, &value, &why)) {
		if (sp_schema_compile(mem, json, &options, &schema, &why)) {
			bool valid = validate(mem, schema, value, &once);

			FUZZ_CHECK(validate(mem, schema, value, &again) == valid);
			FUZZ_CHECK(sp_str_eq(once, again));
			sp_schema_free(schema);
		} else {
			FUZZ_CHECK(why != NULL && *why != '\0' && sp_utf8_valid(sp_str(why)));
		}
	}
	sp_arena_free(mem);
	return 0;
}
