/*
 * serve.h - one request, from its variables to its log line
 *
 * FastCGI and CGI differ in how bytes come and go, and in nothing else: each
 * brings a struct sp_transport (fastcgi.c, cgi.c).
 */
#ifndef SP_WEB_SERVE_H
#define SP_WEB_SERVE_H

#include "web/gate.h"
#include "web/worker.h"

struct sp_transport {
	sp_body_read *read;	/* its arg is the transport */
	/* Header block and body in one piece; false when the web server is gone. */
	bool (*write)(struct sp_transport *t, struct sp_str head, struct sp_str body);
	/* A piece of a stream, at once; false when the client has gone or takes nothing for so long. */
	bool (*send)(struct sp_transport *t, struct sp_str bytes);
	/*
	 * The end of what was sent with send(): at once, and whatever the program does
	 * afterwards, the web server does not wait for it.  False as above.
	 */
	bool (*finish)(struct sp_transport *t);
	/* Whether the client has gone, as far as the web server tells; never waits. */
	bool (*gone)(struct sp_transport *t);
	int fd;			/* has one of these events of poll(2) when gone() is worth a question */
	short fd_events;
	bool is_cgi;
	unsigned record_id;	/* FastCGI's request id */
	bool keep;		/* FastCGI: the connection can be used again */
	int64_t deadline_us;	/* sp_monotonic_us() by which the body must be there; set by sp_serve() */
	bool ended;		/* the body was read to its end; set by sp_serve() */
};

#define SP_STUCK_MS	10000	/* a stream's client that takes nothing for so long counts as gone */

/*
 * A request to work with, in `mem`: an id for the log, settings, and a session of
 * the database where the program has one.  What sp_serve() begins and ends with,
 * for work that no web server sent (a pipe, a queue).
 */
void sp_request_begin(struct sp_request *req, struct sp_response *response, struct sp_process *process,
    struct sp_arena *mem);
void sp_request_end(struct sp_request *req);

enum sp_served {
	SP_SERVED,		/* write() took the answer */
	SP_SERVED_STREAM,	/* send() took it; its end is the caller's */
	SP_SERVED_EARLY,	/* finish() was called: the connection is of no more use */
	SP_SERVED_PARKED,	/* the stream thread has the connection now */
	SP_SERVED_BROKEN,	/* the answer did not go out whole, and cannot be mended */
};

/* `mem` is the request's and is reset afterwards. */
enum sp_served sp_serve(struct sp_process *process, struct sp_arena *mem, struct sp_transport *t,
    char *const *params);

#endif
