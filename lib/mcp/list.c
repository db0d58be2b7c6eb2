/* list.c - the lists of a server, in pages: server/utilities/pagination */
#include "mcp/cursor.h"
#include "mcp/entry.h"
#include "mcp/extension.h"
#include "mcp/methods.h"
#include "tools/policy.h"
#include "tools/upstream.h"

/* What a client calls them. */
static const char *const members[SP_LISTS] = { "tools", "resources", "resourceTemplates", "prompts" };

static enum sp_listing_form
form_of(enum sp_mcp_version version)
{
	_Static_assert((int)SP_LISTING_2025_03_26 == (int)SP_MCP_2025_03_26 &&
	    (int)SP_LISTING_2026_07_28 == (int)SP_MCP_2026_07_28 && (int)SP_LISTING_FORMS == (int)SP_MCP_VERSIONS,
	    "revisions have the same order in both");
	return (enum sp_listing_form)version;
}

/* Whether everybody who may ask sees the same, with whatever client. */
static bool
is_public(const struct sp_server *server, const struct sp_entries *list)
{
	if (server->access_tool != NULL)
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (!sp_policy_is_open(&list->item[i]) || list->item[i].is_for_apps)
			return false;
	return true;
}

/* Where this page begins.  An entry that has gone changes the catalog's version, and the cursor with it. */
static bool
first_of_page(struct sp_mcp_call *call, const struct sp_entries *list, const struct sp_mcp_page *page, size_t *first)
{
	struct json_object *cursor = sp_json_get(call->message.params, "cursor");
	int64_t last;

	*first = 0;
	if (cursor == NULL)
		return true;
	if (json_object_is_type(cursor, json_type_string) && sp_mcp_cursor_read(call->req->mem,
	    call->req->process->keyring, page, sp_json_text(cursor), &last))
		for (size_t i = 0; i < list->count; i++)
			if (list->item[i].tool_id == last) {
				*first = i + 1;
				return true;
			}
	return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 200, "unknown cursor: begin anew without one");
}

bool
sp_mcp_is_listed(const struct sp_mcp_call *call, const struct sp_tool *entry, bool has_apps)
{
	/* what is for apps a client without pages would show to the model */
	return !sp_upstream_is_away(entry) && sp_policy_judge(entry, &call->caller) == SP_ALLOWED &&
	    (has_apps || !entry->is_for_apps);
}

static bool
write_list(struct sp_mcp_call *call, enum sp_list which)
{
	struct sp_json_writer *w = call->result;
	const struct sp_tool *last = NULL;
	const struct sp_entries *list;
	bool more = false, has_apps;
	struct sp_mcp_page page;
	int64_t listed = 0;
	size_t i;

	/* another process may have told the client of a change that this one has not heard of yet */
	if (call->mcp->subscriptions != NULL)
		sp_catalog_changed(call->mcp->catalog, &call->req->db, "catalog");
	if (!sp_mcp_require_session(call) || !sp_mcp_server(call, which, (struct sp_str){ NULL, 0 }))
		return false;
	if (!sp_server_offers(call->server, which))
		return sp_mcp_fail_no_method(call);
	list = &call->server->list[which];
	page = (struct sp_mcp_page){ call->server->name, members[which], call->catalog_version, &call->caller };
	if (!first_of_page(call, list, &page, &i))
		return false;
	has_apps = sp_mcp_has_apps(call);
	sp_jw_object(w);
	sp_jw_key(w, members[which]);
	sp_jw_array(w);
	for (; i < list->count; i++) {
		const struct sp_tool *entry = &list->item[i];

		if (!sp_mcp_is_listed(call, entry, has_apps))
			continue;
		if (listed == call->req->settings->page_size) {
			more = true;
			break;
		}
		sp_jw_raw(w, entry->listing.form[form_of(call->version)]);
		last = entry;
		listed++;
	}
	sp_jw_array_end(w);
	if (more)
		sp_jw_kstr(w, "nextCursor", sp_mcp_cursor_make(call->req->mem, call->req->process->keyring, &page,
		    last->tool_id));
	sp_mcp_write_caching(call, call->server->list_ttl_ms, is_public(call->server, list));
	sp_mcp_end_result(call, NULL);
	return true;
}

bool
sp_mcp_tools_list(struct sp_mcp_call *call)
{
	return write_list(call, SP_TOOLS);
}

bool
sp_mcp_resources_list(struct sp_mcp_call *call)
{
	return write_list(call, SP_RESOURCES);
}

bool
sp_mcp_templates_list(struct sp_mcp_call *call)
{
	return write_list(call, SP_TEMPLATES);
}

bool
sp_mcp_prompts_list(struct sp_mcp_call *call)
{
	return write_list(call, SP_PROMPTS);
}
