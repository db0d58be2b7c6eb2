/* server_request.c - what a call asks its client, up to 2025-11-25: requests of the server */
#include "mcp/server_request.h"

#include <time.h>

#include "base/clock.h"
#include "db/queries.h"
#include "mcp/session_post.h"
#include "web/response.h"

#define SEALED_MAX	((size_t)16 << 20)	/* bytes of a call and what was answered so far */
#define SLACK_SECONDS	30			/* for a call that is made again, beyond its own limit */
#define CGI_LOOK_MS	200			/* how often a CGI program looks for what it has to forward */

#define PURPOSE_CALL	"mcp-call"
#define PURPOSE_ANSWER	"mcp-answer"

/* What was asked and answered before. */
struct rounds {
	struct json_object *responses, *state;
};

/* ---- before a call ---- */

static bool
open_rounds(struct sp_mcp_call *call, struct sp_tool_call *t, struct sp_exchange *out)
{
	const struct rounds *rounds = call->dialogue_arg;

	if (!call->session.known) {
		if (!sp_mcp_require_session(call))
			return false;
		t->guard = NULL;
	}
	out->log_level = call->session.log_level;
	if (call->in_batch || call->transport != &sp_mcp_session_post)
		return true;		/* has no stream of its own to be asked on */
	out->capabilities = call->session.capabilities;
	if (rounds != NULL) {
		out->once = true;	/* whoever has the answers has them alone */
		out->responses = rounds->responses;
		out->state = rounds->state;
	}
	return true;
}

static enum sp_mcp_outcome
guarded(struct sp_mcp_call *call, const struct sp_tool_call *t)
{
	(void)t;
	(void)sp_mcp_fail_no_session(call);
	return SP_MCP_FAILED;
}

/* ---- asking ---- */

/*
 * The question as this revision says it: until 2025-06-18 there was one mode of
 * elicitation, and no word for it; in 2025-11-25 a page to visit has an id.
 */
static void
write_params(struct sp_mcp_call *call, struct sp_json_writer *w, const char *id, struct json_object *params)
{
	sp_jw_key(w, "params");
	sp_jw_object(w);
	if (params != NULL) {
		json_object_object_foreach(params, name, value) {
			if (strcmp(name, "mode") == 0 && call->version != SP_MCP_2025_11_25)
				continue;
			sp_jw_key(w, name);
			sp_jw_value(w, value);
		}
		if (sp_str_is(sp_json_get_str(params, "mode"), "url"))
			sp_jw_kcstr(w, "elicitationId", id);
	}
	sp_jw_object_end(w);
}

struct sp_str
sp_mcp_question_text(struct sp_mcp_call *call, const char *id, struct json_object *request)
{
	struct json_object *params = sp_json_get(request, "params");
	struct sp_str method = sp_json_get_str(request, "method");
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, call->req->mem, SEALED_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "jsonrpc", "2.0");
	sp_jw_kcstr(&w, "id", id);
	sp_jw_kstr(&w, "method", method);
	if (params != NULL || !sp_str_is(method, "roots/list"))
		write_params(call, &w, id, params);
	sp_jw_object_end(&w);
	return sp_buf_view(&b);
}

/* [{"question_id", "key", "message"}] */
static void
write_questions(struct sp_mcp_call *call, struct sp_json_writer *w, struct json_object *requests)
{
	sp_jw_array(w);
	json_object_object_foreach(requests, key, request) {
		const char *id = sp_random_uuid(call->req->mem).p;

		sp_jw_object(w);
		sp_jw_kcstr(w, "question_id", id);
		sp_jw_kcstr(w, "key", key);
		sp_jw_kstr(w, "message", sp_mcp_question_text(call, id, request));
		sp_jw_object_end(w);
	}
	sp_jw_array_end(w);
}

static struct sp_str
stream_of(const struct sp_mcp_post *post)
{
	return sp_str(post->stream.id);
}

/* {"version", "message", "responses", "state"}: all that is needed to make the call again. */
static struct sp_str
seal_call(struct sp_mcp_call *call, const struct sp_questions *questions)
{
	const struct rounds *rounds = call->dialogue_arg;
	struct sp_arena *mem = call->req->mem;
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, SEALED_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "version", sp_mcp_version_name(call->version));
	sp_jw_key(&w, "message");
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "jsonrpc", "2.0");
	sp_jw_key(&w, "id");
	sp_jw_value(&w, call->message.id);
	sp_jw_kstr(&w, "method", call->message.method);
	sp_jw_key(&w, "params");
	sp_jw_value(&w, call->message.params);
	sp_jw_object_end(&w);
	if (rounds != NULL && rounds->responses != NULL) {
		sp_jw_key(&w, "responses");
		sp_jw_value(&w, rounds->responses);
	}
	if (questions->state != NULL) {
		sp_jw_key(&w, "state");
		sp_jw_value(&w, questions->state);
	}
	sp_jw_object_end(&w);
	if (!sp_buf_ok(&b))
		return (struct sp_str){ NULL, 0 };
	return sp_seal(mem, call->req->process->keyring, PURPOSE_CALL, stream_of(call->transport_arg), sp_buf_view(&b));
}

/* A CGI program cannot leave its stream to anybody: it waits, as long as the client does. */
static void
wait_in_place(struct sp_mcp_call *call, struct sp_mcp_stream *stream)
{
	const struct sp_settings *settings = call->req->settings;
	int64_t end_ms = sp_monotonic_ms() + settings->mcp_answer_timeout * 1000 + settings->tool_timeout;
	struct timespec pause = { 0, CGI_LOOK_MS * 1000000L };
	bool over = false;

	while (!over && stream->live != NULL && sp_stream_alive(stream->live) && sp_monotonic_ms() < end_ms &&
	    sp_mcp_stream_forward(&call->req->db, stream, &over)) {
		sp_db_end(&call->req->db);
		if (!over)
			nanosleep(&pause, NULL);
	}
}

/* The stream stays open without this thread.  Where there is no place for it the client comes back. */
static void
leave_stream(struct sp_mcp_call *call, struct sp_mcp_stream *stream)
{
	struct sp_request *req = call->req;
	bool over;

	if (stream->live == NULL)
		return;
	if (!sp_stream_can_park(req)) {
		wait_in_place(call, stream);
		return;
	}
	if (!sp_mcp_stream_forward(&req->db, stream, &over) || over || stream->live == NULL)
		return;
	if (sp_stream_reserve(req))
		(void)sp_mcp_outbox_park(call->mcp->outbox, &req->db, stream, NULL, NULL);
}

struct asked_row {
	bool asked;
};

static const struct sp_column asked_columns[] = {
	{ "asked", SP_COL_BOOL, offsetof(struct asked_row, asked) },
	{ NULL }
};

static enum sp_mcp_outcome
ask(struct sp_mcp_call *call, const struct sp_tool_call *t, const struct sp_questions *questions)
{
	struct sp_request *req = call->req;
	struct sp_mcp_post *post = call->transport_arg;
	const char *holder;
	struct sp_json_writer w;
	struct asked_row row;
	struct sp_str sealed;
	struct sp_buf b;

	(void)t;
	/* before anything is sent, so that for want of a place there can be a 503 */
	if (!post->opened && sp_stream_can_park(req) && !sp_stream_reserve(req))
		return SP_MCP_FAILED;
	if (!sp_mcp_post_open(call, &req->db))
		return SP_MCP_FAILED;
	sealed = seal_call(call, questions);
	if (sealed.p == NULL) {
		(void)sp_mcp_fail(call, SP_JSONRPC_INTERNAL_ERROR, 200, "the call is too large to wait for an answer");
		return SP_MCP_FAILED;
	}
	sp_buf_init(&b, req->mem, SEALED_MAX);
	sp_jw_init(&w, &b);
	write_questions(call, &w, questions->requests);
	holder = post->stream.live != NULL ? post->stream.holder : NULL;
	if (sp_db_row(&req->db, &sp_q_mcp_call_ask, SP_PARAMS(SP_P_BYTES(call->session.sha256, SP_SHA256_LEN),
	    SP_P_TEXT(post->stream.id), SP_P_TEXT(holder), SP_P_BYTES_STR(sealed),
	    SP_P_INT(req->settings->mcp_answer_timeout), SP_P_STR(sp_buf_view(&b))), asked_columns, &row) !=
	    SP_DB_ROW) {
		(void)sp_fail_db(req);
		return SP_MCP_FAILED;
	}
	call->deferred = true;
	if (row.asked)
		leave_stream(call, &post->stream);
	return SP_MCP_ANSWERED;
}

const struct sp_mcp_dialogue sp_mcp_server_requests = { open_rounds, ask, NULL, guarded };

/* ---- answers ---- */

/* A call that is ours to go on with. */
struct sp_mcp_resumed {
	struct sp_mcp_resumed *next;
	const char *stream_id;
	struct sp_str sealed;
};

struct claimed_row {
	const char *stream_id;
	struct sp_str sealed;
};

static const struct sp_column claimed_columns[] = {
	{ "stream_id", SP_COL_TEXT, offsetof(struct claimed_row, stream_id) },
	{ "sealed", SP_COL_BYTES, offsetof(struct claimed_row, sealed) },
	{ NULL }
};

/* Ours are UUIDs in text, lower case. */
static bool
is_question_id(struct sp_str id)
{
	return id.len == SP_UUID_SIZE - 1 && sp_str_only(id, "0123456789abcdef-");
}

/* To the session only: whose question it is, the database knows. */
static struct sp_str
seal_answer(struct sp_mcp_call *call, struct json_object *message)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, call->req->mem, SEALED_MAX);
	sp_jw_init(&w, &b);
	sp_jw_value(&w, message);
	return sp_seal(call->req->mem, call->req->process->keyring, PURPOSE_ANSWER,
	    (struct sp_str){ (const char *)call->session.sha256, SP_SHA256_LEN }, sp_buf_view(&b));
}

bool
sp_mcp_take_response(struct sp_mcp_call *call, struct json_object *message)
{
	const struct sp_settings *settings = call->req->settings;
	struct sp_str id = json_object_is_type(call->message.id, json_type_string) ?
	    sp_json_text(call->message.id) : (struct sp_str){ NULL, 0 };
	struct sp_mcp_resumed *resumed;
	struct claimed_row row;

	if (!is_question_id(id))
		return true;
	switch (sp_db_row(&call->req->db, &sp_q_mcp_question_answer, SP_PARAMS(
	    SP_P_BYTES(call->session.sha256, SP_SHA256_LEN), SP_P_STR(id),
	    SP_P_BYTES_STR(seal_answer(call, message)),
	    SP_P_INT(settings->tool_timeout / 1000 + settings->request_timeout + SLACK_SECONDS)),
	    claimed_columns, &row)) {
	case SP_DB_FAILED:
		/* "-" in other places than a UUID's: 22P02 */
		return strcmp(call->req->db.sqlstate, "22P02") == 0 || sp_fail_db(call->req);
	case SP_DB_NO_ROW:
		return true;
	case SP_DB_ROW:
		break;
	}
	resumed = sp_alloc(call->req->mem, sizeof(*resumed));
	*resumed = (struct sp_mcp_resumed){ call->resumed, row.stream_id, row.sealed };
	call->resumed = resumed;
	return true;
}

/* ---- going on ---- */

struct answer_row {
	const char *key;
	struct sp_str answer;
};

static const struct sp_column answer_columns[] = {
	{ "key", SP_COL_TEXT, offsetof(struct answer_row, key) },
	{ "answer", SP_COL_BYTES, offsetof(struct answer_row, answer) },
	{ NULL }
};

static struct json_object *
unseal(struct sp_mcp_call *call, const char *purpose, struct sp_str bound_to, struct sp_str sealed)
{
	struct sp_arena *mem = call->req->mem;
	struct json_object *out;
	struct sp_str plain;
	const char *why;

	if (sp_unseal(mem, call->req->process->keyring, purpose, bound_to, sealed, &plain) &&
	    sp_json_parse_large(mem, plain, &out, &why))
		return out;
	(void)sp_fail(call->req, SP_SERVER_ERROR, "what a call has kept cannot be read");
	return NULL;
}

/*
 * The results of this round beside those before it.  *refusal is the error that a
 * client gave instead of one.
 */
static bool
read_answers(struct sp_mcp_call *call, const char *stream_id, struct json_object *responses,
    struct json_object **refusal)
{
	struct answer_row *row;
	void *rows = NULL;
	size_t count = 0;

	*refusal = NULL;
	if (sp_db_rows(&call->req->db, &sp_q_mcp_call_answers, SP_PARAMS(SP_P_TEXT(stream_id)), answer_columns,
	    sizeof(*row), &rows, &count) == SP_DB_FAILED)
		return sp_fail_db(call->req);
	row = rows;
	for (size_t i = 0; i < count; i++) {
		struct json_object *message = unseal(call, PURPOSE_ANSWER,
		    (struct sp_str){ (const char *)call->session.sha256, SP_SHA256_LEN }, row[i].answer);
		struct json_object *result = sp_json_get(message, "result");

		if (message == NULL)
			return false;
		if (result != NULL)
			json_object_object_add(responses, row[i].key, json_object_get(result));
		else
			*refusal = message;
	}
	return true;
}

bool
sp_mcp_answer_refusal(struct sp_mcp_call *call, struct json_object *refusal)
{
	struct sp_str message = sp_json_get_str(sp_json_get(refusal, "error"), "message");
	const char *text = sp_printf(call->req->mem, "the client answered with an error: %.*s",
	    SP_FMT(sp_str_sub(message, 0, 1024)));
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, call->req->mem, 65536);
	sp_jw_init(&w, &b);
	if (sp_str_is(call->message.method, "tools/call")) {
		sp_jsonrpc_begin_result(&w, call->message.id);
		sp_jw_object(&w);
		sp_jw_key(&w, "content");
		sp_jw_array(&w);
		sp_jw_object(&w);
		sp_jw_kcstr(&w, "type", "text");
		sp_jw_kcstr(&w, "text", text);
		sp_jw_object_end(&w);
		sp_jw_array_end(&w);
		sp_jw_kbool(&w, "isError", true);
		sp_jw_object_end(&w);
		sp_jsonrpc_end(&w);
	} else {
		(void)sp_mcp_fail(call, SP_JSONRPC_INTERNAL_ERROR, 200, text);
		sp_jsonrpc_write_error(&w, call->message.id, &call->error);
	}
	return call->transport->answer(call, 200, sp_buf_view(&b));
}

static bool
make_call_again(struct sp_mcp_call *call, const struct sp_mcp_resumed *resumed)
{
	struct json_object *kept, *message, *refusal;
	struct rounds rounds;

	kept = unseal(call, PURPOSE_CALL, sp_str(resumed->stream_id), resumed->sealed);
	if (kept == NULL || !sp_mcp_version_find(sp_json_get_str(kept, "version"), &call->version))
		return false;
	message = sp_json_get(kept, "message");
	rounds.state = sp_json_get(kept, "state");
	rounds.responses = sp_json_get(kept, "responses");
	if (rounds.responses == NULL)
		rounds.responses = sp_json_new(call->req->mem);
	if (!sp_jsonrpc_read(message, &call->message, &call->error) ||
	    !read_answers(call, resumed->stream_id, rounds.responses, &refusal))
		return false;
	if (refusal != NULL)
		return sp_mcp_answer_refusal(call, refusal);
	call->dialogue_arg = &rounds;
	return sp_mcp_answer(call, message);
}

void
sp_mcp_go_on(struct sp_mcp_call *call)
{
	if (call->resumed == NULL)
		return;
	sp_reply_now(call->req);
	for (const struct sp_mcp_resumed *r = call->resumed; r != NULL; r = r->next) {
		struct sp_mcp_post post = { .opened = true };
		struct sp_mcp_call again = {
			.req = call->req,
			.mcp = call->mcp,
			.resource = call->resource,
			.caller = call->caller,
			.session = call->session,
			.transport = &sp_mcp_session_post,
			.transport_arg = &post,
		};

		memcpy(post.stream.id, r->stream_id, sizeof(post.stream.id) - 1);
		call->req->problem = SP_OK;
		if (!make_call_again(&again, r))
			(void)again.transport->fail(&again);
	}
}
