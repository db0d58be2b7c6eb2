/* test_mcp_cursor.c - for which page a cursor is good */
#include "unit.h"

#include <stdlib.h>
#include "base/encode.h"
#include "mcp/cursor.h"

static struct sp_keyring *
new_ring(void)
{
	char path[] = "/tmp/sallyport-test-cursor.XXXXXX";
	struct sp_keyring *ring = NULL;
	const char *why;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	assert_true(sp_keyring_create(path, &why) && sp_keyring_load(path, &ring, &why));
	unlink(path);
	return ring;
}

static const struct {
	const char *name, *server, *list, *tier, *scope;
	int64_t version;
	bool good;
} pages[] = {
	{ "the same", "shop", "tools", "developer", "a b", 7, true },
	{ "another server", "", "tools", "developer", "a b", 7, false },
	{ "another list", "shop", "prompts", "developer", "a b", 7, false },
	{ "another catalog", "shop", "tools", "developer", "a b", 8, false },
	{ "another tier", "shop", "tools", "admin", "a b", 7, false },
	{ "no tier", "shop", "tools", NULL, "a b", 7, false },
	{ "more scopes", "shop", "tools", "developer", "a b c", 7, false },
	{ "fewer scopes", "shop", "tools", "developer", "a", 7, false },
};

static void
is_bound(void **state)
{
	struct sp_caller caller = { .tier = "developer" }, other = { 0 };
	struct sp_mcp_page page = { "shop", "tools", 7, &caller };
	struct sp_keyring *ring = new_ring(), *another = new_ring();
	struct sp_arena *mem = sp_arena_new();
	struct sp_str cursor, again;
	int64_t last = 0;

	(void)state;
	assert_true(sp_scope_parse(SP_LIT("a b"), &caller.scope));
	cursor = sp_mcp_cursor_make(mem, ring, &page, 42);
	again = sp_mcp_cursor_make(mem, ring, &page, 42);
	assert_false(sp_str_eq(cursor, again));
	for (size_t i = 0; i < COUNT(pages); i++) {
		struct sp_mcp_page p = { pages[i].server, pages[i].list, pages[i].version, &other };

		other.tier = pages[i].tier;
		CHECK(sp_scope_parse(sp_str(pages[i].scope), &other.scope), pages[i].name);
		last = 0;
		CHECK(sp_mcp_cursor_read(mem, ring, &p, cursor, &last) == pages[i].good, pages[i].name);
		CHECK(last == (pages[i].good ? 42 : 0), pages[i].name);
	}
	assert_false(sp_mcp_cursor_read(mem, another, &page, cursor, &last));
	sp_keyring_free(ring);
	sp_keyring_free(another);
	sp_arena_free(mem);
}

static void
is_whole(void **state)
{
	struct sp_caller caller = { .tier = "public" };
	struct sp_mcp_page page = { "", "tools", 1, &caller };
	struct sp_keyring *ring = new_ring();
	struct sp_arena *mem = sp_arena_new();
	struct sp_str cursor = sp_mcp_cursor_make(mem, ring, &page, INT64_MAX), sealed;
	int64_t last;

	(void)state;
	assert_true(sp_mcp_cursor_read(mem, ring, &page, cursor, &last));
	assert_true(last == INT64_MAX);
	for (size_t i = 0; i < cursor.len; i++)
		assert_false(sp_mcp_cursor_read(mem, ring, &page, sp_str_sub(cursor, 0, i), &last));
	assert_true(sp_base64url_decode(mem, cursor, &sealed));
	for (size_t i = 0; i < sealed.len; i++) {
		struct sp_str copy = sp_str_dup(mem, sealed);

		((char *)copy.p)[i] ^= 1;
		copy = sp_base64url_encode(mem, copy.p, copy.len);
		assert_false(sp_mcp_cursor_read(mem, ring, &page, copy, &last));
	}
	/* sealed for something else */
	sealed = sp_seal(mem, ring, "request-state", SP_LIT(""), SP_LIT("1"));
	assert_false(sp_mcp_cursor_read(mem, ring, &page, sp_base64url_encode(mem, sealed.p, sealed.len), &last));
	sp_keyring_free(ring);
	sp_arena_free(mem);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_bound),
		cmocka_unit_test(is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
