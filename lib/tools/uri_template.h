/*
 * uri_template.h - URI templates (RFC 6570), read backwards: which values make this URI?
 *
 * Simple expansion {name} and reserved expansion {+name}, one variable each: the
 * operators of levels 1 and 2 that can be told apart in a URI.  A variable has at
 * least one character.  {name} ends at "/", "?" and "#"; it takes the characters
 * that simple expansion would have escaped and clients leave alone (":", "@",
 * "!" ...), too.  {+name} takes every character of a URI.  Between two variables
 * stands some text.
 *
 * When a URI can be read in several ways, the first variable has as much as it
 * can, then the second, and so on.  A match takes time in proportion to the
 * length of the URI and the number of variables, whatever they are.
 */
#ifndef SP_TOOLS_URI_TEMPLATE_H
#define SP_TOOLS_URI_TEMPLATE_H

#include "base/arena.h"

#define SP_URI_MAX		2048	/* bytes of a URI that is matched; longer ones are no match */
#define SP_URI_VARIABLES	16	/* in one template */

struct sp_uri_variable {
	const char *name;		/* A-Z a-z 0-9 _, not beginning with a digit */
	bool reserved;			/* {+name} */
	struct sp_str after;		/* the text up to the next variable, or the end */
};

struct sp_uri_template {
	struct sp_str before;		/* the text in front of the first variable: at least a scheme */
	struct sp_uri_variable variable[SP_URI_VARIABLES];
	size_t count;
};

/* False: *why is a static text, and *out is untouched.  Texts of *out live in mem. */
SP_MUST_USE bool sp_uri_template_parse(struct sp_arena *mem, struct sp_str text,
    struct sp_uri_template *out, const char **why);

/*
 * Whether the template can make this URI.  values[i] is then the value of
 * variable i, percent-decoded, in mem.  A value that is not UTF-8, or has a NUL,
 * is no match.
 */
SP_MUST_USE bool sp_uri_template_match(const struct sp_uri_template *t, struct sp_arena *mem,
    struct sp_str uri, struct sp_str values[SP_URI_VARIABLES]);

#endif
