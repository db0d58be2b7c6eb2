/* http_bytes.c - bodies that are neither JSON nor a plain form: bytes, and parts */
#include "tools/http_bytes.h"

#include "base/encode.h"
#include "base/secret.h"
#include "tools/spec.h"

#define FILENAME_MAX_BYTES	255	/* what file systems take */

struct piece {
	const char *name;		/* of a part */
	struct sp_pattern value, filename, type;
	bool base64, has_filename, has_type;
};

struct sp_http_bytes {
	bool is_multipart;
	const struct piece *piece;
	size_t count;
};

/* ---- reading ---- */

/* type "/" subtype, both tokens: RFC 9110 section 8.3.1; what is behind a semicolon is not looked at. */
static bool
is_media_type(struct sp_str text, bool parameters)
{
	struct sp_str type, rest = text;
	ptrdiff_t semicolon = sp_str_index(text, ';');

	if (semicolon >= 0)
		rest = sp_str_trim(sp_str_sub(text, 0, (size_t)semicolon), " ");
	if ((semicolon >= 0 && !parameters) || sp_str_index(rest, '/') < 0 || sp_str_has_control(text) || !sp_str_split(&rest, '/', &type))
		return false;
	for (size_t i = 0; i < type.len; i++)
		if (!sp_is_tchar((unsigned char)type.p[i]))
			return false;
	for (size_t i = 0; i < rest.len; i++)
		if (!sp_is_tchar((unsigned char)rest.p[i]))
			return false;
	return type.len > 0 && rest.len > 0;
}

static bool
read_pattern(struct sp_arena *mem, struct json_object *json, const char *name, struct sp_pattern *out, bool *has,
    const char **why)
{
	struct json_object *value = sp_json_get(json, name);
	struct sp_str text;

	*has = value != NULL;
	*why = "has to be a text";
	return value == NULL || (sp_value_text(mem, value, &text) && sp_pattern_parse(mem, text, out, why)) || sp_spec_at(mem, name, why);
}

static bool
read_piece(struct sp_arena *mem, struct json_object *json, bool is_part, struct piece *out, const char **why)
{
	bool has_value;

	if (!sp_spec_only(mem, json, is_part ? "value base64 filename type" : "value base64 type", why) ||
	    !read_pattern(mem, json, "value", &out->value, &has_value, why) || !sp_spec_bool(mem, json, "base64", &out->base64, why) ||
	    !read_pattern(mem, json, "filename", &out->filename, &out->has_filename, why) ||
	    !read_pattern(mem, json, "type", &out->type, &out->has_type, why))
		return false;
	if (!has_value) {
		*why = "value: is needed";
		return false;
	}
	if (out->has_type && sp_pattern_is_fixed(&out->type) && !is_media_type(sp_json_get_str(json, "type"), true)) {
		*why = "type: has to be a media type, like text/csv";
		return false;
	}
	return true;
}

static bool
read_part(struct sp_arena *mem, const char *name, struct json_object *json, struct piece *out, const char **why)
{
	struct sp_str text;

	out->name = sp_strdup(mem, name);
	if (json_object_is_type(json, json_type_object))
		return read_piece(mem, json, true, out, why);
	*why = "has to be a text, a number, a boolean, or an object with a value";
	return sp_value_text(mem, json, &text) && sp_pattern_parse(mem, text, &out->value, why);
}

bool
sp_http_bytes_load(struct sp_arena *mem, struct json_object *json, bool is_multipart, const struct sp_http_bytes **out,
    const char **why)
{
	struct sp_http_bytes *bytes = sp_alloc(mem, sizeof(*bytes));
	struct piece *piece;

	if (!json_object_is_type(json, json_type_object)) {
		*why = "has to be an object";
		return false;
	}
	bytes->is_multipart = is_multipart;
	bytes->piece = piece = sp_alloc_array(mem, is_multipart ? (size_t)json_object_object_length(json) : 1, sizeof(*piece));
	if (!is_multipart) {
		bytes->count = 1;
		*out = bytes;
		return read_piece(mem, json, false, piece, why);
	}
	json_object_object_foreach(json, name, value)
		if (!read_part(mem, name, value, &piece[bytes->count++], why))
			return sp_spec_at(mem, name, why);
	*out = bytes;
	return true;
}

/* ---- one value ---- */

static bool
is_file(const struct piece *p)
{
	return p->base64 || p->has_filename;
}

/* What is sent of it, and the media type that it has by itself. */
static bool
content_of(struct sp_arena *mem, const struct piece *p, struct json_object *value, struct sp_str *out, const char **type,
    const char **why)
{
	*type = is_file(p) ? "application/octet-stream" : NULL;
	if (!p->base64 && (json_object_is_type(value, json_type_object) || json_object_is_type(value, json_type_array))) {
		*type = "application/json";
		*out = sp_json_print(mem, value);
		return true;
	}
	if (!sp_value_text(mem, value, out))
		*why = sp_printf(mem, "%s: has to be a text", p->value.part[0].written);
	else if (p->base64 && !sp_base64_decode(mem, *out, out))
		*why = sp_printf(mem, "%s: has to be base64, with padding and without line breaks", p->value.part[0].written);
	else
		return true;
	return false;
}

/* A type with blanks is one that a caller had a say in. */
static bool
type_of(struct sp_arena *mem, const struct piece *p, const struct sp_given *given, const char *own, struct sp_str *out,
    const char **why)
{
	*out = sp_str(own);
	if (!p->has_type)
		return true;
	switch (sp_pattern_text(mem, &p->type, given, out, why)) {
	case SP_FILLED:
		if (is_media_type(*out, sp_pattern_is_fixed(&p->type)))
			return true;
		*why = sp_printf(mem, "%s: has to be a media type, like text/csv", p->type.part[0].written);
		return false;
	case SP_FILLED_ABSENT:
		*out = sp_str(own);
		return true;
	case SP_FILLED_WRONG:
		break;
	}
	return false;
}

/* The last part of a path only: RFC 7578 section 4.2. */
static bool
filename_of(struct sp_arena *mem, const struct piece *p, const struct sp_given *given, struct sp_str *out, const char **why)
{
	*out = (struct sp_str){ NULL, 0 };
	if (!p->has_filename)
		return true;
	switch (sp_pattern_text(mem, &p->filename, given, out, why)) {
	case SP_FILLED:
		if (out->len > 0 && out->len <= FILENAME_MAX_BYTES && !sp_str_has_control(*out) && sp_str_index(*out, '/') < 0 &&
		    sp_str_index(*out, '\\') < 0 && !sp_str_is(*out, ".") && !sp_str_is(*out, ".."))
			return true;
		*why = sp_printf(mem, "%s: has to be the name of a file, without a directory and control characters",
		    p->filename.part[0].written);
		return false;
	case SP_FILLED_ABSENT:
		*out = p->base64 ? SP_LIT("file") : *out;	/* without one, services take it for a text */
		return true;
	case SP_FILLED_WRONG:
		break;
	}
	return false;
}

/* ---- parts ---- */

/* As the HTML standard has it: what would end the name, or the line, is escaped. */
static void
add_quoted(struct sp_buf *b, const char *parameter, struct sp_str text)
{
	sp_buf_printf(b, "; %s=\"", parameter);
	for (size_t i = 0; i < text.len; i++)
		switch (text.p[i]) {
		case '"':
			sp_buf_cstr(b, "%22");
			break;
		case '\r':
			sp_buf_cstr(b, "%0D");
			break;
		case '\n':
			sp_buf_cstr(b, "%0A");
			break;
		default:
			sp_buf_char(b, text.p[i]);
		}
	sp_buf_char(b, '"');
}

static bool
add_part(struct sp_arena *mem, const struct piece *p, const char *boundary, struct json_object *value,
    const struct sp_given *given, struct sp_buf *b, const char **why)
{
	struct sp_str content, type, filename;
	const char *own;

	if (!content_of(mem, p, value, &content, &own, why) || !type_of(mem, p, given, own, &type, why) ||
	    !filename_of(mem, p, given, &filename, why))
		return false;
	sp_buf_printf(b, "--%s\r\nContent-Disposition: form-data", boundary);
	add_quoted(b, "name", sp_str(p->name));
	if (filename.p != NULL)
		add_quoted(b, "filename", filename);
	if (type.p != NULL)
		sp_buf_printf(b, "\r\nContent-Type: %.*s", SP_FMT(type));
	sp_buf_cstr(b, "\r\n\r\n");
	sp_buf_str(b, content);
	sp_buf_cstr(b, "\r\n");
	return true;
}

/* The value of a piece; a text with more around its blanks is one, too.  NULL: it is null. */
static enum sp_filled
value_of(struct sp_arena *mem, const struct sp_pattern *p, const struct sp_given *given, struct json_object **out,
    const char **why)
{
	enum sp_filled filled;
	struct sp_str text;

	if (sp_pattern_is_value(p))
		return sp_blank_value(mem, &p->part[0], given, out, why);
	if ((filled = sp_pattern_text(mem, p, given, &text, why)) == SP_FILLED) {
		struct json_object *holder = sp_json_new(mem);

		sp_json_set_str(holder, "text", text);
		*out = sp_json_get(holder, "text");
	}
	return filled;
}

static bool
add_parts(struct sp_arena *mem, const struct piece *p, const char *boundary, const struct sp_given *given, struct sp_buf *b,
    const char **why)
{
	struct json_object *value;

	switch (value_of(mem, &p->value, given, &value, why)) {
	case SP_FILLED_ABSENT:
		return true;
	case SP_FILLED_WRONG:
		return false;
	case SP_FILLED:
		break;
	}
	if (value == NULL)
		return true;
	if (!json_object_is_type(value, json_type_array))
		return add_part(mem, p, boundary, value, given, b, why);
	for (size_t i = 0; i < json_object_array_length(value); i++)
		if (!add_part(mem, p, boundary, json_object_array_get_idx(value, i), given, b, why))
			return false;
	return true;
}

static enum sp_filled
write_multipart(struct sp_arena *mem, const struct sp_http_bytes *bytes, const struct sp_given *given, struct sp_buf *b,
    struct sp_str *content_type, const char **why)
{
	const char *boundary = sp_printf(mem, "sallyport-%s", sp_random_token(mem).p);
	size_t from = b->len;

	/* files last: some services read no further, and the database keeps no order of members */
	for (int files = 0; files < 2; files++)
		for (size_t i = 0; i < bytes->count; i++)
			if (is_file(&bytes->piece[i]) == (files == 1) && !add_parts(mem, &bytes->piece[i], boundary, given, b, why))
				return SP_FILLED_WRONG;
	if (b->len == from)
		return SP_FILLED_ABSENT;
	sp_buf_printf(b, "--%s--\r\n", boundary);
	*content_type = sp_str(sp_printf(mem, "multipart/form-data; boundary=%s", boundary));
	return SP_FILLED;
}

static enum sp_filled
write_raw(struct sp_arena *mem, const struct piece *p, const struct sp_given *given, struct sp_buf *b,
    struct sp_str *content_type, const char **why)
{
	struct json_object *value;
	enum sp_filled filled = value_of(mem, &p->value, given, &value, why);
	struct sp_str content;
	const char *own;

	if (filled != SP_FILLED)
		return filled;
	if (value == NULL)
		return SP_FILLED_ABSENT;
	if (!content_of(mem, p, value, &content, &own, why) ||
	    !type_of(mem, p, given, own != NULL ? own : "text/plain; charset=utf-8", content_type, why))
		return SP_FILLED_WRONG;
	sp_buf_str(b, content);
	return SP_FILLED;
}

enum sp_filled
sp_http_bytes_write(struct sp_arena *mem, const struct sp_http_bytes *bytes, const struct sp_given *given, struct sp_buf *b,
    struct sp_str *content_type, const char **why)
{
	return bytes->is_multipart ? write_multipart(mem, bytes, given, b, content_type, why) :
	    write_raw(mem, &bytes->piece[0], given, b, content_type, why);
}
