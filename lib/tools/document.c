/* document.c - documents as they come in: their frame, their names, and all of them together */
#include "tools/document.h"
#include "tools/document_kind.h"

#define DOCUMENTS_MAX	10000		/* each is compared with those before it */
#define OUTPUT_MAX	((size_t)256 * 1024 * 1024)
#define NAME_MAX_BYTES	2048		/* a URI of a resource is the longest */

void
sp_documents_init(struct sp_documents *all, struct sp_arena *mem)
{
	*all = (struct sp_documents){ .mem = mem, .faults = { .mem = mem }, .remarks = { .mem = mem } };
	all->end = &all->first;
}

/* ---- the frame ---- */

static const char **
kind_names(struct sp_arena *mem)
{
	const char **names;
	size_t n = 0;

	while (sp_document_kinds[n].name != NULL)
		n++;
	names = sp_alloc_array(mem, n + 1, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = sp_document_kinds[i].name;
	return names;
}

static bool
read_kind(struct sp_documents *all, struct sp_document *doc)
{
	struct sp_str name = sp_json_get_str(doc->body, "kind");

	if (name.p == NULL) {
		sp_document_fault(all, doc, "", "a document needs a member \"kind\"");
		return false;
	}
	doc->kind = sp_document_kind_find(name);
	if (doc->kind == NULL)
		sp_document_fault(all, doc, "kind", "there is no kind \"%.*s\"%s", SP_FMT(name),
		    sp_suggestion(all->mem, name, kind_names(all->mem)));
	return doc->kind != NULL;
}

/* A text of the frame, *out untouched when it is not there.  False: it is not what it must be. */
static bool
frame_text(struct sp_documents *all, const struct sp_document *doc, const char *name, const char **out)
{
	struct json_object *value;
	struct sp_str text;

	if (!json_object_object_get_ex(doc->body, name, &value))
		return true;
	if (!json_object_is_type(value, json_type_string)) {
		sp_document_fault(all, doc, name, "is not a text");
		return false;
	}
	text = sp_json_text(value);
	if (text.len > NAME_MAX_BYTES || sp_str_has_control(text)) {
		sp_document_fault(all, doc, name, "is too long, or has control characters");
		return false;
	}
	*out = sp_cstr(all->mem, text);
	return true;
}

static bool
read_frame(struct sp_documents *all, struct sp_document *doc)
{
	const struct sp_document *same;
	const char *key;

	if (!read_kind(all, doc))
		return false;
	key = doc->kind->key != NULL && strcmp(doc->kind->key, "uri") == 0 ? "uri" : "name";
	if (!frame_text(all, doc, key, &doc->name) || !frame_text(all, doc, "group", &doc->group) ||
	    (doc->kind->server != NULL && !frame_text(all, doc, "server", &doc->server)))
		return false;
	if (doc->name == NULL) {
		sp_document_fault(all, doc, "", "a %s needs a member \"%s\"", doc->kind->name, key);
		return false;
	}
	if ((same = sp_documents_find(all, doc->kind->name, doc->server, doc->name)) != NULL) {
		sp_document_fault(all, doc, key, "%s \"%s\" stands in %s:%d already", doc->kind->name, doc->name, same->file,
		    same->place != NULL ? same->place->line : 0);
		return false;
	}
	return true;
}

const struct sp_document *
sp_documents_find(const struct sp_documents *all, const char *kind, const char *server, const char *name)
{
	for (const struct sp_document *d = all->first; d != NULL; d = d->next)
		if (strcmp(d->name, name) == 0 && strcmp(d->kind->name, kind) == 0 && strcmp(d->server, server) == 0)
			return d;
	return NULL;
}

static void
take(struct sp_documents *all, struct sp_document *doc)
{
	struct sp_document *kept;

	if (all->count == DOCUMENTS_MAX) {
		sp_document_fault(all, doc, "", "there are more than %d documents", DOCUMENTS_MAX);
		return;
	}
	if (!read_frame(all, doc))
		return;
	kept = sp_alloc(all->mem, sizeof(*kept));
	*kept = *doc;
	*all->end = kept;
	all->end = &kept->next;
	all->count++;
	if (kept->kind->expand != NULL)
		kept->kind->expand(all, kept);
}

static const struct sp_document_shape *
shape_of(struct json_object *tree)
{
	for (const struct sp_document_shape *s = sp_document_shapes; s->member != NULL; s++)
		if (sp_json_get(tree, "kind") == NULL && sp_json_get(tree, s->member) != NULL)
			return s;
	return NULL;
}

void
sp_documents_add(struct sp_documents *all, const char *file, const char *known, const struct sp_place *place,
    struct json_object *tree)
{
	struct sp_document doc = { .file = file, .place = place, .body = tree, .server = "",
		.origin = sp_printf(all->mem, "document %s", known) };
	const struct sp_document_shape *shape;

	if (json_object_is_type(tree, json_type_array)) {
		const struct sp_place *item = place != NULL ? place->child : NULL;

		for (size_t i = 0; i < json_object_array_length(tree); i++, item = item != NULL ? item->next : NULL) {
			doc.body = json_object_array_get_idx(tree, i);
			doc.place = item;
			if (json_object_is_type(doc.body, json_type_object))
				take(all, &doc);
			else
				sp_document_fault(all, &doc, "", "a document is an object with \"kind\" and \"name\"");
		}
	} else if (!json_object_is_type(tree, json_type_object)) {
		sp_document_fault(all, &doc, "", "a document is an object with \"kind\" and \"name\"");
	} else if ((shape = shape_of(tree)) != NULL) {
		shape->expand(all, &doc);
	} else {
		take(all, &doc);
	}
}

void
sp_documents_make(struct sp_documents *all, const struct sp_document *from, const char *origin,
    struct json_object *tree)
{
	struct sp_document doc = { .file = from->file, .place = from->place, .body = tree, .server = from->server,
		.group = from->group, .origin = sp_strdup(all->mem, origin) };

	take(all, &doc);
}

/* ---- what they refer to ---- */

static struct json_object *
copy_of(struct sp_documents *all, struct json_object *object)
{
	struct json_object *copy = sp_json_new(all->mem);

	json_object_object_foreach(object, key, value)
		if (json_object_object_add(copy, key, json_object_get(value)) != 0)
			sp_out_of_memory();
	return copy;
}

/* Whether these members only frame a document and do not belong to its spec. */
static bool
is_frame(const char *name)
{
	return strcmp(name, "kind") == 0 || strcmp(name, "name") == 0 || strcmp(name, "group") == 0;
}

struct json_object *
sp_documents_spec(struct sp_documents *all, const char *kind, const char *name)
{
	const struct sp_document *doc = sp_documents_find(all, kind, "", name);
	struct json_object *row, *spec = NULL;
	struct sp_str credential;

	if (doc != NULL) {
		spec = copy_of(all, doc->body);
		json_object_object_foreach(doc->body, key, value) {
			(void)value;
			if (is_frame(key))
				json_object_object_del(spec, key);
		}
	} else if (all->row != NULL && (row = all->row(all, kind, name)) != NULL &&
	    json_object_is_type(sp_json_get(row, "spec"), json_type_object)) {
		spec = copy_of(all, sp_json_get(row, "spec"));
		if (sp_json_get(row, "sealed") != NULL)
			sp_json_set_str(spec, "sealed", sp_json_get_str(row, "sealed"));
	}
	if (spec == NULL)
		return NULL;
	sp_json_set_str(spec, "name", sp_str(name));
	credential = sp_json_get_str(spec, "credential");
	if (credential.p != NULL && strcmp(kind, "credential") != 0) {
		struct json_object *c = sp_documents_spec(all, "credential", sp_cstr(all->mem, credential));

		if (c != NULL && json_object_object_add(spec, "credential", json_object_get(c)) != 0)
			sp_out_of_memory();
	}
	return spec;
}

/* ---- for the database ---- */

struct sp_str
sp_documents_json(struct sp_documents *all)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, all->mem, OUTPUT_MAX);
	sp_jw_init(&w, &b);
	sp_jw_array(&w);
	for (const struct sp_document *d = all->first; d != NULL; d = d->next) {
		sp_jw_object(&w);
		sp_jw_kcstr(&w, "kind", d->kind->name);
		sp_jw_kcstr(&w, "server", d->server);
		sp_jw_kcstr(&w, "name", d->name);
		sp_jw_kcstr_if(&w, "group", d->group);
		sp_jw_kcstr(&w, "origin", d->origin);
		sp_jw_key(&w, "body");
		sp_jw_value(&w, d->body);
		if (d->row != NULL) {
			sp_jw_key(&w, "row");
			sp_jw_value(&w, d->row);
		}
		sp_jw_object_end(&w);
	}
	sp_jw_array_end(&w);
	return sp_buf_view(&b);
}
