/*
 * client_auth.h - how a client says who it is (OAuth 2.1 section 2.4)
 *
 * Here the request is only read; whether the secret is right is judged by the
 * database, in the same statement that does what was asked.
 */
#ifndef SP_OAUTH_CLIENT_AUTH_H
#define SP_OAUTH_CLIENT_AUTH_H

#include "web/form.h"

struct sp_client_auth {
	struct sp_str client_id;
	const char *method;			/* none, client_secret_basic, client_secret_post */
	bool has_secret;
	uint8_t secret_sha256[SP_SHA256_LEN];
};

/*
 * Reads Basic credentials (form-encoded parts, RFC 6749 section 2.3.1) or the
 * body's.  False: SP_INVALID_REQUEST for two ways at once or no client_id,
 * SP_INVALID_CLIENT (with the Basic challenge) for credentials that cannot be
 * read.
 */
SP_MUST_USE bool sp_client_auth_read(struct sp_request *req, const struct sp_form *form,
    struct sp_client_auth *out);

/* SP_INVALID_CLIENT, with WWW-Authenticate when the client used the Authorization header. */
bool sp_client_auth_fail(struct sp_request *req, const char *detail);

/* The digest as a parameter; SQL null when no secret was sent. */
struct sp_param sp_client_auth_secret(const struct sp_client_auth *auth);

#endif
