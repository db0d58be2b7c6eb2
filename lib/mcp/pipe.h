/*
 * pipe.h - MCP over a pair of descriptors: the transport stdio, in both eras
 *
 * One message a line (2026-07-28 and 2025-11-25, basic/transports/stdio).
 * Requests are answered side by side, each by a thread; `initialize` is answered
 * before the next line is looked at.  There are no headers and no session ids:
 * the pipe is the session.  What a tool asks of a client of the old era is a
 * request on the same pipe.
 */
#ifndef SP_MCP_PIPE_H
#define SP_MCP_PIPE_H

#include "mcp/dispatch.h"

struct sp_mcp_pipe {
	int in, out;
	struct sp_mcp *mcp;
	const char *server;		/* name of the resource; "" is that of /mcp */
	/*
	 * Who is at the other end, asked for every message, so that somebody who
	 * is disabled is so at once.  False: req is failed.
	 */
	bool (*caller)(struct sp_request *req, const struct sp_resource *resource, void *arg, struct sp_caller *out);
	void *arg;
};

/*
 * Serves until `in` ends (then what was begun has some seconds to end, too), or
 * SIGTERM or SIGINT, which cancel it; both must be blocked in all threads.  The
 * process is open (web/process.h).
 */
void sp_mcp_pipe_serve(const struct sp_mcp_pipe *pipe);

#endif
