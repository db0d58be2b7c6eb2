/* catalog_diff.c - what an apply changes, shown */
#include "catalog_diff.h"

#include "tools/document_kind.h"

#define OUTPUT_MAX	((size_t)64 * 1024 * 1024)
#define VALUE_MAX	70		/* bytes of a value on a line */

enum { ACTION, KIND, SERVER, NAME, REASON, WAS, BECOMES, WAS_DOCUMENT };

struct difference {
	struct sp_arena *mem;
	struct sp_json_writer *w;	/* NULL: for people, into b */
	struct sp_buf *b;
	size_t count;
};

static struct json_object *
cell(struct sp_arena *mem, const PGresult *r, int row, int column)
{
	struct json_object *value = NULL;
	const char *why;

	if (PQgetisnull(r, row, column) || !sp_json_parse_large(mem, sp_str(PQgetvalue(r, row, column)), &value, &why))
		return NULL;
	return value;
}

/* ---- two documents ---- */

static const char *
short_text(struct difference *d, struct json_object *value)
{
	struct sp_json_writer w;
	struct sp_str text;
	struct sp_buf b;

	sp_buf_init(&b, d->mem, OUTPUT_MAX);
	sp_jw_init(&w, &b);
	sp_jw_value(&w, value);
	text = sp_utf8_cut(sp_buf_view(&b), VALUE_MAX);
	return sp_printf(d->mem, "%.*s%s", SP_FMT(text), text.len < b.len ? "..." : "");
}

static void
tell(struct difference *d, const char *path, bool had, struct json_object *was, bool has, struct json_object *becomes)
{
	d->count++;
	if (d->w != NULL) {
		sp_jw_object(d->w);
		sp_jw_kcstr(d->w, "member", path);
		if (had) {
			sp_jw_key(d->w, "was");
			sp_jw_value(d->w, was);
		}
		if (has) {
			sp_jw_key(d->w, "becomes");
			sp_jw_value(d->w, becomes);
		}
		sp_jw_object_end(d->w);
	} else if (had && has) {
		sp_buf_printf(d->b, "           %s: %s -> %s\n", path, short_text(d, was), short_text(d, becomes));
	} else {
		sp_buf_printf(d->b, "         %s %s: %s\n", had ? "-" : "+", path, short_text(d, had ? was : becomes));
	}
}

static void
compare(struct difference *d, const char *path, struct json_object *was, struct json_object *becomes)
{
	struct json_object *other;
	size_t before = d->count;
	const char *below;

	if (!json_object_is_type(was, json_type_object) || !json_object_is_type(becomes, json_type_object)) {
		if (!json_object_equal(was, becomes))
			tell(d, path, true, was, true, becomes);
		return;
	}
	json_object_object_foreach(was, name, value) {
		below = sp_printf(d->mem, "%s%s%s", path, path[0] != '\0' ? "." : "", name);
		if (json_object_object_get_ex(becomes, name, &other))
			compare(d, below, value, other);
		else
			tell(d, below, true, value, false, NULL);
	}
	json_object_object_foreach(becomes, added, new_value) {
		if (json_object_object_get_ex(was, added, &other))
			continue;
		below = sp_printf(d->mem, "%s%s%s", path, path[0] != '\0' ? "." : "", added);
		tell(d, below, false, NULL, true, new_value);
	}
	/* the order of arguments is what people and models read */
	if (d->count == before && path[0] != '\0' &&
	    strcmp(json_object_to_json_string_ext(was, JSON_C_TO_STRING_PLAIN),
	        json_object_to_json_string_ext(becomes, JSON_C_TO_STRING_PLAIN)) != 0)
		tell(d, sp_printf(d->mem, "%s (order)", path), true, was, true, becomes);
}

static void
add(struct json_object *document, const char *name, struct json_object *value)
{
	if (value != NULL && json_object_object_add(document, name, json_object_get(value)) != 0)
		sp_out_of_memory();
}

/* The row in the words of a document, with what stands only in documents; or the document itself. */
static struct json_object *
in_words(struct sp_arena *mem, const struct sp_document_kind *kind, struct json_object *row, struct json_object *body,
    struct json_object *origin, struct json_object *group)
{
	struct json_object *document = sp_document_of_row(mem, kind, row);

	if (kind->table == NULL && json_object_is_type(body, json_type_object)) {
		json_object_object_foreach(body, name, value)
			add(document, name, value);
	} else {
		add(document, "tests", sp_json_get(body, "tests"));
	}
	add(document, "group", group);
	add(document, "(origin)", origin);
	return document;
}

static struct json_object *
text_of(struct sp_arena *mem, const char *text)
{
	struct json_object *holder = sp_json_new(mem);

	if (text == NULL)
		return NULL;
	sp_json_set_str(holder, "text", sp_str(text));
	return sp_json_get(holder, "text");
}

static void
compare_row(struct difference *d, const struct sp_document *doc, const PGresult *r, int i)
{
	struct json_object *before = cell(d->mem, r, i, WAS_DOCUMENT);

	compare(d, "", in_words(d->mem, doc->kind, cell(d->mem, r, i, WAS), sp_json_get(before, "body"),
	        sp_json_get(before, "origin"), sp_json_get(before, "group")),
	    in_words(d->mem, doc->kind, cell(d->mem, r, i, BECOMES), doc->body, text_of(d->mem, doc->origin),
	        text_of(d->mem, doc->group)));
}

/* ---- all of them ---- */

static void
print_json(struct command *c, const struct sp_documents *documents, const PGresult *r)
{
	struct difference d = { .mem = c->mem };
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, c->mem, OUTPUT_MAX);
	sp_jw_init(&w, &b);
	d.w = &w;
	sp_jw_array(&w);
	for (int i = 0; i < PQntuples(r); i++) {
		const struct sp_document *doc = sp_documents_find(documents, PQgetvalue(r, i, KIND), PQgetvalue(r, i, SERVER),
		    PQgetvalue(r, i, NAME));

		sp_jw_object(&w);
		for (int column = ACTION; column <= NAME; column++)
			sp_jw_kcstr(&w, PQfname(r, column), PQgetvalue(r, i, column));
		if (strcmp(PQgetvalue(r, i, ACTION), "changed") == 0 && doc != NULL) {
			sp_jw_key(&w, "members");
			sp_jw_array(&w);
			compare_row(&d, doc, r, i);
			sp_jw_array_end(&w);
		}
		sp_jw_object_end(&w);
	}
	sp_jw_array_end(&w);
	printf("%.*s\n", SP_FMT(sp_buf_view(&b)));
}

void
catalog_print_difference(struct command *c, const struct sp_documents *documents, const PGresult *r)
{
	struct sp_buf b;

	if (c->json) {
		print_json(c, documents, r);
		return;
	}
	sp_buf_init(&b, c->mem, OUTPUT_MAX);
	for (int i = 0; i < PQntuples(r); i++) {
		struct difference d = { .mem = c->mem, .b = &b };
		const char *server = PQgetvalue(r, i, SERVER);
		const struct sp_document *doc = sp_documents_find(documents, PQgetvalue(r, i, KIND), server, PQgetvalue(r, i, NAME));

		sp_buf_printf(&b, "%-8s %s %s%s%s\n", PQgetvalue(r, i, ACTION), PQgetvalue(r, i, KIND), server,
		    server[0] != '\0' ? "/" : "", PQgetvalue(r, i, NAME));
		if (strcmp(PQgetvalue(r, i, ACTION), "changed") != 0 || doc == NULL)
			continue;
		compare_row(&d, doc, r, i);
		if (d.count == 0)
			sp_buf_cstr(&b, "           (written differently)\n");
	}
	command_print_text(PQntuples(r) > 0 ? sp_buf_view(&b) : SP_LIT("nothing has changed\n"));
}
