/* token.c - what /token hands out, as text */
#include "oauth/token.h"

#include "base/clock.h"
#include "base/encode.h"
#include "jose/jwt.h"

#define SNAPSHOT_PURPOSE "refresh-token"
#define SNAPSHOT_MAX 16384	/* bytes of JSON */
#define REFRESH_TOKEN_MAX 32768
#define ANSWER_PURPOSE "refresh-answer"
#define ANSWER_MAX 65536

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

bool
sp_access_token_issue(struct sp_request *req, const struct sp_keyset *keys,
    const struct sp_grant_claims *claims, const char *scope, struct sp_issued *out)
{
	int64_t now = sp_now_seconds();
	struct sp_str aud = sp_str(claims->resource);
	struct sp_jwt_claims jwt = {
		.iss = sp_str(req->settings->issuer),
		.sub = sp_str(claims->user_id != NULL ? claims->user_id : claims->client_id),
		.aud = &aud,
		.aud_count = 1,
		.client_id = sp_str(claims->client_id),
		.scope = sp_str(scope),
		.jti = sp_random_uuid(req->mem),
		.grant_id = sp_str(claims->grant_id),
		.tier = sp_str(claims->tier),
		.preferred_username = sp_str(claims->username),
		.iat = now,
		.exp = now + req->settings->access_token_ttl,
		.auth_time = claims->auth_time,
	};
	const struct sp_jwk *key = sp_keyset_active(keys);

	if (key == NULL || !sp_access_token_sign(req->mem, key, &jwt, &out->access_token))
		return sp_fail(req, SP_SERVER_ERROR, "could not sign an access token");
	out->exp = jwt.exp;
	out->expires_in = req->settings->access_token_ttl;
	out->scope = scope;
	return true;
}

struct sp_str
sp_refresh_token_make(struct sp_request *req, struct sp_str secret, const struct sp_grant_claims *claims)
{
	struct sp_json_writer w;
	struct sp_str sealed;
	struct sp_buf b;

	sp_buf_init(&b, req->mem, SNAPSHOT_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "grant_id", claims->grant_id);
	sp_jw_kcstr_if(&w, "user_id", claims->user_id);
	sp_jw_kcstr_if(&w, "username", claims->username);
	sp_jw_kcstr(&w, "client_id", claims->client_id);
	sp_jw_kcstr(&w, "tier", claims->tier);
	sp_jw_kcstr(&w, "scope", claims->scope);
	sp_jw_kcstr(&w, "resource", claims->resource);
	sp_jw_kcstr(&w, "version", claims->version);
	sp_jw_kint(&w, "auth_time", claims->auth_time);
	sp_jw_object_end(&w);
	/* a snapshot that does not fit is left out: the token works, with one more round trip */
	if (!sp_buf_ok(&b))
		return secret;
	sealed = sp_seal(req->mem, req->process->keyring, SNAPSHOT_PURPOSE, secret, sp_buf_view(&b));
	return sp_str(sp_printf(req->mem, "%.*s.%.*s", SP_FMT(secret),
	    SP_FMT(sp_base64url_encode(req->mem, sealed.p, sealed.len))));
}

struct snapshot {
	struct sp_str grant_id, user_id, username, client_id, tier, scope, resource, version;
	int64_t auth_time;
};

static const struct sp_json_field snapshot_fields[] = {
	{ "grant_id", SP_JSON_STRING, offsetof(struct snapshot, grant_id), true, 0 },
	{ "user_id", SP_JSON_STRING, offsetof(struct snapshot, user_id), false, 0 },
	{ "username", SP_JSON_STRING, offsetof(struct snapshot, username), false, 0 },
	{ "client_id", SP_JSON_STRING, offsetof(struct snapshot, client_id), true, 0 },
	{ "tier", SP_JSON_STRING, offsetof(struct snapshot, tier), true, 0 },
	{ "scope", SP_JSON_STRING, offsetof(struct snapshot, scope), true, 0 },
	{ "resource", SP_JSON_STRING, offsetof(struct snapshot, resource), true, 0 },
	{ "version", SP_JSON_STRING, offsetof(struct snapshot, version), true, 0 },
	{ "auth_time", SP_JSON_INT, offsetof(struct snapshot, auth_time), true, 0 },
	{ NULL }
};

static bool
open_snapshot(struct sp_request *req, struct sp_str secret, struct sp_str encoded,
    struct sp_grant_claims *claims)
{
	struct json_object *obj;
	struct snapshot s = { 0 };
	struct sp_str sealed, plain;
	const char *why;

	if (!sp_base64url_decode(req->mem, encoded, &sealed) ||
	    !sp_unseal(req->mem, req->process->keyring, SNAPSHOT_PURPOSE, secret, sealed, &plain) ||
	    !sp_json_parse(req->mem, plain, &obj, &why) ||
	    !sp_json_read(req->mem, obj, snapshot_fields, &s, &why))
		return false;
	*claims = (struct sp_grant_claims){
		.grant_id = sp_cstr(req->mem, s.grant_id),
		.user_id = sp_cstr(req->mem, s.user_id),
		.username = sp_cstr(req->mem, s.username),
		.client_id = sp_cstr(req->mem, s.client_id),
		.tier = sp_cstr(req->mem, s.tier),
		.scope = sp_cstr(req->mem, s.scope),
		.resource = sp_cstr(req->mem, s.resource),
		.version = sp_cstr(req->mem, s.version),
		.auth_time = s.auth_time,
	};
	return true;
}

bool
sp_refresh_token_read(struct sp_request *req, struct sp_str token, struct sp_str *secret,
    struct sp_grant_claims *claims, bool *known)
{
	ptrdiff_t dot = sp_str_index(token, '.');
	struct sp_str head = dot < 0 ? token : sp_str_sub(token, 0, (size_t)dot);

	if (token.len > REFRESH_TOKEN_MAX || head.len != SP_TOKEN_TEXT)
		return false;
	*claims = (struct sp_grant_claims){ 0 };
	*known = dot >= 0 &&
	    open_snapshot(req, head, sp_str_sub(token, (size_t)dot + 1, token.len), claims);
	*secret = head;
	return true;
}

void
sp_issued_write(struct sp_buf *json, const struct sp_issued *issued)
{
	struct sp_json_writer w;

	sp_jw_init(&w, json);
	sp_jw_object(&w);
	sp_jw_kstr(&w, "access_token", issued->access_token);
	sp_jw_kcstr(&w, "token_type", "Bearer");
	sp_jw_kint(&w, "expires_in", issued->expires_in);
	if (issued->refresh_token.p != NULL)
		sp_jw_kstr(&w, "refresh_token", issued->refresh_token);
	sp_jw_kcstr(&w, "scope", or_empty(issued->scope));
	sp_jw_object_end(&w);
}

/* ---- kept answers ---- */

struct answer {
	struct sp_str access_token, refresh_token, scope;
	int64_t exp;
};

static const struct sp_json_field answer_fields[] = {
	{ "access_token", SP_JSON_STRING, offsetof(struct answer, access_token), true, 0 },
	{ "refresh_token", SP_JSON_STRING, offsetof(struct answer, refresh_token), true, 0 },
	{ "scope", SP_JSON_STRING, offsetof(struct answer, scope), true, 0 },
	{ "exp", SP_JSON_INT, offsetof(struct answer, exp), true, 0 },
	{ NULL }
};

struct sp_str
sp_issued_seal(struct sp_arena *mem, struct sp_str secret, const struct sp_issued *issued)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, ANSWER_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kstr(&w, "access_token", issued->access_token);
	sp_jw_kstr(&w, "refresh_token", issued->refresh_token);
	sp_jw_kcstr(&w, "scope", or_empty(issued->scope));
	sp_jw_kint(&w, "exp", issued->exp);
	sp_jw_object_end(&w);
	return sp_seal_with(mem, secret, ANSWER_PURPOSE, SP_LIT(""), sp_buf_view(&b));
}

bool
sp_issued_open(struct sp_arena *mem, struct sp_str secret, struct sp_str sealed, struct sp_issued *out)
{
	struct json_object *obj;
	struct answer a = { .exp = 0 };
	struct sp_str plain;
	int64_t left;
	const char *why;

	if (!sp_unseal_with(mem, secret, ANSWER_PURPOSE, SP_LIT(""), sealed, &plain) ||
	    !sp_json_parse(mem, plain, &obj, &why) || !sp_json_read(mem, obj, answer_fields, &a, &why))
		return false;
	left = a.exp - sp_now_seconds();
	*out = (struct sp_issued){ .access_token = a.access_token, .refresh_token = a.refresh_token,
		.scope = sp_cstr(mem, a.scope), .exp = a.exp, .expires_in = left > 0 ? left : 0 };
	return true;
}
