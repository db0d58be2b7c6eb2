/* test_mcp_version.c - revisions, and which era a message is of */
#include "unit.h"
#include "mcp/version.h"

static void
names(void **state)
{
	enum sp_mcp_version v = SP_MCP_2025_06_18;

	(void)state;
	for (enum sp_mcp_version i = 0; i < SP_MCP_VERSIONS; i++) {
		assert_true(sp_mcp_version_find(sp_str(sp_mcp_version_name(i)), &v));
		assert_int_equal(v, i);
	}
	assert_false(sp_mcp_version_find(SP_LIT("2024-11-05"), &v));
	assert_false(sp_mcp_version_find(SP_LIT("2026-07-28 "), &v));
	assert_false(sp_mcp_version_find(SP_LIT(""), &v));
	assert_false(sp_mcp_version_find(SP_LIT("DRAFT"), &v));
	assert_true(sp_mcp_version_has_sessions(SP_MCP_LATEST_SESSION));
	assert_false(sp_mcp_version_has_sessions(SP_MCP_LATEST));
}

#define META(version)	.has_meta_version = true, .meta_version = SP_LIT(version)
#define HEADER(version)	.header_version = SP_LIT(version)
#define MODERN_METHOD	.header_method = SP_LIT("tools/list")
#define ID		.session_id = SP_LIT("s")
#define LIST		.method = SP_LIT("tools/list")
#define INITIALIZE	.method = SP_LIT("initialize")

static const struct {
	const char *name;
	struct sp_mcp_signs signs;
	enum sp_mcp_era era;
} cases[] = {
	{ "as 2026-07-28 wants it", { META("2026-07-28"), HEADER("2026-07-28"), MODERN_METHOD, LIST }, SP_MCP_MODERN },
	{ "_meta alone", { META("2026-07-28"), LIST }, SP_MCP_MODERN },
	{ "_meta and a session id", { META("2026-07-28"), ID, LIST }, SP_MCP_MODERN },
	{ "_meta of an unknown revision", { META("v999.0.0"), HEADER("v999.0.0"), LIST }, SP_MCP_MODERN },
	{ "_meta that is no string", { .has_meta_version = true, ID, LIST }, SP_MCP_MODERN },
	{ "_meta of an old revision", { META("2025-11-25"), HEADER("2025-11-25"), ID, LIST }, SP_MCP_SESSION },
	{ "initialize with modern _meta", { META("2026-07-28"), INITIALIZE }, SP_MCP_MODERN },
	{ "initialize", { INITIALIZE }, SP_MCP_SESSION },
	{ "initialize with Mcp-Method", { INITIALIZE, .header_method = SP_LIT("initialize") }, SP_MCP_SESSION },
	{ "initialize with its own revision", { INITIALIZE, HEADER("2025-11-25") }, SP_MCP_SESSION },
	{ "initialize under a modern header", { INITIALIZE, HEADER("2026-07-28") }, SP_MCP_SESSION },
	{ "a session", { ID, HEADER("2025-11-25"), LIST }, SP_MCP_SESSION },
	{ "a session of 2025-03-26", { ID, LIST }, SP_MCP_SESSION },
	{ "a session and an unknown revision", { ID, HEADER("2099-01-01"), LIST }, SP_MCP_SESSION },
	{ "a session id under a modern header", { ID, HEADER("2026-07-28"), LIST }, SP_MCP_MODERN },
	{ "an old header, no session", { HEADER("2025-06-18"), LIST }, SP_MCP_SESSION },
	{ "a modern header, no _meta", { HEADER("2026-07-28"), LIST }, SP_MCP_MODERN },
	{ "an unknown header, nothing else", { HEADER("2099-01-01"), LIST }, SP_MCP_MODERN },
	{ "only Mcp-Method", { MODERN_METHOD, LIST }, SP_MCP_MODERN },
	{ "nothing at all", { LIST }, SP_MCP_SESSION },
};

static void
eras(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK(sp_mcp_era_of(&cases[i].signs) == cases[i].era, cases[i].name);
}

static void
unsupported(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	CHECK_STR(sp_mcp_unsupported_data(mem, SP_LIT("1900-01-01\"")), "{\"supported\":[\"2026-07-28\",\"2025-11-25\","
	    "\"2025-06-18\",\"2025-03-26\"],\"requested\":\"1900-01-01\\\"\"}", "data of -32022");
	sp_arena_free(mem);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(eras),
		cmocka_unit_test(unsupported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
