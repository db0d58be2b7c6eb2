/* http_parts.c - the parts of a request as a document describes them */
#include "tools/http_parts.h"

#include "base/encode.h"
#include "tools/http_bytes.h"
#include "tools/spec.h"

#define BODY_MAX	((size_t)16 * 1024 * 1024)

enum style { STYLE_FORM, STYLE_SPACE, STYLE_PIPE, STYLE_DEEP, STYLE_JSON };

static const char *const style_names[] = { "form", "spaceDelimited", "pipeDelimited", "deepObject", "json", NULL };

struct member {
	const char *name;
	struct sp_pattern value;
	enum style style;
	bool explode;
};

struct members {
	const struct member *item;
	size_t count;
};

struct sp_http_parts {
	const char *method;
	struct sp_pattern path;
	struct members query, headers, form;
	bool is_form;
	const struct sp_json_pattern *body;	/* NULL: none */
	const struct sp_http_bytes *bytes;	/* NULL: none */
	bool omit_empty_body;
	const char *content_type;
};

/* ---- reading ---- */

bool
sp_http_field_is_free(const char *name)
{
	static const char *const taken[] = { "Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "TE",
		"Trailer", "Upgrade", "Expect", "Authorization", "Proxy-Authorization", "Proxy-Connection", "Proxy", "Cookie", "Accept-Encoding" };
	struct sp_str s = sp_str(name);

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (sp_str_caseis(s, taken[i]))
			return false;
	for (size_t i = 0; i < s.len; i++)
		if (!sp_is_tchar((unsigned char)s.p[i]))
			return false;
	return s.len > 0;
}

static bool
read_method(struct sp_arena *mem, struct json_object *spec, struct sp_http_parts *out, const char **why)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" };

	out->method = "GET";
	if (!sp_spec_text(mem, spec, "method", &out->method, why))
		return false;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i], out->method) == 0)
			return true;
	*why = "method: has to be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS";
	return false;
}

static bool
is_dots(struct sp_str segment)
{
	return sp_str_is(segment, ".") || sp_str_is(segment, "..");
}

/* An escaped dot, slash, backslash or "%" would let a server see other segments than we do. */
static bool
escape_ok(struct sp_str text)
{
	static const char *const bad[] = { "%2e", "%2f", "%5c", "%25" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (sp_str_caseis(sp_str_sub(text, 0, 3), bad[i]))
			return false;
	return text.len >= 3 && sp_is_hex((unsigned char)text.p[1]) && sp_is_hex((unsigned char)text.p[2]);
}

/* Whether somebody who takes "/" or "\\" for the end of a segment would see "." or "..". */
static bool
has_dots(struct sp_str text)
{
	struct sp_str part, segment;

	while (sp_str_split(&text, '/', &part))
		while (sp_str_split(&part, '\\', &segment))
			if (is_dots(segment))
				return true;
	return false;
}

/* The same for a server that decodes what it gets, broken escapes among it, before it looks for segments. */
static bool
hides_dots(struct sp_arena *mem, struct sp_str text)
{
	struct sp_str rest = text, byte;
	struct sp_buf b;

	sp_buf_init(&b, mem, text.len + 1);
	while (rest.len > 0) {
		bool is_escape = rest.p[0] == '%' && sp_hex_decode(mem, sp_str_sub(rest, 1, 3), &byte) && byte.len == 1;

		sp_buf_char(&b, is_escape ? byte.p[0] : rest.p[0]);
		rest = sp_str_sub(rest, is_escape ? 3 : 1, rest.len);
	}
	return has_dots(text) || has_dots(sp_buf_view(&b));
}

static bool
path_text_ok(struct sp_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == '%' ? !escape_ok(sp_str_sub(text, i, text.len)) :
		    !sp_is_alnum(c) && (c == '\0' || strchr("/-._~!$&'()*+,;=:@", c) == NULL))
			return false;
	}
	return true;
}

static bool
read_path(struct sp_arena *mem, struct json_object *spec, struct sp_http_parts *out, const char **why)
{
	const char *text = "";
	struct sp_str rest, segment;

	if (!sp_spec_text(mem, spec, "path", &text, why))
		return false;
	if (!sp_pattern_parse(mem, sp_str(text), &out->path, why))
		return sp_spec_at(mem, "path", why);
	*why = "path: has to begin with \"/\", and has segments, without \".\" and \"..\", \"?\" and \"#\"";
	if (text[0] != '\0' && text[0] != '/')
		return false;
	for (size_t i = 0; i < out->path.count; i++)
		if (!path_text_ok(out->path.part[i].before))
			return false;
	for (rest = sp_str(text); sp_str_split(&rest, '/', &segment);)
		if (is_dots(segment))
			return false;
	return true;
}

/* A fixed value may be a number or a boolean, too. */
static bool
read_value(struct sp_arena *mem, struct json_object *json, struct sp_pattern *out, const char **why)
{
	struct sp_str text;

	*why = "has to be a text, a number or a boolean";
	if (!sp_value_text(mem, json, &text))
		return false;
	return sp_pattern_parse(mem, text, out, why);
}

static bool
read_styled(struct sp_arena *mem, struct json_object *json, struct member *m, const char **why)
{
	const char *style = "form";
	size_t i = 0;

	if (!json_object_is_type(json, json_type_object))
		return read_value(mem, json, &m->value, why);
	if (!sp_spec_only(mem, json, "value style explode", why) || !sp_spec_text(mem, json, "style", &style, why))
		return false;
	while (style_names[i] != NULL && strcmp(style_names[i], style) != 0)
		i++;
	if (style_names[i] == NULL) {
		*why = "style: has to be form, spaceDelimited, pipeDelimited, deepObject or json";
		return false;
	}
	m->style = (enum style)i;
	m->explode = m->style == STYLE_FORM;
	return sp_spec_bool(mem, json, "explode", &m->explode, why) &&
	    (read_value(mem, sp_json_get(json, "value"), &m->value, why) || sp_spec_at(mem, "value", why));
}

/* A list is the same name several times. */
static size_t
places(struct json_object *json)
{
	return json_object_is_type(json, json_type_array) ? json_object_array_length(json) : 1;
}

static bool
read_members(struct sp_arena *mem, struct json_object *spec, const char *name, struct members *out, const char **why)
{
	struct json_object *object;
	struct member *item;
	size_t count = 0, n = 0;

	if (!sp_spec_object(mem, spec, name, &object, why))
		return false;
	if (object == NULL)
		return true;
	json_object_object_foreach(object, counted, v) {
		(void)counted;
		count += places(v);
	}
	item = sp_alloc_array(mem, count, sizeof(*item));
	json_object_object_foreach(object, key, value) {
		for (size_t i = 0; i < places(value); i++) {
			struct json_object *one = json_object_is_type(value, json_type_array) ? json_object_array_get_idx(value, i) : value;

			item[n] = (struct member){ .name = sp_strdup(mem, key), .explode = true };
			if (!read_styled(mem, one, &item[n++], why)) {
				*why = sp_printf(mem, "%s.%s: %s", name, key, *why);
				return false;
			}
		}
	}
	*out = (struct members){ item, n };
	return true;
}

static bool
read_headers(struct sp_arena *mem, struct json_object *spec, struct members *out, const char **why)
{
	if (!read_members(mem, spec, "headers", out, why))
		return false;
	for (size_t i = 0; i < out->count; i++)
		if (!sp_http_field_is_free(out->item[i].name)) {
			*why = sp_printf(mem, "headers.%s: is not a header field that can be set here", out->item[i].name);
			return false;
		}
	return true;
}

/* Which of the members that are a body there is; NULL: none. */
static bool
body_member(struct sp_arena *mem, struct json_object *spec, const char *method, const char **out, const char **why)
{
	static const char *const names[] = { "body", "form", "raw", "multipart" };

	*out = NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (sp_json_get(spec, names[i]) == NULL)
			continue;
		if (*out != NULL) {
			*why = sp_printf(mem, "%s: there is a body already", names[i]);
			return false;
		}
		*out = names[i];
	}
	if (*out == NULL || (strcmp(method, "HEAD") != 0 && strcmp(method, "OPTIONS") != 0))
		return true;
	*why = sp_printf(mem, "%s: the method has none", *out);
	return false;
}

static bool
read_body(struct sp_arena *mem, struct json_object *spec, struct sp_http_parts *out, const char **why)
{
	const char *member;
	struct json_object *body;

	if (!body_member(mem, spec, out->method, &member, why) ||
	    !sp_spec_bool(mem, spec, "omit_empty_body", &out->omit_empty_body, why))
		return false;
	out->content_type = "application/json";
	body = member != NULL ? sp_json_get(spec, member) : NULL;
	if (member == NULL || strcmp(member, "body") == 0) {
		if (member != NULL && !sp_json_pattern_parse(mem, body, &out->body, why))
			return sp_spec_at(mem, member, why);
	} else if (strcmp(member, "form") == 0) {
		out->is_form = true;
		out->content_type = "application/x-www-form-urlencoded";
		if (!read_members(mem, spec, member, &out->form, why))
			return false;
	} else {
		if (!sp_http_bytes_load(mem, body, strcmp(member, "multipart") == 0, &out->bytes, why))
			return sp_spec_at(mem, member, why);
		if (sp_json_get(spec, "content_type") != NULL) {
			*why = "content_type: its type is the business of raw and multipart";
			return false;
		}
	}
	return sp_spec_text(mem, spec, "content_type", &out->content_type, why);
}

bool
sp_http_parts_load(struct sp_arena *mem, struct json_object *spec, const struct sp_http_parts **out, const char **why)
{
	struct sp_http_parts *p = sp_alloc(mem, sizeof(*p));

	if (!read_method(mem, spec, p, why) || !read_path(mem, spec, p, why) ||
	    !read_members(mem, spec, "query", &p->query, why) || !read_headers(mem, spec, &p->headers, why) ||
	    !read_body(mem, spec, p, why))
		return false;
	if (sp_str_has_control(sp_str(p->content_type))) {
		*why = "content_type: has a control character";
		return false;
	}
	*out = p;
	return true;
}

const char *
sp_http_parts_method(const struct sp_http_parts *parts)
{
	return parts->method;
}

bool
sp_http_parts_idempotent(const struct sp_http_parts *parts)
{
	return strcmp(parts->method, "POST") != 0 && strcmp(parts->method, "PATCH") != 0;
}

/* ---- the path ---- */

static bool
add_segments(struct sp_arena *mem, const struct sp_blank *p, struct sp_str value, struct sp_buf *b,
    const char **why)
{
	struct sp_str segment;
	bool more = false;

	if (value.len == 0 || sp_str_has_control(value)) {
		*why = sp_printf(mem, "%s: %s", p->written, value.len == 0 ? "must not be empty" : "has a control character");
		return false;
	}
	if (hides_dots(mem, value)) {
		*why = sp_printf(mem, "%s: must not have \".\" or \"..\" as a part of a path", p->written);
		return false;
	}
	if (!p->segments) {
		sp_buf_percent(b, value);
		return true;
	}
	if (value.p[value.len - 1] == '/')
		value.len--;
	while (sp_str_split(&value, '/', &segment)) {
		if (segment.len == 0) {
			*why = sp_printf(mem, "%s: must be a path without empty segments", p->written);
			return false;
		}
		if (more)
			sp_buf_char(b, '/');
		sp_buf_percent(b, segment);
		more = true;
	}
	return true;
}

static bool
blank_text(struct sp_arena *mem, const struct sp_blank *p, const struct sp_given *given,
    struct sp_str *out, const char **why)
{
	struct json_object *value;

	if (sp_blank_value(mem, p, given, &value, why) != SP_FILLED) {
		*why = sp_printf(mem, "%s: is needed", p->written);
		return false;
	}
	if (sp_value_text(mem, value, out))
		return true;
	*why = sp_printf(mem, "%s: has to be a text, a number or a boolean", p->written);
	return false;
}

static bool
add_path(struct sp_arena *mem, const struct sp_http_parts *parts, const struct sp_given *given, struct sp_buf *b,
    const char **why)
{
	size_t from = b->len;
	struct sp_str value;

	for (size_t i = 0; i < parts->path.count; i++) {
		const struct sp_blank *p = &parts->path.part[i];

		sp_buf_str(b, p->before);
		if (p->choice_count > 0 && (!blank_text(mem, p, given, &value, why) || !add_segments(mem, p, value, b, why)))
			return false;
	}
	/* what only together with its neighbours is one of those */
	if (!hides_dots(mem, sp_str_sub(sp_buf_view(b), from, b->len)))
		return true;
	*why = "a segment of the path must not be \".\" or \"..\"";
	return false;
}

/* ---- query and form ---- */

struct writer {
	struct sp_arena *mem;
	struct sp_buf *b;
	char before;			/* what separates the next pair */
	const char **why;
};

static void
add_name(struct writer *w, const char *name, const char *key)
{
	if (w->before != '\0')
		sp_buf_char(w->b, w->before);
	w->before = '&';
	sp_buf_percent(w->b, sp_str(name));
	if (key != NULL) {
		sp_buf_cstr(w->b, "%5B");
		sp_buf_percent(w->b, sp_str(key));
		sp_buf_cstr(w->b, "%5D");
	}
	sp_buf_char(w->b, '=');
}

static bool
add_scalar(struct writer *w, const char *name, struct json_object *value)
{
	struct sp_str text;

	if (!sp_value_text(w->mem, value, &text)) {
		*w->why = sp_printf(w->mem, "%s: has a value that cannot stand there", name);
		return false;
	}
	sp_buf_percent(w->b, text);
	return true;
}

static bool
add_array(struct writer *w, const struct member *m, struct json_object *value)
{
	static const char *const between[] = { ",", "%20", "%7C", ",", "," };

	for (size_t i = 0; i < json_object_array_length(value); i++) {
		if (m->explode || i == 0)
			add_name(w, m->name, NULL);
		else
			sp_buf_cstr(w->b, between[m->style]);
		if (!add_scalar(w, m->name, json_object_array_get_idx(value, i)))
			return false;
	}
	return true;
}

static bool
add_object(struct writer *w, const struct member *m, struct json_object *value)
{
	bool is_first = true;

	json_object_object_foreach(value, key, v) {
		if (m->style == STYLE_DEEP)
			add_name(w, m->name, key);
		else if (m->explode)
			add_name(w, key, NULL);
		else {
			if (is_first)
				add_name(w, m->name, NULL);
			else
				sp_buf_char(w->b, ',');
			sp_buf_percent(w->b, sp_str(key));
			sp_buf_char(w->b, ',');
		}
		is_first = false;
		if (!add_scalar(w, m->name, v))
			return false;
	}
	return true;
}

static bool
add_typed(struct writer *w, const struct member *m, struct json_object *value)
{
	if (m->style == STYLE_JSON) {
		add_name(w, m->name, NULL);
		sp_buf_percent(w->b, sp_json_canonical(w->mem, value));
		return true;
	}
	switch (json_object_get_type(value)) {
	case json_type_null:
		return true;
	case json_type_array:
		return add_array(w, m, value);
	case json_type_object:
		return add_object(w, m, value);
	default:
		add_name(w, m->name, NULL);
		return add_scalar(w, m->name, value);
	}
}

static bool
add_members(struct writer *w, const struct members *members, const struct sp_given *given)
{
	for (size_t i = 0; i < members->count; i++) {
		const struct member *m = &members->item[i];
		struct json_object *value;
		enum sp_filled filled;
		struct sp_str text;

		if (sp_pattern_is_value(&m->value)) {
			filled = sp_blank_value(w->mem, &m->value.part[0], given, &value, w->why);
			if (filled == SP_FILLED && !add_typed(w, m, value))
				return false;
		} else if ((filled = sp_pattern_text(w->mem, &m->value, given, &text, w->why)) == SP_FILLED) {
			add_name(w, m->name, NULL);
			sp_buf_percent(w->b, text);
		}
		if (filled == SP_FILLED_WRONG)
			return false;
	}
	return true;
}

/* ---- header fields ---- */

/* A list of simple values has commas between them: RFC 9110 section 5.6.1. */
static bool
list_text(struct sp_arena *mem, struct json_object *value, struct sp_str *out)
{
	struct sp_str text;
	struct sp_buf b;

	if (!json_object_is_type(value, json_type_array))
		return sp_value_text(mem, value, out);
	sp_buf_init(&b, mem, SP_MESSAGE_FIELD_MAX * 2);
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		if (!sp_value_text(mem, json_object_array_get_idx(value, i), &text))
			return false;
		sp_buf_cstr(&b, i > 0 ? "," : "");
		sp_buf_str(&b, text);
	}
	*out = sp_buf_view(&b);
	return sp_buf_ok(&b);
}

static bool
add_fields(struct sp_arena *mem, const struct members *members, const struct sp_given *given,
    struct sp_http_message *m, const char **why)
{
	for (size_t i = 0; i < members->count; i++) {
		const struct member *h = &members->item[i];
		struct json_object *value;
		enum sp_filled filled;
		struct sp_str text;

		if (sp_pattern_is_value(&h->value)) {
			filled = sp_blank_value(mem, &h->value.part[0], given, &value, why);
			if (filled == SP_FILLED && (value == NULL || !list_text(mem, value, &text))) {
				*why = sp_printf(mem, "%s: cannot stand in a header field", h->value.part[0].written);
				filled = value == NULL ? SP_FILLED_ABSENT : SP_FILLED_WRONG;
			}
		} else
			filled = sp_pattern_text(mem, &h->value, given, &text, why);
		if (filled == SP_FILLED_WRONG)
			return false;
		if (filled == SP_FILLED && !sp_message_set(m, h->name, text)) {
			*why = sp_printf(mem, "%s: a header field has no control characters, and at most %zu bytes", h->name,
			    SP_MESSAGE_FIELD_MAX);
			return false;
		}
	}
	return true;
}

/* ---- the body ---- */

/* The members of `below` that the body does not have. */
static bool
merge(struct sp_arena *mem, struct json_object *below, struct sp_buf *b, const char **why)
{
	struct json_object *body;
	struct sp_json_writer w;
	bool is_object = sp_json_parse(mem, sp_buf_view(b), &body, why) && json_object_is_type(body, json_type_object);

	if (!is_object || !json_object_is_type(below, json_type_object)) {
		*why = "what was read before is no object that can be written again";
		return false;
	}
	b->len--;			/* } */
	sp_jw_init(&w, b);
	w.comma = json_object_object_length(body) > 0;
	json_object_object_foreach(below, name, value)
		if (!json_object_object_get_ex(body, name, NULL)) {
			sp_jw_key(&w, name);
			sp_jw_value(&w, value);
		}
	sp_jw_object_end(&w);
	return true;
}

static bool
make_body(struct sp_arena *mem, const struct sp_http_parts *parts, const struct sp_given *given,
    struct json_object *overlay, struct sp_buf *b, struct sp_str *content_type, bool *is_there, const char **why)
{
	struct writer w = { mem, b, '\0', why };
	enum sp_filled filled;

	*is_there = true;
	*content_type = sp_str(parts->content_type);
	if (parts->bytes != NULL) {
		filled = sp_http_bytes_write(mem, parts->bytes, given, b, content_type, why);
		*is_there = filled == SP_FILLED;
		return filled != SP_FILLED_WRONG;
	}
	if (parts->is_form) {
		if (!add_members(&w, &parts->form, given))
			return false;
		*is_there = b->len > 0 || !parts->omit_empty_body;
		return true;
	}
	if (parts->body == NULL) {
		*is_there = false;
		return true;
	}
	switch (sp_json_pattern_write(mem, parts->body, given, b, why)) {
	case SP_FILLED_ABSENT:
		*is_there = false;
		return true;
	case SP_FILLED_WRONG:
		return false;
	case SP_FILLED:
		break;
	}
	if (overlay != NULL && !merge(mem, overlay, b, why))
		return false;
	*is_there = !parts->omit_empty_body || !sp_str_is(sp_buf_view(b), "{}");
	return true;
}

bool
sp_http_parts_build(struct sp_arena *mem, const struct sp_http_parts *parts, const char *base,
    const struct sp_given *given, struct json_object *overlay, struct sp_http_message *m, const char **why)
{
	struct sp_buf url, body;
	struct writer query = { mem, &url, '?', why };
	struct sp_str content_type;
	bool has_body;

	sp_buf_init(&url, mem, SP_MESSAGE_URL_MAX);
	sp_buf_init(&body, mem, BODY_MAX);
	sp_buf_cstr(&url, base);
	if (!add_path(mem, parts, given, &url, why) || !add_members(&query, &parts->query, given) ||
	    !add_fields(mem, &parts->headers, given, m, why) ||
	    !make_body(mem, parts, given, overlay, &body, &content_type, &has_body, why))
		return false;
	if (!sp_buf_ok(&url) || !sp_buf_ok(&body)) {
		*why = "the arguments are too long for a request";
		return false;
	}
	m->method = parts->method;
	m->url = sp_buf_view(&url).p;
	if (has_body) {
		m->body = sp_buf_view(&body);
		return sp_message_set(m, "Content-Type", content_type);
	}
	/* such methods say that there is none: RFC 9110 section 8.6 */
	if (strcmp(parts->method, "POST") == 0 || strcmp(parts->method, "PUT") == 0 || strcmp(parts->method, "PATCH") == 0)
		m->body = (struct sp_str){ "", 0 };
	return true;
}
