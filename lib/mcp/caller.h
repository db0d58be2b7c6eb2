/* caller.h - who comes in by HTTP, and to which server: decided once for every program */
#ifndef SP_MCP_CALLER_H
#define SP_MCP_CALLER_H

#include "mcp/dispatch.h"

/*
 * Of a call with req and mcp: its resource by the name of the server, and its caller
 * by the access token; in this order the Origin, the server, the token, and
 * request_limit.  False: the request is failed.
 */
SP_MUST_USE bool sp_mcp_identify(struct sp_mcp_call *call, struct sp_str server);

#endif
