/*
 * result_cache.h - results that are kept for a while (option "cache")
 *
 * In PostgreSQL, for all processes (table result_cache, unlogged: a crash empties
 * it).  The key is an HMAC of the tool, of all that the catalog says of it, of the
 * arguments as they are called (with the bound ones), and unless the tool is for
 * everyone of the user, client, tier and scopes of the caller: so neither the
 * arguments nor guesses at them are in the table.
 *
 * What makes a result old deletes it and counts the tool's epoch on; a result is
 * kept only under the epoch that was read before the call was made.  So a result
 * that was computed before a change is never kept after it.
 */
#ifndef SP_TOOLS_RESULT_CACHE_H
#define SP_TOOLS_RESULT_CACHE_H

#include "tools/run.h"

#define SP_RESULT_CACHE_MAX ((size_t)256 * 1024)	/* bytes of a result; a larger one is not kept */

/* A call's place. */
struct sp_cached {
	uint8_t key[SP_SHA256_LEN];
	int64_t epoch;
};

enum sp_cache_outcome {
	SP_CACHE_HIT,			/* *out is the result */
	SP_CACHE_MISS,
	SP_CACHE_FAILED,		/* the database did not answer */
};

SP_MUST_USE enum sp_cache_outcome sp_result_cache_get(const struct sp_tool_call *call, struct json_object *arguments,
    struct sp_cached *place, struct sp_tool_result *out);
/* Keeps a result, if it is none that says that something went wrong.  A failure costs the next call its time. */
void sp_result_cache_put(const struct sp_tool_call *call, const struct sp_cached *place,
    const struct sp_tool_result *result);
/* The parameters of sp_q_result_cache_invalidate for this tool, for a transaction of its kind; NULL: it makes nothing old. */
const struct sp_param *sp_result_cache_invalidation(const struct sp_tool_call *call);
/*
 * What the tool's success makes old, where its kind has no transaction for it.  Before the answer goes out, so that whoever
 * has it does not read anything older.  False: the request is failed; what the tool
 * did is done.
 */
SP_MUST_USE bool sp_result_cache_invalidate(const struct sp_tool_call *call);

#endif
