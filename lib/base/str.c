/* str.c - slices, strict ASCII tests, text to integer, UTF-8 */
#include "base/str.h"

bool
sp_str_eq(struct sp_str a, struct sp_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
sp_str_is(struct sp_str a, const char *literal)
{
	return sp_str_eq(a, sp_str(literal));
}

bool
sp_str_caseeq(struct sp_str a, struct sp_str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (sp_lower((unsigned char)a.p[i]) != sp_lower((unsigned char)b.p[i]))
			return false;
	return true;
}

bool
sp_str_caseis(struct sp_str a, const char *literal)
{
	return sp_str_caseeq(a, sp_str(literal));
}

bool
sp_str_starts(struct sp_str s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && (len == 0 || memcmp(s.p, prefix, len) == 0);
}

bool
sp_str_ends(struct sp_str s, const char *suffix)
{
	size_t len = strlen(suffix);

	return s.len >= len && (len == 0 || memcmp(s.p + (s.len - len), suffix, len) == 0);
}

ptrdiff_t
sp_str_index(struct sp_str s, char c)
{
	const char *at = s.len > 0 ? memchr(s.p, c, s.len) : NULL;

	return at != NULL ? at - s.p : -1;
}

struct sp_str
sp_str_sub(struct sp_str s, size_t from, size_t to)
{
	if (s.p == NULL)
		return s;	/* no arithmetic on NULL */
	if (to > s.len)
		to = s.len;
	if (from > to)
		from = to;
	return (struct sp_str){ s.p + from, to - from };
}

struct sp_str
sp_str_trim(struct sp_str s, const char *set)
{
	size_t setlen = strlen(set);

	while (s.len > 0 && memchr(set, s.p[0], setlen) != NULL) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && memchr(set, s.p[s.len - 1], setlen) != NULL)
		s.len--;
	return s;
}

bool
sp_str_split(struct sp_str *rest, char sep, struct sp_str *word)
{
	ptrdiff_t at;

	if (rest->len == 0)
		return false;
	at = sp_str_index(*rest, sep);
	if (at < 0) {
		*word = *rest;
		*rest = sp_str_sub(*rest, rest->len, rest->len);
	} else {
		*word = sp_str_sub(*rest, 0, (size_t)at);
		*rest = sp_str_sub(*rest, (size_t)at + 1, rest->len);
	}
	return true;
}

bool
sp_is_alpha(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
sp_is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

bool
sp_is_alnum(unsigned char c)
{
	return sp_is_alpha(c) || sp_is_digit(c);
}

bool
sp_is_hex(unsigned char c)
{
	return sp_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool
sp_is_tchar(unsigned char c)
{
	return sp_is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

unsigned char
sp_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

bool
sp_str_only(struct sp_str s, const char *set)
{
	size_t setlen = strlen(set);

	for (size_t i = 0; i < s.len; i++)
		if (memchr(set, s.p[i], setlen) == NULL)
			return false;
	return true;
}

bool
sp_str_int64(struct sp_str s, int64_t min, int64_t max, int64_t *out)
{
	bool negative = s.len > 0 && s.p[0] == '-';
	int64_t n = 0;

	if (s.len == (negative ? 1 : 0))
		return false;
	for (size_t i = negative ? 1 : 0; i < s.len; i++) {
		int digit = s.p[i] - '0';

		/* towards the sign, so that INT64_MIN is reached without passing INT64_MAX */
		if (digit < 0 || digit > 9 || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, negative ? -digit : digit, &n))
			return false;
	}
	if (n < min || n > max)
		return false;
	*out = n;
	return true;
}

size_t
sp_utf8_len(struct sp_str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	unsigned char low = 0x80, high = 0xbf;	/* what the second byte may be */
	size_t len;

	if (s.len == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		len = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		len = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		len = 4;
	else
		return 0;
	switch (p[0]) {
	case 0xe0:
		low = 0xa0;	/* below it: overlong */
		break;
	case 0xed:
		high = 0x9f;	/* above it: surrogates */
		break;
	case 0xf0:
		low = 0x90;	/* below it: overlong */
		break;
	case 0xf4:
		high = 0x8f;	/* above it: past U+10FFFF */
		break;
	}
	if (s.len < len || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return len;
}

bool
sp_utf8_valid(struct sp_str s)
{
	size_t i = 0, len;

	while (i < s.len) {
		uint64_t eight;

		/* most text is ASCII: eight bytes at a time */
		if (s.len - i >= sizeof(eight)) {
			memcpy(&eight, s.p + i, sizeof(eight));
			if ((eight & UINT64_C(0x8080808080808080)) == 0) {
				i += sizeof(eight);
				continue;
			}
		}
		if ((len = sp_utf8_len((struct sp_str){ s.p + i, s.len - i })) == 0)
			return false;
		i += len;
	}
	return true;
}

struct sp_str
sp_utf8_cut(struct sp_str s, size_t max)
{
	size_t len = 0, n;

	while (len < s.len && (n = sp_utf8_len((struct sp_str){ s.p + len, s.len - len })) > 0 && len + n <= max)
		len += n;
	return (struct sp_str){ s.p, len };
}

bool
sp_str_has_control(struct sp_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}
