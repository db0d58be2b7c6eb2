/* plain.c - the tools of a server for who speaks HTTP and not MCP */
#include "mcp/plain.h"

#include "mcp/caller.h"
#include "mcp/entry.h"
#include "mcp/methods.h"
#include "mcp/tasks.h"
#include "mcp/transport.h"
#include "tools/openapi_description.h"
#include "web/accept.h"
#include "web/problem_document.h"
#include "web/response.h"

#define PATH		"/tools"
#define META_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"
#define ANSWER_MAX	((size_t)64 * 1024 * 1024)	/* as of MCP */
#define REMARK		"Sallyport-Remark"
#define REMARK_MAX	500

/* ---- who asks, and for what ---- */

/* "/tools/@SERVER/REST"; without "@SERVER" it is the default server, whose name is "". */
static void
read_path(struct sp_str path, struct sp_str *server, struct sp_str *rest)
{
	*server = SP_LIT("");
	*rest = sp_str_sub(path, strlen(PATH "/"), path.len);
	if (!sp_str_starts(*rest, "@"))
		return;
	(void)sp_str_split(rest, '/', server);
	if (server->len > 1)		/* "@" alone names none */
		*server = sp_str_sub(*server, 1, server->len);
}

/*
 * What a message of MCP would say of its client: that it can do nothing, and (in
 * headers of W3C Trace Context and Baggage) which trace it is part of.
 */
static struct json_object *
params_of(struct sp_request *req)
{
	static const char *const names[] = { "traceparent", "tracestate", "baggage" };
	struct json_object *params = sp_json_new(req->mem), *meta = sp_json_new(req->mem), *none = sp_json_new(req->mem);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct sp_str value = sp_request_header(req, names[i]);

		if (value.p != NULL && sp_utf8_valid(value))
			sp_json_set_str(meta, names[i], value);
	}
	if (json_object_object_add(meta, META_CAPABILITIES, json_object_get(none)) != 0 ||
	    json_object_object_add(params, "_meta", json_object_get(meta)) != 0)
		sp_out_of_memory();
	return params;
}

bool
sp_plain_open(struct sp_request *req, struct sp_mcp *mcp, struct sp_mcp_call *call, struct sp_str *rest)
{
	struct sp_str server;

	read_path(req->path, &server, rest);
	*call = (struct sp_mcp_call){
		.req = req, .mcp = mcp, .version = SP_MCP_LATEST, .transport = &sp_mcp_http,
		.message = { .kind = SP_JSONRPC_REQUEST, .method = SP_LIT("tools/call"), .params = params_of(req) },
	};
	return sp_mcp_identify(call, server);
}

/* ---- what goes wrong ---- */

static struct sp_json_writer *
writer(struct sp_mcp_call *call, struct sp_json_writer *w, struct sp_buf *b)
{
	sp_buf_init(b, call->req->mem, ANSWER_MAX);
	sp_jw_init(w, b);
	call->result = w;
	return w;
}

/* What MCP says as an error of JSON-RPC. */
static bool
reply_error(struct sp_mcp_call *call)
{
	bool ours = call->error.code == SP_JSONRPC_INTERNAL_ERROR, is_closed = ours && call->error.status == 503;
	int status = is_closed ? 503 : ours ? 500 : 422;
	struct sp_json_writer w;
	struct sp_buf b;

	sp_problem_document_begin(writer(call, &w, &b), call->req, status,
	    is_closed ? "temporarily_unavailable" : ours ? "server_error" : "tool_error", sp_str(call->error.message));
	return sp_problem_document_reply(&w, call->req, status);
}

/* ---- what there is ---- */

static bool
visible_tools(struct sp_mcp_call *call, const struct sp_tool *const **out, size_t *count)
{
	const struct sp_tool **tools;
	const struct sp_entries *all;

	if (!sp_mcp_server(call, SP_TOOLS, (struct sp_str){ NULL, 0 }))
		return false;
	all = &call->server->list[SP_TOOLS];
	tools = sp_alloc_array(call->req->mem, all->count, sizeof(const struct sp_tool *));
	*count = 0;
	for (size_t i = 0; i < all->count; i++)
		if (sp_mcp_is_listed(call, &all->item[i], false))
			tools[(*count)++] = &all->item[i];
	*out = tools;
	return true;
}

bool
sp_plain_list(struct sp_mcp_call *call)
{
	struct sp_request *req = call->req;
	const struct sp_tool *const *tools;
	struct sp_json_writer w;
	struct sp_buf b;
	size_t count;

	if (!visible_tools(call, &tools, &count))
		return call->error.code != 0 && reply_error(call);
	sp_header(req, "Vary", "Accept");
	if (sp_accept_prefers_html(sp_request_header(req, "Accept")))
		return sp_plain_page(call, tools, count);
	sp_buf_init(&b, req->mem, ANSWER_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_key(&w, "tools");
	sp_jw_array(&w);
	for (size_t i = 0; i < count; i++) {
		sp_jw_object(&w);
		sp_jw_members(&w, tools[i]->listing.form[SP_LISTING_2026_07_28]);
		sp_jw_kcstr(&w, "tier", tools[i]->tier);
		sp_jw_object_end(&w);
	}
	sp_jw_array_end(&w);
	sp_jw_kcstr(&w, "tier", call->caller.tier);
	/* one number: clients look for it by either name */
	sp_jw_kint(&w, "total", (int64_t)count);
	sp_jw_kint(&w, "count", (int64_t)count);
	sp_jw_object_end(&w);
	return sp_reply_json(req, 200, &b);
}

const char *
sp_plain_url(const struct sp_mcp_call *call)
{
	const char *name = call->resource->name;

	return sp_printf(call->req->mem, "%s" PATH "%s%s", call->req->settings->issuer, name[0] != '\0' ? "/@" : "", name);
}

bool
sp_plain_describe(struct sp_mcp_call *call)
{
	struct sp_request *req = call->req;
	struct sp_openapi_service service;
	struct sp_buf b;

	if (!visible_tools(call, &service.tools, &service.count))
		return call->error.code != 0 && reply_error(call);
	service.issuer = req->settings->issuer;
	service.url = sp_plain_url(call);
	service.resource = call->resource;
	service.server = call->server;
	sp_buf_init(&b, req->mem, ANSWER_MAX);
	return sp_openapi_describe(req->mem, &service, &b) ? sp_reply_json(req, 200, &b) :
	    sp_fail(req, SP_SERVER_ERROR, "a listed tool is not JSON");
}

/* ---- a call ---- */

/*
 * The object of arguments; no body is an empty one.  `curl -d` says of everything
 * that it is a form; without cookies no form of another site can do harm here.
 * What is wrong; NULL: nothing.
 */
static const char *
read_arguments(struct sp_request *req, struct json_object **out, enum sp_problem *problem)
{
	const char *why;

	*out = NULL;
	*problem = SP_INVALID_REQUEST;
	if (req->body.len == 0)
		return NULL;
	if (!sp_request_content_is(req, "application/json") && req->content_type.len > 0 &&
	    !sp_str_is(req->content_type, "application/x-www-form-urlencoded")) {
		*problem = SP_UNSUPPORTED_MEDIA_TYPE;
		return "the body must be application/json in UTF-8";
	}
	if (!sp_json_parse(req->mem, req->body, out, &why))
		return sp_printf(req->mem, "the body is not JSON: %s", why);
	if (!json_object_is_type(*out, json_type_object)) {
		*out = NULL;
		return "the body must be an object: the arguments of the tool";
	}
	return NULL;
}

/* What went wrong, in words. */
static struct sp_str
words_of(const struct sp_tool_result *r)
{
	struct json_object *content = sp_json_get(r->whole, "content");

	if (r->told == SP_TOLD_UNCONFIRMED)
		return SP_LIT("a person has to agree to this call: ask, then send it again with \"confirm\": true");
	if (r->text.p != NULL)
		return r->text;
	return json_object_is_type(content, json_type_array) && json_object_array_length(content) > 0 ?
	    sp_json_get_str(json_object_array_get_idx(content, 0), "text") : (struct sp_str){ NULL, 0 };
}

/* A result that is no success. */
static bool
reply_failure(struct sp_mcp_call *call, const struct sp_tool_result *r)
{
	static const struct {
		int status;
		const char *error;
	} as[] = {
		[SP_TOLD_RESULT] = { 422, "tool_error" },
		[SP_TOLD_LIMIT] = { 429, "slow_down" },
		[SP_TOLD_UNCONFIRMED] = { 422, "confirmation_required" },
		[SP_TOLD_TROUBLE] = { 500, "server_error" },
	};
	struct sp_json_writer w;
	struct sp_buf b;

	if (r->told == SP_TOLD_LIMIT)
		sp_header(call->req, "Retry-After", sp_printf(call->req->mem, "%lld", (long long)(r->retry_ms + 999) / 1000));
	sp_problem_document_begin(writer(call, &w, &b), call->req, as[r->told].status, as[r->told].error, words_of(r));
	sp_mcp_write_tool_content(call, r);
	return sp_problem_document_reply(&w, call->req, as[r->told].status);
}

/* What a tool says beside its JSON has no place in the body. */
static void
set_remark(struct sp_request *req, struct sp_str text)
{
	text = sp_str_sub(text, 0, REMARK_MAX);
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] < 0x20 || text.p[i] > 0x7e)
			return;
	if (text.len > 0)
		sp_header(req, REMARK, sp_cstr(req->mem, text));
}

static bool
reply_result(struct sp_mcp_call *call, const struct sp_tool_result *r)
{
	struct json_object *structured;
	struct sp_json_writer w;
	struct sp_buf b;

	if (r->is_error || r->told != SP_TOLD_RESULT)
		return reply_failure(call, r);
	if (r->whole == NULL && r->json.p != NULL) {
		set_remark(call->req, r->text);
		return sp_reply(call->req, 200, "application/json", r->json);
	}
	writer(call, &w, &b);
	if (r->whole != NULL && json_object_object_get_ex(r->whole, "structuredContent", &structured)) {
		sp_jw_value(&w, structured);
	} else {
		sp_jw_object(&w);
		sp_mcp_write_tool_content(call, r);
		sp_jw_object_end(&w);
	}
	return sp_reply_json(call->req, 200, &b);
}

bool
sp_plain_call(struct sp_mcp_call *call, struct sp_str name)
{
	struct sp_request *req = call->req;
	struct json_object *arguments;
	struct sp_tool_result result;
	enum sp_problem problem;
	struct sp_tool_call t;
	const char *why;

	/* whether there is such a tool is told before what is wrong with the body, and the audit trail has both */
	why = read_arguments(req, &arguments, &problem);
	if (!sp_mcp_server(call, SP_TOOLS, name))
		return call->error.code != 0 && reply_error(call);
	t = sp_mcp_tool_call(call, "tool.call", name, arguments);
	t.protocol_version = NULL;
	t.transport = "plain HTTP";
	if (!sp_mcp_may_use(call, SP_TOOLS, sp_server_entry(call->server, SP_TOOLS, name), &t))
		return call->error.code != 0 && sp_fail(req, SP_NOT_FOUND, "%s", call->error.message);
	if (why != NULL)
		return sp_mcp_refuse(call, &t, why) && sp_fail(req, problem, "%s", why);
	if (t.tool->tasks == SP_TASK_REQUIRED) {
		(void)sp_mcp_needs_tasks(call);
		return reply_error(call);
	}
	switch (sp_mcp_run(call, &t, &result)) {
	case SP_MCP_RESULT:
		return reply_result(call, &result);
	case SP_MCP_ANSWERED:		/* a question, or a task: of clients that can do something */
	case SP_MCP_FAILED:
		break;
	}
	return call->error.code != 0 && reply_error(call);
}
