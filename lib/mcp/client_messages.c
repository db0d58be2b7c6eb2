/* client_messages.c - what a client of a session says by the way: logging/setLevel, notifications/cancelled */
#include "mcp/methods.h"
#include "mcp/running.h"
#include "mcp/transport.h"

bool
sp_mcp_keep_log_level(struct sp_mcp_call *call, enum sp_logging_level level)
{
	return sp_mcp_session_set_log_level(call->req, &call->session, level);
}

bool
sp_mcp_set_level(struct sp_mcp_call *call)
{
	enum sp_logging_level level;

	if (!sp_logging_level_find(sp_json_get_str(call->message.params, "level"), &level))
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 200, "params.level is not a logging level");
	if (!sp_mcp_require_session(call) || !call->transport->set_log_level(call, level))
		return false;
	sp_jw_object(call->result);
	sp_jw_object_end(call->result);
	return true;
}

/* "Invalid cancellation notifications SHOULD be ignored". */
bool
sp_mcp_take_notification(struct sp_mcp_call *call)
{
	struct json_object *id = sp_json_get(call->message.params, "requestId");

	if (!sp_str_is(call->message.method, "notifications/cancelled") ||
	    !(json_object_is_type(id, json_type_string) || json_object_is_type(id, json_type_int)))
		return true;
	return sp_mcp_running_cancel(call->req, &call->session, id);
}
