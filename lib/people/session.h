/*
 * session.h - a browser: before sign-in a random mark, afterwards a session
 *
 * Both are cookies with 256 random bits; the database knows a session by its
 * SHA-256.  The mark binds a sign-in form to the browser it was made for.
 */
#ifndef SP_PEOPLE_SESSION_H
#define SP_PEOPLE_SESSION_H

#include "web/request.h"

struct sp_browser_session {
	uint8_t digest[SP_SHA256_LEN];		/* of the cookie; the session's name in the database */
	const char *user_id, *username, *display_name, *tier;
	int64_t age;				/* seconds since the password was given, by the database's clock */
};

/*
 * Who is signed in.  *found is false when nobody is; the function is false only
 * when that could not be found out.
 */
SP_MUST_USE bool sp_browser_session_read(struct sp_request *req, struct sp_browser_session *out, bool *found);

/* Sets the cookie of a session that the database has by the digest of `secret` (sp_random_token()). */
void sp_browser_session_cookie(struct sp_request *req, struct sp_str secret);

/* The digest of the session's cookie, whether or not there is such a session; false without a cookie. */
bool sp_browser_session_digest(struct sp_request *req, uint8_t digest[static SP_SHA256_LEN]);

/* Signs out: ends the session and deletes its cookie. False: sp_fail(). */
SP_MUST_USE bool sp_browser_session_end(struct sp_request *req, const struct sp_browser_session *session);

/* The digest of the browser's mark; the cookie is set when it has none and `make` is true. */
bool sp_browser_mark(struct sp_request *req, bool make, uint8_t digest[static SP_SHA256_LEN]);

#endif
