/*
 * exec_argv.h - the arguments of a program, made of the arguments of a call
 *
 *	["/opt/tools/count", "--unit={unit}", ["--since", "{since}"],
 *	 {"if": "verbose", "then": ["-v"]}, "--", "{word}", "{files...}"]
 *
 * An item is a text with blanks (blanks.h), and one argument of the
 * program, whatever is in the values: no shell reads it.  When a blank has
 * no value the item is left out.  Beyond that
 *
 *	"{files...}"	an array, each item an argument of its own
 *	[...]		items that are left out together, if one is
 *	{"if": "verbose", "then": [...]}	items that are there when the argument is true
 *
 * A program takes what begins with "-" for an option, wherever it comes from.  So
 * an argument that begins with a blank must not become one, unless a "--"
 * stands before it or the spec lists it in "dashes".
 *
 * "paths" says which arguments are paths below a directory.  They are relative,
 * are resolved with links and all below that directory, and become absolute:
 *
 *	{"file": {"below": "/srv/docs"}, "report": {"below": "/srv/out", "create": true}}
 *
 * With create the last segment need not be there yet.
 */
#ifndef SP_TOOLS_EXEC_ARGV_H
#define SP_TOOLS_EXEC_ARGV_H

#include "base/json.h"

#define SP_ARGV_MAX	1024		/* arguments */
#define SP_ARGV_ITEM_MAX ((size_t)128 * 1024 - 1)	/* bytes of one: MAX_ARG_STRLEN of the kernel, with its NUL */
#define SP_ARGV_BYTES_MAX ((size_t)1024 * 1024)

struct sp_argv_spec;

/* Of the members command, dashes and paths of a spec.  False: *why begins with the member. */
SP_MUST_USE bool sp_argv_load(struct sp_arena *mem, struct json_object *json, const struct sp_argv_spec **out,
    const char **why);
/* The program: the first argument, without its directory for people. */
const char *sp_argv_program(const struct sp_argv_spec *spec);

enum sp_argv_made {
	SP_ARGV_MADE,
	SP_ARGV_WRONG,			/* *why, for a model: another value would do */
	SP_ARGV_TROUBLE,		/* *why, for the log: no value would */
};

/*
 * The arguments of the call with those that are paths in their absolute form; the
 * same object when there are none.
 */
SP_MUST_USE enum sp_argv_made sp_argv_confine(struct sp_arena *mem, const struct sp_argv_spec *spec,
    struct json_object *arguments, struct json_object **out, const char **why);

/* argv, ended by NULL. */
SP_MUST_USE enum sp_argv_made sp_argv_make(struct sp_arena *mem, const struct sp_argv_spec *spec,
    struct json_object *arguments, const char *const **out, const char **why);

#endif
