/* mcp_client_take.c - what another MCP server says: its answers, its questions, its news */
#include "tools/mcp_client_private.h"

#include "base/encode.h"

#define REQUESTS_MAX	200			/* of the server during one of ours: pings, mostly */
#define METHOD_NOT_FOUND	(-32601)

/* ---- what the server asks, in a session ---- */

const char *
sp_mcp_question_key(struct sp_arena *mem, const char *method, struct json_object *params, unsigned n)
{
	uint8_t digest[SP_SHA256_LEN];
	struct json_object *kept = sp_json_new(mem);

	if (json_object_is_type(params, json_type_object)) {
		json_object_object_foreach(params, name, value)
			/* what is new each time, and none of the question */
			if (strcmp(name, "_meta") != 0 && strcmp(name, "elicitationId") != 0 && strcmp(name, "task") != 0)
				json_object_object_add(kept, name, json_object_get(value));
	}
	sp_sha256(sp_str(sp_printf(mem, "%s\n%.*s", method, SP_FMT(sp_json_canonical(mem, kept)))), digest);
	return sp_printf(mem, "q%.*s-%u", SP_FMT(sp_hex_encode(mem, digest, 8)), n);
}

/* How often this run has asked the same already. */
static unsigned
times_asked(const struct sp_mcp_waiting *w, const char *key)
{
	unsigned n = 0;

	for (size_t i = 0; i < w->count; i++)
		n += strcmp(w->asked[i], key) == 0;
	return n;
}

static struct json_object *
question(struct sp_mcp_client *c, const char *method, struct json_object *params)
{
	struct json_object *request = sp_json_new(c->mem), *kept = sp_json_new(c->mem);

	sp_json_set_str(request, "method", sp_str(method));
	if (json_object_is_type(params, json_type_object)) {
		json_object_object_foreach(params, name, value)
			if (strcmp(name, "_meta") != 0 && strcmp(name, "task") != 0)
				sp_mcp_add(kept, name, value);
	}
	sp_mcp_add(request, "params", kept);
	return request;
}

/*
 * The answer that is known, or the end of the request: it will be made again.
 * False: the end.
 */
static bool
take_question(struct sp_mcp_client *c, const char *method, struct json_object *id, struct json_object *params)
{
	struct sp_mcp_waiting *w = c->waiting;
	const char *first = sp_mcp_question_key(c->mem, method, params, 0), *key;
	struct json_object *answer;

	if (w->count == SP_MCP_QUESTIONS_MAX) {
		c->why = "it asks and asks";
		w->kind = SP_MCP_REPLY_BROKEN;
		return false;
	}
	key = sp_mcp_question_key(c->mem, method, params, times_asked(w, first));
	w->asked[w->count++] = first;
	answer = sp_json_get(c->responses, key);
	if (answer != NULL) {
		sp_mcp_client_respond(c, id, answer, 0, NULL);
		return true;
	}
	w->reply.questions = sp_json_new(c->mem);
	sp_mcp_add(w->reply.questions, key, question(c, method, params));
	w->kind = SP_MCP_REPLY_ASKS;
	return false;
}

static bool
take_request(struct sp_mcp_client *c, struct json_object *message, struct json_object *id)
{
	static const char *const questions[] = { "elicitation/create", "sampling/createMessage", "roots/list" };
	struct sp_str method = sp_json_get_str(message, "method");

	if (c->era == SP_MCP_ERA_MODERN)
		return true;			/* it may not ask so, and is not answered */
	if (sp_str_is(method, "ping")) {
		sp_mcp_client_respond(c, id, sp_json_new(c->mem), 0, NULL);
		return true;
	}
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		if (sp_str_is(method, questions[i]) && c->capabilities != NULL && c->exchange != NULL)
			return take_question(c, questions[i], id, sp_json_get(message, "params"));
	sp_mcp_client_respond(c, id, NULL, METHOD_NOT_FOUND, "method not found");
	return true;
}

/* ---- what the server tells ---- */

static bool
is_number(struct json_object *value)
{
	return json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
}

/* The token of a call that has become a task is good until that ends. */
static bool
is_our_token(const struct sp_mcp_client *c, struct sp_str token)
{
	int64_t id = c->task_request != 0 ? c->task_request : c->waiting->id;

	return sp_str_is(token, sp_printf(c->scratch, "%lld", (long long)id));
}

static void
take_progress(struct sp_mcp_client *c, struct json_object *params)
{
	struct json_object *progress = sp_json_get(params, "progress"), *total = sp_json_get(params, "total");
	struct json_object *token = sp_json_get(params, "progressToken");
	struct sp_progress p = { .message = sp_json_get_str(params, "message") };

	if (!is_number(progress) || !json_object_is_type(token, json_type_string) || !is_our_token(c, sp_json_text(token)))
		return;
	p.progress = json_object_get_double(progress);
	p.has_total = is_number(total);
	p.total = p.has_total ? json_object_get_double(total) : 0;
	c->exchange->progress(c->exchange->arg, &p);
}

static void
take_log(struct sp_mcp_client *c, struct json_object *params)
{
	struct sp_log_message m = { .logger = sp_json_get_str(params, "logger"), .data = sp_json_get(params, "data") };

	if (sp_logging_level_find(sp_json_get_str(params, "level"), &m.level) && m.level >= c->exchange->log_level)
		c->exchange->log(c->exchange->arg, &m);
}

static void
take_news(struct sp_mcp_client *c, struct sp_str method, struct json_object *params)
{
	static const struct {
		const char *method;
		enum sp_mcp_news what;
	} news[] = {
		{ "notifications/tools/list_changed", SP_MCP_LIST_CHANGED },
		{ "notifications/prompts/list_changed", SP_MCP_LIST_CHANGED },
		{ "notifications/resources/list_changed", SP_MCP_LIST_CHANGED },
		{ "notifications/resources/updated", SP_MCP_RESOURCE_UPDATED },
		{ "notifications/subscriptions/acknowledged", SP_MCP_ACKNOWLEDGED },
	};
	struct sp_str uri = sp_json_get_str(params, "uri");

	for (size_t i = 0; i < sizeof(news) / sizeof(news[0]); i++)
		if (sp_str_is(method, news[i].method) && (news[i].what != SP_MCP_RESOURCE_UPDATED || uri.p != NULL))
			c->news(c->news_arg, news[i].what, uri);
}

static void
take_notification(struct sp_mcp_client *c, struct json_object *message)
{
	struct sp_str method = sp_json_get_str(message, "method");
	struct json_object *params = sp_json_get(message, "params");

	if (c->news != NULL)
		take_news(c, method, params);
	if (!c->waiting->told)
		return;
	if (sp_str_is(method, "notifications/progress") && c->exchange->progress != NULL)
		take_progress(c, params);
	else if (sp_str_is(method, "notifications/message") && c->exchange->log != NULL)
		take_log(c, params);
}

/* ---- the answer ---- */

static bool
is_our_id(const struct sp_mcp_client *c, struct json_object *id)
{
	if (c->waiting->id == 0)
		return false;
	if (json_object_is_type(id, json_type_int))
		return json_object_get_int64(id) == c->waiting->id;
	/* over HTTP an error may say that it could not even read the id */
	return id == NULL && c->wire->status >= 400;
}

/* False: it is the answer. */
static bool
take_response(struct sp_mcp_client *c, struct json_object *message, struct json_object *id)
{
	struct json_object *error = sp_json_get(message, "error"), *result = sp_json_get(message, "result");
	struct sp_mcp_waiting *w = c->waiting;

	if (!is_our_id(c, id))
		return true;
	if (json_object_is_type(error, json_type_object) && json_object_is_type(sp_json_get(error, "code"), json_type_int)) {
		int64_t code = json_object_get_int64(sp_json_get(error, "code"));

		w->kind = SP_MCP_REPLY_ERROR;
		w->reply.error = (struct sp_tool_error){
			.code = code >= INT32_MIN && code <= INT32_MAX ? (int)code : 0,
			.message = sp_str_dup(c->mem, sp_json_get_str(error, "message")),
			.data = sp_json_get(error, "data"),
		};
	} else if (json_object_is_type(result, json_type_object)) {
		w->kind = SP_MCP_REPLY;
		w->reply.result = result;
	} else {
		w->kind = SP_MCP_REPLY_BROKEN;
		c->why = "its answer is neither a result nor an error";
	}
	return false;
}

/* What stays when the message is gone: an answer, or a question. */
static bool
is_to_keep(const struct sp_mcp_client *c, struct json_object *message)
{
	struct json_object *id = sp_json_get(message, "id"), *method;

	if (json_object_object_get_ex(message, "method", &method))
		return id != NULL && !sp_str_is(sp_json_get_str(message, "method"), "ping");
	return is_our_id(c, id);
}

static bool
broken(struct sp_mcp_client *c, const char *why)
{
	c->why = why;
	c->waiting->kind = SP_MCP_REPLY_BROKEN;
	return false;
}

/* True: go on reading. */
static bool
take_message(struct sp_mcp_client *c, struct json_object *message)
{
	struct json_object *id = sp_json_get(message, "id"), *method;

	if (!json_object_object_get_ex(message, "method", &method))
		return take_response(c, message, id);
	if (id == NULL) {
		take_notification(c, message);
		return true;
	}
	if (++c->waiting->requests > REQUESTS_MAX)
		return broken(c, "it asks and asks");
	return take_request(c, message, id);
}

/*
 * A message is read in memory that is free again behind it, so that a server which
 * never stops talking fills nothing; what stays is read once more.
 */
bool
sp_mcp_client_take(void *arg, struct sp_str text)
{
	struct sp_mcp_client *c = arg;
	struct json_object *message;
	const char *why;
	bool more;

	if (text.len > c->message_max) {
		c->waiting->kind = SP_MCP_REPLY_TOO_LARGE;
		return false;
	}
	if (c->secrets.count > 0) {
		char *clean = sp_cstr(c->scratch, text);

		sp_secrets_hide(&c->secrets, clean, text.len);
		text.p = clean;
	}
	if (!sp_json_parse(c->scratch, text, &message, &why) || !json_object_is_type(message, json_type_object))
		more = broken(c, "it sent what is no JSON-RPC message");
	else if (!is_to_keep(c, message))
		more = take_message(c, message);
	else
		more = sp_json_parse(c->mem, text, &message, &why) && take_message(c, message);
	sp_arena_reset(c->scratch);
	return more;
}

