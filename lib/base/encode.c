/* encode.c - base64url, base64, hex, percent, form, HTML and JSON string encodings */
#include "base/encode.h"

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char hex_digits[] = "0123456789ABCDEF";

static const struct sp_str replacement = { "\xef\xbf\xbd", 3 };	/* U+FFFD */

/* The value of a digit, with the last two of the alphabet given; -1 for any other byte. */
static inline int
base64_value(unsigned char c, char d62, char d63)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == (unsigned char)d62)
		return 62;
	return c == (unsigned char)d63 ? 63 : -1;
}

static struct sp_str
encode64(struct sp_arena *mem, const uint8_t *in, size_t len, const char *digits, bool pad)
{
	size_t n = 0, max;
	char *out;

	if (len > SIZE_MAX / 2)
		sp_out_of_memory();
	max = (len + 2) / 3 * 4;
	out = sp_alloc(mem, max + 1);
	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t v = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
		    (left > 2 ? in[i + 2] : 0);

		out[n++] = digits[v >> 18 & 63];
		out[n++] = digits[v >> 12 & 63];
		if (left > 1)
			out[n++] = digits[v >> 6 & 63];
		if (left > 2)
			out[n++] = digits[v & 63];
	}
	while (pad && n < max)
		out[n++] = '=';
	return (struct sp_str){ out, n };
}

/* `in` has no padding here. */
static bool
decode64(struct sp_arena *mem, struct sp_str in, const char *digits, struct sp_str *out)
{
	uint8_t *bytes;
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	if (in.len % 4 == 1)
		return false;		/* six bits make no byte */
	bytes = sp_alloc(mem, in.len / 4 * 3 + 3);
	for (size_t i = 0; i < in.len; i++) {
		int value = base64_value((unsigned char)in.p[i], digits[62], digits[63]);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		have += 6;
		if (have >= 8) {
			have -= 8;
			bytes[n++] = (uint8_t)(bits >> have);
		}
	}
	/* Two texts for one value would let a token be written in more than one way. */
	if ((bits & ((1U << have) - 1)) != 0)
		return false;
	*out = (struct sp_str){ (char *)bytes, n };
	return true;
}

struct sp_str
sp_base64url_encode(struct sp_arena *mem, const void *bytes, size_t len)
{
	return encode64(mem, bytes, len, base64url_digits, false);
}

bool
sp_base64url_decode(struct sp_arena *mem, struct sp_str in, struct sp_str *out)
{
	return decode64(mem, in, base64url_digits, out);
}

struct sp_str
sp_base64_encode(struct sp_arena *mem, const void *bytes, size_t len)
{
	return encode64(mem, bytes, len, base64_digits, true);
}

bool
sp_base64_decode(struct sp_arena *mem, struct sp_str in, struct sp_str *out)
{
	if (in.len % 4 != 0)
		return false;
	for (int pad = 0; pad < 2 && sp_str_ends(in, "="); pad++)
		in.len--;
	return decode64(mem, in, base64_digits, out);
}

struct sp_str
sp_hex_encode(struct sp_arena *mem, const void *bytes, size_t len)
{
	const uint8_t *in = bytes;
	char *out;

	if (len > SIZE_MAX / 2 - 1)
		sp_out_of_memory();
	out = sp_alloc(mem, len * 2 + 1);
	for (size_t i = 0; i < len; i++) {
		out[2 * i] = "0123456789abcdef"[in[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[in[i] & 15];
	}
	return (struct sp_str){ out, len * 2 };
}

/* The byte that two hexadecimal digits stand for, or -1. */
static int
hex_byte(const char *p)
{
	int byte = 0;

	for (int i = 0; i < 2; i++) {
		unsigned char c = sp_lower((unsigned char)p[i]);

		if (!sp_is_hex(c))
			return -1;
		byte = byte << 4 | (sp_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	return byte;
}

bool
sp_hex_decode(struct sp_arena *mem, struct sp_str in, struct sp_str *out)
{
	char *bytes;

	if (in.len % 2 != 0)
		return false;
	bytes = sp_alloc(mem, in.len / 2 + 1);
	for (size_t i = 0; i < in.len / 2; i++) {
		int byte = hex_byte(in.p + 2 * i);

		if (byte < 0)
			return false;
		bytes[i] = (char)byte;
	}
	*out = (struct sp_str){ bytes, in.len / 2 };
	return true;
}

static void
add_percent(struct sp_buf *b, unsigned char c)
{
	sp_buf_add(b, (char[]){ '%', hex_digits[c >> 4], hex_digits[c & 15] }, 3);
}

void
sp_buf_percent(struct sp_buf *b, struct sp_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (sp_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~')
			sp_buf_char(b, s.p[i]);
		else
			add_percent(b, c);
	}
}

void
sp_buf_form(struct sp_buf *b, struct sp_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (sp_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '*')
			sp_buf_char(b, s.p[i]);
		else if (c == ' ')
			sp_buf_char(b, '+');
		else
			add_percent(b, c);
	}
}

static bool
unescape(struct sp_arena *mem, struct sp_str in, bool plus_is_space, struct sp_str *out)
{
	char *text = sp_alloc(mem, in.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		int c = (unsigned char)in.p[i];

		if (c == '%') {
			if (in.len - i < 3)
				return false;
			c = hex_byte(in.p + i + 1);
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		if (c <= 0)
			return false;	/* a broken escape, or a NUL that would end the text early in C */
		text[n++] = (char)c;
	}
	*out = (struct sp_str){ text, n };
	return true;
}

bool
sp_percent_decode(struct sp_arena *mem, struct sp_str in, struct sp_str *out)
{
	return unescape(mem, in, false, out);
}

bool
sp_form_decode(struct sp_arena *mem, struct sp_str in, struct sp_str *out)
{
	struct sp_str text;

	if (!unescape(mem, in, true, &text) || !sp_utf8_valid(text))
		return false;
	*out = text;
	return true;
}

/* Bytes that need a look; most text has few of them and is copied in runs. */
enum { LOOK_HTML = 1, LOOK_JSON = 2, LOOK = LOOK_HTML | LOOK_JSON };
static const uint8_t look[256] = {
	[0x00 ... 0x1f] = LOOK,
	['"'] = LOOK,
	['&'] = LOOK_HTML,
	['\''] = LOOK_HTML,
	['<'] = LOOK_HTML,
	['>'] = LOOK_HTML,
	['\\'] = LOOK_JSON,
	[0x7f ... 0xff] = LOOK,
};

/*
 * Appends s, with escape() deciding about each character that needs a look: it
 * returns what to write instead, or an absent slice to leave the character as
 * it is.  What is not UTF-8 becomes U+FFFD, byte by byte.
 */
static void
add_escaped(struct sp_buf *b, struct sp_str s, uint8_t which,
    struct sp_str (*escape)(struct sp_str c, char tmp[8]))
{
	size_t plain = 0, i = 0;	/* plain: start of the run that is still to be copied */

	while (i < s.len) {
		struct sp_str c, instead;
		char tmp[8];

		if ((look[(unsigned char)s.p[i]] & which) == 0) {
			i++;
			continue;
		}
		c = (struct sp_str){ s.p + i, sp_utf8_len((struct sp_str){ s.p + i, s.len - i }) };
		if (c.len == 0) {
			c.len = 1;
			instead = replacement;
		} else {
			instead = escape(c, tmp);
		}
		i += c.len;
		if (instead.p == NULL)
			continue;
		sp_buf_add(b, s.p + plain, i - c.len - plain);
		sp_buf_str(b, instead);
		plain = i;
	}
	if (plain < s.len)
		sp_buf_add(b, s.p + plain, s.len - plain);
}

static struct sp_str
html_escape(struct sp_str c, char tmp[8])
{
	(void)tmp;
	switch (c.p[0]) {
	case '&':
		return SP_LIT("&amp;");
	case '<':
		return SP_LIT("&lt;");
	case '>':
		return SP_LIT("&gt;");
	case '"':
		return SP_LIT("&quot;");
	case '\'':
		return SP_LIT("&#39;");
	case '\r':
		return SP_LIT("&#13;");		/* a bare one would be read back as a newline */
	case '\t':
	case '\n':
		return (struct sp_str){ 0 };
	}
	return sp_str_has_control(c) ? replacement : (struct sp_str){ 0 };
}

void
sp_buf_html(struct sp_buf *b, struct sp_str s)
{
	add_escaped(b, s, LOOK_HTML, html_escape);
}

static struct sp_str
json_escape(struct sp_str c, char tmp[8])
{
	unsigned char last = (unsigned char)c.p[c.len - 1];

	switch (c.p[0]) {
	case '"':
		return SP_LIT("\\\"");
	case '\\':
		return SP_LIT("\\\\");
	case '\b':
		return SP_LIT("\\b");
	case '\f':
		return SP_LIT("\\f");
	case '\n':
		return SP_LIT("\\n");
	case '\r':
		return SP_LIT("\\r");
	case '\t':
		return SP_LIT("\\t");
	}
	/* RFC 8259 leaves DEL and U+0080..U+009F alone, but they steer the terminal that shows a log. */
	if (!sp_str_has_control(c) && !(c.p[0] == '\xc2' && last <= 0x9f))
		return (struct sp_str){ 0 };
	memcpy(tmp, "\\u00", 4);
	tmp[4] = hex_digits[last >> 4];
	tmp[5] = hex_digits[last & 15];
	return (struct sp_str){ tmp, 6 };
}

void
sp_buf_json_string(struct sp_buf *b, struct sp_str s)
{
	sp_buf_char(b, '"');
	add_escaped(b, s, LOOK_JSON, json_escape);
	sp_buf_char(b, '"');
}
