/* catalog_host.c - programs and directories that documents name, and this host does not have or does not allow */
#include "catalog_host.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include "tools/child.h"
#include "tools/document_kind.h"
#include "tools/reference.h"

struct host {
	struct sp_arena *mem;
	const struct sp_settings *settings;
	struct sp_faults warnings;
};

static void
warn(struct host *h, const struct sp_document *doc, const char *path, const char *why)
{
	const struct sp_place *place = sp_place_find(doc->place, sp_str(path));

	sp_fault(&h->warnings, doc->file, place != NULL ? place->line : 0, "warning: %s: %s", path, why);
}

static void
look_at_program(struct host *h, const struct sp_document *doc, const char *path, struct json_object *command)
{
	struct sp_str word = sp_json_text(json_object_array_get_idx(command, 0));
	const char *why;

	if (!sp_reference_is_in(word) &&
	    !sp_child_is_runnable(h->mem, h->settings, sp_child_find(h->mem, h->settings, sp_cstr(h->mem, word)), &why))
		warn(h, doc, path, why);
}

static void
look_at_directory(struct host *h, const struct sp_document *doc, const char *path, struct sp_str directory)
{
	struct stat st;

	if (directory.p == NULL)
		return;
	if (stat(sp_cstr(h->mem, directory), &st) != 0)
		warn(h, doc, path, sp_printf(h->mem, errno == ENOENT ? "there is no directory %.*s" : "could not look at %.*s",
		    SP_FMT(directory)));
	else if (!S_ISDIR(st.st_mode))
		warn(h, doc, path, sp_printf(h->mem, "%.*s is not a directory", SP_FMT(directory)));
}

static void
look_at_executable(struct host *h, const struct sp_document *doc, struct json_object *spec)
{
	struct json_object *paths = sp_json_get(spec, "paths");

	look_at_program(h, doc, "executable.command[0]", sp_json_get(spec, "command"));
	look_at_directory(h, doc, "executable.directory", sp_json_get_str(spec, "directory"));
	if (paths == NULL)
		return;
	json_object_object_foreach(paths, argument, path)
		look_at_directory(h, doc, sp_printf(h->mem, "executable.paths.%s.below", argument), sp_json_get_str(path, "below"));
}

static void
look_at_upstream(struct host *h, const struct sp_document *doc, struct json_object *spec)
{
	if (sp_json_get(spec, "command") == NULL)
		return;
	look_at_program(h, doc, "command[0]", sp_json_get(spec, "command"));
	look_at_directory(h, doc, "directory", sp_json_get_str(spec, "directory"));
}

void
catalog_warn_of_host(struct sp_documents *all, const struct sp_settings *settings)
{
	struct host h = { .mem = all->mem, .settings = settings, .warnings = { .mem = all->mem } };

	for (const struct sp_document *d = all->first; d != NULL; d = d->next) {
		struct json_object *spec = sp_json_get(d->row, "spec");

		if (strcmp(d->kind->name, "tool") == 0 && sp_str_is(sp_json_get_str(d->row, "kind"), "executable"))
			look_at_executable(&h, d, spec);
		else if (strcmp(d->kind->name, "upstream") == 0)
			look_at_upstream(&h, d, spec);
	}
	for (size_t i = 0; i < h.warnings.count; i++)
		fprintf(stderr, "%s:%d: %s\n", h.warnings.item[i].file, h.warnings.item[i].line, h.warnings.item[i].message);
}
