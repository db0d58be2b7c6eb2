/*
 * openapi_schema.c - schemas of an OpenAPI description as JSON Schema 2020-12
 *
 * A schema is written anew, keyword by keyword: what is not known, or is not as
 * JSON Schema wants it, does not get in.  What a reference leads to stands in its
 * place if the tool uses it once or if it is small, and else in "$defs", so that
 * no document grows by more than a constant, and recursion ends.
 */
#include "tools/openapi_private.h"

#define MAX_COMPONENTS	3000		/* that one tool reaches */
#define MAX_LEVELS	20		/* of schemas within schemas; each takes two or three of SP_JSON_MAX_DEPTH */
#define IN_PLACE_LEVELS	6		/* deeper than that, what is used once is a definition, too */
#define SMALL_BYTES	160		/* of a schema that may be repeated */
#define PROSE_BYTES	512		/* of a description within a schema */
#define DATA_BYTES	2000		/* of a default or constant */
#define MAX_VALUES	1000		/* of an enum */

struct sp_openapi_component {
	struct json_object *schema;	/* of the description */
	size_t uses;
	int small;			/* 0: nobody has looked; 1: yes; -1: no */
	const char *name;		/* in "$defs"; NULL: not there yet */
	struct json_object *written;
};

/* How the value of a keyword is read. */
enum shape {
	SCHEMA,				/* a schema */
	SCHEMAS,			/* an array of them */
	SCHEMA_MAP,			/* an object of them */
	PROPERTIES,
	PATTERNS,			/* an object of them, by pattern */
	NAMES,				/* an array of strings */
	NAMES_MAP,
	REQUIRED,
	TYPES,
	VALUES,
	DATA,
	EXAMPLES,
	PROSE,
	TEXT,
	FORMAT,
	PATTERN,
	FLAG,
	COUNT,				/* a whole number, 0 and up */
	NUMBER,
	LIMIT,				/* a number, or a boolean in 3.0 */
};

enum { BOUND = 1 };			/* would refuse answers of an API that has grown since */

static const struct keyword {
	const char *name;
	enum shape shape;
	int flags;
} keywords[] = {
	{ "title", TEXT, 0 },
	{ "description", PROSE, 0 },
	{ "type", TYPES, 0 },
	{ "enum", VALUES, BOUND },
	{ "const", DATA, BOUND },
	{ "default", DATA, 0 },
	{ "examples", EXAMPLES, 0 },
	{ "deprecated", FLAG, 0 },
	{ "format", FORMAT, 0 },
	{ "pattern", PATTERN, BOUND },
	{ "minLength", COUNT, BOUND },
	{ "maxLength", COUNT, BOUND },
	{ "minimum", LIMIT, BOUND },
	{ "maximum", LIMIT, BOUND },
	{ "exclusiveMinimum", LIMIT, BOUND },
	{ "exclusiveMaximum", LIMIT, BOUND },
	{ "multipleOf", NUMBER, BOUND },
	{ "contentEncoding", TEXT, 0 },
	{ "contentMediaType", TEXT, 0 },
	{ "items", SCHEMA, 0 },
	{ "prefixItems", SCHEMAS, 0 },
	{ "contains", SCHEMA, BOUND },
	{ "minContains", COUNT, BOUND },
	{ "maxContains", COUNT, BOUND },
	{ "minItems", COUNT, BOUND },
	{ "maxItems", COUNT, BOUND },
	{ "uniqueItems", FLAG, BOUND },
	{ "unevaluatedItems", SCHEMA, BOUND },
	{ "properties", PROPERTIES, 0 },
	{ "patternProperties", PATTERNS, 0 },
	{ "additionalProperties", SCHEMA, 0 },
	{ "propertyNames", SCHEMA, BOUND },
	{ "unevaluatedProperties", SCHEMA, BOUND },
	{ "minProperties", COUNT, BOUND },
	{ "maxProperties", COUNT, BOUND },
	{ "required", REQUIRED, BOUND },
	{ "dependentRequired", NAMES_MAP, BOUND },
	{ "dependentSchemas", SCHEMA_MAP, BOUND },
	{ "allOf", SCHEMAS, 0 },
	{ "anyOf", SCHEMAS, 0 },
	{ "oneOf", SCHEMAS, 0 },
	{ "not", SCHEMA, BOUND },
	{ "if", SCHEMA, BOUND },
	{ "then", SCHEMA, BOUND },
	{ "else", SCHEMA, BOUND },
};

static struct json_object *write_schema(struct sp_openapi_schemas *s, struct json_object *schema, int level,
    bool in_place);

static bool
is_of(struct json_object *json, enum json_type type)
{
	return json_object_is_type(json, type);
}

static struct sp_str
reference_of(struct json_object *schema)
{
	return sp_json_get_str(schema, "$ref");
}

/* ---- what is reached ---- */

void
sp_openapi_schemas_init(struct sp_openapi_schemas *s, struct sp_openapi_job *job, bool input,
    enum sp_openapi_detail detail, size_t max_bytes)
{
	*s = (struct sp_openapi_schemas){ .job = job, .input = input, .detail = detail, .max_bytes = max_bytes };
	s->index = sp_json_new(job->scratch);
	s->names = sp_json_new(job->scratch);
}

void
sp_openapi_schemas_release(struct sp_openapi_schemas *s)
{
	for (size_t i = 0; i < s->count; i++)
		json_object_put(s->component[i].written);
	s->count = 0;
}

static struct sp_openapi_component *
component(struct sp_openapi_schemas *s, struct sp_str ref)
{
	struct json_object *number = sp_json_get(s->index, ref.p);

	return number != NULL ? &s->component[json_object_get_int64(number)] : NULL;
}

bool
sp_openapi_is_hidden(struct sp_openapi_job *job, struct json_object *schema, bool input)
{
	const char *keyword = input ? "readOnly" : "writeOnly";
	struct sp_str ref;

	for (int hops = 0; hops < SP_OPENAPI_MAX_HOPS; hops++) {
		if (sp_openapi_is_true(schema, keyword))
			return true;
		if ((ref = reference_of(schema)).p == NULL || (schema = sp_openapi_pointer(job, ref)) == NULL)
			return false;
	}
	return false;
}

static bool count_schema(struct sp_openapi_schemas *s, struct json_object *schema, int level);

/* Notes a use of what the reference leads to; the first one will be looked into by count_all(). */
static bool
count_reference(struct sp_openapi_schemas *s, struct sp_str ref)
{
	struct sp_openapi_component *c = component(s, ref);
	struct json_object *target;

	if (c != NULL) {
		c->uses++;
		return true;
	}
	if ((target = sp_openapi_pointer(s->job, ref)) == NULL)
		return false;
	if (s->count == MAX_COMPONENTS)
		return sp_openapi_fail(s->job, "it reaches more than %d components", MAX_COMPONENTS);
	if (s->count == s->room) {
		size_t more = s->room > 0 ? 2 * s->room : 16;

		s->component = sp_arena_grow(s->job->scratch, s->component, s->room * sizeof(*s->component),
		    more * sizeof(*s->component));
		s->room = more;
	}
	s->component[s->count] = (struct sp_openapi_component){ .schema = target, .uses = 1 };
	json_object_object_add(s->index, ref.p, json_object_new_int64((int64_t)s->count++));
	return true;
}

/*
 * Takes what will be written at the least: every schema that is counted is
 * written once or more.  So what is far too large is known before it is made.
 */
static bool
take_bytes(struct sp_openapi_schemas *s, size_t bytes)
{
	s->bytes += bytes;
	if (s->bytes <= s->max_bytes)
		return true;
	s->too_large = true;
	return sp_openapi_fail(s->job, "it is over %zu bytes", s->max_bytes);
}

static bool
count_each(struct sp_openapi_schemas *s, struct json_object *value, int level, bool properties)
{
	if (is_of(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			if (!count_schema(s, json_object_array_get_idx(value, i), level))
				return false;
	} else if (is_of(value, json_type_object)) {
		json_object_object_foreach(value, name, schema) {
			if (properties && sp_openapi_is_hidden(s->job, schema, s->input))
				continue;
			if (!take_bytes(s, strlen(name) + 3) || !count_schema(s, schema, level))
				return false;
		}
	}
	return true;
}

static bool
is_left_out(const struct sp_openapi_schemas *s, const struct keyword *k, struct json_object *schema,
    struct json_object *value)
{
	if (s->input)
		return false;
	if (strcmp(k->name, "oneOf") == 0)
		return sp_json_get(schema, "anyOf") != NULL;
	return (k->flags & BOUND) || (strcmp(k->name, "additionalProperties") == 0 && is_of(value, json_type_boolean));
}

/* The keyword of this name, if its value is of schemas; NULL: it is not. */
static const struct keyword *
keyword_of_schemas(const char *name)
{
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (keywords[i].shape <= PATTERNS && strcmp(keywords[i].name, name) == 0)
			return &keywords[i];
	return NULL;
}

static bool
count_schema(struct sp_openapi_schemas *s, struct json_object *schema, int level)
{
	struct sp_str ref;

	if (!is_of(schema, json_type_object))
		return true;
	if (!sp_openapi_step(s->job) || !take_bytes(s, 2))
		return false;
	if (level > MAX_LEVELS)
		return sp_openapi_fail(s->job, "its schemas are nested too deep");
	if ((ref = reference_of(schema)).p != NULL && !count_reference(s, ref))
		return false;
	json_object_object_foreach(schema, name, value) {
		const struct keyword *k = keyword_of_schemas(name);

		if (k == NULL || value == NULL || is_left_out(s, k, schema, value))
			continue;
		if (!(k->shape == SCHEMA ? count_schema(s, value, level + 1) :
		    count_each(s, value, level + 1, k->shape == PROPERTIES)))
			return false;
	}
	return true;
}

bool
sp_openapi_schemas_count(struct sp_openapi_schemas *s, struct json_object *schema)
{
	size_t next = s->count;

	if (!count_schema(s, schema, 0))
		return false;
	/* A list and no recursion: a chain of components may be as long as the description. */
	for (; next < s->count; next++)
		if (!count_schema(s, s->component[next].schema, 0))
			return false;
	return true;
}

/* ---- values that are schemas ---- */

static struct json_object *
write_list(struct sp_openapi_schemas *s, struct json_object *value, int level)
{
	struct json_object *out;

	if (!is_of(value, json_type_array) || json_object_array_length(value) == 0)
		return NULL;
	out = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct json_object *item = write_schema(s, json_object_array_get_idx(value, i), level, false);

		if (item == NULL)
			break;
		json_object_array_add(out, item);
	}
	return out;
}

static struct json_object *
write_map(struct sp_openapi_schemas *s, struct json_object *value, int level, enum shape shape)
{
	struct json_object *out;

	if (!is_of(value, json_type_object))
		return NULL;
	out = json_object_new_object();
	json_object_object_foreach(value, name, schema) {
		struct json_object *item;

		if (shape == PROPERTIES && sp_openapi_is_hidden(s->job, schema, s->input))
			continue;
		if (shape == PATTERNS) {
			struct json_object *pattern = json_object_new_string(name);
			bool ok = sp_openapi_is_pattern(s->job, pattern);

			json_object_put(pattern);
			if (!ok)
				continue;
		}
		if ((item = write_schema(s, schema, level, false)) == NULL)
			break;
		json_object_object_add(out, name, item);
	}
	return out;
}

static struct json_object *
write_names_map(struct json_object *value)
{
	struct json_object *out;

	if (!is_of(value, json_type_object))
		return NULL;
	out = json_object_new_object();
	json_object_object_foreach(value, name, names) {
		struct json_object *item = sp_openapi_names_of(names);

		if (item != NULL)
			json_object_object_add(out, name, item);
	}
	return out;
}

static bool
is_number(struct json_object *value)
{
	return is_of(value, json_type_int) || is_of(value, json_type_double);
}

static bool
is_count(struct json_object *value)
{
	return is_of(value, json_type_int) && json_object_get_int64(value) >= 0;
}

/* The value of a keyword as it is written, the caller's; NULL: it is not written. */
static struct json_object *
write_value(struct sp_openapi_schemas *s, const struct keyword *k, struct json_object *value,
    struct json_object *schema, int level)
{
	bool lean = s->detail == SP_OPENAPI_LEAN;
	struct sp_str text;

	switch (k->shape) {
	case SCHEMA:
		return write_schema(s, value, level + 1, false);
	case SCHEMAS:
		return write_list(s, value, level + 1);
	case SCHEMA_MAP:
	case PROPERTIES:
	case PATTERNS:
		return write_map(s, value, level + 1, k->shape);
	case NAMES:
		return sp_openapi_names_of(value);
	case NAMES_MAP:
		return write_names_map(value);
	case REQUIRED:
		return sp_openapi_required(s->job, value, sp_json_get(schema, "properties"), s->input);
	case TYPES:
		return sp_openapi_types(value);
	case VALUES:
		return is_of(value, json_type_array) && json_object_array_length(value) > 0 &&
		    json_object_array_length(value) <= MAX_VALUES ? json_object_get(value) : NULL;
	case DATA:
		return sp_openapi_is_shorter(value, DATA_BYTES) ? json_object_get(value) : NULL;
	case EXAMPLES:
		return lean ? NULL : sp_openapi_examples(value);
	case PROSE:
	case TEXT:
		if (!is_of(value, json_type_string) || (lean && (k->shape == PROSE || strcmp(k->name, "title") == 0)))
			return NULL;
		text = sp_openapi_prose(s->job->scratch, sp_json_text(value), PROSE_BYTES);
		return text.len > 0 ? json_object_new_string_len(text.p, (int)text.len) : NULL;
	case FORMAT:
		return sp_openapi_is_format(value) ? json_object_get(value) : NULL;
	case PATTERN:
		return sp_openapi_is_pattern(s->job, value) ? json_object_get(value) : NULL;
	case FLAG:
		return is_of(value, json_type_boolean) && json_object_get_boolean(value) ? json_object_get(value) : NULL;
	case COUNT:
		return is_count(value) ? json_object_get(value) : NULL;
	case NUMBER:
	case LIMIT:
		return is_number(value) ? json_object_get(value) : NULL;
	}
	return NULL;
}

/* ---- references ---- */

/* Nothing in it has parts. */
static bool
is_plain(struct json_object *schema)
{
	if (!is_of(schema, json_type_object))
		return true;
	json_object_object_foreach(schema, name, value) {
		if (is_of(value, json_type_object) || strcmp(name, "$ref") == 0)
			return false;
		if (is_of(value, json_type_array) && strcmp(name, "enum") != 0 && strcmp(name, "type") != 0)
			return false;
	}
	return true;
}

/* Few bytes, too: written wherever it is used. */
static bool
is_small(struct sp_openapi_component *c)
{
	if (c->small == 0)
		c->small = is_plain(c->schema) && sp_openapi_is_shorter(c->schema, SMALL_BYTES) ? 1 : -1;
	return c->small == 1;
}

/* The last part of the reference, or that with a number. */
static const char *
definition_name(struct sp_openapi_schemas *s, struct sp_str ref)
{
	const char *slash = strrchr(ref.p, '/');
	const char *base = sp_openapi_fit(s->job->scratch, sp_str(slash != NULL ? slash + 1 : ref.p)), *name = base;

	for (int n = 2; json_object_object_get_ex(s->names, name, NULL); n++)
		name = sp_printf(s->job->scratch, "%s-%d", base, n);
	json_object_object_add(s->names, name, json_object_new_boolean(1));
	return name;
}

/* Keywords beside "$ref" that say nothing about the value. */
static const char *const notes[] = { "title", "description", "default", "deprecated", "examples" };

static bool
is_note(const char *name)
{
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		if (strcmp(name, notes[i]) == 0)
			return true;
	return false;
}

static bool
has_only_notes(struct json_object *schema)
{
	json_object_object_foreach(schema, name, value) {
		(void)value;
		if (!is_note(name))
			return false;
	}
	return true;
}

/*
 * What stands beside the reference is over what it leads to; what says more than
 * notes do holds besides ("beside" becomes part of the result).
 */
static struct json_object *
join(struct json_object *target, struct json_object *beside)
{
	struct json_object *out, *list;

	if (json_object_object_length(beside) == 0) {
		json_object_put(beside);
		return target;
	}
	if (is_of(target, json_type_object) && has_only_notes(beside)) {
		json_object_object_foreach(beside, name, value)
			json_object_object_add(target, name, json_object_get(value));
		json_object_put(beside);
		return target;
	}
	list = json_object_new_array();
	json_object_array_add(list, target);
	json_object_array_add(list, beside);
	out = json_object_new_object();
	json_object_object_add(out, "allOf", list);
	return out;
}

/* What the reference leads to, or a reference to a definition; the caller's. */
static struct json_object *
write_reference(struct sp_openapi_schemas *s, struct sp_str ref, int level, bool in_place)
{
	struct sp_openapi_component *c = component(s, ref);
	struct json_object *out;
	const char *text;

	if (c == NULL) {
		(void)sp_openapi_fail(s->job, "%.200s: was not counted", ref.p);
		return NULL;
	}
	if (in_place || is_small(c) || (c->uses == 1 && level < IN_PLACE_LEVELS))
		return write_schema(s, c->schema, level + 1, in_place);
	if (c->name == NULL)
		c->name = definition_name(s, ref);	/* will be written by definitions() */
	out = json_object_new_object();
	text = sp_printf(s->job->scratch, "#/$defs/%s", c->name);
	json_object_object_add(out, "$ref", json_object_new_string(text));
	return out;
}

/* ---- a schema ---- */

/*
 * An answer's alternatives lose what told them apart (is_left_out()), so that
 * more than one may fit.
 */
static const char *
name_of(const struct sp_openapi_schemas *s, const struct keyword *k)
{
	return !s->input && strcmp(k->name, "oneOf") == 0 ? "anyOf" : k->name;
}

static struct json_object *
write_keywords(struct sp_openapi_schemas *s, struct json_object *schema, int level)
{
	struct json_object *out = json_object_new_object();

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		const struct keyword *k = &keywords[i];
		struct json_object *value = NULL;

		if (!json_object_object_get_ex(schema, k->name, &value) || is_left_out(s, k, schema, value))
			continue;
		if (value == NULL) {
			if (strcmp(k->name, "const") == 0)
				json_object_object_add(out, k->name, NULL);
			continue;
		}
		if ((value = write_value(s, k, value, schema, level)) != NULL)
			json_object_object_add(out, name_of(s, k), value);
	}
	return out;
}

static struct json_object *
write_schema(struct sp_openapi_schemas *s, struct json_object *schema, int level, bool in_place)
{
	struct json_object *out, *target;
	struct sp_str ref;

	if (is_of(schema, json_type_boolean))
		return json_object_get(schema);
	if (!is_of(schema, json_type_object))
		return json_object_new_object();	/* what is no schema says nothing */
	if (!sp_openapi_step(s->job))
		return NULL;
	if (level > MAX_LEVELS) {
		(void)sp_openapi_fail(s->job, "its schemas are nested too deep");
		return NULL;
	}
	out = write_keywords(s, schema, level);
	sp_openapi_other_words(s->job, out, schema, s->detail == SP_OPENAPI_FULL);
	if ((ref = reference_of(schema)).p != NULL) {
		if ((target = write_reference(s, ref, level, in_place)) == NULL) {
			json_object_put(out);
			return NULL;
		}
		out = join(target, out);
	}
	if (sp_openapi_is_true(schema, "nullable"))
		out = sp_openapi_nullable(out);
	if (s->job->why == NULL)
		return out;
	json_object_put(out);
	return NULL;
}

struct json_object *
sp_openapi_schemas_write(struct sp_openapi_schemas *s, struct json_object *schema, bool in_place)
{
	return write_schema(s, schema, 0, in_place);
}

bool
sp_openapi_schemas_definitions(struct sp_openapi_schemas *s, struct json_object *to)
{
	struct json_object *definitions = NULL;
	bool more = true;

	/* Writing one may ask for others. */
	while (more) {
		more = false;
		for (size_t i = 0; i < s->count; i++) {
			struct sp_openapi_component *c = &s->component[i];

			if (c->name == NULL || c->written != NULL)
				continue;
			if ((c->written = write_schema(s, c->schema, 0, false)) == NULL)
				return false;
			if (definitions == NULL)
				json_object_object_add(to, "$defs", definitions = json_object_new_object());
			json_object_object_add(definitions, c->name, json_object_get(c->written));
			more = true;
		}
	}
	return true;
}
