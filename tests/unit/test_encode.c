/* test_encode.c - base/encode */
#include "base/encode.h"
#include "unit.h"

#define BYTES(s) { "" s, sizeof(s) - 1 }

/* RFC 4648 section 10, and bytes that show the two last digits. */
static const struct {
	struct sp_str plain;
	const char *base64, *base64url, *hex;
} vectors[] = {
	{ BYTES(""), "", "", "" },
	{ BYTES("f"), "Zg==", "Zg", "66" },
	{ BYTES("fo"), "Zm8=", "Zm8", "666f" },
	{ BYTES("foo"), "Zm9v", "Zm9v", "666f6f" },
	{ BYTES("foob"), "Zm9vYg==", "Zm9vYg", "666f6f62" },
	{ BYTES("fooba"), "Zm9vYmE=", "Zm9vYmE", "666f6f6261" },
	{ BYTES("foobar"), "Zm9vYmFy", "Zm9vYmFy", "666f6f626172" },
	{ BYTES("\xfb\xff\xbf\0"), "+/+/AA==", "-_-_AA", "fbffbf00" },
};

static void
base_encodings(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct sp_str plain = vectors[i].plain, out;
		const char *name = vectors[i].base64;

		CHECK_STR(sp_base64_encode(mem, plain.p, plain.len), vectors[i].base64, name);
		CHECK_STR(sp_base64url_encode(mem, plain.p, plain.len), vectors[i].base64url, name);
		CHECK_STR(sp_hex_encode(mem, plain.p, plain.len), vectors[i].hex, name);
		CHECK(sp_base64_decode(mem, sp_str(vectors[i].base64), &out) && sp_str_eq(out, plain), name);
		CHECK(out.p[out.len] == '\0', name);
		CHECK(sp_base64url_decode(mem, sp_str(vectors[i].base64url), &out) && sp_str_eq(out, plain), name);
		CHECK(out.p[out.len] == '\0', name);
		CHECK(sp_hex_decode(mem, sp_str(vectors[i].hex), &out) && sp_str_eq(out, plain), name);
		CHECK(out.p[out.len] == '\0', name);
	}
	sp_arena_free(mem);
}

/* RFC 7515 appendix C. */
static void
base64url_of_jws(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	CHECK_STR(sp_base64url_encode(mem, "\x03\xec\xff\xe0\xc1", 5), "A-z_4ME", "RFC 7515 appendix C");
	sp_arena_free(mem);
}

typedef bool decoder(struct sp_arena *mem, struct sp_str in, struct sp_str *out);

static void
refusals(void **state)
{
	static const struct {
		decoder *decode;
		const char *name;
		struct sp_str in;
	} cases[] = {
		{ sp_base64url_decode, "padding", BYTES("Zg==") },
		{ sp_base64url_decode, "one digit", BYTES("Z") },
		{ sp_base64url_decode, "five digits", BYTES("Zm9vY") },
		{ sp_base64url_decode, "trailing bits after two", BYTES("Zh") },
		{ sp_base64url_decode, "trailing bits after three", BYTES("Zm9") },
		{ sp_base64url_decode, "plus", BYTES("+-__") },
		{ sp_base64url_decode, "slash", BYTES("-_/_") },
		{ sp_base64url_decode, "space", BYTES("Zm 9") },
		{ sp_base64url_decode, "newline at the end", BYTES("Zm9vYg\n") },
		{ sp_base64url_decode, "NUL", BYTES("Zm9\0") },
		{ sp_base64url_decode, "a byte over 0x7f", BYTES("Zm9\xc3") },
		{ sp_base64_decode, "no padding", BYTES("Zg") },
		{ sp_base64_decode, "too little padding", BYTES("Zg=") },
		{ sp_base64_decode, "too much padding", BYTES("Zm9v=") },
		{ sp_base64_decode, "nothing but padding", BYTES("====") },
		{ sp_base64_decode, "three pads", BYTES("Z===") },
		{ sp_base64_decode, "padding inside", BYTES("Zg==Zg==") },
		{ sp_base64_decode, "trailing bits", BYTES("Zh==") },
		{ sp_base64_decode, "the other alphabet", BYTES("-_-_") },
		{ sp_base64_decode, "newline", BYTES("Zm9v\nZm9v") },
		{ sp_hex_decode, "odd", BYTES("abc") },
		{ sp_hex_decode, "not a digit", BYTES("0g") },
		{ sp_hex_decode, "NUL", BYTES("0\0") },
		{ sp_hex_decode, "prefix", BYTES("0x11") },
		{ sp_percent_decode, "percent alone", BYTES("a%") },
		{ sp_percent_decode, "one digit", BYTES("a%4") },
		{ sp_percent_decode, "not a digit", BYTES("a%4g") },
		{ sp_percent_decode, "%00", BYTES("a%00b") },
		{ sp_percent_decode, "a raw NUL", BYTES("a\0b") },
		{ sp_percent_decode, "%u0041", BYTES("%u0041") },
		{ sp_form_decode, "percent alone", BYTES("%") },
		{ sp_form_decode, "%00", BYTES("%00") },
		{ sp_form_decode, "a raw NUL", BYTES("\0") },
		{ sp_form_decode, "not UTF-8", BYTES("%ff") },
		{ sp_form_decode, "raw bytes that are not UTF-8", BYTES("\xff") },
		{ sp_form_decode, "cut UTF-8", BYTES("%e2%82") },
		{ sp_form_decode, "overlong slash", BYTES("%c0%af") },
		{ sp_form_decode, "surrogate", BYTES("%ed%a0%80") },
	};
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_str out = SP_LIT("untouched");

		CHECK(!cases[i].decode(mem, cases[i].in, &out), cases[i].name);
		CHECK_STR(out, "untouched", cases[i].name);
	}
	sp_arena_free(mem);
}

static void
escapes(void **state)
{
	static const struct {
		decoder *decode;
		const char *in, *out;
	} cases[] = {
		{ sp_percent_decode, "", "" },
		{ sp_percent_decode, "a+b", "a+b" },
		{ sp_percent_decode, "%7Euser%2fa%20b%25", "~user/a b%" },
		{ sp_percent_decode, "%ff", "\xff" },
		{ sp_form_decode, "", "" },
		{ sp_form_decode, "a+b%2Bc", "a b+c" },
		{ sp_form_decode, "caf%C3%A9", "caf\xc3\xa9" },
		{ sp_form_decode, "%25zz", "%zz" },		/* decoded once, not twice */
		{ sp_hex_decode, "4A4b", "JK" },
	};
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_str out;

		CHECK(cases[i].decode(mem, sp_str(cases[i].in), &out), cases[i].in);
		CHECK_STR(out, cases[i].out, cases[i].in);
		CHECK(out.p[out.len] == '\0', cases[i].in);
	}
	sp_arena_free(mem);
}

static void
into_buffers(void **state)
{
	static const struct {
		void (*encode)(struct sp_buf *b, struct sp_str s);
		struct sp_str in;
		const char *out;
	} cases[] = {
		{ sp_buf_percent, BYTES("aZ09-._~"), "aZ09-._~" },
		{ sp_buf_percent, BYTES(" +/?#%*\xc3\xa9"), "%20%2B%2F%3F%23%25%2A%C3%A9" },
		{ sp_buf_percent, BYTES("\0"), "%00" },
		{ sp_buf_form, BYTES("a b-._*~&="), "a+b-._*%7E%26%3D" },
		{ sp_buf_html, BYTES("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;" },
		{ sp_buf_html, BYTES("\t\n\r"), "\t\n&#13;" },
		{ sp_buf_html, BYTES("\0\x01\x7f"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ sp_buf_html, BYTES("caf\xc3\xa9 \xf0\x9f\x98\x80"), "caf\xc3\xa9 \xf0\x9f\x98\x80" },
		{ sp_buf_html, BYTES("\xc3<"), "\xef\xbf\xbd&lt;" },	/* a cut character swallows nothing */
		{ sp_buf_html, BYTES(""), "" },
		{ sp_buf_json_string, BYTES(""), "\"\"" },
		{ sp_buf_json_string, BYTES("a/b"), "\"a/b\"" },
		{ sp_buf_json_string, BYTES("\"\\\b\f\n\r\t"), "\"\\\"\\\\\\b\\f\\n\\r\\t\"" },
		{ sp_buf_json_string, BYTES("\0\x1f\x7f"), "\"\\u0000\\u001F\\u007F\"" },
		{ sp_buf_json_string, BYTES("\xc2\x9b" "31m"), "\"\\u009B31m\"" },
		{ sp_buf_json_string, BYTES("\xc2\xa0<\xc3\xa9"), "\"\xc2\xa0<\xc3\xa9\"" },
		{ sp_buf_json_string, BYTES("a\xff\"b"), "\"a\xef\xbf\xbd\\\"b\"" },
		{ sp_buf_json_string, BYTES("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	};
	struct sp_arena *mem = sp_arena_new();
	struct sp_buf b;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		sp_buf_init(&b, mem, 1000);
		cases[i].encode(&b, cases[i].in);
		CHECK(sp_buf_ok(&b), cases[i].out);
		CHECK_STR(sp_buf_view(&b), cases[i].out, cases[i].out);
	}
	sp_arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base_encodings),
		cmocka_unit_test(base64url_of_jws),
		cmocka_unit_test(refusals),
		cmocka_unit_test(escapes),
		cmocka_unit_test(into_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
