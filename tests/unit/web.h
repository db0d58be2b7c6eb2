/* web.h - a request as the gate would see it, for tests of lib/web */
#ifndef SP_UNIT_WEB_H
#define SP_UNIT_WEB_H

#include <errno.h>
#include "unit.h"
#include "base/settings.h"
#include "web/gate.h"
#include "web/response.h"
#include "web/router.h"
#include "web/worker.h"

struct web {
	struct sp_arena *mem;
	struct sp_settings settings;
	struct sp_program program;
	struct sp_process process;
	struct sp_response response;
	struct sp_request req;
};

static inline void
web_open(struct web *w)
{
	*w = (struct web){
		.mem = sp_arena_new(),
		.settings = { .issuer = "https://mcp.example.com", .static_url = "/static",
		    .allowed_origins = "", .trusted_proxies = "", .max_body = 1000,
		    .request_timeout = 10 },
		.program = { .name = "test" },
	};
	w->process.program = &w->program;
	w->process.settings = &w->settings;
	w->req = (struct sp_request){ .mem = w->mem, .process = &w->process,
	    .settings = &w->settings, .response = &w->response, .id = "0123456789abcdefABCDEF",
	    .method = "GET" };
}

static inline void
web_close(struct web *w)
{
	sp_arena_free(w->mem);
}

/* A body that comes in pieces of `step` bytes, and may be cut off. */
struct pieces {
	struct sp_str rest;
	size_t step;
	int cut;		/* at the end: this error (errno), not an end */
};

static inline ssize_t
pieces_read(void *arg, char *into, size_t room)
{
	struct pieces *p = arg;
	size_t n = p->rest.len;

	if (n == 0) {
		errno = p->cut;
		return p->cut != 0 ? -1 : 0;
	}
	if (p->step > 0 && n > p->step)
		n = p->step;
	if (n > room)
		n = room;
	memcpy(into, p->rest.p, n);
	p->rest = sp_str_sub(p->rest, n, p->rest.len);
	return (ssize_t)n;
}

#endif
