/*
 * fuzz_argv.c - the arguments of a program: a spec on the first line, the call's arguments on the second
 *
 * However they are made: the program is the one of the spec, nothing is longer than the kernel takes, a value is the
 * argument it was put in for and no other, and none begins with "-" unless an author's "--" stands before it.
 */
#include "fuzz.h"
#include "tools/exec_argv.h"
#include "tools/exec_tool.h"

#define NO_OPTIONS "{\"command\": [\"/x\", \"{a}\", \"{b}{a}\", \"{c...}\", [\"{a}\", \"{gone}\"], \"end\"]}"

static void
check_bounds(const char *const *argv)
{
	size_t n = 0, bytes = 0;

	for (; argv[n] != NULL; n++) {
		FUZZ_CHECK(strlen(argv[n]) <= SP_ARGV_ITEM_MAX);
		bytes += strlen(argv[n]) + 1;
	}
	FUZZ_CHECK(n > 0 && n <= SP_ARGV_MAX && bytes <= SP_ARGV_BYTES_MAX);
}

/* A spec of ours with the arguments of a stranger. */
static void
check_options(struct sp_arena *mem, struct json_object *arguments)
{
	const struct sp_argv_spec *spec;
	struct json_object *json;
	const char *const *argv, *why;

	FUZZ_CHECK(sp_json_parse(mem, SP_LIT(NO_OPTIONS), &json, &why) && sp_argv_load(mem, json, &spec, &why));
	if (sp_argv_make(mem, spec, arguments, &argv, &why) != SP_ARGV_MADE)
		return;
	check_bounds(argv);
	for (size_t i = 1; argv[i] != NULL; i++)
		FUZZ_CHECK(argv[i][0] != '-');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_str rest = { (const char *)data, size }, line;
	struct sp_arena *mem = sp_arena_new();
	struct json_object *json, *arguments;
	const char *why = NULL, *const *argv;
	const struct sp_argv_spec *spec;
	const void *loaded;

	sp_exec_clean(mem, rest);
	FUZZ_CHECK(sp_utf8_valid(sp_exec_clean(mem, rest)) && sp_utf8_valid(sp_exec_text(mem, rest)));
	if (!sp_str_split(&rest, '\n', &line) || !sp_json_parse(mem, rest, &arguments, &why) ||
	    !json_object_is_type(arguments, json_type_object) || !sp_json_parse(mem, line, &json, &why) ||
	    !json_object_is_type(json, json_type_object)) {
		sp_arena_free(mem);
		return 0;
	}
	check_options(mem, arguments);
	if (sp_argv_load(mem, json, &spec, &why)) {
		FUZZ_CHECK(sp_argv_program(spec)[0] == '/');
		if (sp_argv_make(mem, spec, arguments, &argv, &why) == SP_ARGV_MADE) {
			check_bounds(argv);
			FUZZ_CHECK(strcmp(argv[0], sp_argv_program(spec)) == 0);
		}
	} else {
		FUZZ_CHECK(why != NULL && !sp_exec_tool.load(mem, json, &loaded, &why));
	}
	sp_arena_free(mem);
	return 0;
}
