/*
 * session.h - sessions of the revisions up to 2025-11-25: rows, kept as SHA-256
 *
 * A session belongs to the user, client, grant and resource it was opened with;
 * for anybody else it does not exist.  The id is a secret of 256 bits.
 */
#ifndef SP_MCP_SESSION_H
#define SP_MCP_SESSION_H

#include "mcp/version.h"
#include "oauth/bearer.h"
#include "tools/exchange.h"

struct sp_mcp_sessions;			/* what a process remembers of sessions; below */

struct sp_mcp_session {
	struct sp_str id;		/* Mcp-Session-Id; absent: none was sent */
	uint8_t sha256[SP_SHA256_LEN];
	bool checked;			/* by this request */
	struct sp_param params[6];	/* of sp_q_mcp_session_use */
	/* what it began with, and has set since: when known */
	bool known;
	struct json_object *capabilities;	/* the client's */
	enum sp_logging_level log_level;	/* the least that it wants to hear of */
	struct sp_mcp_sessions *sessions;
	uint64_t heard;			/* what the process had heard of sessions when the check was prepared */
};

enum sp_mcp_session_status {
	SP_MCP_SESSION_OK,
	SP_MCP_SESSION_UNKNOWN,		/* gone, or another caller's: 404, the client begins anew */
	SP_MCP_SESSION_FAILED,		/* the request is failed */
};

/* Visible ASCII, as the specification wants it. */
bool sp_mcp_session_id_is_good(struct sp_str id);

/*
 * Prepares the check of a session: sp_q_mcp_session_use with out->params.  What
 * this process remembers of it is known before; `sessions` may be NULL.
 */
void sp_mcp_session_prepare(struct sp_request *req, struct sp_mcp_sessions *sessions,
    const struct sp_resource *resource, const struct sp_caller *caller, struct sp_str id,
    struct sp_mcp_session *out);

/* The SQLSTATE with which that statement says that there is no such session. */
#define SP_MCP_NO_SESSION "P0S04"

/* Checks now, in a round trip of its own; *version is what was negotiated. */
SP_MUST_USE enum sp_mcp_session_status sp_mcp_session_check(struct sp_request *req,
    struct sp_mcp_session *session, enum sp_mcp_version *version);

/* A new session; its id is set.  capabilities and client_info are what `initialize` said.  False: sp_fail_db(). */
SP_MUST_USE bool sp_mcp_session_open(struct sp_request *req, const struct sp_resource *resource,
    const struct sp_caller *caller, enum sp_mcp_version version, struct json_object *capabilities,
    struct json_object *client_info, struct sp_str *id);

/* The same where the session is older than what the client says of itself: HTTP+SSE. */
SP_MUST_USE bool sp_mcp_session_begin(struct sp_request *req, const struct sp_mcp_session *session,
    enum sp_mcp_version version, struct json_object *capabilities, struct json_object *client_info);

/* Ends a session.  *closed is false when there was none.  False: sp_fail_db(). */
SP_MUST_USE bool sp_mcp_session_close(struct sp_request *req, const struct sp_resource *resource,
    const struct sp_caller *caller, struct sp_str id, bool *closed);

/* A client wants log messages from this level on.  False: sp_fail_db(). */
SP_MUST_USE bool sp_mcp_session_set_log_level(struct sp_request *req, const struct sp_mcp_session *session,
    enum sp_logging_level level);

/*
 * What a session began with does not change, so that a process remembers it and
 * its check can travel along with a call; the log level does, and a notification
 * says so.  A thousand sessions at most, the last ones that were used.
 */
struct sp_mcp_sessions *sp_mcp_sessions_new(void);
void sp_mcp_sessions_free(struct sp_mcp_sessions *sessions);
/* The news of a notification: "session " and the hexadecimal SHA-256; NULL: of any. */
void sp_mcp_sessions_hear(struct sp_mcp_sessions *sessions, const char *what);

#endif
