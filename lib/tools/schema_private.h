/*
 * schema_private.h - what the files of the JSON Schema validator share
 *
 *	schema_compile.c	keywords into nodes
 *	schema_ref.c		documents, "$id", anchors and references
 *	schema_meta.c		dialects and the meta-schemas that are built in
 *	schema_validate.c	nodes against a value: subschemas, and the whole
 *	schema_check.c		what keywords ask of the value and its children
 *	schema_message.c	why not, in words
 *	schema_value.c		equality of JSON values
 *	schema_number.c		exact decimal numbers
 *	schema_translate.c	patterns from ECMA-262 to PCRE2
 *	schema_pattern.c	patterns matched, at a known cost
 *	schema_uri.c		RFC 3986
 *	schema_format.c		the formats
 *
 * A schema is a graph of nodes in one arena.  It is built by one thread and
 * read-only from then on.  Names, texts and constants in it point into private
 * copies of the JSON documents.
 */
#ifndef SP_TOOLS_SCHEMA_PRIVATE_H
#define SP_TOOLS_SCHEMA_PRIVATE_H

#include "base/buf.h"
#include "base/json.h"
#include "tools/schema.h"

#define SP_SCHEMA_MAX_NESTING 128	/* of a schema's JSON: the compiler recurses */
/*
 * Of evaluation: 64 levels of JSON with five subschemas on each.  A level takes
 * up to 700 bytes of stack, and three times that with AddressSanitizer.
 */
#define SP_SCHEMA_MAX_DEPTH 320
#define SP_SCHEMA_MAX_NAMES 1024	/* of resources, and of anchors in one of them */
#define SP_SCHEMA_UNLIMITED UINT64_MAX

/* ---- the keywords that can fail, in the order of their names ---- */

#define SP_SCHEMA_KEYWORDS(X) \
	X(ADDITIONAL_PROPERTIES, "additionalProperties") \
	X(ANY_OF, "anyOf") \
	X(CONST, "const") \
	X(CONTAINS, "contains") \
	X(DEPENDENT_REQUIRED, "dependentRequired") \
	X(ENUM, "enum") \
	X(EXCLUSIVE_MAXIMUM, "exclusiveMaximum") \
	X(EXCLUSIVE_MINIMUM, "exclusiveMinimum") \
	X(FALSE_SCHEMA, "") \
	X(FORMAT, "format") \
	X(MAX_CONTAINS, "maxContains") \
	X(MAX_ITEMS, "maxItems") \
	X(MAX_LENGTH, "maxLength") \
	X(MAX_PROPERTIES, "maxProperties") \
	X(MAXIMUM, "maximum") \
	X(MIN_ITEMS, "minItems") \
	X(MIN_LENGTH, "minLength") \
	X(MIN_PROPERTIES, "minProperties") \
	X(MINIMUM, "minimum") \
	X(MULTIPLE_OF, "multipleOf") \
	X(NOT, "not") \
	X(ONE_OF, "oneOf") \
	X(PATTERN, "pattern") \
	X(PROPERTY_NAMES, "propertyNames") \
	X(REQUIRED, "required") \
	X(TYPE, "type") \
	X(UNEVALUATED_PROPERTIES, "unevaluatedProperties") \
	X(UNIQUE_ITEMS, "uniqueItems")

enum sp_schema_keyword {
#define SP_SCHEMA_KEYWORD(id, name) SP_SCHEMA_##id,
	SP_SCHEMA_KEYWORDS(SP_SCHEMA_KEYWORD)
#undef SP_SCHEMA_KEYWORD
};

/* ---- nodes ---- */

enum {				/* bits for "type" */
	SP_TYPE_NULL = 1,
	SP_TYPE_BOOLEAN = 2,
	SP_TYPE_INTEGER = 4,
	SP_TYPE_NUMBER = 8,
	SP_TYPE_STRING = 16,
	SP_TYPE_ARRAY = 32,
	SP_TYPE_OBJECT = 64,
};

struct sp_schema_node;

struct sp_schema_nodes {
	struct sp_schema_node **item;
	size_t count;
};

struct sp_schema_member {		/* of "properties", "dependentSchemas" */
	const char *name;
	struct sp_schema_node *node;
};

struct sp_schema_members {		/* in the order of strcmp() */
	struct sp_schema_member *item;
	size_t count;
};

struct sp_schema_by_pattern {		/* of "patternProperties" */
	struct sp_schema_pattern *pattern;
	struct sp_schema_node *node;
};

struct sp_schema_dependency {		/* of "dependentRequired" */
	const char *name;
	struct json_object *required;	/* array of strings */
};

struct sp_schema_format {
	const char *name;
	bool (*valid)(struct sp_str text);
	const char *wanted;		/* "a date such as 2026-07-28" */
};

struct sp_schema_divisor {		/* of "multipleOf": whole * 10^exponent */
	struct json_object *json;
	uint64_t whole;
	int64_t exponent;
};

/* One schema.  What is 0, NULL or empty is not asked for. */
struct sp_schema_node {
	enum { SP_SCHEMA_OBJECT, SP_SCHEMA_TRUE, SP_SCHEMA_FALSE } kind;
	struct sp_schema_resource *resource;
	struct json_object *json;

	/* Where it stands: in the parent under keyword, there under name or at index. */
	const struct sp_schema_node *parent;	/* NULL for a document */
	const char *keyword, *name;
	size_t index;

	unsigned types;
	bool has_const;
	struct json_object *constant;
	struct json_object *enumeration;	/* array */

	struct sp_schema_node *ref;
	struct sp_schema_node *dynamic_ref;	/* where it leads when nothing overrides it ... */
	const char *dynamic_name;		/* ... which only anchors of this name can; or NULL */
	struct sp_schema_nodes all_of, any_of, one_of;
	struct sp_schema_node *not_, *if_, *then_, *else_;
	struct sp_schema_members dependent_schemas;

	struct json_object *minimum, *maximum, *exclusive_minimum, *exclusive_maximum;
	struct sp_schema_divisor *multiple_of;

	uint64_t min_length, max_length;
	struct sp_schema_pattern *pattern;
	const struct sp_schema_format *format;

	struct sp_schema_nodes prefix_items;
	struct sp_schema_node *items, *contains, *unevaluated_items;
	uint64_t min_items, max_items, min_contains, max_contains;
	bool unique_items;

	struct sp_schema_members properties;
	struct sp_schema_by_pattern *by_pattern;
	size_t by_pattern_count;
	struct sp_schema_node *additional_properties, *property_names, *unevaluated_properties;
	struct json_object *required;		/* array of strings */
	struct sp_schema_dependency *dependent_required;
	size_t dependent_required_count;
	uint64_t min_properties, max_properties;

	struct sp_schema_node *unused;		/* what is compiled only because references may lead there */
	struct sp_schema_node *next;		/* of all, in no order */
	bool walk_open, walk_done;		/* marks of the search for references in a circle */
};

/* ---- resources ---- */

enum {				/* bits of a dialect: the vocabularies, and how old drafts differ */
	SP_VOCABULARY_CORE = 1,
	SP_VOCABULARY_APPLICATOR = 2,
	SP_VOCABULARY_UNEVALUATED = 4,
	SP_VOCABULARY_VALIDATION = 8,
	SP_VOCABULARY_FORMAT = 16,
	SP_VOCABULARY_FORMAT_ASSERTION = 32,
	SP_VOCABULARY_OTHERS = 64,	/* meta-data, content: they only inform */
	SP_DIALECT_OLD = 128,		/* draft-07 and before */
	SP_DIALECT_2020_12 = SP_VOCABULARY_CORE | SP_VOCABULARY_APPLICATOR | SP_VOCABULARY_UNEVALUATED |
	    SP_VOCABULARY_VALIDATION | SP_VOCABULARY_FORMAT | SP_VOCABULARY_OTHERS,
	SP_DIALECT_DRAFT_07 = SP_VOCABULARY_CORE | SP_VOCABULARY_APPLICATOR | SP_VOCABULARY_VALIDATION |
	    SP_VOCABULARY_FORMAT | SP_VOCABULARY_OTHERS | SP_DIALECT_OLD,
};

struct sp_schema_anchor {
	const char *name;
	struct sp_schema_node *node;
	bool dynamic;
	struct sp_schema_anchor *next;
};

/* A schema with a URI of its own: a document, or a subschema with "$id". */
struct sp_schema_resource {
	const char *uri;			/* absolute, without a fragment; "" when nobody gave one */
	unsigned dialect;
	struct sp_schema_node *root;
	struct sp_schema_anchor *anchors;
	size_t anchor_count;
	struct sp_schema_resource *next;
};

struct sp_schema {
	struct sp_arena *mem;
	struct sp_schema_node *root;
	bool assert_format;
	uint64_t max_steps;
	size_t max_errors;
};

/* ---- compiling ---- */

struct sp_schema_reference {		/* waiting for all that it may lead to */
	struct sp_schema_node *node;
	const char *uri;		/* as written */
	const char *keyword;		/* "$ref" or "$dynamicRef" */
	struct sp_schema_reference *next;
};

struct sp_schema_alias {		/* a document may have come by another URI than its "$id" */
	const char *uri;
	struct sp_schema_resource *resource;
	struct sp_schema_alias *next;
};

struct sp_schema_compiler {
	struct sp_schema *schema;
	const struct sp_schema_options *options;
	struct sp_arena *why_mem;
	const char *why;
	struct sp_schema_resource *resources;
	struct sp_schema_alias *aliases;
	struct sp_schema_reference *references;
	struct sp_schema_node *nodes;
	size_t node_count, max_nodes, resource_count;
	size_t pattern_room;		/* bytes that patterns may still take */
	unsigned nesting;
};

/* How a child is reached: in parent, under a keyword, and there under name (or NULL) or at index. */
struct sp_schema_step {
	const struct sp_schema_node *parent;
	const char *keyword, *name;
	size_t index;
};

/* schema_compile.c: the node for a piece of JSON, made when it is not there yet. */
SP_MUST_USE bool sp_schema_compile_node(struct sp_schema_compiler *c, struct json_object *json,
    struct sp_schema_resource *resource, struct sp_schema_step step, struct sp_schema_node **out);
/* The node made for this piece of JSON, or NULL. */
struct sp_schema_node *sp_schema_node_of(struct json_object *json);
/* Always false.  Describes what is wrong with a node's keyword (NULL: the node itself). */
bool sp_schema_complain(struct sp_schema_compiler *c, const struct sp_schema_node *node,
    const char *keyword, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* schema_ref.c: copies and compiles a document that was found at uri. */
SP_MUST_USE bool sp_schema_add_document(struct sp_schema_compiler *c, struct json_object *json,
    const char *uri, struct sp_schema_node **out);
/* "$id", "$anchor" and "$dynamicAnchor" of a node, which may start a resource of its own. */
SP_MUST_USE bool sp_schema_identify(struct sp_schema_compiler *c, struct sp_schema_node *node);
/* Leads every reference to its node, and refuses circles. */
SP_MUST_USE bool sp_schema_link(struct sp_schema_compiler *c);
/* The root of the document at an absolute URI without fragment; *out NULL: there is none. */
SP_MUST_USE bool sp_schema_document(struct sp_schema_compiler *c, const char *uri,
    struct sp_schema_node **out);
struct sp_schema_node *sp_schema_dynamic_anchor(const struct sp_schema_resource *resource,
    const char *name);

/* schema_meta.c: the dialect that a "$schema" names; complains for node when it is not known. */
SP_MUST_USE bool sp_schema_dialect(struct sp_schema_compiler *c, const struct sp_schema_node *node,
    struct json_object *uri, unsigned *dialect);
/* The text of a built-in meta-schema, or NULL. */
const char *sp_schema_meta(const char *uri);

/* ---- the work of one validation ---- */

struct sp_schema_budget {
	uint64_t left;
	bool deep;		/* ended by nesting, not by work */
};

#define SP_SCHEMA_DECIMAL_STEPS 16	/* for comparing a number that is not a 64-bit integer */

/* False once there is nothing left. */
static inline bool
sp_schema_spend(struct sp_schema_budget *b, uint64_t steps)
{
	b->left = steps < b->left ? b->left - steps : 0;
	return b->left > 0;
}

/* ---- values ---- */

/* Equality as JSON Schema has it: numbers by value, objects without order. */
bool sp_schema_equal(struct json_object *a, struct json_object *b, struct sp_schema_budget *budget);
/* False: the items at *first and *second are equal. */
bool sp_schema_unique(struct sp_arena *mem, struct json_object *array,
    struct sp_schema_budget *budget, size_t *first, size_t *second);

/* ---- numbers ---- */

#define SP_SCHEMA_NUMBER 40		/* bytes for the text of a double or a 64-bit integer */

/* The number as it was written, or printed into own when json-c has no text of it. */
struct sp_str sp_schema_number_text(struct json_object *value, char own[static SP_SCHEMA_NUMBER]);

/*
 * A number as it was written: the digits times 10^exponent.  The first and the
 * last digit are not 0; zero has no digits.  Points into the JSON value or into
 * itself, so it is never copied.
 */
struct sp_schema_number {
	bool negative;
	const char *p;		/* the digits, perhaps with a '.' among them */
	size_t len;		/* bytes at p */
	int64_t count;		/* digits at p */
	int64_t exponent;
	char own[SP_SCHEMA_NUMBER];
};

bool sp_schema_is_number(struct json_object *value);
bool sp_schema_is_integer(struct json_object *value);	/* a number without a fraction: 1.0, 1e3 */
void sp_schema_number(struct json_object *value, struct sp_schema_number *out);
/* <0, 0, >0 */
int sp_schema_compare(struct json_object *a, struct json_object *b);
/* A whole number from 0 on; what is beyond 64 bits gives UINT64_MAX.  False for others. */
SP_MUST_USE bool sp_schema_count(struct json_object *value, uint64_t *out);
/* False: not a number above 0 with at most 18 digits. */
SP_MUST_USE bool sp_schema_divisor(struct json_object *value, struct sp_schema_divisor *out);
bool sp_schema_is_multiple(struct json_object *value, const struct sp_schema_divisor *divisor);

/* ---- patterns ---- */

/* Translates ECMA-262 with the "u" flag; false: *why is a static text. */
SP_MUST_USE bool sp_schema_pattern_translate(struct sp_buf *out, struct sp_str ecma, const char **why);
#define SP_SCHEMA_PATTERN_TRANSLATED	65536	/* bytes of it that are enough for a pattern */
/* The same pattern as a strict reader takes it; one that none takes stays as it is.  In mem, or ecma itself. */
struct sp_str sp_schema_pattern_strict(struct sp_arena *mem, struct sp_str ecma);
/*
 * The pattern lives as long as mem; false: *why is made in mem, too.  *room is
 * how many bytes it may take, and shrinks by what it takes: a few characters
 * can compile into 64 KiB.
 */
SP_MUST_USE bool sp_schema_pattern_compile(struct sp_arena *mem, struct sp_str ecma, size_t *room,
    struct sp_schema_pattern **out, const char **why);
struct sp_str sp_schema_pattern_text(const struct sp_schema_pattern *pattern);

/* What matching needs besides the pattern; for one validation. */
struct sp_schema_matcher;
struct sp_schema_matcher *sp_schema_matcher_new(struct sp_schema_budget *budget);
void sp_schema_matcher_free(struct sp_schema_matcher *m);
/* Spends what it costs; when nothing is left the answer is false. */
bool sp_schema_match(struct sp_schema_matcher *m, const struct sp_schema_pattern *pattern,
    struct sp_str text);

/* ---- URIs ---- */

/* RFC 3986 section 5.2: ref as seen from base, which may be "". */
const char *sp_schema_uri_resolve(struct sp_arena *mem, const char *base, const char *ref);
/* Cuts the fragment off (NULL when there is none), percent-decoded; false when it cannot be. */
SP_MUST_USE bool sp_schema_uri_split(struct sp_arena *mem, const char *uri, const char **absolute,
    struct sp_str *fragment);
/* The grammar of RFC 3986, or of RFC 3987 with `international`. */
bool sp_schema_uri_valid(struct sp_str s, bool relative, bool international);

/* ---- formats ---- */

/* NULL: not a format that is checked. */
const struct sp_schema_format *sp_schema_format(const char *name);
bool sp_schema_ipv4_valid(struct sp_str s);
bool sp_schema_ipv6_valid(struct sp_str s);

/* ---- messages ---- */

struct sp_schema_place {		/* in the value: the way down to it, from its end */
	const struct sp_schema_place *up;	/* NULL: the whole value */
	const char *name;		/* of a member, or NULL for an item */
	size_t index;
};

struct sp_schema_fault {
	const struct sp_schema_node *node;
	enum sp_schema_keyword keyword;
	const struct sp_schema_place *place;
	struct json_object *value;
	const char *name;		/* the member that is missing, the property it belongs to ... */
	const char *other;
	size_t first, second;		/* items, alternatives, counts */
	struct sp_str detail;		/* what subschemas said */
};

/* Adds it when there is room. */
void sp_schema_report(struct sp_arena *mem, struct sp_schema_errors *errors, size_t max,
    const struct sp_schema_fault *fault);
/* "#/properties/limit", with the URI of its document in front if it has one */
void sp_schema_location(struct sp_buf *b, const struct sp_schema_node *node);
/* A JSON Pointer. */
struct sp_str sp_schema_pointer(struct sp_arena *mem, const struct sp_schema_place *place);
/* The text, or its beginning and "...", as a JSON string. */
const char *sp_schema_quoted(struct sp_arena *mem, struct sp_str s);
/* What is in the buffer; when it did not all fit, the beginning and "...". */
struct sp_str sp_schema_cut(struct sp_buf *b);

#endif
