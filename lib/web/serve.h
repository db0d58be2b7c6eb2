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
	bool is_cgi;
	int64_t deadline_us;	/* sp_monotonic_us() by which the body must be there; set by sp_serve() */
	bool ended;		/* the body was read to its end; set by sp_serve() */
};

/* `mem` is the request's and is reset afterwards. False: the answer did not go out whole. */
bool sp_serve(struct sp_process *process, struct sp_arena *mem, struct sp_transport *t,
    char *const *params);

#endif
