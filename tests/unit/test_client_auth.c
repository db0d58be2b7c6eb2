/* test_client_auth.c - how a client says who it is; PKCE */
#include "web.h"
#include "base/encode.h"
#include "oauth/client_auth.h"
#include "oauth/grant_types.h"

static struct web web;

static bool
read_auth(const char *header, const char *body, struct sp_client_auth *out)
{
	static struct sp_header headers[1];
	struct sp_form form;
	const char *why;

	web.response = (struct sp_response){ .status = 0 };
	web.req.problem = SP_OK;
	headers[0] = (struct sp_header){ SP_LIT("authorization"), sp_str(header) };
	web.req.headers = headers;
	web.req.header_count = header != NULL;
	assert_true(sp_form_parse(web.mem, sp_str(body), &form, &why));
	return sp_client_auth_read(&web.req, &form, out);
}

/* Basic of a text that may hold NUL. */
static const char *
basic(const char *text, size_t len)
{
	return sp_printf(web.mem, "Basic %.*s", SP_FMT(sp_base64_encode(web.mem, text, len)));
}

#define BASIC(text) text, sizeof(text) - 1

static const struct {
	const char *name, *text;
	size_t len;
	const char *body;
	enum sp_problem problem;
	const char *client_id, *secret;		/* secret NULL: none */
} basics[] = {
	{ "plain", BASIC("id:secret"), "", SP_OK, "id", "secret" },
	{ "client_id in the body, too", BASIC("id:secret"), "client_id=id", SP_OK, "id", "secret" },
	{ "form-encoded parts", BASIC("https%3A%2F%2Fa.example%2Fx:a%3Ab+c"), "", SP_OK, "https://a.example/x", "a:b c" },
	{ "a colon in the secret", BASIC("id:a:b"), "", SP_OK, "id", "a:b" },
	{ "an empty secret is none", BASIC("id:"), "", SP_OK, "id", NULL },
	{ "another client_id in the body", BASIC("id:secret"), "client_id=other", SP_INVALID_REQUEST, NULL, NULL },
	{ "a secret in the body, too", BASIC("id:secret"), "client_secret=secret", SP_INVALID_REQUEST, NULL, NULL },
	{ "no colon", BASIC("id"), "", SP_INVALID_CLIENT, NULL, NULL },
	{ "an escaped colon", BASIC("id%3Asecret"), "", SP_INVALID_CLIENT, NULL, NULL },
	{ "no client_id", BASIC(":secret"), "", SP_INVALID_CLIENT, NULL, NULL },
	{ "nothing", BASIC(":"), "", SP_INVALID_CLIENT, NULL, NULL },
	{ "a NUL in the client_id", BASIC("i\0d:secret"), "", SP_INVALID_CLIENT, NULL, NULL },
	{ "a NUL in the secret", BASIC("id:sec\0ret"), "", SP_INVALID_CLIENT, NULL, NULL },
	{ "an escaped NUL", BASIC("id%00:secret"), "", SP_INVALID_CLIENT, NULL, NULL },
	{ "a control byte", BASIC("id:sec\nret"), "", SP_INVALID_CLIENT, NULL, NULL },
	{ "an escaped control byte", BASIC("id:sec%0aret"), "", SP_INVALID_CLIENT, NULL, NULL },
	{ "a broken escape", BASIC("id%:secret"), "", SP_INVALID_CLIENT, NULL, NULL },
	{ "no UTF-8", BASIC("\xff:secret"), "", SP_INVALID_CLIENT, NULL, NULL },
	{ "escaped no UTF-8", BASIC("id:%ff"), "", SP_INVALID_CLIENT, NULL, NULL },
	{ "an assertion beside it", BASIC("id:secret"), "client_assertion=x", SP_INVALID_CLIENT, NULL, NULL },
};

static const char *const broken_headers[] = {
	"Basic", "Basic ", "Basic  ", "Basic !", "Basic aWQ6c2VjcmV0=", "Basic aWQ6c2VjcmV", "Basic aWQ6c2VjcmV0 x", "Basic aWQ6c2VjcmV0,", "Bearer aWQ6c2VjcmV0",
	"Digest x", "aWQ6c2VjcmV0", "", " Basic aWQ6c2VjcmV0", "Basic\taWQ6c2VjcmV0", "Basic aWQ6_2VjcmV0", "BasicaWQ6c2VjcmV0",
};

static void
check_secret(const struct sp_client_auth *auth, const char *secret, const char *name)
{
	uint8_t digest[SP_SHA256_LEN];

	CHECK(auth->has_secret == (secret != NULL), name);
	CHECK(sp_client_auth_secret(auth).kind == (secret != NULL ? SP_PARAM_BYTES : SP_PARAM_NULL), name);
	if (secret != NULL) {
		sp_sha256(sp_str(secret), digest);
		CHECK(memcmp(digest, auth->secret_sha256, sizeof(digest)) == 0, name);
	}
}

static void
basic_credentials(void **state)
{
	struct sp_client_auth auth;

	(void)state;
	for (size_t i = 0; i < COUNT(basics); i++) {
		bool ok = read_auth(basic(basics[i].text, basics[i].len), basics[i].body, &auth);

		CHECK(ok == (basics[i].problem == SP_OK), basics[i].name);
		CHECK(web.req.problem == basics[i].problem, basics[i].name);
		CHECK((sp_response_header(&web.req, "WWW-Authenticate").p != NULL) == (basics[i].problem == SP_INVALID_CLIENT), basics[i].name);
		if (!ok)
			continue;
		CHECK_STR(auth.client_id, basics[i].client_id, basics[i].name);
		CHECK_STR(sp_str(auth.method), basics[i].secret != NULL ? "client_secret_basic" : "none", basics[i].name);
		check_secret(&auth, basics[i].secret, basics[i].name);
	}
	for (size_t i = 0; i < COUNT(broken_headers); i++) {
		CHECK(!read_auth(broken_headers[i], "client_id=id", &auth), broken_headers[i]);
		CHECK(web.req.problem == SP_INVALID_CLIENT, broken_headers[i]);
		CHECK(sp_str_starts(sp_response_header(&web.req, "WWW-Authenticate"), "Basic "), broken_headers[i]);
	}
	assert_true(read_auth("bASIC aWQ6c2VjcmV0", "", &auth));
	assert_true(read_auth("Basic   aWQ6c2VjcmV0", "", &auth));
	assert_false(read_auth(sp_printf(web.mem, "Basic %05000d", 0), "", &auth));
}

static void
body_credentials(void **state)
{
	struct sp_client_auth auth;

	(void)state;
	assert_true(read_auth(NULL, "client_id=id", &auth));
	assert_string_equal(auth.method, "none");
	check_secret(&auth, NULL, "public");
	assert_true(read_auth(NULL, "client_id=id&client_secret=s%20t", &auth));
	assert_string_equal(auth.method, "client_secret_post");
	check_secret(&auth, "s t", "post");
	assert_true(read_auth(NULL, "client_id=id&client_secret=", &auth));
	assert_string_equal(auth.method, "none");
	assert_false(read_auth(NULL, "client_secret=s", &auth));
	assert_int_equal(web.req.problem, SP_INVALID_REQUEST);
	assert_false(read_auth(NULL, "client_id=", &auth));
	assert_int_equal(web.req.problem, SP_INVALID_REQUEST);
	assert_false(read_auth(NULL, "client_id=id&client_assertion=x", &auth));
	assert_int_equal(web.req.problem, SP_INVALID_CLIENT);
	assert_null(sp_response_header(&web.req, "WWW-Authenticate").p);
	assert_false(read_auth(NULL, sp_printf(web.mem, "client_id=%05000d", 0), &auth));
	assert_int_equal(web.req.problem, SP_INVALID_CLIENT);
}

/* ---- PKCE ---- */

#define APPENDIX_B "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define TEN "0123456789"
#define V128 TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "01234567"

static const struct {
	const char *name, *verifier, *challenge;	/* NULL: refused */
} verifiers[] = {
	{ "RFC 7636 appendix B", APPENDIX_B, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" },
	{ "43 of all kinds", "-._~AZaz09-._~AZaz09-._~AZaz09-._~AZaz09-._", "6EbosVILDfPZd9WtFj9NLsdu5ngRdicnbIQ1ZI8Ck98" },
	{ "128", V128, "kW4ZmS5_mx6NkmfDMkYW2sj0GZQZxuTr9o_amF9LZOo" },
	{ "42", TEN TEN TEN TEN "01", NULL },
	{ "129", V128 "8", NULL },
	{ "none", "", NULL },
	{ "a plus", TEN TEN TEN TEN "01+", NULL },
	{ "a slash", TEN TEN TEN TEN "01/", NULL },
	{ "padding", TEN TEN TEN TEN "01=", NULL },
	{ "a space", TEN TEN TEN TEN "01 ", NULL },
	{ "a percent", TEN TEN TEN TEN "01%", NULL },
	{ "no ASCII", TEN TEN TEN TEN "0\xc3\xa9", NULL },
	{ "a line break", TEN TEN TEN TEN "01\n", NULL },
};

static void
pkce(void **state)
{
	struct sp_str challenge = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(verifiers); i++) {
		bool ok = sp_pkce_challenge(web.mem, sp_str(verifiers[i].verifier), &challenge);

		CHECK(ok == (verifiers[i].challenge != NULL), verifiers[i].name);
		if (ok)
			CHECK_STR(challenge, verifiers[i].challenge, verifiers[i].name);
	}
	assert_false(sp_pkce_challenge(web.mem, (struct sp_str){ TEN TEN TEN TEN "0\0" "0", 43 }, &challenge));
	/* the plain method: a challenge that is its verifier is not its hash */
	assert_true(sp_pkce_challenge(web.mem, SP_LIT("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), &challenge));
	assert_false(sp_str_is(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
}

static void
grant_types(void **state)
{
	(void)state;
	assert_non_null(sp_grant_type_find(SP_LIT("authorization_code")));
	assert_non_null(sp_grant_type_find(SP_LIT("refresh_token")));
	assert_non_null(sp_grant_type_find(SP_LIT("client_credentials")));
	assert_null(sp_grant_type_find(SP_LIT("password")));
	assert_null(sp_grant_type_find(SP_LIT("Authorization_Code")));
	assert_null(sp_grant_type_find(SP_LIT("")));
}

static int
setup(void **state)
{
	(void)state;
	web_open(&web);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	web_close(&web);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(basic_credentials), cmocka_unit_test(body_credentials),
		cmocka_unit_test(pkce), cmocka_unit_test(grant_types),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
