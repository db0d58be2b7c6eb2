/* response.c - headers and bodies of answers */
#include <assert.h>
#include "base/encode.h"
#include "base/log.h"
#include "web/response.h"

struct reason {
	int status;
	const char *text;
};

const char *
sp_status_phrase(int status)
{
	static const struct reason reasons[] = {
		{ 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" },
		{ 302, "Found" }, { 303, "See Other" }, { 304, "Not Modified" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" }, { 406, "Not Acceptable" },
		{ 408, "Request Timeout" }, { 409, "Conflict" }, { 410, "Gone" },
		{ 411, "Length Required" }, { 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" }, { 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" }, { 500, "Internal Server Error" },
		{ 502, "Bad Gateway" }, { 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Status";
}

static struct sp_header *
header_find(const struct sp_response *res, struct sp_str name)
{
	for (size_t i = 0; i < res->header_count; i++)
		if (sp_str_caseeq(res->headers[i].name, name))
			return &res->headers[i];
	return NULL;
}

void
sp_header_add(struct sp_request *req, const char *name, const char *value)
{
	struct sp_response *res = req->response;
	struct sp_str text = sp_str(value);

	/* A line break would be another header: whoever lets one come here has a bug. */
	assert(!sp_str_has_control(text));
	if (res->header_count == res->header_room) {
		size_t room = res->header_room + 16;

		res->headers = sp_arena_grow(req->mem, res->headers,
		    res->header_room * sizeof(*res->headers), room * sizeof(*res->headers));
		res->header_room = room;
	}
	res->headers[res->header_count++] = (struct sp_header){
	    sp_str_dup(req->mem, sp_str(name)), sp_str_dup(req->mem, text) };
}

void
sp_header(struct sp_request *req, const char *name, const char *value)
{
	struct sp_header *known = header_find(req->response, sp_str(name));

	if (known == NULL) {
		sp_header_add(req, name, value);
		return;
	}
	assert(!sp_str_has_control(sp_str(value)));
	known->value = sp_str_dup(req->mem, sp_str(value));
}

struct sp_str
sp_response_header(const struct sp_request *req, const char *name)
{
	const struct sp_header *known = header_find(req->response, sp_str(name));

	return known != NULL ? known->value : (struct sp_str){ NULL, 0 };
}

bool
sp_reply(struct sp_request *req, int status, const char *content_type, struct sp_str body)
{
	struct sp_response *res = req->response;

	res->status = status;
	res->body = body;
	if (content_type != NULL)
		sp_header(req, "Content-Type", content_type);
	return true;
}

bool
sp_reply_json(struct sp_request *req, int status, struct sp_buf *json)
{
	if (!sp_buf_ok(json)) {
		sp_fail(req, SP_SERVER_ERROR, "the answer is larger than its buffer may be");
		req->problem = SP_SERVER_ERROR;
		return sp_reply_oauth_error(req);
	}
	return sp_reply(req, status, "application/json", sp_buf_view(json));
}

bool
sp_reply_empty(struct sp_request *req, int status)
{
	return sp_reply(req, status, NULL, (struct sp_str){ "", 0 });
}

bool
sp_reply_redirect(struct sp_request *req, int status, const char *location)
{
	assert(status == 302 || status == 303);
	sp_header(req, "Location", location);
	return sp_reply_empty(req, status);
}

/* FNV-1a: tells versions of our own documents apart, and needs no cryptography for that. */
static uint64_t
fingerprint(struct sp_str s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	return h;
}

/* RFC 9110 13.1.2: weak comparison, "*" matches whatever there is. */
static bool
etag_matches(struct sp_str if_none_match, struct sp_str etag)
{
	struct sp_str one;

	while (sp_str_split(&if_none_match, ',', &one)) {
		one = sp_str_trim(one, " \t");
		if (sp_str_starts(one, "W/"))
			one = sp_str_sub(one, 2, one.len);
		if (sp_str_is(one, "*") || sp_str_eq(one, etag))
			return true;
	}
	return false;
}

bool
sp_reply_cached(struct sp_request *req, const char *content_type, struct sp_str body,
    int64_t max_age)
{
	const char *etag = sp_printf(req->mem, "\"%016llx\"", (unsigned long long)fingerprint(body));

	sp_header(req, "ETag", etag);
	sp_header(req, "Cache-Control",
	    sp_printf(req->mem, "public, max-age=%lld", (long long)max_age));
	if (etag_matches(sp_request_header(req, "If-None-Match"), sp_str(etag)))
		return sp_reply_empty(req, 304);
	return sp_reply(req, 200, content_type, body);
}

/*
 * error_description may hold printable ASCII without quote and backslash
 * (RFC 6749 5.2).  What happened on our side is not told, only where to find it.
 */
static struct sp_str
description(struct sp_request *req, const struct sp_problem_info *info)
{
	struct sp_str text;
	char *copy;

	if (info->status >= 500)
		return sp_str(sp_printf(req->mem, "%s Request %s.", info->meaning, req->id));
	text = sp_str(req->detail != NULL && req->detail[0] != '\0' ? req->detail : info->meaning);
	copy = sp_cstr(req->mem, text);
	for (size_t i = 0; i < text.len; i++)
		if (copy[i] < 0x20 || copy[i] > 0x7e || copy[i] == '"' || copy[i] == '\\')
			copy[i] = copy[i] == '"' ? '\'' : '?';
	return (struct sp_str){ copy, text.len };
}

static void
problem_headers(struct sp_request *req, const struct sp_problem_info *info)
{
	if (info->status == 401 && sp_response_header(req, "WWW-Authenticate").p == NULL)
		sp_header(req, "WWW-Authenticate", req->problem == SP_INVALID_TOKEN ?
		    "Bearer error=\"invalid_token\"" : "Basic realm=\"sallyport\", charset=\"UTF-8\"");
	if (info->status == 503 || info->status == 429)
		sp_header(req, "Retry-After", sp_printf(req->mem, "%lld",
		    (long long)(req->retry_after > 0 ? req->retry_after : 1)));
}

bool
sp_reply_oauth_error(struct sp_request *req)
{
	const struct sp_problem_info *info;
	struct sp_json_writer w;
	struct sp_buf b;

	if (req->problem == SP_OK)
		sp_fail(req, SP_SERVER_ERROR, "a handler failed without saying why");
	info = sp_problem_info(req->problem);
	problem_headers(req, info);
	sp_buf_init(&b, req->mem, 4096);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "error", info->error);
	sp_jw_kstr(&w, "error_description", description(req, info));
	if (req->route == NULL && req->problem == SP_NOT_FOUND && req->path.p != NULL) {
		sp_jw_kcstr(&w, "method", req->method);
		sp_jw_kstr(&w, "path", req->path);
	}
	sp_jw_object_end(&w);
	return sp_reply(req, info->status, "application/json", sp_buf_view(&b));
}

static void
put_header(struct sp_buf *b, struct sp_str name, struct sp_str value)
{
	sp_buf_str(b, name);
	sp_buf_add(b, ": ", 2);
	sp_buf_str(b, value);
	sp_buf_add(b, "\r\n", 2);
}

struct sp_str
sp_response_head(struct sp_request *req)
{
	struct sp_response *res = req->response;
	bool bodiless = res->status == 204 || res->status == 304;
	struct sp_buf b;

	sp_buf_init(&b, req->mem, SP_RESPONSE_MAX_HEADERS);
	sp_buf_printf(&b, "Status: %d %s\r\n", res->status, sp_status_phrase(res->status));
	for (size_t i = 0; i < res->header_count; i++)
		/* After a 304 or a failure a type may be left that describes nothing. */
		if (res->body.len > 0 || res->is_stream ||
		    !sp_str_is(res->headers[i].name, "Content-Type"))
			put_header(&b, res->headers[i].name, res->headers[i].value);
	if (header_find(res, SP_LIT("Cache-Control")) == NULL)
		put_header(&b, SP_LIT("Cache-Control"), SP_LIT("no-store"));
	put_header(&b, SP_LIT("X-Content-Type-Options"), SP_LIT("nosniff"));
	put_header(&b, SP_LIT("X-Request-Id"), sp_str(req->id));
	/* RFC 9110 8.6: no length with 204; with HEAD the one that GET would have had. */
	if (!bodiless && !res->is_stream)
		sp_buf_printf(&b, "Content-Length: %zu\r\n", res->body.len);
	sp_buf_add(&b, "\r\n", 2);
	if (bodiless || strcmp(req->method, "HEAD") == 0)
		res->body.len = 0;
	if (sp_buf_ok(&b))
		return sp_buf_view(&b);

	sp_log(SP_ERROR, "header_block_too_large", SP_LI("status", res->status),
	    SP_LI("headers", (int64_t)res->header_count));
	res->status = 500;
	res->body = (struct sp_str){ "", 0 };
	res->is_stream = false;
	return sp_str(sp_printf(req->mem, "Status: 500 Internal Server Error\r\n"
	    "Cache-Control: no-store\r\nX-Request-Id: %s\r\nContent-Length: 0\r\n\r\n", req->id));
}
