/*
 * fcgx.c - one FastCGI request through libfcgi
 *
 * libfcgi parses, and nothing else: it is given a connection of ours (its own
 * accept loses requests and can spin after SIGTERM), and never closes one that
 * is in order (it would wait for the peer to do so first).
 */
#include <errno.h>
#include <fcgiapp.h>
#include <signal.h>
#include "base/clock.h"
#include "web/fcgx.h"
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

enum sp_fcgx_outcome
sp_fcgx_serve(struct sp_process *process, struct sp_arena *mem, int fd)
{
	FCGX_Request fcgx;
	struct fcgx_transport t = {
		.base = { .read = fcgx_read, .write = fcgx_write },
		.fcgx = &fcgx,
		.patience_us = process->settings->request_timeout * 1000000,
	};
	bool keep, sent;

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
	keep = fcgx.keepConnection != 0;
	sent = sp_serve(process, mem, &t.base, fcgx.envp);
	if (!sent) {
		FCGX_Free(&fcgx, 0);		/* without the end of a request that has none */
		return SP_FCGX_FINISHED;
	}
	fcgx.keepConnection = 1;		/* in good order, closing is ours */
	FCGX_Finish_r(&fcgx);
	if (fcgx.ipcFd < 0)
		return SP_FCGX_LOST;
	if (!t.base.ended)
		return SP_FCGX_UNREAD;
	return keep ? SP_FCGX_KEPT : SP_FCGX_FINISHED;
}
