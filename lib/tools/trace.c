/* trace.c - the trace that a call is part of */
#include "tools/trace.h"

#define PARENT_LEN	55		/* "00-" 32 "-" 16 "-" 2 */
#define STATE_MAX	8192		/* bytes; to be passed on are at least 512 */
#define STATE_MEMBERS	32
#define BAGGAGE_MAX	8192		/* bytes, as Baggage section 3.3.2 asks for */
#define HEX		"0123456789abcdef"
#define DIGITS		"0123456789"
#define LOWER		"abcdefghijklmnopqrstuvwxyz"
#define UPPER		"ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* ---- traceparent ---- */

static bool
is_hex(struct sp_str s)
{
	return sp_str_only(s, HEX);
}

static bool
is_visible(struct sp_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e)
			return false;
	return true;
}

/* Identifiers that are all zero are none. */
static bool
is_id(struct sp_str s)
{
	return is_hex(s) && !sp_str_only(s, "0");
}

/* A version that came later may have more behind the flags. */
static bool
is_traceparent(struct sp_str s)
{
	struct sp_str version = sp_str_sub(s, 0, 2);

	if (s.len < PARENT_LEN || s.p[2] != '-' || s.p[35] != '-' || s.p[52] != '-')
		return false;
	if (!is_hex(version) || sp_str_is(version, "ff") || !is_visible(s))
		return false;
	if (s.len > PARENT_LEN && (sp_str_is(version, "00") || s.p[PARENT_LEN] != '-' || s.len > 512))
		return false;
	return is_id(sp_str_sub(s, 3, 35)) && is_id(sp_str_sub(s, 36, 52)) && is_hex(sp_str_sub(s, 53, 55));
}

/* ---- tracestate ---- */

static bool
is_state_key(struct sp_str key)
{
	return key.len > 0 && key.len <= 256 && sp_str_only(sp_str_sub(key, 0, 1), LOWER DIGITS) &&
	    sp_str_only(key, LOWER DIGITS "_-*/@");
}

/* Printable ASCII; "," and "=" are gone already, or wrong here. */
static bool
is_state_value(struct sp_str value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.p[i] < 0x20 || value.p[i] > 0x7e || value.p[i] == '=')
			return false;
	return value.len > 0 && value.len <= 256;
}

static bool
is_tracestate(struct sp_str s)
{
	struct sp_str member, key;
	size_t count = 0;

	if (s.len > STATE_MAX)
		return false;
	while (sp_str_split(&s, ',', &member)) {
		member = sp_str_trim(member, " \t");
		if (member.len == 0)
			continue;	/* empty members are allowed */
		if (++count > STATE_MEMBERS || sp_str_index(member, '=') < 0 ||
		    !sp_str_split(&member, '=', &key) || !is_state_key(key) || !is_state_value(member))
			return false;
	}
	return count > 0;
}

/* ---- baggage ---- */

static bool
is_token(struct sp_str s)
{
	return s.len > 0 && sp_str_only(s, UPPER LOWER DIGITS "!#$%&'*+-.^_`|~");
}

/* baggage-octet: visible ASCII without double quote, comma, semicolon and backslash. */
static bool
is_baggage_value(struct sp_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e || strchr("\",;\\", s.p[i]) != NULL)
			return false;
	return true;
}

/* key = value; behind a semicolon also a key alone. */
static bool
is_pair(struct sp_str s, bool alone)
{
	struct sp_str key;

	if (sp_str_index(s, '=') < 0)
		return alone && is_token(sp_str_trim(s, " \t"));
	return sp_str_split(&s, '=', &key) && is_token(sp_str_trim(key, " \t")) &&
	    is_baggage_value(sp_str_trim(s, " \t"));
}

static bool
is_baggage(struct sp_str s)
{
	struct sp_str member, part;
	size_t count = 0;

	if (s.len == 0 || s.len > BAGGAGE_MAX)
		return false;
	for (; sp_str_split(&s, ',', &member); count++) {
		bool first = true;

		if (member.len == 0)
			return false;
		while (sp_str_split(&member, ';', &part)) {
			if (!is_pair(part, !first))
				return false;
			first = false;
		}
	}
	return count > 0;
}

/* ---- all of it ---- */

static struct sp_str
take(struct json_object *meta, const char *name, bool (*is_good)(struct sp_str))
{
	struct sp_str value = sp_json_get_str(meta, name);

	return value.p != NULL && is_good(value) ? value : (struct sp_str){ NULL, 0 };
}

void
sp_trace_read(struct json_object *meta, struct sp_trace *out)
{
	*out = (struct sp_trace){
		.traceparent = take(meta, "traceparent", is_traceparent),
		.baggage = take(meta, "baggage", is_baggage),
	};
	if (out->traceparent.p != NULL)
		out->tracestate = take(meta, "tracestate", is_tracestate);
}

struct sp_str
sp_trace_id(const struct sp_trace *trace)
{
	return trace->traceparent.p != NULL ? sp_str_sub(trace->traceparent, 3, 35) : (struct sp_str){ NULL, 0 };
}
