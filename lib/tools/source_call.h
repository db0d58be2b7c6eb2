/*
 * source_call.h - a statement of a tool, in a transaction of another database
 *
 *	a statement that reads		one that writes
 *					(audit row "started", here)
 *	BEGIN READ ONLY			(a pipeline is a transaction)
 *	set_config ...			set_config ...
 *	the statement			the statement
 *	ROLLBACK			RESET ROLE; RESET ALL
 *	(audit row, here)		(audit row, here)
 *
 * One round trip there; no connection to our own database is held meanwhile.
 * set_config sets the claims and the request id under the names that functions know
 * (current_setting('request.jwt.claims')), the time limit, and the search path and the
 * role of the source.
 *
 * Two databases have no transaction in common.  A reading call that is not
 * recorded is not answered.  A writing call is recorded before it is sent, and
 * again when it has ended: a row "started" without a second one of the same
 * request id is a call of which only the other database knows the end.  When the
 * write is known to be committed it is answered as done, even if the second row
 * could not be written.  When the connection was lost behind the sending, the
 * result says that nobody knows whether it was done (audit: "error", why
 * "outcome unknown"), and it is not tried again.
 *
 * Failures are told as in sql_call.h, save that a database that is away is a result
 * with is_error: this server is up, and other tools go on.  Schema mcp is for our own
 * database: nothing there can ask or report progress, and notices go to the log.
 */
#ifndef SP_TOOLS_SOURCE_CALL_H
#define SP_TOOLS_SOURCE_CALL_H

#include "tools/source.h"
#include "tools/sql_answer.h"

SP_MUST_USE enum sp_tool_outcome sp_source_call(const struct sp_tool_call *call, const struct sp_source *source,
    const struct sp_sql_statement *statement, struct sp_tool_result *out);

#endif
