/* gate.c - what is refused before a handler runs */
#include <errno.h>
#include "web/gate.h"

/* How much of an unwanted body is read away before the answer (webservers answer 502 without). */
#define DRAIN_MAX	(8 * 1024 * 1024)

/*
 * The variables that matter besides headers.  PATH_INFO and SCRIPT_NAME are not
 * among them: every web server has its own idea of them, and some decode.
 */
enum variable { METHOD, URI, LENGTH, TYPE, ADDRESS, REDIRECTED, VARIABLES };
static const char *const variable_names[VARIABLES] = {
	[METHOD] = "REQUEST_METHOD",
	[URI] = "REQUEST_URI",
	[LENGTH] = "CONTENT_LENGTH",
	[TYPE] = "CONTENT_TYPE",
	[ADDRESS] = "REMOTE_ADDR",
	[REDIRECTED] = "REDIRECT_HTTP_AUTHORIZATION",
};

#define UNKNOWN_METHOD "-"
static const char *const methods[] = {
	"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", NULL
};

/*
 * One value or none.  Where a server hands on both of two headers, its idea of
 * the right one and ours may differ, and that difference is the attack.  A
 * server that joins them leaves a comma, which is told from an honest one only
 * where honest values have none.
 */
static const struct {
	const char *name;
	bool no_comma;
} single_headers[] = {
	{ "authorization", true },
	{ "content-length", true },
	{ "content-type", false },
	{ "dpop", true },
	{ "host", true },
	{ "last-event-id", false },
	{ "mcp-method", true },
	{ "mcp-protocol-version", true },
	{ "mcp-session-id", true },
	{ "origin", true },
};

static bool
is_single(struct sp_str name, bool *no_comma)
{
	for (size_t i = 0; i < sizeof(single_headers) / sizeof(single_headers[0]); i++)
		if (sp_str_is(name, single_headers[i].name)) {
			*no_comma = single_headers[i].no_comma;
			return true;
		}
	*no_comma = false;
	return sp_str_starts(name, "mcp-");
}

/* A tab is allowed in a field value (RFC 9110 5.5); other control bytes never are. */
static bool
has_control(struct sp_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return true;
	return false;
}

/*
 * "MCP_SESSION_ID" to "mcp-session-id".  Servers that let "Mcp_Session_Id" or
 * "Mcp-Session-Id" through as well end up with the same name, thus with a
 * repetition.  Names with other bytes never reach a handler.
 */
static bool
header_name(struct sp_arena *mem, struct sp_str raw, struct sp_str *out)
{
	char *name;

	if (raw.len == 0)
		return false;
	for (size_t i = 0; i < raw.len; i++)
		if (!sp_is_alnum((unsigned char)raw.p[i]) && raw.p[i] != '_' && raw.p[i] != '-')
			return false;
	name = sp_cstr(mem, raw);
	for (size_t i = 0; i < raw.len; i++)
		name[i] = raw.p[i] == '_' ? '-' : (char)sp_lower((unsigned char)raw.p[i]);
	*out = (struct sp_str){ name, raw.len };
	return true;
}

static struct sp_header *
header_find(const struct sp_request *req, struct sp_str name)
{
	for (size_t i = 0; i < req->header_count; i++)
		if (sp_str_eq(req->headers[i].name, name))
			return &req->headers[i];
	return NULL;
}

/* req->headers has room: one place per variable. */
static bool
header_add(struct sp_request *req, struct sp_str name, const char *value)
{
	struct sp_header *known = header_find(req, name);
	bool no_comma, single = is_single(name, &no_comma);

	if (has_control(sp_str(value)))
		return sp_fail(req, SP_INVALID_REQUEST, "control byte in header %.*s",
		    SP_FMT(sp_str_sub(name, 0, 64)));
	if (single && (known != NULL || (no_comma && strchr(value, ',') != NULL)))
		return sp_fail(req, SP_INVALID_REQUEST, "repeated header %.*s",
		    SP_FMT(sp_str_sub(name, 0, 64)));
	if (known == NULL)
		req->headers[req->header_count++] = (struct sp_header){ name,
		    sp_str(sp_strdup(req->mem, value)) };
	else	/* RFC 9110 5.3; cookies of HTTP/2 come in pieces: RFC 9113 8.2.3 */
		known->value = sp_str(sp_printf(req->mem, "%.*s%s%s", SP_FMT(known->value),
		    sp_str_is(name, "cookie") ? "; " : ", ", value));
	return true;
}

static bool
take_headers(struct sp_request *req, char *const *params, const char *const *variable)
{
	struct sp_str name;
	const struct sp_header *said;

	if (variable[TYPE] != NULL && variable[TYPE][0] != '\0' &&
	    !header_add(req, SP_LIT("content-type"), variable[TYPE]))
		return false;
	for (size_t i = 0; params[i] != NULL; i++) {
		const char *equals = strchr(params[i], '=');

		if (strncmp(params[i], "HTTP_", 5) != 0 || equals == NULL ||
		    !header_name(req->mem, (struct sp_str){ params[i] + 5,
		    (size_t)(equals - params[i]) - 5 }, &name))
			continue;
		/* "Proxy:" would become HTTP_PROXY, which libraries take for a setting (httpoxy). */
		if (sp_str_is(name, "proxy"))
			continue;
		/* Some servers say these two twice, with and without HTTP_. */
		if (sp_str_is(name, "content-type") &&
		    (said = header_find(req, name)) != NULL && sp_str_is(said->value, equals + 1))
			continue;
		if (sp_str_is(name, "content-length")) {
			if (variable[LENGTH] != NULL && variable[LENGTH][0] != '\0' &&
			    strcmp(variable[LENGTH], equals + 1) != 0)
				return sp_fail(req, SP_INVALID_REQUEST, "two content lengths");
		}
		if (!header_add(req, name, equals + 1))
			return false;
	}
	/* Apache leaves this name when a rewrite rule had to carry the header (shared hosting). */
	if (variable[REDIRECTED] != NULL && variable[REDIRECTED][0] != '\0' &&
	    header_find(req, SP_LIT("authorization")) == NULL)
		return header_add(req, SP_LIT("authorization"), variable[REDIRECTED]);
	return true;
}

/*
 * A path in normal form is the only one that web server and router cannot read
 * differently: no empty or dot segments, no encoded separators or dots, no
 * control bytes, no matrix parameters, no broken escapes.
 */
static bool
path_is_normal(struct sp_str path)
{
	static const char *const refused[] = { "2f", "5c", "2e", "7f" };

	if (path.len == 0 || path.len > SP_GATE_MAX_PATH || path.p[0] != '/')
		return false;
	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.p[i];

		if (c <= 0x20 || c >= 0x7f || strchr(";\\\"<>^`{|}#", c) != NULL)
			return false;
		if (c == '/') {
			struct sp_str rest = sp_str_sub(path, i + 1, path.len);
			struct sp_str segment = rest;

			if (!sp_str_split(&rest, '/', &segment))
				continue;	/* the path ends here */
			if (segment.len == 0 || sp_str_is(segment, ".") ||
			    sp_str_is(segment, ".."))
				return false;
		}
		if (c == '%') {
			struct sp_str code = sp_str_sub(path, i + 1, i + 3);

			if (code.len < 2 || !sp_is_hex((unsigned char)code.p[0]) ||
			    !sp_is_hex((unsigned char)code.p[1]))
				return false;
			if (code.p[0] == '0' || code.p[0] == '1')
				return false;	/* %00 to %1f */
			for (size_t k = 0; k < sizeof(refused) / sizeof(refused[0]); k++)
				if (sp_str_caseis(code, refused[k]))
					return false;
		}
	}
	return true;
}

/* Apache and h2o hand on "http://host/path" as it came; the host proves nothing and is dropped. */
static struct sp_str
origin_form(struct sp_str uri)
{
	struct sp_str scheme = sp_str_sub(uri, 0, 8);
	size_t at;

	if (sp_str_caseis(scheme, "https://"))
		at = 8;
	else if (sp_str_caseis(sp_str_sub(uri, 0, 7), "http://"))
		at = 7;
	else
		return uri;
	while (at < uri.len && uri.p[at] != '/' && uri.p[at] != '?')
		at++;
	if (at == uri.len || uri.p[at] == '?')
		return (struct sp_str){ NULL, 0 };	/* no path: nothing of ours is there */
	return sp_str_sub(uri, at, uri.len);
}

/*
 * The path as it would be if the issuer had none.  Well-known documents of an
 * issuer with a path have it behind their name (RFC 8414 section 3.1); what is
 * neither of those nor below the issuer is not ours: absent.
 */
static struct sp_str
below_issuer(const struct sp_request *req, struct sp_str path)
{
	static const char well_known[] = "/.well-known/";
	struct sp_str base = sp_str(sp_issuer_path(req->settings)), front = { NULL, 0 }, rest = path;
	ptrdiff_t slash;

	if (base.len == 0)
		return path;
	if (sp_str_starts(path, well_known)) {
		rest = sp_str_sub(path, sizeof(well_known) - 1, path.len);
		if ((slash = sp_str_index(rest, '/')) < 0)
			return front;
		front = sp_str_sub(path, 0, sizeof(well_known) - 1 + (size_t)slash);
		rest = sp_str_sub(rest, (size_t)slash, rest.len);
	}
	if (!sp_str_starts(rest, base.p) || (rest.len > base.len && rest.p[base.len] != '/'))
		return (struct sp_str){ NULL, 0 };
	rest = sp_str_sub(rest, base.len, rest.len);
	return front.p == NULL ? rest : sp_str(sp_printf(req->mem, "%.*s%.*s", SP_FMT(front), SP_FMT(rest)));
}

static bool
take_target(struct sp_request *req, const char *method, const char *uri)
{
	struct sp_str target, path;
	ptrdiff_t question;

	if (method == NULL || uri == NULL)
		return sp_fail(req, SP_INVALID_REQUEST, "the web server sent no %s",
		    method == NULL ? "REQUEST_METHOD" : "REQUEST_URI");
	for (size_t i = 0; methods[i] != NULL; i++)
		if (strcmp(method, methods[i]) == 0)
			req->method = methods[i];
	target = origin_form(sp_str(sp_strdup(req->mem, uri)));
	question = sp_str_index(target, '?');
	path = question < 0 ? target : sp_str_sub(target, 0, (size_t)question);
	if (question >= 0)
		req->query = sp_str_sub(target, (size_t)question + 1, target.len);
	if (!path_is_normal(path))
		return sp_fail(req, SP_NOT_FOUND, "path is not in normal form");
	req->path = below_issuer(req, path);
	if (strcmp(req->method, UNKNOWN_METHOD) == 0)
		return sp_fail(req, SP_METHOD_NOT_ALLOWED, "unknown method");
	return true;
}

static void
take_content_type(struct sp_request *req)
{
	struct sp_str rest = sp_request_header(req, "content-type"), type;
	char *lower;

	if (!sp_str_split(&rest, ';', &type))
		return;
	type = sp_str_trim(type, " \t");
	lower = sp_cstr(req->mem, type);
	for (size_t i = 0; i < type.len; i++)
		lower[i] = (char)sp_lower((unsigned char)type.p[i]);
	req->content_type = (struct sp_str){ lower, type.len };
}

/* "", "-1" (Caddy) and nothing at all stand for a body whose length is not known. */
static bool
take_content_length(struct sp_request *req, const char *text)
{
	req->content_length = -1;
	if (text == NULL || text[0] == '\0' || strcmp(text, "-1") == 0)
		return true;
	if (!sp_is_digit((unsigned char)text[0]) ||
	    !sp_str_int64(sp_str(text), 0, INT64_MAX, &req->content_length))
		return sp_fail(req, SP_INVALID_REQUEST, "malformed content length");
	return true;
}

bool
sp_gate_params(struct sp_request *req, char *const *params)
{
	const char *variable[VARIABLES] = { NULL };
	const char *repeated = NULL;
	size_t count, total = 0;
	bool too_much = false;

	req->method = UNKNOWN_METHOD;
	req->content_length = -1;
	req->address = (struct sp_str){ "", 0 };
	for (count = 0; params[count] != NULL; count++) {
		size_t len = strlen(params[count]);

		total += len;
		if (len > SP_GATE_MAX_PARAM || total > SP_GATE_MAX_TOTAL ||
		    count >= SP_GATE_MAX_PARAMS) {
			too_much = true;
			break;
		}
		for (size_t v = 0; v < VARIABLES; v++) {
			size_t name_len = strlen(variable_names[v]);

			if (len <= name_len || params[count][name_len] != '=' ||
			    memcmp(params[count], variable_names[v], name_len) != 0)
				continue;
			if (variable[v] != NULL)
				repeated = variable_names[v];
			variable[v] = params[count] + name_len + 1;
		}
	}
	if (variable[ADDRESS] != NULL)
		req->address = sp_str(sp_strdup(req->mem, variable[ADDRESS]));
	if (repeated != NULL)
		return sp_fail(req, SP_INVALID_REQUEST, "repeated %s", repeated);
	if (too_much)
		return sp_fail(req, SP_INVALID_REQUEST, "too many or too long headers");
	if (!take_target(req, variable[METHOD], variable[URI]))
		return false;
	req->headers = sp_alloc_array(req->mem, count + 2, sizeof(*req->headers));
	if (!take_headers(req, params, variable) || !take_content_length(req, variable[LENGTH]))
		return false;
	take_content_type(req);
	req->address = sp_client_address(req->address, sp_request_header(req, "x-forwarded-for"),
	    req->settings->trusted_proxies);
	return true;
}

/* Reads what is left of an unwanted body, up to DRAIN_MAX: true at its end. */
static bool
drain(const struct sp_request *req, sp_body_read *read, void *arg, int64_t already)
{
	char away[16 * 1024];
	int64_t left = DRAIN_MAX;
	ssize_t n;

	/* The descriptor of a CGI program need not end where the body does: RFC 3875 4.2. */
	if (req->is_cgi && req->content_length < 0 && strcmp(req->method, "POST") != 0)
		return true;
	if (req->is_cgi && req->content_length >= 0 && req->content_length - already < left)
		left = req->content_length - already;
	while (left > 0) {
		size_t room = left < (int64_t)sizeof(away) ? (size_t)left : sizeof(away);

		n = read(arg, away, room);
		if (n <= 0)
			return n == 0;
		left -= n;
	}
	return req->is_cgi;
}

static bool
fail_read(struct sp_request *req)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ETIMEDOUT)
		return sp_fail(req, SP_REQUEST_TIMEOUT, "the body took too long to arrive");
	return sp_fail(req, SP_INVALID_REQUEST, "the body was cut short");
}

/* A body whose length is known: that many bytes, not one less or more. */
static bool
read_exactly(struct sp_request *req, sp_body_read *read, void *arg, bool *ended)
{
	size_t want = (size_t)req->content_length, have = 0;
	char *body = sp_alloc(req->mem, want + 1), beyond;
	ssize_t n;

	while (have < want) {
		n = read(arg, body + have, want - have);
		if (n < 0)
			return fail_read(req);
		if (n == 0) {
			*ended = true;
			return sp_fail(req, SP_INVALID_REQUEST, "the body was cut short");
		}
		have += (size_t)n;
	}
	if (!req->is_cgi) {
		n = read(arg, &beyond, 1);
		if (n < 0)
			return fail_read(req);
		if (n > 0)
			return sp_fail(req, SP_INVALID_REQUEST, "more body than its length said");
	}
	*ended = true;
	req->body = (struct sp_str){ body, want };
	return true;
}

/*
 * A body that ends when it ends.  FastCGI marks the end, so that a cut body is
 * noticed; a CGI program sees the same end of file in both cases, and half a
 * form reads like a whole one.
 */
static bool
read_to_end(struct sp_request *req, sp_body_read *read, void *arg, bool *ended)
{
	struct sp_buf b;
	ssize_t n;
	char *room;

	sp_buf_init(&b, req->mem, (size_t)req->settings->max_body + 1);
	for (;;) {
		size_t size = (size_t)req->settings->max_body + 1 - b.len;

		if (size > 4096)
			size = 4096;
		if (size == 0) {
			*ended = drain(req, read, arg, 0);
			return sp_fail(req, SP_CONTENT_TOO_LARGE, "body over %lld bytes",
			    (long long)req->settings->max_body);
		}
		room = sp_buf_room(&b, size);
		n = read(arg, room, size);
		if (n < 0)
			return fail_read(req);
		if (n == 0)
			break;
		sp_buf_added(&b, (size_t)n);
	}
	*ended = true;
	if (b.len > 0 && req->is_cgi &&
	    sp_str_is(req->content_type, "application/x-www-form-urlencoded"))
		return sp_fail(req, SP_LENGTH_REQUIRED, "form without a content length");
	req->body = sp_buf_view(&b);
	return true;
}

bool
sp_gate_body(struct sp_request *req, sp_body_read *read, void *arg, bool *ended)
{
	*ended = false;
	if (req->problem != SP_OK) {
		*ended = drain(req, read, arg, 0);
		return false;
	}
	if (req->content_length > req->settings->max_body) {
		*ended = drain(req, read, arg, 0);
		return sp_fail(req, SP_CONTENT_TOO_LARGE, "body over %lld bytes",
		    (long long)req->settings->max_body);
	}
	if (req->content_length >= 0)
		return read_exactly(req, read, arg, ended);
	if (req->is_cgi && strcmp(req->method, "POST") != 0 && strcmp(req->method, "PUT") != 0 &&
	    strcmp(req->method, "PATCH") != 0) {
		*ended = true;	/* nothing says that a body comes, and waiting might be for ever */
		return true;
	}
	return read_to_end(req, read, arg, ended);
}
