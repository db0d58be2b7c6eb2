/* methods.h - the methods of each subject, for the table in dispatch.c */
#ifndef SP_MCP_METHODS_H
#define SP_MCP_METHODS_H

#include "mcp/dispatch.h"
#include "tools/run.h"

/* lifecycle.c: 2026-07-28 server/discover; 2025-11-25 basic/lifecycle, basic/utilities/ping */
sp_mcp_method_fn sp_mcp_discover, sp_mcp_initialize, sp_mcp_ping;

/* client_messages.c: up to 2025-11-25 server/utilities/logging, basic/utilities/cancellation */
sp_mcp_method_fn sp_mcp_set_level;
/* A notification of the client.  False: the request is failed. */
bool sp_mcp_take_notification(struct sp_mcp_call *call);

/* session_news.c: up to 2025-11-25 server/resources, "Subscriptions" */
sp_mcp_method_fn sp_mcp_resources_subscribe, sp_mcp_resources_unsubscribe;

/* list.c: the lists of server/tools, server/resources and server/prompts */
sp_mcp_method_fn sp_mcp_tools_list, sp_mcp_resources_list, sp_mcp_templates_list, sp_mcp_prompts_list;

/* tools.c: server/tools */
sp_mcp_method_fn sp_mcp_tools_call;
/* CallToolResult of what a tool gave, to call->result. */
void sp_mcp_write_tool_result(struct sp_mcp_call *call, const struct sp_tool_result *result);
/* Of it the members content and structuredContent, within an object. */
void sp_mcp_write_tool_content(struct sp_mcp_call *call, const struct sp_tool_result *result);

/* tasks.c: the extension io.modelcontextprotocol/tasks */
sp_mcp_method_fn sp_mcp_tasks_get, sp_mcp_tasks_update, sp_mcp_tasks_cancel;

/* resources.c: server/resources */
sp_mcp_method_fn sp_mcp_resources_read;

/* prompts.c: server/prompts */
sp_mcp_method_fn sp_mcp_prompts_get;

/* listen.c: 2026-07-28 basic/patterns/subscriptions */
sp_mcp_method_fn sp_mcp_listen;

/* completion.c: server/utilities/completion */
sp_mcp_method_fn sp_mcp_complete;

#endif
