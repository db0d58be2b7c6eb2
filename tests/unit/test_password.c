/* test_password.c - passwords as Argon2id */
#include <pthread.h>
#include "unit.h"
#include "base/clock.h"
#include "people/password.h"

static const struct {
	const char *name, *password;
	size_t len;
	bool ok;
} passwords[] = {
	{ "eight bytes", "12345678", 8, true },
	{ "seven", "1234567", 7, false },
	{ "none", "", 0, false },
	{ "of any script", "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c", 12, true },
	{ "with spaces", "correct horse battery staple", 28, true },
	{ "with NUL", "1234\0" "5678", 9, false },
	{ "no UTF-8", "12345678\xff", 9, false },
};

static void
acceptable(void **state)
{
	char longest[SP_PASSWORD_MAX + 1];
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT(passwords); i++) {
		why = NULL;
		CHECK(sp_password_acceptable((struct sp_str){ passwords[i].password, passwords[i].len }, &why) == passwords[i].ok, passwords[i].name);
		CHECK((why == NULL) == passwords[i].ok, passwords[i].name);
	}
	memset(longest, 'x', sizeof(longest));
	assert_true(sp_password_acceptable((struct sp_str){ longest, SP_PASSWORD_MAX }, &why));
	assert_false(sp_password_acceptable((struct sp_str){ longest, SP_PASSWORD_MAX + 1 }, &why));
}

static void
hashing(void **state)
{
	struct sp_arena *mem = *state;
	const char *hash = sp_password_hash(mem, SP_LIT("correct horse")), *again = sp_password_hash(mem, SP_LIT("correct horse"));

	/* the parameters are in it, and are at least OWASP's */
	assert_non_null(strstr(hash, "$argon2id$v=19$m=47104,t=1,p=1$"));
	assert_string_not_equal(hash, again);
	assert_true(sp_password_verify(hash, SP_LIT("correct horse")));
	assert_true(sp_password_verify(again, SP_LIT("correct horse")));
	assert_false(sp_password_verify(hash, SP_LIT("correct horsf")));
	assert_false(sp_password_verify(hash, SP_LIT("Correct horse")));
	assert_false(sp_password_verify(hash, SP_LIT("correct horse ")));
	assert_false(sp_password_verify(hash, SP_LIT("")));
	assert_false(sp_password_verify(hash, (struct sp_str){ "correct horse\0x", 15 }));
	assert_false(sp_password_verify(NULL, SP_LIT("correct horse")));
	/* hashes of other settings go on being good; what is none is no password */
	assert_true(sp_password_verify("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", SP_LIT("password")));
	assert_false(sp_password_verify("", SP_LIT("")));
	assert_false(sp_password_verify("plain", SP_LIT("plain")));
	assert_false(sp_password_verify("$argon2id$v=19$m=47104,t=1,p=1$AAAA", SP_LIT("x")));
}

/* Nobody's password takes as long as somebody's. */
static void
same_work(void **state)
{
	struct sp_arena *mem = *state;
	const char *hash = sp_password_hash(mem, SP_LIT("correct horse"));
	int64_t somebody = 0, nobody = 0, began;

	for (int i = 0; i < (under_valgrind() ? 2 : 8); i++) {
		began = sp_monotonic_us();
		assert_false(sp_password_verify(hash, SP_LIT("wrong")));
		somebody += sp_monotonic_us() - began;
		began = sp_monotonic_us();
		assert_false(sp_password_verify(NULL, SP_LIT("wrong")));
		nobody += sp_monotonic_us() - began;
	}
	/* a busy machine says little; an answer without the work would be a thousandth */
	assert_true(nobody > somebody / 4 && somebody > nobody / 4);
	/* too long to be judged, and so not judged */
	began = sp_monotonic_us();
	for (int i = 0; i < 100; i++)
		assert_false(sp_password_verify(hash, (struct sp_str){ sp_alloc(mem, 2000), 1025 }));
	assert_true(sp_monotonic_us() - began < somebody);
}

static void *
verify(void *arg)
{
	return sp_password_verify(arg, SP_LIT("correct horse")) ? arg : NULL;
}

static void
in_threads(void **state)
{
	struct sp_arena *mem = *state;
	const char *hash = sp_password_hash(mem, SP_LIT("correct horse"));
	const size_t threads = under_valgrind() ? 2 : 6;
	pthread_t thread[6];
	void *good;

	for (size_t i = 0; i < threads; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, verify, (void *)(uintptr_t)hash), 0);
	for (size_t i = 0; i < threads; i++) {
		assert_int_equal(pthread_join(thread[i], &good), 0);
		assert_non_null(good);
	}
}

static int
setup(void **state)
{
	*state = sp_arena_new();
	return 0;
}

static int
teardown(void **state)
{
	sp_arena_free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acceptable), cmocka_unit_test(hashing), cmocka_unit_test(same_work), cmocka_unit_test(in_threads),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
