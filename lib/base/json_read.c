/* json_read.c - what a parsed object has: single members, and whole structs by a table of fields */
#include "base/json.h"

struct json_object *
sp_json_get(struct json_object *obj, const char *name)
{
	struct json_object *value = NULL;

	if (json_object_is_type(obj, json_type_object))
		(void)json_object_object_get_ex(obj, name, &value);
	return value;
}

struct sp_str
sp_json_text(struct json_object *string)
{
	return (struct sp_str){ json_object_get_string(string), (size_t)json_object_get_string_len(string) };
}

struct sp_str
sp_json_get_str(struct json_object *obj, const char *name)
{
	struct json_object *value = sp_json_get(obj, name);

	return json_object_is_type(value, json_type_string) ? sp_json_text(value) : (struct sp_str){ 0 };
}

/*
 * A number with an integer value that fits; json-c would round, saturate and
 * read text.  Doubles are exact up to 2^53 (RFC 7493 section 2.2).
 */
static bool
to_int64(struct json_object *value, int64_t *out)
{
	double d;

	if (json_object_is_type(value, json_type_int)) {
		if (json_object_get_uint64(value) > INT64_MAX)	/* 0 for a negative one */
			return false;
		*out = json_object_get_int64(value);
		return true;
	}
	if (!json_object_is_type(value, json_type_double))
		return false;
	d = json_object_get_double(value);
	if (!(d >= -0x1p53 && d <= 0x1p53) || (double)(int64_t)d != d)
		return false;
	*out = (int64_t)d;
	return true;
}

static bool
all_strings(struct json_object *array)
{
	size_t count = json_object_array_length(array);

	for (size_t i = 0; i < count; i++)
		if (!json_object_is_type(json_object_array_get_idx(array, i), json_type_string))
			return false;
	return true;
}

/* What is wrong with a value that is there; NULL: nothing. */
static const char *
fault(const struct sp_json_field *f, struct json_object *value)
{
	int64_t n;

	switch (f->type) {
	case SP_JSON_STRING:
		if (!json_object_is_type(value, json_type_string))
			return "not a string";
		return f->max > 0 && sp_json_text(value).len > f->max ? "too long" : NULL;
	case SP_JSON_INT:
		return to_int64(value, &n) ? NULL : "not an integer within range";
	case SP_JSON_BOOL:
		return json_object_is_type(value, json_type_boolean) ? NULL : "not true or false";
	case SP_JSON_OBJECT:
		return json_object_is_type(value, json_type_object) ? NULL : "not an object";
	case SP_JSON_STRINGS:
	case SP_JSON_ARRAY:
		if (!json_object_is_type(value, json_type_array))
			return f->type == SP_JSON_ARRAY ? "not an array" : "not an array of strings";
		if (f->type == SP_JSON_STRINGS && !all_strings(value))
			return "not an array of strings";
		return f->max > 0 && json_object_array_length(value) > f->max ? "too many items" : NULL;
	case SP_JSON_ANY:
		break;
	}
	return NULL;
}

static struct sp_json_strings
strings(struct sp_arena *mem, struct json_object *array)
{
	struct sp_json_strings s = { .count = json_object_array_length(array), .present = true };

	s.item = sp_alloc_array(mem, s.count, sizeof(*s.item));
	for (size_t i = 0; i < s.count; i++)
		s.item[i] = sp_json_text(json_object_array_get_idx(array, i));
	return s;
}

static void
store(struct sp_arena *mem, const struct sp_json_field *f, struct json_object *value, void *out)
{
	void *to = (char *)out + f->offset;

	switch (f->type) {
	case SP_JSON_STRING:
		*(struct sp_str *)to = sp_json_text(value);
		break;
	case SP_JSON_STRINGS:
		*(struct sp_json_strings *)to = strings(mem, value);
		break;
	case SP_JSON_INT:
		(void)to_int64(value, to);
		break;
	case SP_JSON_BOOL:
		*(bool *)to = json_object_get_boolean(value);
		break;
	case SP_JSON_OBJECT:
	case SP_JSON_ARRAY:
	case SP_JSON_ANY:
		*(struct json_object **)to = value;
		break;
	}
}

bool
sp_json_read(struct sp_arena *mem, struct json_object *obj, const struct sp_json_field *fields,
    void *out, const char **why)
{
	if (!json_object_is_type(obj, json_type_object)) {
		*why = "not an object";
		return false;
	}
	for (const struct sp_json_field *f = fields; f->name != NULL; f++) {
		struct json_object *value = sp_json_get(obj, f->name);
		const char *what = NULL;

		if (value != NULL)
			what = fault(f, value);
		else if (f->required)
			what = "missing";
		if (what != NULL) {
			*why = sp_printf(mem, "%s: %s", f->name, what);
			return false;
		}
	}
	for (const struct sp_json_field *f = fields; f->name != NULL; f++) {
		struct json_object *value = sp_json_get(obj, f->name);

		if (value != NULL)
			store(mem, f, value, out);
	}
	return true;
}
