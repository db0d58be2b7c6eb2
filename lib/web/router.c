/* router.c - from a path and a method to a handler */
#include "web/response.h"
#include "web/router.h"

/* What an MCP client in a browser sends (2026-07-28 and before), and may read. */
#define CORS_ALLOW_HEADERS "Authorization, Content-Type, MCP-Protocol-Version, Mcp-Method, " \
	"Mcp-Name, Mcp-Session-Id, Last-Event-ID"
#define CORS_EXPOSE_HEADERS "WWW-Authenticate, Mcp-Session-Id"
#define CORS_MAX_AGE "7200"	/* seconds; Chromium believes no more */

/* How well a pattern fits: 0 not at all; exact is best, then the longest prefix. */
static size_t
match(const char *pattern, struct sp_str path)
{
	struct sp_str p = sp_str(pattern);

	if (sp_str_eq(p, path))
		return SIZE_MAX;
	if (!sp_str_ends(p, "/*") || path.len < p.len ||
	    !sp_str_eq(sp_str_sub(p, 0, p.len - 1), sp_str_sub(path, 0, p.len - 1)))
		return 0;
	return p.len;
}

static const struct sp_route *
best_route(const struct sp_route *routes, struct sp_str path)
{
	const struct sp_route *best = NULL;
	size_t best_fit = 0;

	for (const struct sp_route *r = routes; path.p != NULL && r->method != NULL; r++) {
		size_t fit = match(r->path, path);

		if (fit > best_fit) {
			best = r;
			best_fit = fit;
		}
	}
	return best;
}

/* The route of the same path for another method. */
static const struct sp_route *
sibling(const struct sp_route *routes, const char *path, const char *method)
{
	for (const struct sp_route *r = routes; r->method != NULL; r++)
		if (strcmp(r->path, path) == 0 && strcmp(r->method, method) == 0)
			return r;
	return NULL;
}

/* "GET, HEAD, POST, OPTIONS": all methods of a path, or only those open to other origins. */
static const char *
methods_of(struct sp_request *req, const struct sp_route *routes, const char *path, bool cors_only)
{
	struct sp_buf b;

	sp_buf_init(&b, req->mem, 256);
	for (const struct sp_route *r = routes; r->method != NULL; r++) {
		if (strcmp(r->path, path) != 0 || (cors_only && !r->cors))
			continue;
		sp_buf_cstr(&b, r->method);
		sp_buf_cstr(&b, strcmp(r->method, "GET") == 0 ? ", HEAD, " : ", ");
	}
	sp_buf_cstr(&b, "OPTIONS");
	return sp_buf_view(&b).p;
}

static bool
path_has_cors(const struct sp_route *routes, const char *path)
{
	for (const struct sp_route *r = routes; r->method != NULL; r++)
		if (r->cors && strcmp(r->path, path) == 0)
			return true;
	return false;
}

/* Of the headers that a page asks for, those that tools may define: Mcp-Param-NAME. */
static const char *
allowed_headers(struct sp_request *req)
{
	struct sp_str asked = sp_request_header(req, "Access-Control-Request-Headers"), name;
	struct sp_buf b;

	sp_buf_init(&b, req->mem, 1024);
	sp_buf_cstr(&b, CORS_ALLOW_HEADERS);
	while (sp_str_split(&asked, ',', &name)) {
		bool good;

		name = sp_str_trim(name, " \t");
		good = name.len > 10 && name.len <= 74 &&
		    sp_str_caseeq(sp_str_sub(name, 0, 10), SP_LIT("mcp-param-"));
		for (size_t i = 0; good && i < name.len; i++)
			good = sp_is_alnum((unsigned char)name.p[i]) || name.p[i] == '-';
		if (good && b.len + name.len + 2 <= b.max) {
			sp_buf_cstr(&b, ", ");
			sp_buf_str(&b, name);
		}
	}
	return sp_buf_view(&b).p;
}

static bool
answer_options(struct sp_request *req, const struct sp_route *routes, const char *path)
{
	if (path_has_cors(routes, path)) {
		sp_header(req, "Access-Control-Allow-Origin", "*");
		sp_header(req, "Access-Control-Allow-Methods", methods_of(req, routes, path, true));
		sp_header(req, "Access-Control-Allow-Headers", allowed_headers(req));
		sp_header(req, "Access-Control-Max-Age", CORS_MAX_AGE);
	}
	sp_header(req, "Allow", methods_of(req, routes, path, false));
	return sp_reply_empty(req, 204);
}

static void
reply_problem(struct sp_request *req)
{
	if (req->problem == SP_OK)
		sp_fail(req, SP_SERVER_ERROR, "a handler failed without saying why");
	if (req->route != NULL && req->route->on_error != NULL && req->route->on_error(req) &&
	    req->response->status != 0)
		return;
	(void)sp_reply_oauth_error(req);
}

void
sp_route_request(struct sp_request *req, const struct sp_route *routes)
{
	const struct sp_route *known = best_route(routes, req->path), *route;
	bool is_head = strcmp(req->method, "HEAD") == 0;

	if (known == NULL) {
		sp_fail(req, SP_NOT_FOUND, "no such path");
		if (req->problem == SP_METHOD_NOT_ALLOWED)
			sp_header(req, "Allow", "");	/* RFC 9110 10.2.1: of a thing that is not there */
		reply_problem(req);
		return;
	}
	route = sibling(routes, known->path, is_head ? "GET" : req->method);
	req->route = route != NULL ? route : known;
	if (req->problem == SP_OK && strcmp(req->method, "OPTIONS") == 0 && route == NULL) {
		answer_options(req, routes, known->path);
		return;
	}
	if (req->route->cors) {
		sp_header(req, "Access-Control-Allow-Origin", "*");
		sp_header(req, "Access-Control-Expose-Headers", CORS_EXPOSE_HEADERS);
	}
	if (route == NULL)
		sp_fail(req, SP_METHOD_NOT_ALLOWED, "method not allowed");
	if (req->problem == SP_METHOD_NOT_ALLOWED)
		sp_header(req, "Allow", methods_of(req, routes, known->path, false));
	if (req->problem != SP_OK || !route->handler(req) || req->response->status == 0)
		reply_problem(req);
}

bool
sp_origin_is_ours(const struct sp_request *req, struct sp_str origin)
{
	const char *issuer = req->settings->issuer;

	return origin.len > 0 &&
	    sp_str_eq(origin, (struct sp_str){ issuer, (size_t)(sp_issuer_path(req->settings) - issuer) });
}

bool
sp_origin_allowed(const struct sp_request *req)
{
	struct sp_str origin = sp_request_header(req, "Origin"), rest, one;

	if (origin.p == NULL || sp_origin_is_ours(req, origin))
		return true;
	rest = sp_str(req->settings->allowed_origins);
	while (sp_str_split(&rest, ' ', &one))
		if (sp_str_is(one, "*") || (one.len > 0 && sp_str_eq(one, origin)))
			return true;
	return false;
}
