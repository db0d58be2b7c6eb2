/*
 * fuzz_uri_template.c - a template in the first line, a URI in the rest
 *
 * The values of short ones are those that trying every way finds first.
 */
#include "base/encode.h"
#include "fuzz.h"
#include "tools/uri_template.h"

#define SHORT 24		/* bytes of a URI; trying every way takes its power of the variables */

static bool
may_be(const struct sp_uri_variable *v, struct sp_str value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.p[i] == '\0' || strchr(v->reserved ? ":/?#[]@!$&'()*+,;=%-._~" : ":[]@!$&'()*+,;=%-._~",
		    value.p[i]) == NULL)
			if (!sp_is_alnum((unsigned char)value.p[i]))
				return false;
	return value.len > 0;
}

/* The longest first value with which the rest fits, as it stands in the URI. */
static bool
by_trying(const struct sp_uri_template *t, size_t i, struct sp_str uri, struct sp_str *raw)
{
	const struct sp_uri_variable *v = &t->variable[i];

	if (i == t->count)
		return uri.len == 0;
	for (size_t n = uri.len; n > 0; n--) {
		struct sp_str rest = sp_str_sub(uri, n, uri.len);

		raw[i] = sp_str_sub(uri, 0, n);
		if (may_be(v, raw[i]) && rest.len >= v->after.len &&
		    sp_str_eq(sp_str_sub(rest, 0, v->after.len), v->after) &&
		    by_trying(t, i + 1, sp_str_sub(rest, v->after.len, rest.len), raw))
			return true;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_str uri = { (const char *)data, size }, text = SP_LIT("");
	struct sp_str values[SP_URI_VARIABLES], raw[SP_URI_VARIABLES];
	struct sp_arena *mem = sp_arena_new();
	struct sp_uri_template t;
	const char *why = NULL;

	if (!sp_str_split(&uri, '\n', &text))
		uri = SP_LIT("");
	if (!sp_uri_template_parse(mem, text, &t, &why)) {
		FUZZ_CHECK(why != NULL);
	} else {
		bool ok = sp_uri_template_match(&t, mem, uri, values);

		for (size_t i = 0; ok && i < t.count; i++)
			FUZZ_CHECK(values[i].len > 0 && sp_utf8_valid(values[i]) && sp_str_index(values[i], '\0') < 0);
		if (uri.len <= SHORT && t.count <= 4) {
			bool tried = uri.len >= t.before.len &&
			    sp_str_eq(sp_str_sub(uri, 0, t.before.len), t.before) &&
			    by_trying(&t, 0, sp_str_sub(uri, t.before.len, uri.len), raw);

			for (size_t i = 0; tried && i < t.count; i++) {
				struct sp_str value;

				tried = sp_percent_decode(mem, raw[i], &value) && sp_utf8_valid(value);
				FUZZ_CHECK(!tried || !ok || sp_str_eq(value, values[i]));
			}
			FUZZ_CHECK(tried == ok);
		}
	}
	sp_arena_free(mem);
	return 0;
}
