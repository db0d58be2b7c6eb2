/*
 * authorization.h - the authorization request and its response
 * (OAuth 2.1 section 4.1, RFC 7636, RFC 8707, RFC 9207)
 *
 * Until client and redirect URI are proven a fault is a page; from then on it
 * is an answer at the redirect URI (behind a link, for clients that strangers
 * made, as long as nobody has decided).
 */
#ifndef SP_OAUTH_AUTHORIZATION_H
#define SP_OAUTH_AUTHORIZATION_H

#include "oauth/authority.h"
#include "oauth/client.h"
#include "oauth/redirect_uri.h"
#include "web/form.h"

struct sp_authorization {
	struct sp_str query;			/* the request, printable ASCII: what a handle keeps */
	struct sp_client client;
	struct sp_str redirect_uri;
	bool redirect_uri_sent;
	struct sp_redirect_uri redirect;	/* the same, parsed */
	bool proven;				/* client and redirect URI are; errors may go there */
	struct sp_str state;			/* encoded, as it came; absent if none */
	struct sp_str code_challenge;
	struct sp_scope scope;			/* what may be granted */
	const struct sp_resource *resource;
	bool prompt_none, prompt_login, prompt_consent;
};

/*
 * Reads and judges a request given as form-encoded text.  False: sp_fail();
 * out->proven says where the answer belongs, and out->client.client_id (NULL
 * while it is not known) who asked.
 */
SP_MUST_USE bool sp_authorization_read(struct sp_request *req, struct sp_authority *authority,
    struct sp_str query, struct sp_authorization *out);

/* The response: code and iss, or the request's problem and iss; with state. 303 to the redirect URI. */
bool sp_authorization_reply_code(struct sp_request *req, const struct sp_authorization *a, struct sp_str code);
bool sp_authorization_reply_error(struct sp_request *req, const struct sp_authorization *a);
/* Where the latter leads to, for a page with a link. */
const char *sp_authorization_error_location(struct sp_request *req, const struct sp_authorization *a);

/*
 * A handle carries a request through our own pages: sealed, for one purpose
 * (which form), one browser (the digest it is bound to), and a limited time.
 * Nothing is stored before a person decides.
 */
struct sp_authorization_handle {
	const char *id;				/* UUID: one decision */
	struct sp_str code;			/* that a yes will give: the same one for a yes sent twice */
	struct sp_str query;
	uint8_t metadata_sha256[SP_SHA256_LEN];	/* of the client that was shown */
};

struct sp_str sp_authorization_handle_make(struct sp_request *req, const char *purpose,
    const uint8_t bound_to[static SP_SHA256_LEN], const struct sp_authorization *a);
/* False: SP_FORBIDDEN (not ours, another browser's, or expired). */
SP_MUST_USE bool sp_authorization_handle_open(struct sp_request *req, const char *purpose,
    const uint8_t bound_to[static SP_SHA256_LEN], struct sp_str handle,
    struct sp_authorization_handle *out);

#endif
