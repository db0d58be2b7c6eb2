/* test_scope.c - lists of scopes; resources, their aliases, and what is had of them */
#include "unit.h"
#include "oauth/resource.h"

static const struct {
	const char *name, *text, *list;		/* list: NULL when it is refused */
} lists[] = {
	{ "nothing", "", "" },
	{ "one", "a", "a" },
	{ "several, in their order", "b a c", "b a c" },
	{ "each once", "a b a b a", "a b" },
	{ "spaces too many", "  a  b ", "a b" },
	{ "only spaces", "   ", "" },
	{ "all that RFC 6749 allows", "!#$%&'()*+,-./0123456789:;<=>?@AZ[]^_`az{|}~", "!#$%&'()*+,-./0123456789:;<=>?@AZ[]^_`az{|}~" },
	{ "a URL", "https://example.com/scope?x=1", "https://example.com/scope?x=1" },
	{ "case counts", "a A", "a A" },
	{ "a quote", "a\"b", NULL },
	{ "a backslash", "a\\b", NULL },
	{ "a tab", "a\tb", NULL },
	{ "a line break", "a\nb", NULL },
	{ "DEL", "a\x7f", NULL },
	{ "no ASCII", "\xc3\xa9", NULL },
};

static void
parse(void **state)
{
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(lists); i++) {
		struct sp_scope scope;
		bool ok = sp_scope_parse(sp_str(lists[i].text), &scope);

		CHECK(ok == (lists[i].list != NULL), lists[i].name);
		if (ok)
			CHECK_STR(sp_str(sp_scope_text(mem, &scope)), lists[i].list, lists[i].name);
	}
}

static void
limits(void **state)
{
	struct sp_arena *mem = *state;
	struct sp_scope scope, before;
	struct sp_buf b;

	sp_buf_init(&b, mem, 4096);
	for (int i = 0; i < SP_SCOPE_MAX; i++)
		sp_buf_printf(&b, "s%d ", i);
	assert_true(sp_scope_parse(sp_buf_view(&b), &scope));
	assert_int_equal(scope.count, SP_SCOPE_MAX);
	before = scope;
	sp_buf_cstr(&b, "s0 s1");
	assert_true(sp_scope_parse(sp_buf_view(&b), &scope));		/* known ones cost no place */
	sp_buf_cstr(&b, " more");
	assert_false(sp_scope_parse(sp_buf_view(&b), &scope));
	assert_memory_equal(&scope.count, &before.count, sizeof(before.count));
	assert_false(sp_scope_parse((struct sp_str){ "a\0b", 3 }, &scope));
	assert_true(sp_scope_parse((struct sp_str){ NULL, 0 }, &scope));
	assert_int_equal(scope.count, 0);
}

static struct sp_scope
list(const char *text)
{
	struct sp_scope scope;

	assert_true(sp_scope_parse(sp_str(text), &scope));
	return scope;
}

static void
sets(void **state)
{
	struct sp_arena *mem = *state;
	struct sp_scope a = list("c a x"), b = list("a b c"), none = list(""), out;

	sp_scope_narrow(&a, &b, &out);
	assert_string_equal(sp_scope_text(mem, &out), "c a");
	assert_true(sp_scope_within(&out, &a));
	assert_true(sp_scope_within(&out, &b));
	assert_false(sp_scope_within(&a, &b));
	assert_true(sp_scope_within(&none, &a));
	assert_false(sp_scope_within(&a, &none));
	sp_scope_narrow(&a, &none, &out);
	assert_int_equal(out.count, 0);
	assert_string_equal(sp_scope_array(mem, &none), "{}");
	out = list("a,b {c} NULL '");
	assert_string_equal(sp_scope_array(mem, &out), "{\"a,b\",\"{c}\",\"NULL\",\"'\"}");
}

/* ---- resources ---- */

#define ISSUER "https://mcp.example.com"

static struct sp_resource items[3];
static const struct sp_resources all = { items, 2 };

static void
make_resources(void)
{
	static const struct sp_scope_info info[] = { { "notes:read", "Read" }, { "notes:write", "Write" }, { "notes:delete", NULL } };

	items[0] = (struct sp_resource){ .name = "", .resource = ISSUER "/mcp", .title = "Notes", .info = info };
	items[0].scopes = list("notes:read notes:write notes:delete");
	items[0].default_scopes = list("notes:read");
	items[1] = (struct sp_resource){ .name = "search", .resource = ISSUER "/mcp/search", .title = "Search" };
	items[1].scopes = items[1].default_scopes = list("openid search:run");
	items[2] = (struct sp_resource){ .name = "bare", .resource = ISSUER "/mcp/bare", .title = "Bare" };
}

static const struct {
	const char *resource;
	int found;			/* index in items; -1: unknown */
} aliases[] = {
	{ NULL, 0 },
	{ ISSUER "/mcp", 0 },
	{ ISSUER "/mcp/", 0 },
	{ ISSUER, 0 },
	{ ISSUER "/", 0 },
	{ ISSUER ":443/mcp", 0 },
	{ ISSUER ":443", 0 },
	{ "https://MCP.Example.COM/mcp", 0 },
	{ "HTTPS://mcp.example.com/mcp", 0 },
	{ ISSUER "/mcp/search", 1 },
	{ ISSUER "/mcp/search/", 1 },
	{ "", -1 },
	{ ISSUER "/MCP", -1 },
	{ ISSUER "/mcp//", -1 },
	{ ISSUER "//mcp", -1 },
	{ ISSUER "/mcp?", -1 },
	{ ISSUER "/mcp?x", -1 },
	{ ISSUER "/mcp#x", -1 },
	{ ISSUER "/mcp#", -1 },
	{ ISSUER "/%6dcp", -1 },
	{ ISSUER "/x/../mcp", -1 },
	{ ISSUER "/mcp/SEARCH", -1 },
	{ ISSUER "/mcp/nothing", -1 },
	{ ISSUER "/search", -1 },
	{ ISSUER ":80/mcp", -1 },
	{ ISSUER ":8443/mcp", -1 },
	{ ISSUER ":/mcp", -1 },
	{ ISSUER "./mcp", -1 },
	{ ISSUER ".evil.example/mcp", -1 },
	{ "http://mcp.example.com/mcp", -1 },
	{ "https://u@mcp.example.com/mcp", -1 },
	{ "https://mcp.example.com@evil.example/mcp", -1 },
	{ "https://xmcp.example.com/mcp", -1 },
	{ "https:/mcp.example.com/mcp", -1 },
	{ "//mcp.example.com/mcp", -1 },
	{ "mcp.example.com/mcp", -1 },
	{ "/mcp", -1 },
	{ "mcp", -1 },
	{ "https://", -1 },
	{ "https:///mcp", -1 },
	{ ISSUER "/mcp\n", -1 },
	{ " " ISSUER "/mcp", -1 },
	{ ISSUER "/mcp ", -1 },
	{ "urn:x", -1 },
	{ ":", -1 },
};

static void
find(void **state)
{
	const struct sp_resources one = { &items[1], 1 }, none = { NULL, 0 };

	(void)state;
	make_resources();
	for (size_t i = 0; i < COUNT(aliases); i++) {
		const struct sp_resource *found = sp_resource_find(&all, sp_str(aliases[i].resource));

		CHECK(found == (aliases[i].found < 0 ? NULL : &items[aliases[i].found]),
		    aliases[i].resource != NULL ? aliases[i].resource : "none sent");
	}
	/* without a default one, the only one */
	assert_ptr_equal(sp_resource_find(&one, sp_str(NULL)), &items[1]);
	assert_null(sp_resource_find(&one, sp_str(ISSUER)));
	assert_null(sp_resource_find(&none, sp_str(NULL)));
	assert_ptr_equal(sp_resource_by_name(&all, SP_LIT("")), &items[0]);
	assert_ptr_equal(sp_resource_by_name(&all, SP_LIT("search")), &items[1]);
	assert_null(sp_resource_by_name(&all, SP_LIT("Search")));
}

static const struct {
	const char *name;
	int resource;
	const char *asked, *ceiling, *granted;		/* ceiling NULL: none; granted NULL: nothing remains */
} wishes[] = {
	{ "nothing: the default", 0, "", NULL, "notes:read" },
	{ "as asked", 0, "notes:write notes:read", NULL, "notes:write notes:read" },
	{ "what is not there is left out", 0, "admin notes:write", NULL, "notes:write" },
	{ "only what is not there", 0, "admin root", NULL, NULL },
	{ "only habits: the default", 0, "openid profile email offline_access", NULL, "notes:read" },
	{ "habits beside a scope", 0, "openid notes:write", NULL, "notes:write" },
	{ "habits beside what is not there", 0, "openid admin", NULL, NULL },
	{ "a habit that is offered counts", 1, "openid", NULL, "openid" },
	{ "within a ceiling", 0, "notes:read notes:write", "notes:write", "notes:write" },
	{ "beyond it", 0, "notes:read", "notes:write", NULL },
	{ "nothing, the default is beyond: all of the ceiling", 0, "", "notes:delete notes:write", "notes:write notes:delete" },
	{ "nothing, the default is within", 0, "", "notes:delete notes:read", "notes:read" },
	{ "a ceiling that the resource does not know", 0, "", "x", NULL },
	{ "an empty ceiling", 0, "", "", NULL },
	{ "a resource without scopes: nothing", 2, "", NULL, "" },
	{ "and nothing of what is asked", 2, "notes:read", NULL, "" },
	{ "whatever the ceiling", 2, "x", "y", "" },
};

static void
wish(void **state)
{
	struct sp_arena *mem = *state;

	make_resources();
	for (size_t i = 0; i < COUNT(wishes); i++) {
		struct sp_scope asked = list(wishes[i].asked), ceiling = { .count = 0 }, out;
		bool ok;

		if (wishes[i].ceiling != NULL)
			ceiling = list(wishes[i].ceiling);
		ok = sp_resource_scope(&items[wishes[i].resource], &asked, wishes[i].ceiling != NULL ? &ceiling : NULL, &out);
		CHECK(ok == (wishes[i].granted != NULL), wishes[i].name);
		if (ok)
			CHECK_STR(sp_str(sp_scope_text(mem, &out)), wishes[i].granted, wishes[i].name);
	}
}

static int
setup(void **state)
{
	*state = sp_arena_new();
	return 0;
}

static int
teardown(void **state)
{
	sp_arena_free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse), cmocka_unit_test(limits), cmocka_unit_test(sets),
		cmocka_unit_test(find), cmocka_unit_test(wish),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
