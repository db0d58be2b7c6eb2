/* test_content.c - files below a directory, and arguments in a stored prompt */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "tools/content.h"
#include "tools/directory.h"

/* ---- a directory ---- */

static char root[] = "/tmp/sallyport-test-content.XXXXXX";

static void
make(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	assert_true(snprintf(path, sizeof(path), "%s/%s", root, name) < (int)sizeof(path));
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int
make_root(void **state)
{
	int dir;

	(void)state;
	assert_non_null(mkdtemp(root));
	dir = open(root, O_DIRECTORY | O_RDONLY);
	assert_true(mkdirat(dir, "open", 0755) == 0 && mkdirat(dir, "open/sub", 0755) == 0 &&
	    mkdirat(dir, "open/.git", 0755) == 0 && mkdirat(dir, "open/sub.d", 0755) == 0);
	make("outside", "outside");
	make("open/a.md", "A");
	make("open/empty", "");
	make("open/.hidden", "hidden");
	make("open/.git/config", "config");
	make("open/sub/b", "BB");
	make("open/sub/bad\nname", "x");
	assert_true(symlinkat("../outside", dir, "open/link") == 0 && symlinkat("..", dir, "open/up") == 0 &&
	    symlinkat("sub", dir, "open/inside") == 0 && mkfifoat(dir, "open/fifo", 0644) == 0);
	close(dir);
	return 0;
}

static int
remove_root(void **state)
{
	static const char *const names[] = { "outside", "open/a.md", "open/empty", "open/.hidden", "open/.git/config",
	    "open/sub/b", "open/sub/bad\nname", "open/link", "open/up", "open/inside", "open/fifo" };
	static const char *const directories[] = { "open/.git", "open/sub", "open/sub.d", "open", "." };
	char path[256];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		if (snprintf(path, sizeof(path), "%s/%s", root, names[i]) > 0)
			unlink(path);
	for (size_t i = 0; i + 1 < COUNT(directories); i++)
		if (snprintf(path, sizeof(path), "%s/%s", root, directories[i]) > 0)
			rmdir(path);
	return rmdir(root);
}

static const struct {
	const char *path;
	enum sp_file_status status;
	const char *text;
} files[] = {
	{ "a.md", SP_FILE_READ, "A" },
	{ "empty", SP_FILE_READ, "" },
	{ "sub/b", SP_FILE_READ, "BB" },
	{ "", SP_FILE_NOT_THERE, NULL },
	{ ".", SP_FILE_NOT_THERE, NULL },
	{ "..", SP_FILE_NOT_THERE, NULL },
	{ "sub", SP_FILE_NOT_THERE, NULL },
	{ "none", SP_FILE_NOT_THERE, NULL },
	{ "a.md/", SP_FILE_NOT_THERE, NULL },
	{ "a.md/x", SP_FILE_NOT_THERE, NULL },
	{ "/a.md", SP_FILE_NOT_THERE, NULL },
	{ "//a.md", SP_FILE_NOT_THERE, NULL },
	{ "./a.md", SP_FILE_NOT_THERE, NULL },
	{ "sub//b", SP_FILE_NOT_THERE, NULL },
	{ "sub/./b", SP_FILE_NOT_THERE, NULL },
	{ "sub/../a.md", SP_FILE_NOT_THERE, NULL },
	{ "../outside", SP_FILE_NOT_THERE, NULL },
	{ "sub/../../outside", SP_FILE_NOT_THERE, NULL },
	{ "link", SP_FILE_NOT_THERE, NULL },
	{ "up/outside", SP_FILE_NOT_THERE, NULL },
	{ "inside/b", SP_FILE_NOT_THERE, NULL },
	{ ".hidden", SP_FILE_NOT_THERE, NULL },
	{ ".git/config", SP_FILE_NOT_THERE, NULL },
	{ "fifo", SP_FILE_NOT_THERE, NULL },
	{ "sub/bad\nname", SP_FILE_NOT_THERE, NULL },
	{ "/etc/passwd", SP_FILE_NOT_THERE, NULL },
};

static void
read_files(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	const char *directory = sp_printf(mem, "%s/open", root);
	struct sp_str out;

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		CHECK(sp_directory_read(mem, directory, sp_str(files[i].path), 10, &out) == files[i].status, files[i].path);
		if (files[i].text != NULL)
			CHECK_STR(out, files[i].text, files[i].path);
	}
	assert_int_equal(sp_directory_read(mem, directory, SP_LIT("sub/b"), 1, &out), SP_FILE_TOO_LARGE);
	assert_int_equal(out.len, 2);
	assert_int_equal(sp_directory_read(mem, directory, SP_LIT("sub/b"), 2, &out), SP_FILE_READ);
	assert_int_equal(sp_directory_read(mem, "/nowhere", SP_LIT("a.md"), 10, &out), SP_FILE_NOT_THERE);
	sp_arena_free(mem);
}

static const struct {
	const char *typed, *names;	/* joined by spaces */
} lists[] = {
	{ "", "a.md empty sub.d/ sub/" },
	{ "s", "sub.d/ sub/" },
	{ "sub/", "sub/b" },
	{ "sub/b", "sub/b" },
	{ "sub/x", "" },
	{ "sub", "sub.d/ sub/" },
	{ ".", "" },
	{ "..", "" },
	{ "../", "" },
	{ "/", "" },
	{ "sub//", "" },
	{ "inside/", "" },
	{ "up/", "" },
	{ ".git/", "" },
	{ "none/", "" },
};

static void
list_files(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	const char *directory = sp_printf(mem, "%s/open", root);
	size_t count, total;

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct sp_str *names = sp_directory_list(mem, directory, sp_str(lists[i].typed), 10, &count, &total);
		struct sp_buf b;

		sp_buf_init(&b, mem, 4096);
		for (size_t n = 0; n < count; n++)
			sp_buf_printf(&b, "%s%.*s", n > 0 ? " " : "", SP_FMT(names[n]));
		CHECK_STR(sp_buf_view(&b), lists[i].names, lists[i].typed);
		CHECK(total == count, lists[i].typed);
	}
	(void)sp_directory_list(mem, directory, SP_LIT(""), 2, &count, &total);
	assert_int_equal(count, 2);
	assert_int_equal(total, 4);
	sp_arena_free(mem);
}

/* ---- a stored prompt ---- */

static const struct {
	const char *text, *expected;
} texts[] = {
	{ "plain", "plain" },
	{ "", "" },
	{ "{{a}}", "A" },
	{ "{{a}}{{a}} {{b}}.", "AA {{a}}." },
	{ "{{optional}}!", "!" },
	{ "{{unknown}}", "{{unknown}}" },
	{ "{{ a }}", "{{ a }}" },
	{ "{a}", "{a}" },
	{ "{{{a}}}", "{A}" },
	{ "{{a", "{{a" },
	{ "{{a}", "{{a}" },
	{ "{{", "{{" },
	{ "{{}}", "{{}}" },
	{ "{{ab}}", "{{ab}}" },
};

static void
prompt_text(void **state)
{
	static const struct sp_prompt_argument arguments[] = { { "a", true }, { "b", true }, { "optional", false } };
	static const struct sp_content prompt = { .arguments = arguments, .argument_count = COUNT(arguments) };
	struct sp_arena *mem = sp_arena_new();
	struct json_object *values = sp_json_new(mem);

	(void)state;
	sp_json_set_str(values, "a", SP_LIT("A"));
	sp_json_set_str(values, "b", SP_LIT("{{a}}"));	/* is not looked at again */
	for (size_t i = 0; i < COUNT(texts); i++)
		CHECK_STR(sp_prompt_text(mem, sp_str(texts[i].text), &prompt, values), texts[i].expected, texts[i].text);
	sp_arena_free(mem);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_files),
		cmocka_unit_test(list_files),
		cmocka_unit_test(prompt_text),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
