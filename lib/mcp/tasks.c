/* tasks.c - tasks/get, tasks/update, tasks/cancel, and how a task is made */
#include "mcp/tasks.h"

#include "base/encode.h"
#include "db/queries.h"
#include "mcp/entry.h"
#include "mcp/extension.h"
#include "mcp/methods.h"
#include "tools/policy.h"
#include "web/process.h"

#define POLL_MS		1000			/* how often a client should ask */
#define ID_MAX		256			/* bytes; ours have 43 */
#define TEXT_MAX	((size_t)8 << 20)	/* bytes of what is sealed of a call: a body, and answers */
#define PURPOSE		"task"

/* ---- who has tasks ---- */

bool
sp_mcp_offers_tasks(const struct sp_mcp_call *call)
{
	return !sp_mcp_version_has_sessions(call->version) && call->caller.grant_id != NULL;
}

bool
sp_mcp_has_tasks(const struct sp_mcp_call *call)
{
	return sp_mcp_offers_tasks(call) && sp_mcp_extension(call, SP_TASKS_EXTENSION) != NULL;
}

enum sp_mcp_outcome
sp_mcp_needs_tasks(struct sp_mcp_call *call)
{
	struct sp_tool_error error = { SP_MISSING_CLIENT_CAPABILITY,
	    SP_LIT("this needs a client with the extension " SP_TASKS_EXTENSION), NULL };
	const char *why;

	if (!sp_json_parse(call->req->mem, SP_LIT("{\"requiredCapabilities\":{\"extensions\":{\""
	    SP_TASKS_EXTENSION "\":{}}}}"), &error.data, &why))
		abort();		/* it is JSON */
	return sp_mcp_refused(call, &error);
}

/* ---- seals ---- */

static struct sp_str
place(struct sp_arena *mem, const uint8_t task_sha256[static SP_SHA256_LEN], const char *what, const char *key)
{
	return sp_str(sp_printf(mem, "%.*s %s %s", SP_FMT(sp_hex_encode(mem, task_sha256, SP_SHA256_LEN)), what, key));
}

struct sp_str
sp_task_seal(struct sp_request *req, const uint8_t task_sha256[static SP_SHA256_LEN], const char *what,
    const char *key, struct sp_str text)
{
	return sp_seal(req->mem, req->process->keyring, PURPOSE, place(req->mem, task_sha256, what, key), text);
}

bool
sp_task_unseal(struct sp_request *req, const uint8_t task_sha256[static SP_SHA256_LEN], const char *what,
    const char *key, struct sp_str sealed, struct sp_str *text)
{
	return sp_unseal(req->mem, req->process->keyring, PURPOSE, place(req->mem, task_sha256, what, key), sealed, text);
}

/* ---- a task as its client sees it ---- */

struct row {
	const char *server, *grant_id;	/* of task_news */
	const char *tool, *status, *status_message, *created_at, *updated_at;
	int64_t ttl_ms, poll_ms;
	struct sp_str outcome;
	const char *key, *name;		/* of a request that waits for its answer; NULL: none */
	struct sp_str request;
};

#define GET_COLUMNS \
	{ "tool", SP_COL_TEXT, offsetof(struct row, tool) }, \
	{ "status", SP_COL_TEXT, offsetof(struct row, status) }, \
	{ "status_message", SP_COL_TEXT, offsetof(struct row, status_message) }, \
	{ "created_at", SP_COL_TEXT, offsetof(struct row, created_at) }, \
	{ "updated_at", SP_COL_TEXT, offsetof(struct row, updated_at) }, \
	{ "ttl_ms", SP_COL_INT, offsetof(struct row, ttl_ms) }, \
	{ "poll_ms", SP_COL_INT, offsetof(struct row, poll_ms) }, \
	{ "outcome", SP_COL_BYTES, offsetof(struct row, outcome) }, \
	{ "key", SP_COL_TEXT, offsetof(struct row, key) }, \
	{ "name", SP_COL_TEXT, offsetof(struct row, name) }, \
	{ "request", SP_COL_BYTES, offsetof(struct row, request) }

static const struct sp_column get_columns[] = { GET_COLUMNS, { NULL } };
static const struct sp_column news_columns[] = {
	{ "server", SP_COL_TEXT, offsetof(struct row, server) },
	{ "grant_id", SP_COL_TEXT, offsetof(struct row, grant_id) },
	GET_COLUMNS,
	{ NULL }
};

/* The members of Task but its id. */
static void
write_task(struct sp_json_writer *w, const struct row *task)
{
	sp_jw_kcstr(w, "status", task->status);
	sp_jw_kcstr_if(w, "statusMessage", task->status_message);
	sp_jw_kcstr(w, "createdAt", task->created_at);
	sp_jw_kcstr(w, "lastUpdatedAt", task->updated_at);
	sp_jw_kint(w, "ttlMs", task->ttl_ms);
	sp_jw_kint(w, "pollIntervalMs", task->poll_ms);
}

/* ---- making one ---- */

/* The first five parameters of each statement. */
#define WHOSE(call, digest) SP_P_BYTES(digest, SP_SHA256_LEN), SP_P_TEXT((call)->caller.user_id), \
	SP_P_TEXT((call)->caller.client_id), SP_P_TEXT((call)->caller.grant_id), SP_P_TEXT((call)->resource->name)

static void
write_member(struct sp_json_writer *w, const char *name, struct json_object *value)
{
	if (value == NULL)
		return;
	sp_jw_key(w, name);
	sp_jw_value(w, value);
}

/* What the call will need when its request is gone. */
static bool
write_call(struct sp_mcp_call *call, const struct sp_tool_call *t, const struct sp_exchange *exchange,
    struct sp_buf *b)
{
	struct sp_json_writer w;

	sp_jw_init(&w, b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "request_id", call->req->id);
	sp_jw_kstr(&w, "address", call->req->address);
	sp_jw_kcstr(&w, "protocol_version", t->protocol_version);
	sp_jw_kstr(&w, "claims", call->caller.claims);
	sp_jw_kcstr(&w, "scope", sp_scope_text(call->req->mem, &call->caller.scope));
	sp_jw_kcstr_if(&w, "username", call->caller.username);
	if (t->trace.traceparent.p != NULL)
		sp_jw_kstr(&w, "traceparent", t->trace.traceparent);
	if (t->trace.tracestate.p != NULL)
		sp_jw_kstr(&w, "tracestate", t->trace.tracestate);
	if (t->trace.baggage.p != NULL)
		sp_jw_kstr(&w, "baggage", t->trace.baggage);
	write_member(&w, "capabilities", sp_mcp_capabilities(call));
	write_member(&w, "arguments", t->arguments);
	if (exchange != NULL)
		write_member(&w, "responses", exchange->responses);
	sp_jw_object_end(&w);
	return sp_buf_ok(b);
}

static struct sp_param
sealed_state(struct sp_request *req, const uint8_t *digest, const struct sp_exchange *exchange)
{
	if (exchange == NULL || exchange->state == NULL)
		return SP_P_NULL;
	return SP_P_BYTES_STR(sp_task_seal(req, digest, "state", "", sp_json_canonical(req->mem, exchange->state)));
}

static const struct sp_column create_columns[] = {
	{ "created_at", SP_COL_TEXT, offsetof(struct row, created_at) },
	{ "updated_at", SP_COL_TEXT, offsetof(struct row, updated_at) },
	{ "ttl_ms", SP_COL_INT, offsetof(struct row, ttl_ms) },
	{ "poll_ms", SP_COL_INT, offsetof(struct row, poll_ms) },
	{ NULL }
};

/*
 * In one transaction with the guard of the call that it takes the place of: there
 * a state that counts once is spent.
 */
static enum sp_mcp_outcome
create(struct sp_mcp_call *call, const struct sp_tool_call *t, const struct sp_param *params, struct row *task)
{
	struct sp_db *db = &call->req->db;
	PGresult **results;
	size_t failed, n = t->guard != NULL ? 1 : 0;

	if (!sp_db_pipeline_open(db)) {
		(void)sp_fail_db(call->req);
		return SP_MCP_FAILED;
	}
	if (t->guard != NULL)
		sp_db_pipeline_add(db, t->guard, t->guard_params);
	sp_db_pipeline_add(db, &sp_q_task_create, params);
	if (!sp_db_pipeline_run(db, &results, &failed)) {
		if (t->guard != NULL && failed == 0 && strcmp(db->sqlstate, t->guard_sqlstate) == 0)
			return sp_mcp_round_trips.guarded(call, t);
		(void)sp_fail_db(call->req);
		return SP_MCP_FAILED;
	}
	if (PQntuples(results[n]) == 0) {
		(void)sp_mcp_fail(call, SP_JSONRPC_INTERNAL_ERROR, 200,
		    "too many tasks are under way: wait for one to end, or cancel one");
		return SP_MCP_FAILED;
	}
	if (sp_db_read_row(db, results[n], 0, create_columns, task))
		return SP_MCP_ANSWERED;
	(void)sp_fail_db(call->req);
	return SP_MCP_FAILED;
}

enum sp_mcp_outcome
sp_mcp_task_create(struct sp_mcp_call *call, const struct sp_tool_call *t, const struct sp_exchange *exchange)
{
	struct row task = { .status = "working" };
	struct sp_request *req = call->req;
	struct sp_str id = sp_random_token(req->mem);
	uint8_t digest[SP_SHA256_LEN];
	enum sp_mcp_outcome outcome;
	struct sp_buf b;

	sp_sha256(id, digest);
	sp_buf_init(&b, req->mem, TEXT_MAX);
	if (!write_call(call, t, exchange, &b)) {
		(void)sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 200, "the arguments are too long for a task");
		return SP_MCP_FAILED;
	}
	outcome = create(call, t, SP_PARAMS(WHOSE(call, digest), SP_P_TEXT(t->tool->name),
	    SP_P_BYTES_STR(sp_task_seal(req, digest, "call", "", sp_buf_view(&b))), sealed_state(req, digest, exchange),
	    SP_P_INT(req->settings->task_ttl), SP_P_INT(POLL_MS), SP_P_INT(req->settings->max_tasks),
	    SP_P_TEXT(call->resource->resource), SP_P_STR(sp_request_context(req))), &task);
	if (outcome != SP_MCP_ANSWERED)
		return outcome;
	sp_jw_object(call->result);
	sp_jw_kstr(call->result, "taskId", id);
	write_task(call->result, &task);
	sp_mcp_end_result_as(call, "task", NULL);
	return SP_MCP_ANSWERED;
}

/* ---- the methods ---- */

/* Which task a message is about. */
struct named {
	struct sp_str id;
	uint8_t digest[SP_SHA256_LEN];
};

static bool
unknown(struct sp_mcp_call *call)
{
	return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 200, "there is no such task, or it has expired");
}

static bool
read_id(struct sp_mcp_call *call, struct named *task)
{
	if (!sp_mcp_has_tasks(call))
		return sp_mcp_needs_tasks(call) != SP_MCP_FAILED;
	task->id = sp_json_get_str(call->message.params, "taskId");
	if (task->id.p == NULL)
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 400, "params.taskId must be a string");
	if (task->id.len > ID_MAX)
		return unknown(call);
	sp_sha256(task->id, task->digest);
	return true;
}

/* What a tool gave is for those who may call it today; one that is gone hides nothing. */
static bool
may_see(struct sp_mcp_call *call, const char *tool)
{
	const struct sp_tool *entry;

	if (!sp_mcp_server(call, SP_TOOLS, sp_str(tool)))
		return false;
	entry = sp_server_entry(call->server, SP_TOOLS, sp_str(tool));
	switch (entry != NULL ? sp_policy_judge(entry, &call->caller) : SP_ALLOWED) {
	case SP_ALLOWED:
		return true;
	case SP_NEEDS_SCOPE:
		return sp_mcp_needs_scope(call, entry);
	case SP_DENIED:
		break;
	}
	return unknown(call);
}

static bool
get(struct sp_mcp_call *call, const struct named *task, struct row **rows, size_t *count)
{
	void *found;

	switch (sp_db_rows(&call->req->db, &sp_q_task_get, SP_PARAMS(WHOSE(call, task->digest)), get_columns, sizeof(**rows),
	    &found, count)) {
	case SP_DB_ROW:
		*rows = found;
		return may_see(call, (*rows)->tool);
	case SP_DB_NO_ROW:
		return unknown(call);
	case SP_DB_FAILED:
		break;
	}
	return sp_fail_db(call->req);
}

static bool
write_requests(struct sp_request *req, struct sp_json_writer *w, const uint8_t *digest, const struct row *rows,
    size_t count)
{
	struct sp_str request;

	sp_jw_key(w, "inputRequests");
	sp_jw_object(w);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].key == NULL)
			continue;
		if (!sp_task_unseal(req, digest, "request", rows[i].name, rows[i].request, &request))
			return false;
		sp_jw_kraw(w, rows[i].key, request);
	}
	sp_jw_object_end(w);
	return true;
}

/*
 * DetailedTask but its id: the task, and what belongs to its status.  False: it
 * was sealed under a master key that is gone.
 */
static bool
write_detailed(struct sp_request *req, struct sp_json_writer *w, const uint8_t *digest, const struct row *rows,
    size_t count)
{
	struct sp_str outcome;

	write_task(w, rows);
	if (strcmp(rows->status, "input_required") == 0)
		return write_requests(req, w, digest, rows, count);
	if (rows->outcome.p == NULL)
		return true;
	if (!sp_task_unseal(req, digest, "outcome", rows->status, rows->outcome, &outcome))
		return false;
	sp_jw_kraw(w, strcmp(rows->status, "failed") == 0 ? "error" : "result", outcome);
	return true;
}

bool
sp_mcp_tasks_get(struct sp_mcp_call *call)
{
	struct named task;
	struct row *rows;
	size_t count;

	if (!read_id(call, &task) || !get(call, &task, &rows, &count))
		return false;
	sp_jw_object(call->result);
	sp_jw_kstr(call->result, "taskId", task.id);
	if (!write_detailed(call->req, call->result, task.digest, rows, count))
		return sp_fail(call->req, SP_SERVER_ERROR, "a task cannot be opened: its master key is gone");
	sp_mcp_end_result(call, NULL);
	return true;
}

/* {} with what every result has; also for who may not use the server any more, and ends what he began. */
static bool
acknowledge(struct sp_mcp_call *call, bool found)
{
	const struct sp_catalog *catalog;

	if (!found)
		return unknown(call);
	if (call->server == NULL && !sp_mcp_find_server(call, SP_NO_LIST, (struct sp_str){ NULL, 0 }, &catalog))
		return false;
	sp_jw_object(call->result);
	sp_mcp_end_result(call, NULL);
	return true;
}

struct found {
	bool found;
};

static const struct sp_column found_columns[] = {
	{ "found", SP_COL_BOOL, offsetof(struct found, found) },
	{ NULL }
};

/* The answers to what is asked, each sealed for its key: {key: Base64}.  Others are nobody's. */
static bool
seal_answers(struct sp_mcp_call *call, const struct named *task, struct json_object *responses,
    const struct row *rows, size_t count, struct sp_str *out)
{
	struct sp_arena *mem = call->req->mem;
	struct json_object *response;
	struct sp_json_writer w;
	struct sp_str sealed;
	struct sp_buf b;

	sp_buf_init(&b, mem, 2 * TEXT_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].key == NULL || (response = sp_json_get(responses, rows[i].key)) == NULL)
			continue;
		sealed = sp_task_seal(call->req, task->digest, "response", rows[i].key, sp_json_canonical(mem, response));
		sp_jw_kstr(&w, rows[i].key, sp_base64_encode(mem, sealed.p, sealed.len));
	}
	sp_jw_object_end(&w);
	*out = sp_buf_view(&b);
	return sp_buf_ok(&b) || sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 200, "params.inputResponses is too long");
}

bool
sp_mcp_tasks_update(struct sp_mcp_call *call)
{
	struct json_object *responses = sp_json_get(call->message.params, "inputResponses");
	struct found answer;
	struct sp_str sealed;
	struct named task;
	struct row *rows;
	size_t count;

	if (!read_id(call, &task))
		return false;
	if (!json_object_is_type(responses, json_type_object))
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 400, "params.inputResponses must be an object");
	json_object_object_foreach(responses, key, response)
		if (!json_object_is_type(response, json_type_object))
			return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 400, sp_printf(call->req->mem,
			    "params.inputResponses: %.64s is not an object", key));
	if (!get(call, &task, &rows, &count) || !seal_answers(call, &task, responses, rows, count, &sealed))
		return false;
	if (sp_db_row(&call->req->db, &sp_q_task_update, SP_PARAMS(WHOSE(call, task.digest), SP_P_STR(sealed)),
	    found_columns, &answer) != SP_DB_ROW)
		return sp_fail_db(call->req);
	return acknowledge(call, answer.found);
}

bool
sp_mcp_tasks_cancel(struct sp_mcp_call *call)
{
	struct found answer;
	struct named task;

	if (!read_id(call, &task))
		return false;
	if (sp_db_row(&call->req->db, &sp_q_task_cancel, SP_PARAMS(WHOSE(call, task.digest),
	    SP_P_TEXT(call->resource->resource), SP_P_STR(sp_request_context(call->req))), found_columns,
	    &answer) != SP_DB_ROW)
		return sp_fail_db(call->req);
	return acknowledge(call, answer.found);
}

/* ---- for streams ---- */

bool
sp_mcp_task_find(struct sp_mcp_call *call, struct sp_str id, const char **updated_at)
{
	uint8_t digest[SP_SHA256_LEN];
	struct row row;

	*updated_at = NULL;
	if (id.len > ID_MAX)
		return true;
	sp_sha256(id, digest);
	switch (sp_db_row(&call->req->db, &sp_q_task_get, SP_PARAMS(WHOSE(call, digest)), get_columns, &row)) {
	case SP_DB_ROW:
		*updated_at = row.updated_at;
		return true;
	case SP_DB_NO_ROW:
		return true;
	case SP_DB_FAILED:
		break;
	}
	return sp_fail_db(call->req);
}

bool
sp_task_news_read(struct sp_db *db, const uint8_t task_sha256[static SP_SHA256_LEN],
    struct sp_task_news *out)
{
	struct sp_process *process;
	struct sp_request req = { .mem = db->mem };
	struct sp_json_writer w;
	struct sp_buf b;
	struct row *row;
	void *rows;
	size_t count;
	bool ok;

	if (sp_db_rows(db, &sp_q_task_news, SP_PARAMS(SP_P_BYTES(task_sha256, SP_SHA256_LEN)), news_columns,
	    sizeof(*row), &rows, &count) != SP_DB_ROW)
		return false;
	row = rows;
	sp_buf_init(&b, db->mem, SP_TASK_NEWS_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	process = sp_process_hold();	/* for its keyring */
	req.process = process;
	ok = write_detailed(&req, &w, task_sha256, row, count);
	sp_process_release(process);
	sp_jw_object_end(&w);
	*out = (struct sp_task_news){ row->server, row->grant_id, row->tool, row->updated_at, sp_buf_view(&b) };
	return ok && sp_buf_ok(&b);
}
