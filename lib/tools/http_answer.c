/* http_answer.c - what a document takes of the answer of a service */
#include "tools/http_answer.h"

#include "tools/blanks.h"
#include "tools/spec.h"

#define ERROR_MAX	500
#define PROJECTION_DEPTH 8

struct projection {
	enum { BY_PATH, OBJECT, EACH } type;
	const struct sp_path **path;	/* BY_PATH: the first that leads somewhere; EACH: one */
	size_t path_count;
	const char **name;		/* OBJECT */
	struct projection *item;	/* OBJECT: members; EACH: one, or NULL */
	size_t count;
};

struct cursor {
	const struct sp_path *pointer;	/* its value, or the link that has it */
	const char *relation;		/* of a Link field */
	const char *parameter;		/* of the link; NULL: the value itself */
};

struct list {
	const struct sp_path *items;
	const char *as;
	struct cursor *next, *previous;
	const char **also_name;
	const struct sp_path **also_path;
	size_t also_count;
};

struct sp_answer_shape {
	enum sp_answer_reading reading;
	const char *arrays;
	const struct sp_path *select;	/* NULL: all of it */
	const char *selected;		/* as it was written */
	struct projection *project;
	struct list *list;
	const struct sp_path *error;
};

/* ---- reading ---- */

static bool
read_path(struct sp_arena *mem, struct json_object *json, const struct sp_path **out, const char **why)
{
	*why = "has to be a path";
	return json_object_is_type(json, json_type_string) && sp_path_parse(mem, sp_json_text(json), out, why);
}

static bool
path_member(struct sp_arena *mem, struct json_object *object, const char *name, const struct sp_path **out,
    const char **why)
{
	struct json_object *json = sp_json_get(object, name);

	return json == NULL || read_path(mem, json, out, why) || sp_spec_at(mem, name, why);
}

static bool read_projection(struct sp_arena *mem, struct json_object *json, int depth, struct projection *out,
    const char **why);

static bool
read_each(struct sp_arena *mem, struct json_object *json, int depth, struct projection *out, const char **why)
{
	struct json_object *project = sp_json_get(json, "project");

	out->type = EACH;
	out->path = sp_alloc(mem, sizeof(*out->path));
	if (!sp_spec_only(mem, json, "each project", why) || !path_member(mem, json, "each", &out->path[0], why))
		return false;
	if (project == NULL)
		return true;
	out->item = sp_alloc(mem, sizeof(*out->item));
	return read_projection(mem, project, depth, out->item, why) || sp_spec_at(mem, "project", why);
}

static bool
read_object(struct sp_arena *mem, struct json_object *json, int depth, struct projection *out, const char **why)
{
	size_t count = (size_t)json_object_object_length(json);

	out->type = OBJECT;
	out->name = sp_alloc_array(mem, count, sizeof(*out->name));
	out->item = sp_alloc_array(mem, count, sizeof(*out->item));
	json_object_object_foreach(json, name, value) {
		out->name[out->count] = sp_strdup(mem, name);
		if (!read_projection(mem, value, depth, &out->item[out->count++], why))
			return sp_spec_at(mem, name, why);
	}
	return true;
}

static bool
read_projection(struct sp_arena *mem, struct json_object *json, int depth, struct projection *out, const char **why)
{
	size_t count = json_object_is_type(json, json_type_array) ? json_object_array_length(json) : 1;

	if (depth == 0) {
		*why = "is nested too deeply";
		return false;
	}
	if (json_object_is_type(json, json_type_object))
		return sp_json_get(json, "each") != NULL ? read_each(mem, json, depth - 1, out, why) :
		    read_object(mem, json, depth - 1, out, why);
	out->type = BY_PATH;
	out->path = sp_alloc_array(mem, count, sizeof(*out->path));
	for (; out->path_count < count; out->path_count++)
		if (!read_path(mem, json_object_is_type(json, json_type_array) ? json_object_array_get_idx(json, out->path_count) : json,
		    &out->path[out->path_count], why))
			return false;
	return true;
}

static bool
read_cursor(struct sp_arena *mem, struct json_object *list, const char *name, struct cursor **out, const char **why)
{
	struct json_object *json = NULL;
	struct cursor *c = sp_alloc(mem, sizeof(*c));
	bool ok;

	if (!sp_spec_object(mem, list, name, &json, why) || json == NULL)
		return json == NULL && sp_json_get(list, name) == NULL;
	ok = sp_spec_only(mem, json, "pointer link relation parameter", why) &&
	    path_member(mem, json, "pointer", &c->pointer, why) &&
	    (c->pointer != NULL || path_member(mem, json, "link", &c->pointer, why)) &&
	    sp_spec_text(mem, json, "relation", &c->relation, why) && sp_spec_text(mem, json, "parameter", &c->parameter, why);
	if (ok && ((c->pointer != NULL) == (c->relation != NULL) ||
	    (sp_json_get(json, "pointer") != NULL) == (c->parameter != NULL))) {
		*why = "has to be a pointer, or a link or relation with a parameter";
		ok = false;
	}
	*out = c;
	return ok || sp_spec_at(mem, name, why);
}

static bool
read_list(struct sp_arena *mem, struct json_object *json, struct list *out, const char **why)
{
	struct json_object *also;
	size_t count;

	out->as = "items";
	if (!sp_spec_only(mem, json, "items as next previous also", why) || !path_member(mem, json, "items", &out->items, why) ||
	    !sp_spec_text(mem, json, "as", &out->as, why) || !read_cursor(mem, json, "next", &out->next, why) ||
	    !read_cursor(mem, json, "previous", &out->previous, why) || !sp_spec_object(mem, json, "also", &also, why))
		return false;
	if (out->items == NULL && !sp_path_parse(mem, SP_LIT(""), &out->items, why))
		return false;
	if (also == NULL)
		return true;
	count = (size_t)json_object_object_length(also);
	out->also_name = sp_alloc_array(mem, count, sizeof(*out->also_name));
	out->also_path = sp_alloc_array(mem, count, sizeof(*out->also_path));
	json_object_object_foreach(also, name, value) {
		out->also_name[out->also_count] = sp_strdup(mem, name);
		if (!read_path(mem, value, &out->also_path[out->also_count++], why))
			return sp_spec_at(mem, name, why) || sp_spec_at(mem, "also", why);
	}
	return true;
}

static bool
read_arrays(struct sp_arena *mem, struct json_object *xml, const char **out, const char **why)
{
	struct json_object *arrays;
	struct sp_buf b;

	if (!sp_spec_only(mem, xml, "arrays", why) || !sp_spec_array(mem, xml, "arrays", &arrays, why))
		return sp_spec_at(mem, "xml", why);
	sp_buf_init(&b, mem, 4096);
	for (size_t i = 0; arrays != NULL && i < json_object_array_length(arrays); i++) {
		struct json_object *name = json_object_array_get_idx(arrays, i);

		if (!json_object_is_type(name, json_type_string)) {
			*why = "xml.arrays: has to be a list of names";
			return false;
		}
		sp_buf_cstr(&b, i > 0 ? " " : "");
		sp_buf_str(&b, sp_json_text(name));
	}
	*out = sp_buf_view(&b).p;
	return true;
}

static bool
read_reading(struct sp_arena *mem, struct json_object *json, struct sp_answer_shape *s, const char **why)
{
	struct json_object *xml = sp_json_get(json, "xml");
	bool text = false, yes = true;

	if (!sp_spec_bool(mem, json, "text", &text, why) ||
	    (json_object_is_type(xml, json_type_object) ? !read_arrays(mem, xml, &s->arrays, why) :
	    !sp_spec_bool(mem, json, "xml", &yes, why)))
		return false;
	if (text)
		s->reading = SP_ANSWER_TEXT;
	else if (xml != NULL && yes)
		s->reading = SP_ANSWER_XML;
	return true;
}

bool
sp_answer_shape_load(struct sp_arena *mem, struct json_object *json, const struct sp_answer_shape **out,
    const char **why)
{
	struct sp_answer_shape *s = sp_alloc(mem, sizeof(*s));
	struct json_object *project = sp_json_get(json, "project"), *list;

	*out = s;
	if (json == NULL)
		return true;
	if (!sp_spec_only(mem, json, "select project list xml text error", why) ||
	    !sp_spec_text(mem, json, "select", &s->selected, why) || !path_member(mem, json, "select", &s->select, why) ||
	    !path_member(mem, json, "error", &s->error, why) || !read_reading(mem, json, s, why) ||
	    !sp_spec_object(mem, json, "list", &list, why))
		return false;
	if (project != NULL) {
		s->project = sp_alloc(mem, sizeof(*s->project));
		if (!read_projection(mem, project, PROJECTION_DEPTH, s->project, why))
			return sp_spec_at(mem, "project", why);
	}
	if (list != NULL && s->select != NULL) {
		*why = "select: has no place beside list, whose paths begin at the whole answer";
		return false;
	}
	if (list != NULL) {
		s->list = sp_alloc(mem, sizeof(*s->list));
		if (!read_list(mem, list, s->list, why))
			return sp_spec_at(mem, "list", why);
	}
	return true;
}

enum sp_answer_reading
sp_answer_reading(const struct sp_answer_shape *shape)
{
	return shape->reading;
}

const char *
sp_answer_arrays(const struct sp_answer_shape *shape)
{
	return shape->arrays;
}

/* ---- projections ---- */

struct writer {
	struct sp_arena *mem;
	struct sp_json_writer json;
};

/* NULL: nowhere, or to null. */
static struct json_object *
first_value(struct sp_arena *mem, const struct projection *p, struct json_object *from)
{
	struct json_object *value;

	for (size_t i = 0; i < p->path_count; i++)
		if (sp_path_follow(mem, p->path[i], from, &value) && value != NULL)
			return value;
	return NULL;
}

static bool
is_null(struct sp_arena *mem, const struct projection *p, struct json_object *from)
{
	struct json_object *array;

	switch (p->type) {
	case BY_PATH:
		return first_value(mem, p, from) == NULL;
	case EACH:
		return !sp_path_follow(mem, p->path[0], from, &array) || array == NULL;
	case OBJECT:
		break;
	}
	for (size_t i = 0; i < p->count; i++)
		if (!is_null(mem, &p->item[i], from))
			return false;
	return true;
}

static void write_projection(struct writer *w, const struct projection *p, struct json_object *from, bool keep);

static void
write_array(struct writer *w, const struct projection *p, struct json_object *array)
{
	sp_jw_array(&w->json);
	for (size_t i = 0; i < json_object_array_length(array); i++)
		if (p != NULL)
			write_projection(w, p, json_object_array_get_idx(array, i), true);
		else
			sp_jw_value(&w->json, json_object_array_get_idx(array, i));
	sp_jw_array_end(&w->json);
}

/* keep: an object whose members are all null stays one. */
static void
write_projection(struct writer *w, const struct projection *p, struct json_object *from, bool keep)
{
	struct json_object *array;

	switch (p->type) {
	case BY_PATH:
		sp_jw_value(&w->json, first_value(w->mem, p, from));
		return;
	case EACH:
		if (sp_path_follow(w->mem, p->path[0], from, &array) && json_object_is_type(array, json_type_array))
			write_array(w, p->item, array);
		else
			sp_jw_null(&w->json);
		return;
	case OBJECT:
		break;
	}
	if (!keep && is_null(w->mem, p, from)) {
		sp_jw_null(&w->json);
		return;
	}
	sp_jw_object(&w->json);
	for (size_t i = 0; i < p->count; i++) {
		sp_jw_key(&w->json, p->name[i]);
		write_projection(w, &p->item[i], from, false);
	}
	sp_jw_object_end(&w->json);
}

static void
write_shaped(struct writer *w, const struct projection *p, struct json_object *value)
{
	if (p == NULL)
		sp_jw_value(&w->json, value);
	else if (json_object_is_type(value, json_type_array))
		write_array(w, p, value);
	else
		write_projection(w, p, value, true);
}

/* ---- lists ---- */

static void
write_cursor(struct writer *w, const char *name, const struct cursor *c, struct json_object *body,
    const struct sp_http_answer *answer)
{
	struct json_object *value = NULL;
	struct sp_str text;
	bool found;

	if (c == NULL)
		return;
	if (c->relation != NULL)
		found = sp_link_find(sp_http_field(answer, "Link"), c->relation, &text);
	else
		found = sp_path_follow(w->mem, c->pointer, body, &value) && sp_value_text(w->mem, value, &text);
	if (found && c->parameter != NULL)
		found = sp_link_parameter(w->mem, text, c->parameter, &text);
	if (found && text.len > 0)
		sp_jw_kstr(&w->json, name, text);
}

static bool
write_list(struct writer *w, const struct sp_answer_shape *s, struct json_object *body,
    const struct sp_http_answer *answer, const char **why)
{
	struct json_object *items, *value;

	if (!sp_path_follow(w->mem, s->list->items, body, &items) || !json_object_is_type(items, json_type_array)) {
		*why = "the answer of the service has no list";
		return false;
	}
	sp_jw_object(&w->json);
	sp_jw_key(&w->json, s->list->as);
	write_array(w, s->project, items);
	sp_jw_key(&w->json, "pagination");
	sp_jw_object(&w->json);
	sp_jw_kint(&w->json, "count", (int64_t)json_object_array_length(items));
	for (size_t i = 0; i < s->list->also_count; i++)
		if (sp_path_follow(w->mem, s->list->also_path[i], body, &value)) {
			sp_jw_key(&w->json, s->list->also_name[i]);
			sp_jw_value(&w->json, value);
		}
	write_cursor(w, "nextCursor", s->list->next, body, answer);
	write_cursor(w, "previousCursor", s->list->previous, body, answer);
	sp_jw_object_end(&w->json);
	sp_jw_object_end(&w->json);
	return true;
}

bool
sp_answer_write(struct sp_arena *mem, const struct sp_answer_shape *shape, struct json_object *body,
    const struct sp_http_answer *answer, struct sp_buf *b, const char **why)
{
	struct writer w = { .mem = mem };

	sp_jw_init(&w.json, b);
	if (shape->select != NULL && !sp_path_follow(mem, shape->select, body, &body)) {
		*why = sp_printf(mem, "the answer of the service has no %s", shape->selected);
		return false;
	}
	if (shape->list != NULL)
		return write_list(&w, shape, body, answer, why);
	write_shaped(&w, shape->project, body);
	return true;
}

/* ---- errors ---- */

/* Where services say it: theirs, RFC 9457, RFC 6749, and what is common. */
static struct sp_str
find_error(struct sp_arena *mem, const struct sp_answer_shape *shape, struct json_object *body)
{
	static const char *const places[] = { "/error/message", "/message", "/error_description", "/detail", "/errors/0/message",
		"/errors/0/detail", "/errors/0", "/error", "/title", "/Message" };
	const struct sp_path *path;
	struct json_object *value;
	struct sp_str text;
	const char *why;

	if (shape->error != NULL && sp_path_follow(mem, shape->error, body, &value) && sp_value_text(mem, value, &text))
		return text;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (sp_path_parse(mem, sp_str(places[i]), &path, &why) && sp_path_follow(mem, path, body, &value) &&
		    json_object_is_type(value, json_type_string))
			return sp_json_text(value);
	return sp_str_sub(sp_json_canonical(mem, body), 0, ERROR_MAX);
}

static struct sp_str
clean(struct sp_arena *mem, struct sp_str text)
{
	struct sp_buf b;
	bool space = false;

	text = sp_utf8_cut(text, ERROR_MAX);
	sp_buf_init(&b, mem, ERROR_MAX + 1);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c <= ' ' || c == 0x7f) {
			space = b.len > 0;
			continue;
		}
		if (space)
			sp_buf_char(&b, ' ');
		space = false;
		sp_buf_char(&b, (char)c);
	}
	return sp_buf_view(&b);
}

struct sp_str
sp_answer_error(struct sp_arena *mem, const struct sp_answer_shape *shape, struct json_object *body,
    const struct sp_http_answer *answer)
{
	struct sp_str text = { NULL, 0 };

	if (body != NULL)
		text = find_error(mem, shape, body);
	else if (sp_str_is(answer->content_type, "text/plain"))
		text = answer->body;		/* a page of HTML says nothing to a model */
	text = clean(mem, text);
	return text.len > 0 ? text : (struct sp_str){ NULL, 0 };
}
