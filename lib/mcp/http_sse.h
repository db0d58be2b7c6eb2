/*
 * http_sse.h - HTTP+SSE, the transport of 2024-11-05, for clients that know no other
 *
 * With the setting mcp_http_sse, at /mcp/sse and /mcp/NAME/sse: a GET opens the
 * stream, whose first event says where to POST; a POST is answered 202, and what
 * it asks for comes on the stream, from whatever process.  It is a session with
 * one stream for everything.  Clients are not asked anything.
 *
 * 2024-11-05 is spoken as 2025-03-26 without batches: that has everything of it,
 * and members that older clients pass over.
 */
#ifndef SP_MCP_HTTP_SSE_H
#define SP_MCP_HTTP_SSE_H

#include "mcp/transport.h"

extern const struct sp_mcp_transport sp_mcp_http_sse;

/* Whether the setting is on and this is the path of such an endpoint; then *server is the server's name. */
bool sp_mcp_is_http_sse(const struct sp_request *req, struct sp_str *server);

/* Caller and resource are known.  False: the request is failed. */
bool sp_mcp_http_sse_get(struct sp_mcp_call *call);
bool sp_mcp_http_sse_post(struct sp_mcp_call *call);

#endif
