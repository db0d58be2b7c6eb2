/* test_str.c - base/str, base/clock */
#include <time.h>
#include "base/clock.h"
#include "unit.h"

#define BYTES(s) { "" s, sizeof(s) - 1 }
static const struct sp_str absent = { NULL, 0 };

static void
equality(void **state)
{
	(void)state;
	assert_true(sp_str_eq(SP_LIT("abc"), sp_str("abc")));
	assert_false(sp_str_eq(SP_LIT("abc"), SP_LIT("abd")));
	assert_false(sp_str_eq(SP_LIT("abc"), SP_LIT("abcd")));
	assert_true(sp_str_eq(absent, SP_LIT("")));
	assert_true(sp_str_eq(absent, absent));
	assert_true(sp_str_is(SP_LIT("none"), "none"));
	assert_false(sp_str_is(SP_LIT("none\0"), "none"));
	assert_true(sp_str_caseeq(SP_LIT("Bearer"), SP_LIT("bEARER")));
	assert_false(sp_str_caseeq(SP_LIT("Bearer"), SP_LIT("Bearer ")));
	assert_false(sp_str_caseeq(SP_LIT("[@"), SP_LIT("{`")));	/* they differ by the same bit as A and a */
	assert_false(sp_str_caseis(SP_LIT("\xc4\xb0"), "\xc4\xb1"));
	assert_true(sp_str_caseis(SP_LIT("DPoP"), "dpop"));
}

static void
parts(void **state)
{
	(void)state;
	assert_true(sp_str_starts(SP_LIT("https://a"), "https://"));
	assert_false(sp_str_starts(SP_LIT("http"), "https://"));
	assert_true(sp_str_starts(absent, ""));
	assert_true(sp_str_ends(SP_LIT("a/"), "/"));
	assert_false(sp_str_ends(SP_LIT(""), "/"));
	assert_int_equal(sp_str_index(SP_LIT("a:b:c"), ':'), 1);
	assert_int_equal(sp_str_index(SP_LIT("abc"), ':'), -1);
	assert_int_equal(sp_str_index(absent, ':'), -1);
	CHECK_STR(sp_str_sub(SP_LIT("abcdef"), 2, 4), "cd", "inside");
	CHECK_STR(sp_str_sub(SP_LIT("abcdef"), 4, 99), "ef", "to beyond the end");
	CHECK_STR(sp_str_sub(SP_LIT("abcdef"), 99, 100), "", "beyond the end");
	CHECK_STR(sp_str_sub(SP_LIT("abcdef"), 4, 2), "", "backwards");
	assert_null(sp_str_sub(absent, 1, 2).p);
	CHECK_STR(sp_str_trim(SP_LIT(" \ta b\t "), " \t"), "a b", "both ends");
	CHECK_STR(sp_str_trim(SP_LIT("   "), " "), "", "nothing left");
	CHECK_STR(sp_str_trim(absent, " "), "", "absent");
	assert_true(sp_str_only(SP_LIT("0110"), "01"));
	assert_false(sp_str_only(SP_LIT("01\0"), "01"));	/* the set's NUL is not in the set */
	assert_true(sp_str_only(absent, "01"));
}

static void
split(void **state)
{
	static const struct {
		const char *in, *words;		/* each word in brackets */
	} cases[] = {
		{ "", "" },
		{ "a", "[a]" },
		{ "a b", "[a][b]" },
		{ "a  b", "[a][][b]" },
		{ " a", "[][a]" },
		{ "a ", "[a]" },
		{ "a  ", "[a][]" },
		{ " ", "[]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_str rest = sp_str(cases[i].in), word;
		char got[64] = "";

		while (sp_str_split(&rest, ' ', &word))
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "[%.*s]", SP_FMT(word));
		CHECK_STR(sp_str(got), cases[i].words, cases[i].in);
		CHECK(!sp_str_split(&rest, ' ', &word), cases[i].in);
	}
}

static void
classes(void **state)
{
	size_t alpha = 0, digit = 0, alnum = 0, hex = 0, tchar = 0;

	(void)state;
	for (int c = 0; c < 256; c++) {
		alpha += sp_is_alpha((unsigned char)c);
		digit += sp_is_digit((unsigned char)c);
		alnum += sp_is_alnum((unsigned char)c);
		hex += sp_is_hex((unsigned char)c);
		tchar += sp_is_tchar((unsigned char)c);
		if (c < 'A' || c > 'Z')
			assert_int_equal(sp_lower((unsigned char)c), c);
	}
	assert_int_equal(alpha, 52);
	assert_int_equal(digit, 10);
	assert_int_equal(alnum, 62);
	assert_int_equal(hex, 22);
	assert_int_equal(tchar, 62 + 15);	/* RFC 9110 section 5.6.2 */
	assert_int_equal(sp_lower('Q'), 'q');
	assert_false(sp_is_tchar('\0'));
	assert_false(sp_is_tchar(' '));
	assert_false(sp_is_tchar('"'));
	assert_true(sp_str_has_control(SP_LIT("a\x1f")));
	assert_true(sp_str_has_control(SP_LIT("\x7f")));
	assert_true(sp_str_has_control(SP_LIT("a\0")));
	assert_false(sp_str_has_control(SP_LIT("a \x80\xff")));
}

static void
integers(void **state)
{
	static const struct {
		const char *in;
		int64_t min, max, out;
		bool ok;
	} cases[] = {
		{ "0", 0, 9, 0, true },
		{ "9", 0, 9, 9, true },
		{ "10", 0, 9, 0, false },
		{ "007", 0, 9, 7, true },
		{ "-1", -1, 9, -1, true },
		{ "-2", -1, 9, 0, false },
		{ "-0", 0, 9, 0, true },
		{ "9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX, true },
		{ "9223372036854775808", INT64_MIN, INT64_MAX, 0, false },
		{ "-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN, true },
		{ "-9223372036854775809", INT64_MIN, INT64_MAX, 0, false },
		{ "99999999999999999999999", INT64_MIN, INT64_MAX, 0, false },
		{ "", 0, 9, 0, false },
		{ "-", -9, 9, 0, false },
		{ "+1", 0, 9, 0, false },
		{ " 1", 0, 9, 0, false },
		{ "1 ", 0, 9, 0, false },
		{ "1x", 0, 9, 0, false },
		{ "--1", -9, 9, 0, false },
		{ "1.0", 0, 9, 0, false },
		{ "0x1", 0, 9, 0, false },
		{ "1e1", 0, 99, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t out = 4711;

		CHECK(sp_str_int64(sp_str(cases[i].in), cases[i].min, cases[i].max, &out) == cases[i].ok, cases[i].in);
		CHECK(out == (cases[i].ok ? cases[i].out : 4711), cases[i].in);
	}
	assert_false(sp_str_int64(SP_LIT("1\0"), 0, 9, &(int64_t){ 0 }));
	assert_false(sp_str_int64(absent, 0, 9, &(int64_t){ 0 }));
}

static void
utf8(void **state)
{
	static const struct {
		const char *name;
		struct sp_str in;
		bool ok;
	} cases[] = {
		{ "empty", BYTES(""), true },
		{ "ASCII over eight bytes", BYTES("hello, world, hello"), true },
		{ "NUL", BYTES("a\0b"), true },
		{ "U+0080", BYTES("\xc2\x80"), true },
		{ "U+07FF", BYTES("\xdf\xbf"), true },
		{ "U+0800", BYTES("\xe0\xa0\x80"), true },
		{ "U+D7FF", BYTES("\xed\x9f\xbf"), true },
		{ "U+E000", BYTES("\xee\x80\x80"), true },
		{ "U+FFFF", BYTES("\xef\xbf\xbf"), true },
		{ "U+10000", BYTES("\xf0\x90\x80\x80"), true },
		{ "U+10FFFF", BYTES("\xf4\x8f\xbf\xbf"), true },
		{ "U+110000", BYTES("\xf4\x90\x80\x80"), false },
		{ "first byte F5", BYTES("\xf5\x80\x80\x80"), false },
		{ "first byte FF", BYTES("\xff"), false },
		{ "U+D800", BYTES("\xed\xa0\x80"), false },
		{ "U+DFFF", BYTES("\xed\xbf\xbf"), false },
		{ "overlong slash, two bytes", BYTES("\xc0\xaf"), false },
		{ "overlong, C1", BYTES("\xc1\xbf"), false },
		{ "overlong slash, three bytes", BYTES("\xe0\x80\xaf"), false },
		{ "overlong, three bytes", BYTES("\xe0\x9f\xbf"), false },
		{ "overlong, four bytes", BYTES("\xf0\x8f\xbf\xbf"), false },
		{ "continuation alone", BYTES("\x80"), false },
		{ "cut after one of two", BYTES("\xc3"), false },
		{ "cut after two of three", BYTES("\xe2\x82"), false },
		{ "cut after three of four", BYTES("\xf0\x9f\x98"), false },
		{ "ASCII where a continuation belongs", BYTES("\xe2\x82" "A"), false },
		{ "bad byte behind eight good ones", BYTES("12345678\x80"), false },
		{ "bad byte within the last eight", BYTES("123456789abcdef\xff"), false },
		{ "character across a step of eight", BYTES("1234567\xc3\xa9" "1234567\xe2\x82\xac"), true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK(sp_utf8_valid(cases[i].in) == cases[i].ok, cases[i].name);
	assert_true(sp_utf8_valid(absent));
	assert_int_equal(sp_utf8_len(absent), 0);
	assert_int_equal(sp_utf8_len(SP_LIT("a\x80")), 1);
	assert_int_equal(sp_utf8_len(SP_LIT("\xf0\x9f\x98\x80")), 4);
}

static void
clocks(void **state)
{
	int64_t ms = sp_monotonic_ms(), us = sp_monotonic_us();

	(void)state;
	assert_true(sp_now_seconds() > 1767225600);	/* 2026 */
	assert_true(us / 1000 >= ms && us / 1000 < ms + 60000);
	assert_true(sp_monotonic_us() >= us);
}

static void
utc(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 68169600, "1972-02-29T00:00:00Z" },
		{ 951782399, "2000-02-28T23:59:59Z" },
		{ 951782400, "2000-02-29T00:00:00Z" },
		{ 951868800, "2000-03-01T00:00:00Z" },
		{ 1798761599, "2026-12-31T23:59:59Z" },
		{ 1798761600, "2027-01-01T00:00:00Z" },
		{ 4107542399, "2100-02-28T23:59:59Z" },
		{ 4107542400, "2100-03-01T00:00:00Z" },		/* no leap year */
		{ 253402300799, "9999-12-31T23:59:59Z" },
	};
	char text[SP_RFC3339_SIZE], libc[SP_RFC3339_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		sp_rfc3339(cases[i].seconds, text);
		assert_string_equal(text, cases[i].text);
	}
	for (time_t t = 0; t < 253402300799; t += 86400 * 10 + 12345) {
		struct tm tm;

		sp_rfc3339(t, text);
		strftime(libc, sizeof(libc), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
		assert_string_equal(text, libc);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equality),
		cmocka_unit_test(parts),
		cmocka_unit_test(split),
		cmocka_unit_test(classes),
		cmocka_unit_test(integers),
		cmocka_unit_test(utf8),
		cmocka_unit_test(clocks),
		cmocka_unit_test(utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
