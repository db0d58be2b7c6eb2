/*
 * local.h - MCP for a person on this machine, who needs no token: the operator says who it is
 *
 * For programs that serve a pipe (pipe.h): sallyport-stdio, and the commands that
 * call tools as a client would.
 */
#ifndef SP_MCP_LOCAL_H
#define SP_MCP_LOCAL_H

#include "mcp/dispatch.h"
#include "web/process.h"

extern struct sp_mcp sp_local_mcp;		/* of this process, between start and stop */

/* For sp_process_open(): it keeps the catalog and hears of its changes. */
struct sp_program sp_local_program(const char *name);

struct sp_local_person {
	const char *username;		/* of `sallyport user list` */
	const char *client_id;		/* in audit rows and claims; whose limits hold, too */
};

/*
 * struct sp_mcp_pipe.caller: with every scope of the server.  `arg` is the struct
 * sp_local_person.  A person who is not there, or disabled, is refused.
 */
bool sp_local_caller(struct sp_request *req, const struct sp_resource *resource, void *arg, struct sp_caller *out);

#endif
