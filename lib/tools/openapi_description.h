/*
 * openapi_description.h - tools as an OpenAPI 3.1 description of the HTTP API at /tools
 *
 * The other way round than openapi.h, which takes such a description for tools again.
 */
#ifndef SP_TOOLS_OPENAPI_DESCRIPTION_H
#define SP_TOOLS_OPENAPI_DESCRIPTION_H

#include "oauth/resource.h"
#include "tools/catalog.h"

struct sp_openapi_service {
	const char *issuer;			/* the public base URL */
	const char *url;			/* of the tools, below it: in front of "/NAME" */
	const struct sp_resource *resource;
	const struct sp_server *server;
	const struct sp_tool *const *tools;
	size_t count;
};

/* False: a tool's listing is not JSON, which is a bug. */
SP_MUST_USE bool sp_openapi_describe(struct sp_arena *mem, const struct sp_openapi_service *service,
    struct sp_buf *out);

#endif
