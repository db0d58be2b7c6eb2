/*
 * running.h - calls that run in this process, for those who want them to stop
 *
 * Up to 2025-11-25 a client that leaves has not cancelled anything; it says so
 * (basic/utilities/cancellation), to whatever process, and the database tells the
 * one that runs the call.  Its statement is stopped within half a second.
 */
#ifndef SP_MCP_RUNNING_H
#define SP_MCP_RUNNING_H

#include <stdatomic.h>

#include "mcp/session.h"

struct sp_mcp_running;		/* of a process */

/* A call of a session, while it runs. */
struct sp_mcp_run {
	struct sp_mcp_run *next, **in;
	struct sp_mcp_running *all;
	char name[2 * SP_SHA256_LEN + 1];
	atomic_bool cancelled;
};

struct sp_mcp_running *sp_mcp_running_new(void);
void sp_mcp_running_free(struct sp_mcp_running *all);

/* From here on until leave (once) it can be cancelled; *run is the caller's. */
void sp_mcp_running_enter(struct sp_mcp_running *all, struct sp_arena *mem, const struct sp_mcp_session *session,
    struct json_object *request_id, struct sp_mcp_run *run);
void sp_mcp_running_leave(struct sp_mcp_run *run);

/* Cancels a request of this session: what waits, and what runs anywhere.  False: sp_fail_db(). */
SP_MUST_USE bool sp_mcp_running_cancel(struct sp_request *req, const struct sp_mcp_session *session,
    struct json_object *request_id);

/* The news of a notification: "cancel NAME". */
void sp_mcp_running_hear(struct sp_mcp_running *all, const char *what);

#endif
