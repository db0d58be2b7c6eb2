/*
 * fuzz_request.c - the gate and the answer to it
 *
 * An input is "NAME=value" lines, an empty line, and the body.
 */
#include <ctype.h>
#include "fuzz.h"
#include "web/cookie.h"
#include "web/gate.h"
#include "web/response.h"
#include "web/router.h"
#include "web/worker.h"

#define MAX_LINES 300

static bool
answer(struct sp_request *req)
{
	sp_cookie_set(req, "s", SP_LIT("x"), 1);
	return sp_reply(req, 200, "text/plain", req->body);
}

static const struct sp_route routes[] = {
	{ "GET", "/open", answer, .cors = true },
	{ "POST", "/open", answer, .cors = true },
	{ "POST", "/x", answer },
	{ "GET", "/below/*", answer },
	{ NULL }
};

static ssize_t
read_body(void *arg, char *into, size_t room)
{
	struct sp_str *rest = arg;
	size_t n = rest->len < room ? rest->len : room;

	if (n > 100)
		n = 100;
	if (n > 0)
		memcpy(into, rest->p, n);
	*rest = sp_str_sub(*rest, n, rest->len);
	return (ssize_t)n;
}

/* What a handler may rely on, found out in another way than the gate does it. */
static void
check_path(struct sp_str path)
{
	const char *bad[] = { "//", "/./", "/../", "%2f", "%2F", "%5c", "%00", ";", "\\", "%2e", " " };

	FUZZ_CHECK(path.len > 0 && path.len <= SP_GATE_MAX_PATH && path.p[0] == '/');
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FUZZ_CHECK(memmem(path.p, path.len, bad[i], strlen(bad[i])) == NULL);
	FUZZ_CHECK(!sp_str_ends(path, "/.") && !sp_str_ends(path, "/.."));
	FUZZ_CHECK(!sp_str_has_control(path));
}

static void
check_headers(const struct sp_request *req)
{
	for (size_t i = 0; i < req->header_count; i++) {
		const struct sp_header *h = &req->headers[i];

		FUZZ_CHECK(h->name.len > 0 && !sp_str_is(h->name, "proxy"));
		for (size_t k = 0; k < h->name.len; k++)
			FUZZ_CHECK(h->name.p[k] == '-' || (isalnum((unsigned char)h->name.p[k]) &&
			    !isupper((unsigned char)h->name.p[k])));
		for (size_t k = 0; k < h->value.len; k++)
			FUZZ_CHECK(!iscntrl((unsigned char)h->value.p[k]) || h->value.p[k] == '\t');
		for (size_t k = 0; k < i; k++)
			FUZZ_CHECK(!sp_str_eq(h->name, req->headers[k].name));
	}
}

/* Lines that end in CRLF, one empty line, and it is the last. */
static void
check_head(struct sp_str head)
{
	const char *end = memmem(head.p, head.len, "\r\n\r\n", 4);

	FUZZ_CHECK(sp_str_starts(head, "Status: "));
	FUZZ_CHECK(head.len <= SP_RESPONSE_MAX_HEADERS);
	FUZZ_CHECK(end != NULL && end + 4 == head.p + head.len);
	for (size_t i = 0; i < head.len; i++)
		FUZZ_CHECK(head.p[i] != '\0' && (head.p[i] != '\n' || head.p[i - 1] == '\r'));
}

static void
serve(struct sp_request *req, char *const *params, struct sp_str body)
{
	struct json_object *context;
	struct sp_str rest = body;
	const char *why;
	bool good, ended;

	good = sp_gate_params(req, params);
	FUZZ_CHECK(good == (req->problem == SP_OK));
	/* "": the issuer's own path, with nothing behind */
	if (req->path.len > 0 || (req->path.p != NULL && *sp_issuer_path(req->settings) == '\0'))
		check_path(req->path);
	if (good)
		check_headers(req);
	if (sp_gate_body(req, read_body, &rest, &ended)) {
		FUZZ_CHECK((int64_t)req->body.len <= req->settings->max_body);
		FUZZ_CHECK(req->body.len == 0 || memcmp(req->body.p, body.p, req->body.len) == 0);
		if (req->content_length >= 0)
			FUZZ_CHECK((int64_t)req->body.len == req->content_length);
		if (!req->is_cgi)
			FUZZ_CHECK(req->body.len == body.len);
	} else {
		FUZZ_CHECK(req->body.len == 0);
	}
	(void)sp_cookie_get(req, "s");
	(void)sp_origin_allowed(req);
	FUZZ_CHECK(sp_json_parse(req->mem, sp_request_context(req), &context, &why));
	sp_route_request(req, routes);
	FUZZ_CHECK(req->response->status >= 200);
	FUZZ_CHECK((req->problem == SP_OK) == (req->response->status < 400));
	check_head(sp_response_head(req));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const issuers[] = { "https://mcp.example.com", "https://mcp.example.com/below/a" };
	static const struct sp_program program = { .name = "fuzz" };
	struct sp_settings settings = { .static_url = "/static",
	    .allowed_origins = "https://a.example", .trusted_proxies = "127.0.0.0/8 10.0.0.0/8 fd00::/8",
	    .max_body = 1000, .request_timeout = 1 };
	struct sp_process process = { .program = &program, .settings = &settings };
	struct sp_str rest = { (const char *)data, size }, line;
	char *params[MAX_LINES + 1];
	size_t count = 0;

	for (int turn = 0; turn < 4; turn++) {
		struct sp_arena *mem = sp_arena_new();
		struct sp_response response = { 0 };
		struct sp_request req = { .mem = mem, .process = &process, .settings = &settings,
		    .response = &response, .id = "0123456789abcdefABCDEF", .is_cgi = turn % 2 != 0 };

		settings.issuer = issuers[turn / 2];
		rest = (struct sp_str){ (const char *)data, size };
		for (count = 0; count < MAX_LINES && sp_str_split(&rest, '\n', &line) && line.len > 0;)
			params[count++] = sp_cstr(mem, line);
		params[count] = NULL;
		serve(&req, params, rest);
		sp_arena_free(mem);
	}
	return 0;
}
