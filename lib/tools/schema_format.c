/*
 * schema_format.c - "format": JSON Schema 2020-12 Validation section 7.3
 *
 * "idn-hostname" is not here: it takes the tables of IDNA 2008.  For the same
 * reason an A-label ("xn--...") is only checked for its letters.
 */
#include "tools/schema_private.h"

#define LABEL_MAX 63			/* RFC 1035 section 2.3.4 */
#define HOSTNAME_MAX 253
#define LOCAL_PART_MAX 64		/* RFC 5321 section 4.5.3.1.1 */
#define REGEX_MAX 65536			/* longer ones are not written by hand, nor read */

/* ---- reading from the front ---- */

/* Exactly `count` digits, as a number. */
static bool
digits(struct sp_str *s, size_t count, int *out)
{
	int n = 0;

	if (s->len < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!sp_is_digit((unsigned char)s->p[i]))
			return false;
		n = n * 10 + (s->p[i] - '0');
	}
	*s = sp_str_sub(*s, count, s->len);
	*out = n;
	return true;
}

/* The length of the digits in front, which are taken off. */
static size_t
skip_digits(struct sp_str *s)
{
	size_t n = 0;

	while (n < s->len && sp_is_digit((unsigned char)s->p[n]))
		n++;
	*s = sp_str_sub(*s, n, s->len);
	return n;
}

static bool
one_of(struct sp_str *s, const char *set)
{
	if (s->len == 0 || s->p[0] == '\0' || strchr(set, s->p[0]) == NULL)
		return false;
	*s = sp_str_sub(*s, 1, s->len);
	return true;
}

/* ---- dates and times: RFC 3339 section 5.6 ---- */

static bool
take_date(struct sp_str *s)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year, month, day, length;

	if (!digits(s, 4, &year) || !one_of(s, "-") || !digits(s, 2, &month) || !one_of(s, "-") ||
	    !digits(s, 2, &day) || month < 1 || month > 12)
		return false;
	length = lengths[month - 1];
	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		length = 29;
	return day >= 1 && day <= length;
}

static bool
take_time(struct sp_str *s)
{
	int hour, minute, second, offset_hour = 0, offset_minute = 0, sign = 1, utc;

	if (!digits(s, 2, &hour) || !one_of(s, ":") || !digits(s, 2, &minute) || !one_of(s, ":") ||
	    !digits(s, 2, &second) || hour > 23 || minute > 59 || second > 60)
		return false;
	if (one_of(s, ".") && skip_digits(s) == 0)
		return false;
	if (!one_of(s, "Zz")) {
		sign = s->len > 0 && s->p[0] == '-' ? -1 : 1;
		if (!one_of(s, "+-") || !digits(s, 2, &offset_hour) || !one_of(s, ":") ||
		    !digits(s, 2, &offset_minute) || offset_hour > 23 || offset_minute > 59)
			return false;
	}
	if (second < 60)
		return true;
	/* A leap second is the last one of a day in UTC. */
	utc = (hour * 60 + minute - sign * (offset_hour * 60 + offset_minute) + 24 * 60) % (24 * 60);
	return utc == 24 * 60 - 1;
}

static bool
date_valid(struct sp_str s)
{
	return take_date(&s) && s.len == 0;
}

static bool
time_valid(struct sp_str s)
{
	return take_time(&s) && s.len == 0;
}

static bool
date_time_valid(struct sp_str s)
{
	return take_date(&s) && one_of(&s, "Tt") && take_time(&s) && s.len == 0;
}

/*
 * RFC 3339 appendix A, where a unit can be followed by the next smaller one
 * only: "1H2M3S", "2M3S", but not "1H3S".
 */
static bool
take_units(struct sp_str *s, const char *units)
{
	const char *at = NULL, *next;

	while (s->len > 0 && sp_is_digit((unsigned char)s->p[0])) {
		(void)skip_digits(s);
		next = s->len > 0 && s->p[0] != '\0' ? strchr(units, s->p[0]) : NULL;
		if (next == NULL || (at != NULL && next != at + 1))
			return false;
		at = next;
		*s = sp_str_sub(*s, 1, s->len);
	}
	return at != NULL;
}

static bool
duration_valid(struct sp_str s)
{
	struct sp_str weeks;

	if (!one_of(&s, "P"))
		return false;
	weeks = s;
	if (skip_digits(&weeks) > 0 && sp_str_is(weeks, "W"))
		return true;
	if (!one_of(&s, "T")) {
		if (!take_units(&s, "YMD"))
			return false;
		if (s.len == 0)
			return true;
		if (!one_of(&s, "T"))
			return false;
	}
	return take_units(&s, "HMS") && s.len == 0;
}

/* ---- hosts and mail ---- */

/* Letters, digits and hyphens (RFC 1123 section 2.1); bytes of UTF-8 where IDNs are meant. */
static bool
labels_valid(struct sp_str s, bool international)
{
	struct sp_str label;

	if (s.len == 0 || s.len > HOSTNAME_MAX || s.p[s.len - 1] == '.')
		return false;
	while (sp_str_split(&s, '.', &label)) {
		if (label.len == 0 || label.len > LABEL_MAX || label.p[0] == '-' || label.p[label.len - 1] == '-')
			return false;
		for (size_t i = 0; i < label.len; i++) {
			unsigned char c = (unsigned char)label.p[i];

			if (c >= 0x80 ? !international : !sp_is_alnum(c) && c != '-')
				return false;
		}
	}
	return true;
}

static bool
hostname_valid(struct sp_str s)
{
	return labels_valid(s, false);
}

bool
sp_schema_ipv4_valid(struct sp_str s)
{
	for (int i = 0; i < 4; i++) {
		struct sp_str start = s;
		size_t len = skip_digits(&s);
		int n;

		if (len < 1 || len > 3 || (len > 1 && start.p[0] == '0') || !digits(&start, len, &n) || n > 255 ||
		    (i < 3 && !one_of(&s, ".")))
			return false;
	}
	return s.len == 0;
}

/* RFC 4291 section 2.2. */
bool
sp_schema_ipv6_valid(struct sp_str s)
{
	int groups = 0;
	bool shortened = false;

	if (s.len >= 2 && s.p[0] == ':' && s.p[1] == ':') {
		shortened = true;
		s = sp_str_sub(s, 2, s.len);
	}
	while (s.len > 0) {
		size_t len = 0;

		while (len < s.len && len < 5 && sp_is_hex((unsigned char)s.p[len]))
			len++;
		if (len < s.len && s.p[len] == '.') {
			if (!sp_schema_ipv4_valid(s))
				return false;
			groups += 2;
			break;
		}
		if (len < 1 || len > 4)
			return false;
		groups++;
		s = sp_str_sub(s, len, s.len);
		if (s.len == 0)
			break;
		if (!one_of(&s, ":") || s.len == 0)
			return false;
		if (s.p[0] == ':') {
			if (shortened)
				return false;
			shortened = true;
			s = sp_str_sub(s, 1, s.len);
		}
	}
	return shortened ? groups < 8 : groups == 8;
}

/* RFC 5321 section 4.1.2: Dot-string or Quoted-string. */
static bool
local_part_valid(struct sp_str s, bool international)
{
	bool quoted = s.len >= 2 && s.p[0] == '"' && s.p[s.len - 1] == '"', dot = true;

	if (s.len == 0 || s.len > LOCAL_PART_MAX)
		return false;
	if (quoted)
		s = sp_str_sub(s, 1, s.len - 1);
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x80) {
			if (!international)
				return false;
		} else if (quoted) {
			if (c == '\\')
				c = ++i < s.len ? (unsigned char)s.p[i] : 0;
			else if (c == '"')
				return false;
			if (c < ' ' || c > '~')
				return false;
		} else if (c == '.' ? dot : !sp_is_alnum(c) && (c == '\0' || strchr("!#$%&'*+-/=?^_`{|}~", c) == NULL)) {
			return false;
		}
		dot = c == '.';
	}
	return quoted || !dot;
}

static bool
mailbox_valid(struct sp_str s, bool international)
{
	struct sp_str domain = { NULL, 0 };

	for (size_t i = s.len; i > 0; i--)	/* the last '@': a quoted local part may have others */
		if (s.p[i - 1] == '@') {
			domain = sp_str_sub(s, i, s.len);
			s = sp_str_sub(s, 0, i - 1);
			break;
		}
	if (domain.len == 0 || !local_part_valid(s, international))
		return false;
	if (domain.p[0] != '[')
		return labels_valid(domain, international);
	if (!sp_str_ends(domain, "]"))
		return false;
	domain = sp_str_sub(domain, 1, domain.len - 1);
	if (domain.len > 5 && sp_str_caseis(sp_str_sub(domain, 0, 5), "IPv6:"))
		return sp_schema_ipv6_valid(sp_str_sub(domain, 5, domain.len));
	return sp_schema_ipv4_valid(domain);
}

static bool
email_valid(struct sp_str s)
{
	return mailbox_valid(s, false);
}

static bool
idn_email_valid(struct sp_str s)
{
	return mailbox_valid(s, true);
}

/* ---- identifiers ---- */

static bool
uri_valid(struct sp_str s)
{
	return sp_schema_uri_valid(s, false, false);
}

static bool
uri_reference_valid(struct sp_str s)
{
	return sp_schema_uri_valid(s, true, false);
}

static bool
iri_valid(struct sp_str s)
{
	return sp_schema_uri_valid(s, false, true);
}

static bool
iri_reference_valid(struct sp_str s)
{
	return sp_schema_uri_valid(s, true, true);
}

/* RFC 9562 section 4: the form alone, any version and variant. */
static bool
uuid_valid(struct sp_str s)
{
	if (s.len != 36)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? s.p[i] != '-' : !sp_is_hex((unsigned char)s.p[i]))
			return false;
	return true;
}

/* RFC 6901 section 3. */
static bool
json_pointer_valid(struct sp_str s)
{
	if (s.len > 0 && s.p[0] != '/')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '~' && (i + 1 == s.len || (s.p[i + 1] != '0' && s.p[i + 1] != '1')))
			return false;
	return true;
}

static bool
relative_json_pointer_valid(struct sp_str s)
{
	struct sp_str start = s;
	size_t len = skip_digits(&s);

	return len > 0 && (len == 1 || start.p[0] != '0') && (sp_str_is(s, "#") || json_pointer_valid(s));
}

/* varspec of RFC 6570 section 2.3: a name with dots inside, then ":123" or "*". */
static bool
take_variable(struct sp_str *s)
{
	bool name = false;
	size_t len;

	for (;;) {
		if (s->len >= 3 && s->p[0] == '%' && sp_is_hex((unsigned char)s->p[1]) &&
		    sp_is_hex((unsigned char)s->p[2])) {
			*s = sp_str_sub(*s, 3, s->len);
		} else if (s->len > 0 && (sp_is_alnum((unsigned char)s->p[0]) || s->p[0] == '_')) {
			*s = sp_str_sub(*s, 1, s->len);
		} else if (name && s->len > 0 && s->p[0] == '.') {
			*s = sp_str_sub(*s, 1, s->len);
			name = false;
			continue;
		} else {
			break;
		}
		name = true;
	}
	if (!name)
		return false;
	if (!one_of(s, ":")) {
		(void)one_of(s, "*");
		return true;
	}
	if (s->len == 0 || s->p[0] == '0')
		return false;
	len = skip_digits(s);
	return len >= 1 && len <= 4;
}

/* RFC 6570 section 2, with the apostrophe of erratum 6937. */
static bool
uri_template_valid(struct sp_str s)
{
	while (s.len > 0) {
		unsigned char c = (unsigned char)s.p[0];

		s = sp_str_sub(s, 1, s.len);
		if (c == '{') {
			(void)one_of(&s, "+#./;?&=,!@|");
			do
				if (!take_variable(&s))
					return false;
			while (one_of(&s, ","));
			if (!one_of(&s, "}"))
				return false;
		} else if (c == '%') {
			if (s.len < 2 || !sp_is_hex((unsigned char)s.p[0]) || !sp_is_hex((unsigned char)s.p[1]))
				return false;
			s = sp_str_sub(s, 2, s.len);
		} else if (c <= ' ' || c == 0x7f || strchr("\"<>\\^`|}", c) != NULL) {
			return false;
		}
	}
	return true;
}

static bool
regex_valid(struct sp_str s)
{
	struct sp_arena *mem;
	const char *why;
	struct sp_buf b;
	bool ok;

	if (s.len > REGEX_MAX)
		return false;
	mem = sp_arena_new();
	sp_buf_init(&b, mem, 16 * REGEX_MAX);
	ok = sp_schema_pattern_translate(&b, s, &why);
	sp_arena_free(mem);
	return ok;
}

/* ---- the table ---- */

static const struct sp_schema_format formats[] = {
	{ "date", date_valid, "a date such as 2026-07-28" },
	{ "date-time", date_time_valid, "a date and time such as 2026-07-28T09:30:00Z" },
	{ "duration", duration_valid, "a duration such as P3DT12H" },
	{ "email", email_valid, "an e-mail address" },
	{ "hostname", hostname_valid, "a host name" },
	{ "idn-email", idn_email_valid, "an e-mail address" },
	{ "ipv4", sp_schema_ipv4_valid, "an IPv4 address" },
	{ "ipv6", sp_schema_ipv6_valid, "an IPv6 address" },
	{ "iri", iri_valid, "an IRI" },
	{ "iri-reference", iri_reference_valid, "an IRI or a relative reference" },
	{ "json-pointer", json_pointer_valid, "a JSON Pointer such as /items/0" },
	{ "regex", regex_valid, "a regular expression of ECMA-262" },
	{ "relative-json-pointer", relative_json_pointer_valid, "a relative JSON Pointer" },
	{ "time", time_valid, "a time with offset such as 09:30:00Z" },
	{ "uri", uri_valid, "a URI" },
	{ "uri-reference", uri_reference_valid, "a URI or a relative reference" },
	{ "uri-template", uri_template_valid, "a URI template" },
	{ "uuid", uuid_valid, "a UUID" },
};

const struct sp_schema_format *
sp_schema_format(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}
