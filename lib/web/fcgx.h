/* fcgx.h - one FastCGI request through libfcgi; used by fastcgi.c, and the only user of fcgiapp.h */
#ifndef SP_WEB_FCGX_H
#define SP_WEB_FCGX_H

#include <stdatomic.h>
#include "web/worker.h"

enum sp_fcgx_outcome {
	SP_FCGX_KEPT,		/* answered; the web server wants to go on using the connection */
	SP_FCGX_FINISHED,	/* the connection is to be closed */
	SP_FCGX_UNREAD,		/* the same, but the web server may still be sending */
	SP_FCGX_PARKED,		/* the stream thread has the connection now */
	SP_FCGX_LOST,		/* libfcgi closed the descriptor, which may already be somebody else's */
};

/* Once, before the first request. Leaves SIGPIPE ignored. */
void sp_fcgx_init(void);

/*
 * Reads a request from a blocking connection, serves it and answers.  `alone`:
 * nothing else lies behind it, so that the connection can be used again; once
 * *stopping is true, none is.
 */
enum sp_fcgx_outcome sp_fcgx_serve(struct sp_process *process, struct sp_arena *mem, int fd, bool alone,
    const atomic_bool *stopping);

/* Whether the web server has closed the connection, or aborted the request on it; never waits. */
bool sp_fcgx_peer_gone(int fd);

#endif
