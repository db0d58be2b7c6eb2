/* upstream_ask.c - what an upstream asks in the middle of a call goes to our caller */
#include "tools/upstream_private.h"

#define ROUNDS_MAX	16		/* of questions in one call */

struct json_object *
sp_upstream_keep(struct json_object *to, const char *name, struct json_object *value)
{
	if (json_object_object_add(to, name, json_object_get(value)) != 0)
		sp_out_of_memory();
	return value;
}

struct json_object *
sp_upstream_capabilities(struct sp_arena *mem, struct json_object *of_caller)
{
	static const char *const names[] = { "elicitation", "sampling", "roots" };
	struct json_object *out = sp_json_new(mem);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_object_is_type(sp_json_get(of_caller, names[i]), json_type_object))
			sp_upstream_keep(out, names[i], sp_json_get(of_caller, names[i]));
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

struct json_object *
sp_upstream_state(const struct sp_upstream_call *c)
{
	struct json_object *state = sp_json_new(c->call->req->mem), *rounds = json_object_new_int64(rounds_so_far(c->call) + 1);

	if (rounds == NULL || json_object_object_add(state, "rounds", rounds) != 0)
		sp_out_of_memory();
	if (c->task.id != NULL)
		sp_json_set_str(state, "task", sp_str(c->task.id));
	return state;
}

/*
 * Our caller is asked, and the call is made again with the answers: by whatever
 * process, so that what the upstream wants back (requestState) goes along.
 */
enum sp_tool_outcome
sp_upstream_ask(struct sp_upstream_call *c, struct json_object *requests, struct json_object *request_state)
{
	struct sp_arena *mem = c->call->req->mem;
	struct json_object *state;
	struct sp_tool_error error;

	if (!requests_are_good(requests))
		return sp_upstream_end_with_error(c, "its questions make no sense", "the server behind this tool asks what nobody can answer");
	if (rounds_so_far(c->call) >= ROUNDS_MAX)
		return sp_upstream_end_with_error(c, "it asks and asks", "the server behind this tool asks again and again; it was stopped");
	state = sp_upstream_state(c);
	if (request_state != NULL)
		sp_upstream_keep(state, "requestState", request_state);
	sp_upstream_keep(state, "asked", requests);
	*c->out = (struct sp_tool_result){ .questions = { .requests = requests, .state = state } };
	if (c->call->exchange == NULL || !sp_questions_fit(mem, c->call->exchange, &c->out->questions, &error)) {
		if (c->call->exchange == NULL)
			return sp_upstream_end_with_error(c, "nobody can be asked", "this tool has to ask its user, and cannot here");
		*c->out = (struct sp_tool_result){ .error = error };
		return sp_upstream_end_as(c->call, SP_TOOL_REFUSES, "error", c->out);
	}
	return sp_upstream_end_as(c->call, SP_TOOL_ASKS, "input_required", c->out);
}

struct json_object *
sp_upstream_answers(const struct sp_upstream_call *c)
{
	const struct sp_exchange *x = c->call->exchange;
	struct json_object *asked, *answers, *value;

	if (x == NULL || x->state == NULL)
		return NULL;
	asked = sp_json_get(x->state, "asked");
	answers = sp_json_new(c->call->req->mem);
	if (json_object_is_type(asked, json_type_object)) {
		json_object_object_foreach(asked, key, request) {
			(void)request;
			if ((value = sp_json_get(x->responses, key)) != NULL)
				sp_upstream_keep(answers, key, value);
		}
	}
	return answers;
}

struct json_object *
sp_upstream_url_questions(struct sp_arena *mem, struct json_object *data)
{
	struct json_object *list = sp_json_get(data, "elicitations"), *requests = sp_json_new(mem);

	if (!json_object_is_type(list, json_type_array))
		return requests;
	for (size_t i = 0; i < json_object_array_length(list) && i < SP_MCP_QUESTIONS_MAX; i++) {
		struct json_object *request = sp_json_new(mem);

		sp_json_set_str(request, "method", SP_LIT("elicitation/create"));
		sp_upstream_keep(request, "params", json_object_array_get_idx(list, i));
		sp_upstream_keep(requests, sp_printf(mem, "url-%zu", i), request);
	}
	return requests;
}
