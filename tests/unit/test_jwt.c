/* test_jwt.c - claims: RFC 7519's example, RFC 9068's tokens, and what is nearly one */
#include "base/encode.h"
#include "jose/jwt.h"
#include "jose_vectors.h"
#include "unit.h"

#define NOW 1700000000
#define ISS "https://as.example.com"
#define AUD "https://as.example.com/mcp"

static const char *const our_aud[] = { AUD, NULL };

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

static struct sp_jwk
key_of(struct sp_arena *mem, const char *json, enum sp_jwk_part part)
{
	struct sp_jwk key;
	const char *why;

	if (!sp_jwk_parse_text(mem, sp_str(json), part, &key, &why))
		fail_msg("%s: %s", json, why);
	return key;
}

/* RFC 7519 section 3.1, whose claims are the payload of RFC 7515 A.2. */
static void
rfc7519_example(void **state)
{
	static const char *const aud[] = { "x", NULL };
	struct sp_jwt_expect expect = { .iss = "joe", .aud = aud, .now = 1300819379 };
	struct sp_arena *mem = *state;
	struct sp_jwt_claims claims;
	struct sp_str payload, with_aud;
	const char *why;

	assert_true(sp_base64url_decode(mem, sp_str(RFC7515_PAYLOAD), &payload));
	assert_false(sp_jwt_check(mem, payload, &expect, &claims, &why));	/* it has no aud */
	with_aud = sp_str(sp_printf(mem, "{\"aud\":\"x\",%s", payload.p + 1));
	assert_true(sp_jwt_check(mem, with_aud, &expect, &claims, &why));
	assert_int_equal(claims.exp, 1300819380);
	CHECK_STR(claims.iss, "joe", "iss");
	expect.now++;
	assert_false(sp_jwt_check(mem, with_aud, &expect, &claims, &why));
}

/* ---- claims at NOW, issuer ISS, audience AUD ---- */

#define REST "\"iss\":\"" ISS "\",\"aud\":\"" AUD "\""

static const struct {
	const char *payload;
	bool ok;
} payloads[] = {
	{ "{" REST ",\"exp\":1700000001}", true },
	{ "{" REST ",\"exp\":1700000000}", false },		/* "on or after" */
	{ "{" REST ",\"exp\":1699999999}", false },
	{ "{" REST ",\"exp\":253402300799}", true },
	{ "{" REST ",\"exp\":253402300800}", false },
	{ "{" REST ",\"exp\":9223372036854775807}", false },
	{ "{" REST ",\"exp\":9223372036854775808}", false },
	{ "{" REST ",\"exp\":18446744073709551616}", false },
	{ "{" REST ",\"exp\":99999999999999999999999999}", false },
	{ "{" REST ",\"exp\":-1}", false },
	{ "{" REST ",\"exp\":0}", false },
	{ "{" REST ",\"exp\":1700000001.0}", false },
	{ "{" REST ",\"exp\":1700000001.5}", false },
	{ "{" REST ",\"exp\":1e300}", false },
	{ "{" REST ",\"exp\":1e10}", false },
	{ "{" REST ",\"exp\":\"1700000001\"}", false },
	{ "{" REST ",\"exp\":null}", false },
	{ "{" REST ",\"exp\":true}", false },
	{ "{" REST ",\"exp\":[1700000001]}", false },
	{ "{" REST ",\"exp\":{}}", false },
	{ "{" REST ",\"exp\":NaN}", false },
	{ "{" REST ",\"exp\":01700000001}", false },
	{ "{" REST ",\"exp\":+1700000001}", false },
	{ "{" REST ",\"exp\":1700000001,\"exp\":1700000001}", false },
	{ "{" REST ",\"exp\":1,\"\\u0065xp\":1700000001}", false },
	{ "{" REST ",\"EXP\":1700000001}", false },
	{ "{" REST "}", false },

	{ "{" REST ",\"exp\":1700000100,\"nbf\":1700000060}", true },
	{ "{" REST ",\"exp\":1700000100,\"nbf\":1700000061}", false },
	{ "{" REST ",\"exp\":1700000100,\"nbf\":1}", true },
	{ "{" REST ",\"exp\":1700000100,\"nbf\":0}", false },
	{ "{" REST ",\"exp\":1700000100,\"nbf\":-1}", false },
	{ "{" REST ",\"exp\":1700000100,\"nbf\":null}", false },
	{ "{" REST ",\"exp\":1700000100,\"nbf\":\"1\"}", false },
	{ "{" REST ",\"exp\":1700000100,\"nbf\":1.5}", false },
	{ "{" REST ",\"exp\":1700000100,\"nbf\":-9223372036854775808}", false },
	{ "{" REST ",\"exp\":1700000100,\"nbf\":99999999999999999999}", false },
	{ "{" REST ",\"exp\":1700000100,\"iat\":1700000060}", true },
	{ "{" REST ",\"exp\":1700000100,\"iat\":1700000061}", false },
	{ "{" REST ",\"exp\":1700000100,\"iat\":1700000000.25}", false },
	{ "{" REST ",\"exp\":1700000100,\"auth_time\":\"now\"}", false },

	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001}", false },
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":null}", false },
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":\"\"}", false },
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":[]}", false },
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":[\"" AUD "\"]}", true },
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":[\"a\",\"" AUD "\",\"b\"]}", true },
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":[\"a\",\"b\"]}", false },
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":[\"" AUD "\",1]}", false },
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":[\"" AUD "\",null]}", false },
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":[[\"" AUD "\"]]}", false },
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":{\"" AUD "\":1}}", false },
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":\"" AUD "/\"}", false },
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":\"" AUD "/other\"}", false },
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":\"https://AS.example.com/mcp\"}", false },
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":\"" AUD " b\"}", false },
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":\"" AUD "\\u0000\"}", false },
	/* sixteen audiences, ours is the last; and seventeen */
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\","
	    "\"" AUD "\"]}", true },
	{ "{\"iss\":\"" ISS "\",\"exp\":1700000001,\"aud\":[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\","
	    "\"\",\"" AUD "\"]}", false },

	{ "{\"aud\":\"" AUD "\",\"exp\":1700000001}", false },
	{ "{\"aud\":\"" AUD "\",\"exp\":1700000001,\"iss\":null}", false },
	{ "{\"aud\":\"" AUD "\",\"exp\":1700000001,\"iss\":\"\"}", false },
	{ "{\"aud\":\"" AUD "\",\"exp\":1700000001,\"iss\":\"" ISS "/\"}", false },
	{ "{\"aud\":\"" AUD "\",\"exp\":1700000001,\"iss\":\"HTTPS://as.example.com\"}", false },
	{ "{\"aud\":\"" AUD "\",\"exp\":1700000001,\"iss\":\"https://as.example.co\"}", false },
	{ "{\"aud\":\"" AUD "\",\"exp\":1700000001,\"iss\":[\"" ISS "\"]}", false },

	{ "{" REST ",\"exp\":1700000001,\"sub\":7}", false },
	{ "{" REST ",\"exp\":1700000001,\"scope\":[\"a\"]}", false },
	{ "{" REST ",\"exp\":1700000001,\"unknown\":{\"a\":[1.5,null]}}", true },
	{ "{" REST ",\"exp\":1700000001}x", false },
	{ "{" REST ",\"exp\":1700000001}{}", false },
	{ "[{" REST ",\"exp\":1700000001}]", false },
	{ "null", false },
	{ "\"\"", false },
	{ "", false },
};

static void
claims_judged(void **state)
{
	const struct sp_jwt_expect expect = { .iss = ISS, .aud = our_aud, .now = NOW };

	for (size_t i = 0; i < COUNT(payloads); i++) {
		struct sp_jwt_claims claims = { .exp = 42 };
		const char *why = NULL;

		if (sp_jwt_check(*state, sp_str(payloads[i].payload), &expect, &claims, &why) != payloads[i].ok)
			fail_msg("%s: expected %s: %s", payloads[i].payload,
			    payloads[i].ok ? "to be good" : "a refusal", why);
		if (!payloads[i].ok) {
			CHECK(why != NULL, payloads[i].payload);
			CHECK(claims.exp == 42, payloads[i].payload);
		}
	}
}

static void
life_time_limit(void **state)
{
	struct sp_jwt_expect expect = { .iss = ISS, .aud = our_aud, .now = NOW, .max_ttl = 300 };
	struct sp_jwt_claims claims;
	const char *why;

	assert_true(sp_jwt_check(*state, sp_str("{" REST ",\"exp\":1700000300}"), &expect, &claims, &why));
	assert_false(sp_jwt_check(*state, sp_str("{" REST ",\"exp\":1700000301}"), &expect, &claims, &why));
}

/* ---- access tokens ---- */

static struct sp_jwt_claims
some_claims(void)
{
	static struct sp_str aud = SP_LIT(AUD);

	return (struct sp_jwt_claims){
		.iss = SP_LIT(ISS), .sub = SP_LIT("c7a9f0b2-0000-4000-8000-000000000001"), .aud = &aud,
		.aud_count = 1, .client_id = SP_LIT("https://client.example.com/id"), .jti = SP_LIT("j-1"),
		.iat = NOW, .exp = NOW + 300,
	};
}

/* A keyset without the database: one active key, built from a row. */
static struct sp_keyset *
keyset_of(struct sp_arena *mem, const struct sp_jwk *key)
{
	struct sp_keyset_row row = {
		.kid = sp_jwk_thumbprint(mem, key), .alg = sp_str(sp_jose_alg_name(key->alg)),
		.state = SP_LIT("retiring"), .public_jwk = sp_jwk_json(mem, key, SP_JWK_PUBLIC),
	};
	struct sp_keyset *keys;
	const char *why;

	if (!sp_keyset_build(mem, NULL, &row, 1, &keys, &why))
		fail_msg("%s", why);
	return keys;
}

static bool
verify(struct sp_arena *mem, const struct sp_keyset *keys, struct sp_str text, struct sp_jwt_claims *out)
{
	const char *why = NULL;
	bool ok = sp_access_token_verify(mem, keys, text, ISS, AUD, NOW, out, &why);

	assert_true(ok || why != NULL);
	return ok;
}

static void
access_token(void **state)
{
	struct sp_arena *mem = *state;

	for (int alg = SP_ES256; alg <= SP_EDDSA; alg++) {
		struct sp_jwt_claims claims = some_claims(), got;
		struct sp_keyset *keys;
		struct sp_jws jws;
		struct sp_jwk key;
		struct sp_str text;
		const char *why;

		sp_jwk_generate(mem, (enum sp_jose_alg)alg, &key);
		keys = keyset_of(mem, &key);
		assert_true(sp_access_token_sign(mem, &key, &claims, &text));
		assert_true(sp_jws_parse(mem, text, &jws, &why));
		CHECK_STR(jws.typ, "at+jwt", "typ");
		assert_true(sp_str_eq(jws.kid, key.kid));
		assert_true(verify(mem, keys, text, &got));
		CHECK_STR(got.payload, "{\"iss\":\"" ISS "\",\"sub\":\"c7a9f0b2-0000-4000-8000-000000000001\","
		    "\"aud\":\"" AUD "\",\"client_id\":\"https://client.example.com/id\",\"jti\":\"j-1\","
		    "\"iat\":1700000000,\"exp\":1700000300}", "payload");
		assert_true(sp_str_eq(got.sub, claims.sub));
		assert_true(sp_str_eq(got.client_id, claims.client_id));
		assert_null(got.scope.p);
		assert_null(got.grant_id.p);

		/* and with all that a token can have */
		claims.aud = (struct sp_str[]){ SP_LIT("https://as.example.com"), SP_LIT(AUD) };
		claims.aud_count = 2;
		claims.nbf = NOW;
		claims.auth_time = NOW - 5;
		claims.scope = SP_LIT("orders:read \"quoted\"");
		claims.acr = SP_LIT("2");
		claims.preferred_username = SP_LIT("al\xc3\xafs");
		claims.jkt = SP_LIT("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
		claims.grant_id = SP_LIT("c7a9f0b2-0000-4000-8000-000000000002");
		claims.tier = SP_LIT("admin");
		assert_true(sp_access_token_sign(mem, &key, &claims, &text));
		assert_true(verify(mem, keys, text, &got));
		assert_int_equal(got.aud_count, 2);
		assert_int_equal(got.nbf, NOW);
		assert_int_equal(got.auth_time, NOW - 5);
		assert_int_equal(got.iat, NOW);
		assert_int_equal(got.exp, NOW + 300);
		assert_true(sp_str_eq(got.aud[1], sp_str(AUD)));
		assert_true(sp_str_eq(got.scope, claims.scope));
		assert_true(sp_str_eq(got.acr, claims.acr));
		assert_true(sp_str_eq(got.preferred_username, claims.preferred_username));
		assert_true(sp_str_eq(got.jkt, claims.jkt));
		assert_true(sp_str_eq(got.grant_id, claims.grant_id));
		assert_true(sp_str_eq(got.tier, claims.tier));

		/* any other place or time */
		assert_false(sp_access_token_verify(mem, keys, text, ISS "/", AUD, NOW, &got, &why));
		assert_false(sp_access_token_verify(mem, keys, text, ISS, AUD "/other", NOW, &got, &why));
		assert_false(sp_access_token_verify(mem, keys, text, ISS, AUD, NOW + 300, &got, &why));
		assert_false(sp_access_token_verify(mem, keys, text, ISS, AUD, NOW - 61, &got, &why));
		assert_true(sp_access_token_verify(mem, keys, text, ISS, AUD, NOW - 60, &got, &why));
		sp_keyset_unref(keys);
	}
}

/* A JWT under our own key is no access token by that alone: RFC 9068 section 4, RFC 8725 section 3.11. */
static void
other_types(void **state)
{
	static const struct {
		const char *typ;
		bool ok;
	} types[] = {
		{ "at+jwt", true }, { "application/at+jwt", true }, { "AT+JWT", true }, { NULL, false }, { "JWT", false },
		{ "jwt", false }, { "dpop+jwt", false }, { "logout+jwt", false }, { "at", false }, { "", false },
	};
	struct sp_arena *mem = *state;
	struct sp_jwt_claims claims = some_claims(), got;
	struct sp_str text, payload;
	struct sp_keyset *keys;
	struct sp_jws jws;
	struct sp_jwk key;
	const char *why;

	sp_jwk_generate(mem, SP_EDDSA, &key);
	keys = keyset_of(mem, &key);
	assert_true(sp_access_token_sign(mem, &key, &claims, &text));
	assert_true(sp_jws_parse(mem, text, &jws, &why) && sp_jws_verify(mem, &jws, &key, &payload, &why));
	for (size_t i = 0; i < COUNT(types); i++) {
		assert_true(sp_jws_sign(mem, &key, types[i].typ, payload, &text));
		if (verify(mem, keys, text, &got) != types[i].ok)
			fail_msg("typ %s", types[i].typ != NULL ? types[i].typ : "absent");
	}
	sp_keyset_unref(keys);
}

static void
required_claims(void **state)
{
	static const char *const required[] = { "iss", "sub", "aud", "client_id", "jti", "iat", "exp" };
	struct sp_arena *mem = *state;
	struct sp_jwt_claims claims = some_claims(), got;
	struct sp_str text, payload, again;
	struct sp_keyset *keys;
	struct sp_jws jws;
	struct sp_jwk key;
	const char *why;

	sp_jwk_generate(mem, SP_EDDSA, &key);
	keys = keyset_of(mem, &key);
	assert_true(sp_access_token_sign(mem, &key, &claims, &text));
	assert_true(sp_jws_parse(mem, text, &jws, &why) && sp_jws_verify(mem, &jws, &key, &payload, &why));
	for (size_t i = 0; i < COUNT(required); i++)
		for (int how = 0; how < 2; how++) {
			struct json_object *obj;

			assert_true(sp_json_parse(mem, payload, &obj, &why));
			if (how == 0)
				json_object_object_del(obj, required[i]);
			else
				json_object_object_add(obj, required[i], json_object_new_string(""));
			assert_true(sp_jws_sign(mem, &key, "at+jwt", sp_json_canonical(mem, obj), &again));
			if (verify(mem, keys, again, &got))
				fail_msg("taken without %s", required[i]);
		}
	sp_keyset_unref(keys);
}

static void
unknown_keys(void **state)
{
	static const char *const kids[] = { "", "../../../../etc/passwd", "' OR '1'='1", "x" };
	struct sp_arena *mem = *state;
	struct sp_jwt_claims claims = some_claims(), got;
	struct sp_jwk ours, theirs;
	struct sp_keyset *keys;
	struct sp_str text;

	sp_jwk_generate(mem, SP_ES256, &ours);
	sp_jwk_generate(mem, SP_ES256, &theirs);
	keys = keyset_of(mem, &ours);
	assert_true(sp_access_token_sign(mem, &theirs, &claims, &text));
	assert_false(verify(mem, keys, text, &got));		/* kid of theirs */
	theirs.kid = ours.kid;
	assert_true(sp_access_token_sign(mem, &theirs, &claims, &text));
	assert_false(verify(mem, keys, text, &got));		/* kid of ours */
	ours.kid = (struct sp_str){ 0 };
	assert_true(sp_access_token_sign(mem, &ours, &claims, &text));
	assert_false(verify(mem, keys, text, &got));		/* ours, but it does not say which */
	for (size_t i = 0; i < COUNT(kids); i++) {
		ours.kid = sp_str(kids[i]);
		assert_true(sp_access_token_sign(mem, &ours, &claims, &text));
		assert_false(verify(mem, keys, text, &got));
	}
	sp_keyset_unref(keys);
}

/* A token whose claims would not fit is not made. */
static void
too_long(void **state)
{
	struct sp_arena *mem = *state;
	struct sp_jwt_claims claims = some_claims();
	struct sp_str text = { 0 };
	struct sp_jwk key;
	char *scope = sp_alloc(mem, SP_JWS_MAX);

	memset(scope, 's', SP_JWS_MAX - 1);
	claims.scope = sp_str(scope);
	sp_jwk_generate(mem, SP_EDDSA, &key);
	assert_false(sp_access_token_sign(mem, &key, &claims, &text));
	assert_null(text.p);
}

/* The same pieces judge a client's assertion: RFC 7523 section 3, keys from its jwks. */
static void
client_assertion(void **state)
{
	static const char *const aud[] = { ISS, ISS "/token", NULL };
	const struct sp_jwt_expect expect = { .iss = "client-1", .aud = aud, .now = NOW, .max_ttl = 600 };
	struct sp_arena *mem = *state;
	struct sp_jwk key = key_of(mem, RFC7515_A2_JWK, SP_JWK_PRIVATE);
	struct json_object *obj;
	struct sp_str text, payload;
	struct sp_jwt_claims claims;
	struct sp_jwk_set set;
	const struct sp_jwk *found;
	struct sp_jws jws;
	const char *why;

	assert_true(sp_json_parse(mem, sp_str("{\"keys\":[" RFC7515_A3_PUBLIC "," RFC7515_A2_PUBLIC "]}"), &obj, &why));
	assert_true(sp_jwk_set_parse(mem, obj, &set, &why));
	assert_true(sp_jws_sign(mem, &key, NULL, sp_str("{\"iss\":\"client-1\",\"sub\":\"client-1\","
	    "\"aud\":\"" ISS "/token\",\"jti\":\"1\",\"exp\":1700000060}"), &text));
	assert_true(sp_jws_parse(mem, text, &jws, &why));
	found = sp_jwk_set_find(&set, jws.alg, jws.kid);
	assert_non_null(found);
	assert_true(sp_jws_verify(mem, &jws, found, &payload, &why));
	assert_true(sp_jwt_check(mem, payload, &expect, &claims, &why));
	assert_true(sp_str_eq(claims.sub, claims.iss));
	CHECK_STR(claims.jti, "1", "jti");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rfc7519_example, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(claims_judged, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(life_time_limit, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(access_token, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(other_types, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(required_claims, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(unknown_keys, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(too_long, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(client_assertion, arena_up, arena_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
