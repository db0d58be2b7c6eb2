/*
 * param_header.h - arguments that request headers repeat: x-mcp-header
 * (MCP 2026-07-28, server/tools, and Streamable HTTP, "Custom Headers from Tool Parameters")
 */
#ifndef SP_TOOLS_PARAM_HEADER_H
#define SP_TOOLS_PARAM_HEADER_H

#include "base/json.h"

/* An annotated argument. */
struct sp_param_header {
	const char *header;		/* "Mcp-Param-Region" */
	const char *argument;		/* for people: "region", "order.region" */
	const char *const *path;	/* the names that lead to it; NULL ends them */
};

struct sp_param_headers {
	const struct sp_param_header *item;
	size_t count;
};

/*
 * Collects the annotations of an input schema.  False when a client would have to
 * reject the tool for one of them: *why.  We are stricter in the name, which is of
 * letters, digits and dashes: web servers drop, or confuse, header names with
 * anything else.
 */
SP_MUST_USE bool sp_param_headers(struct sp_arena *mem, struct json_object *schema, struct sp_param_headers *out,
    const char **why);

/* The value of an argument; NULL when it is not there, or null. */
struct json_object *sp_param_header_value(const struct sp_param_header *h, struct json_object *arguments);

#endif
