/* weak_key.c - public keys that look right and must not be trusted */
#include <openssl/bn.h>
#include "base/arena.h"
#include "jose/weak_key.h"

/*
 * CVE-2017-15361 ("ROCA"): the library of certain chips made primes that are a
 * power of 65537 modulo the product of small primes, and such a modulus can be
 * factored.  So a modulus that is a power of 65537 modulo every prime of this
 * list comes from there; a sound one passes for it once in 2^27 or rarer.
 */
static bool
is_roca(const BIGNUM *n)
{
	static const unsigned primes[] = {
		3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83,
		89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
	};

	for (size_t i = 0; i < sizeof(primes) / sizeof(primes[0]); i++) {
		unsigned p = primes[i], want = (unsigned)BN_mod_word(n, p), power = 1;

		do
			power = power * (65537 % p) % p;
		while (power != want && power != 1);
		if (power != want)
			return false;
	}
	return true;
}

const char *
sp_weak_rsa(const BIGNUM *n, const BIGNUM *e)
{
	int bits = BN_num_bits(n);

	if (bits < SP_RSA_BITS_MIN)
		return "RSA modulus under 2048 bits";
	if (bits > SP_RSA_BITS_MAX)
		return "RSA modulus over 8192 bits";
	if (!BN_is_odd(n))
		return "RSA modulus is even";
	/* with 1 a signature is its own message; over 64 bits is slow and nobody makes it */
	if (!BN_is_odd(e) || BN_is_one(e) || BN_num_bits(e) > 64)
		return "RSA exponent is even, 1 or over 64 bits";
	if (is_roca(n))
		return "RSA modulus can be factored (CVE-2017-15361)";
	return NULL;
}

/* p = 2^255 - 19 and the curve's d, RFC 8032 section 5.1 */
static const char ed25519_p[] = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
static const char ed25519_d[] = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";


/*
 * A point whose order divides 8 has y = 1, -1 (orders 1, 2), 0 (order 4), or
 * doubles to y = 0 (order 8).  The doubled y is (y^2 + x^2) / (1 - d*x^2*y^2),
 * so there x^2 = -y^2, and the curve equation turns into d*y^4 + 2*y^2 - 1 = 0.
 * Any other point is on the curve if x^2 = (y^2 - 1) / (d*y^2 + 1) has a root.
 */
const char *
sp_weak_ed25519(const uint8_t x[static 32])
{
	const char *why = NULL;
	uint8_t little[32];
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p, *d, *y, *y2, *u, *v, *t;

	if (ctx == NULL)
		sp_out_of_memory();
	BN_CTX_start(ctx);
	p = BN_CTX_get(ctx);
	d = BN_CTX_get(ctx);
	y = BN_CTX_get(ctx);
	y2 = BN_CTX_get(ctx);
	u = BN_CTX_get(ctx);
	v = BN_CTX_get(ctx);
	t = BN_CTX_get(ctx);
	memcpy(little, x, sizeof(little));
	little[31] &= 0x7f;		/* the top bit is the sign of the other coordinate */
	if (t == NULL || BN_hex2bn(&p, ed25519_p) == 0 || BN_hex2bn(&d, ed25519_d) == 0 ||
	    BN_lebin2bn(little, sizeof(little), y) == NULL ||
	    !BN_mod_sqr(y2, y, p, ctx) ||
	    !BN_copy(u, y2) || !BN_sub_word(u, 1) ||			/* u = y^2 - 1 */
	    !BN_mod_mul(v, d, y2, p, ctx) || !BN_add_word(v, 1) ||	/* v = d*y^2 + 1 */
	    !BN_mod_mul(t, v, y2, p, ctx) || !BN_mod_add(t, t, u, p, ctx) || /* t = d*y^4 + 2*y^2 - 1 */
	    !BN_mod_mul(v, u, v, p, ctx))				/* a square if u / v is one */
		sp_out_of_memory();
	if (BN_cmp(y, p) >= 0)
		why = "Ed25519 key is not canonical";
	else if (BN_is_zero(y) || BN_is_zero(u) || BN_is_zero(t))
		why = "Ed25519 key has a small order";
	else if (BN_kronecker(v, p, ctx) != 1)
		why = "Ed25519 key is not on the curve";
	BN_CTX_end(ctx);
	BN_CTX_free(ctx);
	return why;
}
