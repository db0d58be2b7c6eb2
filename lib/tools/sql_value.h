/*
 * sql_value.h - JSON values as PostgreSQL reads them
 *
 * Arguments go to the server as text, of whatever type the parameter has.
 */
#ifndef SP_TOOLS_SQL_VALUE_H
#define SP_TOOLS_SQL_VALUE_H

#include "base/json.h"
#include "db/db.h"

/* What kind of type a parameter has. */
enum sp_sql_input {
	SP_SQL_TEXT,			/* any type whose text is not JSON */
	SP_SQL_ARRAY,			/* an array of such */
	SP_SQL_JSON,			/* json, jsonb, and what is made of it: composite types */
	SP_SQL_JSON_ARRAY,		/* json[], jsonb[] */
};

struct sp_param sp_sql_param(struct sp_arena *mem, enum sp_sql_input input, struct json_object *value);

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
