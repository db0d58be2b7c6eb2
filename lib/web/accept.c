/* accept.c - what kinds of answer a client takes */
#include "web/accept.h"

#define ALL 1000

/* How exactly a media range names type/subtype: 3 by both, 2 by type, 1 by a wildcard, 0 not. */
static int
range_fit(struct sp_str range, const char *type, const char *subtype)
{
	struct sp_str main_type;

	if (sp_str_is(range, "*/*"))
		return 1;
	if (!sp_str_split(&range, '/', &main_type) || !sp_str_caseis(main_type, type))
		return 0;
	return sp_str_is(range, "*") ? 2 : sp_str_caseis(range, subtype) ? 3 : 0;
}

/* "0.5" is 500; what is more than nothing is at least 1. */
static int
qvalue(struct sp_str text)
{
	int weight = 0, place = 100;

	if (sp_str_only(text, "0."))
		return 0;
	if (!sp_str_starts(text, "0."))
		return ALL;
	for (size_t i = 2; i < text.len && sp_is_digit((unsigned char)text.p[i]); i++, place /= 10)
		weight += (text.p[i] - '0') * place;
	return weight > 0 ? weight : 1;
}

static int
weight_of(struct sp_str parameters)
{
	struct sp_str one;

	while (sp_str_split(&parameters, ';', &one)) {
		one = sp_str_trim(one, " \t");
		if (one.len >= 3 && sp_lower((unsigned char)one.p[0]) == 'q' && one.p[1] == '=')
			return qvalue(sp_str_sub(one, 2, one.len));
	}
	return ALL;
}

int
sp_accept_weight(struct sp_str accept, const char *type, const char *subtype)
{
	struct sp_str one, range;
	int weight = 0, best = 0;

	if (accept.p == NULL)
		return ALL;
	while (sp_str_split(&accept, ',', &one)) {
		int fit;

		if (!sp_str_split(&one, ';', &range))
			continue;
		fit = range_fit(sp_str_trim(range, " \t"), type, subtype);
		if (fit > best) {
			best = fit;
			weight = weight_of(one);
		}
	}
	return weight;
}

bool
sp_accept_prefers_html(struct sp_str accept)
{
	return sp_accept_weight(accept, "text", "html") > sp_accept_weight(accept, "application", "json");
}
