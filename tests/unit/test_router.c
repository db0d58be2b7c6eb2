/* test_router.c - routes, methods, CORS, and the answers' headers */
#include "web.h"

static bool
reply_name(struct sp_request *req, const char *name)
{
	return sp_reply(req, 200, "text/plain", sp_str(name));
}

#define HANDLER(name) static bool name(struct sp_request *req) { return reply_name(req, #name); }
HANDLER(exact)
HANDLER(posted)
HANDLER(any_mcp)
HANDLER(below_admin)
HANDLER(admin_users)
HANDLER(open_get)

static bool
refuses(struct sp_request *req)
{
	return sp_fail(req, SP_INVALID_GRANT, "because");
}

static bool
says_nothing(struct sp_request *req)
{
	(void)req;
	return true;
}

static bool
fails_silently(struct sp_request *req)
{
	(void)req;
	return false;
}

static bool
own_error(struct sp_request *req)
{
	return sp_reply(req, 418, "text/plain", sp_str(sp_problem_info(req->problem)->error));
}

static const struct sp_route routes[] = {
	{ "GET", "/exact", exact },
	{ "POST", "/exact", posted },
	{ "POST", "/posted", posted },
	{ "GET", "/mcp/*", any_mcp },
	{ "GET", "/admin/*", below_admin },
	{ "GET", "/admin/users/*", admin_users },
	{ "GET", "/admin/users", exact },
	{ "GET", "/open", open_get, .cors = true },
	{ "POST", "/open", posted, .cors = true },
	{ "DELETE", "/open", posted },
	{ "GET", "/refuses", refuses },
	{ "GET", "/own", refuses, .on_error = own_error },
	{ "GET", "/nothing", says_nothing },
	{ "GET", "/silent", fails_silently },
	{ NULL }
};

static void
open_for(struct web *w, const char *method, const char *path)
{
	web_open(w);
	w->req.method = method;
	w->req.path = sp_str(path);
}

static void
routing(void **state)
{
	static const struct {
		const char *method, *path;
		int status;
		const char *body;	/* NULL: not compared */
		const char *allow, *rest;
	} cases[] = {
		{ "GET", "/exact", 200, "exact", NULL, NULL },
		{ "HEAD", "/exact", 200, "exact", NULL, NULL },
		{ "POST", "/exact", 200, "posted", NULL, NULL },
		{ "PUT", "/exact", 405, NULL, "GET, HEAD, POST, OPTIONS", NULL },
		{ "GET", "/posted", 405, NULL, "POST, OPTIONS", NULL },
		{ "HEAD", "/posted", 405, NULL, "POST, OPTIONS", NULL },
		{ "OPTIONS", "/posted", 204, "", "POST, OPTIONS", NULL },
		{ "GET", "/exact/", 404, NULL, NULL, NULL },
		{ "GET", "/Exact", 404, NULL, NULL, NULL },
		{ "GET", "/exac", 404, NULL, NULL, NULL },
		{ "OPTIONS", "/none", 404, NULL, NULL, NULL },
		{ "GET", "/mcp", 404, NULL, NULL, NULL },
		{ "GET", "/mcp/", 404, NULL, NULL, NULL },
		{ "GET", "/mcp/a", 200, "any_mcp", NULL, "a" },
		{ "GET", "/mcp/a/b", 200, "any_mcp", NULL, "a/b" },
		{ "GET", "/mcp/*", 200, "any_mcp", NULL, "*" },
		{ "DELETE", "/mcp/a", 405, NULL, "GET, HEAD, OPTIONS", NULL },
		{ "GET", "/admin/x", 200, "below_admin", NULL, "x" },
		{ "GET", "/admin/users", 200, "exact", NULL, NULL },
		{ "GET", "/admin/users/", 200, "below_admin", NULL, "users/" },
		{ "GET", "/admin/users/7", 200, "admin_users", NULL, "7" },
		{ "GET", "/refuses", 400, "{\"error\":\"invalid_grant\",\"error_description\":\"because\"}",
		    NULL, NULL },
		{ "GET", "/own", 418, "invalid_grant", NULL, NULL },
		{ "POST", "/own", 418, "method_not_allowed", "GET, HEAD, OPTIONS", NULL },
		{ "GET", "/nothing", 500, NULL, NULL, NULL },
		{ "GET", "/silent", 500, NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct web w;

		open_for(&w, cases[i].method, cases[i].path);
		sp_route_request(&w.req, routes);
		CHECK(w.response.status == cases[i].status, cases[i].path);
		if (cases[i].body != NULL)
			CHECK_STR(w.response.body, cases[i].body, cases[i].path);
		if (cases[i].allow != NULL)
			CHECK_STR(sp_response_header(&w.req, "Allow"), cases[i].allow, cases[i].path);
		else
			CHECK(sp_response_header(&w.req, "allow").p == NULL, cases[i].path);
		if (cases[i].rest != NULL)
			CHECK_STR(sp_request_rest(&w.req), cases[i].rest, cases[i].path);
		else if (w.req.route != NULL && cases[i].status == 200)
			CHECK(sp_request_rest(&w.req).p == NULL, cases[i].path);
		CHECK(sp_response_header(&w.req, "Access-Control-Allow-Origin").p == NULL, cases[i].path);
		web_close(&w);
	}
}

/* What the gate refused is told in the way of the route, when there is one. */
static void
gate_failures(void **state)
{
	struct web w;

	(void)state;
	open_for(&w, "GET", "/own");
	sp_fail(&w.req, SP_INVALID_REQUEST, "repeated header host");
	sp_route_request(&w.req, routes);
	assert_int_equal(w.response.status, 418);
	web_close(&w);

	open_for(&w, "GET", "/exact");
	sp_fail(&w.req, SP_CONTENT_TOO_LARGE, "body over 10 bytes");
	sp_route_request(&w.req, routes);
	assert_int_equal(w.response.status, 413);
	web_close(&w);

	web_open(&w);			/* a path that is not in normal form is no path */
	sp_fail(&w.req, SP_NOT_FOUND, "path is not in normal form");
	sp_route_request(&w.req, routes);
	assert_int_equal(w.response.status, 404);
	web_close(&w);

	open_for(&w, "-", "/exact");	/* TRACE and the like */
	sp_fail(&w.req, SP_METHOD_NOT_ALLOWED, "unknown method");
	sp_route_request(&w.req, routes);
	assert_int_equal(w.response.status, 405);
	CHECK_STR(sp_response_header(&w.req, "Allow"), "GET, HEAD, POST, OPTIONS", "TRACE");
	web_close(&w);

	open_for(&w, "-", "/none");
	sp_fail(&w.req, SP_METHOD_NOT_ALLOWED, "unknown method");
	sp_route_request(&w.req, routes);
	assert_int_equal(w.response.status, 405);
	CHECK_STR(sp_response_header(&w.req, "Allow"), "", "TRACE of nothing");
	web_close(&w);
}

static void
set_headers(struct web *w, struct sp_header *headers, size_t count)
{
	w->req.headers = headers;
	w->req.header_count = count;
}

static void
cors(void **state)
{
	struct sp_header ask[] = {
		{ SP_LIT("origin"), SP_LIT("https://app.example") },
		{ SP_LIT("access-control-request-headers"), SP_LIT("authorization,mcp-param-Region, "
		    "mcp-param-, x-evil, mcp-param-a_b, mcp-param-a\r\nb,MCP-PARAM-CITY") },
	};
	struct web w;

	(void)state;
	open_for(&w, "OPTIONS", "/open");
	set_headers(&w, ask, COUNT(ask));
	sp_route_request(&w.req, routes);
	assert_int_equal(w.response.status, 204);
	CHECK_STR(sp_response_header(&w.req, "Access-Control-Allow-Origin"), "*", "preflight");
	CHECK_STR(sp_response_header(&w.req, "Access-Control-Allow-Methods"),
	    "GET, HEAD, POST, OPTIONS", "preflight");
	CHECK_STR(sp_response_header(&w.req, "Access-Control-Allow-Headers"),
	    "Authorization, Content-Type, MCP-Protocol-Version, Mcp-Method, Mcp-Name, "
	    "Mcp-Session-Id, Last-Event-ID, mcp-param-Region, MCP-PARAM-CITY", "preflight");
	CHECK_STR(sp_response_header(&w.req, "Allow"), "GET, HEAD, POST, DELETE, OPTIONS", "preflight");
	assert_null(sp_response_header(&w.req, "Access-Control-Allow-Credentials").p);
	web_close(&w);

	open_for(&w, "GET", "/open");
	sp_route_request(&w.req, routes);
	assert_int_equal(w.response.status, 200);
	CHECK_STR(sp_response_header(&w.req, "Access-Control-Allow-Origin"), "*", "answer");
	CHECK_STR(sp_response_header(&w.req, "Access-Control-Expose-Headers"),
	    "WWW-Authenticate, Mcp-Session-Id", "answer");
	web_close(&w);

	open_for(&w, "GET", "/open");	/* a page must be able to read the error, too */
	sp_fail(&w.req, SP_INVALID_REQUEST, "repeated header mcp-session-id");
	sp_route_request(&w.req, routes);
	assert_int_equal(w.response.status, 400);
	CHECK_STR(sp_response_header(&w.req, "Access-Control-Allow-Origin"), "*", "error");
	web_close(&w);

	open_for(&w, "DELETE", "/open");
	sp_route_request(&w.req, routes);
	assert_null(sp_response_header(&w.req, "Access-Control-Allow-Origin").p);
	web_close(&w);

	open_for(&w, "OPTIONS", "/exact");
	set_headers(&w, ask, COUNT(ask));
	sp_route_request(&w.req, routes);
	assert_int_equal(w.response.status, 204);
	assert_null(sp_response_header(&w.req, "Access-Control-Allow-Origin").p);
	web_close(&w);
}

static void
many_asked_headers(void **state)
{
	struct sp_header ask = { SP_LIT("access-control-request-headers"), { NULL, 0 } };
	struct sp_buf b;
	struct web w;

	(void)state;
	open_for(&w, "OPTIONS", "/open");
	sp_buf_init(&b, w.mem, 100000);
	for (int i = 0; i < 2000; i++)
		sp_buf_printf(&b, "mcp-param-%d,", i);
	ask.value = sp_buf_view(&b);
	set_headers(&w, &ask, 1);
	sp_route_request(&w.req, routes);
	assert_true(sp_str_starts(sp_response_head(&w.req), "Status: 204 No Content\r\n"));
	web_close(&w);
}

static void
origins(void **state)
{
	static const struct {
		const char *origin, *allowed;
		bool expected;
	} cases[] = {
		{ NULL, "", true },
		{ "https://mcp.example.com", "", true },
		{ "https://mcp.example.com:443", "", false },
		{ "http://mcp.example.com", "", false },
		{ "https://evil.example", "", false },
		{ "https://mcp.example.com.evil.example", "", false },
		{ "null", "", false },
		{ "", "", false },
		{ "https://a.example", "https://a.example", true },
		{ "https://a.example", "https://b.example https://a.example", true },
		{ "https://a.example", "https://A.example", false },
		{ "https://anything.example", "*", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_header sent = { SP_LIT("origin"), sp_str(cases[i].origin) };
		struct web w;

		web_open(&w);
		w.settings.issuer = "https://mcp.example.com/sub";
		w.settings.allowed_origins = cases[i].allowed;
		set_headers(&w, &sent, cases[i].origin != NULL ? 1 : 0);
		CHECK(sp_origin_allowed(&w.req) == cases[i].expected,
		    cases[i].origin != NULL ? cases[i].origin : "none");
		web_close(&w);
	}
}

/* ---- answers ---- */

static void
plain_head(void **state)
{
	struct web w;

	(void)state;
	web_open(&w);
	sp_reply(&w.req, 200, "text/plain", SP_LIT("hi"));
	sp_header(&w.req, "X-A", "1");
	sp_header(&w.req, "x-a", "2");		/* replaces */
	sp_header_add(&w.req, "Set-Cookie", "a=1");
	sp_header_add(&w.req, "Set-Cookie", "b=2");
	CHECK_STR(sp_response_head(&w.req), "Status: 200 OK\r\nContent-Type: text/plain\r\nX-A: 2\r\n"
	    "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nCache-Control: no-store\r\n"
	    "X-Content-Type-Options: nosniff\r\nX-Request-Id: 0123456789abcdefABCDEF\r\n"
	    "Content-Length: 2\r\n\r\n", "head");
	CHECK_STR(w.response.body, "hi", "body");
	web_close(&w);
}

static void
bodies_that_are_not_sent(void **state)
{
	static const struct {
		const char *method;
		int status;
		const char *length;	/* NULL: no such header */
	} cases[] = {
		{ "HEAD", 200, "Content-Length: 2\r\n" },
		{ "HEAD", 404, "Content-Length: 2\r\n" },
		{ "GET", 204, NULL },
		{ "GET", 304, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_str head;
		struct web w;

		web_open(&w);
		w.req.method = cases[i].method;
		sp_reply(&w.req, cases[i].status, "text/plain", SP_LIT("hi"));
		head = sp_response_head(&w.req);
		assert_int_equal(w.response.body.len, 0);
		if (cases[i].length != NULL)
			assert_non_null(strstr(head.p, cases[i].length));
		else
			assert_null(strstr(head.p, "Content-Length"));
		web_close(&w);
	}
	{
		struct web w;

		web_open(&w);
		sp_reply_empty(&w.req, 202);
		assert_non_null(strstr(sp_response_head(&w.req).p, "Content-Length: 0\r\n"));
		web_close(&w);
	}
}

static void
header_block_limit(void **state)
{
	(void)state;
	for (size_t over = 0; over < 2; over++) {
		struct sp_str head;
		struct web w;
		size_t fixed;
		char *value;

		web_open(&w);
		sp_reply_redirect(&w.req, 302, "");
		fixed = sp_response_head(&w.req).len;
		value = sp_alloc(w.mem, SP_RESPONSE_MAX_HEADERS + 2);
		memset(value, 'x', SP_RESPONSE_MAX_HEADERS - fixed + over);
		sp_reply_redirect(&w.req, 302, value);
		head = sp_response_head(&w.req);
		assert_int_equal(w.response.status, over ? 500 : 302);
		if (over) {
			assert_true(sp_str_starts(head, "Status: 500 "));
			assert_null(strstr(head.p, "Location"));
		} else {
			assert_int_equal(head.len, SP_RESPONSE_MAX_HEADERS);
		}
		web_close(&w);
	}
}

static void
cached_answers(void **state)
{
	struct sp_header sent = { SP_LIT("if-none-match"), { NULL, 0 } };
	const char *etag;
	struct web w;

	(void)state;
	web_open(&w);
	sp_reply_cached(&w.req, "application/json", SP_LIT("{}"), 300);
	assert_int_equal(w.response.status, 200);
	CHECK_STR(sp_response_header(&w.req, "Cache-Control"), "public, max-age=300", "max age");
	etag = sp_cstr(w.mem, sp_response_header(&w.req, "ETag"));

	const struct {
		const char *asked;
		int status;
	} cases[] = {
		{ etag, 304 },
		{ sp_printf(w.mem, "W/%s", etag), 304 },
		{ sp_printf(w.mem, "\"x\", %s", etag), 304 },
		{ "*", 304 },
		{ "\"x\"", 200 },
		{ "", 200 },
		{ sp_printf(w.mem, "x%s", etag), 200 },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		w.response = (struct sp_response){ 0 };
		sent.value = sp_str(cases[i].asked);
		set_headers(&w, &sent, 1);
		sp_reply_cached(&w.req, "application/json", SP_LIT("{}"), 300);
		CHECK(w.response.status == cases[i].status, cases[i].asked);
		CHECK(w.response.status == 200 || strstr(sp_response_head(&w.req).p, "\r\nContent-Type:") == NULL,
		    cases[i].asked);
	}
	w.response = (struct sp_response){ 0 };
	sp_reply_cached(&w.req, "application/json", SP_LIT("{} "), 300);
	assert_string_not_equal(sp_cstr(w.mem, sp_response_header(&w.req, "ETag")), etag);
	web_close(&w);
}

static void
oauth_errors(void **state)
{
	static const struct {
		enum sp_problem problem;
		const char *detail;
		int status;
		const char *body, *header, *value;
	} cases[] = {
		{ SP_INVALID_GRANT, "code is spent", 400,
		    "{\"error\":\"invalid_grant\",\"error_description\":\"code is spent\"}", NULL, NULL },
		{ SP_INVALID_CLIENT, "no", 401, "{\"error\":\"invalid_client\",\"error_description\":\"no\"}",
		    "WWW-Authenticate", "Basic realm=\"sallyport\", charset=\"UTF-8\"" },
		{ SP_INVALID_TOKEN, "no", 401, "{\"error\":\"invalid_token\",\"error_description\":\"no\"}",
		    "WWW-Authenticate", "Bearer error=\"invalid_token\"" },
		/* RFC 6749 5.2: no quotes, backslashes or bytes beyond ASCII */
		{ SP_INVALID_REQUEST, "a \"b\" \\ \xc3\xa4 \x01", 400,
		    "{\"error\":\"invalid_request\",\"error_description\":\"a 'b' ? ?? ?\"}", NULL, NULL },
		{ SP_SERVER_ERROR, "relation x does not exist", 500, "{\"error\":\"server_error\","
		    "\"error_description\":\"The fault is on our side. Request "
		    "0123456789abcdefABCDEF.\"}", NULL, NULL },
		{ SP_TEMPORARILY_UNAVAILABLE, "08006", 503, NULL, "Retry-After", "1" },
		{ SP_SLOW_DOWN, "", 429, NULL, "Retry-After", "1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct web w;

		web_open(&w);
		sp_fail(&w.req, cases[i].problem, "%s", cases[i].detail);
		assert_true(sp_reply_oauth_error(&w.req));
		CHECK(w.response.status == cases[i].status, cases[i].detail);
		if (cases[i].body != NULL)
			CHECK_STR(w.response.body, cases[i].body, cases[i].detail);
		if (cases[i].header != NULL)
			CHECK_STR(sp_response_header(&w.req, cases[i].header), cases[i].value, cases[i].detail);
		web_close(&w);
	}
}

static void
line_break_in_header(void *arg)
{
	struct web w;

	(void)arg;
	web_open(&w);
	sp_header(&w.req, "X-A", "a\r\nSet-Cookie: b=1");
	web_close(&w);
}

static void
line_breaks_are_bugs(void **state)
{
	(void)state;
	assert_int_not_equal(exit_status_of(line_break_in_header, NULL), 0);
}

static void
answer_too_large(void **state)
{
	struct sp_buf b;
	struct web w;

	(void)state;
	web_open(&w);
	sp_buf_init(&b, w.mem, 2);
	sp_buf_cstr(&b, "{\"a\":1}");
	sp_reply_json(&w.req, 200, &b);
	assert_int_equal(w.response.status, 500);
	web_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routing),
		cmocka_unit_test(gate_failures),
		cmocka_unit_test(cors),
		cmocka_unit_test(many_asked_headers),
		cmocka_unit_test(origins),
		cmocka_unit_test(plain_head),
		cmocka_unit_test(bodies_that_are_not_sent),
		cmocka_unit_test(header_block_limit),
		cmocka_unit_test(cached_answers),
		cmocka_unit_test(oauth_errors),
		cmocka_unit_test(line_breaks_are_bugs),
		cmocka_unit_test(answer_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
