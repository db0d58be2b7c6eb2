/* catalog_host.c - programs, directories and addresses that documents name, and this host does not have or does not allow */
#include "catalog_host.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include "net/guard.h"
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

/* A service, at `path` of the document, ended by "." when it is not the whole. */
static void
look_at_service(struct host *h, const struct sp_document *doc, const char *path, struct json_object *spec)
{
	struct json_object *allow = sp_json_get(spec, "allow");

	if (json_object_get_boolean(sp_json_get(spec, "http")) && !h->settings->source_http)
		warn(h, doc, sp_printf(h->mem, "%shttp", path), "plain http needs the setting source_http, which is off");
	for (size_t i = 0; allow != NULL && i < json_object_array_length(allow); i++) {
		struct sp_str range = sp_json_text(json_object_array_get_idx(allow, i));

		if (sp_guard_both(h->mem, sp_cstr(h->mem, range), h->settings->source_allow)[0] == '\0')
			warn(h, doc, sp_printf(h->mem, "%sallow[%zu]", path, i),
			    sp_printf(h->mem, "nothing of %.*s is in the setting source_allow", SP_FMT(range)));
	}
}

/* A tool's own service, or none. */
static void
look_at_http(struct host *h, const struct sp_document *doc, struct json_object *spec)
{
	struct json_object *source = sp_json_get(spec, "source");

	if (json_object_is_type(source, json_type_object))
		look_at_service(h, doc, "http.source.", source);
}

static void
look_at_upstream(struct host *h, const struct sp_document *doc, struct json_object *spec)
{
	if (sp_json_get(spec, "command") == NULL) {
		look_at_service(h, doc, "", spec);
		return;
	}
	look_at_program(h, doc, "command[0]", sp_json_get(spec, "command"));
	look_at_directory(h, doc, "directory", sp_json_get_str(spec, "directory"));
}

static void
look_at_document(struct host *h, const struct sp_document *doc)
{
	struct json_object *spec = sp_json_get(doc->row, "spec");
	struct sp_str kind = sp_json_get_str(doc->row, "kind");

	if (strcmp(doc->kind->name, "upstream") == 0)
		look_at_upstream(h, doc, spec);
	else if (strcmp(doc->kind->name, "source") == 0)
		look_at_service(h, doc, "", spec);
	else if (strcmp(doc->kind->name, "tool") == 0 && sp_str_is(kind, "executable"))
		look_at_executable(h, doc, spec);
	else if (strcmp(doc->kind->name, "tool") == 0 && sp_str_is(kind, "http"))
		look_at_http(h, doc, spec);
}

void
catalog_warn_of_host(struct sp_documents *all, const struct sp_settings *settings)
{
	struct host h = { .mem = all->mem, .settings = settings, .warnings = { .mem = all->mem } };

	for (const struct sp_document *d = all->first; d != NULL; d = d->next)
		look_at_document(&h, d);
	for (size_t i = 0; i < h.warnings.count; i++)
		fprintf(stderr, "%s:%d: %s\n", h.warnings.item[i].file, h.warnings.item[i].line, h.warnings.item[i].message);
}
