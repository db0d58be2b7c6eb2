/*
 * news.h - how a change reaches the streams of this process
 *
 * What a transaction notifies when it is committed (sql/migrations, "notify")
 * reaches the listener of every process, and from there the subscribers that it
 * concerns.  When the listener was away, something may have been missed: then
 * everybody is told everything.
 */
#ifndef SP_MCP_NEWS_H
#define SP_MCP_NEWS_H

#include "mcp/dispatch.h"
#include "mcp/subscriptions.h"

/* An sp_authority_hook; arg is the struct sp_mcp. */
void sp_mcp_heard(void *mcp, struct sp_db *db, const char *what);

/*
 * Whether this process can tell of changes: it can keep streams open, and
 * notifications reach it.  Only then a server says that it does.
 */
bool sp_mcp_has_news(const struct sp_mcp_call *call);

/* sp_server_offers() of the list that changes. */
bool sp_mcp_offers(const struct sp_server *server, enum sp_change list);

/* Whether the caller may read the resource of this URI, or what a template makes of it. */
bool sp_mcp_may_read(const struct sp_server *server, struct sp_arena *mem, const struct sp_caller *caller,
    struct sp_str uri);

/*
 * A stream of this caller wants to hear of these resources: those of upstreams have to be
 * subscribed to there, which a runner does (tools/upstream_follow.h).  A failure is in the log.
 */
void sp_mcp_watch_upstreams(struct sp_mcp_call *call, const struct sp_str *uris, size_t count);

#endif
