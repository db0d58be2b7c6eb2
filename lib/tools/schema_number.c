/*
 * schema_number.c - exact decimals: JSON numbers by what was written
 *
 * json-c keeps the text of a number that is not a 64-bit integer beside its
 * double.  Comparing texts needs no rounding and no big-number library: 0.1 is
 * 0.1, 1e308 is not a multiple of 0.123456789, and 2^64 + 1 differs from 2^64.
 */
#include <stdio.h>
#include "tools/schema_private.h"

/*
 * A longer number is taken as its double: nobody writes that many digits in
 * earnest, and each comparison would read them all.
 */
#define MAX_TEXT 128
#define MAX_EXPONENT 100000000		/* further ones mean the same: beyond all others */
#define DIVISOR_DIGITS 18		/* ten times 10^18 fits in 64 bits, its square in 128 */

bool
sp_schema_is_number(struct json_object *value)
{
	return json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
}

/* JSON's grammar for numbers (RFC 8259 section 6), since the text could be anybody's. */
static bool
is_number_text(const char *p, size_t len)
{
	const char *end = p + len, *digits;

	if (p < end && *p == '-')
		p++;
	for (digits = p; p < end && sp_is_digit((unsigned char)*p); p++)
		;
	if (p == digits)
		return false;
	if (p < end && *p == '.') {
		for (digits = ++p; p < end && sp_is_digit((unsigned char)*p); p++)
			;
		if (p == digits)
			return false;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		for (digits = p; p < end && sp_is_digit((unsigned char)*p); p++)
			;
		if (p == digits)
			return false;
	}
	return p == end;
}

/* The shortest text that reads back as the same double. */
static int
shortest(double d, char *out, size_t size)
{
	int len = 0;

	for (int precision = 15; precision <= 17; precision++) {
		len = snprintf(out, size, "%.*g", precision, d);
		if (strtod(out, NULL) == d)
			break;
	}
	return len;
}

static int64_t
read_exponent(const char *p, const char *end)
{
	bool negative = false;
	int64_t n = 0;

	if (p < end && (*p == '+' || *p == '-'))
		negative = *p++ == '-';
	for (; p < end && n < MAX_EXPONENT; p++)
		n = n * 10 + (*p - '0');
	return negative ? -n : n;
}

/* Fills all but `own` from text that is_number_text(). */
static void
read_text(const char *p, size_t len, struct sp_schema_number *out)
{
	const char *end = p + len, *first = NULL, *last = NULL;
	int64_t seen = 0, before_point = -1, first_at = 0, last_at = 0, exponent = 0;

	out->negative = *p == '-';
	for (p += out->negative; p < end; p++) {
		if (*p == '.') {
			before_point = seen;
		} else if (*p == 'e' || *p == 'E') {
			exponent = read_exponent(p + 1, end);
			break;
		} else {
			if (*p != '0') {
				if (first == NULL) {
					first = p;
					first_at = seen;
				}
				last = p;
				last_at = seen;
			}
			seen++;
		}
	}
	if (before_point < 0)
		before_point = seen;
	out->p = first;
	out->len = first == NULL ? 0 : (size_t)(last - first) + 1;
	out->count = first == NULL ? 0 : last_at - first_at + 1;
	out->exponent = first == NULL ? 0 : exponent + before_point - 1 - last_at;
	if (first == NULL)
		out->negative = false;		/* -0 is 0 */
}

struct sp_str
sp_schema_number_text(struct json_object *value, char own[static SP_SCHEMA_NUMBER])
{
	const char *text;
	double d;
	int len;

	if (json_object_is_type(value, json_type_int)) {
		int64_t n = json_object_get_int64(value);

		len = n < 0 ? snprintf(own, SP_SCHEMA_NUMBER, "%lld", (long long)n) :
		    snprintf(own, SP_SCHEMA_NUMBER, "%llu", (unsigned long long)json_object_get_uint64(value));
		return (struct sp_str){ own, (size_t)len };
	}
	text = json_object_get_userdata(value);		/* where json-c keeps the text of a double */
	if (text != NULL) {
		struct sp_str s = { text, strnlen(text, MAX_TEXT + 1) };

		if (s.len <= MAX_TEXT && is_number_text(s.p, s.len))
			return s;
	}
	d = json_object_get_double(value);
	len = shortest(d, own, SP_SCHEMA_NUMBER);
	if (!is_number_text(own, (size_t)len))	/* inf and nan are not JSON; what is far out comes nearest */
		len = snprintf(own, SP_SCHEMA_NUMBER, "%s1e%d", d < 0 ? "-" : "", MAX_EXPONENT);
	return (struct sp_str){ own, (size_t)len };
}

void
sp_schema_number(struct json_object *value, struct sp_schema_number *out)
{
	struct sp_str text = sp_schema_number_text(value, out->own);

	read_text(text.p, text.len, out);
}

/* The next digit, or 0 behind the last. */
static char
next_digit(const char **p, const char *end)
{
	if (*p < end && **p == '.')
		(*p)++;
	return *p < end ? *(*p)++ : '0';
}

static int
compare_size(const struct sp_schema_number *a, const struct sp_schema_number *b)
{
	const char *p = a->p, *q = b->p, *p_end, *q_end;
	int64_t a_top = a->exponent + a->count, b_top = b->exponent + b->count;

	if (a->count == 0 || b->count == 0)
		return (a->count != 0) - (b->count != 0);
	if (a_top != b_top)
		return a_top < b_top ? -1 : 1;
	p_end = p + a->len;
	q_end = q + b->len;
	while (p < p_end || q < q_end) {
		char x = next_digit(&p, p_end), y = next_digit(&q, q_end);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

static bool
fits_int64(struct json_object *value)
{
	return json_object_is_type(value, json_type_int) && json_object_get_int64(value) != INT64_MAX;
}

int
sp_schema_compare(struct json_object *a, struct json_object *b)
{
	struct sp_schema_number x, y;

	if (fits_int64(a) && fits_int64(b)) {
		int64_t i = json_object_get_int64(a), j = json_object_get_int64(b);

		return (i > j) - (i < j);
	}
	sp_schema_number(a, &x);
	sp_schema_number(b, &y);
	if (x.negative != y.negative)
		return x.negative ? -1 : 1;
	return x.negative ? -compare_size(&x, &y) : compare_size(&x, &y);
}

bool
sp_schema_is_integer(struct json_object *value)
{
	struct sp_schema_number n;

	if (json_object_is_type(value, json_type_int))
		return true;
	if (!json_object_is_type(value, json_type_double))
		return false;
	sp_schema_number(value, &n);
	return n.exponent >= 0;
}

bool
sp_schema_count(struct json_object *value, uint64_t *out)
{
	struct sp_schema_number n;
	uint64_t result = 0;
	const char *p;

	if (!sp_schema_is_integer(value))
		return false;
	sp_schema_number(value, &n);
	if (n.negative)
		return false;
	p = n.p;
	for (int64_t i = 0; i < n.count + n.exponent; i++) {
		if (__builtin_mul_overflow(result, 10, &result) ||
		    __builtin_add_overflow(result, (uint64_t)(next_digit(&p, n.p + n.len) - '0'), &result)) {
			result = UINT64_MAX;
			break;
		}
	}
	*out = result;
	return true;
}

bool
sp_schema_divisor(struct json_object *value, struct sp_schema_divisor *out)
{
	struct sp_schema_number n;
	uint64_t whole = 0;
	const char *p;

	if (!sp_schema_is_number(value))
		return false;
	sp_schema_number(value, &n);
	if (n.negative || n.count == 0 || n.count > DIVISOR_DIGITS)
		return false;
	p = n.p;
	for (int64_t i = 0; i < n.count; i++)
		whole = whole * 10 + (uint64_t)(next_digit(&p, n.p + n.len) - '0');
	*out = (struct sp_schema_divisor){ .json = value, .whole = whole, .exponent = n.exponent };
	return true;
}

static uint64_t
multiply_modulo(uint64_t a, uint64_t b, uint64_t m)
{
	return (uint64_t)((unsigned __int128)a * b % m);
}

/*
 * a * 10^i is a multiple of b * 10^j when a * 10^(i-j) is one of b.  With i < j
 * it is none: a would have to end in 0, and a number's last digit is not 0.
 */
bool
sp_schema_is_multiple(struct json_object *value, const struct sp_schema_divisor *divisor)
{
	uint64_t m = divisor->whole, rest = 0, power = 10 % m;
	struct sp_schema_number n;
	const char *p;

	sp_schema_number(value, &n);
	if (n.count == 0)
		return true;
	if (n.exponent < divisor->exponent)
		return false;
	p = n.p;
	for (int64_t i = 0; i < n.count; i++)	/* below 10^19, which 64 bits hold */
		rest = (rest * 10 + (uint64_t)(next_digit(&p, n.p + n.len) - '0')) % m;
	for (uint64_t e = (uint64_t)(n.exponent - divisor->exponent); e > 0; e >>= 1) {
		if (e & 1)
			rest = multiply_modulo(rest, power, m);
		power = multiply_modulo(power, power, m);
	}
	return rest == 0;
}
