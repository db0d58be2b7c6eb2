/* upstream_end.c - how a call of an upstream's entry ends, and what is remembered of the upstream */
#include "tools/upstream_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "db/queries.h"

#define PROBE_MS	2000		/* for an upstream that did not answer a call in time to say that it is there */
#define TEXT_MAX	2048		/* bytes of what an upstream says of an error */

#define INVALID_PARAMS		(-32602)
#define RESOURCE_NOT_FOUND	(-32002)	/* until 2025-11-25 */
#define URL_ELICITATION_REQUIRED (-32042)	/* 2025-11-25 */

/* ---- how a call ends ---- */

enum sp_tool_outcome
sp_upstream_fail_db(const struct sp_tool_call *call)
{
	(void)sp_fail_db(call->req);
	return SP_TOOL_FAILED;
}

enum sp_tool_outcome
sp_upstream_end_as(const struct sp_tool_call *call, enum sp_tool_outcome outcome, const char *audit, const struct sp_tool_result *out)
{
	double ms = (double)(sp_monotonic_us() - call->started_us) / 1000;
	struct sp_db *db = &call->req->db;
	PGresult **results;
	size_t failed;

	if (!sp_db_pipeline_open(db))
		return sp_upstream_fail_db(call);
	sp_db_pipeline_add(db, &sp_q_tool_call_audit, sp_tool_audit(call, audit, ms, NULL, NULL));
	if (call->along != NULL)
		call->along(call, outcome, out);
	if (sp_db_pipeline_run(db, &results, &failed))
		return outcome;
	return call->along != NULL && strcmp(db->sqlstate, call->guard_sqlstate) == 0 ? SP_TOOL_GUARDED : sp_upstream_fail_db(call);
}

enum sp_tool_outcome
sp_upstream_end_with_error(struct sp_upstream_call *c, const char *why, const char *text)
{
	*c->out = (struct sp_tool_result){ .is_error = true, .text = sp_str(text) };
	return sp_tool_finish(c->call, why, c->out);
}

/* Words of a stranger: one short text without what a terminal or a log would obey. */
static struct sp_str
cleaned(struct sp_arena *mem, struct sp_str text)
{
	struct sp_str cut = sp_utf8_cut(text, TEXT_MAX);
	char *out = sp_cstr(mem, cut);

	for (size_t i = 0; i < cut.len; i++)
		if ((unsigned char)out[i] < 0x20 && out[i] != '\n')
			out[i] = ' ';
	return cut.p == NULL ? SP_LIT("") : (struct sp_str){ out, cut.len };
}

/* ---- what is known of an upstream ---- */

void
sp_upstream_tell_works(struct sp_upstream_call *c)
{
	const struct sp_upstream *u = &c->entry->upstream;
	bool era_is_news = u->era == SP_MCP_ERA_UNKNOWN && c->talk.client.era != u->found;

	if (u->down || era_is_news)
		(void)!sp_db_do(&c->call->req->db, &sp_q_upstream_works, SP_PARAMS(SP_P_TEXT(u->name),
		    SP_P_TEXT(era_is_news ? sp_mcp_era_name(c->talk.client.era) : NULL), SP_P_NULL), NULL);
}

void
sp_upstream_tell_failed(struct sp_upstream_call *c, const char *why)
{
	sp_log(SP_WARN, "upstream", SP_L("name", c->entry->upstream.name), SP_L("request", c->call->req->id), SP_L("why", why));
	(void)!sp_db_do(&c->call->req->db, &sp_q_upstream_failed, SP_PARAMS(SP_P_TEXT(c->entry->upstream.name), SP_P_TEXT(why)), NULL);
}

/* ---- errors ---- */

enum sp_tool_outcome
sp_upstream_end_with_rpc_error(struct sp_upstream_call *c, const struct sp_tool_error *error)
{
	struct sp_arena *mem = c->call->req->mem;
	struct sp_str text = cleaned(mem, error->message);

	switch (error->code) {
	case SP_MCP_TASK_GONE:
		return sp_upstream_end_with_error(c, "its task is gone",
		    "the server behind this tool has given the task up; what it may have done by then is not undone");
	case URL_ELICITATION_REQUIRED:
		return sp_upstream_ask(c, sp_upstream_url_questions(mem, error->data), NULL);
	case SP_MISSING_CLIENT_CAPABILITY:
		*c->out = (struct sp_tool_result){ .error = { .code = error->code, .message = text, .data = error->data } };
		return sp_upstream_end_as(c->call, SP_TOOL_REFUSES, "error", c->out);
	case RESOURCE_NOT_FOUND:
	case INVALID_PARAMS:
		if (c->entry->list == SP_UPSTREAM_RESOURCE || c->entry->list == SP_UPSTREAM_TEMPLATE) {
			*c->out = (struct sp_tool_result){ 0 };		/* there is none */
			return sp_tool_finish(c->call, "the upstream has no such resource", c->out);
		}
		if (error->code == INVALID_PARAMS) {
			*c->out = (struct sp_tool_result){ .error = { .code = INVALID_PARAMS, .message = text } };
			return sp_upstream_end_as(c->call, SP_TOOL_REFUSES, "error", c->out);
		}
		break;
	}
	return sp_upstream_end_with_error(c, sp_printf(mem, "error %d of the upstream", error->code),
	    sp_printf(mem, "the server behind this tool says: %.*s (%d)", SP_FMT(text), error->code));
}

/* Whether an upstream that let the time pass is there at all: a slow tool is not a dead server. */
static bool
is_there(struct sp_upstream_call *c)
{
	if (c->talk.client.era == SP_MCP_ERA_SESSION && c->talk.client.version != NULL)
		return true;			/* it has initialized this session */
	c->talk.deadline_ms = sp_monotonic_ms() + PROBE_MS;
	return sp_upstream_reopen(&c->talk) == SP_MCP_REPLY;
}

enum sp_tool_outcome
sp_upstream_end_without_answer(struct sp_upstream_call *c, enum sp_mcp_reply_kind kind)
{
	struct sp_arena *mem = c->call->req->mem;
	const char *why = c->talk.client.why != NULL ? c->talk.client.why : "no answer";

	switch (kind) {
	case SP_MCP_REPLY_GONE:
		c->call->req->db.watch = NULL;	/* what follows is done in any case */
		return sp_tool_cancelled(c->call);
	case SP_MCP_REPLY_TOO_LARGE:
		return sp_upstream_end_with_error(c, "its answer is too large", sp_printf(mem,
		    "the result has more than the %lld bytes that are allowed: ask for less", (long long)c->call->tool->max_bytes));
	case SP_MCP_REPLY_DENIED:
		sp_log(SP_ERROR, "an upstream does not accept our credential", SP_L("name", c->entry->upstream.name),
		    SP_L("request", c->call->req->id), SP_LI("status", c->talk.client.wire != NULL ? c->talk.client.wire->status : 0));
		sp_tool_trouble(c->call, c->out);
		return sp_tool_finish(c->call, "it does not accept our credential", c->out);
	case SP_MCP_REPLY_LATE:
		if (!is_there(c))
			sp_upstream_tell_failed(c, "it does not answer");
		return sp_upstream_end_with_error(c, "its time is over", sp_printf(mem,
		    "the tool took longer than %.3g s and was given up; what it may have done by then is not undone",
		    (double)sp_tool_timeout_ms(c->call) / 1000));
	default:
		sp_upstream_tell_failed(c, why);
		return sp_upstream_end_with_error(c, why, kind == SP_MCP_REPLY_UNREACHABLE ?
		    "the server behind this tool cannot be reached; nothing was done" :
		    "the server behind this tool gave no answer that can be read; whether anything was done is not known");
	}
}
