/*
 * admission.h - who may use a server at all
 *
 * Before a method shows or does something with the entries of a server:
 *
 * 0. the operator has not closed the server (503 with his text);
 * 1. the address that the caller comes from must be one of those of the person
 *    and of the client (policy.h);
 * 2. a server with an access check (document `kind: server`, member `access`) is
 *    for those to whom a tool of it says {"allowed": true}.  It is called as the
 *    caller, with no arguments, whatever its tier and scopes, which keep people
 *    from calling it themselves.
 *
 * A yes is remembered by this process, for this access token and edition of the
 * catalog, as long as the server says; a no is asked again with each request.
 * What cannot be decided (the tool is not there, or fails) is no, said as 503.
 * What a client needs to get to know the server (initialize, server/discover)
 * and to talk to it (ping) is for everybody with a token.
 */
#ifndef SP_MCP_ADMISSION_H
#define SP_MCP_ADMISSION_H

#include "mcp/dispatch.h"
#include "tools/policy.h"

/*
 * call->server is known.  False: call->error or the request says why (403 with a
 * text for people: that of the tool's "message"), and the refusal is in the audit
 * trail as event server.access.
 */
SP_MUST_USE bool sp_mcp_admit(struct sp_mcp_call *call, const struct sp_policy *policy);

#endif
