/*
 * well-known.c - the documents that clients discover us by, and the index of what is here
 *
 * RFC 8414, OpenID Connect Discovery, RFC 9728, RFC 7517.  Clients probe the
 * root form, the form with the resource's path behind (RFC 8414 section 3.1)
 * and the form with the path in front; the documents are the same.
 */
#include "oauth/authority.h"
#include "oauth/metadata.h"
#include "web/accept.h"
#include "web/response.h"
#include "web/template.h"

#define DOCUMENT_MAX (256 * 1024)
#define MAX_AGE 300		/* seconds; clients keep discovery for about five minutes */

static struct sp_authority *
authority(struct sp_request *req)
{
	return req->process->state;
}

static bool
fail(struct sp_request *req)
{
	return sp_reply_oauth_error(req);
}

static bool
not_found(struct sp_request *req)
{
	(void)sp_fail(req, SP_NOT_FOUND, "no such document");
	return fail(req);
}

static bool
reply(struct sp_request *req, struct sp_buf *json)
{
	if (!sp_buf_ok(json)) {
		(void)sp_fail(req, SP_SERVER_ERROR, "a document over %d bytes", DOCUMENT_MAX);
		return fail(req);
	}
	return sp_reply_cached(req, "application/json", sp_buf_view(json), MAX_AGE);
}

/* The resource whose path ("" or "/mcp", "/mcp/NAME") is asked for; "" is the default one. */
static const struct sp_resource *
resource_at(struct sp_request *req, const struct sp_resources *all, struct sp_str path)
{
	size_t issuer_len = strlen(req->settings->issuer);

	for (size_t i = 0; i < all->count; i++) {
		const struct sp_resource *r = &all->item[i];

		if (sp_str_is(path, r->resource + issuer_len) || (path.len == 0 && r->name[0] == '\0'))
			return r;
	}
	return NULL;
}

/* Cuts the document's name out of the request path; what is left, before or behind, is a resource's path. */
static struct sp_str
around(struct sp_request *req, const char *document)
{
	struct sp_str path = req->path;
	size_t len = strlen(document);

	if (sp_str_starts(path, document))
		return sp_str_sub(path, len, path.len);
	return sp_str_sub(path, 0, path.len - len);
}

static bool
authorization_server(struct sp_request *req, const char *document, bool openid)
{
	const struct sp_resources *resources;
	struct sp_buf json;

	if (!sp_authority_resources(req, authority(req), &resources))
		return fail(req);
	if (resource_at(req, resources, around(req, document)) == NULL)
		return not_found(req);
	sp_buf_init(&json, req->mem, DOCUMENT_MAX);
	sp_metadata_authorization_server(req, resources, openid, &json);
	return reply(req, &json);
}

static bool
oauth_authorization_server(struct sp_request *req)
{
	return authorization_server(req, "/.well-known/oauth-authorization-server", false);
}

static bool
openid_configuration(struct sp_request *req)
{
	return authorization_server(req, "/.well-known/openid-configuration", true);
}

static bool
oauth_protected_resource(struct sp_request *req)
{
	const struct sp_resources *resources;
	const struct sp_resource *resource;
	struct sp_buf json;

	if (!sp_authority_resources(req, authority(req), &resources))
		return fail(req);
	resource = resource_at(req, resources, around(req, "/.well-known/oauth-protected-resource"));
	if (resource == NULL)
		return not_found(req);
	sp_buf_init(&json, req->mem, DOCUMENT_MAX);
	sp_metadata_protected_resource(req, resource, &json);
	return reply(req, &json);
}

static bool
jwks(struct sp_request *req)
{
	const struct sp_keyset *keys;

	if (!sp_authority_keys(req, authority(req), &keys))
		return fail(req);
	return sp_reply_cached(req, "application/jwk-set+json", sp_keyset_jwks(keys), MAX_AGE);
}

/* The forms with the resource's path in front: /mcp/.well-known/..., /mcp/NAME/.well-known/... */
static bool
appended(struct sp_request *req)
{
	if (sp_str_ends(req->path, "/.well-known/oauth-authorization-server"))
		return oauth_authorization_server(req);
	if (sp_str_ends(req->path, "/.well-known/openid-configuration"))
		return openid_configuration(req);
	if (sp_str_ends(req->path, "/.well-known/oauth-protected-resource"))
		return oauth_protected_resource(req);
	return not_found(req);
}

/* ---- the index ---- */

struct endpoint {
	const char *name, *url;
};

/* What is switched on, beside the servers; a name that is NULL ends it. */
static const struct endpoint *
endpoints(struct sp_request *req)
{
	const struct sp_settings *s = req->settings;
	const struct { const char *name, *path; bool on; } all[] = {
		{ "tools", "/tools", s->tools_api },
		{ "authorization", "/authorize", true },
		{ "token", "/token", true },
		{ "revocation", "/revoke", true },
		{ "registration", "/register", s->registration },
		{ "metadata", "/.well-known/oauth-authorization-server", true },
		{ "jwks", "/.well-known/jwks.json", true },
		{ "health", "/health", true },
		{ "ready", "/ready", true },
	};
	size_t count = sizeof(all) / sizeof(all[0]);
	struct endpoint *on = sp_alloc_array(req->mem, count + 1, sizeof(*on)), *next = on;

	for (size_t i = 0; i < count; i++)
		if (all[i].on)
			*next++ = (struct endpoint){ all[i].name, sp_printf(req->mem, "%s%s", s->issuer, all[i].path) };
	return on;
}

static bool
index_page(struct sp_request *req, const struct sp_resources *resources)
{
	struct sp_view *page = sp_view_open(req, "index.html"), *item;

	sp_view_flag(page, "wide", true);
	sp_view_cstr(page, "version", PACKAGE_VERSION);
	for (size_t i = 0; i < resources->count; i++) {
		item = sp_view_item(page, "servers");
		sp_view_cstr(item, "title", resources->item[i].title);
		sp_view_cstr(item, "resource", resources->item[i].resource);
	}
	for (const struct endpoint *e = endpoints(req); e->name != NULL; e++) {
		item = sp_view_item(page, "endpoints");
		sp_view_cstr(item, "name", e->name);
		sp_view_cstr(item, "url", e->url);
	}
	return sp_reply_view(req, 200, page);
}

static bool
index_get(struct sp_request *req)
{
	const struct sp_resources *resources;
	struct sp_json_writer w;
	struct sp_buf json;

	if (!sp_authority_resources(req, authority(req), &resources))
		return fail(req);
	sp_header(req, "Vary", "Accept");
	if (sp_accept_prefers_html(sp_request_header(req, "Accept")))
		return index_page(req, resources);
	sp_buf_init(&json, req->mem, DOCUMENT_MAX);
	sp_jw_init(&w, &json);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "name", PACKAGE_NAME);
	sp_jw_kcstr(&w, "version", PACKAGE_VERSION);
	sp_jw_key(&w, "servers");
	sp_jw_array(&w);
	for (size_t i = 0; i < resources->count; i++) {
		sp_jw_object(&w);
		sp_jw_kcstr(&w, "title", resources->item[i].title);
		sp_jw_kcstr(&w, "mcp", resources->item[i].resource);
		sp_jw_object_end(&w);
	}
	sp_jw_array_end(&w);
	sp_jw_key(&w, "endpoints");
	sp_jw_object(&w);
	for (const struct endpoint *e = endpoints(req); e->name != NULL; e++)
		sp_jw_kcstr(&w, e->name, e->url);
	sp_jw_object_end(&w);
	sp_jw_object_end(&w);
	return reply(req, &json);
}

static const struct sp_route routes[] = {
	{ "GET", "/", index_get, .cors = true },
	{ "GET", "/.well-known/oauth-authorization-server", oauth_authorization_server, .cors = true },
	{ "GET", "/.well-known/oauth-authorization-server/*", oauth_authorization_server, .cors = true },
	{ "GET", "/.well-known/openid-configuration", openid_configuration, .cors = true },
	{ "GET", "/.well-known/openid-configuration/*", openid_configuration, .cors = true },
	{ "GET", "/.well-known/oauth-protected-resource", oauth_protected_resource, .cors = true },
	{ "GET", "/.well-known/oauth-protected-resource/*", oauth_protected_resource, .cors = true },
	{ "GET", "/.well-known/jwks.json", jwks, .cors = true },
	{ "GET", "/mcp/*", appended, .cors = true },
	{ NULL }
};

int
main(int argc, char **argv)
{
	return sp_worker_main(argc, argv, &(struct sp_program){
		.name = "well-known", .summary = "discovery documents, public keys, and the index of what is here",
		.routes = routes, .needs = SP_NEED_DB | SP_NEED_TEMPLATES, .start = sp_authority_program_start, .stop = sp_authority_program_stop });
}
