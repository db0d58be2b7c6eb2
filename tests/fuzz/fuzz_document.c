/*
 * fuzz_document.c - the text of a file of catalog documents: YAML, and JSON as well
 *
 * What can be read is written and read again as the same trees; what is without
 * fault gives a row that gives a document that gives the same row.
 */
#include "catalog_read.h"
#include "catalog_write.h"
#include "fuzz.h"
#include "tools/document_kind.h"

static void
write_and_read(struct sp_arena *mem, const struct catalog_trees *trees)
{
	struct json_object **list = sp_alloc_array(mem, trees->count, sizeof(struct json_object *));
	struct catalog_trees again = { 0 };
	const char *why = "";
	int line = 0;

	for (size_t i = 0; i < trees->count; i++)
		list[i] = trees->item[i].tree;
	FUZZ_CHECK(catalog_read_yaml(mem, catalog_write_yaml(mem, list, trees->count), &again, &line, &why));
	FUZZ_CHECK(again.count == trees->count);
	for (size_t i = 0; i < trees->count; i++)
		FUZZ_CHECK(sp_str_eq(sp_json_canonical(mem, again.item[i].tree), sp_json_canonical(mem, list[i])));
}

/* Every node has a place, with a line of the text. */
static void
check_places(struct json_object *tree, const struct sp_place *place, int lines)
{
	const struct sp_place *child = place->child;

	FUZZ_CHECK(place->line >= 1 && place->line <= lines);
	if (json_object_is_type(tree, json_type_object)) {
		json_object_object_foreach(tree, name, value) {
			FUZZ_CHECK(child != NULL && sp_str_is(child->name, name));
			check_places(value, child, lines);
			child = child->next;
		}
	} else if (json_object_is_type(tree, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(tree); i++, child = child->next) {
			FUZZ_CHECK(child != NULL && child->name.p == NULL);
			check_places(json_object_array_get_idx(tree, i), child, lines);
		}
	}
	FUZZ_CHECK(child == NULL);
}

static void
check_documents(struct sp_arena *mem, const struct catalog_trees *trees)
{
	struct sp_documents all, again;
	bool fine;

	sp_documents_init(&all, mem);
	for (size_t i = 0; i < trees->count; i++)
		sp_documents_add(&all, "file", "/file", trees->item[i].place, trees->item[i].tree);
	fine = sp_documents_check(&all);
	FUZZ_CHECK(fine == (all.faults.count == 0));
	for (size_t i = 0; i < all.faults.count; i++)
		FUZZ_CHECK(all.faults.item[i].message[0] != '\0' && !sp_str_has_control(sp_str(all.faults.item[i].message)));
	if (!fine)
		return;
	sp_documents_init(&again, mem);
	for (const struct sp_document *d = all.first; d != NULL; d = d->next)
		sp_documents_add(&again, "file", "/file", d->place, d->row != NULL ? sp_document_of_row(mem, d->kind, d->row) : d->body);
	FUZZ_CHECK(sp_documents_check(&again) && again.count == all.count);
	for (const struct sp_document *d = all.first, *e = again.first; d != NULL; d = d->next, e = e->next) {
		struct json_object *row = e->row;

		FUZZ_CHECK((d->row == NULL) == (row == NULL));
		if (row == NULL)
			continue;
		/* what a document made for another says that it did */
		if (sp_json_get(d->row, "origin") != NULL)
			sp_json_set_str(row, "origin", sp_json_get_str(d->row, "origin"));
		FUZZ_CHECK(sp_str_eq(sp_json_canonical(mem, d->row), sp_json_canonical(mem, row)));
	}
}

static void
check(struct sp_str text, bool (*read)(struct sp_arena *, struct sp_str, struct catalog_trees *, int *, const char **))
{
	struct sp_arena *mem = sp_arena_new();
	struct catalog_trees trees = { 0 };
	const char *why = NULL;
	int line = -1, lines = 1;

	for (size_t i = 0; i < text.len; i++)
		/* libyaml knows more ends of lines than "\n" */
		lines += text.p[i] == '\n' || text.p[i] == '\r' || (unsigned char)text.p[i] == 0x85 ||
		    (unsigned char)text.p[i] == 0xa8 || (unsigned char)text.p[i] == 0xa9;
	if (!read(mem, text, &trees, &line, &why)) {
		FUZZ_CHECK(why != NULL && line >= 0 && line <= lines + 1);
	} else {
		for (size_t i = 0; i < trees.count; i++)
			check_places(trees.item[i].tree, trees.item[i].place, lines);
		write_and_read(mem, &trees);
		check_documents(mem, &trees);
	}
	sp_arena_free(mem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_str text = { (const char *)data, size };

	check(text, catalog_read_yaml);
	check(text, catalog_read_json);
	return 0;
}
