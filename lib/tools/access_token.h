/*
 * access_token.h - access tokens that this process has obtained for itself
 *
 * The client credentials grant (RFC 6749 section 4.4).  A token is kept under a
 * digest of all that it was asked for with, so that a new secret asks anew.
 */
#ifndef SP_TOOLS_ACCESS_TOKEN_H
#define SP_TOOLS_ACCESS_TOKEN_H

#include "tools/credential.h"

struct sp_token_request {
	const char *token_url;
	struct sp_str client_id, client_secret;
	const char *scope, *resource, *audience;	/* NULL: not sent */
	bool post;			/* client_secret_post, else client_secret_basic */
};

/* *out is in the request's arena. */
SP_MUST_USE enum sp_credential_result sp_access_token(const struct sp_credential_use *use,
    const struct sp_token_request *request, struct sp_str *out, const char **why);
/* True: this token was kept, and is no longer. */
bool sp_access_token_forget(struct sp_str token);

#endif
