/* document_kind.c - the kinds of documents there are */
#include "tools/document_kind.h"

const struct sp_document_kind sp_document_kinds[] = {
	{ .name = "group", .key = "name", .members = sp_group_members },
	{ .name = "server", .table = "resource", .key = "name", .members = sp_server_members,
	    .judge = sp_document_judge_servers, .expand = sp_document_expand_server },
	{ .name = "scope", .table = "scope", .key = "scope", .members = sp_scope_members, .judge = sp_document_judge_scope },
	{ .name = "credential", .table = "credential", .key = "name", .is_spec = true,
	    .judge = sp_document_judge_credential },
	{ .name = "source", .table = "source", .key = "name", .is_spec = true, .judge = sp_document_judge_source },
	{ .name = "tool", .table = "tool", .key = "name", .server = "resource", .members = sp_tool_members,
	    .judge = sp_document_judge_tool, .write = sp_document_write_tool },
	{ .name = "resource", .table = "mcp_resource", .key = "uri", .server = "server", .members = sp_resource_members,
	    .judge = sp_document_judge_resource, .write = sp_document_write_resource },
	{ .name = "prompt", .table = "prompt", .key = "name", .server = "server", .members = sp_prompt_members,
	    .judge = sp_document_judge_prompt, .write = sp_document_write_prompt },
	{ .name = "upstream", .table = "upstream", .key = "name", .is_spec = true, .judge = sp_document_judge_upstream },
	{ .name = "openapi", .key = "name", .members = sp_openapi_members, .expand = sp_document_expand_openapi },
	{ .name = NULL }
};

/* It lies beside documents easily, and says nothing of how it should become tools. */
static void
refuse_description(struct sp_documents *all, const struct sp_document *from)
{
	sp_document_fault(all, from, "", "an OpenAPI description is no document: name it in one of kind openapi, "
	    "from a directory below, or propose tools with \"sallyport catalog import openapi\"");
}

/* What desktop clients keep ({"mcpServers": {...}}), and what is taken for a document. */
const struct sp_document_shape sp_document_shapes[] = {
	{ .member = "mcpServers", .expand = sp_document_expand_mcp_servers },
	{ .member = "openapi", .expand = refuse_description },
	{ .member = "swagger", .expand = refuse_description },
	{ .member = NULL }
};

const struct sp_document_kind *
sp_document_kind_find(struct sp_str name)
{
	for (const struct sp_document_kind *k = sp_document_kinds; k->name != NULL; k++)
		if (sp_str_is(name, k->name))
			return k;
	return NULL;
}
