/*
 * schema.h - JSON Schema: is a value what a tool's schema describes?
 *
 * Dialects: 2020-12 (json-schema.org/draft/2020-12/schema), which is what a
 * schema without "$schema" is taken for, with its core, applicator,
 * unevaluated, validation, format and content vocabularies and "$vocabulary";
 * and draft-07 and draft-06, which many MCP servers still declare.  Any other
 * "$schema" is an error of the schema.
 *
 * A schema is compiled once and can then be used by any number of threads.
 * Nothing is ever fetched: a "$ref" that leads out of the schema, other than to
 * the meta-schemas of 2020-12 and draft-07, is an error of the schema (MCP
 * 2026-07-28, basic, "$ref Resolution").
 *
 * Schemas and values may come from strangers, so each is bounded: the number
 * and the nesting of subschemas, the length of a pattern, and the work of one
 * validation, which is counted in steps (an evaluated subschema, a compared
 * value, a few bytes looked at by a pattern) and not in time, so that the same
 * call always gives the same answer.
 *
 * Patterns are ECMA-262 with its "u" flag, translated for PCRE2; lookbehind of
 * unbounded length cannot be.  Numbers compare as the decimals they were
 * written as (1.0 is 1; 0.0075 is a multiple of 0.0001).
 */
#ifndef SP_TOOLS_SCHEMA_H
#define SP_TOOLS_SCHEMA_H

#include <json-c/json.h>
#include "base/arena.h"

struct sp_schema;

/* 0 or NULL takes the default. */
struct sp_schema_options {
	bool assert_format;		/* "format" fails a value; otherwise it only informs */
	size_t max_schemas;		/* subschemas, booleans too; default 20,000 */
	uint64_t max_steps;		/* per validation; default 1,000,000, about 30 ms */
	size_t max_errors;		/* described per validation; default 8 */
	bool draft_07;			/* what a schema without "$schema" is taken for */
	/*
	 * Gives the document that an absolute URI names, or NULL when there is
	 * none.  The document stays the callee's; it is copied.
	 */
	struct json_object *(*resolve)(void *arg, const char *uri);
	void *resolve_arg;
};

/*
 * Compiles a schema (an object or a boolean), which is copied.  False: *why,
 * made in mem, says where and what is wrong ("#/properties/limit/maximum: must
 * be a number"), and *out is untouched.
 */
SP_MUST_USE bool sp_schema_compile(struct sp_arena *mem, struct json_object *schema,
    const struct sp_schema_options *options, struct sp_schema **out, const char **why);
void sp_schema_free(struct sp_schema *schema);		/* NULL is fine */

/*
 * Changes patterns in a schema so that clients take it that read ECMA-262 to the
 * letter: [\w-.] becomes [\w\-.], which means the same.  A client that compiles what
 * tools/list gives fails for all tools when one has a pattern it does not take.
 */
void sp_schema_make_strict(struct sp_arena *mem, struct json_object *schema);

struct sp_schema_error {
	struct sp_str instance;		/* JSON Pointer (RFC 6901) of the value at fault; "" is the whole */
	struct sp_str schema;		/* where the keyword stands: "#/properties/limit/maximum" */
	struct sp_str message;		/* "must be at most 20 (is 25)" */
};

struct sp_schema_errors {
	struct sp_schema_error *item;
	size_t count;
	bool more;			/* there were others, or the work was cut short */
};

/*
 * True when the schema accepts the value (NULL is JSON null).  False: *errors,
 * made in mem, has at least one item.  Messages hold short extracts of the
 * value: they are for the one who sent it and not for a log.
 */
SP_MUST_USE bool sp_schema_validate(const struct sp_schema *schema, struct sp_arena *mem,
    struct json_object *instance, struct sp_schema_errors *errors);

/*
 * The errors in one text, a line each, as a model reads them best:
 *	/limit: must be at most 20 (is 25)
 *	"query" is required
 */
struct sp_str sp_schema_errors_text(struct sp_arena *mem, const struct sp_schema_errors *errors);

#endif
