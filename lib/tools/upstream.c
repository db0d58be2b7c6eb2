/* upstream.c - tools, resources and prompts of other MCP servers: kind "upstream" */
#include "tools/upstream_private.h"

#include <time.h>

#include "base/clock.h"
#include "db/queries.h"

#define AGAIN_MAX	5		/* how often an upstream may want the same call again without asking anything */
#define COMPLETION_BYTES ((size_t)256 * 1024)	/* of an answer to a completion */

/* ---- the spec ---- */

static bool
load_list(struct json_object *json, struct sp_upstream_entry *entry)
{
	static const char *const names[] = { "tool", "resource", "template", "prompt" };
	struct sp_str list = sp_json_get_str(json, "list");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sp_str_is(list, names[i])) {
			entry->list = (enum sp_upstream_list)i;
			return true;
		}
	return false;
}

/* The tree of the row goes, and a tree that threads share is not to be counted in: what is kept is copied. */
static bool
load(struct sp_arena *mem, struct json_object *json, const void **out, const char **why)
{
	struct sp_upstream_entry *entry = sp_alloc(mem, sizeof(*entry));
	struct json_object *upstream = sp_json_get(json, "upstream"), *copy;
	struct sp_str held = sp_json_get_str(json, "held"), task = sp_json_get_str(json, "task");

	*why = "its upstream is not there";
	if (!json_object_is_type(upstream, json_type_object) ||
	    !sp_json_parse_large(mem, sp_json_canonical(mem, upstream), &copy, why) ||
	    !sp_upstream_read(mem, copy, &entry->upstream, why))
		return false;
	entry->upstream.rules = entry->upstream.scopes = NULL;
	entry->name = sp_cstr(mem, sp_json_get_str(json, "name"));
	*why = "its spec is malformed";
	if (entry->name == NULL || !load_list(json, entry))
		return false;
	if (sp_json_get(json, "fixed") != NULL)
		entry->fixed = sp_json_canonical(mem, sp_json_get(json, "fixed"));
	entry->held = sp_str_is(held, "changed") ? SP_UPSTREAM_CHANGED : held.p != NULL ? SP_UPSTREAM_GONE : SP_UPSTREAM_NOT_HELD;
	entry->task = sp_str_is(task, "required") ? SP_UPSTREAM_IS_TASK : task.p != NULL ? SP_UPSTREAM_MAY_BE_TASK :
	    SP_UPSTREAM_NO_TASK;
	*out = entry;
	return sp_json_get(json, "headers") == NULL || sp_param_headers(mem, sp_json_get(json, "headers"), &entry->headers, why);
}

bool
sp_upstream_is_away(const struct sp_tool *tool)
{
	const struct sp_upstream_entry *entry = tool->spec;

	return tool->kind == &sp_upstream_kind && (entry->held != SP_UPSTREAM_NOT_HELD || entry->upstream.down);
}

/* ---- what is known of an upstream ---- */

struct answer { bool yes; };

static const struct sp_column may_columns[] = { { "may", SP_COL_BOOL, offsetof(struct answer, yes) }, { NULL } };

static bool
may_try(struct sp_upstream_call *c)
{
	struct answer may = { false };

	return !c->entry->upstream.down || sp_db_row(&c->call->req->db, &sp_q_upstream_try,
	    SP_PARAMS(SP_P_TEXT(c->entry->upstream.name)), may_columns, &may) != SP_DB_ROW || may.yes;
}

/* ---- the call ---- */

static bool
gone(void *arg)
{
	const struct sp_tool_call *call = arg;
	const struct sp_db_watch *watch = call->req->db.watch;

	return watch != NULL && watch->gone(watch->arg);
}

static struct json_object *
arguments_of(struct sp_upstream_call *c, struct json_object *arguments)
{
	struct json_object *all = sp_json_new(c->call->req->mem), *fixed;
	const char *why;

	if (arguments != NULL) {
		json_object_object_foreach(arguments, name, value)
			sp_upstream_keep(all, name, value);
	}
	if (c->entry->fixed.p != NULL && sp_json_parse_large(c->call->req->mem, c->entry->fixed, &fixed, &why)) {
		json_object_object_foreach(fixed, n, v)
			sp_upstream_keep(all, n, v);
	}
	return all;
}

static bool
is_of_uri(const struct sp_upstream_call *c)
{
	return c->entry->list == SP_UPSTREAM_RESOURCE || c->entry->list == SP_UPSTREAM_TEMPLATE;
}

static const char *
method_of(const struct sp_upstream_call *c)
{
	return c->entry->completes != NULL ? "completion/complete" : c->entry->list == SP_UPSTREAM_TOOL ? "tools/call" :
	    c->entry->list == SP_UPSTREAM_PROMPT ? "prompts/get" : "resources/read";
}

static struct sp_str
uri_of(struct sp_upstream_call *c)
{
	struct sp_str uri = sp_upstream_uri_back(&c->entry->upstream, c->call->name);

	return uri.p != NULL ? uri : sp_str(c->entry->name);
}

/* arguments: {"value", "context"}, as completing functions are given them. */
static struct json_object *
completion_params(struct sp_upstream_call *c, struct json_object *arguments)
{
	struct sp_arena *mem = c->call->req->mem;
	struct json_object *params = sp_json_new(mem), *ref = sp_json_new(mem), *argument = sp_json_new(mem), *context;
	bool of_prompt = c->entry->list == SP_UPSTREAM_PROMPT;

	sp_json_set_str(ref, "type", of_prompt ? SP_LIT("ref/prompt") : SP_LIT("ref/resource"));
	sp_json_set_str(ref, of_prompt ? "name" : "uri", sp_str(c->entry->name));
	sp_upstream_keep(params, "ref", ref);
	sp_json_set_str(argument, "name", sp_str(c->entry->completes));
	sp_json_set_str(argument, "value", sp_json_get_str(arguments, "value"));
	sp_upstream_keep(params, "argument", argument);
	if (json_object_object_length(sp_json_get(arguments, "context")) > 0) {
		context = sp_json_new(mem);
		sp_upstream_keep(context, "arguments", sp_json_get(arguments, "context"));
		sp_upstream_keep(params, "context", context);
	}
	return params;
}

/* Whether our own call is a task, or its caller takes one for an answer. */
static bool
is_in_task(const struct sp_upstream_call *c)
{
	return c->call->exchange != NULL && c->call->exchange->in_task;
}

static bool
may_be_task(const struct sp_upstream_call *c)
{
	return c->call->exchange != NULL && c->call->exchange->may_detach && !is_in_task(c);
}

static struct json_object *
params_of(struct sp_upstream_call *c, struct json_object *arguments)
{
	struct sp_arena *mem = c->call->req->mem;
	struct json_object *params = sp_json_new(mem), *answers, *ttl;

	if (c->entry->completes != NULL)
		return completion_params(c, arguments);
	if (is_of_uri(c)) {
		sp_json_set_str(params, "uri", uri_of(c));
	} else {
		sp_json_set_str(params, "name", sp_str(c->entry->name));
		sp_upstream_keep(params, "arguments", arguments_of(c, arguments));
	}
	if (c->talk.client.era == SP_MCP_ERA_MODERN) {
		if ((answers = sp_upstream_answers(c)) != NULL)
			sp_upstream_keep(params, "inputResponses", answers);
		if (answers != NULL && sp_json_get(c->call->exchange->state, "requestState") != NULL)
			sp_upstream_keep(params, "requestState", sp_json_get(c->call->exchange->state, "requestState"));
	} else if (sp_mcp_client_has_tasks(&c->talk.client) &&
	    (c->entry->task == SP_UPSTREAM_IS_TASK || (c->entry->task == SP_UPSTREAM_MAY_BE_TASK && is_in_task(c)))) {
		/* nobody asks for it later than this */
		ttl = json_object_new_int64(sp_tool_timeout_ms(c->call) + 60000);
		if (ttl == NULL || json_object_object_add(sp_upstream_keep(params, "task", sp_json_new(mem)), "ttl", ttl) != 0)
			sp_out_of_memory();
	}
	return params;
}

/* 2026-07-28: it wants the same call again, with this state, and asks nothing. */
static bool
wants_again(struct json_object *result)
{
	return sp_str_is(sp_json_get_str(result, "resultType"), "input_required") && sp_json_get(result, "inputRequests") == NULL &&
	    json_object_is_type(sp_json_get(result, "requestState"), json_type_string);
}

static enum sp_mcp_reply_kind
request(struct sp_upstream_call *c, struct json_object *arguments, struct sp_mcp_reply *reply)
{
	const struct timespec pause = { 0, 200 * 1000000L };
	struct json_object *params = params_of(c, arguments);
	const struct sp_mcp_request rq = {
		.method = method_of(c), .params = params, .headers = &c->entry->headers,
		.name = c->entry->completes != NULL ? (struct sp_str){ NULL, 0 } : is_of_uri(c) ? uri_of(c) : sp_str(c->entry->name),
	};
	enum sp_mcp_reply_kind kind = sp_mcp_client_call(&c->talk.client, &rq, reply);

	for (int i = 0; i < AGAIN_MAX && kind == SP_MCP_REPLY && wants_again(reply->result); i++) {
		nanosleep(&pause, NULL);
		sp_upstream_keep(params, "requestState", sp_json_get(reply->result, "requestState"));
		kind = sp_mcp_client_call(&c->talk.client, &rq, reply);
	}
	if (kind != SP_MCP_REPLY || c->entry->list != SP_UPSTREAM_TOOL || !sp_mcp_task_made(&c->talk.client, reply->result, &c->task))
		return kind;
	/* a task of 2026-07-28 is anybody's who has its id, and becomes ours where our caller takes one */
	if (c->talk.client.era == SP_MCP_ERA_MODERN && may_be_task(c))
		return kind;
	return sp_mcp_task_follow(&c->talk.client, &c->task, reply);
}

/*
 * Goes on with a task of 2026-07-28 that an earlier round, or run, has left.  One that
 * is gone may have been stopped with the run: a call that may be made again is.
 */
static enum sp_mcp_reply_kind
go_on(struct sp_upstream_call *c, struct json_object *arguments, struct sp_mcp_reply *reply)
{
	struct json_object *answers = sp_upstream_answers(c);
	enum sp_mcp_reply_kind kind = SP_MCP_REPLY;

	if (answers != NULL && json_object_object_length(answers) > 0)
		kind = sp_mcp_task_answer(&c->talk.client, &c->task, answers, reply);
	if (kind == SP_MCP_REPLY)
		kind = sp_mcp_task_follow(&c->talk.client, &c->task, reply);
	if (kind != SP_MCP_REPLY_ERROR || reply->error.code != SP_MCP_TASK_GONE || !c->call->tool->repeatable)
		return kind;
	c->task.id = NULL;
	return request(c, arguments, reply);
}

static enum sp_mcp_reply_kind
converse(struct sp_upstream_call *c, struct json_object *arguments, struct sp_mcp_reply *reply)
{
	enum sp_mcp_reply_kind kind = sp_upstream_open(&c->talk);

	if (kind != SP_MCP_REPLY)
		return kind;
	if (c->task.id != NULL && c->talk.client.era == SP_MCP_ERA_MODERN)
		return go_on(c, arguments, reply);
	c->task.id = NULL;
	kind = request(c, arguments, reply);
	if (!c->talk.client.wrong_era || c->entry->upstream.era != SP_MCP_ERA_UNKNOWN)
		return kind;
	/* it is another one than when its era was found out; a server that refused a request did nothing */
	kind = sp_upstream_reopen(&c->talk);
	return kind == SP_MCP_REPLY ? request(c, arguments, reply) : kind;
}

/* What is not waited for any more is not to be done, either. */
static void
end_task(struct sp_upstream_call *c, enum sp_mcp_reply_kind kind)
{
	const struct sp_db_watch *watch = c->call->req->db.watch;
	bool asks_anew = kind == SP_MCP_REPLY_ASKS && c->talk.client.era == SP_MCP_ERA_SESSION;

	if (c->task.id == NULL || !(asks_anew || kind == SP_MCP_REPLY_GONE || kind == SP_MCP_REPLY_LATE || kind == SP_MCP_REPLY_TOO_LARGE))
		return;
	c->call->req->db.watch = NULL;		/* or it would stop this, too */
	sp_mcp_task_cancel(&c->talk.client, &c->task);
	c->call->req->db.watch = watch;
	c->task.id = NULL;
}

static enum sp_tool_outcome
detach(struct sp_upstream_call *c)
{
	*c->out = (struct sp_tool_result){ .questions = { .state = sp_upstream_state(c) } };
	return SP_TOOL_DETACHES;
}

static enum sp_tool_outcome
conclude(struct sp_upstream_call *c, enum sp_mcp_reply_kind kind, const struct sp_mcp_reply *reply)
{
	struct sp_str type;

	if (kind != SP_MCP_REPLY && kind != SP_MCP_REPLY_ERROR && kind != SP_MCP_REPLY_ASKS)
		return sp_upstream_end_without_answer(c, kind);
	sp_upstream_tell_works(c);
	if (kind == SP_MCP_REPLY_ERROR)
		return sp_upstream_end_with_rpc_error(c, &reply->error);
	if (kind == SP_MCP_REPLY_ASKS)
		return sp_upstream_ask(c, reply->questions, NULL);
	type = sp_json_get_str(reply->result, "resultType");
	if (sp_str_is(type, "task") && c->task.id != NULL)
		return detach(c);
	if (sp_str_is(type, "input_required"))
		return sp_upstream_ask(c, sp_json_get(reply->result, "inputRequests"), sp_json_get(reply->result, "requestState"));
	if (type.p != NULL && !sp_str_is(type, "complete"))
		return sp_upstream_end_with_error(c, "a result of an unknown type", "the server behind this tool gave a result that is unknown here");
	return sp_upstream_end_with_result(c, reply->result);
}

/* The statement that must not fail comes first: what an upstream did cannot be undone. */
static bool
is_guarded(const struct sp_tool_call *call, enum sp_tool_outcome *outcome)
{
	struct sp_db *db = &call->req->db;

	if (call->guard == NULL || sp_db_do(db, call->guard, call->guard_params, NULL))
		return false;
	*outcome = strcmp(db->sqlstate, call->guard_sqlstate) == 0 ? SP_TOOL_GUARDED : sp_upstream_fail_db(call);
	return true;
}

/* A state that was spent beforehand is needed again by a call that asks, or goes on as a task. */
static enum sp_tool_outcome
return_state(const struct sp_tool_call *asked, enum sp_tool_outcome outcome)
{
	if ((outcome != SP_TOOL_ASKS && outcome != SP_TOOL_DETACHES) || asked->guard != &sp_q_request_state_spend ||
	    sp_db_do(&asked->req->db, &sp_q_request_state_return, SP_PARAMS(asked->guard_params[0]), NULL))
		return outcome;
	return sp_upstream_fail_db(asked);
}

static void
hear_news(void *arg, enum sp_mcp_news what, struct sp_str uri)
{
	struct sp_upstream_call *c = arg;

	(void)uri;
	c->stale = c->stale || what == SP_MCP_LIST_CHANGED;
}

static enum sp_tool_outcome
call_upstream(const struct sp_tool_call *asked, struct json_object *arguments, struct sp_tool_result *out)
{
	struct sp_tool_call call = *asked;
	const struct sp_exchange *x = call.exchange;
	struct sp_upstream_call c = { .call = &call, .entry = call.tool->spec, .out = out };
	enum sp_tool_outcome outcome;
	enum sp_mcp_reply_kind kind;
	struct sp_mcp_reply reply;

	if (is_guarded(&call, &outcome))
		return outcome;
	call.guard = NULL;
	switch (c.entry->held) {
	case SP_UPSTREAM_NOT_HELD:
		break;
	case SP_UPSTREAM_CHANGED:
		return sp_upstream_end_with_error(&c, "held: its definition has changed",
		    "the definition of this tool has changed at its server, and waits for an administrator's approval");
	case SP_UPSTREAM_GONE:
		return sp_upstream_end_with_error(&c, "held: its server has it no more", "the server behind this tool has it no more");
	}
	if (!may_try(&c))
		return sp_upstream_end_with_error(&c, "its upstream is down", "the server behind this tool is down; it is tried again soon");
	c.talk = (struct sp_upstream_talk){
		.req = call.req, .caller = call.caller, .upstream = &c.entry->upstream, .deadline_ms = sp_tool_deadline_ms(&call),
		.max_bytes = (size_t)call.tool->max_bytes, .gone = gone, .arg = &call,
		.client = { .exchange = x, .trace = &call.trace, .takes_tasks = c.entry->list == SP_UPSTREAM_TOOL,
		    .capabilities = x != NULL ? sp_upstream_capabilities(call.req->mem, x->capabilities) : NULL,
		    .responses = x != NULL ? x->responses : NULL, .news = hear_news, .news_arg = &c },
	};
	c.task.id = x != NULL ? sp_cstr(call.req->mem, sp_json_get_str(x->state, "task")) : NULL;
	sp_db_end(&call.req->db);
	kind = converse(&c, arguments, &reply);
	end_task(&c, kind);
	outcome = return_state(asked, conclude(&c, kind, &reply));
	if (c.stale)
		(void)!sp_db_do(&call.req->db, &sp_q_upstream_said, SP_PARAMS(SP_P_TEXT(c.entry->upstream.name), SP_P_TEXT("[]"),
		    SP_P_BOOL(true)), NULL);
	sp_db_end(&call.req->db);
	sp_upstream_close(&c.talk);
	return outcome;
}

const struct sp_tool_kind sp_upstream_kind = { "upstream", load, call_upstream };

/* ---- completions ---- */

static enum sp_tool_outcome
complete(const struct sp_tool_call *asked, struct json_object *arguments, struct sp_tool_result *out)
{
	const struct sp_upstream_entry *entry = asked->tool->spec;

	if (entry->upstream.completes)
		return call_upstream(asked, arguments, out);
	*out = (struct sp_tool_result){ .json = SP_LIT("{\"values\":[],\"total\":0,\"hasMore\":false}") };
	return sp_tool_finish(asked, NULL, out);
}

static const struct sp_tool_kind completing = { .name = "upstream", .call = complete };

const struct sp_tool *
sp_upstream_completion(struct sp_arena *mem, const struct sp_tool *entry, const char *argument)
{
	struct sp_upstream_entry *spec = sp_alloc(mem, sizeof(*spec));
	struct sp_tool *tool = sp_alloc(mem, sizeof(*tool));

	*spec = *(const struct sp_upstream_entry *)entry->spec;
	spec->completes = argument;
	*tool = *entry;
	tool->kind = &completing;
	tool->spec = spec;
	tool->max_bytes = COMPLETION_BYTES;
	return tool;
}
