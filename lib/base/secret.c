/* secret.c - randomness, digests, comparison in constant time */
#include <pthread.h>
#include <sys/random.h>
#include <unistd.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include "base/encode.h"
#include "base/log.h"
#include "base/secret.h"

#define EX_OSERR 71	/* as in <sysexits.h> */

/* Fetched once: looking an algorithm up costs more than a short digest. */
static EVP_MD *sha256;
static EVP_MAC_CTX *hmac_sha256;	/* keyless; every use copies it */

static void
fetch(void)
{
	const OSSL_PARAM digest[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (sha256 == NULL || hmac == NULL || (hmac_sha256 = EVP_MAC_CTX_new(hmac)) == NULL ||
	    EVP_MAC_CTX_set_params(hmac_sha256, digest) != 1)
		sp_crypto_failed("SHA-256");
	EVP_MAC_free(hmac);
}

static void
fetch_once(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fetch);
}

_Noreturn void
sp_crypto_failed(const char *what)
{
	sp_log(SP_ERROR, "crypto failed", SP_L("what", what));
	_exit(EX_OSERR);
}

void
sp_random(void *out, size_t len)
{
	char *p = out;

	while (len > 0) {
		/* up to 256 bytes come whole and uninterrupted: getrandom(2) */
		size_t part = len < 256 ? len : 256;

		if (getrandom(p, part, 0) != (ssize_t)part)
			sp_crypto_failed("getrandom");
		p += part;
		len -= part;
	}
}

struct sp_str
sp_random_token(struct sp_arena *mem)
{
	uint8_t bytes[SP_TOKEN_BYTES];
	struct sp_str text;

	sp_random(bytes, sizeof(bytes));
	text = sp_base64url_encode(mem, bytes, sizeof(bytes));
	sp_wipe(bytes, sizeof(bytes));
	return text;
}

struct sp_str
sp_random_uuid(struct sp_arena *mem)
{
	uint8_t u[16];
	const char *h;

	sp_random(u, sizeof(u));
	u[6] = (uint8_t)((u[6] & 0x0f) | 0x40);		/* RFC 9562 section 5.4 */
	u[8] = (uint8_t)((u[8] & 0x3f) | 0x80);
	h = sp_hex_encode(mem, u, sizeof(u)).p;
	return sp_str(sp_printf(mem, "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16, h + 20));
}

void
sp_sha256(struct sp_str in, uint8_t out[static SP_SHA256_LEN])
{
	fetch_once();
	if (EVP_Digest(in.p, in.len, out, NULL, sha256, NULL) != 1)
		sp_crypto_failed("SHA-256");
}

void
sp_hmac_sha256(struct sp_str key, struct sp_str in, uint8_t out[static SP_SHA256_LEN])
{
	/* a key of NULL would mean "keep the key" */
	const unsigned char *k = key.len > 0 ? (const unsigned char *)key.p : (const unsigned char *)"";
	EVP_MAC_CTX *ctx;
	size_t len;

	fetch_once();
	ctx = EVP_MAC_CTX_dup(hmac_sha256);
	if (ctx == NULL || EVP_MAC_init(ctx, k, key.len, NULL) != 1 ||
	    EVP_MAC_update(ctx, (const unsigned char *)in.p, in.len) != 1 ||
	    EVP_MAC_final(ctx, out, &len, SP_SHA256_LEN) != 1)
		sp_crypto_failed("HMAC-SHA-256");
	EVP_MAC_CTX_free(ctx);
}

bool
sp_secret_equal(struct sp_str a, struct sp_str b)
{
	return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.p, b.p, a.len) == 0);
}

void
sp_wipe(void *p, size_t len)
{
	explicit_bzero(p, len);
}
