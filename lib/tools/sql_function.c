/* sql_function.c - a SQL function that a tool of another kind asks on its way */
#include "tools/sql_function.h"

#include "db/queries.h"
#include "tools/sql_call.h"
#include "tools/sql_exchange.h"

static const struct sp_query begin = { "begin", "BEGIN", 0 };
static const struct sp_query rollback = { "rollback", "ROLLBACK", 0 };
static const struct sp_query reset_role = { "reset_role", "RESET ROLE", 0 };
static const struct sp_query reset_all = { "reset_all", "RESET ALL", 0 };

#define NAME_MAX_BYTES	63	/* NAMEDATALEN - 1: PostgreSQL would cut the rest off */

/* An identifier that needs no thought about its quotes. */
static bool
is_identifier(struct sp_str name)
{
	if (name.len == 0 || name.len > NAME_MAX_BYTES || (name.p[0] >= '0' && name.p[0] <= '9'))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!sp_is_alnum((unsigned char)name.p[i]) && name.p[i] != '_')
			return false;
	return true;
}

bool
sp_sql_function_name(struct sp_arena *mem, const char *text, const char **out, const char **why)
{
	struct sp_str rest = sp_str(text), schema;

	*why = "has to be the name of a SQL function, schema.name";
	if (!sp_str_split(&rest, '.', &schema) || !is_identifier(schema))
		return false;
	if (schema.len == strlen(text)) {
		*out = sp_printf(mem, "\"%s\"", text);
		return true;
	}
	if (!is_identifier(rest))
		return false;
	*out = sp_printf(mem, "\"%.*s\".\"%.*s\"", SP_FMT(schema), SP_FMT(rest));
	return true;
}

/* Of a transaction that was begun in so many words. */
static bool
roll_back(const struct sp_tool_call *call)
{
	struct sp_db *db = &call->req->db;
	PGresult **results;
	size_t failed;

	if (!call->tool->read_only)
		return true;
	if (!sp_db_pipeline_open(db))
		return false;
	sp_db_pipeline_add(db, &rollback, SP_NO_PARAMS);
	return sp_db_pipeline_run(db, &results, &failed);
}

/* The places of statements in the pipeline. */
struct places {
	size_t function, failed;
	PGresult **results;
};

/* One round trip: what only reads is rolled back, after what writes everything is reset (sql_call.h). */
static bool
attempt(const struct sp_tool_call *call, const struct sp_query *query, const struct sp_param *params, struct places *at)
{
	struct sp_request *req = call->req;
	struct sp_db *db = &req->db;
	bool read_only = call->tool->read_only;

	*at = (struct places){ .function = SIZE_MAX };
	if (!sp_db_pipeline_open(db))
		return false;
	if (read_only)
		sp_db_pipeline_add(db, &begin, SP_NO_PARAMS);
	sp_db_pipeline_add(db, &sp_q_tool_call_settings, sp_sql_settings(call, read_only));
	sp_db_pipeline_add(db, query, params);
	at->function = read_only ? 2 : 1;
	if (read_only) {
		sp_db_pipeline_add(db, &rollback, SP_NO_PARAMS);
	} else {
		sp_db_pipeline_add(db, &reset_role, SP_NO_PARAMS);
		sp_db_pipeline_add(db, &reset_all, SP_NO_PARAMS);
	}
	return sp_db_pipeline_run(db, &at->results, &at->failed);
}

static enum sp_tool_outcome
fail(const struct sp_tool_call *call)
{
	(void)sp_fail_db(call->req);
	return SP_TOOL_FAILED;
}

static enum sp_tool_outcome
after_failure(const struct sp_tool_call *call, const struct places *at, struct sp_tool_result *out, const char **why)
{
	struct sp_db *db = &call->req->db;
	const char *sqlstate = sp_strdup(call->req->mem, db->sqlstate);
	enum sp_tool_outcome outcome;
	struct sp_str text;

	if (db->interrupted && strcmp(sqlstate, "57014") == 0) {
		(void)roll_back(call);
		return sp_tool_cancelled(call);
	}
	if (at->function == SIZE_MAX || at->failed < at->function)
		return fail(call);
	if ((outcome = sp_sql_exchange_outcome(call, at->results[at->failed], out)) != SP_TOOL_FAILED)
		return roll_back(call) ? outcome : fail(call);
	if ((text = sp_sql_failure_text(call, db, at->results[at->failed])).p == NULL)
		return fail(call);
	*out = (struct sp_tool_result){ .is_error = true, .raised = sp_sql_is_raised(sqlstate), .text = text };
	*why = sp_printf(call->req->mem, "its function failed with %s", sqlstate);
	return roll_back(call) ? SP_TOOL_DONE : fail(call);
}

static enum sp_tool_outcome
run(const struct sp_tool_call *call, const struct sp_query *query, const struct sp_param *params,
    struct json_object **answer, struct sp_tool_result *out, const char **why)
{
	static const struct sp_column columns[] = { { "answer", SP_COL_STR, 0 }, { NULL } };
	struct sp_db *db = &call->req->db;
	struct places at;
	struct sp_str json;

	for (int tries = 0; !attempt(call, query, params, &at); tries++) {
		if (!sp_sql_in_class(db->sqlstate, "40") || tries == SP_SQL_TRIES)
			return after_failure(call, &at, out, why);
		if (!roll_back(call))
			return fail(call);
		sp_sql_pause_after_conflict(tries);
	}
	if (!sp_db_read_row(db, at.results[at.function], 0, columns, &json))
		return fail(call);
	*answer = NULL;
	if (json.p == NULL || sp_json_parse(call->req->mem, json, answer, why))
		return SP_TOOL_DONE;
	(void)sp_fail(call->req, SP_SERVER_ERROR, "the function of tool %s: %s", call->tool->name, *why);
	return SP_TOOL_FAILED;
}

enum sp_tool_outcome
sp_sql_function(const struct sp_tool_call *call, const char *function, struct sp_str first, struct sp_str second,
    struct json_object **answer, struct sp_tool_result *out, const char **why)
{
	struct sp_query query = { call->tool->name,
		sp_printf(call->req->mem, "SELECT %s($1::jsonb, $2::jsonb)::text AS answer", function), 2 };
	struct sp_db *db = &call->req->db;
	int64_t wait_ms = db->wait_ms;
	enum sp_tool_outcome outcome;

	*why = NULL;
	*out = (struct sp_tool_result){ 0 };
	db->wait_ms = sp_tool_timeout_ms(call) + SP_SQL_CLOSING_MS;
	db->notice = sp_sql_exchange_notice;
	db->notice_arg = (void *)(uintptr_t)call;
	outcome = run(call, &query, SP_PARAMS(SP_P_STR(first), SP_P_STR(second)), answer, out, why);
	db->notice = NULL;
	db->wait_ms = wait_ms;
	return outcome;
}
