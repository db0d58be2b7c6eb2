/* catalog_json.c - JSON to a tree with places: json.h makes the tree, and the text is walked for the lines */
#include "catalog_read.h"

struct walker {
	struct sp_arena *mem;
	const char *p, *end;
	int line;
};

static void
skip_space(struct walker *w)
{
	while (w->p < w->end && strchr(" \t\r\n", *w->p) != NULL)
		w->line += *w->p++ == '\n';
}

/* Behind a text, whose quotes the parser has seen to. */
static void
skip_text(struct walker *w)
{
	for (w->p++; w->p < w->end && *w->p != '"'; w->p++)
		if (*w->p == '\\')
			w->p++;
	if (w->p < w->end)
		w->p++;
}

static void walk(struct walker *w, struct json_object *tree, struct sp_place *place);

static void
walk_members(struct walker *w, struct json_object *tree, struct sp_place *place)
{
	const struct sp_place **end = &place->child;

	json_object_object_foreach(tree, name, value) {
		struct sp_place *child = sp_alloc(w->mem, sizeof(*child));

		skip_space(w);
		*child = (struct sp_place){ .line = w->line, .name = sp_str(name) };
		*end = child;
		end = &child->next;
		skip_text(w);
		skip_space(w);
		w->p++;				/* ':' */
		walk(w, value, child);
		skip_space(w);
		w->p++;				/* ',' or '}' */
	}
}

static void
walk_items(struct walker *w, struct json_object *tree, struct sp_place *place)
{
	const struct sp_place **end = &place->child;

	for (size_t i = 0; i < json_object_array_length(tree); i++) {
		struct sp_place *child = sp_alloc(w->mem, sizeof(*child));

		skip_space(w);
		child->line = w->line;
		*end = child;
		end = &child->next;
		walk(w, json_object_array_get_idx(tree, i), child);
		skip_space(w);
		w->p++;				/* ',' or ']' */
	}
}

/* Side by side through the text and the tree that was parsed of it. */
static void
walk(struct walker *w, struct json_object *tree, struct sp_place *place)
{
	skip_space(w);
	if (json_object_is_type(tree, json_type_object) || json_object_is_type(tree, json_type_array)) {
		bool is_object = json_object_is_type(tree, json_type_object);
		size_t members = is_object ? (size_t)json_object_object_length(tree) : json_object_array_length(tree);

		w->p++;				/* '{' or '[' */
		if (members == 0) {
			skip_space(w);
			w->p++;
		} else if (is_object) {
			walk_members(w, tree, place);
		} else {
			walk_items(w, tree, place);
		}
	} else if (w->p < w->end && *w->p == '"') {
		skip_text(w);
	} else {
		while (w->p < w->end && strchr(",]} \t\r\n", *w->p) == NULL)
			w->p++;
	}
}

static bool
is_deep(struct json_object *tree, int depth)
{
	if (depth > CATALOG_DEPTH_MAX)
		return true;
	if (json_object_is_type(tree, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(tree); i++)
			if (is_deep(json_object_array_get_idx(tree, i), depth + 1))
				return true;
	} else if (json_object_is_type(tree, json_type_object)) {
		json_object_object_foreach(tree, name, value) {
			(void)name;
			if (is_deep(value, depth + 1))
				return true;
		}
	}
	return false;
}

/* No more than this many values are in the text, as every value but one stands behind one of these. */
static size_t
count_values(struct sp_str text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] == '"')
			for (i++; i < text.len && text.p[i] != '"'; i++)
				i += text.p[i] == '\\';
		else
			n += text.p[i] == ',' || text.p[i] == '{' || text.p[i] == '[';
	return n;
}

static int
line_at(struct sp_str text, size_t at)
{
	int line = 1;

	for (size_t i = 0; i < at && i < text.len; i++)
		line += text.p[i] == '\n';
	return line;
}

bool
catalog_read_json(struct sp_arena *mem, struct sp_str text, struct catalog_trees *out, int *line, const char **why)
{
	struct walker w = { .mem = mem, .p = text.p, .end = text.p + text.len, .line = 1 };
	struct json_object *tree;
	struct sp_place *place;
	size_t at = 0;

	*line = 0;
	*why = "longer than 16 MiB, or too many values in one file";
	if (text.len > CATALOG_FILE_MAX || count_values(text) > CATALOG_NODES_MAX)
		return false;
	if (!sp_json_parse_file(mem, text, &tree, why, &at)) {
		*line = line_at(text, at);
		return false;
	}
	*why = "nested too deeply";
	if (is_deep(tree, 1))
		return false;
	place = sp_alloc(mem, sizeof(*place));
	skip_space(&w);
	place->line = w.line;
	walk(&w, tree, place);
	out->item = sp_alloc(mem, sizeof(*out->item));
	out->item[0] = (struct catalog_tree){ tree, place };
	out->count = tree != NULL;
	return true;
}
