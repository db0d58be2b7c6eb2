/* defaults.c - what an argument is that is not given */
#include "tools/defaults.h"

void
sp_defaults_read(struct sp_arena *mem, struct json_object *input, struct sp_defaults *out)
{
	struct json_object *properties = sp_json_get(input, "properties"), *value;
	size_t count;

	*out = (struct sp_defaults){ NULL, NULL, 0 };
	if (!json_object_is_type(properties, json_type_object))
		return;
	count = (size_t)json_object_object_length(properties);
	out->name = sp_alloc_array(mem, count, sizeof(*out->name));
	out->json = sp_alloc_array(mem, count, sizeof(*out->json));
	json_object_object_foreach(properties, name, schema)
		if (json_object_is_type(schema, json_type_object) && json_object_object_get_ex(schema, "default", &value)) {
			out->name[out->count] = sp_strdup(mem, name);
			out->json[out->count++] = sp_json_canonical(mem, value);
		}
}

static void
put(struct json_object *object, const char *name, struct json_object *value)
{
	if (json_object_object_add(object, name, json_object_get(value)) != 0)
		sp_out_of_memory();
}

static struct json_object *
copy_of(struct sp_arena *mem, struct json_object *arguments)
{
	struct json_object *copy = sp_json_new(mem);

	json_object_object_foreach(arguments, name, value)
		put(copy, name, value);
	return copy;
}

struct json_object *
sp_defaults_fill(struct sp_arena *mem, const struct sp_defaults *defaults, struct json_object *arguments)
{
	struct json_object *filled = arguments, *value;
	const char *why;

	for (size_t i = 0; i < defaults->count; i++) {
		if (json_object_object_get_ex(arguments, defaults->name[i], NULL) ||
		    !sp_json_parse(mem, defaults->json[i], &value, &why))
			continue;
		if (filled == arguments)
			filled = copy_of(mem, arguments);
		put(filled, defaults->name[i], value);
	}
	return filled;
}
