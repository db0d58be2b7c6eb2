/* run.c - one call of a tool: arguments judged, call made, audit written */
#include "tools/run.h"

#include "base/clock.h"
#include "base/log.h"
#include "db/queries.h"
#include "tools/bound.h"
#include "tools/confirm.h"
#include "tools/content.h"
#include "tools/directory.h"
#include "tools/exec_tool.h"
#include "tools/http_tool.h"
#include "tools/limit.h"
#include "tools/options.h"
#include "tools/result_cache.h"
#include "tools/sql_tool.h"
#include "tools/statement_tool.h"
#include "tools/upstream.h"

#define NAME_MAX_LEN	64			/* bytes of a name that was asked for, in the audit trail */

static const struct sp_tool_kind *const kinds[] = {
	&sp_sql_tool,
	&sp_stored_content,
	&sp_stored_messages,
	&sp_directory,
	&sp_statement_tool,
	&sp_upstream_kind,
	&sp_http_tool,
	&sp_exec_tool,
};

const struct sp_tool_kind *
sp_tool_kind_find(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

/* ---- audit ---- */

static struct sp_str
audit_detail(const struct sp_tool_call *call, const char *sqlstate, const char *why)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, call->req->mem, 8192);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kint(&w, "catalog", call->catalog_version);
	sp_jw_kcstr_if(&w, "protocol_version", call->protocol_version);
	sp_jw_kcstr_if(&w, "transport", call->transport);
	if (call->trace.traceparent.p != NULL)
		sp_jw_kstr(&w, "traceparent", call->trace.traceparent);
	sp_jw_kcstr_if(&w, "sqlstate", sqlstate);
	sp_jw_kcstr_if(&w, "why", why);
	if (call->cached)
		sp_jw_kbool(&w, "cached", true);
	sp_jw_object_end(&w);
	return sp_buf_view(&b);
}

/* What the digest is made of: who reads it must not find a password by trying. */
static struct sp_str
audited_arguments(const struct sp_tool_call *call)
{
	const struct sp_tool_options *o = call->tool != NULL ? call->tool->options : NULL;
	struct sp_arena *mem = call->req->mem;
	struct json_object *kept;

	if (call->arguments == NULL)
		return SP_LIT("{}");
	if (o == NULL || o->sensitive.count == 0)
		return sp_json_canonical(mem, call->arguments);
	kept = sp_json_new(mem);
	json_object_object_foreach(call->arguments, name, value)
		if (!sp_names_have(&o->sensitive, name) && json_object_object_add(kept, name, json_object_get(value)) != 0)
			sp_out_of_memory();
	return sp_json_canonical(mem, kept);
}

const struct sp_param *
sp_tool_audit(const struct sp_tool_call *call, const char *outcome, double duration_ms,
    const char *sqlstate, const char *why)
{
	struct sp_request *req = call->req;
	struct sp_param *p = sp_alloc_array(req->mem, SP_TOOL_AUDIT_PARAMS, sizeof(*p));
	uint8_t *digest = sp_alloc(req->mem, SP_SHA256_LEN);

	sp_sha256(audited_arguments(call), digest);
	p[0] = SP_P_TEXT(outcome);
	p[1] = SP_P_TEXT(call->caller->user_id);
	p[2] = SP_P_TEXT(call->caller->client_id);
	p[3] = SP_P_TEXT(call->caller->grant_id);
	p[4] = SP_P_TEXT(call->resource->resource);
	/* a template, not the URI made of it: its values are told by their digest only */
	p[5] = SP_P_STR(call->tool != NULL ? sp_str(call->tool->name) : sp_utf8_cut(call->name, NAME_MAX_LEN));
	p[6] = SP_P_BYTES(digest, SP_SHA256_LEN);
	p[7] = duration_ms < 0 ? SP_P_NULL : SP_P_TEXT(sp_printf(req->mem, "%.3f", duration_ms));
	p[8] = SP_P_TEXT(req->id);
	p[9] = SP_P_STR(req->address);
	p[10] = SP_P_STR(audit_detail(call, sqlstate, why));
	p[11] = SP_P_TEXT(call->event);
	return p;
}

static enum sp_tool_outcome
record_as(const struct sp_tool_call *call, const char *outcome, const char *why, enum sp_tool_outcome ends,
    const struct sp_tool_result *out)
{
	double ms = call->started_us > 0 ? (double)(sp_monotonic_us() - call->started_us) / 1000 : 0;
	struct sp_db *db = &call->req->db;
	PGresult **results;
	size_t failed;

	if (sp_db_pipeline_open(db)) {
		if (call->guard != NULL)
			sp_db_pipeline_add(db, call->guard, call->guard_params);
		sp_db_pipeline_add(db, &sp_q_tool_call_audit, sp_tool_audit(call, outcome, ms, NULL, why));
		if (call->along != NULL)
			call->along(call, ends, out);
		if (sp_db_pipeline_run(db, &results, &failed))
			return ends;
		if (((call->guard != NULL && failed == 0) || call->along != NULL) &&
		    strcmp(db->sqlstate, call->guard_sqlstate) == 0)
			return SP_TOOL_GUARDED;
	}
	(void)sp_fail_db(call->req);
	return SP_TOOL_FAILED;
}

static enum sp_tool_outcome
record(const struct sp_tool_call *call, const char *outcome, const char *why, const struct sp_tool_result *out)
{
	return record_as(call, outcome, why, SP_TOOL_DONE, out);
}

enum sp_tool_outcome
sp_tool_record(const struct sp_tool_call *call, const char *outcome, const char *why)
{
	return record(call, outcome, why, NULL);
}

enum sp_tool_outcome
sp_tool_end_as(const struct sp_tool_call *call, enum sp_tool_outcome ends, const char *outcome,
    const struct sp_tool_result *out)
{
	return record_as(call, outcome, NULL, ends, out);
}

enum sp_tool_outcome
sp_tool_finish(const struct sp_tool_call *call, const char *why, struct sp_tool_result *out)
{
	sp_tool_check_output(call, out);
	return record(call, out->is_error ? "error" : "ok", why, out);
}

enum sp_tool_outcome
sp_tool_cancelled(const struct sp_tool_call *call)
{
	(void)record_as(call, "cancelled", NULL, SP_TOOL_FAILED, NULL);
	(void)sp_fail(call->req, SP_TEMPORARILY_UNAVAILABLE, "the client has gone, and the call was cancelled");
	return SP_TOOL_FAILED;
}

void
sp_tool_trouble(const struct sp_tool_call *call, struct sp_tool_result *out)
{
	*out = (struct sp_tool_result){ .is_error = true, .told = SP_TOLD_TROUBLE,
		.text = sp_str(sp_printf(call->req->mem, "internal error, request id %s", call->req->id)) };
}

int64_t
sp_tool_timeout_ms(const struct sp_tool_call *call)
{
	return call->timeout_ms > 0 ? call->timeout_ms :
	    call->tool->timeout_ms > 0 ? call->tool->timeout_ms : call->req->settings->tool_timeout;
}

int64_t
sp_tool_deadline_ms(const struct sp_tool_call *call)
{
	return call->started_us / 1000 + sp_tool_timeout_ms(call);
}

enum sp_tool_outcome
sp_tool_refuse(const struct sp_tool_call *call, const char *why)
{
	return sp_tool_record(call, "rejected", why);
}

void
sp_tool_too_large(const struct sp_tool_call *call, int64_t bytes, struct sp_tool_result *out)
{
	*out = (struct sp_tool_result){ .is_error = true, .text = sp_str(sp_printf(call->req->mem,
	    "the result has %lld bytes, and at most %lld are allowed: ask for less", (long long)bytes,
	    (long long)call->tool->max_bytes)) };
}

/* ---- arguments ---- */

static bool
is_required(const struct sp_tool *tool, const char *name)
{
	for (size_t i = 0; i < tool->required_count; i++)
		if (sp_str_is(tool->required[i], name))
			return true;
	return false;
}

/*
 * Clients that fill in every property send null for "not given".  Without those
 * the default of the tool holds.
 */
static struct json_object *
without_nulls(struct sp_arena *mem, const struct sp_tool *tool, struct json_object *arguments)
{
	struct json_object *kept = arguments;

	json_object_object_foreach(arguments, name, value) {
		if (value != NULL || is_required(tool, name))
			continue;
		if (kept == arguments) {
			kept = sp_json_new(mem);
			json_object_object_foreach(arguments, n, v)
				json_object_object_add(kept, n, json_object_get(v));
		}
		json_object_object_del(kept, name);
	}
	return kept;
}

/* ---- results ---- */

static bool
output_fits(const struct sp_tool_call *call, const struct sp_tool_result *r)
{
	struct sp_arena *mem = call->req->mem;
	struct sp_schema_errors errors;
	struct json_object *value;
	const char *why;
	bool is_structured;

	/* null may fit a schema; nothing at all fits none */
	is_structured = r->whole != NULL ? json_object_object_get_ex(r->whole, "structuredContent", &value) :
	    r->json.p != NULL && sp_json_parse_large(mem, r->json, &value, &why);
	if (!is_structured) {
		sp_log(SP_ERROR, "a result without structured content has an output schema",
		    SP_L("request", call->req->id), SP_L("tool", call->tool->name));
		return false;
	}
	if (sp_schema_validate(call->tool->output, mem, value, &errors))
		return true;
	/* where, and not what: the value is a customer's */
	sp_log(SP_ERROR, "a result does not fit its output schema", SP_L("request", call->req->id),
	    SP_L("tool", call->tool->name), SP_LS("at", errors.item[0].instance),
	    SP_LS("schema", errors.item[0].schema));
	return false;
}

void
sp_tool_check_output(const struct sp_tool_call *call, struct sp_tool_result *out)
{
	if (call->tool->output != NULL && !out->is_error && !output_fits(call, out))
		sp_tool_trouble(call, out);
}

static enum sp_tool_outcome
reject(const struct sp_tool_call *call, struct sp_str text, const char *why, struct sp_tool_result *out)
{
	*out = (struct sp_tool_result){ .is_error = true, .text = text };
	return record(call, "rejected", why, out);
}

static enum sp_tool_outcome
make(const struct sp_tool_call *call, struct json_object *arguments, struct sp_tool_result *out)
{
	enum sp_tool_outcome outcome;

	if (!sp_bound_embed(call, &arguments, &outcome))
		return outcome;
	outcome = call->tool->kind->call(call, arguments, out);
	if (outcome == SP_TOOL_DONE && call->along == NULL)
		sp_tool_check_output(call, out);
	return outcome;
}

/* ---- what the options of a tool add ---- */

/* The value of a sensitive argument is not repeated, not even to who sent it: the answer is kept somewhere. */
static void
hide_sensitive(struct sp_arena *mem, const struct sp_tool *tool, struct sp_schema_errors *errors)
{
	for (size_t i = 0; tool->options != NULL && i < tool->options->sensitive.count; i++)
		for (size_t k = 0; k < errors->count; k++) {
			struct sp_str at = errors->item[k].instance;
			const char *pointer = sp_printf(mem, "/%s", tool->options->sensitive.item[i]);

			if (sp_str_starts(at, pointer) && (at.len == strlen(pointer) || at.p[strlen(pointer)] == '/'))
				errors->item[k].message = SP_LIT("does not fit its schema");
		}
}

/* In the place of the call: from what was kept, or as it is made now. */
static enum sp_tool_outcome
make_or_take(struct sp_tool_call *call, struct json_object *arguments, struct sp_tool_result *out)
{
	const struct sp_tool_options *o = call->tool->options;
	enum sp_tool_outcome outcome;
	bool invalidated = false;
	struct sp_cached place;
	/* what was answered on the way is not in the key */
	bool keeps = o != NULL && o->cache_ttl_ms > 0 && (call->exchange == NULL || call->exchange->responses == NULL);

	if (keeps)
		switch (sp_result_cache_get(call, arguments, &place, out)) {
		case SP_CACHE_HIT:
			call->cached = true;
			return record(call, "ok", NULL, out);
		case SP_CACHE_MISS:
			break;
		case SP_CACHE_FAILED:
			(void)sp_fail_db(call->req);
			return SP_TOOL_FAILED;
		}
	call->invalidated = &invalidated;
	outcome = make(call, arguments, out);
	if (outcome != SP_TOOL_DONE)
		return outcome;
	if (keeps)
		sp_result_cache_put(call, &place, out);
	return invalidated || out->is_error || sp_result_cache_invalidate(call) ? SP_TOOL_DONE : SP_TOOL_FAILED;
}

static enum sp_tool_outcome
make_within_limits(struct sp_tool_call *call, struct json_object *arguments, struct sp_tool_result *out)
{
	enum sp_tool_outcome outcome;
	struct sp_limits held;
	const char *why;

	if (!sp_limit_is_set(call->tool))
		return make_or_take(call, arguments, out);
	switch (sp_limit_enter(call, &held, out, &why)) {
	case SP_QUOTA_TAKEN:
		break;
	case SP_QUOTA_EXHAUSTED:
		return record(call, "limited", why, out);
	case SP_QUOTA_FAILED:
		(void)sp_fail_db(call->req);
		return SP_TOOL_FAILED;
	}
	outcome = make_or_take(call, arguments, out);
	/* one that asks, or becomes a task, is made again */
	sp_limit_leave(call, &held, outcome == SP_TOOL_DONE || outcome == SP_TOOL_FAILED || outcome == SP_TOOL_REFUSES);
	return outcome;
}

static enum sp_tool_outcome
make_when_confirmed(struct sp_tool_call *call, const struct sp_confirm *confirm, struct json_object *arguments,
    struct sp_tool_result *out)
{
	struct sp_exchange exchange;
	enum sp_tool_outcome outcome;

	switch (sp_confirm(call, confirm, &arguments, &exchange, out)) {
	case SP_CONFIRM_GIVEN:
		break;
	case SP_CONFIRM_ASKED:
		return record_as(call, "input_required", "to be confirmed", SP_TOOL_ASKS, out);
	case SP_CONFIRM_NEEDED:
		return record(call, "input_required", "to be confirmed", out);
	case SP_CONFIRM_DECLINED:
		return record(call, "declined", NULL, out);
	}
	if (call->exchange != NULL)
		call->exchange = &exchange;
	outcome = make_within_limits(call, arguments, out);
	if (outcome == SP_TOOL_ASKS)
		sp_confirm_wrap(call, confirm, &out->questions);
	return outcome;
}

/* The arguments as the tool's kind has them; NULL: the call is rejected, with *outcome. */
static struct json_object *
judge_arguments(const struct sp_tool_call *call, struct json_object *arguments, struct sp_tool_result *out,
    enum sp_tool_outcome *outcome)
{
	const struct sp_tool *tool = call->tool;
	struct sp_arena *mem = call->req->mem;
	struct sp_schema_errors errors;
	const char *name;

	if (tool->options != NULL && (name = sp_bound_sent(tool, arguments)) != NULL) {
		*outcome = reject(call, sp_str(sp_printf(mem, "/%s: cannot be given", name)), "a bound argument was sent", out);
		return NULL;
	}
	if (tool->input != NULL && !sp_schema_validate(tool->input, mem, arguments, &errors)) {
		hide_sensitive(mem, tool, &errors);
		*outcome = reject(call, sp_schema_errors_text(mem, &errors), "arguments do not fit the schema", out);
		return NULL;
	}
	if (tool->options == NULL || tool->options->bound_count == 0)
		return arguments;
	if ((arguments = sp_bound_put(call, arguments, &name)) == NULL)
		*outcome = reject(call, SP_LIT("this tool needs to know something of its caller that the access token does not say"),
		    sp_printf(mem, "the token has no claim %s", name), out);
	return arguments;
}

enum sp_tool_outcome
sp_tool_run(const struct sp_tool_call *asked, struct sp_tool_result *out)
{
	struct sp_tool_call call = *asked;
	const struct sp_tool_options *o = call.tool->options;
	struct sp_arena *mem = call.req->mem;
	struct json_object *arguments;
	enum sp_tool_outcome outcome;
	struct sp_confirm confirm;

	call.started_us = sp_monotonic_us();
	arguments = call.arguments != NULL ? without_nulls(mem, call.tool, call.arguments) : sp_json_new(mem);
	if (o != NULL && o->confirm != NULL)
		arguments = sp_confirm_begin(&call, arguments, &confirm);
	if ((arguments = judge_arguments(&call, arguments, out, &outcome)) == NULL)
		return outcome;
	return o != NULL && o->confirm != NULL ? make_when_confirmed(&call, &confirm, arguments, out) :
	    make_within_limits(&call, arguments, out);
}
