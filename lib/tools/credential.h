/*
 * credential.h - what a service knows us by
 *
 *	{type: header, field: X-Key, value: "${env:CREDENTIAL_X}"}
 *	{type: bearer, token: ...}
 *	{type: basic, username: ..., password: ...}			RFC 7617
 *	{type: api_key, in: query, field: key, value: ...}		or in: header
 *	{type: oauth_client_credentials, token_url: ..., client_id: ..., client_secret: ...,
 *	 scope: ..., resource: ..., client_auth: client_secret_basic}	RFC 6749 section 4.4
 *	{type: aws_sigv4, region: ..., service: ..., access_key_id: ..., secret_access_key: ..., session_token: ...}
 *
 * Values have references (reference.h), which are looked up at each use.  The
 * secret one (value, token, password, client_secret, secret_access_key) may be
 * missing when the row has a sealed secret; `secret: stdin` says that it will have one.
 *
 * Access tokens that are obtained are kept in the process until shortly before
 * they expire, and obtained once for all threads that need the same one.
 */
#ifndef SP_TOOLS_CREDENTIAL_H
#define SP_TOOLS_CREDENTIAL_H

#include "oauth/bearer.h"
#include "tools/http_message.h"
#include "web/request.h"

#define SP_CREDENTIAL_PURPOSE	"credential"	/* of sp_seal(); aad is the name */
#define SP_CREDENTIAL_SECRETS	16

struct sp_credential;

/* NULL is no credential.  False: *why begins with the member. */
SP_MUST_USE bool sp_credential_load(struct sp_arena *mem, struct json_object *json, const struct sp_credential **out,
    const char **why);

/* What was put into a message, to be taken out of what the service says. */
struct sp_secrets {
	struct sp_str item[SP_CREDENTIAL_SECRETS];
	size_t count;
};

/* How a credential is used; for one that belongs to a person, whose it is. */
struct sp_credential_use {
	struct sp_request *req;
	const struct sp_credential *credential;	/* NULL: none */
	const struct sp_caller *caller;
	/* for the request that obtains a token: as in struct sp_http */
	const char *allow, *ca_file;
	bool http;
	int64_t deadline_ms;		/* sp_monotonic_ms() */
	bool (*gone)(void *arg);
	void *arg;
};

enum sp_credential_result {
	SP_CREDENTIAL_SET,
	SP_CREDENTIAL_TROUBLE,		/* *why, for the log: an operator has to do something */
	SP_CREDENTIAL_LATER,		/* *why, for the log: the token could not be obtained now */
	SP_CREDENTIAL_STOPPED,		/* gone() said so */
};

/*
 * Its secret member itself, for what is not told by HTTP (the environment of a
 * program).  False: *why, for the log.
 */
SP_MUST_USE bool sp_credential_secret(struct sp_request *req, const struct sp_credential *credential, struct sp_str *out,
    const char **why);

/* One more, and the word behind "Bearer " and the like; a value that was looked up for a header field, say. */
void sp_secrets_remember(struct sp_secrets *secrets, struct sp_str secret);

/* Puts it into a message that is complete otherwise (it may sign it), and adds to *secrets. */
SP_MUST_USE enum sp_credential_result sp_credential_set(const struct sp_credential_use *use, struct sp_http_message *m,
    struct sp_secrets *secrets, const char **why);

/*
 * The service has answered 401 to these secrets: a token that we have obtained is
 * forgotten.  True: with another one the request may be made again.
 */
bool sp_credential_refused(const struct sp_credential *credential, const struct sp_secrets *secrets);

/* Overwrites what it finds of the secrets, in place. */
void sp_secrets_hide(const struct sp_secrets *secrets, char *text, size_t len);

#endif
