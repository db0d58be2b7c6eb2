/*
 * schema_suite.c - runs the JSON Schema Test Suite
 *
 *	schema_suite KNOWN-FAILURES SUITE
 *
 * SUITE is a directory with tests/ and remotes/ of the official suite
 * (github.com/json-schema-org/JSON-Schema-Test-Suite).  Prints TAP, a line for
 * each file of draft2020-12 and draft7, optional ones included.  KNOWN-FAILURES
 * says which groups are left out and which tests must fail; all others must not.
 */
#include <dirent.h>
#include <errno.h>
#include "base/json.h"
#include "tools/schema.h"

#define REMOTES "http://localhost:1234/"	/* where the suite says its remotes/ is served */

struct known {
	struct sp_str file, group, test;
};

static struct sp_arena *mem;		/* of the whole run */
static const char *suite;
static struct known *known;
static size_t known_count;
static unsigned file_count, files_failed;
static size_t test_count, left_out;

static struct sp_str
read_file(const char *path)
{
	struct sp_str s = { NULL, 0 };
	FILE *f = fopen(path, "re");
	char *text;
	long size;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) != 0) {
		if (f != NULL)
			fclose(f);
		return s;
	}
	text = sp_alloc(mem, (size_t)size + 1);
	s = (struct sp_str){ text, fread(text, 1, (size_t)size, f) };
	fclose(f);
	return s;
}

static void
put_json(void *json)
{
	json_object_put(json);
}

/* Our parser, or json-c's for files that test strings with a NUL in them, which ours refuses. */
static struct json_object *
parse(struct sp_str text)
{
	struct json_object *json = NULL;
	const char *why;

	if (text.p == NULL)
		return NULL;
	if (sp_json_parse_large(mem, text, &json, &why))
		return json;
	json = json_tokener_parse(text.p);
	sp_arena_defer(mem, put_json, json);
	return json;
}

static struct json_object *
resolve(void *arg, const char *uri)
{
	(void)arg;
	if (strncmp(uri, REMOTES, strlen(REMOTES)) != 0)
		return NULL;
	return parse(read_file(sp_printf(mem, "%s/remotes/%s", suite, uri + strlen(REMOTES))));
}

static bool
matches(struct sp_str pattern, const char *text)
{
	return sp_str_is(pattern, "*") || sp_str_is(pattern, text);
}

/* A leading "*" and slash: in every draft. */
static bool
is_file(struct sp_str pattern, const char *file)
{
	if (sp_str_starts(pattern, "*/"))
		return sp_str_ends(sp_str(file), sp_cstr(mem, sp_str_sub(pattern, 1, pattern.len)));
	return sp_str_is(pattern, file);
}

/* test NULL: is the whole group left out? */
static bool
is_known(const char *file, const char *group, const char *test)
{
	for (size_t i = 0; i < known_count; i++)
		if (is_file(known[i].file, file) && matches(known[i].group, group) &&
		    (test == NULL ? sp_str_is(known[i].test, "*") : sp_str_is(known[i].test, test)))
			return true;
	return false;
}

static const char *
description(struct json_object *obj)
{
	struct sp_str s = sp_json_get_str(obj, "description");

	return s.p != NULL ? sp_cstr(mem, s) : "";
}

static bool
run_group(const char *file, struct json_object *group)
{
	struct sp_schema_options options = {
		.resolve = resolve,
		.assert_format = strstr(file, "/optional/") != NULL,
		.draft_07 = strncmp(file, "draft7/", strlen("draft7/")) == 0,
	};
	struct json_object *tests = sp_json_get(group, "tests"), *data;
	const char *why = "the test suite has no schema", *test;
	struct sp_schema *schema = NULL;
	struct sp_schema_errors errors;
	bool ok = true, compiled, valid, right, expected;

	if (is_known(file, description(group), NULL)) {
		left_out += json_object_array_length(tests);
		return true;
	}
	json_object_object_get_ex(group, "schema", &data);
	compiled = sp_schema_compile(mem, data, &options, &schema, &why);
	for (size_t i = 0; i < json_object_array_length(tests); i++) {
		struct json_object *t = json_object_array_get_idx(tests, i);

		test = description(t);
		json_object_object_get_ex(t, "data", &data);
		expected = json_object_get_boolean(sp_json_get(t, "valid"));
		valid = compiled && sp_schema_validate(schema, mem, data, &errors);
		right = compiled && valid == expected;
		test_count++;
		if (right != is_known(file, description(group), test))
			continue;
		ok = false;
		printf("# %s: %s: %s: %s\n", file, description(group), test,
		    right ? "passes, though it is listed as a known failure" :
		    !compiled ? why : expected ? "is refused" : "is accepted");
		if (compiled && !valid && !right)
			printf("# %.*s\n", SP_FMT(sp_schema_errors_text(mem, &errors)));
	}
	if (compiled)
		sp_schema_free(schema);
	return ok;
}

static void
run_file(const char *file)
{
	struct json_object *groups = parse(read_file(sp_printf(mem, "%s/tests/%s", suite, file)));
	size_t count = json_object_is_type(groups, json_type_array) ? json_object_array_length(groups) : 0;
	bool ok = json_object_is_type(groups, json_type_array);

	for (size_t i = 0; i < count; i++)
		ok = run_group(file, json_object_array_get_idx(groups, i)) && ok;
	file_count++;
	files_failed += !ok;
	printf("%s %u - %s\n", ok ? "ok" : "not ok", file_count, file);
}

static int
is_interesting(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void
run_directory(const char *directory)
{
	struct dirent **entry;
	int count = scandir(sp_printf(mem, "%s/tests/%s", suite, directory), &entry, is_interesting, alphasort);

	for (int i = 0; i < count; i++) {
		const char *path = sp_printf(mem, "%s/%s", directory, entry[i]->d_name);

		if (sp_str_ends(sp_str(path), ".json"))
			run_file(path);
		else
			run_directory(path);
		free(entry[i]);
	}
	if (count >= 0)
		free(entry);
}

/* Lines of "FILE | GROUP | TEST | reason"; "#" begins a comment. */
static void
read_known(const char *path)
{
	struct sp_str text = read_file(path), line, field[4];

	if (text.p == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	known = sp_alloc_array(mem, text.len + 1, sizeof(*known));
	while (sp_str_split(&text, '\n', &line)) {
		if (line.len == 0 || line.p[0] == '#')
			continue;
		for (int i = 0; i < 4; i++) {
			if (!sp_str_split(&line, '|', &field[i])) {
				fprintf(stderr, "%s: a line has fewer than four fields\n", path);
				exit(1);
			}
			field[i] = sp_str_trim(field[i], " ");
		}
		known[known_count++] = (struct known){ field[0], field[1], field[2] };
	}
}

int
main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: schema_suite KNOWN-FAILURES SUITE\n");
		return 2;
	}
	mem = sp_arena_new();
	read_known(argv[1]);
	suite = argv[2];
	run_directory("draft2020-12");
	run_directory("draft7");
	printf("1..%u\n# %zu tests, %zu left out\n", file_count, test_count, left_out);
	sp_arena_free(mem);
	return files_failed > 0 || file_count == 0;
}
