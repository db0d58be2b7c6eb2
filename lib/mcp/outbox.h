/*
 * outbox.h - streams of the revisions with sessions, whose events are rows first
 *
 * A message is put into its stream in the database, by whoever has it, and
 * forwarded by whoever holds the connection; the client may lose that and come
 * back with the id of the last event that it saw, to any process.  An event's id
 * is the id of its stream (122 random bits, good within its session only) and the
 * message's number in it: "d3f6...-....12".
 *
 * A stream has one holder, the newest connection that asked for it.  The database
 * gives what is to be forwarded to that holder only, in order, and nothing twice:
 * each event is sent once on a connection, and what a client has not seen of the
 * one before is sent on the next.
 */
#ifndef SP_MCP_OUTBOX_H
#define SP_MCP_OUTBOX_H

#include "mcp/session.h"
#include "web/stream.h"

#define SP_UUID_SIZE 37		/* in text, with a NUL */

/* A stream, as one connection sees it. */
struct sp_mcp_stream {
	char id[SP_UUID_SIZE];
	char holder[SP_UUID_SIZE];	/* of this connection; "": somebody else forwards what is put in */
	int64_t event;			/* the last one that was sent on it */
	struct sp_stream *live;		/* NULL: nothing can be sent here (any more) */
	bool listens;			/* it is that of a GET, and answers nothing */
};

/* The longest that a client may be told to wait before it comes back. */
#define SP_MCP_RETRY_MS 1000

/* ---- rows ---- */

/*
 * A new stream of a session: the answer to `request_id`, whose call is given up
 * after so many seconds without its end; or (NULL) what a GET listens to, of
 * which a session has one: those before end.  False: db->sqlstate is
 * SP_MCP_TOO_MANY_STREAMS, or it is trouble.
 */
SP_MUST_USE bool sp_mcp_stream_open(struct sp_db *db, const struct sp_mcp_session *session,
    struct json_object *request_id, int64_t seconds, struct sp_mcp_stream *out);
#define SP_MCP_TOO_MANY_STREAMS "P0S06"

/*
 * A client comes back: out->event is the last one that it has seen.  SP_DB_NO_ROW:
 * this is no event id, or of no stream of this session.
 */
SP_MUST_USE enum sp_db_status sp_mcp_stream_resume(struct sp_db *db, const struct sp_mcp_session *session,
    struct sp_str last_event_id, struct sp_mcp_stream *out);

enum sp_mcp_put {
	SP_MCP_PUT,		/* it is in, and sent if this is the connection for it */
	SP_MCP_PUT_OVER,	/* the stream has ended: cancelled, given up, or its session is gone */
	SP_MCP_PUT_FAILED,	/* db says why */
};
/*
 * Puts a message into a stream, and sends it where the stream is live here.
 * `last` ends the stream; the message may then be absent.
 */
SP_MUST_USE enum sp_mcp_put sp_mcp_stream_put(struct sp_db *db, const struct sp_mcp_session *session,
    struct sp_mcp_stream *stream, struct sp_str message, bool last);

/* Sends what others have put in; *over: nothing will follow on this connection.  False: trouble. */
SP_MUST_USE bool sp_mcp_stream_forward(struct sp_db *db, struct sp_mcp_stream *stream, bool *over);

/* The event that a client can come back with before any other: an id and no data (2025-11-25). */
void sp_mcp_stream_prime(struct sp_mcp_stream *stream);

/* ---- streams that wait in this process ---- */

struct sp_mcp_outbox;

struct sp_mcp_outbox *sp_mcp_outbox_new(const struct sp_settings *settings, const char *program);
void sp_mcp_outbox_free(struct sp_mcp_outbox *outbox);	/* when nothing is parked any more */

/* Connections for what is put in while the request's own runs a statement; made when they are needed. */
struct sp_db_pool *sp_mcp_outbox_pool(struct sp_mcp_outbox *outbox);

/*
 * Parks a live stream, after sp_stream_reserve(): the handler returns, and what is
 * put in is forwarded from then on.  closed(arg), on the stream thread, is the end
 * of it and of the handle that is returned; closed may be NULL.
 */
struct sp_parked *sp_mcp_outbox_park(struct sp_mcp_outbox *outbox, struct sp_db *db,
    struct sp_mcp_stream *stream, void (*closed)(void *arg), void *arg);

/* On the listener's thread: the news of a notification ("outbox ID"), or (NULL) a look at all streams. */
void sp_mcp_outbox_hear(struct sp_mcp_outbox *outbox, struct sp_db *db, const char *what);

#endif
