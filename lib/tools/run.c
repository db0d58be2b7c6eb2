/* run.c - one call of a tool: arguments judged, call made, audit written */
#include "tools/run.h"

#include "base/clock.h"
#include "base/log.h"
#include "db/queries.h"
#include "tools/content.h"
#include "tools/directory.h"
#include "tools/http_tool.h"
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
	sp_jw_kcstr(&w, "protocol_version", call->protocol_version);
	if (call->trace.traceparent.p != NULL)
		sp_jw_kstr(&w, "traceparent", call->trace.traceparent);
	sp_jw_kcstr_if(&w, "sqlstate", sqlstate);
	sp_jw_kcstr_if(&w, "why", why);
	sp_jw_object_end(&w);
	return sp_buf_view(&b);
}

const struct sp_param *
sp_tool_audit(const struct sp_tool_call *call, const char *outcome, double duration_ms,
    const char *sqlstate, const char *why)
{
	struct sp_request *req = call->req;
	struct sp_param *p = sp_alloc_array(req->mem, SP_TOOL_AUDIT_PARAMS, sizeof(*p));
	uint8_t *digest = sp_alloc(req->mem, SP_SHA256_LEN);

	sp_sha256(call->arguments != NULL ? sp_json_canonical(req->mem, call->arguments) : SP_LIT("{}"), digest);
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
record(const struct sp_tool_call *call, const char *outcome, const char *why, const struct sp_tool_result *out)
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
			call->along(call, SP_TOOL_DONE, out);
		if (sp_db_pipeline_run(db, &results, &failed))
			return SP_TOOL_DONE;
		if (((call->guard != NULL && failed == 0) || call->along != NULL) &&
		    strcmp(db->sqlstate, call->guard_sqlstate) == 0)
			return SP_TOOL_GUARDED;
	}
	(void)sp_fail_db(call->req);
	return SP_TOOL_FAILED;
}

enum sp_tool_outcome
sp_tool_record(const struct sp_tool_call *call, const char *outcome, const char *why)
{
	return record(call, outcome, why, NULL);
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
	(void)record(call, "cancelled", NULL, NULL);
	(void)sp_fail(call->req, SP_TEMPORARILY_UNAVAILABLE, "the client has gone, and the call was cancelled");
	return SP_TOOL_FAILED;
}

void
sp_tool_trouble(const struct sp_tool_call *call, struct sp_tool_result *out)
{
	*out = (struct sp_tool_result){ .is_error = true, .text = sp_str(sp_printf(call->req->mem,
	    "internal error, request id %s", call->req->id)) };
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

enum sp_tool_outcome
sp_tool_run(const struct sp_tool_call *asked, struct sp_tool_result *out)
{
	struct sp_tool_call call = *asked;
	struct sp_arena *mem = call.req->mem;
	struct json_object *arguments;
	struct sp_schema_errors errors;
	enum sp_tool_outcome outcome;

	call.started_us = sp_monotonic_us();
	arguments = call.arguments != NULL ? without_nulls(mem, call.tool, call.arguments) : sp_json_new(mem);
	if (call.tool->input == NULL || sp_schema_validate(call.tool->input, mem, arguments, &errors)) {
		outcome = call.tool->kind->call(&call, arguments, out);
		if (outcome == SP_TOOL_DONE && call.along == NULL)
			sp_tool_check_output(&call, out);
		return outcome;
	}
	*out = (struct sp_tool_result){ .is_error = true, .text = sp_schema_errors_text(mem, &errors) };
	return record(&call, "rejected", "arguments do not fit the schema", out);
}
