/* serve.c - one request, from its variables to its log line */
#include <sys/random.h>
#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "web/response.h"
#include "web/router.h"
#include "web/serve.h"

#pragma weak sp_db_begin	/* see process.c */
#pragma weak sp_db_end

/* 128 random bits: not a secret, but not to be guessed into somebody's log either. */
static const char *
new_request_id(struct sp_arena *mem)
{
	uint8_t bits[16];

	if (getrandom(bits, sizeof(bits), 0) != sizeof(bits))
		abort();		/* cannot happen for 16 bytes: getrandom(2) */
	return sp_base64url_encode(mem, bits, sizeof(bits)).p;
}

static void
log_request(const struct sp_request *req, bool sent, size_t bytes)
{
	const struct sp_problem_info *info = sp_problem_info(req->problem);
	int status = req->response->status;
	enum sp_log_level level = status == 500 ? SP_ERROR : status > 500 ? SP_WARN : SP_INFO;
	bool failed = req->problem != SP_OK;

	sp_log(level, "http",
	    SP_L("method", req->method),
	    SP_L("route", req->route != NULL ? req->route->path : "-"),
	    SP_LI("status", status),
	    SP_LI("ms", (sp_monotonic_us() - req->started_us) / 1000),
	    SP_LI("bytes", (int64_t)bytes),
	    SP_LI("db_round_trips", req->db.round_trips),
	    SP_LS("address", req->address),
	    SP_L(failed ? "problem" : NULL, info->error),
	    SP_L(failed && req->detail != NULL ? "detail" : NULL, req->detail),
	    SP_L(sent ? NULL : "sent", "no"));
}

bool
sp_serve(struct sp_process *process, struct sp_arena *mem, struct sp_transport *t,
    char *const *params)
{
	struct sp_response response = { 0 };
	struct sp_request req = {
		.mem = mem,
		.process = process,
		.settings = process->settings,
		.started_us = sp_monotonic_us(),
		.is_cgi = t->is_cgi,
		.response = &response,
	};
	struct sp_str head;
	size_t bytes;
	bool sent;

	req.id = new_request_id(mem);
	sp_log_request_id(req.id);
	t->deadline_us = req.started_us + process->settings->request_timeout * 1000000;
	if (process->pool != NULL)
		sp_db_begin(&req.db, process->pool, mem);
	/* A refusal stays in req, and the router tells of it in the way of its route. */
	sp_gate_params(&req, params);
	sp_gate_body(&req, t->read, t, &t->ended);
	sp_route_request(&req, process->program->routes);
	if (process->pool != NULL)
		sp_db_end(&req.db);	/* others may use the connection while we write */
	head = sp_response_head(&req);
	bytes = response.body.len;
	sent = t->write(t, head, response.body);
	log_request(&req, sent, bytes);
	sp_log_request_id(NULL);
	sp_arena_reset(mem);
	return sent;
}
