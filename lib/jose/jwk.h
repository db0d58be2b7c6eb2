/*
 * jwk.h - JSON Web Keys: RFC 7517, RFC 7518 section 6, RFC 8037, RFC 7638
 *
 * Three kinds of keys, each with the one algorithm it is used with here, so
 * that a key says by itself how it signs and a token never does:
 *
 *	EC P-256		ES256
 *	OKP Ed25519		EdDSA
 *	RSA 2048 to 8192 bits	RS256
 *
 * Everything else is refused, and so is a key of these kinds whose members are
 * not written the way RFC 7518 says (length, base64url), that is not a sound
 * key (weak_key.h), or whose "alg", "use" or "key_ops" are for another purpose.
 *
 * A key belongs to the arena that it was made in.  It is never changed, and
 * any number of threads may use it at the same time.
 */
#ifndef SP_JOSE_JWK_H
#define SP_JOSE_JWK_H

#include <openssl/types.h>
#include "base/json.h"

#define SP_JWK_KID_MAX 256	/* bytes; ours have 43, strangers put a URL there at most */
#define SP_JWK_SET_MAX 64	/* keys in a set; who rotates publishes two or three */

enum sp_jose_alg { SP_ES256, SP_EDDSA, SP_RS256 };

/* Which part is wanted: a public key must not show its private members. */
enum sp_jwk_part { SP_JWK_PUBLIC, SP_JWK_PRIVATE };

struct sp_jwk {
	enum sp_jose_alg alg;
	enum sp_jwk_part part;
	struct sp_str kid;	/* absent if the JWK has none */
	EVP_PKEY *pkey;
};

/* "ES256", "EdDSA", "RS256". */
const char *sp_jose_alg_name(enum sp_jose_alg alg);
SP_MUST_USE bool sp_jose_alg_find(struct sp_str name, enum sp_jose_alg *out);

/*
 * Reads one key.  Unknown members are ignored (RFC 7517 section 4).  A private
 * key needs all of its members (RSA with two primes), and they must belong to
 * its public ones.  False: *why says what is wrong and never quotes the key.
 */
SP_MUST_USE bool sp_jwk_parse(struct sp_arena *mem, struct json_object *obj, enum sp_jwk_part part,
    struct sp_jwk *out, const char **why);
SP_MUST_USE bool sp_jwk_parse_text(struct sp_arena *mem, struct sp_str json, enum sp_jwk_part part,
    struct sp_jwk *out, const char **why);

/* A new private key (RSA: 3072 bits); its kid is its thumbprint. */
void sp_jwk_generate(struct sp_arena *mem, enum sp_jose_alg alg, struct sp_jwk *out);

/*
 * The key as a JWK: the members of the part asked for, then kid, alg and use.
 * Writing the private part of a public key is a bug.
 */
void sp_jwk_write(struct sp_json_writer *w, const struct sp_jwk *key, enum sp_jwk_part part);
struct sp_str sp_jwk_json(struct sp_arena *mem, const struct sp_jwk *key, enum sp_jwk_part part);

/* RFC 7638 with SHA-256, in base64url: 43 characters; the same for both parts. */
struct sp_str sp_jwk_thumbprint(struct sp_arena *mem, const struct sp_jwk *key);

/* The public keys of a JWK Set (RFC 7517 section 5) that we can use. */
struct sp_jwk_set {
	struct sp_jwk *key;
	size_t count;
	size_t skipped;		/* members that are no key for us */
};

/*
 * Members that we do not understand or would not trust are skipped, as the RFC
 * wants.  False: not a set, more than SP_JWK_SET_MAX members, private or
 * symmetric key material in any of them, or two usable keys that nothing in a
 * token's header could tell apart (same kid, same alg).
 */
SP_MUST_USE bool sp_jwk_set_parse(struct sp_arena *mem, struct json_object *obj,
    struct sp_jwk_set *out, const char **why);

/*
 * The one key of the set for this alg and kid; without a kid (absent slice)
 * the only key for this alg.  NULL: none, or more than one.
 */
const struct sp_jwk *sp_jwk_set_find(const struct sp_jwk_set *set, enum sp_jose_alg alg,
    struct sp_str kid);

#endif
