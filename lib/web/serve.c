/* serve.c - one request, from its variables to its log line */
#include <sys/random.h>
#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "web/http_log.h"
#include "web/parked.h"
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
log_request(const struct sp_request *req, bool sent)
{
	const struct sp_stream *stream = req->stream;

	sp_http_log(&(struct sp_http_log){
	    .method = req->method,
	    .route = req->route != NULL ? req->route->path : NULL,
	    .status = stream != NULL ? 200 : req->response->status,
	    .started_us = req->started_us,
	    .bytes = stream != NULL ? stream->bytes : (int64_t)req->response->body.len,
	    .db_round_trips = req->db.round_trips,
	    .streamed = stream != NULL,
	    .events = stream != NULL ? stream->events : 0,
	    .address = req->address,
	    .trace_id = req->trace_id,
	    .problem = req->problem,
	    .detail = req->detail,
	    .sent = sent,
	    .gone = req->client_gone ? "client" : NULL,
	});
}

/* The answer of one piece; nobody reads it when the client has gone. */
static enum sp_served
answer(struct sp_request *req, struct sp_transport *t)
{
	struct sp_str head = sp_response_head(req);
	bool sent = !req->client_gone && t->write(t, head, req->response->body);

	log_request(req, sent);
	return sent ? SP_SERVED : SP_SERVED_BROKEN;
}

void
sp_reply_now(struct sp_request *req)
{
	struct sp_transport *t = req->transport;
	struct sp_stream *stream = req->stream;
	bool sent;

	if (t == NULL || req->replied)
		return;
	req->replied = true;
	if (stream == NULL)
		sent = !req->client_gone && t->send(t, sp_response_head(req)) && t->send(t, req->response->body);
	else
		sent = !stream->gone;
	log_request(req, sent);
	(void)t->finish(t);
	if (stream != NULL)
		stream->gone = true;
}

/* Something of the request outlives it, or its stream ends here. */
static enum sp_served
end_stream(struct sp_request *req)
{
	const struct sp_stream *stream = req->stream;

	if (stream->parked != NULL)
		return SP_SERVED_PARKED;
	log_request(req, !stream->gone);
	return stream->gone ? SP_SERVED_BROKEN : SP_SERVED_STREAM;
}

void
sp_request_begin(struct sp_request *req, struct sp_response *response, struct sp_process *process,
    struct sp_arena *mem)
{
	*response = (struct sp_response){ 0 };
	*req = (struct sp_request){
		.mem = mem,
		.process = process,
		.settings = process->settings,
		.started_us = sp_monotonic_us(),
		.response = response,
		.id = new_request_id(mem),
	};
	sp_log_request_id(req->id);
	if (process->pool != NULL)
		sp_db_begin(&req->db, process->pool, mem);
}

void
sp_request_end(struct sp_request *req)
{
	if (req->process->pool != NULL)
		sp_db_end(&req->db);
	sp_log_request_id(NULL);
}

static const struct sp_route *
routes_of(const struct sp_process *process)
{
	static const struct sp_route none[] = { { NULL } };
	const struct sp_program *program = process->program;

	return program->wanted == NULL || program->wanted(process->settings) ? program->routes : none;
}

enum sp_served
sp_serve(struct sp_process *process, struct sp_arena *mem, struct sp_transport *t,
    char *const *params)
{
	struct sp_response response;
	struct sp_request req;
	struct sp_parked *parked;
	enum sp_served served;

	sp_request_begin(&req, &response, process, mem);
	req.is_cgi = t->is_cgi;
	req.transport = t;
	t->deadline_us = req.started_us + process->settings->request_timeout * 1000000;
	/* A refusal stays in req, and the router tells of it in the way of its route. */
	sp_gate_params(&req, params);
	sp_gate_body(&req, t->read, t, &t->ended);
	sp_route_request(&req, routes_of(process));
	if (process->pool != NULL)
		sp_db_end(&req.db);	/* others may use the connection while we write */
	if (req.replied)
		served = SP_SERVED_EARLY;
	else
		served = req.stream != NULL ? end_stream(&req) : answer(&req, t);
	if (req.has_place)
		sp_parked_unreserve();
	parked = req.stream != NULL ? req.stream->parked : NULL;
	sp_log_request_id(NULL);
	sp_arena_reset(mem);
	if (parked != NULL)
		sp_parked_start(parked);	/* the connection is no longer ours */
	return served;
}
