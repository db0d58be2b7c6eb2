/* mcp_client_task.c - tasks that another MCP server makes of calls */
#include "tools/mcp_client_private.h"

#include "base/clock.h"

#define POLL_MS		1000		/* for a server that does not say how often */
#define POLL_MIN_MS	100
#define POLL_MAX_MS	30000
#define LOOK_MS		30000		/* for an answer to one tasks/get */
#define FAILURES_MAX	3		/* in a row; a task does not end with a connection */
#define CANCEL_MS	2000

bool
sp_mcp_client_has_tasks(const struct sp_mcp_client *c)
{
	struct json_object *requests = sp_json_get(sp_json_get(c->server, "tasks"), "requests");

	return c->era == SP_MCP_ERA_SESSION && sp_json_get(sp_json_get(requests, "tools"), "call") != NULL;
}

static int64_t
poll_of(struct json_object *task, const char *name)
{
	struct json_object *ms = sp_json_get(task, name);

	return json_object_is_type(ms, json_type_int) ? json_object_get_int64(ms) : 0;
}

bool
sp_mcp_task_made(struct sp_mcp_client *c, struct json_object *result, struct sp_mcp_task *out)
{
	bool modern = c->era == SP_MCP_ERA_MODERN;
	struct json_object *task = modern ? result : sp_json_get(result, "task");
	struct sp_str id = sp_json_get_str(task, "taskId");

	if ((modern && !sp_str_is(sp_json_get_str(result, "resultType"), "task")) || id.len == 0 || id.len > SP_MCP_TASK_ID_MAX)
		return false;
	*out = (struct sp_mcp_task){ .id = sp_cstr(c->mem, id), .poll_ms = poll_of(task, modern ? "pollIntervalMs" : "pollInterval") };
	c->task_request = c->last_id;
	return true;
}

static enum sp_mcp_reply_kind
ask_about(struct sp_mcp_client *c, const char *method, const struct sp_mcp_task *task, struct json_object *responses,
    struct sp_mcp_reply *out)
{
	struct json_object *params = sp_json_new(c->mem);
	const struct sp_mcp_request rq = { .method = method, .params = params, .name = sp_str(task->id) };

	sp_json_set_str(params, "taskId", sp_str(task->id));
	if (responses != NULL)
		sp_mcp_add(params, "inputResponses", responses);
	return sp_mcp_client_request(c, &rq, true, out);
}

/* ---- one look ---- */

/* A task that is followed. */
struct following {
	const struct sp_mcp_task *task;
	int64_t poll_ms;
	double changes;			/* of what it says of itself */
	char said[256];			/* the last */
	unsigned failures;
	bool over;			/* *out is what it has come to */
};

static enum sp_mcp_reply_kind
gone(struct sp_mcp_reply *out, const char *message)
{
	*out = (struct sp_mcp_reply){ .error = { .code = SP_MCP_TASK_GONE, .message = sp_str(message) } };
	return SP_MCP_REPLY_ERROR;
}

/* What it says of itself is told as progress of the call, which knows no better number. */
static void
tell(struct sp_mcp_client *c, struct following *f, struct sp_str message)
{
	const struct sp_exchange *x = c->exchange;
	struct sp_str cut = sp_utf8_cut(message, sizeof(f->said) - 1);

	if (x == NULL || x->progress == NULL || cut.len == 0 || sp_str_is(cut, f->said))
		return;
	memcpy(f->said, cut.p, cut.len);
	f->said[cut.len] = '\0';
	x->progress(x->arg, &(struct sp_progress){ .progress = ++f->changes, .message = cut });
}

/* tasks/result, which a session's server answers when the task has ended, and on whose way it asks. */
static enum sp_mcp_reply_kind
get_result(struct sp_mcp_client *c, struct following *f, struct sp_mcp_reply *out)
{
	enum sp_mcp_reply_kind kind = ask_about(c, "tasks/result", f->task, NULL, out);

	f->over = kind != SP_MCP_REPLY_BROKEN || c->wire->again != NULL || ++f->failures >= FAILURES_MAX;
	return kind;
}

/* A task of 2026-07-28 has all in itself. */
static enum sp_mcp_reply_kind
take_end(struct sp_mcp_client *c, struct json_object *task, bool failed, struct sp_mcp_reply *out)
{
	struct json_object *error = sp_json_get(task, "error"), *result = sp_json_get(task, "result");

	*out = (struct sp_mcp_reply){ 0 };
	if (!failed && json_object_is_type(result, json_type_object)) {
		out->result = result;
		return SP_MCP_REPLY;
	}
	if (failed && json_object_is_type(sp_json_get(error, "code"), json_type_int)) {
		out->error = (struct sp_tool_error){ .code = json_object_get_int(sp_json_get(error, "code")),
		    .message = sp_json_get_str(error, "message"), .data = sp_json_get(error, "data") };
		return SP_MCP_REPLY_ERROR;
	}
	c->why = "its task ended with neither a result nor an error";
	return SP_MCP_REPLY_BROKEN;
}

static enum sp_mcp_reply_kind
take_status(struct sp_mcp_client *c, struct following *f, struct json_object *task, struct sp_mcp_reply *out)
{
	struct sp_str status = sp_json_get_str(task, "status");
	bool modern = c->era == SP_MCP_ERA_MODERN;

	tell(c, f, sp_json_get_str(task, "statusMessage"));
	if (sp_str_is(status, "working")) {
		f->failures = 0;
		return SP_MCP_REPLY;
	}
	if (sp_str_is(status, "cancelled")) {
		f->over = true;
		return gone(out, "the task was cancelled");
	}
	if (sp_str_is(status, "input_required")) {
		struct json_object *requests = sp_json_get(task, "inputRequests");

		if (!modern)
			return get_result(c, f, out);
		/* what was answered, and is not asked any more */
		f->over = !json_object_is_type(requests, json_type_object) || json_object_object_length(requests) > 0;
		*out = (struct sp_mcp_reply){ .questions = requests };
		return f->over ? SP_MCP_REPLY_ASKS : SP_MCP_REPLY;
	}
	f->over = true;
	if (sp_str_is(status, "completed") || sp_str_is(status, "failed"))
		return modern ? take_end(c, task, sp_str_is(status, "failed"), out) : get_result(c, f, out);
	c->why = "its task has a status that is unknown here";
	return SP_MCP_REPLY_BROKEN;
}

/* One tasks/get.  A connection that fails is not the end of a task, but often enough is enough. */
static enum sp_mcp_reply_kind
look(struct sp_mcp_client *c, struct following *f, struct sp_mcp_reply *out)
{
	int64_t deadline_ms = c->wire->deadline_ms, look_ms = sp_monotonic_ms() + LOOK_MS;
	enum sp_mcp_reply_kind kind;
	int64_t ms;

	if (look_ms < deadline_ms)
		c->wire->deadline_ms = look_ms;
	kind = ask_about(c, "tasks/get", f->task, NULL, out);
	c->wire->deadline_ms = deadline_ms;
	switch (kind) {
	case SP_MCP_REPLY:
		ms = poll_of(out->result, c->era == SP_MCP_ERA_MODERN ? "pollIntervalMs" : "pollInterval");
		f->poll_ms = ms > 0 ? ms : f->poll_ms;
		return take_status(c, f, out->result, out);
	case SP_MCP_REPLY_ERROR:
		f->over = true;
		return gone(out, "the task is not known any more");
	case SP_MCP_REPLY_BROKEN:
	case SP_MCP_REPLY_UNREACHABLE:
	case SP_MCP_REPLY_LATE:
		f->over = ++f->failures >= FAILURES_MAX || c->wire->again != NULL || sp_monotonic_ms() >= deadline_ms;
		break;
	default:
		f->over = true;
		break;
	}
	return kind;
}

/* ---- following ---- */

static struct json_object *
copied(struct sp_arena *mem, struct json_object *json)
{
	struct json_object *copy = NULL;
	const char *why;

	return json != NULL && sp_json_parse_large(mem, sp_json_canonical(mem, json), &copy, &why) ? copy : NULL;
}

/*
 * Looks in memory that is free again behind it: a task may take hours, and a server
 * that plays with us may say a lot each time.
 */
static enum sp_mcp_reply_kind
look_aside(struct sp_mcp_client *c, struct following *f, struct sp_mcp_reply *out)
{
	struct sp_arena *mem = c->mem;
	struct sp_mcp_reply reply = { 0 };
	enum sp_mcp_reply_kind kind;

	c->mem = c->wire->mem = sp_arena_new();
	kind = look(c, f, &reply);
	*out = (struct sp_mcp_reply){ 0 };
	if (f->over && kind == SP_MCP_REPLY)
		out->result = copied(mem, reply.result);
	else if (f->over && kind == SP_MCP_REPLY_ASKS)
		out->questions = copied(mem, reply.questions);
	else if (f->over && kind == SP_MCP_REPLY_ERROR)
		out->error = (struct sp_tool_error){ .code = reply.error.code, .message = sp_str_dup(mem, reply.error.message),
		    .data = copied(mem, reply.error.data) };
	c->why = c->wire->why = f->over && c->why != NULL ? sp_strdup(mem, c->why) : NULL;
	sp_arena_free(c->mem);
	c->mem = c->wire->mem = mem;
	return kind;
}

enum sp_mcp_reply_kind
sp_mcp_task_follow(struct sp_mcp_client *c, const struct sp_mcp_task *task, struct sp_mcp_reply *out)
{
	struct following f = { .task = task, .poll_ms = task->poll_ms };
	enum sp_mcp_reply_kind kind;

	if (c->task_request == 0)
		c->task_request = -1;	/* it was made in another conversation, and nobody knows its token */
	for (;;) {
		int64_t pause_ms = f.poll_ms <= 0 ? POLL_MS : f.poll_ms < POLL_MIN_MS ? POLL_MIN_MS :
		    f.poll_ms > POLL_MAX_MS ? POLL_MAX_MS : f.poll_ms;
		int64_t until_ms = sp_monotonic_ms() + pause_ms;

		kind = sp_mcp_client_listen(c, until_ms, out);
		if (kind != SP_MCP_REPLY_LATE || until_ms >= c->wire->deadline_ms)
			break;
		kind = look_aside(c, &f, out);
		if (f.over)
			break;
	}
	c->task_request = 0;
	return kind;
}

enum sp_mcp_reply_kind
sp_mcp_task_answer(struct sp_mcp_client *c, const struct sp_mcp_task *task, struct json_object *responses,
    struct sp_mcp_reply *out)
{
	return ask_about(c, "tasks/update", task, responses, out);
}

void
sp_mcp_task_cancel(struct sp_mcp_client *c, const struct sp_mcp_task *task)
{
	struct sp_mcp_reply reply;

	c->wire->deadline_ms = sp_monotonic_ms() + CANCEL_MS;
	(void)!ask_about(c, "tasks/cancel", task, NULL, &reply);
}
