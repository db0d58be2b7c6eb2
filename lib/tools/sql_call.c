/* sql_call.c - a statement of a tool, in a transaction of this installation's database */
#include "tools/sql_call.h"

#include "base/clock.h"
#include "db/queries.h"
#include "tools/result_cache.h"
#include "tools/sql_exchange.h"

static const struct sp_query begin = { "begin", "BEGIN", 0 };
static const struct sp_query savepoint = { "savepoint", "SAVEPOINT tool", 0 };
static const struct sp_query back = { "back", "ROLLBACK TO tool", 0 };
static const struct sp_query reset_role = { "reset_role", "RESET ROLE", 0 };
static const struct sp_query reset_all = { "reset_all", "RESET ALL", 0 };
static const struct sp_query commit = { "commit", "COMMIT", 0 };
static const struct sp_query rollback = { "rollback", "ROLLBACK", 0 };

/*
 * Whether the transaction is begun in so many words: to be rolled back after a
 * tool that only reads, or because its end is not known when it begins.
 */
static bool
has_begin(const struct sp_tool_call *call, const struct sp_sql_statement *s)
{
	return s->read_only || call->along != NULL;
}

/* Ends the transaction if it was begun. */
static bool
roll_back(const struct sp_tool_call *call, const struct sp_sql_statement *s)
{
	struct sp_db *db = &call->req->db;
	PGresult **results;
	size_t failed;

	if (!has_begin(call, s))
		return true;
	if (!sp_db_pipeline_open(db))
		return false;
	sp_db_pipeline_add(db, &rollback, SP_NO_PARAMS);
	return sp_db_pipeline_run(db, &results, &failed);
}

/* What goes along with a call has said that it is over. */
static bool
is_over(const struct sp_tool_call *call)
{
	return call->along != NULL && strcmp(call->req->db.sqlstate, call->guard_sqlstate) == 0;
}

static enum sp_tool_outcome
fail(const struct sp_tool_call *call)
{
	(void)sp_fail_db(call->req);
	return SP_TOOL_FAILED;
}

/* Undoes what the tool did, and writes the audit row of that. */
static enum sp_tool_outcome
undo(const struct sp_tool_call *call, const struct sp_sql_statement *s, const char *audit, const char *sqlstate,
    enum sp_tool_outcome outcome, const struct sp_tool_result *out)
{
	struct sp_db *db = &call->req->db;
	double ms = (double)(sp_monotonic_us() - call->started_us) / 1000;
	PGresult **results;
	size_t failed;

	if (!sp_db_pipeline_open(db))
		return fail(call);
	if (has_begin(call, s))
		sp_db_pipeline_add(db, &rollback, SP_NO_PARAMS);
	sp_db_pipeline_add(db, &sp_q_tool_call_audit, sp_tool_audit(call, audit, ms, sqlstate, NULL));
	if (call->along != NULL && outcome != SP_TOOL_FAILED)
		call->along(call, outcome, out);
	if (sp_db_pipeline_run(db, &results, &failed))
		return outcome;
	return is_over(call) ? SP_TOOL_GUARDED : fail(call);
}

/* ---- the call ---- */

struct attempt {
	PGresult **results;
	size_t guard, tool, audit, failed;	/* places in the pipeline */
	bool closing;			/* it failed in the second pipeline, behind the tool */
};

/* The place of the next one. */
static size_t
add(struct sp_db *db, size_t n, const struct sp_query *query, const struct sp_param *params)
{
	sp_db_pipeline_add(db, query, params);
	return n + 1;
}

/*
 * What names without a schema mean in a tool: the exposed schemas, then public,
 * as people who write functions expect.  The names are an operator's.
 */
static const char *
search_path(struct sp_request *req)
{
	struct sp_str rest = sp_str(req->settings->tool_schemas), schema;
	struct sp_buf b;

	sp_buf_init(&b, req->mem, 4096);
	while (sp_str_split(&rest, ' ', &schema))
		if (schema.len > 0)
			sp_buf_printf(&b, "\"%.*s\", ", SP_FMT(schema));
	sp_buf_cstr(&b, "public");
	return sp_buf_view(&b).p;
}

const struct sp_param *
sp_sql_settings(const struct sp_tool_call *call, bool read_only)
{
	struct sp_request *req = call->req;
	struct sp_param *p = sp_alloc_array(req->mem, 6 + SP_SQL_EXCHANGE_PARAMS + 3, sizeof(*p));

	p[0] = SP_P_BOOL(read_only);
	p[1] = SP_P_STR(call->caller->claims);
	p[2] = SP_P_TEXT(req->id);
	p[3] = SP_P_INT(sp_tool_timeout_ms(call));
	p[4] = SP_P_TEXT(search_path(req));
	p[5] = SP_P_TEXT(req->settings->tool_role);
	sp_sql_exchange_params(call, p + 6);
	p[6 + SP_SQL_EXCHANGE_PARAMS] = SP_P_STR(call->trace.traceparent);
	p[7 + SP_SQL_EXCHANGE_PARAMS] = SP_P_STR(call->trace.tracestate);
	p[8 + SP_SQL_EXCHANGE_PARAMS] = SP_P_STR(call->trace.baggage);
	return p;
}

/* What comes behind the tool. */
static size_t
close_up(const struct sp_tool_call *call, const struct sp_sql_statement *s, const struct sp_param *audit, size_t n,
    size_t *place)
{
	const struct sp_param *invalidation = sp_result_cache_invalidation(call);
	struct sp_db *db = &call->req->db;

	if (s->read_only) {
		n = add(db, n, &back, SP_NO_PARAMS);
	} else {
		n = add(db, n, &reset_role, SP_NO_PARAMS);	/* which RESET ALL leaves alone */
		n = add(db, n, &reset_all, SP_NO_PARAMS);
	}
	if (invalidation != NULL && call->invalidated != NULL) {
		n = add(db, n, &sp_q_result_cache_invalidate, invalidation);
		*call->invalidated = true;	/* of a call that fails nobody asks */
	}
	*place = n;
	return add(db, n, &sp_q_tool_call_audit, audit);
}

/* The second round trip of a call with which something goes along, which has to know the result. */
static bool
close_along(const struct sp_tool_call *call, const struct sp_sql_statement *s, const struct sp_param *audit,
    const struct sp_tool_result *out, struct attempt *a)
{
	struct sp_db *db = &call->req->db;

	a->closing = true;
	if (!sp_db_pipeline_open(db))
		return false;
	(void)close_up(call, s, audit, 0, &a->audit);
	call->along(call, SP_TOOL_DONE, out);
	sp_db_pipeline_add(db, &commit, SP_NO_PARAMS);
	return sp_db_pipeline_run(db, &a->results, &a->failed);
}

static bool
attempt(const struct sp_tool_call *call, const struct sp_sql_statement *s, const struct sp_param *audit,
    struct attempt *a)
{
	struct sp_db *db = &call->req->db;
	size_t n = 0;

	*a = (struct attempt){ .guard = SIZE_MAX, .tool = SIZE_MAX };	/* as long as nothing was sent */
	if (!sp_db_pipeline_open(db))
		return false;
	if (has_begin(call, s))
		n = add(db, n, &begin, SP_NO_PARAMS);
	if (call->guard != NULL) {
		a->guard = n;
		n = add(db, n, call->guard, call->guard_params);
	}
	if (s->read_only)
		n = add(db, n, &savepoint, SP_NO_PARAMS);
	n = add(db, n, &sp_q_tool_call_settings, sp_sql_settings(call, s->read_only));
	a->tool = n;
	n = add(db, n, &s->query, s->params);
	a->audit = SIZE_MAX;
	if (call->along == NULL) {
		n = close_up(call, s, audit, n, &a->audit);
		if (s->read_only)
			(void)add(db, n, &commit, SP_NO_PARAMS);
	}
	return sp_db_pipeline_run(db, &a->results, &a->failed);
}

/*
 * Up to the tool, and at the audit row, it is our trouble; save that deferred
 * constraints are checked at the end, and a pipeline's end is told of its last
 * statement.
 */
static bool
is_ours(const struct attempt *a, const char *sqlstate)
{
	return (!a->closing && a->failed < a->tool) ||
	    ((a->closing || a->failed == a->audit) && !sp_sql_in_class(sqlstate, "23") && !sp_sql_in_class(sqlstate, "P0") &&
	    !sp_sql_in_class(sqlstate, "MC"));
}

/* What the function ended with: a question, an error of its own. */
static enum sp_tool_outcome
after_exchange(const struct sp_tool_call *call, const struct sp_sql_statement *s, enum sp_tool_outcome outcome,
    const struct sp_tool_result *out)
{
	if (outcome == SP_TOOL_DETACHES)
		return roll_back(call, s) ? outcome : fail(call);
	return undo(call, s, outcome == SP_TOOL_ASKS ? "input_required" : "error", NULL, outcome, out);
}

/* The client has gone: the row that says so is all that is left to do. */
static enum sp_tool_outcome
after_cancel(const struct sp_tool_call *call, const struct sp_sql_statement *s)
{
	(void)undo(call, s, "cancelled", NULL, SP_TOOL_FAILED, NULL);
	(void)sp_fail(call->req, SP_TEMPORARILY_UNAVAILABLE, "the client has gone, and the call was cancelled");
	return SP_TOOL_FAILED;
}

static enum sp_tool_outcome
after_failure(const struct sp_tool_call *call, const struct sp_sql_statement *s, const struct attempt *a,
    struct sp_tool_result *out)
{
	const char *sqlstate = sp_strdup(call->req->mem, call->req->db.sqlstate);
	enum sp_tool_outcome outcome;
	struct sp_str text;

	if (a->failed == a->guard && strcmp(sqlstate, call->guard_sqlstate) == 0)
		return roll_back(call, s) ? SP_TOOL_GUARDED : fail(call);
	if (a->closing && is_over(call))
		return roll_back(call, s) ? SP_TOOL_GUARDED : fail(call);
	if (call->req->db.interrupted && strcmp(sqlstate, "57014") == 0)
		return after_cancel(call, s);
	if (is_ours(a, sqlstate))
		return fail(call);
	if ((outcome = sp_sql_exchange_outcome(call, a->results[a->failed], out)) != SP_TOOL_FAILED)
		return after_exchange(call, s, outcome, out);
	if ((text = sp_sql_failure_text(call, &call->req->db, a->results[a->failed])).p == NULL)
		return fail(call);
	*out = (struct sp_tool_result){ .is_error = true, .raised = sp_sql_is_raised(sqlstate), .text = text };
	return undo(call, s, "error", sqlstate, SP_TOOL_DONE, out);
}

/* Calls the tool, and reads its answer.  False: *a says what failed, or the request is failed. */
static bool
make_call(const struct sp_tool_call *call, const struct sp_sql_statement *s, struct attempt *a,
    struct sp_tool_result *out)
{
	const struct sp_param *audit = sp_tool_audit(call, "ok", -1, NULL, NULL);

	if (!attempt(call, s, audit, a) ||
	    !sp_sql_read_answer(call, s, &call->req->db, a->results[a->tool], out))
		return false;
	if (call->along == NULL)
		return true;
	sp_tool_check_output(call, out);
	return close_along(call, s, audit, out, a);
}

static enum sp_tool_outcome
run(const struct sp_tool_call *call, const struct sp_sql_statement *s, struct sp_tool_result *out)
{
	struct sp_db *db = &call->req->db;
	struct attempt a;

	for (int tries = 0; !make_call(call, s, &a, out); tries++) {
		if (call->req->problem != SP_OK) {	/* an answer that cannot be read */
			(void)(call->along != NULL && roll_back(call, s));
			return SP_TOOL_FAILED;
		}
		if (!sp_sql_in_class(db->sqlstate, "40") || tries == SP_SQL_TRIES)
			return after_failure(call, s, &a, out);
		if (!roll_back(call, s))
			return fail(call);
		sp_sql_pause_after_conflict(tries);
	}
	return SP_TOOL_DONE;
}

enum sp_tool_outcome
sp_sql_call(const struct sp_tool_call *call, const struct sp_sql_statement *statement, struct sp_tool_result *out)
{
	struct sp_db *db = &call->req->db;
	int64_t wait_ms = db->wait_ms;
	enum sp_tool_outcome outcome;

	db->wait_ms = sp_tool_timeout_ms(call) + SP_SQL_CLOSING_MS;
	db->notice = sp_sql_exchange_notice;
	db->notice_arg = (void *)(uintptr_t)call;
	outcome = run(call, statement, out);
	db->notice = NULL;
	db->wait_ms = wait_ms;
	return outcome;
}
