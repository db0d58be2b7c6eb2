/*
 * signin.h - signing in with a password
 *
 * Unknown, disabled and wrong are one answer, after the same work.  Tries are
 * counted per account and address, per account, and per address, before they
 * are judged; over the limit the answer is to wait.
 */
#ifndef SP_PEOPLE_SIGNIN_H
#define SP_PEOPLE_SIGNIN_H

#include "people/session.h"

enum sp_signin {
	SP_SIGNIN_OK,		/* the session's cookie is set on the response */
	SP_SIGNIN_WRONG,
	SP_SIGNIN_WAIT,		/* req->retry_after says how long */
	SP_SIGNIN_FAILED,	/* sp_fail(): the database is away */
};

enum sp_signin sp_signin_password(struct sp_request *req, struct sp_str username, struct sp_str password);

#endif
