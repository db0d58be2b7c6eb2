/*
 * secret.h - randomness, digests, comparison in constant time, sealed values
 *
 * Identifiers that are secrets carry 256 random bits and are stored only as
 * SHA-256.  What must be read back is sealed with AES-256-GCM under the master
 * key, which lives outside the database: a file of one line per key,
 *	KEYID base64(32 bytes)
 * The first line seals; all of them open, which is how the key is rotated: put
 * the new key's line in front.  Empty lines and lines that begin with "#" are
 * passed over.  A KEYID is 1 to 64 of A-Z a-z 0-9 . _ -
 */
#ifndef SP_BASE_SECRET_H
#define SP_BASE_SECRET_H

#include "base/arena.h"
#include "base/str.h"

#define SP_SHA256_LEN 32
#define SP_TOKEN_BYTES 32			/* 256 bits */
#define SP_TOKEN_TEXT 43			/* their base64url */

/* Bytes from the operating system; the process ends if there are none (exit status 71). */
void sp_random(void *out, size_t len);
/* A new secret: 43 characters of base64url. */
struct sp_str sp_random_token(struct sp_arena *mem);
/* A new UUID version 4 in text (36 characters). */
struct sp_str sp_random_uuid(struct sp_arena *mem);

void sp_sha256(struct sp_str in, uint8_t out[static SP_SHA256_LEN]);
void sp_hmac_sha256(struct sp_str key, struct sp_str in, uint8_t out[static SP_SHA256_LEN]);

/* Constant time for equal lengths; different lengths are unequal. */
bool sp_secret_equal(struct sp_str a, struct sp_str b);
void sp_wipe(void *p, size_t len);

/*
 * Ends the process: libcrypto failed at something that only lack of memory or a
 * broken installation can make fail.  One log line and exit status 71.
 */
_Noreturn void sp_crypto_failed(const char *what);

/*
 * The master keys.  Read-only once loaded: threads share it.
 *
 * Reads the file, which its group may read and only its owner may write (0600,
 * 0640).  False: *why is a static text that says what is wrong.
 */
struct sp_keyring;
SP_MUST_USE bool sp_keyring_load(const char *path, struct sp_keyring **out, const char **why);
void sp_keyring_free(struct sp_keyring *ring);
/* Writes a new file with one fresh key and a random KEYID, mode 0600; fails if it exists. */
SP_MUST_USE bool sp_keyring_create(const char *path, const char **why);

/*
 * Seals `plain` for one purpose ("signing-key", "authorization-request", ...):
 * the purpose separates keys (HKDF-SHA256, RFC 5869), `aad` is authenticated
 * beside it.  The result is binary: version (1 byte), length of the key id (1
 * byte), key id, nonce (12, random), ciphertext, tag (16).  A key is good for
 * 2^32 seals per purpose (NIST SP 800-38D section 8.3).
 */
struct sp_str sp_seal(struct sp_arena *mem, const struct sp_keyring *ring, const char *purpose,
    struct sp_str aad, struct sp_str plain);
/* False for anything that was not sealed with the same purpose and aad. */
SP_MUST_USE bool sp_unseal(struct sp_arena *mem, const struct sp_keyring *ring, const char *purpose,
    struct sp_str aad, struct sp_str sealed, struct sp_str *plain);

/*
 * HMAC-SHA256 under a key of this purpose, for what is only compared and must not
 * be guessed by who reads the table.  A new master key in front gives others.
 */
void sp_keyring_mac(const struct sp_keyring *ring, const char *purpose, struct sp_str in,
    uint8_t out[static SP_SHA256_LEN]);

/*
 * Seals under a key derived from a secret that the caller presents (a
 * refresh token), for answers that only its holder may read again.
 */
struct sp_str sp_seal_with(struct sp_arena *mem, struct sp_str secret, const char *purpose,
    struct sp_str aad, struct sp_str plain);
SP_MUST_USE bool sp_unseal_with(struct sp_arena *mem, struct sp_str secret, const char *purpose,
    struct sp_str aad, struct sp_str sealed, struct sp_str *plain);

#endif
