/* test_metadata.c - the well-known documents list what is switched on; the set of revocations */
#include <pthread.h>
#include <stdatomic.h>
#include "web.h"
#include "oauth/metadata.h"
#include "oauth/revocations.h"

static struct web web;

static struct sp_scope
list(const char *text)
{
	struct sp_scope scope;

	assert_true(sp_scope_parse(sp_str(text), &scope));
	return scope;
}

static struct json_object *
server_document(const struct sp_resources *resources, bool openid)
{
	struct json_object *parsed;
	struct sp_buf b;
	const char *why;

	sp_buf_init(&b, web.mem, 1 << 20);
	sp_metadata_authorization_server(&web.req, resources, openid, &b);
	assert_true(sp_buf_ok(&b));
	/* strict: no member twice */
	if (!sp_json_parse(web.mem, sp_buf_view(&b), &parsed, &why))
		fail_msg("%s", why);
	return parsed;
}

static bool
lists(struct json_object *doc, const char *member, const char *value)
{
	struct json_object *array = sp_json_get(doc, member);

	for (size_t i = 0; array != NULL && i < json_object_array_length(array); i++)
		if (sp_str_is(sp_json_text(json_object_array_get_idx(array, i)), value))
			return true;
	return false;
}

static void
documents(void **state)
{
	struct sp_resource item[2] = { { .name = "", .resource = "https://mcp.example.com/mcp", .title = "Notes" },
		{ .name = "x", .resource = "https://mcp.example.com/mcp/x", .title = "X" } };
	const struct sp_resources resources = { item, 2 }, none = { NULL, 0 };
	struct json_object *doc;
	struct sp_buf b;
	const char *why;

	(void)state;
	item[0].scopes = list("a b");
	item[1].scopes = list("b c offline_access");
	web.settings.signing_alg = "EdDSA";
	for (int on = 0; on < 4; on++) {
		web.settings.registration = (on & 1) != 0;
		web.settings.client_metadata_documents = (on & 2) != 0;
		doc = server_document(&resources, false);
		assert_int_equal(sp_json_get(doc, "registration_endpoint") != NULL, on & 1);
		assert_int_equal(json_object_get_boolean(sp_json_get(doc, "client_id_metadata_document_supported")), (on & 2) != 0);
	}
	assert_true(sp_str_is(sp_json_get_str(doc, "issuer"), "https://mcp.example.com"));
	assert_true(lists(doc, "scopes_supported", "a") && lists(doc, "scopes_supported", "c") && lists(doc, "scopes_supported", "offline_access"));
	assert_int_equal(json_object_array_length(sp_json_get(doc, "scopes_supported")), 4);
	assert_true(lists(doc, "token_endpoint_auth_methods_supported", "none"));
	assert_false(lists(doc, "token_endpoint_auth_methods_supported", "private_key_jwt"));
	assert_false(lists(doc, "code_challenge_methods_supported", "plain"));
	assert_true(lists(doc, "protected_resources", "https://mcp.example.com/mcp/x"));
	assert_null(sp_json_get(doc, "id_token_signing_alg_values_supported"));
	assert_null(sp_json_get(doc, "introspection_endpoint"));
	doc = server_document(&resources, true);
	assert_true(lists(doc, "id_token_signing_alg_values_supported", "EdDSA"));
	assert_true(lists(doc, "subject_types_supported", "public"));
	doc = server_document(&none, false);
	assert_int_equal(json_object_array_length(sp_json_get(doc, "scopes_supported")), 1);
	assert_int_equal(json_object_array_length(sp_json_get(doc, "protected_resources")), 0);

	sp_buf_init(&b, web.mem, 10000);
	sp_metadata_protected_resource(&web.req, &item[1], &b);
	assert_true(sp_json_parse(web.mem, sp_buf_view(&b), &doc, &why));
	assert_true(sp_str_is(sp_json_get_str(doc, "resource"), "https://mcp.example.com/mcp/x"));
	assert_true(lists(doc, "authorization_servers", "https://mcp.example.com"));
	assert_true(lists(doc, "scopes_supported", "c") && !lists(doc, "scopes_supported", "a"));
	assert_true(lists(doc, "bearer_methods_supported", "header") && !lists(doc, "bearer_methods_supported", "query"));
}

/* More scopes than a list can hold: the document stays one, and has offline_access. */
static void
many_scopes(void **state)
{
	struct sp_resource item[3];
	const struct sp_resources resources = { item, 3 };
	struct json_object *doc;
	struct sp_buf b;

	(void)state;
	for (int r = 0; r < 3; r++) {
		sp_buf_init(&b, web.mem, 4096);
		for (int i = 0; i < SP_SCOPE_MAX; i++)
			sp_buf_printf(&b, "r%ds%d ", r, i);
		item[r] = (struct sp_resource){ .name = "x", .resource = "https://mcp.example.com/mcp/x", .title = "X" };
		assert_true(sp_scope_parse(sp_buf_view(&b), &item[r].scopes));
	}
	doc = server_document(&resources, false);
	assert_int_equal(json_object_array_length(sp_json_get(doc, "scopes_supported")), SP_SCOPE_MAX);
	assert_true(lists(doc, "scopes_supported", "offline_access"));
}

/* ---- revocations ---- */

static struct sp_str
key(int i)
{
	return sp_str(sp_printf(web.mem, "g:%d", i));
}

static void
revocations(void **state)
{
	struct sp_revocations *set = sp_revocations_new(), *next;

	(void)state;
	assert_false(sp_revocations_have(set, SP_LIT("g:0")));
	for (int i = 0; i < 10000; i++) {
		sp_revocations_add(set, key(i));
		sp_revocations_add(set, key(i / 2));
	}
	for (int i = 0; i < 10000; i++)
		assert_true(sp_revocations_have(set, key(i)));
	assert_false(sp_revocations_have(set, key(10000)));
	assert_false(sp_revocations_have(set, SP_LIT("j:1")));
	assert_false(sp_revocations_have(set, SP_LIT("g:1x")));
	assert_false(sp_revocations_have(set, SP_LIT("g:")));
	assert_false(sp_revocations_have(set, SP_LIT("")));
	next = sp_revocations_new();
	sp_revocations_add(next, SP_LIT("j:new"));
	sp_revocations_replace(set, next);
	assert_true(sp_revocations_have(set, SP_LIT("j:new")));
	assert_false(sp_revocations_have(set, key(1)));
	sp_revocations_free(set);
	sp_revocations_free(NULL);
}

static struct sp_revocations *shared;
static atomic_bool done;

static void *
look(void *arg)
{
	(void)arg;
	while (!atomic_load(&done))
		if (!sp_revocations_have(shared, SP_LIT("g:always")))
			return (void *)1;
	return NULL;
}

/* What is revoked is so for every reader at every moment, also while the set is replaced. */
static void
revocations_in_threads(void **state)
{
	pthread_t thread[4];
	void *failed;

	(void)state;
	shared = sp_revocations_new();
	sp_revocations_add(shared, SP_LIT("g:always"));
	for (size_t i = 0; i < COUNT(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, look, NULL), 0);
	for (int round = 0; round < 200; round++) {
		struct sp_revocations *next = sp_revocations_new();

		sp_revocations_add(next, SP_LIT("g:always"));
		for (int i = 0; i < 100; i++)
			sp_revocations_add(round % 2 == 0 ? shared : next, key(i));
		sp_revocations_replace(shared, next);
	}
	atomic_store(&done, true);
	for (size_t i = 0; i < COUNT(thread); i++) {
		assert_int_equal(pthread_join(thread[i], &failed), 0);
		assert_null(failed);
	}
	sp_revocations_free(shared);
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
		cmocka_unit_test(documents), cmocka_unit_test(many_scopes), cmocka_unit_test(revocations), cmocka_unit_test(revocations_in_threads),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
