/* test_uri_template.c - which templates are good, and which values make a URI */
#include "unit.h"
#include "base/buf.h"
#include "tools/uri_template.h"

static const struct {
	const char *name, *text;
	int variables;				/* -1: refused */
} templates[] = {
	{ "no variable", "test://static", 0 },
	{ "simple", "test://template/{id}/data", 1 },
	{ "reserved", "docs://{+path}", 1 },
	{ "several", "shop://{year}/{month}-{day}", 3 },
	{ "an escape in the text", "x:%20{a}", 1 },
	{ "a name with digits and underscores", "x:{_a1}", 1 },
	{ "sixteen", "x:{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}", 16 },
	{ "seventeen", "x:{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}/{q}", -1 },
	{ "nothing", "", -1 },
	{ "no scheme", "/orders/{id}", -1 },
	{ "a scheme that is a variable", "{scheme}://x", -1 },
	{ "a scheme that begins with a digit", "1x:{a}", -1 },
	{ "an empty scheme", ":x{a}", -1 },
	{ "neighbours", "x:{a}{b}", -1 },
	{ "neighbours, reserved", "x:{a}{+b}", -1 },
	{ "twice the same", "x:{a}/{a}", -1 },
	{ "an empty name", "x:{}", -1 },
	{ "a name that begins with a digit", "x:{1a}", -1 },
	{ "a name with a dash", "x:{a-b}", -1 },
	{ "a list", "x:{a,b}", -1 },
	{ "a prefix", "x:{a:3}", -1 },
	{ "exploded", "x:{a*}", -1 },
	{ "a query", "x:a{?q}", -1 },
	{ "a fragment", "x:a{#f}", -1 },
	{ "not closed", "x:{a", -1 },
	{ "not opened", "x:a}", -1 },
	{ "nested", "x:{{a}}", -1 },
	{ "a space", "x: {a}", -1 },
	{ "beyond ASCII", "x:\xc3\xa9{a}", -1 },
};

static void
parse(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(templates); i++) {
		struct sp_uri_template t;
		const char *why = NULL;
		bool ok = sp_uri_template_parse(mem, sp_str(templates[i].text), &t, &why);

		CHECK(ok == (templates[i].variables >= 0), templates[i].name);
		CHECK(ok ? (int)t.count == templates[i].variables : why != NULL, templates[i].name);
	}
	sp_arena_free(mem);
}

static const struct {
	const char *name, *text, *uri, *values;	/* values joined by "|"; NULL: no match */
} matches[] = {
	{ "the whole text", "test://static", "test://static", "" },
	{ "more than the text", "test://static", "test://static/", NULL },
	{ "less than the text", "test://static", "test://stati", NULL },
	{ "one value", "test://template/{id}/data", "test://template/123/data", "123" },
	{ "an empty value", "test://template/{id}/data", "test://template//data", NULL },
	{ "a value over a slash", "test://template/{id}/data", "test://template/1/2/data", NULL },
	{ "an escaped slash", "test://template/{id}/data", "test://template/1%2F2/data", "1/2" },
	{ "an escaped letter", "x:{a}", "x:%c3%A9", "\xc3\xa9" },
	{ "half a letter", "x:{a}", "x:%c3", NULL },
	{ "a broken escape", "x:{a}", "x:%4", NULL },
	{ "no hex", "x:{a}", "x:%zz", NULL },
	{ "an escaped NUL", "x:{a}", "x:a%00b", NULL },
	{ "what clients do not escape", "x:{a}", "x:a!'()*:@,;=&+$", "a!'()*:@,;=&+$" },
	{ "a space", "x:{a}", "x:a b", NULL },
	{ "beyond ASCII", "x:{a}", "x:\xc3\xa9", NULL },
	{ "a query ends a value", "x:{a}?q={b}", "x:1?q=2", "1|2" },
	{ "no query in a value", "x:{a}", "x:1?q", NULL },
	{ "no fragment in a value", "x:{a}", "x:1#f", NULL },
	{ "a path", "docs://{+path}", "docs://a/b/c.md", "a/b/c.md" },
	{ "a path with what else a URI has", "docs://{+path}", "docs://a?b#c/../%2e", "a?b#c/../." },
	{ "an empty path", "docs://{+path}", "docs://", NULL },
	{ "the first has as much as it can", "x:{a}-{b}", "x:1-2-3", "1-2|3" },
	{ "but leaves something to the second", "x:{a}-{b}", "x:1-2-", "1|2-" },
	{ "not even the text", "x:{a}-{b}", "x:1", NULL },
	{ "only the text", "x:{a}-{b}", "x:-", NULL },
	{ "a path in front of a name", "x:{+p}/x/{id}", "x:a/x/b/x/c", "a/x/b|c" },
	{ "a path in front of a name that cannot be", "x:{+p}/x/{id}", "x:a/x/b/c", NULL },
	{ "text that repeats", "x:{a}aab", "x:aaaab", "aa" },
	{ "another scheme", "x:{a}", "y:1", NULL },
	{ "case counts", "x:A{a}", "x:ab", NULL },
	{ "three", "shop://{y}/{m}-{d}", "shop://2026/07-28", "2026|07|28" },
};

static void
match(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(matches); i++) {
		struct sp_str values[SP_URI_VARIABLES];
		struct sp_uri_template t;
		struct sp_buf b;
		const char *why;
		bool ok;

		CHECK(sp_uri_template_parse(mem, sp_str(matches[i].text), &t, &why), matches[i].name);
		ok = sp_uri_template_match(&t, mem, sp_str(matches[i].uri), values);
		CHECK(ok == (matches[i].values != NULL), matches[i].name);
		if (!ok)
			continue;
		sp_buf_init(&b, mem, 4096);
		for (size_t v = 0; v < t.count; v++) {
			sp_buf_cstr(&b, v > 0 ? "|" : "");
			sp_buf_str(&b, values[v]);
		}
		CHECK_STR(sp_buf_view(&b), matches[i].values, matches[i].name);
	}
	sp_arena_free(mem);
}

/* What would take a backtracking matcher minutes. */
static void
is_linear(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_str values[SP_URI_VARIABLES];
	struct sp_uri_template t;
	char uri[SP_URI_MAX + 2] = "x:";
	const char *why;

	(void)state;
	assert_true(sp_uri_template_parse(mem, SP_LIT("x:{a}a{b}a{c}a{d}a{e}a{f}a{g}a{h}b"), &t, &why));
	memset(uri + 2, 'a', SP_URI_MAX - 2);
	assert_false(sp_uri_template_match(&t, mem, (struct sp_str){ uri, SP_URI_MAX }, values));
	uri[SP_URI_MAX - 1] = 'b';
	assert_true(sp_uri_template_match(&t, mem, (struct sp_str){ uri, SP_URI_MAX }, values));
	assert_int_equal(values[0].len, SP_URI_MAX - 3 - 14);
	uri[SP_URI_MAX - 1] = 'a';
	uri[SP_URI_MAX] = 'b';
	assert_false(sp_uri_template_match(&t, mem, (struct sp_str){ uri, SP_URI_MAX + 1 }, values));
	sp_arena_free(mem);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse),
		cmocka_unit_test(match),
		cmocka_unit_test(is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
