/* tools.c - tools/call */
#include "mcp/entry.h"
#include "mcp/headers.h"
#include "mcp/methods.h"
#include "mcp/tasks.h"
#include "mcp/transport.h"

/* Mcp-Param-* (2026-07-28, "Server Behavior for Custom Headers"). */
static bool
headers_fit(struct sp_mcp_call *call, const struct sp_tool_call *t)
{
	for (size_t i = 0; i < t->tool->headers.count; i++) {
		const struct sp_param_header *h = &t->tool->headers.item[i];

		if (!sp_mcp_param_fits(call->req->mem, sp_request_header(call->req, h->header),
		    sp_param_header_value(h, t->arguments)))
			return sp_mcp_fail(call, SP_MCP_HEADER_MISMATCH, 400, sp_printf(call->req->mem,
			    "header mismatch: %s does not say what argument %s says", h->header, h->argument));
	}
	return true;
}

static void
write_text(struct sp_json_writer *w, struct sp_str text)
{
	sp_jw_object(w);
	sp_jw_kcstr(w, "type", "text");
	sp_jw_kstr(w, "text", text);
	sp_jw_object_end(w);
}

/* A result of the tool's own making; what is only structured is text, too, for clients that read no other. */
static void
write_whole(struct sp_mcp_call *call, struct json_object *whole)
{
	struct json_object *content = sp_json_get(whole, "content"), *structured;
	struct sp_json_writer *w = call->result;
	/* null is a value, too */
	bool is_structured = json_object_object_get_ex(whole, "structuredContent", &structured);

	sp_jw_key(w, "content");
	if (json_object_array_length(content) > 0 || !is_structured) {
		sp_mcp_write_content(call, content);
	} else {
		sp_jw_array(w);
		write_text(w, sp_json_canonical(call->req->mem, structured));
		sp_jw_array_end(w);
	}
	/* an object until 2026-07-28 */
	if (is_structured && (call->version == SP_MCP_2026_07_28 ||
	    (json_object_is_type(structured, json_type_object) && call->version != SP_MCP_2025_03_26))) {
		sp_jw_key(w, "structuredContent");
		sp_jw_value(w, structured);
	}
}

/* The JSON as text for every client, and as it is for those that read it. */
static void
write_json(struct sp_mcp_call *call, const struct sp_tool_result *r)
{
	struct sp_json_writer *w = call->result;

	sp_jw_key(w, "content");
	sp_jw_array(w);
	if (r->json.p != NULL)
		write_text(w, r->json);
	if (r->text.p != NULL)
		write_text(w, r->text);
	sp_jw_array_end(w);
	if (r->json.p != NULL && call->version != SP_MCP_2025_03_26)
		sp_jw_kraw(w, "structuredContent", r->json);
}

void
sp_mcp_write_tool_content(struct sp_mcp_call *call, const struct sp_tool_result *r)
{
	if (r->whole != NULL)
		write_whole(call, r->whole);
	else
		write_json(call, r);
}

void
sp_mcp_write_tool_result(struct sp_mcp_call *call, const struct sp_tool_result *r)
{
	sp_jw_object(call->result);
	sp_mcp_write_tool_content(call, r);
	sp_jw_kbool(call->result, "isError", r->is_error);
	sp_mcp_end_result(call, sp_json_get(r->whole, "_meta"));
}

bool
sp_mcp_tools_call(struct sp_mcp_call *call)
{
	struct sp_tool_result result;
	struct json_object *arguments;
	struct sp_tool_call t;
	struct sp_str name;

	if (!sp_mcp_name_and_arguments(call, &name, &arguments) || !sp_mcp_server(call, SP_TOOLS, name))
		return false;
	t = sp_mcp_tool_call(call, "tool.call", name, arguments);
	if (!sp_mcp_may_use(call, SP_TOOLS, sp_server_entry(call->server, SP_TOOLS, name), &t) ||
	    (call->version == SP_MCP_2026_07_28 && call->transport->has_headers && !headers_fit(call, &t)))
		return false;
	if (t.tool->tasks == SP_TASK_REQUIRED && !sp_mcp_has_tasks(call))
		return sp_mcp_require_session(call) && sp_mcp_needs_tasks(call) != SP_MCP_FAILED;
	if (t.tool->tasks != SP_TASK_NEVER && sp_mcp_has_tasks(call))
		return sp_mcp_task_create(call, &t, NULL) != SP_MCP_FAILED;
	switch (sp_mcp_run(call, &t, &result)) {
	case SP_MCP_RESULT:
		sp_mcp_write_tool_result(call, &result);
		return true;
	case SP_MCP_ANSWERED:
		return true;
	case SP_MCP_FAILED:
		break;
	}
	return false;
}
