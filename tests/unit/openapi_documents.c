/*
 * openapi_documents.c - what becomes of OpenAPI descriptions as they are found in the wild
 *
 *	openapi_documents FILE ...	a line for each: operations, tools, seconds, bytes
 *	openapi_documents -d FILE	the documents of the tools, as JSON
 *	openapi_documents -r FILE	the remarks
 *
 * A tool that no client takes, or a schema that does not compile, is a failure.
 */
#include <sys/resource.h>
#include <time.h>
#include "tools/openapi.h"
#include "tools/schema.h"

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

static bool
read_file(struct sp_arena *mem, const char *path, struct sp_str *out)
{
	FILE *f = fopen(path, "r");
	struct sp_buf b;
	char block[65536];
	size_t n;

	if (f == NULL)
		return false;
	sp_buf_init(&b, mem, SP_OPENAPI_MAX_BYTES);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		sp_buf_add(&b, block, n);
	fclose(f);
	*out = sp_buf_view(&b);
	return sp_buf_ok(&b);
}

static bool
is_name(struct sp_str text)
{
	return text.len > 0 && text.len <= 64 && sp_str_only(text, NAME_CHARACTERS);
}

static bool
schema_is_good(struct sp_arena *mem, struct sp_str tool, struct json_object *schema)
{
	struct sp_schema *compiled;
	const char *why;

	if (!sp_str_is(sp_json_get_str(schema, "type"), "object")) {
		printf("# %.*s: a schema is no object's\n", SP_FMT(tool));
		return false;
	}
	if (!sp_schema_compile(mem, schema, NULL, &compiled, &why)) {
		printf("# %.*s: %s\n", SP_FMT(tool), why);
		return false;
	}
	sp_schema_free(compiled);
	return true;
}

static bool
arguments_are_good(struct sp_str tool, struct json_object *input)
{
	json_object_object_foreach(sp_json_get(input, "properties"), name, property) {
		(void)property;
		if (!is_name(sp_str(name))) {
			printf("# %.*s: a name of an argument: %s\n", SP_FMT(tool), name);
			return false;
		}
	}
	return true;
}

/* How many of the tools no client would take. */
static size_t
judge(struct json_object *documents)
{
	struct json_object *names = json_object_new_object();
	size_t bad = 0;

	for (size_t i = 0; i < json_object_array_length(documents); i++) {
		struct json_object *tool = json_object_array_get_idx(documents, i), *input = sp_json_get(tool, "input");
		struct sp_str name = sp_json_get_str(tool, "name");
		struct sp_arena *mem = sp_arena_new();

		if (sp_str_is(sp_json_get_str(tool, "kind"), "tool")) {
			bad += !is_name(name) || json_object_object_get_ex(names, name.p, NULL) || !schema_is_good(mem, name, input) ||
			    !arguments_are_good(name, input) ||
			    (sp_json_get(tool, "output") != NULL && !schema_is_good(mem, name, sp_json_get(tool, "output")));
			json_object_object_add(names, name.p, json_object_new_boolean(1));
		}
		sp_arena_free(mem);
	}
	json_object_put(names);
	return bad;
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
print_remarks(struct json_object *remarks)
{
	for (size_t i = 0; i < json_object_array_length(remarks); i++) {
		struct json_object *remark = json_object_array_get_idx(remarks, i);
		struct sp_str operation = sp_json_get_str(remark, "operation"), text = sp_json_get_str(remark, "text");

		printf("%.*s: %.*s\n", SP_FMT(operation), SP_FMT(text));
	}
}

static bool
import(struct sp_arena *mem, const char *path, char what)
{
	const char *slash = strrchr(path, '/'), *why, *base = slash != NULL ? slash + 1 : path;
	struct json_object *description, *rules = sp_json_new(mem);
	struct sp_openapi out;
	struct rusage usage;
	struct sp_str text;
	double from, parsed;
	size_t bad;

	sp_json_set_str(rules, "name", SP_LIT("api"));
	sp_json_set_str(rules, "source", SP_LIT("api"));
	from = seconds();
	if (!read_file(mem, path, &text) || !sp_json_parse_large(mem, text, &description, &why)) {
		printf("# %s: cannot be read\n", path);
		return false;
	}
	parsed = seconds();
	if (!sp_openapi_import(mem, rules, description, &out, &why)) {
		printf("# %s: %s\n", path, why);
		return false;
	}
	if (what == 'd') {
		puts(json_object_to_json_string_ext(out.documents, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		return true;
	}
	if (what == 'r') {
		print_remarks(out.remarks);
		return true;
	}
	from = parsed - from;
	parsed = seconds() - parsed;
	bad = judge(out.documents);
	getrusage(RUSAGE_SELF, &usage);
	printf("%-28s %9zu bytes %5zu operations %5zu tools %8zu bytes of tools %5.2f s parsing %5.2f s importing %4ld MiB %zu bad\n",
	    base, text.len, out.operations, out.tools, out.bytes, from, parsed, usage.ru_maxrss / 1024, bad);
	return bad == 0 && out.tools > 0;
}

int
main(int argc, char **argv)
{
	char what = argc > 1 && argv[1][0] == '-' ? argv[1][1] : '\0';
	bool ok = true;

	for (int i = what != '\0' ? 2 : 1; i < argc; i++) {
		struct sp_arena *mem = sp_arena_new();

		ok = import(mem, argv[i], what) && ok;
		sp_arena_free(mem);
	}
	return ok ? 0 : 1;
}
