/* test_reference.c - ${env:NAME} and ${file:NAME} */
#include "unit.h"
#include "tools/reference.h"

#include <sys/stat.h>

static char directory[] = "/tmp/sp_reference_XXXXXX";

static const struct {
	const char *name, *text, *value;	/* NULL: it leads nowhere */
	const char *complaint;			/* a part of it */
} cases[] = {
	{ "plain", "a $ and {x} and $x", "a $ and {x} and $x", NULL },
	{ "empty", "", "", NULL },
	{ "alone", "${env:CREDENTIAL_ONE}", "first", NULL },
	{ "within", "Bearer ${env:CREDENTIAL_ONE}; ${file:two.txt}", "Bearer first; second", NULL },
	{ "escaped", "$${env:CREDENTIAL_ONE} $$ ${env:CREDENTIAL_ONE}", "${env:CREDENTIAL_ONE} $$ first", NULL },
	{ "values are not looked at again", "${env:CREDENTIAL_NESTED}", "${env:CREDENTIAL_ONE}", NULL },
	{ "one line break goes", "${file:lines}", "a\n", NULL },
	{ "a link in a directory of ours", "${file:link}", "second", NULL },
	{ "another variable", "${env:HOME}", NULL, "credential_env" },
	{ "our own", "${env:SALLYPORT_DATABASE}", NULL, "credential_env" },
	{ "not there", "${env:CREDENTIAL_NONE}", NULL, "no such variable" },
	{ "no file", "${file:none}", NULL, "credential_dirs" },
	{ "a directory", "${file:sub}", NULL, "credential_dirs" },
	{ "a fifo", "${file:fifo}", NULL, "credential_dirs" },
	{ "large", "${file:large}", NULL, "credential_dirs" },
	{ "a NUL", "${file:nul}", NULL, "credential_dirs" },
	{ "a path", "${file:../passwd}", NULL, "no path" },
	{ "absolute", "${file:/etc/passwd}", NULL, "no path" },
	{ "hidden", "${file:.two}", NULL, "no path" },
	{ "no name", "${env:}", NULL, "name of an environment variable" },
	{ "a digit", "${env:1A}", NULL, "name of an environment variable" },
	{ "no end", "a ${env:CREDENTIAL_ONE", NULL, "begins a reference" },
	{ "another kind", "${vault:x}", NULL, "begins a reference" },
	{ "nothing", "${}", NULL, "begins a reference" },
};

static void
put(const char *name, const char *bytes, size_t len)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

static int
prepare(void **state)
{
	static char large[SP_REFERENCE_MAX + 1];
	char path[100];

	(void)state;
	if (mkdtemp(directory) == NULL)
		return 1;
	memset(large, 'x', sizeof(large));
	put("two.txt", "second\r\n", 8);
	put("lines", "a\n\n", 3);
	put("large", large, sizeof(large));
	put("nul", "a\0b", 3);
	snprintf(path, sizeof(path), "%s/link", directory);
	assert_int_equal(symlink("two.txt", path), 0);
	snprintf(path, sizeof(path), "%s/sub", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/fifo", directory);
	assert_int_equal(mkfifo(path, 0600), 0);
	setenv("CREDENTIAL_ONE", "first", 1);
	setenv("CREDENTIAL_NESTED", "${env:CREDENTIAL_ONE}", 1);
	setenv("SALLYPORT_DATABASE", "host=secret", 1);
	return 0;
}

static int
clean_up(void **state)
{
	static const char *const names[] = { "two.txt", "lines", "large", "nul", "link", "fifo" };
	char path[100];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/sub", directory);
	rmdir(path);
	return rmdir(directory);
}

static void
references(void **state)
{
	struct sp_settings settings = { .credential_env = "CREDENTIAL_", .credential_dirs = "/nowhere" };
	struct sp_arena *mem = sp_arena_new();
	const char *why;
	struct sp_str out;

	(void)state;
	settings.credential_dirs = sp_printf(mem, "/nowhere  %s", directory);
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool found = sp_reference_resolve(mem, &settings, sp_str(cases[i].text), &out, &why);

		CHECK(found == (cases[i].value != NULL), cases[i].name);
		if (found)
			CHECK_STR(out, cases[i].value, cases[i].name);
		else
			CHECK(strstr(why, cases[i].complaint) != NULL, cases[i].name);
	}
	settings.credential_env = "";
	assert_false(sp_reference_resolve(mem, &settings, SP_LIT("${env:CREDENTIAL_ONE}"), &out, &why));
	assert_true(sp_reference_is_in(SP_LIT("a ${env:X}")));
	assert_true(sp_reference_is_in(SP_LIT("a ${")));
	assert_false(sp_reference_is_in(SP_LIT("a $${env:X}")));
	sp_arena_free(mem);
}

static void
of_systemd(void **state)
{
	struct sp_settings settings = { .credential_env = "", .credential_dirs = "" };
	struct sp_arena *mem = sp_arena_new();
	const char *why;
	struct sp_str out;

	(void)state;
	assert_false(sp_reference_resolve(mem, &settings, SP_LIT("${file:two.txt}"), &out, &why));
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
	assert_true(sp_reference_resolve(mem, &settings, SP_LIT("${file:two.txt}"), &out, &why));
	CHECK_STR(out, "second", "systemd");
	unsetenv("CREDENTIALS_DIRECTORY");
	sp_arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references),
		cmocka_unit_test(of_systemd),
	};

	return cmocka_run_group_tests(tests, prepare, clean_up);
}
