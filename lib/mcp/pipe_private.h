/* pipe_private.h - what the files of the pipe share */
#ifndef SP_MCP_PIPE_PRIVATE_H
#define SP_MCP_PIPE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include "mcp/pipe.h"
#include "mcp/subscriptions.h"
#include "mcp/transport.h"
#include "mcp/version.h"
#include "tools/exchange.h"
#include "web/serve.h"

/* A line on its way: a request, or one that comes again with answers. */
struct sp_pipe_job {
	struct sp_transport client;	/* first: what the call asks whether its client is there */
	struct sp_pipe_job *next;	/* that waits, or that runs */
	struct sp_pipe_server *server;
	char *line;
	size_t len;
	char *id;			/* of the request, as JSON; NULL: not known yet */
	atomic_bool cancelled;
	/* of a call that has asked, as JSON; NULL: none */
	char *responses;		/* to all that it asked so far */
	char *state;			/* what it has kept */
	char *refusal;			/* an error instead of an answer */
};

struct sp_pipe_question;		/* pipe_call.c */
struct sp_pipe_channel;			/* pipe_news.c */

struct sp_pipe_server {
	const struct sp_mcp_pipe *pipe;
	pthread_t *thread;
	size_t threads;
	pthread_mutex_t lock;		/* of all below */
	pthread_cond_t work, room, idle;
	struct sp_pipe_job *first, **end;	/* waiting */
	struct sp_pipe_job *running;
	size_t waiting;
	bool ending;
	struct sp_pipe_channel *channels;
	size_t over;			/* channels that are to be taken away */
	/* of the old era, once `initialize` was answered */
	bool has_session;
	enum sp_mcp_version version;
	enum sp_logging_level log_level;
	char *capabilities;
	struct sp_subscriber *news;	/* what it is told of; NULL: nothing */
	struct sp_pipe_question *questions;
	unsigned long long last_id;
	pthread_mutex_t out_lock;	/* a line goes out whole */
	bool broken;
};

/* ---- pipe.c ---- */

/* A copy with a NUL behind it, to be freed. */
char *sp_pipe_copy(struct sp_str s);
struct sp_pipe_job *sp_pipe_job_new(struct sp_pipe_server *s, struct sp_str line);
void sp_pipe_job_free(struct sp_pipe_job *job);
/* To a thread; waits while too many wait already. */
void sp_pipe_queue(struct sp_pipe_server *s, struct sp_pipe_job *job);
/* From any thread; false: nobody reads any more. */
bool sp_pipe_write_line(struct sp_pipe_server *s, struct sp_str message);

/* ---- pipe_news.c ---- */

extern const struct sp_mcp_channels sp_pipe_channels;
/* A session hears of the lists of its server, and of what it subscribes to. */
void sp_pipe_open_news(struct sp_pipe_server *s, struct sp_mcp_call *call);
bool sp_pipe_subscribe(struct sp_mcp_call *call, struct sp_str uri, bool subscribe);
/* The handler of a job has returned: what it has opened begins. */
void sp_pipe_begin_channel(const struct sp_pipe_job *job);
/* The client does not want to hear any more of this request.  Under the lock. */
void sp_pipe_cancel_channel(struct sp_pipe_server *s, const char *request_id);
/* Takes away a channel that is over.  Under the lock, which is released meanwhile. */
void sp_pipe_take_channel(struct sp_pipe_server *s);
/* At the end, when no call runs any more: ends all that is told. */
void sp_pipe_close_news(struct sp_pipe_server *s);

/* ---- pipe_call.c ---- */

/* Answers a line, on this thread. */
void sp_pipe_call(struct sp_pipe_job *job, struct sp_process *process, struct sp_arena *mem);
/* A response of the client; mem is the line's. */
void sp_pipe_take_answer(struct sp_pipe_server *s, struct sp_arena *mem, struct json_object *message);
/* Takes out and frees the questions of this request of the client; NULL: all.  Under the lock. */
void sp_pipe_forget_questions(struct sp_pipe_server *s, const char *request_id);

#endif
