/*
 * sigv4.h - AWS Signature Version 4
 *
 * Own code instead of libcurl's: that of 7.88 signs the query in the order in
 * which it is sent, and takes the clock's time only.
 */
#ifndef SP_TOOLS_SIGV4_H
#define SP_TOOLS_SIGV4_H

#include "tools/http_message.h"

struct sp_sigv4 {
	struct sp_str access_key_id, secret_access_key;
	struct sp_str session_token;	/* absent: none */
	const char *region, *service;
	int64_t now;			/* seconds since 1970 */
};

/*
 * Adds X-Amz-Date, X-Amz-Security-Token, for s3 X-Amz-Content-Sha256, and
 * Authorization.  All fields that the message has are signed, and Host.  The path
 * of the URL is encoded once more, as all services but s3 want it.  False: no room
 * for the fields, or one with a control character.
 */
SP_MUST_USE bool sp_sigv4_sign(struct sp_arena *mem, const struct sp_sigv4 *s, struct sp_http_message *m);

#endif
