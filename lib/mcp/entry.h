/*
 * entry.h - an entry of the catalog that a client names: found, allowed, called
 *
 * What tools/call, resources/read, prompts/get and completion/complete share.
 */
#ifndef SP_MCP_ENTRY_H
#define SP_MCP_ENTRY_H

#include "mcp/exchange.h"

/* params.name and params.arguments (NULL when there are none) of tools/call and prompts/get.  False: call->error. */
SP_MUST_USE bool sp_mcp_name_and_arguments(struct sp_mcp_call *call, struct sp_str *name,
    struct json_object **arguments);

/* Whether a list has this entry for the caller; has_apps: whose client shows pages (extension.h). */
bool sp_mcp_is_listed(const struct sp_mcp_call *call, const struct sp_tool *entry, bool has_apps);

/* A call on its way, without its entry; a session's check will travel along with it. */
struct sp_tool_call sp_mcp_tool_call(struct sp_mcp_call *call, const char *event, struct sp_str name,
    struct json_object *arguments);

/*
 * Whether the caller may use this entry (NULL: there is none of that name): then
 * it is t->tool.  False: the refusal is in the audit trail, and call->error or
 * the request says why; what is not for this caller is as unknown as what is not
 * there.
 */
SP_MUST_USE bool sp_mcp_may_use(struct sp_mcp_call *call, enum sp_list list, const struct sp_tool *entry,
    struct sp_tool_call *t);

/* The audit row of a call that is not made.  False: as above. */
SP_MUST_USE bool sp_mcp_refuse(struct sp_mcp_call *call, const struct sp_tool_call *t, const char *why);

/* 403 with the scopes that the entry needs, and in words its tier and that of the caller. */
bool sp_mcp_needs_scope(struct sp_mcp_call *call, const struct sp_tool *entry);

/* The error for a name that is not in its list. */
bool sp_mcp_fail_unknown(struct sp_mcp_call *call, enum sp_list list, struct sp_str name);

/*
 * Calls what is not a tool, as sp_mcp_run(); what a tool would tell the model is
 * an error here: -32602 when other arguments may do, else -32603.
 */
SP_MUST_USE enum sp_mcp_outcome sp_mcp_use(struct sp_mcp_call *call, struct sp_tool_call *t,
    struct sp_tool_result *out);

#endif
