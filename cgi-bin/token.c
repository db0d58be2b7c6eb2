/*
 * token.c - the token endpoint (OAuth 2.1 section 3.2) and revocation (RFC 7009)
 */
#include "base/clock.h"
#include "db/queries.h"
#include "jose/jwt.h"
#include "oauth/grant_types.h"
#include "oauth/sweeper.h"
#include "oauth/token.h"
#include "web/response.h"

#define RESPONSE_MAX (64 * 1024)
#define TOKEN_MAX (32 * 1024)

static bool
token_post(struct sp_request *req)
{
	struct sp_token_request t = { .authority = req->process->state };
	const struct sp_grant_type *grant_type;
	struct sp_str name;
	struct sp_form form;
	struct sp_buf json;

	if (!sp_form_read(req, &form))
		return sp_reply_oauth_error(req);
	t.form = &form;
	sp_buf_init(&json, req->mem, RESPONSE_MAX);
	name = sp_form_get(&form, "grant_type");
	if (name.p == NULL)
		(void)sp_fail(req, SP_INVALID_REQUEST, "grant_type is missing");
	else if ((grant_type = sp_grant_type_find(name)) == NULL)
		(void)sp_fail(req, SP_UNSUPPORTED_GRANT_TYPE, "unknown grant_type");
	else if (sp_client_auth_read(req, &form, &t.client) && grant_type->redeem(req, &t, &json))
		return sp_reply_json(req, 200, &json);
	return sp_reply_oauth_error(req);
}

/*
 * An access token that is ours and still good names itself; any other text is
 * looked for among the refresh tokens.
 */
static bool
read_access_token(struct sp_request *req, struct sp_str token, struct sp_jwt_claims *out)
{
	const struct sp_resources *all;
	const struct sp_keyset *keys;
	const char *why;

	if (!sp_authority_keys(req, req->process->state, &keys) ||
	    !sp_authority_resources(req, req->process->state, &all))
		return false;
	for (size_t i = 0; i < all->count; i++)
		if (sp_access_token_verify(req->mem, keys, token, req->settings->issuer,
		    all->item[i].resource, sp_now_seconds(), out, &why))
			return true;
	return false;
}

struct revoke_row {
	const char *outcome, *detail;
};

static const struct sp_column revoke_columns[] = {
	{ "outcome", SP_COL_TEXT, offsetof(struct revoke_row, outcome) },
	{ "detail", SP_COL_TEXT, offsetof(struct revoke_row, detail) },
	{ NULL }
};

static bool
revoke(struct sp_request *req)
{
	struct sp_jwt_claims claims = { .jti = { 0 } };
	uint8_t digest[SP_SHA256_LEN];
	struct sp_client_auth client;
	struct sp_grant_claims snapshot;
	struct sp_str token, secret = { 0 };
	struct revoke_row row;
	struct sp_form form;
	bool known;

	if (!sp_form_read(req, &form) || !sp_client_auth_read(req, &form, &client))
		return false;
	if ((token = sp_form_get(&form, "token")).p == NULL)
		return sp_fail(req, SP_INVALID_REQUEST, "token is missing");
	if (token.len > TOKEN_MAX)
		return sp_fail(req, SP_INVALID_REQUEST, "token is too long");
	if (!sp_refresh_token_read(req, token, &secret, &snapshot, &known)) {
		secret = token;		/* matches no row */
		(void)read_access_token(req, token, &claims);
		if (req->problem != SP_OK)
			return false;
	}
	sp_sha256(secret, digest);
	if (sp_db_row(&req->db, &sp_q_token_revoke, SP_PARAMS(
	    SP_P_STR(client.client_id), SP_P_TEXT(client.method), sp_client_auth_secret(&client),
	    SP_P_BYTES(digest, sizeof(digest)), SP_P_STR(claims.jti), SP_P_STR(claims.client_id),
	    SP_P_STR(sp_request_context(req))), revoke_columns, &row) != SP_DB_ROW)
		return sp_fail_db(req);
	if (strcmp(row.outcome, "ok") != 0)
		return sp_client_auth_fail(req, row.detail);
	return true;
}

static bool
revoke_post(struct sp_request *req)
{
	if (!revoke(req))
		return sp_reply_oauth_error(req);
	return sp_reply_empty(req, 200);
}

static const struct sp_route routes[] = {
	{ "POST", "/token", token_post, .cors = true },
	{ "POST", "/revoke", revoke_post, .cors = true },
	{ NULL }
};

static struct sp_sweeper *sweeper;	/* of this process; used by start() and stop() only */

static bool
start(struct sp_process *process)
{
	if (!sp_authority_program_start(process))
		return false;
	sweeper = sp_sweeper_start(process);
	return true;
}

static void
stop(struct sp_process *process)
{
	sp_sweeper_stop(sweeper);
	sp_authority_program_stop(process);
}

int
main(int argc, char **argv)
{
	return sp_worker_main(argc, argv, &(struct sp_program){
		.name = "token", .summary = "the token and revocation endpoints", .routes = routes,
		.needs = SP_NEED_DB | SP_NEED_KEYRING, .start = start, .stop = stop });
}
