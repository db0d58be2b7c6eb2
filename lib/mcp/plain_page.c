/* plain_page.c - the tools of a server as a page */
#include "mcp/plain.h"

#include "web/response.h"
#include "web/template.h"

#define TYPE_MAX	200		/* bytes of a type in words */

/* "string", "integer or null", "array of string", "red, green or blue" */
static void
add_type(struct sp_arena *mem, struct sp_buf *b, struct json_object *schema)
{
	struct json_object *choice = sp_json_get(schema, "enum"), *type = sp_json_get(schema, "type");
	struct json_object *list = choice != NULL ? choice : type;
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		sp_buf_cstr(b, i == 0 ? "" : i + 1 < n ? ", " : " or ");
		sp_buf_str(b, json_object_is_type(one, json_type_string) ? sp_json_text(one) : sp_json_print(mem, one));
	}
	if (n > 0)
		return;
	sp_buf_str(b, json_object_is_type(type, json_type_string) ? sp_json_text(type) : SP_LIT("any"));
	if (sp_json_get_str(sp_json_get(schema, "items"), "type").p != NULL) {
		sp_buf_cstr(b, " of ");
		add_type(mem, b, sp_json_get(schema, "items"));
	}
}

static bool
is_required(struct json_object *schema, const char *name)
{
	struct json_object *list = sp_json_get(schema, "required");

	for (size_t i = 0; json_object_is_type(list, json_type_array) && i < json_object_array_length(list); i++)
		if (sp_str_is(sp_json_text(json_object_array_get_idx(list, i)), name))
			return true;
	return false;
}

static void
show_arguments(struct sp_arena *mem, struct sp_view *tool, struct json_object *schema)
{
	struct json_object *properties = sp_json_get(schema, "properties");
	bool any = json_object_is_type(properties, json_type_object) && json_object_object_length(properties) > 0;

	sp_view_flag(tool, "has_arguments", any);
	if (!any)
		return;
	json_object_object_foreach(properties, name, property) {
		struct sp_view *item = sp_view_item(tool, "arguments");
		struct sp_str meaning = sp_json_get_str(property, "description");
		struct sp_buf type;

		sp_buf_init(&type, mem, 65536);
		add_type(mem, &type, property);
		sp_view_cstr(item, "argument", name);
		sp_view_text(item, "type", sp_buf_ok(&type) ? sp_utf8_cut(sp_buf_view(&type), TYPE_MAX) : SP_LIT("one of many"));
		sp_view_flag(item, "required", is_required(schema, name));
		sp_view_text(item, "meaning", meaning.p != NULL ? meaning : SP_LIT(""));
	}
}

static void
show_tool(struct sp_arena *mem, struct sp_view *page, const struct sp_tool *tool)
{
	struct sp_view *item = sp_view_item(page, "tools");
	struct json_object *entry = NULL, *annotations;
	const char *why;

	if (!sp_json_parse_large(mem, tool->listing.form[SP_LISTING_2026_07_28], &entry, &why))
		abort();		/* it was written by us */
	annotations = sp_json_get(entry, "annotations");
	sp_view_cstr(item, "name", tool->name);
	sp_view_cstr(item, "tier", tool->tier);
	sp_view_text(item, "title", sp_json_get_str(entry, "title"));
	sp_view_text(item, "description", sp_json_get_str(entry, "description"));
	sp_view_flag(item, "read_only", json_object_get_boolean(sp_json_get(annotations, "readOnlyHint")));
	sp_view_flag(item, "destructive", json_object_get_boolean(sp_json_get(annotations, "destructiveHint")));
	show_arguments(mem, item, sp_json_get(entry, "inputSchema"));
}

bool
sp_plain_page(struct sp_mcp_call *call, const struct sp_tool *const *tools, size_t count)
{
	struct sp_request *req = call->req;
	struct sp_view *page = sp_view_open(req, "tools.html");

	sp_view_flag(page, "wide", true);
	sp_view_cstr(page, "server", call->server->title);
	sp_view_cstr(page, "instructions", call->server->instructions);
	sp_view_cstr(page, "count", sp_printf(req->mem, "%zu", count));
	sp_view_cstr(page, "caller_tier", call->caller.tier);
	sp_view_cstr(page, "url", sp_plain_url(call));
	sp_view_cstr(page, "resource", call->resource->resource);
	for (size_t i = 0; i < count; i++)
		show_tool(req->mem, page, tools[i]);
	return sp_reply_view(req, 200, page);
}
