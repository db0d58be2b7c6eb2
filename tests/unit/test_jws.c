/* test_jws.c - JSON Web Signatures: the RFCs' examples, and what must not pass for one */
#include <openssl/evp.h>
#include "base/encode.h"
#include "base/secret.h"
#include "jose/jws.h"
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

static const struct {
	const char *name, *private_jwk, *public_jwk, *jws;
	bool deterministic;
} examples[] = {
	{ "RFC 7515 A.2", RFC7515_A2_JWK, RFC7515_A2_PUBLIC, RFC7515_A2_JWS, true },
	{ "RFC 7515 A.3", RFC7515_A3_JWK, RFC7515_A3_PUBLIC, RFC7515_A3_JWS, false },
	{ "RFC 8037 A.4", RFC8037_A1_JWK, RFC8037_A2_PUBLIC, RFC8037_A4_JWS, true },
};

static struct sp_jwk
key_of(struct sp_arena *mem, const char *json, enum sp_jwk_part part)
{
	struct sp_jwk key;
	const char *why;

	if (!sp_jwk_parse_text(mem, sp_str(json), part, &key, &why))
		fail_msg("%s: %s", json, why);
	return key;
}

static bool
verify(struct sp_arena *mem, struct sp_str text, const struct sp_jwk *key, struct sp_str *payload)
{
	struct sp_jws jws;
	const char *why = NULL;
	bool ok = sp_jws_parse(mem, text, &jws, &why) && sp_jws_verify(mem, &jws, key, payload, &why);

	assert_true(ok || why != NULL);
	return ok;
}

static struct sp_str
b64(struct sp_arena *mem, const char *text)
{
	return sp_base64url_encode(mem, text, strlen(text));
}

/* A token with this header, and a signature of the key over it, whatever it says. */
static struct sp_str
token_with(struct sp_arena *mem, const struct sp_jwk *key, const char *header, const char *payload)
{
	struct sp_str input = sp_str(sp_printf(mem, "%s.%s", b64(mem, header).p, b64(mem, payload).p));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char sig[64];
	size_t len = sizeof(sig);

	assert_int_equal(key->alg, SP_EDDSA);	/* the one whose signature is raw */
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &len, (const unsigned char *)input.p, input.len), 1);
	EVP_MD_CTX_free(ctx);
	return sp_str(sp_printf(mem, "%s.%s", input.p, sp_base64url_encode(mem, sig, len).p));
}

static void
rfc_examples(void **state)
{
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(examples); i++) {
		struct sp_jwk private = key_of(mem, examples[i].private_jwk, SP_JWK_PRIVATE);
		struct sp_jwk public = key_of(mem, examples[i].public_jwk, SP_JWK_PUBLIC);
		struct sp_str payload, made, again;

		if (!verify(mem, sp_str(examples[i].jws), &public, &payload))
			fail_msg("%s: not verified", examples[i].name);
		assert_true(sp_jws_sign(mem, &private, NULL, payload, &made));
		if (examples[i].deterministic)
			assert_string_equal(made.p, examples[i].jws);
		assert_true(verify(mem, made, &public, &again));
		assert_true(sp_str_eq(payload, again));
	}
}

/* Any other bit, and it is not verified: no two texts are one token. */
static void
bit_flips(void **state)
{
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(examples); i++) {
		struct sp_jwk public = key_of(mem, examples[i].public_jwk, SP_JWK_PUBLIC);
		struct sp_str text = sp_str_dup(mem, sp_str(examples[i].jws));
		char *byte = (char *)text.p;
		struct sp_str payload;

		for (size_t k = 0; k < text.len; k += under_valgrind() ? 11 : 1)
			for (int bit = 0; bit < 8; bit++) {
				byte[k] = (char)(byte[k] ^ 1 << bit);
				if (verify(mem, text, &public, &payload))
					fail_msg("%s: byte %zu bit %d", examples[i].name, k, bit);
				byte[k] = (char)(byte[k] ^ 1 << bit);
			}
		assert_true(verify(mem, text, &public, &payload));
	}
}

static void
cut_and_stretched(void **state)
{
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(examples); i++) {
		struct sp_jwk public = key_of(mem, examples[i].public_jwk, SP_JWK_PUBLIC);
		struct sp_str text = sp_str(examples[i].jws), payload;
		static const char *const tails[] = { "A", "AAAA", "=", "==", ".", "..", ".AAAA", " ", "\n", "%00" };

		for (size_t len = 0; len < text.len; len++)
			assert_false(verify(mem, sp_str_sub(text, 0, len), &public, &payload));
		for (size_t from = 1; from <= text.len; from++)
			assert_false(verify(mem, sp_str_sub(text, from, text.len), &public, &payload));
		for (size_t k = 0; k < COUNT(tails); k++)
			assert_false(verify(mem, sp_str(sp_printf(mem, "%s%s", text.p, tails[k])), &public, &payload));
		/* the NUL behind the text is not part of it, and must not become one */
		assert_false(verify(mem, (struct sp_str){ text.p, text.len + 1 }, &public, &payload));
		assert_false(verify(mem, sp_str(sp_printf(mem, " %s", text.p)), &public, &payload));
		assert_false(verify(mem, sp_str(sp_printf(mem, ".%s", text.p)), &public, &payload));
	}
}

static void
other_keys(void **state)
{
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(examples); i++)
		for (size_t k = 0; k < COUNT(examples); k++) {
			struct sp_jwk public = key_of(mem, examples[k].public_jwk, SP_JWK_PUBLIC), fresh;
			struct sp_str payload;

			assert_int_equal(verify(mem, sp_str(examples[i].jws), &public, &payload), i == k);
			if (public.alg == SP_RS256)
				continue;		/* slow to make */
			sp_jwk_generate(mem, public.alg, &fresh);
			assert_false(verify(mem, sp_str(examples[i].jws), &fresh, &payload));
		}
}

/* RFC 8725 section 2.1: the header asks for another algorithm than the key's. */
static void
algorithm_confusion(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"none\"}", "{\"alg\":\"None\"}", "{\"alg\":\"NONE\"}", "{\"alg\":\"nOnE\"}", "{\"alg\":\"\"}",
		"{\"alg\":null}", "{\"alg\":[\"EdDSA\"]}", "{\"alg\":{}}", "{\"alg\":0}", "{}", "{\"ALG\":\"EdDSA\"}",
		"{\"alg\":\"eddsa\"}", "{\"alg\":\"EdDSA \"}", "{\"alg\":\"HS256\"}", "{\"alg\":\"ES256\"}",
		"{\"alg\":\"RS256\"}", "{\"alg\":\"PS256\"}", "{\"alg\":\"ES256K\"}", "{\"alg\":\"Ed25519ph\"}",
		"{\"alg\":\"none\",\"typ\":\"at+jwt\"}",
	};
	struct sp_arena *mem = *state;
	struct sp_jwk key = key_of(mem, RFC8037_A1_JWK, SP_JWK_PRIVATE);
	struct sp_str payload;

	assert_true(verify(mem, token_with(mem, &key, "{\"alg\":\"EdDSA\"}", "x"), &key, &payload));
	for (size_t i = 0; i < COUNT(headers); i++) {
		struct sp_str text = token_with(mem, &key, headers[i], "x");
		struct sp_str unsigned_text = sp_str(sp_printf(mem, "%s.%s.", b64(mem, headers[i]).p, b64(mem, "x").p));

		if (verify(mem, text, &key, &payload) || verify(mem, unsigned_text, &key, &payload))
			fail_msg("%s", headers[i]);
	}
}

/* HS256 whose secret is the public key, in each form that it is published in. */
static void
public_key_as_secret(void **state)
{
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(examples); i++) {
		struct sp_jwk public = key_of(mem, examples[i].public_jwk, SP_JWK_PUBLIC);
		struct sp_str secrets[] = {
			sp_str(examples[i].public_jwk),
			sp_jwk_json(mem, &public, SP_JWK_PUBLIC),
			sp_jwk_thumbprint(mem, &public),
			SP_LIT(""),
		};
		static const char *const headers[] = { "{\"alg\":\"HS256\"}", NULL };

		for (size_t k = 0; k < COUNT(secrets); k++)
			for (size_t h = 0; h < COUNT(headers); h++) {
				const char *header = headers[h] != NULL ? headers[h] :
				    sp_printf(mem, "{\"alg\":\"%s\"}", sp_jose_alg_name(public.alg));
				struct sp_str input = sp_str(sp_printf(mem, "%s.%s", b64(mem, header).p, b64(mem, "x").p));
				uint8_t mac[SP_SHA256_LEN];
				struct sp_str payload;

				sp_hmac_sha256(secrets[k], input, mac);
				assert_false(verify(mem, sp_str(sp_printf(mem, "%s.%s", input.p,
				    sp_base64url_encode(mem, mac, sizeof(mac)).p)), &public, &payload));
			}
	}
}

/* Headers under a good signature: what RFC 7515 section 4 lets pass, and what not. */
static const struct {
	const char *header;
	bool ok;
} headers[] = {
	{ "{\"alg\":\"EdDSA\"}", true },
	{ " {\n\"alg\" : \"EdDSA\" }\t", true },
	{ "{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"../../etc/passwd\"}", true },
	{ "{\"alg\":\"EdDSA\",\"kid\":\"' OR 1=1 --\"}", true },
	{ "{\"alg\":\"EdDSA\",\"unknown\":[1]}", true },
	/* keys that it brings along are not looked at */
	{ "{\"alg\":\"EdDSA\",\"jku\":\"http://169.254.169.254/\",\"x5u\":\"file:///etc/passwd\"}", true },
	{ "{\"alg\":\"EdDSA\",\"x5c\":[\"MII=\"],\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}", true },
	{ "{\"alg\":\"EdDSA\",\"crit\":[\"exp\"],\"exp\":1}", false },
	{ "{\"alg\":\"EdDSA\",\"crit\":[\"b64\"],\"b64\":false}", false },
	{ "{\"alg\":\"EdDSA\",\"crit\":[]}", false },
	{ "{\"alg\":\"EdDSA\",\"crit\":null}", false },
	{ "{\"alg\":\"EdDSA\",\"crit\":\"alg\"}", false },
	{ "{\"alg\":\"EdDSA\",\"alg\":\"EdDSA\"}", false },
	{ "{\"alg\":\"none\",\"alg\":\"EdDSA\"}", false },
	{ "{\"alg\":\"EdDSA\",\"\\u0061lg\":\"EdDSA\"}", false },
	{ "{\"alg\":\"EdDSA\",\"kid\":\"a\",\"kid\":\"b\"}", false },
	{ "{\"alg\":\"EdDSA\\u0000\"}", false },
	{ "{\"alg\":\"EdDSA\",\"x\\u0000\":1}", false },
	{ "{\"alg\":\"EdDSA\",\"kid\":1}", false },
	{ "{\"alg\":\"EdDSA\",\"typ\":[\"JWT\"]}", false },
	{ "{'alg':'EdDSA'}", false },
	{ "{\"alg\":\"EdDSA\"} ,", false },
	{ "{\"alg\":\"EdDSA\"}{}", false },
	{ "\xef\xbb\xbf{\"alg\":\"EdDSA\"}", false },
	{ "{\"alg\":\"EdDSA\",\"x\":\"\xff\"}", false },
	{ "{\"alg\":\"EdDSA\",}", false },
	{ "[\"EdDSA\"]", false },
	{ "\"EdDSA\"", false },
	{ "null", false },
	{ "", false },
};

static void
header_members(void **state)
{
	struct sp_arena *mem = *state;
	struct sp_jwk key = key_of(mem, RFC8037_A1_JWK, SP_JWK_PRIVATE);

	for (size_t i = 0; i < COUNT(headers); i++) {
		struct sp_str payload;

		if (verify(mem, token_with(mem, &key, headers[i].header, "x"), &key, &payload) != headers[i].ok)
			fail_msg("%s: expected %s", headers[i].header, headers[i].ok ? "a token" : "a refusal");
	}
}

static void
header_with_nul(void **state)
{
	static const char header[] = "{\"alg\":\"EdDSA\"}\0{\"alg\":\"none\"}";
	struct sp_arena *mem = *state;
	struct sp_jws jws;
	const char *why;

	assert_false(sp_jws_parse(mem, sp_str(sp_printf(mem, "%s.eA.AAAA",
	    sp_base64url_encode(mem, header, sizeof(header) - 1).p)), &jws, &why));
	assert_false(sp_jws_parse(mem, sp_str(sp_printf(mem, "%s.eA.AAAA",
	    sp_base64url_encode(mem, header, 16).p)), &jws, &why));
}

/* The other serializations of RFC 7515, and shapes that are none. */
static void
shapes(void **state)
{
	static const char *const texts[] = {
		"", ".", "..", "...", "a", "a.b", "eyJhbGciOiJFZERTQSJ9", "eyJhbGciOiJFZERTQSJ9.", "eyJhbGciOiJFZERTQSJ9..",
		"eyJhbGciOiJFZERTQSJ9...", "..hgyY0il_MGCjP0Jz", RFC8037_A4_JWS "." RFC8037_A4_JWS,
		RFC8037_A4_JWS "," RFC8037_A4_JWS, RFC8037_A4_JWS " " RFC8037_A4_JWS, "Bearer " RFC8037_A4_JWS,
		"\"" RFC8037_A4_JWS "\"",
		"{\"payload\":\"RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc\",\"protected\":\"eyJhbGciOiJFZERTQSJ9\","
		"\"signature\":\"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg\"}",
		/* two signatures, JWE's five parts */
		RFC8037_A4_JWS ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
		"eyJhbGciOiJkaXIifQ.a.b.c.d",
	};
	struct sp_arena *mem = *state;
	struct sp_jwk key = key_of(mem, RFC8037_A2_PUBLIC, SP_JWK_PUBLIC);
	struct sp_str payload;

	for (size_t i = 0; i < COUNT(texts); i++)
		if (verify(mem, sp_str(texts[i]), &key, &payload))
			fail_msg("%s", texts[i]);
	assert_false(verify(mem, (struct sp_str){ 0 }, &key, &payload));
}

/* ES256 signatures are 64 octets r || s with both in 1..n-1, and nothing else. */
static void
es256_signatures(void **state)
{
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define N_1 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
#define N "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define P "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define ONES "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	static const char *const numbers[] = { ZERO, ONE, N_1, N, P, ONES };
	struct sp_arena *mem = *state;
	struct sp_jwk key = key_of(mem, RFC7515_A3_PUBLIC, SP_JWK_PUBLIC);
	struct sp_str text = sp_str(RFC7515_A3_JWS), good, rs, payload;
	const char *input = sp_cstr(mem, sp_str_sub(text, 0, text.len - 87));
	const unsigned char *o;

	assert_true(sp_base64url_decode(mem, sp_str_sub(text, text.len - 86, text.len), &good));
	assert_int_equal(good.len, 64);
	o = (const unsigned char *)good.p;
	for (size_t i = 0; i < COUNT(numbers); i++)
		for (size_t k = 0; k < COUNT(numbers); k++) {
			assert_true(sp_hex_decode(mem, sp_str(sp_printf(mem, "%s%s", numbers[i], numbers[k])), &rs));
			if (verify(mem, sp_str(sp_printf(mem, "%s.%s", input,
			    sp_base64url_encode(mem, rs.p, rs.len).p)), &key, &payload))
				fail_msg("r %s s %s", numbers[i], numbers[k]);
		}
	/* a good half beside each of them, s and r exchanged */
	for (size_t i = 0; i < COUNT(numbers); i++)
		for (int half = 0; half <= 1; half++) {
			char both[64];
			struct sp_str octets;

			assert_true(sp_hex_decode(mem, sp_str(numbers[i]), &octets));
			memcpy(both, good.p, sizeof(both));
			memcpy(both + 32 * half, octets.p, 32);
			assert_false(verify(mem, sp_str(sp_printf(mem, "%s.%s", input,
			    sp_base64url_encode(mem, both, sizeof(both)).p)), &key, &payload));
		}
	{
		char swapped[64];

		memcpy(swapped, o + 32, 32);
		memcpy(swapped + 32, o, 32);
		assert_false(verify(mem, sp_str(sp_printf(mem, "%s.%s", input,
		    sp_base64url_encode(mem, swapped, sizeof(swapped)).p)), &key, &payload));
	}
	/* the same two numbers in other lengths, and as DER, which OpenSSL would take */
	{
		unsigned char der[72] = { 0x30, 0x45, 0x02, 0x20 };	/* s has its top bit set */
		unsigned char longer[66] = { 0 };
		struct sp_str forms[4];

		assert_true(o[0] < 0x80 && o[32] >= 0x80);
		memcpy(der + 4, o, 32);
		der[36] = 0x02;
		der[37] = 0x21;
		memcpy(der + 39, o + 32, 32);
		forms[0] = sp_base64url_encode(mem, der, 71);
		memcpy(longer + 1, o, 32);
		memcpy(longer + 34, o + 32, 32);
		forms[1] = sp_base64url_encode(mem, longer, 66);	/* each with a leading zero */
		forms[2] = sp_base64url_encode(mem, longer + 1, 65);	/* only s */
		forms[3] = sp_base64url_encode(mem, o, 63);
		for (size_t i = 0; i < COUNT(forms); i++)
			assert_false(verify(mem, sp_str(sp_printf(mem, "%s.%s", input, forms[i].p)), &key, &payload));
	}
}

/* RFC 8032 section 8.4: s + L is the same number modulo L and must not verify. */
static void
eddsa_malleability(void **state)
{
	static const unsigned char order[32] = {
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
	};
	struct sp_arena *mem = *state;
	struct sp_jwk key = key_of(mem, RFC8037_A2_PUBLIC, SP_JWK_PUBLIC);
	struct sp_str text = sp_str(RFC8037_A4_JWS), signature, payload;
	unsigned char *s;
	unsigned carry = 0;

	assert_true(sp_base64url_decode(mem, sp_str_sub(text, text.len - 86, text.len), &signature));
	s = (unsigned char *)signature.p + 32;
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)s[i] + order[i];
		s[i] = (unsigned char)carry;
		carry >>= 8;
	}
	assert_false(verify(mem, sp_str(sp_printf(mem, "%s.%s", sp_cstr(mem, sp_str_sub(text, 0, text.len - 87)),
	    sp_base64url_encode(mem, signature.p, 64).p)), &key, &payload));
}

/* The signature as a number is under the modulus, and has its length. */
static void
rs256_signatures(void **state)
{
	struct sp_arena *mem = *state;
	struct sp_jwk key = key_of(mem, RFC7515_A2_PUBLIC, SP_JWK_PUBLIC);
	struct sp_str text = sp_str(RFC7515_A2_JWS), signature, payload;
	const char *input = sp_cstr(mem, sp_str_sub(text, 0, text.len - 343));
	unsigned char octets[257] = { 0 };

	assert_true(sp_base64url_decode(mem, sp_str_sub(text, text.len - 342, text.len), &signature));
	assert_int_equal(signature.len, 256);
	memcpy(octets + 1, signature.p, 256);
	assert_true(verify(mem, sp_str(sp_printf(mem, "%s.%s", input,
	    sp_base64url_encode(mem, octets + 1, 256).p)), &key, &payload));
	assert_false(verify(mem, sp_str(sp_printf(mem, "%s.%s", input,
	    sp_base64url_encode(mem, octets, 257).p)), &key, &payload));	/* leading zero */
	for (int fill = 0; fill <= 0xff; fill += 0xff) {
		memset(octets, fill, sizeof(octets));
		assert_false(verify(mem, sp_str(sp_printf(mem, "%s.%s", input,
		    sp_base64url_encode(mem, octets, 256).p)), &key, &payload));
	}
	memset(octets, 0, sizeof(octets));
	octets[255] = 1;
	assert_false(verify(mem, sp_str(sp_printf(mem, "%s.%s", input,
	    sp_base64url_encode(mem, octets, 256).p)), &key, &payload));
}

static void
own_headers(void **state)
{
	struct sp_arena *mem = *state;
	struct sp_jwk key = key_of(mem, RFC8037_A1_JWK, SP_JWK_PRIVATE);
	struct sp_str text, payload;
	struct sp_jws jws;
	const char *why;

	assert_true(sp_jws_sign(mem, &key, "at+jwt", SP_LIT(""), &text));
	assert_true(sp_jws_parse(mem, text, &jws, &why));
	assert_null(jws.kid.p);
	assert_string_equal(jws.typ.p, "at+jwt");
	assert_true(verify(mem, text, &key, &payload));
	assert_int_equal(payload.len, 0);
	key.kid = SP_LIT("a \"kid\"");
	assert_true(sp_jws_sign(mem, &key, NULL, SP_LIT("\x00\xff"), &text));
	assert_true(sp_jws_parse(mem, text, &jws, &why));
	assert_string_equal(jws.kid.p, "a \"kid\"");
	assert_null(jws.typ.p);
	assert_true(verify(mem, text, &key, &payload));
	assert_int_equal(payload.len, 2);
}

static void
size_limit(void **state)
{
	struct sp_arena *mem = *state;
	struct sp_jwk key = key_of(mem, RFC8037_A1_JWK, SP_JWK_PRIVATE);
	/* header and signature take 20 + 86 characters and two dots */
	size_t most = (SP_JWS_MAX - 108) / 4 * 3;
	struct sp_str text, payload, big = { sp_alloc(mem, most + 2), most };

	assert_true(sp_jws_sign(mem, &key, NULL, big, &text));
	assert_int_equal(text.len, SP_JWS_MAX);
	assert_true(verify(mem, text, &key, &payload));
	big.len++;
	assert_false(sp_jws_sign(mem, &key, NULL, big, &text));
	/* the same of somebody who has no such limit */
	memset((char *)big.p, 'x', big.len);
	text = token_with(mem, &key, "{\"alg\":\"EdDSA\"}", big.p);
	assert_true(text.len > SP_JWS_MAX && text.len < SP_JWS_MAX + 4);
	assert_false(verify(mem, text, &key, &payload));
}

static void
media_types(void **state)
{
	static const struct {
		const char *typ;
		bool ok;
	} types[] = {
		{ "at+jwt", true }, { "AT+JWT", true }, { "application/at+jwt", true }, { "Application/At+jwt", true },
		{ NULL, false }, { "", false }, { "JWT", false }, { "application/", false }, { "at+jwt ", false },
		{ "application/application/at+jwt", false }, { "text/at+jwt", false }, { "at+jw", false },
		{ "at+jwtx", false }, { "application/JWT", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		struct sp_jws jws = { .typ = sp_str(types[i].typ) };

		if (sp_jws_typ_is(&jws, "at+jwt") != types[i].ok)
			fail_msg("%s", types[i].typ);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rfc_examples, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(bit_flips, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(cut_and_stretched, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(other_keys, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(algorithm_confusion, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(public_key_as_secret, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(header_members, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(header_with_nul, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(shapes, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(es256_signatures, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(eddsa_malleability, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(rs256_signatures, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(own_headers, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(size_limit, arena_up, arena_down),
		cmocka_unit_test(media_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
