/* http_sse.c - HTTP+SSE, the transport of 2024-11-05, for clients that know no other */
#include "mcp/http_sse.h"

#include "db/queries.h"
#include "mcp/exchange.h"
#include "mcp/session_news.h"
#include "web/form.h"
#include "web/response.h"

#define PARAMETER "session_id"

bool
sp_mcp_is_http_sse(const struct sp_request *req, struct sp_str *server)
{
	struct sp_str rest = sp_request_rest(req);

	if (!req->settings->mcp_http_sse || rest.p == NULL)
		return false;
	if (sp_str_is(rest, "sse")) {
		*server = (struct sp_str){ "", 0 };
		return true;
	}
	if (!sp_str_ends(rest, "/sse"))
		return false;
	*server = sp_str_sub(rest, 0, rest.len - strlen("/sse"));
	return true;
}

/* ---- messages ---- */

static const struct sp_mcp_stream *
stream_of(const struct sp_mcp_call *call)
{
	return call->transport_arg;
}

static bool
put(struct sp_mcp_call *call, struct sp_db *db, struct sp_str message)
{
	struct sp_mcp_stream stream = *stream_of(call);

	return sp_mcp_stream_put(db, &call->session, &stream, message, false) == SP_MCP_PUT;
}

/* While a statement runs, on a connection of its own. */
static bool
notify(struct sp_mcp_call *call, struct sp_str message)
{
	struct sp_db db = { 0 };
	bool wanted;

	sp_db_begin(&db, sp_mcp_outbox_pool(call->mcp->outbox), call->req->mem);
	wanted = put(call, &db, message);
	sp_db_end(&db);
	return wanted;
}

/* The 202 is out: what goes wrong from here on is for the log. */
static bool
answer(struct sp_mcp_call *call, int status, struct sp_str message)
{
	(void)status;
	if (message.p != NULL && !call->cancelled && !put(call, &call->req->db, message))
		(void)sp_fail(call->req, SP_TEMPORARILY_UNAVAILABLE, "the session has no stream any more");
	return true;
}

static bool
fail(struct sp_mcp_call *call)
{
	if (call->message.id == NULL)
		return true;
	return answer(call, 200, sp_mcp_problem_message(call));
}

/* The GET has opened it. */
static bool
open_session(struct sp_mcp_call *call, struct json_object *capabilities, struct json_object *client_info)
{
	return sp_mcp_session_begin(call->req, &call->session, call->version, capabilities, client_info);
}

const struct sp_mcp_transport sp_mcp_http_sse = {
	.notify = notify, .answer = answer, .fail = fail, .open_session = open_session,
	.set_log_level = sp_mcp_keep_log_level, .subscribe = sp_mcp_keep_subscription,
	.channels = &sp_mcp_parked_streams, .since_2024 = true,
};

/* ---- GET ---- */

/* A path, which is at the same origin for every client. */
static bool
send_endpoint(struct sp_request *req, struct sp_stream *live, struct sp_str session_id)
{
	return sp_stream_send(live, &(struct sp_sse){ .type = SP_LIT("endpoint"), .data = sp_str(sp_printf(req->mem,
	    "%s%.*s?" PARAMETER "=%.*s", sp_issuer_path(req->settings),
	    SP_FMT(req->path), SP_FMT(session_id))) });
}

bool
sp_mcp_http_sse_get(struct sp_mcp_call *call)
{
	struct json_object *nothing = sp_json_new(call->req->mem);
	struct sp_request *req = call->req;
	struct sp_mcp_listener *listener;
	struct sp_mcp_stream stream;
	struct sp_str id;

	if (!sp_stream_can_park(req)) {
		sp_header(req, "Allow", "POST, OPTIONS");
		return sp_fail(req, SP_METHOD_NOT_ALLOWED, "a CGI program keeps no streams");
	}
	if (!sp_stream_reserve(req) || !sp_mcp_session_open(req, call->resource, &call->caller, SP_MCP_2025_03_26,
	    nothing, nothing, &id))
		return false;
	sp_mcp_session_prepare(req, NULL, call->resource, &call->caller, id, &call->session);
	if (!sp_mcp_stream_open(&req->db, &call->session, NULL, 0, &stream))
		return sp_fail_db(req);
	if (!sp_mcp_listener_new(call, &listener))
		return false;
	stream.live = sp_stream_open(req);
	if (stream.live != NULL && send_endpoint(req, stream.live, id))
		sp_mcp_listener_park(call, listener, &stream, false);
	else
		sp_mcp_listener_free(listener);
	return true;
}

/* ---- POST ---- */

struct stream_row {
	const char *stream_id;
};

static const struct sp_column stream_columns[] = {
	{ "stream_id", SP_COL_TEXT, offsetof(struct stream_row, stream_id) },
	{ NULL }
};

static bool
find_stream(struct sp_mcp_call *call, struct sp_mcp_stream *out)
{
	struct stream_row row;

	switch (sp_db_row(&call->req->db, &sp_q_mcp_session_stream,
	    SP_PARAMS(SP_P_BYTES(call->session.sha256, SP_SHA256_LEN)), stream_columns, &row)) {
	case SP_DB_ROW:
		memcpy(out->id, row.stream_id, SP_UUID_SIZE);
		return true;
	case SP_DB_NO_ROW:
		return sp_fail(call->req, SP_NOT_FOUND, "the session has no stream any more: begin with GET");
	case SP_DB_FAILED:
		break;
	}
	return sp_fail_db(call->req);
}

static bool
find_session(struct sp_mcp_call *call)
{
	struct sp_request *req = call->req;
	struct sp_form query;
	struct sp_str id;

	if (!sp_form_query(req, &query))
		return false;
	id = sp_form_get(&query, PARAMETER);
	if (!sp_mcp_session_id_is_good(id))
		return sp_fail(req, SP_INVALID_REQUEST, PARAMETER " is missing or malformed: begin with GET");
	sp_mcp_session_prepare(req, call->mcp->sessions, call->resource, &call->caller, id, &call->session);
	switch (sp_mcp_session_check(req, &call->session, &call->version)) {
	case SP_MCP_SESSION_OK:
		return true;
	case SP_MCP_SESSION_UNKNOWN:
		return sp_fail(req, SP_NOT_FOUND, "there is no such session: begin with GET");
	case SP_MCP_SESSION_FAILED:
		break;
	}
	return false;
}

bool
sp_mcp_http_sse_post(struct sp_mcp_call *call)
{
	struct sp_request *req = call->req;
	struct sp_mcp_stream stream = { .event = 0 };
	struct json_object *body;
	const char *why;

	if (!sp_request_content_is(req, "application/json"))
		return sp_fail(req, SP_UNSUPPORTED_MEDIA_TYPE, "the body must be application/json in UTF-8");
	if (!sp_json_parse(req->mem, req->body, &body, &why) || !json_object_is_type(body, json_type_object))
		return sp_fail(req, SP_INVALID_REQUEST, "the body must be one JSON-RPC message");
	if (!find_session(call) || !find_stream(call, &stream))
		return false;
	call->transport = &sp_mcp_http_sse;
	call->transport_arg = &stream;
	call->dialogue = &sp_mcp_nobody;
	(void)sp_reply_empty(req, 202);
	sp_reply_now(req);
	if (!sp_mcp_answer(call, body))
		(void)fail(call);
	return true;
}
