/* session.c - sessions of the revisions up to 2025-11-25: rows, kept as SHA-256 */
#include "mcp/session.h"

#include "db/queries.h"

#define ID_MAX		256		/* bytes; ours have 43 */
#define SAID_MAX	((size_t)16384)	/* bytes of what a client says of itself that are kept */

bool
sp_mcp_session_id_is_good(struct sp_str id)
{
	for (size_t i = 0; i < id.len; i++)
		if ((unsigned char)id.p[i] < 0x21 || (unsigned char)id.p[i] > 0x7e)
			return false;
	return id.len > 0 && id.len <= ID_MAX;
}

void
sp_mcp_session_prepare(struct sp_request *req, const struct sp_resource *resource,
    const struct sp_caller *caller, struct sp_str id, struct sp_mcp_session *out)
{
	*out = (struct sp_mcp_session){ .id = id };
	sp_sha256(id, out->sha256);
	out->params[0] = SP_P_BYTES(out->sha256, SP_SHA256_LEN);
	out->params[1] = SP_P_TEXT(caller->user_id);
	out->params[2] = SP_P_TEXT(caller->client_id);
	out->params[3] = SP_P_TEXT(caller->grant_id);
	out->params[4] = SP_P_TEXT(resource->resource);
	out->params[5] = SP_P_INT(req->settings->mcp_session_ttl);
}

struct version_row {
	struct sp_str protocol_version;
};

static const struct sp_column version_columns[] = {
	{ "protocol_version", SP_COL_STR, offsetof(struct version_row, protocol_version) },
	{ NULL }
};

enum sp_mcp_session_status
sp_mcp_session_check(struct sp_request *req, struct sp_mcp_session *session, enum sp_mcp_version *version)
{
	struct version_row row;

	switch (sp_db_row(&req->db, &sp_q_mcp_session_use, session->params, version_columns, &row)) {
	case SP_DB_ROW:
		session->checked = true;
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
