/* exchange.c - a call and its client: what is told on the way, what is asked, how it ends */
#include "mcp/exchange.h"

#include <math.h>

#include "base/clock.h"
#include "mcp/running.h"
#include "mcp/server_request.h"
#include "mcp/session_post.h"
#include "web/stream.h"

#define META_LOG_LEVEL	"io.modelcontextprotocol/logLevel"
#define MESSAGE_MAX	((size_t)256 * 1024)	/* bytes of one notification */

/* How many messages may go: so many at once, and so many a second behind them. */
struct bucket {
	double burst, per_second;
	double credit;			/* what may go now ... */
	int64_t counted_ms;		/* ... counted then */
};
#define PROGRESS_RATE	{ .burst = 10, .per_second = 20, .credit = 10 }
#define LOG_RATE	{ .burst = 200, .per_second = 100, .credit = 200 }

/* What a call has told its client so far. */
struct told {
	struct sp_mcp_call *call;
	struct json_object *token;	/* progressToken: a string or an integer, 0 too */
	double progress;		/* the last that was sent */
	struct sp_buf held;		/* a later one that waits its turn; empty: none */
	double held_progress;
	struct bucket progress_rate, log_rate;
	struct sp_buf line;		/* a log message on its way */
	int64_t left_out;		/* log messages, since the last that was sent */
	struct sp_db_watch watch;	/* whom we ask whether the client is there */
};

/* ---- notifications ---- */

static void
begin(struct sp_json_writer *w, const char *method)
{
	sp_jw_object(w);
	sp_jw_kcstr(w, "jsonrpc", "2.0");
	sp_jw_kcstr(w, "method", method);
	sp_jw_key(w, "params");
	sp_jw_object(w);
}

static void
end(struct sp_json_writer *w)
{
	sp_jw_object_end(w);
	sp_jw_object_end(w);
}

static void
number(struct sp_json_writer *w, const char *name, double value)
{
	struct json_object *n = json_object_new_double(value);

	if (n == NULL)
		sp_out_of_memory();
	sp_jw_key(w, name);
	sp_jw_value(w, n);
	json_object_put(n);
}

static void
write_progress(struct told *told, struct sp_buf *b, const struct sp_progress *p)
{
	struct sp_json_writer w;

	sp_buf_clear(b);
	sp_jw_init(&w, b);
	begin(&w, "notifications/progress");
	sp_jw_key(&w, "progressToken");
	sp_jw_value(&w, told->token);
	number(&w, "progress", p->progress);
	if (p->has_total)
		number(&w, "total", p->total);
	if (p->message.p != NULL)
		sp_jw_kstr(&w, "message", p->message);
	end(&w);
}

static bool
has_credit(struct bucket *b)
{
	int64_t now = sp_monotonic_ms();

	b->credit += (double)(now - b->counted_ms) * b->per_second / 1000;
	if (b->credit > b->burst)
		b->credit = b->burst;
	b->counted_ms = now;
	return b->credit >= 1;
}

/* False: the message found no room in its buffer, which begins anew with the memory that it has. */
static bool
put(struct told *told, struct sp_buf *b, struct bucket *rate)
{
	if (!sp_buf_ok(b)) {
		b->failed = false;
		sp_buf_clear(b);
		return false;
	}
	rate->credit -= 1;
	(void)told->call->transport->notify(told->call, sp_buf_view(b));
	sp_buf_clear(b);
	return true;
}

static void
send_held(struct told *told)
{
	if (told->held.len == 0)
		return;
	told->progress = told->held_progress;
	(void)put(told, &told->held, &told->progress_rate);
}

/*
 * "The progress value MUST increase": a call that was begun anew after a
 * conflict says again what it said before.  What comes too fast is held, and
 * replaced by what comes behind it; the last one always goes out.
 */
static void
on_progress(void *arg, const struct sp_progress *p)
{
	struct told *told = arg;
	double last = told->held.len > 0 ? told->held_progress : told->progress;

	if (!(p->progress > last))
		return;
	write_progress(told, &told->held, p);
	told->held_progress = p->progress;
	if (has_credit(&told->progress_rate))
		send_held(told);
}

static void
send_log(struct told *told, const struct sp_log_message *m)
{
	struct sp_json_writer w;

	sp_jw_init(&w, &told->line);
	begin(&w, "notifications/message");
	sp_jw_kcstr(&w, "level", sp_logging_level_name(m->level));
	if (m->logger.p != NULL)
		sp_jw_kstr(&w, "logger", m->logger);
	sp_jw_key(&w, "data");
	sp_jw_value(&w, m->data);
	end(&w);
	if (!put(told, &told->line, &told->log_rate))
		told->left_out++;
}

/* Says how many log messages came too fast, or were too long. */
static void
send_left_out(struct told *told)
{
	struct json_object *data;

	if (told->left_out == 0)
		return;
	data = json_object_new_string(sp_printf(told->call->req->mem, "%lld log messages were left out",
	    (long long)told->left_out));
	if (data == NULL)
		sp_out_of_memory();
	told->left_out = 0;
	send_log(told, &(struct sp_log_message){ .level = SP_LOGGING_WARNING, .data = data });
	json_object_put(data);
}

static void
on_log(void *arg, const struct sp_log_message *m)
{
	struct told *told = arg;

	if (!has_credit(&told->log_rate)) {
		told->left_out++;
		return;
	}
	send_held(told);		/* in the order in which they were said */
	send_left_out(told);
	send_log(told, m);
}

static void
on_close_stream(void *arg)
{
	struct told *told = arg;

	send_held(told);
	sp_mcp_post_close(told->call);
}

/* Asked while a statement runs: the occasion for what is held. */
static bool
client_gone(void *arg)
{
	struct told *told = arg;

	if (told->held.len > 0 && has_credit(&told->progress_rate))
		send_held(told);
	return told->watch.gone(told->watch.arg);
}

/* ---- what the message wants to be told ---- */

/* A token that is neither a string nor an integer is as none: the call is more than its notifications. */
static struct json_object *
progress_token(struct json_object *meta)
{
	struct json_object *token = sp_json_get(meta, "progressToken");

	switch (json_object_get_type(token)) {
	case json_type_string:
	case json_type_int:
		return token;
	case json_type_double:
		return floor(json_object_get_double(token)) == json_object_get_double(token) ? token : NULL;
	default:
		return NULL;
	}
}

static bool
wants_log(struct sp_mcp_call *call, struct json_object *meta, struct sp_exchange *x)
{
	struct json_object *level = sp_json_get(meta, META_LOG_LEVEL);

	if (sp_mcp_version_has_sessions(call->version)) {
		x->log = on_log;	/* log_level is the session's */
		return true;
	}
	if (level == NULL)
		return true;
	if (!sp_logging_level_find(sp_json_get_str(meta, META_LOG_LEVEL), &x->log_level))
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 400,
		    "params._meta " META_LOG_LEVEL " is not a logging level");
	x->log = on_log;
	return true;
}

static bool
listen_to(struct sp_mcp_call *call, struct told *told, struct sp_exchange *x)
{
	struct json_object *meta = sp_json_get(call->message.params, "_meta");

	*told = (struct told){ .call = call, .progress = -INFINITY, .progress_rate = PROGRESS_RATE, .log_rate = LOG_RATE };
	told->progress_rate.counted_ms = told->log_rate.counted_ms = sp_monotonic_ms();
	sp_buf_init(&told->held, call->req->mem, MESSAGE_MAX);
	sp_buf_init(&told->line, call->req->mem, MESSAGE_MAX);
	x->arg = told;
	if (call->transport == &sp_mcp_session_post && !call->in_batch)
		x->close_stream = on_close_stream;
	told->token = progress_token(meta);
	if (told->token != NULL)
		x->progress = on_progress;
	return wants_log(call, meta, x);
}

static bool
is_cancelled(void *arg)
{
	const struct sp_mcp_run *run = arg;

	return run->cancelled;
}

/*
 * Without a reader the call is in vain; but a batch has other calls, too, and a
 * client of a session says that it does not want the answer.
 */
static void
watch_client(struct sp_mcp_call *call, struct told *told)
{
	struct sp_request *req = call->req;

	if (call->in_batch)
		return;
	if (call->run != NULL) {
		req->db_watch = (struct sp_db_watch){ .fd = -1, .gone = is_cancelled, .arg = call->run };
		req->db.watch = &req->db_watch;
	} else {
		sp_client_watch(req);
	}
	if (req->db.watch == NULL)
		return;
	told->watch = req->db_watch;
	req->db_watch.gone = client_gone;
	req->db_watch.arg = told;
}

/* ---- the call ---- */

_Static_assert(SP_MCP_MISSING_CLIENT_CAPABILITY == SP_MISSING_CLIENT_CAPABILITY, "one code, on two floors");

enum sp_mcp_outcome
sp_mcp_refused(struct sp_mcp_call *call, const struct sp_tool_error *error)
{
	bool capability = error->code == SP_MISSING_CLIENT_CAPABILITY;
	int code = error->code;

	/* which only the newest revision has */
	if (capability && sp_mcp_version_has_sessions(call->version))
		code = SP_JSONRPC_INVALID_REQUEST;
	(void)sp_mcp_fail(call, (enum sp_jsonrpc_code)code, code == SP_MISSING_CLIENT_CAPABILITY ? 400 : 200,
	    sp_cstr(call->req->mem, error->message));
	if (error->data != NULL)
		call->error.data = sp_json_canonical(call->req->mem, error->data);
	return SP_MCP_FAILED;
}

/* Sessions have no code for a client that cannot be asked, and a model may find another way. */
static bool
is_for_the_model(const struct sp_mcp_call *call, const struct sp_tool_call *t, const struct sp_tool_error *error)
{
	return error->code == SP_MISSING_CLIENT_CAPABILITY && sp_mcp_version_has_sessions(call->version) &&
	    strcmp(t->event, "tool.call") == 0;
}

static enum sp_mcp_outcome
conclude(struct sp_mcp_call *call, const struct sp_mcp_dialogue *dialogue, const struct sp_tool_call *t,
    enum sp_tool_outcome outcome, const struct sp_tool_result *out)
{
	switch (outcome) {
	case SP_TOOL_DONE:
		return SP_MCP_RESULT;
	case SP_TOOL_GUARDED:
		return dialogue->guarded(call, t);
	case SP_TOOL_ASKS:
		return dialogue->ask(call, t, &out->questions);
	case SP_TOOL_DETACHES:
		return dialogue->detach(call, t);
	case SP_TOOL_REFUSES:
		return sp_mcp_refused(call, &out->error);
	case SP_TOOL_FAILED:
		break;
	}
	return SP_MCP_FAILED;
}

enum sp_mcp_outcome
sp_mcp_run(struct sp_mcp_call *call, struct sp_tool_call *t, struct sp_tool_result *out)
{
	const struct sp_mcp_dialogue *dialogue = call->dialogue;
	struct sp_exchange exchange = { 0 };
	enum sp_tool_outcome tool_outcome;
	enum sp_mcp_outcome outcome;
	struct told told;

	if (dialogue == NULL)
		dialogue = sp_mcp_version_has_sessions(call->version) ? &sp_mcp_server_requests : &sp_mcp_round_trips;
	if (!listen_to(call, &told, &exchange) || !dialogue->open(call, t, &exchange))
		return SP_MCP_FAILED;
	t->exchange = &exchange;
	watch_client(call, &told);
	*out = (struct sp_tool_result){ 0 };
	tool_outcome = sp_tool_run(t, out);
	call->req->db.watch = NULL;	/* it speaks to `told`, which ends here */
	send_held(&told);
	send_left_out(&told);
	if (tool_outcome == SP_TOOL_REFUSES && is_for_the_model(call, t, &out->error)) {
		*out = (struct sp_tool_result){ .is_error = true, .text = out->error.message };
		tool_outcome = SP_TOOL_DONE;
	}
	if (tool_outcome == SP_TOOL_DETACHES && out->questions.state != NULL)
		exchange.state = out->questions.state;	/* with which the task begins */
	outcome = conclude(call, dialogue, t, tool_outcome, out);
	t->exchange = NULL;
	return outcome;
}

/* ---- nobody to ask ---- */

static bool
open_nobody(struct sp_mcp_call *call, struct sp_tool_call *t, struct sp_exchange *out)
{
	(void)t;
	if (call->session.known)
		out->log_level = call->session.log_level;
	else if (sp_mcp_version_has_sessions(call->version))
		out->log = NULL;	/* what the session wants to hear of is not asked for this */
	return true;
}

/* The guard of a call in a session is the session's check. */
static enum sp_mcp_outcome
no_session(struct sp_mcp_call *call, const struct sp_tool_call *t)
{
	(void)t;
	(void)sp_mcp_fail_no_session(call);
	return SP_MCP_FAILED;
}

const struct sp_mcp_dialogue sp_mcp_nobody = { open_nobody, NULL, NULL, no_session };
