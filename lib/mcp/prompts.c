/* prompts.c - prompts/get */
#include "mcp/entry.h"
#include "mcp/methods.h"
#include "tools/content.h"

static const struct sp_prompt_argument *
find_argument(const struct sp_content *prompt, const char *name)
{
	for (size_t i = 0; i < prompt->argument_count; i++)
		if (strcmp(prompt->arguments[i].name, name) == 0)
			return &prompt->arguments[i];
	return NULL;
}

/*
 * Arguments are strings (GetPromptRequestParams), those that are required are
 * there, and there are no others.  Forms send what was left empty as "": an
 * optional argument that is empty was not given.  NULL: they are good, else why not.
 */
static const char *
judge_arguments(struct sp_arena *mem, const struct sp_content *prompt, struct json_object *arguments,
    struct json_object **out)
{
	struct json_object *kept = sp_json_new(mem);

	if (arguments != NULL) {
		json_object_object_foreach(arguments, name, value) {
			const struct sp_prompt_argument *a = find_argument(prompt, name);

			if (a == NULL)
				return sp_printf(mem, "argument %.64s is unknown", name);
			if (!json_object_is_type(value, json_type_string))
				return sp_printf(mem, "argument %s must be a string", name);
			if (a->required || sp_json_text(value).len > 0)
				sp_json_set_str(kept, name, sp_json_text(value));
		}
	}
	for (size_t i = 0; i < prompt->argument_count; i++)
		if (prompt->arguments[i].required && sp_json_get(kept, prompt->arguments[i].name) == NULL)
			return sp_printf(mem, "argument %s is required", prompt->arguments[i].name);
	*out = kept;
	return NULL;
}

static bool
write_messages(struct sp_mcp_call *call, struct sp_str json)
{
	struct sp_json_writer *w = call->result;
	struct json_object *messages;
	const char *why;

	if (!sp_json_parse_large(call->req->mem, json, &messages, &why))
		return sp_fail(call->req, SP_SERVER_ERROR, "the messages of a prompt: %s", why);
	sp_jw_array(w);
	for (size_t i = 0; i < json_object_array_length(messages); i++) {
		struct json_object *message = json_object_array_get_idx(messages, i);

		sp_jw_object(w);
		sp_jw_kstr(w, "role", sp_json_get_str(message, "role"));
		sp_jw_key(w, "content");
		sp_mcp_write_block(call, sp_json_get(message, "content"));
		sp_jw_object_end(w);
	}
	sp_jw_array_end(w);
	return true;
}

bool
sp_mcp_prompts_get(struct sp_mcp_call *call)
{
	struct json_object *arguments;
	struct sp_tool_result result;
	struct sp_tool_call t;
	struct sp_str name;
	const char *why;

	if (!sp_mcp_name_and_arguments(call, &name, &arguments) || !sp_mcp_server(call, SP_PROMPTS, name))
		return false;
	if (!sp_server_offers(call->server, SP_PROMPTS))
		return sp_mcp_require_session(call) && sp_mcp_fail_no_method(call);
	t = sp_mcp_tool_call(call, "prompt.get", name, arguments);
	if (!sp_mcp_may_use(call, SP_PROMPTS, sp_server_entry(call->server, SP_PROMPTS, name), &t))
		return false;
	if ((why = judge_arguments(call->req->mem, t.tool->content, arguments, &t.arguments)) != NULL)
		return sp_mcp_refuse(call, &t, "arguments do not fit") &&
		    sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 200, why);
	switch (sp_mcp_use(call, &t, &result)) {
	case SP_MCP_FAILED:
		return false;
	case SP_MCP_ANSWERED:
		return true;
	case SP_MCP_RESULT:
		break;
	}
	sp_jw_object(call->result);
	sp_jw_kstr(call->result, "description", t.tool->content->description);
	sp_jw_key(call->result, "messages");
	if (!write_messages(call, result.json))
		return false;
	sp_mcp_end_result(call, NULL);
	return true;
}
