/*
 * schema_message.c - what is wrong, in words that a model can act on
 *
 * A message says what was wanted first and what came second, and neither is
 * longer than a line: schema and value may both hold a stranger's megabyte.
 */
#include "base/encode.h"
#include "tools/schema_private.h"

#define EXCERPT 80			/* bytes of a string, before "..." */
#define LIST 240			/* bytes of a list of names or values */
#define MESSAGE 2048
#define POINTER 512			/* longer ones end in "..." */

static const char *const keyword_names[] = {
#define SP_SCHEMA_KEYWORD(id, name) [SP_SCHEMA_##id] = name,
	SP_SCHEMA_KEYWORDS(SP_SCHEMA_KEYWORD)
#undef SP_SCHEMA_KEYWORD
};

/* ---- places ---- */

static void
add_token(struct sp_buf *b, const char *name)
{
	sp_buf_char(b, '/');
	for (; *name != '\0'; name++) {
		if (*name == '~')
			sp_buf_cstr(b, "~0");
		else if (*name == '/')
			sp_buf_cstr(b, "~1");
		else
			sp_buf_char(b, *name);
	}
}

static void
add_place(struct sp_buf *b, const struct sp_schema_place *place)
{
	if (place->up == NULL)
		return;
	add_place(b, place->up);
	if (place->name != NULL)
		add_token(b, place->name);
	else
		sp_buf_printf(b, "/%zu", place->index);
}

struct sp_str
sp_schema_cut(struct sp_buf *b)
{
	struct sp_str s = sp_buf_view(b);

	if (sp_buf_ok(b))
		return s;
	while (s.len > 0 && ((unsigned char)s.p[s.len - 1] & 0xc0) == 0x80)
		s.len--;		/* not within a character ... */
	if (s.len > 0 && (unsigned char)s.p[s.len - 1] >= 0xc0)
		s.len--;
	return sp_str(sp_printf(b->mem, "%.*s...", SP_FMT(s)));
}

struct sp_str
sp_schema_pointer(struct sp_arena *mem, const struct sp_schema_place *place)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, POINTER);
	add_place(&b, place);
	return sp_schema_cut(&b);
}

static void
add_location(struct sp_buf *b, const struct sp_schema_node *node)
{
	if (node->parent == NULL) {
		sp_buf_cstr(b, node->resource->uri);
		sp_buf_char(b, '#');
		return;
	}
	add_location(b, node->parent);
	sp_buf_char(b, '/');
	sp_buf_cstr(b, node->keyword);
	if (node->name != NULL)
		add_token(b, node->name);
	else if (node->index != SIZE_MAX)
		sp_buf_printf(b, "/%zu", node->index);
}

void
sp_schema_location(struct sp_buf *b, const struct sp_schema_node *node)
{
	struct sp_buf own;

	sp_buf_init(&own, b->mem, POINTER);
	add_location(&own, node);
	sp_buf_str(b, sp_schema_cut(&own));
}

/* ---- values ---- */

static size_t
fitting(struct sp_str s, size_t max)
{
	size_t n = s.len < max ? s.len : max;

	while (n > 0 && n < s.len && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;			/* not within a character */
	return n;
}

static void
quote(struct sp_buf *b, struct sp_str s)
{
	size_t n = fitting(s, EXCERPT);

	sp_buf_json_string(b, sp_str_sub(s, 0, n));
	if (n < s.len)
		sp_buf_cstr(b, "...");
}

const char *
sp_schema_quoted(struct sp_arena *mem, struct sp_str s)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, 8 * EXCERPT);	/* an escape has six bytes */
	quote(&b, s);
	return sp_buf_view(&b).p;
}

static void
excerpt(struct sp_buf *b, struct json_object *value)
{
	char own[SP_SCHEMA_NUMBER];

	switch (json_object_get_type(value)) {
	case json_type_null:
		sp_buf_cstr(b, "null");
		break;
	case json_type_boolean:
		sp_buf_cstr(b, json_object_get_boolean(value) ? "true" : "false");
		break;
	case json_type_int:
	case json_type_double:
		sp_buf_str(b, sp_str_sub(sp_schema_number_text(value, own), 0, EXCERPT));
		break;
	case json_type_string:
		quote(b, sp_json_text(value));
		break;
	case json_type_array:
		sp_buf_printf(b, "an array of %zu", json_object_array_length(value));
		break;
	case json_type_object:
		sp_buf_cstr(b, "an object");
		break;
	}
}

static const char *
type_name(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return "null";
	case json_type_boolean:
		return "a boolean";
	case json_type_string:
		return "a string";
	case json_type_array:
		return "an array";
	case json_type_object:
		return "an object";
	default:
		return "a number";
	}
}

/* "a string, an integer or null" */
static void
wanted_types(struct sp_buf *b, unsigned types)
{
	static const char *const names[] = {
		"null", "a boolean", "an integer", "a number", "a string", "an array", "an object",
	};
	unsigned left = types;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(types >> i & 1))
			continue;
		left &= ~(1u << i);
		sp_buf_cstr(b, names[i]);
		if (left != 0)
			sp_buf_cstr(b, left & (left - 1) ? ", " : " or ");
	}
}

/* Values or names until the line is full. */
static void
values(struct sp_buf *b, struct json_object *array)
{
	size_t start = b->len;

	for (size_t i = 0; i < json_object_array_length(array); i++) {
		if (b->len - start > LIST) {
			sp_buf_cstr(b, ", ...");
			break;
		}
		if (i > 0)
			sp_buf_cstr(b, ", ");
		excerpt(b, json_object_array_get_idx(array, i));
	}
}

static void
names(struct sp_buf *b, const struct sp_schema_members *list)
{
	size_t start = b->len;

	for (size_t i = 0; i < list->count; i++) {
		if (b->len - start > LIST) {
			sp_buf_cstr(b, ", ...");
			break;
		}
		if (i > 0)
			sp_buf_cstr(b, ", ");
		quote(b, sp_str(list->item[i].name));
	}
}

/* ---- messages ---- */

static void
but_is(struct sp_buf *b, struct json_object *value)
{
	sp_buf_cstr(b, " (is ");
	excerpt(b, value);
	sp_buf_char(b, ')');
}

/* "must have at least 3 characters (has 2)" */
static void
quantity(struct sp_buf *b, const char *bound, uint64_t wanted, const char *unit, size_t has)
{
	sp_buf_printf(b, "must have at %s %llu %s%s (has %zu)", bound, (unsigned long long)wanted, unit,
	    wanted == 1 ? "" : "s", has);
}

static void
limit(struct sp_buf *b, const char *relation, struct json_object *bound, struct json_object *value)
{
	sp_buf_printf(b, "must be %s ", relation);
	excerpt(b, bound);
	but_is(b, value);
}

static void
one_of(struct sp_buf *b, const struct sp_schema_fault *f)
{
	if (f->detail.len > 0)
		sp_buf_printf(b, "must be one of %zu alternatives: %.*s", f->first, SP_FMT(f->detail));
	else
		sp_buf_printf(b, "must be exactly one of the alternatives, but is both number %zu and number %zu",
		    f->first, f->second);
}

static void
describe(struct sp_buf *b, const struct sp_schema_fault *f)
{
	const struct sp_schema_node *node = f->node;

	switch (f->keyword) {
	case SP_SCHEMA_TYPE:
		sp_buf_cstr(b, "must be ");
		wanted_types(b, node->types);
		sp_buf_cstr(b, " (is ");
		if (sp_schema_is_number(f->value))
			excerpt(b, f->value);		/* 3.5 is no integer */
		else
			sp_buf_cstr(b, type_name(f->value));
		sp_buf_char(b, ')');
		break;
	case SP_SCHEMA_CONST:
		sp_buf_cstr(b, "must be ");
		excerpt(b, node->constant);
		but_is(b, f->value);
		break;
	case SP_SCHEMA_ENUM:
		sp_buf_cstr(b, "must be one of ");
		values(b, node->enumeration);
		but_is(b, f->value);
		break;
	case SP_SCHEMA_MINIMUM:
		limit(b, "at least", node->minimum, f->value);
		break;
	case SP_SCHEMA_EXCLUSIVE_MINIMUM:
		limit(b, "more than", node->exclusive_minimum, f->value);
		break;
	case SP_SCHEMA_MAXIMUM:
		limit(b, "at most", node->maximum, f->value);
		break;
	case SP_SCHEMA_EXCLUSIVE_MAXIMUM:
		limit(b, "less than", node->exclusive_maximum, f->value);
		break;
	case SP_SCHEMA_MULTIPLE_OF:
		limit(b, "a multiple of", node->multiple_of->json, f->value);
		break;
	case SP_SCHEMA_MIN_LENGTH:
		quantity(b, "least", node->min_length, "character", f->first);
		break;
	case SP_SCHEMA_MAX_LENGTH:
		quantity(b, "most", node->max_length, "character", f->first);
		break;
	case SP_SCHEMA_PATTERN:
		sp_buf_cstr(b, "must match the pattern ");
		quote(b, sp_schema_pattern_text(node->pattern));
		but_is(b, f->value);
		break;
	case SP_SCHEMA_FORMAT:
		sp_buf_printf(b, "must be %s", node->format->wanted);
		but_is(b, f->value);
		break;
	case SP_SCHEMA_MIN_ITEMS:
		quantity(b, "least", node->min_items, "item", f->first);
		break;
	case SP_SCHEMA_MAX_ITEMS:
		quantity(b, "most", node->max_items, "item", f->first);
		break;
	case SP_SCHEMA_CONTAINS:
		quantity(b, "least", node->min_contains, "item", f->first);
		sp_buf_cstr(b, " of the kind that \"contains\" describes");
		break;
	case SP_SCHEMA_MAX_CONTAINS:
		quantity(b, "most", node->max_contains, "item", f->first);
		sp_buf_cstr(b, " of the kind that \"contains\" describes");
		break;
	case SP_SCHEMA_UNIQUE_ITEMS:
		sp_buf_printf(b, "must not have equal items (items %zu and %zu are)", f->first, f->second);
		break;
	case SP_SCHEMA_MIN_PROPERTIES:
		quantity(b, "least", node->min_properties, "member", f->first);
		break;
	case SP_SCHEMA_MAX_PROPERTIES:
		quantity(b, "most", node->max_properties, "member", f->first);
		break;
	case SP_SCHEMA_REQUIRED:
		quote(b, sp_str(f->name));
		sp_buf_cstr(b, " is required");
		break;
	case SP_SCHEMA_DEPENDENT_REQUIRED:
		quote(b, sp_str(f->name));
		sp_buf_cstr(b, " is required when ");
		quote(b, sp_str(f->other));
		sp_buf_cstr(b, " is there");
		break;
	case SP_SCHEMA_UNEVALUATED_PROPERTIES:
		sp_buf_cstr(b, "is not allowed here");
		break;
	case SP_SCHEMA_ADDITIONAL_PROPERTIES:
		sp_buf_cstr(b, "is not allowed here");
		if (node->properties.count > 0) {
			sp_buf_cstr(b, "; allowed are ");
			names(b, &node->properties);
			if (node->by_pattern_count > 0)
				sp_buf_cstr(b, " and names that match a pattern");
		}
		break;
	case SP_SCHEMA_PROPERTY_NAMES:
		sp_buf_cstr(b, "must not have the name ");
		quote(b, sp_str(f->name));
		if (f->detail.len > 0)
			sp_buf_printf(b, ": it %.*s", SP_FMT(f->detail));
		break;
	case SP_SCHEMA_ANY_OF:
		sp_buf_printf(b, "must be one of %zu alternatives: %.*s", f->first, SP_FMT(f->detail));
		break;
	case SP_SCHEMA_ONE_OF:
		one_of(b, f);
		break;
	case SP_SCHEMA_NOT:
		sp_buf_cstr(b, "must not be what \"not\" describes");
		but_is(b, f->value);
		break;
	case SP_SCHEMA_FALSE_SCHEMA:
		sp_buf_cstr(b, "must not be there");
		break;
	}
}

static struct sp_str
schema_place(struct sp_arena *mem, const struct sp_schema_fault *f)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, POINTER + 64);
	sp_schema_location(&b, f->node);
	if (f->keyword != SP_SCHEMA_FALSE_SCHEMA) {
		sp_buf_char(&b, '/');
		sp_buf_cstr(&b, keyword_names[f->keyword]);
	}
	return sp_schema_cut(&b);
}

void
sp_schema_report(struct sp_arena *mem, struct sp_schema_errors *errors, size_t max,
    const struct sp_schema_fault *fault)
{
	struct sp_schema_error e;
	struct sp_buf b;

	if (errors->count == max) {
		errors->more = true;
		return;
	}
	sp_buf_init(&b, mem, MESSAGE);
	describe(&b, fault);
	e = (struct sp_schema_error){
		.instance = sp_schema_pointer(mem, fault->place),
		.schema = schema_place(mem, fault),
		.message = sp_schema_cut(&b),
	};
	for (size_t i = 0; i < errors->count; i++)	/* two subschemas may ask for the same */
		if (sp_str_eq(errors->item[i].instance, e.instance) &&
		    sp_str_eq(errors->item[i].message, e.message))
			return;
	errors->item[errors->count++] = e;
}

struct sp_str
sp_schema_errors_text(struct sp_arena *mem, const struct sp_schema_errors *errors)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, (errors->count + 1) * (MESSAGE + POINTER + 16));
	for (size_t i = 0; i < errors->count; i++) {
		const struct sp_schema_error *e = &errors->item[i];

		if (i > 0)
			sp_buf_char(&b, '\n');
		if (e->instance.len > 0) {
			sp_buf_str(&b, e->instance);
			sp_buf_cstr(&b, ": ");
		}
		sp_buf_str(&b, e->message);
	}
	if (errors->more)
		sp_buf_cstr(&b, "\n...");
	return sp_buf_view(&b);
}
