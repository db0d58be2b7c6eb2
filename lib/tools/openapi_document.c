/* openapi_document.c - documents of kind openapi: a description beside them becomes tools */
#include "tools/document_kind.h"
#include "tools/openapi.h"

const struct sp_member sp_openapi_members[] = {
	{ .name = "server", .type = SP_MEMBER_TEXT, .to = SP_TO_JUDGE },
	{ .name = "source", .type = SP_MEMBER_TEXT, .to = SP_TO_JUDGE },
	{ .name = "document", .type = SP_MEMBER_TEXT, .to = SP_TO_JUDGE, .required = true },
	{ .name = "include", .type = SP_MEMBER_ARRAY, .to = SP_TO_JUDGE },
	{ .name = "exclude", .type = SP_MEMBER_ARRAY, .to = SP_TO_JUDGE },
	{ .name = "names", .type = SP_MEMBER_OBJECT, .to = SP_TO_JUDGE },
	{ .name = "prefix", .type = SP_MEMBER_TEXT, .to = SP_TO_JUDGE },
	{ .name = "bind", .type = SP_MEMBER_OBJECT, .to = SP_TO_JUDGE },
	{ .name = "defaults", .type = SP_MEMBER_OBJECT, .to = SP_TO_JUDGE },
	{ .name = "overrides", .type = SP_MEMBER_OBJECT, .to = SP_TO_JUDGE },
	{ .name = "read_only", .type = SP_MEMBER_BOOL, .to = SP_TO_JUDGE },
	{ .name = "deprecated", .type = SP_MEMBER_BOOL, .to = SP_TO_JUDGE },
	{ .name = "output", .type = SP_MEMBER_BOOL, .to = SP_TO_JUDGE },
	{ .name = "security_scopes", .type = SP_MEMBER_BOOL, .to = SP_TO_JUDGE },
	{ .name = "scope_prefix", .type = SP_MEMBER_TEXT, .to = SP_TO_JUDGE },
	{ .name = "max_input", .type = SP_MEMBER_SIZE, .to = SP_TO_JUDGE },
	{ .name = "max_output", .type = SP_MEMBER_SIZE, .to = SP_TO_JUDGE },
	{ .name = "max_description", .type = SP_MEMBER_SIZE, .to = SP_TO_JUDGE },
	{ .name = NULL }
};

bool
sp_openapi_read(struct sp_documents *all, const struct sp_document *from, struct sp_str path,
    struct json_object **out, const char **why)
{
	const struct sp_place *place;
	struct sp_str text;

	if (all->read_bytes == NULL) {
		*why = "there are no other files here";
		return false;
	}
	if (!all->read_bytes(all, from, path, &text, why))
		return false;
	/* JSON needs no places, and is read in a tenth of the time and memory */
	if (sp_str_starts(sp_str_trim(text, " \t\r\n"), "{"))
		return sp_json_parse_large(all->mem, text, out, why);
	return all->read_tree(all, from, path, out, &place, why);
}

bool
sp_openapi_of_document(struct sp_documents *all, const struct sp_document *doc, struct sp_openapi *out)
{
	struct sp_str path = sp_json_get_str(doc->body, "document");
	struct json_object *description;
	const char *why;

	if (path.p == NULL)
		return false;		/* the table of members says so */
	if (!sp_openapi_read(all, doc, path, &description, &why)) {
		sp_document_fault(all, doc, "document", "%s", why);
		return false;
	}
	if (sp_openapi_import(all->mem, doc->body, description, out, &why))
		return true;
	sp_document_kind_fault(all, doc, "", why);
	return false;
}

/* What was left out or changed, and first of all how much. */
static void
remark(struct sp_documents *all, const struct sp_document *doc, const struct sp_openapi *o)
{
	int line = doc->place != NULL ? doc->place->line : 0;

	if (json_object_array_length(o->remarks) > 0)
		sp_fault(&all->remarks, doc->file, line, "%zu of %zu operations are tools", o->tools, o->operations);
	for (size_t i = 0; i < json_object_array_length(o->remarks); i++) {
		struct json_object *one = json_object_array_get_idx(o->remarks, i);
		struct sp_str operation = sp_json_get_str(one, "operation"), text = sp_json_get_str(one, "text");

		sp_fault(&all->remarks, doc->file, line, "%.*s%s%.*s", SP_FMT(operation), operation.len > 0 ? ": " : "", SP_FMT(text));
	}
}

void
sp_document_expand_openapi(struct sp_documents *all, const struct sp_document *doc)
{
	const char *origin = sp_printf(all->mem, "openapi %s", doc->name);
	struct sp_openapi out;

	if (!sp_openapi_of_document(all, doc, &out))
		return;
	remark(all, doc, &out);
	for (size_t i = 0; i < json_object_array_length(out.documents); i++)
		sp_documents_make(all, doc, origin, json_object_array_get_idx(out.documents, i));
}
