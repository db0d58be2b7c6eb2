/* test_listing.c - entries of lists as the revisions know them */
#include "unit.h"
#include "tools/listing.h"

#define SAME NULL	/* as in the revision after it */

static const struct {
	const char *name, *entry;
	const char *form[SP_LISTING_FORMS];
} entries[] = {
	{ "nothing that came later", "{\"name\":\"a\",\"description\":\"b\",\"inputSchema\":{\"title\":\"t\",\"icons\":1}}",
	    { SAME, SAME, SAME, "{\"name\":\"a\",\"description\":\"b\",\"inputSchema\":{\"title\":\"t\",\"icons\":1}}" } },
	{ "a tool", "{\"name\":\"a\",\"title\":\"A\",\"inputSchema\":{},\"outputSchema\":{\"type\":\"object\"},"
	    "\"annotations\":{\"readOnlyHint\":true},\"icons\":[{\"src\":\"x\"}],\"_meta\":{\"ui\":{}}}", {
	    "{\"name\":\"a\",\"inputSchema\":{},\"annotations\":{\"title\":\"A\",\"readOnlyHint\":true}}",
	    "{\"name\":\"a\",\"title\":\"A\",\"inputSchema\":{},\"outputSchema\":{\"type\":\"object\"},"
	    "\"annotations\":{\"readOnlyHint\":true},\"_meta\":{\"ui\":{}}}", SAME,
	    "{\"name\":\"a\",\"title\":\"A\",\"inputSchema\":{},\"outputSchema\":{\"type\":\"object\"},"
	    "\"annotations\":{\"readOnlyHint\":true},\"icons\":[{\"src\":\"x\"}],\"_meta\":{\"ui\":{}}}" } },
	{ "an output schema of an array", "{\"name\":\"a\",\"outputSchema\":{\"type\":\"array\"}}", {
	    SAME, SAME, "{\"name\":\"a\"}", "{\"name\":\"a\",\"outputSchema\":{\"type\":\"array\"}}" } },
	{ "an output schema of anything", "{\"name\":\"a\",\"outputSchema\":{\"anyOf\":[]}}", {
	    SAME, SAME, "{\"name\":\"a\"}", "{\"name\":\"a\",\"outputSchema\":{\"anyOf\":[]}}" } },
	{ "a resource", "{\"uri\":\"x:y\",\"title\":\"A\",\"size\":3,\"annotations\":{\"lastModified\":\"2026\",\"priority\":1}}", {
	    "{\"uri\":\"x:y\",\"size\":3,\"annotations\":{\"priority\":1}}", SAME, SAME,
	    "{\"uri\":\"x:y\",\"title\":\"A\",\"size\":3,\"annotations\":{\"lastModified\":\"2026\",\"priority\":1}}" } },
	{ "a prompt", "{\"name\":\"p\",\"arguments\":[{\"name\":\"a\",\"title\":\"A\",\"required\":true}]}", {
	    "{\"name\":\"p\",\"arguments\":[{\"name\":\"a\",\"required\":true}]}", SAME, SAME,
	    "{\"name\":\"p\",\"arguments\":[{\"name\":\"a\",\"title\":\"A\",\"required\":true}]}" } },
	{ "arguments of another kind", "{\"arguments\":{\"title\":1},\"annotations\":[1]}", { SAME, SAME, SAME,
	    "{\"arguments\":{\"title\":1},\"annotations\":[1]}" } },
	{ "null", "{\"name\":\"a\",\"_meta\":{\"a\":null},\"annotations\":null}", {
	    "{\"name\":\"a\",\"annotations\":null}", SAME, SAME, "{\"name\":\"a\",\"_meta\":{\"a\":null},\"annotations\":null}" } },
};

static void
forms(void **state)
{
	struct sp_arena *mem = sp_arena_new(), *scratch = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(entries); i++) {
		struct json_object *entry;
		struct sp_listing got;
		const char *why;

		CHECK(sp_json_parse(scratch, sp_str(entries[i].entry), &entry, &why), entries[i].name);
		CHECK(sp_listing_write(mem, scratch, entry, &got), entries[i].name);
		sp_arena_reset(scratch);
		for (size_t form = 0; form < SP_LISTING_FORMS; form++) {
			size_t same = form;

			while (entries[i].form[same] == SAME)
				same++;
			CHECK_STR(got.form[form], entries[i].form[same], entries[i].name);
			CHECK(got.form[form].p == got.form[same].p || form == same, entries[i].name);
		}
	}
	sp_arena_free(mem);
	sp_arena_free(scratch);
}

static void
too_long(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct json_object *entry = sp_json_new(mem);
	char *text = sp_alloc(mem, (1 << 20) + 1);
	struct sp_listing got;

	(void)state;
	memset(text, 'x', 1 << 20);
	sp_json_set_str(entry, "description", (struct sp_str){ text, 1 << 20 });
	assert_false(sp_listing_write(mem, mem, entry, &got));
	sp_arena_free(mem);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
