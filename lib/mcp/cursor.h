/*
 * cursor.h - where the next page of a list begins: server/utilities/pagination
 *
 * A cursor is the number of the last entry that was listed, sealed with what the
 * page was made of.  It is good for the same list of the same server, while the
 * catalog is the same, and for callers who see the same entries.
 */
#ifndef SP_MCP_CURSOR_H
#define SP_MCP_CURSOR_H

#include "base/secret.h"
#include "oauth/bearer.h"

struct sp_mcp_page {
	const char *server, *list;
	int64_t catalog_version;
	const struct sp_caller *caller;		/* its tier and scopes decide what is listed */
};

struct sp_str sp_mcp_cursor_make(struct sp_arena *mem, const struct sp_keyring *ring,
    const struct sp_mcp_page *page, int64_t last);
/* False: it is not one of ours, or not for this page. */
SP_MUST_USE bool sp_mcp_cursor_read(struct sp_arena *mem, const struct sp_keyring *ring,
    const struct sp_mcp_page *page, struct sp_str cursor, int64_t *last);

#endif
