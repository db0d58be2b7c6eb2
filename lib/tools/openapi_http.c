/* openapi_http.c - an operation in the words of kind http (http_parts.h) */
#include "base/encode.h"
#include "tools/openapi_private.h"

bool
sp_openapi_http_can(const struct sp_openapi_argument *arg, const char **why)
{
	static const char *const of_query[] = { "form", "spaceDelimited", "pipeDelimited", "deepObject" };

	*why = "its style is not offered";
	switch (arg->in) {
	case SP_IN_QUERY:
		for (size_t i = 0; i < sizeof(of_query) / sizeof(of_query[0]); i++)
			if (sp_str_is(arg->style, of_query[i]))
				return true;
		return false;
	case SP_IN_PATH:
	case SP_IN_HEADER:
		if (arg->json)
			*why = "JSON is not offered there";
		return sp_str_is(arg->style, "simple") && !arg->json;
	case SP_IN_COOKIE:
		*why = "cookies are not sent";
		return false;
	case SP_IN_BODY:
		break;
	}
	return true;
}

static bool
is_form(struct sp_str media_type)
{
	return sp_str_caseis(media_type, "application/x-www-form-urlencoded");
}

static bool
is_multipart(struct sp_str media_type)
{
	return sp_str_is(media_type, "multipart/form-data");
}

bool
sp_openapi_http_can_body(struct sp_str media_type)
{
	return sp_str_caseis(media_type, "application/json") || sp_str_ends(media_type, "+json") || is_form(media_type) ||
	    is_multipart(media_type) || sp_openapi_is_raw(media_type) ||
	    sp_str_is(media_type, "*/*") || sp_str_is(media_type, "application/*");
}

static struct json_object *
blank(struct sp_openapi_job *job, const struct sp_openapi_argument *arg)
{
	return json_object_new_string(sp_printf(job->scratch, "{%s}", arg->name));
}

/* Only what differs from the default is said: a blank alone is "form", exploded. */
static struct json_object *
write_styled(struct sp_openapi_job *job, const struct sp_openapi_argument *arg)
{
	struct json_object *out;

	if (!arg->json && sp_str_is(arg->style, "form") && arg->explode)
		return blank(job, arg);
	out = json_object_new_object();
	json_object_object_add(out, "value", blank(job, arg));
	sp_json_set_str(out, "style", arg->json ? SP_LIT("json") : arg->style);
	if (sp_str_is(arg->style, "form") && !arg->json)
		json_object_object_add(out, "explode", json_object_new_boolean(0));
	return out;
}

/* Text of the description between blanks: what stands in a path as it is (RFC 3986 section 3.3). */
static bool
is_path_text(struct sp_str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!sp_is_alnum((unsigned char)text.p[i]) && (text.p[i] == '\0' || strchr("/-._~!$&'()*+,;=:@", text.p[i]) == NULL))
			return false;
	return true;
}

static const struct sp_openapi_argument *
path_argument(const struct sp_openapi_request *request, struct sp_str wire)
{
	for (size_t i = 0; i < request->count; i++)
		if (request->item[i].in == SP_IN_PATH && sp_str_is(wire, request->item[i].wire))
			return &request->item[i];
	return NULL;
}

/* The path with the names of the arguments in its braces. */
static struct json_object *
write_path(struct sp_openapi_job *job, const struct sp_openapi_request *request)
{
	struct sp_str whole = sp_str(job->operation->path), rest;
	struct sp_buf b;
	ptrdiff_t open;

	(void)sp_str_split(&whole, '?', &rest);		/* write_fixed() has what is behind it */
	sp_buf_init(&b, job->scratch, 65536);
	while ((open = sp_str_index(rest, '{')) >= 0) {
		struct sp_str before = sp_str_sub(rest, 0, (size_t)open), name;
		const struct sp_openapi_argument *arg;

		rest = sp_str_sub(rest, (size_t)open + 1, rest.len);
		(void)sp_str_split(&rest, '}', &name);
		if ((arg = path_argument(request, name)) == NULL || !is_path_text(before))
			goto wrong;
		sp_buf_str(&b, before);
		sp_buf_printf(&b, "{%s%s}", arg->segments ? "+" : "", arg->name);
	}
	if (!is_path_text(rest) || job->operation->path[0] != '/')
		goto wrong;
	sp_buf_str(&b, rest);
	return json_object_new_string(sp_buf_view(&b).p);
wrong:
	(void)sp_openapi_fail(job, "its path cannot be a path of a tool");
	return NULL;
}

/* A query in the path ("/things?beta=true") has no place in OpenAPI, but many write it. */
static bool
write_fixed(struct sp_openapi_job *job, struct json_object *query)
{
	struct sp_str rest = sp_str(job->operation->path), pair, name, value;

	(void)sp_str_split(&rest, '?', &pair);
	while (sp_str_split(&rest, '&', &pair)) {
		(void)sp_str_split(&pair, '=', &name);
		if (!sp_percent_decode(job->scratch, name, &name) || !sp_percent_decode(job->scratch, pair, &value) ||
		    name.len == 0 || sp_str_index(pair, '{') >= 0 || sp_str_index(pair, '}') >= 0)
			return sp_openapi_fail(job, "its path has a query that is not plain");
		sp_json_set_str(query, sp_cstr(job->scratch, name), value);
	}
	return true;
}

/* Parameters of a query or of header fields; NULL: there are none. */
static struct json_object *
write_parameters(struct sp_openapi_job *job, const struct sp_openapi_request *request, enum sp_openapi_in place)
{
	struct json_object *out = json_object_new_object();

	if (place == SP_IN_QUERY && !write_fixed(job, out)) {
		json_object_put(out);
		return NULL;
	}
	for (size_t i = 0; i < request->count; i++)
		if (request->item[i].in == place)
			json_object_object_add(out, request->item[i].wire, place == SP_IN_QUERY ?
			    write_styled(job, &request->item[i]) : blank(job, &request->item[i]));
	if (json_object_object_length(out) > 0)
		return out;
	json_object_put(out);
	return NULL;
}

/* The media types that kind http has a member of their own for; others are JSON of that type. */
static const char *
body_member(struct sp_str media_type)
{
	return is_form(media_type) ? "form" : is_multipart(media_type) ? "multipart" : sp_openapi_is_raw(media_type) ? "raw" : "body";
}

static void
write_body(struct sp_openapi_job *job, const struct sp_openapi_request *request, struct json_object *http)
{
	const char *member = body_member(request->media_type);
	struct json_object *members = NULL;
	bool is_body = strcmp(member, "body") == 0, is_styled = strcmp(member, "form") == 0;

	for (size_t i = 0; i < request->count; i++) {
		const struct sp_openapi_argument *arg = &request->item[i];

		if (arg->in != SP_IN_BODY || arg->file != NULL)
			continue;
		if (arg->wire == NULL) {
			json_object_object_add(http, member, is_body ? blank(job, arg) : sp_openapi_write_bytes(job, request, arg));
			break;
		}
		if (members == NULL)
			json_object_object_add(http, member, members = json_object_new_object());
		json_object_object_add(members, arg->wire, is_styled ? write_styled(job, arg) : is_body ? blank(job, arg) :
		    sp_openapi_write_bytes(job, request, arg));
	}
	if (is_body && !sp_str_is(request->media_type, "application/json"))
		sp_json_set_str(http, "content_type", request->media_type);
	if (members != NULL && !request->body_required && (is_body || is_styled))
		json_object_object_add(http, "omit_empty_body", json_object_new_boolean(1));
}

struct json_object *
sp_openapi_http(struct sp_openapi_job *job, const struct sp_openapi_request *request, struct sp_str source)
{
	struct json_object *path = write_path(job, request), *http, *part;

	if (path == NULL)
		return NULL;
	http = json_object_new_object();
	sp_json_set_str(http, "source", source);
	json_object_object_add(http, "method", json_object_new_string(job->operation->method));
	json_object_object_add(http, "path", path);
	if ((part = write_parameters(job, request, SP_IN_QUERY)) != NULL)
		json_object_object_add(http, "query", part);
	if ((part = write_parameters(job, request, SP_IN_HEADER)) != NULL)
		json_object_object_add(http, "headers", part);
	if (request->media_type.p != NULL)
		write_body(job, request, http);
	if (job->why == NULL)
		return http;
	json_object_put(http);
	return NULL;
}
