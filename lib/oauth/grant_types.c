/* grant_types.c - what the token endpoint exchanges */
#include "oauth/grant_types.h"

#include "base/encode.h"
#include "db/queries.h"
#include "oauth/token.h"

#define RESPONSE_MAX (64 * 1024)

/* ---- the row that all three statements answer with (type sallyport.issue) ---- */

struct issue {
	const char *outcome, *detail;
	struct sp_grant_claims claims;
	bool refresh;
	struct sp_str answer;
};

static const struct sp_column issue_columns[] = {
	{ "outcome", SP_COL_TEXT, offsetof(struct issue, outcome) },
	{ "detail", SP_COL_TEXT, offsetof(struct issue, detail) },
	{ "grant_id", SP_COL_TEXT, offsetof(struct issue, claims.grant_id) },
	{ "user_id", SP_COL_TEXT, offsetof(struct issue, claims.user_id) },
	{ "username", SP_COL_TEXT, offsetof(struct issue, claims.username) },
	{ "tier", SP_COL_TEXT, offsetof(struct issue, claims.tier) },
	{ "scope", SP_COL_TEXT, offsetof(struct issue, claims.scope) },
	{ "resource", SP_COL_TEXT, offsetof(struct issue, claims.resource) },
	{ "auth_time", SP_COL_INT, offsetof(struct issue, claims.auth_time) },
	{ "version", SP_COL_TEXT, offsetof(struct issue, claims.version) },
	{ "refresh", SP_COL_BOOL, offsetof(struct issue, refresh) },
	{ "answer", SP_COL_BYTES, offsetof(struct issue, answer) },
	{ NULL }
};

static bool
ask(struct sp_request *req, const struct sp_token_request *t, const struct sp_query *query,
    const struct sp_param *params, struct issue *out)
{
	struct issue row = { 0 };

	if (sp_db_row(&req->db, query, params, issue_columns, &row) != SP_DB_ROW)
		return sp_fail_db(req);
	row.claims.client_id = sp_cstr(req->mem, t->client.client_id);
	*out = row;
	return true;
}

/* The database's word for a refusal as a problem. */
static bool
refuse(struct sp_request *req, const struct issue *row)
{
	static const enum sp_problem refusals[] = {
		SP_INVALID_GRANT, SP_INVALID_TARGET, SP_INVALID_SCOPE, SP_UNAUTHORIZED_CLIENT
	};

	if (strcmp(row->outcome, "invalid_client") == 0)
		return sp_client_auth_fail(req, row->detail);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (strcmp(row->outcome, sp_problem_info(refusals[i])->error) == 0)
			return sp_fail(req, refusals[i], "%s", row->detail);
	return sp_fail(req, SP_SERVER_ERROR, "unknown outcome %s", row->outcome);
}

/*
 * The canonical form of the `resource` that was sent.  An unknown one is passed
 * on as it is: the database compares and refuses, and the code or token stays
 * good.  Absent stays absent: inherited.
 */
static bool
canonical_resource(struct sp_request *req, const struct sp_token_request *t, struct sp_str *out)
{
	struct sp_str sent = sp_form_get(t->form, "resource");
	const struct sp_resources *all;
	const struct sp_resource *resource;

	if (sp_form_count(t->form, "resource") > 1)
		return sp_fail(req, SP_INVALID_TARGET, "more than one resource");
	*out = sent;
	if (sent.p == NULL)
		return true;
	if (!sp_authority_resources(req, t->authority, &all))
		return false;
	if ((resource = sp_resource_find(all, sent)) != NULL)
		*out = sp_str(resource->resource);
	return true;
}

/* The keys, of which one signs: without it nothing may be spent. */
static bool
signing_keys(struct sp_request *req, const struct sp_token_request *t, const struct sp_keyset **out)
{
	if (!sp_authority_keys(req, t->authority, out))
		return false;
	return sp_keyset_active(*out) != NULL ||
	    sp_fail(req, SP_TEMPORARILY_UNAVAILABLE, "there is no active signing key");
}

static struct sp_param
digest_param(struct sp_arena *mem, struct sp_str secret)
{
	uint8_t *digest = sp_alloc(mem, SP_SHA256_LEN);

	sp_sha256(secret, digest);
	return SP_P_BYTES(digest, SP_SHA256_LEN);
}

/* ---- authorization_code ---- */

bool
sp_pkce_challenge(struct sp_arena *mem, struct sp_str verifier, struct sp_str *out)
{
	uint8_t digest[SP_SHA256_LEN];

	if (verifier.len < 43 || verifier.len > 128)
		return false;
	for (size_t i = 0; i < verifier.len; i++)
		if (!sp_is_alnum((unsigned char)verifier.p[i]) && memchr("-._~", verifier.p[i], 4) == NULL)
			return false;
	sp_sha256(verifier, digest);
	*out = sp_base64url_encode(mem, digest, sizeof(digest));
	return true;
}

static bool
redeem_code(struct sp_request *req, const struct sp_token_request *t, struct sp_buf *json)
{
	struct sp_str code = sp_form_get(t->form, "code");
	struct sp_str verifier = sp_form_get(t->form, "code_verifier");
	struct sp_str secret = sp_random_token(req->mem);
	struct sp_str challenge, resource;
	struct sp_issued issued = { .refresh_token = { 0 } };
	const struct sp_keyset *keys;
	struct issue row;

	if (code.p == NULL)
		return sp_fail(req, SP_INVALID_REQUEST, "code is missing");
	if (verifier.p == NULL)
		return sp_fail(req, SP_INVALID_REQUEST, "code_verifier is missing");
	if (!sp_pkce_challenge(req->mem, verifier, &challenge))
		return sp_fail(req, SP_INVALID_GRANT, "code_verifier does not have the form of one");
	if (!signing_keys(req, t, &keys) || !canonical_resource(req, t, &resource))
		return false;
	if (!ask(req, t, &sp_q_code_redeem, SP_PARAMS(
	    SP_P_STR(t->client.client_id), SP_P_TEXT(t->client.method), sp_client_auth_secret(&t->client),
	    digest_param(req->mem, code), SP_P_STR(challenge), SP_P_STR(sp_form_get(t->form, "redirect_uri")),
	    SP_P_STR(resource), digest_param(req->mem, secret), SP_P_INT(req->settings->refresh_token_ttl),
	    SP_P_STR(sp_request_context(req))), &row))
		return false;
	if (strcmp(row.outcome, "ok") != 0)
		return refuse(req, &row);
	if (!sp_access_token_issue(req, keys, &row.claims, row.claims.scope, &issued))
		return false;
	if (row.refresh)
		issued.refresh_token = sp_refresh_token_make(req, secret, &row.claims);
	sp_issued_write(json, &issued);
	return true;
}

/* ---- refresh_token ---- */

struct rotation {
	struct sp_str secret;			/* of the token that was presented */
	struct sp_str successor;		/* of the next one */
	struct sp_str resource;
	struct sp_scope asked;			/* empty: all that was granted */
	struct sp_scope scope;			/* what of it was granted; empty as above */
	struct sp_issued issued;		/* what the client gets */
	struct sp_str answer;			/* the same, sealed under `secret` */
};

/* Two requests are the same when the same client asks for the same with the same token. */
static struct sp_param
request_digest(struct sp_request *req, const struct sp_token_request *t, const struct rotation *r)
{
	return digest_param(req->mem, sp_str(sp_printf(req->mem, "%.*s\n%s\n%.*s", SP_FMT(t->client.client_id),
	    sp_scope_text(req->mem, &r->asked), SP_FMT(r->resource))));
}

/*
 * Of the scope that is asked for, what was granted: clients repeat what they
 * asked for first.  What has nothing of it stays as it is, and the database
 * refuses it; what was asked by habit means nothing.
 */
static void
narrow(struct rotation *r, const char *granted)
{
	bool habits = true;
	struct sp_scope all;

	r->scope = r->asked;
	if (!sp_scope_parse(sp_str(granted), &all))
		return;
	for (size_t i = 0; i < r->asked.count; i++)
		habits = habits && sp_scope_is_habit(r->asked.token[i]);
	sp_scope_narrow(&r->asked, &all, &r->scope);
	if (r->scope.count == 0 && all.count > 0 && !habits)
		r->scope = r->asked;
}

/* Makes the answer that will be given if the database agrees to these claims. */
static bool
prepare(struct sp_request *req, const struct sp_keyset *keys, const struct sp_grant_claims *claims,
    struct rotation *r)
{
	narrow(r, claims->scope);
	if (!sp_access_token_issue(req, keys, claims,
	    r->scope.count > 0 ? sp_scope_text(req->mem, &r->scope) : claims->scope, &r->issued))
		return false;
	r->issued.refresh_token = sp_refresh_token_make(req, r->successor, claims);
	r->answer = sp_issued_seal(req->mem, r->secret, &r->issued);
	return true;
}

static bool
rotate(struct sp_request *req, const struct sp_token_request *t, const struct rotation *r,
    const char *version, struct issue *out)
{
	return ask(req, t, &sp_q_refresh_rotate, SP_PARAMS(
	    SP_P_STR(t->client.client_id), SP_P_TEXT(t->client.method), sp_client_auth_secret(&t->client),
	    digest_param(req->mem, r->secret), SP_P_TEXT(version), request_digest(req, t, r),
	    SP_P_TEXT(r->scope.count > 0 ? sp_scope_array(req->mem, &r->scope) : NULL), SP_P_STR(r->resource),
	    digest_param(req->mem, r->successor), SP_P_BYTES_STR(r->answer),
	    SP_P_INT(req->settings->refresh_token_ttl), SP_P_INT(req->settings->refresh_grace),
	    SP_P_STR(sp_request_context(req))), out);
}

static bool
redeem_refresh_token(struct sp_request *req, const struct sp_token_request *t, struct sp_buf *json)
{
	struct sp_str token = sp_form_get(t->form, "refresh_token");
	struct rotation r = { .successor = sp_random_token(req->mem) };
	const struct sp_keyset *keys;
	struct sp_grant_claims claims;
	struct issue row;
	bool known;

	if (token.p == NULL)
		return sp_fail(req, SP_INVALID_REQUEST, "refresh_token is missing");
	if (!sp_scope_parse(sp_form_get(t->form, "scope"), &r.asked))
		return sp_fail(req, SP_INVALID_SCOPE, "scope does not have the form of one");
	if (!sp_refresh_token_read(req, token, &r.secret, &claims, &known)) {
		r.secret = token;	/* matches no row; but first of all it counts who asks */
		known = false;
	}
	if (!signing_keys(req, t, &keys) || !canonical_resource(req, t, &r.resource))
		return false;
	if (known && !prepare(req, keys, &claims, &r))
		return false;
	if (!rotate(req, t, &r, known ? claims.version : NULL, &row))
		return false;
	/* the grant has changed since the token was made: once more, with what it says now */
	if (strcmp(row.outcome, "stale") == 0) {
		claims = row.claims;
		if (!prepare(req, keys, &claims, &r) || !rotate(req, t, &r, claims.version, &row))
			return false;
	}
	if (strcmp(row.outcome, "replayed") == 0) {
		if (!sp_issued_open(req->mem, r.secret, row.answer, &r.issued))
			return sp_fail(req, SP_SERVER_ERROR, "could not open the kept answer");
	} else if (strcmp(row.outcome, "stale") == 0)
		return sp_fail(req, SP_TEMPORARILY_UNAVAILABLE, "the grant is changing");
	else if (strcmp(row.outcome, "ok") != 0)
		return refuse(req, &row);
	sp_issued_write(json, &r.issued);
	return true;
}

/* ---- client_credentials ---- */

static bool
redeem_client_credentials(struct sp_request *req, const struct sp_token_request *t, struct sp_buf *json)
{
	struct sp_scope asked, meant, within;
	struct sp_issued issued = { .refresh_token = { 0 } };
	const struct sp_resources *all;
	const struct sp_resource *resource;
	const struct sp_keyset *keys;
	struct issue row;

	if (sp_form_count(t->form, "resource") > 1)
		return sp_fail(req, SP_INVALID_TARGET, "more than one resource");
	if (!sp_scope_parse(sp_form_get(t->form, "scope"), &asked))
		return sp_fail(req, SP_INVALID_SCOPE, "scope does not have the form of one");
	if (!signing_keys(req, t, &keys) || !sp_authority_resources(req, t->authority, &all))
		return false;
	if ((resource = sp_resource_find(all, sp_form_get(t->form, "resource"))) == NULL)
		return sp_fail(req, SP_INVALID_TARGET, "unknown resource");
	sp_resource_scope_asked(resource, &asked, &meant);
	sp_scope_narrow(&meant, &resource->scopes, &within);
	if (meant.count > 0 && within.count == 0 && resource->scopes.count > 0)
		return sp_fail(req, SP_INVALID_SCOPE, "the resource offers none of the scopes");
	if (!ask(req, t, &sp_q_client_credentials, SP_PARAMS(
	    SP_P_STR(t->client.client_id), SP_P_TEXT(t->client.method), sp_client_auth_secret(&t->client),
	    SP_P_TEXT(within.count > 0 ? sp_scope_array(req->mem, &within) : NULL),
	    SP_P_TEXT(sp_scope_array(req->mem, &resource->default_scopes)),
	    SP_P_TEXT(sp_scope_array(req->mem, &resource->scopes)), SP_P_TEXT(resource->resource),
	    SP_P_STR(sp_request_context(req))), &row))
		return false;
	if (strcmp(row.outcome, "ok") != 0)
		return refuse(req, &row);
	if (!sp_access_token_issue(req, keys, &row.claims, row.claims.scope, &issued))
		return false;
	sp_issued_write(json, &issued);
	return true;
}

static const struct sp_grant_type grant_types[] = {
	{ "authorization_code", redeem_code },
	{ "refresh_token", redeem_refresh_token },
	{ "client_credentials", redeem_client_credentials },
	{ NULL }
};

const struct sp_grant_type *
sp_grant_type_find(struct sp_str name)
{
	for (const struct sp_grant_type *g = grant_types; g->name != NULL; g++)
		if (sp_str_is(name, g->name))
			return g;
	return NULL;
}
