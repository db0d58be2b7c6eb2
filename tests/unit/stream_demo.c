/*
 * stream_demo.c - a program that streams and parks, for test_stream and the tests behind web servers
 *
 * Its paths are below /mcp, so that it can take the place of the program mcp in
 * httpd-examples/.
 *
 *	GET  /mcp/hello           a constant
 *	ANY  /mcp/ticks/N,MS      N events, MS milliseconds apart, with the time of each
 *	GET  /mcp/idle/MS         asks whether the client is there, for so long
 *	GET  /mcp/flood/BYTES     so many bytes of events, as fast as they go
 *	GET  /mcp/fail            an event, then a failure
 *	GET  /mcp/large           headers that are too many
 *	GET  /mcp/query/MS        a statement that takes so long, for nobody if the client leaves
 *	GET  /mcp/slow-events/MS  the same with a stream
 *	ANY  /mcp/park            two events, then it waits for news; "bye" when the process ends
 *	GET  /mcp/park-late/MS    the same, with news before the handler returns after MS
 *	POST /mcp/news            the body for all that wait; answers how many took it
 *	POST /mcp/close           the body as the last of all that wait
 *	GET  /mcp/counts          numbers
 */
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include "base/clock.h"
#include "base/log.h"
#include "web/response.h"
#include "web/stream.h"
#include "web/worker.h"

static const struct sp_str no_id;

static bool
hello(struct sp_request *req)
{
	return sp_reply(req, 200, "application/json", SP_LIT("{\"hello\":\"world\"}"));
}

static bool
number(struct sp_request *req, struct sp_str text, int64_t max, int64_t *out)
{
	return sp_str_int64(text, 0, max, out) || sp_fail(req, SP_INVALID_REQUEST, "not a number");
}

static struct sp_str
time_of_day(char text[static 32])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(text, 32, "%lld", (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	return sp_str(text);
}

static bool
ticks(struct sp_request *req)
{
	struct sp_str rest = sp_request_rest(req), count_text;
	int64_t count, ms;
	struct sp_stream *s;
	char text[32];

	(void)sp_str_split(&rest, ',', &count_text);
	if (!number(req, count_text, 1000000, &count) || !number(req, rest, 10000, &ms))
		return false;
	s = sp_stream_open(req);
	if (s == NULL)
		return true;
	for (int64_t i = 0; i < count && sp_stream_alive(s); i++) {
		if (!sp_stream_event(s, sp_str(sp_printf(req->mem, "%lld", (long long)i)), time_of_day(text)))
			break;
		poll(NULL, 0, (int)ms);
	}
	return true;
}

static bool
idle(struct sp_request *req)
{
	struct sp_stream *s;
	int64_t ms, until;

	if (!number(req, sp_request_rest(req), 100000, &ms))
		return false;
	until = sp_monotonic_ms() + ms;
	s = sp_stream_open(req);
	if (s == NULL)
		return true;
	while (sp_stream_alive(s) && sp_monotonic_ms() < until)
		poll(NULL, 0, 50);
	if (!s->gone)
		sp_stream_event(s, no_id, SP_LIT("over"));
	assert(sp_client_gone(req) == s->gone);
	return true;
}

static bool
flood(struct sp_request *req)
{
	static char kilobyte[1024];
	struct sp_stream *s;
	int64_t bytes;

	if (!number(req, sp_request_rest(req), (int64_t)1 << 40, &bytes))
		return false;
	memset(kilobyte, 'x', sizeof(kilobyte));
	s = sp_stream_open(req);
	while (s != NULL && bytes > 0 && sp_stream_event(s, no_id, (struct sp_str){ kilobyte, 1024 }))
		bytes -= 1024;
	return true;
}

static bool
failing(struct sp_request *req)
{
	struct sp_stream *s = sp_stream_open(req);

	if (s != NULL)
		sp_stream_event(s, no_id, SP_LIT("one"));
	return sp_fail(req, SP_SERVER_ERROR, "what was to be streamed is not there");
}

static bool
large(struct sp_request *req)
{
	char *value = sp_alloc(req->mem, 20001);

	memset(value, 'x', 20000);
	sp_header(req, "X-Large", value);
	return sp_stream_open(req) == NULL;
}

static bool
run_query(struct sp_request *req)
{
	static const struct sp_query query = { "demo", "SELECT pg_catalog.pg_sleep($1::float8 / 1000)", 1 };
	int64_t ms;

	if (!number(req, sp_request_rest(req), 100000, &ms))
		return false;
	sp_client_watch(req);
	if (!sp_db_do(&req->db, &query, SP_PARAMS(SP_P_INT(ms)), NULL)) {
		if (req->db.interrupted)
			sp_log(SP_INFO, "interrupted");
		return sp_fail_db(req);
	}
	return true;
}

static bool
query(struct sp_request *req)
{
	return run_query(req) && hello(req);
}

static bool
slow_events(struct sp_request *req)
{
	struct sp_stream *s = sp_stream_open(req);

	if (s == NULL)
		return true;
	return run_query(req) && sp_stream_event(s, no_id, SP_LIT("done"));
}

/* ---- parked: a list of subscribers ---- */

struct subscriber {
	struct subscriber *prev, *next;
	struct sp_parked *parked;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct subscriber all = { .prev = &all, .next = &all };
static int64_t closed_count;

static struct sp_str
event_of(struct sp_arena *mem, struct sp_str data)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, 64 << 20);
	sp_sse_event(&b, &(struct sp_sse){ .data = data });
	return sp_buf_view(&b);
}

static void
closed(void *arg)
{
	struct subscriber *one = arg;

	pthread_mutex_lock(&lock);
	one->prev->next = one->next;
	one->next->prev = one->prev;
	closed_count++;
	pthread_mutex_unlock(&lock);
	sp_parked_release(one->parked);
	free(one);
}

static void
draining(struct sp_parked *p, void *arg)
{
	(void)arg;
	sp_parked_close(p, SP_LIT("data: bye\n\n"));
}

static const struct sp_parked_hooks hooks = { .closed = closed, .draining = draining };

static struct sp_parked *
subscribe(struct sp_stream *s)
{
	struct subscriber *one = calloc(1, sizeof(*one));

	one->parked = sp_stream_park(s, &hooks, one);
	pthread_mutex_lock(&lock);
	one->prev = all.prev;
	one->next = &all;
	one->prev->next = all.prev = one;
	pthread_mutex_unlock(&lock);
	return one->parked;
}

static bool
park(struct sp_request *req)
{
	struct sp_stream *s;

	if (!sp_stream_reserve(req))
		return false;
	s = sp_stream_open(req);
	if (s == NULL)
		return true;
	sp_stream_event(s, no_id, SP_LIT("hello"));
	/* who has read this one is on the list, and gets the next news */
	sp_parked_send(subscribe(s), SP_LIT("data: welcome\n\n"));
	return true;
}

static bool
park_late(struct sp_request *req)
{
	struct sp_parked *parked;
	struct sp_stream *s;
	int64_t ms;

	if (!number(req, sp_request_rest(req), 10000, &ms) || !sp_stream_reserve(req))
		return false;
	s = sp_stream_open(req);
	if (s == NULL)
		return true;
	parked = subscribe(s);
	sp_parked_send(parked, SP_LIT("data: early\n\n"));
	poll(NULL, 0, (int)ms);
	return true;
}

static bool
reply_number(struct sp_request *req, int64_t n)
{
	return sp_reply(req, 200, "text/plain", sp_str(sp_printf(req->mem, "%lld", (long long)n)));
}

static bool
news(struct sp_request *req)
{
	struct sp_str event = event_of(req->mem, req->body);
	int64_t count = 0;

	pthread_mutex_lock(&lock);
	for (struct subscriber *one = all.next; one != &all; one = one->next)
		count += sp_parked_send(one->parked, event);
	pthread_mutex_unlock(&lock);
	return reply_number(req, count);
}

static bool
close_all(struct sp_request *req)
{
	struct sp_str event = event_of(req->mem, req->body);
	int64_t count = 0;

	pthread_mutex_lock(&lock);
	for (struct subscriber *one = all.next; one != &all; one = one->next, count++)
		sp_parked_close(one->parked, event);
	pthread_mutex_unlock(&lock);
	return reply_number(req, count);
}

static bool
counts(struct sp_request *req)
{
	struct sp_stream_counts c = sp_stream_counts();
	int64_t ended;

	pthread_mutex_lock(&lock);
	ended = closed_count;
	pthread_mutex_unlock(&lock);
	return sp_reply(req, 200, "text/plain", sp_str(sp_printf(req->mem,
	    "open %lld parked %lld places %lld refused %lld stuck %lld closed %lld", (long long)c.open,
	    (long long)c.parked, (long long)c.places, (long long)c.refused, (long long)c.stuck,
	    (long long)ended)));
}

static const struct sp_route routes[] = {
	{ "GET", "/mcp/hello", hello },
	{ "GET", "/mcp/ticks/*", ticks },
	{ "POST", "/mcp/ticks/*", ticks },
	{ "GET", "/mcp/idle/*", idle },
	{ "GET", "/mcp/flood/*", flood },
	{ "GET", "/mcp/fail", failing },
	{ "GET", "/mcp/large", large },
	{ "GET", "/mcp/query/*", query },
	{ "GET", "/mcp/slow-events/*", slow_events },
	{ "GET", "/mcp/park", park },
	{ "POST", "/mcp/park", park },
	{ "GET", "/mcp/park-late/*", park_late },
	{ "POST", "/mcp/news", news },
	{ "POST", "/mcp/close", close_all },
	{ "GET", "/mcp/counts", counts },
	{ NULL }
};

int
main(int argc, char **argv)
{
	return sp_worker_main(argc, argv, &(struct sp_program){
	    .name = "stream_demo", .summary = "for tests of streams", .routes = routes,
	    .needs = SP_NEED_DB });
}
