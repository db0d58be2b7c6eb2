/*
 * stream.h - answers that come as events, while they happen
 *
 * A handler opens a stream and sends events; the stream ends when the handler
 * returns.  Work between events asks sp_stream_alive() at least once a second.
 *
 *	s = sp_stream_open(req);
 *	if (s == NULL)
 *		return true;
 *	while (next_step(work) && sp_stream_event(s, (struct sp_str){ 0 }, progress(work)))
 *		;
 *	return true;
 *
 * A stream that waits for news is parked: the handler returns, its thread and
 * the request's memory are free, and the one stream thread of the process keeps
 * the connection, with comments as signs of life.  A parked stream costs a
 * descriptor and well under a kilobyte; ten thousand of them cost no thread.
 *
 *	if (!sp_stream_reserve(req))
 *		return false;				(503: nothing was sent yet)
 *	s = sp_stream_open(req);
 *	if (s == NULL)
 *		return true;
 *	subscription->parked = sp_stream_park(s, &hooks, subscription);
 *	sp_parked_send(subscription->parked, acknowledgement);
 *	(register the subscription: what is sent from now on comes behind it)
 *	return true;				(and now all of it leaves)
 *
 * Who was promised news hears of everything that happens after the promise was
 * read, because he was registered before it left.
 */
#ifndef SP_WEB_STREAM_H
#define SP_WEB_STREAM_H

#include "web/request.h"
#include "web/sse.h"

/* ---- while the handler runs ---- */

struct sp_stream {
	struct sp_request *req;
	int64_t bytes, events;		/* sent so far */
	bool gone;			/* the client is */
	/* stream.c's own */
	struct sp_buf buf;
	int64_t written_ms;
	struct sp_parked *parked;
};

/*
 * From here on the answer is a stream: status 200 and the headers set so far go
 * out, with Content-Type: text/event-stream, X-Accel-Buffering: no and no
 * length, and a comment behind them, because most web servers hold a header
 * back until there is a body.  NULL: nobody is there to read it (HEAD, or the
 * client has gone); the request is answered.  Once for a request.
 *
 * A handler that fails afterwards can no longer say so with a status; what it
 * recorded with sp_fail() goes into the log.
 */
SP_MUST_USE struct sp_stream *sp_stream_open(struct sp_request *req);

/*
 * Sends an event at once; id and data as in sse.h.  False: the client has gone,
 * or has taken nothing for ten seconds; all that follows is false, too.
 */
bool sp_stream_event(struct sp_stream *stream, struct sp_str id, struct sp_str data);
/* The same with type and retry. */
bool sp_stream_send(struct sp_stream *stream, const struct sp_sse *event);

/*
 * Whether the client is still there; never waits.  Some web servers tell when it
 * leaves, the others only refuse what is written: so this writes a comment when
 * nothing was written for stream_keepalive seconds.
 */
bool sp_stream_alive(struct sp_stream *stream);

/* ---- clients that leave, with or without a stream ---- */

/*
 * Whether the client has closed the connection; never waits.  With a stream it
 * is sp_stream_alive(); before an answer of one piece only nginx, h2o and
 * lighttpd tell it at all.  Once true it stays so, and no answer is sent.
 */
bool sp_client_gone(struct sp_request *req);
/*
 * Statements of req->db are cancelled from here on when the client has gone
 * (they fail with 57014, and req->db.interrupted says why); while they run, an
 * open stream gets its comments.  For work that is in vain without a reader.
 */
void sp_client_watch(struct sp_request *req);

/* ---- parked ---- */

struct sp_parked;

/* Called on the stream thread, which serves all the others: briefly, without waiting. */
struct sp_parked_hooks {
	/*
	 * Once, when the stream has ended, whoever ended it.  The last moment at
	 * which `arg` is used.
	 */
	void (*closed)(void *arg);
	/*
	 * The process ends: the moment for a last event, with sp_parked_close().
	 * May be NULL; a stream that is not closed by it is closed behind it.
	 */
	void (*draining)(struct sp_parked *parked, void *arg);
};

/* False in a CGI program, which lives for one request. */
bool sp_stream_can_park(const struct sp_request *req);
/*
 * Keeps a place for this request, before anything is sent.  False: max_streams
 * are there already, or the process ends; the request has failed with 503.
 */
SP_MUST_USE bool sp_stream_reserve(struct sp_request *req);
/*
 * Hands the stream over, after sp_stream_reserve(), when the handler returns.
 * hooks must live as long as the process.  The handle is good until
 * sp_parked_release(), however the stream ends; what is sent before the handler
 * has returned waits for that.
 */
struct sp_parked *sp_stream_park(struct sp_stream *stream, const struct sp_parked_hooks *hooks, void *arg);

/*
 * Queues events (made by sse.h); from any thread, never waits.  False: the stream has
 * ended or is about to.  A client that does not read is given up when more than
 * 256 KiB wait for it.
 */
bool sp_parked_send(struct sp_parked *parked, struct sp_str events);
/*
 * Ends the stream properly after all that is queued and `last` (may be absent).
 * From any thread; closed() follows.
 */
void sp_parked_close(struct sp_parked *parked, struct sp_str last);
/* Gives the handle back: once, from any thread, also after closed(). */
void sp_parked_release(struct sp_parked *parked);

/* ---- numbers of this process ---- */

struct sp_stream_counts {
	int64_t open;		/* in handlers */
	int64_t parked;
	int64_t places;		/* so many can be parked: max_streams, or what descriptors allow */
	int64_t refused;	/* since the start, for want of a place */
	int64_t stuck;		/* since the start, given up because they did not read */
};
struct sp_stream_counts sp_stream_counts(void);

#endif
