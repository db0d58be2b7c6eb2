/* test_document.c - catalog documents: scalars of YAML, times and sizes, places, suggestions */
#include "unit.h"

#include "catalog_read.h"
#include "tools/document_kind.h"

/* YAML 1.2.2 section 10.3.2, and what versions read differently. */
static const struct {
	const char *text;
	enum catalog_scalar kind;
	const char *number;
} scalars[] = {
	{ "", CATALOG_NULL }, { "~", CATALOG_NULL }, { "null", CATALOG_NULL }, { "Null", CATALOG_NULL },
	{ "NULL", CATALOG_NULL }, { "nUll", CATALOG_TEXT },
	{ "true", CATALOG_TRUE }, { "True", CATALOG_TRUE }, { "TRUE", CATALOG_TRUE }, { "tRUE", CATALOG_TEXT },
	{ "false", CATALOG_FALSE }, { "yes", CATALOG_TEXT }, { "No", CATALOG_TEXT }, { "on", CATALOG_TEXT },
	{ "off", CATALOG_TEXT }, { "y", CATALOG_TEXT },
	{ "0", CATALOG_NUMBER, "0" }, { "-19", CATALOG_NUMBER, "-19" }, { "+1", CATALOG_NUMBER, "1" },
	{ "0o14", CATALOG_NUMBER, "12" }, { "0x3A", CATALOG_NUMBER, "58" }, { "0x7fffffffffffffff", CATALOG_TEXT },
	{ "0o", CATALOG_TEXT }, { "0x", CATALOG_TEXT }, { "0o8", CATALOG_TEXT }, { "-0x1", CATALOG_TEXT }, { "0b1", CATALOG_TEXT },
	{ "007", CATALOG_REFUSED }, { "-01", CATALOG_REFUSED }, { "00.5", CATALOG_REFUSED },
	{ "0.", CATALOG_NUMBER, "0" }, { "-0.0", CATALOG_NUMBER, "-0.0" }, { ".5", CATALOG_NUMBER, "0.5" },
	{ "+12e03", CATALOG_NUMBER, "12e03" }, { "-2E+05", CATALOG_NUMBER, "-2E+05" }, { "1.e3", CATALOG_NUMBER, "1e3" },
	{ ".", CATALOG_TEXT }, { "-", CATALOG_TEXT }, { "e3", CATALOG_TEXT }, { "1e", CATALOG_TEXT }, { "1.2.3", CATALOG_TEXT },
	{ "1_000", CATALOG_TEXT }, { "12:30:45", CATALOG_TEXT }, { "2001-12-14", CATALOG_TEXT }, { "1 ", CATALOG_TEXT },
	{ ".inf", CATALOG_REFUSED }, { "-.Inf", CATALOG_REFUSED }, { ".NaN", CATALOG_REFUSED }, { ".iNf", CATALOG_TEXT },
};

static void
plain_scalars(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(scalars); i++) {
		struct sp_str number = { 0 };
		const char *why = NULL;
		enum catalog_scalar kind = catalog_scalar(mem, sp_str(scalars[i].text), &number, &why);

		if (kind != scalars[i].kind)
			fail_msg("\"%s\": %d, not %d", scalars[i].text, kind, scalars[i].kind);
		if (kind == CATALOG_NUMBER && !sp_str_is(number, scalars[i].number))
			fail_msg("\"%s\": \"%.*s\", not \"%s\"", scalars[i].text, SP_FMT(number), scalars[i].number);
		if (kind == CATALOG_REFUSED)
			assert_non_null(why);
	}
	sp_arena_free(mem);
}

static void
times_and_sizes(void **state)
{
	static const struct {
		const char *text;
		int64_t milliseconds, bytes;	/* -1: it is none */
	} cases[] = {
		{ "1ms", 1, -1 }, { "500ms", 500, -1 }, { "5s", 5000, -1 }, { "2m", 120000, -1 }, { "1h", 3600000, -1 },
		{ "24d", 2073600000, -1 }, { "25d", -1, -1 }, { "0s", -1, -1 }, { "-1s", -1, -1 }, { "1.5s", -1, -1 },
		{ "5 s", -1, -1 }, { "5", -1, -1 }, { "s", -1, -1 }, { "5sec", -1, -1 }, { "", -1, -1 },
		{ "99999999999999999999s", -1, -1 },
		{ "1B", -1, 1 }, { "64KiB", -1, 65536 }, { "1MiB", -1, 1048576 }, { "1GiB", -1, 1073741824 }, { "2GiB", -1, -1 },
		{ "1MB", -1, -1 }, { "1kib", -1, -1 }, { "KiB", -1, -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t milliseconds = -1, bytes = -1;

		if (sp_document_duration(sp_str(cases[i].text), &milliseconds) != (cases[i].milliseconds >= 0) ||
		    milliseconds != cases[i].milliseconds)
			fail_msg("%s is %lld ms", cases[i].text, (long long)milliseconds);
		if (sp_document_size(sp_str(cases[i].text), &bytes) != (cases[i].bytes >= 0) || bytes != cases[i].bytes)
			fail_msg("%s is %lld bytes", cases[i].text, (long long)bytes);
	}
}

static void
suggestions(void **state)
{
	static const char *const names[] = { "timeout", "title", "tier", "description", "max_rows", "id", NULL };
	static const struct {
		const char *word, *suggested;
	} cases[] = {
		{ "timout", "timeout" }, { "tiemout", "timeout" }, { "Title", "title" }, { "tilte", "title" },
		{ "descripton", "description" }, { "maxrows", "max_rows" }, { "max-rows", "max_rows" },
		{ "colour", NULL }, { "x", NULL }, { "", NULL },
	};
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(sp_suggestion(mem, sp_str(cases[i].word), names), cases[i].suggested == NULL ? "" :
		    sp_printf(mem, "; did you mean \"%s\"?", cases[i].suggested));
	sp_arena_free(mem);
}

static void
places(void **state)
{
	static const char text[] =
	    "a:\n"			/* 1 */
	    "  b.c: 1\n"		/* 2 */
	    "  b:\n"			/* 3 */
	    "    - x\n"			/* 4 */
	    "    - y: 1\n"		/* 5 */
	    "      z: 2\n"		/* 6 */
	    "\"1\": {q: 1,\n"		/* 7 */
	    "  r: 2}\n";		/* 8 */
	static const struct {
		const char *path;
		int line;
	} cases[] = {
		{ "", 1 }, { "a", 1 }, { "a.b.c", 2 }, { "a.b", 3 }, { "a.b[0]", 4 }, { "a.b[1].z", 6 }, { "a.b.1.z", 6 },
		{ "#/a/b/1/z", 6 }, { "a.b[7]", 3 }, { "a.nowhere", 1 }, { "1.r", 8 }, { "1.r.deeper", 8 }, { "a.bc", 1 },
	};
	struct sp_arena *mem = sp_arena_new();
	struct catalog_trees trees;
	const char *why = "";
	int line = 0;

	(void)state;
	assert_true(catalog_read_yaml(mem, sp_str(text), &trees, &line, &why));
	assert_int_equal(trees.count, 1);
	for (size_t i = 0; i < COUNT(cases); i++)
		if (sp_place_find(trees.item[0].place, sp_str(cases[i].path))->line != cases[i].line)
			fail_msg("%s is on line %d", cases[i].path, sp_place_find(trees.item[0].place, sp_str(cases[i].path))->line);
	sp_arena_free(mem);
}

/* A file names as many faults as are kept, and says how many more there were. */
static void
many_faults(void **state)
{
	struct sp_faults faults = { 0 };
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	faults.mem = mem;
	for (int i = 0; i < SP_FAULTS_MAX + 5; i++)
		sp_fault(&faults, "f", i, "number %d\x1b[2J\xc2\x9b", i);
	assert_int_equal(faults.count, SP_FAULTS_MAX);
	assert_int_equal(faults.more, 5);
	assert_string_equal(faults.item[7].message, "number 7\\x1b[2J\\u009b");
	sp_arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_scalars),
		cmocka_unit_test(times_and_sizes),
		cmocka_unit_test(suggestions),
		cmocka_unit_test(places),
		cmocka_unit_test(many_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
