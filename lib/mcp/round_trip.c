/* round_trip.c - 2026-07-28: a call that asks ends, and comes again with the answers */
#include "base/clock.h"
#include "db/queries.h"
#include "mcp/entry.h"
#include "mcp/extension.h"
#include "mcp/request_state.h"
#include "mcp/tasks.h"

#define SPENT			"P0S05"		/* of sp_q_request_state_spend */

static struct sp_request_origin
origin_of(struct sp_mcp_call *call)
{
	return (struct sp_request_origin){ &call->caller, call->resource->resource, call->message.method,
	    call->message.params };
}

/* The refusal is in the audit trail before the client hears of it. */
static bool
refuse(struct sp_mcp_call *call, const struct sp_tool_call *t, const char *audit, const char *why)
{
	struct sp_tool_call unguarded = *t;

	unguarded.guard = NULL;
	return sp_mcp_refuse(call, &unguarded, audit) && sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 200, why);
}

/* Answers of this round stand for those of an earlier one: the question was asked again. */
static struct json_object *
merge(struct sp_arena *mem, struct json_object *before, struct json_object *now)
{
	struct json_object *all;

	if (before == NULL || now == NULL)
		return now != NULL ? now : before;
	all = sp_json_new(mem);
	json_object_object_foreach(before, key, response)
		json_object_object_add(all, key, json_object_get(response));
	json_object_object_foreach(now, k, r)
		json_object_object_add(all, k, json_object_get(r));
	return all;
}

/* The state is spent in the transaction of the call, so that only a call that ends spends it. */
static void
spend(struct sp_mcp_call *call, struct sp_tool_call *t, const struct sp_request_state *state)
{
	struct sp_param *params = sp_alloc_array(call->req->mem, 2, sizeof(*params));

	params[0] = SP_P_TEXT(state->once);
	params[1] = SP_P_INT(state->expires_at);
	t->guard = &sp_q_request_state_spend;
	t->guard_params = params;
	t->guard_sqlstate = SPENT;
}

/*
 * Every answer may come alone, without a state, and what nobody asked is left
 * alone (mrtr, "Error Handling").  null is what some clients send for none.
 */
static bool
open_round(struct sp_mcp_call *call, struct sp_tool_call *t, struct sp_exchange *out)
{
	struct json_object *params = call->message.params;
	struct json_object *responses = sp_json_get(params, "inputResponses");
	struct json_object *text = sp_json_get(params, "requestState");
	struct sp_request_state *state = sp_alloc(call->req->mem, sizeof(*state));
	struct sp_request_origin origin = origin_of(call);
	const char *why;

	out->capabilities = sp_mcp_capabilities(call);
	out->may_detach = t->tool->content == NULL && sp_mcp_has_tasks(call);
	if (responses != NULL && !json_object_is_type(responses, json_type_object))
		return refuse(call, t, "inputResponses do not fit", "params.inputResponses must be an object");
	if (text != NULL) {
		if (!json_object_is_type(text, json_type_string))
			return refuse(call, t, "requestState does not fit", "params.requestState must be a string");
		if (!sp_request_state_open(call->req->mem, call->req->process->keyring, &origin, sp_json_text(text),
		    sp_now_seconds(), state, &why))
			return refuse(call, t, "requestState does not fit", why);
		if (state->once != NULL)
			spend(call, t, state);
	}
	out->responses = merge(call->req->mem, state->responses, responses);
	out->state = state->state;
	out->once = state->once != NULL;
	call->dialogue_arg = state;
	return true;
}

/* Nothing to bring back, no state: then the answers are all that the retry has. */
static bool
make_state(struct sp_mcp_call *call, const struct sp_tool_call *t, const struct sp_questions *questions,
    struct sp_str *out)
{
	const struct sp_request_state *before = call->dialogue_arg;
	struct sp_request_origin origin = origin_of(call);
	struct sp_request_state state = {
		.responses = t->exchange->responses,
		.state = questions->state,
		/* rounds of one call are spent together */
		.once = before->once != NULL || !questions->once ? before->once : sp_random_uuid(call->req->mem).p,
		.expires_at = sp_now_seconds() + call->req->settings->request_state_ttl,
	};

	*out = (struct sp_str){ NULL, 0 };
	if (state.responses == NULL && state.state == NULL && state.once == NULL)
		return true;
	return sp_request_state_seal(call->req->mem, call->req->process->keyring, &origin, &state, out) ||
	    sp_mcp_fail(call, SP_JSONRPC_INTERNAL_ERROR, 200, "what this call has to remember is too large");
}

/* InputRequiredResult. */
static enum sp_mcp_outcome
ask(struct sp_mcp_call *call, const struct sp_tool_call *t, const struct sp_questions *questions)
{
	struct sp_json_writer *w = call->result;
	struct sp_str state;

	if (!make_state(call, t, questions, &state))
		return SP_MCP_FAILED;
	sp_jw_object(w);
	sp_jw_key(w, "inputRequests");
	sp_jw_value(w, questions->requests);
	if (state.p != NULL)
		sp_jw_kstr(w, "requestState", state);
	sp_mcp_end_result_as(call, "input_required", NULL);
	return SP_MCP_ANSWERED;
}

static enum sp_mcp_outcome
guarded(struct sp_mcp_call *call, const struct sp_tool_call *t)
{
	(void)refuse(call, t, "requestState was used before", "requestState was used before: begin anew");
	return SP_MCP_FAILED;
}

/* Only a tool's call can be a task. */
static enum sp_mcp_outcome
detach(struct sp_mcp_call *call, const struct sp_tool_call *t)
{
	return sp_mcp_task_create(call, t, t->exchange);
}

const struct sp_mcp_dialogue sp_mcp_round_trips = { open_round, ask, detach, guarded };
