/*
 * exchange.h - what passes between a call and its caller before the result
 *
 * While a call runs it may report progress and write log messages.  It may also
 * need something of the caller: what a person enters, what a model writes, the
 * roots of a client.  Then it ends as SP_TOOL_ASKS, all that it did is undone,
 * and when the answers are there the same call is made again, from its beginning,
 * with the answers of all rounds so far.  So nothing is half done, no process
 * waits for a person, and any process can go on.
 *
 * A kind of tools knows nothing of JSON-RPC, and not in which of its ways a client
 * is asked; that is lib/mcp's business.
 */
#ifndef SP_TOOLS_EXCHANGE_H
#define SP_TOOLS_EXCHANGE_H

#include "base/json.h"

/* Levels of a log message: RFC 5424 section 6.2.1, in MCP's words, least first. */
enum sp_logging_level {
	SP_LOGGING_DEBUG,
	SP_LOGGING_INFO,
	SP_LOGGING_NOTICE,
	SP_LOGGING_WARNING,
	SP_LOGGING_ERROR,
	SP_LOGGING_CRITICAL,
	SP_LOGGING_ALERT,
	SP_LOGGING_EMERGENCY,
};

const char *sp_logging_level_name(enum sp_logging_level level);
/* "debug" ... "emergency".  False: none of them. */
SP_MUST_USE bool sp_logging_level_find(struct sp_str name, enum sp_logging_level *out);

struct sp_progress {
	double progress;		/* finite; whether it has grown is the receiver's to see */
	double total;			/* finite */
	bool has_total;
	struct sp_str message;		/* absent: none */
};

struct sp_log_message {
	enum sp_logging_level level;
	struct sp_str logger;		/* absent: none */
	struct json_object *data;	/* any JSON value; NULL is null */
};

/* Whom a call has to talk to.  It lives as long as the call. */
struct sp_exchange {
	struct json_object *capabilities;	/* ClientCapabilities; NULL: the caller cannot be asked */
	struct json_object *responses;		/* InputResponses by key, of all rounds so far; NULL: none */
	struct json_object *state;		/* what the call kept in the round before; NULL: none */
	bool once;				/* the answers came with a state that is spent by this call */
	bool in_task;				/* this run is a task's: mcp.detach() gives true */
	bool may_detach;			/* the caller takes a task for an answer */
	/* On the thread of the call, while it runs.  NULL: not wanted. */
	void (*progress)(void *arg, const struct sp_progress *progress);
	void (*log)(void *arg, const struct sp_log_message *message);
	void (*close_stream)(void *arg);	/* the client may hang up, and come back for the rest */
	enum sp_logging_level log_level;	/* the least that log() is given */
	void *arg;
};

/* What a call asks for: SP_TOOL_ASKS. */
struct sp_questions {
	struct json_object *requests;	/* InputRequests: {key: {"method", "params"}}, at least one */
	struct json_object *state;	/* to be given back with the answers; NULL: none */
	bool once;			/* the answers may lead to one result only */
};

/* A JSON-RPC error instead of a result: SP_TOOL_REFUSES. */
struct sp_tool_error {
	int code;
	struct sp_str message;
	struct json_object *data;	/* NULL: none */
};

/* MCP 2026-07-28, basic, "Error Codes"; up to 2025-11-25 there is no such code, and this one is not taken. */
#define SP_MISSING_CLIENT_CAPABILITY (-32021)

/* The extension of which tasks are made. */
#define SP_TASKS_EXTENSION "io.modelcontextprotocol/tasks"

/*
 * Whether the caller (NULL: there is none) can be asked all this.  False: *error
 * is SP_MISSING_CLIENT_CAPABILITY with {"requiredCapabilities": ...} of what it
 * would need and does not have; an internal error when nobody can be asked.
 */
SP_MUST_USE bool sp_questions_fit(struct sp_arena *mem, const struct sp_exchange *exchange,
    const struct sp_questions *questions, struct sp_tool_error *error);

#endif
