/* document_upstream.c - documents of kind "upstream", and the {"mcpServers": {...}} of desktop clients */
#include "tools/document_kind.h"
#include "tools/reference.h"
#include "tools/upstream.h"

#define NAME_MAX_LEN 32			/* of sallyport.upstream */

/* ---- secrets ---- */

static bool
contains(struct sp_str text, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i + len <= text.len; i++)
		if (sp_str_caseis(sp_str_sub(text, i, i + len), word))
			return true;
	return false;
}

/* By the name that people give a secret, or the beginning that its maker gave it. */
static bool
looks_secret(struct sp_str name, struct sp_str value)
{
	static const char *const names[] = { "token", "secret", "password", "passwd", "api_key", "api-key", "apikey", "access_key",
		"private_key", "credential", "authorization", "cookie" };
	static const char *const values[] = { "Bearer ", "Basic ", "sk-", "ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "xoxp-",
		"AKIA", "eyJ", "-----BEGIN" };

	if (value.len == 0 || sp_reference_is_in(value))
		return false;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (sp_str_starts(value, values[i]))
			return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (contains(name, names[i]))
			return true;
	return false;
}

/* As an environment variable would be named that has it. */
static const char *
variable_for(struct sp_arena *mem, const char *upstream, const char *name)
{
	char *out = sp_printf(mem, "%s_%s", upstream, name);

	for (char *p = out; *p != '\0'; p++)
		*p = sp_is_alnum((unsigned char)*p) ? (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p) : '_';
	return out;
}

static void
judge_secrets(struct sp_documents *all, const struct sp_document *doc, const char *member)
{
	struct json_object *pairs = sp_json_get(doc->body, member);

	if (!json_object_is_type(pairs, json_type_object))
		return;
	json_object_object_foreach(pairs, name, value) {
		if (json_object_is_type(value, json_type_string) && looks_secret(sp_str(name), sp_json_text(value)))
			sp_document_fault(all, doc, sp_printf(all->mem, "%s.%s", member, name), "looks like a secret, which does not "
			    "stand in a document: put it into the environment of the programs, and write \"${env:CREDENTIAL_%s}\"",
			    variable_for(all->mem, doc->name, name));
	}
}

/* ---- kind: upstream ---- */

void
sp_document_judge_upstream(struct sp_documents *all, struct sp_document *doc)
{
	struct json_object *spec = sp_json_get(doc->row, "spec"), *judged = sp_json_new(all->mem);
	struct sp_str credential = sp_json_get_str(spec, "credential"), server = sp_json_get_str(spec, "server");
	struct sp_upstream upstream;
	const char *why = "";

	sp_document_judge_name(all, doc, NAME_MAX_LEN, "_-");
	sp_document_only(all, doc, "", spec, sp_upstream_members);
	json_object_object_foreach(spec, member, value)
		if (json_object_object_add(judged, member, json_object_get(value)) != 0)
			sp_out_of_memory();
	sp_json_set_str(judged, "name", sp_str(doc->name));
	if (!sp_upstream_read(all->mem, judged, &upstream, &why))
		sp_document_kind_fault(all, doc, "", why);
	judge_secrets(all, doc, "headers");
	judge_secrets(all, doc, "environment");
	if (credential.p != NULL && sp_documents_spec(all, "credential", sp_cstr(all->mem, credential)) == NULL)
		sp_document_missing(all, doc, "credential", "credential", sp_cstr(all->mem, credential));
	if (server.len > 0) {
		struct sp_document at = *doc;

		at.server = sp_cstr(all->mem, server);
		sp_document_judge_server(all, &at);
	}
}

/* ---- {"mcpServers": {...}} ---- */

static void
put(struct json_object *object, const char *name, struct json_object *value)
{
	if (value != NULL && json_object_object_add(object, name, json_object_get(value)) != 0)
		sp_out_of_memory();
}

/* Clients take any name; a prefix of tools is stricter. */
static const char *
name_for(struct sp_arena *mem, const char *name)
{
	char *out = sp_cstr(mem, sp_str_sub(sp_str(name), 0, NAME_MAX_LEN));

	for (char *p = out; *p != '\0'; p++)
		if (!sp_is_alnum((unsigned char)*p) && *p != '_' && *p != '-')
			*p = '-';
	return out;
}

/* command and args become one array. */
static bool
put_command(struct json_object *document, struct json_object *entry)
{
	struct json_object *command = sp_json_get(entry, "command"), *args = sp_json_get(entry, "args"), *argv;

	if (command == NULL)
		return true;
	if (!json_object_is_type(command, json_type_string) || (args != NULL && !sp_document_are_texts(args)))
		return false;
	argv = json_object_new_array();
	if (argv == NULL || json_object_array_add(argv, json_object_get(command)) != 0)
		sp_out_of_memory();
	for (size_t i = 0; args != NULL && i < json_object_array_length(args); i++)
		if (json_object_array_add(argv, json_object_get(json_object_array_get_idx(args, i))) != 0)
			sp_out_of_memory();
	if (json_object_object_add(document, "command", argv) != 0)
		sp_out_of_memory();
	return true;
}

/* What else a client keeps there (approvals, icons) is its own business. */
static void
take_server(struct sp_documents *all, const struct sp_document *from, const char *name, struct json_object *entry)
{
	static const char *const urls[] = { "url", "serverUrl", "httpUrl" };
	struct json_object *document = sp_json_new(all->mem);
	struct sp_document at = *from;
	const char *path = sp_printf(all->mem, "mcpServers.%s", name);
	struct sp_str type = sp_json_get_str(entry, "type");

	if (!json_object_is_type(entry, json_type_object)) {
		sp_document_fault(all, from, path, "is not an object");
		return;
	}
	if (json_object_get_boolean(sp_json_get(entry, "disabled")))
		return;
	if (sp_str_is(type, "sse")) {
		sp_document_fault(all, from, path, "has the transport HTTP+SSE of 2024; give its Streamable HTTP URL, and no type");
		return;
	}
	sp_json_set_str(document, "kind", SP_LIT("upstream"));
	sp_json_set_str(document, "name", sp_str(name_for(all->mem, name)));
	if (!put_command(document, entry)) {
		sp_document_fault(all, from, path, "has a command that is no text, or args that are no texts");
		return;
	}
	put(document, "environment", sp_json_get(entry, "env"));
	put(document, "directory", sp_json_get(entry, "cwd"));
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		put(document, "url", sp_json_get(entry, urls[i]));
	put(document, "headers", sp_json_get(entry, "headers"));
	at.place = from->place != NULL ? sp_place_find(from->place, sp_str(path)) : NULL;
	sp_documents_make(all, &at, from->origin, document);
}

void
sp_document_expand_mcp_servers(struct sp_documents *all, const struct sp_document *from)
{
	struct json_object *servers = sp_json_get(from->body, "mcpServers");

	if (!json_object_is_type(servers, json_type_object)) {
		sp_document_fault(all, from, "mcpServers", "is not an object of servers by name");
		return;
	}
	json_object_object_foreach(servers, name, entry)
		take_server(all, from, name, entry);
}
