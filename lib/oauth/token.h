/*
 * token.h - what /token hands out, as text
 *
 * An access token is a JWT (RFC 9068).  A refresh token is
 *	SECRET "." SNAPSHOT
 * where SECRET is 256 random bits, known to the database by SHA-256, and
 * SNAPSHOT the sealed claims of its grant.  With the snapshot the next answer
 * can be made before the database is asked, and rotation is one round trip
 * that stores the answer for a retry; the database compares the snapshot's
 * version and is the only judge.
 */
#ifndef SP_OAUTH_TOKEN_H
#define SP_OAUTH_TOKEN_H

#include "oauth/authority.h"

/* What a token says of its grant. */
struct sp_grant_claims {
	const char *grant_id;
	const char *user_id;		/* NULL: the client acts for itself */
	const char *username;		/* NULL, too, then */
	const char *client_id;
	const char *tier;
	const char *scope;		/* all that was granted, space separated */
	const char *resource;		/* the audience */
	const char *version;
	int64_t auth_time;		/* 0: nobody signed in */
};

struct sp_issued {
	struct sp_str access_token;
	int64_t expires_in;		/* seconds that the access token has left */
	int64_t exp;			/* its claim */
	const char *scope;		/* of the access token */
	struct sp_str refresh_token;	/* absent if none */
};

/* Signs an access token with `scope`, which lies within the grant's. */
SP_MUST_USE bool sp_access_token_issue(struct sp_request *req, const struct sp_keyset *keys,
    const struct sp_grant_claims *claims, const char *scope, struct sp_issued *out);

/* A refresh token for a secret whose digest the database has. */
struct sp_str sp_refresh_token_make(struct sp_request *req, struct sp_str secret,
    const struct sp_grant_claims *claims);

/*
 * Takes a refresh token apart.  False: it does not have the form of one.
 * *known says whether the snapshot could be opened; if not, claims is empty.
 */
SP_MUST_USE bool sp_refresh_token_read(struct sp_request *req, struct sp_str token,
    struct sp_str *secret, struct sp_grant_claims *claims, bool *known);

/* The body of a token response (RFC 6749 section 5.1). */
void sp_issued_write(struct sp_buf *json, const struct sp_issued *issued);

/*
 * What was issued, sealed under the refresh token that it was given for, and
 * opened again with it.  False: it was not sealed with this token.
 */
struct sp_str sp_issued_seal(struct sp_arena *mem, struct sp_str secret, const struct sp_issued *issued);
SP_MUST_USE bool sp_issued_open(struct sp_arena *mem, struct sp_str secret, struct sp_str sealed,
    struct sp_issued *out);

#endif
