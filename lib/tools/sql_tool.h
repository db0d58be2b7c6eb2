/*
 * sql_tool.h - tools of kind "function": a PostgreSQL function
 *
 * One round trip, one transaction:
 *
 *	a tool that reads		a tool that writes
 *	BEGIN				(a pipeline is a transaction)
 *	[the guard]			[the guard]
 *	SAVEPOINT
 *	set_config ...			set_config ...
 *	SELECT ... FROM function	SELECT ... FROM function
 *	ROLLBACK TO SAVEPOINT		RESET ROLE; RESET ALL
 *	INSERT INTO audit		INSERT INTO audit
 *	COMMIT
 *
 * set_config sets READ ONLY, the claims, the time limit, the search path (the
 * exposed schemas, then public) and the role.  Whatever a function sets besides,
 * for the session even, is gone before the next call of somebody else: a reading tool is rolled back altogether (which also ends READ
 * ONLY), after a writing one everything is reset.
 *
 * A tool that fails is rolled back, and a second round trip writes the audit row
 * of the failure.  The statement is made of pieces that the database quoted when
 * the catalog was applied; what a caller sends is only ever a parameter.
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
#ifndef SP_TOOLS_SQL_TOOL_H
#define SP_TOOLS_SQL_TOOL_H

#include "tools/run.h"

extern const struct sp_tool_kind sp_sql_tool;

/*
 * A JSON value as the text that PostgreSQL reads as a parameter: strings as they
 * are, numbers and booleans by their text, everything else as JSON.  Absent (SQL
 * null) for null.
 */
struct sp_str sp_sql_text(struct sp_arena *mem, struct json_object *value);
/*
 * A JSON array as an array literal (manual, "Array Input and Output Syntax"); of
 * json or jsonb, every item is JSON, null too.
 */
struct sp_str sp_sql_array(struct sp_arena *mem, struct json_object *array, bool of_json);

#endif
