/* jsonrpc.c - JSON-RPC 2.0 envelopes as MCP narrows them */
#include "mcp/jsonrpc.h"

bool
sp_jsonrpc_fail(struct sp_jsonrpc_error *error, enum sp_jsonrpc_code code, int status, const char *message)
{
	*error = (struct sp_jsonrpc_error){ .code = code, .status = status, .message = message };
	return false;
}

static bool
invalid(struct sp_jsonrpc_error *error, const char *message)
{
	return sp_jsonrpc_fail(error, SP_JSONRPC_INVALID_REQUEST, 400, message);
}

/* A string or an integer; 1.0 is not one, and null is what JSON-RPC discourages and MCP forbids. */
static bool
id_is_good(struct json_object *id)
{
	return json_object_is_type(id, json_type_string) || json_object_is_type(id, json_type_int);
}

bool
sp_jsonrpc_read(struct json_object *message, struct sp_jsonrpc *out, struct sp_jsonrpc_error *error)
{
	struct json_object *id = NULL, *method = NULL, *params = NULL;
	bool has_id, has_method, has_params, is_response;

	*out = (struct sp_jsonrpc){ .kind = SP_JSONRPC_REQUEST };
	if (!json_object_is_type(message, json_type_object))
		return invalid(error, "a message is an object");
	has_id = json_object_object_get_ex(message, "id", &id);
	has_method = json_object_object_get_ex(message, "method", &method);
	has_params = json_object_object_get_ex(message, "params", &params);
	is_response = json_object_object_get_ex(message, "result", NULL) ||
	    json_object_object_get_ex(message, "error", NULL);
	if (has_id && !id_is_good(id))
		return invalid(error, "id must be a string or an integer");
	out->id = id;
	if (!sp_str_is(sp_json_get_str(message, "jsonrpc"), "2.0"))
		return invalid(error, "jsonrpc must be \"2.0\"");
	if (has_method == is_response)
		return invalid(error, "a message has either a method or a result or error");
	if (is_response) {
		out->kind = SP_JSONRPC_RESPONSE;
		return has_id || invalid(error, "a response needs an id");
	}
	if (!json_object_is_type(method, json_type_string))
		return invalid(error, "method must be a string");
	out->method = sp_json_text(method);
	if (!has_id)
		out->kind = SP_JSONRPC_NOTIFICATION;
	if (has_params && !json_object_is_type(params, json_type_object))
		return sp_jsonrpc_fail(error, SP_JSONRPC_INVALID_PARAMS, 400, "params must be an object");
	out->params = params;
	return true;
}

static void
begin(struct sp_json_writer *w, struct json_object *id)
{
	sp_jw_object(w);
	sp_jw_kcstr(w, "jsonrpc", "2.0");
	if (id != NULL) {
		sp_jw_key(w, "id");
		sp_jw_value(w, id);
	}
}

void
sp_jsonrpc_begin_result(struct sp_json_writer *w, struct json_object *id)
{
	begin(w, id);
	sp_jw_key(w, "result");
}

void
sp_jsonrpc_end(struct sp_json_writer *w)
{
	sp_jw_object_end(w);
}

void
sp_jsonrpc_write_error(struct sp_json_writer *w, struct json_object *id, const struct sp_jsonrpc_error *error)
{
	begin(w, id);
	sp_jw_key(w, "error");
	sp_jw_object(w);
	sp_jw_kint(w, "code", error->code);
	sp_jw_kcstr(w, "message", error->message);
	if (error->data.p != NULL)
		sp_jw_kraw(w, "data", error->data);
	sp_jw_object_end(w);
	sp_jw_object_end(w);
}
