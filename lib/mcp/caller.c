/* caller.c - who comes in by HTTP, and to which server */
#include "mcp/caller.h"

#include "tools/limit.h"
#include "web/router.h"

bool
sp_mcp_identify(struct sp_mcp_call *call, struct sp_str server)
{
	struct sp_authority *authority = call->mcp->authority;
	struct sp_request *req = call->req;
	const struct sp_resources *all;

	if (!sp_origin_allowed(req))
		return sp_fail(req, SP_FORBIDDEN, "this Origin may not call (setting allowed_origins)");
	if (!sp_authority_resources(req, authority, &all))
		return false;
	call->resource = sp_resource_by_name(all, server);
	if (call->resource == NULL)
		return sp_fail(req, SP_NOT_FOUND, "no such server");
	return sp_bearer_authenticate(req, authority, call->resource, &call->caller) &&
	    sp_limit_requests(req, &call->caller, "requests", req->settings->request_limit);
}
