/* test_secret.c - base/secret: digests against their RFCs, the keyring, sealed values */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <openssl/evp.h>
#include "base/encode.h"
#include "base/secret.h"
#include "unit.h"

#define BYTES(s) { "" s, sizeof(s) - 1 }
#define KEY_1	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="	/* 00 01 .. 1f */
#define KEY_2	"ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="	/* 20 21 .. 3f */

static char dir[] = "/tmp/sallyport-secret-XXXXXX";

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

/* A file with this text; the caller unlinks it. */
static const char *
key_file(struct sp_arena *mem, const char *text, mode_t mode)
{
	const char *path = sp_printf(mem, "%s/master.key", dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return path;
}

static struct sp_keyring *
ring_of(const char *text)
{
	struct sp_arena *mem = sp_arena_new();
	const char *path = key_file(mem, text, 0600), *why;
	struct sp_keyring *ring;

	if (!sp_keyring_load(path, &ring, &why))
		fail_msg("%s: %s", text, why);
	unlink(path);
	sp_arena_free(mem);
	return ring;
}

static void
randomness(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_str a = sp_random_token(mem), b = sp_random_token(mem), bytes;
	uint8_t large[1000] = { 0 };
	size_t zeros = 0;

	(void)state;
	assert_int_equal(a.len, SP_TOKEN_TEXT);
	assert_true(sp_base64url_decode(mem, a, &bytes));
	assert_int_equal(bytes.len, SP_TOKEN_BYTES);
	assert_false(sp_str_eq(a, b));
	sp_random(large, sizeof(large));
	for (size_t i = 0; i < sizeof(large); i++)
		zeros += large[i] == 0;
	assert_true(zeros < 40);		/* 4 are expected */
	sp_random(large, 0);
	for (int i = 0; i < 100; i++) {
		struct sp_str u = sp_random_uuid(mem);

		assert_int_equal(u.len, 36);
		assert_true(u.p[8] == '-' && u.p[13] == '-' && u.p[18] == '-' && u.p[23] == '-');
		assert_int_equal(u.p[14], '4');
		assert_non_null(strchr("89ab", u.p[19]));
		assert_true(sp_str_only(u, "0123456789abcdef-"));
	}
	sp_arena_free(mem);
}

/* FIPS 180-2 appendix B, RFC 7636 appendix B. */
static void
sha256(void **state)
{
	static const struct {
		const char *in, *hex;
	} cases[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
		    "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3" },
	};
	struct sp_arena *mem = sp_arena_new();
	uint8_t out[SP_SHA256_LEN];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		sp_sha256(sp_str(cases[i].in), out);
		CHECK_STR(sp_hex_encode(mem, out, sizeof(out)), cases[i].hex, cases[i].in);
	}
	sp_sha256((struct sp_str){ 0 }, out);
	CHECK_STR(sp_hex_encode(mem, out, sizeof(out)), cases[0].hex, "absent");
	sp_arena_free(mem);
}

/* RFC 4231 sections 4.2, 4.3, 4.4, 4.7; and no key at all. */
static void
hmac(void **state)
{
	static char aa[131], dd[50];
	const struct {
		struct sp_str key, in;
		const char *hex;
	} cases[] = {
		{ BYTES("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"),
		    BYTES("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ BYTES("Jefe"), BYTES("what do ya want for nothing?"),
		    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ { aa, 20 }, { dd, 50 }, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
		{ { aa, 131 }, BYTES("Test Using Larger Than Block-Size Key - Hash Key First"),
		    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
		{ { NULL, 0 }, { NULL, 0 }, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
	};
	struct sp_arena *mem = sp_arena_new();
	uint8_t out[SP_SHA256_LEN];

	(void)state;
	memset(aa, 0xaa, sizeof(aa));
	memset(dd, 0xdd, sizeof(dd));
	for (size_t i = 0; i < COUNT(cases); i++) {
		sp_hmac_sha256(cases[i].key, cases[i].in, out);
		CHECK_STR(sp_hex_encode(mem, out, sizeof(out)), cases[i].hex, cases[i].hex);
	}
	sp_arena_free(mem);
}

static void
equality(void **state)
{
	(void)state;
	assert_true(sp_secret_equal(SP_LIT("secret"), sp_str("secret")));
	assert_false(sp_secret_equal(SP_LIT("secret"), SP_LIT("secreT")));
	assert_false(sp_secret_equal(SP_LIT("secret"), SP_LIT("secret ")));
	assert_false(sp_secret_equal(SP_LIT("secret"), (struct sp_str){ 0 }));
	assert_true(sp_secret_equal((struct sp_str){ 0 }, SP_LIT("")));
}

static void
keyring_files(void **state)
{
	static const char broken[] = "a line is not \"KEYID base64(32 bytes)\"";
	static const char readable[] =
	    "others than its owner and group may read it, or others than its owner write it";
	static const struct {
		const char *text;
		mode_t mode;
		const char *why;		/* NULL: taken */
	} cases[] = {
		{ "k1 " KEY_1 "\n", 0600, NULL },
		{ "k1 " KEY_1, 0400, NULL },
		{ "# two\n\n k2\t" KEY_2 "\n", 0600, broken },		/* a tab is no space */
		{ "# two\n\n  k2   " KEY_2 " \r\nk1 " KEY_1 "\n", 0640, NULL },
		{ "", 0600, "no key in it" },
		{ "# none\n", 0600, "no key in it" },
		{ "k1\n", 0600, broken },
		{ KEY_1 "\n", 0600, broken },
		{ "k1 AAEC\n", 0600, broken },
		{ "k1 " KEY_1 "AAAA\n", 0600, broken },
		{ "k1 " KEY_1 " x\n", 0600, broken },
		{ "k/1 " KEY_1 "\n", 0600, broken },
		{ "k1 " KEY_1 "\nk1 " KEY_2 "\n", 0600, "a key id is there twice" },
		{ "k1 " KEY_1 "\n", 0644, readable },
		{ "k1 " KEY_1 "\n", 0660, readable },
		{ "k1 " KEY_1 "\n", 0602, readable },
	};
	struct sp_arena *mem = sp_arena_new();
	struct sp_keyring *ring;
	struct sp_buf b;
	const char *why, *path;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		path = key_file(mem, cases[i].text, cases[i].mode);
		why = NULL;
		ring = NULL;
		CHECK(sp_keyring_load(path, &ring, &why) == (cases[i].why == NULL), cases[i].text);
		CHECK((ring != NULL) == (cases[i].why == NULL), cases[i].text);
		if (cases[i].why != NULL)
			CHECK_STR(sp_str(why), cases[i].why, cases[i].text);
		sp_keyring_free(ring);
		unlink(path);
	}
	sp_buf_init(&b, mem, 100000);
	for (int i = 0; i < 17; i++)
		sp_buf_printf(&b, "k%d " KEY_1 "\n", i);
	path = key_file(mem, b.p, 0600);
	assert_false(sp_keyring_load(path, &ring, &why));
	assert_string_equal(why, "too many keys");
	unlink(path);
	for (int i = 0; i < 200; i++)
		sp_buf_cstr(&b, "# a comment that goes on and on for no reason at all\n");
	path = key_file(mem, b.p, 0600);
	assert_false(sp_keyring_load(path, &ring, &why));
	assert_string_equal(why, "too large");
	unlink(path);
	assert_false(sp_keyring_load(path, &ring, &why));
	assert_string_equal(why, "No such file or directory");
	assert_false(sp_keyring_load(dir, &ring, &why));
	assert_string_equal(why, "not a regular file");
	sp_keyring_free(NULL);
	sp_arena_free(mem);
}

static void
keyring_create(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	const char *path = sp_printf(mem, "%s/new.key", dir), *why;
	struct sp_keyring *ring;
	struct sp_str plain;
	struct stat st;

	(void)state;
	assert_true(sp_keyring_create(path, &why));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(sp_keyring_load(path, &ring, &why));
	assert_true(sp_unseal(mem, ring, "p", SP_LIT(""), sp_seal(mem, ring, "p", SP_LIT(""), SP_LIT("x")), &plain));
	sp_keyring_free(ring);
	assert_false(sp_keyring_create(path, &why));
	assert_string_equal(why, "File exists");
	unlink(path);
	assert_false(sp_keyring_create("/nonexistent/new.key", &why));
	sp_arena_free(mem);
}

static void
sealing(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_keyring *ring = ring_of("k1 " KEY_1 "\n");

	(void)state;
	for (size_t len = 0; len < 3000; len = len * 2 + 1) {
		struct sp_str plain = { memset(sp_alloc(mem, len), 'p', len), len }, out;
		struct sp_str sealed = sp_seal(mem, ring, "signing-key", SP_LIT("kid"), plain);

		assert_int_equal(sealed.len, 2 + 2 + 12 + len + 16);
		assert_true(sp_unseal(mem, ring, "signing-key", SP_LIT("kid"), sealed, &out));
		assert_true(sp_str_eq(out, plain));
		assert_int_equal(out.p[out.len], '\0');
		assert_false(sp_str_eq(sealed, sp_seal(mem, ring, "signing-key", SP_LIT("kid"), plain)));
	}
	sp_keyring_free(ring);
	sp_arena_free(mem);
}

/* RFC 5869 written out, then AES-256-GCM: the layout that secret.h promises. */
static void
sealed_layout(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_keyring *ring = ring_of("k1 " KEY_1 "\n");
	struct sp_str sealed = sp_seal(mem, ring, "layout", SP_LIT("aad"), SP_LIT("plain text")), master;
	const uint8_t *s = (const uint8_t *)sealed.p;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t prk[32], key[32], plain[16];
	int n;

	(void)state;
	assert_true(sp_base64_decode(mem, SP_LIT(KEY_1), &master));
	sp_hmac_sha256(SP_LIT(""), master, prk);
	sp_hmac_sha256((struct sp_str){ (char *)prk, 32 }, SP_LIT("sallyport/layout\x01"), key);
	assert_memory_equal(s, "\x01\x02k1", 4);
	assert_int_equal(EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, s + 4), 1);
	assert_int_equal(EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)"\x01\x02k1" "aad", 7), 1);
	assert_int_equal(EVP_DecryptUpdate(ctx, plain, &n, s + 16, 10), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, (void *)(s + 26)), 1);
	assert_int_equal(EVP_DecryptFinal_ex(ctx, plain + 10, &n), 1);
	assert_memory_equal(plain, "plain text", 10);
	assert_int_equal(sealed.len, 26 + 16);
	EVP_CIPHER_CTX_free(ctx);
	sp_keyring_free(ring);
	sp_arena_free(mem);
}

/* Any change of any byte, any cut, and any other purpose, aad or key. */
static void
unsealing_refuses(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_keyring *ring = ring_of("k1 " KEY_1 "\n"), *same_id = ring_of("k1 " KEY_2 "\n");
	struct sp_keyring *other_id = ring_of("k2 " KEY_1 "\n");
	struct sp_str sealed = sp_seal(mem, ring, "purpose", SP_LIT("aad"), SP_LIT("hello")), out = SP_LIT("untouched");
	struct sp_str with = sp_seal_with(mem, SP_LIT("token"), "purpose", SP_LIT("aad"), SP_LIT("hello"));
	char *copy = sp_cstr(mem, sealed);

	(void)state;
	for (size_t i = 0; i < sealed.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			copy[i] = (char)(copy[i] ^ 1 << bit);
			assert_false(sp_unseal(mem, ring, "purpose", SP_LIT("aad"),
			    (struct sp_str){ copy, sealed.len }, &out));
			copy[i] = (char)(copy[i] ^ 1 << bit);
		}
	for (size_t len = 0; len < sealed.len; len++)
		assert_false(sp_unseal(mem, ring, "purpose", SP_LIT("aad"), sp_str_sub(sealed, 0, len), &out));
	assert_false(sp_unseal(mem, ring, "purpose", SP_LIT("aad"), (struct sp_str){ copy, sealed.len + 1 }, &out));
	assert_false(sp_unseal(mem, ring, "purpose", SP_LIT("aad"), (struct sp_str){ 0 }, &out));
	assert_false(sp_unseal(mem, ring, "Purpose", SP_LIT("aad"), sealed, &out));
	assert_false(sp_unseal(mem, ring, "purpose", SP_LIT("aae"), sealed, &out));
	assert_false(sp_unseal(mem, ring, "purpose", SP_LIT(""), sealed, &out));
	assert_false(sp_unseal(mem, same_id, "purpose", SP_LIT("aad"), sealed, &out));
	assert_false(sp_unseal(mem, other_id, "purpose", SP_LIT("aad"), sealed, &out));
	/* the two kinds do not open each other */
	assert_false(sp_unseal(mem, ring, "purpose", SP_LIT("aad"), with, &out));
	assert_false(sp_unseal_with(mem, SP_LIT("token"), "purpose", SP_LIT("aad"), sealed, &out));
	CHECK_STR(out, "untouched", "out");
	sp_keyring_free(ring);
	sp_keyring_free(same_id);
	sp_keyring_free(other_id);
	sp_arena_free(mem);
}

static void
rotation(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_keyring *before = ring_of("k1 " KEY_1 "\n");
	struct sp_keyring *both = ring_of("k2 " KEY_2 "\nk1 " KEY_1 "\n");
	struct sp_keyring *after = ring_of("k2 " KEY_2 "\n");
	struct sp_str old = sp_seal(mem, before, "p", SP_LIT(""), SP_LIT("old"));
	struct sp_str new = sp_seal(mem, both, "p", SP_LIT(""), SP_LIT("new")), out;

	(void)state;
	assert_true(sp_unseal(mem, both, "p", SP_LIT(""), old, &out));
	CHECK_STR(out, "old", "under both keys");
	assert_true(sp_unseal(mem, after, "p", SP_LIT(""), new, &out));
	CHECK_STR(out, "new", "the first key seals");
	assert_false(sp_unseal(mem, after, "p", SP_LIT(""), old, &out));
	sp_keyring_free(before);
	sp_keyring_free(both);
	sp_keyring_free(after);
	sp_arena_free(mem);
}

static void
sealing_with_a_secret(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_str sealed = sp_seal_with(mem, SP_LIT("token"), "refresh", SP_LIT("aad"), SP_LIT("answer")), out;

	(void)state;
	assert_true(sp_unseal_with(mem, SP_LIT("token"), "refresh", SP_LIT("aad"), sealed, &out));
	CHECK_STR(out, "answer", "with the secret");
	assert_false(sp_unseal_with(mem, SP_LIT("tokeN"), "refresh", SP_LIT("aad"), sealed, &out));
	assert_false(sp_unseal_with(mem, SP_LIT("token"), "other", SP_LIT("aad"), sealed, &out));
	assert_false(sp_unseal_with(mem, SP_LIT("token"), "refresh", SP_LIT(""), sealed, &out));
	assert_false(sp_unseal_with(mem, SP_LIT(""), "refresh", SP_LIT("aad"), sealed, &out));
	sp_arena_free(mem);
}

static void *
work(void *ring)
{
	for (int i = 0; i < 200; i++) {
		struct sp_arena *mem = sp_arena_new();
		struct sp_str token = sp_random_token(mem), out;
		uint8_t digest[SP_SHA256_LEN];

		sp_sha256(token, digest);
		sp_hmac_sha256(token, token, digest);
		if (!sp_unseal(mem, ring, "p", token, sp_seal(mem, ring, "p", token, token), &out) ||
		    !sp_secret_equal(token, out))
			return (void *)"failed";
		sp_arena_free(mem);
	}
	return NULL;
}

/* Threads share a keyring, and so do the children of a fork. */
static void
threads_and_forks(void **state)
{
	struct sp_keyring *ring = ring_of("k1 " KEY_1 "\n");
	pthread_t thread[8];
	void *result;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < COUNT(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, work, ring), 0);
	for (size_t i = 0; i < COUNT(thread); i++) {
		pthread_join(thread[i], &result);
		assert_null(result);
	}
	/* afterwards: libcrypto takes locks, and a fork beside running threads may catch one held */
	if ((pid = fork()) == 0)
		child_done(work(ring) == NULL);
	assert_true(child_ok(pid));
	sp_keyring_free(ring);
}

static void
crypto_failure(void *what)
{
	sp_crypto_failed(what);
}

static void
failure(void **state)
{
	(void)state;
	assert_int_equal(exit_status_of(crypto_failure, (char *)"test"), 71);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(randomness),
		cmocka_unit_test(sha256),
		cmocka_unit_test(hmac),
		cmocka_unit_test(equality),
		cmocka_unit_test(keyring_files),
		cmocka_unit_test(keyring_create),
		cmocka_unit_test(sealing),
		cmocka_unit_test(sealed_layout),
		cmocka_unit_test(unsealing_refuses),
		cmocka_unit_test(rotation),
		cmocka_unit_test(sealing_with_a_secret),
		cmocka_unit_test(threads_and_forks),
		cmocka_unit_test(failure),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
