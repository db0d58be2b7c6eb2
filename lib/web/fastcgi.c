/*
 * fastcgi.c - connections and handler threads
 *
 * All handler threads wait in one epoll set, and the one that is woken does the
 * work itself: accept, look, answer.  There is no queue and no hand-over.
 * Connections that the web server keeps open wait in the same set, so that any
 * number of them share the threads and none is starved (libfcgi's own loop
 * stays with one connection until it closes).
 *
 * A connection is a slot in a table indexed by its descriptor.  Whoever moves
 * its state from WAITING to BUSY owns it, and only the owner reads, writes or
 * closes.  Events are edge triggered and mean no more than "look again": one
 * for a slot that is BUSY makes it AGAIN, and its owner looks once more before
 * it lets go.  One thread sends others to a slot by making it LEFT and ringing
 * a bell.  A late event for a descriptor that was closed and used again costs
 * one look.  While a stream is parked its slot is BUSY, and the owner is the
 * stream thread (parked.c).
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "web/fastcgi.h"
#include "web/fcgx.h"
#include "web/parked.h"
#include "web/process.h"
#include "web/record.h"

#define PEEK_SIZE	(16 * 1024)	/* what a thread looks at before it lets libfcgi read */
#define MAX_SLOTS	65536
#define THREAD_STACK	(1024 * 1024)
#define TICK_MS		1000		/* how often connections that say nothing are looked for */
#define DRAIN_TICK_MS	20
/*
 * While draining, a kept connection is closed after its next answer, or when
 * nothing came for so long that the web server is unlikely to choose it in the
 * very moment of closing.  A new one was made to ask something: it has the time
 * that it always has.
 */
#define QUIET_MS	200
#define LINGER_MS	100		/* for a peer that still sends while we close */
#define ACCEPT_PAUSE_MS	100		/* out of descriptors */

#define CONNECTION_EVENTS (EPOLLIN | EPOLLRDHUP | EPOLLET)

enum { CLOSED, WAITING, LEFT, BUSY, AGAIN };

struct slot {
	atomic_int state;
	atomic_bool polled;		/* is in the epoll set */
	atomic_bool queued;		/* wants to be read slowly */
	atomic_llong since_ms;		/* waiting since */
	atomic_llong limit_ms;		/* closed when nothing came by then; 0: kept, may wait for ever */
};

static struct {
	int listener, epoll;
	int bell;			/* eventfd: some slot is LEFT; rings are edges and never read */
	int end;			/* eventfd: sends the threads home */
	bool tcp;
	struct slot *slots;		/* by descriptor */
	size_t slot_count;
	atomic_int highest;		/* descriptor that was ever a connection */
	atomic_int accepting;		/* threads that are about to use `listener` */
	atomic_size_t open;		/* connections */
	atomic_bool stopping;
	atomic_bool starved;		/* of descriptors: said once */
	atomic_int slow;		/* threads that read a request while it arrives */
	int slow_max;
	atomic_llong served;
	pthread_t *threads;
	size_t thread_count;
} server;

/* What belongs to one handler thread. */
struct handler {
	struct sp_arena *mem;
	struct sp_process *process;	/* held */
	unsigned generation;
	uint8_t peek[PEEK_SIZE];
};

static int64_t
timeout_ms(const struct sp_process *process)
{
	return process->settings->request_timeout * 1000;
}

/* ---- slots ---- */

static void
slot_open(int fd, int64_t allowed_ms)
{
	struct slot *s = &server.slots[fd];
	int highest = server.highest;

	while (fd > highest && !atomic_compare_exchange_weak(&server.highest, &highest, fd))
		;
	s->polled = false;
	s->queued = false;
	s->since_ms = sp_monotonic_ms();
	s->limit_ms = s->since_ms + allowed_ms;
	s->state = BUSY;
	server.open++;
}

/* The descriptor may be another connection's as soon as it is closed: the slot comes first. */
static void
slot_close(int fd)
{
	server.slots[fd].state = CLOSED;
	close(fd);
	server.open--;
}

/*
 * Lets go of a connection.  False: something came in the meantime; it is still
 * the caller's.
 */
static bool
slot_release(int fd)
{
	struct slot *s = &server.slots[fd];
	int expected = BUSY;

	if (!s->polled) {
		struct epoll_event ev = { .events = CONNECTION_EVENTS, .data.fd = fd };

		s->polled = true;
		if (epoll_ctl(server.epoll, EPOLL_CTL_ADD, fd, &ev) != 0) {
			slot_close(fd);
			return true;
		}
	}
	if (atomic_compare_exchange_strong(&s->state, &expected, WAITING))
		return true;
	s->state = BUSY;
	return false;
}

/* Takes a connection for which there is an event; false when somebody else has it. */
static bool
slot_take(int fd)
{
	struct slot *s = &server.slots[fd];
	int state = s->state, next;

	do {
		if (state == CLOSED || state == AGAIN)
			return false;
		next = state == BUSY ? AGAIN : BUSY;
	} while (!atomic_compare_exchange_weak(&s->state, &state, next));
	return state != BUSY;
}

static void
ring(int bell)
{
	uint64_t one = 1;

	if (write(bell, &one, sizeof(one)) != sizeof(one))
		abort();		/* cannot happen before 2^64 rings: eventfd(2) */
}

/* For the main thread, which serves nobody: what came in the meantime is for the others. */
static void
slot_give_back(int fd)
{
	if (!slot_release(fd)) {
		server.slots[fd].state = LEFT;
		ring(server.bell);
	}
}

/* Has somebody look at a slot of which nothing is known but that it may want that. */
static void
slot_nudge(int fd)
{
	struct slot *s = &server.slots[fd];
	int state = s->state, next;

	do {
		if (state != WAITING && state != BUSY)
			return;
		next = state == WAITING ? LEFT : AGAIN;
	} while (!atomic_compare_exchange_weak(&s->state, &state, next));
	if (state == WAITING)
		ring(server.bell);
}

void
sp_fastcgi_lend(int fd)
{
	if (server.slots[fd].polled)
		epoll_ctl(server.epoll, EPOLL_CTL_DEL, fd, NULL);
	server.slots[fd].polled = false;
}

void
sp_fastcgi_return(int fd, bool keep)
{
	struct slot *s = &server.slots[fd];

	if (!keep || server.stopping) {
		slot_close(fd);
		return;
	}
	s->limit_ms = 0;
	s->since_ms = sp_monotonic_ms();
	slot_give_back(fd);
}

/* ---- handler threads ---- */

/*
 * A request that is larger than the peek has to be read while it arrives, and
 * the sender decides how long that takes.  Half of the threads may wait so; the
 * others stay for those who have said what they want.
 */
static bool
slow_enter(struct slot *s)
{
	s->queued = true;		/* before the look at the count, for slow_leave() */
	if (server.slow++ < server.slow_max) {
		s->queued = false;
		return true;
	}
	server.slow--;
	return false;
}

static void
slow_leave(void)
{
	server.slow--;
	for (int fd = 0; fd <= server.highest; fd++)
		if (server.slots[fd].queued)
			slot_nudge(fd);
}

/* A web server that still sends must not meet a reset, which would cost it our answer. */
static void
close_politely(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char away[4096];

	if (shutdown(fd, SHUT_WR) == 0)
		while (poll(&p, 1, LINGER_MS) > 0 && read(fd, away, sizeof(away)) > 0)
			;
	slot_close(fd);
}

static void
count_served(struct handler *h)
{
	int64_t max = h->process->settings->max_requests;

	/* SIGUSR1, because a second SIGTERM would mean something else */
	if (++server.served == max)
		kill(getpid(), SIGUSR1);
}

static void
use_present_snapshot(struct handler *h)
{
	unsigned now = sp_process_generation();

	if (h->process != NULL && h->generation == now)
		return;
	if (h->process != NULL)
		sp_process_release(h->process);
	h->process = sp_process_hold();
	h->generation = now;
}

enum arrival {
	GONE,			/* closed by the peer, late, or nonsense */
	NOT_YET,
	WHOLE,			/* a request */
	WHOLE_AND_MORE,		/* with another behind it, of which libfcgi may drop a part */
	LARGE,			/* more than the peek can show: the rest may still be on its way */
};

static bool
peer_has_finished(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return poll(&p, 1, 0) > 0;
}

/* What lies there, without taking it away. */
static enum arrival
look(struct handler *h, int fd)
{
	struct slot *s = &server.slots[fd];
	ssize_t len = recv(fd, h->peek, sizeof(h->peek), MSG_PEEK | MSG_DONTWAIT);

	if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))
		return GONE;
	switch (len > 0 ? sp_record_scan(h->peek, (size_t)len) : SP_RECORD_PART) {
	case SP_RECORD_WHOLE:
		return WHOLE;
	case SP_RECORD_PIPELINED:
		return WHOLE_AND_MORE;
	case SP_RECORD_ABORTED:
		return GONE;
	case SP_RECORD_BAD:
		sp_log(SP_WARN, "fastcgi_protocol_error",
		    SP_L("detail", "not a responder's request"));
		return GONE;
	case SP_RECORD_PART:
		break;
	}
	/* A kept connection may be silent for ever, until it begins. */
	if (s->limit_ms == 0 && len > 0)
		s->limit_ms = sp_monotonic_ms() + timeout_ms(h->process);
	if (s->limit_ms != 0 && sp_monotonic_ms() > s->limit_ms)
		return GONE;
	if (len == (ssize_t)sizeof(h->peek))
		return slow_enter(s) ? LARGE : NOT_YET;
	return len > 0 && peer_has_finished(fd) ? GONE : NOT_YET;
}

/* Serves a connection that this thread owns, until there is nothing more to do. */
static void
attend(struct handler *h, int fd)
{
	struct slot *s = &server.slots[fd];
	enum sp_fcgx_outcome outcome;
	enum arrival arrival;

	use_present_snapshot(h);
	do {
		arrival = look(h, fd);
		if (arrival == NOT_YET)
			continue;
		if (arrival == GONE) {
			slot_close(fd);
			return;
		}
		outcome = sp_fcgx_serve(h->process, h->mem, fd, arrival != WHOLE_AND_MORE,
		    &server.stopping);
		if (arrival == LARGE)
			slow_leave();
		if (outcome == SP_FCGX_LOST) {
			server.open--;
			return;
		}
		count_served(h);
		if (outcome == SP_FCGX_PARKED)
			return;
		if (outcome == SP_FCGX_UNREAD) {
			close_politely(fd);
			return;
		}
		if (outcome == SP_FCGX_FINISHED || server.stopping) {
			slot_close(fd);
			return;
		}
		s->limit_ms = 0;
		s->since_ms = sp_monotonic_ms();
	} while (!slot_release(fd));
}

static void
set_options(const struct handler *h, int fd)
{
	struct timeval patience = { .tv_sec = h->process->settings->request_timeout };
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (server.tcp) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	}
}

static bool
out_of_descriptors(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* The connection stays in the kernel's queue; this thread waits, the others go on. */
static void
pause_accepting(int error)
{
	if (!atomic_exchange(&server.starved, true))
		sp_log(SP_ERROR, "out_of_descriptors", SP_LI("errno", error));
	poll(NULL, 0, ACCEPT_PAUSE_MS);
}

/* A connection in a slot of its own, or -1. */
static int
accept_connection(struct handler *h)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLONESHOT, .data.fd = server.listener };
	int fd = accept4(server.listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0 && out_of_descriptors(errno))
		pause_accepting(errno);
	epoll_ctl(server.epoll, EPOLL_CTL_MOD, server.listener, &ev);
	if (fd < 0)
		return -1;
	server.starved = false;
	if ((size_t)fd >= server.slot_count) {
		close(fd);
		return -1;
	}
	use_present_snapshot(h);
	set_options(h, fd);
	slot_open(fd, timeout_ms(h->process));
	return fd;
}

/*
 * One connection for this thread; then the next thread may take one.  So a
 * process accepts no more than it can serve, and others that share the socket
 * get their part.  Who drains waits until `accepting` is 0: by then a connection
 * that was accepted must count as open.
 */
static void
accept_one(struct handler *h)
{
	int fd;

	server.accepting++;
	fd = server.stopping ? -1 : accept_connection(h);
	server.accepting--;
	if (fd >= 0)
		attend(h, fd);
}

/* Takes one of the slots that were left, and has another thread look for more. */
static void
attend_left(struct handler *h)
{
	for (int fd = 0; fd <= server.highest; fd++) {
		int left = LEFT;

		if (!atomic_compare_exchange_strong(&server.slots[fd].state, &left, BUSY))
			continue;
		ring(server.bell);
		attend(h, fd);
		return;
	}
}

static void *
handler_main(void *arg)
{
	struct handler *h = calloc(1, sizeof(*h));
	struct epoll_event ev;

	(void)arg;
	if (h == NULL)
		sp_out_of_memory();
	h->mem = sp_arena_new();
	for (;;) {
		if (epoll_wait(server.epoll, &ev, 1, -1) != 1)
			continue;
		if (ev.data.fd == server.end)
			break;
		if (ev.data.fd == server.bell)
			attend_left(h);
		else if (ev.data.fd == server.listener)
			accept_one(h);
		else if (slot_take(ev.data.fd))
			attend(h, ev.data.fd);
	}
	if (h->process != NULL)
		sp_process_release(h->process);
	sp_arena_free(h->mem);
	free(h);
	return NULL;
}

/* ---- the main thread: signals, time limits, the end ---- */

static void
reload(void)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_buf errors;
	struct sp_str rest, line;

	sp_buf_init(&errors, mem, 64 * 1024);
	if (sp_process_reload(&errors)) {
		sp_log(SP_INFO, "reloaded");
	} else {
		rest = sp_buf_view(&errors);
		while (sp_str_split(&rest, '\n', &line))
			if (line.len > 0)
				sp_log(SP_ERROR, "reload_refused", SP_LS("detail", line));
	}
	sp_arena_free(mem);
}

/* Wakes those who wait too long; they find the end of the connection and close it. */
static void
sweep(bool draining)
{
	int64_t now = sp_monotonic_ms();

	for (int fd = 0; fd <= server.highest; fd++) {
		struct slot *s = &server.slots[fd];
		bool late, quiet;

		if (s->state != WAITING)
			continue;
		late = s->limit_ms != 0 && now > s->limit_ms;
		quiet = draining && s->limit_ms == 0 && now - s->since_ms > QUIET_MS;
		if (!(late || quiet) || !slot_take(fd))
			continue;
		/* Only the reading half: a request that is already there is still answered. */
		shutdown(fd, late ? SHUT_RDWR : SHUT_RD);
		slot_give_back(fd);
	}
}

static int
next_signal(const sigset_t *signals, int64_t wait_ms)
{
	struct timespec wait = { .tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000 };

	return sigtimedwait(signals, NULL, &wait);	/* -1: none in that time */
}

/*
 * No more connections, but for those that the kernel has queued already: on a
 * socket of our own nobody else would answer them.
 */
static void
stop_listening(int64_t allowed_ms)
{
	int fd;

	server.stopping = true;
	while (server.accepting > 0)
		poll(NULL, 0, 1);
	epoll_ctl(server.epoll, EPOLL_CTL_DEL, server.listener, NULL);
	while ((fd = accept4(server.listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		if ((size_t)fd >= server.slot_count) {
			close(fd);
			continue;
		}
		slot_open(fd, allowed_ms);
		slot_give_back(fd);
	}
	close(server.listener);
}

/* True when all that was begun is finished. */
static bool
drain(const sigset_t *signals, int64_t patience_ms)
{
	int64_t end = sp_monotonic_ms() + patience_ms;

	while (server.open > 0 && sp_monotonic_ms() < end) {
		int sig = next_signal(signals, DRAIN_TICK_MS);

		if (sig == SIGTERM || sig == SIGINT) {
			sp_log(SP_WARN, "ended_at_once",
			    SP_LI("connections", (int64_t)server.open));
			_exit(1);
		}
		sweep(true);
	}
	return server.open == 0;
}

static void
start_threads(size_t count)
{
	pthread_attr_t attr;

	server.slow_max = (int)(count + 1) / 2;
	server.threads = calloc(count, sizeof(*server.threads));
	if (server.threads == NULL)
		sp_out_of_memory();
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	for (; server.thread_count < count; server.thread_count++)
		if (pthread_create(&server.threads[server.thread_count], &attr, handler_main,
		    NULL) != 0)
			break;
	pthread_attr_destroy(&attr);
	if (server.thread_count == 0)
		sp_out_of_memory();
}

static void
open_server(int listener, const struct sp_settings *settings)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLONESHOT, .data.fd = listener };
	struct epoll_event bell = { .events = EPOLLIN | EPOLLET };
	struct sockaddr_storage name = { 0 };
	socklen_t len = sizeof(name);
	size_t descriptors = sp_parked_open(settings);

	server.slot_count = descriptors < MAX_SLOTS ? descriptors : MAX_SLOTS;
	server.slots = calloc(server.slot_count, sizeof(*server.slots));
	server.listener = listener;
	server.tcp = getsockname(listener, (struct sockaddr *)&name, &len) == 0 &&
	    name.ss_family != AF_UNIX;
	server.epoll = epoll_create1(EPOLL_CLOEXEC);
	server.bell = bell.data.fd = eventfd(0, EFD_CLOEXEC);
	server.end = eventfd(0, EFD_CLOEXEC);
	if (server.slots == NULL || server.epoll < 0 || server.bell < 0 || server.end < 0 ||
	    epoll_ctl(server.epoll, EPOLL_CTL_ADD, server.bell, &bell) != 0 ||
	    epoll_ctl(server.epoll, EPOLL_CTL_ADD, listener, &ev) != 0)
		sp_out_of_memory();
}

static void
send_threads_home(void)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = server.end };

	epoll_ctl(server.epoll, EPOLL_CTL_ADD, server.end, &ev);
	ring(server.end);
	for (size_t i = 0; i < server.thread_count; i++)
		pthread_join(server.threads[i], NULL);
	close(server.end);
	close(server.bell);
	close(server.epoll);
	free(server.threads);
	free(server.slots);
}

/* A path that another process has taken over in the meantime is not ours to remove. */
static void
unlink_if_ours(const char *path, const struct stat *ours)
{
	struct stat now;

	if (path != NULL && stat(path, &now) == 0 && now.st_ino == ours->st_ino &&
	    now.st_dev == ours->st_dev)
		unlink(path);
}

sigset_t
sp_fastcgi_block_signals(void)
{
	static const int ours[] = { SIGTERM, SIGINT, SIGUSR1, SIGHUP };
	sigset_t signals;

	sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		signal(ours[i], SIG_DFL);	/* nohup(1) leaves one ignored, and thus never pending */
		sigaddset(&signals, ours[i]);
	}
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	return signals;
}

int
sp_fastcgi_run(int listener, const char *path)
{
	struct sp_process *process = sp_process_hold();
	const struct sp_settings *settings = process->settings;
	struct stat socket_file = { 0 };
	sigset_t signals = sp_fastcgi_block_signals();
	bool whole;
	int sig;

	if (path != NULL)
		stat(path, &socket_file);
	sp_fcgx_init();
	open_server(listener, settings);
	start_threads((size_t)settings->threads);
	sp_log(SP_INFO, "started", SP_LI("threads", (int64_t)server.thread_count));
	while ((sig = next_signal(&signals, TICK_MS)) < 0 || sig == SIGHUP) {
		if (sig == SIGHUP)
			reload();
		sweep(false);
	}
	sp_log(SP_INFO, "draining", SP_LI("connections", (int64_t)server.open));
	sp_process_release(process);
	process = sp_process_hold();		/* it may have been reloaded */
	stop_listening(timeout_ms(process));
	sp_parked_drain();
	unlink_if_ours(path, &socket_file);
	whole = drain(&signals, timeout_ms(process) + 1000);
	sp_process_release(process);
	if (!whole) {
		sp_log(SP_ERROR, "drain_timeout", SP_LI("connections", (int64_t)server.open));
		_exit(1);		/* threads still run: nothing can be freed under them */
	}
	sp_parked_stop();
	send_threads_home();
	sp_log(SP_INFO, "ended", SP_LI("requests", server.served));
	return 0;
}
