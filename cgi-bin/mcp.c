/* mcp.c - the MCP endpoint of each server: /mcp and /mcp/NAME */
#include "mcp/caller.h"
#include "mcp/http_sse.h"
#include "mcp/news.h"
#include "mcp/outbox.h"
#include "mcp/running.h"
#include "mcp/session_get.h"
#include "mcp/session_news.h"
#include "mcp/transport.h"
#include "web/response.h"
#include "web/worker.h"

static struct sp_mcp mcp;

/* Who asks, which server, and in which of two transports: what every method of HTTP needs first. */
static bool
open_call(struct sp_request *req, struct sp_mcp_call *call, bool *http_sse)
{
	struct sp_str name = sp_request_rest(req);

	*call = (struct sp_mcp_call){ .req = req, .mcp = req->process->state, .transport = &sp_mcp_http };
	*http_sse = sp_mcp_is_http_sse(req, &name);
	return sp_mcp_identify(call, name);
}

static bool
mcp_post(struct sp_request *req)
{
	struct sp_mcp_call call;
	bool http_sse;

	return open_call(req, &call, &http_sse) && (http_sse ? sp_mcp_http_sse_post(&call) : sp_mcp_dispatch(&call));
}

/* A client ends its session (2025-11-25, "Session Management"). */
static bool
mcp_delete(struct sp_request *req)
{
	struct sp_str id = sp_request_header(req, "Mcp-Session-Id");
	struct sp_mcp_call call;
	enum sp_mcp_version version;
	bool closed, http_sse;

	if (!open_call(req, &call, &http_sse))
		return false;
	if (sp_mcp_version_find(sp_request_header(req, "MCP-Protocol-Version"), &version) &&
	    !sp_mcp_version_has_sessions(version)) {
		sp_header(req, "Allow", "POST, OPTIONS");
		return sp_fail(req, SP_METHOD_NOT_ALLOWED, "this revision has no sessions");
	}
	if (!sp_mcp_session_id_is_good(id))
		return sp_fail(req, SP_INVALID_REQUEST, "Mcp-Session-Id is missing or malformed");
	if (!sp_mcp_session_close(req, call.resource, &call.caller, id, &closed))
		return false;
	return closed ? sp_reply_empty(req, 204) : sp_fail(req, SP_NOT_FOUND, "there is no such session");
}

static bool
mcp_get(struct sp_request *req)
{
	struct sp_mcp_call call;
	bool http_sse;

	return open_call(req, &call, &http_sse) && (http_sse ? sp_mcp_http_sse_get(&call) : sp_mcp_session_get(&call));
}

static const struct sp_route routes[] = {
	{ "POST", "/mcp", mcp_post, true, sp_mcp_reply_problem },
	{ "DELETE", "/mcp", mcp_delete, true, sp_mcp_reply_problem },
	{ "GET", "/mcp", mcp_get, true, sp_mcp_reply_problem },
	{ "POST", "/mcp/", mcp_post, true, sp_mcp_reply_problem },
	{ "DELETE", "/mcp/", mcp_delete, true, sp_mcp_reply_problem },
	{ "GET", "/mcp/", mcp_get, true, sp_mcp_reply_problem },
	{ "POST", "/mcp/*", mcp_post, true, sp_mcp_reply_problem },
	{ "DELETE", "/mcp/*", mcp_delete, true, sp_mcp_reply_problem },
	{ "GET", "/mcp/*", mcp_get, true, sp_mcp_reply_problem },
	{ 0 }
};

static void
heard(void *arg, struct sp_db *db, const char *what)
{
	sp_mcp_heard(&mcp, db, what);
	sp_mcp_sessions_hear(mcp.sessions, what);
	sp_mcp_running_hear(mcp.running, what);
	sp_mcp_outbox_hear(mcp.outbox, db, what);
	sp_mcp_session_news_hear(mcp.session_news, db, what);
	(void)arg;
}

static bool
start(struct sp_process *process)
{
	mcp.catalog = sp_catalog_cache_new();
	mcp.sessions = sp_mcp_sessions_new();
	mcp.running = sp_mcp_running_new();
	mcp.session_news = sp_mcp_session_news_new();
	mcp.outbox = sp_mcp_outbox_new(process->settings, process->program->name);
	if (!process->is_cgi)
		mcp.subscriptions = sp_subscriptions_new();
	process->state = &mcp;
	return sp_authority_start(process, heard, NULL, &mcp.authority);
}

static void
stop(struct sp_process *process)
{
	(void)process;
	sp_authority_stop(mcp.authority);
	sp_mcp_outbox_free(mcp.outbox);
	sp_mcp_session_news_free(mcp.session_news);
	sp_mcp_running_free(mcp.running);
	sp_mcp_sessions_free(mcp.sessions);
	sp_subscriptions_free(mcp.subscriptions);
	sp_catalog_cache_free(mcp.catalog);
}

int
main(int argc, char **argv)
{
	return sp_worker_main(argc, argv, &(struct sp_program){
		.name = "mcp", .summary = "the MCP endpoint of each server: /mcp and /mcp/NAME",
		.routes = routes, .needs = SP_NEED_DB | SP_NEED_KEYRING, .start = start, .stop = stop });
}
