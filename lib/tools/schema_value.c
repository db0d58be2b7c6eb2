/*
 * schema_value.c - equality of JSON values
 *
 * "uniqueItems" over many items sorts them by a hash first, so that honest
 * arrays cost n log n; items that were made to collide cost steps.
 */
#include "tools/schema_private.h"

#define FEW 8			/* items: comparing each with each is quicker than hashing */

static bool
equal_arrays(struct json_object *a, struct json_object *b, struct sp_schema_budget *budget)
{
	size_t count = json_object_array_length(a);

	if (count != json_object_array_length(b))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!sp_schema_equal(json_object_array_get_idx(a, i), json_object_array_get_idx(b, i), budget))
			return false;
	return true;
}

static bool
equal_objects(struct json_object *a, struct json_object *b, struct sp_schema_budget *budget)
{
	struct json_object_iter it;
	struct json_object *other;

	if (json_object_object_length(a) != json_object_object_length(b))
		return false;
	json_object_object_foreachC(a, it)
		if (!sp_schema_spend(budget, strlen(it.key) / 16) ||
		    !json_object_object_get_ex(b, it.key, &other) || !sp_schema_equal(it.val, other, budget))
			return false;
	return true;
}

static bool
equal_strings(struct json_object *a, struct json_object *b, struct sp_schema_budget *budget)
{
	size_t len = (size_t)json_object_get_string_len(a);

	return len == (size_t)json_object_get_string_len(b) && sp_schema_spend(budget, len / 64) &&
	    memcmp(json_object_get_string(a), json_object_get_string(b), len) == 0;
}

bool
sp_schema_equal(struct json_object *a, struct json_object *b, struct sp_schema_budget *budget)
{
	enum json_type type = json_object_get_type(a);

	if (!sp_schema_spend(budget, 1))
		return false;
	if (sp_schema_is_number(a)) {
		if (json_object_is_type(a, json_type_double))
			(void)sp_schema_spend(budget, SP_SCHEMA_DECIMAL_STEPS);
		return sp_schema_is_number(b) && sp_schema_compare(a, b) == 0;
	}
	if (json_object_get_type(b) != type)
		return false;
	switch (type) {
	case json_type_null:
		return true;
	case json_type_boolean:
		return json_object_get_boolean(a) == json_object_get_boolean(b);
	case json_type_string:
		return equal_strings(a, b, budget);
	case json_type_array:
		return equal_arrays(a, b, budget);
	case json_type_object:
		return equal_objects(a, b, budget);
	default:
		return false;
	}
}

/* ---- hashing: equal values have equal hashes ---- */

static uint64_t
mix(uint64_t h, uint64_t x)
{
	h = (h ^ x) * 0x9e3779b97f4a7c15u;	/* 2^64 divided by the golden ratio */
	return h ^ (h >> 29);
}

static uint64_t
hash_bytes(uint64_t h, const char *p, size_t len, struct sp_schema_budget *budget)
{
	(void)sp_schema_spend(budget, len / 16);
	for (size_t i = 0; i < len; i++)
		h = mix(h, (unsigned char)p[i]);
	return h;
}

static uint64_t
hash_number(struct json_object *value)
{
	struct sp_schema_number n;
	uint64_t h;

	sp_schema_number(value, &n);
	h = mix(n.negative, (uint64_t)n.exponent);
	for (size_t i = 0; i < n.len; i++)
		if (n.p[i] != '.')
			h = mix(h, (unsigned char)n.p[i]);
	return h;
}

static uint64_t
hash(struct json_object *value, struct sp_schema_budget *budget)
{
	enum json_type type = json_object_get_type(value);
	struct json_object_iter it;
	uint64_t h = 0;

	if (!sp_schema_spend(budget, 1))
		return 0;
	switch (type) {
	case json_type_int:
	case json_type_double:
		return mix(hash_number(value), json_type_int);
	case json_type_boolean:
		return mix((uint64_t)json_object_get_boolean(value), type);
	case json_type_string:
		return hash_bytes(type, json_object_get_string(value),
		    (size_t)json_object_get_string_len(value), budget);
	case json_type_array:
		for (size_t i = 0; i < json_object_array_length(value); i++)
			h = mix(h, hash(json_object_array_get_idx(value, i), budget));
		return mix(h, type);
	case json_type_object:
		json_object_object_foreachC(value, it)	/* a sum, since members have no order */
			h += hash_bytes(hash(it.val, budget), it.key, strlen(it.key), budget);
		return mix(h, type);
	default:
		return mix(h, type);
	}
}

struct item {
	uint64_t hash;
	size_t index;
};

static int
by_hash(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

/* Finds two equal ones among items that could be. */
static bool
all_differ(struct json_object *array, const struct item *item, size_t count,
    struct sp_schema_budget *budget, size_t *first, size_t *second)
{
	for (size_t i = 0; i + 1 < count && budget->left > 0; i++)
		for (size_t j = i + 1; j < count && item[j].hash == item[i].hash; j++) {
			if (budget->left == 0)
				break;
			if (!sp_schema_equal(json_object_array_get_idx(array, item[i].index),
			    json_object_array_get_idx(array, item[j].index), budget))
				continue;
			*first = item[i].index;
			*second = item[j].index;
			return false;
		}
	return true;
}

bool
sp_schema_unique(struct sp_arena *mem, struct json_object *array, struct sp_schema_budget *budget,
    size_t *first, size_t *second)
{
	size_t count = json_object_array_length(array);
	struct item few[FEW], *item = few;

	if (count < 2)
		return true;
	if (count > FEW) {
		if (!sp_schema_spend(budget, count))
			return true;
		item = sp_alloc_array(mem, count, sizeof(*item));
	}
	for (size_t i = 0; i < count; i++)
		item[i] = (struct item){
			.hash = count > FEW ? hash(json_object_array_get_idx(array, i), budget) : 0,
			.index = i,
		};
	if (count > FEW)
		qsort(item, count, sizeof(*item), by_hash);
	return all_differ(array, item, count, budget, first, second);
}
