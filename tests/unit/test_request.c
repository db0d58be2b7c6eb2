/* test_request.c - the gate: paths, headers, addresses, bodies */
#include "web.h"

#define MAX_LINES 12

/* ---- paths ---- */

static const struct {
	const char *uri, *path, *query;	/* path NULL: refused as not there */
} paths[] = {
	{ "/token", "/token", NULL },
	{ "/token?", "/token", "" },
	{ "/token?a=b?c", "/token", "a=b?c" },
	{ "/token?a=//../%00;", "/token", "a=//../%00;" },
	{ "/", "/", NULL },
	{ "/mcp/", "/mcp/", NULL },
	{ "/mcp/a%20b", "/mcp/a%20b", NULL },
	{ "/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource/mcp", NULL },
	{ "/a...b/..c/.d", "/a...b/..c/.d", NULL },
	/* absolute form, as Apache and h2o hand it on */
	{ "http://evil.example/token?x=1", "/token", "x=1" },
	{ "HTTPS://mcp.example.com/token", "/token", NULL },
	{ "http://evil.example", NULL, NULL },
	{ "http://evil.example?/token", NULL, NULL },
	{ "ftp://mcp.example.com/token", NULL, NULL },
	{ "http://mcp.example.com//token", NULL, NULL },
	/* not in normal form */
	{ "", NULL, NULL },
	{ "?", NULL, NULL },
	{ "*", NULL, NULL },
	{ "token", NULL, NULL },
	{ "//token", NULL, NULL },
	{ "/token//", NULL, NULL },
	{ "/x//token", NULL, NULL },
	{ "/.", NULL, NULL },
	{ "/..", NULL, NULL },
	{ "/./token", NULL, NULL },
	{ "/x/../token", NULL, NULL },
	{ "/token/..", NULL, NULL },
	{ "/x/.", NULL, NULL },
	{ "/%2e%2e/token", NULL, NULL },
	{ "/x/%2E/token", NULL, NULL },
	{ "/x%2ftoken", NULL, NULL },
	{ "/x%2Ftoken", NULL, NULL },
	{ "/x%5ctoken", NULL, NULL },
	{ "/x%5Ctoken", NULL, NULL },
	{ "/x\\token", NULL, NULL },
	{ "/token%00", NULL, NULL },
	{ "/token%0a", NULL, NULL },
	{ "/token%1f", NULL, NULL },
	{ "/token%7f", NULL, NULL },
	{ "/token\x7f", NULL, NULL },
	{ "/token\t", NULL, NULL },
	{ "/tok en", NULL, NULL },
	{ "/token;x=1", NULL, NULL },
	{ "/token#x", NULL, NULL },
	{ "/token%", NULL, NULL },
	{ "/token%2", NULL, NULL },
	{ "/token%zz", NULL, NULL },
	{ "/t\xc3\xb6ken", NULL, NULL },
	{ "/token<", NULL, NULL },
};

static void
path_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct web w;
		char *params[3] = { NULL };

		web_open(&w);
		params[0] = sp_strdup(w.mem, "REQUEST_METHOD=GET");
		params[1] = sp_printf(w.mem, "REQUEST_URI=%s", paths[i].uri);
		CHECK(sp_gate_params(&w.req, params) == (paths[i].path != NULL), paths[i].uri);
		if (paths[i].path != NULL) {
			CHECK_STR(w.req.path, paths[i].path, paths[i].uri);
			CHECK((w.req.query.p != NULL) == (paths[i].query != NULL), paths[i].uri);
			if (paths[i].query != NULL)
				CHECK_STR(w.req.query, paths[i].query, paths[i].uri);
		} else {
			CHECK(w.req.problem == SP_NOT_FOUND, paths[i].uri);
			CHECK(w.req.path.p == NULL, paths[i].uri);
		}
		web_close(&w);
	}
}

/* Of an issuer with a path: what handlers see, NULL where it is not ours. */
static const struct {
	const char *uri, *path;
} below_issuer[] = {
	{ "/a/b/token", "/token" },
	{ "/a/b/mcp/x?y", "/mcp/x" },
	{ "https://anybody/a/b/mcp", "/mcp" },
	{ "/a/b/", "/" },
	{ "/a/b", "" },
	{ "/a/b/.well-known/jwks.json", "/.well-known/jwks.json" },
	{ "/.well-known/oauth-protected-resource/a/b", "/.well-known/oauth-protected-resource" },
	{ "/.well-known/oauth-protected-resource/a/b/mcp", "/.well-known/oauth-protected-resource/mcp" },
	{ "/token", NULL }, { "/a/token", NULL }, { "/a/bb/token", NULL }, { "/A/B/token", NULL }, { "/x/a/b/token", NULL },
	{ "/.well-known/oauth-protected-resource", NULL }, { "/.well-known/oauth-protected-resource/a", NULL },
	{ "/.well-known/oauth-protected-resource/a/bb", NULL }, { "/.well-known/oauth-protected-resource/mcp", NULL },
	{ "/.well-known/a/b", NULL }, { "/.well-known/", NULL },
};

static void
paths_below_issuer(void **state)
{
	char *params[] = { (char[]){ "REQUEST_METHOD=GET" }, NULL, NULL };

	(void)state;
	for (size_t i = 0; i < COUNT(below_issuer); i++) {
		struct web w;

		web_open(&w);
		w.settings.issuer = "https://mcp.example.com/a/b";
		params[1] = sp_printf(w.mem, "REQUEST_URI=%s", below_issuer[i].uri);
		CHECK(sp_gate_params(&w.req, params), below_issuer[i].uri);
		CHECK((w.req.path.p != NULL) == (below_issuer[i].path != NULL), below_issuer[i].uri);
		if (below_issuer[i].path != NULL)
			CHECK_STR(w.req.path, below_issuer[i].path, below_issuer[i].uri);
		web_close(&w);
	}
}

static void
path_length(void **state)
{
	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		struct web w;
		char *params[3] = { NULL }, *uri;

		web_open(&w);
		uri = sp_alloc(w.mem, SP_GATE_MAX_PATH + 2);
		memset(uri, 'a', SP_GATE_MAX_PATH + extra);
		uri[0] = '/';
		params[0] = sp_strdup(w.mem, "REQUEST_METHOD=GET");
		params[1] = sp_printf(w.mem, "REQUEST_URI=%s", uri);
		assert_int_equal(sp_gate_params(&w.req, params), extra == 0);
		web_close(&w);
	}
}

/* ---- variables and headers ---- */

static const struct {
	const char *name;
	const char *lines[MAX_LINES];	/* beside REQUEST_METHOD=POST and REQUEST_URI=/x */
	enum sp_problem problem;
	const char *header, *value;	/* to look up afterwards; value NULL: absent */
} headers[] = {
	{ "a plain header", { "HTTP_ACCEPT=text/html" }, SP_OK, "Accept", "text/html" },
	{ "its name in any case", { "HTTP_X_FOO=1" }, SP_OK, "x-FOO", "1" },
	{ "an empty header was sent", { "HTTP_X_FOO=" }, SP_OK, "X-Foo", "" },
	{ "one that was not", { "HTTP_X_FOO=" }, SP_OK, "X-Fo", NULL },
	{ "a dash where others have an underscore", { "HTTP_MCP-SESSION-ID=a" }, SP_OK, "Mcp-Session-Id", "a" },
	{ "names with other bytes are nobody's", { "HTTP_X.DOT=1" }, SP_OK, "X.Dot", NULL },
	{ "a name that is empty", { "HTTP_=1" }, SP_OK, "", NULL },
	{ "without a value", { "HTTP_X" }, SP_OK, "X", NULL },
	{ "a value with =", { "HTTP_X=a=b" }, SP_OK, "X", "a=b" },
	{ "lists are joined", { "HTTP_ACCEPT=a", "HTTP_ACCEPT=b" }, SP_OK, "Accept", "a, b" },
	{ "pieces of cookies too", { "HTTP_COOKIE=a=1", "HTTP_COOKIE=b=2" }, SP_OK, "Cookie", "a=1; b=2" },
	{ "a tab is white space", { "HTTP_USER_AGENT=a\tb" }, SP_OK, "User-Agent", "a\tb" },
	{ "httpoxy", { "HTTP_PROXY=http://evil" }, SP_OK, "Proxy", NULL },
	{ "the settings of a CGI program", { "SALLYPORT_ISSUER=x" }, SP_OK, "Issuer", NULL },
	{ "content type", { "CONTENT_TYPE=text/plain" }, SP_OK, "Content-Type", "text/plain" },
	{ "content type twice the same way", { "CONTENT_TYPE=a/b", "HTTP_CONTENT_TYPE=a/b" }, SP_OK,
	    "Content-Type", "a/b" },
	{ "content length twice the same way", { "CONTENT_LENGTH=5", "HTTP_CONTENT_LENGTH=5" }, SP_OK,
	    "Content-Length", "5" },
	{ "behind a rewrite rule", { "REDIRECT_HTTP_AUTHORIZATION=Bearer x" }, SP_OK, "Authorization", "Bearer x" },
	{ "which does not count beside the true one",
	    { "REDIRECT_HTTP_AUTHORIZATION=Bearer x", "HTTP_AUTHORIZATION=Bearer y" }, SP_OK,
	    "Authorization", "Bearer y" },
	{ "a comma where lists are", { "HTTP_ACCEPT=a, b" }, SP_OK, "Accept", "a, b" },
	{ "a comma in a name of a resource", { "HTTP_MCP_NAME=file:///a,b" }, SP_OK, "Mcp-Name", "file:///a,b" },

	{ "two content types", { "CONTENT_TYPE=a/b", "HTTP_CONTENT_TYPE=c/d" }, SP_INVALID_REQUEST },
	{ "two content lengths", { "CONTENT_LENGTH=5", "HTTP_CONTENT_LENGTH=6" }, SP_INVALID_REQUEST },
	{ "CONTENT_LENGTH twice", { "CONTENT_LENGTH=5", "CONTENT_LENGTH=5" }, SP_INVALID_REQUEST },
	{ "two content length headers", { "HTTP_CONTENT_LENGTH=5", "HTTP_CONTENT_LENGTH=5" }, SP_INVALID_REQUEST },
	{ "REQUEST_URI twice", { "REQUEST_URI=/y" }, SP_INVALID_REQUEST },
	{ "REQUEST_METHOD twice", { "REQUEST_METHOD=GET" }, SP_INVALID_REQUEST },
	{ "REMOTE_ADDR twice", { "REMOTE_ADDR=1.2.3.4", "REMOTE_ADDR=1.2.3.5" }, SP_INVALID_REQUEST },
	{ "two Authorization", { "HTTP_AUTHORIZATION=Bearer a", "HTTP_AUTHORIZATION=Bearer a" }, SP_INVALID_REQUEST },
	{ "two Authorization, joined", { "HTTP_AUTHORIZATION=Bearer a, Bearer b" }, SP_INVALID_REQUEST },
	{ "two Origin", { "HTTP_ORIGIN=https://a", "HTTP_ORIGIN=https://b" }, SP_INVALID_REQUEST },
	{ "two Origin, joined", { "HTTP_ORIGIN=https://a, https://b" }, SP_INVALID_REQUEST },
	{ "two Host", { "HTTP_HOST=a", "HTTP_HOST=b" }, SP_INVALID_REQUEST },
	{ "two Mcp-Session-Id", { "HTTP_MCP_SESSION_ID=a", "HTTP_MCP_SESSION_ID=b" }, SP_INVALID_REQUEST },
	{ "two Mcp-Session-Id, one with dashes", { "HTTP_MCP_SESSION_ID=a", "HTTP_MCP-SESSION-ID=b" }, SP_INVALID_REQUEST },
	{ "two Mcp-Session-Id, one in lower case", { "HTTP_MCP_SESSION_ID=a", "HTTP_Mcp_Session_Id=a" }, SP_INVALID_REQUEST },
	{ "two Mcp-Session-Id, joined", { "HTTP_MCP_SESSION_ID=a, b" }, SP_INVALID_REQUEST },
	{ "two Mcp-Method, joined", { "HTTP_MCP_METHOD=tools/call, tools/list" }, SP_INVALID_REQUEST },
	{ "two Mcp-Name", { "HTTP_MCP_NAME=a", "HTTP_MCP_NAME=b" }, SP_INVALID_REQUEST },
	{ "two Mcp-Param of one name", { "HTTP_MCP_PARAM_X=a", "HTTP_MCP_PARAM_X=b" }, SP_INVALID_REQUEST },
	{ "two DPoP proofs", { "HTTP_DPOP=a", "HTTP_DPOP=b" }, SP_INVALID_REQUEST },
	{ "a line break in a value", { "HTTP_X=a\nb" }, SP_INVALID_REQUEST },
	{ "a control byte in a content type", { "CONTENT_TYPE=a\x01" }, SP_INVALID_REQUEST },
	{ "DEL in a value", { "HTTP_X=a\x7f" }, SP_INVALID_REQUEST },
	{ "content length with a sign", { "CONTENT_LENGTH=+5" }, SP_INVALID_REQUEST },
	{ "negative content length", { "CONTENT_LENGTH=-2" }, SP_INVALID_REQUEST },
	{ "content length with a blank", { "CONTENT_LENGTH=5 " }, SP_INVALID_REQUEST },
	{ "content length in hex", { "CONTENT_LENGTH=0x5" }, SP_INVALID_REQUEST },
	{ "content length beyond 64 bits", { "CONTENT_LENGTH=99999999999999999999" }, SP_INVALID_REQUEST },
};

static void
header_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		char *params[MAX_LINES + 3] = { NULL };
		struct web w;
		struct sp_str got;

		web_open(&w);
		params[0] = sp_strdup(w.mem, "REQUEST_METHOD=POST");
		params[1] = sp_strdup(w.mem, "REQUEST_URI=/x");
		for (size_t k = 0; headers[i].lines[k] != NULL; k++)
			params[k + 2] = sp_strdup(w.mem, headers[i].lines[k]);
		CHECK(sp_gate_params(&w.req, params) == (headers[i].problem == SP_OK), headers[i].name);
		CHECK(w.req.problem == headers[i].problem, headers[i].name);
		if (headers[i].header != NULL) {
			got = sp_request_header(&w.req, headers[i].header);
			CHECK((got.p != NULL) == (headers[i].value != NULL), headers[i].name);
			if (headers[i].value != NULL)
				CHECK_STR(got, headers[i].value, headers[i].name);
		}
		web_close(&w);
	}
}

static void
headers_by_prefix(void **state)
{
	char *params[] = {
		(char[]){ "REQUEST_METHOD=POST" }, (char[]){ "REQUEST_URI=/mcp" },
		(char[]){ "HTTP_MCP_PARAM_REGION=us" }, (char[]){ "HTTP_MCP_NAME=x" },
		(char[]){ "HTTP_MCP_PARAM_CITY=y" }, NULL
	};
	struct sp_header *found;
	struct web w;

	(void)state;
	web_open(&w);
	assert_true(sp_gate_params(&w.req, params));
	assert_int_equal(sp_request_headers(&w.req, "Mcp-Param-", &found), 2);
	CHECK_STR(found[0].name, "mcp-param-region", "first");
	CHECK_STR(found[0].value, "us", "first");
	CHECK_STR(found[1].name, "mcp-param-city", "second");
	web_close(&w);
}

static void
limits(void **state)
{
	char *params[SP_GATE_MAX_PARAMS + 2];
	struct web w;

	(void)state;
	web_open(&w);
	params[0] = sp_strdup(w.mem, "REQUEST_METHOD=GET");
	params[1] = sp_strdup(w.mem, "REQUEST_URI=/x");
	for (size_t i = 2; i < SP_GATE_MAX_PARAMS; i++)
		params[i] = sp_printf(w.mem, "HTTP_X%zu=1", i);
	params[SP_GATE_MAX_PARAMS] = NULL;
	assert_true(sp_gate_params(&w.req, params));
	assert_int_equal(w.req.header_count, SP_GATE_MAX_PARAMS - 2);
	web_close(&w);

	web_open(&w);
	params[SP_GATE_MAX_PARAMS] = sp_strdup(w.mem, "HTTP_MORE=1");
	params[SP_GATE_MAX_PARAMS + 1] = NULL;
	params[0] = sp_strdup(w.mem, "REQUEST_METHOD=GET");
	params[1] = sp_strdup(w.mem, "REQUEST_URI=/x");
	for (size_t i = 2; i < SP_GATE_MAX_PARAMS; i++)
		params[i] = sp_printf(w.mem, "HTTP_X%zu=1", i);
	assert_false(sp_gate_params(&w.req, params));
	assert_int_equal(w.req.problem, SP_INVALID_REQUEST);
	web_close(&w);

	web_open(&w);
	params[0] = sp_strdup(w.mem, "REQUEST_METHOD=GET");
	params[1] = sp_strdup(w.mem, "REQUEST_URI=/x");
	params[2] = sp_alloc(w.mem, SP_GATE_MAX_PARAM + 2);
	memset(params[2], 'x', SP_GATE_MAX_PARAM + 1);
	memcpy(params[2], "HTTP_X=", 7);
	params[3] = NULL;
	assert_false(sp_gate_params(&w.req, params));
	web_close(&w);
}

static void
missing_variables(void **state)
{
	char *no_uri[] = { (char[]){ "REQUEST_METHOD=GET" }, NULL };
	char *no_method[] = { (char[]){ "REQUEST_URI=/x" }, NULL };
	char *nothing[] = { NULL };
	char **cases[] = { no_uri, no_method, nothing };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct web w;

		web_open(&w);
		assert_false(sp_gate_params(&w.req, cases[i]));
		assert_int_equal(w.req.problem, SP_INVALID_REQUEST);
		web_close(&w);
	}
}

static void
methods(void **state)
{
	static const struct {
		const char *method;
		bool known;
	} cases[] = {
		{ "GET", true }, { "HEAD", true }, { "POST", true }, { "PUT", true },
		{ "DELETE", true }, { "PATCH", true }, { "OPTIONS", true },
		{ "TRACE", false }, { "CONNECT", false }, { "get", false }, { "PROPFIND", false },
		{ "", false }, { "GET ", false }, { "-", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *params[3] = { NULL };
		struct web w;

		web_open(&w);
		params[0] = sp_printf(w.mem, "REQUEST_METHOD=%s", cases[i].method);
		params[1] = sp_strdup(w.mem, "REQUEST_URI=/x");
		CHECK(sp_gate_params(&w.req, params) == cases[i].known, cases[i].method);
		CHECK(cases[i].known || w.req.problem == SP_METHOD_NOT_ALLOWED, cases[i].method);
		CHECK_STR(w.req.path, "/x", cases[i].method);	/* for the Allow header */
		web_close(&w);
	}
}

static void
content_types(void **state)
{
	static const struct {
		const char *sent, *type;
		bool is_json;
	} cases[] = {
		{ "application/json", "application/json", true },
		{ "Application/JSON", "application/json", true },
		{ "application/json; charset=utf-8", "application/json", true },
		{ "application/json;charset=\"UTF-8\"", "application/json", true },
		{ "application/json ; q=1", "application/json", true },
		{ "application/json;charset=utf-16", "application/json", false },
		{ "application/json;charset=", "application/json", false },
		{ "application/json; charset=utf-8; charset=latin1", "application/json", false },
		{ "application/jsonx", "application/jsonx", false },
		{ "text/json", "text/json", false },
		{ "application/json, text/plain", "application/json, text/plain", false },
		{ ";", "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *params[4] = { NULL };
		struct web w;

		web_open(&w);
		params[0] = sp_strdup(w.mem, "REQUEST_METHOD=POST");
		params[1] = sp_strdup(w.mem, "REQUEST_URI=/x");
		params[2] = sp_printf(w.mem, "CONTENT_TYPE=%s", cases[i].sent);
		CHECK(sp_gate_params(&w.req, params), cases[i].sent);
		CHECK_STR(w.req.content_type, cases[i].type, cases[i].sent);
		CHECK(sp_request_content_is(&w.req, "application/json") == cases[i].is_json,
		    cases[i].sent);
		web_close(&w);
	}
}

static void
json_bodies(void **state)
{
	static const struct {
		const char *type, *body;
		enum sp_problem problem;
	} cases[] = {
		{ "application/json", "{\"a\":1}", SP_OK },
		{ "application/json", "[]", SP_INVALID_CLIENT_METADATA },
		{ "application/json", "null", SP_INVALID_CLIENT_METADATA },
		{ "application/json", "{\"a\":1} x", SP_INVALID_CLIENT_METADATA },
		{ "application/json", "", SP_INVALID_CLIENT_METADATA },
		{ "text/plain", "{}", SP_UNSUPPORTED_MEDIA_TYPE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct json_object *got = NULL;
		char *params[4] = { NULL };
		struct web w;

		web_open(&w);
		params[0] = sp_strdup(w.mem, "REQUEST_METHOD=POST");
		params[1] = sp_strdup(w.mem, "REQUEST_URI=/register");
		params[2] = sp_printf(w.mem, "CONTENT_TYPE=%s", cases[i].type);
		CHECK(sp_gate_params(&w.req, params), cases[i].body);
		w.req.body = sp_str(cases[i].body);
		CHECK(sp_request_json(&w.req, SP_INVALID_CLIENT_METADATA, &got) ==
		    (cases[i].problem == SP_OK), cases[i].body);
		CHECK(w.req.problem == cases[i].problem, cases[i].body);
		web_close(&w);
	}
}

/* ---- addresses ---- */

static void
client_addresses(void **state)
{
	static const struct {
		const char *peer, *forwarded, *trusted, *expected;
	} cases[] = {
		{ "192.0.2.1", NULL, "", "192.0.2.1" },
		{ "192.0.2.1", "203.0.113.9", "", "192.0.2.1" },
		{ "192.0.2.1", "203.0.113.9", "198.51.100.0/24", "192.0.2.1" },
		{ "192.0.2.1", "203.0.113.9", "192.0.2.0/24", "203.0.113.9" },
		{ "192.0.2.1", "203.0.113.9", "192.0.2.1", "203.0.113.9" },
		{ "192.0.2.1", "203.0.113.9", "192.0.2.2 192.0.2.1/32", "203.0.113.9" },
		/* what the client wrote stands on the left, and is not believed */
		{ "192.0.2.1", "127.0.0.1, 203.0.113.9", "192.0.2.0/24", "203.0.113.9" },
		{ "192.0.2.1", "203.0.113.9, 192.0.2.7", "192.0.2.0/24", "203.0.113.9" },
		{ "192.0.2.1", "192.0.2.9 ,192.0.2.7", "192.0.2.0/24", "192.0.2.9" },
		{ "192.0.2.1", "junk", "192.0.2.0/24", "192.0.2.1" },
		{ "192.0.2.1", "203.0.113.9, junk", "192.0.2.0/24", "192.0.2.1" },
		{ "192.0.2.1", "", "192.0.2.0/24", "192.0.2.1" },
		{ "192.0.2.1", ",", "192.0.2.0/24", "192.0.2.1" },
		{ "::1", "2001:db8::7", "::1/128", "2001:db8::7" },
		{ "fd00::5", "2001:db8::7", "fd00::/8", "2001:db8::7" },
		{ "::ffff:192.0.2.1", "203.0.113.9", "192.0.2.0/24", "203.0.113.9" },
		{ "", "203.0.113.9", "0.0.0.0/0", "" },
		{ "unix:", "203.0.113.9", "0.0.0.0/0 ::/0", "unix:" },
		{ "10.0.0.1", "203.0.113.9", "10.0.0.0/33", "10.0.0.1" },
		{ "10.0.0.1", "203.0.113.9", "10.0.0.0/", "10.0.0.1" },
		{ "10.0.0.1", "203.0.113.9", "0.0.0.0/0", "203.0.113.9" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK_STR(sp_client_address(sp_str(cases[i].peer), sp_str(cases[i].forwarded),
		    cases[i].trusted), cases[i].expected, cases[i].forwarded != NULL ?
		    cases[i].forwarded : cases[i].peer);
}

/* ---- bodies ---- */

#define FORM "application/x-www-form-urlencoded"
#define KILO "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"

static const struct {
	const char *name, *method, *type, *length;
	bool cgi;
	const char *sent;
	bool cut;
	enum sp_problem problem;
	const char *body;		/* NULL: none is given to a handler */
	bool ended;
} bodies[] = {
	{ "exact", "POST", FORM, "3", false, "a=b", false, SP_OK, "a=b", true },
	{ "none", "GET", NULL, NULL, false, "", false, SP_OK, "", true },
	{ "length zero", "POST", FORM, "0", false, "", false, SP_OK, "", true },
	{ "chunked, FastCGI marks the end", "POST", FORM, NULL, false, "a=b", false, SP_OK, "a=b", true },
	{ "chunked on Caddy", "POST", FORM, "-1", false, "a=b", false, SP_OK, "a=b", true },
	{ "chunked on nginx without buffering", "POST", FORM, "", false, "a=b", false, SP_OK, "a=b", true },
	{ "short by one", "POST", FORM, "4", false, "a=b", false, SP_INVALID_REQUEST, NULL, true },
	{ "short, connection lost", "POST", FORM, "50", false, "a=b", true, SP_INVALID_REQUEST, NULL, false },
	{ "whole, then lost before its end", "POST", FORM, "3", false, "a=b", true, SP_INVALID_REQUEST, NULL, false },
	{ "chunked, connection lost", "POST", FORM, NULL, false, "a=b", true, SP_INVALID_REQUEST, NULL, false },
	{ "longer by one", "POST", FORM, "2", false, "a=b", false, SP_INVALID_REQUEST, NULL, false },
	{ "at the limit", "POST", "text/plain", "100", false, KILO, false, SP_OK, KILO, true },
	{ "said to be over the limit", "POST", "text/plain", "101", false, KILO "x", false,
	    SP_CONTENT_TOO_LARGE, NULL, true },
	{ "over the limit without saying so", "POST", "text/plain", NULL, false, KILO "x", false,
	    SP_CONTENT_TOO_LARGE, NULL, true },
	{ "at the limit without saying so", "POST", "text/plain", NULL, false, KILO, false, SP_OK, KILO, true },
	{ "CGI, exact", "POST", FORM, "3", true, "a=b", false, SP_OK, "a=b", true },
	{ "CGI, more behind it", "POST", FORM, "2", true, "a=b", false, SP_OK, "a=", true },
	{ "CGI, short", "POST", FORM, "4", true, "a=b", false, SP_INVALID_REQUEST, NULL, true },
	{ "CGI, form of unknown length", "POST", FORM, NULL, true, "a=b", false, SP_LENGTH_REQUIRED, NULL, true },
	{ "CGI, JSON of unknown length", "POST", "application/json", NULL, true, "{}", false, SP_OK, "{}", true },
	{ "CGI, nothing is read without a reason", "GET", NULL, NULL, true, "a=b", true, SP_OK, "", true },
	{ "CGI, over the limit", "POST", "text/plain", "101", true, KILO "x", false, SP_CONTENT_TOO_LARGE, NULL, true },
};

static void
body_rules(void **state)
{
	static const size_t steps[] = { 1, 7, 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		for (size_t k = 0; k < COUNT(steps); k++) {
			struct pieces pieces = { sp_str(bodies[i].sent), steps[k],
			    bodies[i].cut ? ECONNRESET : 0 };
			char *params[5] = { NULL };
			struct web w;
			size_t n = 2;
			bool ended;

			web_open(&w);
			w.settings.max_body = 100;
			w.req.is_cgi = bodies[i].cgi;
			params[0] = sp_printf(w.mem, "REQUEST_METHOD=%s", bodies[i].method);
			params[1] = sp_strdup(w.mem, "REQUEST_URI=/x");
			if (bodies[i].type != NULL)
				params[n++] = sp_printf(w.mem, "CONTENT_TYPE=%s", bodies[i].type);
			if (bodies[i].length != NULL)
				params[n++] = sp_printf(w.mem, "CONTENT_LENGTH=%s", bodies[i].length);
			CHECK(sp_gate_params(&w.req, params), bodies[i].name);
			CHECK(sp_gate_body(&w.req, pieces_read, &pieces, &ended) ==
			    (bodies[i].problem == SP_OK), bodies[i].name);
			CHECK(w.req.problem == bodies[i].problem, bodies[i].name);
			CHECK(ended == bodies[i].ended, bodies[i].name);
			if (bodies[i].body != NULL)
				CHECK_STR(w.req.body, bodies[i].body, bodies[i].name);
			else
				CHECK(w.req.body.len == 0, bodies[i].name);
			web_close(&w);
		}
	}
}

static void
slow_body(void **state)
{
	char *params[] = {
		(char[]){ "REQUEST_METHOD=POST" }, (char[]){ "REQUEST_URI=/x" },
		(char[]){ "CONTENT_LENGTH=10" }, NULL
	};
	struct pieces pieces = { SP_LIT("abc"), 1, EAGAIN };
	struct web w;
	bool ended;

	(void)state;
	web_open(&w);
	assert_true(sp_gate_params(&w.req, params));
	assert_false(sp_gate_body(&w.req, pieces_read, &pieces, &ended));
	assert_int_equal(w.req.problem, SP_REQUEST_TIMEOUT);
	assert_false(ended);
	web_close(&w);
}

/* After a refusal the body is read away and not kept. */
static void
refused_body(void **state)
{
	char *params[] = {
		(char[]){ "REQUEST_METHOD=POST" }, (char[]){ "REQUEST_URI=//" },
		(char[]){ "CONTENT_LENGTH=3" }, NULL
	};
	struct pieces pieces = { SP_LIT("abc"), 1, 0 };
	struct web w;
	bool ended;

	(void)state;
	web_open(&w);
	assert_false(sp_gate_params(&w.req, params));
	assert_false(sp_gate_body(&w.req, pieces_read, &pieces, &ended));
	assert_true(ended);
	assert_int_equal(pieces.rest.len, 0);
	assert_int_equal(w.req.body.len, 0);
	assert_int_equal(w.req.problem, SP_NOT_FOUND);
	web_close(&w);
}

/* ---- what handlers use ---- */

static void
failures(void **state)
{
	struct web w;

	(void)state;
	web_open(&w);
	assert_false(sp_fail(&w.req, SP_INVALID_GRANT, "code is %s", "spent"));
	assert_false(sp_fail(&w.req, SP_SERVER_ERROR, "later"));
	assert_int_equal(w.req.problem, SP_INVALID_GRANT);	/* the first is the cause */
	assert_string_equal(w.req.detail, "code is spent");
	web_close(&w);
}

static void
context(void **state)
{
	char *params[] = {
		(char[]){ "REQUEST_METHOD=GET" }, (char[]){ "REQUEST_URI=/x" },
		(char[]){ "REMOTE_ADDR=192.0.2.1" }, (char[]){ "HTTP_USER_AGENT=say \"hi\"" }, NULL
	};
	struct web w;

	(void)state;
	web_open(&w);
	assert_true(sp_gate_params(&w.req, params));
	CHECK_STR(sp_request_context(&w.req), "{\"request_id\":\"0123456789abcdefABCDEF\","
	    "\"address\":\"192.0.2.1\",\"user_agent\":\"say \\\"hi\\\"\",\"program\":\"test\"}", "context");
	assert_ptr_equal(sp_request_context(&w.req).p, w.req.context.p);
	web_close(&w);
}

static void
problems(void **state)
{
	(void)state;
	for (int i = SP_INVALID_REQUEST; i < SP_PROBLEM_COUNT; i++) {
		const struct sp_problem_info *info = sp_problem_info((enum sp_problem)i);

		assert_non_null(info->error);
		assert_non_null(info->meaning);
		CHECK(info->status >= 400 && info->status < 600, info->error);
		CHECK(sp_str_ends(sp_str(info->meaning), "."), info->error);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_forms),
		cmocka_unit_test(paths_below_issuer),
		cmocka_unit_test(path_length),
		cmocka_unit_test(header_rules),
		cmocka_unit_test(headers_by_prefix),
		cmocka_unit_test(limits),
		cmocka_unit_test(missing_variables),
		cmocka_unit_test(methods),
		cmocka_unit_test(content_types),
		cmocka_unit_test(json_bodies),
		cmocka_unit_test(client_addresses),
		cmocka_unit_test(body_rules),
		cmocka_unit_test(slow_body),
		cmocka_unit_test(refused_body),
		cmocka_unit_test(failures),
		cmocka_unit_test(context),
		cmocka_unit_test(problems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
