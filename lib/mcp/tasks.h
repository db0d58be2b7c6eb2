/*
 * tasks.h - calls of tools that go on when their request has its answer
 *
 * The extension io.modelcontextprotocol/tasks (SEP-2663) of 2026-07-28.  A client
 * that has it may be given a task in place of a tool's result: when the tool has
 * the tag @task, or calls mcp.detach().  The task is a row
 * (sql/migrations: tasks), there before its id is told, so that tasks/get
 * finds it at every process; sallyport-runner makes the call (task_run.h).
 *
 * An id is 256 random bits and the table has its SHA-256.  It is good only under
 * the user, client, grant and server that it was made under: for anybody else it
 * is as unknown as one that never was.
 */
#ifndef SP_MCP_TASKS_H
#define SP_MCP_TASKS_H

#include "mcp/exchange.h"

/* The three ways in which a run ends raise this when it is over already. */
#define SP_TASK_OVER	"P0S06"

/*
 * Whether this caller could have tasks: not up to 2025-11-25, which had others,
 * and not without a grant that they belong to (a local server over a pipe).
 */
bool sp_mcp_offers_tasks(const struct sp_mcp_call *call);
/* Whether the message says that its client has them, too. */
bool sp_mcp_has_tasks(const struct sp_mcp_call *call);
/* -32021, and which extension a client would need. */
enum sp_mcp_outcome sp_mcp_needs_tasks(struct sp_mcp_call *call);

/*
 * Makes a task of a call (t->tool, t->arguments) and writes CreateTaskResult.
 * What was said before it was one goes along: the answers and the state of
 * `exchange`, which may be NULL.
 */
SP_MUST_USE enum sp_mcp_outcome sp_mcp_task_create(struct sp_mcp_call *call, const struct sp_tool_call *t,
    const struct sp_exchange *exchange);

/*
 * Seals a text that belongs to a task, and opens it.  `what` and `key` say which
 * one ("call", "response" of a key): no two can be exchanged.  False: it was not
 * sealed for this place, or under a master key that is gone.
 */
struct sp_str sp_task_seal(struct sp_request *req, const uint8_t task_sha256[static SP_SHA256_LEN],
    const char *what, const char *key, struct sp_str text);
SP_MUST_USE bool sp_task_unseal(struct sp_request *req, const uint8_t task_sha256[static SP_SHA256_LEN],
    const char *what, const char *key, struct sp_str sealed, struct sp_str *text);

#endif
