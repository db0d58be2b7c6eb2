/*
 * grant_types.h - what the token endpoint exchanges (OAuth 2.1 section 4)
 *
 * A grant type is a row: the value of `grant_type` and the function that turns
 * a form into the body of an answer.  A new one is one function and one row.
 */
#ifndef SP_OAUTH_GRANT_TYPES_H
#define SP_OAUTH_GRANT_TYPES_H

#include "oauth/authority.h"
#include "oauth/client_auth.h"

struct sp_token_request {
	struct sp_authority *authority;
	const struct sp_form *form;
	struct sp_client_auth client;
};

struct sp_grant_type {
	const char *name;
	/* True: the body of the answer is in *json and the facts are committed.  False: sp_fail(). */
	bool (*redeem)(struct sp_request *req, const struct sp_token_request *t, struct sp_buf *json);
};

/* By name, or NULL. */
const struct sp_grant_type *sp_grant_type_find(struct sp_str name);

/*
 * The code challenge of a verifier (RFC 7636 section 4.6, S256): 43 characters.
 * False for a verifier outside section 4.1's 43 to 128 unreserved characters.
 */
SP_MUST_USE bool sp_pkce_challenge(struct sp_arena *mem, struct sp_str verifier, struct sp_str *out);

#endif
