/* round_trip.c - 2026-07-28: a call that asks ends, and comes again with the answers */
#include "mcp/exchange.h"

static bool
open_round(struct sp_mcp_call *call, struct sp_tool_call *t, struct sp_exchange *out)
{
	struct json_object *meta = sp_json_get(call->message.params, "_meta");

	(void)t;
	out->capabilities = sp_json_get(meta, "io.modelcontextprotocol/clientCapabilities");
	out->responses = sp_json_get(call->message.params, "inputResponses");
	return true;
}

/* InputRequiredResult. */
static enum sp_mcp_outcome
ask(struct sp_mcp_call *call, const struct sp_tool_call *t, const struct sp_questions *questions)
{
	struct sp_json_writer *w = call->result;

	(void)t;
	sp_jw_object(w);
	sp_jw_key(w, "inputRequests");
	sp_jw_value(w, questions->requests);
	sp_jw_kcstr(w, "resultType", "input_required");
	sp_jw_object_end(w);
	return SP_MCP_ANSWERED;
}

static enum sp_mcp_outcome
guarded(struct sp_mcp_call *call, const struct sp_tool_call *t)
{
	(void)t;
	(void)sp_mcp_fail_no_session(call);
	return SP_MCP_FAILED;
}

const struct sp_mcp_dialogue sp_mcp_round_trips = { open_round, ask, NULL, guarded };
