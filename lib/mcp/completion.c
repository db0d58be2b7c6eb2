/* completion.c - completion/complete */
#include "mcp/entry.h"
#include "mcp/methods.h"
#include "tools/content.h"
#include "tools/limit.h"

/* CompleteRequestParams. */
struct params {
	enum sp_list list;		/* of what is referred to */
	struct sp_str ref;		/* a prompt's name, or a template */
	struct sp_str argument, value;
	struct json_object *context;	/* the arguments that are filled in already; an object of strings */
};

static bool
is_object_of_strings(struct json_object *obj)
{
	if (!json_object_is_type(obj, json_type_object))
		return false;
	json_object_object_foreach(obj, name, value) {
		(void)name;
		if (!json_object_is_type(value, json_type_string))
			return false;
	}
	return true;
}

static bool
read_params(struct sp_mcp_call *call, struct params *out)
{
	struct json_object *params = call->message.params, *ref = sp_json_get(params, "ref");
	struct json_object *argument = sp_json_get(params, "argument"), *context = sp_json_get(params, "context");
	struct sp_str type = sp_json_get_str(ref, "type");
	bool is_prompt = sp_str_is(type, "ref/prompt");

	*out = (struct params){
		.list = is_prompt ? SP_PROMPTS : SP_TEMPLATES,
		.ref = sp_json_get_str(ref, is_prompt ? "name" : "uri"),
		.argument = sp_json_get_str(argument, "name"),
		.value = sp_json_get_str(argument, "value"),
		.context = sp_json_get(context, "arguments"),
	};
	if ((!is_prompt && !sp_str_is(type, "ref/resource")) || out->ref.p == NULL)
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 400,
		    "params.ref must be a ref/prompt with a name or a ref/resource with a uri");
	if (out->argument.p == NULL || out->value.p == NULL)
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 400, "params.argument must have a name and a value");
	if (out->context == NULL)
		out->context = sp_json_new(call->req->mem);
	return is_object_of_strings(out->context) || sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 400,
	    "params.context.arguments must be an object of strings");
}

static bool
has_argument(const struct sp_content *content, struct sp_str name)
{
	for (size_t i = 0; i < content->argument_count; i++)
		if (sp_str_is(name, content->arguments[i].name))
			return true;
	for (size_t i = 0; content->template != NULL && i < content->template->count; i++)
		if (sp_str_is(name, content->template->variable[i].name))
			return true;
	return false;
}

/* A Completion of those that begin as the value does, in either case. */
static void
write_values(struct sp_json_writer *w, const struct sp_completion *c, struct sp_str value)
{
	int64_t total = 0;

	sp_jw_object(w);
	sp_jw_key(w, "values");
	sp_jw_array(w);
	for (size_t i = 0; c != NULL && i < c->count; i++)
		if (sp_str_caseeq(sp_str_sub(c->values[i], 0, value.len), value) && total++ < SP_COMPLETION_MAX)
			sp_jw_str(w, c->values[i]);
	sp_jw_array_end(w);
	sp_jw_kint(w, "total", total);
	sp_jw_kbool(w, "hasMore", total > SP_COMPLETION_MAX);
	sp_jw_object_end(w);
}

/* By a function, under the rights of the prompt or template it completes. */
static bool
ask_function(struct sp_mcp_call *call, const struct params *p, const struct sp_completion *c, struct sp_tool_call *t,
    struct sp_tool_result *out)
{
	struct json_object *arguments = sp_json_new(call->req->mem);

	sp_json_set_str(arguments, "value", p->value);
	if (json_object_object_add(arguments, "context", json_object_get(p->context)) != 0)
		sp_out_of_memory();
	t->tool = c->function;
	t->arguments = arguments;
	call->dialogue = &sp_mcp_nobody;	/* mrtr: "Supported Requests" */
	return sp_mcp_use(call, t, out) == SP_MCP_RESULT;
}

bool
sp_mcp_complete(struct sp_mcp_call *call)
{
	struct sp_json_writer *w = call->result;
	const struct sp_completion *c;
	struct sp_tool_result result;
	struct sp_tool_call t;
	struct params p;

	if (!read_params(call, &p) || !sp_mcp_server(call, p.list, p.ref))
		return false;
	if (!call->server->completes)
		return sp_mcp_require_session(call) && sp_mcp_fail_no_method(call);
	t = sp_mcp_tool_call(call, "completion", p.ref, NULL);
	if (!sp_mcp_may_use(call, p.list, sp_server_entry(call->server, p.list, p.ref), &t) ||
	    !sp_limit_requests(call->req, &call->caller, "completions", call->req->settings->completion_limit))
		return false;
	if (!has_argument(t.tool->content, p.argument))
		return sp_mcp_refuse(call, &t, "unknown argument") && sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 200,
		    sp_printf(call->req->mem, "unknown argument: %.*s", SP_FMT(sp_str_sub(p.argument, 0, 64))));
	c = sp_content_completion(t.tool->content, p.argument);
	if (c != NULL && c->function != NULL ? !ask_function(call, &p, c, &t, &result) : !sp_mcp_require_session(call))
		return false;
	sp_jw_object(w);
	sp_jw_key(w, "completion");
	if (c != NULL && c->function != NULL)
		sp_jw_raw(w, result.json);
	else
		write_values(w, c, p.value);
	sp_mcp_end_result(call, NULL);
	return true;
}
