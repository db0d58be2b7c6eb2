/*
 * mcp_wire.h - how messages travel to another MCP server
 *
 * Streamable HTTP (all revisions since 2025-03-26), and lines of a pipe (stdio).
 * Each wire lives in the arena of its call and is closed with sp_mcp_client_close().
 */
#ifndef SP_TOOLS_MCP_WIRE_H
#define SP_TOOLS_MCP_WIRE_H

#include "net/http.h"
#include "tools/keeper.h"
#include "tools/mcp_client.h"

/* Who waits for what comes over a wire. */
struct sp_mcp_waiter {
	bool (*gone)(void *arg);	/* asked at least every 250 ms; NULL: nobody leaves */
	void *arg;
};

struct sp_mcp_http {
	const char *url;
	const struct sp_http_field *fields;	/* credentials and other headers of the operator's */
	size_t field_count;
	const char *allow, *ca_file;
	bool http;
	const char *pool;
	size_t message_max;		/* bytes of a message */
	size_t max_bytes;		/* of all that one request is answered with */
	struct sp_mcp_waiter waiter;
};

struct sp_mcp_wire *sp_mcp_wire_http(struct sp_arena *mem, const struct sp_mcp_http *http, int64_t deadline_ms);

/*
 * A child for this call, started with its first message and ended with the wire;
 * or one that the keeper has, to which a connection is made and closed.
 */
struct sp_mcp_stdio {
	const char *name;		/* of the upstream, for the log and the keeper */
	const struct sp_settings *settings;
	const struct sp_child_start *start;
	bool keep;
	size_t message_max, max_bytes;	/* as above */
	struct sp_mcp_waiter waiter;
};

struct sp_mcp_wire *sp_mcp_wire_stdio(struct sp_arena *mem, const struct sp_mcp_stdio *stdio, int64_t deadline_ms);

/* A header value that cannot stand for itself, in the sentinel form (2026-07-28, "Value Encoding"). */
struct sp_str sp_mcp_header_value(struct sp_arena *mem, struct sp_str value);

#endif
