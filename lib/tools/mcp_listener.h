/*
 * mcp_listener.h - the stream on which a server of a session speaks without being asked (GET)
 *
 * Some servers put their questions there, though they belong to a call.  A thread
 * reads the stream while the call runs; who made the call takes the messages when
 * it looks around.  The thread has all that it needs to itself, so that nobody
 * waits for its end.
 */
#ifndef SP_TOOLS_MCP_LISTENER_H
#define SP_TOOLS_MCP_LISTENER_H

#include "net/http.h"

struct sp_mcp_listener;

/*
 * Opens the stream; all of *get is copied (gone, piece and arg are the listener's
 * own).  message_max: bytes of one message, and of all that wait.  NULL: there is no
 * thread to be had.
 */
struct sp_mcp_listener *sp_mcp_listener_start(const struct sp_http *get, size_t message_max);
/* Whether the server has answered: from now on nothing is lost. */
bool sp_mcp_listener_is_ready(struct sp_mcp_listener *l);
/* Whether the stream has ended, or there never was one; *status: of the answer, or 0.  Messages may still wait. */
bool sp_mcp_listener_has_ended(struct sp_mcp_listener *l, int *status);
/* The next message, to be freed; NULL: none now. */
char *sp_mcp_listener_next(struct sp_mcp_listener *l);
/* Nobody listens any more.  NULL is fine. */
void sp_mcp_listener_stop(struct sp_mcp_listener *l);

#endif
