/* mcp_wire_http.c - Streamable HTTP, the client's side */
#include "tools/mcp_wire.h"

#include <math.h>
#include <time.h>

#include "base/clock.h"
#include "base/encode.h"
#include "net/sse_reader.h"
#include "tools/mcp_listener.h"

#define FIELDS_MAX	64
#define NOTICE_MS	5000		/* for what is no request */
#define NOTICE_BYTES	((size_t)64 * 1024)
#define DELETE_MS	1000		/* for the end of a session; it also ends by itself */
#define RESUMES_MAX	10		/* of one answer */
#define RESUME_MS	1000		/* before a stream is asked for again that does not say when */
#define RESUME_MAX_MS	5000
#define SESSION_MAX	1024		/* bytes of an id */
#define ENDLESS_BYTES	((size_t)1 << 60)
#define LISTEN_STEP_MS	100		/* how often somebody looks whether the server has said something */
#define READY_MS	2000		/* for the server to open its own stream, or to say that it has none */

struct http_wire {
	struct sp_mcp_wire wire;
	struct sp_arena *own;		/* for as long as the wire lives */
	const struct sp_mcp_http *to;
	struct sp_str session;
	struct sp_mcp_listener *listener;	/* NULL: not yet, or the server's own words are not wanted */
};

/* One exchange: a POST, or a GET that goes on with its stream. */
struct exchange {
	struct http_wire *h;
	bool (*take)(void *arg, struct sp_str text);
	void *arg;
	enum { KIND_UNKNOWN, KIND_JSON, KIND_EVENTS, KIND_OTHER } kind;
	struct sp_buf body;
	struct sp_sse_reader reader;
	bool taken, too_large;
};

struct sp_str
sp_mcp_header_value(struct sp_arena *mem, struct sp_str value)
{
	bool plain = value.len == 0 || (value.p[0] != ' ' && value.p[0] != '\t' && value.p[value.len - 1] != ' ' &&
	    value.p[value.len - 1] != '\t');

	for (size_t i = 0; i < value.len; i++)
		plain = plain && ((value.p[i] >= 0x20 && value.p[i] < 0x7f) || value.p[i] == '\t');
	if (plain && !(sp_str_starts(value, "=?base64?") && sp_str_ends(value, "?=")))
		return value;
	return sp_str(sp_printf(mem, "=?base64?%.*s?=", SP_FMT(sp_base64_encode(mem, value.p, value.len))));
}

/* ---- header fields ---- */

static void
field(struct sp_http_field *fields, size_t *n, const char *name, struct sp_str value)
{
	if (*n < FIELDS_MAX)
		fields[(*n)++] = (struct sp_http_field){ name, value };
}

/* A string, an integer or a boolean: the schema was judged (sp_param_headers()), and so was the value. */
static struct sp_str
text_of(struct sp_arena *mem, struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_string:
		return sp_json_text(value);
	case json_type_double:			/* 42.0 */
		return sp_str(sp_printf(mem, "%.0f", json_object_get_double(value)));
	default:
		return sp_json_canonical(mem, value);
	}
}

static void
modern_fields(struct sp_arena *mem, const struct sp_mcp_sending *m, struct sp_http_field *fields, size_t *n)
{
	field(fields, n, "Mcp-Method", sp_str(m->method));
	if (m->name.p != NULL)
		field(fields, n, "Mcp-Name", sp_mcp_header_value(mem, m->name));
	for (size_t i = 0; m->headers != NULL && i < m->headers->count; i++) {
		struct json_object *value = sp_param_header_value(&m->headers->item[i], m->arguments);

		if (value != NULL)
			field(fields, n, m->headers->item[i].header, sp_mcp_header_value(mem, text_of(mem, value)));
	}
}

static size_t
fields_of(struct http_wire *h, const struct sp_mcp_sending *m, struct sp_str last_id, struct sp_http_field *fields)
{
	size_t n = 0;

	if (m != NULL)
		field(fields, &n, "Content-Type", SP_LIT("application/json"));
	field(fields, &n, "Accept", m != NULL ? SP_LIT("application/json, text/event-stream") : SP_LIT("text/event-stream"));
	if (h->wire.version != NULL)
		field(fields, &n, "MCP-Protocol-Version", sp_str(h->wire.version));
	if (h->wire.has_session)
		field(fields, &n, "Mcp-Session-Id", h->session);
	if (h->wire.modern && m != NULL && m->method != NULL)
		modern_fields(h->wire.mem, m, fields, &n);
	if (last_id.p != NULL)
		field(fields, &n, "Last-Event-ID", last_id);
	for (size_t i = 0; i < h->to->field_count; i++)
		field(fields, &n, h->to->fields[i].name, h->to->fields[i].value);
	return n;
}

/* ---- what comes ---- */

static bool
on_event(void *arg, const struct sp_sse_incoming *event)
{
	struct exchange *x = arg;

	/* an event that only has an id is where the stream may be gone on with */
	if (!sp_str_is(event->type, "message") || event->data.len == 0 || x->take(x->arg, event->data))
		return true;
	x->taken = true;
	return false;
}

/* A new session; of any other answer the field says nothing new. */
static void
take_session(struct http_wire *h, const struct sp_http_answer *answer)
{
	struct sp_str id = sp_http_field(answer, "Mcp-Session-Id");
	bool good = id.len > 0 && id.len <= SESSION_MAX;

	for (size_t i = 0; i < id.len; i++)
		good = good && id.p[i] > 0x20 && id.p[i] < 0x7f;
	if (good && !h->wire.modern && h->wire.version == NULL) {
		h->session = sp_str_dup(h->own, id);
		h->wire.has_session = true;
	}
}

static void
begin(struct exchange *x, const struct sp_http_answer *answer)
{
	struct http_wire *h = x->h;

	h->wire.status = answer->status;
	take_session(h, answer);
	if (sp_str_is(answer->content_type, "text/event-stream") && answer->status == 200) {
		x->kind = KIND_EVENTS;
		sp_sse_reader_init(&x->reader, h->wire.mem, h->to->message_max + 16, on_event, x);
	} else if (sp_str_is(answer->content_type, "application/json") && answer->status != 401 && answer->status != 403) {
		x->kind = KIND_JSON;
		sp_buf_init(&x->body, h->wire.mem, h->to->message_max);
	} else {
		x->kind = KIND_OTHER;		/* not for us; the status says enough */
	}
}

static bool
piece(void *arg, const struct sp_http_answer *answer, struct sp_str bytes)
{
	struct exchange *x = arg;

	if (x->kind == KIND_UNKNOWN)
		begin(x, answer);
	switch (x->kind) {
	case KIND_EVENTS:
		if (sp_sse_reader_take(&x->reader, bytes))
			return true;
		x->too_large = x->reader.state == SP_SSE_TOO_LONG;
		return false;
	case KIND_JSON:
		sp_buf_str(&x->body, bytes);
		x->too_large = !sp_buf_ok(&x->body);
		return !x->too_large;
	default:
		return false;
	}
}

/* ---- sending ---- */

static bool
is_gone(const struct http_wire *h)
{
	return h->to->waiter.gone != NULL && h->to->waiter.gone(h->to->waiter.arg);
}

/* What the server says on its own stream is taken while the answer is waited for. */
static bool
hear(struct exchange *x)
{
	char *text;

	while (x->h->listener != NULL && x->take != NULL && !x->taken && (text = sp_mcp_listener_next(x->h->listener)) != NULL) {
		x->taken = !x->take(x->arg, sp_str(text));
		free(text);
	}
	return x->taken;
}

static bool
gone(void *arg)
{
	struct exchange *x = arg;

	return is_gone(x->h) || hear(x);
}

static bool
is_repeatable(const struct sp_mcp_sending *m)
{
	return m == NULL || (m->method != NULL && strcmp(m->method, "tools/call") != 0);
}

static enum sp_wire_end
run(struct exchange *x, const struct sp_mcp_sending *m, struct sp_str last_id)
{
	struct http_wire *h = x->h;
	struct sp_http_field fields[FIELDS_MAX];
	bool waited_for = m == NULL || m->is_request;
	int64_t left_ms = h->wire.deadline_ms - sp_monotonic_ms();
	struct sp_http http = {
		.url = h->to->url, .method = m != NULL ? "POST" : "GET",
		.fields = fields, .field_count = fields_of(h, m, last_id, fields),
		.body = m != NULL ? m->body : (struct sp_str){ NULL, 0 },
		.allow = h->to->allow, .ca_file = h->to->ca_file, .http = h->to->http, .pool = h->to->pool,
		.repeatable = is_repeatable(m),
		.max_bytes = !waited_for ? NOTICE_BYTES : h->wire.endless ? ENDLESS_BYTES : h->to->max_bytes,
		.timeout_ms = waited_for || left_ms < NOTICE_MS ? left_ms : NOTICE_MS,
		.gone = gone, .piece = waited_for ? piece : NULL, .arg = x,
	};
	struct sp_http_answer answer = { 0 };
	enum sp_http_result result;

	h->wire.why = "its time is over";
	if (left_ms <= 0)
		return SP_WIRE_LATE;
	h->wire.status = 0;
	result = sp_http(h->wire.mem, &http, &answer, &h->wire.why);
	if (result == SP_HTTP_ANSWER && x->kind == KIND_UNKNOWN)
		begin(x, &answer);		/* it has no body */
	switch (result) {
	case SP_HTTP_ANSWER:
		if (x->kind == KIND_JSON && waited_for && sp_buf_view(&x->body).len > 0)
			x->taken = !x->take(x->arg, sp_buf_view(&x->body));
		return x->taken || !waited_for ? SP_WIRE_TAKEN : SP_WIRE_ENDED;
	case SP_HTTP_STOPPED:
		if (x->taken)
			return SP_WIRE_TAKEN;
		h->wire.why = "its answer is too large";
		return x->too_large ? SP_WIRE_TOO_LARGE : x->kind == KIND_OTHER ? SP_WIRE_ENDED : SP_WIRE_GONE;
	case SP_HTTP_TOO_LARGE:
		return SP_WIRE_TOO_LARGE;
	case SP_HTTP_REFUSED:
	case SP_HTTP_UNREACHABLE:
		return SP_WIRE_UNREACHABLE;
	case SP_HTTP_TIMEOUT:
		return SP_WIRE_LATE;
	case SP_HTTP_CODED:
	case SP_HTTP_BROKEN:
		break;
	}
	return SP_WIRE_BROKEN;
}

/* Sleeps until the stream may be asked for again.  False: nobody waits any more, or not so long. */
static bool
pause_for(struct http_wire *h, int64_t ms)
{
	const struct timespec step = { 0, 100 * 1000000L };
	int64_t until = sp_monotonic_ms() + (ms < RESUME_MAX_MS ? ms : RESUME_MAX_MS);

	while (sp_monotonic_ms() < until) {
		if (until >= h->wire.deadline_ms || is_gone(h))
			return false;
		nanosleep(&step, NULL);
	}
	return true;
}

/*
 * 2025-11-25 and before: a stream that broke off, or that the server ended to be
 * asked again, goes on behind the last event that had an id.
 */
static bool
can_resume(const struct exchange *x, enum sp_wire_end end)
{
	return (end == SP_WIRE_ENDED || end == SP_WIRE_BROKEN) && x->kind == KIND_EVENTS && !x->h->wire.modern &&
	    x->reader.last_id.len > 0;
}

/* From the first word behind initialize on. */
static void
listen_too(struct http_wire *h)
{
	struct sp_http_field fields[FIELDS_MAX];
	struct sp_http get = {
		.url = h->to->url, .fields = fields, .allow = h->to->allow, .ca_file = h->to->ca_file, .http = h->to->http,
		.max_bytes = h->wire.endless ? ENDLESS_BYTES : h->to->max_bytes, .timeout_ms = h->wire.deadline_ms - sp_monotonic_ms(),
	};

	if (h->listener != NULL || !h->wire.listens || h->wire.modern || h->wire.version == NULL || !h->wire.has_session ||
	    get.timeout_ms <= 0)
		return;
	get.field_count = fields_of(h, NULL, (struct sp_str){ NULL, 0 }, fields);
	h->listener = sp_mcp_listener_start(&get, h->to->message_max);
}

/* A question that is asked before its stream is open would be lost. */
static void
await_stream(struct http_wire *h)
{
	const struct timespec step = { 0, 5 * 1000000L };
	int64_t until = sp_monotonic_ms() + READY_MS;

	while (h->listener != NULL && !sp_mcp_listener_is_ready(h->listener) && sp_monotonic_ms() < until && !is_gone(h))
		nanosleep(&step, NULL);
}

static enum sp_wire_end
send(struct sp_mcp_wire *wire, const struct sp_mcp_sending *m, bool (*take)(void *arg, struct sp_str text), void *arg)
{
	struct http_wire *h = (struct http_wire *)wire;
	struct exchange x = { .h = h, .take = take, .arg = arg };
	enum sp_wire_end end;

	listen_too(h);
	if (m->is_request)
		await_stream(h);
	end = run(&x, m, (struct sp_str){ NULL, 0 });

	for (int i = 0; i < RESUMES_MAX && m->is_request && can_resume(&x, end); i++) {
		struct sp_str last_id = sp_str_dup(h->wire.mem, x.reader.last_id);

		if (!pause_for(h, x.reader.retry_ms >= 0 ? x.reader.retry_ms : RESUME_MS))
			return SP_WIRE_LATE;
		x.kind = KIND_UNKNOWN;
		end = run(&x, NULL, last_id);
		if (x.kind == KIND_EVENTS && x.reader.last_id.len == 0) {
			memcpy(x.reader.last, last_id.p, last_id.len);
			x.reader.last_id = (struct sp_str){ x.reader.last, last_id.len };
		}
	}
	return end;
}

/* Of a server that has no stream of its own nothing is heard; the time passes nevertheless. */
static enum sp_wire_end
listen_for(struct sp_mcp_wire *wire, int64_t until_ms, bool (*take)(void *arg, struct sp_str text), void *arg)
{
	const struct timespec step = { 0, LISTEN_STEP_MS * 1000000L };
	struct http_wire *h = (struct http_wire *)wire;
	struct exchange x = { .h = h, .take = take, .arg = arg };

	listen_too(h);
	for (;;) {
		if (hear(&x))
			return SP_WIRE_TAKEN;
		h->wire.why = "nobody waits for it";
		if (is_gone(h))
			return SP_WIRE_GONE;
		h->wire.why = "its time is over";
		if (sp_monotonic_ms() >= (until_ms < h->wire.deadline_ms ? until_ms : h->wire.deadline_ms))
			return SP_WIRE_LATE;
		if (h->wire.endless && (h->listener == NULL || sp_mcp_listener_has_ended(h->listener, &h->wire.status)))
			return SP_WIRE_ENDED;
		nanosleep(&step, NULL);
	}
}

static void
close_wire(struct sp_mcp_wire *wire)
{
	struct http_wire *h = (struct http_wire *)wire;
	struct sp_http_field fields[FIELDS_MAX];
	struct sp_http http = {
		.url = h->to->url, .method = "DELETE", .fields = fields, .allow = h->to->allow, .ca_file = h->to->ca_file,
		.http = h->to->http, .pool = h->to->pool, .repeatable = true, .max_bytes = NOTICE_BYTES, .timeout_ms = DELETE_MS,
	};
	struct sp_http_answer answer;
	const char *why;

	sp_mcp_listener_stop(h->listener);
	h->listener = NULL;
	if (!h->wire.has_session)
		return;
	http.field_count = fields_of(h, NULL, (struct sp_str){ NULL, 0 }, fields);
	(void)!sp_http(h->wire.mem, &http, &answer, &why);
	h->wire.has_session = false;
}

static void
stop_listening(void *arg)
{
	struct http_wire *h = arg;

	sp_mcp_listener_stop(h->listener);
	h->listener = NULL;
}

struct sp_mcp_wire *
sp_mcp_wire_http(struct sp_arena *mem, const struct sp_mcp_http *to, int64_t deadline_ms)
{
	struct http_wire *h = sp_alloc(mem, sizeof(*h));

	*h = (struct http_wire){ .own = mem, .to = to,
	    .wire = { .mem = mem, .send = send, .listen = listen_for, .close = close_wire, .deadline_ms = deadline_ms } };
	sp_arena_defer(mem, stop_listening, h);
	return &h->wire;
}
