/*
 * plain.h - the tools of a server for who speaks HTTP and not MCP (setting tools_api)
 *
 *	GET  /tools			the tools that the caller may call: JSON, or a page
 *	GET  /tools/openapi.json	the same as an OpenAPI description
 *	POST /tools/NAME		a call; the body is its arguments
 *
 * and below /tools/@SERVER those of /mcp/SERVER.  What is listed, who may call it, how
 * it is called and recorded is decided by what tools/list and tools/call of MCP use
 * (entry.h, exchange.h); here is only how it is asked for and answered.  Nobody can be
 * asked anything on the way, and progress is not told.
 *
 * A call answers 200 with the structured content of its result, or {"content": [...]}
 * where there is none.  All else is a problem document (web/problem_document.h), with
 * the `content` and `structuredContent` of a result that is an error: 422; 429 when
 * the tool's quota is used up; 500.
 */
#ifndef SP_MCP_PLAIN_H
#define SP_MCP_PLAIN_H

#include "mcp/dispatch.h"

/*
 * The call's caller and server, by the path and the access token; *rest is what
 * the path has behind the server: "", "openapi.json", a name.  False: the request
 * is failed.
 */
SP_MUST_USE bool sp_plain_open(struct sp_request *req, struct sp_mcp *mcp, struct sp_mcp_call *call,
    struct sp_str *rest);

/* The answers; false: the request is failed. */
SP_MUST_USE bool sp_plain_list(struct sp_mcp_call *call);
SP_MUST_USE bool sp_plain_describe(struct sp_mcp_call *call);
SP_MUST_USE bool sp_plain_call(struct sp_mcp_call *call, struct sp_str name);

/* Where the tools of the call's server are: the issuer, and "/tools" or "/tools/@SERVER". */
const char *sp_plain_url(const struct sp_mcp_call *call);

/* plain_page.c: the list as HTML; `tools` are those that the caller may call. */
bool sp_plain_page(struct sp_mcp_call *call, const struct sp_tool *const *tools, size_t count);

#endif
