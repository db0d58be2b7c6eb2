/* session.c - a browser: before sign-in a random mark, afterwards a session */
#include "people/session.h"

#include "db/queries.h"
#include "web/cookie.h"

#define SESSION_COOKIE "session"
#define MARK_COOKIE "browser"

static const struct sp_column columns[] = {
	{ "user_id", SP_COL_TEXT, offsetof(struct sp_browser_session, user_id) },
	{ "username", SP_COL_TEXT, offsetof(struct sp_browser_session, username) },
	{ "display_name", SP_COL_TEXT, offsetof(struct sp_browser_session, display_name) },
	{ "tier", SP_COL_TEXT, offsetof(struct sp_browser_session, tier) },
	{ "age", SP_COL_INT, offsetof(struct sp_browser_session, age) },
	{ NULL }
};

/* The digest of a cookie of ours; false when there is none of the right form. */
static bool
cookie_digest(struct sp_request *req, const char *name, uint8_t digest[static SP_SHA256_LEN])
{
	struct sp_str value = sp_cookie_get(req, name);

	if (value.len != SP_TOKEN_TEXT)
		return false;
	sp_sha256(value, digest);
	return true;
}

bool
sp_browser_session_digest(struct sp_request *req, uint8_t digest[static SP_SHA256_LEN])
{
	return cookie_digest(req, SESSION_COOKIE, digest);
}

bool
sp_browser_session_read(struct sp_request *req, struct sp_browser_session *out, bool *found)
{
	struct sp_browser_session session = { .user_id = NULL };

	*found = false;
	if (!sp_browser_session_digest(req, session.digest))
		return true;
	switch (sp_db_row(&req->db, &sp_q_browser_session_user,
	    SP_PARAMS(SP_P_BYTES(session.digest, SP_SHA256_LEN)), columns, &session)) {
	case SP_DB_FAILED:
		return sp_fail_db(req);
	case SP_DB_NO_ROW:
		return true;
	case SP_DB_ROW:
		break;
	}
	*out = session;
	*found = true;
	return true;
}

void
sp_browser_session_cookie(struct sp_request *req, struct sp_str secret)
{
	sp_cookie_set(req, SESSION_COOKIE, secret, req->settings->browser_session_ttl);
}

bool
sp_browser_session_end(struct sp_request *req, const struct sp_browser_session *session)
{
	if (!sp_db_do(&req->db, &sp_q_browser_session_end, SP_PARAMS(
	    SP_P_BYTES(session->digest, SP_SHA256_LEN), SP_P_STR(sp_request_context(req))), NULL))
		return sp_fail_db(req);
	sp_cookie_set(req, SESSION_COOKIE, SP_LIT(""), -1);
	return true;
}

bool
sp_browser_mark(struct sp_request *req, bool make, uint8_t digest[static SP_SHA256_LEN])
{
	struct sp_str value;

	if (cookie_digest(req, MARK_COOKIE, digest))
		return true;
	if (!make)
		return false;
	value = sp_random_token(req->mem);
	sp_sha256(value, digest);
	sp_cookie_set(req, MARK_COOKIE, value, 0);
	return true;
}
