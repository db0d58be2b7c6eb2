/* source_call.c - a statement of a tool, in a transaction of another database */
#include "tools/source_call.h"

#include "base/log.h"
#include "db/queries.h"
#include "tools/result_cache.h"

static const struct sp_query begin = { "begin_read_only", "BEGIN READ ONLY", 0 };
static const struct sp_query rollback = { "rollback", "ROLLBACK", 0 };
static const struct sp_query reset_role = { "reset_role", "RESET ROLE", 0 };
static const struct sp_query reset_all = { "reset_all", "RESET ALL", 0 };

enum end {
	ANSWERED,			/* the transaction ended well */
	FAILED,				/* the server said why; nothing was done */
	AWAY,				/* it was not sent */
	LOST,				/* it was, and there is no answer */
};

struct attempt {
	enum end end;
	PGresult **results;
	size_t tool, failed;		/* places in the pipeline */
};

/* ---- there ---- */

/* Whether a failure leaves open what became of what was sent. */
static bool
is_open(const char *sqlstate)
{
	return sqlstate[0] == '\0' || sp_sql_in_class(sqlstate, "08") || sp_sql_in_class(sqlstate, "57P");
}

static void
attempt(const struct sp_tool_call *call, const struct sp_source *source, const struct sp_sql_statement *s,
    struct sp_db *db, struct attempt *a)
{
	struct sp_request *req = call->req;
	unsigned before = db->round_trips;
	const struct sp_param *settings = SP_PARAMS(
	    sp_source_gives_claims(source) ? SP_P_STR(call->caller->claims) : SP_P_TEXT(""), SP_P_TEXT(req->id),
	    SP_P_INT(sp_tool_timeout_ms(call)), SP_P_TEXT(sp_source_search_path(source)),
	    SP_P_TEXT(sp_source_role(source)));

	*a = (struct attempt){ .end = AWAY, .tool = s->read_only ? 2 : 1 };
	if (!sp_db_pipeline_open(db))
		return;
	if (s->read_only)
		sp_db_pipeline_add(db, &begin, SP_NO_PARAMS);
	sp_db_pipeline_add(db, &sp_q_source_call_settings, settings);
	sp_db_pipeline_add(db, &s->query, s->params);
	if (s->read_only) {
		sp_db_pipeline_add(db, &rollback, SP_NO_PARAMS);
	} else {
		sp_db_pipeline_add(db, &reset_role, SP_NO_PARAMS);	/* which RESET ALL leaves alone */
		sp_db_pipeline_add(db, &reset_all, SP_NO_PARAMS);
	}
	if (sp_db_pipeline_run(db, &a->results, &a->failed))
		a->end = ANSWERED;
	else if (db->round_trips != before)
		a->end = is_open(db->sqlstate) ? LOST : FAILED;
}

static bool
roll_back(struct sp_db *db)
{
	PGresult **results;
	size_t failed;

	if (!sp_db_pipeline_open(db))
		return false;
	sp_db_pipeline_add(db, &rollback, SP_NO_PARAMS);
	return sp_db_pipeline_run(db, &results, &failed);
}

static void
run(const struct sp_tool_call *call, const struct sp_source *source, const struct sp_sql_statement *s,
    struct sp_db *db, struct attempt *a)
{
	char sqlstate[sizeof(db->sqlstate)];

	for (int tries = 0;; tries++) {
		attempt(call, source, s, db, a);
		if (a->end != FAILED)
			return;
		/* a ROLLBACK that fails would put its own in the place of what is told */
		memcpy(sqlstate, db->sqlstate, sizeof(sqlstate));
		if (s->read_only && !roll_back(db))
			tries = SP_SQL_TRIES;
		memcpy(db->sqlstate, sqlstate, sizeof(sqlstate));
		if (!sp_sql_in_class(sqlstate, "40") || tries >= SP_SQL_TRIES)
			return;
		sp_sql_pause_after_conflict(tries);
	}
}

/* ---- and here ---- */

/* The row in front of a write, without what belongs to the end of a call. */
static enum sp_tool_outcome
record_start(const struct sp_tool_call *call)
{
	struct sp_tool_call start = *call;

	start.along = NULL;
	return sp_tool_record(&start, "started", NULL);
}

/*
 * Results that were kept and are old now, or may be: also those of a write of which
 * nobody knows the end.  They have a time to live; that this fails is no failure of the write.
 */
static void
make_old(const struct sp_tool_call *call)
{
	if (call->invalidated == NULL || *call->invalidated)
		return;
	*call->invalidated = true;
	if (sp_result_cache_invalidate(call))
		return;
	sp_log(SP_ERROR, "results that a write in another database makes old are kept",
	    SP_L("request", call->req->id), SP_L("tool", call->tool->name));
	call->req->problem = SP_OK;
}

/* The second row.  The guard has let the call through once; what is written there is not undone by its no. */
static enum sp_tool_outcome
finish_write(const struct sp_tool_call *call, const char *why, enum end how, struct sp_tool_result *out)
{
	struct sp_request *req = call->req;
	struct sp_tool_call end = *call;
	enum sp_tool_outcome outcome;

	if (how == ANSWERED || how == LOST)
		make_old(call);
	end.guard = NULL;
	outcome = sp_tool_finish(&end, why, out);
	if (outcome != SP_TOOL_FAILED || how != ANSWERED || call->along != NULL)
		return outcome;
	sp_log(SP_ERROR, "a write in another database is done, and only its beginning is recorded",
	    SP_L("request", req->id), SP_L("tool", call->tool->name));
	req->problem = SP_OK;
	return SP_TOOL_DONE;
}

static enum sp_tool_outcome
finish(const struct sp_tool_call *call, const struct sp_sql_statement *s, const char *why, enum end how,
    struct sp_tool_result *out)
{
	return s->read_only ? sp_tool_finish(call, why, out) : finish_write(call, why, how, out);
}

static enum sp_tool_outcome
cancelled(const struct sp_tool_call *call, const struct sp_sql_statement *s)
{
	struct sp_tool_call end = *call;

	if (!s->read_only)
		end.guard = NULL;
	return sp_tool_cancelled(&end);
}

static void
tell(const struct sp_tool_call *call, struct sp_tool_result *out, const char *fmt, const char *source)
{
	*out = (struct sp_tool_result){ .is_error = true };
	out->text = sp_str(sp_printf(call->req->mem, "the database \"%s\" %s", source, fmt));
}

/* What the caller is told, and why for the audit row; NULL when there is nothing to explain. */
static const char *
judge(const struct sp_tool_call *call, const struct sp_source *source, const struct sp_sql_statement *s,
    struct sp_db *db, const struct attempt *a, struct sp_tool_result *out)
{
	const char *name = sp_source_name(source);

	switch (a->end) {
	case ANSWERED:
		if (sp_sql_read_answer(call, s, db, a->results[a->tool], out))
			return NULL;
		call->req->problem = SP_OK;	/* it may be done; what it says cannot be read */
		sp_tool_trouble(call, out);
		return "its answer cannot be read";
	case AWAY:
		tell(call, out, "cannot be reached now; try again later", name);
		return "the source is away";
	case LOST:
		if (s->read_only) {
			tell(call, out, "did not answer; try again", name);
			return "the source did not answer";
		}
		tell(call, out, sp_printf(call->req->mem, "did not answer, and it is not known whether the change was made: "
		    "look before you try again (request id %s)", call->req->id), name);
		return "outcome unknown";
	case FAILED:
		break;
	}
	*out = (struct sp_tool_result){ .is_error = true, .raised = sp_sql_is_raised(db->sqlstate),
	    .text = sp_sql_failure_text(call, db, a->results[a->failed]) };
	if (a->failed < a->tool)		/* its role, its search path: not the author's words */
		sp_tool_trouble(call, out);
	else if (out->text.p == NULL)
		tell(call, out, "cannot do this now; try again later", name);
	return sp_printf(call->req->mem, "sqlstate %s", db->sqlstate);
}

static enum sp_tool_outcome
trouble(const struct sp_tool_call *call, const struct sp_source *source, const struct sp_sql_statement *s,
    const char *why, struct sp_tool_result *out)
{
	sp_log(SP_ERROR, "source", SP_L("name", sp_source_name(source)), SP_L("request", call->req->id),
	    SP_L("message", why));
	sp_tool_trouble(call, out);
	return finish(call, s, "the source is not set up", AWAY, out);
}

enum sp_tool_outcome
sp_source_call(const struct sp_tool_call *call, const struct sp_source *source,
    const struct sp_sql_statement *s, struct sp_tool_result *out)
{
	struct sp_request *req = call->req;
	struct sp_source_pool *pool;
	enum sp_tool_outcome outcome;
	const char *why;
	struct attempt a;
	struct sp_db db;
	bool gone;

	if (!s->read_only && (outcome = record_start(call)) != SP_TOOL_DONE)
		return outcome;
	sp_db_end(&req->db);
	if (!sp_source_begin(source, req->settings, req->mem, &db, &pool, &why))
		return trouble(call, source, s, why, out);
	db.wait_ms = sp_tool_timeout_ms(call) + SP_SQL_CLOSING_MS;
	db.watch = req->db.watch;
	run(call, source, s, &db, &a);
	gone = a.end == FAILED && db.interrupted && strcmp(db.sqlstate, "57014") == 0;
	if (a.end == AWAY || a.end == LOST)
		sp_log(SP_WARN, "source", SP_L("name", sp_source_name(source)), SP_L("request", req->id),
		    SP_L("message", a.end == AWAY ? "cannot be reached" : "did not answer"));
	why = gone ? NULL : judge(call, source, s, &db, &a, out);
	sp_source_end(&db, pool);
	return gone ? cancelled(call, s) : finish(call, s, why, a.end, out);
}
