/* extension.c - what a client says that it can do, beyond the core protocol */
#include "mcp/extension.h"

#include "mcp/tasks.h"

#define META_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"

struct json_object *
sp_mcp_capabilities(const struct sp_mcp_call *call)
{
	if (sp_mcp_version_has_sessions(call->version))
		return call->session.capabilities;
	return sp_json_get(sp_json_get(call->message.params, "_meta"), META_CAPABILITIES);
}

struct json_object *
sp_mcp_extension(const struct sp_mcp_call *call, const char *name)
{
	struct json_object *settings = sp_json_get(sp_json_get(sp_mcp_capabilities(call), "extensions"), name);

	return json_object_is_type(settings, json_type_object) ? settings : NULL;
}

/* "text/html; profile=mcp-app" is the same type. */
static bool
is_our_type(struct json_object *type)
{
	struct sp_str rest, one;

	if (!json_object_is_type(type, json_type_string))
		return false;
	rest = sp_json_text(type);
	return sp_str_split(&rest, ';', &one) && sp_str_caseis(sp_str_trim(one, " \t"), "text/html") &&
	    sp_str_is(sp_str_trim(rest, " \t"), "profile=mcp-app");
}

bool
sp_mcp_has_apps(const struct sp_mcp_call *call)
{
	struct json_object *settings = sp_mcp_extension(call, SP_APPS_EXTENSION);
	struct json_object *types = sp_json_get(settings, "mimeTypes");

	/* required, but who says nothing more than that it has the extension means the one type there is */
	if (types == NULL)
		return settings != NULL;
	if (!json_object_is_type(types, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(types); i++)
		if (is_our_type(json_object_array_get_idx(types, i)))
			return true;
	return false;
}

void
sp_mcp_write_extensions(struct sp_mcp_call *call)
{
	struct sp_json_writer *w = call->result;

	if (!call->server->has_apps && !sp_mcp_offers_tasks(call))
		return;
	sp_jw_key(w, "extensions");
	sp_jw_object(w);
	if (call->server->has_apps) {
		sp_jw_key(w, SP_APPS_EXTENSION);
		sp_jw_object(w);
		sp_jw_key(w, "mimeTypes");
		sp_jw_array(w);
		sp_jw_cstr(w, SP_APPS_MEDIA_TYPE);
		sp_jw_array_end(w);
		sp_jw_object_end(w);
	}
	if (sp_mcp_offers_tasks(call)) {
		sp_jw_key(w, SP_TASKS_EXTENSION);
		sp_jw_object(w);
		sp_jw_object_end(w);
	}
	sp_jw_object_end(w);
}
