/* template.c - all templates of a directory, and what they include */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "web/template_parse.h"

#define MAX_FILE	(256 * 1024)
#define MAX_INCLUDES	8	/* of templates in templates */

struct sp_templates {
	struct sp_arena *mem;
	struct sp_template *list;
	size_t count;
	bool checked;
};

const struct sp_template *
sp_template_find(const struct sp_templates *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->list[i].name, name) == 0)
			return &all->list[i];
	return NULL;
}

bool
sp_template_mentions(const struct sp_template *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct sp_op *op = &t->ops[i];

		if (op->kind == SP_OP_PARTIAL ? sp_template_mentions(op->partial, name) :
		    op->kind != SP_OP_LITERAL && sp_str_is(op->text, name))
			return true;
	}
	return false;
}

bool
sp_templates_checked(const struct sp_templates *all)
{
	return all->checked;
}

static bool
read_file(struct sp_arena *mem, int dir, const char *name, struct sp_str *out)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	struct sp_buf b;
	ssize_t n = -1;
	char *room;

	sp_buf_init(&b, mem, MAX_FILE);
	while (fd >= 0 && (room = sp_buf_room(&b, 4096)) != NULL && (n = read(fd, room, 4096)) > 0)
		sp_buf_added(&b, (size_t)n);
	if (fd >= 0)
		close(fd);
	*out = sp_buf_view(&b);
	return n == 0 && sp_buf_ok(&b);
}

/* Finds the templates that one includes; `depth` ends circles. */
static bool
link_includes(struct sp_templates *all, struct sp_template *t, int depth, struct sp_buf *errors)
{
	bool good = true;

	for (size_t i = 0; i < t->count; i++) {
		struct sp_op *op = &t->ops[i];

		if (op->kind != SP_OP_PARTIAL)
			continue;
		op->partial = sp_template_find(all, sp_cstr(all->mem, op->text));
		if (op->partial == NULL || depth == MAX_INCLUDES) {
			sp_buf_printf(errors, "%s:%d: %.*s %s\n", t->name, op->line,
			    SP_FMT(op->text), op->partial == NULL ? "is not there" :
			    "includes itself, or others too deep");
			return false;
		}
		good = good && link_includes(all, (struct sp_template *)(uintptr_t)op->partial,
		    depth + 1, errors);
	}
	return good;
}

static int
html_files(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && sp_str_ends(sp_str(entry->d_name), ".html");
}

static bool
load_all(struct sp_templates *all, const char *dir, struct sp_buf *errors)
{
	struct dirent **entries = NULL;
	int count = scandir(dir, &entries, html_files, alphasort);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = count > 0 && fd >= 0;

	if (!good)
		sp_buf_printf(errors, "template_dir %s: %s\n", dir,
		    count == 0 ? "no templates there" : strerror(errno));
	else
		all->list = sp_alloc_array(all->mem, (size_t)count, sizeof(*all->list));
	for (int i = 0; i < count; i++) {
		const char *name = sp_strdup(all->mem, entries[i]->d_name);
		struct sp_str text;

		if (fd >= 0 && !read_file(all->mem, fd, name, &text)) {
			sp_buf_printf(errors, "%s: could not be read, or is too large\n", name);
			good = false;
		} else if (fd >= 0 && !sp_template_parse(all->mem, name, text,
		    &all->list[all->count++], errors)) {
			good = false;
		}
		free(entries[i]);
	}
	free(entries);
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; good && i < all->count; i++)
		good = link_includes(all, &all->list[i], 0, errors);
	return good;
}

bool
sp_templates_load(const char *dir, struct sp_templates **out, struct sp_buf *errors)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_templates *all = sp_alloc(mem, sizeof(*all));

	all->mem = mem;
	all->checked = getenv(SP_VIEW_CHECK) != NULL;
	if (!load_all(all, dir, errors)) {
		sp_arena_free(mem);
		return false;
	}
	*out = all;
	return true;
}

void
sp_templates_free(struct sp_templates *t)
{
	if (t != NULL)
		sp_arena_free(t->mem);
}
