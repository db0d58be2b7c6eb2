/* upstream_private.h - what the parts of a call of kind "upstream" know of each other (upstream.c, upstream_*.c) */
#ifndef SP_TOOLS_UPSTREAM_PRIVATE_H
#define SP_TOOLS_UPSTREAM_PRIVATE_H

#include "tools/upstream.h"

/* The spec of an entry. */
struct sp_upstream_entry {
	struct sp_upstream upstream;
	enum sp_upstream_list { SP_UPSTREAM_TOOL, SP_UPSTREAM_RESOURCE, SP_UPSTREAM_TEMPLATE, SP_UPSTREAM_PROMPT } list;
	const char *name;		/* the upstream's; of a resource its URI */
	struct sp_str fixed;		/* arguments that nobody can send, a JSON object; absent: none */
	struct sp_param_headers headers;
	enum { SP_UPSTREAM_NOT_HELD, SP_UPSTREAM_CHANGED, SP_UPSTREAM_GONE } held;
	enum { SP_UPSTREAM_NO_TASK, SP_UPSTREAM_MAY_BE_TASK, SP_UPSTREAM_IS_TASK } task;	/* of a session's server */
	const char *completes;		/* the argument of it that is completed; NULL: it is called */
};

struct sp_upstream_call {
	const struct sp_tool_call *call;
	const struct sp_upstream_entry *entry;
	struct sp_upstream_talk talk;
	struct sp_mcp_task task;	/* that was made of it, and has not ended */
	bool stale;			/* a list of the upstream has changed, as it said */
	struct sp_tool_result *out;
};

/* Adds a value that has another owner, too; it is returned. */
struct json_object *sp_upstream_keep(struct json_object *to, const char *name, struct json_object *value);

/* ---- upstream_end.c: how a call ends ---- */

/* The request is failed: the database is away. */
enum sp_tool_outcome sp_upstream_fail_db(const struct sp_tool_call *call);
/* The end of a call that has no result: its audit row, and what goes along with it. */
enum sp_tool_outcome sp_upstream_end_as(const struct sp_tool_call *call, enum sp_tool_outcome outcome, const char *audit,
    const struct sp_tool_result *out);
/* An error for the model, and why for the audit trail. */
enum sp_tool_outcome sp_upstream_end_with_error(struct sp_upstream_call *c, const char *why, const char *text);
/* What the upstream says of an error. */
enum sp_tool_outcome sp_upstream_end_with_rpc_error(struct sp_upstream_call *c, const struct sp_tool_error *error);
/* There is no answer. */
enum sp_tool_outcome sp_upstream_end_without_answer(struct sp_upstream_call *c, enum sp_mcp_reply_kind kind);

/* It answers; it does not. */
void sp_upstream_tell_works(struct sp_upstream_call *c);
void sp_upstream_tell_failed(struct sp_upstream_call *c, const char *why);

/* ---- upstream_result.c: a result, named as ours ---- */

enum sp_tool_outcome sp_upstream_end_with_result(struct sp_upstream_call *c, struct json_object *result);

/* ---- upstream_ask.c: asking our caller ---- */

/* What of the caller's capabilities an upstream may know of: what it can ask. */
struct json_object *sp_upstream_capabilities(struct sp_arena *mem, struct json_object *of_caller);
/* The call ends as SP_TOOL_ASKS; request_state may be NULL. */
enum sp_tool_outcome sp_upstream_ask(struct sp_upstream_call *c, struct json_object *requests, struct json_object *request_state);
/* What the call keeps for its next round, with the task that was made of it. */
struct json_object *sp_upstream_state(const struct sp_upstream_call *c);
/* Of the answers of all rounds those that an upstream of 2026-07-28 asked for last; NULL: this is the first. */
struct json_object *sp_upstream_answers(const struct sp_upstream_call *c);
/* 2025-11-25: an error that wants a person to visit a page first, as questions. */
struct json_object *sp_upstream_url_questions(struct sp_arena *mem, struct json_object *data);

#endif
