/*
 * json.h - JSON in (strict, into json-c's trees) and JSON out (written as it goes)
 *
 * In: RFC 8259 and nothing else.  Refused, though json-c's own parser takes
 * some of it: repeated names, single quotes, comments, NaN, \u0000, lone
 * surrogates, invalid UTF-8, numbers beyond a double, depth over 64, trailing
 * bytes, a BOM.  The tree belongs to the arena.
 *
 * No number is changed on its way through: an integer beyond 64 bits, and
 * anything with a fraction or an exponent, is a json-c double that keeps its
 * text and is written as it came.
 *
 * Out: a writer that appends to an sp_buf; commas and escapes are its business.
 */
#ifndef SP_BASE_JSON_H
#define SP_BASE_JSON_H

#include <json-c/json.h>
#include "base/buf.h"

#define SP_JSON_MAX_DEPTH 64	/* deeper than any honest message; freeing and printing recurse */

/*
 * Memory of the largest tree that a stranger may have us build.  "{}," takes
 * three bytes to send and about eight hundred to hold, so that a limit on the
 * body alone would let 4 MiB become a gigabyte.
 */
#define SP_JSON_MAX_TREE ((size_t)64 * 1024 * 1024)

/*
 * Parses all of `in`.  False: *why is a static text that says what was wrong
 * ("repeated name", "trailing bytes" ...), and *out is untouched.
 * A top-level null is a success with *out == NULL.
 */
SP_MUST_USE bool sp_json_parse(struct sp_arena *mem, struct sp_str in,
    struct json_object **out, const char **why);

/* The same for a file that an administrator named: without SP_JSON_MAX_TREE. */
SP_MUST_USE bool sp_json_parse_large(struct sp_arena *mem, struct sp_str in,
    struct json_object **out, const char **why);

/* The same; after a failure *at is the offset of where it was noticed. */
SP_MUST_USE bool sp_json_parse_file(struct sp_arena *mem, struct sp_str in,
    struct json_object **out, const char **why, size_t *at);

/* An empty object that belongs to the arena; a string put into it. */
struct json_object *sp_json_new(struct sp_arena *mem);
void sp_json_set_str(struct json_object *obj, const char *name, struct sp_str s);

/* Member of an object or NULL (also when obj is not an object, or the member is null). */
struct json_object *sp_json_get(struct json_object *obj, const char *name);
/* Member that is a string (absent slice if missing or another type). */
struct sp_str sp_json_get_str(struct json_object *obj, const char *name);
/* The text of a string object. */
struct sp_str sp_json_text(struct json_object *string);

enum sp_json_type {
	SP_JSON_STRING,		/* struct sp_str */
	SP_JSON_STRINGS,	/* struct sp_json_strings */
	SP_JSON_INT,		/* int64_t; 42.0 is taken, 42.5 and 1e16 are not */
	SP_JSON_BOOL,		/* bool */
	SP_JSON_OBJECT,		/* struct json_object * */
	SP_JSON_ARRAY,		/* struct json_object * */
	SP_JSON_ANY,		/* struct json_object *, null stays NULL */
};

struct sp_json_strings {
	struct sp_str *item;
	size_t count;
	bool present;		/* false: the member was not there */
};

struct sp_json_field {
	const char *name;	/* NULL ends the table */
	enum sp_json_type type;
	size_t offset;		/* in the struct that is filled */
	bool required;
	size_t max;		/* longest string, most array items; 0: no limit of its own */
};

/*
 * Reads the known members of an object into a struct; unknown members are left
 * alone, a null member counts as absent.  What is absent leaves its place in the
 * struct as the caller preset it.  False: *why names the member and the fault
 * ("redirect_uris: not an array of strings"), made in the arena, and *out is
 * untouched.
 */
SP_MUST_USE bool sp_json_read(struct sp_arena *mem, struct json_object *obj,
    const struct sp_json_field *fields, void *out, const char **why);

/*
 * The canonical text used for digests: members sorted by name (bytewise), no
 * white space, one way to escape, numbers as they were written (1.0 is not 1).
 * Texts that differ only in member order, space or escapes give equal text;
 * different values never do.
 */
struct sp_str sp_json_canonical(struct sp_arena *mem, struct json_object *obj);

/* Any value (NULL is null) as text without white space, its members in the order they have. */
struct sp_str sp_json_print(struct sp_arena *mem, struct json_object *value);

/* ---- writing ---- */

struct sp_json_writer {
	struct sp_buf *b;
	bool comma;		/* the next item needs one */
};

void sp_jw_init(struct sp_json_writer *w, struct sp_buf *b);
void sp_jw_object(struct sp_json_writer *w);		/* { */
void sp_jw_object_end(struct sp_json_writer *w);
void sp_jw_array(struct sp_json_writer *w);		/* [ */
void sp_jw_array_end(struct sp_json_writer *w);
void sp_jw_key(struct sp_json_writer *w, const char *name);
void sp_jw_str(struct sp_json_writer *w, struct sp_str s);	/* absent slice: null */
void sp_jw_cstr(struct sp_json_writer *w, const char *s);	/* NULL: null */
void sp_jw_int(struct sp_json_writer *w, int64_t n);
void sp_jw_bool(struct sp_json_writer *w, bool yes);
void sp_jw_null(struct sp_json_writer *w);
void sp_jw_raw(struct sp_json_writer *w, struct sp_str json);	/* already JSON; trusted */
/* A tree, members in their order.  It is only read: threads may share it. */
void sp_jw_value(struct sp_json_writer *w, struct json_object *obj);

/* name and value in one call; the optional ones write nothing when absent */
void sp_jw_kstr(struct sp_json_writer *w, const char *name, struct sp_str s);
/* The members of an object that is already JSON, without its braces; trusted. */
void sp_jw_members(struct sp_json_writer *w, struct sp_str object);
void sp_jw_kcstr(struct sp_json_writer *w, const char *name, const char *s);
void sp_jw_kcstr_if(struct sp_json_writer *w, const char *name, const char *s);
void sp_jw_kint(struct sp_json_writer *w, const char *name, int64_t n);
void sp_jw_kbool(struct sp_json_writer *w, const char *name, bool yes);
void sp_jw_kraw(struct sp_json_writer *w, const char *name, struct sp_str json);

#endif
