/* http.c - the POST's own answer: JSON, or a stream of events */
#include "mcp/transport.h"
#include "web/response.h"
#include "web/stream.h"

static const struct sp_str no_id;

/* The first message before the answer makes it a stream. */
static bool
notify(struct sp_mcp_call *call, struct sp_str message)
{
	struct sp_request *req = call->req;

	/* NULL: the client has gone, and sp_client_gone() says so from here on */
	if (req->stream == NULL && sp_stream_open(req) == NULL)
		return false;
	return sp_stream_event(req->stream, no_id, message);
}

static bool
answer(struct sp_mcp_call *call, int status, struct sp_str message)
{
	struct sp_request *req = call->req;

	if (req->stream != NULL) {
		if (message.p != NULL)
			(void)sp_stream_event(req->stream, no_id, message);
		return true;			/* who has gone hears nothing, and is told nothing */
	}
	if (message.p == NULL)
		return sp_reply_empty(req, status);
	return sp_reply(req, status, "application/json", message);
}

/* A stream has said 200 already. */
static bool
fail(struct sp_mcp_call *call)
{
	if (call->req->stream == NULL)
		return false;
	(void)sp_stream_event(call->req->stream, no_id, sp_mcp_problem_message(call));
	return true;
}

static bool
open_session(struct sp_mcp_call *call, struct json_object *capabilities, struct json_object *client_info)
{
	struct sp_str id;

	if (!sp_mcp_session_open(call->req, call->resource, &call->caller, call->version, capabilities,
	    client_info, &id))
		return false;
	sp_header(call->req, "Mcp-Session-Id", id.p);
	return true;
}

/* ---- parked streams ---- */

static bool
can_park(const struct sp_mcp_call *call)
{
	return sp_stream_can_park(call->req) && call->req->settings->max_streams > 0;
}

static bool
reserve(struct sp_mcp_call *call)
{
	return sp_stream_reserve(call->req);
}

static void *
park(struct sp_mcp_call *call, const struct sp_parked_hooks *hooks, void *arg)
{
	struct sp_stream *stream = sp_stream_open(call->req);

	return stream != NULL ? sp_stream_park(stream, hooks, arg) : NULL;
}

static bool
send_parked(void *parked, struct sp_str events)
{
	return sp_parked_send(parked, events);
}

static void
close_parked(void *parked, struct sp_str last)
{
	sp_parked_close(parked, last);
}

static void
release_parked(void *parked)
{
	sp_parked_release(parked);
}

const struct sp_mcp_channels sp_mcp_parked_streams = {
	"data: ", "\n\n", can_park, reserve, park, send_parked, close_parked, release_parked
};

const struct sp_mcp_transport sp_mcp_http = {
	.notify = notify, .answer = answer, .fail = fail, .open_session = open_session,
	.set_log_level = sp_mcp_keep_log_level, .subscribe = sp_mcp_keep_subscription,
	.channels = &sp_mcp_parked_streams, .has_headers = true,
};

/* ---- requests that are failed ---- */

struct sp_jsonrpc_error
sp_mcp_problem_error(const struct sp_request *req)
{
	const struct sp_problem_info *info = sp_problem_info(req->problem);
	struct sp_jsonrpc_error error;

	sp_jsonrpc_fail(&error, info->status >= 500 ? SP_JSONRPC_INTERNAL_ERROR : SP_JSONRPC_INVALID_REQUEST,
	    info->status, info->status < 500 && req->detail != NULL ? req->detail : info->meaning);
	return error;
}

struct sp_str
sp_mcp_problem_message(struct sp_mcp_call *call)
{
	struct sp_json_writer w;
	struct sp_buf b;

	call->error = sp_mcp_problem_error(call->req);
	sp_buf_init(&b, call->req->mem, 65536);
	sp_jw_init(&w, &b);
	sp_jsonrpc_write_error(&w, call->message.id, &call->error);
	return sp_buf_view(&b);
}

bool
sp_mcp_reply_problem(struct sp_request *req)
{
	const struct sp_problem_info *info = sp_problem_info(req->problem);
	struct sp_jsonrpc_error error;
	struct sp_json_writer w;
	struct sp_buf b;

	(void)sp_reply_oauth_error(req);	/* for its headers */
	sp_buf_init(&b, req->mem, 4096);
	sp_jw_init(&w, &b);
	if (info->status == 401 || req->problem == SP_INSUFFICIENT_SCOPE) {
		/* RFC 6750 has no other body; why a token is not good is nobody's business */
		sp_jw_object(&w);
		sp_jw_kcstr(&w, "error", info->error);
		sp_jw_kcstr(&w, "error_description", info->meaning);
		sp_jw_object_end(&w);
		return sp_reply_json(req, info->status, &b);
	}
	error = sp_mcp_problem_error(req);
	/* the gate's word for a header that says two things */
	if (sp_str_starts(sp_str(req->detail), "repeated header mcp-"))
		error.code = SP_MCP_HEADER_MISMATCH;
	sp_jsonrpc_write_error(&w, NULL, &error);
	return sp_reply_json(req, info->status, &b);
}
