/*
 * schema_ref.c - documents, identifiers and references
 *
 * A reference is led to its node once everything is compiled; that may compile
 * more (a place that no keyword makes a schema, a meta-schema), whose own
 * references then wait in turn.
 */
#include "tools/schema_private.h"

#define MAX_JSON 200000		/* values in one document: a copy is made of them */

/* ---- documents ---- */

/*
 * json-c would carry over userdata that it cannot know how to copy; only the
 * text of doubles is wanted.
 */
static json_c_shallow_copy_fn copy_one;

static int
copy_one(struct json_object *src, struct json_object *parent, const char *key, size_t index,
    struct json_object **dst)
{
	int result = json_c_shallow_copy_default(src, parent, key, index, dst);

	return result == 1 && !json_object_is_type(src, json_type_double) ? 2 : result;
}

static bool
within_limits(struct json_object *json, unsigned depth, size_t *left)
{
	struct json_object_iter it;

	if (depth > SP_SCHEMA_MAX_NESTING || *left == 0)
		return false;
	--*left;
	if (json_object_is_type(json, json_type_object)) {
		json_object_object_foreachC(json, it)
			if (!within_limits(it.val, depth + 1, left))
				return false;
	} else if (json_object_is_type(json, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(json); i++)
			if (!within_limits(json_object_array_get_idx(json, i), depth + 1, left))
				return false;
	}
	return true;
}

static void
put_json(void *json)
{
	json_object_put(json);
}

bool
sp_schema_add_document(struct sp_schema_compiler *c, struct json_object *json, const char *uri,
    struct sp_schema_node **out)
{
	struct sp_schema_resource *resource = sp_alloc(c->schema->mem, sizeof(*resource));
	const struct sp_schema_node at = { .resource = resource };	/* for complaints */
	struct json_object *copy = NULL;
	size_t left = MAX_JSON;

	*resource = (struct sp_schema_resource){
		.uri = uri, .dialect = c->options->draft_07 ? SP_DIALECT_DRAFT_07 : SP_DIALECT_2020_12,
	};
	if (!within_limits(json, 0, &left))
		return sp_schema_complain(c, &at, NULL, "the schema is too large or nested too deeply");
	if (++c->resource_count > SP_SCHEMA_MAX_NAMES || c->nesting > SP_SCHEMA_MAX_NESTING)
		return sp_schema_complain(c, &at, NULL, "the schema has too many parts");
	if (json != NULL && json_object_deep_copy(json, &copy, copy_one) != 0)
		sp_out_of_memory();
	sp_arena_defer(c->schema->mem, put_json, copy);
	resource->next = c->resources;
	c->resources = resource;
	return sp_schema_compile_node(c, copy, resource, (struct sp_schema_step){ .index = SIZE_MAX }, out);
}

static struct sp_schema_resource *
find_resource(const struct sp_schema_compiler *c, const char *uri)
{
	for (struct sp_schema_resource *r = c->resources; r != NULL; r = r->next)
		if (strcmp(r->uri, uri) == 0)
			return r;
	for (const struct sp_schema_alias *a = c->aliases; a != NULL; a = a->next)
		if (strcmp(a->uri, uri) == 0)
			return a->resource;
	return NULL;
}

bool
sp_schema_document(struct sp_schema_compiler *c, const char *uri, struct sp_schema_node **out)
{
	struct sp_schema_resource *r = find_resource(c, uri);
	struct json_object *json = NULL;
	const char *text;
	bool ok;

	*out = NULL;
	if (r != NULL) {
		*out = r->root;
		return true;
	}
	if ((text = sp_schema_meta(uri)) != NULL) {
		if ((json = json_tokener_parse(text)) == NULL)
			sp_out_of_memory();
		ok = sp_schema_add_document(c, json, uri, out);
		json_object_put(json);
		return ok;
	}
	if (c->options->resolve != NULL)
		json = c->options->resolve(c->options->resolve_arg, uri);
	return json == NULL || sp_schema_add_document(c, json, uri, out);
}

/* ---- identifiers ---- */

static bool
add_anchor(struct sp_schema_compiler *c, struct sp_schema_node *node, const char *keyword,
    const char *name)
{
	struct sp_schema_resource *r = node->resource;
	struct sp_schema_anchor *a;

	if (!(sp_is_alpha((unsigned char)*name) || *name == '_') ||
	    !sp_str_only(sp_str(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._"))
		return sp_schema_complain(c, node, keyword, "is not a name that an anchor can have");
	for (a = r->anchors; a != NULL; a = a->next)
		if (strcmp(a->name, name) == 0 && a->node != node)
			return sp_schema_complain(c, node, keyword, "another subschema has this anchor");
	if (++r->anchor_count > SP_SCHEMA_MAX_NAMES)
		return sp_schema_complain(c, node, keyword, "the schema has too many anchors");
	a = sp_alloc(c->schema->mem, sizeof(*a));
	*a = (struct sp_schema_anchor){
		.name = name, .node = node, .dynamic = strcmp(keyword, "$dynamicAnchor") == 0, .next = r->anchors,
	};
	r->anchors = a;
	return true;
}

static struct sp_schema_anchor *
find_anchor(const struct sp_schema_resource *r, struct sp_str name)
{
	for (struct sp_schema_anchor *a = r->anchors; a != NULL; a = a->next)
		if (sp_str_is(name, a->name))
			return a;
	return NULL;
}

struct sp_schema_node *
sp_schema_dynamic_anchor(const struct sp_schema_resource *r, const char *name)
{
	for (const struct sp_schema_anchor *a = r->anchors; a != NULL; a = a->next)
		if (a->dynamic && strcmp(a->name, name) == 0)
			return a->node;
	return NULL;
}

/* The text of a keyword that must be a string; *text NULL: it is not there. */
static bool
string_of(struct sp_schema_compiler *c, const struct sp_schema_node *node, const char *keyword,
    const char **text)
{
	struct json_object *json;

	*text = NULL;
	if (!json_object_object_get_ex(node->json, keyword, &json))
		return true;
	if (!json_object_is_type(json, json_type_string))
		return sp_schema_complain(c, node, keyword, "must be a string");
	*text = json_object_get_string(json);
	return true;
}

/* "$id" gives the resource its URI, or makes a subschema one. */
static bool
take_id(struct sp_schema_compiler *c, struct sp_schema_node *node, const char *id)
{
	struct sp_schema_resource *r = node->resource;
	const char *absolute;
	struct sp_str fragment;

	if (!sp_schema_uri_split(c->schema->mem, sp_schema_uri_resolve(c->schema->mem, r->uri, id),
	    &absolute, &fragment) || fragment.len > 0)
		return sp_schema_complain(c, node, "$id", "must be a URI without a fragment");
	if (find_resource(c, absolute) != NULL && find_resource(c, absolute) != r)
		return sp_schema_complain(c, node, "$id", "another schema has this URI");
	if (node->parent == NULL) {
		struct sp_schema_alias *came_by = sp_alloc(c->schema->mem, sizeof(*came_by));

		*came_by = (struct sp_schema_alias){ .uri = r->uri, .resource = r, .next = c->aliases };
		c->aliases = came_by;
		r->uri = absolute;
		return true;
	}
	if (++c->resource_count > SP_SCHEMA_MAX_NAMES)
		return sp_schema_complain(c, node, "$id", "the schema has too many parts");
	node->resource = sp_alloc(c->schema->mem, sizeof(*r));
	*node->resource = (struct sp_schema_resource){
		.uri = absolute, .dialect = r->dialect, .root = node, .next = c->resources,
	};
	c->resources = node->resource;
	return true;
}

bool
sp_schema_identify(struct sp_schema_compiler *c, struct sp_schema_node *node)
{
	bool old = node->resource->dialect & SP_DIALECT_OLD;
	const char *id, *anchor, *dynamic;
	struct json_object *dialect;

	if (node->parent == NULL)
		node->resource->root = node;
	if (old && json_object_object_get_ex(node->json, "$ref", NULL))
		return true;		/* draft-07: "$ref" stands alone */
	if (!string_of(c, node, "$id", &id) || !string_of(c, node, "$anchor", &anchor) ||
	    !string_of(c, node, "$dynamicAnchor", &dynamic))
		return false;
	if (id != NULL && old && *id == '#')
		return add_anchor(c, node, "$id", id + 1);	/* draft-07 section 8.2.3 */
	if (id != NULL && !take_id(c, node, id))
		return false;
	if (node->resource->root == node && json_object_object_get_ex(node->json, "$schema", &dialect) &&
	    !sp_schema_dialect(c, node, dialect, &node->resource->dialect))
		return false;
	if (node->resource->dialect & SP_DIALECT_OLD)
		return true;
	return (anchor == NULL || add_anchor(c, node, "$anchor", anchor)) &&
	    (dynamic == NULL || add_anchor(c, node, "$dynamicAnchor", dynamic));
}

/* ---- references ---- */

/* One reference token of RFC 6901, unescaped; false for a '~' that escapes nothing. */
static bool
unescape(struct sp_arena *mem, struct sp_str token, const char **out)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, token.len);
	for (size_t i = 0; i < token.len; i++) {
		if (token.p[i] != '~') {
			sp_buf_char(&b, token.p[i]);
		} else if (i + 1 < token.len && (token.p[i + 1] == '0' || token.p[i + 1] == '1')) {
			sp_buf_char(&b, token.p[++i] == '0' ? '~' : '/');
		} else {
			return false;
		}
	}
	*out = token.len > 0 ? sp_cstr(mem, sp_buf_view(&b)) : "";
	return true;
}

static bool
step_down(struct json_object **json, const char *token)
{
	int64_t index;

	if (json_object_is_type(*json, json_type_object))
		return json_object_object_get_ex(*json, token, json);
	if (!json_object_is_type(*json, json_type_array) || (token[0] == '0' && token[1] != '\0') ||
	    !sp_str_int64(sp_str(token), 0, INT32_MAX, &index) ||
	    (size_t)index >= json_object_array_length(*json))
		return false;
	*json = json_object_array_get_idx(*json, (size_t)index);
	return true;
}

/* Follows a JSON Pointer from a node; on the way the nodes say which resource it is in. */
static bool
follow(struct sp_schema_compiler *c, struct sp_schema_node *from, struct sp_str pointer,
    struct sp_schema_node **out)
{
	struct sp_schema_node *last = from, *here;
	struct json_object *json = from->json;
	struct sp_str rest = sp_str_sub(pointer, 1, pointer.len), token, unknown = rest;
	bool more = true;
	const char *name;

	while (more) {
		ptrdiff_t slash = sp_str_index(rest, '/');

		more = slash >= 0;
		token = sp_str_sub(rest, 0, more ? (size_t)slash : rest.len);
		rest = sp_str_sub(rest, more ? (size_t)slash + 1 : rest.len, rest.len);
		if (!unescape(c->schema->mem, token, &name) || !step_down(&json, name))
			return true;		/* with *out NULL */
		if ((here = sp_schema_node_of(json)) != NULL) {
			last = here;
			unknown = rest;
		}
	}
	/* A place that no keyword makes a schema becomes one by being referred to. */
	return sp_schema_compile_node(c, json, last->resource,
	    (struct sp_schema_step){ .parent = last, .keyword = sp_cstr(c->schema->mem, unknown), .index = SIZE_MAX },
	    out);
}

static bool
link_one(struct sp_schema_compiler *c, const struct sp_schema_reference *ref)
{
	const char *uri = sp_schema_uri_resolve(c->schema->mem, ref->node->resource->uri, ref->uri), *absolute;
	struct sp_schema_node *document, *target = NULL;
	struct sp_schema_anchor *anchor = NULL;
	struct sp_str fragment;

	if (!sp_schema_uri_split(c->schema->mem, uri, &absolute, &fragment))
		return sp_schema_complain(c, ref->node, ref->keyword, "is not a URI");
	if (!sp_schema_document(c, absolute, &document))
		return false;
	if (document == NULL)
		return sp_schema_complain(c, ref->node, ref->keyword,
		    "leads to %s, which is not in the schema and is not fetched",
		    sp_schema_quoted(c->why_mem, sp_str(absolute)));
	if (fragment.len == 0) {
		target = document;
	} else if (fragment.p[0] == '/') {
		if (!follow(c, document, fragment, &target))
			return false;
	} else if ((anchor = find_anchor(document->resource, fragment)) != NULL) {
		target = anchor->node;
	}
	if (target == NULL)
		return sp_schema_complain(c, ref->node, ref->keyword, "leads to %s, where there is nothing",
		    sp_schema_quoted(c->why_mem, sp_str(ref->uri)));
	if (strcmp(ref->keyword, "$ref") == 0) {
		ref->node->ref = target;
	} else {
		ref->node->dynamic_ref = target;
		ref->node->dynamic_name = anchor != NULL && anchor->dynamic ? anchor->name : NULL;
	}
	return true;
}

/* ---- circles ---- */

static bool walk(struct sp_schema_compiler *c, struct sp_schema_node *node, unsigned depth);

static bool
walk_list(struct sp_schema_compiler *c, const struct sp_schema_nodes *list, unsigned depth)
{
	for (size_t i = 0; i < list->count; i++)
		if (!walk(c, list->item[i], depth))
			return false;
	return true;
}

/*
 * Refuses a schema that would be applied to a value in order to know whether it
 * applies to that same value.  "$dynamicRef" can go elsewhere each time; there
 * the depth of the evaluation is the limit.
 */
static bool
walk(struct sp_schema_compiler *c, struct sp_schema_node *node, unsigned depth)
{
	if (node == NULL || node->walk_done)
		return true;
	if (node->walk_open)
		return sp_schema_complain(c, node, NULL, "refers to itself in a circle");
	if (depth > SP_SCHEMA_MAX_DEPTH)
		return sp_schema_complain(c, node, NULL, "is at the end of too long a chain of references");
	node->walk_open = true;
	if (!walk(c, node->ref, depth + 1) ||
	    (node->dynamic_name == NULL && !walk(c, node->dynamic_ref, depth + 1)) ||
	    !walk_list(c, &node->all_of, depth + 1) || !walk_list(c, &node->any_of, depth + 1) ||
	    !walk_list(c, &node->one_of, depth + 1) || !walk(c, node->not_, depth + 1) ||
	    !walk(c, node->if_, depth + 1) || !walk(c, node->then_, depth + 1) ||
	    !walk(c, node->else_, depth + 1))
		return false;
	for (size_t i = 0; i < node->dependent_schemas.count; i++)
		if (!walk(c, node->dependent_schemas.item[i].node, depth + 1))
			return false;
	node->walk_open = false;
	node->walk_done = true;
	return true;
}

bool
sp_schema_link(struct sp_schema_compiler *c)
{
	struct sp_schema_reference *ref;

	while ((ref = c->references) != NULL) {
		c->references = ref->next;
		if (!link_one(c, ref))
			return false;
	}
	if (!walk(c, c->schema->root, 0))
		return false;
	for (struct sp_schema_node *node = c->nodes; node != NULL; node = node->next)
		if (!walk(c, node, 0))
			return false;
	return true;
}
