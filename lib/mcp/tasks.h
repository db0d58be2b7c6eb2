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
 * Whether there is a task of this id for the caller: for streams that want to
 * hear of it.  *updated_at is when it changed last; NULL: there is none.  False:
 * the request is failed.
 */
SP_MUST_USE bool sp_mcp_task_find(struct sp_mcp_call *call, struct sp_str id, const char **updated_at);

/* A task as whoever hears of it is told. */
#define SP_TASK_NEWS_MAX ((size_t)128 << 10)	/* bytes of one in a stream; a larger result is asked for */
struct sp_task_news {
	const char *server, *grant_id, *tool, *updated_at;
	struct sp_str members;		/* of DetailedTask, all but taskId: the members of a JSON object */
};
/*
 * The task whose id has this SHA-256.  False: there is none, it cannot be read
 * now, or it is too long for a message: its client may ask for it.
 */
SP_MUST_USE bool sp_task_news_read(struct sp_db *db, const uint8_t task_sha256[static SP_SHA256_LEN],
    struct sp_task_news *out);

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
