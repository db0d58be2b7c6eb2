/*
 * fcgx.c - one FastCGI request through libfcgi
 *
 * libfcgi parses, and nothing else: it is given a connection of ours (its own
 * accept loses requests and can spin after SIGTERM), and never closes one that
 * is in order (it would wait for the peer to do so first).  It has no part in
 * the answer of a stream: its writing blocks, and says too late that it failed.
 */
#include <errno.h>
#include <fcgiapp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include "base/clock.h"
#include "web/fcgx.h"
#include "web/record.h"
#include "web/serve.h"

#define WRITE_STEP 8192		/* libfcgi's buffer, and thus one write(2) */

struct fcgx_transport {
	struct sp_transport base;
	FCGX_Request *fcgx;
	int64_t patience_us;	/* for the whole of an answer */
};

void
sp_fcgx_init(void)
{
	FCGX_Init();
	signal(SIGPIPE, SIG_IGN);	/* where FCGX_Init() has put a handler, even over SIG_IGN */
}

/*
 * What is buffered, after waiting for at least one byte.  FCGX_GetStr() alone
 * would wait until all that was asked for is there, and a sender of one byte a
 * second would never meet the deadline.
 */
static ssize_t
fcgx_read(void *arg, char *into, size_t room)
{
	struct fcgx_transport *t = arg;
	FCGX_Stream *in = t->fcgx->in;
	size_t ready;
	int c, error;

	if (sp_monotonic_us() > t->base.deadline_us) {
		errno = ETIMEDOUT;
		return -1;
	}
	c = FCGX_GetChar(in);
	if (c == EOF) {
		error = FCGX_GetError(in);
		if (error == 0)
			return 0;
		errno = error > 0 ? error : EPROTO;	/* negative: libfcgi's own codes */
		return -1;
	}
	into[0] = (char)c;
	ready = (size_t)(in->stop - in->rdNext);
	if (ready > room - 1)
		ready = room - 1;
	return 1 + FCGX_GetStr(into + 1, (int)ready, in);
}

/* A reader of one byte a second keeps every single write within the socket's time limit. */
static bool
put(FCGX_Stream *out, struct sp_str s, int64_t deadline_us)
{
	while (s.len > 0) {
		size_t step = s.len < WRITE_STEP ? s.len : WRITE_STEP;

		if (FCGX_PutStr(s.p, (int)step, out) < 0 || FCGX_GetError(out) != 0 ||
		    (s.len > step && sp_monotonic_us() > deadline_us))
			return false;
		s = sp_str_sub(s, step, s.len);
	}
	return true;
}

static bool
fcgx_write(struct sp_transport *base, struct sp_str head, struct sp_str body)
{
	struct fcgx_transport *t = (struct fcgx_transport *)base;
	int64_t deadline_us = sp_monotonic_us() + t->patience_us;

	return put(t->fcgx->out, head, deadline_us) && put(t->fcgx->out, body, deadline_us);
}

/* ---- streams: records of our own ---- */

static bool
send_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		ssize_t n = send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		} else if (n == 0 || (errno != EINTR && errno != EAGAIN) ||
		    (errno == EAGAIN && poll(&p, 1, SP_STUCK_MS) <= 0)) {
			return false;
		}
	}
	return true;
}

static bool
fcgx_send(struct sp_transport *t, struct sp_str bytes)
{
	uint8_t piece[WRITE_STEP];

	while (bytes.len > 0) {
		size_t room = sizeof(piece) - SP_RECORD_HEADER, n = bytes.len < room ? bytes.len : room;
		const uint8_t *end = sp_record_output(piece, t->record_id, bytes.p, n);

		if (!send_all(t->fd, piece, (size_t)(end - piece)))
			return false;
		bytes = sp_str_sub(bytes, n, bytes.len);
	}
	return true;
}

static bool
send_end(const struct sp_transport *t)
{
	uint8_t end[SP_RECORD_END];

	(void)sp_record_end(end, t->record_id);
	return send_all(t->fd, end, sizeof(end));
}

/* As at the end of a process, the web server must not send its next request here: see below. */
static bool
fcgx_finish(struct sp_transport *t)
{
	bool sent = send_end(t);

	shutdown(t->fd, SHUT_RDWR);
	return sent;
}

bool
sp_fcgx_peer_gone(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLRDHUP };
	uint8_t next[SP_RECORD_HEADER];
	ssize_t n;

	if (poll(&p, 1, 0) <= 0)
		return false;
	if ((p.revents & ~POLLIN) != 0)
		return true;
	n = recv(fd, next, sizeof(next), MSG_PEEK | MSG_DONTWAIT);
	return n > 0 ? sp_record_is_abort(next, (size_t)n) :
	    n == 0 || (errno != EAGAIN && errno != EINTR);
}

static bool
fcgx_gone(struct sp_transport *t)
{
	return sp_fcgx_peer_gone(t->fd);
}

/* ---- a request ---- */

enum sp_fcgx_outcome
sp_fcgx_serve(struct sp_process *process, struct sp_arena *mem, int fd, bool alone,
    const atomic_bool *stopping)
{
	FCGX_Request fcgx;
	struct fcgx_transport t = {
		.base = { .read = fcgx_read, .write = fcgx_write, .send = fcgx_send, .finish = fcgx_finish,
		    .gone = fcgx_gone,
		    .fd = fd, .fd_events = POLLIN | POLLRDHUP },
		.fcgx = &fcgx,
		.patience_us = process->settings->request_timeout * 1000000,
	};
	enum sp_served served;

	FCGX_InitRequest(&fcgx, -1, 0);		/* -1: after an error it returns and does not accept */
	fcgx.ipcFd = fd;
	fcgx.keepConnection = 1;		/* or else it begins with closing the descriptor */
	if (FCGX_Accept_r(&fcgx) != 0)
		return SP_FCGX_LOST;
	if (FCGX_GetError(fcgx.in) != 0) {
		/* It reports success for variables that end between two names, however they end. */
		FCGX_Finish_r(&fcgx);
		return SP_FCGX_LOST;
	}
	t.base.record_id = (unsigned)fcgx.requestId;
	t.base.keep = fcgx.keepConnection != 0 && alone;
	served = sp_serve(process, mem, &t.base, fcgx.envp);
	if (served != SP_SERVED) {
		FCGX_Free(&fcgx, 0);		/* without the end of a request that has none, or has it otherwise */
		if (served == SP_SERVED_PARKED)
			return SP_FCGX_PARKED;
		return served == SP_SERVED_STREAM && send_end(&t.base) && t.base.keep ?
		    SP_FCGX_KEPT : SP_FCGX_FINISHED;
	}
	if (t.base.keep && t.base.ended && *stopping) {
		/*
		 * The web server may send its next request as soon as it has the end of
		 * this one: that there is no next must follow as closely as can be.
		 */
		FCGX_FClose(fcgx.err);
		FCGX_FClose(fcgx.out);
		shutdown(fd, SHUT_RDWR);
		t.base.keep = false;
	}
	fcgx.keepConnection = 1;		/* in good order, closing is ours */
	FCGX_Finish_r(&fcgx);
	if (fcgx.ipcFd < 0)
		return SP_FCGX_LOST;
	if (!t.base.ended)
		return SP_FCGX_UNREAD;
	return t.base.keep ? SP_FCGX_KEPT : SP_FCGX_FINISHED;
}
