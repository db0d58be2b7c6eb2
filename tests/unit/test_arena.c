/* test_arena.c - base/arena */
#include "base/arena.h"
#include "unit.h"

static bool
all_zero(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != 0)
			return false;
	return true;
}

/* Pieces of many sizes are zeroed, aligned and apart, again after a reset. */
static void
pieces(void **state)
{
	enum { PIECES = 500 };
	struct sp_arena *mem = sp_arena_new();
	char *piece[PIECES];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < PIECES; i++) {
			size_t size = i % 50 == 49 ? 40000 * (i / 50 + 1) : i * 7;

			piece[i] = sp_alloc(mem, size);
			assert_non_null(piece[i]);
			assert_int_equal((uintptr_t)piece[i] % _Alignof(max_align_t), 0);
			assert_true(all_zero(piece[i], size));
			memset(piece[i], (int)i | 1, size);
		}
		for (size_t i = 1; i < PIECES; i++) {
			size_t size = i % 50 == 49 ? 40000 * (i / 50 + 1) : i * 7;

			assert_int_equal(piece[i][0], (char)(i | 1));
			assert_int_equal(piece[i][size - 1], (char)(i | 1));
		}
		assert_true(sp_arena_used(mem) > 500 * 499 * 7 / 2);
		sp_arena_reset(mem);
		assert_int_equal(sp_arena_used(mem), 0);
	}
	assert_ptr_not_equal(sp_alloc(mem, 0), sp_alloc(mem, 0));
	sp_arena_free(mem);
	sp_arena_free(NULL);
}

/* The first block is there again after a reset, and what was in it is not. */
static void
reset_wipes(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	char *token = sp_strdup(mem, "a bearer token"), *again;

	(void)state;
	sp_arena_reset(mem);
	again = sp_alloc(mem, 15);
	assert_ptr_equal(again, token);
	assert_true(all_zero(again, 15));
	sp_arena_free(mem);
}

static void
grow(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	char *a = sp_alloc(mem, 10), *b, *c;

	(void)state;
	memset(a, 'a', 10);
	b = sp_arena_grow(mem, a, 10, 1000);
	assert_ptr_equal(a, b);			/* it was the last piece */
	assert_true(all_zero(b + 10, 990));
	(void)sp_alloc(mem, 1);
	memset(b, 'b', 1000);
	c = sp_arena_grow(mem, b, 1000, 2000);
	assert_ptr_not_equal(b, c);		/* it was not */
	assert_int_equal(c[999], 'b');
	assert_true(all_zero(c + 1000, 1000));
	assert_int_equal(b[999], 'b');		/* still readable */
	assert_ptr_equal(sp_arena_grow(mem, c, 2000, 1000), c);
	c = sp_arena_grow(mem, c, 2000, 1000000);
	assert_int_equal(c[999], 'b');
	assert_true(all_zero(c + 1000, 999000));
	c = sp_arena_grow(mem, c, 1000000, 3000000);
	assert_int_equal(c[999], 'b');
	sp_arena_free(mem);
}

static void
copies(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_str s;

	(void)state;
	assert_null(sp_strdup(mem, NULL));
	assert_string_equal(sp_strdup(mem, ""), "");
	assert_null(sp_cstr(mem, (struct sp_str){ 0 }));
	assert_string_equal(sp_cstr(mem, sp_str_sub(SP_LIT("abcdef"), 1, 3)), "bc");
	s = sp_str_dup(mem, SP_LIT("a\0b"));
	assert_int_equal(s.len, 3);
	assert_memory_equal(s.p, "a\0b", 4);
	assert_null(sp_str_dup(mem, (struct sp_str){ 0 }).p);
	assert_string_equal(sp_printf(mem, "%d %s", 42, "x"), "42 x");
	assert_int_equal(strlen(sp_printf(mem, "%*d", 50000, 1)), 50000);
	sp_arena_free(mem);
}

static char order[8];

static void
note(void *arg)
{
	order[strlen(order)] = *(const char *)arg;
}

static struct sp_arena *deferring;

static void
defer_another(void *arg)
{
	note(arg);
	sp_arena_defer(deferring, note, (char *)"x");
}

static void
deferred(void **state)
{
	struct sp_arena *mem = deferring = sp_arena_new();

	(void)state;
	memset(order, 0, sizeof(order));
	sp_arena_defer(mem, note, sp_strdup(mem, "1"));		/* the argument may lie in the arena */
	sp_arena_defer(mem, defer_another, (char *)"2");
	sp_arena_defer(mem, note, (char *)"3");
	sp_arena_reset(mem);
	assert_string_equal(order, "32x1");
	sp_arena_reset(mem);
	assert_string_equal(order, "32x1");		/* once */
	sp_arena_defer(mem, note, (char *)"4");
	sp_arena_free(mem);
	assert_string_equal(order, "32x14");
}

static void
too_large(void *mem)
{
	(void)sp_alloc(mem, SIZE_MAX);
}

static void
too_many(void *mem)
{
	(void)sp_alloc_array(mem, SIZE_MAX / 2, 3);
}

static void
out_of_memory(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	assert_int_equal(exit_status_of(too_large, mem), 71);
	assert_int_equal(exit_status_of(too_many, mem), 71);
	sp_arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces),
		cmocka_unit_test(reset_wipes),
		cmocka_unit_test(grow),
		cmocka_unit_test(copies),
		cmocka_unit_test(deferred),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
