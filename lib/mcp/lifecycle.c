/* lifecycle.c - how a client gets to know the server, in both eras */
#include "mcp/extension.h"
#include "mcp/methods.h"
#include "mcp/news.h"
#include "mcp/transport.h"
#include "web/response.h"

#define FIRST_VERSION	"2024-11-05"	/* older than Streamable HTTP; to the methods it is the one after it */
#define DISCOVER_TTL_MS	300000		/* it changes when the software or the instructions do */

/* Whether it tells of changes, and of those of single things. */
static void
write_capability(struct sp_json_writer *w, const char *name, bool list_changed, bool subscribe)
{
	sp_jw_key(w, name);
	sp_jw_object(w);
	if (subscribe)
		sp_jw_kbool(w, "subscribe", true);
	if (list_changed)
		sp_jw_kbool(w, "listChanged", true);
	sp_jw_object_end(w);
}

/* What the server offers to some caller; tools always, as the list that people look at first. */
static void
write_capabilities(struct sp_mcp_call *call)
{
	const struct sp_server *server = call->server;
	struct sp_json_writer *w = call->result;
	/* only what is delivered: by subscriptions/listen, or on the stream of a GET */
	bool news = sp_mcp_has_news(call);

	sp_jw_key(w, "capabilities");
	sp_jw_object(w);
	write_capability(w, "tools", news, false);
	if (sp_server_offers(server, SP_RESOURCES))
		write_capability(w, "resources", news, news);
	if (sp_server_offers(server, SP_PROMPTS))
		write_capability(w, "prompts", news, false);
	if (server->completes)
		write_capability(w, "completions", false, false);
	write_capability(w, "logging", false, false);	/* any function may write to its caller's log */
	sp_mcp_write_extensions(call);
	sp_jw_object_end(w);
}

bool
sp_mcp_discover(struct sp_mcp_call *call)
{
	struct sp_json_writer *w = call->result;
	const struct sp_catalog *catalog;

	if (!sp_mcp_find_server(call, SP_NO_LIST, (struct sp_str){ NULL, 0 }, &catalog))
		return false;
	sp_jw_object(w);
	sp_jw_key(w, "supportedVersions");
	sp_mcp_write_versions(w);
	write_capabilities(call);
	sp_jw_kcstr_if(w, "instructions", call->server->instructions);
	sp_mcp_write_caching(call, DISCOVER_TTL_MS, true);	/* the same for everybody who may ask */
	sp_mcp_end_result(call, NULL);
	return true;
}

/* The revision that was asked for if we speak it, else the newest that has sessions. */
static enum sp_mcp_version
negotiate(struct sp_str asked)
{
	enum sp_mcp_version version;

	if (sp_mcp_version_find(asked, &version) && sp_mcp_version_has_sessions(version))
		return version;
	return SP_MCP_LATEST_SESSION;
}

bool
sp_mcp_initialize(struct sp_mcp_call *call)
{
	struct json_object *params = call->message.params;
	struct json_object *capabilities = sp_json_get(params, "capabilities");
	struct json_object *client_info = sp_json_get(params, "clientInfo");
	struct sp_str asked = sp_json_get_str(params, "protocolVersion");
	bool is_first = call->transport->since_2024 && sp_str_is(asked, FIRST_VERSION);
	struct sp_json_writer *w = call->result;
	const struct sp_catalog *catalog;

	if (asked.p == NULL || !json_object_is_type(capabilities, json_type_object) ||
	    !json_object_is_type(client_info, json_type_object))
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 400,
		    "initialize needs protocolVersion, capabilities and clientInfo");
	call->version = is_first ? SP_MCP_2025_03_26 : negotiate(asked);
	if (!sp_mcp_find_server(call, SP_NO_LIST, (struct sp_str){ NULL, 0 }, &catalog) ||
	    !call->transport->open_session(call, capabilities, client_info))
		return false;
	sp_jw_object(w);
	sp_jw_kcstr(w, "protocolVersion", is_first ? FIRST_VERSION : sp_mcp_version_name(call->version));
	write_capabilities(call);
	sp_jw_key(w, "serverInfo");
	sp_mcp_write_implementation(call, true);
	sp_jw_kcstr_if(w, "instructions", call->server->instructions);
	sp_jw_object_end(w);
	return true;
}

bool
sp_mcp_ping(struct sp_mcp_call *call)
{
	if (!sp_mcp_require_session(call))
		return false;
	sp_jw_object(call->result);
	sp_jw_object_end(call->result);
	return true;
}
