/* request.c - what a handler asks of its request */
#include "web/request.h"
#include "web/router.h"
#include "web/worker.h"

#define DETAIL_MAX 300

struct sp_str
sp_request_header(const struct sp_request *req, const char *name)
{
	for (size_t i = 0; i < req->header_count; i++)
		if (sp_str_caseis(req->headers[i].name, name))
			return req->headers[i].value;
	return (struct sp_str){ NULL, 0 };
}

size_t
sp_request_headers(const struct sp_request *req, const char *prefix, struct sp_header **out)
{
	struct sp_str start = sp_str(prefix);
	size_t count = 0;

	*out = sp_alloc_array(req->mem, req->header_count, sizeof(**out));
	for (size_t i = 0; i < req->header_count; i++)
		if (sp_str_caseeq(sp_str_sub(req->headers[i].name, 0, start.len), start))
			(*out)[count++] = req->headers[i];
	return count;
}

struct sp_str
sp_request_rest(const struct sp_request *req)
{
	struct sp_str pattern = sp_str(req->route != NULL ? req->route->path : NULL);

	if (!sp_str_ends(pattern, "/*"))
		return (struct sp_str){ NULL, 0 };
	return sp_str_sub(req->path, pattern.len - 1, req->path.len);
}

bool
sp_fail(struct sp_request *req, enum sp_problem problem, const char *fmt, ...)
{
	va_list ap;
	struct sp_str detail;

	if (req->problem != SP_OK)
		return false;		/* the first failure is the cause */
	va_start(ap, fmt);
	detail = sp_str(sp_vprintf(req->mem, fmt, ap));
	va_end(ap);
	req->problem = problem;
	req->detail = sp_cstr(req->mem, sp_str_sub(detail, 0, DETAIL_MAX));
	return false;
}

struct sp_str
sp_request_context(struct sp_request *req)
{
	struct sp_json_writer w;
	struct sp_buf b;

	if (req->context.p != NULL)
		return req->context;
	sp_buf_init(&b, req->mem, 8 * 1024);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "request_id", req->id);
	sp_jw_kstr(&w, "address", req->address);
	sp_jw_kstr(&w, "user_agent", sp_str_sub(sp_request_header(req, "user-agent"), 0, 256));
	sp_jw_kcstr(&w, "program", req->process->program->name);
	sp_jw_object_end(&w);
	req->context = sp_buf_view(&b);
	return req->context;
}

bool
sp_request_content_is(const struct sp_request *req, const char *media_type)
{
	struct sp_str rest = sp_request_header(req, "content-type"), part;

	if (!sp_str_is(req->content_type, media_type) || !sp_str_split(&rest, ';', &part))
		return false;
	while (sp_str_split(&rest, ';', &part)) {
		part = sp_str_trim(part, " \t");
		if (!sp_str_caseeq(sp_str_sub(part, 0, 8), SP_LIT("charset=")))
			continue;
		part = sp_str_trim(sp_str_sub(part, 8, part.len), "\"");
		if (!sp_str_caseis(part, "utf-8"))
			return false;
	}
	return true;
}

bool
sp_request_json(struct sp_request *req, enum sp_problem otherwise, struct json_object **out)
{
	struct json_object *parsed;
	const char *why;

	if (!sp_request_content_is(req, "application/json"))
		return sp_fail(req, SP_UNSUPPORTED_MEDIA_TYPE,
		    "the body must be application/json in UTF-8");
	if (!sp_json_parse(req->mem, req->body, &parsed, &why))
		return sp_fail(req, otherwise, "the body is not JSON: %s", why);
	if (!json_object_is_type(parsed, json_type_object))
		return sp_fail(req, otherwise, "the body is not a JSON object");
	*out = parsed;
	return true;
}
