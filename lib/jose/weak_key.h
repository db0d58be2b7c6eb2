/*
 * weak_key.h - public keys that look right and must not be trusted
 *
 * OpenSSL takes these keys.  They come from strangers (a client's jwks) or
 * from bad key generators, and each of them lets somebody else sign.
 */
#ifndef SP_JOSE_WEAK_KEY_H
#define SP_JOSE_WEAK_KEY_H

#include <openssl/types.h>
#include "base/str.h"

#define SP_RSA_BITS_MIN 2048	/* RFC 7518 section 3.3 */
#define SP_RSA_BITS_MAX 8192	/* verifying with more only costs us time */

/* What is wrong with a modulus and exponent (a static text), or NULL. */
const char *sp_weak_rsa(const BIGNUM *n, const BIGNUM *e);

/*
 * The same for an Ed25519 public key in the form of RFC 8032 section 5.1.2:
 * it must be canonical, be on the curve, and not be of small order (under such
 * a key one signature fits many messages).
 */
const char *sp_weak_ed25519(const uint8_t x[static 32]);

#endif
