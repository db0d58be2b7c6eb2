/*
 * bearer.h - the access token of a request at a protected resource
 *
 * RFC 6750, RFC 9068, RFC 9728.  Verified locally, remembered by digest until
 * it expires, checked against the revocations at each use.
 */
#ifndef SP_OAUTH_BEARER_H
#define SP_OAUTH_BEARER_H

#include "jose/jwt.h"
#include "oauth/authority.h"

struct sp_caller {
	const char *user_id;		/* NULL for a service client */
	const char *client_id;
	const char *grant_id;
	const char *jti;
	const char *tier;
	const char *username;		/* may be NULL */
	struct sp_scope scope;
	struct sp_str claims;		/* the token's payload, JSON text: what SQL tools see */
	int64_t exp;
};

/*
 * False: the request is failed with SP_INVALID_TOKEN (or SP_INVALID_REQUEST,
 * 503) and the WWW-Authenticate challenge for this resource is set; a request
 * without a token gets a challenge without error code (RFC 6750 section 3.1).
 */
SP_MUST_USE bool sp_bearer_authenticate(struct sp_request *req, struct sp_authority *authority,
    const struct sp_resource *resource, struct sp_caller *out);

/*
 * Fails with SP_INSUFFICIENT_SCOPE and the challenge that names the scopes that
 * would do; `description` is its error_description, which may hold what RFC 6750
 * section 3 allows there: no quotes, no backslash, nothing beyond ASCII.
 */
bool sp_bearer_needs_scope(struct sp_request *req, const struct sp_resource *resource,
    const struct sp_scope *needed, const char *description);

#endif
