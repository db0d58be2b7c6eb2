/* test_exec.c - tools of kind "executable": the spec, and the arguments of a program */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "unit.h"
#include "tools/exec_argv.h"
#include "tools/exec_tool.h"

static struct json_object *
json(struct sp_arena *mem, const char *text)
{
	struct json_object *out;
	const char *why;

	if (!sp_json_parse(mem, sp_str(text), &out, &why))
		fail_msg("%s: %s", text, why);
	return out;
}

/* ---- specs ---- */

static const struct {
	const char *spec, *why;		/* NULL: it is fine; else a part of the message */
} specs[] = {
	{ "{\"command\": [\"/bin/true\"]}", NULL },
	{ "{\"command\": [\"/bin/x\", [\"-u\", \"{u}\"], {\"if\": \"v\", \"then\": [\"-v\"]}, \"--\", \"{a...}\"], \"stdin\": \"json\","
	  "\"output\": \"lines\", \"environment\": {\"A\": \"x${env:CREDENTIAL_A}\"}, \"directory\": \"/tmp\", \"limits\": {\"cpu\": \"10s\","
	  "\"memory\": \"256MiB\", \"output\": 1000, \"processes\": 3, \"files\": 20, \"file\": \"1MiB\"}, \"exit\": {\"1\": \"ok\", \"3\": \"no\"},"
	  "\"seccomp\": \"basic\", \"concurrency\": 2, \"progress\": true, \"paths\": {\"f\": {\"below\": \"/srv\"}}, \"dashes\": [\"u\"]}", NULL },
	{ "{}", "command: " },
	{ "{\"command\": \"/bin/true\"}", "command: " },
	{ "{\"command\": []}", "command: " },
	{ "{\"command\": [\"true\"]}", "command: [0]: " },
	{ "{\"command\": [\"/bin/{x}\"]}", "command: [0]: " },
	{ "{\"command\": [[\"/bin/true\"]]}", "command: [0]: " },
	{ "{\"command\": [\"/bin/true\", 5]}", "command: [1]: " },
	{ "{\"command\": [\"/bin/true\", \"{x\"]}", "command: [1]: " },
	{ "{\"command\": [\"/bin/true\", \"a{x...}\"]}", "command: [1]: " },
	{ "{\"command\": [\"/bin/true\", [[[[[\"x\"]]]]]]}", "command: [1]: " },
	{ "{\"command\": [\"/bin/true\", {\"if\": \"x\"}]}", "command: [1]: " },
	{ "{\"command\": [\"/bin/true\", {\"if\": \"x\", \"then\": [\"a\"], \"else\": []}]}", "else" },
	{ "{\"command\": [\"/bin/true\"], \"shell\": true}", "shell" },
	{ "{\"command\": [\"/bin/true\"], \"stdin\": \"xml\"}", "stdin: " },
	{ "{\"command\": [\"/bin/true\"], \"output\": \"xml\"}", "output: " },
	{ "{\"command\": [\"/bin/true\"], \"environment\": {\"A=B\": \"x\"}}", "environment.A=B: " },
	{ "{\"command\": [\"/bin/true\"], \"environment\": {\"1A\": \"x\"}}", "environment.1A: " },
	{ "{\"command\": [\"/bin/true\"], \"environment\": {\"A\": 1}}", "environment.A: " },
	{ "{\"command\": [\"/bin/true\"], \"environment\": {\"A\": \"${env:\"}}", "environment.A: " },
	{ "{\"command\": [\"/bin/true\"], \"limits\": {\"time\": \"1s\"}}", "limits: " },
	{ "{\"command\": [\"/bin/true\"], \"limits\": {\"cpu\": \"fast\"}}", "limits: " },
	{ "{\"command\": [\"/bin/true\"], \"exit\": {\"256\": \"ok\"}}", "exit.256: " },
	{ "{\"command\": [\"/bin/true\"], \"exit\": {\"x\": \"ok\"}}", "exit.x: " },
	{ "{\"command\": [\"/bin/true\"], \"exit\": {\"1\": 2}}", "exit.1: " },
	{ "{\"command\": [\"/bin/true\"], \"seccomp\": \"strict\"}", "seccomp: " },
	{ "{\"command\": [\"/bin/true\"], \"directory\": \"tmp\"}", "directory: " },
	{ "{\"command\": [\"/bin/true\"], \"concurrency\": 0}", "concurrency: " },
	{ "{\"command\": [\"/bin/true\"], \"paths\": {\"f\": \"/srv\"}}", "paths.f: " },
	{ "{\"command\": [\"/bin/true\"], \"paths\": {\"f\": {\"below\": \"srv\"}}}", "paths.f: " },
	{ "{\"command\": [\"/bin/true\"], \"paths\": {\"f\": {\"above\": \"/srv\"}}}", "paths.f: " },
	{ "{\"command\": [\"/bin/true\"], \"dashes\": [1]}", "dashes: " },
};

static void
loading(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	const void *out;

	(void)state;
	for (size_t i = 0; i < COUNT(specs); i++) {
		const char *why = "";
		bool ok = sp_exec_tool.load(mem, json(mem, specs[i].spec), &out, &why);

		if (ok != (specs[i].why == NULL) || (!ok && strstr(why, specs[i].why) == NULL))
			fail_msg("%s: %s", specs[i].spec, why);
	}
	sp_arena_free(mem);
}

/* ---- arguments ---- */

static const struct {
	const char *spec, *arguments, *expected;	/* joined by "|", without the program; "!text": what is wrong */
} cases[] = {
	{ "{\"command\": [\"/x\", \"a b\", \"{{}}\", \"\"]}", "{}", "a b|{}|" },
	{ "{\"command\": [\"/x\", \"{a}\"]}", "{\"a\": \"$(id); `id` | > 'x' \\\"y\\\" \\n *\"}", "$(id); `id` | > 'x' \"y\" \n *" },
	{ "{\"command\": [\"/x\", \"{a}\", \"--n={n}\", \"{b}\"]}", "{\"a\": \"\", \"n\": 42, \"b\": true}", "|--n=42|true" },
	{ "{\"command\": [\"/x\", \"{o}\", \"{l}\"]}", "{\"o\": {\"b\": 1, \"a\": [1, 2]}, \"l\": [1, \"x\"]}", "{\"a\":[1,2],\"b\":1}|[1,\"x\"]" },
	{ "{\"command\": [\"/x\", \"{l...}\", \"end\"]}", "{\"l\": [1, \"x y\", true]}", "1|x y|true|end" },
	{ "{\"command\": [\"/x\", \"{l...}\", \"end\"]}", "{\"l\": []}", "end" },
	{ "{\"command\": [\"/x\", \"{l...}\", \"end\"]}", "{}", "end" },
	{ "{\"command\": [\"/x\", \"{l...}\"]}", "{\"l\": \"x\"}", "!l: not a list" },
	{ "{\"command\": [\"/x\", \"{l...}\"]}", "{\"l\": [{}]}", "!l: " },
	/* what is not there */
	{ "{\"command\": [\"/x\", \"{a}\", [\"-n\", \"{n}\"], \"b\"]}", "{}", "b" },
	{ "{\"command\": [\"/x\", \"{a}\", [\"-n\", \"{n}\"], \"b\"]}", "{\"n\": 5}", "-n|5|b" },
	{ "{\"command\": [\"/x\", [\"-r\", \"{from}\", \"{to}\"], \"{rest}\"]}", "{\"from\": 1, \"rest\": \"z\"}", "z" },
	{ "{\"command\": [\"/x\", {\"if\": \"v\", \"then\": [\"-v\", \"-v\"]}]}", "{\"v\": true}", "-v|-v" },
	{ "{\"command\": [\"/x\", {\"if\": \"v\", \"then\": [\"-v\"]}, \"e\"]}", "{\"v\": false}", "e" },
	{ "{\"command\": [\"/x\", {\"if\": \"v\", \"then\": [\"-v\"]}, \"e\"]}", "{\"v\": \"true\"}", "e" },
	/* an argument must not become an option */
	{ "{\"command\": [\"/x\", \"{a}\"]}", "{\"a\": \"-rf\"}", "!a: must not begin" },
	{ "{\"command\": [\"/x\", \"{a}\"]}", "{\"a\": \"--output=/etc/passwd\"}", "!a: must not begin" },
	{ "{\"command\": [\"/x\", \"{a}\"]}", "{\"a\": -5}", "!a: must not begin" },
	{ "{\"command\": [\"/x\", \"{a}{b}\"]}", "{\"a\": \"\", \"b\": \"-x\"}", "!must not begin" },
	{ "{\"command\": [\"/x\", \"{l...}\"]}", "{\"l\": [\"a\", \"-x\"]}", "!l: must not begin" },
	{ "{\"command\": [\"/x\", \"-o\", \"{a}\"]}", "{\"a\": \"-x\"}", "!a: must not begin" },
	{ "{\"command\": [\"/x\", \"--\", \"{a}\", \"{l...}\"]}", "{\"a\": \"-rf\", \"l\": [\"-x\"]}", "--|-rf|-x" },
	{ "{\"command\": [\"/x\", [\"--\", \"{gone}\"], \"{a}\"]}", "{\"a\": \"-rf\"}", "!a: must not begin" },
	{ "{\"command\": [\"/x\", \"{sep}\", \"{a}\"]}", "{\"sep\": \"--\", \"a\": \"-rf\"}", "!sep: must not begin" },
	{ "{\"command\": [\"/x\", \"{a}\"], \"dashes\": [\"a\"]}", "{\"a\": -5}", "-5" },
	{ "{\"command\": [\"/x\", \"{a}\"], \"dashes\": [\"b\"]}", "{\"a\": -5}", "!a: must not begin" },
	{ "{\"command\": [\"/x\", \"--at={a}\"]}", "{\"a\": \"-x\"}", "--at=-x" },
	{ "{\"command\": [\"/x\", \"{a}\"]}", "{\"a\": \"{b}\", \"b\": \"-x\"}", "{b}" },
};

static const struct sp_argv_spec *
argv_spec(struct sp_arena *mem, const char *text)
{
	const struct sp_argv_spec *spec;
	const char *why;

	if (!sp_argv_load(mem, json(mem, text), &spec, &why))
		fail_msg("%s: %s", text, why);
	return spec;
}

static const char *
joined(struct sp_arena *mem, const char *const *argv)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, 4 << 20);
	for (size_t i = 1; argv[i] != NULL; i++) {
		if (i > 1)
			sp_buf_char(&b, '|');
		sp_buf_cstr(&b, argv[i]);
	}
	return b.len > 0 ? sp_buf_view(&b).p : "";
}

static void
making(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *const *argv = NULL, *why = "", *expected = cases[i].expected;
		enum sp_argv_made made = sp_argv_make(mem, argv_spec(mem, cases[i].spec), json(mem, cases[i].arguments), &argv, &why);

		if (expected[0] == '!') {
			if (made != SP_ARGV_WRONG || strstr(why, expected + 1) == NULL)
				fail_msg("%s %s: %d %s", cases[i].spec, cases[i].arguments, made, why);
		} else if (made != SP_ARGV_MADE || strcmp(joined(mem, argv), expected) != 0) {
			fail_msg("%s %s: %s %s", cases[i].spec, cases[i].arguments, joined(mem, argv), why);
		}
	}
	sp_arena_free(mem);
}

static void
too_long(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	const struct sp_argv_spec *one = argv_spec(mem, "{\"command\": [\"/x\", \"{a}\"]}");
	const struct sp_argv_spec *many = argv_spec(mem, "{\"command\": [\"/x\", \"{a...}\"]}");
	struct json_object *arguments = sp_json_new(mem), *list = json_object_new_array();
	char *text = sp_alloc(mem, SP_ARGV_ITEM_MAX + 2);
	const char *const *argv, *why;

	(void)state;
	memset(text, 'x', SP_ARGV_ITEM_MAX);
	sp_json_set_str(arguments, "a", sp_str(text));
	assert_int_equal(sp_argv_make(mem, one, arguments, &argv, &why), SP_ARGV_MADE);
	text[SP_ARGV_ITEM_MAX] = 'x';
	sp_json_set_str(arguments, "a", sp_str(text));
	assert_int_equal(sp_argv_make(mem, one, arguments, &argv, &why), SP_ARGV_WRONG);
	for (int i = 0; i < SP_ARGV_MAX + 1; i++)
		json_object_array_add(list, json_object_new_string("x"));
	json_object_object_add(arguments, "a", list);
	assert_int_equal(sp_argv_make(mem, many, arguments, &argv, &why), SP_ARGV_WRONG);
	sp_arena_free(mem);
}

/* ---- paths ---- */

static const struct {
	const char *path, *expected;	/* below the directory; NULL: refused */
	bool create;
} paths[] = {
	{ "file", "file", false }, { "sub/deep", "sub/deep", false }, { "sub/../file", "file", false }, { "./file", "file", false },
	{ "link", "file", false }, { "sub", "sub", false },
	{ "..", NULL, false }, { "../secret", NULL, false }, { "sub/../../secret", NULL, false }, { "/etc/passwd", NULL, false },
	{ "out", NULL, false }, { "out/passwd", NULL, false }, { "absolute", NULL, false }, { "gone", NULL, false }, { "", NULL, false },
	{ "new", "new", true }, { "sub/new", "sub/new", true }, { "file", "file", true }, { "sub/../new", "new", true },
	{ "absolute", NULL, true }, { "link", NULL, true }, { "../new", NULL, true }, { "gone/new", NULL, true }, { "out/new", NULL, true },
	{ "sub/..", NULL, true }, { "sub/.", NULL, true }, { "sub/", NULL, true }, { "/new", NULL, true }, { "", NULL, true },
};

static char directory[64];

/* Valgrind 3.19 does not know openat2(2). */
static bool
has_openat2(void)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC };
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));

	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno != ENOSYS;
}

static int
make_tree(void **state)
{
	char command[400];

	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/sallyport-exec.XXXXXX");
	if (mkdtemp(directory) == NULL)
		return 1;
	snprintf(command, sizeof(command), "cd '%s' && echo no > secret && mkdir -p top/sub && cd top && touch file sub/deep && "
	    "ln -s file link && ln -s .. out && ln -s /etc/passwd absolute && ln -s ../file sub/up", directory);
	return system(command);
}

static int
remove_tree(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	return system(command);
}

static void
confining(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	if (!has_openat2()) {
		sp_arena_free(mem);
		skip();
	}
	for (size_t i = 0; i < COUNT(paths); i++) {
		const struct sp_argv_spec *spec = argv_spec(mem, sp_printf(mem, "{\"command\": [\"/x\", \"{f}\"], \"paths\": {\"f\": "
		    "{\"below\": \"%s/top\", \"create\": %s}}}", directory, paths[i].create ? "true" : "false"));
		struct json_object *arguments = sp_json_new(mem), *out;
		enum sp_argv_made made;
		const char *why = "";

		sp_json_set_str(arguments, "f", sp_str(paths[i].path));
		made = sp_argv_confine(mem, spec, arguments, &out, &why);
		CHECK(made == (paths[i].expected != NULL ? SP_ARGV_MADE : SP_ARGV_WRONG), paths[i].path);
		if (paths[i].expected != NULL)
			CHECK_STR(sp_json_get_str(out, "f"), sp_printf(mem, "%s/top/%s", directory, paths[i].expected), paths[i].path);
		CHECK_STR(sp_json_get_str(arguments, "f"), paths[i].path, "the argument itself");
	}
	sp_arena_free(mem);
}

static void
confining_lists(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	const struct sp_argv_spec *spec = argv_spec(mem, sp_printf(mem,
	    "{\"command\": [\"/x\"], \"paths\": {\"f\": {\"below\": \"%s/top\"}}}", directory));
	const struct sp_argv_spec *nowhere = argv_spec(mem, "{\"command\": [\"/x\"], \"paths\": {\"f\": {\"below\": \"/nonexistent/directory\"}}}");
	struct json_object *out;
	const char *why;

	(void)state;
	if (!has_openat2()) {
		sp_arena_free(mem);
		skip();
	}
	assert_int_equal(sp_argv_confine(mem, spec, json(mem, "{\"f\": [\"file\", \"sub\"]}"), &out, &why), SP_ARGV_MADE);
	CHECK_STR(sp_json_text(json_object_array_get_idx(sp_json_get(out, "f"), 1)), sp_printf(mem, "%s/top/sub", directory), "list");
	assert_int_equal(sp_argv_confine(mem, spec, json(mem, "{\"f\": [\"file\", \"../secret\"]}"), &out, &why), SP_ARGV_WRONG);
	assert_int_equal(sp_argv_confine(mem, spec, json(mem, "{\"f\": 5}"), &out, &why), SP_ARGV_WRONG);
	assert_int_equal(sp_argv_confine(mem, spec, json(mem, "{\"g\": \"../x\"}"), &out, &why), SP_ARGV_MADE);
	assert_int_equal(sp_argv_confine(mem, nowhere, json(mem, "{\"f\": \"file\"}"), &out, &why), SP_ARGV_TROUBLE);
	sp_arena_free(mem);
}

/* ---- text ---- */

static void
texts(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	CHECK_STR(sp_exec_text(mem, SP_LIT("plain \xc3\xa4")), "plain \xc3\xa4", "UTF-8");
	CHECK_STR(sp_exec_text(mem, SP_LIT("a\xff" "b\0c\xc3")), "a\xef\xbf\xbd" "b\xef\xbf\xbd" "c\xef\xbf\xbd", "not UTF-8");
	CHECK_STR(sp_exec_clean(mem, SP_LIT("\033[31;1mred\033[0m\a\r\n\tok\x7f\033M \033")), "red\n\tok", "clean");
	CHECK_STR(sp_exec_clean(mem, SP_LIT("\033[")), "", "cut");
	CHECK_STR(sp_exec_clean(mem, SP_LIT("\xff\0")), "\xef\xbf\xbd", "bytes");
	sp_arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loading), cmocka_unit_test(making), cmocka_unit_test(too_long), cmocka_unit_test(confining),
		cmocka_unit_test(confining_lists), cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
