/* document_row.c - a table of members, read in both directions: document to row, row to document */
#include "tools/document_kind.h"

static const struct {
	const char *unit;
	int64_t factor;
} durations[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 }
}, sizes[] = {
	{ "GiB", 1024 * 1024 * 1024 }, { "MiB", 1024 * 1024 }, { "KiB", 1024 }, { "B", 1 }
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NUMBER_MAX INT64_C(2147483647)		/* columns are integers */

static struct sp_str
digits_of(struct sp_str text)
{
	size_t n = 0;

	while (n < text.len && sp_is_digit((unsigned char)text.p[n]))
		n++;
	return sp_str_sub(text, 0, n);
}

bool
sp_document_duration(struct sp_str text, int64_t *milliseconds)
{
	struct sp_str digits = digits_of(text), unit = sp_str_sub(text, digits.len, text.len);
	int64_t n;

	for (size_t i = 0; i < COUNT(durations); i++)
		if (sp_str_is(unit, durations[i].unit)) {
			if (!sp_str_int64(digits, 1, NUMBER_MAX / durations[i].factor, &n))
				return false;
			*milliseconds = n * durations[i].factor;
			return true;
		}
	return false;
}

bool
sp_document_size(struct sp_str text, int64_t *bytes)
{
	struct sp_str digits = digits_of(text), unit = sp_str_sub(text, digits.len, text.len);
	int64_t n;

	for (size_t i = 0; i < COUNT(sizes); i++)
		if (sp_str_is(unit, sizes[i].unit)) {
			if (!sp_str_int64(digits, 1, NUMBER_MAX / sizes[i].factor, &n))
				return false;
			*bytes = n * sizes[i].factor;
			return true;
		}
	return false;
}

static void
put(struct json_object *object, const char *name, struct json_object *value)
{
	if (json_object_object_add(object, name, value) != 0)
		sp_out_of_memory();
}

static struct json_object *
text_object(const char *text)
{
	struct json_object *o = json_object_new_string(text);

	if (o == NULL)
		sp_out_of_memory();
	return o;
}

/* ---- document to row ---- */

bool
sp_document_are_texts(struct json_object *array)
{
	if (!json_object_is_type(array, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(array); i++)
		if (!json_object_is_type(json_object_array_get_idx(array, i), json_type_string))
			return false;
	return true;
}

/* Why the value is not of the type; NULL: it is, and *number is set where the column is another number. */
static const char *
wrong(enum sp_member_type type, struct json_object *value, int64_t *number)
{
	struct sp_str text = json_object_is_type(value, json_type_string) ? sp_json_text(value) : (struct sp_str){ 0 };

	if (value == NULL && type != SP_MEMBER_ANY)
		return "has no value";
	switch (type) {
	case SP_MEMBER_TEXT:
		return text.p != NULL ? NULL : "is not a text";
	case SP_MEMBER_BOOL:
		return json_object_is_type(value, json_type_boolean) ? NULL : "is neither true nor false";
	case SP_MEMBER_INT:
		*number = json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : 0;
		return *number >= 1 && *number <= NUMBER_MAX ? NULL : "is not a whole number from 1 to 2147483647";
	case SP_MEMBER_DURATION:
		return text.p != NULL && sp_document_duration(text, number) ? NULL :
		    "is not a time: 500ms, 5s, 2m, 1h, up to 24d";
	case SP_MEMBER_SIZE:
		if (json_object_is_type(value, json_type_int))
			return wrong(SP_MEMBER_INT, value, number);
		return text.p != NULL && sp_document_size(text, number) ? NULL : "is not a size: 4096, 64KiB, 1MiB, up to 1GiB";
	case SP_MEMBER_TEXTS:
		return sp_document_are_texts(value) ? NULL : "is not a list of texts";
	case SP_MEMBER_TIER:
		return text.p != NULL && (sp_str_is(text, "public") || sp_str_is(text, "developer") ||
		    sp_str_is(text, "admin") || sp_str_is(text, "service")) ? NULL :
		    "is not one of public, developer, admin, service";
	case SP_MEMBER_OBJECT:
		return json_object_is_type(value, json_type_object) ? NULL : "is not an object";
	case SP_MEMBER_ARRAY:
		return json_object_is_type(value, json_type_array) ? NULL : "is not a list";
	case SP_MEMBER_ANY:
		break;
	}
	return NULL;
}

static bool
is_frame(const struct sp_document_kind *kind, const char *name)
{
	return strcmp(name, "kind") == 0 || strcmp(name, "group") == 0 ||
	    strcmp(name, kind->key != NULL && strcmp(kind->key, "uri") == 0 ? "uri" : "name") == 0 ||
	    (kind->server != NULL && strcmp(name, "server") == 0);
}

static const struct sp_member *
member_of(const struct sp_document_kind *kind, const char *name)
{
	for (const struct sp_member *m = kind->members; m != NULL && m->name != NULL; m++)
		if (strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

static const char *const *
names_of(struct sp_arena *mem, const struct sp_document_kind *kind)
{
	const char **names;
	size_t n = 0;

	while (kind->members != NULL && kind->members[n].name != NULL)
		n++;
	names = sp_alloc_array(mem, n + 5, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = kind->members[i].name;
	names[n++] = "kind";
	names[n++] = "group";
	names[n++] = kind->key != NULL && strcmp(kind->key, "uri") == 0 ? "uri" : "name";
	if (kind->server != NULL)
		names[n++] = "server";
	return names;
}

/* False: at fault. */
static bool
take_member(struct sp_documents *all, struct sp_document *doc, const struct sp_member *m, struct json_object *value)
{
	const char *column = m->column != NULL ? m->column : m->name, *why;
	struct json_object *made;
	int64_t number = -1;

	if ((why = wrong(m->type, value, &number)) != NULL) {
		sp_document_fault(all, doc, m->name, "%s", why);
		return false;
	}
	made = number >= 0 ? json_object_new_int64(number) : json_object_get(value);
	if (number >= 0 && made == NULL)
		sp_out_of_memory();
	switch (m->to) {
	case SP_TO_COLUMN:
		put(doc->row, column, made);
		return true;
	case SP_TO_OPTIONS:
		put(sp_json_get(doc->row, "options"), m->name, made);
		return true;
	case SP_TO_SPEC:
		if (sp_json_get(doc->row, "kind") != NULL) {
			json_object_put(made);
			sp_document_fault(all, doc, m->name, "there is \"%.*s\" already: a tool is one of them",
			    SP_FMT(sp_json_get_str(doc->row, "kind")));
			return false;
		}
		put(doc->row, "kind", text_object(m->name));
		put(doc->row, "spec", made);
		return true;
	case SP_TO_JUDGE:
		break;
	}
	json_object_put(made);
	return true;
}

static bool
take_members(struct sp_documents *all, struct sp_document *doc)
{
	const struct sp_document_kind *kind = doc->kind;
	const struct sp_member *m;
	bool ok = true;

	json_object_object_foreach(doc->body, name, value) {
		if (is_frame(kind, name))
			continue;
		if (kind->is_spec) {
			put(sp_json_get(doc->row, "spec"), name, json_object_get(value));
		} else if ((m = member_of(kind, name)) == NULL) {
			sp_document_fault(all, doc, name, "a %s has no such member%s", kind->name,
			    sp_suggestion(all->mem, sp_str(name), names_of(all->mem, kind)));
			ok = false;
		} else if (!take_member(all, doc, m, value)) {
			ok = false;
		}
	}
	return ok;
}

/* What the columns are when their members are not there. */
static bool
take_defaults(struct sp_documents *all, struct sp_document *doc)
{
	bool ok = true;

	for (const struct sp_member *m = doc->kind->members; m != NULL && m->name != NULL; m++) {
		const char *column = m->column != NULL ? m->column : m->name, *why;
		struct json_object *value = NULL, *there;

		if (json_object_object_get_ex(doc->body, m->name, &there))
			continue;
		if (m->required) {
			sp_document_fault(all, doc, "", "a %s needs a member \"%s\"", doc->kind->name, m->name);
			ok = false;
		}
		if (m->to != SP_TO_COLUMN || m->kept || json_object_object_get_ex(doc->row, column, &there))
			continue;
		if (m->otherwise != NULL && sp_json_parse(all->mem, sp_str(m->otherwise), &value, &why))
			value = json_object_get(value);
		put(doc->row, column, value);
	}
	return ok;
}

static bool
has_options(const struct sp_document_kind *kind)
{
	for (const struct sp_member *m = kind->members; m != NULL && m->name != NULL; m++)
		if (m->to == SP_TO_OPTIONS)
			return true;
	return false;
}

static void
make_row(struct sp_documents *all, struct sp_document *doc)
{
	const struct sp_document_kind *kind = doc->kind;
	size_t faults = all->faults.count;
	bool ok;

	doc->row = sp_json_new(all->mem);
	if (kind->key != NULL)
		put(doc->row, kind->key, text_object(doc->name));
	if (kind->server != NULL)
		put(doc->row, kind->server, text_object(doc->server));
	if (kind->is_spec)
		put(doc->row, "spec", json_object_get(sp_json_new(all->mem)));
	if (has_options(kind))
		put(doc->row, "options", json_object_get(sp_json_new(all->mem)));
	ok = take_members(all, doc);
	ok = take_defaults(all, doc) && ok;
	if (ok && kind->judge != NULL)
		kind->judge(all, doc);
	if (!ok || all->faults.count != faults || kind->table == NULL)
		doc->row = NULL;
}

bool
sp_documents_check(struct sp_documents *all)
{
	for (struct sp_document *d = all->first; d != NULL; d = d->next)
		make_row(all, d);
	return all->faults.count == 0;
}

void
sp_document_only(struct sp_documents *all, const struct sp_document *doc, const char *path,
    struct json_object *object, const char *const *names)
{
	json_object_object_foreach(object, name, value) {
		size_t i = 0;

		(void)value;
		while (names[i] != NULL && strcmp(names[i], name) != 0)
			i++;
		if (names[i] == NULL)
			sp_document_fault(all, doc, sp_printf(all->mem, "%s%s%s", path, path[0] != '\0' ? "." : "", name),
			    "there is no such member%s", sp_suggestion(all->mem, sp_str(name), names));
	}
}

/* ---- row to document ---- */

/* The greatest unit in which the number is whole. */
static struct json_object *
in_words(struct sp_arena *mem, enum sp_member_type type, int64_t n)
{
	if (type == SP_MEMBER_DURATION)
		for (size_t i = 0; i < COUNT(durations); i++)
			if (n % durations[i].factor == 0)
				return text_object(sp_printf(mem, "%lld%s", (long long)(n / durations[i].factor), durations[i].unit));
	for (size_t i = 0; i < COUNT(sizes); i++)
		if (n % sizes[i].factor == 0)
			return text_object(sp_printf(mem, "%lld%s", (long long)(n / sizes[i].factor), sizes[i].unit));
	return NULL;
}

static bool
is_otherwise(struct sp_arena *mem, const struct sp_member *m, struct json_object *value)
{
	struct json_object *otherwise;
	const char *why;

	return m->otherwise != NULL && sp_json_parse(mem, sp_str(m->otherwise), &otherwise, &why) &&
	    json_object_equal(otherwise, value);
}

static void
write_member(struct sp_arena *mem, const struct sp_member *m, struct json_object *row, struct json_object *document)
{
	struct json_object *value = NULL;

	switch (m->to) {
	case SP_TO_COLUMN:
		value = sp_json_get(row, m->column != NULL ? m->column : m->name);
		break;
	case SP_TO_OPTIONS:
		value = sp_json_get(sp_json_get(row, "options"), m->name);
		break;
	case SP_TO_SPEC:
		if (sp_str_is(sp_json_get_str(row, "kind"), m->name))
			value = sp_json_get(row, "spec");
		break;
	case SP_TO_JUDGE:
		return;
	}
	if (value == NULL || is_otherwise(mem, m, value))
		return;
	if ((m->type == SP_MEMBER_DURATION || m->type == SP_MEMBER_SIZE) && json_object_is_type(value, json_type_int))
		put(document, m->name, in_words(mem, m->type, json_object_get_int64(value)));
	else
		put(document, m->name, json_object_get(value));
}

struct json_object *
sp_document_of_row(struct sp_arena *mem, const struct sp_document_kind *kind, struct json_object *row)
{
	struct json_object *document = sp_json_new(mem);
	bool written = false;

	if (row == NULL)
		return document;
	put(document, "kind", text_object(kind->name));
	if (kind->key != NULL)
		put(document, strcmp(kind->key, "uri") == 0 ? "uri" : "name", json_object_get(sp_json_get(row, kind->key)));
	if (kind->server != NULL && sp_json_get_str(row, kind->server).len > 0)
		put(document, "server", json_object_get(sp_json_get(row, kind->server)));
	if (kind->is_spec && sp_json_get(row, "spec") != NULL) {
		json_object_object_foreach(sp_json_get(row, "spec"), name, value)
			put(document, name, json_object_get(value));
	}
	for (const struct sp_member *m = kind->members; m != NULL && m->name != NULL; m++) {
		/* where the first of its members stands in the table */
		if (m->to == SP_TO_JUDGE && kind->write != NULL && !written) {
			kind->write(mem, row, document);
			written = true;
		}
		write_member(mem, m, row, document);
	}
	return document;
}
