/* session_post.c - the answer of a POST in a session (up to 2025-11-25) */
#include "mcp/session_post.h"

#include "web/response.h"

#define SLACK_SECONDS 30	/* beyond the tool's own limit, for all that is around it */

static bool
fail_db(struct sp_mcp_call *call, struct sp_db *db)
{
	if (strcmp(db->sqlstate, SP_MCP_TOO_MANY_STREAMS) == 0)
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_REQUEST, 429, "the session has too many open streams");
	return sp_fail(call->req, sp_db_unavailable(db) ? SP_TEMPORARILY_UNAVAILABLE : SP_SERVER_ERROR, "%s",
	    db->message);
}

bool
sp_mcp_post_open(struct sp_mcp_call *call, struct sp_db *db)
{
	struct sp_mcp_post *post = call->transport_arg;
	const struct sp_settings *settings = call->req->settings;

	if (post->opened)
		return true;
	if (!sp_mcp_stream_open(db, &call->session, call->message.id,
	    settings->tool_timeout / 1000 + settings->request_timeout + SLACK_SECONDS, &post->stream))
		return fail_db(call, db);
	post->opened = true;
	post->stream.live = sp_stream_open(call->req);
	/* before, readers take the empty data for a broken message */
	if (call->version == SP_MCP_2025_11_25)
		sp_mcp_stream_prime(&post->stream);
	return true;
}

void
sp_mcp_post_close(struct sp_mcp_call *call)
{
	struct sp_mcp_post *post = call->transport_arg;
	struct sp_db db = { 0 };
	bool opened;

	if (call->version != SP_MCP_2025_11_25 || call->req->replied || !sp_stream_can_park(call->req))
		return;
	sp_db_begin(&db, sp_mcp_outbox_pool(call->mcp->outbox), call->req->mem);
	opened = sp_mcp_post_open(call, &db);
	sp_db_end(&db);
	if (!opened)
		return;
	sp_reply_now(call->req);
	post->stream.live = NULL;
}

/*
 * While a statement runs, on a connection of its own.  That nobody reads it now
 * does not make the call vain: false only when it was cancelled.
 */
static bool
notify(struct sp_mcp_call *call, struct sp_str message)
{
	struct sp_mcp_post *post = call->transport_arg;
	struct sp_db db = { 0 };
	bool wanted = true;

	sp_db_begin(&db, sp_mcp_outbox_pool(call->mcp->outbox), call->req->mem);
	if (sp_mcp_post_open(call, &db))
		wanted = sp_mcp_stream_put(&db, &call->session, &post->stream, message, false) != SP_MCP_PUT_OVER;
	sp_db_end(&db);
	return wanted;
}

/* "Not send a response for the cancelled request". */
static bool
answer(struct sp_mcp_call *call, int status, struct sp_str message)
{
	struct sp_mcp_post *post = call->transport_arg;

	if (call->cancelled) {
		message = (struct sp_str){ NULL, 0 };
		status = 202;
	}
	if (!post->opened)
		return sp_mcp_http.answer(call, status, message);
	if (sp_mcp_stream_put(&call->req->db, &call->session, &post->stream, message, true) == SP_MCP_PUT_FAILED)
		(void)sp_fail_db(call->req);	/* is given up when its time is over */
	return true;
}

static bool
fail(struct sp_mcp_call *call)
{
	struct sp_mcp_post *post = call->transport_arg;

	if (!post->opened)
		return call->cancelled && answer(call, 202, (struct sp_str){ NULL, 0 });
	return answer(call, 200, sp_mcp_problem_message(call));
}

/* In a batch: another one. */
static bool
open_session(struct sp_mcp_call *call, struct json_object *capabilities, struct json_object *client_info)
{
	return sp_mcp_http.open_session(call, capabilities, client_info);
}

const struct sp_mcp_transport sp_mcp_session_post = {
	.notify = notify, .answer = answer, .fail = fail, .open_session = open_session,
	.set_log_level = sp_mcp_keep_log_level, .subscribe = sp_mcp_keep_subscription,
	.channels = &sp_mcp_parked_streams, .has_headers = true,
};
