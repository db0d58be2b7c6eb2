/*
 * defaults.h - what an argument is that is not given: the `default` of its schema
 */
#ifndef SP_TOOLS_DEFAULTS_H
#define SP_TOOLS_DEFAULTS_H

#include "base/json.h"

/* Made when a tool is loaded, and read-only from then on: values are kept as text, since a tree belongs to one thread. */
struct sp_defaults {
	const char **name;
	struct sp_str *json;
	size_t count;
};

/* Those of the properties of an input schema; the copies are in mem. */
void sp_defaults_read(struct sp_arena *mem, struct json_object *input, struct sp_defaults *out);

/* The arguments with what is missing; the same object when nothing is. */
struct json_object *sp_defaults_fill(struct sp_arena *mem, const struct sp_defaults *defaults, struct json_object *arguments);

#endif
