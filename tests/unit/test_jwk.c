/* test_jwk.c - JSON Web Keys: the RFCs' keys, and keys that must not be taken */
#include <openssl/bn.h>
#include <openssl/evp.h>
#include "base/encode.h"
#include "jose/jwk.h"
#include "jose/weak_key.h"
#include "jose_vectors.h"
#include "unit.h"

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

static bool
parse(struct sp_arena *mem, const char *json, enum sp_jwk_part part, struct sp_jwk *out, const char **why)
{
	return sp_jwk_parse_text(mem, sp_str(json), part, out, why);
}

/* ---- the RFCs' keys ---- */

static const struct {
	const char *name, *json, *thumbprint;
	enum sp_jwk_part part;
	enum sp_jose_alg alg;
} keys[] = {
	{ "RFC 7515 A.2", RFC7515_A2_JWK, NULL, SP_JWK_PRIVATE, SP_RS256 },
	{ "RFC 7515 A.2 public", RFC7515_A2_PUBLIC, NULL, SP_JWK_PUBLIC, SP_RS256 },
	{ "RFC 7515 A.3", RFC7515_A3_JWK, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U", SP_JWK_PRIVATE, SP_ES256 },
	{ "RFC 7515 A.3 public", RFC7515_A3_PUBLIC, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U", SP_JWK_PUBLIC, SP_ES256 },
	{ "RFC 8037 A.1", RFC8037_A1_JWK, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", SP_JWK_PRIVATE, SP_EDDSA },
	{ "RFC 8037 A.2", RFC8037_A2_PUBLIC, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", SP_JWK_PUBLIC, SP_EDDSA },
};

/* A key that is read and written again is the same key, members and all. */
static void
rfc_keys(void **state)
{
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(keys); i++) {
		struct json_object *given, *written;
		struct sp_jwk key;
		const char *why;

		if (!parse(mem, keys[i].json, keys[i].part, &key, &why))
			fail_msg("%s: %s", keys[i].name, why);
		assert_int_equal(key.alg, keys[i].alg);
		assert_int_equal(key.part, keys[i].part);
		assert_null(key.kid.p);
		if (keys[i].thumbprint != NULL)
			assert_string_equal(sp_jwk_thumbprint(mem, &key).p, keys[i].thumbprint);
		assert_true(sp_json_parse(mem, sp_str(keys[i].json), &given, &why));
		assert_true(sp_json_parse(mem, sp_jwk_json(mem, &key, keys[i].part), &written, &why));
		json_object_object_add(given, "alg", json_object_new_string(sp_jose_alg_name(key.alg)));
		json_object_object_add(given, "use", json_object_new_string("sig"));
		assert_true(json_object_equal(given, written));
	}
}

static void
rfc7638_thumbprint(void **state)
{
	struct sp_arena *mem = *state;
	struct json_object *obj;
	struct sp_jwk_set set;
	const struct sp_jwk *key;
	const char *why;

	/* RFC 7517 A.1 has an encryption key too, which is none for us */
	assert_true(sp_json_parse(mem, sp_str(RFC7517_A1_SET), &obj, &why));
	assert_true(sp_jwk_set_parse(mem, obj, &set, &why));
	assert_int_equal(set.count, 1);
	assert_int_equal(set.skipped, 1);
	key = sp_jwk_set_find(&set, SP_RS256, SP_LIT("2011-04-29"));
	assert_non_null(key);
	assert_string_equal(sp_jwk_thumbprint(mem, key).p, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

/* ---- near misses ---- */

/* the generator of P-256, which is the public key of 1 */
#define BASE_POINT "{\"kty\":\"EC\",\"crv\":\"P-256\"," \
	"\"x\":\"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY\"," \
	"\"y\":\"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU\"}"

/* A good key in which one member has another value (JSON), or none (NULL). */
static const struct {
	const char *name, *base;
	enum sp_jwk_part part;
	const char *member, *value;
	bool ok;
} edits[] = {
	{ "as it is", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "unknown", "{\"a\":1}", true },
	{ "alg fits", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "alg", "\"ES256\"", true },
	{ "use fits", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "use", "\"sig\"", true },
	{ "key_ops fits", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "key_ops", "[\"sign\",\"verify\"]", true },
	{ "key_ops fits", RFC7515_A3_JWK, SP_JWK_PRIVATE, "key_ops", "[\"sign\"]", true },
	{ "null is absent", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "d", "null", true },
	{ "x5c is ignored", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "x5c", "[\"MII=\"]", true },

	{ "alg of another kind", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "alg", "\"RS256\"", false },
	{ "alg of another curve", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "alg", "\"ES384\"", false },
	{ "alg none", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "alg", "\"none\"", false },
	{ "alg in small letters", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "alg", "\"es256\"", false },
	{ "alg is a number", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "alg", "256", false },
	{ "PSS only", RFC7515_A2_PUBLIC, SP_JWK_PUBLIC, "alg", "\"PS256\"", false },
	{ "for encryption", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "use", "\"enc\"", false },
	{ "for signing only", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "key_ops", "[\"sign\"]", false },
	{ "for nothing", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "key_ops", "[]", false },
	{ "key_ops is text", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "key_ops", "\"verify\"", false },
	{ "private key for verifying", RFC7515_A3_JWK, SP_JWK_PRIVATE, "key_ops", "[\"verify\"]", false },
	{ "kid is a number", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "kid", "7", false },

	{ "no kty", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "kty", NULL, false },
	{ "kty of another kind", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "kty", "\"RSA\"", false },
	{ "symmetric", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "kty", "\"oct\"", false },
	{ "kty in other letters", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "kty", "\"ec\"", false },
	{ "no crv", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "crv", NULL, false },
	{ "P-384", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "crv", "\"P-384\"", false },
	{ "secp256k1", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "crv", "\"secp256k1\"", false },
	{ "X25519", RFC8037_A2_PUBLIC, SP_JWK_PUBLIC, "crv", "\"X25519\"", false },
	{ "Ed448", RFC8037_A2_PUBLIC, SP_JWK_PUBLIC, "crv", "\"Ed448\"", false },

	{ "EC with d", RFC7515_A3_JWK, SP_JWK_PUBLIC, "unknown", "1", false },
	{ "RSA with d", RFC7515_A2_JWK, SP_JWK_PUBLIC, "unknown", "1", false },
	{ "OKP with d", RFC8037_A1_JWK, SP_JWK_PUBLIC, "unknown", "1", false },
	{ "a secret of another kind", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "k", "\"AAAA\"", false },
	{ "an empty secret", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "d", "\"\"", false },
	{ "a prime", RFC7515_A2_PUBLIC, SP_JWK_PUBLIC, "p", "\"AQAB\"", false },

	/* the last octet of y is another one */
	{ "not on the curve", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "y",
	    "\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4\"", false },
	{ "x is zero", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "x", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", false },
	{ "x is over the field", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "x",
	    "\"__________________________________________8\"", false },
	{ "x without its last octet", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "x",
	    "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVA\"", false },
	{ "x with a leading zero", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "x",
	    "\"AH_NzidxdsRdQYPL7m_bS3tYBzM1e-nvE7rPbjx70VRF\"", false },
	{ "x is empty", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "x", "\"\"", false },
	{ "x is missing", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "x", NULL, false },
	{ "x is a number", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "x", "1", false },
	{ "x is padded", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "x",
	    "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU=\"", false },
	{ "y in base64, not base64url", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "y",
	    "\"x/FEzRu9m36HLN/tue659LNpXW6pCyStikYjKIWI5a0\"", false },
	{ "x with another last letter for the same octets", RFC7515_A3_PUBLIC, SP_JWK_PUBLIC, "x",
	    "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEV\"", false },

	{ "d of another key", RFC7515_A3_JWK, SP_JWK_PRIVATE, "d",
	    "\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\"", false },
	{ "d is zero", RFC7515_A3_JWK, SP_JWK_PRIVATE, "d", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", false },
	{ "d is over the order", RFC7515_A3_JWK, SP_JWK_PRIVATE, "d",
	    "\"__________________________________________8\"", false },
	{ "d with a leading zero", RFC7515_A3_JWK, SP_JWK_PRIVATE, "d",
	    "\"AI6bEJ5xkJi_mASH3x9dd-nLKWBuvtImO19XwhPfhPSy\"", false },
	{ "d is 1", BASE_POINT, SP_JWK_PRIVATE, "d", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"", true },
	{ "d is 1 more than the order", BASE_POINT, SP_JWK_PRIVATE, "d",
	    "\"_____wAAAAD__________7zm-q2nF56E87nKwvxjJVI\"", false },
	{ "d is missing", RFC7515_A3_JWK, SP_JWK_PRIVATE, "d", NULL, false },
	{ "d of another key", RFC8037_A1_JWK, SP_JWK_PRIVATE, "d",
	    "\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\"", false },

	{ "small order", RFC8037_A2_PUBLIC, SP_JWK_PUBLIC, "x",
	    "\"JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU\"", false },
	{ "not on the curve", RFC8037_A2_PUBLIC, SP_JWK_PUBLIC, "x",
	    "\"AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", false },

	{ "n is missing", RFC7515_A2_PUBLIC, SP_JWK_PUBLIC, "n", NULL, false },
	{ "n is short", RFC7515_A2_PUBLIC, SP_JWK_PUBLIC, "n", "\"AQAB\"", false },
	{ "e is 1", RFC7515_A2_PUBLIC, SP_JWK_PUBLIC, "e", "\"AQ\"", false },
	{ "e is 0", RFC7515_A2_PUBLIC, SP_JWK_PUBLIC, "e", "\"AA\"", false },
	{ "e is 2", RFC7515_A2_PUBLIC, SP_JWK_PUBLIC, "e", "\"Ag\"", false },
	{ "e is 3", RFC7515_A2_PUBLIC, SP_JWK_PUBLIC, "e", "\"Aw\"", true },
	{ "e has a leading zero", RFC7515_A2_PUBLIC, SP_JWK_PUBLIC, "e", "\"AAEAAQ\"", false },
	{ "e has 64 bits", RFC7515_A2_PUBLIC, SP_JWK_PUBLIC, "e", "\"__________8\"", true },
	{ "e has 72 bits", RFC7515_A2_PUBLIC, SP_JWK_PUBLIC, "e", "\"____________\"", false },
	{ "qi is missing", RFC7515_A2_JWK, SP_JWK_PRIVATE, "qi", NULL, false },
	{ "d is another one", RFC7515_A2_JWK, SP_JWK_PRIVATE, "e", "\"Aw\"", false },
	{ "three primes", RFC7515_A2_JWK, SP_JWK_PRIVATE, "oth", "[]", false },
};

static void
near_misses(void **state)
{
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(edits); i++) {
		struct json_object *obj, *value = NULL;
		const char *why = NULL;
		struct sp_jwk key;

		assert_true(sp_json_parse(mem, sp_str(edits[i].base), &obj, &why));
		if (edits[i].value == NULL) {
			json_object_object_del(obj, edits[i].member);
		} else {
			assert_true(sp_json_parse(mem, sp_str(edits[i].value), &value, &why));
			json_object_object_add(obj, edits[i].member, json_object_get(value));
		}
		why = NULL;
		if (sp_jwk_parse(mem, obj, edits[i].part, &key, &why) != edits[i].ok)
			fail_msg("%s: %s: expected %s: %s", edits[i].base, edits[i].name,
			    edits[i].ok ? "a key" : "a refusal", why);
		if (!edits[i].ok && why == NULL)
			fail_msg("%s: no reason", edits[i].name);
	}
}

static void
not_objects(void **state)
{
	static const char *const texts[] = { "", "null", "[]", "\"EC\"", "1", "{}", "{\"kty\":null}",
	    "{\"kty\":\"EC\",\"kty\":\"EC\"}", RFC7515_A3_PUBLIC "x", RFC7515_A3_PUBLIC RFC7515_A3_PUBLIC };
	struct sp_jwk key;
	const char *why;

	for (size_t i = 0; i < COUNT(texts); i++)
		if (parse(*state, texts[i], SP_JWK_PUBLIC, &key, &why))
			fail_msg("taken: %s", texts[i]);
}

static void
kid_length(void **state)
{
	struct sp_arena *mem = *state;
	char kid[SP_JWK_KID_MAX + 2] = "";
	struct sp_jwk key;
	const char *why;

	memset(kid, 'k', SP_JWK_KID_MAX);
	assert_true(parse(mem, sp_printf(mem, "{\"kid\":\"%s\",%s", kid, &RFC8037_A2_PUBLIC[1]),
	    SP_JWK_PUBLIC, &key, &why));
	assert_int_equal(key.kid.len, SP_JWK_KID_MAX);
	kid[SP_JWK_KID_MAX] = 'k';
	assert_false(parse(mem, sp_printf(mem, "{\"kid\":\"%s\",%s", kid, &RFC8037_A2_PUBLIC[1]),
	    SP_JWK_PUBLIC, &key, &why));
}

/* ---- weak keys ---- */

static void
ed25519_points(void **state)
{
	/* y little-endian; the sign bit is the top bit of the last octet */
	static const struct {
		const char *name, *hex;
		bool ok;
	} points[] = {
		{ "RFC 8032 7.1 test 1", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", true },
		{ "RFC 8032 7.1 test 2", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", true },
		{ "the base point", "5866666666666666666666666666666666666666666666666666666666666666", true },
		{ "the base point, other sign", "58666666666666666666666666666666666666666666666666666666666666e6", true },
		{ "order 1", "0100000000000000000000000000000000000000000000000000000000000000", false },
		{ "order 1, sign set", "0100000000000000000000000000000000000000000000000000000000000080", false },
		{ "order 2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false },
		{ "order 4", "0000000000000000000000000000000000000000000000000000000000000000", false },
		{ "order 4, other sign", "0000000000000000000000000000000000000000000000000000000000000080", false },
		{ "order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", false },
		{ "order 8, other sign", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", false },
		{ "order 8, other y", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", false },
		{ "p in place of 0", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false },
		{ "p + 1 in place of 1", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false },
		{ "all ones", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false },
		{ "y = 2 has no x", "0200000000000000000000000000000000000000000000000000000000000000", false },
		{ "y = 3 has one", "0300000000000000000000000000000000000000000000000000000000000000", true },
	};

	for (size_t i = 0; i < COUNT(points); i++) {
		struct sp_str octets;
		const char *why;

		assert_true(sp_hex_decode(*state, sp_str(points[i].hex), &octets));
		why = sp_weak_ed25519((const uint8_t *)octets.p);
		if ((why == NULL) != points[i].ok)
			fail_msg("%s: %s", points[i].name, why != NULL ? why : "taken");
	}
}

/* A modulus of `bits` bits with this remainder modulo the product of the primes up to 167. */
static BIGNUM *
modulus_like_roca(int bits, bool like)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *n = BN_new(), *product = BN_new(), *step = BN_new(), *g = BN_new();

	BN_one(product);
	for (unsigned p = 3; p <= 167; p += 2) {
		bool prime = true;

		for (unsigned q = 3; q < p; q += 2)
			prime = prime && p % q != 0;
		if (prime)
			BN_mul_word(product, p);
	}
	BN_set_word(g, like ? 65537 : 3);
	BN_set_word(step, 1000);
	BN_mod_exp(n, g, step, product, ctx);		/* 65537^1000, or 3^1000 */
	BN_one(step);
	BN_lshift(step, step, bits - 1);
	BN_sub(step, step, n);
	BN_div(step, NULL, step, product, ctx);
	BN_add_word(step, 1);				/* so that the sum has its top bit */
	BN_mul(step, step, product, ctx);
	BN_add(n, n, step);
	if (!BN_is_odd(n))
		BN_add(n, n, product);
	BN_free(product);
	BN_free(step);
	BN_free(g);
	BN_CTX_free(ctx);
	return n;
}

static void
rsa_numbers(void **state)
{
	static const struct {
		const char *name;
		int bits;
		bool like, ok;
	} moduli[] = {
		{ "2047 bits", 2047, false, false },
		{ "2048 bits", 2048, false, true },
		{ "8192 bits", 8192, false, true },
		{ "8193 bits", 8193, false, false },
		{ "CVE-2017-15361", 2048, true, false },
		{ "CVE-2017-15361, long", 4096, true, false },
	};
	BIGNUM *e = BN_new();

	(void)state;
	BN_set_word(e, 65537);
	for (size_t i = 0; i < COUNT(moduli); i++) {
		BIGNUM *n = modulus_like_roca(moduli[i].bits, moduli[i].like);
		const char *why = sp_weak_rsa(n, e);

		assert_int_equal(BN_num_bits(n), moduli[i].bits);
		if ((why == NULL) != moduli[i].ok)
			fail_msg("%s: %s", moduli[i].name, why != NULL ? why : "taken");
		BN_add_word(n, 1);
		assert_non_null(sp_weak_rsa(n, e));	/* even */
		BN_free(n);
	}
	BN_free(e);
}

/* ---- making keys ---- */

static void
generate(void **state)
{
	struct sp_arena *mem = *state;

	for (int alg = SP_ES256; alg <= SP_RS256; alg++) {
		struct sp_jwk key, again, public;
		struct sp_str json;
		const char *why;

		sp_jwk_generate(mem, (enum sp_jose_alg)alg, &key);
		assert_int_equal(key.kid.len, 43);
		json = sp_jwk_json(mem, &key, SP_JWK_PRIVATE);
		if (!sp_jwk_parse_text(mem, json, SP_JWK_PRIVATE, &again, &why))
			fail_msg("%s: %s", sp_jose_alg_name(key.alg), why);
		assert_int_equal(EVP_PKEY_eq(key.pkey, again.pkey), 1);
		assert_true(sp_str_eq(key.kid, again.kid));
		assert_false(sp_jwk_parse_text(mem, json, SP_JWK_PUBLIC, &public, &why));
		json = sp_jwk_json(mem, &key, SP_JWK_PUBLIC);
		assert_true(sp_jwk_parse_text(mem, json, SP_JWK_PUBLIC, &public, &why));
		assert_true(sp_str_eq(sp_jwk_thumbprint(mem, &public), key.kid));
		assert_false(sp_jwk_parse_text(mem, json, SP_JWK_PRIVATE, &again, &why));
	}
}

static void
algorithm_names(void **state)
{
	static const char *const others[] = { "", "none", "HS256", "ES384", "PS256", "RS512", "ES256K", "es256", "ES256 " };
	enum sp_jose_alg alg;

	(void)state;
	for (int i = SP_ES256; i <= SP_RS256; i++) {
		assert_true(sp_jose_alg_find(sp_str(sp_jose_alg_name((enum sp_jose_alg)i)), &alg));
		assert_int_equal(alg, i);
	}
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(sp_jose_alg_find(sp_str(others[i]), &alg));
	assert_false(sp_jose_alg_find((struct sp_str){ 0 }, &alg));
}

/* ---- sets ---- */

#define EC_KID(kid)	"{\"kid\":\"" kid "\",\"kty\":\"EC\",\"crv\":\"P-256\"," \
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
#define OKP_KID(kid)	"{\"kid\":\"" kid "\",\"kty\":\"OKP\",\"crv\":\"Ed25519\"," \
	"\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"

static const struct {
	const char *name, *json;
	bool ok;
	size_t count, skipped;
} sets[] = {
	{ "empty", "{\"keys\":[]}", true, 0, 0 },
	{ "two", "{\"keys\":[" EC_KID("a") "," OKP_KID("b") "]}", true, 2, 0 },
	{ "one kid for two kinds", "{\"keys\":[" EC_KID("a") "," OKP_KID("a") "]}", true, 2, 0 },
	{ "no kid at all, twice", "{\"keys\":[" RFC7515_A3_PUBLIC "," RFC7515_A3_PUBLIC "]}", true, 2, 0 },
	{ "unknown kty, not a key, bad point", "{\"keys\":[{\"kty\":\"AKP\"},7,null,\"x\","
	    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}," OKP_KID("b") "]}", true, 1, 5 },
	{ "members beside keys", "{\"x\":1,\"keys\":[" EC_KID("a") "]}", true, 1, 0 },
	{ "one kid twice", "{\"keys\":[" EC_KID("a") "," EC_KID("a") "]}", false, 0, 0 },
	{ "private key", "{\"keys\":[" EC_KID("a") "," RFC8037_A1_JWK "]}", false, 0, 0 },
	{ "symmetric key", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", false, 0, 0 },
	{ "private key of an unknown kind", "{\"keys\":[{\"kty\":\"XYZ\",\"d\":\"AAAA\"}]}", false, 0, 0 },
	{ "no keys", "{}", false, 0, 0 },
	{ "keys is an object", "{\"keys\":{}}", false, 0, 0 },
	{ "keys is null", "{\"keys\":null}", false, 0, 0 },
	{ "an array", "[]", false, 0, 0 },
};

static void
key_sets(void **state)
{
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(sets); i++) {
		struct json_object *obj;
		struct sp_jwk_set set;
		const char *why = NULL;

		assert_true(sp_json_parse(mem, sp_str(sets[i].json), &obj, &why));
		if (sp_jwk_set_parse(mem, obj, &set, &why) != sets[i].ok)
			fail_msg("%s: %s", sets[i].name, why);
		if (sets[i].ok && (set.count != sets[i].count || set.skipped != sets[i].skipped))
			fail_msg("%s: %zu keys, %zu skipped", sets[i].name, set.count, set.skipped);
	}
}

static void
set_size(void **state)
{
	struct sp_arena *mem = *state;

	for (int extra = 0; extra <= 1; extra++) {
		struct json_object *obj;
		struct sp_jwk_set set;
		const char *why;
		struct sp_buf b;

		sp_buf_init(&b, mem, 65536);
		sp_buf_cstr(&b, "{\"keys\":[{}");
		for (int i = 1; i < SP_JWK_SET_MAX + extra; i++)
			sp_buf_cstr(&b, ",{}");
		sp_buf_cstr(&b, "]}");
		assert_true(sp_json_parse(mem, sp_buf_view(&b), &obj, &why));
		assert_int_equal(sp_jwk_set_parse(mem, obj, &set, &why), extra == 0);
	}
}

static void
set_find(void **state)
{
	struct sp_arena *mem = *state;
	struct json_object *obj;
	struct sp_jwk_set set;
	const char *why;

	assert_true(sp_json_parse(mem, sp_str("{\"keys\":[" EC_KID("a") "," EC_KID("b") "," OKP_KID("a") "]}"),
	    &obj, &why));
	assert_true(sp_jwk_set_parse(mem, obj, &set, &why));
	assert_ptr_equal(sp_jwk_set_find(&set, SP_ES256, SP_LIT("a")), &set.key[0]);
	assert_ptr_equal(sp_jwk_set_find(&set, SP_ES256, SP_LIT("b")), &set.key[1]);
	assert_ptr_equal(sp_jwk_set_find(&set, SP_EDDSA, SP_LIT("a")), &set.key[2]);
	assert_ptr_equal(sp_jwk_set_find(&set, SP_EDDSA, (struct sp_str){ 0 }), &set.key[2]);
	assert_null(sp_jwk_set_find(&set, SP_ES256, (struct sp_str){ 0 }));	/* which of two? */
	assert_null(sp_jwk_set_find(&set, SP_EDDSA, SP_LIT("b")));
	assert_null(sp_jwk_set_find(&set, SP_RS256, (struct sp_str){ 0 }));
	assert_null(sp_jwk_set_find(&set, SP_ES256, SP_LIT("A")));
	assert_null(sp_jwk_set_find(&set, SP_ES256, SP_LIT("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rfc_keys, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(rfc7638_thumbprint, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(near_misses, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(not_objects, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(kid_length, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(ed25519_points, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(rsa_numbers, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(generate, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(algorithm_names, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(key_sets, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(set_size, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(set_find, arena_up, arena_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
