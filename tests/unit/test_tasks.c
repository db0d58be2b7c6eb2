/* test_tasks.c - whose tasks there are, and for which place of a task something is sealed */
#include "unit.h"

#include "keyring.h"
#include "mcp/tasks.h"

/* ---- seals ---- */

static const struct {
	const char *name;
	unsigned char digest;		/* every byte of the id's SHA-256 */
	const char *what, *key;
	bool good;
} places[] = {
	{ "the same", 1, "response", "a", true },
	{ "another task", 2, "response", "a", false },
	{ "another kind", 1, "request", "a", false },
	{ "another key", 1, "response", "b", false },
	{ "no key", 1, "response", "", false },
	{ "a key that begins alike", 1, "response", "a ", false },
	{ "a kind with the key in it", 1, "response a", "", false },
};

static void
is_sealed_for_its_place(void **state)
{
	struct sp_process process = { .keyring = new_keyring() }, other = { .keyring = new_keyring() };
	struct sp_arena *mem = sp_arena_new();
	struct sp_request req = { .mem = mem, .process = &process };
	uint8_t digest[SP_SHA256_LEN];
	struct sp_str sealed, text;

	(void)state;
	memset(digest, 1, sizeof(digest));
	sealed = sp_task_seal(&req, digest, "response", "a", SP_LIT("{\"action\":\"accept\"}"));
	for (size_t i = 0; i < COUNT(places); i++) {
		memset(digest, places[i].digest, sizeof(digest));
		text = (struct sp_str){ NULL, 0 };
		CHECK(sp_task_unseal(&req, digest, places[i].what, places[i].key, sealed, &text) == places[i].good,
		    places[i].name);
		CHECK(!places[i].good || sp_str_is(text, "{\"action\":\"accept\"}"), places[i].name);
	}
	memset(digest, 1, sizeof(digest));
	assert_false(sp_task_unseal(&req, digest, "response", "a", sp_str_sub(sealed, 0, sealed.len - 1), &text));
	req.process = &other;
	assert_false(sp_task_unseal(&req, digest, "response", "a", sealed, &text));
	sp_keyring_free(process.keyring);
	sp_keyring_free(other.keyring);
	sp_arena_free(mem);
}

/* ---- who has tasks ---- */

#define CAPABILITIES(text) \
	"{\"_meta\":{\"io.modelcontextprotocol/clientCapabilities\":" text "}}"
#define EXTENSION(text) CAPABILITIES("{\"extensions\":{\"io.modelcontextprotocol/tasks\":" text "}}")

static const struct {
	const char *name;
	enum sp_mcp_version version;
	const char *grant_id, *params;
	bool offers, has;
} callers[] = {
	{ "a client with tasks", SP_MCP_2026_07_28, "g", EXTENSION("{}"), true, true },
	{ "settings that nobody knows", SP_MCP_2026_07_28, "g", EXTENSION("{\"x\":1}"), true, true },
	{ "no object", SP_MCP_2026_07_28, "g", EXTENSION("true"), true, false },
	{ "null", SP_MCP_2026_07_28, "g", EXTENSION("null"), true, false },
	{ "no extension", SP_MCP_2026_07_28, "g", CAPABILITIES("{}"), true, false },
	{ "the tasks of 2025-11-25", SP_MCP_2026_07_28, "g", CAPABILITIES("{\"tasks\":{}}"), true, false },
	{ "no capabilities", SP_MCP_2026_07_28, "g", "{}", true, false },
	{ "nobody's grant", SP_MCP_2026_07_28, NULL, EXTENSION("{}"), false, false },
	{ "an older revision", SP_MCP_2025_11_25, "g", EXTENSION("{}"), false, false },
};

static void
has_tasks(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT(callers); i++) {
		struct sp_mcp_call call = { .version = callers[i].version, .caller = { .grant_id = callers[i].grant_id } };

		CHECK(sp_json_parse(mem, sp_str(callers[i].params), &call.message.params, &why), callers[i].name);
		CHECK(sp_mcp_offers_tasks(&call) == callers[i].offers, callers[i].name);
		CHECK(sp_mcp_has_tasks(&call) == callers[i].has, callers[i].name);
	}
	sp_arena_free(mem);
}

/* ---- messages are cut between characters ---- */

static const struct {
	const char *in;
	size_t max;
	const char *out;
} cuts[] = {
	{ "", 4, "" },
	{ "abcd", 4, "abcd" },
	{ "abcde", 4, "abcd" },
	{ "abc\xc3\xa9", 4, "abc" },
	{ "abc\xc3\xa9", 5, "abc\xc3\xa9" },
	{ "\xf0\x9f\x98\x80", 3, "" },
	{ "ab\xff" "cd", 5, "ab" },
};

static void
is_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cuts); i++)
		CHECK_STR(sp_utf8_cut(sp_str(cuts[i].in), cuts[i].max), cuts[i].out, cuts[i].in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_sealed_for_its_place),
		cmocka_unit_test(has_tasks),
		cmocka_unit_test(is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
