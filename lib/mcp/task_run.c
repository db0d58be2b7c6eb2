/* task_run.c - the run of a task that a runner has claimed */
#include "mcp/task_run.h"

#include "base/encode.h"
#include "base/log.h"
#include "db/queries.h"
#include "mcp/entry.h"
#include "mcp/methods.h"
#include "tools/policy.h"

#define OUTCOME_MAX	((size_t)64 << 20)	/* bytes; what a tool may give has limits of its own */
#define REQUESTS_MAX	((size_t)16 << 20)
#define MESSAGE_MAX	1024			/* bytes of a statusMessage */

struct claim_row {
	struct sp_task task;
	struct sp_str sha256;
};

static const struct sp_column claim_columns[] = {
	{ "task_sha256", SP_COL_BYTES, offsetof(struct claim_row, sha256) },
	{ "run", SP_COL_INT, offsetof(struct claim_row, task.run) },
	{ "lost", SP_COL_INT, offsetof(struct claim_row, task.lost) },
	{ "was_lost", SP_COL_BOOL, offsetof(struct claim_row, task.was_lost) },
	{ "user_id", SP_COL_TEXT, offsetof(struct claim_row, task.user_id) },
	{ "client_id", SP_COL_TEXT, offsetof(struct claim_row, task.client_id) },
	{ "grant_id", SP_COL_TEXT, offsetof(struct claim_row, task.grant_id) },
	{ "server", SP_COL_TEXT, offsetof(struct claim_row, task.server) },
	{ "tool", SP_COL_TEXT, offsetof(struct claim_row, task.tool) },
	{ "tier", SP_COL_TEXT, offsetof(struct claim_row, task.tier) },
	{ "call", SP_COL_BYTES, offsetof(struct claim_row, task.call) },
	{ "state", SP_COL_BYTES, offsetof(struct claim_row, task.state) },
	{ NULL }
};

/* ---- what was sealed when it was made ---- */

struct sealed {
	struct sp_str request_id, address, protocol_version, claims, scope, username;
	struct sp_trace trace;
	struct json_object *capabilities, *arguments, *responses;
};

static const struct sp_json_field sealed_fields[] = {
	{ "request_id", SP_JSON_STRING, offsetof(struct sealed, request_id), .required = true },
	{ "address", SP_JSON_STRING, offsetof(struct sealed, address) },
	{ "protocol_version", SP_JSON_STRING, offsetof(struct sealed, protocol_version), .required = true },
	{ "claims", SP_JSON_STRING, offsetof(struct sealed, claims), .required = true },
	{ "scope", SP_JSON_STRING, offsetof(struct sealed, scope), .required = true },
	{ "username", SP_JSON_STRING, offsetof(struct sealed, username) },
	{ "traceparent", SP_JSON_STRING, offsetof(struct sealed, trace.traceparent) },
	{ "tracestate", SP_JSON_STRING, offsetof(struct sealed, trace.tracestate) },
	{ "baggage", SP_JSON_STRING, offsetof(struct sealed, trace.baggage) },
	{ "capabilities", SP_JSON_OBJECT, offsetof(struct sealed, capabilities) },
	{ "arguments", SP_JSON_OBJECT, offsetof(struct sealed, arguments) },
	{ "responses", SP_JSON_OBJECT, offsetof(struct sealed, responses) },
	{ NULL }
};

/* A run on its way. */
struct run {
	const struct sp_task *task;
	const struct sp_task_observer *observer;
	struct sp_mcp_call call;
	struct sealed sealed;
	struct json_object *state;
	struct sp_str said;		/* what its client was told last, in ... */
	char *said_room;		/* ... MESSAGE_MAX bytes */
};

static bool
open_json(struct sp_request *req, const struct sp_task *task, const char *what, const char *key,
    struct sp_str sealed, struct json_object **out)
{
	struct sp_str text;
	const char *why;

	return sp_task_unseal(req, task->sha256, what, key, sealed, &text) &&
	    sp_json_parse_large(req->mem, text, out, &why);
}

static bool
open_call(struct sp_request *req, const struct sp_task *task, struct run *run)
{
	struct json_object *call;
	const char *why;

	return open_json(req, task, "call", "", task->call, &call) &&
	    sp_json_read(req->mem, call, sealed_fields, &run->sealed, &why) &&
	    (task->state.p == NULL || open_json(req, task, "state", "", task->state, &run->state));
}

struct response_row {
	const char *key, *name;
	struct sp_str response;
};

static const struct sp_column response_columns[] = {
	{ "key", SP_COL_TEXT, offsetof(struct response_row, key) },
	{ "name", SP_COL_TEXT, offsetof(struct response_row, name) },
	{ "response", SP_COL_BYTES, offsetof(struct response_row, response) },
	{ NULL }
};

/* All answers so far; where a tool asked twice, the later one.  False: the request is failed. */
static bool
read_responses(struct sp_request *req, struct run *run, struct json_object **out)
{
	struct json_object *responses = sp_json_new(req->mem), *response;
	struct response_row *row;
	size_t count = 0;
	void *rows;

	switch (sp_db_rows(&req->db, &sp_q_task_responses, SP_PARAMS(SP_P_BYTES(run->task->sha256, SP_SHA256_LEN)),
	    response_columns, sizeof(*row), &rows, &count)) {
	case SP_DB_FAILED:
		return sp_fail_db(req);
	case SP_DB_NO_ROW:
		count = 0;
		break;
	case SP_DB_ROW:
		break;
	}
	if (run->sealed.responses != NULL) {
		json_object_object_foreach(run->sealed.responses, name, value)
			json_object_object_add(responses, name, json_object_get(value));
	}
	row = count > 0 ? rows : NULL;
	for (size_t i = 0; i < count; i++) {
		if (!open_json(req, run->task, "response", row[i].key, row[i].response, &response))
			return sp_fail(req, SP_SERVER_ERROR, "an answer to a task cannot be opened");
		json_object_object_add(responses, row[i].name, json_object_get(response));
	}
	*out = responses;
	return true;
}

/* ---- who calls ---- */

/* The claims with the tier of today. */
static bool
take_caller(struct sp_request *req, const struct sp_task *task, const struct sealed *sealed, struct sp_caller *out)
{
	struct json_object *claims;
	const char *why;

	*out = (struct sp_caller){
		.user_id = task->user_id,
		.client_id = task->client_id,
		.grant_id = task->grant_id,
		.tier = task->tier,
		.username = sp_cstr(req->mem, sealed->username),
	};
	if (task->tier == NULL || !sp_json_parse(req->mem, sealed->claims, &claims, &why) ||
	    !sp_scope_parse(sealed->scope, &out->scope))
		return false;
	sp_json_set_str(claims, "tier", sp_str(task->tier));
	out->claims = sp_json_canonical(req->mem, claims);
	return true;
}

/* ---- how a run ends ---- */

static struct sp_str
error_text(struct sp_arena *mem, int code, struct sp_str message, struct json_object *data)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, OUTCOME_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kint(&w, "code", code);
	sp_jw_kstr(&w, "message", message);
	if (data != NULL) {
		sp_jw_key(&w, "data");
		sp_jw_value(&w, data);
	}
	sp_jw_object_end(&w);
	return sp_buf_view(&b);
}

/* CallToolResult, as the request would have given it. */
static struct sp_str
result_text(struct run *run, const struct sp_tool_result *result)
{
	struct sp_json_writer w, *before = run->call.result;
	struct sp_buf b;

	sp_buf_init(&b, run->call.req->mem, OUTCOME_MAX);
	sp_jw_init(&w, &b);
	run->call.result = &w;
	sp_mcp_write_tool_result(&run->call, result);
	run->call.result = before;
	return sp_buf_view(&b);
}

static const struct sp_param *
finish_params(struct sp_request *req, const struct sp_task *task, const char *status, struct sp_str message,
    struct sp_str outcome)
{
	struct sp_param *p = sp_alloc_array(req->mem, 5, sizeof(*p));

	p[0] = SP_P_BYTES(task->sha256, SP_SHA256_LEN);
	p[1] = SP_P_INT(task->run);
	p[2] = SP_P_TEXT(status);
	p[3] = SP_P_STR(message.p == NULL ? message : sp_utf8_cut(message, MESSAGE_MAX));
	p[4] = SP_P_BYTES_STR(sp_task_seal(req, task->sha256, "outcome", status, outcome));
	return p;
}

static const struct sp_param *
failed_params(struct sp_request *req, const struct sp_task *task, int code, struct sp_str message,
    struct json_object *data)
{
	return finish_params(req, task, "failed", message, error_text(req->mem, code, message, data));
}

/* {name: sealed request in Base64}; SQL null when nothing is asked. */
static struct sp_param
sealed_requests(struct sp_request *req, const struct sp_task *task, struct json_object *requests)
{
	struct sp_json_writer w;
	struct sp_str sealed;
	struct sp_buf b;

	if (requests == NULL)
		return SP_P_NULL;
	sp_buf_init(&b, req->mem, REQUESTS_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	json_object_object_foreach(requests, name, request) {
		sealed = sp_task_seal(req, task->sha256, "request", name, sp_json_canonical(req->mem, request));
		sp_jw_kstr(&w, name, sp_base64_encode(req->mem, sealed.p, sealed.len));
	}
	sp_jw_object_end(&w);
	return SP_P_STR(sp_buf_view(&b));
}

static const struct sp_param *
ask_params(const struct run *run, const struct sp_questions *q)
{
	struct sp_request *req = run->call.req;
	const struct sp_task *task = run->task;
	struct sp_param *p = sp_alloc_array(req->mem, 5, sizeof(*p));

	p[0] = SP_P_BYTES(task->sha256, SP_SHA256_LEN);
	p[1] = SP_P_INT(task->run);
	p[2] = sealed_requests(req, task, q->requests);
	p[4] = SP_P_STR(run->said);
	p[3] = q->state == NULL ? SP_P_NULL : SP_P_BYTES_STR(sp_task_seal(req, task->sha256, "state", "",
	    sp_json_canonical(req->mem, q->state)));
	return p;
}

/* sp_tool_call.along: what the run comes to, in the transaction of the audit row. */
static void
write_end(const struct sp_tool_call *t, enum sp_tool_outcome outcome, const struct sp_tool_result *result)
{
	struct run *run = t->along_arg;
	struct sp_request *req = t->req;

	switch (outcome) {
	case SP_TOOL_DONE:
		sp_db_pipeline_add(&req->db, &sp_q_task_finish, finish_params(req, run->task, "completed",
		    (struct sp_str){ NULL, 0 }, result_text(run, result)));
		break;
	case SP_TOOL_ASKS:
		sp_db_pipeline_add(&req->db, &sp_q_task_ask, ask_params(run, &result->questions));
		break;
	case SP_TOOL_REFUSES:
		sp_db_pipeline_add(&req->db, &sp_q_task_finish, failed_params(req, run->task, result->error.code,
		    result->error.message, result->error.data));
		break;
	default:
		break;
	}
}

/* A call that is not made: its audit row and the error, in one transaction. */
static void
write_refusal(const struct sp_tool_call *t, enum sp_tool_outcome outcome, const struct sp_tool_result *result)
{
	const struct run *run = t->along_arg;
	const struct sp_jsonrpc_error *error = &run->call.error;

	(void)outcome, (void)result;
	sp_db_pipeline_add(&t->req->db, &sp_q_task_finish, failed_params(t->req, run->task, (int)error->code,
	    sp_str(error->message), NULL));
}

static enum sp_task_end
end_of(struct sp_request *req, const struct sp_task *task, enum sp_tool_outcome outcome)
{
	if (outcome != SP_TOOL_FAILED)
		return SP_TASK_ENDED;	/* written; or guarded: cancelled meanwhile, and nothing remains */
	if (req->db.interrupted)
		return SP_TASK_STOPPED;
	if (sp_db_unavailable(&req->db) || !sp_task_fail(req, task, "internal error"))
		return SP_TASK_LOST;
	return SP_TASK_ENDED;
}

static enum sp_task_end
refuse(struct run *run, struct sp_tool_call *t, enum sp_jsonrpc_code code, const char *message, const char *why)
{
	(void)sp_mcp_fail(&run->call, code, 200, message);
	t->along = write_refusal;
	return end_of(run->call.req, run->task, sp_tool_refuse(t, why));
}

bool
sp_task_give_back(struct sp_request *req, const struct sp_task *task)
{
	return sp_db_do(&req->db, &sp_q_task_give_back, SP_PARAMS(SP_P_BYTES(task->sha256, SP_SHA256_LEN),
	    SP_P_INT(task->run)), NULL);
}

bool
sp_task_fail(struct sp_request *req, const struct sp_task *task, const char *message)
{
	if (sp_db_do(&req->db, &sp_q_task_finish, failed_params(req, task, SP_JSONRPC_INTERNAL_ERROR,
	    sp_str(sp_printf(req->mem, "%s, request id %s", message, req->id)), NULL), NULL))
		return true;
	return strcmp(req->db.sqlstate, SP_TASK_OVER) == 0;
}

/* ---- the run ---- */

static void
on_progress(void *arg, const struct sp_progress *p)
{
	struct run *run = arg;
	struct sp_str message = p->message;

	if (message.p == NULL && p->has_total)
		message = sp_str(sp_printf(run->call.req->mem, "%g of %g", p->progress, p->total));
	else if (message.p == NULL)
		message = sp_str(sp_printf(run->call.req->mem, "%g", p->progress));
	message = sp_utf8_cut(message, MESSAGE_MAX);
	if (run->said_room == NULL)
		run->said_room = sp_alloc(run->call.req->mem, MESSAGE_MAX);
	memcpy(run->said_room, message.p, message.len);
	run->said = (struct sp_str){ run->said_room, message.len };
	run->observer->says(run->observer->arg, run->said);
}

static enum sp_task_end
call_tool(struct run *run, struct sp_tool_call *t)
{
	struct sp_request *req = run->call.req;
	const struct sp_tool *tool = t->tool;
	struct sp_exchange exchange = {
		.capabilities = run->sealed.capabilities,
		.state = run->state,
		.once = true,		/* a task has one result */
		.in_task = true,
		.may_detach = true,
		.progress = on_progress,
		.arg = run,
	};
	struct sp_tool_result result;
	enum sp_tool_outcome outcome;

	if (!read_responses(req, run, &exchange.responses))
		return end_of(req, run->task, SP_TOOL_FAILED);
	t->exchange = &exchange;
	t->timeout_ms = tool->task_timeout_ms > 0 ? tool->task_timeout_ms :
	    tool->timeout_ms > 0 ? tool->timeout_ms : req->settings->task_timeout;
	t->along = write_end;
	req->db.watch = run->observer->watch;
	outcome = sp_tool_run(t, &result);
	req->db.watch = NULL;
	return end_of(req, run->task, outcome);
}

/* Whether what is known today lets the caller have it called. */
static enum sp_task_end
judge_and_call(struct run *run, struct sp_tool_call *t, const struct sp_tool *tool)
{
	const struct sp_task *task = run->task;

	if (tool == NULL || sp_policy_judge(tool, &run->call.caller) != SP_ALLOWED)
		return refuse(run, t, SP_JSONRPC_INVALID_PARAMS, "the tool is not there any more, or not for this caller",
		    tool != NULL ? "not for this caller any more" : "unknown tool");
	t->tool = tool;
	if (task->was_lost && !tool->repeatable)
		return refuse(run, t, SP_JSONRPC_INTERNAL_ERROR, "the call was interrupted, and it is not known how far it "
		    "got outside of the database, where nothing of it remains; it was not made again", "its runner was lost");
	if (task->was_lost && task->lost > SP_TASK_LOST_MAX)
		return refuse(run, t, SP_JSONRPC_INTERNAL_ERROR, "the call was interrupted too often", "its runners were lost");
	run->observer->begins(run->observer->arg, tool->repeatable);
	return call_tool(run, t);
}

enum sp_task_end
sp_task_run(struct sp_request *req, struct sp_mcp *mcp, const struct sp_task *task,
    const struct sp_task_observer *observer)
{
	struct run run = { .task = task, .observer = observer, .call = { .req = req, .mcp = mcp } };
	const struct sp_resources *resources;
	struct sp_mcp_call *call = &run.call;
	struct sp_str name = sp_str(task->tool);
	const struct sp_catalog *catalog;
	struct sp_tool_call t;

	if (!open_call(req, task, &run)) {
		sp_log(SP_ERROR, "task", SP_L("problem", "it cannot be opened: it was sealed under another master key"));
		return sp_task_fail(req, task, "internal error") ? SP_TASK_ENDED : SP_TASK_LOST;
	}
	req->id = sp_cstr(req->mem, run.sealed.request_id);
	req->address = run.sealed.address;
	sp_log_request_id(req->id);
	if (!take_caller(req, task, &run.sealed, &call->caller) ||
	    !sp_mcp_version_find(run.sealed.protocol_version, &call->version))
		return sp_task_fail(req, task, "the caller may not call any more") ? SP_TASK_ENDED : SP_TASK_LOST;
	if (!sp_authority_resources(req, mcp->authority, &resources))
		return end_of(req, task, SP_TOOL_FAILED);
	call->resource = sp_resource_by_name(resources, sp_str(task->server));
	if (call->resource == NULL || !sp_mcp_find_server(call, SP_TOOLS, name, &catalog))
		return end_of(req, task, SP_TOOL_FAILED);
	t = sp_mcp_tool_call(call, "tool.call", name, run.sealed.arguments);
	t.trace = run.sealed.trace;
	req->trace_id = sp_cstr(req->mem, sp_trace_id(&t.trace));
	t.guard_sqlstate = SP_TASK_OVER;
	t.along_arg = &run;
	return judge_and_call(&run, &t, sp_server_entry(call->server, SP_TOOLS, name));
}

enum sp_db_status
sp_task_claim(struct sp_db *db, const char *runner, int64_t lease_ms, struct sp_task *out)
{
	struct claim_row row;
	enum sp_db_status status;

	status = sp_db_row(db, &sp_q_task_claim, SP_PARAMS(SP_P_TEXT(runner), SP_P_INT(lease_ms)), claim_columns, &row);
	if (status != SP_DB_ROW)
		return status;
	*out = row.task;
	memcpy(out->sha256, row.sha256.p, sizeof(out->sha256));
	return SP_DB_ROW;
}
