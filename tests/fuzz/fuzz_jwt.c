/*
 * fuzz_jwt.c - access tokens under three fixed keys
 *
 * The first byte says what the rest is: 't' a token; 'h' a header and 'p' a
 * payload, which are signed here, so that the code behind the signature is
 * reached too.
 *
 * Of tokens, only the ones that we signed may pass.  (ECDSA has a second
 * signature for each, (r, n - s), so what was signed is compared for ES256.)
 * What passes of headers and payloads must be good in the eyes of a checker
 * that reads them with json-c alone.
 */
#include <openssl/evp.h>
#include "base/encode.h"
#include "jose/jwt.h"
#include "../unit/jose_vectors.h"
#include "fuzz.h"

#define NOW 1700000000
#define ISS "https://as.example.com"
#define AUD "https://as.example.com/mcp"

/* Valid at NOW. */
static const char *const tokens[] = {
	"eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Im9LSXl3dkdVcFRWVHl4TVEzYndJSWVRVXVk"
	"ZnJfQ2tMTWpDRTE5RUNELVUifQ.eyJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUuY29tIiwic3ViIjoidSIsI"
	"mF1ZCI6Imh0dHBzOi8vYXMuZXhhbXBsZS5jb20vbWNwIiwiY2xpZW50X2lkIjoiYyIsImp0aSI6ImoiLCJpY"
	"XQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMDMwMCwic2NvcGUiOiJhIGIifQ.m3_7RNbKvg1bWSvG9iEOxW"
	"aB3V9c5QmJPd2vuzFx4qOifE8G98H3vdtX9vLkS9w9uLVCc1Hw75Phjs2DzHKU-Q",
	"eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImtQcktfcW14VldhWVZBOXd3QkY2SXVvM3ZW"
	"eno3VHhIQ1R3WEJ5Z3JTNGsifQ.eyJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUuY29tIiwic3ViIjoidSIsI"
	"mF1ZCI6Imh0dHBzOi8vYXMuZXhhbXBsZS5jb20vbWNwIiwiY2xpZW50X2lkIjoiYyIsImp0aSI6ImoiLCJpY"
	"XQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMDMwMCwic2NvcGUiOiJhIGIifQ.QvNRLPuVGAgpRorJNaiikA"
	"5dikB-fvq2sJZ5358SSOXjCmwktw6MmJ6bV23grFPkgowl0hCv6Yqqp16Q6Pj5BA",
	"eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IklzVW42X2UwNE1hU2hYRklJU01wNGtHNjJM"
	"V3pNSVB5X012U0E1cEpnWDgifQ.eyJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUuY29tIiwic3ViIjoidSIsI"
	"mF1ZCI6Imh0dHBzOi8vYXMuZXhhbXBsZS5jb20vbWNwIiwiY2xpZW50X2lkIjoiYyIsImp0aSI6ImoiLCJpY"
	"XQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMDMwMCwic2NvcGUiOiJhIGIifQ.DCPuE86S567b5NufCEdoSp"
	"i1XWUDfEC2bZGnS0Zapi_o8HQi0q8ezRG_LlPBHSWgh_cz1IVJJn25OBM6KZnUbTLmf5APniVfBNdpZDaUWG"
	"SPmAEc26k_y6CJMXlltc6uGxWeoayuvLXbC-qQFnDqmcBgKbStK5-nxqYWNfUuXRhABoQmoMmmoMHsKuEfzQ"
	"VAgupBk3CwnrODzNdVI0SMjdtDePznOAmY8T55HhSFsO-u704zAhMNeUA4TryRPYPtEuq5S6qITs5RXHOGHA"
	"R9jY735hp5fEO8EXgmW_gbI1amLJZBeuL9vaYqc90eYqiEAatveyfP_B6lAxxvhnsXeg",
};

static struct sp_keyset *keys;
static struct sp_jwk signer;		/* the Ed25519 key */

static void
keys_load(void)
{
	static const char *const jwks[] = { RFC7515_A3_PUBLIC, RFC8037_A2_PUBLIC, RFC7515_A2_PUBLIC };
	static struct sp_arena *mem;	/* of the signer, so it lives as long as the process */
	struct sp_keyset_row row[3];
	const char *why;

	mem = sp_arena_new();
	for (size_t i = 0; i < 3; i++) {
		struct sp_jwk key;

		FUZZ_CHECK(sp_jwk_parse_text(mem, sp_str(jwks[i]), SP_JWK_PUBLIC, &key, &why));
		row[i] = (struct sp_keyset_row){ .kid = sp_jwk_thumbprint(mem, &key), .public_jwk = sp_str(jwks[i]),
		    .alg = sp_str(sp_jose_alg_name(key.alg)), .state = SP_LIT("retiring") };
	}
	FUZZ_CHECK(sp_keyset_build(mem, NULL, row, 3, &keys, &why));
	FUZZ_CHECK(sp_jwk_parse_text(mem, SP_LIT(RFC8037_A1_JWK), SP_JWK_PRIVATE, &signer, &why));
	signer.kid = row[1].kid;
	for (size_t i = 0; i < 3; i++) {
		struct sp_jwt_claims claims;

		FUZZ_CHECK(sp_access_token_verify(mem, keys, sp_str(tokens[i]), ISS, AUD, NOW, &claims, &why));
	}
}

static void
fuzz_token(struct sp_arena *mem, struct sp_str text)
{
	struct sp_jwt_claims claims;
	const char *why = NULL;
	bool ours = false;

	if (!sp_access_token_verify(mem, keys, text, ISS, AUD, NOW, &claims, &why)) {
		FUZZ_CHECK(why != NULL);
		return;
	}
	for (size_t i = 0; i < 3; i++) {
		struct sp_str token = sp_str(tokens[i]);

		/* 86 characters are a signature of 64 octets */
		ours = ours || sp_str_eq(text, token) ||
		    (i == 0 && sp_str_eq(sp_str_sub(text, 0, text.len - 86), sp_str_sub(token, 0, token.len - 86)));
	}
	FUZZ_CHECK(ours);
}

static bool
is(struct json_object *string, const char *text)
{
	return json_object_is_type(string, json_type_string) &&
	    (size_t)json_object_get_string_len(string) == strlen(text) &&
	    strcmp(json_object_get_string(string), text) == 0;
}

static struct json_object *
second_opinion(struct sp_str json)
{
	struct json_tokener *tok = json_tokener_new_ex(SP_JSON_MAX_DEPTH + 2);
	struct json_object *obj = json_tokener_parse_ex(tok, json.p, (int)json.len);

	FUZZ_CHECK(json_tokener_get_error(tok) == json_tokener_success);
	FUZZ_CHECK(json_object_is_type(obj, json_type_object));
	json_tokener_free(tok);
	return obj;
}

static void
fuzz_header(struct sp_arena *mem, struct sp_str header)
{
	struct sp_str input, payload;
	struct json_object *obj;
	unsigned char sig[64];
	size_t len = sizeof(sig);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const char *why = NULL;
	struct sp_jws jws;

	input = sp_str(sp_printf(mem, "%s.e30", sp_base64url_encode(mem, header.p, header.len).p));
	FUZZ_CHECK(EVP_DigestSignInit(ctx, NULL, NULL, NULL, signer.pkey) == 1);
	FUZZ_CHECK(EVP_DigestSign(ctx, sig, &len, (const unsigned char *)input.p, input.len) == 1);
	EVP_MD_CTX_free(ctx);
	if (!sp_jws_parse(mem, sp_str(sp_printf(mem, "%s.%s", input.p, sp_base64url_encode(mem, sig, len).p)),
	    &jws, &why)) {
		FUZZ_CHECK(why != NULL);
		return;
	}
	obj = second_opinion(header);
	FUZZ_CHECK(sp_jws_verify(mem, &jws, &signer, &payload, &why) ==
	    is(json_object_object_get(obj, "alg"), "EdDSA"));
	FUZZ_CHECK(!json_object_object_get_ex(obj, "crit", NULL));
	json_object_put(obj);
}

static bool
in_time(struct json_object *obj, const char *name, int64_t from, int64_t to)
{
	struct json_object *value = json_object_object_get(obj, name);

	return json_object_is_type(value, json_type_int) &&
	    json_object_get_int64(value) >= from && json_object_get_int64(value) <= to;
}

static void
fuzz_payload(struct sp_arena *mem, struct sp_str payload)
{
	struct json_object *obj, *aud;
	struct sp_jwt_claims claims;
	const char *why = NULL;
	struct sp_str text;
	bool named;

	if (!sp_jws_sign(mem, &signer, "at+jwt", payload, &text))
		return;			/* too long */
	if (!sp_access_token_verify(mem, keys, text, ISS, AUD, NOW, &claims, &why)) {
		FUZZ_CHECK(why != NULL);
		return;
	}
	FUZZ_CHECK(sp_str_eq(claims.payload, payload));
	obj = second_opinion(payload);
	FUZZ_CHECK(is(json_object_object_get(obj, "iss"), ISS));
	FUZZ_CHECK(in_time(obj, "exp", NOW + 1, SP_JWT_TIME_MAX));
	FUZZ_CHECK(in_time(obj, "iat", 1, NOW + SP_JWT_LEEWAY));
	FUZZ_CHECK(!json_object_object_get_ex(obj, "nbf", NULL) || in_time(obj, "nbf", 1, NOW + SP_JWT_LEEWAY));
	aud = json_object_object_get(obj, "aud");
	named = is(aud, AUD);
	if (json_object_is_type(aud, json_type_array))
		for (size_t i = 0; i < json_object_array_length(aud); i++)
			named = named || is(json_object_array_get_idx(aud, i), AUD);
	FUZZ_CHECK(named);
	json_object_put(obj);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_arena *mem;
	struct sp_str in;

	if (keys == NULL)
		keys_load();
	if (size == 0)
		return 0;
	in = (struct sp_str){ (const char *)data + 1, size - 1 };
	mem = sp_arena_new();
	switch (data[0]) {
	case 't':
		fuzz_token(mem, in);
		break;
	case 'h':
		fuzz_header(mem, in);
		break;
	case 'p':
		fuzz_payload(mem, in);
		break;
	}
	sp_arena_free(mem);
	return 0;
}
