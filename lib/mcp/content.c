/* content.c - content blocks as the revisions know them: server/tools, "Tool Result" */
#include "mcp/dispatch.h"

/* ResourceLink came with 2025-06-18. */
static void
write_link_as_text(struct sp_json_writer *w, struct sp_arena *mem, struct json_object *link)
{
	struct sp_str name = sp_json_get_str(link, "name"), uri = sp_json_get_str(link, "uri");

	sp_jw_object(w);
	sp_jw_kcstr(w, "type", "text");
	sp_jw_kcstr(w, "text", sp_printf(mem, "%.*s: %.*s", SP_FMT(name), SP_FMT(uri)));
	sp_jw_object_end(w);
}

void
sp_mcp_write_block(struct sp_mcp_call *call, struct json_object *block)
{
	if (call->version == SP_MCP_2025_03_26 && sp_str_is(sp_json_get_str(block, "type"), "resource_link"))
		write_link_as_text(call->result, call->req->mem, block);
	else
		sp_jw_value(call->result, block);
}

void
sp_mcp_write_content(struct sp_mcp_call *call, struct json_object *blocks)
{
	sp_jw_array(call->result);
	for (size_t i = 0; i < json_object_array_length(blocks); i++)
		sp_mcp_write_block(call, json_object_array_get_idx(blocks, i));
	sp_jw_array_end(call->result);
}
