/* session.c - sessions of the revisions up to 2025-11-25: rows, kept as SHA-256 */
#include "mcp/session.h"

#include <pthread.h>

#include "db/queries.h"

#define ID_MAX		256		/* bytes; ours have 43 */
#define SAID_MAX	((size_t)16384)	/* bytes of what a client says of itself that are kept */
#define PLACES		1024		/* sessions that are remembered */

/* ---- what a process remembers ---- */

struct sp_mcp_sessions {
	pthread_mutex_t lock;
	uint64_t heard;			/* notifications, each of which may make old what is read meanwhile */
	struct place {
		char *capabilities;	/* NULL: nobody is here */
		uint8_t sha256[SP_SHA256_LEN];
		enum sp_logging_level log_level;
	} place[PLACES];
};

struct sp_mcp_sessions *
sp_mcp_sessions_new(void)
{
	struct sp_mcp_sessions *all = calloc(1, sizeof(*all));

	if (all == NULL)
		sp_out_of_memory();
	pthread_mutex_init(&all->lock, NULL);
	return all;
}

static void
forget(struct place *place)
{
	free(place->capabilities);
	place->capabilities = NULL;
}

void
sp_mcp_sessions_free(struct sp_mcp_sessions *all)
{
	for (size_t i = 0; i < PLACES; i++)
		forget(&all->place[i]);
	pthread_mutex_destroy(&all->lock);
	free(all);
}

/* A digest of a random text is as random: no two that matter meet often. */
static struct place *
place_of(struct sp_mcp_sessions *all, const uint8_t sha256[static SP_SHA256_LEN])
{
	return &all->place[(sha256[0] << 8 | sha256[1]) % PLACES];
}

static bool
is_at(const struct place *place, const uint8_t sha256[static SP_SHA256_LEN])
{
	return place->capabilities != NULL && memcmp(place->sha256, sha256, SP_SHA256_LEN) == 0;
}

static void
remember(struct sp_mcp_sessions *all, const struct sp_mcp_session *session, struct sp_str capabilities)
{
	struct place *place = place_of(all, session->sha256);

	pthread_mutex_lock(&all->lock);
	if (session->heard == all->heard) {
		forget(place);
		place->capabilities = strndup(capabilities.p, capabilities.len);
		if (place->capabilities == NULL)
			sp_out_of_memory();
		memcpy(place->sha256, session->sha256, SP_SHA256_LEN);
		place->log_level = session->log_level;
	}
	pthread_mutex_unlock(&all->lock);
}

static void
know(struct sp_arena *mem, struct sp_mcp_session *session, struct sp_str capabilities)
{
	const char *why;

	session->known = sp_json_parse(mem, capabilities, &session->capabilities, &why);
}

static void
recall(struct sp_mcp_sessions *all, struct sp_arena *mem, struct sp_mcp_session *session)
{
	struct place *place = place_of(all, session->sha256);
	struct sp_str capabilities = { NULL, 0 };

	pthread_mutex_lock(&all->lock);
	session->heard = all->heard;
	if (is_at(place, session->sha256)) {
		capabilities = sp_str(sp_strdup(mem, place->capabilities));
		session->log_level = place->log_level;
	}
	pthread_mutex_unlock(&all->lock);
	if (capabilities.p != NULL)
		know(mem, session, capabilities);
}

static bool
hex_is(const char *hex, const uint8_t sha256[static SP_SHA256_LEN])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SP_SHA256_LEN; i++)
		if (*hex++ != digits[sha256[i] >> 4] || *hex++ != digits[sha256[i] & 15])
			return false;
	return *hex == '\0';
}

void
sp_mcp_sessions_hear(struct sp_mcp_sessions *all, const char *what)
{
	if (what != NULL && !sp_str_starts(sp_str(what), "session "))
		return;
	pthread_mutex_lock(&all->lock);
	all->heard++;
	for (size_t i = 0; i < PLACES; i++)
		if (what == NULL || (all->place[i].capabilities != NULL &&
		    hex_is(what + strlen("session "), all->place[i].sha256)))
			forget(&all->place[i]);
	pthread_mutex_unlock(&all->lock);
}

/* ---- sessions ---- */

bool
sp_mcp_session_id_is_good(struct sp_str id)
{
	for (size_t i = 0; i < id.len; i++)
		if ((unsigned char)id.p[i] < 0x21 || (unsigned char)id.p[i] > 0x7e)
			return false;
	return id.len > 0 && id.len <= ID_MAX;
}

void
sp_mcp_session_prepare(struct sp_request *req, struct sp_mcp_sessions *sessions,
    const struct sp_resource *resource, const struct sp_caller *caller, struct sp_str id,
    struct sp_mcp_session *out)
{
	*out = (struct sp_mcp_session){ .id = id, .sessions = sessions };
	sp_sha256(id, out->sha256);
	if (sessions != NULL)
		recall(sessions, req->mem, out);
	out->params[0] = SP_P_BYTES(out->sha256, SP_SHA256_LEN);
	out->params[1] = SP_P_TEXT(caller->user_id);
	out->params[2] = SP_P_TEXT(caller->client_id);
	out->params[3] = SP_P_TEXT(caller->grant_id);
	out->params[4] = SP_P_TEXT(resource->resource);
	out->params[5] = SP_P_INT(req->settings->mcp_session_ttl);
}

struct session_row {
	struct sp_str protocol_version, capabilities, log_level;
};

static const struct sp_column session_columns[] = {
	{ "protocol_version", SP_COL_STR, offsetof(struct session_row, protocol_version) },
	{ "capabilities", SP_COL_STR, offsetof(struct session_row, capabilities) },
	{ "log_level", SP_COL_STR, offsetof(struct session_row, log_level) },
	{ NULL }
};

/* "If no logging/setLevel request has been sent, the server MAY decide": not what is for debugging. */
static void
take_in(struct sp_arena *mem, const struct session_row *row, struct sp_mcp_session *session)
{
	if (!sp_logging_level_find(row->log_level, &session->log_level))
		session->log_level = SP_LOGGING_INFO;
	know(mem, session, row->capabilities);
	if (session->sessions != NULL)
		remember(session->sessions, session, row->capabilities);
}

enum sp_mcp_session_status
sp_mcp_session_check(struct sp_request *req, struct sp_mcp_session *session, enum sp_mcp_version *version)
{
	struct session_row row;

	switch (sp_db_row(&req->db, &sp_q_mcp_session_use, session->params, session_columns, &row)) {
	case SP_DB_ROW:
		session->checked = true;
		take_in(req->mem, &row, session);
		if (sp_mcp_version_find(row.protocol_version, version))
			return SP_MCP_SESSION_OK;
		return SP_MCP_SESSION_UNKNOWN;	/* opened by a program that spoke more than this one */
	case SP_DB_NO_ROW:
	case SP_DB_FAILED:
		break;
	}
	if (strcmp(req->db.sqlstate, SP_MCP_NO_SESSION) == 0)
		return SP_MCP_SESSION_UNKNOWN;
	(void)sp_fail_db(req);
	return SP_MCP_SESSION_FAILED;
}

/* What a client says of itself, as long as it is not much. */
static struct sp_param
said(struct sp_request *req, struct json_object *obj)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, req->mem, SAID_MAX);
	sp_jw_init(&w, &b);
	sp_jw_value(&w, obj);
	return SP_P_STR(sp_buf_ok(&b) ? sp_buf_view(&b) : SP_LIT("{}"));
}

bool
sp_mcp_session_open(struct sp_request *req, const struct sp_resource *resource,
    const struct sp_caller *caller, enum sp_mcp_version version, struct json_object *capabilities,
    struct json_object *client_info, struct sp_str *id)
{
	uint8_t digest[SP_SHA256_LEN];

	*id = sp_random_token(req->mem);
	sp_sha256(*id, digest);
	return sp_db_do(&req->db, &sp_q_mcp_session_open, SP_PARAMS(SP_P_BYTES(digest, sizeof(digest)),
	    SP_P_TEXT(caller->user_id), SP_P_TEXT(caller->client_id), SP_P_TEXT(caller->grant_id),
	    SP_P_TEXT(resource->resource), SP_P_TEXT(sp_mcp_version_name(version)), said(req, capabilities),
	    said(req, client_info), SP_P_INT(req->settings->mcp_session_ttl),
	    SP_P_STR(sp_request_context(req))), NULL) || sp_fail_db(req);
}

bool
sp_mcp_session_begin(struct sp_request *req, const struct sp_mcp_session *session, enum sp_mcp_version version,
    struct json_object *capabilities, struct json_object *client_info)
{
	return sp_db_do(&req->db, &sp_q_mcp_session_begin, SP_PARAMS(SP_P_BYTES(session->sha256, SP_SHA256_LEN),
	    SP_P_TEXT(sp_mcp_version_name(version)), said(req, capabilities), said(req, client_info)), NULL) ||
	    sp_fail_db(req);
}

struct closed_row {
	bool closed;
};

static const struct sp_column closed_columns[] = {
	{ "closed", SP_COL_BOOL, offsetof(struct closed_row, closed) },
	{ NULL }
};

bool
sp_mcp_session_close(struct sp_request *req, const struct sp_resource *resource,
    const struct sp_caller *caller, struct sp_str id, bool *closed)
{
	uint8_t digest[SP_SHA256_LEN];
	struct closed_row row;

	sp_sha256(id, digest);
	if (sp_db_row(&req->db, &sp_q_mcp_session_close, SP_PARAMS(SP_P_BYTES(digest, sizeof(digest)),
	    SP_P_TEXT(caller->user_id), SP_P_TEXT(caller->client_id), SP_P_TEXT(caller->grant_id),
	    SP_P_TEXT(resource->resource), SP_P_STR(sp_request_context(req))), closed_columns, &row) != SP_DB_ROW)
		return sp_fail_db(req);
	*closed = row.closed;
	return true;
}

bool
sp_mcp_session_set_log_level(struct sp_request *req, const struct sp_mcp_session *session,
    enum sp_logging_level level)
{
	struct place *place;

	if (!sp_db_do(&req->db, &sp_q_mcp_session_log_level, SP_PARAMS(SP_P_BYTES(session->sha256, SP_SHA256_LEN),
	    SP_P_TEXT(sp_logging_level_name(level))), NULL))
		return sp_fail_db(req);
	if (session->sessions != NULL) {
		/* others hear of it; here it holds from the answer on */
		place = place_of(session->sessions, session->sha256);
		pthread_mutex_lock(&session->sessions->lock);
		session->sessions->heard++;
		if (is_at(place, session->sha256))
			forget(place);
		pthread_mutex_unlock(&session->sessions->lock);
	}
	return true;
}
