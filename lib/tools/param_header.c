/* param_header.c - arguments that request headers repeat: x-mcp-header */
#include "tools/param_header.h"

#define ANNOTATION	"x-mcp-header"
#define NAME_MAX	64		/* bytes; web servers limit all headers together */
#define HEADERS_MAX	64		/* of one tool */

struct collector {
	struct sp_arena *mem;
	struct sp_param_header item[HEADERS_MAX];
	size_t count;
	const char *path[SP_JSON_MAX_DEPTH];	/* of the property that is looked at */
	size_t depth;
	const char *why;
};

static bool
fail(struct collector *c, const char *why)
{
	c->why = why;
	return false;
}

static bool
is_one_of(struct sp_str name, const char *const *names)
{
	while (*names != NULL && !sp_str_is(name, *names))
		names++;
	return *names != NULL;
}

static bool is_misplaced_in(struct json_object *part);

/*
 * Whether a member of a schema has an annotation where a client cannot find its
 * argument.  What stands in data is none, nor is the name of a definition.
 */
static bool
is_misplaced(const char *keyword, struct json_object *value)
{
	static const char *const data[] = { "const", "default", "enum", "examples", NULL };
	static const char *const maps[] = { "$defs", "definitions", "dependentSchemas", "patternProperties",
	    "properties", NULL };

	if (strcmp(keyword, ANNOTATION) == 0)
		return true;
	if (is_one_of(sp_str(keyword), data))
		return false;
	if (!is_one_of(sp_str(keyword), maps) || !json_object_is_type(value, json_type_object))
		return is_misplaced_in(value);
	json_object_object_foreach(value, name, schema) {
		(void)name;
		if (is_misplaced_in(schema))
			return true;
	}
	return false;
}

/* The same of a schema, or of a list of them. */
static bool
is_misplaced_in(struct json_object *part)
{
	if (json_object_is_type(part, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(part); i++)
			if (is_misplaced_in(json_object_array_get_idx(part, i)))
				return true;
	} else if (json_object_is_type(part, json_type_object)) {
		json_object_object_foreach(part, keyword, value)
			if (is_misplaced(keyword, value))
				return true;
	}
	return false;
}

static const char *
path_text(struct collector *c)
{
	struct sp_buf b;

	sp_buf_init(&b, c->mem, 4096);
	for (size_t i = 0; i < c->depth; i++) {
		if (i > 0)
			sp_buf_char(&b, '.');
		sp_buf_str(&b, sp_str_sub(sp_str(c->path[i]), 0, 60));
	}
	return sp_buf_view(&b).p;
}

static bool
add(struct collector *c, struct json_object *property, struct json_object *annotation)
{
	static const char *const types[] = { "string", "integer", "boolean", NULL };
	struct sp_str name = json_object_is_type(annotation, json_type_string) ? sp_json_text(annotation) : SP_LIT("");
	struct sp_str type = sp_json_get_str(property, "type");
	const char **path, *header;

	if (name.len == 0 || name.len > NAME_MAX || !sp_str_only(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"))
		return fail(c, "x-mcp-header is 1 to 64 of A-Z a-z 0-9 -");
	if (type.p == NULL || !is_one_of(type, types))
		return fail(c, "x-mcp-header needs a string, an integer or a boolean");
	header = sp_printf(c->mem, "Mcp-Param-%.*s", SP_FMT(name));
	for (size_t i = 0; i < c->count; i++)
		if (sp_str_caseis(sp_str(header), c->item[i].header))
			return fail(c, "an x-mcp-header stands twice");
	if (c->count == HEADERS_MAX)
		return fail(c, "more than 64 x-mcp-header");
	path = sp_alloc_array(c->mem, c->depth + 1, sizeof(*path));
	for (size_t i = 0; i < c->depth; i++)
		path[i] = sp_strdup(c->mem, c->path[i]);
	c->item[c->count++] = (struct sp_param_header){ header, path_text(c), path };
	return true;
}

/* A schema that is reached through "properties" only. */
static bool
collect(struct collector *c, struct json_object *schema)
{
	if (!json_object_is_type(schema, json_type_object))
		return true;
	json_object_object_foreach(schema, keyword, value) {
		if (strcmp(keyword, ANNOTATION) == 0) {
			if (c->depth == 0)
				return fail(c, "x-mcp-header belongs to a property");
			if (!add(c, schema, value))
				return false;
		} else if (strcmp(keyword, "properties") == 0 && json_object_is_type(value, json_type_object)) {
			json_object_object_foreach(value, name, property) {
				c->path[c->depth++] = name;	/* no deeper than JSON is parsed */
				if (!collect(c, property))
					return false;
				c->depth--;
			}
		} else if (is_misplaced(keyword, value)) {
			return fail(c, "x-mcp-header stands where a client cannot find its argument");
		}
	}
	return true;
}

bool
sp_param_headers(struct sp_arena *mem, struct json_object *schema, struct sp_param_headers *out, const char **why)
{
	struct collector c = { .mem = mem };
	struct sp_param_header *item;

	if (!collect(&c, schema)) {
		*why = c.why;
		return false;
	}
	item = sp_alloc_array(mem, c.count, sizeof(*item));
	for (size_t i = 0; i < c.count; i++)
		item[i] = c.item[i];
	*out = (struct sp_param_headers){ item, c.count };
	return true;
}

struct json_object *
sp_param_header_value(const struct sp_param_header *h, struct json_object *arguments)
{
	struct json_object *value = arguments;

	for (size_t i = 0; h->path[i] != NULL; i++)
		value = sp_json_get(value, h->path[i]);
	return value;
}
