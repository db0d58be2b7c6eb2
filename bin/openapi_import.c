/* openapi_import.c - sallyport catalog import: an OpenAPI description as proposals, or what they would change */
#include "command.h"

#include "catalog_file.h"
#include "catalog_work.h"
#include "catalog_write.h"
#include "tools/document_kind.h"
#include "tools/openapi.h"

struct import {
	const char *file;
	struct json_object *rules;	/* a document of kind openapi */
	struct sp_openapi result;
};

/* "shop-api.v2.json" is shop-api-v2, as a name of sources and tools. */
static const char *
name_of_file(struct command *c, const char *file)
{
	const char *slash = strrchr(file, '/');
	char *name = sp_strdup(c->mem, slash != NULL ? slash + 1 : file), *dot = strrchr(name, '.');

	if (dot != NULL && dot > name)
		*dot = '\0';
	for (char *p = name; *p != '\0'; p++)
		if (!sp_is_alnum((unsigned char)*p) && *p != '_')
			*p = '-';
	return sp_cstr(c->mem, sp_str_sub(sp_str(name), 0, 64));
}

/*
 * Reads FILE, which is a document of kind openapi, whose rules are taken, or a
 * description, whose rules are the options.
 */
static bool
read_rules(struct command *c, struct import *im, const struct command_option *name, const struct command_option *source)
{
	struct sp_documents all;
	struct sp_document from = { .file = im->file };
	const char *slash = strrchr(im->file, '/'), *base = slash != NULL ? slash + 1 : im->file, *why;
	struct json_object *tree;

	sp_documents_init(&all, c->mem);
	all.read_bytes = catalog_read_bytes;
	all.read_tree = catalog_read_tree;
	if (!sp_openapi_read(&all, &from, sp_str(base), &tree, &why))
		return command_fail("%s: %s", im->file, why), false;
	if (sp_str_is(sp_json_get_str(tree, "kind"), "openapi")) {
		im->rules = tree;
		return true;
	}
	im->rules = sp_json_new(c->mem);
	sp_json_set_str(im->rules, "kind", SP_LIT("openapi"));
	sp_json_set_str(im->rules, "name", sp_str(name->given ? name->value : name_of_file(c, im->file)));
	if (source->given)
		sp_json_set_str(im->rules, "source", sp_str(source->value));
	sp_json_set_str(im->rules, "document", sp_str(base));
	return true;
}

static void
print_remarks(const struct import *im)
{
	const struct sp_openapi *r = &im->result;

	for (size_t i = 0; i < json_object_array_length(r->remarks); i++) {
		struct json_object *remark = json_object_array_get_idx(r->remarks, i);
		struct sp_str operation = sp_json_get_str(remark, "operation"), text = sp_json_get_str(remark, "text");

		fprintf(stderr, "%.*s%s%.*s\n", SP_FMT(operation), operation.len > 0 ? ": " : "", SP_FMT(text));
	}
	fprintf(stderr, "%zu of %zu operations are tools, %zu KiB of descriptions and schemas\n", r->tools, r->operations,
	    (r->bytes + 1023) / 1024);
}

/* The documents, as YAML (or JSON) that `catalog apply` takes. */
static bool
print_documents(struct command *c, const struct import *im, const char *path)
{
	struct json_object *documents = im->result.documents;
	size_t count = json_object_array_length(documents);
	struct json_object **trees = sp_alloc_array(c->mem, count, sizeof(struct json_object *));
	struct sp_str text;
	FILE *f = stdout;

	for (size_t i = 0; i < count; i++)
		trees[i] = json_object_array_get_idx(documents, i);
	text = c->json ? sp_str(json_object_to_json_string_ext(documents,
	    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_PRETTY_TAB | JSON_C_TO_STRING_NOSLASHESCAPE)) :
	    catalog_write_yaml(c->mem, trees, count);
	if (path != NULL && (f = fopen(path, "wx")) == NULL)
		return command_fail("%s: %m", path), false;
	if (fwrite(text.p, 1, text.len, f) != text.len || fflush(f) != 0 || (path != NULL && fclose(f) != 0))
		return command_fail("%s: %m", path != NULL ? path : "standard output"), false;
	return true;
}

static void
add_rules(struct sp_documents *all, void *arg)
{
	struct import *im = arg;

	sp_documents_add(all, im->file, catalog_known_by(all->mem, im->file), NULL, im->rules);
}

/*
 * Nothing is applied: proposals are printed, or (--diff) what the catalog would
 * have more, less, and other than it has.  Remarks go to standard error.
 */
int
catalog_import_run(struct command *c, int argc, char **argv)
{
	enum { NAME, SOURCE, OUT, DIFF };
	struct command_option options[] = { [NAME] = { "--name", OPTION_VALUE }, [SOURCE] = { "--source", OPTION_VALUE },
		[OUT] = { "--out", OPTION_VALUE }, [DIFF] = { "--diff", OPTION_FLAG }, { NULL } };
	const char *operands[2] = { NULL };
	struct sp_document doc = { 0 };
	struct sp_documents all;
	struct import im;

	if (!command_options(c, options, argc, argv, operands, 2, 2) || strcmp(operands[0], "openapi") != 0)
		return command_usage(c);
	im = (struct import){ .file = operands[1] };
	if (!read_rules(c, &im, &options[NAME], &options[SOURCE]))
		return 1;
	sp_documents_init(&all, c->mem);
	all.read_bytes = catalog_read_bytes;
	all.read_tree = catalog_read_tree;
	doc = (struct sp_document){ .file = im.file, .body = im.rules };
	if (!sp_openapi_of_document(&all, &doc, &im.result))
		return command_fail("%s: %s", im.file, all.faults.count > 0 ? all.faults.item[0].message : "needs \"document\"");
	if (options[DIFF].given)
		return catalog_difference(c, add_rules, &im);
	print_remarks(&im);
	return print_documents(c, &im, options[OUT].given ? options[OUT].value : NULL) ? 0 : 1;
}
