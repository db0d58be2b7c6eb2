/*
 * schema_compile.c - from JSON to nodes: each keyword checked and laid out
 *
 * The JSON is our private copy, so the node made for a subschema is kept as
 * its userdata; that is how a reference finds what stands where it points.
 */
#include "tools/schema_private.h"

#define DEFAULT_MAX_SCHEMAS 20000
#define DEFAULT_MAX_STEPS 1000000
#define DEFAULT_MAX_ERRORS 8
#define MAX_PATTERNS ((size_t)4 * 1024 * 1024)	/* bytes of all patterns in one schema, compiled */

bool
sp_schema_complain(struct sp_schema_compiler *c, const struct sp_schema_node *node,
    const char *keyword, const char *fmt, ...)
{
	struct sp_buf b;
	va_list ap;

	if (c->why != NULL)
		return false;		/* the first one is the cause */
	sp_buf_init(&b, c->why_mem, 1024);
	sp_schema_location(&b, node);
	if (keyword != NULL) {
		sp_buf_char(&b, '/');
		sp_buf_cstr(&b, keyword);
	}
	va_start(ap, fmt);
	sp_buf_printf(&b, ": %s", sp_vprintf(c->why_mem, fmt, ap));
	va_end(ap);
	c->why = sp_buf_ok(&b) ? sp_buf_view(&b).p : "the schema is not valid";
	return false;
}

static bool
is_schema(struct json_object *json)
{
	return json_object_is_type(json, json_type_object) || json_object_is_type(json, json_type_boolean);
}

struct sp_schema_node *
sp_schema_node_of(struct json_object *json)
{
	/* Not of others: json-c keeps the text of a double there. */
	return is_schema(json) ? json_object_get_userdata(json) : NULL;
}

/* ---- the shapes of keywords ---- */

struct keyword {
	const char *name;
	unsigned vocabulary;
	bool (*compile)(struct sp_schema_compiler *, struct sp_schema_node *, const struct keyword *,
	    struct json_object *);
	size_t offset;		/* of the member of struct sp_schema_node */
};

static void *
member(struct sp_schema_node *node, const struct keyword *k)
{
	return (char *)node + k->offset;
}

static bool
number(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	if (!sp_schema_is_number(json))
		return sp_schema_complain(c, node, k->name, "must be a number");
	*(struct json_object **)member(node, k) = json;
	return true;
}

static bool
count(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	if (!sp_schema_count(json, member(node, k)))
		return sp_schema_complain(c, node, k->name, "must be a whole number from 0 on");
	return true;
}

static bool
boolean(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	if (!json_object_is_type(json, json_type_boolean))
		return sp_schema_complain(c, node, k->name, "must be true or false");
	*(bool *)member(node, k) = json_object_get_boolean(json);
	return true;
}

static bool
are_strings(struct json_object *json)
{
	if (!json_object_is_type(json, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(json); i++)
		if (!json_object_is_type(json_object_array_get_idx(json, i), json_type_string))
			return false;
	return true;
}

static bool
strings(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	if (!are_strings(json))
		return sp_schema_complain(c, node, k->name, "must be an array of strings");
	*(struct json_object **)member(node, k) = json;
	return true;
}

static bool
child(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	return sp_schema_compile_node(c, json, node->resource,
	    (struct sp_schema_step){ .parent = node, .keyword = k->name, .index = SIZE_MAX }, member(node, k));
}

static bool
children(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	struct sp_schema_nodes *list = member(node, k);
	size_t n;

	if (!json_object_is_type(json, json_type_array) || (n = json_object_array_length(json)) == 0)
		return sp_schema_complain(c, node, k->name, "must be an array of schemas, not empty");
	list->item = sp_alloc_array(c->schema->mem, n, sizeof(struct sp_schema_node *));
	list->count = n;
	for (size_t i = 0; i < n; i++)
		if (!sp_schema_compile_node(c, json_object_array_get_idx(json, i), node->resource,
		    (struct sp_schema_step){ .parent = node, .keyword = k->name, .index = i }, &list->item[i]))
			return false;
	return true;
}

static int
by_name(const void *a, const void *b)
{
	const struct sp_schema_member *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static struct sp_schema_step
named(const struct sp_schema_node *parent, const char *keyword, const char *name)
{
	return (struct sp_schema_step){ .parent = parent, .keyword = keyword, .name = name };
}

/* Room for a member of json each, behind what a keyword of the same meaning brought. */
static void *
more(struct sp_schema_compiler *c, void *item, size_t count, size_t size, struct json_object *json)
{
	size_t n = (size_t)json_object_object_length(json);

	return item == NULL ? sp_alloc_array(c->schema->mem, n, size) :
	    sp_arena_grow(c->schema->mem, item, count * size, (count + n) * size);
}

static bool
members(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	struct sp_schema_members *list = member(node, k);
	struct sp_schema_member *m;
	struct json_object_iter it;

	if (!json_object_is_type(json, json_type_object))
		return sp_schema_complain(c, node, k->name, "must be an object of schemas");
	list->item = more(c, list->item, list->count, sizeof(*list->item), json);
	json_object_object_foreachC(json, it) {
		m = &list->item[list->count++];
		m->name = it.key;
		if (!sp_schema_compile_node(c, it.val, node->resource, named(node, k->name, it.key), &m->node))
			return false;
	}
	qsort(list->item, list->count, sizeof(*list->item), by_name);
	return true;
}

/* Where schemas may stand that only references use. */
static bool
definitions(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	struct json_object_iter it;
	struct sp_schema_node *unused;

	if (!json_object_is_type(json, json_type_object))
		return sp_schema_complain(c, node, k->name, "must be an object of schemas");
	json_object_object_foreachC(json, it)
		if (!sp_schema_compile_node(c, it.val, node->resource, named(node, k->name, it.key), &unused))
			return false;
	return true;
}

/* ---- the keywords that are like no other ---- */

static unsigned
type_bit(const char *name)
{
	static const struct {
		const char *name;
		unsigned bit;
	} types[] = {
		{ "null", SP_TYPE_NULL }, { "boolean", SP_TYPE_BOOLEAN }, { "integer", SP_TYPE_INTEGER },
		{ "number", SP_TYPE_NUMBER }, { "string", SP_TYPE_STRING }, { "array", SP_TYPE_ARRAY },
		{ "object", SP_TYPE_OBJECT },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].bit;
	return 0;
}

static bool
type(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	bool list = json_object_is_type(json, json_type_array);
	size_t n = list ? json_object_array_length(json) : 1;
	unsigned bit;

	for (size_t i = 0; i < n; i++) {
		struct json_object *name = list ? json_object_array_get_idx(json, i) : json;

		bit = json_object_is_type(name, json_type_string) ? type_bit(json_object_get_string(name)) : 0;
		if (bit == 0)
			return sp_schema_complain(c, node, k->name,
			    "must be null, boolean, integer, number, string, array or object, or a list of them");
		node->types |= bit;
	}
	return n > 0 || sp_schema_complain(c, node, k->name, "must not be empty");
}

static bool
enumeration(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	if (!json_object_is_type(json, json_type_array))
		return sp_schema_complain(c, node, k->name, "must be an array");
	node->enumeration = json;
	return true;
}

static bool
constant(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	(void)c;
	(void)k;
	node->has_const = true;
	node->constant = json;
	return true;
}

static bool
multiple_of(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	node->multiple_of = sp_alloc(c->schema->mem, sizeof(*node->multiple_of));
	if (!sp_schema_divisor(json, node->multiple_of))
		return sp_schema_complain(c, node, k->name, "must be a number above 0 with at most 18 digits");
	return true;
}

static bool
compile_pattern(struct sp_schema_compiler *c, const struct sp_schema_node *node, const char *keyword,
    struct sp_str text, struct sp_schema_pattern **out)
{
	const char *why;

	return sp_schema_pattern_compile(c->schema->mem, text, &c->pattern_room, out, &why) ||
	    sp_schema_complain(c, node, keyword, "%s is not a pattern that can be used: %s",
	    sp_schema_quoted(c->why_mem, text), why);
}

static bool
pattern(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	if (!json_object_is_type(json, json_type_string))
		return sp_schema_complain(c, node, k->name, "must be a string");
	return compile_pattern(c, node, k->name, sp_json_text(json), &node->pattern);
}

static bool
pattern_properties(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	struct sp_schema_by_pattern *by;
	struct json_object_iter it;

	if (!json_object_is_type(json, json_type_object))
		return sp_schema_complain(c, node, k->name, "must be an object of schemas");
	node->by_pattern = sp_alloc_array(c->schema->mem, (size_t)json_object_object_length(json), sizeof(*by));
	json_object_object_foreachC(json, it) {
		by = &node->by_pattern[node->by_pattern_count++];
		if (!compile_pattern(c, node, k->name, sp_str(it.key), &by->pattern) ||
		    !sp_schema_compile_node(c, it.val, node->resource, named(node, k->name, it.key), &by->node))
			return false;
	}
	return true;
}

static bool
format(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	if (!json_object_is_type(json, json_type_string))
		return sp_schema_complain(c, node, k->name, "must be a string");
	if (c->schema->assert_format || (node->resource->dialect & SP_VOCABULARY_FORMAT_ASSERTION))
		node->format = sp_schema_format(json_object_get_string(json));
	return true;
}

/* "dependentRequired", and "dependencies" of the old drafts, where a schema may stand for the names. */
static bool
dependencies(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	bool schemas = strcmp(k->name, "dependencies") == 0;
	struct sp_schema_members *list = &node->dependent_schemas;
	struct sp_schema_member *m;
	struct json_object_iter it;

	if (!json_object_is_type(json, json_type_object))
		return sp_schema_complain(c, node, k->name, "must be an object");
	node->dependent_required = more(c, node->dependent_required, node->dependent_required_count,
	    sizeof(*node->dependent_required), json);
	if (schemas)
		list->item = more(c, list->item, list->count, sizeof(*list->item), json);
	json_object_object_foreachC(json, it) {
		if (are_strings(it.val)) {
			node->dependent_required[node->dependent_required_count++] =
			    (struct sp_schema_dependency){ .name = it.key, .required = it.val };
		} else if (schemas && is_schema(it.val)) {
			m = &list->item[list->count++];
			m->name = it.key;
			if (!sp_schema_compile_node(c, it.val, node->resource, named(node, k->name, it.key), &m->node))
				return false;
		} else {
			return sp_schema_complain(c, node, k->name, "must have arrays of strings%s in it",
			    schemas ? " or schemas" : "");
		}
	}
	return true;
}

/* A schema; in the old drafts also an array, which is "prefixItems" today. */
static bool
items(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	const struct keyword prefix = { k->name, 0, NULL, offsetof(struct sp_schema_node, prefix_items) };

	if (!json_object_is_type(json, json_type_array))
		return child(c, node, k, json);
	if (!(node->resource->dialect & SP_DIALECT_OLD))
		return sp_schema_complain(c, node, k->name, "must be a schema; a list of them goes into prefixItems");
	return json_object_array_length(json) == 0 || children(c, node, &prefix, json);
}

/* Of the old drafts: what follows the array in "items"; without one it says nothing. */
static bool
additional_items(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	struct json_object *list;
	const struct keyword rest = { k->name, 0, NULL,
	    json_object_object_get_ex(node->json, "items", &list) && json_object_is_type(list, json_type_array) ?
	    offsetof(struct sp_schema_node, items) : offsetof(struct sp_schema_node, unused) };

	return child(c, node, &rest, json);
}

static bool
reference(struct sp_schema_compiler *c, struct sp_schema_node *node, const struct keyword *k,
    struct json_object *json)
{
	struct sp_schema_reference *r;

	if (!json_object_is_type(json, json_type_string))
		return sp_schema_complain(c, node, k->name, "must be a string");
	r = sp_alloc(c->schema->mem, sizeof(*r));
	r->node = node;
	r->uri = json_object_get_string(json);
	r->keyword = k->name;
	r->next = c->references;
	c->references = r;
	return true;
}

/* ---- the table ---- */

#define AT(member) offsetof(struct sp_schema_node, member)

/* NEW: not in draft-07.  OLD: in draft-07 only. */
enum { NEW = 1 << 16, OLD = 1 << 17 };

static const struct keyword keywords[] = {
	{ "$ref", SP_VOCABULARY_CORE, reference, 0 },
	{ "$dynamicRef", SP_VOCABULARY_CORE | NEW, reference, 0 },
	{ "$defs", SP_VOCABULARY_CORE, definitions, 0 },
	{ "definitions", SP_VOCABULARY_CORE, definitions, 0 },

	{ "allOf", SP_VOCABULARY_APPLICATOR, children, AT(all_of) },
	{ "anyOf", SP_VOCABULARY_APPLICATOR, children, AT(any_of) },
	{ "oneOf", SP_VOCABULARY_APPLICATOR, children, AT(one_of) },
	{ "not", SP_VOCABULARY_APPLICATOR, child, AT(not_) },
	{ "if", SP_VOCABULARY_APPLICATOR, child, AT(if_) },
	{ "then", SP_VOCABULARY_APPLICATOR, child, AT(then_) },
	{ "else", SP_VOCABULARY_APPLICATOR, child, AT(else_) },
	{ "properties", SP_VOCABULARY_APPLICATOR, members, AT(properties) },
	{ "patternProperties", SP_VOCABULARY_APPLICATOR, pattern_properties, 0 },
	{ "additionalProperties", SP_VOCABULARY_APPLICATOR, child, AT(additional_properties) },
	{ "propertyNames", SP_VOCABULARY_APPLICATOR, child, AT(property_names) },
	{ "dependentSchemas", SP_VOCABULARY_APPLICATOR | NEW, members, AT(dependent_schemas) },
	{ "dependencies", SP_VOCABULARY_APPLICATOR, dependencies, 0 },
	{ "prefixItems", SP_VOCABULARY_APPLICATOR | NEW, children, AT(prefix_items) },
	{ "items", SP_VOCABULARY_APPLICATOR, items, AT(items) },
	{ "additionalItems", SP_VOCABULARY_APPLICATOR | OLD, additional_items, 0 },
	{ "contains", SP_VOCABULARY_APPLICATOR, child, AT(contains) },

	{ "unevaluatedItems", SP_VOCABULARY_UNEVALUATED | NEW, child, AT(unevaluated_items) },
	{ "unevaluatedProperties", SP_VOCABULARY_UNEVALUATED | NEW, child, AT(unevaluated_properties) },

	{ "type", SP_VOCABULARY_VALIDATION, type, 0 },
	{ "const", SP_VOCABULARY_VALIDATION, constant, 0 },
	{ "enum", SP_VOCABULARY_VALIDATION, enumeration, 0 },
	{ "multipleOf", SP_VOCABULARY_VALIDATION, multiple_of, 0 },
	{ "maximum", SP_VOCABULARY_VALIDATION, number, AT(maximum) },
	{ "exclusiveMaximum", SP_VOCABULARY_VALIDATION, number, AT(exclusive_maximum) },
	{ "minimum", SP_VOCABULARY_VALIDATION, number, AT(minimum) },
	{ "exclusiveMinimum", SP_VOCABULARY_VALIDATION, number, AT(exclusive_minimum) },
	{ "maxLength", SP_VOCABULARY_VALIDATION, count, AT(max_length) },
	{ "minLength", SP_VOCABULARY_VALIDATION, count, AT(min_length) },
	{ "pattern", SP_VOCABULARY_VALIDATION, pattern, 0 },
	{ "maxItems", SP_VOCABULARY_VALIDATION, count, AT(max_items) },
	{ "minItems", SP_VOCABULARY_VALIDATION, count, AT(min_items) },
	{ "uniqueItems", SP_VOCABULARY_VALIDATION, boolean, AT(unique_items) },
	{ "maxContains", SP_VOCABULARY_VALIDATION | NEW, count, AT(max_contains) },
	{ "minContains", SP_VOCABULARY_VALIDATION | NEW, count, AT(min_contains) },
	{ "maxProperties", SP_VOCABULARY_VALIDATION, count, AT(max_properties) },
	{ "minProperties", SP_VOCABULARY_VALIDATION, count, AT(min_properties) },
	{ "required", SP_VOCABULARY_VALIDATION, strings, AT(required) },
	{ "dependentRequired", SP_VOCABULARY_VALIDATION | NEW, dependencies, 0 },

	{ "format", SP_VOCABULARY_FORMAT, format, 0 },
	{ "contentSchema", SP_VOCABULARY_OTHERS | NEW, child, AT(unused) },
};

static const struct keyword *
find_keyword(const char *name, unsigned dialect)
{
	const struct keyword *k;

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		k = &keywords[i];
		if (strcmp(k->name, name) != 0)
			continue;
		if (!(k->vocabulary & dialect) || (k->vocabulary & (dialect & SP_DIALECT_OLD ? NEW : OLD)))
			return NULL;
		return k;
	}
	return NULL;
}

static bool
compile_keywords(struct sp_schema_compiler *c, struct sp_schema_node *node)
{
	static const struct keyword *const ref = &keywords[0];
	bool old = node->resource->dialect & SP_DIALECT_OLD;
	struct json_object_iter it;
	struct json_object *json;
	const struct keyword *k;

	/* Draft-07 section 8.3: what stands beside "$ref" is ignored. */
	if (old && json_object_object_get_ex(node->json, ref->name, &json))
		return reference(c, node, ref, json);
	json_object_object_foreachC(node->json, it) {
		k = find_keyword(it.key, node->resource->dialect);
		if (k != NULL && !k->compile(c, node, k, it.val))
			return false;
	}
	return true;
}

bool
sp_schema_compile_node(struct sp_schema_compiler *c, struct json_object *json,
    struct sp_schema_resource *resource, struct sp_schema_step step, struct sp_schema_node **out)
{
	struct sp_schema_node *node;
	bool ok = true;

	if ((*out = sp_schema_node_of(json)) != NULL)
		return true;
	node = sp_alloc(c->schema->mem, sizeof(*node));
	*node = (struct sp_schema_node){
		.resource = resource, .json = json,
		.parent = step.parent, .keyword = step.keyword, .name = step.name, .index = step.index,
		.max_length = SP_SCHEMA_UNLIMITED, .max_items = SP_SCHEMA_UNLIMITED,
		.max_properties = SP_SCHEMA_UNLIMITED, .max_contains = SP_SCHEMA_UNLIMITED,
		.min_contains = 1,
	};
	if (!is_schema(json))
		return sp_schema_complain(c, node, NULL, "must be a schema: an object, true or false");
	if (++c->node_count > c->max_nodes)
		return sp_schema_complain(c, node, NULL, "the schema has too many subschemas");
	json_object_set_userdata(json, node, NULL);
	node->next = c->nodes;
	c->nodes = node;
	if (json_object_is_type(json, json_type_boolean)) {
		node->kind = json_object_get_boolean(json) ? SP_SCHEMA_TRUE : SP_SCHEMA_FALSE;
		if (step.parent == NULL)
			resource->root = node;
	} else {
		c->nesting++;
		ok = sp_schema_identify(c, node) && compile_keywords(c, node);
		c->nesting--;
	}
	*out = node;
	return ok;
}

/* ---- the schema as a whole ---- */

bool
sp_schema_compile(struct sp_arena *mem, struct json_object *json, const struct sp_schema_options *options,
    struct sp_schema **out, const char **why)
{
	static const struct sp_schema_options defaults;
	const struct sp_schema_options *o = options != NULL ? options : &defaults;
	struct sp_arena *own = sp_arena_new();
	struct sp_schema *schema = sp_alloc(own, sizeof(*schema));
	struct sp_schema_compiler c = {
		.schema = schema, .options = o, .why_mem = mem,
		.pattern_room = MAX_PATTERNS,
		.max_nodes = o->max_schemas != 0 ? o->max_schemas : DEFAULT_MAX_SCHEMAS,
	};

	schema->mem = own;
	schema->assert_format = o->assert_format;
	schema->max_steps = o->max_steps != 0 ? o->max_steps : DEFAULT_MAX_STEPS;
	schema->max_errors = o->max_errors != 0 ? o->max_errors : DEFAULT_MAX_ERRORS;
	if (!sp_schema_add_document(&c, json, "", &schema->root) || !sp_schema_link(&c)) {
		*why = c.why;
		sp_schema_free(schema);
		return false;
	}
	*out = schema;
	return true;
}

void
sp_schema_free(struct sp_schema *schema)
{
	if (schema != NULL)
		sp_arena_free(schema->mem);	/* in which it lies itself */
}
