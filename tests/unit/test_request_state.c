/* test_request_state.c - for whom, for what and how long a requestState is good */
#include "unit.h"

#include "base/encode.h"
#include "keyring.h"
#include "mcp/request_state.h"

#define NOW 1000000

static struct json_object *
parsed(struct sp_arena *mem, const char *text)
{
	struct json_object *json = NULL;
	const char *why = "";

	if (!sp_json_parse(mem, sp_str(text), &json, &why))
		fail_msg("%s: %s", text, why);
	return json;
}

static const struct {
	const char *name, *user, *client, *resource, *method, *params;
	bool good;
} origins[] = {
	{ "the same", "u1", "c1", "https://x/mcp", "tools/call",
	    "{\"name\":\"t\",\"arguments\":{\"a\":1,\"b\":[2]}}", true },
	{ "its members in another order", "u1", "c1", "https://x/mcp", "tools/call",
	    "{\"arguments\":{\"b\":[2],\"a\":1},\"name\":\"t\"}", true },
	{ "with what a retry has", "u1", "c1", "https://x/mcp", "tools/call",
	    "{\"name\":\"t\",\"arguments\":{\"a\":1,\"b\":[2]},\"inputResponses\":{\"k\":{}},\"requestState\":\"x\","
	    "\"_meta\":{\"progressToken\":7}}", true },
	{ "another user", "u2", "c1", "https://x/mcp", "tools/call",
	    "{\"name\":\"t\",\"arguments\":{\"a\":1,\"b\":[2]}}", false },
	{ "a service instead of a user", NULL, "c1", "https://x/mcp", "tools/call",
	    "{\"name\":\"t\",\"arguments\":{\"a\":1,\"b\":[2]}}", false },
	{ "another client", "u1", "c2", "https://x/mcp", "tools/call",
	    "{\"name\":\"t\",\"arguments\":{\"a\":1,\"b\":[2]}}", false },
	{ "the border between user and client", "u1\nc", "1", "https://x/mcp", "tools/call",
	    "{\"name\":\"t\",\"arguments\":{\"a\":1,\"b\":[2]}}", false },
	{ "another server", "u1", "c1", "https://x/mcp/y", "tools/call",
	    "{\"name\":\"t\",\"arguments\":{\"a\":1,\"b\":[2]}}", false },
	{ "another method", "u1", "c1", "https://x/mcp", "prompts/get",
	    "{\"name\":\"t\",\"arguments\":{\"a\":1,\"b\":[2]}}", false },
	{ "another name", "u1", "c1", "https://x/mcp", "tools/call",
	    "{\"name\":\"s\",\"arguments\":{\"a\":1,\"b\":[2]}}", false },
	{ "another value", "u1", "c1", "https://x/mcp", "tools/call",
	    "{\"name\":\"t\",\"arguments\":{\"a\":1,\"b\":[3]}}", false },
	{ "one argument more", "u1", "c1", "https://x/mcp", "tools/call",
	    "{\"name\":\"t\",\"arguments\":{\"a\":1,\"b\":[2],\"c\":null}}", false },
	{ "no arguments", "u1", "c1", "https://x/mcp", "tools/call", "{\"name\":\"t\"}", false },
	{ "a URI instead", "u1", "c1", "https://x/mcp", "tools/call", "{\"uri\":\"t\"}", false },
};

static void
is_bound(void **state)
{
	struct sp_keyring *ring = new_keyring(), *another = new_keyring();
	struct sp_arena *mem = sp_arena_new();
	struct sp_str first, text;
	struct sp_request_state out;
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT(origins); i++) {
		struct sp_caller caller = { .user_id = origins[i].user, .client_id = origins[i].client };
		struct sp_request_origin origin = { &caller, origins[i].resource, sp_str(origins[i].method),
		    parsed(mem, origins[i].params) };
		struct sp_request_state s = { .responses = parsed(mem, "{\"k\":{\"action\":\"cancel\"}}"),
		    .state = parsed(mem, "[1,\"\\u00e9\"]"), .once = "id", .expires_at = NOW + 1 };

		assert_true(sp_request_state_seal(mem, ring, &origin, &s, &text));
		if (i == 0)
			first = text;
		why = NULL;
		CHECK(sp_request_state_open(mem, ring, &origin, first, NOW, &out, &why) == origins[i].good,
		    origins[i].name);
		if (!origins[i].good) {
			CHECK(why != NULL, origins[i].name);
			continue;
		}
		CHECK_STR(sp_json_canonical(mem, out.responses), "{\"k\":{\"action\":\"cancel\"}}", origins[i].name);
		CHECK_STR(sp_json_canonical(mem, out.state), "[1,\"é\"]", origins[i].name);
		CHECK_STR(sp_str(out.once), "id", origins[i].name);
		assert_false(sp_request_state_open(mem, another, &origin, first, NOW, &out, &why));
		assert_false(sp_request_state_open(mem, ring, &origin, first, NOW + 1, &out, &why));
		CHECK_STR(sp_str(why), "requestState has expired: begin anew", origins[i].name);
	}
	sp_keyring_free(ring);
	sp_keyring_free(another);
	sp_arena_free(mem);
}

static void
is_whole(void **state)
{
	struct sp_caller caller = { .client_id = "c" };
	struct sp_keyring *ring = new_keyring();
	struct sp_arena *mem = sp_arena_new();
	struct sp_request_origin origin = { &caller, "r", SP_LIT("tools/call"), NULL };
	struct sp_request_state s = { .expires_at = NOW + 1 }, out;
	struct sp_str text, sealed;
	const char *why;

	(void)state;
	assert_true(sp_request_state_seal(mem, ring, &origin, &s, &text));
	assert_true(sp_request_state_open(mem, ring, &origin, text, NOW, &out, &why));
	assert_null(out.responses);
	assert_null(out.state);
	assert_null(out.once);
	for (size_t i = 0; i < text.len; i++)
		assert_false(sp_request_state_open(mem, ring, &origin, sp_str_sub(text, 0, i), NOW, &out, &why));
	assert_true(sp_base64url_decode(mem, text, &sealed));
	for (size_t i = 0; i < sealed.len; i++) {
		struct sp_str copy = sp_str_dup(mem, sealed);

		((char *)copy.p)[i] ^= 1;
		assert_false(sp_request_state_open(mem, ring, &origin, sp_base64url_encode(mem, copy.p, copy.len),
		    NOW, &out, &why));
	}
	sp_keyring_free(ring);
	sp_arena_free(mem);
}

static void
has_a_limit(void **state)
{
	struct sp_caller caller = { .client_id = "c" };
	struct sp_keyring *ring = new_keyring();
	struct sp_arena *mem = sp_arena_new();
	struct sp_request_origin origin = { &caller, "r", SP_LIT("tools/call"), NULL };
	char *x = sp_alloc(mem, SP_REQUEST_STATE_MAX + 1);
	struct sp_request_state s = { .expires_at = NOW + 1 }, out;
	struct sp_str text;
	const char *why;

	(void)state;
	memset(x, 'x', SP_REQUEST_STATE_MAX);
	s.state = json_object_new_string_len(x, SP_REQUEST_STATE_MAX - 100);
	assert_true(sp_request_state_seal(mem, ring, &origin, &s, &text));
	assert_true(sp_request_state_open(mem, ring, &origin, text, NOW, &out, &why));
	json_object_put(s.state);
	s.state = json_object_new_string_len(x, SP_REQUEST_STATE_MAX);
	assert_false(sp_request_state_seal(mem, ring, &origin, &s, &text));
	json_object_put(s.state);
	sp_keyring_free(ring);
	sp_arena_free(mem);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_bound),
		cmocka_unit_test(is_whole),
		cmocka_unit_test(has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
