/* admission.c - who may use a server at all */
#include "mcp/admission.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "mcp/entry.h"
#include "tools/run.h"

#define EVENT		"server.access"
#define REMEMBERED	1024		/* answers; two that meet in one place cost a call more */
#define MESSAGE_MAX	1000		/* bytes of what the tool says to people */

/* ---- what is remembered ---- */

static struct {
	pthread_mutex_t lock;
	struct {
		uint8_t digest[SP_SHA256_LEN];
		int64_t until_ms;		/* sp_monotonic_ms(); 0: nothing */
	} slot[REMEMBERED];
} admitted = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* All that the tool can know of its caller, and which tool it is. */
static void
digest_of(const struct sp_mcp_call *call, uint8_t out[static SP_SHA256_LEN])
{
	sp_sha256(sp_str(sp_printf(call->req->mem, "%lld\n%s\n%.*s", (long long)call->catalog_version, call->server->name,
	    SP_FMT(call->caller.claims))), out);
}

static size_t
slot_of(const uint8_t digest[static SP_SHA256_LEN])
{
	return ((size_t)digest[0] << 8 | digest[1]) % REMEMBERED;
}

static bool
is_admitted(const uint8_t digest[static SP_SHA256_LEN])
{
	size_t at = slot_of(digest);
	bool found;

	pthread_mutex_lock(&admitted.lock);
	found = admitted.slot[at].until_ms > sp_monotonic_ms() && memcmp(admitted.slot[at].digest, digest, SP_SHA256_LEN) == 0;
	pthread_mutex_unlock(&admitted.lock);
	return found;
}

static void
remember(const uint8_t digest[static SP_SHA256_LEN], int64_t ttl_ms)
{
	size_t at = slot_of(digest);

	pthread_mutex_lock(&admitted.lock);
	memcpy(admitted.slot[at].digest, digest, SP_SHA256_LEN);
	admitted.slot[at].until_ms = sp_monotonic_ms() + ttl_ms;
	pthread_mutex_unlock(&admitted.lock);
}

/* ---- the access check ---- */

/* *out is NULL when there is none.  False: the request is failed. */
static bool
find_tool(struct sp_mcp_call *call, const struct sp_tool **out)
{
	struct sp_str name = sp_str(call->server->access_tool);
	const struct sp_server *server = call->server;
	const struct sp_catalog *catalog;

	/* a CGI program has loaded nothing but what was asked for */
	if (call->req->is_cgi) {
		if (!sp_catalog_get(call->req, call->mcp->catalog, server->name, SP_TOOLS, name, &catalog))
			return false;
		server = sp_catalog_server(catalog, sp_str(server->name));
	}
	*out = server != NULL ? sp_server_entry(server, SP_TOOLS, name) : NULL;
	return true;
}

/* {"allowed": true}, or {"allowed": false, "message": "..."}; NULL: neither. */
static struct json_object *
verdict_of(struct sp_arena *mem, const struct sp_tool_result *r)
{
	struct json_object *value = sp_json_get(r->whole, "structuredContent");
	const char *why;

	if (r->is_error || (r->whole == NULL && (r->json.p == NULL || !sp_json_parse_large(mem, r->json, &value, &why))))
		return NULL;
	return json_object_is_type(sp_json_get(value, "allowed"), json_type_boolean) ? value : NULL;
}

static bool
is_undecided(struct sp_mcp_call *call, const char *why)
{
	sp_log(SP_ERROR, "an access check gave no answer", SP_L("request", call->req->id), SP_L("server", call->server->name),
	    SP_L("tool", call->server->access_tool), SP_L("why", why));
	return sp_fail(call->req, SP_TEMPORARILY_UNAVAILABLE, "the access check of this server gave no answer");
}

static bool
refuse(struct sp_mcp_call *call, struct sp_str name, const char *why, const char *message)
{
	struct sp_tool_call t = sp_mcp_tool_call(call, EVENT, name, NULL);

	return sp_mcp_refuse(call, &t, why) && sp_fail(call->req, SP_FORBIDDEN, "%s", message);
}

static bool
has_access(struct sp_mcp_call *call)
{
	struct sp_str name = sp_str(call->server->access_tool), message;
	struct sp_arena *mem = call->req->mem;
	uint8_t digest[SP_SHA256_LEN];
	struct sp_tool_result result;
	struct json_object *verdict;
	struct sp_tool_call t;

	digest_of(call, digest);
	if (is_admitted(digest))
		return true;
	if (!sp_mcp_require_session(call))
		return false;
	t = sp_mcp_tool_call(call, EVENT, name, NULL);
	if (!find_tool(call, &t.tool))
		return false;
	if (t.tool == NULL)
		return is_undecided(call, "there is no such tool on this server, or it is switched off");
	switch (sp_tool_run(&t, &result)) {
	case SP_TOOL_DONE:
		break;
	case SP_TOOL_FAILED:
		return false;
	default:
		return is_undecided(call, "it does not answer at once");
	}
	if ((verdict = verdict_of(mem, &result)) == NULL)
		return is_undecided(call, result.is_error ? "it failed" : "its result has no \"allowed\" that is true or false");
	if (json_object_get_boolean(sp_json_get(verdict, "allowed"))) {
		remember(digest, call->server->access_ttl_ms);
		return true;
	}
	message = sp_json_get_str(verdict, "message");
	return refuse(call, name, "the access check says no", message.len > 0 ?
	    sp_cstr(mem, sp_utf8_cut(message, MESSAGE_MAX)) : "you may not use this server");
}

bool
sp_mcp_admit(struct sp_mcp_call *call, const struct sp_policy *policy)
{
	const char *closed = sp_policy_closed(policy, call->server->name);

	if (closed != NULL)
		return sp_mcp_require_session(call) && sp_mcp_fail(call, SP_JSONRPC_INTERNAL_ERROR, 503, closed);
	if (!sp_policy_admits(policy, &call->caller, call->req->address))
		return refuse(call, (struct sp_str){ NULL, 0 }, "not from this address",
		    "this server may not be used from your address");
	return call->server->access_tool == NULL || has_access(call);
}
