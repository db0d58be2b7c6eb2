/*
 * test_schema_parts.c - the pieces under the JSON Schema validator: URIs, patterns, decimals
 */
#include "tools/schema_private.h"
#include "unit.h"

/* ---- RFC 3986 section 5.4, base http://a/b/c/d;p?q ---- */

static const struct {
	const char *base, *ref, *uri;
} references[] = {
	/* 5.4.1 */
	{ "http://a/b/c/d;p?q", "g:h", "g:h" },
	{ "http://a/b/c/d;p?q", "g", "http://a/b/c/g" },
	{ "http://a/b/c/d;p?q", "./g", "http://a/b/c/g" },
	{ "http://a/b/c/d;p?q", "g/", "http://a/b/c/g/" },
	{ "http://a/b/c/d;p?q", "/g", "http://a/g" },
	{ "http://a/b/c/d;p?q", "//g", "http://g" },
	{ "http://a/b/c/d;p?q", "?y", "http://a/b/c/d;p?y" },
	{ "http://a/b/c/d;p?q", "g?y", "http://a/b/c/g?y" },
	{ "http://a/b/c/d;p?q", "#s", "http://a/b/c/d;p?q#s" },
	{ "http://a/b/c/d;p?q", "g#s", "http://a/b/c/g#s" },
	{ "http://a/b/c/d;p?q", "g?y#s", "http://a/b/c/g?y#s" },
	{ "http://a/b/c/d;p?q", ";x", "http://a/b/c/;x" },
	{ "http://a/b/c/d;p?q", "g;x?y#s", "http://a/b/c/g;x?y#s" },
	{ "http://a/b/c/d;p?q", "", "http://a/b/c/d;p?q" },
	{ "http://a/b/c/d;p?q", ".", "http://a/b/c/" },
	{ "http://a/b/c/d;p?q", "./", "http://a/b/c/" },
	{ "http://a/b/c/d;p?q", "..", "http://a/b/" },
	{ "http://a/b/c/d;p?q", "../", "http://a/b/" },
	{ "http://a/b/c/d;p?q", "../g", "http://a/b/g" },
	{ "http://a/b/c/d;p?q", "../..", "http://a/" },
	{ "http://a/b/c/d;p?q", "../../", "http://a/" },
	{ "http://a/b/c/d;p?q", "../../g", "http://a/g" },
	/* 5.4.2 */
	{ "http://a/b/c/d;p?q", "../../../g", "http://a/g" },
	{ "http://a/b/c/d;p?q", "../../../../g", "http://a/g" },
	{ "http://a/b/c/d;p?q", "/./g", "http://a/g" },
	{ "http://a/b/c/d;p?q", "/../g", "http://a/g" },
	{ "http://a/b/c/d;p?q", "g.", "http://a/b/c/g." },
	{ "http://a/b/c/d;p?q", ".g", "http://a/b/c/.g" },
	{ "http://a/b/c/d;p?q", "g..", "http://a/b/c/g.." },
	{ "http://a/b/c/d;p?q", "..g", "http://a/b/c/..g" },
	{ "http://a/b/c/d;p?q", "./../g", "http://a/b/g" },
	{ "http://a/b/c/d;p?q", "./g/.", "http://a/b/c/g/" },
	{ "http://a/b/c/d;p?q", "g/./h", "http://a/b/c/g/h" },
	{ "http://a/b/c/d;p?q", "g/../h", "http://a/b/c/h" },
	{ "http://a/b/c/d;p?q", "g;x=1/./y", "http://a/b/c/g;x=1/y" },
	{ "http://a/b/c/d;p?q", "g;x=1/../y", "http://a/b/c/y" },
	{ "http://a/b/c/d;p?q", "g?y/./x", "http://a/b/c/g?y/./x" },
	{ "http://a/b/c/d;p?q", "g?y/../x", "http://a/b/c/g?y/../x" },
	{ "http://a/b/c/d;p?q", "g#s/./x", "http://a/b/c/g#s/./x" },
	{ "http://a/b/c/d;p?q", "g#s/../x", "http://a/b/c/g#s/../x" },
	{ "http://a/b/c/d;p?q", "http:g", "http:g" },
	/* what schemas have besides */
	{ "http://a", "g", "http://a/g" },
	{ "http://a//b//c", "d", "http://a//b//d" },
	{ "http://a/b/", "", "http://a/b/" },
	{ "", "g", "g" },
	{ "", "#s", "#s" },
	{ "", "", "" },
	{ "urn:example:a", "#s", "urn:example:a#s" },
	{ "urn:example:a", "urn:example:b", "urn:example:b" },
	{ "urn:example:a?=b", "", "urn:example:a?=b" },
	{ "file:///a/b", "c", "file:///a/c" },
};

static void
resolves_references(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(references); i++) {
		struct sp_arena *mem = sp_arena_new();

		CHECK_STR(sp_str(sp_schema_uri_resolve(mem, references[i].base, references[i].ref)),
		    references[i].uri, references[i].ref);
		sp_arena_free(mem);
	}
}

static void
takes_no_nul_for_syntax(void **state)
{
	(void)state;
	assert_false(sp_schema_uri_valid((struct sp_str){ "a\0b:c", 5 }, false, true));
	assert_false(sp_schema_uri_valid((struct sp_str){ "a:b\0", 4 }, false, true));
	assert_false(sp_schema_ipv4_valid((struct sp_str){ "1.2.3.4\0", 8 }));
	assert_false(sp_schema_ipv6_valid((struct sp_str){ "::1\0", 4 }));
	assert_false(sp_schema_format("duration")->valid((struct sp_str){ "P1\0", 3 }));
	assert_false(sp_schema_format("email")->valid((struct sp_str){ "a\0b@c.de", 8 }));
	assert_false(sp_schema_format("uri-template")->valid((struct sp_str){ "a\0b", 3 }));
}

/* ---- patterns ---- */

static const struct {
	const char *pattern, *text;
	bool matches;
} patterns[] = {
	{ "b", "abc", true },			/* not anchored */
	{ "^b", "abc", false },
	{ "^abc$", "abc\n", false },
	{ "^.$", "\xc3\xa9", true },		/* one character, two bytes */
	{ "^.$", "\xf0\x9f\x90\xb2", true },
	{ "^.$", "\n", false },
	{ "^.$", "\xe2\x80\xa8", false },	/* U+2028 ends a line, too */
	{ "^[^a]$", "\n", true },
	{ "^\\u{1F432}$", "\xf0\x9f\x90\xb2", true },
	{ "^\\ud83d\\udc32$", "\xf0\x9f\x90\xb2", true },
	{ "^[\\ud83d\\udc30-\\ud83d\\udc39]$", "\xf0\x9f\x90\xb2", true },
	{ "^\\u00e9\\xe9$", "\xc3\xa9\xc3\xa9", true },
	{ "^[\xc3\xa0-\xc3\xaf]$", "\xc3\xa9", true },
	{ "^\\S\\s\\S$", "a\xc2\xa0" "b", true },
	{ "^[\\s\\d]+$", "1 2\xef\xbb\xbf", true },
	{ "^[^\\s]$", "\xef\xbb\xbf", false },
	{ "^[\\S]$", " ", false },
	{ "^[^\\S]$", " ", true },
	{ "^\\p{Lu}\\p{Lowercase_Letter}$", "\xc3\x89t", true },
	{ "^\\p{Script=Greek}+$", "\xce\xb1\xce\xb2", true },
	{ "^\\p{sc=Greek}\\P{L}$", "\xce\xb1.", true },
	{ "^[\\p{L}\\p{N}]+$", "\xce\xb1" "1", true },
	{ "^\\p{gc=Nd}$", "5", true },
	{ "^\\d$", "\xd9\xa3", false },
	{ "^\\w+$", "a_1", true },
	{ "^[\\w-]+$", "a-b", true },
	{ "^[\\w-.]+$", "a-.", true },		/* no range */
	{ "^[a-]$", "-", true },
	{ "^[\\-a]$", "-", true },
	{ "^[[:alpha:]]$", "a]", true },	/* a class of [ : a l p h, then ] */
	{ "^[[:alpha:]]$", "b", false },
	{ "^[\\b]$", "\b", true },
	{ "\\bcat\\b", "a cat!", true },
	{ "\\Bat", "cat", true },
	{ "[]", "a", false },
	{ "^[^]$", "\n", true },
	{ "^a{2}$", "aa", true },
	{ "^a{2,}?$", "aaa", true },
	{ "^a{,2}$", "a{,2}", true },		/* not a quantifier */
	{ "^{a}]$", "{a}]", true },
	{ "^\\/\\@\\-\\ $", "/@- ", true },	/* escapes that nobody needs */
	{ "^(a)(?:b)(?<n>c)\\1\\k<n>$", "abcac", true },
	{ "^\\k<n>(?<n>a)$", "a", true },	/* a group that is still empty matches nothing */
	{ "^(?:(a)|b)\\1$", "b", true },
	{ "^(?<\xc3\xa9>a)\\k<\xc3\xa9>$", "aa", true },
	{ "^(?=a)(?!b)a(?<=a)(?<!b)$", "a", true },
	{ "^\\cA\\t\\n\\v\\f\\r\\0$", "\001\t\n\v\f\r", false },
	{ "^\\cA\\t\\n\\v\\f\\r$", "\001\t\n\v\f\r", true },
	{ "^a|b$", "ax", true },
	{ "", "", true },
	{ "^#$", "#", true },
	{ "^\\$\\.\\*$", "$.*", true },
	{ "^(?:)$", "", true },
};

static void
matches_as_ecma_262(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(patterns); i++) {
		struct sp_schema_budget budget = { .left = 10000 };
		struct sp_schema_matcher *m = sp_schema_matcher_new(&budget);
		struct sp_arena *mem = sp_arena_new();
		struct sp_schema_pattern *p;
		size_t room = 100000;
		const char *why;

		if (!sp_schema_pattern_compile(mem, sp_str(patterns[i].pattern), &room, &p, &why))
			fail_msg("%s: %s", patterns[i].pattern, why);
		CHECK_STR(sp_schema_pattern_text(p), patterns[i].pattern, "text");
		CHECK(sp_schema_match(m, p, sp_str(patterns[i].text)) == patterns[i].matches, patterns[i].pattern);
		CHECK(budget.left > 0, patterns[i].pattern);
		sp_schema_matcher_free(m);
		sp_arena_free(mem);
	}
}

/* As new RegExp(..., "u") takes them. */
static const struct {
	const char *pattern, *strict;
} leniencies[] = {
	{ "^[a-zA-Z0-9_\\-\\:]+$", "^[a-zA-Z0-9_\\-:]+$" },
	{ "^\\/\\@\\-\\ \\_$", "^\\/@- _$" },
	{ "^[\\w-]+$", "^[\\w-]+$" },
	{ "^[\\w-.]+$", "^[\\w\\-.]+$" },
	{ "^[\\w--a]+$", "^[\\w\\--a]+$" },
	{ "^[.-\\w]+$", "^[.\\-\\w]+$" },
	{ "^[a-\\w-z]+$", "^[a\\-\\w\\-z]+$" },
	{ "^[\\s\\-\\S]+$", "^[\\s\\-\\S]+$" },
	{ "]a", "\\]a" },
	{ "^{a}]$", "^\\{a\\}\\]$" },
	{ "^a{1\\,2}$", "^a\\{1,2\\}$" },
	{ "^a{2,}?[{}]$", "^a{2,}?[{}]$" },
	{ "\\:", ":" },
	{ "\\\\:\\.", "\\\\:\\." },
	{ "\xc3\xa9\\#", "\xc3\xa9#" },
	{ "(\\:", "(\\:" },			/* which nobody takes */
};

static void
is_written_without_leniency(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct json_object *schema;
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT(leniencies); i++) {
		struct sp_str strict = sp_schema_pattern_strict(mem, sp_str(leniencies[i].pattern));

		CHECK_STR(strict, leniencies[i].strict, leniencies[i].pattern);
		CHECK_STR(sp_schema_pattern_strict(mem, strict), leniencies[i].strict, "once more");
	}
	for (size_t i = 0; i < COUNT(patterns); i++) {
		struct sp_schema_budget budget = { .left = 10000 };
		struct sp_schema_matcher *m = sp_schema_matcher_new(&budget);
		struct sp_schema_pattern *p;
		size_t room = 100000;

		assert_true(sp_schema_pattern_compile(mem, sp_schema_pattern_strict(mem, sp_str(patterns[i].pattern)), &room, &p, &why));
		CHECK(sp_schema_match(m, p, sp_str(patterns[i].text)) == patterns[i].matches, patterns[i].pattern);
		sp_schema_matcher_free(m);
	}
	assert_true(sp_json_parse(mem, SP_LIT("{\"pattern\":\"\\\\:\",\"const\":{\"pattern\":\"\\\\:\"},\"properties\":{\"pattern\":{\"pattern\":\"\\\\:\"},"
	    "\"const\":{\"items\":{\"pattern\":\"\\\\:\"}}},\"patternProperties\":{\"^\\\\:\":{\"anyOf\":[{\"pattern\":\"\\\\:\"}]},\"b\":true}}"), &schema, &why));
	sp_schema_make_strict(mem, schema);
	CHECK_STR(sp_json_canonical(mem, schema), "{\"const\":{\"pattern\":\"\\\\:\"},\"pattern\":\":\",\"patternProperties\":{\"^:\":{\"anyOf\":"
	    "[{\"pattern\":\":\"}]},\"b\":true},\"properties\":{\"const\":{\"items\":{\"pattern\":\":\"}},\"pattern\":{\"pattern\":\":\"}}}", "a schema");
	sp_arena_free(mem);
}

/* What Perl knows and ECMA-262 does not, and what neither knows. */
static const char *const not_patterns[] = {
	"(", ")", "a)", "(?", "(?:", "[", "[a", "[\\", "\\", "a\\", "*", "+a", "a**", "a++", "a{1}{2}", "a*+",
	"^*", "$+", "\\b+", "(?=a)*", "(?<=a)?", "a|*", "(*)", "{1}", "x{2,1}", "[b-a]", "[\\d-\\x]",
	"(?i)a", "(?i:a)", "(?#c)a", "(?>a)", "(?|a)", "(?P<n>a)", "(?'n'a)", "(?R)", "(?1)", "(*ACCEPT)", "(*UTF)",
	"\\A", "\\Z", "\\z", "\\G", "\\K", "\\R", "\\X", "\\h", "\\H", "\\V", "\\N", "\\Q", "\\E", "\\C", "\\a", "\\e", "\\l",
	"\\1", "(a)\\2", "\\k", "\\k<n>", "(?<n>a)\\k<m>", "(?<n>a)(?<n>b)", "(?<1>a)", "(?<>a)", "(?<a-b>c)",
	"\\x", "\\x1", "\\xg0", "\\u", "\\u12", "\\u{", "\\u{}", "\\u{110000}", "\\ud800", "\\udc00", "\\ud83d\\u0041",
	"[\\ud800-\\udfff]", "\\c", "\\c1", "\\01", "\\p", "\\pL", "\\p{", "\\p{}", "\\p{^L}", "\\p{Age=3}", "\\p{L",
	"\\p{NoSuch}", "\\p{Script=NoSuch}", "\xff",
};

static void
refuses_what_is_not_ecma_262(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(not_patterns); i++) {
		struct sp_arena *mem = sp_arena_new();
		struct sp_schema_pattern *p;
		size_t room = 100000;
		const char *why = NULL;

		CHECK(!sp_schema_pattern_compile(mem, sp_str(not_patterns[i]), &room, &p, &why), not_patterns[i]);
		CHECK(why != NULL, not_patterns[i]);
		sp_arena_free(mem);
	}
}

static void
matches_no_broken_text(void **state)
{
	struct sp_schema_budget budget = { .left = 100 };
	struct sp_schema_matcher *m = sp_schema_matcher_new(&budget);
	struct sp_arena *mem = sp_arena_new();
	struct sp_schema_pattern *p;
	size_t room = 100000;
	const char *why;

	(void)state;
	assert_true(sp_schema_pattern_compile(mem, SP_LIT("a"), &room, &p, &why));
	assert_true(room < 100000);
	assert_false(sp_schema_match(m, p, SP_LIT("a\xff")));
	assert_true(budget.left > 0);
	assert_true(sp_schema_match(m, p, SP_LIT("\0a")));
	assert_false(sp_schema_match(m, p, (struct sp_str){ NULL, 0 }));
	sp_schema_matcher_free(m);
	sp_arena_free(mem);
}

/* ---- decimals ---- */

static struct json_object *
number(const char *text)
{
	return json_object_new_double_s(strtod(text, NULL), text);
}

static const struct {
	const char *a, *b;
	int order;
} pairs[] = {
	{ "0", "-0.000e99", 0 }, { "1", "1.000", 0 }, { "100", "1e2", 0 }, { "0.001", "1E-3", 0 }, { "1.5e+1", "15", 0 },
	{ "-1", "1", -1 }, { "-1", "0", -1 }, { "1", "0", 1 }, { "-2", "-10", 1 }, { "9", "10", -1 }, { "99", "9.9e1", 0 },
	{ "1e400", "1e399", 1 }, { "1e-400", "0", 1 }, { "-1e400", "1e-400", -1 }, { "1.2", "1.20000000000000000000001", -1 },
	{ "123456789012345678901234567890", "123456789012345678901234567891", -1 },
	{ "0.1", "0.10000000000000000555", -1 }, { "1e999999999999999999999", "1e999", 1 }, { "10.01", "1.001e1", 0 },
};

static void
orders_decimals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct json_object *a = number(pairs[i].a), *b = number(pairs[i].b);
		int order = sp_schema_compare(a, b), back = sp_schema_compare(b, a);

		CHECK((order > 0) - (order < 0) == pairs[i].order, pairs[i].a);
		CHECK((back > 0) - (back < 0) == -pairs[i].order, pairs[i].b);
		json_object_put(a);
		json_object_put(b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolves_references),
		cmocka_unit_test(takes_no_nul_for_syntax),
		cmocka_unit_test(matches_as_ecma_262), cmocka_unit_test(is_written_without_leniency),
		cmocka_unit_test(refuses_what_is_not_ecma_262),
		cmocka_unit_test(matches_no_broken_text),
		cmocka_unit_test(orders_decimals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
