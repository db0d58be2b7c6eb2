/* tools.c - the tools of each server over plain HTTP: /tools and /tools/@NAME (setting tools_api) */
#include "mcp/plain.h"
#include "web/accept.h"
#include "web/page.h"
#include "web/problem_document.h"
#include "web/response.h"
#include "web/worker.h"

static struct sp_mcp mcp;

static bool
tools_get(struct sp_request *req)
{
	struct sp_mcp_call call;
	struct sp_str rest;

	if (!sp_plain_open(req, &mcp, &call, &rest))
		return false;
	if (rest.len == 0)
		return sp_plain_list(&call);
	if (sp_str_is(rest, "openapi.json"))
		return sp_plain_describe(&call);
	sp_header(req, "Allow", "POST, OPTIONS");
	return sp_fail(req, SP_METHOD_NOT_ALLOWED, "a tool is called by POST");
}

static bool
tools_post(struct sp_request *req)
{
	struct sp_mcp_call call;
	struct sp_str rest;

	if (!sp_plain_open(req, &mcp, &call, &rest))
		return false;
	if (rest.len > 0 && !sp_str_is(rest, "openapi.json"))
		return sp_plain_call(&call, rest);
	sp_header(req, "Allow", "GET, HEAD, OPTIONS");
	return sp_fail(req, SP_METHOD_NOT_ALLOWED, "a tool is called by POST to its own path");
}

/* People see a page, programs a problem document. */
static bool
tools_error(struct sp_request *req)
{
	return sp_accept_prefers_html(sp_request_header(req, "Accept")) ? sp_reply_page_error(req) :
	    sp_reply_problem_document(req);
}

static const struct sp_route routes[] = {
	{ "GET", "/tools", tools_get, .cors = true, .on_error = tools_error },
	{ "GET", "/tools/", tools_get, .cors = true, .on_error = tools_error },
	{ "GET", "/tools/*", tools_get, .cors = true, .on_error = tools_error },
	{ "POST", "/tools/*", tools_post, .cors = true, .on_error = tools_error },
	{ NULL }
};

static bool
wanted(const struct sp_settings *settings)
{
	return settings->tools_api;
}

static bool
start(struct sp_process *process)
{
	mcp.catalog = sp_catalog_cache_new();
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
		.name = "tools", .summary = "the tools of each server over plain HTTP: /tools and /tools/@NAME",
		.routes = routes, .needs = SP_NEED_DB | SP_NEED_KEYRING | SP_NEED_TEMPLATES,
		.start = start, .stop = stop, .wanted = wanted });
}
