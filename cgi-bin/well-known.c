/*
 * well-known.c - the documents that clients discover us by
 *
 * RFC 8414, OpenID Connect Discovery, RFC 9728, RFC 7517.  Clients probe the
 * root form, the form with the resource's path behind (RFC 8414 section 3.1)
 * and the form with the path in front; the documents are the same.
 */
#include "oauth/authority.h"
#include "oauth/metadata.h"
#include "web/response.h"

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

static const struct sp_route routes[] = {
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
		.name = "well-known", .summary = "discovery documents and public keys",
		.routes = routes, .needs = SP_NEED_DB, .start = sp_authority_program_start, .stop = sp_authority_program_stop });
}
