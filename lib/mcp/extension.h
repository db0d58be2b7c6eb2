/*
 * extension.h - what a client says that it can do, beyond the core protocol
 * (2026-07-28, basic/versioning, "Extension Negotiation")
 *
 * An extension is used when both sides have it.  A client names its own in its
 * capabilities: in _meta of each request, and in older revisions once, for the
 * session.
 */
#ifndef SP_MCP_EXTENSION_H
#define SP_MCP_EXTENSION_H

#include "mcp/dispatch.h"

/* Pages that a client shows for a tool, resources ui://... (MCP Apps, 2026-01-26), and their media type. */
#define SP_APPS_EXTENSION	"io.modelcontextprotocol/ui"
#define SP_APPS_MEDIA_TYPE	"text/html;profile=mcp-app"

/* ClientCapabilities of this call's client; NULL: not known, as before sp_mcp_require_session(). */
struct json_object *sp_mcp_capabilities(const struct sp_mcp_call *call);

/* The client's settings of an extension, an object; NULL: it has no such extension. */
struct json_object *sp_mcp_extension(const struct sp_mcp_call *call, const char *name);

/* Whether the client shows pages of the media type that we have. */
bool sp_mcp_has_apps(const struct sp_mcp_call *call);

/* "extensions" of ServerCapabilities; nothing when there are none to tell of. */
void sp_mcp_write_extensions(struct sp_mcp_call *call);

#endif
