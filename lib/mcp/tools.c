/* tools.c - tools/list and tools/call */
#include "base/encode.h"
#include "mcp/headers.h"
#include "mcp/methods.h"
#include "db/queries.h"
#include "tools/policy.h"
#include "tools/run.h"

#define LIST_TTL_MS	60000		/* how old a client's list may be while nobody can tell it of changes */
#define PAGE_SIZE	500		/* entries; more tools than a model can use */

/* ---- tools/list ---- */

/* A cursor is the name of the last tool of the page before: good as long as that tool is there. */
static bool
first_of_page(struct sp_mcp_call *call, const struct sp_server *server, size_t *first)
{
	struct json_object *cursor = sp_json_get(call->message.params, "cursor");
	const struct sp_tool *last;
	struct sp_str name;

	*first = 0;
	if (cursor == NULL)
		return true;
	if (json_object_is_type(cursor, json_type_string) &&
	    sp_base64url_decode(call->req->mem, sp_json_text(cursor), &name) &&
	    (last = sp_server_tool(server, name)) != NULL) {
		*first = (size_t)(last - server->tools) + 1;
		return true;
	}
	return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 200, "unknown cursor: begin anew without one");
}

bool
sp_mcp_tools_list(struct sp_mcp_call *call)
{
	struct sp_json_writer *w = call->result;
	const struct sp_tool *last = NULL;
	const struct sp_catalog *catalog;
	const struct sp_server *server;
	size_t i, listed = 0;

	if (!sp_mcp_require_session(call) ||
	    !sp_mcp_server(call, (struct sp_str){ NULL, 0 }, &catalog, &server) ||
	    !first_of_page(call, server, &i))
		return false;
	sp_jw_object(w);
	sp_jw_key(w, "tools");
	sp_jw_array(w);
	for (; i < server->count && listed <= PAGE_SIZE; i++) {
		const struct sp_tool *tool = &server->tools[i];

		if (sp_policy_judge(tool, &call->caller) != SP_ALLOWED || ++listed > PAGE_SIZE)
			continue;
		sp_jw_raw(w, call->version == SP_MCP_2025_03_26 ? tool->listing_2025_03 : tool->listing);
		last = tool;
	}
	sp_jw_array_end(w);
	if (listed > PAGE_SIZE)
		sp_jw_kstr(w, "nextCursor",
		    sp_base64url_encode(call->req->mem, last->name, strlen(last->name)));
	if (call->version == SP_MCP_2026_07_28) {
		sp_jw_kint(w, "ttlMs", LIST_TTL_MS);
		sp_jw_kcstr(w, "cacheScope", "private");	/* it follows the caller's tier and scopes */
	}
	sp_mcp_end_result(call, server, NULL);
	return true;
}

/* ---- tools/call ---- */

static bool
params_are_good(struct sp_mcp_call *call, struct sp_tool_call *out)
{
	struct json_object *params = call->message.params, *arguments = sp_json_get(params, "arguments");
	struct sp_str name = sp_json_get_str(params, "name");

	if (name.p == NULL)
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 400, "params.name must be a string");
	if (arguments != NULL && !json_object_is_type(arguments, json_type_object))
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 400, "params.arguments must be an object");
	*out = (struct sp_tool_call){
		.req = call->req,
		.resource = call->resource,
		.caller = &call->caller,
		.name = name,
		.arguments = arguments,
		.protocol_version = sp_mcp_version_name(call->version),
	};
	if (call->session.id.p != NULL && !call->session.checked) {
		out->guard = &sp_q_mcp_session_use;
		out->guard_params = call->session.params;
		out->guard_sqlstate = SP_MCP_NO_SESSION;
	}
	return true;
}

/* Mcp-Param-* (2026-07-28, "Server Behavior for Custom Headers"). */
static bool
headers_fit(struct sp_mcp_call *call, const struct sp_tool_call *t)
{
	for (size_t i = 0; i < t->tool->header_count; i++) {
		const struct sp_tool_header *h = &t->tool->headers[i];

		if (!sp_mcp_param_fits(call->req->mem, sp_request_header(call->req, h->header),
		    sp_json_get(t->arguments, h->argument)))
			return sp_mcp_fail(call, SP_MCP_HEADER_MISMATCH, 400, sp_printf(call->req->mem,
			    "header mismatch: %s does not say what argument %s says", h->header, h->argument));
	}
	return true;
}

/* The audit row of a call that is not made comes first; it may find that the session is gone. */
static bool
refused(struct sp_mcp_call *call, const struct sp_tool_call *t, const char *why)
{
	switch (sp_tool_refuse(t, why)) {
	case SP_TOOL_DONE:
		return true;
	case SP_TOOL_GUARDED:
		return sp_mcp_fail_no_session(call);
	case SP_TOOL_FAILED:
		break;
	}
	return false;
}

static bool
may_call(struct sp_mcp_call *call, const struct sp_server *server, struct sp_tool_call *t)
{
	const struct sp_tool *tool = sp_server_tool(server, t->name);

	switch (tool != NULL ? sp_policy_judge(tool, &call->caller) : SP_DENIED) {
	case SP_ALLOWED:
		t->tool = tool;
		return true;
	case SP_NEEDS_SCOPE:
		return refused(call, t, "the token lacks scope") &&
		    sp_bearer_needs_scope(call->req, call->resource, tool->scopes);
	case SP_DENIED:
		break;
	}
	/* the same words whether it is not there or not for this caller */
	return refused(call, t, tool != NULL ? "not for this tier" : "unknown tool") &&
	    sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 200, sp_printf(call->req->mem, "unknown tool: %.*s",
	    SP_FMT(sp_str_sub(t->name, 0, 128))));
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
	struct json_object *structured = sp_json_get(whole, "structuredContent");
	struct json_object *content = sp_json_get(whole, "content");
	struct sp_json_writer *w = call->result;

	sp_jw_key(w, "content");
	if (json_object_array_length(content) > 0 || structured == NULL) {
		sp_mcp_write_content(call, content);
	} else {
		sp_jw_array(w);
		write_text(w, sp_json_canonical(call->req->mem, structured));
		sp_jw_array_end(w);
	}
	/* an object until 2026-07-28 */
	if (structured != NULL && (call->version == SP_MCP_2026_07_28 ||
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

/* CallToolResult. */
static void
write_result(struct sp_mcp_call *call, const struct sp_server *server, const struct sp_tool_result *r)
{
	struct sp_json_writer *w = call->result;

	sp_jw_object(w);
	if (r->whole != NULL)
		write_whole(call, r->whole);
	else
		write_json(call, r);
	sp_jw_kbool(w, "isError", r->is_error);
	sp_mcp_end_result(call, server, sp_json_get(r->whole, "_meta"));
}

bool
sp_mcp_tools_call(struct sp_mcp_call *call)
{
	const struct sp_catalog *catalog;
	const struct sp_server *server;
	struct sp_tool_result result;
	struct sp_tool_call t;

	if (!params_are_good(call, &t) || !sp_mcp_server(call, t.name, &catalog, &server))
		return false;
	t.catalog_version = catalog->version;
	if (!may_call(call, server, &t) || (call->version == SP_MCP_2026_07_28 && !headers_fit(call, &t)))
		return false;
	switch (sp_tool_run(&t, &result)) {
	case SP_TOOL_DONE:
		write_result(call, server, &result);
		return true;
	case SP_TOOL_GUARDED:
		return sp_mcp_fail_no_session(call);
	case SP_TOOL_FAILED:
		break;
	}
	return false;
}
