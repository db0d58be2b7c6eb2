/*
 * session_get.h - GET of the MCP endpoint, up to 2025-11-25: a stream of a session
 *
 * With Last-Event-ID a client comes back for any stream of its session, at any
 * process; without, it gets the one on which the server says what belongs to no
 * request.  A session has one of these: the newest.
 */
#ifndef SP_MCP_SESSION_GET_H
#define SP_MCP_SESSION_GET_H

#include "mcp/dispatch.h"

/* Caller and resource are known.  False: the request is failed. */
bool sp_mcp_session_get(struct sp_mcp_call *call);

#endif
