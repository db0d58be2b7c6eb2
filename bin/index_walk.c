/* index_walk.c - walking a tree without recursion */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "index_ignore.h"
#include "index_language.h"
#include "index_walk.h"

#define MAX_IGNORE_FILE (1024 * 1024)	/* bytes of a .gitignore that are read */

/* Never of interest: other tools' stores, installed packages, caches, build results. */
static const char skipped_directories[] = ".git .hg .svn .bzr .venv venv env node_modules bower_components dist "
    "build __pycache__ .mypy_cache .pytest_cache .ruff_cache .tox .coverage .vscode .idea .terraform autom4te.cache";
static const char skipped_files[] = ".DS_Store Thumbs.db package-lock.json npm-shrinkwrap.json yarn.lock "
    "pnpm-lock.yaml composer.lock Cargo.lock poetry.lock";
static const char *const skipped_endings[] = { ".min.js", ".min.css", ".map", "~", ".swp", ".swo",
    ".pyc", ".pyo", ".pyd" };

struct frame {
	struct sp_arena *mem;		/* of this directory: names and rules */
	int fd;
	char **names;
	size_t count, next;
	size_t path_len;		/* of the directory's own path */
	const struct index_ignore *rules;
};

struct tree {
	struct index_walk *walk;
	struct frame frames[INDEX_MAX_DEPTH];
	unsigned depth;
	char path[INDEX_MAX_DEPTH * 256 + 1];
};

static struct sp_str
read_rules(struct sp_arena *mem, int dir, const char *name)
{
	struct stat st;
	char *text = NULL;
	ssize_t n = 0;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= MAX_IGNORE_FILE) {
		text = sp_alloc(mem, (size_t)st.st_size + 1);
		n = read(fd, text, (size_t)st.st_size);
	}
	if (fd >= 0)
		close(fd);
	return (struct sp_str){ text, n > 0 ? (size_t)n : 0 };
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Reads the directory open on fd (which it takes) into a new frame. */
static bool
enter(struct tree *t, int fd, size_t path_len)
{
	static const char *const rule_files[] = { ".gitignore", ".mcpragignore" };
	struct frame *f = &t->frames[t->depth];
	struct sp_str dir = { t->path, path_len };
	struct dirent *entry;
	size_t room = 0;
	DIR *stream;
	int copy;

	if ((copy = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0 || (stream = fdopendir(copy)) == NULL) {
		if (copy >= 0)
			close(copy);
		close(fd);
		return false;
	}
	*f = (struct frame){ .mem = sp_arena_new(), .fd = fd, .path_len = path_len };
	f->rules = t->depth > 0 ? t->frames[t->depth - 1].rules :
	    index_ignore_add(f->mem, NULL, dir, read_rules(f->mem, fd, ".git/info/exclude"));
	for (size_t i = 0; i < sizeof(rule_files) / sizeof(rule_files[0]); i++)
		f->rules = index_ignore_add(f->mem, f->rules, dir, read_rules(f->mem, fd, rule_files[i]));
	while ((entry = readdir(stream)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (f->count == room) {
			size_t more = room == 0 ? 64 : room * 2;

			f->names = sp_arena_grow(f->mem, f->names, room * sizeof(*f->names),
			    more * sizeof(*f->names));
			room = more;
		}
		f->names[f->count++] = sp_strdup(f->mem, entry->d_name);
	}
	closedir(stream);
	if (f->count > 1)
		qsort(f->names, f->count, sizeof(*f->names), by_name);
	t->depth++;
	return true;
}

static void
leave(struct tree *t)
{
	struct frame *f = &t->frames[--t->depth];

	close(f->fd);
	sp_arena_free(f->mem);
}

static bool
skipped_file(const char *name)
{
	if (index_word_in(sp_str(name), skipped_files))
		return true;
	for (size_t i = 0; i < sizeof(skipped_endings) / sizeof(skipped_endings[0]); i++)
		if (sp_str_ends(sp_str(name), skipped_endings[i]))
			return true;
	return !index_language_by_name(name) && strchr(name, '.') != NULL;
}

bool
index_skipped(const char *name, bool directory)
{
	return directory ? index_word_in(sp_str(name), skipped_directories) : skipped_file(name);
}

/* A file may claim any time; those outside of years 1 to 9999 are nobody's. */
static int64_t
microseconds(const struct timespec *t)
{
	if (t->tv_sec < INT64_C(-62135596800) || t->tv_sec > INT64_C(253402300799))
		return 0;
	return (int64_t)t->tv_sec * 1000000 + t->tv_nsec / 1000;
}

/* One name of the current directory; false ends the walk. */
static bool
step(struct tree *t, struct frame *f, const char *name)
{
	struct index_walk *walk = t->walk;
	struct sp_str path;
	struct stat st;
	size_t len = strlen(name), at = f->path_len;
	bool directory;

	if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		walk->unreadable += errno != ENOENT;	/* gone since the directory was read */
		return true;
	}
	directory = S_ISDIR(st.st_mode);
	if ((!directory && !S_ISREG(st.st_mode)) || index_skipped(name, directory))
		return true;
	if (at > 0)
		t->path[at++] = '/';
	memcpy(t->path + at, name, len + 1);
	path = (struct sp_str){ t->path, at + len };
	if (index_ignored(f->rules, path, directory)) {
		walk->ignored++;
		return true;
	}
	if (directory) {
		int fd;

		if (t->depth == INDEX_MAX_DEPTH ||
		    (fd = openat(f->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0 ||
		    !enter(t, fd, path.len))
			walk->unreadable++;
		return true;
	}
	if (path.len > INDEX_MAX_PATH || !sp_utf8_valid(path)) {
		walk->unreadable++;		/* the database could not hold its name */
		return true;
	}
	if (st.st_size > walk->max_size) {
		walk->too_large++;
		return true;
	}
	if (walk->visited == walk->max_files) {
		walk->full = true;
		return false;
	}
	walk->visited++;
	if (!walk->visit(walk->arg, &(struct index_file){
		.path = path, .name = name, .dir = f->fd, .size = st.st_size,
		.modified_us = microseconds(&st.st_mtim),
	    })) {
		walk->stopped = true;
		return false;
	}
	return true;
}

bool
index_walk(int root, struct index_walk *walk)
{
	struct tree *t = calloc(1, sizeof(*t));
	bool going = true;
	int fd;

	if (t == NULL)
		sp_out_of_memory();
	t->walk = walk;
	if ((fd = fcntl(root, F_DUPFD_CLOEXEC, 0)) < 0 || !enter(t, fd, 0)) {
		free(t);
		return false;
	}
	while (t->depth > 0 && going) {
		struct frame *f = &t->frames[t->depth - 1];

		if (f->next == f->count)
			leave(t);
		else
			going = step(t, f, f->names[f->next++]);
	}
	while (t->depth > 0)
		leave(t);
	free(t);
	return true;
}

enum index_read
index_file_read(struct sp_arena *mem, const struct index_walk *walk, const struct index_file *file,
    struct sp_str *bytes)
{
	size_t size = (size_t)file->size, n = 0;
	ssize_t got = 1;
	struct stat st;
	char *p;
	int fd = openat(file->dir, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return INDEX_READ_FAILED;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > walk->max_size) {
		close(fd);
		return INDEX_READ_FAILED;
	}
	p = sp_alloc(mem, size + 1);
	while (n < size && (got = read(fd, p + n, size - n)) > 0)
		n += (size_t)got;
	close(fd);
	if (got < 0)
		return INDEX_READ_FAILED;
	if (memchr(p, '\0', n) != NULL)
		return INDEX_READ_BINARY;
	*bytes = (struct sp_str){ p, n };
	return INDEX_READ_OK;
}
