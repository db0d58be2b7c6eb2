/*
 * sql_function.h - a SQL function that a tool of another kind asks on its way
 *
 * The function takes two jsonb and gives one.  It runs as a tool's own statement
 * does (sql_call.h): role, claims, time limit and search path of a tool, in a
 * transaction of its own, which is READ ONLY for a tool that only reads; and it
 * may ask its caller by the functions of schema mcp.  The audit row is the
 * business of whoever asks.
 */
#ifndef SP_TOOLS_SQL_FUNCTION_H
#define SP_TOOLS_SQL_FUNCTION_H

#include "tools/run.h"

/* "schema.name" or "name" as it stands in a statement, quoted.  False: *why. */
SP_MUST_USE bool sp_sql_function_name(struct sp_arena *mem, const char *text, const char **out, const char **why);

/*
 * function is of sp_sql_function_name(); first and second are JSON, or absent for null.
 *
 *	SP_TOOL_DONE		*answer (NULL for null); or *out is an error for the model,
 *				which *why is set for: a text for the audit row, else NULL
 *	SP_TOOL_FAILED		the request is failed
 *	SP_TOOL_ASKS, SP_TOOL_DETACHES, SP_TOOL_REFUSES
 *				nothing was done; of *out the part that belongs to it
 *
 * No audit row is written, save for a client that has gone (SP_TOOL_FAILED).
 */
SP_MUST_USE enum sp_tool_outcome sp_sql_function(const struct sp_tool_call *call, const char *function,
    struct sp_str first, struct sp_str second, struct json_object **answer, struct sp_tool_result *out, const char **why);

#endif
