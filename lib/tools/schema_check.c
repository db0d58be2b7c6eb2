/*
 * schema_check.c - what keywords ask of a value itself, and of its items and members
 */
#include "tools/schema_run.h"

#define FORMAT_STEPS 16

/* json-c's names end at a NUL, so a name with one in it is never there. */
static bool
has_member(struct json_object *object, struct sp_str name)
{
	return memchr(name.p, '\0', name.len) == NULL && json_object_object_get_ex(object, name.p, NULL);
}

static struct sp_schema_node *
find_member(const struct sp_schema_members *list, const char *name)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, list->item[middle].name);

		if (order == 0)
			return list->item[middle].node;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool
matches(struct sp_schema_run *r, const struct sp_schema_pattern *pattern, struct sp_str text)
{
	if (r->matcher == NULL)
		r->matcher = sp_schema_matcher_new(&r->budget);
	return sp_schema_match(r->matcher, pattern, text);
}

/* ---- any value ---- */

static unsigned
type_of(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return SP_TYPE_NULL;
	case json_type_boolean:
		return SP_TYPE_BOOLEAN;
	case json_type_int:
		return SP_TYPE_INTEGER | SP_TYPE_NUMBER;
	case json_type_double:
		return SP_TYPE_NUMBER | (sp_schema_is_integer(value) ? SP_TYPE_INTEGER : 0u);
	case json_type_string:
		return SP_TYPE_STRING;
	case json_type_array:
		return SP_TYPE_ARRAY;
	case json_type_object:
		return SP_TYPE_OBJECT;
	}
	return 0;
}

static bool
is_listed(struct sp_schema_run *r, struct json_object *list, struct json_object *value)
{
	for (size_t i = 0; i < json_object_array_length(list) && !sp_schema_spent(r); i++)
		if (sp_schema_equal(json_object_array_get_idx(list, i), value, &r->budget))
			return true;
	return false;
}

static bool
check_any(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place)
{
	/* The one that says most comes first. */
	if (node->has_const && !sp_schema_equal(node->constant, value, &r->budget))
		return FAULT(CONST);
	if (node->enumeration != NULL && !is_listed(r, node->enumeration, value))
		return FAULT(ENUM);
	return node->types == 0 || (node->types & type_of(value)) || FAULT(TYPE);
}

/* ---- numbers and strings ---- */

static bool
check_number(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place)
{
	bool ok = true;

	if (json_object_is_type(value, json_type_double))
		(void)sp_schema_spend(&r->budget, SP_SCHEMA_DECIMAL_STEPS);
	if (node->minimum != NULL && sp_schema_compare(value, node->minimum) < 0)
		ok = FAULT(MINIMUM);
	if (node->exclusive_minimum != NULL && sp_schema_compare(value, node->exclusive_minimum) <= 0)
		ok = FAULT(EXCLUSIVE_MINIMUM);
	if (node->maximum != NULL && sp_schema_compare(value, node->maximum) > 0)
		ok = FAULT(MAXIMUM);
	if (node->exclusive_maximum != NULL && sp_schema_compare(value, node->exclusive_maximum) >= 0)
		ok = FAULT(EXCLUSIVE_MAXIMUM);
	if (node->multiple_of != NULL && !sp_schema_is_multiple(value, node->multiple_of))
		ok = FAULT(MULTIPLE_OF);
	return ok;
}

/* Characters are code points (RFC 8259): all bytes of UTF-8 but the ones that continue. */
static size_t
count_characters(struct sp_str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

static bool
check_string(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place)
{
	struct sp_str text = sp_json_text(value);
	bool ok = true;
	size_t length;

	if (node->min_length > 0 || node->max_length != SP_SCHEMA_UNLIMITED) {
		(void)sp_schema_spend(&r->budget, text.len / SP_SCHEMA_BYTES_PER_STEP);
		length = count_characters(text);
		if (length < node->min_length)
			ok = FAULT(MIN_LENGTH, .first = length);
		if (length > node->max_length)
			ok = FAULT(MAX_LENGTH, .first = length);
	}
	if (sp_schema_go_on(r, ok) && node->pattern != NULL && !matches(r, node->pattern, text))
		ok = FAULT(PATTERN);
	if (sp_schema_go_on(r, ok) && node->format != NULL) {
		(void)sp_schema_spend(&r->budget, FORMAT_STEPS + text.len / SP_SCHEMA_BYTES_PER_STEP);
		if (!node->format->valid(text))
			ok = FAULT(FORMAT);
	}
	return ok;
}

/* ---- arrays ---- */

static bool
check_items(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place, struct sp_schema_seen *seen)
{
	size_t count = json_object_array_length(value);
	const struct sp_schema_node *child;
	bool ok = true;

	for (size_t i = 0; i < count && sp_schema_go_on(r, ok); i++) {
		struct sp_schema_place at = { .up = place, .index = i };

		child = i < node->prefix_items.count ? node->prefix_items.item[i] : node->items;
		if (child == NULL)
			break;
		sp_schema_see(seen, i);
		ok = sp_schema_evaluate(r, child, json_object_array_get_idx(value, i), &at, NULL) && ok;
	}
	return ok;
}

static bool
check_contains(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place, struct sp_schema_seen *seen)
{
	size_t count = json_object_array_length(value), found = 0;

	for (size_t i = 0; i < count && !sp_schema_spent(r); i++) {
		struct sp_schema_place at = { .up = place, .index = i };

		if (sp_schema_attempt(r, node->contains, json_object_array_get_idx(value, i), &at, NULL, NULL)) {
			sp_schema_see(seen, i);
			found++;
		}
		if (seen == NULL && found >= node->min_contains && node->max_contains == SP_SCHEMA_UNLIMITED)
			break;
	}
	if (found < node->min_contains)
		return FAULT(CONTAINS, .first = found);
	if (found > node->max_contains)
		return FAULT(MAX_CONTAINS, .first = found);
	return true;
}

static bool
check_array(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place, struct sp_schema_seen *seen)
{
	size_t count = json_object_array_length(value), first, second;
	bool ok = true;

	if (count < node->min_items)
		ok = FAULT(MIN_ITEMS, .first = count);
	if (count > node->max_items)
		ok = FAULT(MAX_ITEMS, .first = count);
	if (sp_schema_go_on(r, ok) && (node->items != NULL || node->prefix_items.count > 0))
		ok = check_items(r, node, value, place, seen) && ok;
	if (sp_schema_go_on(r, ok) && node->contains != NULL)
		ok = check_contains(r, node, value, place, seen) && ok;
	if (sp_schema_go_on(r, ok) && node->unique_items &&
	    !sp_schema_unique(r->mem, value, &r->budget, &first, &second))
		ok = FAULT(UNIQUE_ITEMS, .first = first, .second = second);
	return ok;
}

/* ---- objects ---- */

static bool
check_required(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place)
{
	bool ok = true;

	for (size_t i = 0; i < json_object_array_length(node->required) && sp_schema_go_on(r, ok); i++) {
		struct sp_str name = sp_json_text(json_object_array_get_idx(node->required, i));

		(void)sp_schema_spend(&r->budget, 1 + name.len / SP_SCHEMA_BYTES_PER_STEP);
		if (!has_member(value, name))
			ok = FAULT(REQUIRED, .name = name.p);
	}
	return ok;
}

static bool
check_dependent_required(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place)
{
	bool ok = true;

	for (size_t i = 0; i < node->dependent_required_count && sp_schema_go_on(r, ok); i++) {
		const struct sp_schema_dependency *d = &node->dependent_required[i];

		(void)sp_schema_spend(&r->budget, 1 + strlen(d->name) / SP_SCHEMA_BYTES_PER_STEP);
		if (!json_object_object_get_ex(value, d->name, NULL))
			continue;
		for (size_t j = 0; j < json_object_array_length(d->required) && sp_schema_go_on(r, ok); j++) {
			struct sp_str name = sp_json_text(json_object_array_get_idx(d->required, j));

			(void)sp_schema_spend(&r->budget, 1 + name.len / SP_SCHEMA_BYTES_PER_STEP);
			if (!has_member(value, name))
				ok = FAULT(DEPENDENT_REQUIRED, .name = name.p, .other = d->name);
		}
	}
	return ok;
}

/* "properties", "patternProperties" and, when none of them applies, "additionalProperties". */
static bool
check_member(struct sp_schema_run *r, const struct sp_schema_node *node, const char *name,
    struct json_object *value, const struct sp_schema_place *place, bool *evaluated)
{
	const struct sp_schema_node *child = find_member(&node->properties, name);
	bool ok = true;

	*evaluated = child != NULL;
	if (child != NULL)
		ok = sp_schema_evaluate(r, child, value, place, NULL);
	for (size_t i = 0; i < node->by_pattern_count && sp_schema_go_on(r, ok); i++) {
		if (!matches(r, node->by_pattern[i].pattern, sp_str(name)))
			continue;
		*evaluated = true;
		ok = sp_schema_evaluate(r, node->by_pattern[i].node, value, place, NULL) && ok;
	}
	if (*evaluated || node->additional_properties == NULL)
		return ok;
	*evaluated = true;
	if (node->additional_properties->kind == SP_SCHEMA_FALSE)
		return FAULT(ADDITIONAL_PROPERTIES, .name = name);
	return sp_schema_evaluate(r, node->additional_properties, value, place, NULL);
}

static bool
check_property_name(struct sp_schema_run *r, const struct sp_schema_node *node, const char *name,
    struct json_object *value, const struct sp_schema_place *place)
{
	struct sp_schema_error item[SP_SCHEMA_EXPLAINED];
	struct sp_schema_errors errors = { .item = item };
	struct json_object *text = json_object_new_string(name);
	size_t max = r->max_errors;
	bool ok;

	if (text == NULL)
		sp_out_of_memory();
	(void)sp_schema_spend(&r->budget, strlen(name) / SP_SCHEMA_BYTES_PER_STEP);
	r->max_errors = SP_SCHEMA_EXPLAINED;
	ok = sp_schema_attempt(r, node->property_names, text, place, NULL, r->errors != NULL ? &errors : NULL);
	r->max_errors = max;
	json_object_put(text);
	if (ok)
		return true;
	return FAULT(PROPERTY_NAMES, .name = name,
	    .detail = errors.count > 0 ? item[0].message : (struct sp_str){ NULL, 0 });
}

static bool
check_members(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place, struct sp_schema_seen *seen)
{
	struct json_object_iter it;
	bool ok = true, evaluated;
	size_t i = 0;

	json_object_object_foreachC(value, it) {
		struct sp_schema_place at = { .up = place, .name = it.key };

		if (!sp_schema_go_on(r, ok) || !sp_schema_spend(&r->budget, 1))
			return false;
		if (node->property_names != NULL)
			ok = check_property_name(r, node, it.key, it.val, &at) && ok;
		if (sp_schema_go_on(r, ok)) {
			ok = check_member(r, node, it.key, it.val, &at, &evaluated) && ok;
			if (evaluated)
				sp_schema_see(seen, i);
		}
		i++;
	}
	return ok;
}

static bool
check_object(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place, struct sp_schema_seen *seen)
{
	size_t count = (size_t)json_object_object_length(value);
	bool ok = true;

	if (count < node->min_properties)
		ok = FAULT(MIN_PROPERTIES, .first = count);
	if (count > node->max_properties)
		ok = FAULT(MAX_PROPERTIES, .first = count);
	if (sp_schema_go_on(r, ok) && node->required != NULL)
		ok = check_required(r, node, value, place) && ok;
	if (sp_schema_go_on(r, ok) && node->dependent_required_count > 0)
		ok = check_dependent_required(r, node, value, place) && ok;
	if (sp_schema_go_on(r, ok) && (node->properties.count > 0 || node->by_pattern_count > 0 ||
	    node->additional_properties != NULL || node->property_names != NULL))
		ok = check_members(r, node, value, place, seen) && ok;
	return ok;
}

/* ---- all of them ---- */

bool
sp_schema_check(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place, struct sp_schema_seen *seen)
{
	if (!check_any(r, node, value, place))
		return false;		/* one fault is enough where the kind of value is wrong */
	switch (json_object_get_type(value)) {
	case json_type_int:
	case json_type_double:
		return check_number(r, node, value, place);
	case json_type_string:
		return check_string(r, node, value, place);
	case json_type_array:
		return check_array(r, node, value, place, seen);
	case json_type_object:
		return check_object(r, node, value, place, seen);
	default:
		return true;
	}
}
