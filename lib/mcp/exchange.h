/*
 * exchange.h - a call and its client: what is told on the way, what is asked, how it ends
 *
 * The revisions differ in how a client is asked (a result that wants the call
 * again, a request of the server), and a task differs from both.  Such a way is a
 * struct sp_mcp_dialogue; the methods that call entries of the catalog know only
 * sp_mcp_run().
 */
#ifndef SP_MCP_EXCHANGE_H
#define SP_MCP_EXCHANGE_H

#include "mcp/dispatch.h"
#include "tools/run.h"

enum sp_mcp_outcome {
	SP_MCP_FAILED,		/* call->error says why, or the request is failed */
	SP_MCP_RESULT,		/* *out is the result, to be written */
	SP_MCP_ANSWERED,	/* the answer is written to call->result, or call->deferred is set */
};

/* How the caller of a call is spoken with. */
struct sp_mcp_dialogue {
	/*
	 * Before the call: who the caller is, and what was answered already; *out
	 * is empty at first, and without capabilities nobody is asked.  May give t
	 * a guard where it has none.  False: as SP_MCP_FAILED.
	 */
	bool (*open)(struct sp_mcp_call *call, struct sp_tool_call *t, struct sp_exchange *out);
	/* The call has ended as SP_TOOL_ASKS.  NULL where open() never gives capabilities. */
	enum sp_mcp_outcome (*ask)(struct sp_mcp_call *call, const struct sp_tool_call *t,
	    const struct sp_questions *questions);
	/* It has ended as SP_TOOL_DETACHES; NULL where open() never says may_detach. */
	enum sp_mcp_outcome (*detach)(struct sp_mcp_call *call, const struct sp_tool_call *t);
	/* It has ended as SP_TOOL_GUARDED. */
	enum sp_mcp_outcome (*guarded)(struct sp_mcp_call *call, const struct sp_tool_call *t);
};

/* 2026-07-28: basic/patterns/mrtr. */
extern const struct sp_mcp_dialogue sp_mcp_round_trips;
/* Nobody is asked: completions. */
extern const struct sp_mcp_dialogue sp_mcp_nobody;

/*
 * Calls t->tool with somebody to talk to: by call->dialogue, or (NULL) that of
 * call->version.  Progress and log messages go out while it runs, if the message
 * wants them; when the client leaves, the call is cancelled.
 */
SP_MUST_USE enum sp_mcp_outcome sp_mcp_run(struct sp_mcp_call *call, struct sp_tool_call *t,
    struct sp_tool_result *out);

/* The error of a tool in call->error. */
enum sp_mcp_outcome sp_mcp_refused(struct sp_mcp_call *call, const struct sp_tool_error *error);

#endif
