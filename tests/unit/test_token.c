/* test_token.c - refresh tokens and the snapshot in them; kept answers; what is issued */
#include "keyring.h"
#include "web.h"
#include "base/clock.h"
#include "base/encode.h"
#include "jose/jwt.h"
#include "oauth/token.h"

static struct web web;
static struct sp_keyring *ring, *other_ring;

static const struct sp_grant_claims grant = {
	.grant_id = "8f14e45f-ceea-467f-a0e6-7b3f1f7e5b1a", .user_id = "1f0e3dad-9990-4a0a-bb1d-2c1d0f7d4d3e",
	.username = "al\"ice\xc3\xa9", .client_id = "https://app.example/client.json", .tier = "developer",
	.scope = "notes:read notes:write", .resource = "https://mcp.example.com/mcp", .version = "3.7", .auth_time = 1700000000,
};

static void
check_same(const struct sp_grant_claims *a, const struct sp_grant_claims *b)
{
	assert_string_equal(a->grant_id, b->grant_id);
	assert_string_equal(a->client_id, b->client_id);
	assert_string_equal(a->tier, b->tier);
	assert_string_equal(a->scope, b->scope);
	assert_string_equal(a->resource, b->resource);
	assert_string_equal(a->version, b->version);
	assert_int_equal(a->auth_time, b->auth_time);
	assert_true(sp_str_eq(sp_str(a->user_id), sp_str(b->user_id)));
	assert_true(sp_str_eq(sp_str(a->username), sp_str(b->username)));
}

static void
round_trip(void **state)
{
	struct sp_grant_claims service = grant, read;
	struct sp_str secret = sp_random_token(web.mem), token, head;
	bool known;

	(void)state;
	token = sp_refresh_token_make(&web.req, secret, &grant);
	assert_true(sp_str_starts(token, secret.p));
	assert_true(sp_refresh_token_read(&web.req, token, &head, &read, &known));
	assert_true(known);
	assert_true(sp_str_eq(head, secret));
	check_same(&grant, &read);
	/* a client for itself */
	service.user_id = service.username = NULL;
	service.auth_time = 0;
	token = sp_refresh_token_make(&web.req, secret, &service);
	assert_true(sp_refresh_token_read(&web.req, token, &head, &read, &known) && known);
	check_same(&service, &read);
	assert_null(read.user_id);
	/* two of the same are not the same */
	assert_false(sp_str_eq(token, sp_refresh_token_make(&web.req, secret, &service)));
}

/* Whatever is done to the snapshot, it is only not known; the secret in front stays what it is. */
static void
tampering(void **state)
{
	struct sp_str secret = sp_random_token(web.mem), other = sp_random_token(web.mem), token, head;
	struct sp_grant_claims read;
	char *copy;
	bool known;

	(void)state;
	token = sp_refresh_token_make(&web.req, secret, &grant);
	for (size_t i = secret.len + 1; i < token.len; i++)
		for (int bit = 0; bit < 6; bit++) {
			copy = sp_cstr(web.mem, token);
			copy[i] = (char)(copy[i] ^ 1 << bit);
			if (copy[i] == '\0')
				continue;
			assert_true(sp_refresh_token_read(&web.req, (struct sp_str){ copy, token.len }, &head, &read, &known));
			assert_true(sp_str_eq(head, secret));
			if (known)
				fail_msg("byte %zu, bit %d", i, bit);
			assert_null(read.grant_id);
		}
	/* cut anywhere behind the secret */
	for (size_t len = secret.len; len < token.len; len++) {
		assert_true(sp_refresh_token_read(&web.req, sp_str_sub(token, 0, len), &head, &read, &known));
		assert_false(known);
	}
	/* longer */
	copy = sp_printf(web.mem, "%.*sA", SP_FMT(token));
	assert_true(sp_refresh_token_read(&web.req, sp_str(copy), &head, &read, &known) && !known);
	/* behind another secret */
	copy = sp_printf(web.mem, "%.*s%.*s", SP_FMT(other), SP_FMT(sp_str_sub(token, secret.len, token.len)));
	assert_true(sp_refresh_token_read(&web.req, sp_str(copy), &head, &read, &known) && !known);
	/* under another master key */
	web.process.keyring = other_ring;
	assert_true(sp_refresh_token_read(&web.req, token, &head, &read, &known) && !known);
	web.process.keyring = ring;
	/* sealed by us for something else */
	copy = sp_printf(web.mem, "%.*s.%.*s", SP_FMT(secret), SP_FMT(sp_base64url_encode(web.mem, "x", 1)));
	assert_true(sp_refresh_token_read(&web.req, sp_str(copy), &head, &read, &known) && !known);
}

static void
no_tokens(void **state)
{
	static const char *const texts[] = { "", ".", "x", "..", "A.B", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };
	struct sp_grant_claims read;
	struct sp_str head;
	bool known;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		CHECK(!sp_refresh_token_read(&web.req, sp_str(texts[i]), &head, &read, &known), texts[i]);
	assert_false(sp_refresh_token_read(&web.req, sp_str(sp_printf(web.mem, "%043d.%040000d", 0, 0)), &head, &read, &known));
	assert_false(sp_refresh_token_read(&web.req, (struct sp_str){ NULL, 0 }, &head, &read, &known));
}

/* A snapshot that does not fit is left out; the token works without. */
static void
large_grant(void **state)
{
	struct sp_grant_claims large = grant, read;
	struct sp_str secret = sp_random_token(web.mem), head;
	bool known;

	(void)state;
	large.scope = sp_printf(web.mem, "%020000d", 0);
	assert_true(sp_str_eq(sp_refresh_token_make(&web.req, secret, &large), secret));
	assert_true(sp_refresh_token_read(&web.req, secret, &head, &read, &known) && !known);
}

static void
kept_answers(void **state)
{
	struct sp_str secret = sp_random_token(web.mem), other = sp_random_token(web.mem), sealed;
	struct sp_issued issued = { .access_token = SP_LIT("eyJ.x.y"), .expires_in = 3600, .exp = sp_now_seconds() + 100,
		.scope = "a b", .refresh_token = SP_LIT("r.s") }, read;

	(void)state;
	sealed = sp_issued_seal(web.mem, secret, &issued);
	assert_true(sp_issued_open(web.mem, secret, sealed, &read));
	assert_true(sp_str_is(read.access_token, "eyJ.x.y"));
	assert_true(sp_str_is(read.refresh_token, "r.s"));
	assert_string_equal(read.scope, "a b");
	/* what is left of its life, not what it had */
	assert_in_range(read.expires_in, 98, 100);
	issued.exp = sp_now_seconds() - 5;
	assert_true(sp_issued_open(web.mem, secret, sp_issued_seal(web.mem, secret, &issued), &read));
	assert_int_equal(read.expires_in, 0);
	assert_false(sp_issued_open(web.mem, other, sealed, &read));
	for (size_t i = 0; i < sealed.len; i++) {
		char *copy = sp_cstr(web.mem, sealed);

		copy[i] = (char)(copy[i] ^ 1);
		assert_false(sp_issued_open(web.mem, secret, (struct sp_str){ copy, sealed.len }, &read));
		assert_false(sp_issued_open(web.mem, secret, sp_str_sub(sealed, 0, i), &read));
	}
}

static void
answers(void **state)
{
	struct sp_issued issued = { .access_token = SP_LIT("t"), .expires_in = 3600, .scope = "a \xc3\xa9" };
	struct sp_buf b;

	(void)state;
	sp_buf_init(&b, web.mem, 1000);
	sp_issued_write(&b, &issued);
	CHECK_STR(sp_buf_view(&b), "{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"scope\":\"a \xc3\xa9\"}", "without refresh");
	issued.refresh_token = SP_LIT("r");
	issued.scope = NULL;
	sp_buf_init(&b, web.mem, 1000);
	sp_issued_write(&b, &issued);
	CHECK_STR(sp_buf_view(&b), "{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"r\",\"scope\":\"\"}", "without scope");
}

static void
access_tokens(void **state)
{
	struct sp_grant_claims service = grant;
	struct sp_keyset_row row;
	struct sp_jwt_claims claims;
	struct sp_keyset *keys;
	struct sp_issued issued = { .expires_in = 0 }, second = { .expires_in = 0 };
	const char *why = "";

	(void)state;
	sp_keyset_new_key(web.mem, ring, SP_ES256, &row);
	row.state = SP_LIT("active");
	assert_true(sp_keyset_build(web.mem, ring, &row, 1, &keys, &why));
	assert_true(sp_access_token_issue(&web.req, keys, &grant, "notes:read", &issued));
	assert_int_equal(issued.expires_in, 3600);
	assert_true(sp_access_token_verify(web.mem, keys, issued.access_token, web.settings.issuer, grant.resource, sp_now_seconds(), &claims, &why));
	assert_true(sp_str_is(claims.sub, grant.user_id));
	assert_true(sp_str_is(claims.client_id, grant.client_id));
	assert_true(sp_str_is(claims.scope, "notes:read"));
	assert_true(sp_str_is(claims.grant_id, grant.grant_id));
	assert_true(sp_str_is(claims.preferred_username, grant.username));
	assert_int_equal(claims.exp, issued.exp);
	assert_int_equal(claims.auth_time, grant.auth_time);
	assert_true(sp_access_token_issue(&web.req, keys, &grant, "notes:read", &second));
	assert_false(sp_str_eq(issued.access_token, second.access_token));
	/* for another resource or issuer it is none */
	assert_false(sp_access_token_verify(web.mem, keys, issued.access_token, web.settings.issuer, "https://mcp.example.com/mcp/search", sp_now_seconds(), &claims, &why));
	assert_false(sp_access_token_verify(web.mem, keys, issued.access_token, "https://evil.example", grant.resource, sp_now_seconds(), &claims, &why));
	assert_false(sp_access_token_verify(web.mem, keys, issued.access_token, web.settings.issuer, grant.resource, issued.exp, &claims, &why));
	/* a client for itself is its own subject */
	service.user_id = service.username = NULL;
	assert_true(sp_access_token_issue(&web.req, keys, &service, "", &issued));
	assert_true(sp_access_token_verify(web.mem, keys, issued.access_token, web.settings.issuer, grant.resource, sp_now_seconds(), &claims, &why));
	assert_true(sp_str_is(claims.sub, grant.client_id));
	sp_keyset_unref(keys);
	/* without a key that signs */
	row.state = SP_LIT("retiring");
	assert_true(sp_keyset_build(web.mem, ring, &row, 1, &keys, &why));
	assert_false(sp_access_token_issue(&web.req, keys, &grant, "", &issued));
	assert_int_equal(web.req.problem, SP_SERVER_ERROR);
	sp_keyset_unref(keys);
}

static int
setup(void **state)
{
	(void)state;
	web_open(&web);
	ring = new_keyring();
	other_ring = new_keyring();
	web.process.keyring = ring;
	web.settings.access_token_ttl = 3600;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	sp_keyring_free(ring);
	sp_keyring_free(other_ring);
	web_close(&web);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(tampering), cmocka_unit_test(no_tokens), cmocka_unit_test(large_grant),
		cmocka_unit_test(kept_answers), cmocka_unit_test(answers), cmocka_unit_test(access_tokens),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
