/* resources.c - resources/read */
#include "mcp/entry.h"
#include "mcp/methods.h"
#include "tools/content.h"
#include "tools/policy.h"

/* An object with the values of the variables, which are the arguments. */
static struct json_object *
values_as_object(struct sp_arena *mem, const struct sp_uri_template *t, const struct sp_str *values)
{
	struct json_object *obj = sp_json_new(mem);

	for (size_t i = 0; i < t->count; i++)
		sp_json_set_str(obj, t->variable[i].name, values[i]);
	return obj;
}

/*
 * The resource of this URI, or the first template that makes it and that the
 * caller may use; if all that make it are others', one of those.
 */
static const struct sp_tool *
find(struct sp_mcp_call *call, struct sp_str uri, struct json_object **arguments)
{
	const struct sp_tool *found = sp_server_entry(call->server, SP_RESOURCES, uri);
	const struct sp_entries *templates = &call->server->list[SP_TEMPLATES];
	struct sp_str values[SP_URI_VARIABLES];

	*arguments = NULL;
	for (size_t i = 0; i < templates->count; i++) {
		const struct sp_tool *entry = &templates->item[i];
		const struct sp_uri_template *t = entry->content->template;

		if (found != NULL && sp_policy_judge(found, &call->caller) == SP_ALLOWED)
			break;
		if (sp_uri_template_match(t, call->req->mem, uri, values)) {
			found = entry;
			*arguments = values_as_object(call->req->mem, t, values);
		}
	}
	return found;
}

bool
sp_mcp_resources_read(struct sp_mcp_call *call)
{
	struct sp_str uri = sp_json_get_str(call->message.params, "uri");
	struct sp_json_writer *w = call->result;
	struct sp_tool_result result;
	struct json_object *arguments;
	const struct sp_tool *entry;
	struct sp_tool_call t;

	if (uri.p == NULL)
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 400, "params.uri must be a string");
	if (!sp_mcp_server(call, SP_RESOURCES, uri))
		return false;
	if (!sp_server_offers(call->server, SP_RESOURCES))
		return sp_mcp_require_session(call) && sp_mcp_fail_no_method(call);
	entry = find(call, uri, &arguments);
	t = sp_mcp_tool_call(call, "resource.read", uri, arguments);
	if (!sp_mcp_may_use(call, SP_RESOURCES, entry, &t))
		return false;
	switch (sp_mcp_use(call, &t, &result)) {
	case SP_MCP_FAILED:
		return false;
	case SP_MCP_ANSWERED:
		return true;
	case SP_MCP_RESULT:
		break;
	}
	if (result.json.p == NULL)
		return sp_mcp_fail_unknown(call, SP_RESOURCES, uri);
	sp_jw_object(w);
	sp_jw_kraw(w, "contents", result.json);
	sp_mcp_write_caching(call, entry->content->ttl_ms, !entry->content->varies);
	sp_mcp_end_result(call, NULL);
	return true;
}
