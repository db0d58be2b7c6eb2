/* test_form.c - parameters: escapes, repetition, limits */
#include "web.h"
#include "web/form.h"

#define NAME_100 "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"

static const struct {
	const char *text;
	bool good;
	const char *name, *value;	/* to look up; value NULL: absent */
	size_t count;			/* fields, empty ones too */
	const char *repeated;
} cases[] = {
	{ "", true, "a", NULL, 0, NULL },
	{ "a=b", true, "a", "b", 1, NULL },
	{ "a=b&c=d", true, "c", "d", 2, NULL },
	{ "&&a=b&", true, "a", "b", 1, NULL },
	{ "a=b=c", true, "a", "b=c", 1, NULL },
	{ "a=b+c%20d", true, "a", "b c d", 1, NULL },
	{ "a=%2b%26%3D", true, "a", "+&=", 1, NULL },
	{ "%61=b", true, "a", "b", 1, NULL },
	{ "a=%C3%A4", true, "a", "\xc3\xa4", 1, NULL },
	{ "a=\xc3\xa4", true, "a", "\xc3\xa4", 1, NULL },
	{ "a", true, "a", NULL, 1, NULL },
	{ "a=", true, "a", NULL, 1, NULL },
	{ "a=&b=c", true, "a", NULL, 2, NULL },
	{ "A=b", true, "a", NULL, 1, NULL },
	{ "a=b;c=d", true, "a", "b;c=d", 1, NULL },
	{ NAME_100 "=1", true, NAME_100, "1", 1, NULL },
	/* repetition is told, not judged */
	{ "a=b&a=b", true, "a", "b", 2, "a" },
	{ "a=b&a=", true, "a", "b", 2, "a" },
	{ "a=b&%61=c", true, "a", "b", 2, "a" },
	{ "a=b&A=c", true, "a", "b", 2, NULL },
	{ "x=1&a=b&a=c&x=2", true, "x", "1", 4, "a" },
	{ "resource=a&resource=b", true, "resource", "a", 2, NULL },
	/* broken */
	{ "a=%", false, NULL, NULL, 0, NULL },
	{ "a=%4", false, NULL, NULL, 0, NULL },
	{ "a=%zz", false, NULL, NULL, 0, NULL },
	{ "a=%u0041", false, NULL, NULL, 0, NULL },
	{ "a=%00", false, NULL, NULL, 0, NULL },
	{ "a%00=b", false, NULL, NULL, 0, NULL },
	{ "a=%ff", false, NULL, NULL, 0, NULL },
	{ "a=%C0%AF", false, NULL, NULL, 0, NULL },
	{ "a=%ED%A0%80", false, NULL, NULL, 0, NULL },
	{ "a=\xff", false, NULL, NULL, 0, NULL },
	{ "=b", false, NULL, NULL, 0, NULL },
	{ NAME_100 "x=1", false, NULL, NULL, 0, NULL },
};

static void
parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_arena *mem = sp_arena_new();
		struct sp_form form = { .count = 77 };
		const char *why = NULL;
		struct sp_str got;

		CHECK(sp_form_parse(mem, sp_str(cases[i].text), &form, &why) == cases[i].good, cases[i].text);
		if (!cases[i].good) {
			CHECK(why != NULL, cases[i].text);
			CHECK(form.count == 77, cases[i].text);	/* untouched */
			sp_arena_free(mem);
			continue;
		}
		CHECK(form.count == cases[i].count, cases[i].text);
		got = sp_form_get(&form, cases[i].name);
		CHECK((got.p != NULL) == (cases[i].value != NULL), cases[i].text);
		if (cases[i].value != NULL)
			CHECK_STR(got, cases[i].value, cases[i].text);
		CHECK((form.repeated.p != NULL) == (cases[i].repeated != NULL), cases[i].text);
		if (cases[i].repeated != NULL)
			CHECK_STR(form.repeated, cases[i].repeated, cases[i].text);
		sp_arena_free(mem);
	}
}

static void
count_limit(void **state)
{
	(void)state;
	for (int extra = 0; extra < 2; extra++) {
		struct sp_arena *mem = sp_arena_new();
		struct sp_form form;
		struct sp_buf b;
		const char *why;

		sp_buf_init(&b, mem, 100000);
		for (int i = 0; i < 100 + extra; i++)
			sp_buf_printf(&b, "p%d=x&", i);
		assert_int_equal(sp_form_parse(mem, sp_buf_view(&b), &form, &why), extra == 0);
		sp_arena_free(mem);
	}
}

static void
several_resources(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_form form;
	const char *why;

	(void)state;
	assert_true(sp_form_parse(mem, SP_LIT("resource=a&x=1&resource=&resource=b"), &form, &why));
	assert_int_equal(sp_form_count(&form, "resource"), 2);
	CHECK_STR(sp_form_nth(&form, "resource", 0), "a", "first");
	CHECK_STR(sp_form_nth(&form, "resource", 1), "b", "second");
	assert_null(sp_form_nth(&form, "resource", 2).p);
	assert_int_equal(sp_form_count(&form, "none"), 0);
	sp_arena_free(mem);
}

static void
bodies(void **state)
{
	static const struct {
		const char *type, *query, *body;
		enum sp_problem problem;
	} given[] = {
		{ "application/x-www-form-urlencoded", NULL, "a=b", SP_OK },
		{ "application/x-www-form-urlencoded; charset=UTF-8", NULL, "a=b", SP_OK },
		{ "application/x-www-form-urlencoded", "", "a=b", SP_OK },
		{ "application/x-www-form-urlencoded", "a=b", "a=b", SP_INVALID_REQUEST },
		{ "application/x-www-form-urlencoded", "x", "a=b", SP_INVALID_REQUEST },
		{ "application/x-www-form-urlencoded", NULL, "a=b&a=c", SP_INVALID_REQUEST },
		{ "application/x-www-form-urlencoded", NULL, "a=%", SP_INVALID_REQUEST },
		{ "application/x-www-form-urlencoded; charset=latin1", NULL, "a=b", SP_INVALID_REQUEST },
		{ "application/json", NULL, "{}", SP_INVALID_REQUEST },
		{ "multipart/form-data; boundary=x", NULL, "a=b", SP_UNSUPPORTED_MEDIA_TYPE },
		{ NULL, NULL, "a=b", SP_INVALID_REQUEST },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(given); i++) {
		char *params[4] = { NULL };
		struct sp_form form;
		struct web w;

		web_open(&w);
		params[0] = sp_strdup(w.mem, "REQUEST_METHOD=POST");
		params[1] = sp_printf(w.mem, "REQUEST_URI=/token%s%s", given[i].query != NULL ? "?" : "",
		    given[i].query != NULL ? given[i].query : "");
		if (given[i].type != NULL)
			params[2] = sp_printf(w.mem, "CONTENT_TYPE=%s", given[i].type);
		assert_true(sp_gate_params(&w.req, params));
		w.req.body = sp_str(given[i].body);
		CHECK(sp_form_read(&w.req, &form) == (given[i].problem == SP_OK), given[i].body);
		CHECK(w.req.problem == given[i].problem, given[i].body);
		web_close(&w);
	}
}

static void
queries(void **state)
{
	struct sp_form form;
	struct web w;

	(void)state;
	web_open(&w);
	assert_true(sp_form_query(&w.req, &form));	/* none at all */
	assert_int_equal(form.count, 0);
	w.req.query = SP_LIT("a=b");
	assert_true(sp_form_query(&w.req, &form));
	CHECK_STR(sp_form_get(&form, "a"), "b", "query");
	w.req.query = SP_LIT("a=b&a=b");
	assert_false(sp_form_query(&w.req, &form));
	assert_int_equal(w.req.problem, SP_INVALID_REQUEST);
	web_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse),
		cmocka_unit_test(count_limit),
		cmocka_unit_test(several_resources),
		cmocka_unit_test(bodies),
		cmocka_unit_test(queries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
