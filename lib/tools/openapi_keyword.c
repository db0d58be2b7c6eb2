/* openapi_keyword.c - keywords of OpenAPI whose values are no schemas, in words of JSON Schema 2020-12 */
#include "tools/openapi_private.h"
#include "tools/schema.h"

#define EXAMPLE_BYTES	200

static bool
is_of(struct json_object *json, enum json_type type)
{
	return json_object_is_type(json, type);
}

bool
sp_openapi_is_true(struct json_object *json, const char *name)
{
	struct json_object *value = sp_json_get(json, name);

	return is_of(value, json_type_boolean) && json_object_get_boolean(value);
}

/* ---- values of keywords ---- */

bool
sp_openapi_is_shorter(struct json_object *data, size_t bytes)
{
	const char *text = json_object_to_json_string_ext(data, JSON_C_TO_STRING_PLAIN);

	return text != NULL && strlen(text) <= bytes;
}

static bool
is_type_name(struct json_object *value)
{
	static const char *const types[] = { "string", "number", "integer", "boolean", "object", "array", "null" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (is_of(value, json_type_string) && sp_str_is(sp_json_text(value), types[i]))
			return true;
	return false;
}

static bool
holds_text(struct json_object *array, struct sp_str text)
{
	for (size_t i = 0; i < json_object_array_length(array); i++)
		if (sp_str_eq(sp_json_text(json_object_array_get_idx(array, i)), text))
			return true;
	return false;
}

/* An array of the different strings that fit; NULL: there are none. */
static struct json_object *
write_names(struct json_object *value, bool (*fits)(struct json_object *))
{
	struct json_object *out;

	if (!is_of(value, json_type_array))
		return NULL;
	out = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct json_object *item = json_object_array_get_idx(value, i);

		if (is_of(item, json_type_string) && (fits == NULL || fits(item)) && !holds_text(out, sp_json_text(item)))
			json_object_array_add(out, json_object_get(item));
	}
	if (json_object_array_length(out) > 0)
		return out;
	json_object_put(out);
	return NULL;
}

struct json_object *
sp_openapi_names_of(struct json_object *value)
{
	return write_names(value, NULL);
}

struct json_object *
sp_openapi_types(struct json_object *value)
{
	return is_type_name(value) ? json_object_get(value) : write_names(value, is_type_name);
}

struct json_object *
sp_openapi_required(struct sp_openapi_job *job, struct json_object *value, struct json_object *properties, bool input)
{
	struct json_object *all = write_names(value, NULL), *out;

	if (all == NULL)
		return NULL;
	out = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *item = json_object_array_get_idx(all, i);
		struct json_object *property = sp_json_get(properties, json_object_get_string(item));

		if (!sp_openapi_is_hidden(job, property, input))
			json_object_array_add(out, json_object_get(item));
	}
	json_object_put(all);
	if (json_object_array_length(out) > 0)
		return out;
	json_object_put(out);
	return NULL;
}

bool
sp_openapi_is_pattern(struct sp_openapi_job *job, struct json_object *text)
{
	struct json_object *probe;
	struct sp_schema *schema;
	const char *why;
	bool ok;

	if (!is_of(text, json_type_string))
		return false;
	probe = json_object_new_object();
	json_object_object_add(probe, "pattern", json_object_get(text));
	ok = sp_schema_compile(job->scratch, probe, NULL, &schema, &why);
	json_object_put(probe);
	if (ok)
		sp_schema_free(schema);
	else
		sp_openapi_remark(job, "pattern left out, which cannot be used: %.200s", json_object_get_string(text));
	return ok;
}

bool
sp_openapi_is_format(struct json_object *value)
{
	/* JSON Schema 2020-12 validation, section 7.3; OpenAPI 3, "Data Types" */
	static const char *const formats[] = { "date-time", "date", "time", "duration", "email", "idn-email", "hostname",
	    "idn-hostname", "ipv4", "ipv6", "uri", "uri-reference", "iri", "iri-reference", "uuid", "uri-template",
	    "json-pointer", "relative-json-pointer", "regex", "int32", "int64", "float", "double", "byte", "binary",
	    "password" };

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (is_of(value, json_type_string) && sp_str_is(sp_json_text(value), formats[i]))
			return true;
	return false;
}

struct json_object *
sp_openapi_examples(struct json_object *value)
{
	struct json_object *out = json_object_new_array();

	for (size_t i = 0; is_of(value, json_type_array) && i < json_object_array_length(value) && i < 3; i++) {
		struct json_object *item = json_object_array_get_idx(value, i);

		if (item != NULL && sp_openapi_is_shorter(item, EXAMPLE_BYTES))
			json_object_array_add(out, json_object_get(item));
	}
	if (json_object_array_length(out) > 0)
		return out;
	json_object_put(out);
	return NULL;
}

/* ---- what 3.0 says differently ---- */

/* minimum: 1, exclusiveMinimum: true */
static void
write_exclusive(struct json_object *out, struct json_object *schema, const char *limit, const char *exclusive)
{
	struct json_object *value = sp_json_get(out, limit);

	if (!sp_openapi_is_true(schema, exclusive) || value == NULL)
		return;
	json_object_object_add(out, exclusive, json_object_get(value));
	json_object_object_del(out, limit);
}

static bool
holds_null(struct json_object *array)
{
	for (size_t i = 0; i < json_object_array_length(array); i++)
		if (json_object_array_get_idx(array, i) == NULL)
			return true;
	return false;
}

struct json_object *
sp_openapi_nullable(struct json_object *out)
{
	struct json_object *type = sp_json_get(out, "type"), *values = sp_json_get(out, "enum"), *list, *whole;

	if (type == NULL) {
		/* without a type and without alternatives it fits already */
		if (!json_object_object_get_ex(out, "$ref", NULL) && !json_object_object_get_ex(out, "allOf", NULL) &&
		    !json_object_object_get_ex(out, "oneOf", NULL) && !json_object_object_get_ex(out, "anyOf", NULL) &&
		    values == NULL)
			return out;
		list = json_object_new_array();
		json_object_array_add(list, out);
		json_object_array_add(list, whole = json_object_new_object());
		json_object_object_add(whole, "type", json_object_new_string("null"));
		whole = json_object_new_object();
		json_object_object_add(whole, "anyOf", list);
		return whole;
	}
	list = json_object_new_array();
	if (is_of(type, json_type_array))
		for (size_t i = 0; i < json_object_array_length(type); i++)
			json_object_array_add(list, json_object_get(json_object_array_get_idx(type, i)));
	else
		json_object_array_add(list, json_object_get(type));
	if (!holds_text(list, SP_LIT("null")))
		json_object_array_add(list, json_object_new_string("null"));
	json_object_object_add(out, "type", list);
	if (values != NULL && !holds_null(values)) {
		list = json_object_new_array();
		for (size_t i = 0; i < json_object_array_length(values); i++)
			json_object_array_add(list, json_object_get(json_object_array_get_idx(values, i)));
		json_object_array_add(list, NULL);
		json_object_object_add(out, "enum", list);
	}
	return out;
}

/* "example" of a schema, in both versions; as an item of "examples". */
static void
write_example(struct json_object *out, struct json_object *schema)
{
	struct json_object *example = sp_json_get(schema, "example"), *list;

	if (example == NULL || json_object_object_get_ex(out, "examples", NULL) || !sp_openapi_is_shorter(example, EXAMPLE_BYTES))
		return;
	list = json_object_new_array();
	json_object_array_add(list, json_object_get(example));
	json_object_object_add(out, "examples", list);
}

/*
 * Which alternative is meant by which value.  To a validator it says nothing, to
 * a model it does.  Names only: where the alternatives stand is ours to decide.
 */
static void
write_discriminator(struct sp_openapi_job *job, struct json_object *out, struct json_object *schema)
{
	struct json_object *from = sp_json_get(schema, "discriminator"), *mapping = sp_json_get(from, "mapping");
	struct sp_str property = sp_json_get_str(from, "propertyName");
	struct json_object *to, *names;

	if (property.p == NULL || property.len > 200)
		return;
	to = json_object_new_object();
	json_object_object_add(to, "propertyName", json_object_new_string_len(property.p, (int)property.len));
	json_object_object_add(out, "discriminator", to);
	if (!is_of(mapping, json_type_object) || json_object_object_length(mapping) > 100)
		return;
	names = json_object_new_object();
	json_object_object_add(to, "mapping", names);
	json_object_object_foreach(mapping, value, target) {
		const char *text = is_of(target, json_type_string) ? json_object_get_string(target) : "";
		const char *slash = strrchr(text, '/');

		json_object_object_add(names, value, json_object_new_string(sp_openapi_fit(job->scratch,
		    sp_str(slash != NULL ? slash + 1 : text))));
	}
}

void
sp_openapi_other_words(struct sp_openapi_job *job, struct json_object *out, struct json_object *schema, bool examples)
{
	if (sp_openapi_is_true(schema, "exclusiveMinimum"))
		write_exclusive(out, schema, "minimum", "exclusiveMinimum");
	if (sp_openapi_is_true(schema, "exclusiveMaximum"))
		write_exclusive(out, schema, "maximum", "exclusiveMaximum");
	if (examples)
		write_example(out, schema);
	write_discriminator(job, out, schema);
}
