/*
 * schema_meta.c - dialects, and the meta-schemas that need no fetching
 *
 * The meta-schemas say what the published ones say about which schemas are
 * valid, and carry the names that references use ("#meta", "$defs"); titles,
 * comments and defaults are left out.
 */
#include "tools/schema_private.h"

#define BASE "https://json-schema.org/draft/2020-12/"
#define HEAD(name) "{\"$id\":\"" BASE name "\",\"$schema\":\"" BASE "schema\",\"$dynamicAnchor\":\"meta\"," \
	"\"type\":[\"object\",\"boolean\"],"
#define VOCABULARY(name) "\"$vocabulary\":{\"" BASE "vocab/" name "\":true},\"properties\":{"

/* the shapes that keywords have */
#define SCHEMA(keyword) "\"" keyword "\":{\"$dynamicRef\":\"#meta\"}"
#define SCHEMA_MAP(keyword) "\"" keyword "\":{\"type\":\"object\"," \
	"\"additionalProperties\":{\"$dynamicRef\":\"#meta\"}}"
#define REF(keyword, name) "\"" keyword "\":{\"$ref\":\"#/$defs/" name "\"}"
#define SIMPLE_TYPES "\"simpleTypes\":{\"enum\":[\"array\",\"boolean\",\"integer\",\"null\",\"number\"," \
	"\"object\",\"string\"]}"
#define TYPE(keyword, name) "\"" keyword "\":{\"type\":\"" name "\"}"

static const struct {
	const char *uri, *text;
} meta_schemas[] = {
	{ BASE "schema",
	    HEAD("schema")
	    "\"$vocabulary\":{\"" BASE "vocab/core\":true,\"" BASE "vocab/applicator\":true,\""
	    BASE "vocab/unevaluated\":true,\"" BASE "vocab/validation\":true,\""
	    BASE "vocab/meta-data\":true,\"" BASE "vocab/format-annotation\":true,\""
	    BASE "vocab/content\":true},"
	    "\"allOf\":[{\"$ref\":\"meta/core\"},{\"$ref\":\"meta/applicator\"},"
	    "{\"$ref\":\"meta/unevaluated\"},{\"$ref\":\"meta/validation\"},{\"$ref\":\"meta/meta-data\"},"
	    "{\"$ref\":\"meta/format-annotation\"},{\"$ref\":\"meta/content\"}],"
	    "\"properties\":{" SCHEMA_MAP("definitions") ","
	    "\"dependencies\":{\"type\":\"object\",\"additionalProperties\":{\"anyOf\":["
	    "{\"$dynamicRef\":\"#meta\"},{\"$ref\":\"meta/validation#/$defs/stringArray\"}]}},"
	    "\"$recursiveAnchor\":{\"$ref\":\"meta/core#/$defs/anchorString\"},"
	    "\"$recursiveRef\":{\"$ref\":\"meta/core#/$defs/uriReferenceString\"}}}" },
	{ BASE "meta/core",
	    HEAD("meta/core") VOCABULARY("core")
	    "\"$id\":{\"$ref\":\"#/$defs/uriReferenceString\",\"pattern\":\"^[^#]*#?$\"},"
	    REF("$schema", "uriString") "," REF("$ref", "uriReferenceString") ","
	    REF("$anchor", "anchorString") "," REF("$dynamicRef", "uriReferenceString") ","
	    REF("$dynamicAnchor", "anchorString") ","
	    "\"$vocabulary\":{\"type\":\"object\",\"propertyNames\":{\"$ref\":\"#/$defs/uriString\"},"
	    "\"additionalProperties\":{\"type\":\"boolean\"}},"
	    TYPE("$comment", "string") "," SCHEMA_MAP("$defs") "},"
	    "\"$defs\":{\"anchorString\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z_][-A-Za-z0-9._]*$\"},"
	    "\"uriString\":{\"type\":\"string\",\"format\":\"uri\"},"
	    "\"uriReferenceString\":{\"type\":\"string\",\"format\":\"uri-reference\"}}}" },
	{ BASE "meta/applicator",
	    HEAD("meta/applicator") VOCABULARY("applicator")
	    REF("prefixItems", "schemaArray") "," SCHEMA("items") "," SCHEMA("contains") ","
	    SCHEMA("additionalProperties") "," SCHEMA_MAP("properties") ","
	    "\"patternProperties\":{\"type\":\"object\",\"additionalProperties\":{\"$dynamicRef\":\"#meta\"},"
	    "\"propertyNames\":{\"format\":\"regex\"}},"
	    SCHEMA_MAP("dependentSchemas") "," SCHEMA("propertyNames") "," SCHEMA("if") ","
	    SCHEMA("then") "," SCHEMA("else") "," REF("allOf", "schemaArray") ","
	    REF("anyOf", "schemaArray") "," REF("oneOf", "schemaArray") "," SCHEMA("not") "},"
	    "\"$defs\":{\"schemaArray\":{\"type\":\"array\",\"minItems\":1,"
	    "\"items\":{\"$dynamicRef\":\"#meta\"}}}}" },
	{ BASE "meta/unevaluated",
	    HEAD("meta/unevaluated") VOCABULARY("unevaluated")
	    SCHEMA("unevaluatedItems") "," SCHEMA("unevaluatedProperties") "}}" },
	{ BASE "meta/validation",
	    HEAD("meta/validation") VOCABULARY("validation")
	    "\"type\":{\"anyOf\":[{\"$ref\":\"#/$defs/simpleTypes\"},{\"type\":\"array\","
	    "\"items\":{\"$ref\":\"#/$defs/simpleTypes\"},\"minItems\":1,\"uniqueItems\":true}]},"
	    "\"const\":true," TYPE("enum", "array") ","
	    "\"multipleOf\":{\"type\":\"number\",\"exclusiveMinimum\":0},"
	    TYPE("maximum", "number") "," TYPE("exclusiveMaximum", "number") ","
	    TYPE("minimum", "number") "," TYPE("exclusiveMinimum", "number") ","
	    REF("maxLength", "nonNegativeInteger") "," REF("minLength", "nonNegativeIntegerDefault0") ","
	    "\"pattern\":{\"type\":\"string\",\"format\":\"regex\"},"
	    REF("maxItems", "nonNegativeInteger") "," REF("minItems", "nonNegativeIntegerDefault0") ","
	    TYPE("uniqueItems", "boolean") "," REF("maxContains", "nonNegativeInteger") ","
	    REF("minContains", "nonNegativeInteger") "," REF("maxProperties", "nonNegativeInteger") ","
	    REF("minProperties", "nonNegativeIntegerDefault0") "," REF("required", "stringArray") ","
	    "\"dependentRequired\":{\"type\":\"object\","
	    "\"additionalProperties\":{\"$ref\":\"#/$defs/stringArray\"}}},"
	    "\"$defs\":{\"nonNegativeInteger\":{\"type\":\"integer\",\"minimum\":0},"
	    REF("nonNegativeIntegerDefault0", "nonNegativeInteger") ","
	    SIMPLE_TYPES ","
	    "\"stringArray\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"uniqueItems\":true}}}" },
	{ BASE "meta/meta-data",
	    HEAD("meta/meta-data") VOCABULARY("meta-data")
	    TYPE("title", "string") "," TYPE("description", "string") "," TYPE("deprecated", "boolean") ","
	    TYPE("readOnly", "boolean") "," TYPE("writeOnly", "boolean") "," TYPE("examples", "array") "}}" },
	{ BASE "meta/format-annotation",
	    HEAD("meta/format-annotation") VOCABULARY("format-annotation") TYPE("format", "string") "}}" },
	{ BASE "meta/format-assertion",
	    HEAD("meta/format-assertion") VOCABULARY("format-assertion") TYPE("format", "string") "}}" },
	{ BASE "meta/content",
	    HEAD("meta/content") VOCABULARY("content")
	    TYPE("contentEncoding", "string") "," TYPE("contentMediaType", "string") ","
	    SCHEMA("contentSchema") "}}" },
};

/* draft-07 and, with a little less in it, draft-06. */
#define OLD_SCHEMA(keyword) "\"" keyword "\":{\"$ref\":\"#\"}"
#define OLD_SCHEMA_MAP(keyword) "\"" keyword "\":{\"type\":\"object\",\"additionalProperties\":{\"$ref\":\"#\"}}"
#define OLD_REF(keyword, name) "\"" keyword "\":{\"$ref\":\"#/definitions/" name "\"}"

static const char old_meta_schema[] =
    "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"type\":[\"object\",\"boolean\"],"
    "\"definitions\":{\"schemaArray\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"$ref\":\"#\"}},"
    "\"nonNegativeInteger\":{\"type\":\"integer\",\"minimum\":0},"
    "\"nonNegativeIntegerDefault0\":{\"allOf\":[{\"$ref\":\"#/definitions/nonNegativeInteger\"}]},"
    SIMPLE_TYPES ","
    "\"stringArray\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"uniqueItems\":true}},"
    "\"properties\":{" TYPE("$id", "string") "," TYPE("$schema", "string") "," TYPE("$ref", "string") ","
    TYPE("$comment", "string") "," TYPE("title", "string") "," TYPE("description", "string") ","
    TYPE("readOnly", "boolean") "," TYPE("examples", "array") ","
    "\"multipleOf\":{\"type\":\"number\",\"exclusiveMinimum\":0},"
    TYPE("maximum", "number") "," TYPE("exclusiveMaximum", "number") ","
    TYPE("minimum", "number") "," TYPE("exclusiveMinimum", "number") ","
    OLD_REF("maxLength", "nonNegativeInteger") "," OLD_REF("minLength", "nonNegativeIntegerDefault0") ","
    "\"pattern\":{\"type\":\"string\",\"format\":\"regex\"},"
    OLD_SCHEMA("additionalItems") ","
    "\"items\":{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#/definitions/schemaArray\"}]},"
    OLD_REF("maxItems", "nonNegativeInteger") "," OLD_REF("minItems", "nonNegativeIntegerDefault0") ","
    TYPE("uniqueItems", "boolean") "," OLD_SCHEMA("contains") ","
    OLD_REF("maxProperties", "nonNegativeInteger") ","
    OLD_REF("minProperties", "nonNegativeIntegerDefault0") "," OLD_REF("required", "stringArray") ","
    OLD_SCHEMA("additionalProperties") "," OLD_SCHEMA_MAP("definitions") ","
    OLD_SCHEMA_MAP("properties") "," OLD_SCHEMA_MAP("patternProperties") ","
    "\"dependencies\":{\"type\":\"object\",\"additionalProperties\":{\"anyOf\":[{\"$ref\":\"#\"},"
    "{\"$ref\":\"#/definitions/stringArray\"}]}},"
    OLD_SCHEMA("propertyNames") "," TYPE("enum", "array") ","
    "\"type\":{\"anyOf\":[{\"$ref\":\"#/definitions/simpleTypes\"},{\"type\":\"array\","
    "\"items\":{\"$ref\":\"#/definitions/simpleTypes\"},\"minItems\":1,\"uniqueItems\":true}]},"
    TYPE("format", "string") "," TYPE("contentMediaType", "string") ","
    TYPE("contentEncoding", "string") "," OLD_SCHEMA("if") "," OLD_SCHEMA("then") ","
    OLD_SCHEMA("else") "," OLD_REF("allOf", "schemaArray") "," OLD_REF("anyOf", "schemaArray") ","
    OLD_REF("oneOf", "schemaArray") "," OLD_SCHEMA("not") "}}";

static bool
is_old(struct sp_str uri)
{
	return sp_str_is(uri, "http://json-schema.org/draft-07/schema") ||
	    sp_str_is(uri, "http://json-schema.org/draft-06/schema");
}

const char *
sp_schema_meta(const char *uri)
{
	for (size_t i = 0; i < sizeof(meta_schemas) / sizeof(meta_schemas[0]); i++)
		if (strcmp(meta_schemas[i].uri, uri) == 0)
			return meta_schemas[i].text;
	return is_old(sp_str(uri)) ? old_meta_schema : NULL;
}

/* ---- dialects ---- */

static const struct {
	const char *name;
	unsigned bit;
} vocabularies[] = {
	{ BASE "vocab/core", SP_VOCABULARY_CORE },
	{ BASE "vocab/applicator", SP_VOCABULARY_APPLICATOR },
	{ BASE "vocab/unevaluated", SP_VOCABULARY_UNEVALUATED },
	{ BASE "vocab/validation", SP_VOCABULARY_VALIDATION },
	{ BASE "vocab/format-annotation", SP_VOCABULARY_FORMAT },
	{ BASE "vocab/format-assertion", SP_VOCABULARY_FORMAT | SP_VOCABULARY_FORMAT_ASSERTION },
	{ BASE "vocab/meta-data", SP_VOCABULARY_OTHERS },
	{ BASE "vocab/content", SP_VOCABULARY_OTHERS },
};

static unsigned
vocabulary(const char *name)
{
	for (size_t i = 0; i < sizeof(vocabularies) / sizeof(vocabularies[0]); i++)
		if (strcmp(vocabularies[i].name, name) == 0)
			return vocabularies[i].bit;
	return 0;
}

bool
sp_schema_dialect(struct sp_schema_compiler *c, const struct sp_schema_node *node,
    struct json_object *schema_uri, unsigned *dialect)
{
	struct sp_schema_node *meta = NULL;
	struct json_object *wanted = NULL;
	struct json_object_iter it;
	struct sp_str uri;
	unsigned found = SP_VOCABULARY_CORE;

	if (!json_object_is_type(schema_uri, json_type_string))
		return sp_schema_complain(c, node, "$schema", "must be a string");
	uri = sp_json_text(schema_uri);
	if (sp_str_ends(uri, "#"))
		uri = sp_str_sub(uri, 0, uri.len - 1);
	if (sp_str_is(uri, BASE "schema") || is_old(uri)) {
		*dialect = is_old(uri) ? SP_DIALECT_DRAFT_07 : SP_DIALECT_2020_12;
		return true;
	}
	if (!sp_schema_document(c, sp_cstr(c->schema->mem, uri), &meta))
		return false;
	if (meta == NULL)
		return sp_schema_complain(c, node, "$schema",
		    "the dialect is not supported; 2020-12, draft-07 and draft-06 are");
	if (!json_object_object_get_ex(meta->json, "$vocabulary", &wanted)) {
		*dialect = meta->resource->dialect;
		return true;
	}
	if (!json_object_is_type(wanted, json_type_object))
		return sp_schema_complain(c, meta, "$vocabulary", "must be an object");
	json_object_object_foreachC(wanted, it) {
		unsigned bit = vocabulary(it.key);

		if (bit == 0 && json_object_get_boolean(it.val))
			return sp_schema_complain(c, node, "$schema", "needs the vocabulary %s, which is not supported",
			    sp_schema_quoted(c->why_mem, sp_str(it.key)));
		found |= bit;
	}
	*dialect = found;
	return true;
}
