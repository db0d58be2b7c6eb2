/* jws.c - JSON Web Signatures: one table of algorithms over OpenSSL EVP */
#include <assert.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include "base/encode.h"
#include "jose/jws.h"

#define ES256_HALF 32			/* octets of r, and of s */
#define ES256_OCTETS 64
#define ES256_DER_MAX 80		/* two integers of at most 33 octets, with their headers */

struct alg {
	const EVP_MD *(*digest)(void);	/* NULL: the algorithm has its own */
	size_t octets;			/* of a signature; 0: as many as the key has */
	bool der;			/* OpenSSL wants DER where JWS has r and s side by side */
};

static const struct alg algs[] = {
	[SP_ES256] = { EVP_sha256, ES256_OCTETS, true },	/* RFC 7518 section 3.4 */
	[SP_EDDSA] = { NULL, 64, false },			/* RFC 8037 section 3.1 */
	[SP_RS256] = { EVP_sha256, 0, false },			/* RFC 7518 section 3.3 */
};

static const struct alg *
alg_of(const struct sp_jwk *key)
{
	assert(key->alg < sizeof(algs) / sizeof(algs[0]));
	return &algs[key->alg];
}

/* ---- r || s and DER ---- */

/* The length of the DER form, or 0; zero and too large numbers are the verifier's to refuse. */
static size_t
es256_to_der(const unsigned char *rs, unsigned char der[static ES256_DER_MAX])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(rs, ES256_HALF, NULL), *s = BN_bin2bn(rs + ES256_HALF, ES256_HALF, NULL);
	int len = 0;

	if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1)
		sp_out_of_memory();
	r = s = NULL;			/* now owned by sig */
	len = i2d_ECDSA_SIG(sig, &der);
	ECDSA_SIG_free(sig);
	return len > 0 ? (size_t)len : 0;
}

static bool
es256_from_der(const unsigned char *der, size_t len, unsigned char rs[static ES256_OCTETS])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	bool ok = sig != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), rs, ES256_HALF) == ES256_HALF &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), rs + ES256_HALF, ES256_HALF) == ES256_HALF;

	ECDSA_SIG_free(sig);
	return ok;
}

/* ---- one signature ---- */

static bool
signature_make(struct sp_arena *mem, const struct sp_jwk *key, struct sp_str input, struct sp_str *out)
{
	const struct alg *alg = alg_of(key);
	size_t len = (size_t)EVP_PKEY_get_size(key->pkey);	/* the most it can be */
	unsigned char *sig = sp_alloc(mem, len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	if (ctx == NULL)
		sp_out_of_memory();
	ok = EVP_DigestSignInit(ctx, NULL, alg->digest != NULL ? alg->digest() : NULL, NULL, key->pkey) == 1 &&
	    EVP_DigestSign(ctx, sig, &len, (const unsigned char *)input.p, input.len) == 1;
	EVP_MD_CTX_free(ctx);
	if (ok && alg->der) {
		unsigned char *rs = sp_alloc(mem, ES256_OCTETS);

		ok = es256_from_der(sig, len, rs);
		sig = rs;
		len = ES256_OCTETS;
	}
	if (!ok) {
		ERR_clear_error();
		return false;
	}
	*out = (struct sp_str){ (char *)sig, len };
	return true;
}

static bool
signature_fits(const struct sp_jwk *key, struct sp_str input, struct sp_str signature)
{
	const struct alg *alg = alg_of(key);
	size_t octets = alg->octets > 0 ? alg->octets : (size_t)EVP_PKEY_get_size(key->pkey);
	const unsigned char *sig = (const unsigned char *)signature.p;
	size_t len = signature.len;
	unsigned char der[ES256_DER_MAX];
	EVP_MD_CTX *ctx;
	bool ok;

	if (len != octets)
		return false;
	if (alg->der) {
		len = es256_to_der(sig, der);
		sig = der;
	}
	ctx = EVP_MD_CTX_new();
	if (ctx == NULL)
		sp_out_of_memory();
	ok = EVP_DigestVerifyInit(ctx, NULL, alg->digest != NULL ? alg->digest() : NULL, NULL, key->pkey) == 1 &&
	    EVP_DigestVerify(ctx, sig, len, (const unsigned char *)input.p, input.len) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ok)
		ERR_clear_error();	/* this thread's queue is libpq's and libcurl's too */
	return ok;
}

/* ---- the compact form ---- */

/* RFC 7515 section 4.1.  Other members mean nothing to us and are ignored, as it says. */
static bool
header_read(struct sp_arena *mem, struct sp_str json, struct sp_jws *jws, const char **why)
{
	struct json_object *typ, *kid;

	if (!sp_json_parse(mem, json, &jws->header, why))
		return false;
	if (!json_object_is_type(jws->header, json_type_object)) {
		*why = "header is not an object";
		return false;
	}
	if (json_object_object_get_ex(jws->header, "crit", NULL)) {
		*why = "crit: no extension is supported";
		return false;
	}
	if (!sp_jose_alg_find(sp_json_get_str(jws->header, "alg"), &jws->alg)) {
		*why = "alg is not supported";
		return false;
	}
	kid = sp_json_get(jws->header, "kid");
	typ = sp_json_get(jws->header, "typ");
	if ((kid != NULL && !json_object_is_type(kid, json_type_string)) ||
	    (typ != NULL && !json_object_is_type(typ, json_type_string))) {
		*why = "kid or typ is not a string";
		return false;
	}
	jws->kid = sp_json_get_str(jws->header, "kid");
	jws->typ = sp_json_get_str(jws->header, "typ");
	return true;
}

/* What stands around two dots, and no third one. */
static bool
parts(struct sp_str text, struct sp_str *header, struct sp_str *payload, struct sp_str *signature)
{
	ptrdiff_t first = sp_str_index(text, '.'), second;
	struct sp_str rest;

	if (first < 0)
		return false;
	*header = sp_str_sub(text, 0, (size_t)first);
	rest = sp_str_sub(text, (size_t)first + 1, text.len);
	second = sp_str_index(rest, '.');
	if (second < 0)
		return false;
	*payload = sp_str_sub(rest, 0, (size_t)second);
	*signature = sp_str_sub(rest, (size_t)second + 1, rest.len);
	return sp_str_index(*signature, '.') < 0;
}

bool
sp_jws_parse(struct sp_arena *mem, struct sp_str text, struct sp_jws *out, const char **why)
{
	struct sp_str header, header64, payload64, signature64;
	struct sp_jws jws = { 0 };

	if (text.len > SP_JWS_MAX) {
		*why = "longer than 16 KiB";
		return false;
	}
	if (!parts(text, &header64, &payload64, &signature64)) {
		*why = "not three parts";
		return false;
	}
	if (!sp_base64url_decode(mem, header64, &header) ||
	    !sp_base64url_decode(mem, signature64, &jws.signature)) {
		*why = "not base64url";
		return false;
	}
	if (!header_read(mem, header, &jws, why))
		return false;
	jws.payload = payload64;
	jws.signing_input = sp_str_sub(text, 0, header64.len + 1 + payload64.len);
	*out = jws;
	return true;
}

bool
sp_jws_verify(struct sp_arena *mem, const struct sp_jws *jws, const struct sp_jwk *key,
    struct sp_str *payload, const char **why)
{
	if (jws->alg != key->alg) {
		*why = "alg is not the key's";
		return false;
	}
	if (!signature_fits(key, jws->signing_input, jws->signature)) {
		*why = "signature is wrong";
		return false;
	}
	if (!sp_base64url_decode(mem, jws->payload, payload)) {
		*why = "not base64url";
		return false;
	}
	return true;
}

bool
sp_jws_sign(struct sp_arena *mem, const struct sp_jwk *key, const char *typ, struct sp_str payload,
    struct sp_str *out)
{
	struct sp_str signature;
	struct sp_json_writer w;
	struct sp_buf header, b;

	assert(key->part == SP_JWK_PRIVATE);
	sp_buf_init(&header, mem, 4096);
	sp_jw_init(&w, &header);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "alg", sp_jose_alg_name(key->alg));
	sp_jw_kcstr_if(&w, "typ", typ);
	if (key->kid.p != NULL)
		sp_jw_kstr(&w, "kid", key->kid);
	sp_jw_object_end(&w);

	sp_buf_init(&b, mem, SP_JWS_MAX);
	sp_buf_str(&b, sp_base64url_encode(mem, header.p, header.len));
	sp_buf_char(&b, '.');
	sp_buf_str(&b, sp_base64url_encode(mem, payload.p, payload.len));
	if (!sp_buf_ok(&b) || !signature_make(mem, key, sp_buf_view(&b), &signature))
		return false;
	sp_buf_char(&b, '.');
	sp_buf_str(&b, sp_base64url_encode(mem, signature.p, signature.len));
	if (!sp_buf_ok(&b))
		return false;
	*out = sp_buf_view(&b);
	return true;
}

bool
sp_jws_typ_is(const struct sp_jws *jws, const char *type)
{
	static const struct sp_str prefix = SP_LIT("application/");
	struct sp_str typ = jws->typ;

	/* RFC 7515 section 4.1.9; RFC 2045 section 5.1: media types do not depend on case */
	if (sp_str_caseeq(sp_str_sub(typ, 0, prefix.len), prefix))
		typ = sp_str_sub(typ, prefix.len, typ.len);
	return typ.p != NULL && sp_str_caseis(typ, type);
}
