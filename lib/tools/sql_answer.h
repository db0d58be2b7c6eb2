/*
 * sql_answer.h - what a statement of a tool gave, and how it failed, as a result of the tool
 */
#ifndef SP_TOOLS_SQL_ANSWER_H
#define SP_TOOLS_SQL_ANSWER_H

#include "tools/run.h"

/* What comes of a statement. */
enum sp_sql_answer {
	/*
	 * One row: result, the JSON text, null when it is longer than max_bytes; size, its
	 * length; rows, how many there were of a set; failed, whether it says so.
	 */
	SP_SQL_OBJECT,
	SP_SQL_WHOLE,			/* the same, and the JSON is a CallToolResult (mcp.result) */
	SP_SQL_COUNT,			/* {"affected": n}, of the command's tag */
	SP_SQL_NOTHING,			/* {"result": null} */
};

/* A statement that is ready to run. */
struct sp_sql_statement {
	struct sp_query query;
	const struct sp_param *params;
	enum sp_sql_answer answer;
	bool read_only;			/* its transaction is, and is rolled back */
};

/* Reads the answer, in which no row means that there is none.  False: the request is failed. */
SP_MUST_USE bool sp_sql_read_answer(const struct sp_tool_call *call, const struct sp_sql_statement *statement,
    struct sp_db *db, const PGresult *r, struct sp_tool_result *out);

/* Whether a SQLSTATE is of a class ("23"). */
bool sp_sql_in_class(const char *sqlstate, const char *class);
/* By what the author, or a constraint, says: others would do. */
bool sp_sql_is_raised(const char *sqlstate);
/*
 * What the caller is told of the failure of db, whose error is r (NULL: it has
 * none).  Absent when the database is not there.
 */
struct sp_str sp_sql_failure_text(const struct sp_tool_call *call, const struct sp_db *db, const PGresult *r);

/* Some milliseconds, more each time, and not the same for two transactions that met. */
void sp_sql_pause_after_conflict(int tries);

#define SP_SQL_TRIES		3	/* after a conflict with another transaction */
#define SP_SQL_CLOSING_MS	2000	/* what the server may take beyond the tool's own limit */

#endif
