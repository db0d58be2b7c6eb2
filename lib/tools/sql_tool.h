/*
 * sql_tool.h - tools of kind "function": a PostgreSQL function
 *
 * The statement that calls it is made of pieces that the database quoted when the
 * catalog was applied, of those arguments that are there: for the others the
 * function's defaults hold.  What a caller sends is only ever a parameter.
 * sql_call.h says how it is run.
 */
#ifndef SP_TOOLS_SQL_TOOL_H
#define SP_TOOLS_SQL_TOOL_H

#include "tools/run.h"

extern const struct sp_tool_kind sp_sql_tool;

#endif
