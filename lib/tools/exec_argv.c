/* exec_argv.c - the arguments of a program, made of the arguments of a call */
#include "tools/exec_argv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "tools/blanks.h"
#include "tools/spec.h"

#define DEPTH_MAX 4			/* groups in groups */

struct item {
	enum { TEXT, SPREAD, GROUP, WHEN } kind;
	struct sp_pattern pattern;	/* TEXT, SPREAD */
	const char *when;		/* WHEN: name of an argument */
	const struct item *items;	/* GROUP, WHEN */
	size_t count;
};

struct path {
	const char *argument, *below;
	bool create;
};

struct sp_argv_spec {
	const char *program;
	struct item *items;
	size_t count;
	const struct path *paths;
	size_t path_count;
	const struct sp_str *dashes;	/* arguments that may begin with "-" */
	size_t dash_count;
};

/* ---- reading the spec ---- */

static bool read_items(struct sp_arena *mem, struct json_object *list, int depth, struct item **out, size_t *count,
    const char **why);

static bool
read_text(struct sp_arena *mem, struct sp_str text, struct item *out, const char **why)
{
	out->kind = TEXT;
	if (sp_str_starts(text, "{") && sp_str_ends(text, "...}")) {
		out->kind = SPREAD;
		text = sp_str(sp_printf(mem, "%.*s}", (int)text.len - 4, text.p));
	}
	if (!sp_pattern_parse(mem, text, &out->pattern, why))
		return false;
	*why = "{name...} is an argument of its own";
	for (size_t i = 0; i < out->pattern.count; i++)
		if (sp_str_ends(sp_str(out->pattern.part[i].written), "..."))
			return false;
	return out->kind != SPREAD || sp_pattern_is_value(&out->pattern);
}

static bool
read_when(struct sp_arena *mem, struct json_object *json, int depth, struct item *out, const char **why)
{
	struct item *items;

	out->kind = WHEN;
	if (!sp_spec_only(mem, json, "if then", why) || !sp_spec_text(mem, json, "if", &out->when, why))
		return false;
	*why = "an object has \"if\", the name of an argument, and \"then\", a list";
	if (out->when == NULL || !json_object_is_type(sp_json_get(json, "then"), json_type_array) ||
	    !read_items(mem, sp_json_get(json, "then"), depth + 1, &items, &out->count, why))
		return false;
	out->items = items;
	return true;
}

static bool
read_item(struct sp_arena *mem, struct json_object *json, int depth, struct item *out, const char **why)
{
	struct item *items;

	switch (json_object_get_type(json)) {
	case json_type_string:
		return read_text(mem, sp_json_text(json), out, why);
	case json_type_object:
		return read_when(mem, json, depth, out, why);
	case json_type_array:
		out->kind = GROUP;
		if (!read_items(mem, json, depth + 1, &items, &out->count, why))
			return false;
		out->items = items;
		return true;
	default:
		*why = "neither a text nor a list";
		return false;
	}
}

static bool
read_items(struct sp_arena *mem, struct json_object *list, int depth, struct item **out, size_t *count,
    const char **why)
{
	size_t n = json_object_array_length(list);

	*out = sp_alloc_array(mem, n, sizeof(**out));
	*count = n;
	*why = n == 0 ? "an empty list" : "lists in lists in lists";
	if (n == 0 || depth > DEPTH_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!read_item(mem, json_object_array_get_idx(list, i), depth, &(*out)[i], why))
			return sp_spec_at(mem, sp_printf(mem, "[%zu]", i), why);
	return true;
}

static bool
read_command(struct sp_arena *mem, struct json_object *json, struct sp_argv_spec *spec, const char **why)
{
	const struct sp_pattern *first;

	*why = "has to be a list: the program and its arguments";
	if (!json_object_is_type(json, json_type_array) || !read_items(mem, json, 0, &spec->items, &spec->count, why))
		return sp_spec_at(mem, "command", why);
	first = &spec->items[0].pattern;
	*why = "[0]: has to be the absolute path of the program";
	if (spec->items[0].kind != TEXT || !sp_pattern_is_fixed(first) || !sp_str_starts(first->part[0].before, "/"))
		return sp_spec_at(mem, "command", why);
	spec->program = sp_cstr(mem, first->part[0].before);
	return true;
}

static bool
read_path(struct sp_arena *mem, const char *name, struct json_object *json, struct path *out, const char **why)
{
	*out = (struct path){ .argument = sp_strdup(mem, name) };
	*why = "has to be {below: /DIRECTORY}";
	if (!json_object_is_type(json, json_type_object) || !sp_spec_only(mem, json, "below create", why) ||
	    !sp_spec_text(mem, json, "below", &out->below, why) || !sp_spec_bool(mem, json, "create", &out->create, why))
		return sp_spec_at(mem, sp_printf(mem, "paths.%s", name), why);
	*why = "below: has to be an absolute path";
	return (out->below != NULL && out->below[0] == '/') || sp_spec_at(mem, sp_printf(mem, "paths.%s", name), why);
}

static bool
read_paths(struct sp_arena *mem, struct json_object *json, struct sp_argv_spec *spec, const char **why)
{
	struct path *paths;

	if (json == NULL)
		return true;
	paths = sp_alloc_array(mem, (size_t)json_object_object_length(json), sizeof(*paths));
	spec->paths = paths;
	json_object_object_foreach(json, name, value) {
		if (!read_path(mem, name, value, &paths[spec->path_count], why))
			return false;
		spec->path_count++;
	}
	return true;
}

static bool
read_dashes(struct sp_arena *mem, struct json_object *json, struct sp_argv_spec *spec, const char **why)
{
	struct sp_str *names;
	size_t n = json != NULL ? json_object_array_length(json) : 0;

	names = sp_alloc_array(mem, n, sizeof(*names));
	for (size_t i = 0; i < n; i++) {
		struct json_object *name = json_object_array_get_idx(json, i);

		if (!json_object_is_type(name, json_type_string)) {
			*why = "dashes: has to be a list of names of arguments";
			return false;
		}
		names[i] = sp_str_dup(mem, sp_json_text(name));
	}
	spec->dashes = names;
	spec->dash_count = n;
	return true;
}

bool
sp_argv_load(struct sp_arena *mem, struct json_object *json, const struct sp_argv_spec **out, const char **why)
{
	struct sp_argv_spec *spec = sp_alloc(mem, sizeof(*spec));
	struct json_object *paths, *dashes;

	if (!read_command(mem, sp_json_get(json, "command"), spec, why) ||
	    !sp_spec_object(mem, json, "paths", &paths, why) || !read_paths(mem, paths, spec, why) ||
	    !sp_spec_array(mem, json, "dashes", &dashes, why) || !read_dashes(mem, dashes, spec, why))
		return false;
	*out = spec;
	return true;
}

const char *
sp_argv_program(const struct sp_argv_spec *spec)
{
	return spec->program;
}

/* ---- paths ---- */

static enum sp_argv_made
wrong(struct sp_arena *mem, const char *name, const char *what, const char **why)
{
	*why = sp_printf(mem, "%s: %s", name, what);
	return SP_ARGV_WRONG;
}

/* The kernel follows links and "..", and refuses what would leave the directory. */
static int
open_below(int directory, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
}

/* Where it really is. */
static bool
name_of(struct sp_arena *mem, int fd, const char **out)
{
	char link[64], path[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	if (n <= 0 || n == sizeof(path) || path[0] != '/')
		return false;
	*out = sp_cstr(mem, (struct sp_str){ path, (size_t)n });
	return true;
}

/* With create: the directory has to be there, and the name in it must not lead elsewhere. */
static bool
resolve_new(struct sp_arena *mem, int directory, struct sp_str path, const char **out)
{
	size_t end = path.len;
	struct sp_str name;
	const char *parent;
	struct stat st;
	bool ok;
	int fd;

	while (end > 0 && path.p[end - 1] != '/')
		end--;
	name = sp_str_sub(path, end, path.len);
	if (name.len == 0 || sp_str_is(name, ".") || sp_str_is(name, ".."))
		return false;
	fd = open_below(directory, end > 0 ? sp_cstr(mem, sp_str_sub(path, 0, end)) : ".");
	if (fd < 0)
		return false;
	ok = (fstatat(fd, sp_cstr(mem, name), &st, AT_SYMLINK_NOFOLLOW) != 0 ? errno == ENOENT : !S_ISLNK(st.st_mode)) &&
	    name_of(mem, fd, &parent);
	if (ok)
		*out = sp_printf(mem, "%s/%.*s", parent, SP_FMT(name));
	close(fd);
	return ok;
}

static bool
resolve(struct sp_arena *mem, const struct path *p, int directory, struct sp_str path, const char **out)
{
	bool ok;
	int fd;

	if (path.len == 0 || path.len >= 4096)
		return false;
	if (p->create)
		return resolve_new(mem, directory, path, out);
	if ((fd = open_below(directory, sp_cstr(mem, path))) < 0)
		return false;
	ok = name_of(mem, fd, out);
	close(fd);
	return ok;
}

/* A path, or a list of them, in place of what was given. */
static enum sp_argv_made
confine(struct sp_arena *mem, const struct path *p, int directory, struct json_object *value, struct json_object **out,
    const char **why)
{
	const char *path;

	if (json_object_is_type(value, json_type_array)) {
		*out = json_object_new_array();
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			struct json_object *one = NULL;
			enum sp_argv_made made = confine(mem, p, directory, json_object_array_get_idx(value, i), &one, why);

			if (made != SP_ARGV_MADE || json_object_array_add(*out, one) != 0) {
				json_object_put(*out);
				return made;
			}
		}
		return SP_ARGV_MADE;
	}
	if (!json_object_is_type(value, json_type_string))
		return wrong(mem, p->argument, "not a path", why);
	if (!resolve(mem, p, directory, sp_json_text(value), &path))
		return wrong(mem, p->argument, "there is no such path; it has to be relative, and stay below its directory", why);
	*out = json_object_new_string(path);
	return SP_ARGV_MADE;
}

enum sp_argv_made
sp_argv_confine(struct sp_arena *mem, const struct sp_argv_spec *spec, struct json_object *arguments,
    struct json_object **out, const char **why)
{
	struct json_object *copy = arguments, *value, *confined = NULL;
	enum sp_argv_made made = SP_ARGV_MADE;

	for (size_t i = 0; i < spec->path_count && made == SP_ARGV_MADE; i++) {
		const struct path *p = &spec->paths[i];
		int directory;

		if (!json_object_object_get_ex(copy, p->argument, &value) || value == NULL)
			continue;
		if (copy == arguments) {
			copy = sp_json_new(mem);
			json_object_object_foreach(arguments, n, v)
				json_object_object_add(copy, n, json_object_get(v));
		}
		directory = open(p->below, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (directory < 0) {
			*why = sp_printf(mem, "could not open %s: %s", p->below, strerrorname_np(errno));
			return SP_ARGV_TROUBLE;
		}
		made = confine(mem, p, directory, value, &confined, why);
		close(directory);
		if (made == SP_ARGV_MADE && json_object_object_add(copy, p->argument, confined) != 0)
			sp_out_of_memory();
	}
	*out = copy;
	return made;
}

/* ---- making them ---- */

struct making {
	struct sp_arena *mem;
	const struct sp_argv_spec *spec;
	struct sp_given given;
	const char **argv;
	size_t count, bytes;
	bool options_ended;		/* by "--" */
	const char **why;
};

static bool
may_dash(const struct making *m, const struct sp_blank *p)
{
	if (m->options_ended)
		return true;
	for (size_t i = 0; i < m->spec->dash_count; i++)
		for (size_t k = 0; k < p->choice_count; k++)
			if (p->choice[k].name != NULL && sp_str_is(m->spec->dashes[i], p->choice[k].name))
				return true;
	return false;
}

static enum sp_argv_made
put(struct making *m, struct sp_str text, const struct sp_blank *front)
{
	const char *name = front != NULL ? front->written : "an argument";

	if (front != NULL && sp_str_starts(text, "-") && !may_dash(m, front))
		return wrong(m->mem, name, "must not begin with \"-\", which would be an option", m->why);
	if (text.len > SP_ARGV_ITEM_MAX || (m->bytes += text.len + 1) > SP_ARGV_BYTES_MAX || m->count == SP_ARGV_MAX)
		return wrong(m->mem, name, "too long for a command line", m->why);
	/* strict JSON has no NUL in a text, and a spec neither */
	if (sp_str_index(text, '\0') >= 0)
		return wrong(m->mem, name, "has a NUL", m->why);
	m->argv[m->count++] = sp_cstr(m->mem, text.p != NULL ? text : SP_LIT(""));
	if (front == NULL && sp_str_is(text, "--"))
		m->options_ended = true;
	return SP_ARGV_MADE;
}

/* *absent: a blank has no value. */
static enum sp_argv_made
put_text(struct making *m, const struct item *item, bool *absent)
{
	const struct sp_blank *front = &item->pattern.part[0];
	struct sp_str text = { NULL, 0 };
	struct json_object *value = NULL;

	/* an object or an array has no text of its own and is given as JSON */
	if (sp_pattern_is_value(&item->pattern) &&
	    sp_blank_value(m->mem, front, &m->given, &value, m->why) == SP_FILLED &&
	    (json_object_is_type(value, json_type_object) || json_object_is_type(value, json_type_array)))
		return put(m, sp_json_canonical(m->mem, value), front);
	switch (sp_pattern_text(m->mem, &item->pattern, &m->given, &text, m->why)) {
	case SP_FILLED:
		return put(m, text, front->choice_count > 0 && front->before.len == 0 ? front : NULL);
	case SP_FILLED_ABSENT:
		*absent = true;
		return SP_ARGV_MADE;
	case SP_FILLED_WRONG:
		break;
	}
	return SP_ARGV_WRONG;
}

static enum sp_argv_made
put_spread(struct making *m, const struct item *item, bool *absent)
{
	const struct sp_blank *front = &item->pattern.part[0];
	enum sp_argv_made made = SP_ARGV_MADE;
	struct json_object *value;
	struct sp_str text;

	if (sp_blank_value(m->mem, front, &m->given, &value, m->why) != SP_FILLED) {
		*absent = true;
		return SP_ARGV_MADE;
	}
	if (!json_object_is_type(value, json_type_array))
		return wrong(m->mem, front->written, "not a list", m->why);
	for (size_t i = 0; i < json_object_array_length(value) && made == SP_ARGV_MADE; i++)
		made = sp_value_text(m->mem, json_object_array_get_idx(value, i), &text) ? put(m, text, front) :
		    wrong(m->mem, front->written, "a list of texts or numbers is wanted", m->why);
	return made;
}

static enum sp_argv_made put_items(struct making *m, const struct item *items, size_t count, bool *absent);

static bool
is_true(const struct making *m, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(m->given.arguments, name, &value) &&
	    json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

static enum sp_argv_made
put_item(struct making *m, const struct item *item, bool *absent)
{
	struct making before = *m;
	enum sp_argv_made made;
	bool lacks = false;

	switch (item->kind) {
	case TEXT:
		return put_text(m, item, absent);
	case SPREAD:
		return put_spread(m, item, absent);
	case WHEN:
		if (!is_true(m, item->when))
			return SP_ARGV_MADE;
		break;
	case GROUP:
		break;
	}
	made = put_items(m, item->items, item->count, &lacks);
	if (lacks)
		*m = before;		/* all of it, or nothing */
	return made;
}

static enum sp_argv_made
put_items(struct making *m, const struct item *items, size_t count, bool *absent)
{
	enum sp_argv_made made = SP_ARGV_MADE;

	for (size_t i = 0; i < count && made == SP_ARGV_MADE; i++)
		made = put_item(m, &items[i], absent);
	return made;
}

enum sp_argv_made
sp_argv_make(struct sp_arena *mem, const struct sp_argv_spec *spec, struct json_object *arguments,
    const char *const **out, const char **why)
{
	struct making m = { .mem = mem, .spec = spec, .given = { .arguments = arguments }, .why = why,
		.argv = sp_alloc_array(mem, SP_ARGV_MAX + 1, sizeof(*m.argv)) };
	enum sp_argv_made made;
	bool absent = false;

	made = put_items(&m, spec->items, spec->count, &absent);
	m.argv[m.count] = NULL;		/* behind what a group may have taken back */
	*out = m.argv;
	return made;
}
