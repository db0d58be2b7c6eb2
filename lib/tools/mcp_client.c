/* mcp_client.c - this server as the client of another MCP server */
#include "tools/mcp_client_private.h"

#include "base/clock.h"

#define MODERN		"2026-07-28"
#define LATEST_SESSION	"2025-11-25"

#define META_VERSION		"io.modelcontextprotocol/protocolVersion"
#define META_CLIENT		"io.modelcontextprotocol/clientInfo"
#define META_CAPABILITIES	"io.modelcontextprotocol/clientCapabilities"
#define META_LOG_LEVEL		"io.modelcontextprotocol/logLevel"

#define MESSAGE_MAX	((size_t)16 << 20)	/* bytes that we send; arguments were bounded before */
#define PROBE_MS	5000			/* how long server/discover is waited for before a silent server is spoken to in the old way */

/* Error codes that only a server of 2026-07-28 has: basic, "Error Codes". */
#define HEADER_MISMATCH		(-32020)
#define UNSUPPORTED_VERSION	(-32022)

/* Revisions with sessions; the first one is what we ask for. */
static const char *const session_versions[] = { LATEST_SESSION, "2025-06-18", "2025-03-26", "2024-11-05", NULL };

static void
free_arena(void *mem)
{
	sp_arena_free(mem);
}

void
sp_mcp_client_init(struct sp_mcp_client *c, struct sp_arena *mem, struct sp_mcp_wire *wire)
{
	c->mem = mem;
	c->wire = wire;
	c->era = SP_MCP_ERA_UNKNOWN;
	c->version = NULL;
	c->server = NULL;
	c->why = NULL;
	c->wrong_era = false;
	c->scratch = sp_arena_new();
	wire->mem = mem;
	c->last_id = 0;
	c->task_request = 0;
	c->waiting = NULL;
	sp_arena_defer(mem, free_arena, c->scratch);
}

static const char *const era_names[] = {
	[SP_MCP_ERA_UNKNOWN] = "unknown", [SP_MCP_ERA_MODERN] = "modern", [SP_MCP_ERA_SESSION] = "session"
};

const char *
sp_mcp_era_name(enum sp_mcp_client_era era)
{
	return era_names[era];
}

enum sp_mcp_client_era
sp_mcp_era_find(struct sp_str name)
{
	return sp_str_is(name, "modern") ? SP_MCP_ERA_MODERN : sp_str_is(name, "session") ? SP_MCP_ERA_SESSION :
	    SP_MCP_ERA_UNKNOWN;
}

/* ---- messages of ours ---- */

struct json_object *
sp_mcp_add(struct json_object *to, const char *name, struct json_object *value)
{
	if (json_object_object_add(to, name, json_object_get(value)) != 0)
		sp_out_of_memory();
	return value;
}

static struct json_object *
implementation(struct sp_arena *mem)
{
	struct json_object *obj = sp_json_new(mem);

	sp_json_set_str(obj, "name", SP_LIT(PACKAGE_NAME));
	sp_json_set_str(obj, "version", SP_LIT(PACKAGE_VERSION));
	return obj;
}

static struct json_object *
capabilities(struct sp_mcp_client *c)
{
	struct json_object *all, *extensions;

	if (c->era != SP_MCP_ERA_MODERN || !c->takes_tasks)
		return c->capabilities != NULL ? c->capabilities : sp_json_new(c->mem);
	all = sp_json_new(c->mem);
	if (c->capabilities != NULL) {
		json_object_object_foreach(c->capabilities, name, value)
			sp_mcp_add(all, name, value);
	}
	extensions = sp_mcp_add(all, "extensions", sp_json_new(c->mem));
	sp_mcp_add(extensions, SP_TASKS_EXTENSION, sp_json_new(c->mem));
	return all;
}

/* What stands in _meta of a request: who we are, which trace it is part of, what we want to hear. */
static struct json_object *
meta_of(struct sp_mcp_client *c, bool told)
{
	const struct sp_exchange *x = c->exchange;
	struct json_object *meta = sp_json_new(c->mem);

	if (c->era == SP_MCP_ERA_MODERN) {
		sp_json_set_str(meta, META_VERSION, SP_LIT(MODERN));
		sp_mcp_add(meta, META_CLIENT, implementation(c->mem));
		sp_mcp_add(meta, META_CAPABILITIES, capabilities(c));
		if (told && x->log != NULL)
			sp_json_set_str(meta, META_LOG_LEVEL, sp_str(sp_logging_level_name(x->log_level)));
	}
	if (c->trace != NULL && c->trace->traceparent.p != NULL) {
		sp_json_set_str(meta, "traceparent", c->trace->traceparent);
		if (c->trace->tracestate.p != NULL)
			sp_json_set_str(meta, "tracestate", c->trace->tracestate);
		/* baggage stays here: its values may be of people */
	}
	if (told && x->progress != NULL && c->task_request == 0)
		sp_json_set_str(meta, "progressToken", sp_str(sp_printf(c->mem, "%lld", (long long)c->last_id)));
	return meta;
}

static struct json_object *
with_meta(struct sp_mcp_client *c, struct json_object *params, bool told)
{
	struct json_object *meta = meta_of(c, told), *out = sp_json_new(c->mem);

	if (params != NULL) {
		json_object_object_foreach(params, name, value)
			sp_mcp_add(out, name, value);
	}
	if (json_object_object_length(meta) > 0)
		sp_mcp_add(out, "_meta", meta);
	return out;
}

/* A request (id > 0) or a notification. */
static struct sp_str
write_message(struct sp_arena *mem, int64_t id, const char *method, struct json_object *params)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, MESSAGE_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "jsonrpc", "2.0");
	if (id > 0)
		sp_jw_kint(&w, "id", id);
	sp_jw_kcstr(&w, "method", method);
	if (params != NULL && json_object_object_length(params) > 0) {
		sp_jw_key(&w, "params");
		sp_jw_value(&w, params);
	}
	sp_jw_object_end(&w);
	return sp_buf_ok(&b) ? sp_buf_view(&b) : (struct sp_str){ NULL, 0 };
}

void
sp_mcp_client_notify(struct sp_mcp_client *c, const char *method, struct json_object *params)
{
	struct sp_mcp_sending message = { .body = write_message(c->mem, 0, method, params), .method = method };

	(void)c->wire->send(c->wire, &message, NULL, NULL);
}

void
sp_mcp_client_respond(struct sp_mcp_client *c, struct json_object *id, struct json_object *result, int code, const char *text)
{
	struct sp_mcp_sending message = { .method = NULL };
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, c->mem, MESSAGE_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "jsonrpc", "2.0");
	sp_jw_key(&w, "id");
	sp_jw_value(&w, id);
	if (text == NULL) {
		sp_jw_key(&w, "result");
		sp_jw_value(&w, result);
	} else {
		sp_jw_key(&w, "error");
		sp_jw_object(&w);
		sp_jw_kint(&w, "code", code);
		sp_jw_kcstr(&w, "message", text);
		sp_jw_object_end(&w);
	}
	sp_jw_object_end(&w);
	message.body = sp_buf_view(&b);
	if (sp_buf_ok(&b))
		(void)c->wire->send(c->wire, &message, NULL, NULL);
}

/* ---- requests ---- */

static enum sp_mcp_reply_kind
end_of_wire(struct sp_mcp_client *c, enum sp_wire_end end)
{
	if (end != SP_WIRE_TAKEN && end != SP_WIRE_ENDED)
		c->why = c->wire->why;
	switch (end) {
	case SP_WIRE_TAKEN:
		return c->waiting->kind;
	case SP_WIRE_ENDED:
		if (c->wire->status == 401 || c->wire->status == 403)
			return SP_MCP_REPLY_DENIED;
		c->why = c->wire->status >= 400 ? sp_printf(c->mem, "it answers with HTTP status %d", c->wire->status) :
		    "it ended without an answer";
		return SP_MCP_REPLY_BROKEN;
	case SP_WIRE_UNREACHABLE:
		return SP_MCP_REPLY_UNREACHABLE;
	case SP_WIRE_BROKEN:
		return SP_MCP_REPLY_BROKEN;
	case SP_WIRE_TOO_LARGE:
		return SP_MCP_REPLY_TOO_LARGE;
	case SP_WIRE_LATE:
		return SP_MCP_REPLY_LATE;
	case SP_WIRE_GONE:
		break;
	}
	return SP_MCP_REPLY_GONE;
}

/* A request of a session, or on a pipe, that is not waited for any more. */
static void
give_up(struct sp_mcp_client *c, int64_t id)
{
	struct json_object *params = sp_json_new(c->mem);

	if (json_object_object_add(params, "requestId", json_object_new_int64(id)) != 0)
		sp_out_of_memory();
	sp_json_set_str(params, "reason", SP_LIT("the answer is not waited for"));
	sp_mcp_client_notify(c, "notifications/cancelled", params);
}

enum sp_mcp_reply_kind
sp_mcp_client_request(struct sp_mcp_client *c, const struct sp_mcp_request *rq, bool told, struct sp_mcp_reply *out)
{
	struct sp_mcp_waiting waiting = { .id = ++c->last_id, .told = told && c->exchange != NULL };
	struct json_object *params = with_meta(c, rq->params, waiting.told);
	struct sp_mcp_sending message = {
		.body = write_message(c->mem, waiting.id, rq->method, params),
		.method = rq->method, .is_request = true, .name = rq->name, .headers = rq->headers,
		.arguments = sp_json_get(rq->params, "arguments"),
	};
	enum sp_mcp_reply_kind kind;

	if (message.body.p == NULL) {
		c->why = "the request is too large";
		return SP_MCP_REPLY_TOO_LARGE;
	}
	c->why = NULL;
	c->waiting = &waiting;
	c->wire->modern = c->era == SP_MCP_ERA_MODERN;
	c->wire->version = c->era == SP_MCP_ERA_MODERN ? MODERN : c->version;
	kind = end_of_wire(c, c->wire->send(c->wire, &message, sp_mcp_client_take, c));
	c->waiting = NULL;
	/* 401 and 403 may have a body in JSON-RPC, too */
	if (kind == SP_MCP_REPLY_ERROR && (c->wire->status == 401 || c->wire->status == 403))
		kind = SP_MCP_REPLY_DENIED;
	if ((c->era == SP_MCP_ERA_SESSION && (kind == SP_MCP_REPLY_ASKS || kind == SP_MCP_REPLY_LATE || kind == SP_MCP_REPLY_GONE)) ||
	    (kind == SP_MCP_REPLY_GONE && c->wire->again != NULL))
		give_up(c, waiting.id);
	*out = waiting.reply;
	return kind;
}

static bool
is_modern_error(const struct sp_tool_error *error)
{
	return error->code == UNSUPPORTED_VERSION || error->code == HEADER_MISMATCH ||
	    error->code == SP_MISSING_CLIENT_CAPABILITY;
}

/* ---- finding out the era ---- */

static bool
has_text(struct json_object *array, const char *text)
{
	if (json_object_is_type(array, json_type_array))
		for (size_t i = 0; i < json_object_array_length(array); i++) {
			struct json_object *item = json_object_array_get_idx(array, i);

			if (json_object_is_type(item, json_type_string) && sp_str_is(sp_json_text(item), text))
				return true;
		}
	return false;
}

/*
 * server/discover.  SP_MCP_REPLY with c->era modern, or unknown for a server of the
 * other era, or (*silent) of one that says nothing: an old one, or one that takes its
 * time to start.
 */
static enum sp_mcp_reply_kind
discover(struct sp_mcp_client *c, bool *silent)
{
	const struct sp_mcp_request rq = { .method = "server/discover" };
	int64_t deadline_ms = c->wire->deadline_ms, probe_ms = sp_monotonic_ms() + PROBE_MS;
	enum sp_mcp_reply_kind kind;
	struct sp_mcp_reply reply;
	struct json_object *versions;

	c->era = SP_MCP_ERA_MODERN;
	if (c->wire->again != NULL && probe_ms < deadline_ms)
		c->wire->deadline_ms = probe_ms;
	kind = sp_mcp_client_request(c, &rq, false, &reply);
	c->wire->deadline_ms = deadline_ms;
	switch (kind) {
	case SP_MCP_REPLY:
		versions = sp_json_get(reply.result, "supportedVersions");
		if (has_text(versions, MODERN)) {
			c->version = MODERN;
			c->server = sp_json_get(reply.result, "capabilities");
			return SP_MCP_REPLY;
		}
		break;
	case SP_MCP_REPLY_ERROR:
		if (is_modern_error(&reply.error) && has_text(sp_json_get(reply.error.data, "supported"), MODERN)) {
			c->why = "it refuses the revision that it says it supports";
			return SP_MCP_REPLY_BROKEN;
		}
		break;
	case SP_MCP_REPLY_BROKEN:
		/* an HTTP error, or a child that died of a word it did not know */
		break;
	case SP_MCP_REPLY_LATE:
		*silent = c->wire->again != NULL && sp_monotonic_ms() < deadline_ms;
		if (*silent)
			break;
		return kind;
	default:
		return kind;
	}
	c->era = SP_MCP_ERA_UNKNOWN;
	return SP_MCP_REPLY;
}

static const char *
known_version(struct sp_str version)
{
	for (size_t i = 0; session_versions[i] != NULL; i++)
		if (sp_str_is(version, session_versions[i]))
			return session_versions[i];
	return NULL;
}

static enum sp_mcp_reply_kind
initialize(struct sp_mcp_client *c)
{
	struct json_object *params = sp_json_new(c->mem);
	const struct sp_mcp_request rq = { .method = "initialize", .params = params };
	enum sp_mcp_reply_kind kind;
	struct sp_mcp_reply reply;

	c->era = SP_MCP_ERA_SESSION;
	c->version = NULL;
	sp_json_set_str(params, "protocolVersion", SP_LIT(LATEST_SESSION));
	sp_mcp_add(params, "capabilities", capabilities(c));
	sp_mcp_add(params, "clientInfo", implementation(c->mem));
	kind = sp_mcp_client_request(c, &rq, false, &reply);
	c->wrong_era = kind == SP_MCP_REPLY_ERROR || (kind == SP_MCP_REPLY_BROKEN && c->wire->status >= 400);
	if (kind == SP_MCP_REPLY_ERROR) {
		c->why = sp_printf(c->mem, "it refuses to initialize: error %d", reply.error.code);
		return SP_MCP_REPLY_BROKEN;
	}
	if (kind != SP_MCP_REPLY)
		return kind;
	c->version = known_version(sp_json_get_str(reply.result, "protocolVersion"));
	if (c->version == NULL) {
		c->why = "it speaks no revision of MCP that we know";
		return SP_MCP_REPLY_BROKEN;
	}
	c->server = sp_json_get(reply.result, "capabilities");
	c->wire->version = c->version;
	sp_mcp_client_notify(c, "notifications/initialized", NULL);
	return SP_MCP_REPLY;
}

/* What our caller wants to hear of; a server of 2026-07-28 is told with each request. */
static enum sp_mcp_reply_kind
set_level(struct sp_mcp_client *c)
{
	struct json_object *params = sp_json_new(c->mem);
	const struct sp_mcp_request rq = { .method = "logging/setLevel", .params = params };
	enum sp_mcp_reply_kind kind;
	struct sp_mcp_reply reply;

	sp_json_set_str(params, "level", sp_str(sp_logging_level_name(c->exchange->log_level)));
	kind = sp_mcp_client_request(c, &rq, false, &reply);
	return kind == SP_MCP_REPLY_ERROR ? SP_MCP_REPLY : kind;
}

enum sp_mcp_reply_kind
sp_mcp_client_open(struct sp_mcp_client *c, enum sp_mcp_client_era era)
{
	enum sp_mcp_reply_kind kind;
	bool silent = false;

	c->wrong_era = false;
	c->wire->listens = c->exchange != NULL && c->capabilities != NULL && json_object_object_length(c->capabilities) > 0;
	if (era == SP_MCP_ERA_MODERN) {
		c->era = era;
		c->version = MODERN;
		return SP_MCP_REPLY;
	}
	if (era == SP_MCP_ERA_UNKNOWN) {
		kind = discover(c, &silent);
		if (kind != SP_MCP_REPLY || c->era == SP_MCP_ERA_MODERN)
			return kind;
		/* one that is still starting is not made to begin anew */
		if (c->wire->again != NULL && !silent)
			c->wire->again(c->wire);
	}
	kind = initialize(c);
	if (silent && kind == SP_MCP_REPLY_BROKEN && c->wrong_era) {	/* it speaks by now, and is of the other era */
		kind = discover(c, &silent);
		if (kind != SP_MCP_REPLY || c->era == SP_MCP_ERA_MODERN)
			return kind;
	}
	if (kind == SP_MCP_REPLY && c->exchange != NULL && c->exchange->log != NULL && sp_json_get(c->server, "logging") != NULL)
		kind = set_level(c);
	return kind;
}

enum sp_mcp_reply_kind
sp_mcp_client_call(struct sp_mcp_client *c, const struct sp_mcp_request *rq, struct sp_mcp_reply *out)
{
	enum sp_mcp_reply_kind kind = sp_mcp_client_request(c, rq, true, out);

	/* a session that is gone is begun anew, once; nothing has happened in it */
	if (c->era == SP_MCP_ERA_SESSION && c->wire->status == 404 && c->wire->has_session) {
		c->wire->has_session = false;
		kind = sp_mcp_client_open(c, SP_MCP_ERA_SESSION);
		if (kind == SP_MCP_REPLY)
			kind = sp_mcp_client_request(c, rq, true, out);
	}
	if (c->era == SP_MCP_ERA_MODERN)
		c->wrong_era = (kind == SP_MCP_REPLY_BROKEN && c->wire->status >= 400 && c->wire->status < 500) ||
		    (kind == SP_MCP_REPLY_ERROR && (out->error.code == UNSUPPORTED_VERSION ||
		    (c->wire->status == 400 && !is_modern_error(&out->error) && out->error.code == -32000)));
	return kind;
}

enum sp_mcp_reply_kind
sp_mcp_client_listen(struct sp_mcp_client *c, int64_t until_ms, struct sp_mcp_reply *out)
{
	struct sp_mcp_waiting waiting = { .told = c->exchange != NULL };
	enum sp_mcp_reply_kind kind;

	c->why = NULL;
	c->waiting = &waiting;
	kind = end_of_wire(c, c->wire->listen(c->wire, until_ms, sp_mcp_client_take, c));
	c->waiting = NULL;
	*out = waiting.reply;
	return kind;
}

void
sp_mcp_client_close(struct sp_mcp_client *c)
{
	c->wire->close(c->wire);
}
