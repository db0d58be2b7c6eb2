/* bearer.c - the access token of a request at a protected resource */
#include "oauth/bearer.h"

#include <pthread.h>

#include "base/clock.h"
#include "web/response.h"

#define TOKEN_MAX 16384		/* bytes; ours are under 1 KiB */
#define SCOPE_MAX 2000		/* bytes of scopes in a challenge: headers have limits */

/* ---- tokens that were verified before ---- */

/*
 * Direct-mapped: a token has one place, a newer one pushes it out.  The text
 * of a caller is copied under the lock, so that nobody holds on to a slot.
 */
#define SLOTS 1024
#define STRIPES 32

struct slot {
	uint8_t digest[SP_SHA256_LEN];
	uint64_t generation;		/* of the keys it was verified with */
	struct sp_arena *mem;
	struct sp_caller caller;
	const char *resource;
};

static struct {
	struct slot slot[SLOTS];
	pthread_mutex_t lock[STRIPES];
} verified = { .lock = { [0 ... STRIPES - 1] = PTHREAD_MUTEX_INITIALIZER } };

static size_t
slot_of(const uint8_t digest[static SP_SHA256_LEN])
{
	return (digest[0] | (size_t)digest[1] << 8) % SLOTS;
}

static void
copy_caller(struct sp_arena *mem, const struct sp_caller *from, struct sp_caller *to)
{
	to->user_id = sp_strdup(mem, from->user_id);
	to->client_id = sp_strdup(mem, from->client_id);
	to->grant_id = sp_strdup(mem, from->grant_id);
	to->jti = sp_strdup(mem, from->jti);
	to->tier = sp_strdup(mem, from->tier);
	to->username = sp_strdup(mem, from->username);
	to->claims = sp_str_dup(mem, from->claims);
	to->exp = from->exp;
	to->scope.count = from->scope.count;
	for (size_t i = 0; i < from->scope.count; i++)
		to->scope.token[i] = sp_str_dup(mem, from->scope.token[i]);
}

static bool
remembered(struct sp_request *req, const uint8_t digest[static SP_SHA256_LEN], uint64_t generation,
    const struct sp_resource *resource, struct sp_caller *out)
{
	size_t at = slot_of(digest);
	struct slot *slot = &verified.slot[at];
	bool found;

	pthread_mutex_lock(&verified.lock[at % STRIPES]);
	found = slot->mem != NULL && slot->generation == generation &&
	    memcmp(slot->digest, digest, SP_SHA256_LEN) == 0 &&
	    strcmp(slot->resource, resource->resource) == 0 && slot->caller.exp > sp_now_seconds();
	if (found)
		copy_caller(req->mem, &slot->caller, out);
	pthread_mutex_unlock(&verified.lock[at % STRIPES]);
	return found;
}

static void
remember(const uint8_t digest[static SP_SHA256_LEN], uint64_t generation,
    const struct sp_resource *resource, const struct sp_caller *caller)
{
	size_t at = slot_of(digest);
	struct slot *slot = &verified.slot[at];

	pthread_mutex_lock(&verified.lock[at % STRIPES]);
	if (slot->mem == NULL)
		slot->mem = sp_arena_new();
	else
		sp_arena_reset(slot->mem);
	memcpy(slot->digest, digest, SP_SHA256_LEN);
	slot->generation = generation;
	slot->resource = sp_strdup(slot->mem, resource->resource);
	copy_caller(slot->mem, caller, &slot->caller);
	pthread_mutex_unlock(&verified.lock[at % STRIPES]);
}

/* ---- challenges ---- */

/* RFC 6750 section 3, RFC 9728 section 5.1; one header, scheme spelled "Bearer". */
static void
challenge(struct sp_request *req, const struct sp_resource *resource, const char *error, const char *description,
    const struct sp_scope *scope)
{
	const char *issuer = req->settings->issuer;
	size_t origin = (size_t)(sp_issuer_path(req->settings) - issuer);
	const char *text;
	struct sp_buf b;

	sp_buf_init(&b, req->mem, SCOPE_MAX + 8192);
	sp_buf_cstr(&b, "Bearer ");
	if (error != NULL)
		sp_buf_printf(&b, "error=\"%s\", ", error);
	if (description != NULL)
		sp_buf_printf(&b, "error_description=\"%s\", ", description);
	/* RFC 9728 section 3.1: between the origin and the path */
	sp_buf_printf(&b, "resource_metadata=\"%.*s/.well-known/oauth-protected-resource%s\"",
	    (int)origin, issuer, resource->resource + origin);
	/* a scope token cannot hold a quote or a backslash; a list that is too long is in the metadata, too */
	text = sp_scope_text(req->mem, scope);
	if (scope->count > 0 && strlen(text) <= SCOPE_MAX)
		sp_buf_printf(&b, ", scope=\"%s\"", text);
	sp_header(req, "WWW-Authenticate", sp_buf_view(&b).p);
}

static bool
refuse(struct sp_request *req, const struct sp_resource *resource, const char *why)
{
	challenge(req, resource, "invalid_token", NULL, &resource->default_scopes);
	return sp_fail(req, SP_INVALID_TOKEN, "%s", why);
}

bool
sp_bearer_needs_scope(struct sp_request *req, const struct sp_resource *resource,
    const struct sp_scope *needed, const char *description)
{
	challenge(req, resource, "insufficient_scope", description, needed);
	return sp_fail(req, SP_INSUFFICIENT_SCOPE, "the token lacks scope");
}

/* ---- the check ---- */

/* "Bearer" 1*SP b64token (RFC 6750 section 2.1); one space, nothing behind. */
static bool
read_token(struct sp_request *req, const struct sp_resource *resource, struct sp_str *out)
{
	struct sp_str header = sp_request_header(req, "Authorization"), scheme;

	if (header.p == NULL || header.len == 0) {
		challenge(req, resource, NULL, NULL, &resource->default_scopes);
		return sp_fail(req, SP_INVALID_TOKEN, "no access token");
	}
	if (sp_str_index(header, ',') >= 0)
		return sp_fail(req, SP_INVALID_REQUEST, "more than one credential");
	if (!sp_str_split(&header, ' ', &scheme) || !sp_str_caseis(scheme, "Bearer"))
		return refuse(req, resource, "not a Bearer credential");
	for (size_t i = 0; i < header.len; i++)
		if (!sp_is_alnum((unsigned char)header.p[i]) && memchr("-._~+/=", header.p[i], 7) == NULL)
			return refuse(req, resource, "not a token");
	if (header.len == 0 || header.len > TOKEN_MAX)
		return refuse(req, resource, "empty or too long");
	*out = header;
	return true;
}

static bool
verify(struct sp_request *req, const struct sp_keyset *keys, const struct sp_resource *resource,
    struct sp_str token, struct sp_caller *out)
{
	struct sp_jwt_claims claims;
	const char *why;

	if (!sp_access_token_verify(req->mem, keys, token, req->settings->issuer,
	    resource->resource, sp_now_seconds(), &claims, &why))
		return refuse(req, resource, why);
	if (claims.grant_id.p == NULL || claims.client_id.p == NULL || claims.tier.p == NULL ||
	    claims.jti.p == NULL || !sp_scope_parse(claims.scope, &out->scope))
		return refuse(req, resource, "not one of our access tokens");
	out->client_id = sp_cstr(req->mem, claims.client_id);
	out->user_id = sp_str_eq(claims.sub, claims.client_id) ? NULL : sp_cstr(req->mem, claims.sub);
	out->grant_id = sp_cstr(req->mem, claims.grant_id);
	out->jti = sp_cstr(req->mem, claims.jti);
	out->tier = sp_cstr(req->mem, claims.tier);
	out->username = sp_cstr(req->mem, claims.preferred_username);
	out->claims = claims.payload;
	out->exp = claims.exp;
	return true;
}

bool
sp_bearer_authenticate(struct sp_request *req, struct sp_authority *authority,
    const struct sp_resource *resource, struct sp_caller *out)
{
	uint64_t generation = sp_authority_generation(authority);
	uint8_t digest[SP_SHA256_LEN];
	const struct sp_keyset *keys;
	struct sp_str token;
	bool revoked;

	if (!read_token(req, resource, &token))
		return false;
	sp_sha256(token, digest);
	if (!remembered(req, digest, generation, resource, out)) {
		if (!sp_authority_keys(req, authority, &keys) || !verify(req, keys, resource, token, out))
			return false;
		remember(digest, generation, resource, out);
	}
	if (!sp_authority_revoked(req, authority, sp_str(out->grant_id), sp_str(out->jti), &revoked))
		return false;
	if (revoked)
		return refuse(req, resource, "the token is revoked");
	return true;
}
