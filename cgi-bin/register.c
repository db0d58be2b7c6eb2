/*
 * register.c - dynamic client registration (RFC 7591)
 */
#include "db/queries.h"
#include "oauth/client.h"
#include "web/response.h"
#include "web/worker.h"

#define RESPONSE_MAX (256 * 1024)

struct registered {
	const char *client_id, *scope;
	int64_t issued_at;
	int64_t wait_seconds;
};

static const struct sp_column columns[] = {
	{ "client_id", SP_COL_TEXT, offsetof(struct registered, client_id) },
	{ "scope", SP_COL_TEXT, offsetof(struct registered, scope) },
	{ "issued_at", SP_COL_INT, offsetof(struct registered, issued_at) },
	{ "wait_seconds", SP_COL_INT, offsetof(struct registered, wait_seconds) },
	{ NULL }
};

/*
 * The scope that the client says it will ask for.  It binds nobody (what a
 * client may have is decided when it asks), but the answer tells what of it exists.
 */
static bool
read_scope(struct sp_request *req, struct json_object *metadata, const char **array)
{
	struct json_object *scope = sp_json_get(metadata, "scope");
	struct sp_scope list = { .count = 0 };

	if (scope != NULL && (!json_object_is_type(scope, json_type_string) ||
	    !sp_scope_parse(sp_json_text(scope), &list)))
		return sp_fail(req, SP_INVALID_CLIENT_METADATA, "scope: not a list of scopes");
	*array = scope != NULL ? sp_scope_array(req->mem, &list) : NULL;
	return true;
}

/* Writes the row; the secret is the caller's to answer with, once. */
static bool
store(struct sp_request *req, const struct sp_client *client, struct sp_str secret, const char *scope,
    struct registered *out)
{
	uint8_t digest[SP_SHA256_LEN];

	if (secret.p != NULL)
		sp_sha256(secret, digest);
	if (sp_db_row(&req->db, &sp_q_client_register, SP_PARAMS(
	    SP_P_STR(sp_random_uuid(req->mem)), SP_P_STR(client->metadata),
	    SP_P_BYTES(client->metadata_sha256, SP_SHA256_LEN),
	    secret.p != NULL ? SP_P_BYTES(digest, sizeof(digest)) : SP_P_NULL, SP_P_TEXT(scope),
	    SP_P_INT(req->settings->client_unused_ttl), SP_P_INT(req->settings->registrations_per_hour),
	    SP_P_STR(req->address), SP_P_STR(sp_request_context(req))), columns, out) != SP_DB_ROW)
		return sp_fail_db(req);
	if (out->client_id == NULL) {
		req->retry_after = out->wait_seconds;
		return sp_fail(req, SP_SLOW_DOWN, "too many registrations");
	}
	return true;
}

/* RFC 7591 section 3.2.1: the identifier, the secret if there is one, and the metadata as judged. */
static bool
reply(struct sp_request *req, const struct sp_client *client, struct sp_str secret,
    const struct registered *row)
{
	struct sp_json_writer w;
	struct sp_buf json;

	sp_buf_init(&json, req->mem, RESPONSE_MAX);
	sp_jw_init(&w, &json);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "client_id", row->client_id);
	sp_jw_kint(&w, "client_id_issued_at", row->issued_at);
	if (secret.p != NULL) {
		sp_jw_kstr(&w, "client_secret", secret);
		sp_jw_kint(&w, "client_secret_expires_at", 0);
	}
	sp_jw_kcstr_if(&w, "scope", row->scope);
	sp_jw_members(&w, client->metadata);
	sp_jw_object_end(&w);
	return sp_reply_json(req, 201, &json);
}

static bool
register_post(struct sp_request *req)
{
	struct json_object *metadata;
	struct sp_str secret = { 0 };
	struct registered row;
	struct sp_client client;
	const char *scope = NULL;

	if (!req->settings->registration) {
		(void)sp_fail(req, SP_NOT_FOUND, "registration is switched off");
		return sp_reply_oauth_error(req);
	}
	if (!sp_request_json(req, SP_INVALID_CLIENT_METADATA, &metadata) ||
	    !sp_client_metadata_read(req, metadata, SP_CLIENT_REGISTERED, &client) ||
	    !read_scope(req, metadata, &scope))
		return sp_reply_oauth_error(req);
	if (strcmp(client.token_endpoint_auth_method, "none") != 0)
		secret = sp_random_token(req->mem);
	if (!store(req, &client, secret, scope, &row))
		return sp_reply_oauth_error(req);
	return reply(req, &client, secret, &row);
}

static const struct sp_route routes[] = {
	{ "POST", "/register", register_post, .cors = true },
	{ NULL }
};

int
main(int argc, char **argv)
{
	return sp_worker_main(argc, argv, &(struct sp_program){
		.name = "register", .summary = "dynamic client registration", .routes = routes,
		.needs = SP_NEED_DB });
}
