/*
 * task_run.h - the run of a task that a runner has claimed
 *
 * The tool is called as tools/call calls it, with the rights that the caller has
 * today: the tool must still be there and for this tier and these scopes.  (A
 * revoked grant's tasks are not there to be claimed.)  What a run comes to, a
 * result, an error or questions, is written in the transaction in which the
 * tool did its work, with the audit row; it counts only while the run is the
 * last one of its task.  So what a tool does in the database and what the client
 * is told are one, whatever is killed in between.
 *
 * A run whose runner was not heard of again is made anew when its tool only reads
 * or is @idempotent, up to SP_TASK_LOST_MAX times; other tools may have done
 * something beyond the database, and their task fails.
 */
#ifndef SP_MCP_TASK_RUN_H
#define SP_MCP_TASK_RUN_H

#include "mcp/tasks.h"

#define SP_TASK_LOST_MAX	3

struct sp_task {
	uint8_t sha256[SP_SHA256_LEN];	/* of its id */
	int64_t run;			/* which one this is */
	int64_t lost;			/* so many before were not heard of again ... */
	bool was_lost;			/* ... the last one, too */
	const char *user_id, *client_id, *grant_id, *server, *tool;
	const char *tier;		/* the caller's today; NULL: disabled */
	struct sp_str call, state;	/* sealed */
};

/* The next one, with a lease of so many milliseconds.  runner is a name for people. */
SP_MUST_USE enum sp_db_status sp_task_claim(struct sp_db *db, const char *runner, int64_t lease_ms,
    struct sp_task *out);

/* Who hears of a run, on its thread. */
struct sp_task_observer {
	/* Its tool is known: whether it may be run again when this run comes to nothing. */
	void (*begins)(void *arg, bool repeatable);
	/* What the client is to be told meanwhile. */
	void (*says)(void *arg, struct sp_str message);
	void *arg;
	const struct sp_db_watch *watch;	/* may stop it: db.h */
};

enum sp_task_end {
	SP_TASK_ENDED,		/* what it came to is written, or it was over before */
	SP_TASK_STOPPED,	/* the watch has stopped it; nothing was done or written */
	SP_TASK_LOST,		/* the database was away: its lease will run out */
};

/* req is made for this run, and has the request's id that made the task afterwards. */
SP_MUST_USE enum sp_task_end sp_task_run(struct sp_request *req, struct sp_mcp *mcp, const struct sp_task *task,
    const struct sp_task_observer *observer);

/* Ends a run that came to nothing: as if it had not been, or with an error.  False: the database is away. */
bool sp_task_give_back(struct sp_request *req, const struct sp_task *task);
bool sp_task_fail(struct sp_request *req, const struct sp_task *task, const char *message);

#endif
