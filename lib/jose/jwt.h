/*
 * jwt.h - claims: access tokens of RFC 9068, and any other JWT of RFC 7519
 *
 * A JWT is good when its signature, its type, its issuer, its audience and its
 * times are.  exp must be there; times are whole seconds up to the year 9999.
 * A clock may differ by SP_JWT_LEEWAY for nbf and iat; for exp, which is ours
 * or is short-lived anyway, it may not.
 */
#ifndef SP_JOSE_JWT_H
#define SP_JOSE_JWT_H

#include "jose/jws.h"
#include "jose/keyset.h"

#define SP_JWT_LEEWAY 60			/* seconds */
#define SP_JWT_AUD_MAX 16			/* audiences of one token */
#define SP_JWT_TIME_MAX INT64_C(253402300799)	/* 9999-12-31T23:59:59Z */

/*
 * The claims that have a meaning here; texts are absent slices and times are 0
 * when a token does not have them.  Reading gives slices of the arena.
 */
struct sp_jwt_claims {
	struct sp_str iss, sub, jti;		/* RFC 7519 section 4.1 */
	struct sp_str *aud;
	size_t aud_count;
	int64_t exp, iat, nbf;
	struct sp_str client_id, scope;		/* RFC 9068 section 2.2 */
	int64_t auth_time;			/* RFC 9068 section 2.2.1 */
	struct sp_str acr;
	struct sp_str preferred_username;	/* OpenID Connect Core section 5.1 */
	struct sp_str jkt;			/* member of cnf: RFC 9449 section 6.1 */
	struct sp_str grant_id;			/* ours: the consent that the token came from, a UUID */
	struct sp_str tier;			/* ours: public, developer, admin, service */
	struct sp_str payload;			/* reading only: all of it, JSON text */
};

/* What the claims of a JWT must be like. */
struct sp_jwt_expect {
	const char *iss;		/* exactly */
	const char *const *aud;		/* the token must name one of these; ends in NULL */
	int64_t now;
	int64_t max_ttl;		/* exp may be so many seconds ahead; 0: any */
};

/*
 * Reads a payload that sp_jws_verify() gave, and judges iss, aud, exp, nbf and
 * iat.  What else must be there is the caller's to say.  False: *why.
 */
SP_MUST_USE bool sp_jwt_check(struct sp_arena *mem, struct sp_str payload,
    const struct sp_jwt_expect *expect, struct sp_jwt_claims *out, const char **why);

/*
 * An access token of type at+jwt.  iss, sub, aud, client_id, jti, iat and exp
 * must be set (RFC 9068 section 2.2); the rest is written if it is set.  False
 * when it could not be signed or is longer than SP_JWS_MAX.
 */
SP_MUST_USE bool sp_access_token_sign(struct sp_arena *mem, const struct sp_jwk *key,
    const struct sp_jwt_claims *claims, struct sp_str *out);

/*
 * Verifies an access token of ours at a protected resource (RFC 9068 section
 * 4): the key is found by kid.  False: *why says what is wrong, for the log.
 */
SP_MUST_USE bool sp_access_token_verify(struct sp_arena *mem, const struct sp_keyset *keys,
    struct sp_str text, const char *iss, const char *aud, int64_t now,
    struct sp_jwt_claims *out, const char **why);

#endif
