/* test_client.c - client metadata: what is taken, cleaned, refused; metadata documents and their URLs */
#include "web.h"
#include "oauth/client_document.h"
#include "registrations.h"

/* A fresh request, its failure forgotten. */
static struct web web;

static struct sp_request *
fresh(void)
{
	web.req.problem = SP_OK;
	web.req.detail = NULL;
	return &web.req;
}

static bool
judge(const char *json, enum sp_client_source source, struct sp_client *out)
{
	struct sp_request *req = fresh();
	struct json_object *metadata;
	const char *why;

	if (!sp_json_parse(req->mem, sp_str(json), &metadata, &why))
		fail_msg("%s: %s", json, why);
	return sp_client_metadata_read(req, metadata, source, out);
}

static const char *
uris_of(const struct sp_client *c)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, web.mem, 65536);
	sp_jw_init(&w, &b);
	sp_jw_array(&w);
	for (size_t i = 0; i < c->redirect_uri_count; i++)
		sp_jw_str(&w, c->redirect_uris[i]);
	sp_jw_array_end(&w);
	return sp_buf_view(&b).p;
}

static void
check_real(const struct real_client *r, const struct sp_client *c)
{
	struct json_object *metadata;
	const char *why;

	CHECK_STR(sp_str(uris_of(c)), r->redirect_uris, r->name);
	CHECK_STR(sp_str(c->token_endpoint_auth_method), r->auth_method, r->name);
	CHECK((strstr(c->grant_types, "refresh_token") != NULL) == r->refresh, r->name);
	/* what is stored and answered has no member that is null, and says the same */
	CHECK(sp_json_parse(web.mem, c->metadata, &metadata, &why), r->name);
	json_object_object_foreach(metadata, name, value) {
		(void)name;
		CHECK(value != NULL, r->name);
	}
	CHECK_STR(sp_json_get_str(metadata, "token_endpoint_auth_method"), r->auth_method, r->name);
	for (size_t i = 0; i < c->redirect_uri_count; i++)
		CHECK(sp_client_has_redirect_uri(c, c->redirect_uris[i]), r->name);
}

static void
real_ones(void **state)
{
	struct sp_client c;

	(void)state;
	for (size_t i = 0; i < COUNT(real_registrations); i++) {
		if (!judge(real_registrations[i].body, SP_CLIENT_REGISTERED, &c))
			fail_msg("%s: %s", real_registrations[i].name, web.req.detail);
		check_real(&real_registrations[i], &c);
		CHECK_STR(sp_str(c.kind), "registered", real_registrations[i].name);
	}
	for (size_t i = 0; i < COUNT(real_documents); i++) {
		const struct real_client *r = &real_documents[i];
		const char *why;

		CHECK(sp_client_id_is_url(sp_str(r->name)), r->name);
		CHECK(sp_client_id_url_valid(sp_str(r->name), false, &why), r->name);
		if (!sp_client_document_read(fresh(), sp_str(r->name), sp_str(r->body), &c))
			fail_msg("%s: %s", r->name, web.req.detail);
		check_real(r, &c);
		CHECK_STR(sp_str(c.kind), "document", r->name);
		CHECK_STR(sp_str(c.client_id), r->name, r->name);
	}
}

#define URIS "\"redirect_uris\":[\"https://app.example/cb\"]"

static const struct {
	const char *json;
	enum sp_problem registered, document;
} refusals[] = {
	{ "{}", SP_INVALID_REDIRECT_URI, SP_INVALID_REDIRECT_URI },
	{ "{\"redirect_uris\":null}", SP_INVALID_REDIRECT_URI, SP_INVALID_REDIRECT_URI },
	{ "{\"redirect_uris\":[]}", SP_INVALID_REDIRECT_URI, SP_INVALID_REDIRECT_URI },
	{ "{\"redirect_uris\":{}}", SP_INVALID_REDIRECT_URI, SP_INVALID_REDIRECT_URI },
	{ "{\"redirect_uris\":\"https://app.example/cb\"}", SP_INVALID_REDIRECT_URI, SP_INVALID_REDIRECT_URI },
	{ "{\"redirect_uris\":[null]}", SP_INVALID_REDIRECT_URI, SP_INVALID_REDIRECT_URI },
	{ "{\"redirect_uris\":[\"\"]}", SP_INVALID_REDIRECT_URI, SP_INVALID_REDIRECT_URI },
	{ "{\"redirect_uris\":[\"javascript:x\",\"http://app.example/\"]}", SP_INVALID_REDIRECT_URI, SP_INVALID_REDIRECT_URI },
	{ "{" URIS ",\"token_endpoint_auth_method\":\"private_key_jwt\"}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"token_endpoint_auth_method\":\"client_secret_basic\"}", SP_OK, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"token_endpoint_auth_method\":\"client_secret_post\"}", SP_OK, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"token_endpoint_auth_method\":\"client_secret_jwt\"}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"token_endpoint_auth_method\":\"None\"}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"token_endpoint_auth_method\":\"none \"}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"token_endpoint_auth_method\":\"private_key_jwt\",\"token_endpoint_auth_methods_supported\":[\"private_key_jwt\"]}",
	    SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"token_endpoint_auth_method\":\"private_key_jwt\",\"token_endpoint_auth_methods_supported\":[\"none\"]}",
	    SP_INVALID_CLIENT_METADATA, SP_OK },
	{ "{" URIS ",\"client_secret\":\"x\"}", SP_OK, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"client_secret\":\"\"}", SP_OK, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"grant_types\":[\"password\"]}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"grant_types\":[\"authorization_code\",\"implicit\"]}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"grant_types\":[\"refresh_token\"]}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"grant_types\":[\"client_credentials\"]}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"grant_types\":[\"AUTHORIZATION_CODE\"]}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"grant_types\":[]}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"grant_types\":[1]}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"response_types\":[\"token\"]}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"response_types\":[\"code id_token\"]}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"response_types\":[\"token\",\"code\"]}", SP_OK, SP_OK },
	{ "{" URIS ",\"response_types\":[]}", SP_OK, SP_OK },
	{ "{" URIS ",\"software_statement\":\"e30.e30.x\"}", SP_INVALID_SOFTWARE_STATEMENT, SP_INVALID_SOFTWARE_STATEMENT },
	{ "{" URIS ",\"jwks\":{\"keys\":[]},\"jwks_uri\":\"https://app.example/jwks\"}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"jwks\":{\"keys\":[{\"kty\":\"RSA\",\"n\":\"x\",\"e\":\"AQAB\"}]}}", SP_OK, SP_OK },
	{ "{" URIS ",\"jwks\":{\"keys\":[{\"kty\":\"RSA\",\"n\":\"x\",\"p\":\"y\"}]}}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"jwks\":{\"keys\":[{},{\"kty\":\"EC\",\"d\":\"y\"}]}}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"jwks\":{\"keys\":[{\"kty\":\"oct\",\"k\":\"y\"}]}}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"jwks\":{\"keys\":[7]}}", SP_OK, SP_OK },
	{ "{" URIS ",\"jwks\":{}}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"jwks\":[]}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"jwks_uri\":\"http://169.254.169.254/\"}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
	{ "{" URIS ",\"client_name\":7}", SP_INVALID_CLIENT_METADATA, SP_INVALID_CLIENT_METADATA },
};

static void
refused(void **state)
{
	struct sp_client c;

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		CHECK(judge(refusals[i].json, SP_CLIENT_REGISTERED, &c) == (refusals[i].registered == SP_OK), refusals[i].json);
		CHECK(web.req.problem == refusals[i].registered, refusals[i].json);
		CHECK(judge(refusals[i].json, SP_CLIENT_DOCUMENT, &c) == (refusals[i].document == SP_OK), refusals[i].json);
		CHECK(web.req.problem == refusals[i].document, refusals[i].json);
	}
}

static const struct {
	const char *uri;
	bool ok;
} home_pages[] = {
	{ "https://app.example", true }, { "https://app.example/", true }, { "http://app.example:8080/x?y#z", true },
	{ "https://cafe.be/", true }, { "https://dead.beef/", true }, { "https://1.example/", true }, { "https://10.0.0.1.example/", true },
	{ "https://localhost/", true }, { "https://0xa.example", true }, { "https://x0x", true }, { "https://app.example./", true },
	{ "https://xn--pp-uia.example/", true },
	{ "https://10.0.0.1/", false }, { "https://169.254.169.254", false }, { "https://127.0.0.1:80/", false }, { "https://127.1/", false },
	{ "https://2130706433/", false }, { "https://0x7f.1/", false }, { "https://0x7f000001/", false }, { "https://0177.0.0.1/", false },
	{ "https://0X7F.0x1/", false }, { "https://a.0x7f/", false }, { "https://app.1/", false }, { "https://1.2.3.4./", false }, { "https://0x/", false },
	{ "https://[::1]/", false }, { "https://[2001:db8::1]/", false }, { "https://u@app.example/", false }, { "https://u:p@app.example/", false },
	{ "https://app.example@10.0.0.1/", false }, { "https://", false }, { "https:///x", false }, { "https://?x", false }, { "https://:80/", false },
	{ "//app.example/", false }, { "app.example", false }, { "ftp://app.example/", false }, { "file:///etc/passwd", false }, { "javascript:alert(1)", false },
	{ "JAVASCRIPT:alert(1)", false }, { "data:text/html,x", false }, { "HTTPS://app.example/", false }, { " https://app.example/", false },
	{ "https://app.example/ x", false }, { "https://app.example/\\n", false }, { "https://app.example\\\\@evil.example/", false },
	{ "https://app.example/\\u0001", false }, { "https://\\u00e4pp.example/", false }, { "https://app.example/<x>", false },
};

static void
informational_uris(void **state)
{
	static const char *const members[] = { "client_uri", "logo_uri", "tos_uri", "policy_uri" };
	struct sp_client c;

	(void)state;
	for (size_t i = 0; i < COUNT(home_pages); i++)
		for (size_t m = 0; m < COUNT(members); m++)
			CHECK(judge(sp_printf(web.mem, "{" URIS ",\"%s\":\"%s\"}", members[m], home_pages[i].uri),
			    SP_CLIENT_REGISTERED, &c) == home_pages[i].ok, home_pages[i].uri);
}

static const struct {
	const char *name, *json, *kept;		/* kept NULL: none */
} names[] = {
	{ "as it is", "Notes for Claude", "Notes for Claude" },
	{ "of any script", "\xe3\x83\x8e\xe3\x83\xbc\xe3\x83\x88 \xd7\xa2\xd7\x91 \xc3\xa9", "\xe3\x83\x8e\xe3\x83\xbc\xe3\x83\x88 \xd7\xa2\xd7\x91 \xc3\xa9" },
	{ "markup is text", "<b onclick=\\\"x\\\">&amp;", "<b onclick=\"x\">&amp;" },
	{ "control bytes", "a\\u0001b\\u001bc\\u007fd\\u0085e\\tf\\r\\ng", "abcdefg" },
	{ "right to left override", "Bank\\u202egpj.exe", "Bankgpj.exe" },
	{ "isolates and marks", "\\u2066a\\u2069\\u200fb\\u200e\\u061cc", "abc" },
	{ "what cannot be seen", "a\\u200bb\\u200dc\\u2060d\\ufeffe\\u00adf\\u3164g\\u034fh\\u2800i", "abcdefghi" },
	{ "tags and private use", "a\\udb40\\udc41b\\ue000c\\udbff\\udffdd", "abcd" },
	{ "spaces that are not a space", "a\\u00a0b\\u2003c\\u3000d", "abcd" },
	{ "spaces around", "  a b  ", "a b" },
	{ "nothing is left", "\\u200b \\u202e", NULL },
	{ "empty", "", NULL },
	{ "cut at 100 bytes", "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789x",
	    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" },
	{ "never within a character", "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678\xc3\xa9",
	    "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678" },
};

static void
client_names(void **state)
{
	struct sp_client c;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		CHECK(judge(sp_printf(web.mem, "{" URIS ",\"client_name\":\"%s\"}", names[i].json), SP_CLIENT_REGISTERED, &c), names[i].name);
		CHECK((c.client_name == NULL) == (names[i].kept == NULL), names[i].name);
		if (names[i].kept != NULL)
			CHECK_STR(sp_str(c.client_name), names[i].kept, names[i].name);
	}
}

/* What a person consents to is the digest; what is only said otherwise is not. */
static void
digests(void **state)
{
	static const char *const same[] = {
		"{\"redirect_uris\":[\"https://app.example/cb\"],\"client_name\":\"x\",\"token_endpoint_auth_method\":\"none\"}",
		"{ \"token_endpoint_auth_method\": \"none\", \"client_name\":\"\\u0078\", \"redirect_uris\" : [\"https:\\/\\/app.example/cb\"], \"foo\": 1 }",
		"{\"redirect_uris\":[\"javascript:x\",\"https://app.example/cb\"],\"client_name\":\"x\\u200b\",\"token_endpoint_auth_method\":\"none\",\"contacts\":[]}",
	};
	static const char *const other[] = {
		"{\"redirect_uris\":[\"https://app.example/cb\"],\"client_name\":\"y\",\"token_endpoint_auth_method\":\"none\"}",
		"{\"redirect_uris\":[\"https://app.example/cb\"],\"token_endpoint_auth_method\":\"none\"}",
		"{\"redirect_uris\":[\"https://app.example/cb2\"],\"client_name\":\"x\",\"token_endpoint_auth_method\":\"none\"}",
		"{\"redirect_uris\":[\"https://app.example/cb\",\"https://app.example/cb2\"],\"client_name\":\"x\",\"token_endpoint_auth_method\":\"none\"}",
		"{\"redirect_uris\":[\"https://app.example/cb\"],\"client_name\":\"x\",\"token_endpoint_auth_method\":\"client_secret_post\"}",
		"{\"redirect_uris\":[\"https://app.example/cb\"],\"client_name\":\"x\",\"token_endpoint_auth_method\":\"none\",\"client_uri\":\"https://x.example\"}",
	};
	struct sp_client first, c;

	(void)state;
	assert_true(judge(same[0], SP_CLIENT_REGISTERED, &first));
	for (size_t i = 1; i < COUNT(same); i++) {
		assert_true(judge(same[i], SP_CLIENT_REGISTERED, &c));
		assert_memory_equal(c.metadata_sha256, first.metadata_sha256, SP_SHA256_LEN);
	}
	for (size_t i = 0; i < COUNT(other); i++) {
		assert_true(judge(other[i], SP_CLIENT_REGISTERED, &c));
		assert_memory_not_equal(c.metadata_sha256, first.metadata_sha256, SP_SHA256_LEN);
	}
}

static const struct {
	const char *url;
	bool https, http;		/* is it one; also where http is allowed */
} urls[] = {
	{ "https://app.example/client.json", true, true },
	{ "https://app.example:8443/a/b?c=d", true, true },
	{ "https://APP.example/x", true, true },
	{ "https://app.example/x/.hidden/...", true, true },
	{ "http://app.example/x", false, true },
	{ "http://127.0.0.1:8080/x", false, true },
	{ "https://2130706433/x", true, true },		/* the guard's to refuse */
	{ "https://app.example", false, false },
	{ "https://app.example/", false, false },
	{ "https://app.example?x", false, false },
	{ "HTTPS://app.example/x", false, false },
	{ "https:/app.example/x", false, false },
	{ "https:///x", false, false },
	{ "https://:443/x", false, false },
	{ "https://u@app.example/x", false, false },
	{ "https://u:p@app.example/x", false, false },
	{ "https://app.example/@x", false, false },
	{ "https://app.example/x#", false, false },
	{ "https://app.example/x#y", false, false },
	{ "https://app.example/./x", false, false },
	{ "https://app.example/x/..", false, false },
	{ "https://app.example/%2e/x", false, false },
	{ "https://app.example/%2E%2e/x", false, false },
	{ "https://app.example/.%2e/x", false, false },
	{ "https://app.example/x/..?y", false, false },
	{ "https://app.example\\x/y", false, false },
	{ "https://app.example/x y", false, false },
	{ "https://app.example/\xc3\xa4", false, false },
	{ "https://\xc3\xa4pp.example/x", false, false },
	{ "https://[::1]/x", false, false },
	{ "https://app%2eexample/x", false, false },
	{ "https://app.example,b/x", false, false },
	{ "https://-app.example/x", false, false },
	{ "https://.app.example/x", false, false },
	{ "ftp://app.example/x", false, false },
	{ "app.example/x", false, false },
	{ "", false, false },
};

static void
client_id_urls(void **state)
{
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		CHECK(sp_client_id_url_valid(sp_str(urls[i].url), false, &why) == urls[i].https, urls[i].url);
		CHECK(sp_client_id_url_valid(sp_str(urls[i].url), true, &why) == urls[i].http, urls[i].url);
	}
	assert_false(sp_client_id_is_url(SP_LIT("0cb6a5b0-0000-4000-8000-000000000000")));
	assert_false(sp_client_id_is_url(SP_LIT("urn:https://x")));
	assert_true(sp_client_id_is_url(SP_LIT("HTTPS://x")));
	assert_true(sp_client_id_is_url(SP_LIT("http://x")));
	assert_false(sp_client_id_is_url((struct sp_str){ NULL, 0 }));
}

#define ID "https://app.example/client.json"

static const struct {
	const char *document;
	bool ok;
} documents[] = {
	{ "{\"client_id\":\"" ID "\"," URIS "}", true },
	{ " {\"client_id\":\"https:\\/\\/app.example\\/client.json\"," URIS "} ", true },
	{ "{\"client_id\":\"" ID "/\"," URIS "}", false },
	{ "{\"client_id\":\"https://APP.example/client.json\"," URIS "}", false },
	{ "{\"client_id\":\"https://app.example:443/client.json\"," URIS "}", false },
	{ "{\"client_id\":\"http://app.example/client.json\"," URIS "}", false },
	{ "{\"client_id\":\"" ID "\\u0000\"," URIS "}", false },
	{ "{\"client_id\":null," URIS "}", false },
	{ "{\"client_id\":[\"" ID "\"]," URIS "}", false },
	{ "{" URIS "}", false },
	{ "{\"client_id\":\"" ID "\"}", false },
	{ "[{\"client_id\":\"" ID "\"," URIS "}]", false },
	{ "\"" ID "\"", false },
	{ "null", false },
	{ "", false },
	{ "<html>", false },
	{ "{\"client_id\":\"" ID "\"," URIS "}x", false },
	{ "{\"client_id\":\"" ID "\",\"client_id\":\"" ID "\"," URIS "}", false },
	{ "\xef\xbb\xbf{\"client_id\":\"" ID "\"," URIS "}", false },
};

static void
document_texts(void **state)
{
	struct sp_client c;

	(void)state;
	for (size_t i = 0; i < COUNT(documents); i++) {
		CHECK(sp_client_document_read(fresh(), SP_LIT(ID), sp_str(documents[i].document), &c) == documents[i].ok, documents[i].document);
		CHECK((web.req.problem == SP_OK) == documents[i].ok, documents[i].document);
	}
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
		cmocka_unit_test(real_ones), cmocka_unit_test(refused), cmocka_unit_test(informational_uris),
		cmocka_unit_test(client_names), cmocka_unit_test(digests), cmocka_unit_test(client_id_urls),
		cmocka_unit_test(document_texts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
