/*
 * session_post.h - the answer of a POST in a session (up to 2025-11-25)
 *
 * JSON of one piece, as long as nothing comes before it.  With the first
 * notification, or request of the server, it becomes a stream whose events are
 * rows (outbox.h), so that the call outlives its connection: a client that leaves
 * has not cancelled anything, and comes back for the rest.  A call that is gone on
 * with elsewhere, after an answer of the client, has its stream from the start,
 * and somebody else forwards it.
 */
#ifndef SP_MCP_SESSION_POST_H
#define SP_MCP_SESSION_POST_H

#include "mcp/outbox.h"
#include "mcp/transport.h"

/* call->transport_arg of sp_mcp_session_post. */
struct sp_mcp_post {
	struct sp_mcp_stream stream;
	bool opened;			/* there is a stream */
};

extern const struct sp_mcp_transport sp_mcp_session_post;

/* Makes the answer a stream, if it is none yet.  False: call->error, or the request is failed. */
SP_MUST_USE bool sp_mcp_post_open(struct sp_mcp_call *call, struct sp_db *db);

/*
 * Closes the connection; the stream goes on without it, and the client comes back
 * for the rest ("polling", 2025-11-25).  Nothing happens in older revisions, which
 * do not know it, and in CGI programs, to which nobody can come back.
 */
void sp_mcp_post_close(struct sp_mcp_call *call);

#endif
