/*
 * bound.h - arguments that a caller neither sends nor sees (option "bind")
 *
 * Their values come from the claims of the caller's access token, or stand in the
 * catalog.
 */
#ifndef SP_TOOLS_BOUND_H
#define SP_TOOLS_BOUND_H

#include "tools/run.h"

/* The first of them that was sent all the same; NULL: none. */
const char *sp_bound_sent(const struct sp_tool *tool, struct json_object *arguments);

/*
 * The arguments with them.  NULL: the token has no such claim, or null for it;
 * *missing is its name.
 */
struct json_object *sp_bound_put(const struct sp_tool_call *call, struct json_object *arguments, const char **missing);

#endif
