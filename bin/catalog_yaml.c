/* catalog_yaml.c - YAML to trees with places, over libyaml's events */
#include "catalog_read.h"

#include <yaml.h>

struct reader {
	struct sp_arena *mem;
	struct sp_str text;
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_event;
	size_t nodes;
	int line;
	const char *why;
};

static bool
fail(struct reader *r, int line, const char *why)
{
	r->line = line;
	r->why = why;
	return false;
}

static int
line_of(const yaml_event_t *event)
{
	return (int)event->start_mark.line + 1;
}

/* libyaml reads ahead: of a byte that no text may have it knows the offset, and no line. */
static int
line_at(struct sp_str text, size_t offset)
{
	int line = 1;

	for (size_t i = 0; i < offset && i < text.len; i++)
		line += text.p[i] == '\n';
	return line;
}

static bool
next(struct reader *r)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = yaml_parser_parse(&r->parser, &r->event) != 0;
	if (r->has_event)
		return true;
	return fail(r, r->parser.error == YAML_READER_ERROR ? line_at(r->text, r->parser.problem_offset) :
	    (int)r->parser.problem_mark.line + 1,
	    r->parser.problem != NULL ? sp_strdup(r->mem, r->parser.problem) : "not YAML");
}

/* What stands before a node, and is not for documents. */
static bool
is_plain_node(struct reader *r, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor != NULL)
		return fail(r, line_of(&r->event), "anchors (&) are not used in documents: write it out");
	if (tag != NULL)
		return fail(r, line_of(&r->event), "tags (!) are not used in documents");
	if (++r->nodes > CATALOG_NODES_MAX)
		return fail(r, line_of(&r->event), "too many values in one file");
	return true;
}

static struct sp_str
scalar_text(struct reader *r)
{
	struct sp_str text = { (const char *)r->event.data.scalar.value, r->event.data.scalar.length };

	return sp_str_dup(r->mem, text);
}

static struct json_object *
made(struct json_object *object)
{
	if (object == NULL)
		sp_out_of_memory();
	return object;
}

static bool
read_scalar(struct reader *r, struct json_object **out)
{
	struct sp_str text = scalar_text(r), number;
	const char *why;

	*out = NULL;
	if (memchr(text.p, '\0', text.len) != NULL)
		return fail(r, line_of(&r->event), "a text with a NUL in it");
	if (r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
		*out = made(json_object_new_string_len(text.p, (int)text.len));
		return true;
	}
	switch (catalog_scalar(r->mem, text, &number, &why)) {
	case CATALOG_TEXT:
		*out = made(json_object_new_string_len(text.p, (int)text.len));
		return true;
	case CATALOG_NULL:
		return true;
	case CATALOG_TRUE:
	case CATALOG_FALSE:
		*out = made(json_object_new_boolean(sp_lower((unsigned char)text.p[0]) == 't'));
		return true;
	case CATALOG_NUMBER:
		if (sp_json_parse(r->mem, number, out, &why)) {
			*out = json_object_get(*out);
			return true;
		}
		break;
	case CATALOG_REFUSED:
		break;
	}
	return fail(r, line_of(&r->event), why);
}

static bool read_node(struct reader *r, int depth, struct json_object **out, struct sp_place *place);

/* Adds a child to a place; *end is where the next one goes. */
static struct sp_place *
add_place(struct reader *r, const struct sp_place ***end, int line, struct sp_str name)
{
	struct sp_place *place = sp_alloc(r->mem, sizeof(*place));

	*place = (struct sp_place){ .line = line, .name = name };
	**end = place;
	*end = &place->next;
	return place;
}

static bool
read_sequence(struct reader *r, int depth, struct json_object *array, struct sp_place *place)
{
	const struct sp_place **end = &place->child;
	struct json_object *item = NULL;
	struct sp_place *child;

	for (;;) {
		if (!next(r))
			return false;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return true;
		child = add_place(r, &end, line_of(&r->event), (struct sp_str){ 0 });
		if (!read_node(r, depth + 1, &item, child)) {
			json_object_put(item);
			return false;
		}
		if (json_object_array_add(array, item) != 0)
			sp_out_of_memory();
	}
}

static bool
read_name(struct reader *r, struct json_object *object, struct sp_str *name)
{
	if (r->event.type != YAML_SCALAR_EVENT)
		return fail(r, line_of(&r->event), "a name is a text");
	if (!is_plain_node(r, r->event.data.scalar.anchor, r->event.data.scalar.tag))
		return false;
	*name = scalar_text(r);
	if (memchr(name->p, '\0', name->len) != NULL)
		return fail(r, line_of(&r->event), "a name with a NUL in it");
	if (sp_str_is(*name, "<<") && r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		return fail(r, line_of(&r->event), "merge keys (<<) are not used in documents: write it out");
	if (json_object_object_get_ex(object, name->p, NULL))
		return fail(r, line_of(&r->event), sp_printf(r->mem, "\"%.*s\" stands twice", SP_FMT(sp_utf8_cut(*name, 80))));
	return true;
}

static bool
read_mapping(struct reader *r, int depth, struct json_object *object, struct sp_place *place)
{
	const struct sp_place **end = &place->child;
	struct json_object *value = NULL;
	struct sp_place *child;
	struct sp_str name;

	for (;;) {
		if (!next(r))
			return false;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return true;
		if (!read_name(r, object, &name))
			return false;
		child = add_place(r, &end, line_of(&r->event), name);
		if (!next(r) || !read_node(r, depth + 1, &value, child)) {
			json_object_put(value);
			return false;
		}
		if (json_object_object_add(object, name.p, value) != 0)
			sp_out_of_memory();
		value = NULL;
	}
}

/* The node of the event that was taken last; its place keeps the line of its name. */
static bool
read_node(struct reader *r, int depth, struct json_object **out, struct sp_place *place)
{
	*out = NULL;
	if (depth > CATALOG_DEPTH_MAX)
		return fail(r, line_of(&r->event), "nested too deeply");
	switch ((int)r->event.type) {
	case YAML_SCALAR_EVENT:
		return is_plain_node(r, r->event.data.scalar.anchor, r->event.data.scalar.tag) && read_scalar(r, out);
	case YAML_SEQUENCE_START_EVENT:
		if (!is_plain_node(r, r->event.data.sequence_start.anchor, r->event.data.sequence_start.tag))
			return false;
		*out = made(json_object_new_array());
		return read_sequence(r, depth, *out, place);
	case YAML_MAPPING_START_EVENT:
		if (!is_plain_node(r, r->event.data.mapping_start.anchor, r->event.data.mapping_start.tag))
			return false;
		*out = made(json_object_new_object());
		return read_mapping(r, depth, *out, place);
	case YAML_ALIAS_EVENT:
		return fail(r, line_of(&r->event), "aliases (*) are not used in documents: write it out");
	default:
		return fail(r, line_of(&r->event), "a value is missing");
	}
}

static void
release(void *object)
{
	json_object_put(object);
}

static bool
read_document(struct reader *r, struct catalog_trees *trees)
{
	struct json_object *tree;
	struct sp_place *place;
	bool ok;

	if (r->event.data.document_start.tag_directives.start != r->event.data.document_start.tag_directives.end)
		return fail(r, line_of(&r->event), "tags are not used in documents");
	if (!next(r))
		return false;
	place = sp_alloc(r->mem, sizeof(*place));
	place->line = line_of(&r->event);
	ok = read_node(r, 1, &tree, place);
	if (tree != NULL)
		sp_arena_defer(r->mem, release, tree);
	if (!ok || !next(r))
		return false;
	if (tree == NULL)		/* nothing between two "---" */
		return true;
	if (trees->count == CATALOG_TREES_MAX)
		return fail(r, place->line, "too many documents in one file");
	trees->item[trees->count++] = (struct catalog_tree){ tree, place };
	return true;
}

static bool
read_stream(struct reader *r, struct catalog_trees *trees)
{
	for (;;) {
		if (!next(r))
			return false;
		if (r->event.type == YAML_STREAM_END_EVENT)
			return true;
		if (r->event.type == YAML_DOCUMENT_START_EVENT && !read_document(r, trees))
			return false;
	}
}

bool
catalog_read_yaml(struct sp_arena *mem, struct sp_str text, struct catalog_trees *out, int *line, const char **why)
{
	struct reader r = { .mem = mem, .text = text };
	struct catalog_trees trees = { 0 };
	bool ok;

	if (text.len > CATALOG_FILE_MAX || !sp_utf8_valid(text)) {
		*line = 0;
		*why = text.len > CATALOG_FILE_MAX ? "longer than 16 MiB" : "not UTF-8";
		return false;
	}
	if (!yaml_parser_initialize(&r.parser))
		sp_out_of_memory();
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.p != NULL ? text.p : ""), text.len);
	trees.item = sp_alloc_array(mem, CATALOG_TREES_MAX, sizeof(*trees.item));
	ok = read_stream(&r, &trees);
	if (r.has_event)
		yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	if (ok) {
		*out = trees;
	} else {
		*line = r.line;
		*why = r.why;
	}
	return ok;
}
