/* test_buf.c - base/buf */
#include "base/buf.h"
#include "unit.h"

static void
appending(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_buf b;

	(void)state;
	sp_buf_init(&b, mem, 1000);
	CHECK_STR(sp_buf_view(&b), "", "nothing yet");
	assert_string_equal(sp_buf_view(&b).p, "");
	sp_buf_cstr(&b, "one");
	sp_buf_char(&b, ' ');
	sp_buf_str(&b, SP_LIT("two"));
	sp_buf_add(&b, " three!", 6);
	sp_buf_printf(&b, " %d%s", 4, "");
	sp_buf_cstr(&b, NULL);
	sp_buf_str(&b, (struct sp_str){ 0 });
	assert_string_equal(sp_buf_view(&b).p, "one two three 4");
	assert_int_equal(sp_buf_view(&b).len, 15);
	sp_buf_add(&b, "\0x", 2);
	assert_int_equal(sp_buf_view(&b).len, 17);
	sp_buf_clear(&b);
	assert_string_equal(sp_buf_view(&b).p, "");
	sp_buf_cstr(&b, "new");
	assert_string_equal(sp_buf_view(&b).p, "new");
	assert_true(sp_buf_ok(&b));
	sp_arena_free(mem);
}

static void
growing(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_buf b;

	(void)state;
	sp_buf_init(&b, mem, SIZE_MAX - 1);
	for (size_t i = 0; i < 300000; i++) {
		sp_buf_char(&b, (char)('a' + i % 26));
		if (i % 1000 == 0)
			(void)sp_alloc(mem, 1);		/* now and then it cannot grow in place */
	}
	assert_true(sp_buf_ok(&b));
	assert_int_equal(b.len, 300000);
	for (size_t i = 0; i < b.len; i++)
		assert_int_equal(b.p[i], 'a' + i % 26);
	assert_int_equal(b.p[b.len], '\0');
	sp_arena_free(mem);
}

static void
ceiling(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_buf b;

	(void)state;
	sp_buf_init(&b, mem, 5);
	sp_buf_cstr(&b, "12345");
	assert_true(sp_buf_ok(&b));
	sp_buf_cstr(&b, "");
	assert_true(sp_buf_ok(&b));
	sp_buf_cstr(&b, "6");
	assert_false(sp_buf_ok(&b));
	sp_buf_clear(&b);
	sp_buf_cstr(&b, "x");			/* it would have room, but the failure stays */
	assert_false(sp_buf_ok(&b));
	assert_null(sp_buf_room(&b, 1));
	sp_buf_added(&b, 1);
	CHECK_STR(sp_buf_view(&b), "", "failed");

	sp_buf_init(&b, mem, 5);
	sp_buf_cstr(&b, "123");
	sp_buf_add(&b, "", SIZE_MAX);		/* no sum may wrap around */
	assert_false(sp_buf_ok(&b));
	assert_string_equal(sp_buf_view(&b).p, "123");

	sp_buf_init(&b, mem, 5);
	sp_buf_printf(&b, "%d", 123456);
	assert_false(sp_buf_ok(&b));
	sp_buf_init(&b, mem, 0);
	sp_buf_cstr(&b, "1");
	assert_false(sp_buf_ok(&b));
	sp_arena_free(mem);
}

static void
room(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_buf b;
	char *p;

	(void)state;
	sp_buf_init(&b, mem, 10000);
	sp_buf_cstr(&b, "head ");
	p = sp_buf_room(&b, 5000);
	assert_non_null(p);
	memset(p, 'x', 5000);
	sp_buf_added(&b, 3);
	assert_string_equal(sp_buf_view(&b).p, "head xxx");
	sp_arena_free(mem);
}

static void
fixed(void **state)
{
	char memory[8];
	struct sp_buf b;

	(void)state;
	sp_buf_fixed(&b, memory, sizeof(memory));
	assert_string_equal(sp_buf_view(&b).p, "");
	sp_buf_cstr(&b, "1234567");
	assert_true(sp_buf_ok(&b));
	assert_string_equal(memory, "1234567");
	sp_buf_char(&b, '8');
	assert_false(sp_buf_ok(&b));
	assert_string_equal(memory, "1234567");
	sp_buf_fixed(&b, memory, sizeof(memory));
	sp_buf_printf(&b, "%s", "12345678");
	assert_false(sp_buf_ok(&b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appending),
		cmocka_unit_test(growing),
		cmocka_unit_test(ceiling),
		cmocka_unit_test(room),
		cmocka_unit_test(fixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
