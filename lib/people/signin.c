/* signin.c - signing in with a password */
#include "people/signin.h"

#include "db/queries.h"
#include "people/password.h"

#define USERNAME_MAX 200

struct lookup {
	const char *user_id, *password_hash;
	int64_t wait_seconds;
};

static const struct sp_column lookup_columns[] = {
	{ "user_id", SP_COL_TEXT, offsetof(struct lookup, user_id) },
	{ "password_hash", SP_COL_TEXT, offsetof(struct lookup, password_hash) },
	{ "wait_seconds", SP_COL_INT, offsetof(struct lookup, wait_seconds) },
	{ NULL }
};

struct success {
	const char *user_id;
};

static const struct sp_column success_columns[] = {
	{ "user_id", SP_COL_TEXT, offsetof(struct success, user_id) },
	{ NULL }
};

static enum sp_signin
database_failed(struct sp_request *req)
{
	(void)sp_fail_db(req);
	return SP_SIGNIN_FAILED;
}

static enum sp_signin
wrong(struct sp_request *req, struct sp_str username)
{
	if (!sp_db_do(&req->db, &sp_q_signin_failed,
	    SP_PARAMS(SP_P_STR(username), SP_P_STR(sp_request_context(req))), NULL))
		return database_failed(req);
	return SP_SIGNIN_WRONG;
}

enum sp_signin
sp_signin_password(struct sp_request *req, struct sp_str username, struct sp_str password)
{
	uint8_t old[SP_SHA256_LEN], digest[SP_SHA256_LEN];
	bool had_session = sp_browser_session_digest(req, old);
	struct sp_param old_session = had_session ? SP_P_BYTES(old, sizeof(old)) : SP_P_NULL;
	struct sp_str secret = sp_random_token(req->mem);
	struct success success;
	struct lookup user;

	if (username.len == 0 || username.len > USERNAME_MAX || password.len == 0 ||
	    password.len > SP_PASSWORD_MAX)
		return SP_SIGNIN_WRONG;		/* refused before any work */
	if (sp_db_row(&req->db, &sp_q_signin_begin, SP_PARAMS(SP_P_STR(username), SP_P_STR(req->address),
	    SP_P_INT(req->settings->signin_tries), old_session, SP_P_STR(sp_request_context(req))),
	    lookup_columns, &user) != SP_DB_ROW)
		return database_failed(req);
	if (user.wait_seconds > 0) {
		req->retry_after = user.wait_seconds;
		return SP_SIGNIN_WAIT;
	}
	/* the hash takes long: the connection goes back to the others meanwhile */
	sp_db_end(&req->db);
	if (!sp_password_verify(user.user_id != NULL ? user.password_hash : NULL, password))
		return wrong(req, username);
	sp_sha256(secret, digest);
	switch (sp_db_row(&req->db, &sp_q_signin_succeeded, SP_PARAMS(
	    SP_P_TEXT(user.user_id), SP_P_TEXT(user.password_hash), SP_P_BYTES(digest, sizeof(digest)),
	    old_session, SP_P_INT(req->settings->browser_session_ttl), SP_P_STR(sp_request_context(req))),
	    success_columns, &success)) {
	case SP_DB_FAILED:
		return database_failed(req);
	case SP_DB_NO_ROW:
		return wrong(req, username);	/* the password was changed meanwhile */
	case SP_DB_ROW:
		break;
	}
	sp_browser_session_cookie(req, secret);
	return SP_SIGNIN_OK;
}
