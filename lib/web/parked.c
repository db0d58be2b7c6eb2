/*
 * parked.c - the stream thread: many streams that wait for news, one thread
 *
 * The thread has an epoll set of its own and is the only one that reads, writes
 * or closes the connection of a parked stream.  Others append to the stream's
 * queue and put it on the list of those with news; all that is shared is under
 * one lock, which nobody holds while calling the system or a hook.
 *
 * Silence is measured without timers: every stream that is written to goes to
 * the end of a list, so that the list is in the order in which comments fall
 * due.  After news for all of them at once they would all fall due at once,
 * too, and so on for ever; therefore a round is spread over a quarter of the
 * interval.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "web/fastcgi.h"
#include "web/fcgx.h"
#include "web/http_log.h"
#include "web/parked.h"
#include "web/record.h"
#include "web/router.h"
#include "web/serve.h"

#define QUEUE_MAX	((size_t)256 << 10)	/* of what waits while something is being written */
#define CLOSE_MS	2000		/* for a client to take the end of its stream */
#define TICK_MS		50		/* between the parts of a round of comments */
#define EVENTS		256
#define THREAD_STACK	(256 * 1024)

struct list {
	struct sp_parked *first, *last;
};

struct sp_parked {
	/* written once */
	int fd;
	unsigned record_id;
	bool keep;
	const struct sp_parked_hooks *hooks;
	void *arg;
	char request_id[24], address[48];
	const char *method, *route;
	int64_t started_us;

	atomic_int holders;
	/* under the lock */
	struct sp_parked *next_news;
	char *queue;			/* records, behind those in `out` */
	size_t queue_len, queue_size;
	int64_t bytes, events;
	bool started;			/* the handler has returned */
	bool has_news;			/* is on the list of those with news */
	bool closed;			/* takes no more; its last record is in the queue */
	bool stuck;			/* has refused to read so much that it is given up */
	/* the thread's own */
	struct sp_parked *prev, *next;
	struct list *in;
	enum { NEW, SERVED, OVER } state;
	int64_t due_ms;			/* its comment; in `closing`, its end */
	char *out;			/* records that are being written */
	size_t out_len, out_at;
	bool waits_for_room;		/* EPOLLOUT is asked for */
};

static struct {
	pthread_mutex_t lock;
	/* under the lock */
	struct sp_parked *news, *last_news;
	bool running, draining, stopping;
	pthread_t thread;

	int epoll, wake;		/* made with the thread */
	int64_t descriptors;
	atomic_llong places;		/* the setting, or what descriptors allow */
	atomic_llong keepalive_ms;
	atomic_llong taken;		/* places */
	atomic_llong parked, refused, stuck;
	/* the thread's own */
	struct list silent, closing;	/* in the order of due_ms */
	bool drained;
	int64_t next_round_ms;
} streams = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
wake_thread(void)
{
	(void)!write(streams.wake, &(uint64_t){ 1 }, sizeof(uint64_t));
}

/* ---- from any thread: places, queues ---- */

static void
hold(struct sp_parked *p)
{
	p->holders++;
}

void
sp_parked_release(struct sp_parked *p)
{
	if (--p->holders > 0)
		return;
	free(p->queue);
	free(p);
}

/* Under the lock.  True: the thread has to be woken. */
static bool
add_news(struct sp_parked *p)
{
	bool first = streams.news == NULL;

	if (!p->started || p->has_news)
		return false;
	hold(p);
	p->has_news = true;
	p->next_news = NULL;
	if (first)
		streams.news = p;
	else
		streams.last_news->next_news = p;
	streams.last_news = p;
	return first;
}

/* Room for so many more bytes at the end of the queue; under the lock. */
static uint8_t *
queue_room(struct sp_parked *p, size_t size)
{
	size_t need = p->queue_len + size, room = p->queue_size * 2 > need ? p->queue_size * 2 : need;

	if (need > p->queue_size) {
		p->queue = realloc(p->queue, room);
		if (p->queue == NULL)
			sp_out_of_memory();
		p->queue_size = room;
	}
	p->queue_len = need;
	return (uint8_t *)p->queue + need - size;
}

static void
queue_output(struct sp_parked *p, struct sp_str bytes)
{
	if (bytes.len == 0)
		return;
	(void)sp_record_output(queue_room(p, sp_record_output_size(bytes.len)), p->record_id, bytes.p,
	    bytes.len);
	p->bytes += (int64_t)bytes.len;
	p->events++;
}

bool
sp_parked_send(struct sp_parked *p, struct sp_str events)
{
	bool good = false, wake = false;

	pthread_mutex_lock(&streams.lock);
	if (!p->closed && !p->stuck) {
		/* However large a thing is, it passes when nothing waits before it. */
		good = p->queue_len == 0 || p->queue_len + events.len <= QUEUE_MAX;
		if (good)
			queue_output(p, events);
		else
			p->stuck = true;
		wake = add_news(p);
	}
	pthread_mutex_unlock(&streams.lock);
	if (wake)
		wake_thread();
	return good;
}

void
sp_parked_close(struct sp_parked *p, struct sp_str last)
{
	bool wake = false;

	pthread_mutex_lock(&streams.lock);
	if (!p->closed) {
		queue_output(p, last);
		(void)sp_record_end(queue_room(p, SP_RECORD_END), p->record_id);
		p->closed = true;
		wake = add_news(p);
	}
	pthread_mutex_unlock(&streams.lock);
	if (wake)
		wake_thread();
}

struct sp_parked *
sp_parked_new(const struct sp_stream *s, const struct sp_parked_hooks *hooks, void *arg)
{
	const struct sp_request *req = s->req;
	struct sp_parked *p = calloc(1, sizeof(*p));

	if (p == NULL)
		sp_out_of_memory();
	p->fd = req->transport->fd;
	p->record_id = req->transport->record_id;
	p->keep = req->transport->keep;
	p->hooks = hooks;
	p->arg = arg;
	memcpy(p->request_id, req->id, strnlen(req->id, sizeof(p->request_id) - 1));
	if (req->address.len > 0)
		memcpy(p->address, req->address.p, sp_str_sub(req->address, 0, sizeof(p->address) - 1).len);
	p->method = req->method;
	p->route = req->route->path;
	p->started_us = req->started_us;
	p->bytes = s->bytes;
	p->events = s->events;
	p->holders = 2;			/* the caller, and the thread until the end */
	return p;
}

void
sp_parked_start(struct sp_parked *p)
{
	bool wake;

	pthread_mutex_lock(&streams.lock);
	p->started = true;
	wake = add_news(p);
	pthread_mutex_unlock(&streams.lock);
	if (wake)
		wake_thread();
}

void
sp_parked_count(struct sp_stream_counts *counts)
{
	counts->parked = streams.parked;
	counts->places = streams.places;
	counts->refused = streams.refused;
	counts->stuck = streams.stuck;
}

/* ---- the thread: lists ---- */

static void
list_remove(struct sp_parked *p)
{
	if (p->prev != NULL)
		p->prev->next = p->next;
	else
		p->in->first = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	else
		p->in->last = p->prev;
	p->prev = p->next = NULL;
	p->in = NULL;
}

/* To the end, due in so many milliseconds, which are the same for all of a list. */
static void
list_append(struct list *list, struct sp_parked *p, int64_t ms)
{
	if (p->in != NULL)
		list_remove(p);
	p->in = list;
	p->due_ms = sp_monotonic_ms() + ms;
	p->prev = list->last;
	if (list->last != NULL)
		list->last->next = p;
	else
		list->first = p;
	list->last = p;
}

static void
was_written(struct sp_parked *p)
{
	if (p->in == &streams.silent)
		list_append(&streams.silent, p, streams.keepalive_ms);
}

/* ---- the thread: one stream ---- */

enum ending { FINISHED, CLIENT_GONE, CLIENT_STUCK };

static void
end(struct sp_parked *p, enum ending how)
{
	list_remove(p);
	p->state = OVER;
	epoll_ctl(streams.epoll, EPOLL_CTL_DEL, p->fd, NULL);
	sp_fastcgi_return(p->fd, how == FINISHED && p->keep);
	free(p->out);
	p->out = NULL;
	pthread_mutex_lock(&streams.lock);
	p->closed = true;
	free(p->queue);
	p->queue = NULL;
	pthread_mutex_unlock(&streams.lock);
	if (how == CLIENT_STUCK)
		streams.stuck++;
	streams.taken--;
	streams.parked--;
	sp_log_request_id(p->request_id);
	sp_http_log(&(struct sp_http_log){ .method = p->method, .route = p->route, .status = 200,
	    .started_us = p->started_us, .bytes = p->bytes, .streamed = true, .events = p->events,
	    .address = sp_str(p->address), .sent = how == FINISHED,
	    .gone = how == CLIENT_GONE ? "client" : how == CLIENT_STUCK ? "stuck" : NULL });
	if (p->hooks->closed != NULL)
		p->hooks->closed(p->arg);
	sp_log_request_id(NULL);
	sp_parked_release(p);
}

static void
wait_for_room(struct sp_parked *p, bool on)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET | (on ? EPOLLOUT : 0),
	    .data.ptr = p };

	if (p->waits_for_room != on)
		epoll_ctl(streams.epoll, EPOLL_CTL_MOD, p->fd, &ev);
	p->waits_for_room = on;
}

enum to_do { NOTHING, WRITE, END, GIVE_UP };

/* What there is to do; when all of `out` was written, what is queued comes in its place. */
static enum to_do
next_step(struct sp_parked *p)
{
	enum to_do next;

	pthread_mutex_lock(&streams.lock);
	if (p->out == NULL && p->queue_len > 0) {
		p->out = p->queue;
		p->out_len = p->queue_len;
		p->out_at = 0;
		p->queue = NULL;
		p->queue_len = p->queue_size = 0;
	}
	if (p->stuck)
		next = GIVE_UP;
	else if (p->out != NULL)
		next = WRITE;
	else
		next = p->closed ? END : NOTHING;
	if (p->closed && p->in == &streams.silent)
		list_append(&streams.closing, p, CLOSE_MS);
	pthread_mutex_unlock(&streams.lock);
	return next;
}

/* Writes what there is until the socket takes no more; may end the stream. */
static void
write_out(struct sp_parked *p)
{
	for (;;) {
		ssize_t n;

		switch (next_step(p)) {
		case NOTHING:
			wait_for_room(p, false);
			return;
		case END:
			end(p, FINISHED);
			return;
		case GIVE_UP:
			end(p, CLIENT_STUCK);
			return;
		case WRITE:
			break;
		}
		n = send(p->fd, p->out + p->out_at, p->out_len - p->out_at, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			wait_for_room(p, true);
			return;
		}
		if (n <= 0) {
			end(p, CLIENT_GONE);
			return;
		}
		was_written(p);
		p->out_at += (size_t)n;
		if (p->out_at == p->out_len) {
			free(p->out);
			p->out = NULL;
		}
	}
}

static void
drain_one(struct sp_parked *p)
{
	if (p->hooks->draining != NULL)
		p->hooks->draining(p, p->arg);
	sp_parked_close(p, (struct sp_str){ NULL, 0 });
}

/* A connection that a handler has just left. */
static void
begin(struct sp_parked *p)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = p };

	sp_fastcgi_lend(p->fd);
	p->state = SERVED;
	streams.parked++;
	list_append(&streams.silent, p, streams.keepalive_ms);
	if (epoll_ctl(streams.epoll, EPOLL_CTL_ADD, p->fd, &ev) != 0)
		sp_parked_close(p, (struct sp_str){ NULL, 0 });	/* out of memory for it */
	else if (streams.drained)
		drain_one(p);
}

/* A client that has been given nothing for so long, and has read what it was given. */
static void
write_comment(struct sp_parked *p)
{
	static const char comment[] = ":\n\n";
	char record[SP_RECORD_HEADER + sizeof(comment) - 1];
	ssize_t n;

	(void)sp_record_output((uint8_t *)record, p->record_id, comment, sizeof(comment) - 1);
	n = send(p->fd, record, sizeof(record), MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		end(p, CLIENT_GONE);
	} else if (n > 0 && (size_t)n < sizeof(record)) {
		p->out_len = sizeof(record) - (size_t)n;
		p->out_at = 0;
		p->out = malloc(p->out_len);
		if (p->out == NULL)
			sp_out_of_memory();
		memcpy(p->out, record + n, p->out_len);
		wait_for_room(p, true);
	}
}

/* ---- the thread: all of them ---- */

static void
take_news(void)
{
	for (;;) {
		struct sp_parked *p;

		pthread_mutex_lock(&streams.lock);
		p = streams.news;
		if (p != NULL) {
			streams.news = p->next_news;
			p->has_news = false;
		}
		pthread_mutex_unlock(&streams.lock);
		if (p == NULL)
			return;
		if (p->state == NEW)
			begin(p);
		if (p->state == SERVED)
			write_out(p);
		sp_parked_release(p);
	}
}

/* A round of comments, or a part of it. */
static void
keep_alive(int64_t now)
{
	int64_t part = 1 + streams.parked * TICK_MS * 4 / streams.keepalive_ms;
	struct sp_parked *p;

	if (now < streams.next_round_ms)
		return;
	while ((p = streams.silent.first) != NULL && p->due_ms <= now) {
		if (part-- == 0) {
			streams.next_round_ms = now + TICK_MS;
			return;
		}
		list_append(&streams.silent, p, streams.keepalive_ms);
		if (p->out == NULL)
			write_comment(p);
	}
}

static void
end_late(int64_t now)
{
	struct sp_parked *p;

	while ((p = streams.closing.first) != NULL && p->due_ms <= now)
		end(p, CLIENT_STUCK);
}

static void
drain_all(void)
{
	streams.drained = true;
	/* What a hook sends and closes is news, and changes no list. */
	for (struct sp_parked *p = streams.silent.first; p != NULL; p = p->next)
		drain_one(p);
}

/* Until the next comment or end is due. */
static int
patience(int64_t now)
{
	int64_t at = INT64_MAX;

	if (streams.silent.first != NULL) {
		at = streams.silent.first->due_ms;
		if (at < streams.next_round_ms)
			at = streams.next_round_ms;
	}
	if (streams.closing.first != NULL && streams.closing.first->due_ms < at)
		at = streams.closing.first->due_ms;
	if (at == INT64_MAX)
		return -1;
	return at > now ? (int)(at - now) : 0;
}

static void
attend(struct sp_parked *p, uint32_t events)
{
	if ((events & ~(uint32_t)EPOLLOUT) != 0 && sp_fcgx_peer_gone(p->fd))
		end(p, CLIENT_GONE);
	else if ((events & EPOLLOUT) != 0)
		write_out(p);
}

static void *
stream_main(void *arg)
{
	struct epoll_event events[EVENTS];
	bool draining, stopping;
	uint64_t count;

	(void)arg;
	do {
		int n = epoll_wait(streams.epoll, events, EVENTS, patience(sp_monotonic_ms()));

		/* A stream has one event at most, and ends by nobody else's. */
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == NULL)
				(void)!read(streams.wake, &count, sizeof(count));
			else
				attend(events[i].data.ptr, events[i].events);
		}
		pthread_mutex_lock(&streams.lock);
		draining = streams.draining;
		stopping = streams.stopping;
		pthread_mutex_unlock(&streams.lock);
		if (draining && !streams.drained)
			drain_all();
		take_news();
		keep_alive(sp_monotonic_ms());
		end_late(sp_monotonic_ms());
	} while (!stopping);
	return NULL;
}

/* ---- its beginning and end ---- */

static int64_t
places(const struct sp_settings *settings)
{
	return settings->max_streams < streams.descriptors ? settings->max_streams : streams.descriptors;
}

/* Parked streams get what requests, the database and the files of tools leave over. */
size_t
sp_parked_open(const struct sp_settings *settings)
{
	int64_t others = 64 + 8 * settings->threads;
	rlim_t wanted = (rlim_t)(others + settings->max_streams);
	struct rlimit limit = { 1024, 1024 };

	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < wanted) {
		limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur > (rlim_t)others)
		streams.descriptors = (int64_t)(limit.rlim_cur - (rlim_t)others);
	streams.places = places(settings);
	return (size_t)limit.rlim_cur;
}

/* With the lock held. */
static bool
start_thread(const struct sp_settings *settings)
{
	struct epoll_event ev = { .events = EPOLLIN };	/* data.ptr NULL: the wake-up call */
	pthread_attr_t attr;

	streams.epoll = epoll_create1(EPOLL_CLOEXEC);
	streams.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (streams.epoll >= 0 && streams.wake >= 0 &&
	    epoll_ctl(streams.epoll, EPOLL_CTL_ADD, streams.wake, &ev) == 0) {
		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, THREAD_STACK);
		streams.running = pthread_create(&streams.thread, &attr, stream_main, NULL) == 0;
		pthread_attr_destroy(&attr);
	}
	if (!streams.running) {
		sp_log(SP_ERROR, "no_stream_thread", SP_LI("errno", errno));
		close(streams.epoll);
		close(streams.wake);
	}
	if (streams.places < settings->max_streams)
		sp_log(SP_WARN, "fewer_streams", SP_LI("max_streams", settings->max_streams),
		    SP_LI("places", streams.places),
		    SP_L("detail", "the limit of open files (RLIMIT_NOFILE) is too low"));
	return streams.running;
}

bool
sp_parked_reserve(const struct sp_settings *settings)
{
	bool good;

	streams.places = places(settings);	/* it may have been reloaded */
	streams.keepalive_ms = settings->stream_keepalive * 1000;
	pthread_mutex_lock(&streams.lock);
	good = !streams.draining && streams.taken < streams.places && (streams.running || start_thread(settings));
	if (good)
		streams.taken++;
	pthread_mutex_unlock(&streams.lock);
	if (!good)
		streams.refused++;
	return good;
}

void
sp_parked_unreserve(void)
{
	streams.taken--;
}

void
sp_parked_drain(void)
{
	bool running;

	pthread_mutex_lock(&streams.lock);
	streams.draining = true;
	running = streams.running;
	pthread_mutex_unlock(&streams.lock);
	if (running)
		wake_thread();
}

void
sp_parked_stop(void)
{
	bool running;

	pthread_mutex_lock(&streams.lock);
	streams.stopping = true;
	running = streams.running;
	pthread_mutex_unlock(&streams.lock);
	if (!running)
		return;
	wake_thread();
	pthread_join(streams.thread, NULL);
	close(streams.epoll);
	close(streams.wake);
}
