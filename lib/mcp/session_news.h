/*
 * session_news.h - changes, as a session hears of them (up to 2025-11-25)
 *
 * notifications/.../list_changed and, for what it has subscribed to,
 * notifications/resources/updated, on the stream of its GET.  Subscriptions are
 * rows of the session; the process that holds the stream has them in the registry
 * of subscriptions.h.  A change is a hint to look, and not kept: a client that
 * comes back for its stream is told everything it watches.
 */
#ifndef SP_MCP_SESSION_NEWS_H
#define SP_MCP_SESSION_NEWS_H

#include "mcp/dispatch.h"
#include "mcp/outbox.h"
#include "mcp/subscriptions.h"

struct sp_mcp_session_news;		/* of a process */
struct sp_mcp_listener;			/* a stream that listens */

/* The notification, one line of JSON; uri is that of SP_RESOURCE_UPDATED. */
void sp_mcp_write_session_news(struct sp_buf *b, enum sp_change what, struct sp_str uri);

struct sp_mcp_session_news *sp_mcp_session_news_new(void);
void sp_mcp_session_news_free(struct sp_mcp_session_news *news);

/*
 * A place for a stream that listens, before it is opened; *out is NULL where this
 * server tells of no changes.  False: the request is failed (429).
 */
SP_MUST_USE bool sp_mcp_listener_new(struct sp_mcp_call *call, struct sp_mcp_listener **out);
/* Gives a place back that was not used.  NULL is fine. */
void sp_mcp_listener_free(struct sp_mcp_listener *listener);
/* Parks a live stream with what it listens to; again: its client has come back. */
void sp_mcp_listener_park(struct sp_mcp_call *call, struct sp_mcp_listener *listener,
    struct sp_mcp_stream *stream, bool again);

/* The news of a notification: "watch STREAM"; NULL: something may have been missed. */
void sp_mcp_session_news_hear(struct sp_mcp_session_news *news, struct sp_db *db, const char *what);

#endif
