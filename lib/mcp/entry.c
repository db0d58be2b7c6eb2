/* entry.c - an entry of the catalog that a client names: found, allowed, called */
#include "mcp/entry.h"

#include "db/queries.h"
#include "tools/policy.h"

#define NAME_SHOWN 128			/* bytes of a name that are repeated to who sent it */

static const char *const unknown[SP_LISTS] = {
	"unknown tool", "unknown resource", "unknown template", "unknown prompt"
};

bool
sp_mcp_name_and_arguments(struct sp_mcp_call *call, struct sp_str *name, struct json_object **arguments)
{
	*name = sp_json_get_str(call->message.params, "name");
	*arguments = sp_json_get(call->message.params, "arguments");
	if (name->p == NULL)
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 400, "params.name must be a string");
	if (*arguments != NULL && !json_object_is_type(*arguments, json_type_object))
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 400, "params.arguments must be an object");
	return true;
}

struct sp_tool_call
sp_mcp_tool_call(struct sp_mcp_call *call, const char *event, struct sp_str name, struct json_object *arguments)
{
	struct sp_tool_call t = {
		.req = call->req,
		.resource = call->resource,
		.caller = &call->caller,
		.event = event,
		.name = name,
		.arguments = arguments,
		.catalog_version = call->catalog_version,
		.protocol_version = sp_mcp_version_name(call->version),
	};

	sp_trace_read(sp_json_get(call->message.params, "_meta"), &t.trace);
	call->req->trace_id = sp_cstr(call->req->mem, sp_trace_id(&t.trace));

	if (call->session.id.p != NULL && !call->session.checked) {
		t.guard = &sp_q_mcp_session_use;
		t.guard_params = call->session.params;
		t.guard_sqlstate = SP_MCP_NO_SESSION;
	}
	return t;
}

/* {"uri": ...} */
static struct sp_str
uri_data(struct sp_arena *mem, struct sp_str uri)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, 65536);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kstr(&w, "uri", sp_str_sub(uri, 0, 4096));
	sp_jw_object_end(&w);
	return sp_buf_view(&b);
}

bool
sp_mcp_fail_unknown(struct sp_mcp_call *call, enum sp_list list, struct sp_str name)
{
	enum sp_jsonrpc_code code = SP_JSONRPC_INVALID_PARAMS;
	struct sp_arena *mem = call->req->mem;

	/* until 2025-11-25 a resource had a code of its own */
	if (list == SP_RESOURCES && sp_mcp_version_has_sessions(call->version))
		code = SP_MCP_RESOURCE_NOT_FOUND;
	sp_mcp_fail(call, code, 200, sp_printf(mem, "%s: %.*s", unknown[list],
	    SP_FMT(sp_str_sub(name, 0, NAME_SHOWN))));
	if (list == SP_RESOURCES)
		call->error.data = uri_data(mem, name);
	return false;
}

/* Before the answer says so; it may find that the session is gone. */
bool
sp_mcp_refuse(struct sp_mcp_call *call, const struct sp_tool_call *t, const char *why)
{
	switch (sp_tool_refuse(t, why)) {
	case SP_TOOL_DONE:
		return true;
	case SP_TOOL_GUARDED:
		return sp_mcp_fail_no_session(call);
	default:
		break;
	}
	return false;
}

bool
sp_mcp_needs_scope(struct sp_mcp_call *call, const struct sp_tool *entry)
{
	return sp_bearer_needs_scope(call->req, call->resource, entry->scopes, sp_printf(call->req->mem,
	    "this needs tier %s, and the caller has tier %s; the token lacks scope", entry->tier,
	    call->caller.tier));
}

bool
sp_mcp_may_use(struct sp_mcp_call *call, enum sp_list list, const struct sp_tool *entry, struct sp_tool_call *t)
{
	switch (entry != NULL ? sp_policy_judge(entry, &call->caller) : SP_DENIED) {
	case SP_ALLOWED:
		t->tool = entry;
		return true;
	case SP_NEEDS_SCOPE:
		return sp_mcp_refuse(call, t, "the token lacks scope") &&
		    sp_mcp_needs_scope(call, entry);
	case SP_DENIED:
		break;
	}
	/* the same words whether it is not there or not for this caller */
	return sp_mcp_refuse(call, t, entry != NULL ? sp_policy_why(entry, &call->caller) : unknown[list]) &&
	    sp_mcp_fail_unknown(call, list, t->name);
}

enum sp_mcp_outcome
sp_mcp_use(struct sp_mcp_call *call, struct sp_tool_call *t, struct sp_tool_result *out)
{
	enum sp_mcp_outcome outcome = sp_mcp_run(call, t, out);

	if (outcome != SP_MCP_RESULT || !out->is_error)
		return outcome;
	(void)sp_mcp_fail(call, out->raised ? SP_JSONRPC_INVALID_PARAMS : SP_JSONRPC_INTERNAL_ERROR, 200,
	    sp_cstr(call->req->mem, out->text));
	return SP_MCP_FAILED;
}
