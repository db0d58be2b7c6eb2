/*
 * statement_tool.h - tools of kind "statement": a SQL statement with named parameters
 *
 *	sql: SELECT state, eta FROM shop.orders WHERE order_no = :order_no
 *	read_only: true		(default) its transaction is READ ONLY; a statement that writes must say false
 *	result: rows		(default of what gives rows) {"rows": [{...}, ...]}, at most max_rows, cut in the database
 *		row		the first row, an object; none: is_error
 *		value		the first column of the first row: itself when it is a JSON object, else {"result": ...}
 *		none		(default of the others) {"affected": n}; what is no INSERT, UPDATE, DELETE, MERGE: {"result": null}
 *	source: NAME		another database (source.h); absent: this installation's, under the tool role
 *
 * What holds for the text is in statement_text.h, for a call in sql_call.h and
 * source_call.h.  Every parameter is an argument of the tool, and every argument a
 * parameter, bound ones too; one that is not given is the default of its schema, or
 * null.  Values are parameters on the wire, never text.
 *
 * A JSON array goes to a parameter of an array type, save where the place is cast to
 * json or jsonb, or the schema says that its items are objects or arrays: then as
 * JSON, as objects always do.
 */
#ifndef SP_TOOLS_STATEMENT_TOOL_H
#define SP_TOOLS_STATEMENT_TOOL_H

#include "tools/run.h"

extern const struct sp_tool_kind sp_statement_tool;

#endif
