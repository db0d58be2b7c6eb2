/* mcp.c - the MCP endpoint of each server: /mcp and /mcp/NAME */
#include "mcp/dispatch.h"
#include "web/response.h"
#include "web/worker.h"

static struct sp_mcp mcp;

/* Who asks, and which server: what every method of HTTP needs first. */
static bool
open_call(struct sp_request *req, struct sp_mcp_call *call)
{
	const struct sp_resources *all;

	*call = (struct sp_mcp_call){ .req = req, .mcp = req->process->state };
	if (!sp_origin_allowed(req))
		return sp_fail(req, SP_FORBIDDEN, "this Origin may not call (setting allowed_origins)");
	if (!sp_authority_resources(req, call->mcp->authority, &all))
		return false;
	call->resource = sp_resource_by_name(all, sp_request_rest(req));
	if (call->resource == NULL)
		return sp_fail(req, SP_NOT_FOUND, "no such server");
	return sp_bearer_authenticate(req, call->mcp->authority, call->resource, &call->caller);
}

static bool
mcp_post(struct sp_request *req)
{
	struct sp_mcp_call call;

	return open_call(req, &call) && sp_mcp_dispatch(&call);
}

/* A client ends its session (2025-11-25, "Session Management"). */
static bool
mcp_delete(struct sp_request *req)
{
	struct sp_str id = sp_request_header(req, "Mcp-Session-Id");
	struct sp_mcp_call call;
	enum sp_mcp_version version;
	bool closed;

	if (!open_call(req, &call))
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

/* Who looks for the challenge gets it; there is no stream to be had. */
static bool
mcp_get(struct sp_request *req)
{
	struct sp_mcp_call call;

	if (!open_call(req, &call))
		return false;
	sp_header(req, "Allow", "POST, DELETE, OPTIONS");
	return sp_fail(req, SP_METHOD_NOT_ALLOWED, "this server offers no stream of its own");
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

static bool
start(struct sp_process *process)
{
	mcp.catalog = sp_catalog_cache_new();
	process->state = &mcp;
	return sp_authority_start(process, sp_catalog_changed, mcp.catalog, &mcp.authority);
}

static void
stop(struct sp_process *process)
{
	(void)process;
	sp_authority_stop(mcp.authority);
	sp_catalog_cache_free(mcp.catalog);
}

int
main(int argc, char **argv)
{
	return sp_worker_main(argc, argv, &(struct sp_program){
		.name = "mcp", .summary = "the MCP endpoint of each server: /mcp and /mcp/NAME",
		.routes = routes, .needs = SP_NEED_DB | SP_NEED_KEYRING, .start = start, .stop = stop });
}
