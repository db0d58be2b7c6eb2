/* stream.c - streams while their handler runs, and clients that leave */
#include <assert.h>
#include <poll.h>
#include <stdatomic.h>
#include "base/clock.h"
#include "web/parked.h"
#include "web/response.h"
#include "web/serve.h"
#include "web/stream.h"

#define FULL_RETRY_SECONDS 5
#define EVENT_MAX ((size_t)64 << 20)	/* bytes; what makes events has limits of its own */

static atomic_llong open_streams;

static void
count_closed(void *arg)
{
	(void)arg;
	open_streams--;
}

static bool
put(struct sp_stream *s, struct sp_str bytes)
{
	if (!s->req->transport->send(s->req->transport, bytes)) {
		s->gone = s->req->client_gone = true;
		return false;
	}
	s->written_ms = sp_monotonic_ms();
	return true;
}

/* The header block, and the first comment in one piece with it. */
static bool
put_head(struct sp_stream *s, struct sp_str head)
{
	sp_buf_str(&s->buf, head);
	sp_sse_comment(&s->buf, (struct sp_str){ NULL, 0 });
	return put(s, sp_buf_view(&s->buf));
}

struct sp_stream *
sp_stream_open(struct sp_request *req)
{
	struct sp_response *res = req->response;
	struct sp_stream *s;
	struct sp_str head;

	assert(req->stream == NULL);
	sp_header(req, "X-Accel-Buffering", "no");
	res->is_stream = true;
	(void)sp_reply(req, 200, "text/event-stream", (struct sp_str){ "", 0 });
	if (strcmp(req->method, "HEAD") == 0)
		return NULL;
	head = sp_response_head(req);
	if (!res->is_stream)
		return NULL;		/* too many headers: it has become a 500 */
	s = sp_alloc(req->mem, sizeof(*s));
	s->req = req;
	sp_buf_init(&s->buf, req->mem, EVENT_MAX);
	req->stream = s;
	open_streams++;
	sp_arena_defer(req->mem, count_closed, NULL);
	return put_head(s, head) ? s : NULL;
}

bool
sp_stream_send(struct sp_stream *s, const struct sp_sse *event)
{
	assert(s->parked == NULL);
	if (s->gone)
		return false;
	sp_buf_clear(&s->buf);
	sp_sse_event(&s->buf, event);
	if (!sp_buf_ok(&s->buf)) {
		s->gone = true;
		return sp_fail(s->req, SP_SERVER_ERROR, "an event is larger than its buffer may be");
	}
	s->events++;
	s->bytes += (int64_t)s->buf.len;
	return put(s, sp_buf_view(&s->buf));
}

bool
sp_stream_event(struct sp_stream *s, struct sp_str id, struct sp_str data)
{
	return sp_stream_send(s, &(struct sp_sse){ .id = id, .data = data });
}

/* A sign of life that would have to wait is not needed: the client has enough to read. */
static void
say_something(struct sp_stream *s)
{
	struct pollfd p = { .fd = s->req->transport->fd, .events = POLLOUT };

	if (poll(&p, 1, 0) <= 0)
		return;
	sp_buf_clear(&s->buf);
	sp_sse_comment(&s->buf, (struct sp_str){ NULL, 0 });
	(void)put(s, sp_buf_view(&s->buf));
}

bool
sp_stream_alive(struct sp_stream *s)
{
	int64_t silence_ms = s->req->settings->stream_keepalive * 1000;

	if (!s->gone && s->req->transport->gone(s->req->transport))
		s->gone = s->req->client_gone = true;
	if (!s->gone && sp_monotonic_ms() - s->written_ms >= silence_ms)
		say_something(s);
	return !s->gone;
}

/* ---- clients that leave ---- */

bool
sp_client_gone(struct sp_request *req)
{
	if (req->client_gone || req->transport == NULL)
		return req->client_gone;
	if (req->stream != NULL)
		return !sp_stream_alive(req->stream);
	req->client_gone = req->transport->gone(req->transport);
	return req->client_gone;
}

static bool
watched_client_gone(void *arg)
{
	return sp_client_gone(arg);
}

void
sp_client_watch(struct sp_request *req)
{
	if (req->transport == NULL)
		return;
	req->db_watch = (struct sp_db_watch){ .fd = req->transport->fd,
	    .events = req->transport->fd_events, .gone = watched_client_gone, .arg = req };
	req->db.watch = &req->db_watch;
}

/* ---- from here on somebody else's ---- */

bool
sp_stream_can_park(const struct sp_request *req)
{
	return !req->is_cgi;
}

bool
sp_stream_reserve(struct sp_request *req)
{
	if (!sp_stream_can_park(req))
		return sp_fail(req, SP_TEMPORARILY_UNAVAILABLE, "a CGI program keeps no stream open");
	if (!req->has_place)
		req->has_place = sp_parked_reserve(req->settings);
	if (!req->has_place)
		req->retry_after = FULL_RETRY_SECONDS;
	return req->has_place ||
	    sp_fail(req, SP_TEMPORARILY_UNAVAILABLE, "no more streams can be kept open");
}

struct sp_parked *
sp_stream_park(struct sp_stream *s, const struct sp_parked_hooks *hooks, void *arg)
{
	assert(s->req->has_place && s->parked == NULL);
	s->parked = sp_parked_new(s, hooks, arg);
	s->req->has_place = false;		/* it is the parked stream's now */
	return s->parked;
}

struct sp_stream_counts
sp_stream_counts(void)
{
	struct sp_stream_counts counts = { .open = open_streams };

	sp_parked_count(&counts);
	return counts;
}
