/*
 * worker_demo.c - a program that does little, for what test_worker does to workers
 *
 *	GET  /hello         a constant
 *	POST /echo          the body; its bytes are counted before the answer
 *	GET  /sleep/MS      after MS milliseconds
 *	GET  /bytes/COUNT   that many bytes
 *	GET  /who           address, headers and ids that the gate made out
 */
#include <poll.h>
#include "web/form.h"
#include "web/response.h"
#include "web/worker.h"

static bool
hello(struct sp_request *req)
{
	return sp_reply(req, 200, "application/json", SP_LIT("{\"hello\":\"world\"}"));
}

static bool
echo(struct sp_request *req)
{
	return sp_reply(req, 200, "application/octet-stream", req->body);
}

static bool
number_in_path(struct sp_request *req, int64_t max, int64_t *out)
{
	if (!sp_str_int64(sp_request_rest(req), 0, max, out))
		return sp_fail(req, SP_INVALID_REQUEST, "not a number");
	return true;
}

static bool
sleeping(struct sp_request *req)
{
	int64_t ms;

	if (!number_in_path(req, 10000, &ms))
		return false;
	poll(NULL, 0, (int)ms);
	return hello(req);
}

static bool
bytes(struct sp_request *req)
{
	int64_t count;
	char *body;

	if (!number_in_path(req, 16 * 1024 * 1024, &count))
		return false;
	body = sp_alloc(req->mem, (size_t)count);
	memset(body, 'x', (size_t)count);
	return sp_reply(req, 200, "text/plain", (struct sp_str){ body, (size_t)count });
}

static bool
who(struct sp_request *req)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, req->mem, 64 * 1024);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kstr(&w, "address", req->address);
	sp_jw_kcstr(&w, "id", req->id);
	sp_jw_kbool(&w, "cgi", req->is_cgi);
	sp_jw_kcstr(&w, "signin_tries", sp_printf(req->mem, "%lld",
	    (long long)req->settings->signin_tries));
	for (size_t i = 0; i < req->header_count; i++)
		sp_jw_kstr(&w, sp_cstr(req->mem, req->headers[i].name), req->headers[i].value);
	sp_jw_object_end(&w);
	return sp_reply_json(req, 200, &b);
}

static const struct sp_route routes[] = {
	{ "GET", "/hello", hello },
	{ "POST", "/echo", echo },
	{ "GET", "/sleep/*", sleeping },
	{ "GET", "/bytes/*", bytes },
	{ "GET", "/who", who, .cors = true },
	{ NULL }
};

int
main(int argc, char **argv)
{
	return sp_worker_main(argc, argv, &(struct sp_program){
	    .name = "demo", .summary = "for tests of the worker", .routes = routes });
}
