/* document_server.c - documents of servers, scopes and groups, and of the sources and credentials that tools use */
#include "tools/credential.h"
#include "tools/document_kind.h"
#include "tools/http_source.h"
#include "tools/reference.h"
#include "tools/source.h"

const struct sp_member sp_group_members[] = {
	{ .name = "description", .type = SP_MEMBER_TEXT, .to = SP_TO_JUDGE },
	{ .name = NULL }
};

const struct sp_member sp_server_members[] = {
	{ .name = "title", .type = SP_MEMBER_TEXT, .required = true },
	{ .name = "description", .type = SP_MEMBER_TEXT },
	{ .name = "instructions", .type = SP_MEMBER_TEXT },
	{ .name = "website", .type = SP_MEMBER_TEXT, .column = "website_url" },
	{ .name = "icons", .type = SP_MEMBER_ARRAY },
	{ .name = "default_scopes", .type = SP_MEMBER_TEXTS },
	{ .name = "list_ttl", .type = SP_MEMBER_DURATION, .column = "list_ttl_ms", .otherwise = "60000" },
	{ .name = "access", .type = SP_MEMBER_OBJECT },
	{ .name = "scopes", .type = SP_MEMBER_OBJECT, .to = SP_TO_JUDGE },
	{ .name = NULL }
};

const struct sp_member sp_scope_members[] = {
	{ .name = "description", .type = SP_MEMBER_TEXT },
	{ .name = "implies", .type = SP_MEMBER_TEXTS, .otherwise = "[]" },
	{ .name = NULL }
};

/* access: {tool: NAME, ttl: 5m} */
static void
judge_access(struct sp_documents *all, const struct sp_document *doc)
{
	static const char *const names[] = { "tool", "ttl", NULL };
	struct json_object *access = sp_json_get(doc->row, "access"), *ttl = sp_json_get(access, "ttl");
	struct sp_str tool = sp_json_get_str(access, "tool");
	int64_t ms;

	if (access == NULL)
		return;
	sp_document_only(all, doc, "access", access, names);
	if (ttl != NULL && (!json_object_is_type(ttl, json_type_string) || !sp_document_duration(sp_json_text(ttl), &ms)))
		sp_document_fault(all, doc, "access.ttl", "is not a time: 30s, 5m, 1h");
	/* whether it is there is not known here: it may be a function */
	if (tool.len == 0)
		sp_document_fault(all, doc, "access", "needs \"tool\": the name of a tool of this server that says who may use it");
}

void
sp_document_judge_servers(struct sp_documents *all, struct sp_document *doc)
{
	struct sp_str name = sp_str(doc->name), website = sp_json_get_str(doc->row, "website_url");
	bool ok = name.len <= 63 && (name.len == 0 || sp_is_alnum((unsigned char)name.p[0]));

	for (size_t i = 0; i < name.len; i++)
		ok = ok && strchr("abcdefghijklmnopqrstuvwxyz0123456789_-", name.p[i]) != NULL;
	if (!ok)
		sp_document_fault(all, doc, "name", "\"%s\" is not a name of a server: up to 63 of a-z 0-9 _ -, or \"\" for /mcp",
		    doc->name);
	if (website.p != NULL && !sp_str_starts(website, "https://") && !sp_str_starts(website, "http://"))
		sp_document_fault(all, doc, "website", "is not a URL");
	sp_document_judge_icons(all, doc);
	judge_access(all, doc);
}

void
sp_document_judge_scope(struct sp_documents *all, struct sp_document *doc)
{
	sp_document_judge_scopes(all, doc, "implies");
	for (size_t i = 0; i < json_object_array_length(sp_json_get(doc->row, "implies")); i++)
		if (sp_str_is(sp_json_text(json_object_array_get_idx(sp_json_get(doc->row, "implies"), i)), doc->name))
			sp_document_fault(all, doc, sp_printf(all->mem, "implies[%zu]", i), "%s implies itself", doc->name);
}

/*
 * scopes: {orders:read: Read your orders} becomes a document for each scope; so does
 * {orders:write: {description: Change your orders, implies: [orders:read]}}.
 */
void
sp_document_expand_server(struct sp_documents *all, const struct sp_document *doc)
{
	struct json_object *scopes = sp_json_get(doc->body, "scopes");

	if (!json_object_is_type(scopes, json_type_object))
		return;
	json_object_object_foreach(scopes, name, said) {
		struct json_object *scope = sp_json_new(all->mem);

		if (json_object_is_type(said, json_type_string)) {
			sp_json_set_str(scope, "description", sp_json_text(said));
		} else if (json_object_is_type(said, json_type_object)) {
			json_object_object_foreach(said, member, value)
				if (json_object_object_add(scope, member, json_object_get(value)) != 0)
					sp_out_of_memory();
		} else {
			sp_document_fault(all, doc, sp_printf(all->mem, "scopes.%s", name),
			    "is neither a text that says what it allows nor an object with \"description\" and \"implies\"");
			continue;
		}
		sp_json_set_str(scope, "kind", SP_LIT("scope"));
		sp_json_set_str(scope, "name", sp_str(name));
		sp_documents_make(all, doc, sp_printf(all->mem, "server %s", doc->name), scope);
	}
}

/* ---- secrets ---- */

/* Members of sources and credentials that are secret, whatever their type, and header fields that are. */
static const char *const secrets[] = { "token", "password", "secret", "key", "value", "client_secret", "secret_key",
	"secret_access_key", "session_token", "private_key", "api_key", "authorization", "proxy-authorization", "cookie",
	"x-api-key", NULL };

static bool
is_secret(const char *name)
{
	for (size_t i = 0; secrets[i] != NULL; i++)
		if (sp_str_caseis(sp_str(name), secrets[i]))
			return true;
	return false;
}

/* References must be well formed; a secret must be one. */
static void
judge_texts(struct sp_documents *all, const struct sp_document *doc, const char *path, const char *name,
    struct json_object *value)
{
	const char *why;

	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member)
			judge_texts(all, doc, sp_printf(all->mem, "%s%s%s", path, path[0] != '\0' ? "." : "", key), key, member);
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			judge_texts(all, doc, sp_printf(all->mem, "%s[%zu]", path, i), name, json_object_array_get_idx(value, i));
	} else if (json_object_is_type(value, json_type_string)) {
		if (!sp_reference_check(sp_json_text(value), &why))
			sp_document_fault(all, doc, path, "%s", why);
		else if (is_secret(name) && !sp_reference_is_in(sp_json_text(value)))
			sp_document_fault(all, doc, path,
			    "a secret does not stand in a document: ${env:CREDENTIAL_...}, ${file:...}, or secret: stdin");
	} else if (value != NULL && is_secret(name)) {
		sp_document_fault(all, doc, path, "a secret does not stand in a document: ${env:CREDENTIAL_...} or ${file:...}");
	}
}

/* The text behind "password=" of a connection string, to its end. */
static struct sp_str
password_of(struct sp_str conninfo)
{
	for (size_t i = 0; i + strlen("password") < conninfo.len; i++) {
		struct sp_str rest = sp_str_sub(conninfo, i, conninfo.len);

		if ((i == 0 || !sp_is_alnum((unsigned char)conninfo.p[i - 1])) && sp_str_starts(rest, "password")) {
			rest = sp_str_trim(sp_str_sub(rest, strlen("password"), rest.len), " \t");
			if (sp_str_starts(rest, "="))
				return sp_str_trim(sp_str_sub(rest, 1, rest.len), " \t'");
		}
	}
	return (struct sp_str){ 0 };
}

/* "postgresql://user:secret@host" and "password=secret" are secrets, too. */
static void
judge_connection(struct sp_documents *all, const struct sp_document *doc, const char *member)
{
	struct sp_str text = sp_json_get_str(doc->body, member), password = password_of(text), user;
	ptrdiff_t scheme = sp_str_index(text, ':'), at;

	if (text.p == NULL)
		return;
	if (scheme > 0 && sp_str_starts(sp_str_sub(text, (size_t)scheme, text.len), "://")) {
		user = sp_str_sub(text, (size_t)scheme + 3, text.len);
		user = sp_str_sub(user, 0, strcspn(sp_cstr(all->mem, user), "/?#"));
		at = sp_str_index(user, '@');
		user = sp_str_sub(user, 0, at > 0 ? (size_t)at : 0);
		if (sp_str_index(user, ':') >= 0)
			password = sp_str_sub(user, (size_t)sp_str_index(user, ':') + 1, user.len);
	}
	if (password.len > 0 && !sp_str_starts(password, "${"))
		sp_document_fault(all, doc, member, "a password does not stand in a document: ${env:CREDENTIAL_...} or ${file:...}");
}

void
sp_document_judge_source(struct sp_documents *all, struct sp_document *doc)
{
	struct json_object *spec = sp_json_get(doc->row, "spec"), *credential;
	const struct sp_http_source *service;
	const struct sp_source *loaded;
	size_t faults = all->faults.count;
	const char *why;

	sp_document_judge_name(all, doc, 64, "_.-");
	if (!sp_str_is(sp_json_get_str(spec, "type"), "postgresql") && !sp_str_is(sp_json_get_str(spec, "type"), "http"))
		sp_document_fault(all, doc, "type", "a source is of type postgresql or http");
	json_object_object_foreach(spec, name, value)
		judge_texts(all, doc, name, name, value);
	judge_connection(all, doc, "database");
	judge_connection(all, doc, "url");
	if (all->faults.count == faults && sp_str_is(sp_json_get_str(spec, "type"), "postgresql") &&
	    !sp_source_load(all->mem, sp_documents_spec(all, "source", doc->name), &loaded, &why))
		sp_document_kind_fault(all, doc, "", why);
	credential = sp_json_get(spec, "credential");
	if (json_object_is_type(credential, json_type_string) &&
	    sp_documents_spec(all, "credential", json_object_get_string(credential)) == NULL) {
		sp_document_missing(all, doc, "credential", "credential", json_object_get_string(credential));
		return;			/* without it the source is not whole */
	}
	if (all->faults.count == faults && sp_str_is(sp_json_get_str(spec, "type"), "http") &&
	    !sp_http_source_load(all->mem, sp_documents_spec(all, "source", doc->name), &service, &why))
		sp_document_kind_fault(all, doc, "", why);
}

void
sp_document_judge_credential(struct sp_documents *all, struct sp_document *doc)
{
	struct json_object *spec = sp_json_get(doc->row, "spec");
	const struct sp_credential *credential;
	size_t faults = all->faults.count;
	bool is_sealed = false;
	const char *why;

	sp_document_judge_name(all, doc, 64, "_.-");
	json_object_object_foreach(spec, name, value) {
		/* set by `sallyport catalog secret NAME` */
		if (strcmp(name, "secret") == 0 && json_object_is_type(value, json_type_string) &&
		    sp_str_is(sp_json_text(value), "stdin"))
			is_sealed = true;
		else
			judge_texts(all, doc, name, name, value);
	}
	if (all->faults.count == faults && !sp_credential_load(all->mem, spec, &credential, &why))
		sp_document_kind_fault(all, doc, "", why);
	/* one that was sealed before is forgotten when the document says that it is elsewhere */
	if (!is_sealed && json_object_object_add(doc->row, "secret", NULL) != 0)
		sp_out_of_memory();
}
