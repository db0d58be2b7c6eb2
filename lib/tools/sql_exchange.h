/*
 * sql_exchange.h - what a PostgreSQL function says to its caller: schema mcp
 *
 * sql/migrations/0009-exchange.sql has the other side.  The function is spoken to
 * by settings of its transaction, and speaks by messages with SQLSTATEs of their
 * own: notices while it runs, or the error that ends it.
 */
#ifndef SP_TOOLS_SQL_EXCHANGE_H
#define SP_TOOLS_SQL_EXCHANGE_H

#include "tools/run.h"

/* Fills in $7 to $13 of sql/queries/tool_call_settings.sql. */
#define SP_SQL_EXCHANGE_PARAMS 7
void sp_sql_exchange_params(const struct sp_tool_call *call, struct sp_param out[static SP_SQL_EXCHANGE_PARAMS]);

/*
 * An sp_db.notice; arg is the struct sp_tool_call.  Progress and log messages go
 * to call->exchange, everything else to the log.
 */
void sp_sql_exchange_notice(void *arg, const PGresult *notice);

/*
 * What an error of class MC stands for: SP_TOOL_ASKS, SP_TOOL_DETACHES or
 * SP_TOOL_REFUSES with its part of *out, or SP_TOOL_FAILED when it is none, or
 * not one that the functions of schema mcp raise.
 */
SP_MUST_USE enum sp_tool_outcome sp_sql_exchange_outcome(const struct sp_tool_call *call,
    const PGresult *error, struct sp_tool_result *out);

#endif
