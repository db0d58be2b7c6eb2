/* document_content.c - documents of kinds "resource" and "prompt" */
#include "base/encode.h"
#include "tools/document_kind.h"
#include "tools/uri_template.h"

static void
put(struct json_object *object, const char *name, struct json_object *value)
{
	if (json_object_object_add(object, name, value) != 0)
		sp_out_of_memory();
}

/* ---- resources ---- */

const struct sp_member sp_resource_members[] = {
	{ .name = "name", .type = SP_MEMBER_TEXT, .required = true },
	{ .name = "title", .type = SP_MEMBER_TEXT },
	{ .name = "description", .type = SP_MEMBER_TEXT },
	{ .name = "mime_type", .type = SP_MEMBER_TEXT },
	{ .name = "text", .type = SP_MEMBER_TEXT, .column = "content" },
	{ .name = "blob", .type = SP_MEMBER_TEXT, .to = SP_TO_JUDGE },
	{ .name = "file", .type = SP_MEMBER_TEXT, .to = SP_TO_JUDGE },
	{ .name = "directory", .type = SP_MEMBER_TEXT, .to = SP_TO_JUDGE },
	{ .name = "annotations", .type = SP_MEMBER_OBJECT, .otherwise = "{}" },
	{ .name = "icons", .type = SP_MEMBER_ARRAY },
	{ .name = "meta", .type = SP_MEMBER_OBJECT },
	{ .name = "ttl", .type = SP_MEMBER_DURATION, .column = "ttl_ms", .otherwise = "0" },
	{ .name = "scopes", .type = SP_MEMBER_TEXTS, .otherwise = "[]" },
	{ .name = "tier", .type = SP_MEMBER_TIER, .otherwise = "\"admin\"" },
	{ .name = "timeout", .type = SP_MEMBER_DURATION, .column = "timeout_ms" },
	{ .name = "max_bytes", .type = SP_MEMBER_SIZE, .otherwise = "1048576" },
	{ .name = "position", .type = SP_MEMBER_INT, .otherwise = "0", .kept = true },
	{ .name = "enabled", .type = SP_MEMBER_BOOL, .otherwise = "true", .kept = true },
	{ .name = NULL }
};

static void
judge_uri(struct sp_documents *all, const struct sp_document *doc, bool is_directory)
{
	struct sp_uri_template template;
	const char *why;

	if (!sp_uri_template_parse(all->mem, sp_str(doc->name), &template, &why))
		sp_document_fault(all, doc, "uri", "%s", why);
	else if (is_directory && (template.count != 1 || !template.variable[0].reserved || template.variable[0].after.len > 0))
		sp_document_fault(all, doc, "uri", "that of a directory ends with its only variable: docs://guides/{+path}");
	else if (!is_directory && template.count > 0)
		sp_document_fault(all, doc, "uri", "a resource with contents of its own has no variables");
}

static void
judge_mime_type(struct sp_documents *all, const struct sp_document *doc)
{
	struct sp_str type = sp_json_get_str(doc->row, "mime_type"), half;
	size_t halves = 0;
	bool ok = true;

	if (type.p == NULL)
		return;
	type = sp_str_sub(type, 0, strcspn(sp_cstr(all->mem, type), "; "));
	while (sp_str_split(&type, '/', &half)) {
		halves++;
		ok = ok && half.len > 0;
		for (size_t i = 0; i < half.len; i++)
			ok = ok && sp_is_tchar((unsigned char)half.p[i]);
	}
	if (!ok || halves != 2)
		sp_document_fault(all, doc, "mime_type", "is not a media type: text/markdown");
}

static void
set_bytes(struct sp_documents *all, struct sp_document *doc, struct sp_str bytes)
{
	struct sp_str hex = sp_hex_encode(all->mem, bytes.p, bytes.len);

	put(doc->row, "blob", json_object_new_string(sp_printf(all->mem, "\\x%.*s", SP_FMT(hex))));
}

/* A file is text when it can be. */
static void
take_file(struct sp_documents *all, struct sp_document *doc, struct sp_str path)
{
	struct sp_str bytes;
	const char *why = "no other files can be read here";

	if (all->read_bytes == NULL || !all->read_bytes(all, doc, path, &bytes, &why))
		sp_document_fault(all, doc, "file", "%s", why);
	else if (sp_utf8_valid(bytes) && memchr(bytes.p, '\0', bytes.len) == NULL)
		sp_json_set_str(doc->row, "content", bytes);
	else
		set_bytes(all, doc, bytes);
}

void
sp_document_judge_resource(struct sp_documents *all, struct sp_document *doc)
{
	static const char *const ways[] = { "text", "blob", "file", "directory" };
	struct sp_str blob = sp_json_get_str(doc->body, "blob"), file = sp_json_get_str(doc->body, "file");
	struct sp_str directory = sp_json_get_str(doc->body, "directory"), bytes;
	struct json_object *spec = sp_json_new(all->mem);
	size_t given = 0;

	for (size_t i = 0; i < 4; i++)
		given += sp_json_get(doc->body, ways[i]) != NULL;
	if (given != 1)
		sp_document_fault(all, doc, "", "a resource has one of \"text\", \"blob\", \"file\", \"directory\"");
	put(doc->row, "blob", NULL);
	if (blob.p != NULL && !sp_base64_decode(all->mem, blob, &bytes))
		sp_document_fault(all, doc, "blob", "is not Base64");
	else if (blob.p != NULL)
		set_bytes(all, doc, bytes);
	if (file.p != NULL)
		take_file(all, doc, file);
	if (directory.p != NULL)
		sp_json_set_str(spec, "directory", directory);
	put(doc->row, "spec", json_object_get(spec));
	put(doc->row, "kind", json_object_new_string(directory.p != NULL ? "directory" : "content"));
	put(doc->row, "origin", json_object_new_string(doc->origin));
	judge_uri(all, doc, directory.p != NULL);
	judge_mime_type(all, doc);
	sp_document_judge_server(all, doc);
	sp_document_judge_icons(all, doc);
	sp_document_judge_scopes(all, doc, "scopes");
}

void
sp_document_write_resource(struct sp_arena *mem, struct json_object *row, struct json_object *document)
{
	struct sp_str blob = sp_json_get_str(row, "blob"), bytes;
	struct json_object *directory = sp_json_get(sp_json_get(row, "spec"), "directory");

	if (sp_str_starts(blob, "\\x") && sp_hex_decode(mem, sp_str_sub(blob, 2, blob.len), &bytes))
		sp_json_set_str(document, "blob", sp_base64_encode(mem, bytes.p, bytes.len));
	if (directory != NULL)
		put(document, "directory", json_object_get(directory));
}

/* ---- prompts ---- */

const struct sp_member sp_prompt_members[] = {
	{ .name = "title", .type = SP_MEMBER_TEXT },
	{ .name = "description", .type = SP_MEMBER_TEXT, .required = true },
	{ .name = "arguments", .type = SP_MEMBER_OBJECT, .to = SP_TO_JUDGE },
	{ .name = "messages", .type = SP_MEMBER_ARRAY, .required = true, .to = SP_TO_JUDGE },
	{ .name = "icons", .type = SP_MEMBER_ARRAY },
	{ .name = "meta", .type = SP_MEMBER_OBJECT },
	{ .name = "scopes", .type = SP_MEMBER_TEXTS, .otherwise = "[]" },
	{ .name = "tier", .type = SP_MEMBER_TIER, .otherwise = "\"admin\"" },
	{ .name = "max_bytes", .type = SP_MEMBER_SIZE, .otherwise = "1048576" },
	{ .name = "position", .type = SP_MEMBER_INT, .otherwise = "0", .kept = true },
	{ .name = "enabled", .type = SP_MEMBER_BOOL, .otherwise = "true", .kept = true },
	{ .name = NULL }
};

/* name: {title, description, required, values}; "values" completes it. */
static void
take_argument(struct sp_documents *all, struct sp_document *doc, const char *name, struct json_object *given,
    struct json_object *arguments, struct json_object *completions)
{
	static const char *const names[] = { "title", "description", "required", "values", NULL };
	const char *path = sp_printf(all->mem, "arguments.%s", name);
	struct json_object *argument = sp_json_new(all->mem), *completion = sp_json_new(all->mem);
	bool required = true;

	if (given != NULL && !json_object_is_type(given, json_type_object)) {
		sp_document_fault(all, doc, path, "is not an object: {description: ..., required: true}");
		return;
	}
	sp_json_set_str(argument, "name", sp_str(name));
	if (given != NULL) {
		sp_document_only(all, doc, path, given, names);
		json_object_object_foreach(given, key, value) {
			const char *at = sp_printf(all->mem, "%s.%s", path, key);

			if (strcmp(key, "required") == 0) {
				required = json_object_get_boolean(value);
				if (!json_object_is_type(value, json_type_boolean))
					sp_document_fault(all, doc, at, "is neither true nor false");
			} else if (strcmp(key, "values") == 0) {
				if (!sp_document_are_texts(value))
					sp_document_fault(all, doc, at, "is not a list of texts");
				else
					put(completion, "values", json_object_get(value));
			} else if (strcmp(key, "title") == 0 || strcmp(key, "description") == 0) {
				if (!json_object_is_type(value, json_type_string))
					sp_document_fault(all, doc, at, "is not a text");
				else
					put(argument, key, json_object_get(value));
			}
		}
	}
	put(argument, "required", json_object_new_boolean(required));
	if (json_object_array_add(arguments, json_object_get(argument)) != 0)
		sp_out_of_memory();
	if (sp_json_get(completion, "values") != NULL)
		put(completions, name, json_object_get(completion));
}

/* {role, content}; content that is a text stands for {"type": "text", "text": ...}. */
static void
take_message(struct sp_documents *all, struct sp_document *doc, size_t i, struct json_object *given,
    struct json_object *messages)
{
	static const char *const names[] = { "role", "content", NULL };
	const char *path = sp_printf(all->mem, "messages[%zu]", i);
	struct json_object *message = sp_json_new(all->mem), *content = sp_json_get(given, "content"), *block;
	struct sp_str role = sp_json_get_str(given, "role");

	if (!sp_str_is(role, "user") && !sp_str_is(role, "assistant")) {
		sp_document_fault(all, doc, path, "needs \"role\": user or assistant");
		return;
	}
	sp_document_only(all, doc, path, given, names);
	sp_json_set_str(message, "role", role);
	if (json_object_is_type(content, json_type_string)) {
		block = sp_json_new(all->mem);
		sp_json_set_str(block, "type", SP_LIT("text"));
		sp_json_set_str(block, "text", sp_json_text(content));
		put(message, "content", json_object_get(block));
	} else if (json_object_is_type(content, json_type_object) && sp_json_get_str(content, "type").p != NULL) {
		put(message, "content", json_object_get(content));
	} else {
		sp_document_fault(all, doc, path, "needs \"content\": a text, or an object with \"type\"");
		return;
	}
	if (json_object_array_add(messages, json_object_get(message)) != 0)
		sp_out_of_memory();
}

void
sp_document_judge_prompt(struct sp_documents *all, struct sp_document *doc)
{
	struct json_object *given = sp_json_get(doc->body, "messages"), *arguments = sp_json_get(doc->body, "arguments");
	struct json_object *messages = json_object_new_array(), *list = json_object_new_array();
	struct json_object *completions = sp_json_new(all->mem);

	put(doc->row, "messages", messages);
	put(doc->row, "arguments", list);
	put(doc->row, "completions", json_object_get(completions));
	if (arguments != NULL) {
		json_object_object_foreach(arguments, name, argument)
			take_argument(all, doc, name, argument, list, completions);
	}
	for (size_t i = 0; i < json_object_array_length(given); i++)
		take_message(all, doc, i, json_object_array_get_idx(given, i), messages);
	put(doc->row, "kind", json_object_new_string("messages"));
	put(doc->row, "origin", json_object_new_string(doc->origin));
	sp_document_judge_name(all, doc, 64, "_-");
	sp_document_judge_server(all, doc);
	sp_document_judge_icons(all, doc);
	sp_document_judge_scopes(all, doc, "scopes");
}

void
sp_document_write_prompt(struct sp_arena *mem, struct json_object *row, struct json_object *document)
{
	struct json_object *list = sp_json_get(row, "arguments"), *completions = sp_json_get(row, "completions");
	struct json_object *arguments = sp_json_new(mem);

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		struct json_object *a = json_object_array_get_idx(list, i), *argument = sp_json_new(mem);
		const char *name = sp_cstr(mem, sp_json_get_str(a, "name"));

		if (name == NULL)
			continue;
		json_object_object_foreach(a, key, value)
			if (strcmp(key, "name") != 0)
				put(argument, key, json_object_get(value));
		/* what is not said here is required; in the row it is not */
		if (sp_json_get(argument, "required") == NULL)
			put(argument, "required", json_object_new_boolean(false));
		if (sp_json_get(sp_json_get(completions, name), "values") != NULL)
			put(argument, "values", json_object_get(sp_json_get(sp_json_get(completions, name), "values")));
		put(arguments, name, json_object_get(argument));
	}
	if (json_object_object_length(arguments) > 0)
		put(document, "arguments", json_object_get(arguments));
	if (sp_json_get(row, "messages") != NULL)
		put(document, "messages", json_object_get(sp_json_get(row, "messages")));
}
