/*
 * bound.h - arguments that a caller neither sends nor sees (option "bind")
 *
 * Their values come from the claims of the caller's access token, stand in the
 * catalog, or are embeddings of another argument.
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

/*
 * The arguments with those that are embeddings: {"model": ..., "vector": [...]}, or
 * {"error": ...} when the service that makes them has failed, which is no failure of
 * the call.  Without a service, or without the argument that it would be of, they are not
 * there.  To be called outside of a transaction, as late as can be: it may wait, and
 * costs.  False: the call is over, with *outcome.
 */
SP_MUST_USE bool sp_bound_embed(const struct sp_tool_call *call, struct json_object **arguments,
    enum sp_tool_outcome *outcome);

#endif
