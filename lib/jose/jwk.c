/* jwk.c - JSON Web Keys: one table of members reads, writes and digests all kinds */
#include <assert.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include "base/encode.h"
#include "base/log.h"
#include "base/secret.h"
#include "jose/jwk.h"
#include "jose/weak_key.h"

#define MEMBERS_MAX 8			/* of one kind of key (RSA) */
#define RSA_BITS_NEW 3072		/* NIST SP 800-57: good past 2030 */

/* A number or octet string of a key: its JWK name, and OpenSSL's. */
struct member {
	const char *name;
	const char *param;
	bool secret;
};

struct kind {
	enum sp_jose_alg alg;
	const char *alg_name;
	const char *kty;
	const char *crv;		/* NULL: the kind has none */
	const char *evp_name;
	size_t octets;			/* of every member; 0: as few as the number needs */
	bool numbers;			/* members are integers, not octet strings, to OpenSSL */
	struct member member[MEMBERS_MAX + 1];
	const char *thumbprint[5];	/* RFC 7638 section 3.2, in its order */
};

static const struct kind kinds[] = {
	[SP_ES256] = { SP_ES256, "ES256", "EC", "P-256", "EC", 32, true, {
		{ "x", OSSL_PKEY_PARAM_EC_PUB_X, false },
		{ "y", OSSL_PKEY_PARAM_EC_PUB_Y, false },
		{ "d", OSSL_PKEY_PARAM_PRIV_KEY, true },
	}, { "crv", "kty", "x", "y" } },
	[SP_EDDSA] = { SP_EDDSA, "EdDSA", "OKP", "Ed25519", "ED25519", 32, false, {
		{ "x", OSSL_PKEY_PARAM_PUB_KEY, false },
		{ "d", OSSL_PKEY_PARAM_PRIV_KEY, true },
	}, { "crv", "kty", "x" } },
	[SP_RS256] = { SP_RS256, "RS256", "RSA", NULL, "RSA", 0, true, {
		{ "n", OSSL_PKEY_PARAM_RSA_N, false },
		{ "e", OSSL_PKEY_PARAM_RSA_E, false },
		{ "d", OSSL_PKEY_PARAM_RSA_D, true },
		{ "p", OSSL_PKEY_PARAM_RSA_FACTOR1, true },
		{ "q", OSSL_PKEY_PARAM_RSA_FACTOR2, true },
		{ "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1, true },
		{ "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2, true },
		{ "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1, true },
	}, { "e", "kty", "n" } },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* What no public key has: RFC 7518 sections 6.2.2, 6.3.2 and 6.4, RFC 8037 section 2. */
static const char *const private_members[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };

static const struct kind *
kind_of(const struct sp_jwk *key)
{
	assert(key->alg < KINDS);
	return &kinds[key->alg];
}

const char *
sp_jose_alg_name(enum sp_jose_alg alg)
{
	assert(alg < KINDS);
	return kinds[alg].alg_name;
}

bool
sp_jose_alg_find(struct sp_str name, enum sp_jose_alg *out)
{
	for (size_t i = 0; i < KINDS; i++)
		if (sp_str_is(name, kinds[i].alg_name)) {
			*out = kinds[i].alg;
			return true;
		}
	return false;
}

static void
pkey_free(void *pkey)
{
	EVP_PKEY_free(pkey);
}

/* ---- reading ---- */

/* null counts as absent; there are serializers that write every member they know */
static bool
present(struct json_object *obj, const char *name)
{
	return sp_json_get(obj, name) != NULL;
}

static bool
shows_private_member(struct json_object *obj)
{
	for (size_t i = 0; i < sizeof(private_members) / sizeof(private_members[0]); i++)
		if (present(obj, private_members[i]))
			return true;
	return false;
}

static bool
kind_find(struct json_object *obj, const struct kind **out, const char **why)
{
	struct sp_str kty = sp_json_get_str(obj, "kty");

	for (size_t i = 0; i < KINDS; i++)
		if (sp_str_is(kty, kinds[i].kty)) {
			if (kinds[i].crv != NULL && !sp_str_is(sp_json_get_str(obj, "crv"), kinds[i].crv)) {
				*why = "crv is not supported";
				return false;
			}
			*out = &kinds[i];
			return true;
		}
	*why = "kty is not supported";
	return false;
}

/* RFC 7517 sections 4.2 to 4.5: what the key says it is for. */
static bool
purpose_fits(struct json_object *obj, const struct kind *kind, enum sp_jwk_part part, const char **why)
{
	const char *wanted = part == SP_JWK_PRIVATE ? "sign" : "verify";
	struct json_object *ops = sp_json_get(obj, "key_ops");
	bool found = false;

	if (present(obj, "alg") && !sp_str_is(sp_json_get_str(obj, "alg"), kind->alg_name)) {
		*why = "alg does not fit the kind of key";
		return false;
	}
	if (present(obj, "use") && !sp_str_is(sp_json_get_str(obj, "use"), "sig")) {
		*why = "use is not sig";
		return false;
	}
	if (present(obj, "key_ops")) {
		size_t count = json_object_is_type(ops, json_type_array) ? json_object_array_length(ops) : 0;

		for (size_t i = 0; i < count; i++) {
			struct json_object *op = json_object_array_get_idx(ops, i);

			if (json_object_is_type(op, json_type_string) && sp_str_is(sp_json_text(op), wanted))
				found = true;
		}
		if (!found) {
			*why = "key_ops does not have the operation";
			return false;
		}
	}
	if (present(obj, "kid")) {
		struct sp_str kid = sp_json_get_str(obj, "kid");

		if (kid.p == NULL || kid.len > SP_JWK_KID_MAX) {
			*why = "kid is not a string or too long";
			return false;
		}
	}
	return true;
}

static bool
members_decode(struct sp_arena *mem, struct json_object *obj, const struct kind *kind,
    enum sp_jwk_part part, struct sp_str *value, const char **why)
{
	for (size_t i = 0; kind->member[i].name != NULL; i++) {
		struct sp_str text = sp_json_get_str(obj, kind->member[i].name);

		if (kind->member[i].secret && part == SP_JWK_PUBLIC)
			continue;
		if (text.p == NULL) {
			*why = "a member of the key is missing";
			return false;
		}
		if (!sp_base64url_decode(mem, text, &value[i])) {
			*why = "a member of the key is not base64url";
			return false;
		}
		/* RFC 7518 section 2, Base64urlUInt: no octet too many; there is no zero in a key */
		if (kind->octets > 0 ? value[i].len != kind->octets : value[i].len == 0 || value[i].p[0] == 0) {
			*why = "a member of the key has the wrong length";
			return false;
		}
	}
	return true;
}

static BIGNUM *
number(struct sp_str octets, bool secret)
{
	BIGNUM *n = secret ? BN_secure_new() : BN_new();

	/* who reads JSON limits it to far less than INT_MAX */
	if (n == NULL || BN_bin2bn((const unsigned char *)octets.p, (int)octets.len, n) == NULL)
		sp_out_of_memory();
	return n;
}

static const char *
rsa_fault(const struct sp_str *value)
{
	BIGNUM *n = number(value[0], false), *e = number(value[1], false);
	const char *why = sp_weak_rsa(n, e);

	BN_free(n);
	BN_free(e);
	return why;
}

/*
 * OpenSSL's key of these values; NULL if it refuses them.  An EC key is given
 * as a point (SEC 1 section 2.3.3), and making it checks that it is on the curve.
 */
static EVP_PKEY *
pkey_new(const struct kind *kind, enum sp_jwk_part part, const struct sp_str *value)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind->evp_name, NULL);
	BIGNUM *n[MEMBERS_MAX] = { NULL };
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;
	uint8_t point[1 + 2 * 32] = { 4 };
	bool ok = bld != NULL && ctx != NULL;

	if (kind->alg == SP_ES256) {
		memcpy(point + 1, value[0].p, 32);
		memcpy(point + 33, value[1].p, 32);
		ok = ok && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, kind->crv, 0) &&
		    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
	}
	for (size_t i = 0; kind->member[i].name != NULL && ok; i++) {
		const struct member *m = &kind->member[i];

		if (value[i].p == NULL || (kind->alg == SP_ES256 && !m->secret))
			continue;	/* not wanted, or in the point */
		if (kind->numbers) {
			n[i] = number(value[i], m->secret);
			ok = OSSL_PARAM_BLD_push_BN(bld, m->param, n[i]);
		} else {
			ok = OSSL_PARAM_BLD_push_octet_string(bld, m->param, value[i].p, value[i].len);
		}
	}
	if (!ok || (params = OSSL_PARAM_BLD_to_param(bld)) == NULL)
		sp_out_of_memory();
	if (EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &pkey,
	    part == SP_JWK_PRIVATE ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	for (size_t i = 0; i < MEMBERS_MAX; i++)
		BN_clear_free(n[i]);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/*
 * Does the public part verify what the private part signs?  Cheaper than
 * OpenSSL's own pairwise check, which tests RSA primes for 30 ms and more.
 */
static bool
pair_agrees(const struct kind *kind, EVP_PKEY *pkey)
{
	static const unsigned char probe[] = "probe";
	const EVP_MD *md = kind->alg == SP_EDDSA ? NULL : EVP_sha256();
	unsigned char signature[SP_RSA_BITS_MAX / 8];
	size_t len = sizeof(signature);
	EVP_PKEY_CTX *check = EVP_PKEY_CTX_new(pkey, NULL);
	EVP_MD_CTX *sign = EVP_MD_CTX_new(), *verify = EVP_MD_CTX_new();
	bool ok = check != NULL && sign != NULL && verify != NULL &&
	    EVP_PKEY_private_check(check) == 1 &&
	    EVP_DigestSignInit(sign, NULL, md, NULL, pkey) == 1 &&
	    EVP_DigestSign(sign, signature, &len, probe, sizeof(probe)) == 1 &&
	    EVP_DigestVerifyInit(verify, NULL, md, NULL, pkey) == 1 &&
	    EVP_DigestVerify(verify, signature, len, probe, sizeof(probe)) == 1;

	EVP_PKEY_CTX_free(check);
	EVP_MD_CTX_free(sign);
	EVP_MD_CTX_free(verify);
	return ok;
}

bool
sp_jwk_parse(struct sp_arena *mem, struct json_object *obj, enum sp_jwk_part part,
    struct sp_jwk *out, const char **why)
{
	struct sp_str value[MEMBERS_MAX] = { { 0 } };
	const struct kind *kind;
	const char *weak = NULL;
	EVP_PKEY *pkey;

	if (!json_object_is_type(obj, json_type_object)) {
		*why = "not an object";
		return false;
	}
	if (part == SP_JWK_PUBLIC && shows_private_member(obj)) {
		*why = "shows a private member";
		return false;
	}
	if (part == SP_JWK_PRIVATE && present(obj, "oth")) {
		*why = "RSA with more than two primes";
		return false;
	}
	if (!kind_find(obj, &kind, why) || !purpose_fits(obj, kind, part, why) ||
	    !members_decode(mem, obj, kind, part, value, why))
		return false;
	if (kind->alg == SP_RS256)
		weak = rsa_fault(value);
	else if (kind->alg == SP_EDDSA)
		weak = sp_weak_ed25519((const uint8_t *)value[0].p);
	if (weak != NULL) {
		*why = weak;
		return false;
	}
	pkey = pkey_new(kind, part, value);
	if (pkey == NULL || (part == SP_JWK_PRIVATE && !pair_agrees(kind, pkey))) {
		*why = pkey == NULL ? "not a key" : "the private part does not belong to the public one";
		EVP_PKEY_free(pkey);
		ERR_clear_error();
		return false;
	}
	sp_arena_defer(mem, pkey_free, pkey);
	*out = (struct sp_jwk){ .alg = kind->alg, .part = part, .pkey = pkey,
	    .kid = sp_str_dup(mem, sp_json_get_str(obj, "kid")) };
	return true;
}

bool
sp_jwk_parse_text(struct sp_arena *mem, struct sp_str json, enum sp_jwk_part part,
    struct sp_jwk *out, const char **why)
{
	struct json_object *obj;

	return sp_json_parse(mem, json, &obj, why) && sp_jwk_parse(mem, obj, part, out, why);
}

/* ---- making and writing ---- */

void
sp_jwk_generate(struct sp_arena *mem, enum sp_jose_alg alg, struct sp_jwk *out)
{
	const char *name;
	EVP_PKEY *pkey;

	assert(alg < KINDS);
	name = kinds[alg].evp_name;
	switch (alg) {
	case SP_ES256:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, name, kinds[alg].crv);
		break;
	case SP_RS256:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, name, (size_t)RSA_BITS_NEW);
		break;
	default:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, name);
		break;
	}
	if (pkey == NULL)
		sp_crypto_failed("could not make a key");
	sp_arena_defer(mem, pkey_free, pkey);
	*out = (struct sp_jwk){ .alg = alg, .part = SP_JWK_PRIVATE, .pkey = pkey };
	out->kid = sp_jwk_thumbprint(mem, out);
}

/* The value of a member in base64url, in its own memory. */
static struct sp_str
member_text(struct sp_arena *mem, const struct kind *kind, const struct member *m, EVP_PKEY *pkey)
{
	uint8_t octets[SP_RSA_BITS_MAX / 8];
	size_t len = kind->octets;
	struct sp_str text;
	BIGNUM *n = NULL;
	bool ok;

	if (kind->numbers) {
		ok = EVP_PKEY_get_bn_param(pkey, m->param, &n) == 1;
		if (ok && len == 0)
			len = (size_t)BN_num_bytes(n);
		ok = ok && len <= sizeof(octets) && BN_bn2binpad(n, octets, (int)len) == (int)len;
		BN_clear_free(n);
	} else {
		ok = EVP_PKEY_get_octet_string_param(pkey, m->param, octets, sizeof(octets), &len) == 1;
	}
	if (!ok)
		sp_crypto_failed("could not read a key");
	text = sp_base64url_encode(mem, octets, len);
	sp_wipe(octets, sizeof(octets));
	return text;
}

/* What names the key, in the order of RFC 7638. */
static void
write_required(struct sp_json_writer *w, const struct sp_jwk *key)
{
	const struct kind *kind = kind_of(key);

	for (const char *const *name = kind->thumbprint; *name != NULL; name++) {
		if (strcmp(*name, "kty") == 0)
			sp_jw_kcstr(w, "kty", kind->kty);
		else if (strcmp(*name, "crv") == 0)
			sp_jw_kcstr(w, "crv", kind->crv);
		else
			for (const struct member *m = kind->member; m->name != NULL; m++)
				if (strcmp(*name, m->name) == 0)
					sp_jw_kstr(w, m->name, member_text(w->b->mem, kind, m, key->pkey));
	}
}

void
sp_jwk_write(struct sp_json_writer *w, const struct sp_jwk *key, enum sp_jwk_part part)
{
	const struct kind *kind = kind_of(key);

	assert(part == SP_JWK_PUBLIC || key->part == SP_JWK_PRIVATE);
	sp_jw_object(w);
	write_required(w, key);
	if (part == SP_JWK_PRIVATE)
		for (const struct member *m = kind->member; m->name != NULL; m++)
			if (m->secret)
				sp_jw_kstr(w, m->name, member_text(w->b->mem, kind, m, key->pkey));
	if (key->kid.p != NULL)
		sp_jw_kstr(w, "kid", key->kid);
	sp_jw_kcstr(w, "alg", kind->alg_name);
	sp_jw_kcstr(w, "use", "sig");
	sp_jw_object_end(w);
}

struct sp_str
sp_jwk_json(struct sp_arena *mem, const struct sp_jwk *key, enum sp_jwk_part part)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, 16384);	/* twice what RSA with 8192 bits needs */
	sp_jw_init(&w, &b);
	sp_jwk_write(&w, key, part);
	assert(sp_buf_ok(&b));
	return sp_buf_view(&b);
}

struct sp_str
sp_jwk_thumbprint(struct sp_arena *mem, const struct sp_jwk *key)
{
	uint8_t digest[SP_SHA256_LEN];
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, 4096);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	write_required(&w, key);
	sp_jw_object_end(&w);
	assert(sp_buf_ok(&b));
	sp_sha256(sp_buf_view(&b), digest);
	return sp_base64url_encode(mem, digest, sizeof(digest));
}

/* ---- sets ---- */

static bool
same_name(const struct sp_jwk *a, const struct sp_jwk *b)
{
	return a->alg == b->alg && (a->kid.p == NULL) == (b->kid.p == NULL) && sp_str_eq(a->kid, b->kid);
}

bool
sp_jwk_set_parse(struct sp_arena *mem, struct json_object *obj, struct sp_jwk_set *out,
    const char **why)
{
	struct json_object *keys = sp_json_get(obj, "keys");
	struct sp_jwk_set set = { 0 };
	size_t count;

	if (!json_object_is_type(keys, json_type_array)) {
		*why = "keys is not an array";
		return false;
	}
	count = json_object_array_length(keys);
	if (count > SP_JWK_SET_MAX) {
		*why = "too many keys";
		return false;
	}
	set.key = sp_alloc_array(mem, count, sizeof(*set.key));
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(keys, i);
		const char *unused;

		if (json_object_is_type(item, json_type_object) && shows_private_member(item)) {
			*why = "a key shows a private member";
			return false;
		}
		if (!sp_jwk_parse(mem, item, SP_JWK_PUBLIC, &set.key[set.count], &unused)) {
			set.skipped++;
			continue;
		}
		for (size_t k = 0; k < set.count; k++)
			if (same_name(&set.key[k], &set.key[set.count]) && set.key[k].kid.p != NULL) {
				*why = "two keys have the same kid";
				return false;
			}
		set.count++;
	}
	*out = set;
	return true;
}

const struct sp_jwk *
sp_jwk_set_find(const struct sp_jwk_set *set, enum sp_jose_alg alg, struct sp_str kid)
{
	const struct sp_jwk *found = NULL;

	for (size_t i = 0; i < set->count; i++) {
		const struct sp_jwk *key = &set->key[i];

		if (key->alg != alg || (kid.p != NULL && !sp_str_eq(key->kid, kid)))
			continue;
		if (found != NULL)
			return NULL;	/* nothing says which */
		found = key;
	}
	return found;
}
