/*
 * blanks.h - texts and JSON values with blanks that arguments fill
 *
 *	{order_no}		the argument
 *	{customer/name/0}	a member of it, an item of that
 *	{title|read/title|=x}	the first of these that is there; "=x" is x itself (JSON, else text)
 *	{note?}			an empty one ("", [], {} or null) counts as not there
 *	{+folder}		in a path: may have several segments
 *	{{ }}			the braces themselves
 *
 * A text that is one blank and nothing else stands for the value with its
 * type.  With other text around it a value is text: strings, numbers and booleans
 * have one.  A text with a blank that has no value is itself not there, and
 * neither is the member that it would have been.  What is put in is never read as
 * a template again.
 */
#ifndef SP_TOOLS_BLANKS_H
#define SP_TOOLS_BLANKS_H

#include "base/json.h"

struct sp_reference_path {
	struct sp_str literal;		/* JSON; absent: a name and the steps from its value */
	const char *name;
	const struct sp_str *step;
	size_t step_count;
};

struct sp_blank {
	struct sp_str before;		/* text in front of it */
	const struct sp_reference_path *choice;
	size_t choice_count;		/* 0: the text at the end */
	bool not_empty;			/* ? */
	bool segments;			/* + */
	const char *written;		/* without braces, for messages */
};

/* A text with blanks. */
struct sp_pattern {
	const struct sp_blank *part;
	size_t count;
};

/* Where values come from; names are looked for in `variables` first.  Objects. */
struct sp_given {
	struct json_object *variables, *arguments;
};

/* Into mem.  False: *why, and *out is untouched. */
SP_MUST_USE bool sp_pattern_parse(struct sp_arena *mem, struct sp_str text, struct sp_pattern *out, const char **why);
/* Whether it is one blank and nothing else; whether it has none. */
bool sp_pattern_is_value(const struct sp_pattern *p);
bool sp_pattern_is_fixed(const struct sp_pattern *p);

enum sp_filled {
	SP_FILLED,
	SP_FILLED_ABSENT,		/* a blank has no value; *why is its name */
	SP_FILLED_WRONG,		/* *why, for a model: a value has no text */
};

/* The value of one blank; NULL is null. */
SP_MUST_USE enum sp_filled sp_blank_value(struct sp_arena *mem, const struct sp_blank *p,
    const struct sp_given *given, struct json_object **out, const char **why);
/* The value of a pattern that is one, as text otherwise. */
SP_MUST_USE enum sp_filled sp_pattern_text(struct sp_arena *mem, const struct sp_pattern *p,
    const struct sp_given *given, struct sp_str *out, const char **why);

/* Text of a string, a number or a boolean.  False: it has none. */
SP_MUST_USE bool sp_value_text(struct sp_arena *mem, struct json_object *value, struct sp_str *out);
/* null, "", [] or {}. */
bool sp_value_is_empty(struct json_object *value);

/* ---- JSON with places in its strings ---- */

struct sp_json_pattern;

/* Member names are taken as they are.  False: *why names the place. */
SP_MUST_USE bool sp_json_pattern_parse(struct sp_arena *mem, struct json_object *json,
    const struct sp_json_pattern **out, const char **why);
/*
 * Appends the value to *b.  Members and items that are not there are left out;
 * SP_FILLED_ABSENT: the whole value is one that is not there, and nothing was written.
 */
SP_MUST_USE enum sp_filled sp_json_pattern_write(struct sp_arena *mem, const struct sp_json_pattern *p,
    const struct sp_given *given, struct sp_buf *b, const char **why);

#endif
