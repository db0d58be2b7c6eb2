/*
 * request_state.h - requestState: what a call that asks gives its client to bring back
 *
 * 2026-07-28, basic/patterns/mrtr.  The answers of earlier rounds, and what the
 * tool keeps, travel with the client, so that no process has to remember them.
 * They are sealed, and good for the same caller, the same request and for
 * request_state_ttl seconds.
 */
#ifndef SP_MCP_REQUEST_STATE_H
#define SP_MCP_REQUEST_STATE_H

#include "base/json.h"
#include "base/secret.h"
#include "oauth/bearer.h"

/* What is sealed, in bytes; as text it is a third longer.  Web servers take 1 MiB without being told. */
#define SP_REQUEST_STATE_MAX ((size_t)256 * 1024)

/* The request that a state belongs to. */
struct sp_request_origin {
	const struct sp_caller *caller;
	const char *resource;
	struct sp_str method;
	struct json_object *params;	/* of them name, uri and arguments */
};

struct sp_request_state {
	struct json_object *responses;	/* of all rounds so far; NULL: none */
	struct json_object *state;	/* the tool's; NULL: none */
	const char *once;		/* a UUID, spent by the call that ends; NULL: it may be used again */
	int64_t expires_at;		/* seconds since 1970 */
};

/* False: it is larger than SP_REQUEST_STATE_MAX. */
SP_MUST_USE bool sp_request_state_seal(struct sp_arena *mem, const struct sp_keyring *ring,
    const struct sp_request_origin *origin, const struct sp_request_state *state, struct sp_str *out);

/* False: *why, a static text: altered, another's, another request's, too old. */
SP_MUST_USE bool sp_request_state_open(struct sp_arena *mem, const struct sp_keyring *ring,
    const struct sp_request_origin *origin, struct sp_str text, int64_t now,
    struct sp_request_state *out, const char **why);

#endif
