/* metadata.c - the well-known documents */
#include "oauth/metadata.h"

static void
strings(struct sp_json_writer *w, const char *name, const char *const *values)
{
	sp_jw_key(w, name);
	sp_jw_array(w);
	for (; *values != NULL; values++)
		sp_jw_cstr(w, *values);
	sp_jw_array_end(w);
}

static void
endpoint(struct sp_request *req, struct sp_json_writer *w, const char *name, const char *path)
{
	sp_jw_kcstr(w, name, sp_printf(req->mem, "%s%s", req->settings->issuer, path));
}

static void
scopes(struct sp_json_writer *w, const struct sp_scope *scope)
{
	sp_jw_key(w, "scopes_supported");
	sp_jw_array(w);
	for (size_t i = 0; i < scope->count; i++)
		sp_jw_str(w, scope->token[i]);
	sp_jw_array_end(w);
}

/* What any resource offers, and offline_access: clients ask for it to get a refresh token. */
static void
all_scopes(const struct sp_resources *resources, struct sp_scope *out)
{
	out->count = 0;
	for (size_t i = 0; i < resources->count; i++)
		for (size_t j = 0; j < resources->item[i].scopes.count; j++) {
			struct sp_str token = resources->item[i].scopes.token[j];

			if (out->count < SP_SCOPE_MAX - 1 && !sp_scope_has(out, token))
				out->token[out->count++] = token;
		}
	if (!sp_scope_has(out, SP_LIT("offline_access")))
		out->token[out->count++] = SP_LIT("offline_access");
}

void
sp_metadata_authorization_server(struct sp_request *req, const struct sp_resources *resources,
    bool openid, struct sp_buf *json)
{
	static const char *const auth_methods[] = { "none", "client_secret_basic", "client_secret_post", NULL };
	const struct sp_settings *s = req->settings;
	struct sp_json_writer w;
	struct sp_scope all;

	all_scopes(resources, &all);
	sp_jw_init(&w, json);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "issuer", s->issuer);
	endpoint(req, &w, "authorization_endpoint", "/authorize");
	endpoint(req, &w, "token_endpoint", "/token");
	if (s->registration)
		endpoint(req, &w, "registration_endpoint", "/register");
	endpoint(req, &w, "revocation_endpoint", "/revoke");
	endpoint(req, &w, "jwks_uri", "/.well-known/jwks.json");
	scopes(&w, &all);
	strings(&w, "response_types_supported", (const char *const[]){ "code", NULL });
	strings(&w, "response_modes_supported", (const char *const[]){ "query", NULL });
	strings(&w, "grant_types_supported",
	    (const char *const[]){ "authorization_code", "refresh_token", "client_credentials", NULL });
	strings(&w, "token_endpoint_auth_methods_supported", auth_methods);
	strings(&w, "revocation_endpoint_auth_methods_supported", auth_methods);
	strings(&w, "code_challenge_methods_supported", (const char *const[]){ "S256", NULL });
	sp_jw_kbool(&w, "authorization_response_iss_parameter_supported", true);
	sp_jw_kbool(&w, "client_id_metadata_document_supported", s->client_metadata_documents);
	sp_jw_key(&w, "protected_resources");
	sp_jw_array(&w);
	for (size_t i = 0; i < resources->count; i++)
		sp_jw_cstr(&w, resources->item[i].resource);
	sp_jw_array_end(&w);
	if (openid) {
		strings(&w, "subject_types_supported", (const char *const[]){ "public", NULL });
		strings(&w, "id_token_signing_alg_values_supported", (const char *const[]){ s->signing_alg, NULL });
	}
	sp_jw_object_end(&w);
}

void
sp_metadata_protected_resource(struct sp_request *req, const struct sp_resource *resource,
    struct sp_buf *json)
{
	struct sp_json_writer w;

	sp_jw_init(&w, json);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "resource", resource->resource);
	strings(&w, "authorization_servers", (const char *const[]){ req->settings->issuer, NULL });
	scopes(&w, &resource->scopes);
	strings(&w, "bearer_methods_supported", (const char *const[]){ "header", NULL });
	sp_jw_kcstr_if(&w, "resource_name", resource->title);
	sp_jw_object_end(&w);
}
