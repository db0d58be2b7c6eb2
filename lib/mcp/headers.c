/* headers.c - what request headers repeat of the body */
#include "mcp/headers.h"

#include "base/encode.h"
#include "web/accept.h"

#define PREFIX	"=?base64?"
#define SUFFIX	"?="

bool
sp_mcp_accept_is_good(struct sp_str accept)
{
	return sp_accept_weight(accept, "application", "json") > 0 &&
	    sp_accept_weight(accept, "text", "event-stream") > 0;
}

/* RFC 9110 section 5.5 without obs-text: 0x20 to 0x7e, and tab. */
static bool
is_plain(struct sp_str value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if ((c < 0x20 && c != '\t') || c > 0x7e)
			return false;
	}
	return true;
}

bool
sp_mcp_accept_takes_events(struct sp_str accept)
{
	return sp_accept_weight(accept, "text", "event-stream") > 0;
}

bool
sp_mcp_header_decode(struct sp_arena *mem, struct sp_str value, struct sp_str *out)
{
	const size_t prefix = strlen(PREFIX), suffix = strlen(SUFFIX);
	struct sp_str decoded;

	if (!is_plain(value))
		return false;
	if (value.len < prefix + suffix || !sp_str_starts(value, PREFIX) || !sp_str_ends(value, SUFFIX)) {
		*out = value;
		return true;
	}
	if (!sp_base64_decode(mem, sp_str_sub(value, prefix, value.len - suffix), &decoded) ||
	    !sp_utf8_valid(decoded))
		return false;
	*out = decoded;
	return true;
}

bool
sp_mcp_header_is(struct sp_arena *mem, struct sp_str value, struct sp_str text)
{
	struct sp_str decoded;

	return value.p != NULL && sp_mcp_header_decode(mem, value, &decoded) && sp_str_eq(decoded, text);
}

/* "42.0" is 42, but " 42", "+42" and "0x2a" are not numbers of JSON. */
static bool
is_number(struct sp_arena *mem, struct sp_str header, struct json_object *argument)
{
	struct json_object *n;
	const char *why;

	if (!sp_json_parse(mem, header, &n, &why))
		return false;
	if (json_object_is_type(n, json_type_int) && json_object_is_type(argument, json_type_int))
		return json_object_equal(n, argument) != 0;
	return (json_object_is_type(n, json_type_int) || json_object_is_type(n, json_type_double)) &&
	    json_object_get_double(n) == json_object_get_double(argument);
}

bool
sp_mcp_param_fits(struct sp_arena *mem, struct sp_str header, struct json_object *argument)
{
	enum json_type type = json_object_get_type(argument);
	struct sp_str text;

	if (type == json_type_null || type == json_type_object || type == json_type_array)
		return header.p == NULL;
	if (header.p == NULL || !sp_mcp_header_decode(mem, header, &text))
		return false;
	switch (type) {
	case json_type_string:
		return sp_str_eq(text, sp_json_text(argument));
	case json_type_boolean:
		return sp_str_is(text, json_object_get_boolean(argument) ? "true" : "false");
	default:
		return is_number(mem, text, argument);
	}
}
