/* test_authorization.c - the authorization request, read against a real database; its response; handles */
#include "database.h"
#include "keyring.h"
#include "web.h"
#include "base/encode.h"
#include "db/migrate.h"
#include "oauth/authorization.h"

static struct scratch scratch;
static struct web web;
static struct sp_authority *authority;
static struct sp_keyring *ring, *other_ring;

#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define PKCE "&code_challenge=" CHALLENGE "&code_challenge_method=S256"
#define CLIENT "client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb"
#define GOOD "response_type=code&" CLIENT PKCE

/* A fresh request, with a session on the database. */
static struct sp_request *
fresh(void)
{
	web.req.problem = SP_OK;
	web.req.detail = NULL;
	web.response = (struct sp_response){ .status = 0 };
	return &web.req;
}

static const struct {
	const char *name, *query;
	enum sp_problem problem;
	bool proven;
	const char *scope, *resource;		/* of a good one; NULL: not looked at */
} requests[] = {
	{ "good", GOOD, SP_OK, true, "notes:read", "https://mcp.example.com/mcp" },
	{ "in another order, with escapes", "cl%69ent_id=app&code_challenge_method=S256&code_challenge=" CHALLENGE "&response_type=c%6fde&redirect_uri=https://app.example/cb",
	    SP_OK, true, NULL, NULL },
	{ "without the one redirect URI", "response_type=code&client_id=app" PKCE, SP_OK, true, NULL, NULL },
	{ "scope", GOOD "&scope=notes%3Awrite+x+notes:read", SP_OK, true, "notes:write notes:read", NULL },
	{ "a resource's alias", GOOD "&resource=HTTPS://MCP.example.com:443/mcp/search/", SP_OK, true, "search:run", "https://mcp.example.com/mcp/search" },
	{ "loopback port", "response_type=code&client_id=local&redirect_uri=http://127.0.0.1:5/cb" PKCE, SP_OK, true, NULL, NULL },
	{ "empty parameters", GOOD "&scope=&state=&prompt=&resource=&request=&nonce=", SP_OK, true, "notes:read", NULL },
	{ "nothing", "", SP_INVALID_REQUEST, false, NULL, NULL },
	{ "only separators", "&&&", SP_INVALID_REQUEST, false, NULL, NULL },
	{ "an unknown client", "response_type=code&client_id=nobody&redirect_uri=https://app.example/cb" PKCE, SP_INVALID_CLIENT, false, NULL, NULL },
	{ "an empty client_id", "response_type=code&client_id=&redirect_uri=https://app.example/cb" PKCE, SP_INVALID_REQUEST, false, NULL, NULL },
	{ "two clients", GOOD "&client_id=app", SP_INVALID_REQUEST, false, NULL, NULL },
	{ "two redirect URIs", GOOD "&redirect_uri=https://app.example/cb", SP_INVALID_REQUEST, false, NULL, NULL },
	{ "another redirect URI", "response_type=code&client_id=app&redirect_uri=https://app.example/other" PKCE, SP_INVALID_REQUEST, false, NULL, NULL },
	{ "none of two", "response_type=code&client_id=local" PKCE, SP_INVALID_REQUEST, false, NULL, NULL },
	{ "a broken escape", GOOD "&x=%zz", SP_INVALID_REQUEST, false, NULL, NULL },
	{ "a broken escape in the state", GOOD "&state=%4", SP_INVALID_REQUEST, false, NULL, NULL },
	{ "a NUL", GOOD "&x=%00", SP_INVALID_REQUEST, false, NULL, NULL },
	{ "no UTF-8", GOOD "&x=%ff", SP_INVALID_REQUEST, false, NULL, NULL },
	{ "two states", GOOD "&state=a&state=b", SP_INVALID_REQUEST, true, NULL, NULL },
	{ "a known parameter twice", GOOD "&scope=a&scope=b", SP_INVALID_REQUEST, true, NULL, NULL },
	{ "no response_type", CLIENT PKCE, SP_INVALID_REQUEST, true, NULL, NULL },
	{ "token", "response_type=token&" CLIENT PKCE, SP_UNSUPPORTED_RESPONSE_TYPE, true, NULL, NULL },
	{ "no challenge", "response_type=code&" CLIENT "&code_challenge_method=S256", SP_INVALID_REQUEST, true, NULL, NULL },
	{ "plain", "response_type=code&" CLIENT "&code_challenge=" CHALLENGE "&code_challenge_method=plain", SP_INVALID_REQUEST, true, NULL, NULL },
	{ "no method", "response_type=code&" CLIENT "&code_challenge=" CHALLENGE, SP_INVALID_REQUEST, true, NULL, NULL },
	{ "a long challenge", "response_type=code&" CLIENT "&code_challenge=x" CHALLENGE "&code_challenge_method=S256", SP_INVALID_REQUEST, true, NULL, NULL },
	{ "a request object", GOOD "&request=x", SP_REQUEST_NOT_SUPPORTED, true, NULL, NULL },
	{ "its reference", GOOD "&request_uri=x", SP_REQUEST_URI_NOT_SUPPORTED, true, NULL, NULL },
	{ "an unknown resource", GOOD "&resource=https://evil.example", SP_INVALID_TARGET, true, NULL, NULL },
	{ "two resources", GOOD "&resource=https://mcp.example.com/mcp&resource=https://mcp.example.com/mcp/search", SP_INVALID_TARGET, true, NULL, NULL },
	{ "an unknown scope", GOOD "&scope=admin", SP_INVALID_SCOPE, true, NULL, NULL },
	{ "a malformed scope", GOOD "&scope=%22", SP_INVALID_SCOPE, true, NULL, NULL },
	{ "prompts that contradict", GOOD "&prompt=none+login", SP_INVALID_REQUEST, true, NULL, NULL },
	{ "beyond the client's ceiling", "response_type=code&client_id=capped&scope=notes:read" PKCE, SP_INVALID_SCOPE, true, NULL, NULL },
	{ "within it", "response_type=code&client_id=capped" PKCE, SP_OK, true, "notes:write", NULL },
	{ "another resource than the client's", "response_type=code&client_id=bound" PKCE, SP_INVALID_TARGET, true, NULL, NULL },
	{ "the client's", "response_type=code&client_id=bound&resource=https://mcp.example.com/mcp/search" PKCE, SP_OK, true, "search:run", NULL },
	{ "a disabled client", "response_type=code&client_id=disabled" PKCE, SP_INVALID_CLIENT, false, NULL, NULL },
	{ "an expired client", "response_type=code&client_id=expired" PKCE, SP_INVALID_CLIENT, false, NULL, NULL },
	{ "a query at Warp's redirect URI", "response_type=code&client_id=warp&redirect_uri=warp://mcp/oauth2callback?server_id=1" PKCE, SP_INVALID_REQUEST, false, NULL, NULL },
};

static void
reading(void **state)
{
	struct sp_authorization a;

	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		bool ok = sp_authorization_read(fresh(), authority, sp_str(requests[i].query), &a);

		CHECK(web.req.problem == requests[i].problem, requests[i].name);
		CHECK(ok == (requests[i].problem == SP_OK), requests[i].name);
		CHECK(a.proven == requests[i].proven, requests[i].name);
		if (requests[i].scope != NULL)
			CHECK_STR(sp_str(sp_scope_text(web.mem, &a.scope)), requests[i].scope, requests[i].name);
		if (requests[i].resource != NULL)
			CHECK_STR(sp_str(a.resource->resource), requests[i].resource, requests[i].name);
	}
}

static void
warp(void **state)
{
	static const struct {
		const char *redirect_uri;
		bool ok;
	} uris[] = {
		{ "warp://mcp/oauth2callback", true },
		{ "warp://mcp/oauth2callback?server_id=1", true },
		{ "warp://mcp/oauth2callback?", true },
		{ "warp://mcp/oauth2callback/?x", false },
		{ "warp://mcp/other?server_id=1", false },
		{ "warp://evil/oauth2callback?x", false },
		{ "WARP://mcp/oauth2callback?x", false },
		{ "warpx://mcp/oauth2callback?x", false },
		{ "https://app.example/cb?x", false },
	};
	struct sp_authorization a;

	(void)state;
	web.settings.warp_redirect_query = true;
	for (size_t i = 0; i < COUNT(uris); i++)
		CHECK(sp_authorization_read(fresh(), authority, sp_str(sp_printf(web.mem, "response_type=code&client_id=%s&redirect_uri=%s" PKCE,
		    sp_str_starts(sp_str(uris[i].redirect_uri), "https") ? "app" : "warp", uris[i].redirect_uri)), &a) == uris[i].ok, uris[i].redirect_uri);
	web.settings.warp_redirect_query = false;
}

static void
prompts(void **state)
{
	struct sp_authorization a;

	(void)state;
	assert_true(sp_authorization_read(fresh(), authority, SP_LIT(GOOD "&prompt=login+consent+select_account"), &a));
	assert_true(a.prompt_login && a.prompt_consent && !a.prompt_none);
	assert_true(sp_authorization_read(fresh(), authority, SP_LIT(GOOD "&prompt=none"), &a));
	assert_true(a.prompt_none && !a.prompt_login && !a.prompt_consent);
	assert_true(sp_authorization_read(fresh(), authority, SP_LIT(GOOD "&prompt=login&prompt=login"), &a));
	assert_true(a.prompt_login);
}

/* State goes back as it came; only what a URL cannot have is escaped. */
static const struct {
	const char *sent, *back;
} states[] = {
	{ "abc", "abc" }, { "a%20b", "a%20b" }, { "a+b", "a+b" }, { "a%2Bb", "a%2Bb" }, { "%0d%0aSet-Cookie:x=y", "%0d%0aSet-Cookie:x=y" },
	{ "%00", "%00" }, { "%ff", "%ff" }, { "a=b==", "a=b==" }, { "a/b?c:d@e", "a/b?c:d@e" }, { "\"><script>", "%22%3E%3Cscript%3E" },
	{ "a b", "a%20b" }, { "a\r\nb", "a%0D%0Ab" }, { "\x01", "%01" }, { "\xc3\xa9", "%C3%A9" }, { "\xff", "%FF" }, { "a#b", "a%23b" }, { "a\\b", "a%5Cb" },
};

static void
responses(void **state)
{
	struct sp_authorization a;
	struct sp_str location;

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		struct sp_request *req = fresh();

		CHECK(sp_authorization_read(req, authority, sp_str(sp_printf(web.mem, "%s&state=%s", GOOD, states[i].sent)), &a), states[i].sent);
		CHECK(sp_authorization_reply_code(req, &a, SP_LIT("the-code_")), states[i].sent);
		CHECK(web.response.status == 303, states[i].sent);
		location = sp_response_header(req, "Location");
		CHECK_STR(location, sp_printf(web.mem, "https://app.example/cb?code=the-code_&state=%s&iss=https%%3A%%2F%%2Fmcp.example.com", states[i].back), states[i].sent);
		/* and what a handle keeps reads the same again */
		CHECK(sp_authorization_read(fresh(), authority, a.query, &a), states[i].sent);
		CHECK_STR(a.state, states[i].back, states[i].sent);
	}
	/* a redirect URI with a query; no state; errors by their names */
	assert_true(sp_authorization_read(fresh(), authority, SP_LIT("response_type=code&client_id=query&scope=" PKCE), &a));
	(void)sp_fail(&web.req, SP_ACCESS_DENIED, "no");
	assert_true(sp_authorization_reply_error(&web.req, &a));
	CHECK_STR(sp_response_header(&web.req, "Location"), "https://app.example/cb?x=1&error=access_denied&iss=https%3A%2F%2Fmcp.example.com", "query");
	web.req.problem = SP_SERVER_ERROR;
	assert_non_null(strstr(sp_authorization_error_location(&web.req, &a), "error=server_error&"));
	web.req.problem = SP_TEMPORARILY_UNAVAILABLE;
	assert_non_null(strstr(sp_authorization_error_location(&web.req, &a), "error=temporarily_unavailable&"));
	web.req.problem = SP_LOGIN_REQUIRED;
	assert_non_null(strstr(sp_authorization_error_location(&web.req, &a), "error=login_required&"));
}

/* The longest state is as long as the answer is short enough for a header, and no shorter. */
static void
lengths(void **state)
{
	struct sp_authorization a;
	size_t longest = 0;

	(void)state;
	for (size_t len = 7600; len < 8100; len++) {
		char *text = sp_printf(web.mem, "%0*d", (int)len, 0);

		if (sp_authorization_read(fresh(), authority, sp_str(sp_printf(web.mem, "response_type=code&client_id=app" PKCE "&state=%s", text)), &a)) {
			longest = len;
			assert_true(sp_authorization_reply_code(&web.req, &a, sp_random_token(web.mem)));
			assert_in_range(sp_response_header(&web.req, "Location").len, 1, 8000);
		} else
			assert_false(a.proven);
	}
	assert_in_range(longest, 7800, 7990);
}

static void
handles(void **state)
{
	const uint8_t browser[SP_SHA256_LEN] = { 1 }, another[SP_SHA256_LEN] = { 2 };
	struct sp_authorization_handle h, again;
	struct sp_authorization a;
	struct sp_str handle;
	char *copy;

	(void)state;
	assert_true(sp_authorization_read(fresh(), authority, SP_LIT(GOOD "&state=%00%ff+"), &a));
	web.settings.authorization_request_ttl = 600;
	handle = sp_authorization_handle_make(&web.req, "one", browser, &a);
	assert_true(sp_authorization_handle_open(fresh(), "one", browser, handle, &h));
	assert_true(sp_str_eq(h.query, a.query));
	assert_int_equal(h.code.len, SP_TOKEN_TEXT);
	assert_int_equal(strlen(h.id), 36);
	assert_memory_equal(h.metadata_sha256, a.client.metadata_sha256, SP_SHA256_LEN);
	/* each is another decision with another code */
	assert_true(sp_authorization_handle_open(fresh(), "one", browser, sp_authorization_handle_make(&web.req, "one", browser, &a), &again));
	assert_string_not_equal(h.id, again.id);
	assert_false(sp_str_eq(h.code, again.code));
	/* the text gives nothing away */
	assert_null(memmem(handle.p, handle.len, h.code.p, h.code.len));
	/* another purpose, another browser, another master key, altered, cut, nothing */
	assert_false(sp_authorization_handle_open(fresh(), "two", browser, handle, &again));
	assert_int_equal(web.req.problem, SP_FORBIDDEN);
	assert_false(sp_authorization_handle_open(fresh(), "one", another, handle, &again));
	web.process.keyring = other_ring;
	assert_false(sp_authorization_handle_open(fresh(), "one", browser, handle, &again));
	web.process.keyring = ring;
	for (size_t i = 0; i < handle.len; i += 7) {
		copy = sp_cstr(web.mem, handle);
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		assert_false(sp_authorization_handle_open(fresh(), "one", browser, (struct sp_str){ copy, handle.len }, &again));
		assert_false(sp_authorization_handle_open(fresh(), "one", browser, sp_str_sub(handle, 0, i), &again));
	}
	assert_false(sp_authorization_handle_open(fresh(), "one", browser, (struct sp_str){ NULL, 0 }, &again));
	/* its time */
	web.settings.authorization_request_ttl = 0;
	handle = sp_authorization_handle_make(&web.req, "one", browser, &a);
	assert_false(sp_authorization_handle_open(fresh(), "one", browser, handle, &again));
	assert_int_equal(web.req.problem, SP_FORBIDDEN);
	web.settings.authorization_request_ttl = 600;
}

/* ---- the database ---- */

static void
add_client(const char *id, const char *uris, const char *more)
{
	char sql[2048];

	snprintf(sql, sizeof(sql), "INSERT INTO sallyport.client (client_id, kind, redirect_uris, grant_types, token_endpoint_auth_method,"
	    " metadata, metadata_sha256 %s) SELECT '%s', 'registered', ARRAY[%s], '{authorization_code}', 'none',"
	    " m, sha256(convert_to(m::text, 'UTF8')) %s FROM jsonb_build_object('redirect_uris', ARRAY[%s],"
	    " 'token_endpoint_auth_method', 'none') m", more[0] != '\0' ? sp_printf(web.mem, ", %s", sp_cstr(web.mem, sp_str_sub(sp_str(more), 0,
	    (size_t)sp_str_index(sp_str(more), '=')))) : "", id, uris, more[0] != '\0' ? sp_printf(web.mem, ", %s", strchr(more, '=') + 1) : "", uris);
	free(admin_sql(scratch.admin, sql));
}

static int
setup(void **state)
{
	const char *why = "";

	(void)state;
	scratch_make(&scratch, "authorization");
	web_open(&web);
	if (!sp_migrate(scratch.conninfo, NULL, NULL, web.mem, &why))
		fail_msg("%s", why);
	free(admin_sql(scratch.admin, "UPDATE sallyport.resource SET scopes = '{notes:read,notes:write}', default_scopes = '{notes:read}';"
	    "INSERT INTO sallyport.resource (name, title, scopes) VALUES ('search', 'Search', '{search:run}')"));
	add_client("app", "'https://app.example/cb'", "");
	add_client("query", "'https://app.example/cb?x=1'", "");
	add_client("local", "'http://127.0.0.1/cb', 'http://localhost/cb'", "");
	add_client("warp", "'warp://mcp/oauth2callback'", "");
	add_client("capped", "'https://app.example/cb'", "scope='{notes:write}'::text[]");
	add_client("bound", "'https://app.example/cb'", "resource='https://mcp.example.com/mcp/search'");
	add_client("disabled", "'https://app.example/cb'", "disabled_at=now()");
	add_client("expired", "'https://app.example/cb'", "expires_at=now()");
	ring = new_keyring();
	other_ring = new_keyring();
	web.process.keyring = ring;
	web.process.is_cgi = true;	/* no listener: what is needed is read at each request */
	web.settings.fetch_allow = web.settings.fetch_ca_file = "";
	web.settings.client_metadata_documents = true;
	web.process.pool = sp_db_pool_open(scratch.conninfo, 1, 5, 5000, "test");
	sp_db_begin(&web.req.db, web.process.pool, web.mem);
	return sp_authority_start(&web.process, NULL, NULL, &authority) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	sp_db_end(&web.req.db);
	web_close(&web);
	sp_authority_stop(authority);
	sp_db_pool_free(web.process.pool);
	sp_keyring_free(ring);
	sp_keyring_free(other_ring);
	scratch_drop(&scratch);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading), cmocka_unit_test(warp), cmocka_unit_test(prompts), cmocka_unit_test(responses),
		cmocka_unit_test(lengths), cmocka_unit_test(handles),
	};

	need_database();
	return cmocka_run_group_tests(tests, setup, teardown);
}
