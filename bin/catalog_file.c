/* catalog_file.c - the files of a catalog: what was named on the command line, and what documents name beside them */
#include "catalog_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog_read.h"
#include "tools/directory.h"

#define BLOCK ((size_t)65536)

/* Never waits, whatever kind of file it is; a named pipe in a directory is no document. */
static bool
read_fd(struct sp_arena *mem, int fd, struct sp_str *out, const char **why)
{
	struct sp_buf b;
	char *room;
	ssize_t n;

	sp_buf_init(&b, mem, CATALOG_FILE_MAX + 2 * BLOCK);
	do {
		if ((room = sp_buf_room(&b, BLOCK)) == NULL)
			sp_out_of_memory();
		n = read(fd, room, BLOCK);
		if (n > 0)
			sp_buf_added(&b, (size_t)n);
	} while ((n > 0 && b.len <= CATALOG_FILE_MAX) || (n < 0 && errno == EINTR));
	*why = n < 0 ? sp_strdup(mem, strerror(errno)) : "is longer than 16 MiB";
	*out = sp_buf_view(&b);
	return n == 0;
}

static bool
read_path(struct sp_arena *mem, const char *path, struct sp_str *out, const char **why)
{
	struct stat st;
	bool ok = false;
	int fd;

	if (strcmp(path, "-") == 0)
		return read_fd(mem, STDIN_FILENO, out, why);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0)
		*why = sp_strdup(mem, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		*why = "is neither a file nor a directory";
	else
		ok = read_fd(mem, fd, out, why);
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool
is_yaml(struct sp_str name)
{
	return sp_str_ends(name, ".yaml") || sp_str_ends(name, ".yml");
}

static bool
read_trees(struct sp_arena *mem, const char *path, struct sp_str text, struct catalog_trees *trees, int *line,
    const char **why)
{
	return sp_str_ends(sp_str(path), ".json") ? catalog_read_json(mem, text, trees, line, why) :
	    catalog_read_yaml(mem, text, trees, line, why);
}

/* ---- where documents come from ---- */

/* From the root, without "." and "..". */
static const char *
whole_path(struct sp_arena *mem, const char *path)
{
	char *here = path[0] == '/' ? NULL : getcwd(NULL, 0);
	struct sp_str rest = sp_str(sp_printf(mem, "%s/%s", here != NULL ? here : "", path)), word;
	struct sp_buf b;

	free(here);
	sp_buf_init(&b, mem, rest.len + 2);
	while (sp_str_split(&rest, '/', &word)) {
		if (word.len == 0 || sp_str_is(word, "."))
			continue;
		if (!sp_str_is(word, ".."))
			sp_buf_printf(&b, "/%.*s", SP_FMT(word));
		else
			while (b.len > 0 && b.p[--b.len] != '/')
				;
	}
	return sp_cstr(mem, sp_buf_view(&b));
}

const char *
catalog_known_by(struct sp_arena *mem, const char *path)
{
	const char *whole = strcmp(path, "-") == 0 ? path : whole_path(mem, path), *from = whole + strlen(whole);

	for (int slashes = 0; from > whole && slashes < 2; )
		if (*--from == '/')
			slashes++;
	return *from == '/' ? from + 1 : from;
}

static void
add_documents(struct sp_documents *all, const char *path, struct sp_str text)
{
	struct catalog_trees trees = { 0 };
	const char *why;
	int line;

	if (!read_trees(all->mem, path, text, &trees, &line, &why)) {
		sp_fault(&all->faults, path, line, "%s", why);
		return;
	}
	if (trees.count == 0)
		sp_fault(&all->faults, path, 0, "there is no document in it");
	for (size_t i = 0; i < trees.count; i++)
		sp_documents_add(all, path, catalog_known_by(all->mem, path), trees.item[i].place, trees.item[i].tree);
}

static void
add_file(struct sp_documents *all, const char *path, struct catalog_sql **sql)
{
	struct sp_str text;
	const char *why;

	if (!read_path(all->mem, path, &text, &why)) {
		sp_fault(&all->faults, path, 0, "%s", why);
	} else if (sp_str_ends(sp_str(path), ".sql")) {
		while (*sql != NULL)
			sql = &(*sql)->next;
		*sql = sp_alloc(all->mem, sizeof(**sql));
		**sql = (struct catalog_sql){ .path = path, .text = text };
	} else {
		add_documents(all, path, text);
	}
}

static int
is_wanted(const struct dirent *entry)
{
	struct sp_str name = sp_str(entry->d_name);

	return entry->d_name[0] != '.' && (is_yaml(name) || sp_str_ends(name, ".json") || sp_str_ends(name, ".sql"));
}

static void
add_directory(struct sp_documents *all, const char *path, struct catalog_sql **sql)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_wanted, alphasort);

	if (count < 0) {
		sp_fault(&all->faults, path, 0, "%s", strerror(errno));
		return;
	}
	if (count == 0)
		sp_fault(&all->faults, path, 0, "there is no .yaml, .json or .sql file");
	for (int i = 0; i < count; i++) {
		add_file(all, sp_printf(all->mem, "%s/%s", path, entries[i]->d_name), sql);
		free(entries[i]);
	}
	free(entries);
}

/* Without what says nothing: "./catalog//orders.yaml/" is "catalog/orders.yaml". */
static const char *
plain_path(struct sp_arena *mem, const char *path)
{
	struct sp_str rest = sp_str(path), word;
	struct sp_buf b;

	sp_buf_init(&b, mem, rest.len + 2);
	if (sp_str_starts(rest, "/"))
		sp_buf_char(&b, '/');
	while (sp_str_split(&rest, '/', &word))
		if (word.len > 0 && !sp_str_is(word, "."))
			sp_buf_printf(&b, "%s%.*s", b.len > 0 && b.p[b.len - 1] != '/' ? "/" : "", SP_FMT(word));
	return b.len > 0 ? sp_buf_view(&b).p : ".";
}

void
catalog_add_path(struct sp_documents *all, const char *path, struct catalog_sql **sql)
{
	struct stat st;

	path = plain_path(all->mem, path);
	if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		add_directory(all, path, sql);
	else
		add_file(all, path, sql);
}

/* ---- beside a document ---- */

static const char *
directory_of(struct sp_arena *mem, const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash == NULL ? "." : slash == file ? "/" : sp_cstr(mem, (struct sp_str){ file, (size_t)(slash - file) });
}

bool
catalog_read_bytes(struct sp_documents *all, const struct sp_document *from, struct sp_str path, struct sp_str *out,
    const char **why)
{
	switch (sp_directory_read(all->mem, directory_of(all->mem, from->file), path, CATALOG_FILE_MAX, out)) {
	case SP_FILE_READ:
		return true;
	case SP_FILE_TOO_LARGE:
		*why = "is longer than 16 MiB";
		break;
	case SP_FILE_NOT_THERE:
		*why = "there is no such file beside the document (no path upwards, no hidden name, no symbolic link)";
		break;
	}
	return false;
}

bool
catalog_read_tree(struct sp_documents *all, const struct sp_document *from, struct sp_str path,
    struct json_object **out, const struct sp_place **place, const char **why)
{
	struct catalog_trees trees = { 0 };
	const char *name = sp_cstr(all->mem, path), *fault;
	struct sp_str text;
	int line;

	if (!catalog_read_bytes(all, from, path, &text, why))
		return false;
	if (!read_trees(all->mem, name, text, &trees, &line, &fault)) {
		*why = sp_printf(all->mem, "%s:%d: %s", name, line, fault);
		return false;
	}
	if (trees.count != 1) {
		*why = "is empty, or has several documents";
		return false;
	}
	*out = trees.item[0].tree;
	*place = trees.item[0].place;
	return true;
}
