/* upstream.c - tools, resources and prompts of other MCP servers: kind "upstream" */
#include "tools/upstream.h"

#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/queries.h"

#define ROUNDS_MAX	16		/* of questions in one call */
#define AGAIN_MAX	5		/* how often an upstream may want the same call again without asking anything */
#define PROBE_MS	2000		/* for an upstream that did not answer a call in time to say that it is there */
#define TEXT_MAX	2048		/* bytes of what an upstream says of an error */

#define INVALID_PARAMS		(-32602)
#define RESOURCE_NOT_FOUND	(-32002)	/* until 2025-11-25 */
#define URL_ELICITATION_REQUIRED (-32042)	/* 2025-11-25 */

/* ---- the spec ---- */

struct spec {
	struct sp_upstream upstream;
	enum list { TOOL, RESOURCE, TEMPLATE, PROMPT } list;
	const char *name;		/* the upstream's; of a resource its URI */
	struct sp_str fixed;		/* arguments that nobody can send, a JSON object; absent: none */
	struct sp_param_headers headers;
	enum { NOT_HELD, CHANGED, GONE } held;
};

static bool
load_list(struct json_object *json, struct spec *spec)
{
	static const char *const names[] = { "tool", "resource", "template", "prompt" };
	struct sp_str list = sp_json_get_str(json, "list");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sp_str_is(list, names[i])) {
			spec->list = (enum list)i;
			return true;
		}
	return false;
}

/* The tree of the row goes, and a tree that threads share is not to be counted in: what is kept is copied. */
static bool
load(struct sp_arena *mem, struct json_object *json, const void **out, const char **why)
{
	struct spec *spec = sp_alloc(mem, sizeof(*spec));
	struct json_object *upstream = sp_json_get(json, "upstream"), *copy;
	struct sp_str held = sp_json_get_str(json, "held");

	*why = "its upstream is not there";
	if (!json_object_is_type(upstream, json_type_object) ||
	    !sp_json_parse_large(mem, sp_json_canonical(mem, upstream), &copy, why) ||
	    !sp_upstream_read(mem, copy, &spec->upstream, why))
		return false;
	spec->upstream.rules = spec->upstream.scopes = NULL;
	spec->name = sp_cstr(mem, sp_json_get_str(json, "name"));
	*why = "its spec is malformed";
	if (spec->name == NULL || !load_list(json, spec))
		return false;
	if (sp_json_get(json, "fixed") != NULL)
		spec->fixed = sp_json_canonical(mem, sp_json_get(json, "fixed"));
	spec->held = sp_str_is(held, "changed") ? CHANGED : held.p != NULL ? GONE : NOT_HELD;
	*out = spec;
	return sp_json_get(json, "headers") == NULL || sp_param_headers(mem, sp_json_get(json, "headers"), &spec->headers, why);
}

bool
sp_upstream_is_away(const struct sp_tool *tool)
{
	const struct spec *spec = tool->spec;

	return tool->kind == &sp_upstream_kind && (spec->held != NOT_HELD || spec->upstream.down);
}

/* ---- how a call ends ---- */

struct call {
	const struct sp_tool_call *call;
	const struct spec *spec;
	struct sp_upstream_talk talk;
	struct sp_tool_result *out;
};

static enum sp_tool_outcome
fail_db(const struct sp_tool_call *call)
{
	(void)sp_fail_db(call->req);
	return SP_TOOL_FAILED;
}

/* The end of a call that has no result: its audit row, and what goes along with it. */
static enum sp_tool_outcome
end_as(const struct sp_tool_call *call, enum sp_tool_outcome outcome, const char *audit, const struct sp_tool_result *out)
{
	double ms = (double)(sp_monotonic_us() - call->started_us) / 1000;
	struct sp_db *db = &call->req->db;
	PGresult **results;
	size_t failed;

	if (!sp_db_pipeline_open(db))
		return fail_db(call);
	sp_db_pipeline_add(db, &sp_q_tool_call_audit, sp_tool_audit(call, audit, ms, NULL, NULL));
	if (call->along != NULL)
		call->along(call, outcome, out);
	if (sp_db_pipeline_run(db, &results, &failed))
		return outcome;
	return call->along != NULL && strcmp(db->sqlstate, call->guard_sqlstate) == 0 ? SP_TOOL_GUARDED : fail_db(call);
}

/* An error for the model, and why for the audit trail. */
static enum sp_tool_outcome
end_with_error(struct call *c, const char *why, const char *text)
{
	*c->out = (struct sp_tool_result){ .is_error = true, .text = sp_str(text) };
	return sp_tool_finish(c->call, why, c->out);
}

/* Words of a stranger: one short text without what a terminal or a log would obey. */
static struct sp_str
cleaned(struct sp_arena *mem, struct sp_str text)
{
	struct sp_str cut = sp_utf8_cut(text, TEXT_MAX);
	char *out = sp_cstr(mem, cut);

	for (size_t i = 0; i < cut.len; i++)
		if ((unsigned char)out[i] < 0x20 && out[i] != '\n')
			out[i] = ' ';
	return cut.p == NULL ? SP_LIT("") : (struct sp_str){ out, cut.len };
}

/* ---- what is known of an upstream ---- */

struct answer { bool yes; };

static const struct sp_column may_columns[] = { { "may", SP_COL_BOOL, offsetof(struct answer, yes) }, { NULL } };

static bool
may_try(struct call *c)
{
	struct answer may = { false };

	return !c->spec->upstream.down || sp_db_row(&c->call->req->db, &sp_q_upstream_try,
	    SP_PARAMS(SP_P_TEXT(c->spec->upstream.name)), may_columns, &may) != SP_DB_ROW || may.yes;
}

static void
tell_works(struct call *c)
{
	const struct sp_upstream *u = &c->spec->upstream;
	bool era_is_news = u->era == SP_MCP_ERA_UNKNOWN && c->talk.client.era != u->found;

	if (u->down || era_is_news)
		(void)!sp_db_do(&c->call->req->db, &sp_q_upstream_works, SP_PARAMS(SP_P_TEXT(u->name),
		    SP_P_TEXT(era_is_news ? sp_mcp_era_name(c->talk.client.era) : NULL)), NULL);
}

static void
tell_failed(struct call *c, const char *why)
{
	sp_log(SP_WARN, "upstream", SP_L("name", c->spec->upstream.name), SP_L("request", c->call->req->id), SP_L("why", why));
	(void)!sp_db_do(&c->call->req->db, &sp_q_upstream_failed, SP_PARAMS(SP_P_TEXT(c->spec->upstream.name), SP_P_TEXT(why)), NULL);
}

/* ---- asking our caller ---- */

static struct json_object *
keep(struct json_object *to, const char *name, struct json_object *value)
{
	if (json_object_object_add(to, name, json_object_get(value)) != 0)
		sp_out_of_memory();
	return value;
}

/* What of the caller's capabilities an upstream may know of: what it can ask. */
static struct json_object *
capabilities(struct sp_arena *mem, struct json_object *of_caller)
{
	static const char *const names[] = { "elicitation", "sampling", "roots" };
	struct json_object *out = sp_json_new(mem);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_object_is_type(sp_json_get(of_caller, names[i]), json_type_object))
			keep(out, names[i], sp_json_get(of_caller, names[i]));
	return of_caller != NULL ? out : NULL;
}

static bool
requests_are_good(struct json_object *requests)
{
	static const char *const methods[] = { "elicitation/create", "sampling/createMessage", "roots/list" };

	if (!json_object_is_type(requests, json_type_object) || json_object_object_length(requests) == 0 ||
	    json_object_object_length(requests) > SP_MCP_QUESTIONS_MAX)
		return false;
	json_object_object_foreach(requests, key, request) {
		struct sp_str method = sp_json_get_str(request, "method");
		struct json_object *params = sp_json_get(request, "params");
		bool good = strlen(key) <= 200 && (params == NULL || json_object_is_type(params, json_type_object));
		size_t i = 0;

		while (i < sizeof(methods) / sizeof(methods[0]) && !sp_str_is(method, methods[i]))
			i++;
		if (!good || i == sizeof(methods) / sizeof(methods[0]))
			return false;
	}
	return true;
}

static int64_t
rounds_so_far(const struct sp_tool_call *call)
{
	return call->exchange != NULL ? json_object_get_int64(sp_json_get(call->exchange->state, "rounds")) : 0;
}

/*
 * Our caller is asked, and the call is made again with the answers: by whatever
 * process, so that what the upstream wants back (requestState) goes along.
 */
static enum sp_tool_outcome
ask(struct call *c, struct json_object *requests, struct json_object *request_state)
{
	struct sp_arena *mem = c->call->req->mem;
	struct json_object *state = sp_json_new(mem);
	struct sp_tool_error error;

	if (!requests_are_good(requests))
		return end_with_error(c, "its questions make no sense", "the server behind this tool asks what nobody can answer");
	if (rounds_so_far(c->call) >= ROUNDS_MAX)
		return end_with_error(c, "it asks and asks", "the server behind this tool asks again and again; it was stopped");
	if (json_object_object_add(state, "rounds", json_object_new_int64(rounds_so_far(c->call) + 1)) != 0)
		sp_out_of_memory();
	if (request_state != NULL)
		keep(state, "requestState", request_state);
	keep(state, "asked", requests);
	*c->out = (struct sp_tool_result){ .questions = { .requests = requests, .state = state } };
	if (c->call->exchange == NULL || !sp_questions_fit(mem, c->call->exchange, &c->out->questions, &error)) {
		if (c->call->exchange == NULL)
			return end_with_error(c, "nobody can be asked", "this tool has to ask its user, and cannot here");
		*c->out = (struct sp_tool_result){ .error = error };
		return end_as(c->call, SP_TOOL_REFUSES, "error", c->out);
	}
	return end_as(c->call, SP_TOOL_ASKS, "input_required", c->out);
}

/* Of the answers of all rounds those that an upstream of 2026-07-28 asked for last, and its state. */
static void
add_answers(struct call *c, struct json_object *params)
{
	const struct sp_exchange *x = c->call->exchange;
	struct json_object *asked, *answers, *value;

	if (x == NULL || x->state == NULL)
		return;
	asked = sp_json_get(x->state, "asked");
	answers = sp_json_new(c->call->req->mem);
	if (json_object_is_type(asked, json_type_object)) {
		json_object_object_foreach(asked, key, request) {
			(void)request;
			if ((value = sp_json_get(x->responses, key)) != NULL)
				keep(answers, key, value);
		}
	}
	keep(params, "inputResponses", answers);
	if (sp_json_get(x->state, "requestState") != NULL)
		keep(params, "requestState", sp_json_get(x->state, "requestState"));
}

/* 2025-11-25: an error that wants a person to visit a page first. */
static struct json_object *
url_elicitations(struct sp_arena *mem, struct json_object *data)
{
	struct json_object *list = sp_json_get(data, "elicitations"), *requests = sp_json_new(mem);

	if (!json_object_is_type(list, json_type_array))
		return requests;
	for (size_t i = 0; i < json_object_array_length(list) && i < SP_MCP_QUESTIONS_MAX; i++) {
		struct json_object *request = sp_json_new(mem);

		sp_json_set_str(request, "method", SP_LIT("elicitation/create"));
		keep(request, "params", json_object_array_get_idx(list, i));
		keep(requests, sp_printf(mem, "url-%zu", i), request);
	}
	return requests;
}

/* ---- results ---- */

static void
map_uri(struct call *c, struct json_object *obj)
{
	struct sp_str uri = sp_json_get_str(obj, "uri");

	if (uri.p != NULL)
		sp_json_set_str(obj, "uri", sp_str(sp_upstream_uri(c->call->req->mem, &c->spec->upstream, uri)));
}

/* Where its resources are ours, they are named as ours. */
static void
map_block(struct call *c, struct json_object *block)
{
	if (!c->spec->upstream.resources)
		return;
	if (sp_str_is(sp_json_get_str(block, "type"), "resource_link"))
		map_uri(c, block);
	else if (sp_str_is(sp_json_get_str(block, "type"), "resource"))
		map_uri(c, sp_json_get(block, "resource"));
}

static bool
are_objects(struct json_object *array)
{
	if (!json_object_is_type(array, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(array); i++)
		if (!json_object_is_type(json_object_array_get_idx(array, i), json_type_object))
			return false;
	return true;
}

/* _meta without what the protocol itself says there: that was for us. */
static void
keep_meta(struct sp_arena *mem, struct json_object *from, struct json_object *to)
{
	struct json_object *meta = sp_json_get(from, "_meta"), *kept = sp_json_new(mem);

	if (!json_object_is_type(meta, json_type_object))
		return;
	json_object_object_foreach(meta, name, value)
		if (!sp_str_starts(sp_str(name), "io.modelcontextprotocol/"))
			keep(kept, name, value);
	if (json_object_object_length(kept) > 0)
		keep(to, "_meta", kept);
}

static bool
read_tool_result(struct call *c, struct json_object *result)
{
	struct sp_arena *mem = c->call->req->mem;
	struct json_object *content = sp_json_get(result, "content"), *whole = sp_json_new(mem), *structured, *empty;
	bool is_structured = json_object_object_get_ex(result, "structuredContent", &structured);

	if (content == NULL && is_structured) {		/* some servers leave it out */
		empty = json_object_new_array();
		if (empty == NULL || json_object_object_add(whole, "content", empty) != 0)
			sp_out_of_memory();
	} else if (!are_objects(content)) {
		return false;
	} else {
		for (size_t i = 0; i < json_object_array_length(content); i++)
			map_block(c, json_object_array_get_idx(content, i));
		keep(whole, "content", content);
	}
	if (is_structured)
		keep(whole, "structuredContent", structured);
	keep_meta(mem, result, whole);
	*c->out = (struct sp_tool_result){ .whole = whole,
	    .is_error = json_object_get_boolean(sp_json_get(result, "isError")) };
	return true;
}

static bool
read_contents(struct call *c, struct json_object *result)
{
	struct json_object *contents = sp_json_get(result, "contents");

	if (!are_objects(contents))
		return false;
	for (size_t i = 0; i < json_object_array_length(contents); i++)
		map_uri(c, json_object_array_get_idx(contents, i));
	*c->out = (struct sp_tool_result){ .json = sp_json_canonical(c->call->req->mem, contents) };
	return true;
}

static bool
read_messages(struct call *c, struct json_object *result)
{
	struct json_object *messages = sp_json_get(result, "messages");

	if (!are_objects(messages))
		return false;
	for (size_t i = 0; i < json_object_array_length(messages); i++) {
		struct json_object *message = json_object_array_get_idx(messages, i);

		if (!json_object_is_type(sp_json_get(message, "content"), json_type_object))
			return false;
		map_block(c, sp_json_get(message, "content"));
	}
	*c->out = (struct sp_tool_result){ .json = sp_json_canonical(c->call->req->mem, messages) };
	return true;
}

static enum sp_tool_outcome
end_with_result(struct call *c, struct json_object *result)
{
	struct sp_arena *mem = c->call->req->mem;
	size_t len = sp_json_canonical(mem, result).len;
	bool good = c->spec->list == TOOL ? read_tool_result(c, result) :
	    c->spec->list == PROMPT ? read_messages(c, result) : read_contents(c, result);

	if (!good) {
		tell_failed(c, "its result makes no sense");
		sp_tool_trouble(c->call, c->out);
		return sp_tool_finish(c->call, "its result makes no sense", c->out);
	}
	if (len > (size_t)c->call->tool->max_bytes)
		sp_tool_too_large(c->call, (int64_t)len, c->out);
	return sp_tool_finish(c->call, NULL, c->out);
}

/* ---- errors ---- */

static enum sp_tool_outcome
end_with_rpc_error(struct call *c, const struct sp_tool_error *error)
{
	struct sp_arena *mem = c->call->req->mem;
	struct sp_str text = cleaned(mem, error->message);

	switch (error->code) {
	case URL_ELICITATION_REQUIRED:
		return ask(c, url_elicitations(mem, error->data), NULL);
	case SP_MISSING_CLIENT_CAPABILITY:
		*c->out = (struct sp_tool_result){ .error = { .code = error->code, .message = text, .data = error->data } };
		return end_as(c->call, SP_TOOL_REFUSES, "error", c->out);
	case RESOURCE_NOT_FOUND:
	case INVALID_PARAMS:
		if (c->spec->list == RESOURCE || c->spec->list == TEMPLATE) {
			*c->out = (struct sp_tool_result){ 0 };		/* there is none */
			return sp_tool_finish(c->call, "the upstream has no such resource", c->out);
		}
		if (error->code == INVALID_PARAMS) {
			*c->out = (struct sp_tool_result){ .error = { .code = INVALID_PARAMS, .message = text } };
			return end_as(c->call, SP_TOOL_REFUSES, "error", c->out);
		}
		break;
	}
	return end_with_error(c, sp_printf(mem, "error %d of the upstream", error->code),
	    sp_printf(mem, "the server behind this tool says: %.*s (%d)", SP_FMT(text), error->code));
}

/* Whether an upstream that let the time pass is there at all: a slow tool is not a dead server. */
static bool
is_there(struct call *c)
{
	if (c->talk.client.era == SP_MCP_ERA_SESSION && c->talk.client.version != NULL)
		return true;			/* it has initialized this session */
	c->talk.deadline_ms = sp_monotonic_ms() + PROBE_MS;
	return sp_upstream_reopen(&c->talk) == SP_MCP_REPLY;
}

static enum sp_tool_outcome
end_without_answer(struct call *c, enum sp_mcp_reply_kind kind)
{
	struct sp_arena *mem = c->call->req->mem;
	const char *why = c->talk.client.why != NULL ? c->talk.client.why : "no answer";

	switch (kind) {
	case SP_MCP_REPLY_GONE:
		c->call->req->db.watch = NULL;	/* what follows is done in any case */
		return sp_tool_cancelled(c->call);
	case SP_MCP_REPLY_TOO_LARGE:
		return end_with_error(c, "its answer is too large", sp_printf(mem,
		    "the result has more than the %lld bytes that are allowed: ask for less", (long long)c->call->tool->max_bytes));
	case SP_MCP_REPLY_DENIED:
		sp_log(SP_ERROR, "an upstream does not accept our credential", SP_L("name", c->spec->upstream.name),
		    SP_L("request", c->call->req->id), SP_LI("status", c->talk.client.wire != NULL ? c->talk.client.wire->status : 0));
		sp_tool_trouble(c->call, c->out);
		return sp_tool_finish(c->call, "it does not accept our credential", c->out);
	case SP_MCP_REPLY_LATE:
		if (!is_there(c))
			tell_failed(c, "it does not answer");
		return end_with_error(c, "its time is over", sp_printf(mem,
		    "the tool took longer than %.3g s and was given up; what it may have done by then is not undone",
		    (double)sp_tool_timeout_ms(c->call) / 1000));
	default:
		tell_failed(c, why);
		return end_with_error(c, why, kind == SP_MCP_REPLY_UNREACHABLE ?
		    "the server behind this tool cannot be reached; nothing was done" :
		    "the server behind this tool gave no answer that can be read; whether anything was done is not known");
	}
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
arguments_of(struct call *c, struct json_object *arguments)
{
	struct json_object *all = sp_json_new(c->call->req->mem), *fixed;
	const char *why;

	if (arguments != NULL) {
		json_object_object_foreach(arguments, name, value)
			keep(all, name, value);
	}
	if (c->spec->fixed.p != NULL && sp_json_parse_large(c->call->req->mem, c->spec->fixed, &fixed, &why)) {
		json_object_object_foreach(fixed, n, v)
			keep(all, n, v);
	}
	return all;
}

static const char *
method_of(enum list list)
{
	return list == TOOL ? "tools/call" : list == PROMPT ? "prompts/get" : "resources/read";
}

static struct sp_str
uri_of(struct call *c)
{
	struct sp_str uri = sp_upstream_uri_back(&c->spec->upstream, c->call->name);

	return uri.p != NULL ? uri : sp_str(c->spec->name);
}

static struct json_object *
params_of(struct call *c, struct json_object *arguments)
{
	struct json_object *params = sp_json_new(c->call->req->mem);

	if (c->spec->list == RESOURCE || c->spec->list == TEMPLATE) {
		sp_json_set_str(params, "uri", uri_of(c));
	} else {
		sp_json_set_str(params, "name", sp_str(c->spec->name));
		keep(params, "arguments", arguments_of(c, arguments));
	}
	if (c->talk.client.era == SP_MCP_ERA_MODERN)
		add_answers(c, params);
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
request(struct call *c, struct json_object *arguments, struct sp_mcp_reply *reply)
{
	const struct timespec pause = { 0, 200 * 1000000L };
	struct json_object *params = params_of(c, arguments);
	const struct sp_mcp_request rq = {
		.method = method_of(c->spec->list), .params = params, .headers = &c->spec->headers,
		.name = c->spec->list == RESOURCE || c->spec->list == TEMPLATE ? uri_of(c) : sp_str(c->spec->name),
	};
	enum sp_mcp_reply_kind kind = sp_mcp_client_call(&c->talk.client, &rq, reply);

	for (int i = 0; i < AGAIN_MAX && kind == SP_MCP_REPLY && wants_again(reply->result); i++) {
		nanosleep(&pause, NULL);
		keep(params, "requestState", sp_json_get(reply->result, "requestState"));
		kind = sp_mcp_client_call(&c->talk.client, &rq, reply);
	}
	return kind;
}

static enum sp_mcp_reply_kind
converse(struct call *c, struct json_object *arguments, struct sp_mcp_reply *reply)
{
	enum sp_mcp_reply_kind kind = sp_upstream_open(&c->talk);

	if (kind != SP_MCP_REPLY)
		return kind;
	kind = request(c, arguments, reply);
	if (!c->talk.client.wrong_era || c->spec->upstream.era != SP_MCP_ERA_UNKNOWN)
		return kind;
	/* it is another one than when its era was found out; a server that refused a request did nothing */
	kind = sp_upstream_reopen(&c->talk);
	return kind == SP_MCP_REPLY ? request(c, arguments, reply) : kind;
}

static enum sp_tool_outcome
conclude(struct call *c, enum sp_mcp_reply_kind kind, const struct sp_mcp_reply *reply)
{
	struct sp_str type;

	if (kind != SP_MCP_REPLY && kind != SP_MCP_REPLY_ERROR && kind != SP_MCP_REPLY_ASKS)
		return end_without_answer(c, kind);
	tell_works(c);
	if (kind == SP_MCP_REPLY_ERROR)
		return end_with_rpc_error(c, &reply->error);
	if (kind == SP_MCP_REPLY_ASKS)
		return ask(c, reply->questions, NULL);
	type = sp_json_get_str(reply->result, "resultType");
	if (sp_str_is(type, "input_required"))
		return ask(c, sp_json_get(reply->result, "inputRequests"), sp_json_get(reply->result, "requestState"));
	if (type.p != NULL && !sp_str_is(type, "complete"))
		return end_with_error(c, "a result of an unknown type", "the server behind this tool gave a result that is unknown here");
	return end_with_result(c, reply->result);
}

/* The statement that must not fail comes first: what an upstream did cannot be undone. */
static bool
is_guarded(const struct sp_tool_call *call, enum sp_tool_outcome *outcome)
{
	struct sp_db *db = &call->req->db;

	if (call->guard == NULL || sp_db_do(db, call->guard, call->guard_params, NULL))
		return false;
	*outcome = strcmp(db->sqlstate, call->guard_sqlstate) == 0 ? SP_TOOL_GUARDED : fail_db(call);
	return true;
}

/* A state that was spent beforehand is needed again by a call that asks. */
static enum sp_tool_outcome
return_state(const struct sp_tool_call *asked, enum sp_tool_outcome outcome)
{
	if (outcome != SP_TOOL_ASKS || asked->guard != &sp_q_request_state_spend ||
	    sp_db_do(&asked->req->db, &sp_q_request_state_return, SP_PARAMS(asked->guard_params[0]), NULL))
		return outcome;
	return fail_db(asked);
}

static enum sp_tool_outcome
call_upstream(const struct sp_tool_call *asked, struct json_object *arguments, struct sp_tool_result *out)
{
	struct sp_tool_call call = *asked;
	const struct sp_exchange *x = call.exchange;
	struct call c = { .call = &call, .spec = call.tool->spec, .out = out };
	enum sp_tool_outcome outcome;
	enum sp_mcp_reply_kind kind;
	struct sp_mcp_reply reply;

	if (is_guarded(&call, &outcome))
		return outcome;
	call.guard = NULL;
	switch (c.spec->held) {
	case NOT_HELD:
		break;
	case CHANGED:
		return end_with_error(&c, "held: its definition has changed",
		    "the definition of this tool has changed at its server, and waits for an administrator's approval");
	case GONE:
		return end_with_error(&c, "held: its server has it no more", "the server behind this tool has it no more");
	}
	if (!may_try(&c))
		return end_with_error(&c, "its upstream is down", "the server behind this tool is down; it is tried again soon");
	c.talk = (struct sp_upstream_talk){
		.req = call.req, .caller = call.caller, .upstream = &c.spec->upstream, .deadline_ms = sp_tool_deadline_ms(&call),
		.max_bytes = (size_t)call.tool->max_bytes, .gone = gone, .arg = &call,
		.client = { .exchange = x, .trace = &call.trace,
		    .capabilities = x != NULL ? capabilities(call.req->mem, x->capabilities) : NULL,
		    .responses = x != NULL ? x->responses : NULL },
	};
	sp_db_end(&call.req->db);
	kind = converse(&c, arguments, &reply);
	outcome = return_state(asked, conclude(&c, kind, &reply));
	sp_db_end(&call.req->db);
	sp_upstream_close(&c.talk);
	return outcome;
}

const struct sp_tool_kind sp_upstream_kind = { "upstream", load, call_upstream };
