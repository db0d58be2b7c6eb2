/* test_cookie.c - cookies that come, and cookies that are set */
#include "web.h"
#include "web/cookie.h"

static void
reading(void **state)
{
	static const struct {
		const char *issuer, *sent, *value;	/* value NULL: absent */
	} cases[] = {
		{ "https://x", NULL, NULL },
		{ "https://x", "", NULL },
		{ "https://x", "__Host-s=abc", "abc" },
		{ "https://x", "a=1; __Host-s=abc; b=2", "abc" },
		{ "https://x", "a=1;__Host-s=abc;b=2", "abc" },
		{ "https://x", "__Host-s=a=b", "a=b" },
		{ "http://127.0.0.1", "s=abc", "abc" },
		{ "https://x/a", "__Secure-s=abc", "abc" },
		{ "https://x/a", "__Host-s=abc", NULL },
		/* another one's */
		{ "https://x", "s=abc", NULL },
		{ "https://x", "__host-s=abc", NULL },
		{ "https://x", "__Secure-s=abc", NULL },
		{ "https://x", "__Host-ss=abc", NULL },
		{ "https://x", "__Host-s", NULL },
		{ "http://127.0.0.1", "__Host-s=abc", NULL },
		/* twice: one was planted */
		{ "https://x", "__Host-s=abc; __Host-s=abc", NULL },
		{ "https://x", "__Host-s=abc; a=1; __Host-s=def", NULL },
		/* malformed */
		{ "https://x", "__Host-s=", NULL },
		{ "https://x", "__Host-s=\"abc\"", NULL },
		{ "https://x", "__Host-s=a b", NULL },
		{ "https://x", "__Host-s=a\\b", NULL },
		{ "https://x", "__Host-s=a\x80", NULL },
		{ "https://x", "__Host-s=abc, a=1", NULL },	/* two headers, joined by Apache */
		{ "https://x", ";;;=;=x;", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_header sent = { SP_LIT("cookie"), sp_str(cases[i].sent) };
		const char *name = cases[i].sent != NULL ? cases[i].sent : "none";
		struct sp_str got;
		struct web w;

		web_open(&w);
		w.settings.issuer = cases[i].issuer;
		w.req.headers = &sent;
		w.req.header_count = cases[i].sent != NULL ? 1 : 0;
		got = sp_cookie_get(&w.req, "s");
		CHECK((got.p != NULL) == (cases[i].value != NULL), name);
		if (cases[i].value != NULL)
			CHECK_STR(got, cases[i].value, name);
		web_close(&w);
	}
}

static void
too_long(void **state)
{
	struct sp_header sent = { SP_LIT("cookie"), { NULL, 0 } };
	struct web w;
	char *text;

	(void)state;
	web_open(&w);
	text = sp_alloc(w.mem, 9000);
	memset(text, 'x', 8192);
	memcpy(text, "__Host-s=", 9);
	sent.value = sp_str(text);
	w.req.headers = &sent;
	w.req.header_count = 1;
	assert_null(sp_cookie_get(&w.req, "s").p);
	web_close(&w);
}

static void
setting(void **state)
{
	static const struct {
		const char *issuer;
		int64_t max_age;
		const char *expected;
	} cases[] = {
		{ "https://x", 0, "__Host-s=abc; Path=/; HttpOnly; Secure; SameSite=Lax" },
		{ "https://x", 60, "__Host-s=abc; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax" },
		{ "https://x", -1, "__Host-s=abc; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax" },
		{ "http://127.0.0.1", 0, "s=abc; Path=/; HttpOnly; SameSite=Lax" },
		{ "https://x/a/b", 0, "__Secure-s=abc; Path=/a/b; HttpOnly; Secure; SameSite=Lax" },
		{ "http://127.0.0.1/a", 0, "s=abc; Path=/a; HttpOnly; SameSite=Lax" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct web w;

		web_open(&w);
		w.settings.issuer = cases[i].issuer;
		sp_cookie_set(&w.req, "s", SP_LIT("abc"), cases[i].max_age);
		CHECK_STR(sp_response_header(&w.req, "Set-Cookie"), cases[i].expected, cases[i].expected);
		web_close(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading),
		cmocka_unit_test(too_long),
		cmocka_unit_test(setting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
