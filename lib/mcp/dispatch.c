/* dispatch.c - from the body of a POST to its answer */
#include "mcp/admission.h"
#include "mcp/headers.h"
#include "mcp/methods.h"
#include "mcp/running.h"
#include "mcp/server_request.h"
#include "mcp/session_post.h"

#define ANSWER_MAX	((size_t)64 << 20)	/* bytes; what a tool may give has limits of its own */
#define BATCH_MAX	100			/* messages; each of them may be a round trip */

#define META_VERSION		"io.modelcontextprotocol/protocolVersion"
#define META_CAPABILITIES	"io.modelcontextprotocol/clientCapabilities"
#define META_SERVER		"io.modelcontextprotocol/serverInfo"

/* The methods of each revision; `name` is the parameter that Mcp-Name repeats. */
static const struct method {
	const char *method;
	enum sp_mcp_version first, last;
	sp_mcp_method_fn *answer;
	const char *name;
} methods[] = {
	{ "server/discover", SP_MCP_2026_07_28, SP_MCP_LATEST, sp_mcp_discover, NULL },
	{ "initialize", SP_MCP_2025_03_26, SP_MCP_LATEST_SESSION, sp_mcp_initialize, NULL },
	{ "ping", SP_MCP_2025_03_26, SP_MCP_LATEST_SESSION, sp_mcp_ping, NULL },
	{ "resources/subscribe", SP_MCP_2025_03_26, SP_MCP_LATEST_SESSION, sp_mcp_resources_subscribe, NULL },
	{ "resources/unsubscribe", SP_MCP_2025_03_26, SP_MCP_LATEST_SESSION, sp_mcp_resources_unsubscribe, NULL },
	{ "logging/setLevel", SP_MCP_2025_03_26, SP_MCP_LATEST_SESSION, sp_mcp_set_level, NULL },
	{ "tools/list", SP_MCP_2025_03_26, SP_MCP_LATEST, sp_mcp_tools_list, NULL },
	{ "tools/call", SP_MCP_2025_03_26, SP_MCP_LATEST, sp_mcp_tools_call, "name" },
	{ "resources/list", SP_MCP_2025_03_26, SP_MCP_LATEST, sp_mcp_resources_list, NULL },
	{ "resources/templates/list", SP_MCP_2025_03_26, SP_MCP_LATEST, sp_mcp_templates_list, NULL },
	{ "resources/read", SP_MCP_2025_03_26, SP_MCP_LATEST, sp_mcp_resources_read, "uri" },
	{ "prompts/list", SP_MCP_2025_03_26, SP_MCP_LATEST, sp_mcp_prompts_list, NULL },
	{ "prompts/get", SP_MCP_2025_03_26, SP_MCP_LATEST, sp_mcp_prompts_get, "name" },
	{ "subscriptions/listen", SP_MCP_2026_07_28, SP_MCP_LATEST, sp_mcp_listen, NULL },
	{ "completion/complete", SP_MCP_2025_03_26, SP_MCP_LATEST, sp_mcp_complete, NULL },
	{ "tasks/get", SP_MCP_2026_07_28, SP_MCP_LATEST, sp_mcp_tasks_get, "taskId" },
	{ "tasks/update", SP_MCP_2026_07_28, SP_MCP_LATEST, sp_mcp_tasks_update, "taskId" },
	{ "tasks/cancel", SP_MCP_2026_07_28, SP_MCP_LATEST, sp_mcp_tasks_cancel, "taskId" },
};

static const struct method *
find_method(struct sp_str name, enum sp_mcp_version version)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (sp_str_is(name, methods[i].method) && methods[i].first <= version && version <= methods[i].last)
			return &methods[i];
	return NULL;
}

/* ---- for methods ---- */

bool
sp_mcp_fail(struct sp_mcp_call *call, enum sp_jsonrpc_code code, int status, const char *message)
{
	return sp_jsonrpc_fail(&call->error, code, status, message);
}

bool
sp_mcp_fail_no_session(struct sp_mcp_call *call)
{
	return sp_mcp_fail(call, SP_JSONRPC_INVALID_REQUEST, 404, "there is no such session: begin with initialize");
}

bool
sp_mcp_require_session(struct sp_mcp_call *call)
{
	if (call->session.id.p == NULL || call->session.checked)
		return true;
	switch (sp_mcp_session_check(call->req, &call->session, &call->version)) {
	case SP_MCP_SESSION_OK:
		return true;
	case SP_MCP_SESSION_UNKNOWN:
		return sp_mcp_fail_no_session(call);
	case SP_MCP_SESSION_FAILED:
		break;
	}
	return false;
}

/* To a client of the old era 404 means that its session is gone. */
bool
sp_mcp_fail_no_method(struct sp_mcp_call *call)
{
	return sp_mcp_fail(call, SP_JSONRPC_METHOD_NOT_FOUND,
	    sp_mcp_version_has_sessions(call->version) ? 200 : 404, "method not found");
}

bool
sp_mcp_find_server(struct sp_mcp_call *call, enum sp_list list, struct sp_str name, const struct sp_catalog **out)
{
	if (!sp_catalog_get(call->req, call->mcp->catalog, call->resource->name, list, name, out))
		return false;
	call->catalog_version = (*out)->version;
	call->server = sp_catalog_server(*out, sp_str(call->resource->name));
	return call->server != NULL || sp_fail(call->req, SP_NOT_FOUND, "no such server");
}

bool
sp_mcp_server(struct sp_mcp_call *call, enum sp_list list, struct sp_str name)
{
	const struct sp_catalog *catalog;

	return sp_mcp_find_server(call, list, name, &catalog) && sp_mcp_admit(call, catalog->policy);
}

void
sp_mcp_write_implementation(struct sp_mcp_call *call, bool whole)
{
	struct sp_json_writer *w = call->result;

	sp_jw_object(w);
	sp_jw_kcstr(w, "name", PACKAGE_NAME);
	if (call->version != SP_MCP_2025_03_26)
		sp_jw_kcstr(w, "title", call->server->title);
	sp_jw_kcstr(w, "version", PACKAGE_VERSION);
	if (whole && call->version >= SP_MCP_2025_11_25)
		sp_jw_members(w, call->server->info);
	sp_jw_object_end(w);
}

void
sp_mcp_write_caching(struct sp_mcp_call *call, int64_t ttl_ms, bool is_public)
{
	if (sp_mcp_version_has_sessions(call->version))
		return;
	sp_jw_kint(call->result, "ttlMs", ttl_ms);
	sp_jw_kcstr(call->result, "cacheScope", is_public ? "public" : "private");
}

void
sp_mcp_end_result(struct sp_mcp_call *call, struct json_object *meta)
{
	sp_mcp_end_result_as(call, "complete", meta);
}

void
sp_mcp_end_result_as(struct sp_mcp_call *call, const char *type, struct json_object *meta)
{
	bool modern = !sp_mcp_version_has_sessions(call->version);
	bool has_meta = json_object_is_type(meta, json_type_object);
	struct sp_json_writer *w = call->result;

	if (modern)
		sp_jw_kcstr(w, "resultType", type);
	if (modern || has_meta) {
		sp_jw_key(w, "_meta");
		sp_jw_object(w);
		if (modern) {
			sp_jw_key(w, META_SERVER);
			sp_mcp_write_implementation(call, sp_str_is(call->message.method, "server/discover"));
		}
		if (has_meta) {
			json_object_object_foreach(meta, name, value) {
				if (strcmp(name, META_SERVER) == 0)
					continue;	/* is not a tool's to say */
				sp_jw_key(w, name);
				sp_jw_value(w, value);
			}
		}
		sp_jw_object_end(w);
	}
	sp_jw_object_end(w);
}

/* ---- the eras ---- */

static bool
unsupported_version(struct sp_mcp_call *call, struct sp_str asked)
{
	sp_mcp_fail(call, SP_MCP_UNSUPPORTED_PROTOCOL_VERSION, 400, "unsupported protocol version");
	call->error.data = sp_mcp_unsupported_data(call->req->mem, asked);
	return false;
}

static bool
mismatch(struct sp_mcp_call *call, const char *header, const char *what)
{
	return sp_mcp_fail(call, SP_MCP_HEADER_MISMATCH, 400,
	    sp_printf(call->req->mem, "header mismatch: %s %s", header, what));
}

/* 2026-07-28: `_meta` and the headers that repeat it; Mcp-Name waits until the method is known. */
static bool
enter_modern(struct sp_mcp_call *call, struct sp_str header_version)
{
	struct json_object *meta = sp_json_get(call->message.params, "_meta");
	struct sp_str version = sp_json_get_str(meta, META_VERSION);
	struct sp_str method = sp_request_header(call->req, "Mcp-Method");

	call->version = SP_MCP_LATEST;
	if (call->message.kind == SP_JSONRPC_RESPONSE)
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_REQUEST, 400, "a server of this revision asks nothing");
	if (call->message.kind == SP_JSONRPC_NOTIFICATION)
		return true;		/* this revision defines none, and asks no headers of them */
	if (version.p == NULL && header_version.p != NULL && !sp_mcp_version_find(header_version, &call->version))
		return unsupported_version(call, header_version);
	if (version.p == NULL || !json_object_is_type(sp_json_get(meta, META_CAPABILITIES), json_type_object))
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 400,
		    "params._meta needs " META_VERSION " and " META_CAPABILITIES);
	if (call->transport->has_headers && header_version.p == NULL)
		return mismatch(call, "MCP-Protocol-Version", "is missing");
	if (call->transport->has_headers && !sp_str_eq(header_version, version))
		return mismatch(call, "MCP-Protocol-Version", "does not say what _meta says");
	if (!sp_mcp_version_find(version, &call->version))
		return unsupported_version(call, version);
	if (!call->transport->has_headers)
		return true;
	if (method.p == NULL)
		return mismatch(call, "Mcp-Method", "is missing");
	if (!sp_str_eq(method, call->message.method))
		return mismatch(call, "Mcp-Method", "does not say what the body says");
	return true;
}

/* Up to 2025-11-25: the session, save for the request that opens one. */
static bool
enter_session(struct sp_mcp_call *call, struct sp_str header_version)
{
	struct sp_str id = sp_request_header(call->req, "Mcp-Session-Id");

	if (call->session.checked)
		return true;			/* once for the whole batch, or the pipe */
	call->version = SP_MCP_LATEST_SESSION;
	if (call->message.kind == SP_JSONRPC_REQUEST && sp_str_is(call->message.method, "initialize"))
		return true;
	if (header_version.p != NULL && (!sp_mcp_version_find(header_version, &call->version) ||
	    !sp_mcp_version_has_sessions(call->version)))
		return unsupported_version(call, header_version);
	if (call->transport->has_both_eras)
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_REQUEST, 400, "begin with initialize");
	if (id.p == NULL)
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_REQUEST, 400,
		    "Mcp-Session-Id is missing: begin with initialize");
	if (!sp_mcp_session_id_is_good(id))
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_REQUEST, 400, "Mcp-Session-Id is malformed");
	sp_mcp_session_prepare(call->req, call->mcp->sessions, call->resource, &call->caller, id, &call->session);
	if (call->transport == &sp_mcp_http) {
		call->transport = &sp_mcp_session_post;
		call->transport_arg = sp_alloc(call->req->mem, sizeof(struct sp_mcp_post));
	}
	/* a request can carry the check along with its own statement, when it says its revision */
	if (header_version.p != NULL && call->message.kind == SP_JSONRPC_REQUEST)
		return true;
	return sp_mcp_require_session(call);
}

static bool
enter(struct sp_mcp_call *call)
{
	struct json_object *meta = sp_json_get(call->message.params, "_meta"), *said;
	struct sp_mcp_signs signs = {
		.header_version = sp_request_header(call->req, "MCP-Protocol-Version"),
		.header_method = sp_request_header(call->req, "Mcp-Method"),
		.session_id = sp_request_header(call->req, "Mcp-Session-Id"),
		.method = call->message.method,
		.has_meta_version = json_object_is_type(meta, json_type_object) &&
		    json_object_object_get_ex(meta, META_VERSION, &said),
		.meta_version = sp_json_get_str(meta, META_VERSION),
	};

	if ((!call->session.checked || call->transport->has_both_eras) && sp_mcp_era_of(&signs) == SP_MCP_MODERN)
		return enter_modern(call, signs.header_version);
	return enter_session(call, signs.header_version);
}

/* ---- one message ---- */

static bool
call_method(struct sp_mcp_call *call)
{
	const struct method *m = find_method(call->message.method, call->version);
	struct sp_str name;

	if (m == NULL)
		return sp_mcp_require_session(call) && sp_mcp_fail_no_method(call);
	if (m->name != NULL && call->transport->has_headers && !sp_mcp_version_has_sessions(call->version)) {
		name = sp_request_header(call->req, "Mcp-Name");
		if (name.p == NULL)
			return mismatch(call, "Mcp-Name", "is missing");
		if (!sp_mcp_header_is(call->req->mem, name, sp_json_get_str(call->message.params, m->name)))
			return mismatch(call, "Mcp-Name", "does not say what the body says");
	}
	return m->answer(call);
}

/* A client of a session may say that it does not want the answer any more. */
static bool
call_cancellable(struct sp_mcp_call *call)
{
	struct sp_mcp_run run;
	bool answered;

	if (call->session.id.p == NULL || call->in_batch)
		return call_method(call);
	sp_mcp_running_enter(call->mcp->running, call->req->mem, &call->session, call->message.id, &run);
	call->run = &run;
	answered = call_method(call);
	sp_mcp_running_leave(&run);
	call->run = NULL;
	call->cancelled = run.cancelled;
	return answered;
}

/* What gets no answer of its own.  False: the request is failed. */
static bool
take_in(struct sp_mcp_call *call, struct json_object *message)
{
	if (!sp_mcp_version_has_sessions(call->version))
		return true;
	if (call->message.kind == SP_JSONRPC_RESPONSE)
		return sp_mcp_take_response(call, message);
	return sp_mcp_take_notification(call);
}

/*
 * Writes the answer of one message, or nothing for one that gets none (status
 * 202).  False: the request is failed.
 */
static bool
answer_message(struct sp_mcp_call *call, struct json_object *message, struct sp_json_writer *w, int *status)
{
	struct sp_json_writer before = *w;
	size_t len = w->b->len;

	call->error = (struct sp_jsonrpc_error){ 0 };
	call->result = w;
	if (sp_jsonrpc_read(message, &call->message, &call->error) && enter(call)) {
		if (call->message.kind != SP_JSONRPC_REQUEST) {
			*status = 202;
			return take_in(call, message);
		}
		sp_jsonrpc_begin_result(w, call->message.id);
		if (call_cancellable(call)) {
			sp_jsonrpc_end(w);
			*status = 200;
			return true;
		}
		*w = before;
		w->b->len = len;
	}
	if (call->error.code == 0)
		return false;
	sp_jsonrpc_write_error(w, call->message.id, &call->error);
	*status = call->error.status;
	return true;
}

/* ---- batches: 2025-03-26 only ---- */

/* In a batch a failure is one message's, whatever it would be alone. */
static void
write_problem(struct sp_mcp_call *call, struct sp_json_writer *w)
{
	call->error = sp_mcp_problem_error(call->req);
	sp_jsonrpc_write_error(w, call->message.id, &call->error);
	call->req->problem = SP_OK;
}

static bool
enter_batch(struct sp_mcp_call *call, struct json_object *messages)
{
	struct sp_str version = sp_request_header(call->req, "MCP-Protocol-Version");
	struct sp_str id = sp_request_header(call->req, "Mcp-Session-Id");
	size_t n = json_object_array_length(messages);

	if (!call->session.checked)
		call->version = SP_MCP_LATEST;
	if (!call->session.checked && sp_mcp_session_id_is_good(id) &&
	    (version.p == NULL || sp_str_is(version, sp_mcp_version_name(SP_MCP_2025_03_26)))) {
		sp_mcp_session_prepare(call->req, call->mcp->sessions, call->resource, &call->caller, id, &call->session);
		if (!sp_mcp_require_session(call))
			return false;
	}
	if (call->version != SP_MCP_2025_03_26)
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_REQUEST, 400, "only revision 2025-03-26 has batches");
	if (n == 0 || n > BATCH_MAX)
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_REQUEST, 400, "a batch has 1 to 100 messages");
	return true;
}

static bool
answer_batch(struct sp_mcp_call *call, struct json_object *messages, struct sp_json_writer *w, int *status)
{
	size_t n = json_object_array_length(messages);
	bool answered = false;
	int one;

	if (!enter_batch(call, messages)) {
		if (call->error.code == 0)
			return false;
		sp_jsonrpc_write_error(w, NULL, &call->error);
		*status = call->error.status;
		return true;
	}
	sp_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		if (!answer_message(call, json_object_array_get_idx(messages, i), w, &one)) {
			write_problem(call, w);
			one = 200;
		}
		answered = answered || one != 202;
	}
	sp_jw_array_end(w);
	*status = answered ? 200 : 202;
	return true;
}

/* ---- the POST ---- */

static bool
finish(struct sp_mcp_call *call, int status, struct sp_buf *b)
{
	if (call->deferred)
		return true;
	if (status == 202)
		return call->transport->answer(call, 202, (struct sp_str){ NULL, 0 });
	if (!sp_buf_ok(b)) {
		(void)sp_fail(call->req, SP_SERVER_ERROR, "the answer is too long");
		return call->transport->fail(call);
	}
	return call->transport->answer(call, status, sp_buf_view(b));
}

bool
sp_mcp_answer(struct sp_mcp_call *call, struct json_object *body)
{
	struct sp_json_writer w;
	struct sp_buf b;
	bool answered;
	int status;

	sp_buf_init(&b, call->req->mem, ANSWER_MAX);
	sp_jw_init(&w, &b);
	call->in_batch = json_object_is_type(body, json_type_array);
	answered = call->in_batch ? answer_batch(call, body, &w, &status) : answer_message(call, body, &w, &status);
	answered = answered ? finish(call, status, &b) : call->transport->fail(call);
	if (answered)
		sp_mcp_go_on(call);
	return answered;
}

bool
sp_mcp_dispatch(struct sp_mcp_call *call)
{
	struct sp_request *req = call->req;
	struct json_object *body;
	struct sp_json_writer w;
	struct sp_buf b;
	const char *why;

	if (!sp_request_content_is(req, "application/json"))
		return sp_fail(req, SP_UNSUPPORTED_MEDIA_TYPE, "the body must be application/json in UTF-8");
	if (!sp_mcp_accept_is_good(sp_request_header(req, "Accept")))
		return sp_fail(req, SP_NOT_ACCEPTABLE, "accept application/json and text/event-stream");
	if (sp_json_parse(req->mem, req->body, &body, &why))
		return sp_mcp_answer(call, body);
	sp_mcp_fail(call, SP_JSONRPC_PARSE_ERROR, 400, sp_printf(req->mem, "parse error: %s", why));
	sp_buf_init(&b, req->mem, 4096);
	sp_jw_init(&w, &b);
	sp_jsonrpc_write_error(&w, NULL, &call->error);
	return call->transport->answer(call, 400, sp_buf_view(&b));
}
