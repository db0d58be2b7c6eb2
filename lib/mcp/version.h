/*
 * version.h - the revisions of MCP that are spoken here, and which one a request is in
 *
 * There are two eras (2026-07-28, "Versioning and Compatibility"): modern
 * requests carry their version and capabilities in `_meta`; before, a session
 * began with `initialize`.  Both live at the same URL.
 */
#ifndef SP_MCP_VERSION_H
#define SP_MCP_VERSION_H

#include "base/json.h"

enum sp_mcp_version {
	SP_MCP_2025_03_26,
	SP_MCP_2025_06_18,
	SP_MCP_2025_11_25,
	SP_MCP_2026_07_28,
	SP_MCP_VERSIONS
};
#define SP_MCP_LATEST		SP_MCP_2026_07_28
#define SP_MCP_LATEST_SESSION	SP_MCP_2025_11_25	/* offered to who asks for one that we do not have */

const char *sp_mcp_version_name(enum sp_mcp_version version);
/* False: not one of ours. */
SP_MUST_USE bool sp_mcp_version_find(struct sp_str name, enum sp_mcp_version *out);
/* Whether the revision has sessions. */
bool sp_mcp_version_has_sessions(enum sp_mcp_version version);
/* {"supported": [...], "requested": ...}, newest first: the data of -32022. */
struct sp_str sp_mcp_unsupported_data(struct sp_arena *mem, struct sp_str requested);
/* ["2026-07-28", ...], newest first. */
void sp_mcp_write_versions(struct sp_json_writer *w);

/* What of a message tells its era; absent slices for what is not there. */
struct sp_mcp_signs {
	struct sp_str header_version;	/* MCP-Protocol-Version */
	struct sp_str header_method;	/* Mcp-Method */
	struct sp_str session_id;	/* Mcp-Session-Id */
	struct sp_str method;
	bool has_meta_version;		/* _meta has a protocolVersion, of whatever type */
	struct sp_str meta_version;	/* when it is a string */
};

enum sp_mcp_era { SP_MCP_SESSION, SP_MCP_MODERN };

/*
 * `_meta` decides where it speaks; then `initialize` and a session id stand for
 * the old era, and a header that does not name an old revision for the new one.
 * A message that says nothing at all is an old client that lost its session.
 */
enum sp_mcp_era sp_mcp_era_of(const struct sp_mcp_signs *signs);

#endif
