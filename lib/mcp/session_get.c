/* session_get.c - GET of the MCP endpoint, up to 2025-11-25: a stream of a session */
#include "mcp/session_get.h"

#include "mcp/headers.h"
#include "mcp/session_news.h"
#include "web/response.h"

/* 2026-07-28 has no GET, and a CGI program no streams: who looks for the challenge has had it by now. */
static bool
has_no_streams(struct sp_request *req)
{
	enum sp_mcp_version version;

	return !sp_stream_can_park(req) || sp_request_header(req, "Mcp-Session-Id").p == NULL ||
	    (sp_mcp_version_find(sp_request_header(req, "MCP-Protocol-Version"), &version) &&
	    !sp_mcp_version_has_sessions(version));
}

static bool
find_session(struct sp_mcp_call *call)
{
	struct sp_str id = sp_request_header(call->req, "Mcp-Session-Id");

	if (!sp_mcp_session_id_is_good(id))
		return sp_fail(call->req, SP_INVALID_REQUEST, "Mcp-Session-Id is malformed");
	sp_mcp_session_prepare(call->req, call->mcp->sessions, call->resource, &call->caller, id, &call->session);
	switch (sp_mcp_session_check(call->req, &call->session, &call->version)) {
	case SP_MCP_SESSION_OK:
		return true;
	case SP_MCP_SESSION_UNKNOWN:
		return sp_fail(call->req, SP_NOT_FOUND, "there is no such session: begin with initialize");
	case SP_MCP_SESSION_FAILED:
		break;
	}
	return false;
}

/* The stream that is asked for, from here on this connection's. */
static bool
find_stream(struct sp_mcp_call *call, struct sp_mcp_stream *stream)
{
	struct sp_str last = sp_request_header(call->req, "Last-Event-ID");
	struct sp_db *db = &call->req->db;

	if (last.p == NULL)
		return sp_mcp_stream_open(db, &call->session, NULL, 0, stream) || sp_fail_db(call->req);
	switch (sp_mcp_stream_resume(db, &call->session, last, stream)) {
	case SP_DB_ROW:
		return true;
	case SP_DB_NO_ROW:
		/* not 404, which would end the session */
		return sp_fail(call->req, SP_INVALID_REQUEST, "there is no such stream (any more): Last-Event-ID");
	case SP_DB_FAILED:
		break;
	}
	return sp_fail_db(call->req);
}

bool
sp_mcp_session_get(struct sp_mcp_call *call)
{
	struct sp_request *req = call->req;
	struct sp_mcp_listener *listener = NULL;
	struct sp_mcp_stream stream;
	bool over;

	if (has_no_streams(req)) {
		sp_header(req, "Allow", "POST, DELETE, OPTIONS");
		return sp_fail(req, SP_METHOD_NOT_ALLOWED, "there is no stream to be had: a session has them");
	}
	if (!sp_mcp_accept_takes_events(sp_request_header(req, "Accept")))
		return sp_fail(req, SP_NOT_ACCEPTABLE, "accept text/event-stream");
	if (!find_session(call) || !sp_stream_reserve(req) || !find_stream(call, &stream))
		return false;
	if (stream.listens && !sp_mcp_listener_new(call, &listener))
		return false;
	stream.live = sp_stream_open(req);
	if (call->version == SP_MCP_2025_11_25)
		sp_mcp_stream_prime(&stream);
	if (sp_mcp_stream_forward(&req->db, &stream, &over) && !over && stream.live != NULL)
		sp_mcp_listener_park(call, listener, &stream, sp_request_header(req, "Last-Event-ID").p != NULL);
	else
		sp_mcp_listener_free(listener);
	return true;
}
