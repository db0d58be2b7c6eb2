/*
 * sql_call.h - a statement of a tool, in a transaction of this installation's database
 *
 * One round trip, one transaction:
 *
 *	a tool that reads		a tool that writes
 *	BEGIN				(a pipeline is a transaction)
 *	[the guard]			[the guard]
 *	SAVEPOINT
 *	set_config ...			set_config ...
 *	the statement			the statement
 *	ROLLBACK TO SAVEPOINT		RESET ROLE; RESET ALL
 *	INSERT INTO audit		INSERT INTO audit
 *	COMMIT
 *
 * set_config sets READ ONLY, the claims, the time limit, the search path (the
 * exposed schemas, then public) and the role.  Whatever a statement sets besides,
 * for the session even, is gone before the next call of somebody else: a reading
 * tool is rolled back altogether (which also ends READ ONLY), after a writing one
 * everything is reset.
 *
 * A tool that fails is rolled back, and a second round trip writes the audit row
 * of the failure.
 *
 * Failures, by SQLSTATE:
 *	P0...		raised by the function: its message, detail and hint, is_error
 *	22..., 23...	a value or a constraint: the same
 *	42501		permission denied, is_error; no scope would help
 *	57014		"took longer than N s", is_error; SP_TOOL_FAILED when the client has gone
 *	MC...		a question, a task, a protocol error: sql_exchange.h
 *	40001, 40P01	tried again, up to 3 times, then is_error
 *	unavailable	SP_TOOL_FAILED (503): sp_db_unavailable()
 *	others		"internal error, request id ...", is_error; the log has why
 */
#ifndef SP_TOOLS_SQL_CALL_H
#define SP_TOOLS_SQL_CALL_H

#include "tools/sql_answer.h"

SP_MUST_USE enum sp_tool_outcome sp_sql_call(const struct sp_tool_call *call,
    const struct sp_sql_statement *statement, struct sp_tool_result *out);

/* The parameters of sql/queries/tool_call_settings.sql: what a statement of this call runs under. */
const struct sp_param *sp_sql_settings(const struct sp_tool_call *call, bool read_only);

#endif
