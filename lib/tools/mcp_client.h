/*
 * mcp_client.h - this server as the client of another MCP server
 *
 * Both eras: 2026-07-28, where each request stands alone, and the revisions with
 * sessions before it (2025-11-25, 2025-06-18, 2025-03-26).  How messages travel
 * is the wire's business (HTTP, a child's pipe, the keeper, memory in tests);
 * what they say is read here, and nothing of it is trusted: the wire bounds bytes
 * and time, each message is strict JSON of bounded depth and size.
 *
 * One request at a time.  What the other server asks while it works on one is
 * answered from `responses`, or ends the request as SP_MCP_REPLY_ASKS: nobody waits for
 * a person.  The same request is then made again, from its beginning, with the
 * answer among the responses.
 */
#ifndef SP_TOOLS_MCP_CLIENT_H
#define SP_TOOLS_MCP_CLIENT_H

#include "base/secret.h"
#include "tools/credential.h"
#include "tools/exchange.h"
#include "tools/param_header.h"
#include "tools/trace.h"

#define SP_MCP_QUESTIONS_MAX 32		/* that one request of a session may raise */

/* ---- the wire ---- */

/* A message to the server. */
struct sp_mcp_sending {
	struct sp_str body;		/* one line of JSON */
	const char *method;		/* NULL: a response */
	bool is_request;		/* an answer is waited for */
	/* of a request of 2026-07-28, what HTTP repeats in headers */
	struct sp_str name;		/* params.name or params.uri; absent: none */
	const struct sp_param_headers *headers;	/* x-mcp-header; NULL: none */
	struct json_object *arguments;	/* their values */
};

enum sp_wire_end {
	SP_WIRE_TAKEN,			/* take() has what it waited for; or nothing was waited for, and it is sent */
	SP_WIRE_ENDED,			/* the server has nothing more to say */
	SP_WIRE_UNREACHABLE,		/* nothing was sent */
	SP_WIRE_BROKEN,			/* nobody knows what came of it */
	SP_WIRE_TOO_LARGE,		/* a message, or all of them */
	SP_WIRE_LATE,			/* the time is over */
	SP_WIRE_GONE,			/* nobody waits for the answer any more */
};

struct sp_mcp_wire {
	/*
	 * Sends a message; of a request, hands each message that comes to take()
	 * until that says false.  take() may send() itself, what is no request.
	 */
	enum sp_wire_end (*send)(struct sp_mcp_wire *wire, const struct sp_mcp_sending *message,
	    bool (*take)(void *arg, struct sp_str text), void *arg);
	/*
	 * Hands what the server says without being asked to take(), until that says
	 * false or the time is over (SP_WIRE_LATE).  SP_WIRE_ENDED: it says nothing more,
	 * or never did.
	 */
	enum sp_wire_end (*listen)(struct sp_mcp_wire *wire, int64_t until_ms, bool (*take)(void *arg, struct sp_str text),
	    void *arg);
	/* The other end begins anew, as if nothing had been said.  NULL: it has no memory that is not the session's. */
	void (*again)(struct sp_mcp_wire *wire);
	void (*close)(struct sp_mcp_wire *wire);
	/* What the wire says of itself. */
	const char *why;		/* after an end that is none of the first two; in the arena of the client */
	int status;			/* of the last HTTP answer; 0: it has none */
	bool has_session;		/* the server gave one, which HTTP repeats */
	/* What the client says. */
	struct sp_arena *mem;		/* of what is read; the client's, unless that reads a lot */
	const char *version;		/* the revision that is spoken, for the header; NULL before that is known */
	bool modern;			/* headers of 2026-07-28 */
	bool listens;			/* what a session's server says without being asked is heard, too */
	bool endless;			/* what comes is bounded by the message, and not all together */
	int64_t deadline_ms;		/* sp_monotonic_ms() */
};

/* ---- the client ---- */

/* What a server tells of itself, whoever is connected. */
enum sp_mcp_news {
	SP_MCP_LIST_CHANGED,		/* one of its lists */
	SP_MCP_RESOURCE_UPDATED,	/* the resource of this URI */
	SP_MCP_ACKNOWLEDGED,		/* subscriptions/listen: from now on it tells */
};

enum sp_mcp_client_era {
	SP_MCP_ERA_UNKNOWN,		/* to be found out: server/discover, then initialize */
	SP_MCP_ERA_MODERN,
	SP_MCP_ERA_SESSION,
};

enum sp_mcp_reply_kind {
	SP_MCP_REPLY,			/* reply->result */
	SP_MCP_REPLY_ERROR,		/* reply->error: a JSON-RPC error */
	SP_MCP_REPLY_ASKS,			/* reply->questions; the request has to be made again with the answers */
	SP_MCP_REPLY_DENIED,		/* HTTP 401 or 403: it does not know us */
	SP_MCP_REPLY_BROKEN,		/* no answer, or none that can be read; client->why */
	SP_MCP_REPLY_UNREACHABLE,	/* and nothing was sent; client->why */
	SP_MCP_REPLY_TOO_LARGE,
	SP_MCP_REPLY_LATE,
	SP_MCP_REPLY_GONE,
};

struct sp_mcp_reply {
	struct json_object *result;	/* an object */
	struct sp_tool_error error;
	struct json_object *questions;	/* InputRequests of a session's server */
};

struct sp_mcp_client {
	struct sp_arena *mem;
	struct sp_mcp_wire *wire;
	/* Whom we speak for; all may be NULL. */
	struct json_object *capabilities;	/* ClientCapabilities that we declare; without an exchange nobody is asked */
	struct json_object *responses;		/* InputResponses by key, for a session's server */
	const struct sp_exchange *exchange;	/* who hears of progress and log messages */
	const struct sp_trace *trace;
	bool takes_tasks;			/* a task is as good as a result: what stands in our capabilities of 2026-07-28 */
	void (*news)(void *arg, enum sp_mcp_news what, struct sp_str uri);	/* NULL: not wanted */
	void *news_arg;
	struct sp_secrets secrets;		/* what it knows us by: taken out of what it says */
	size_t message_max;			/* bytes */
	/* What open() has found. */
	enum sp_mcp_client_era era;
	const char *version;
	struct json_object *server;		/* ServerCapabilities; NULL: not asked for */
	const char *why;
	bool wrong_era;			/* the last failure looks like that of a server of the other era */
	/* the client's own */
	struct sp_arena *scratch;
	int64_t last_id;
	int64_t task_request;		/* that a task was made of, whose progress is still of interest; 0: none */
	struct sp_mcp_waiting *waiting;
};

/* Sets what is the client's own; the rest is preset by the caller.  Freed with mem. */
void sp_mcp_client_init(struct sp_mcp_client *c, struct sp_arena *mem, struct sp_mcp_wire *wire);

/*
 * Makes the server ready for requests: finds out its era, or trusts `era`; of a
 * session's server, initializes it.  SP_MCP_REPLY, or how it failed.
 */
SP_MUST_USE enum sp_mcp_reply_kind sp_mcp_client_open(struct sp_mcp_client *c, enum sp_mcp_client_era era);

struct sp_mcp_request {
	const char *method;
	struct json_object *params;	/* without _meta; NULL: none */
	struct sp_str name;		/* as in struct sp_mcp_sending */
	const struct sp_param_headers *headers;
};

SP_MUST_USE enum sp_mcp_reply_kind sp_mcp_client_call(struct sp_mcp_client *c, const struct sp_mcp_request *request,
    struct sp_mcp_reply *out);

/*
 * All pages of a list (tools/list and "tools", ...) as one array.  More than
 * max_items, or a cursor that comes twice, is SP_MCP_REPLY_BROKEN.
 */
SP_MUST_USE enum sp_mcp_reply_kind sp_mcp_client_list(struct sp_mcp_client *c, const char *method, const char *member,
    size_t max_items, struct json_object **out);

/*
 * Hears what the server says without being asked, until then (SP_MCP_REPLY_LATE), or
 * until it asks something (SP_MCP_REPLY_ASKS), or has ended (SP_MCP_REPLY_BROKEN).
 */
SP_MUST_USE enum sp_mcp_reply_kind sp_mcp_client_listen(struct sp_mcp_client *c, int64_t until_ms, struct sp_mcp_reply *out);

/* ---- tasks: 2025-11-25, basic/utilities/tasks; 2026-07-28, the extension io.modelcontextprotocol/tasks ---- */

#define SP_MCP_TASK_ID_MAX 1024		/* bytes */

struct sp_mcp_task {
	const char *id;			/* the server's; NULL: there is none */
	int64_t poll_ms;		/* how often it wants to be asked; 0: it does not say */
};

/* Whether this session's server makes tasks of calls that ask for it (params.task). */
bool sp_mcp_client_has_tasks(const struct sp_mcp_client *c);

/*
 * Whether a result of tools/call is a task, in place of what the tool gives.  An id that
 * nobody could send back is none.
 */
SP_MUST_USE bool sp_mcp_task_made(struct sp_mcp_client *c, struct json_object *result, struct sp_mcp_task *out);

/*
 * Follows a task until it has ended: what it has come to is what the call would have
 * been answered with.  What it says of itself meanwhile is progress.
 *
 * SP_MCP_REPLY_ASKS: of 2026-07-28 the task waits for answers (sp_mcp_task_answer());
 * a session's server is asked for the whole again, and this task is of no use any more.
 * A task that was cancelled, or that the server does not know, is SP_MCP_REPLY_ERROR with
 * code SP_MCP_TASK_GONE.
 */
#define SP_MCP_TASK_GONE 1		/* no JSON-RPC code of anybody's */
SP_MUST_USE enum sp_mcp_reply_kind sp_mcp_task_follow(struct sp_mcp_client *c, const struct sp_mcp_task *task,
    struct sp_mcp_reply *out);

/* 2026-07-28: the answers (an object) to what a task has asked for.  Not SP_MCP_REPLY: as sp_mcp_client_call(). */
SP_MUST_USE enum sp_mcp_reply_kind sp_mcp_task_answer(struct sp_mcp_client *c, const struct sp_mcp_task *task,
    struct json_object *responses, struct sp_mcp_reply *out);

/* Nobody wants to know what it comes to.  It may take two seconds beyond the deadline. */
void sp_mcp_task_cancel(struct sp_mcp_client *c, const struct sp_mcp_task *task);

/* Ends the session; the wire is closed. */
void sp_mcp_client_close(struct sp_mcp_client *c);

/* "modern", "session" and "unknown"; what is none of them is unknown. */
const char *sp_mcp_era_name(enum sp_mcp_client_era era);
enum sp_mcp_client_era sp_mcp_era_find(struct sp_str name);

/* Under which key the answer to a session server's question is kept; n: how often it was asked before. */
const char *sp_mcp_question_key(struct sp_arena *mem, const char *method, struct json_object *params, unsigned n);

#endif
