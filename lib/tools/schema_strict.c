/* schema_strict.c - a schema whose patterns need no leniency */
#include "tools/schema_private.h"

/* JSON Schema 2020-12, what the members of a keyword's value are when they are not keywords. */
static const char *const by_name[] = { "properties", "patternProperties", "dependentSchemas", "$defs", "definitions", NULL };
static const char *const values[] = { "const", "enum", "default", "examples", "example", NULL };

static bool
is_one_of(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

static void
set(struct json_object *object, const char *name, struct json_object *value)
{
	if (json_object_object_add(object, name, value) != 0)
		sp_out_of_memory();
}

static void
mend_pattern(struct sp_arena *mem, struct json_object *schema, const char *name, struct json_object *value)
{
	struct sp_str given = sp_json_text(value), strict = sp_schema_pattern_strict(mem, given);

	if (strict.p != given.p)
		sp_json_set_str(schema, name, strict);
}

/* patternProperties: its names are patterns. */
static void
mend_names(struct sp_arena *mem, struct json_object *schema, const char *keyword, struct json_object *patterns)
{
	struct json_object *mended = sp_json_new(mem);

	json_object_object_foreach(patterns, name, value)
		set(mended, sp_cstr(mem, sp_schema_pattern_strict(mem, sp_str(name))), json_object_get(value));
	/* of two that become one, one would be lost */
	if (json_object_object_length(mended) == json_object_object_length(patterns))
		set(schema, keyword, json_object_get(mended));
}

/* has_keywords: the names of its members are keywords, not properties. */
static void
walk(struct sp_arena *mem, struct json_object *value, bool has_keywords)
{
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			walk(mem, json_object_array_get_idx(value, i), true);
		return;
	}
	if (!json_object_is_type(value, json_type_object))
		return;
	json_object_object_foreach(value, name, member) {
		if (!has_keywords) {
			walk(mem, member, true);
		} else if (strcmp(name, "pattern") == 0 && json_object_is_type(member, json_type_string)) {
			mend_pattern(mem, value, name, member);
		} else if (!is_one_of(name, values)) {
			walk(mem, member, !is_one_of(name, by_name));
			if (strcmp(name, "patternProperties") == 0 && json_object_is_type(member, json_type_object))
				mend_names(mem, value, name, member);
		}
	}
}

void
sp_schema_make_strict(struct sp_arena *mem, struct json_object *schema)
{
	walk(mem, schema, true);
}
