/*
 * problem.h - what can go wrong, once: code, HTTP status, who is at fault
 *
 * The step that detects a failure describes it with sp_fail(); callers pass
 * `false` up; the program's last line turns it into the right kind of answer
 * (OAuth JSON, page, redirect, JSON-RPC).
 */
#ifndef SP_WEB_PROBLEM_H
#define SP_WEB_PROBLEM_H

#include "base/str.h"

enum sp_problem {
	SP_OK = 0,
	/* OAuth 2.1 and its extensions: the error code is the name in lower case */
	SP_INVALID_REQUEST,
	SP_INVALID_CLIENT,			/* 401 */
	SP_INVALID_GRANT,
	SP_UNAUTHORIZED_CLIENT,
	SP_UNSUPPORTED_GRANT_TYPE,
	SP_UNSUPPORTED_RESPONSE_TYPE,
	SP_INVALID_SCOPE,
	SP_INVALID_TARGET,			/* RFC 8707 */
	SP_ACCESS_DENIED,
	SP_LOGIN_REQUIRED,			/* OpenID Connect Core 3.1.2.6 */
	SP_CONSENT_REQUIRED,
	SP_REQUEST_NOT_SUPPORTED,
	SP_REQUEST_URI_NOT_SUPPORTED,
	SP_INVALID_REDIRECT_URI,		/* RFC 7591 3.2.2 */
	SP_INVALID_CLIENT_METADATA,
	SP_INVALID_SOFTWARE_STATEMENT,
	SP_UNSUPPORTED_TOKEN_TYPE,		/* RFC 7009 2.2.1 */
	SP_INVALID_TOKEN,			/* 401, RFC 6750 3.1 */
	SP_INSUFFICIENT_SCOPE,			/* 403 */
	SP_TEMPORARILY_UNAVAILABLE,		/* 503, Retry-After */
	SP_SERVER_ERROR,			/* 500 */
	/* HTTP */
	SP_NOT_FOUND,				/* 404 */
	SP_METHOD_NOT_ALLOWED,			/* 405 */
	SP_NOT_ACCEPTABLE,			/* 406 */
	SP_REQUEST_TIMEOUT,			/* 408 */
	SP_LENGTH_REQUIRED,			/* 411 */
	SP_CONTENT_TOO_LARGE,			/* 413 */
	SP_UNSUPPORTED_MEDIA_TYPE,		/* 415 */
	SP_FORBIDDEN,				/* 403: CSRF, Origin */
	SP_SLOW_DOWN,				/* 429, Retry-After */
	SP_PROBLEM_COUNT
};

struct sp_problem_info {
	const char *error;		/* "invalid_grant" */
	int status;			/* as an answer of the token, registration or MCP endpoint */
	const char *meaning;		/* one sentence for people, without internals */
};

const struct sp_problem_info *sp_problem_info(enum sp_problem problem);

#endif
