/* upstream_text.c - characters that nobody sees, in the text of strangers */
#include "tools/upstream_import.h"

/*
 * What may hide something from a reader, or change what he sees: control
 * characters, bidirectional controls, zero-width characters, the tags and the
 * second block of variation selectors (each spells bytes that only a model reads).
 * The joiners U+200C and U+200D and the marks U+200E and U+200F are of living
 * scripts and of emoji, and stay.
 */
static const struct { uint32_t first, last; } hidden[] = {
	{ 0x00, 0x08 }, { 0x0b, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x180e, 0x180e }, { 0x200b, 0x200b },
	{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe0fff },
};

static uint32_t
character(struct sp_str s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s.p;

	switch (len) {
	case 1:
		return p[0];
	case 2:
		return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
	case 3:
		return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
	default:
		return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 | (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
	}
}

static bool
is_hidden(uint32_t c)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return true;
	return false;
}

/* The first hidden one; 0: there is none.  (CR is let through: it ends lines of text that was written elsewhere.) */
static uint32_t
find_hidden(struct sp_str s)
{
	while (s.len > 0) {
		size_t len = sp_utf8_len(s);
		uint32_t c = len > 0 ? character(s, len) : 0xfffd;

		if (c != '\r' && is_hidden(c))
			return c;
		s = sp_str_sub(s, len > 0 ? len : 1, s.len);
	}
	return 0;
}

static bool
text_is_visible(struct sp_arena *mem, struct sp_str s, const char **why)
{
	uint32_t c = find_hidden(s);

	if (c == 0)
		return true;
	*why = sp_printf(mem, "it has a character that nobody sees (U+%04X) in a text", (unsigned)c);
	return false;
}

bool
sp_upstream_is_visible(struct sp_arena *mem, struct json_object *json, const char **why)
{
	switch (json_object_get_type(json)) {
	case json_type_string:
		return text_is_visible(mem, sp_json_text(json), why);
	case json_type_array:
		for (size_t i = 0; i < json_object_array_length(json); i++)
			if (!sp_upstream_is_visible(mem, json_object_array_get_idx(json, i), why))
				return false;
		return true;
	case json_type_object: {
		json_object_object_foreach(json, name, value) {
			if (!text_is_visible(mem, sp_str(name), why) || !sp_upstream_is_visible(mem, value, why))
				return false;
		}
		return true;
	}
	default:
		return true;
	}
}

struct sp_str
sp_upstream_shown(struct sp_arena *mem, struct sp_str text)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, text.len * 10 + 16);
	while (text.len > 0) {
		size_t len = sp_utf8_len(text);

		if (len == 0)
			sp_buf_printf(&b, "\\x%02X", (unsigned)(unsigned char)text.p[0]);
		else if (is_hidden(character(text, len)) || character(text, len) == 0x1b)
			sp_buf_printf(&b, "\\u{%04X}", (unsigned)character(text, len));
		else
			sp_buf_add(&b, text.p, len);
		text = sp_str_sub(text, len > 0 ? len : 1, text.len);
	}
	return sp_buf_view(&b);
}
