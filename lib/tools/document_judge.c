/* document_judge.c - what several kinds of documents have in common: scopes, server, name, icons */
#include "oauth/scope.h"
#include "tools/document_kind.h"

void
sp_document_judge_scopes(struct sp_documents *all, const struct sp_document *doc, const char *member)
{
	struct json_object *scopes = sp_json_get(doc->row, member);
	struct sp_scope parsed;

	for (size_t i = 0; i < json_object_array_length(scopes); i++) {
		struct sp_str scope = sp_json_text(json_object_array_get_idx(scopes, i));

		if (scope.len == 0 || sp_str_index(scope, ' ') >= 0 || !sp_scope_parse(scope, &parsed))
			sp_document_fault(all, doc, sp_printf(all->mem, "%s[%zu]", member, i), "\"%.*s\" is not a scope", SP_FMT(scope));
	}
}

void
sp_document_judge_server(struct sp_documents *all, const struct sp_document *doc)
{
	if (doc->server[0] == '\0' || sp_documents_find(all, "server", "", doc->server) != NULL)
		return;
	if (all->row == NULL || all->row(all, "server", doc->server) == NULL)
		sp_document_missing(all, doc, "server", "server", doc->server);
}

void
sp_document_judge_name(struct sp_documents *all, const struct sp_document *doc, size_t max, const char *others)
{
	struct sp_str name = sp_str(doc->name);
	bool ok = name.len >= 1 && name.len <= max;

	for (size_t i = 0; ok && i < name.len; i++)
		ok = sp_is_alnum((unsigned char)name.p[i]) || strchr(others, name.p[i]) != NULL;
	if (!ok)
		sp_document_fault(all, doc, "name", "\"%s\" is not a name: 1 to %zu of A-Z a-z 0-9 %s", doc->name, max, others);
}

static const char *
icon_fault(struct json_object *icon)
{
	static const char *const names[] = { "src", "mimeType", "sizes", "theme" };
	struct sp_str src = sp_json_get_str(icon, "src"), theme = sp_json_get_str(icon, "theme");
	struct json_object *mime_type = sp_json_get(icon, "mimeType"), *sizes = sp_json_get(icon, "sizes");
	size_t known = 0;

	for (size_t i = 0; i < 4; i++)
		known += json_object_object_get_ex(icon, names[i], NULL);
	if (!sp_str_starts(src, "https://") && !sp_str_starts(src, "data:"))
		return "needs \"src\": https://... or data:...";
	if ((mime_type != NULL && !json_object_is_type(mime_type, json_type_string)) ||
	    (sizes != NULL && !sp_document_are_texts(sizes)) ||
	    (theme.p != NULL && !sp_str_is(theme, "light") && !sp_str_is(theme, "dark")) ||
	    known != (size_t)json_object_object_length(icon))
		return "has \"src\", \"mimeType\", \"sizes\" (a list of texts) and \"theme\" (light or dark)";
	return NULL;
}

void
sp_document_judge_icons(struct sp_documents *all, const struct sp_document *doc)
{
	struct json_object *icons = sp_json_get(doc->row, "icons");

	for (size_t i = 0; icons != NULL && i < json_object_array_length(icons); i++) {
		struct json_object *icon = json_object_array_get_idx(icons, i);
		const char *why = json_object_is_type(icon, json_type_object) ? icon_fault(icon) : "is not an object";

		if (why != NULL)
			sp_document_fault(all, doc, sp_printf(all->mem, "icons[%zu]", i), "%s", why);
	}
}
