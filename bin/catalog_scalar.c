/* catalog_scalar.c - what a plain scalar of YAML 1.2 means: the core schema, section 10.3.2 */
#include "catalog_read.h"

static bool
is_one_of(struct sp_str text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (sp_str_is(text, *words))
			return true;
	return false;
}

static size_t
count_digits(struct sp_str text, size_t from)
{
	size_t n = from;

	while (n < text.len && sp_is_digit((unsigned char)text.p[n]))
		n++;
	return n - from;
}

/* 0x1F and 0o17, which JSON does not have, in decimal. */
static bool
other_base(struct sp_arena *mem, struct sp_str text, struct sp_str *number)
{
	int base = sp_str_starts(text, "0x") ? 16 : sp_str_starts(text, "0o") ? 8 : 0;
	uint64_t n = 0;

	if (base == 0 || text.len < 3 || text.len > 17)
		return false;
	for (size_t i = 2; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (base == 16 ? !sp_is_hex(c) : c < '0' || c > '7')
			return false;
		n = n * (uint64_t)base + (uint64_t)(sp_is_digit(c) ? c - '0' : sp_lower(c) - 'a' + 10);
		if (n > INT64_MAX)
			return false;
	}
	*number = sp_str(sp_printf(mem, "%llu", (unsigned long long)n));
	return true;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? as JSON writes it. */
static enum catalog_scalar
decimal(struct sp_arena *mem, struct sp_str text, struct sp_str *number, const char **why)
{
	bool minus = sp_str_starts(text, "-");
	size_t at = minus || sp_str_starts(text, "+"), whole, after = 0, exponent_at;
	struct sp_str digits, fraction = { 0 };

	whole = count_digits(text, at);
	digits = sp_str_sub(text, at, at + whole);
	at += whole;
	if (at < text.len && text.p[at] == '.') {
		after = count_digits(text, at + 1);
		fraction = sp_str_sub(text, at + 1, at + 1 + after);
		at += 1 + after;
	}
	if (whole + after == 0)
		return CATALOG_TEXT;
	exponent_at = at;
	if (at < text.len && (text.p[at] == 'e' || text.p[at] == 'E')) {
		at++;
		at += at < text.len && (text.p[at] == '-' || text.p[at] == '+');
		if (count_digits(text, at) == 0)
			return CATALOG_TEXT;
		at += count_digits(text, at);
	}
	if (at != text.len)
		return CATALOG_TEXT;
	*why = "a number with a zero in front: leave it out, or quote a text";
	if (whole > 1 && digits.p[0] == '0')
		return CATALOG_REFUSED;
	*number = sp_str(sp_printf(mem, "%s%.*s%s%.*s%.*s", minus ? "-" : "", whole > 0 ? (int)whole : 1,
	    whole > 0 ? digits.p : "0", after > 0 ? "." : "", SP_FMT(fraction), (int)(text.len - exponent_at),
	    text.p + exponent_at));
	return CATALOG_NUMBER;
}

enum catalog_scalar
catalog_scalar(struct sp_arena *mem, struct sp_str text, struct sp_str *number, const char **why)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const trues[] = { "true", "True", "TRUE", NULL };
	static const char *const falses[] = { "false", "False", "FALSE", NULL };
	static const char *const no_json[] = { ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf",
		"-.INF", ".nan", ".NaN", ".NAN", NULL };

	if (is_one_of(text, nulls))
		return CATALOG_NULL;
	if (is_one_of(text, trues))
		return CATALOG_TRUE;
	if (is_one_of(text, falses))
		return CATALOG_FALSE;
	*why = "a number that JSON does not have: quote a text";
	if (is_one_of(text, no_json))
		return CATALOG_REFUSED;
	if (other_base(mem, text, number))
		return CATALOG_NUMBER;
	return decimal(mem, text, number, why);
}
