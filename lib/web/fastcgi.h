/* fastcgi.h - the FastCGI process: connections, handler threads, signals; used by worker.c */
#ifndef SP_WEB_FASTCGI_H
#define SP_WEB_FASTCGI_H

#include <signal.h>
#include "web/worker.h"

/*
 * Blocks the signals that this process waits for, and returns their set.  To be
 * called before any thread is started, so that all inherit it.
 */
sigset_t sp_fastcgi_block_signals(void);

/*
 * Serves the listening socket until a signal ends it; the process is open
 * (process.h).  `path` is what to unlink at the end, or NULL.  Returns the exit
 * status: 0 when all that was begun was finished.
 */
int sp_fastcgi_run(int listener, const char *path);

/*
 * A new listening socket at "/path" or "host:port" ("[::1]:9000").  A path is
 * replaced in one step, so that a new process takes over from an old one
 * without a gap; mode is the socket's.  -1: *why says what failed.
 */
int sp_fastcgi_listen(struct sp_arena *mem, const char *where, unsigned mode, const char **why);

/*
 * A connection whose request has become a stream leaves the handler threads'
 * care, and comes back when the stream has ended: `keep` says whether the web
 * server may use it again, else it is closed.  Both for the stream thread.
 */
void sp_fastcgi_lend(int fd);
void sp_fastcgi_return(int fd, bool keep);

#endif
