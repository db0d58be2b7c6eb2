/* parked.h - the stream thread, as stream.c, serve.c and fastcgi.c see it; the rest is in stream.h */
#ifndef SP_WEB_PARKED_H
#define SP_WEB_PARKED_H

#include "web/stream.h"

/*
 * Once, before the first request: raises the limit of open files to what
 * max_streams needs, as far as the hard limit allows.  The limit, as it is then.
 */
size_t sp_parked_open(const struct sp_settings *settings);

/*
 * A place, until sp_parked_unreserve() or the end of the parked stream that takes
 * it.  The first one starts the thread.
 */
bool sp_parked_reserve(const struct sp_settings *settings);
void sp_parked_unreserve(void);

/* What the thread needs to know of a stream, copied. */
struct sp_parked *sp_parked_new(const struct sp_stream *stream, const struct sp_parked_hooks *hooks, void *arg);
/* The handler has returned; from here on the connection is the thread's. */
void sp_parked_start(struct sp_parked *parked);

/* Every stream gets its draining() and ends; there are no new places. */
void sp_parked_drain(void);
/* Ends the thread, when all streams have ended. */
void sp_parked_stop(void);

/* Fills in what is known here. */
void sp_parked_count(struct sp_stream_counts *counts);

#endif
