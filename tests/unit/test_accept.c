/* test_accept.c - what an Accept header says of a media type */
#include "unit.h"
#include "web/accept.h"

static const struct {
	const char *name, *accept;
	int html, json;
	bool prefers_html;
} cases[] = {
	{ "no header", NULL, 1000, 1000, false },
	{ "an empty one", "", 0, 0, false },
	{ "curl", "*/*", 1000, 1000, false },
	{ "a browser", "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8", 1000, 800, true },
	{ "fetch for JSON", "application/json", 0, 1000, false },
	{ "both alike", "application/json, text/html", 1000, 1000, false },
	{ "JSON rather", "text/html;q=0.4, application/json;q=0.5", 400, 500, false },
	{ "HTML rather, by a thousandth", "text/html;q=0.501, application/json;q=0.5", 501, 500, true },
	{ "a type by its wildcard", "text/*, application/json;q=0.9", 1000, 900, true },
	{ "what names it most exactly counts", "text/html;q=0.1, text/*, */*", 100, 1000, false },
	{ "refused", "text/html;q=0, */*", 0, 1000, false },
	{ "refused in three places", "text/html;q=0.000", 0, 0, false },
	{ "less than a thousandth is not nothing", "text/html;q=0.0001", 1, 0, true },
	{ "more than one is one", "text/html;q=7, application/json;q=1.5", 1000, 1000, false },
	{ "a weight that is none is one", "text/html;q=x", 1000, 0, true },
	{ "the weight behind other parameters", "text/html;level=1;Q=0.3", 300, 0, true },
	{ "case does not count", "TEXT/Html", 1000, 0, true },
	{ "a longer name", "text/htmlx", 0, 0, false },
	{ "no name", "/, text/, ;;, ,", 0, 0, false },
};

static void
weights(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_str accept = sp_str(cases[i].accept);

		CHECK(sp_accept_weight(accept, "text", "html") == cases[i].html, cases[i].name);
		CHECK(sp_accept_weight(accept, "application", "json") == cases[i].json, cases[i].name);
		CHECK(sp_accept_prefers_html(accept) == cases[i].prefers_html, cases[i].name);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(weights) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
