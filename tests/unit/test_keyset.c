/* test_keyset.c - the signing keys: rows in, tokens and the JWK Set out, and rotation under load */
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include "jose/jws.h"
#include "jose/keyset.h"
#include "jose_vectors.h"
#include "unit.h"

static struct sp_keyring *ring, *other_ring;

static struct sp_keyring *
make_ring(void)
{
	char dir[] = "/tmp/test_keyset.XXXXXX", path[PATH_MAX];
	struct sp_keyring *made = NULL;
	const char *why;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/key", dir);
	if (!sp_keyring_create(path, &why) || !sp_keyring_load(path, &made, &why))
		fail_msg("%s", why);
	unlink(path);
	rmdir(dir);
	return made;
}

static int
rings_up(void **state)
{
	(void)state;
	ring = make_ring();
	other_ring = make_ring();
	return 0;
}

static int
rings_down(void **state)
{
	(void)state;
	sp_keyring_free(ring);
	sp_keyring_free(other_ring);
	return 0;
}

static int
arena_up(void **state)
{
	*state = sp_arena_new();
	return 0;
}

static int
arena_down(void **state)
{
	sp_arena_free(*state);
	return 0;
}

static struct sp_keyset_row
new_row(struct sp_arena *mem, enum sp_jose_alg alg, const char *state)
{
	struct sp_keyset_row row;

	sp_keyset_new_key(mem, ring, alg, &row);
	row.state = sp_str(state);
	return row;
}

/* RSA keys take a second to make, and a minute under valgrind: this one is the RFC's. */
static struct sp_keyset_row
rsa_row(struct sp_arena *mem, const char *state)
{
	struct sp_jwk key;
	const char *why;

	assert_true(sp_jwk_parse_text(mem, SP_LIT(RFC7515_A2_JWK), SP_JWK_PRIVATE, &key, &why));
	key.kid = sp_jwk_thumbprint(mem, &key);
	return (struct sp_keyset_row){ .kid = key.kid, .alg = SP_LIT("RS256"), .state = sp_str(state),
	    .public_jwk = sp_jwk_json(mem, &key, SP_JWK_PUBLIC),
	    .private_sealed = sp_seal(mem, ring, SP_KEYSET_PURPOSE, key.kid, SP_LIT(RFC7515_A2_JWK)) };
}

static struct sp_keyset *
build(struct sp_arena *mem, const struct sp_keyring *with, const struct sp_keyset_row *rows, size_t count)
{
	struct sp_keyset *keys = NULL;
	const char *why;

	if (!sp_keyset_build(mem, with, rows, count, &keys, &why))
		fail_msg("%s", why);
	return keys;
}

static void
empty(void **state)
{
	struct sp_keyset *keys = build(*state, ring, NULL, 0);

	CHECK_STR(sp_keyset_jwks(keys), "{\"keys\":[]}", "jwks");
	assert_null(sp_keyset_active(keys));
	assert_null(sp_keyset_find(keys, SP_LIT("")));
	sp_keyset_unref(keys);
}

static void
three_states(void **state)
{
	struct sp_arena *mem = *state;
	struct sp_keyset_row rows[] = {
		new_row(mem, SP_EDDSA, "next"), new_row(mem, SP_ES256, "active"), rsa_row(mem, "retiring"),
	};
	struct sp_str text, payload;
	struct json_object *obj;
	struct sp_keyset *keys;
	struct sp_jwk_set set;
	struct sp_jws jws;
	const char *why;

	rows[2].private_sealed = (struct sp_str){ 0 };	/* as the database gives it */
	keys = build(mem, ring, rows, COUNT(rows));
	assert_ptr_equal(sp_keyset_active(keys), sp_keyset_find(keys, rows[1].kid));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct sp_jwk *key = sp_keyset_find(keys, rows[i].kid);

		assert_non_null(key);
		assert_true(sp_str_eq(key->kid, rows[i].kid));
		assert_int_equal(key->part, i == 2 ? SP_JWK_PUBLIC : SP_JWK_PRIVATE);
	}
	assert_null(sp_keyset_find(keys, SP_LIT("x")));
	assert_null(sp_keyset_find(keys, (struct sp_str){ 0 }));

	/* all three are published, and what the active one signs verifies with the document */
	assert_true(sp_json_parse(mem, sp_keyset_jwks(keys), &obj, &why));
	assert_true(sp_jwk_set_parse(mem, obj, &set, &why));
	assert_int_equal(set.count, 3);
	assert_true(sp_jws_sign(mem, sp_keyset_active(keys), "at+jwt", SP_LIT("{}"), &text));
	assert_true(sp_jws_parse(mem, text, &jws, &why));
	assert_true(sp_jws_verify(mem, &jws, sp_jwk_set_find(&set, jws.alg, jws.kid), &payload, &why));
	sp_keyset_unref(keys);
}

/* Programs that only verify have no master key, and so no private key in their memory. */
static void
without_ring(void **state)
{
	struct sp_arena *mem = *state;
	struct sp_keyset_row rows[] = { new_row(mem, SP_ES256, "active"), new_row(mem, SP_EDDSA, "next") };
	struct sp_keyset *keys = build(mem, NULL, rows, COUNT(rows));

	assert_null(sp_keyset_active(keys));
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(sp_keyset_find(keys, rows[i].kid)->part, SP_JWK_PUBLIC);
	sp_keyset_unref(keys);
}

/* The snapshot is its own: the rows' memory may go. */
static void
outlives_rows(void **state)
{
	struct sp_arena *rows_mem = sp_arena_new();
	struct sp_keyset_row row = new_row(rows_mem, SP_ES256, "active");
	struct sp_keyset *keys = build(*state, ring, &row, 1);
	const struct sp_jwk *key = sp_keyset_active(keys);
	struct sp_str text;

	sp_arena_free(rows_mem);
	assert_int_equal(key->kid.len, 43);
	assert_true(sp_jws_sign(*state, key, NULL, SP_LIT("x"), &text));
	sp_keyset_unref(keys);
}

static void
bad_rows(void **state)
{
	struct sp_arena *mem = *state;
	struct sp_keyset_row good = new_row(mem, SP_ES256, "active"), other = new_row(mem, SP_ES256, "next"), bad[16];
	struct sp_keyset *keys = NULL;
	struct sp_jwk private;
	struct sp_str json;
	const char *why;
	size_t n = 0;

	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = good;
	bad[n++].state = SP_LIT("retired");
	bad[n++].state = SP_LIT("");
	bad[n++].alg = SP_LIT("EdDSA");
	bad[n++].alg = SP_LIT("");
	bad[n++].kid = other.kid;
	bad[n++].kid = (struct sp_str){ 0 };
	bad[n++].public_jwk = other.public_jwk;
	bad[n++].public_jwk = SP_LIT("{}");
	bad[n++].public_jwk = SP_LIT("");
	bad[n++].private_sealed = other.private_sealed;
	bad[n++].private_sealed = (struct sp_str){ 0 };
	bad[n++].private_sealed = sp_str_sub(good.private_sealed, 0, good.private_sealed.len - 1);
	/* sealed for this kid, but another key; sealed for something else; under another master key */
	json = SP_LIT(RFC7515_A3_JWK);
	bad[n++].private_sealed = sp_seal(mem, ring, SP_KEYSET_PURPOSE, good.kid, json);
	assert_true(sp_unseal(mem, ring, SP_KEYSET_PURPOSE, good.kid, good.private_sealed, &json));
	bad[n++].private_sealed = sp_seal(mem, ring, "authorization-request", good.kid, json);
	bad[n++].private_sealed = sp_seal(mem, other_ring, SP_KEYSET_PURPOSE, good.kid, json);
	/* the private key where the public one should be */
	bad[n++].public_jwk = json;
	assert_int_equal(n, COUNT(bad));
	for (size_t i = 0; i < n; i++) {
		why = NULL;
		if (sp_keyset_build(mem, ring, &bad[i], 1, &keys, &why))
			fail_msg("bad row %zu was taken", i);
		assert_non_null(why);
		assert_null(keys);
	}
	assert_true(sp_jwk_parse_text(mem, json, SP_JWK_PRIVATE, &private, &why));

	/* good ones that do not go together */
	{
		struct sp_keyset_row twice[] = { good, good }, active[] = { good, other }, many[SP_JWK_SET_MAX + 1];

		twice[1].state = SP_LIT("retiring");
		assert_false(sp_keyset_build(mem, ring, twice, 2, &keys, &why));
		active[1].state = SP_LIT("active");
		assert_false(sp_keyset_build(mem, ring, active, 2, &keys, &why));
		for (size_t i = 0; i < COUNT(many); i++)
			many[i] = new_row(mem, SP_EDDSA, "retiring");
		sp_keyset_unref(build(mem, ring, many, COUNT(many) - 1));
		assert_false(sp_keyset_build(mem, ring, many, COUNT(many), &keys, &why));
		active[1].state = SP_LIT("next");
		sp_keyset_unref(build(mem, ring, active, 2));
	}
}

/* Nothing that a row says reaches the document but the key. */
static void
document_shows_no_secret(void **state)
{
	struct sp_arena *mem = *state;

	for (int alg = SP_ES256; alg <= SP_RS256; alg++) {
		struct sp_keyset_row row = alg == SP_RS256 ? rsa_row(mem, "active") :
		    new_row(mem, (enum sp_jose_alg)alg, "active");
		struct sp_keyset *keys;
		struct json_object *obj;
		const char *why;

		row.public_jwk = sp_str(sp_printf(mem, "{\"note\":\"internal\",%s", row.public_jwk.p + 1));
		keys = build(mem, ring, &row, 1);
		assert_true(sp_json_parse(mem, sp_keyset_jwks(keys), &obj, &why));
		obj = json_object_array_get_idx(sp_json_get(obj, "keys"), 0);
		json_object_object_foreach(obj, name, value) {
			static const char *const fine[] = { "kty", "crv", "x", "y", "n", "e", "kid", "alg", "use" };
			bool found = false;

			for (size_t i = 0; i < COUNT(fine); i++)
				found = found || strcmp(name, fine[i]) == 0;
			if (!found || value == NULL)
				fail_msg("%s is published", name);
		}
		sp_keyset_unref(keys);
	}
}

/* ---- rotation while others sign and verify ---- */

#define THREADS 8
#define ROTATIONS (under_valgrind() ? 6 : 64)

static struct {
	pthread_mutex_t lock;
	struct sp_keyset *current;
} slot = { .lock = PTHREAD_MUTEX_INITIALIZER };
static atomic_bool done;
static atomic_size_t failures, rounds[THREADS];

/* A reference to the current snapshot; between reading the pointer and counting, nobody may give it away. */
static struct sp_keyset *
take(void)
{
	struct sp_keyset *keys;

	pthread_mutex_lock(&slot.lock);
	keys = sp_keyset_ref(slot.current);
	pthread_mutex_unlock(&slot.lock);
	return keys;
}

static void
put(struct sp_keyset *keys)
{
	struct sp_keyset *old;

	pthread_mutex_lock(&slot.lock);
	old = slot.current;
	slot.current = keys;
	pthread_mutex_unlock(&slot.lock);
	sp_keyset_unref(old);
}

static void *
sign_and_verify(void *arg)
{
	atomic_size_t *round = arg;
	struct sp_arena *mem = sp_arena_new();

	while (!atomic_load(&done)) {
		struct sp_keyset *signer = take(), *verifier;
		struct sp_str text, payload;
		const struct sp_jwk *key;
		struct sp_jws jws;
		const char *why;

		if (!sp_jws_sign(mem, sp_keyset_active(signer), "at+jwt", SP_LIT("{}"), &text))
			atomic_fetch_add(&failures, 1);
		sp_keyset_unref(signer);
		verifier = take();	/* perhaps another one by now */
		if (!sp_jws_parse(mem, text, &jws, &why) || (key = sp_keyset_find(verifier, jws.kid)) == NULL ||
		    !sp_jws_verify(mem, &jws, key, &payload, &why))
			atomic_fetch_add(&failures, 1);
		sp_keyset_unref(verifier);
		atomic_fetch_add(round, 1);
		sp_arena_reset(mem);
	}
	sp_arena_free(mem);
	return NULL;
}

/* What signing_key_rotate() does: next, active, retiring, gone; one step at a time. */
static void
rotation_race(void **state)
{
	struct sp_arena *mem = *state;
	struct sp_keyset_row window[4];
	pthread_t thread[THREADS];
	size_t seen[THREADS];

	for (size_t i = 0; i < COUNT(window); i++)
		window[i] = new_row(mem, SP_ES256, "");
	for (int round = 0; round <= ROTATIONS; round++) {
		static const char *const states[] = { "next", "active", "retiring", "retiring" };

		for (size_t i = 0; i < COUNT(window); i++)
			window[i].state = sp_str(states[i]);
		put(build(mem, ring, window, COUNT(window)));
		for (size_t i = 0; i < THREADS && round == 0; i++)
			assert_int_equal(pthread_create(&thread[i], NULL, sign_and_verify, &rounds[i]), 0);
		/* an overlap holds for longer than a token is under way */
		for (size_t i = 0; i < THREADS; i++)
			seen[i] = atomic_load(&rounds[i]);
		for (size_t i = 0; i < THREADS; i++)
			while (atomic_load(&rounds[i]) == seen[i])
				sched_yield();
		memmove(&window[1], &window[0], sizeof(window) - sizeof(window[0]));
		window[0] = new_row(mem, SP_ES256, "");
	}
	atomic_store(&done, true);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(atomic_load(&failures), 0);
	put(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(empty, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(three_states, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(without_ring, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(outlives_rows, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(bad_rows, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(document_shows_no_secret, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(rotation_race, arena_up, arena_down),
	};

	return cmocka_run_group_tests(tests, rings_up, rings_down);
}
